// The journal: what left the clock, in the order in which it did, as NDJSON. It is the complete input
// of everything behind the clock, so playing it again gives the same incidents to the byte. It is also
// how a bug is reported: one file, readable, that needs nothing else.
//
//   {"faultline":"journal","schema":1, …}                              header
//   {"v":[id,collector,address,asn]}  {"f":[number,name]}              who and where, when first named
//   {"seed":{…}}  {"origin":{…}}  {"start":true}                       the starting table
//   {"t":µs,"v":1,"f":0,"b":12345,"p":"701 174","w":[…],"a":[…]}       an UPDATE; "k" for other kinds
//   {"fact":{"kind":"tick","at":µs}}                                   facts, the clock's own ticks too
//   {"next":"day.ndjson.2"}                                            it goes on in another segment
//   {"end":true}                                                       it was closed properly
//
// A segment that has grown large enough is followed by another one. Each begins with the table as it
// stands, so that old segments can be thrown away; read in a row, those snapshots are passed over.

import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { basename } from 'node:path'
import { type Batch, Message } from '../core/batch.ts'
import type { Fact } from '../core/fact.ts'
import type { Baseline, Inputs } from '../core/incident.ts'
import { parsePath, pathText } from '../core/path.ts'
import { parseAddress, parsePrefix, prefixText } from '../core/prefix.ts'
import type { Seed, SeedOrigin, SeedPeer } from '../core/seed.ts'
import type { Sink } from '../core/sink.ts'
import type { Instant } from '../core/time.ts'
import type { VantagePoints } from '../core/vantage.ts'

export interface JournalHeader {
  readonly baseline: Baseline
  readonly inputs: Inputs
  /** Origins watched; null = all. */
  readonly asns: readonly number[] | null
  /** Settings of the detectors, as they were. */
  readonly detect: unknown
  /** Nothing of earlier was told. */
  readonly from?: Instant | null
  /** 1, 2, …; a later one begins with a snapshot instead of a starting table. */
  readonly segment?: number
}

/** The table as rows, asked for when a segment begins. */
export interface JournalSource {
  /** Of the starting table, or of the table in full flight. */
  rows(first: boolean): Iterable<Seed>
  origins(): Iterable<SeedOrigin>
  peers(): Iterable<SeedPeer>
}

export interface JournalLimits {
  /** Octets of a segment. */
  readonly segment: number
  /** Segments kept; the oldest goes when another one begins. */
  readonly segments: number
}

const unlimited: JournalLimits = { segment: Number.POSITIVE_INFINITY, segments: 1 }

/** Octets gathered before they are written. */
const CHUNK = 1 << 18

export class JournalWriter implements Sink {
  /** Octets written, to all segments. */
  octets = 0
  /** Why it stopped; null while it writes. A journal must not take the daemon down with it. */
  fault: string | null = null
  readonly #path: string
  readonly #header: JournalHeader
  readonly #vantages: VantagePoints
  readonly #files: readonly string[]
  readonly #source: JournalSource
  readonly #next: Sink
  readonly #limits: JournalLimits
  #file: number
  #segment = 1
  /** Octets of this segment. */
  #size = 0
  #text = ''
  readonly #named = new Set<number>()
  #filesNamed = 0

  /** Throws when the file cannot be made. `start` comes next. */
  constructor(
    path: string,
    header: JournalHeader,
    vantages: VantagePoints,
    files: readonly string[],
    source: JournalSource,
    next: Sink,
    limits = unlimited,
  ) {
    this.#file = openSync(path, 'w', 0o644)
    this.#path = path
    this.#header = header
    this.#vantages = vantages
    this.#files = files
    this.#source = source
    this.#next = next
    this.#limits = limits
  }

  /** The starting table is complete. */
  start(): void {
    const { rows, origins, peers } = this.#source
    const first = this.#segment === 1
    this.#line({ faultline: 'journal', schema: 1, ...this.#header, segment: this.#segment })
    for (const seed of rows(first)) {
      this.#name(seed.vantage)
      this.#line({ seed })
    }
    for (const origin of origins()) this.#line({ origin })
    if (!first) {
      for (const peer of peers()) {
        this.#name(peer.vantage)
        this.#line({ peer })
      }
    }
    this.#line({ start: true })
  }

  message(batch: Batch, m: number): void {
    this.#write(batch, m)
    this.#next.message(batch, m)
  }

