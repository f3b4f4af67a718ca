// The journal: what left the clock, in the order in which it did, as NDJSON. It is the complete input
// of everything behind the clock, so playing it again gives the same incidents to the byte. It is also
// how a bug is reported: one file, readable, that needs nothing else.
//
//   {"faultline":"journal","schema":1, …}                              header
//   {"v":[id,collector,address,asn]}  {"f":[number,name]}              who and where, when first named
//   {"seed":{…}}  {"origin":{…}}  {"start":true}                       the starting table
//   {"t":µs,"v":1,"f":0,"b":12345,"p":"701 174","w":[…],"a":[…]}       an UPDATE; "k" for other kinds;
//                                 "d":1 at fault (core/batch.ts), then without "p" if that was unreadable
//   {"fact":{"kind":"tick","at":µs}}                                   facts, the clock's own ticks too
//   {"fact":{"kind":"sample","at":µs,…}}        samples and changes; their time may lie before that of others
//   {"fact":{"kind":"side-input", … "content":"…"}}                    what is known beside the routes, whole
//   {"fact":{"kind":"side-input","what":"rpki-delta", …}}              what has changed of it (core/rpki-delta.ts)
//   {"next":"day.ndjson.2"}                                            it goes on in another segment
//   {"end":true}                                                       it was closed properly
//
// A segment that has grown large enough is followed by another one. Each begins with the table as it
// stands, so that old segments can be thrown away; read in a row, those snapshots are passed over.

import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { basename } from 'node:path'
import { type Batch, Message } from '../core/batch.ts'
import type { Fact, SideInput } from '../core/fact.ts'
import type { Baseline, Inputs } from '../core/incident.ts'
import { pathText } from '../core/path.ts'
import { prefixText } from '../core/prefix.ts'
import type { Seed, SeedOrigin, SeedPeer } from '../core/seed.ts'
import type { Sink } from '../core/sink.ts'
import type { Instant } from '../core/time.ts'
import type { VantagePoints } from '../core/vantage.ts'
import { inForce, pack, whole } from './side-input.ts'

export interface JournalHeader {
  readonly baseline: Baseline
  readonly inputs: Inputs
  /** Origins watched; null = all. */
  readonly asns: readonly number[] | null
  /** Settings of the detectors, as they were. */
  readonly detect: unknown
  /** When planes were blind; absent in journals of before there were any. */
  readonly planes?: unknown
  /** Whether everything was heard, not only what concerns the watched ASes; true when absent. */
  readonly hearsAll?: boolean
  /** Which run it is of: segments of another are not its continuation. */
  readonly run?: string
  /** Nothing of earlier was told. */
  readonly from?: Instant | null
  /** 1, 2, …; a later one begins with a snapshot instead of a starting table. */
  readonly segment?: number
  /** In a picture of the table that a daemon goes on from (table-state.ts). */
  readonly state?: unknown
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
/** Changes of the VRPs kept beside them before they are made one. */
const MOST_CHANGES = 64

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
  /** What later segments have to begin with as well. */
  #sideInputs: readonly SideInput[] = []
  #tickedAt: Instant = Number.NEGATIVE_INFINITY

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

  /** The starting table is complete; `inFlight`: it is that of a run before this one, as it stood. */
  start(inFlight = this.#segment > 1): void {
    const { rows, origins, peers } = this.#source
    const first = !inFlight
    this.#line({ faultline: 'journal', schema: 1, ...this.#header, segment: this.#segment })
    for (const seed of rows(first)) {
      this.#name(seed.vantage)
      this.#line({ seed })
    }
    for (const origin of origins()) this.#line({ origin })
    if (!first) {
      // Notes on a vantage point name the feed it was heard through.
      this.#nameFiles()
      for (const peer of peers()) {
        this.#name(peer.vantage)
        this.#line({ peer })
      }
    }
    for (const input of this.#sideInputs) this.#line({ fact: pack(input) })
    this.#line({ start: true })
  }

  message(batch: Batch, m: number): void {
    this.#write(batch, m)
    this.#next.message(batch, m)
  }

  fact(fact: Fact): void {
    if (fact.kind === 'side-input') this.#remember(fact)
    this.#line({ fact: fact.kind === 'side-input' ? pack(fact) : fact })
    // What is on disk ends at a tick, so that even a killed daemon leaves what led to its end.
    if (fact.kind === 'tick') {
      this.#tickedAt = fact.at
      this.#flush()
    }
    this.#next.fact(fact)
    // At a tick everything before it has been judged.
    if (fact.kind === 'tick' && this.#size > this.#limits.segment) {
      this.#sideInputs = whole(this.#sideInputs, fact.at)
      this.#rotate()
    }
  }

  /** A daemon hears of VRPs for months: what no segment will need any more is let go of. */
  #remember(fact: SideInput): void {
    const all = inForce([...this.#sideInputs, fact], this.#tickedAt)
    const changes = all.filter(({ what }) => what === 'rpki-delta')
    this.#sideInputs = changes.length > MOST_CHANGES ? whole(all, this.#tickedAt) : all
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
    this.#nameFiles()
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

  #nameFiles(): void {
    for (; this.#filesNamed < this.#files.length; this.#filesNamed++)
      this.#line({ f: [this.#filesNamed, this.#files[this.#filesNamed]] })
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
    if (this.#file < 0) return
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
