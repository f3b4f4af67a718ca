// A picture of the table, taken while messages go on coming, and a run that goes on from it by reading the
// queue again: what it knows is what one knows that never stopped.

import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { JournalHeader } from '../../src/clock/journal.ts'
import { Batch, Message } from '../../src/core/batch.ts'
import type { SeedPlace } from '../../src/core/seed.ts'
import type { StateSettings } from '../../src/core/state.ts'
import { hours, minutes } from '../../src/core/time.ts'
import { VantagePoints } from '../../src/core/vantage.ts'
import { detectDefaults } from '../../src/detect/detectors.ts'
import { Dice } from '../../src/scenario/dice.ts'
import { peerState } from '../../src/table/snapshot.ts'
import { Table } from '../../src/table/table.ts'
import { restoreTable, StatePicture } from '../../src/table-state.ts'
import { write } from '../table/stage.ts'

const HEADER = {
  baseline: 'rib',
  hearsAll: true,
  inputs: { version: 'v', config: 'c', asRelationships: null, vrps: null },
  asns: null,
  detect: detectDefaults,
} satisfies JournalHeader
const NOW = 1_700_000_000e6

let folder: string
let state: StateSettings
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'faultline-state-'))
  state = { folder, every: minutes(5), mostAge: hours(8) }
})
afterEach(() => {
  chmodSync(folder, 0o700)
  rmSync(folder, { recursive: true, force: true })
})
const file = () => join(folder, 'table.ndjson')

const below = (dice: Dice, n: number): number => dice.int(0, n - 1)

const PEERS = 8
const WITH_IDS = 3

/** Record `n` of the queue is of peer n mod PEERS, and the same whoever reads it. */
function record(batch: Batch, vantages: VantagePoints, n: number): void {
  const dice = new Dice(`record ${n}`)
  const who = n % PEERS
  const asn = 65_001 + who
  const collector = vantages.collector('route-views2')
  const vantage = vantages.intern(collector, 0x0a000001 + who, 0, 0, 0, asn, 4)
  batch.clear()
  batch.file = 0
  const at = NOW + n * 1e6
  const kind = below(dice, 400)
  if (n >= 40 * PEERS && kind === 0) write(batch, Message.sessionDown, at, vantage, [])
  else if (n >= 40 * PEERS && kind < 3) write(batch, Message.sessionUp, at, vantage, [])
  else {
    const path =
      below(dice, 4) === 0 ? null : `${asn} ${3_000 + below(dice, 50)} ${64_500 + below(dice, 4)}`
    const elements = Array.from({ length: 1 + below(dice, 4) }, () => {
      const prefix = below(dice, 5)
        ? `10.${below(dice, 3)}.${below(dice, 40)}.0/24`
        : `2001:db8:${below(dice, 40)}::/48`
      return { prefix, path, id: who === WITH_IDS ? below(dice, 4) : 0 }
    })
    write(batch, Message.update, at, vantage, elements)
  }
}

/** A table that reads the queue. */
class Reader {
  readonly vantages = new VantagePoints()
  readonly table: Table
  readonly places = new Map<number, SeedPlace>()
  applied = 0
  known = 0
  readonly #batch = new Batch(16, 64, 256)
  readonly #ticks: boolean

  constructor(ticks: boolean) {
    this.#ticks = ticks
    this.table = new Table({
      vantages: this.vantages,
      asns: null,
      baseline: 'rib',
      files: ['queue'],
      // Paths are let go of at each tick.
      limits: { freshPaths: 0 },
    })
  }

