// Paths that nobody needs are let go of, and nothing else is: neither what is held, nor what is found.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Incident } from '../../src/core/incident.ts'
import { pathText } from '../../src/core/path.ts'
import { UNKNOWN_PATH } from '../../src/core/view.ts'
import { type Archive, listArchive } from '../../src/feeds/archive.ts'
import { ReplayRun } from '../../src/replay-run.ts'
import { generateDay, updatesOf } from '../../src/scenario/day.ts'
import { Dice } from '../../src/scenario/dice.ts'
import { Mark, Need, Paths } from '../../src/table/paths.ts'
import { PATH } from '../../src/table/rib.ts'
import { Stage } from './stage.ts'

const intern = (paths: Paths, hops: readonly number[]): number =>
  paths.intern(Int32Array.from(hops), 0, hops.length)
const text = (paths: Paths, id: number): string =>
  pathText(paths.words, paths.start[id] as number, paths.length[id] as number)

describe('Paths.collect', () => {
  it('keeps what is needed under its number, and gives the other numbers out again', () => {
    const paths = new Paths()
    const dice = new Dice('collect')
    let known = new Map<string, number>()
    let freed = 0
    for (let round = 0; round < 40; round++) {
      for (let i = 0; i < 500; i++) {
        const hops = Array.from({ length: dice.int(1, 6) }, () => dice.int(1, 9))
        const id = intern(paths, hops)
        const name = hops.join(' ')
        expect(known.get(name) ?? id).toBe(id)
        if (!known.has(name)) expect([...known.values()].includes(id)).toBe(false)
        known.set(name, id)
      }
      for (const id of known.values()) paths.mark[id] = Mark.learned
      expect(paths.size).toBe(known.size + 2)
      const need = new Uint8Array(paths.count)
      const kept = new Map<string, number>()
      for (const [name, id] of known) {
        const roll = dice.float()
        need[id] = roll < 0.3 ? Need.full : roll < 0.4 ? Need.held : Need.none
        if (need[id] !== Need.none) kept.set(name, id)
        else freed++
      }
      const { epoch } = paths
      // Who only holds a number must not show in how many there are.
      const full = need.reduce((n, one) => n + (one === Need.full ? 1 : 0), 0)
      expect(paths.collect(need)).toBe(full)
      expect([paths.size, paths.epoch]).toEqual([kept.size + 2, epoch + 1])
      for (const [name, id] of kept) {
        expect(text(paths, id)).toBe(name)
        expect(intern(paths, name.split(' ').map(Number))).toBe(id)
        expect(paths.mark[id]).toBe(need[id] === Need.full ? Mark.learned : 0)
        expect(paths.origin[id]).toBe(Number(name.split(' ').at(-1)))
      }
      known = kept
    }
    expect(freed).toBeGreaterThan(5_000)
    // Numbers, words and slots are those of the largest round, not of all of them.
    expect(paths.count).toBeLessThan(2_000)
    expect(paths.words.length).toBeLessThan(1 << 15)
  })

  it('makes room where there was none', () => {
    const paths = new Paths(10)
    for (let asn = 1; asn <= 8; asn++) expect(intern(paths, [asn])).toBe(asn + UNKNOWN_PATH)
    expect([intern(paths, [9]), paths.dropped]).toEqual([UNKNOWN_PATH, 1])
    const need = new Uint8Array(paths.count)
    need[3] = Need.full
    paths.collect(need)
    expect([intern(paths, [9]), intern(paths, [2]), paths.dropped]).toEqual([2, 3, 1])
  })
})

describe('a table under churn', () => {
  it('holds no more paths than routes and detectors need', () => {
    const stage = new Stage({ limits: { freshPaths: 50 } })
    for (let v = 0; v < 3; v++) stage.peer(101 + v, 'rrc00', v)
    const prefixes = Array.from({ length: 20 }, (_, i) => `10.${i}.0.0/16`)
    for (let v = 0; v < 3; v++) for (const p of prefixes) stage.load(v, p, `${101 + v} 7 9`)
    const kept = stage.table.paths.intern(Int32Array.from([1, 2, 3]), 0, 3)
    stage.table.attach([{ name: 'holder', heldPaths: () => [kept], tick: () => [] }])
    stage.table.start()
    let most = 0
    for (let i = 0; i < 5_000; i++) {
      const v = i % 3
      stage.announce(10 * i, v, prefixes[i % 20] as string, `${101 + v} ${1_000 + i} 9`)
      stage.tick(10 * i)
      most = Math.max(most, stage.table.paths.size)
    }
    expect(most).toBeLessThan(3 * 60 + 50)
    expect(stage.table.paths.count).toBeLessThan(3 * 60 + 50)
    expect(stage.table.pathText(kept)).toBe('1 2 3')
    for (let i = 4_980; i < 5_000; i++) {
      const word = stage.table.rib.word(i % 3, stage.id(prefixes[i % 20] as string))
      expect(stage.table.pathText(word & PATH)).toBe(`${101 + (i % 3)} ${1_000 + i} 9`)
    }
  })
})

describe('a day', () => {
  let folder = ''
  let updates: Archive
  let ribs: Archive
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'faultline-collect-'))
    const day = generateDay({ hours: 6, outage: 40 * 60e6, leak: 15 * 60e6 })
    const write = (kind: string, files: ReadonlyMap<string, Uint8Array>): Archive => {
      const paths = [...files].map(([collector, octets]) => {
        const path = join(folder, `${collector}.${kind}.20211025.0000`)
        writeFileSync(path, octets)
        return path
      })
      const found = listArchive(paths)
      if (!found.ok) throw new Error('the day is missing')
      return found
    }
    updates = write('updates', updatesOf(day))
    ribs = write('rib', day.rib)
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  async function told(withTables: boolean, freshPaths?: number) {
    const list: Incident[] = []
    const inputs = { version: 'test', config: '', asRelationships: null, vrps: null }
    const limits = freshPaths === undefined ? {} : { freshPaths }
    const run = new ReplayRun(
      { updates, ribs: withTables ? ribs : null, asns: null, inputs, limits },
      (one) => list.push(one),
    )
    await run.read()
    return { text: JSON.stringify(list), paths: run.journey.table.paths }
  }

  it.each([true, false])('tells the same, from tables: %s', async (withTables) => {
    const never = await told(withTables)
    const always = await told(withTables, 0)
    const often = await told(withTables, 1)
    expect(never.paths.epoch).toBe(1)
    expect(always.paths.epoch).toBeGreaterThan(often.paths.epoch)
    expect(often.paths.epoch).toBeGreaterThan(1)
    expect(always.paths.epoch).toBeGreaterThan(2_000)
    expect(always.paths.size).toBeLessThan(never.paths.size)
    expect(always.text.length).toBeGreaterThan(1_000)
    expect([always.text === never.text, often.text === never.text]).toEqual([true, true])
  })
})
