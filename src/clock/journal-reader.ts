// Reads what journal.ts writes. A journal may come from anybody with a bug to report: each line is
// checked before it is believed, and one that cannot be used costs itself only.

import { type Batch, Message } from '../core/batch.ts'
import type { Baseline, Inputs } from '../core/incident.ts'
import { parsePath } from '../core/path.ts'
import { parseAddress, parsePrefix } from '../core/prefix.ts'
import type { Seed, SeedOrigin, SeedPeer, SeedPlace } from '../core/seed.ts'
import type { Sink } from '../core/sink.ts'
import type { Instant } from '../core/time.ts'
import type { VantagePoints } from '../core/vantage.ts'
import type { JournalHeader } from './journal.ts'
import { unpackSample } from './sample-fact.ts'
import { unpack } from './side-input.ts'

/** What a journal is read into. */
export interface JournalTarget {
  // False when what is said cannot be used.
  header(header: JournalHeader): boolean
  seed(seed: Seed): boolean
  origin(origin: SeedOrigin): boolean
  peer(peer: SeedPeer): boolean
  start(): void
  readonly sink: Sink
}

export interface JournalStats {
  lines: number
  malformed: number
  /** It ends without having been closed. */
  truncated: boolean
  /** Number of the segment read last, and whether another one follows it. */
  segment: number
  goesOn: boolean
}

/** True when the first octets of a file are those of a journal. */
export const isJournal = (head: string): boolean => head.startsWith('{"faultline":"journal"')

type Line = Readonly<Record<string, unknown>>

/** Of one message, as a batch holds them. */
const MOST_ELEMENTS = 65_536

const isRecord = (value: unknown): value is Line =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isCount = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 32
const isInstant = (value: unknown): value is Instant =>
  Number.isSafeInteger(value) && (value as number) >= 0
const areTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((text) => typeof text === 'string')
const isPlace = (value: unknown): value is SeedPlace =>
  isRecord(value) &&
  typeof value['feed'] === 'string' &&
  typeof value['queue'] === 'string' &&
  isInstant(value['next']) &&
  isCount(value['agreed'])
const isBaseline = (value: unknown): value is Baseline =>
  value === 'rib' || value === 'learned-from-input' || value === 'learned-live'

/** Reads a journal line by line; a line that cannot be read is counted and costs itself only. */
export class JournalReader {
  readonly stats: JournalStats = {
    lines: 0,
    malformed: 0,
    truncated: true,
    segment: 0,
    goesOn: false,
  }
  readonly #vantages: VantagePoints
  readonly #files: string[]
  readonly #batch: Batch
  readonly #target: JournalTarget
  /** Number in the journal → number here. */
  readonly #who = new Map<number, number>()
  readonly #where = new Map<number, number>()
  #segment = 0
  #run: unknown = null
  /** It came to a segment that is not its continuation: nothing more is taken. */
  #over = false
  /** What the snapshot at the head of a following segment says is known already. */
  #passing = false

  constructor(vantages: VantagePoints, files: string[], batch: Batch, target: JournalTarget) {
    this.#vantages = vantages
    this.#files = files
    this.#batch = batch
    this.#target = target
  }

