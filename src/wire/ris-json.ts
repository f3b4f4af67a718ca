// RIS Live: one JSON text frame in, messages in the columns of a Batch out. Frames come from a server
// we do not run and whose feed has changed shape over the years, so every field may be missing, null
// or of another type: a frame is read, set aside or called malformed, never thrown over.

import { type Batch, KEEPALIVE, Message } from '../core/batch.ts'
import type { Instant } from '../core/time.ts'
import type { VantagePoints } from '../core/vantage.ts'
import { dropRepeats, PrefixReader } from './prefix-text.ts'
import {
  isFields,
  kindOf,
  markerFamily,
  NO_MARKER,
  type RisAnswer,
  type RisFields,
  readAnswer,
} from './ris-frame.ts'
import { appendJsonPath, LONGEST_PATH } from './ris-path.ts'
import { LAST_SECOND, RisScan, scanAnnouncements, scanPath, scanTexts } from './ris-scan.ts'
import { type Seat, Seats } from './ris-seats.ts'

/**
 * Decodes one whole BGP message (19-octet header included) into `batch`, opening and closing the
 * message itself. False when it is malformed; what was begun is then rolled back. `bytes` is good
 * only until it returns.
 */
export type RawDecoder = (
  bytes: Uint8Array,
  batch: Batch,
  at: Instant,
  vantage: number,
  offset: number,
) => boolean

export interface RisDecoderOptions {
  /** When given, UPDATEs that carry `raw` are read from it: only there is OTC (RFC 9234). */
  readonly raw?: RawDecoder
}

type RisOutcome =
  /** One message was appended; two for an End-of-RIB whose family cannot be known. */
  | { readonly kind: 'read' }
  /** Well-formed, but nothing for us: an unknown type, a peer for whom there is no room. */
  | { readonly kind: 'ignored' }
  | { readonly kind: 'malformed'; readonly why: string }
  /** The batch has no room for it; nothing was read. Come again with an empty one. */
  | { readonly kind: 'full' }
  | RisAnswer

interface RisStats {
  /** Frames whose content went into a batch. */
  read: number
  /** Frames that had to be parsed as JSON, because they are not of the usual shape. */
  parsed: number
  malformed: number
  ignored: number
  /** Texts in place of a prefix that are none; the rest of their frame was used. */
  skippedPrefixes: number
  /** Frames of peers or collectors for whom there was no room; counted in `ignored` too. */
  refused: number
  /** `raw` that could not be decoded; the JSON fields were used. */
  rawFailed: number
}

const READ: RisOutcome = { kind: 'read' }
const IGNORED: RisOutcome = { kind: 'ignored' }
const FULL: RisOutcome = { kind: 'full' }

/** What a Batch has to spare for one message. */
const MOST_ELEMENTS = 65_536
/** An extended BGP message (RFC 8654), in octets. */
const LONGEST_RAW = 65_535

export class RisDecoder {
  readonly stats: RisStats = {
    read: 0,
    parsed: 0,
    malformed: 0,
    ignored: 0,
    skippedPrefixes: 0,
    refused: 0,
    rawFailed: 0,
  }
  readonly #seats: Seats
  readonly #raw: RawDecoder | undefined
  readonly #bytes: Buffer
  readonly #reader = new PrefixReader()
  readonly #scan = new RisScan()
  /** The frame in hand holds the word `eor` of the historic feed; a text that is no prefix. */
  #eor = false
  #odd = false

  constructor(vantages: VantagePoints, options: RisDecoderOptions = {}) {
    this.#seats = new Seats(vantages)
    this.#raw = options.raw
    this.#bytes = Buffer.alloc(options.raw ? LONGEST_RAW : 0)
  }

  /** `offset` is kept with the message as evidence: the running number of the frame, say. */
  decode(frame: Buffer, batch: Batch, offset: number): RisOutcome {
    if (batch.full) return FULL
    if (this.#scan.read(frame)) {
      if (this.#scanned(frame, batch, offset)) {
        this.stats.read++
        return READ
      }
      batch.rollback()
    }
    this.stats.parsed++
    let fields: unknown
    try {
      fields = JSON.parse(frame.toString())
    } catch {
      return this.#malformed('not JSON')
    }
    if (!isFields(fields)) return this.#malformed('not an object')
    if (fields.type === 'ris_message') return this.#message(fields.data, batch, offset)
    if (typeof fields.type !== 'string') return this.#malformed('no type')
    return readAnswer(fields) ?? this.#ignored()
  }