  read(from: number, until: number): this {
    for (let n = from; n < until; n++) {
      record(this.#batch, this.vantages, n)
      const vantage = this.#batch.vantage[0] as number
      if (n < (this.places.get(vantage)?.next ?? 0)) this.known++
      else {
        this.table.intern(this.#batch)
        this.table.apply(this.#batch, 0)
        this.applied++
        this.places.set(vantage, { feed: 'queue', queue: 't/0', next: n + 1, agreed: 0 })
      }
      if (this.#ticks && n % 10 === 9) this.table.fact({ kind: 'tick', at: NOW + n * 1e6 })
    }
    return this
  }

  picture(next: number, into = folder): StatePicture {
    const at = { at: NOW + next * 1e6, wall: NOW, positions: { queue: { 't/0': next } } }
    return new StatePicture(into, HEADER, at, this.table, (v) => this.places.get(v) ?? null)
  }

  /** All that is believed, by names. */
  beliefs(): string[] {
    const { table } = this
    const out: string[] = []
    const textOf = (path: number) => (path === 0 ? '-' : table.pathText(path))
    for (const { id } of table.peers.list) {
      const who = this.vantages.get(id).asn
      for (let p = 0; p < table.prefixes; p++) {
        const path = table.pathAt(id, p)
        if (path !== 0) out.push(`${who} ${table.prefixText(p)} ${textOf(path)}`)
      }
      for (const [prefix, one, path] of table.more.of(id))
        out.push(`${who} ${table.prefixText(prefix)} ${one}: ${textOf(path)}`)
    }
    return out.sort()
  }

  /** And how that is counted. */
  standing(): string[] {
    const { table } = this
    const out: string[] = []
    for (let p = 0; p < table.prefixes; p++)
      out.push(
        `${table.prefixText(p)} ${table.visible(p)}/${table.reference(p)} ${table.seen(p)} ${table.origin(p)}`,
      )
    return out.filter((line) => !line.includes(' 0/0 ')).sort()
  }

  notes(): object[] {
    const all = this.table.peers.list.map((peer) => {
      const { routes4, routes6, missing4, missing6 } = peer
      const counted = { routes4, routes6, missing4, missing6 }
      // As they are written: a zero has no sign there.
      const notes = JSON.parse(JSON.stringify(peerState(peer).notes)) as object
      return { asn: this.vantages.get(peer.id).asn, ...notes, ...counted }
    })
    return all.sort((a, b) => a.asn - b.asn)
  }
}

async function restored(ticks: boolean): Promise<{ reader: Reader; next: number }> {
  const reader = new Reader(ticks)
  const found = await restoreTable(state, reader.table, HEADER, NOW)
  if (found === null || typeof found === 'string') throw new Error(String(found))
  expect(found.lost).toBe(0)
  for (const [vantage, place] of found.places) reader.places.set(vantage, place)
  reader.table.start()
  return { reader, next: found.state.positions['queue']?.['t/0'] ?? -1 }
}

const END = 4_000

describe.each([false, true])('with ticks: %s', (ticks) => {
  test.each([1, 2, 3])('cut %i', async (seed) => {
    const dice = new Dice(`cut ${seed}`)
    const cut = 400 + below(dice, 2_000)
    const whole = new Reader(ticks)
    whole.table.start()
    whole.read(0, cut)
    const picture = whole.picture(cut)
    let n = cut
    // Each step is one vantage point or a little more; what comes between two of them is in the later only.
    while (!picture.step(0)) {
      const more = n + below(dice, 60)
      whole.read(n, more)
      n = more
      await new Promise(setImmediate)
    }
    expect(n).toBeGreaterThan(cut)
    const { reader, next } = await restored(ticks)
    expect(next).toBe(cut)
    whole.read(n, END)
    reader.read(next, END)
    expect(reader.beliefs()).toEqual(whole.beliefs())
    expect(reader.beliefs().length).toBeGreaterThan(300)
    // What was in the picture was not counted again.
    expect(reader.known).toBeGreaterThan(0)
    expect(reader.applied + reader.known).toBe(END - cut)
    expect(reader.table.more.used).toBe(true)
    // What was judged at a tick may be judged at another one after a restart.
    if (ticks) return
    expect(reader.standing()).toEqual(whole.standing())
    expect(reader.notes()).toEqual(whole.notes())
  })
})

test('one at a polite end needs nothing to be read again', async () => {
  const whole = new Reader(false)
  whole.table.start()
  whole.read(0, 1_000)
  whole.picture(1_000).finish()
  const { reader } = await restored(false)
  expect(reader.beliefs()).toEqual(whole.beliefs())
  expect(reader.standing()).toEqual(whole.standing())
  expect(reader.notes()).toEqual(whole.notes())
  expect(readdirSync(folder)).toEqual(['table.ndjson'])
})

describe('refused, and nothing is done, when', () => {
  const kept = () => {
    const reader = new Reader(false)
    reader.table.start()
    reader.read(0, 300).picture(300).finish()
  }
  const outcome = async (wanted: Partial<typeof HEADER> | object = {}, now = NOW) => {
    const { table, vantages } = new Reader(false)
    const found = await restoreTable(state, table, { ...HEADER, ...wanted }, now)
    expect([table.prefixes, table.peers.list.length, vantages.list.length]).toEqual([0, 0, 0])
    return found
  }

  test('there is none', async () => {
    expect(await outcome()).toBeNull()
    state = { ...state, folder: join(folder, 'nowhere') }
    expect(await outcome()).toBeNull()
  })
  test('it is of another time, other ASes, another table or other feeds', async () => {
    kept()
    expect(await outcome({}, NOW + hours(9))).toBe('it is too old')
    expect(await outcome({ asns: [64_500] })).toBe('other ASes were watched')
    expect(await outcome({ baseline: 'learned-live' })).toBe('it began with another starting table')
    expect(await outcome({ hearsAll: false })).toBe('feeds told of other prefixes')
  })
  test('any octet of it is another, or the end is missing', async () => {
    kept()
    const good = readFileSync(file())
    const dice = new Dice('octets')
    for (let i = 0; i < 40; i++) {
      const bad = Buffer.from(good)
      const at = below(dice, bad.length)
      bad[at] = (bad[at] as number) ^ (1 << below(dice, 8))
      writeFileSync(file(), bad)
      expect(await outcome()).toBe('it is damaged')
    }
    for (let i = 0; i < 10; i++) {
      writeFileSync(file(), good)
      truncateSync(file(), below(dice, good.length))
      expect(await outcome()).toBe('it is damaged')
    }
  })
  test('it is something else', async () => {
    for (const text of [
      '',
      'x',
      '{}\n'.repeat(1_000),
      `{"faultline":"journal"}\n${'y'.repeat(1e6)}`,
    ]) {
      writeFileSync(file(), text)
      expect(await outcome()).toBe('it is damaged')
    }
    rmSync(file())
    mkdirSync(file())
    expect(await outcome()).toMatch(/damaged|EISDIR/)
  })
})

describe('one that cannot be written', () => {
  const some = () => {
    const reader = new Reader(false)
    reader.table.start()
    return reader.read(0, 300)
  }

  test('overwrites what a kill has left, and is there as a whole or not at all', async () => {
    writeFileSync(`${file()}.part`, 'half of something')
    const reader = some()
    const first = reader.picture(300)
    first.finish()
    const before = readFileSync(file())
    // Killed in the middle of the next one: what was written of it is beside the old one.
    reader.read(300, 600)
    const second = reader.picture(600)
    second.step(0)
    expect(readFileSync(file()).equals(before)).toBe(true)
    copyFileSync(`${file()}.part`, join(folder, 'left'))
    second.abandon()
    expect(readdirSync(folder).sort()).toEqual(['left', 'table.ndjson'])
    second.abandon()
    const { next } = await restored(false)
    expect(next).toBe(300)
  })
  test('says so, and leaves nothing when the disk is full', () => {
    if (!existsSync('/dev/full')) {
      console.warn('SKIPPED: a full disk: there is no /dev/full')
      return
    }
    symlinkSync('/dev/full', `${file()}.part`)
    const picture = some().picture(300)
    expect(() => picture.finish()).toThrow('ENOSPC')
    picture.abandon()
    expect(readdirSync(folder)).toEqual([])
  })
  test('says so where there is no folder to be had', () => {
    writeFileSync(join(folder, 'a-file'), '')
    expect(() => some().picture(300, join(folder, 'a-file', 'state'))).toThrow(/ENOTDIR|EEXIST/)
  })
})