  line(text: string): void {
    if (text === '' || this.#over) return
    this.stats.lines++
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      this.stats.malformed++
      return
    }
    if (!isRecord(value) || !this.#take(value)) this.stats.malformed++
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
    else if (typeof line['next'] === 'string') this.stats.goesOn = true
    else if (line['faultline'] === 'journal') return this.#header(line)
    else return false
    return true
  }

  #header(line: Line): boolean {
    const {
      schema,
      baseline,
      inputs,
      asns,
      detect,
      planes = {},
      run = null,
      from = null,
      segment = 1,
    } = line
    const { hearsAll = true } = line
    if (schema !== 1 || !isCount(segment) || !isBaseline(baseline)) return false
    if (!isRecord(inputs) || !isRecord(detect)) return false
    if (asns !== null && !(Array.isArray(asns) && asns.every(isCount))) return false
    if (from !== null && !isInstant(from)) return false
    if (typeof hearsAll !== 'boolean') return false
    if (this.#segment > 0) {
      this.#over = segment !== this.#segment + 1 || run !== this.#run
      if (this.#over) return false
      this.#passing = true
    }
    this.#segment = this.stats.segment = segment
    this.#run = run
    this.stats.goesOn = false
    const given = { asns, detect, planes, from, hearsAll, state: line['state'] }
    const known = { baseline, inputs: inputs as unknown as Inputs, ...given }
    return this.#passing || this.#target.header(known)
  }

  #begin(): void {
    if (!this.#passing) this.#target.start()
    this.#passing = false
  }

  #peer(value: unknown): boolean {
    if (!isRecord(value) || !isRecord(value['notes'])) return false
    const peer = value as unknown as SeedPeer
    const vantage = this.#who.get(peer.vantage)
    if (vantage === undefined) return false
    const { source } = peer.notes
    const notes = { ...peer.notes, source: this.#where.get(Number(source)) ?? -1 }
    const place = isPlace(value['place']) ? { place: value['place'] } : {}
    return this.#passing || this.#target.peer({ vantage, notes, ...place })
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
    const known = this.#files.indexOf(String(value[1]))
    this.#where.set(value[0], known >= 0 ? known : this.#files.push(String(value[1])) - 1)
    return true
  }

  #seed(value: unknown): boolean {
    if (!isRecord(value) || !areTexts(value['prefixes'])) return false
    const { path, flags } = value
    if (path !== null && path !== false && typeof path !== 'string') return false
    if (flags !== undefined && !Number.isInteger(flags)) return false
    const seed = value as unknown as Seed
    const vantage = this.#who.get(seed.vantage)
    if (vantage === undefined) return false
    return this.#passing || this.#target.seed({ ...seed, vantage, known: seed.known === true })
  }

  #origin(value: unknown): boolean {
    if (!isRecord(value) || !isCount(value['asn']) || !areTexts(value['prefixes'])) return false
    return this.#passing || this.#target.origin(value as unknown as SeedOrigin)
  }

  #fact(value: unknown): boolean {
    if (!isRecord(value) || !isInstant(value['at'])) return false
    const { at, kind, feed, collector, why, source: from } = value
    if (kind === 'tick') {
      this.#target.sink.fact({ kind, at })
      return true
    }
    if (kind === 'side-input') {
      const input = unpack(value)
      if (input && !this.#passing) this.#target.sink.fact(input)
      return input !== undefined
    }
    if (kind === 'sample' || kind === 'change') {
      const found = unpackSample(value)
      if (found) this.#target.sink.fact(found)
      return found !== undefined
    }
    if (kind === 'filled' || kind === 'unfilled') {
      const { from: since, until } = value
      if (typeof collector !== 'string' || !isInstant(since) || !isInstant(until)) return false
      const hole = { at, collector, from: since, until }
      if (kind === 'filled') this.#target.sink.fact({ kind, ...hole })
      else if (typeof why === 'string') this.#target.sink.fact({ kind, ...hole, why })
      else return false
      return true
    }
    if (typeof feed !== 'string' || (collector !== null && typeof collector !== 'string'))
      return false
    const source = this.#where.get(Number(from)) ?? -1
    if (kind === 'gap' && typeof why === 'string')
      this.#target.sink.fact({ kind, at, feed, source, collector, why })
    else if (kind === 'gap-end') {
      const fills = value['fills'] === true ? { fills: true as const } : {}
      this.#target.sink.fact({ kind, at, feed, source, collector, ...fills })
    } else return false
    return true
  }

  #message(line: Line): boolean {
    const { t, v, f, b, k = Message.update, d = 0, p, o = 0, w = [], a = [], i } = line
    const vantage = this.#who.get(v as number)
    if (vantage === undefined || !isInstant(t) || !isCount(k) || k > Message.holeUp) return false
    if (!areTexts(w) || !areTexts(a)) return false
    const batch = this.#batch
    batch.clear()
    batch.file = this.#where.get(f as number) ?? 0
    const m = batch.open(k, t, vantage, Number(b))
    batch.detail[m] = Number(d)
    batch.otc[m] = Number(o) | 0
    if (typeof p === 'string') {
      const words: number[] = []
      if (!parsePath(p, words)) return this.#forget()
      batch.pathStart[m] = 0
      batch.pathLength[m] = words.length
      for (const word of words) batch.path[batch.pathWords++] = word
    }
    const ids = Array.isArray(i) ? (i as number[]) : []
    if (w.length + a.length > MOST_ELEMENTS) return false
    for (const text of [...w, ...a]) {
      const prefix = parsePrefix(text)
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