  fact(fact: Fact): void {
    this.#line({ fact })
    this.#next.fact(fact)
    // At a tick everything before it has been judged.
    if (fact.kind === 'tick' && this.#size > this.#limits.segment) this.#rotate()
  }

  close(): void {
    if (this.#file < 0) return
    this.#line({ end: true })
    this.#flush()
    this.#stop(this.fault)
  }

  #rotate(): void {
    const path = `${this.#path}.${this.#segment + 1}`
    this.#line({ next: basename(path) })
    this.#flush()
    if (this.#file < 0) return
    this.#stop(null)
    this.#segment++
    this.#size = 0
    this.#named.clear()
    this.#filesNamed = 0
    try {
      this.#file = openSync(path, 'w', 0o644)
      const oldest = this.#segment - this.#limits.segments
      if (oldest >= 1) rmSync(oldest === 1 ? this.#path : `${this.#path}.${oldest}`)
    } catch (error) {
      this.#stop(error instanceof Error ? error.message : String(error))
      return
    }
    this.start()
  }

  #write(batch: Batch, m: number): void {
    if (this.#file < 0) return
    const vantage = batch.vantage[m] as number
    this.#name(vantage)
    for (; this.#filesNamed < this.#files.length; this.#filesNamed++)
      this.#line({ f: [this.#filesNamed, this.#files[this.#filesNamed]] })
    const kind = batch.kind[m] as number
    const line: Record<string, unknown> = { t: batch.at[m], v: vantage, f: batch.file }
    line['b'] = batch.offset[m]
    if (kind !== Message.update) line['k'] = kind
    if (batch.detail[m] !== 0) line['d'] = batch.detail[m]
    const start = batch.pathStart[m] as number
    if (start >= 0) line['p'] = pathText(batch.path, start, batch.pathLength[m] as number)
    if (batch.otc[m] !== 0) line['o'] = (batch.otc[m] as number) >>> 0
    const lists: { w: string[]; a: string[]; i: number[] } = { w: [], a: [], i: [] }
    for (let e = batch.first[m] as number; e < (batch.first[m + 1] as number); e++) {
      const text = prefixText(
        batch.afi[e] as number,
        batch.word0[e] as number,
        batch.word1[e] as number,
        batch.word2[e] as number,
        batch.word3[e] as number,
        batch.length[e] as number,
      )
      ;(batch.announced[e] === 1 ? lists.a : lists.w).push(text)
      lists.i.push((batch.pathId[e] as number) >>> 0)
    }
    if (lists.w.length > 0) line['w'] = lists.w
    if (lists.a.length > 0) line['a'] = lists.a
    if (lists.i.some((id) => id !== 0)) line['i'] = lists.i
    this.#line(line)
  }

  #name(vantage: number): void {
    if (this.#named.has(vantage)) return
    this.#named.add(vantage)
    const { collector, address, asn } = this.#vantages.get(vantage)
    this.#line({ v: [vantage, collector, address, asn] })
  }

  #line(value: object): void {
    if (this.#file < 0) return
    this.#text += `${JSON.stringify(value)}\n`
    if (this.#text.length >= CHUNK) this.#flush()
  }

  #flush(): void {
    try {
      const octets = Buffer.from(this.#text)
      for (let at = 0; at < octets.length; ) at += writeSync(this.#file, octets, at)
      this.octets += octets.length
      this.#size += octets.length
      this.#text = ''
    } catch (error) {
      this.#stop(error instanceof Error ? error.message : String(error))
    }
  }

  #stop(fault: string | null): void {
    this.fault = fault
    this.#text = ''
    if (this.#file >= 0) closeSync(this.#file)
    this.#file = -1
  }
}

/** What a journal is read into. */
export interface JournalTarget {
  header(header: JournalHeader): void
  seed(seed: Seed): void
  origin(origin: SeedOrigin): void
  peer(peer: SeedPeer): void
  start(): void
  readonly sink: Sink
}

export interface JournalStats {
  lines: number
  malformed: number
  /** It ends without having been closed. */
  truncated: boolean
  /** Name of the segment in which it goes on, beside this one. */
  next: string | null
}

/** True when the first octets of a file are those of a journal. */
export const isJournal = (head: string): boolean => head.startsWith('{"faultline":"journal"')

type Line = Readonly<Record<string, unknown>>

/** Reads a journal line by line; a line that cannot be read is counted and costs itself only. */
export class JournalReader {
  readonly stats: JournalStats = {
    lines: 0,
    malformed: 0,
    truncated: true,
    next: null,
  }
  readonly #vantages: VantagePoints
  readonly #files: string[]
  readonly #batch: Batch
  readonly #target: JournalTarget
  /** Number in the journal → number here. */
  readonly #who = new Map<number, number>()
  readonly #where = new Map<number, number>()
  #segment = 0
  /** What the snapshot at the head of a following segment says is known already. */
  #passing = false

  constructor(vantages: VantagePoints, files: string[], batch: Batch, target: JournalTarget) {
    this.#vantages = vantages
    this.#files = files
    this.#batch = batch
    this.#target = target
  }

  line(text: string): void {
    if (text === '') return
    this.stats.lines++
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      this.stats.malformed++
      return
    }
    if (typeof value !== 'object' || value === null || !this.#take(value as Line))
      this.stats.malformed++
  }

  #take(line: Line): boolean {
    if ('t' in line) return this.#message(line)
    if ('fact' in line) return this.#fact(line['fact'])
    if ('v' in line) return this.#vantage(line['v'])
    if ('f' in line) return this.#file(line['f'])
    if ('seed' in line) return this.#seed(line['seed'])
    if ('origin' in line) return this.#origin(line['origin'])
    if ('peer' in line) return this.#peer(line['peer'])
    if ('start' in line) this.#begin()
    else if ('end' in line) this.stats.truncated = false
    else if (typeof line['next'] === 'string') this.stats.next = line['next']
    else if (line['faultline'] === 'journal') return this.#header(line)
    else return false
    return true
  }

  #header(line: Line): boolean {
    const { schema, baseline, inputs, asns, detect, from = null, segment = 1 } = line
    if (schema !== 1 || typeof segment !== 'number') return false
    this.#passing = this.#segment > 0 && segment === this.#segment + 1
    this.#segment = segment
    this.stats.next = null
    if (this.#passing) return true
    this.#target.header({ baseline, inputs, asns, detect, from } as JournalHeader)
    return true
  }

  #begin(): void {
    if (!this.#passing) this.#target.start()
    this.#passing = false
  }

  #peer(value: unknown): boolean {
    const peer = value as SeedPeer | null
    const vantage = this.#who.get(peer?.vantage ?? -1)
    if (!peer || vantage === undefined || typeof peer.notes !== 'object') return false
    const { source } = peer.notes
    const notes = { ...peer.notes, source: this.#where.get(Number(source)) ?? -1 }
    if (!this.#passing) this.#target.peer({ vantage, notes })
    return true
  }

  #vantage(value: unknown): boolean {
    if (!Array.isArray(value)) return false
    const [id, collector, address, asn] = value as unknown[]
    if (typeof id !== 'number' || typeof collector !== 'string' || typeof asn !== 'number')
      return false
    const at = parseAddress(String(address))
    if (!at) return false
    const { afi, words } = at
    const vantages = this.#vantages
    const number = vantages.intern(vantages.collector(collector), ...words, asn | 0, afi)
    if (number >= 0) this.#who.set(id, number)
    return number >= 0
  }

  #file(value: unknown): boolean {
    if (!Array.isArray(value) || typeof value[0] !== 'number') return false
    const known = this.#passing ? this.#files.indexOf(String(value[1])) : -1
    this.#where.set(value[0], known >= 0 ? known : this.#files.push(String(value[1])) - 1)
    return true
  }

  #seed(value: unknown): boolean {
    const seed = value as Seed | null
    const vantage = this.#who.get(seed?.vantage ?? -1)
    if (!seed || vantage === undefined || !Array.isArray(seed.prefixes)) return false
    if (!this.#passing) this.#target.seed({ ...seed, vantage })
    return true
  }

  #origin(value: unknown): boolean {
    const origin = value as SeedOrigin | null
    if (!origin || typeof origin.asn !== 'number' || !Array.isArray(origin.prefixes)) return false
    if (!this.#passing) this.#target.origin(origin)
    return true
  }

  #fact(value: unknown): boolean {
    const fact = value as Fact | null
    if (!fact || typeof fact.at !== 'number') return false
    if (fact.kind !== 'tick' && fact.kind !== 'gap' && fact.kind !== 'gap-end') return false
    const source = 'source' in fact ? (this.#where.get(fact.source) ?? fact.source) : 0
    this.#target.sink.fact(fact.kind === 'tick' ? fact : { ...fact, source })
    return true
  }

  #message(line: Line): boolean {
    const { t, v, f, b, k = Message.update, d = 0, p, o = 0, w = [], a = [], i } = line
    const vantage = this.#who.get(v as number)
    if (vantage === undefined || typeof t !== 'number' || typeof k !== 'number') return false
    if (!Array.isArray(w) || !Array.isArray(a)) return false
    const batch = this.#batch
    batch.clear()
    batch.file = this.#where.get(f as number) ?? 0
    const m = batch.open(k, t, vantage, Number(b))
    batch.detail[m] = Number(d)
    if (typeof p === 'string') {
      const words: number[] = []
      if (!parsePath(p, words)) return this.#forget()
      batch.pathStart[m] = 0
      batch.pathLength[m] = words.length
      batch.otc[m] = Number(o) | 0
      for (const word of words) batch.path[batch.pathWords++] = word
    }
    const ids = Array.isArray(i) ? (i as number[]) : []
    for (const text of [...w, ...a] as unknown[]) {
      const prefix = parsePrefix(String(text))
      if (!prefix) return this.#forget()
      const e = batch.elements++
      batch.announced[e] = e < w.length ? 0 : 1
      batch.afi[e] = prefix.afi
      batch.length[e] = prefix.length
      batch.pathId[e] = (ids[e] ?? 0) | 0
      ;[batch.word0[e], batch.word1[e], batch.word2[e], batch.word3[e]] = prefix.words
    }
    batch.close()
    this.#target.sink.message(batch, m)
    return true
  }

  #forget(): false {
    this.#batch.rollback()
    return false
  }
}