  #malformed(why: string): RisOutcome {
    this.stats.malformed++
    return { kind: 'malformed', why }
  }

  #close(batch: Batch): RisOutcome {
    batch.close()
    this.stats.read++
    return READ
  }

  #rollback(batch: Batch, why: string): RisOutcome {
    batch.rollback()
    return this.#malformed(why)
  }

  #ignored(): RisOutcome {
    this.stats.ignored++
    return IGNORED
  }

  #message(data: unknown, batch: Batch, offset: number): RisOutcome {
    if (!isFields(data)) return this.#malformed('no data')
    const kind = kindOf(data)
    if (kind < 0) return this.#ignored()
    const seconds = data.timestamp
    if (typeof seconds !== 'number' || !(seconds >= 0 && seconds < LAST_SECOND)) {
      return this.#malformed('no timestamp')
    }
    const seat = this.#seats.find(data)
    if (!seat) return this.#malformed('no peer')
    if (seat.vantage < 0) {
      // One who is ignored (core/vantage.ts) is not missed.
      if (seat.vantage === -1) this.stats.refused++
      return this.#ignored()
    }
    // The feed writes two or three decimals; what a float adds behind them is noise.
    const at = Math.round(seconds * 1_000) * 1_000
    if (kind === Message.update) return this.#update(data, at, seat, batch, offset)
    const m = batch.open(kind, at, seat.vantage, offset)
    if (data.type === 'KEEPALIVE') batch.detail[m] = KEEPALIVE
    return this.#close(batch)
  }

  /** The UPDATE that was scanned, into a message; false when there is more to it than that can tell. */
  #scanned(frame: Buffer, batch: Batch, offset: number): boolean {
    const { at, host, peer, asn, path, announcements, withdrawals, raw } = this.#scan
    const seat = this.#seats.at(frame, host, peer, asn)
    // What there is in `raw` has words that the other fields have not.
    if (!seat || seat.vantage < 0 || (this.#raw && raw)) return false
    const m = batch.open(Message.update, at, seat.vantage, offset)
    const first = batch.elements
    const withdrawn = (from: number, end: number) =>
      batch.elements - first < MOST_ELEMENTS && this.#reader.read(frame, 0, batch, from, end)
    const announced = (from: number, end: number) =>
      batch.elements - first < MOST_ELEMENTS && this.#reader.read(frame, 1, batch, from, end)
    const lists = (from: number) => scanTexts(frame, from, announced)
    // Withdrawals first: a prefix in both lists is replaced, not gone (RFC 4271 §3.1).
    if (withdrawals >= 0 && scanTexts(frame, withdrawals, withdrawn) < 0) return false
    const announcing = batch.elements
    const entries = announcements < 0 ? 0 : scanAnnouncements(frame, announcements, lists)
    if (entries < 0) return false
    if (entries > 1) dropRepeats(batch, announcing)
    if (batch.elements > announcing) {
      const start = batch.pathWords
      const words = path < 0 ? 0 : scanPath(frame, path, batch.path, start, LONGEST_PATH)
      if (words < 0) return false
      batch.pathStart[m] = start
      batch.pathLength[m] = words
      batch.pathWords = start + words
    } else if (batch.elements === first) return false
    batch.close()
    return true
  }

  #update(data: RisFields, at: Instant, seat: Seat, batch: Batch, offset: number): RisOutcome {
    if (this.#raw && this.#fromRaw(data.raw, this.#raw, at, seat, batch, offset)) {
      this.stats.read++
      return READ
    }
    const m = batch.open(Message.update, at, seat.vantage, offset)
    const first = batch.elements
    this.#eor = this.#odd = false
    // Withdrawals first: a prefix in both lists is replaced, not gone (RFC 4271 §3.1).
    if (!this.#prefixes(data.withdrawals, 0, batch)) return this.#rollback(batch, 'withdrawals')
    const announcing = batch.elements
    if (!this.#announcements(data.announcements, batch)) return this.#rollback(batch, 'announced')
    if (batch.elements > announcing) {
      const start = batch.pathWords
      const words = appendJsonPath(data.path, batch.path, start)
      if (words < 0) return this.#rollback(batch, 'path')
      batch.pathStart[m] = start
      batch.pathLength[m] = words
      batch.pathWords = start + words
    } else if (batch.elements === first) {
      return this.#empty(data, m, seat, batch)
    }
    return this.#close(batch)
  }

  /** An UPDATE without prefixes: an End-of-RIB (RFC 4724 §2), or routes JSON has no words for. */
  #empty(data: RisFields, m: number, seat: Seat, batch: Batch): RisOutcome {
    let family = NO_MARKER
    if (this.#eor) family = seat.afi
    else if (!this.#odd && (!Array.isArray(data.path) || data.path.length === 0)) {
      family = typeof data.raw === 'string' ? markerFamily(data.raw) : seat.afi
    }
    batch.kind[m] = family === NO_MARKER ? Message.alive : Message.endOfRib
    if (family === 4 || family === 6) batch.detail[m] = family
    if (family !== 0) return this.#close(batch)
    if (m + 1 >= batch.maxMessages) {
      batch.rollback()
      return FULL
    }
    batch.detail[m] = 4
    batch.close()
    const [at, offset] = [batch.at[m] as number, batch.offset[m] as number]
    batch.detail[batch.open(Message.endOfRib, at, seat.vantage, offset)] = 6
    return this.#close(batch)
  }

  #announcements(list: unknown, batch: Batch): boolean {
    if (list === null || list === undefined) return true
    if (!Array.isArray(list)) return false
    const entries: readonly unknown[] = list
    const from = batch.elements
    for (const entry of entries) {
      if (entry === null) continue
      if (!isFields(entry) || !this.#prefixes(entry.prefixes, 1, batch)) return false
    }
    if (entries.length > 1) dropRepeats(batch, from)
    return true
  }

  #prefixes(list: unknown, announced: number, batch: Batch): boolean {
    if (list === null || list === undefined) return true
    if (!Array.isArray(list)) return false
    const texts: readonly unknown[] = list
    const before = batch.elements - (batch.first[batch.messages] as number)
    if (before + texts.length > MOST_ELEMENTS) return false
    for (const text of texts) {
      if (typeof text === 'string' && this.#reader.readText(text, announced, batch)) continue
      if (text === 'eor') this.#eor = true
      else {
        this.#odd = true
        this.stats.skippedPrefixes++
      }
    }
    return true
  }

  #fromRaw(
    raw: unknown,
    decode: RawDecoder,
    at: Instant,
    seat: Seat,
    batch: Batch,
    offset: number,
  ): boolean {
    if (typeof raw !== 'string') return false
    const octets = raw.length <= 2 * LONGEST_RAW ? this.#bytes.write(raw, 'hex') : 0
    if (octets > 0 && octets * 2 === raw.length) {
      if (decode(this.#bytes.subarray(0, octets), batch, at, seat.vantage, offset)) return true
      batch.rollback()
    }
    this.stats.rawFailed++
    return false
  }
}
