// The shared conformance vectors, as far as columns can express them: kind, prefixes, path, path
// identifiers, OTC, refused or not.

import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parsePrefix } from '../../src/core/prefix.ts'
import { VantagePoints } from '../../src/core/vantage.ts'
import { mrt } from '../../src/scenario/mrt.ts'
import { readMrt } from './mrt-text.ts'

const FOLDER = '../shared/data/vectors'
const absent = !existsSync(FOLDER)
if (absent) console.warn(`SKIPPED: no ${FOLDER}, so no vectors of MRT and BGP are checked`)
const why = absent ? ' (SKIPPED: vectors absent)' : ''

interface Route {
  readonly prefix: string
  readonly pathId?: number
}
interface Bgp {
  readonly type: string
  readonly announced?: readonly Route[]
  readonly withdrawn?: readonly Route[]
  readonly attrs?: { readonly otc?: number; readonly mpReach?: object }
  readonly path?: string
  readonly eor?: string
  readonly malformed?: readonly { attr?: number; reason: string; action: string }[]
  readonly treatAsWithdraw?: boolean
}
interface MrtRecord {
  readonly timestamp: number
  readonly microseconds?: number
  readonly type: number
  readonly subtype: number
  readonly kind?: string
  readonly peerIp?: string
  readonly peerAs?: number
  readonly local?: boolean
  readonly oldState?: number
  readonly newState?: number
  readonly bgp?: Bgp
  readonly prefix?: string
  readonly path?: string
  readonly peers?: readonly object[]
  readonly entries?: readonly {
    pathId?: number
    path?: string
    peer: { ip: string; asn: number }
  }[]
}
interface Vector {
  readonly id: string
  readonly kind: string
  readonly ctx?: { as4?: boolean; addPath?: string[] }
  readonly hex: string
  readonly expect:
    | 'error'
    | (Bgp & { records?: MrtRecord[]; recordErrors?: number; truncated?: boolean })
}

const vectors = (file: string): Vector[] =>
  readFileSync(`${FOLDER}/${file}`, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Vector)

/** One text for equal routes: addresses and sets may be written in more than one way. */
function normal(line: string): string {
  return line
    .replace(
      / [0-9a-f:.]+\/\d+/,
      (text) => ` ${parsePrefix(text.trim())?.words}/${text.split('/')[1]}`,
    )
    .replace(/\{[^}]*\}|\[[^\]]*\]/g, (set) => `{${set.slice(1, -1).split(',').sort()}}`)
}
const sorted = (lines: readonly string[]) => lines.map(normal).sort()

const route = ({ prefix, pathId }: Route) => (pathId ? `${prefix}#${pathId}` : prefix)

function updateLines(bgp: Bgp): string[] {
  const withdrawn = (bgp.withdrawn ?? []).map((r) => `update W ${route(r)}`)
  const otc = bgp.attrs?.otc === undefined ? '' : ` otc ${bgp.attrs.otc}`
  const announced = (bgp.announced ?? []).map((r) =>
    `update A ${route(r)} ${bgp.path ?? '?'}${otc}`.trimEnd(),
  )
  const all = [...withdrawn, ...announced]
  return all.length > 0 ? all : ['update']
}

function bgpLines(bgp: Bgp): string[] {
  if (bgp.type === 'KEEPALIVE') return ['keepalive']
  if (bgp.type !== 'UPDATE') return ['alive']
  if (bgp.eor === '1/1') return ['endOfRib 4']
  if (bgp.eor === '2/1') return ['endOfRib 6']
  return updateLines(bgp)
}

function recordLines(record: MrtRecord): string[] {
  switch (record.kind) {
    case 'STATE_CHANGE':
      if (record.newState === 6) return ['sessionUp']
      return record.oldState === 6 ? ['sessionDown'] : []
    case 'MESSAGE':
      return record.local || !record.bgp ? [] : bgpLines(record.bgp)
    case 'TABLE_DUMP':
      return [`rib A ${record.prefix} ${record.path}`.trimEnd()]
    case 'RIB':
      return (record.entries ?? []).flatMap((entry) => {
        // The collector's own routes are no peer's.
        if (entry.peer.asn === 0) return []
        const prefix = record.prefix as string
        const id = entry.pathId === undefined ? {} : { pathId: entry.pathId }
        return `rib A ${route({ prefix, ...id })} ${entry.path ?? '?'}`.trimEnd()
      })
    default:
      return []
  }
}

