// A table, and people who talk to it: one call is one message. Times are in seconds.

import { Batch, Message, TREAT_AS_WITHDRAW } from '../../src/core/batch.ts'
import type { Baseline } from '../../src/core/incident.ts'
import { parsePath } from '../../src/core/path.ts'
import { parsePrefix } from '../../src/core/prefix.ts'
import { seconds } from '../../src/core/time.ts'
import { VantagePoints } from '../../src/core/vantage.ts'
import { type Detector, Watcher } from '../../src/core/view.ts'
import { Table, type TableLimits } from '../../src/table/table.ts'

export interface Element {
  readonly prefix: string
  /** Path of the announcement, `?` when it could not be read; null = withdrawn. */
  readonly path: string | null
  readonly id?: number
}

/** Writes one message with elements of one path into a batch. */
export function write(
  batch: Batch,
  kind: number,
  at: number,
  vantage: number,
  elements: readonly Element[],
  detail = 0,
): void {
  const m = batch.open(kind, at, vantage, batch.messages)
  batch.detail[m] = detail
  for (const { prefix, path, id = 0 } of elements) {
    const parsed = parsePrefix(prefix)
    if (!parsed) throw new RangeError(`no prefix: ${prefix}`)
    if (path !== null && path !== '?' && batch.pathStart[m] === -1) {
      const words: number[] = []
      if (!parsePath(path, words)) throw new RangeError(`no path: ${path}`)
      batch.path.set(words, batch.pathWords)
      batch.pathStart[m] = batch.pathWords
      batch.pathLength[m] = words.length
      batch.pathWords += words.length
    }
    const e = batch.elements++
    batch.announced[e] = path === null ? 0 : 1
    batch.afi[e] = parsed.afi
    batch.length[e] = parsed.length
    ;[batch.word0[e], batch.word1[e], batch.word2[e], batch.word3[e]] = parsed.words
    batch.pathId[e] = id
  }
  batch.close()
}

export interface StageSettings {
  readonly baseline?: Baseline
  readonly limits?: Partial<TableLimits>
  readonly asns?: readonly number[]
  readonly hearsAll?: boolean
}

export class Stage {
  readonly vantages = new VantagePoints()
  readonly table: Table
  readonly batch = new Batch(16, 64, 256)
  /** Number of the feed that what follows comes through. */
  file = 0
  /** Transitions of prefixes, in the words of `states`, and other calls of detectors. */
  readonly told: string[] = []

  constructor({ baseline = 'rib', limits, asns, hearsAll = true }: StageSettings = {}) {
    this.table = new Table({
      vantages: this.vantages,
      asns: asns ? new Set(asns) : null,
      baseline,
      hearsAll,
      ...(limits ? { limits } : {}),
    })
    this.table.attach([this.#listener()])
  }

  #listener(): Detector {
    const { told, table } = this
    return {
      name: 'listener',
      wanders: true,
      prefix: (p, before, after) =>
        told.push(`${table.prefixText(p)} ${states[before]} > ${states[after]}`),
      watcher: Watcher.link,
      route: () => {
        const { vantage, prefix, before, after } = table.cause
        const [from, to] = [table.pathText(before), table.pathText(after)]
        told.push(`route ${vantage} ${table.prefixText(prefix)} ${from} > ${to}`)
      },
      newPath: (path) => told.push(`new ${table.pathText(path)}`),
      learnPath: (path) => told.push(`learn ${table.pathText(path)}`),
      peer: (v, before, after) =>
        told.push(`peer ${v} ${peerStates[before]} > ${peerStates[after]}`),
      tick: () => [],
    }
  }

  /** What was told since the last call. */
  hear(): string[] {
    return this.told.splice(0)
  }

  peer(asn: number, collector = 'rrc00', number = 1): number {
    const c = this.vantages.collector(collector)
    return this.vantages.intern(c, 0x0a000000 + number, 0, 0, 0, asn, 4)
  }

  peers(count: number): number[] {
    return Array.from({ length: count }, (_, i) => this.peer(101 + i, 'rrc00', i + 1))
  }

  message(kind: number, at: number, vantage: number, elements: readonly Element[], detail = 0) {
    this.batch.clear()
    this.batch.file = this.file
    write(this.batch, kind, seconds(at), vantage, elements, detail)
    this.table.intern(this.batch)
    this.table.apply(this.batch, 0)
    return this
  }

  announce(at: number, vantage: number, prefix: string, path: string, id = 0) {
    return this.message(Message.update, at, vantage, [{ prefix, path, id }])
  }

  /** An announcement that RFC 7606 treats as a withdrawal, as a rule because of its path. */
  faulty(at: number, vantage: number, prefix: string, path = '?', id = 0) {
    return this.message(Message.update, at, vantage, [{ prefix, path, id }], TREAT_AS_WITHDRAW)
  }

  withdraw(at: number, vantage: number, prefix: string, id = 0) {
    return this.message(Message.update, at, vantage, [{ prefix, path: null, id }])
  }

  up(at: number, vantage: number) {
    return this.message(Message.sessionUp, at, vantage, [])
  }

  down(at: number, vantage: number) {
    return this.message(Message.sessionDown, at, vantage, [])
  }

  /** A message of that BGP type: 4 is a KEEPALIVE, 1 an OPEN. */
  alive(at: number, vantage: number, type = 4) {
    return this.message(Message.alive, at, vantage, [], type)
  }

  endOfRib(at: number, vantage: number, afi: 4 | 6 = 4) {
    return this.message(Message.endOfRib, at, vantage, [], afi)
  }

  /** A row of the starting table. */
  load(vantage: number, prefix: string, path: string, id = 0) {
    this.batch.clear()
    write(this.batch, Message.rib, 0, vantage, [{ prefix, path, id }])
    this.table.load(this.batch)
    return this
  }

  tick(at: number) {
    this.table.fact({ kind: 'tick', at: seconds(at) })
    return this
  }

  /** Ticks of ten seconds, both ends included. */
  ticks(from: number, to: number) {
    for (let at = from; at <= to; at += 10) this.tick(at)
    return this
  }

  gap(at: number, collector: string | null = null) {
    this.table.fact({ kind: 'gap', at: seconds(at), feed: 'f', source: 0, collector, why: 'cut' })
    return this
  }

  sight(at: number, collector: string | null = null) {
    this.table.fact({ kind: 'gap-end', at: seconds(at), feed: 'f', source: 0, collector })
    return this
  }

  /** What was said when we could not hear. */
  hole(at: number, vantage: number, prefix: string, path: string | null) {
    return this.message(Message.hole, at, vantage, [{ prefix, path }])
  }

  filled(at: number, collector: string, from: number, until: number) {
    const span = { from: seconds(from), until: seconds(until) }
    this.table.fact({ kind: 'filled', at: seconds(at), collector, ...span })
    return this
  }

  /** Number of a prefix that the table knows; -1 if it does not. */
  id(text: string): number {
    const parsed = parsePrefix(text)
    return parsed ? this.table.names.find(parsed.afi, ...parsed.words, parsed.length) : -1
  }

  /** `visible/reference state` of a prefix. */
  standing(text: string): string {
    const p = this.id(text)
    const { table } = this
    return `${table.visible(p)}/${table.reference(p)} ${states[table.seen(p)]}`
  }
}

export const states = ['new', 'up', 'degraded', 'lost', 'down']
export const peerStates = ['unknown', 'transfer', 'active', 'quarantined', 'down']