/** Who said it, for the records of one peer. */
function checkPeer(record: MrtRecord, vantages: VantagePoints): void {
  const last = vantages.list.at(-1)
  if (record.peerIp === undefined || record.local) return
  expect([last?.address, last?.asn]).toEqual([record.peerIp, record.peerAs])
}

describe.skipIf(absent)(`conformance vectors${why}`, () => {
  it('of MRT', () => {
    const tally = { records: 0, lines: 0, refused: 0 }
    for (const { id, hex, expect: expected } of [
      ...vectors('mrt.jsonl'),
      ...vectors('mrt-legacy.jsonl'),
    ]) {
      const vantages = new VantagePoints()
      const bytes = Uint8Array.from(Buffer.from(hex, 'hex'))
      const { lines, stats } = readMrt(bytes, { vantages })
      try {
        if (expected === 'error') {
          expect([lines, stats.malformed]).toEqual([[], 1])
          tally.refused++
          continue
        }
        const records = expected.records ?? []
        expect(sorted(lines)).toEqual(sorted(records.flatMap(recordLines)))
        expect(stats.malformed).toBe(expected.recordErrors ?? 0)
        expect(stats.truncated).toBe(expected.truncated ?? false)
        expect(stats.records).toBe(records.length + (expected.recordErrors ?? 0))
        if (records.length === 1) checkPeer(records[0] as MrtRecord, vantages)
        tally.records += records.length
        tally.lines += lines.length
        expect(readMrt(bytes, { chunk: 1 })).toEqual({ lines, stats })
      } catch (error) {
        throw new Error(`vector ${id}`, { cause: error })
      }
    }
    console.log(`MRT vectors: ${JSON.stringify(tally)}`)
    expect(tally.refused).toBeGreaterThanOrEqual(3)
    expect(tally.records).toBeGreaterThanOrEqual(47)
  })

  it('of BGP messages', () => {
    const tally = { delivered: 0, refused: 0, treated: 0 }
    for (const { id, ctx, hex, expect: expected } of vectors('bgp.jsonl')) {
      const builder = mrt({ as4: ctx?.as4 ?? true, addPath: (ctx?.addPath ?? []).length > 0 })
      const message = Uint8Array.from(Buffer.from(hex, 'hex'))
      const { lines, stats } = readMrt(builder.message(message).keepalive().bytes())
      try {
        const last = lines.pop()
        expect(last).toBe('keepalive')
        if (expected === 'error') {
          expect([lines, stats.malformed]).toEqual([[], 1])
          tally.refused++
          continue
        }
        // What is missing in data of monitors is no fault.
        const faults = (expected.malformed ?? []).filter(({ reason }) => !/missing/.test(reason))
        const treated = faults.some(({ action }) => action === 'treat-as-withdraw')
        if (treated) tally.treated++
        const marked = bgpLines(expected).map((line) =>
          treated ? line.replace('update', '$&!') : line,
        )
        expect(sorted(lines)).toEqual(sorted(marked))
        expect(stats.malformed).toBe(0)
        tally.delivered++
      } catch (error) {
        throw new Error(`vector ${id}`, { cause: error })
      }
    }
    console.log(`BGP vectors: ${JSON.stringify(tally)}`)
    expect(tally.refused).toBeGreaterThanOrEqual(8)
    expect(tally.delivered).toBeGreaterThanOrEqual(55)
    expect(tally.treated).toBeGreaterThanOrEqual(5)
  })
})

it('the comparison itself sees differences', () => {
  expect(normal('update A 2001:db8:0::/32 1 {3,2}')).toBe(normal('update A 2001:db8::/32 1 {2,3}'))
  expect(normal('update A 10.0.0.0/8 1 {3,2}')).not.toBe(normal('update A 10.0.0.0/8 1 {2,4}'))
  expect(normal('rib A 10.0.0.0/8#4 1')).not.toBe(normal('rib A 10.0.0.0/8#5 1'))
  expect(normal('rib A 10.0.0.0/8 1')).not.toBe(normal('rib A 10.0.0.0/9 1'))
  expect(normal('rib A 10.0.0.0/8 1')).not.toBe(normal('rib A 11.0.0.0/8 1'))
})
