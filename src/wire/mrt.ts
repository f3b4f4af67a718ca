// MRT (RFC 6396, ADD-PATH RFC 8050): what RIS and RouteViews archive. A file is a row of records;
// each has a 12-octet header and says how long it is, so one bad record costs itself and no more.
// Where even the length is a lie (torn files of 2000), the reader looks for the next place where two
// headers in a row make sense, and counts the stretch between as one malformed record.

import { type Batch, Message } from '../core/batch.ts'
import type { VantagePoints } from '../core/vantage.ts'
import { HEADER as BGP_HEADER, BgpDecoder, Update } from './bgp.ts'
import { MrtTable } from './mrt-table.ts'

const HEADER = 12
/** A RIB record can hold 65,535 entries; nothing real comes near 8 MiB, garbage lengths do. */
const LONGEST = 8 << 20
/** Records of one file lie close together in time; a header far from its neighbours is garbage. */
const A_DAY = 86_400

const TABLE_DUMP = 12
const TABLE_DUMP_V2 = 13
const BGP4MP = 16
const BGP4MP_ET = 17

export interface MrtStats {
  /** Records read, good or bad. */
  records: number
  /** Records that could not be decoded, torn stretches included. */
  malformed: number
  /** Well-formed records of a kind we do not use (OSPF, IS-IS, obsolete types, LOCAL messages). */
  skipped: number
  /** The input ended inside a record. */
  truncated: boolean
}

export class MrtReader {
  readonly stats: MrtStats = { records: 0, malformed: 0, skipped: 0, truncated: false }
  #bytes = new Uint8Array(4 << 20)
  #view = new DataView(this.#bytes.buffer)
  #at = 0
  #end = 0
  /** File offset of #bytes[0]. */
  #base = 0
  #lastStamp = 0
  /** Offset of a record that failed inside; where to search again if the next header is bad too. */
  #suspect = -1
  #lost = false
  readonly #bgp = new BgpDecoder()
  readonly #table: MrtTable
  readonly #vantages: VantagePoints
  readonly #collector: number
  readonly #file: number

  constructor(vantages: VantagePoints, collector: string, file: number) {
    this.#vantages = vantages
    this.#collector = vantages.collector(collector)
    this.#file = file
    this.#table = new MrtTable(vantages, this.#collector, this.#bgp)
    this.#bgp.use(this.#bytes, this.#view)
  }

  /** Appends bytes of any number; call `read` until it returns false before the next push. */
  push(chunk: Uint8Array): void {
    if (this.#at > 0) {
      this.#bytes.copyWithin(0, this.#at, this.#end)
      this.#base += this.#at
      if (this.#suspect >= 0) this.#suspect -= this.#at
      this.#end -= this.#at
      this.#at = 0
    }
    const need = this.#end + chunk.length
    if (need > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(need, this.#bytes.length * 2))
      grown.set(this.#bytes.subarray(0, this.#end))
      this.#bytes = grown
      this.#view = new DataView(grown.buffer)
      this.#bgp.use(grown, this.#view)
    }
    this.#bytes.set(chunk, this.#end)
    this.#end = need
  }

  /**
   * Decodes records into `batch` until it is full (true: come again with an empty one) or until more
   * bytes are needed (false). `last` says that no more will come.
   */
  read(batch: Batch, last = false): boolean {
    batch.file = this.#file
    const view = this.#view
    while (!batch.full) {
      const at = this.#at
      if (this.#table.pending) {
        if (this.#table.resume(batch) === 'malformed') this.stats.malformed++
        continue
      }
      if (at + HEADER > this.#end) return last && at < this.#end ? this.#truncate() : false
      if (this.#lost || !this.#plausible(at, last)) {
        const found = this.#resync(last)
        if (found < 0) return false
        continue
      }
      const length = view.getUint32(at + 8)
      const next = at + HEADER + length
      if (next > this.#end) return last ? this.#truncate() : false
      this.#lastStamp = view.getUint32(at)
      this.stats.records++
      this.#at = next
      this.#record(at, next, batch)
    }
    return true
  }

  #truncate(): boolean {
    this.stats.truncated = true
    this.#at = this.#end
    return false
  }

  #record(at: number, end: number, batch: Batch): void {
    const view = this.#view
    const type = view.getUint16(at + 4)
    const subtype = view.getUint16(at + 6)
    const offset = this.#base + at
    let outcome: Outcome
    if (type === BGP4MP || type === BGP4MP_ET) {
      const extended = type === BGP4MP_ET
      const body = at + HEADER + (extended ? 4 : 0)
      if (body > end) outcome = 'malformed'
      else {
        const micros = extended ? view.getUint32(at + HEADER) : 0
        const stamp = view.getUint32(at) * 1e6 + (micros < 1e6 ? micros : 0)
        outcome = this.#bgp4mp(subtype, body, end, stamp, offset, batch)
      }
    } else if (type === TABLE_DUMP_V2) {
      outcome = this.#table.version2(this.#bytes, view, subtype, at, end, offset, batch)
    } else if (type === TABLE_DUMP) {
      outcome = this.#table.version1(this.#bytes, view, subtype, at, end, offset, batch)
    } else outcome = 'skipped'

    if (outcome === 'malformed') {
      batch.rollback()
      this.stats.malformed++
      this.#suspect = at
    } else {
      this.#suspect = -1
      if (outcome === 'skipped') this.stats.skipped++
    }
  }

  #bgp4mp(
    subtype: number,
    body: number,
    end: number,
    stamp: number,
    offset: number,
    batch: Batch,
  ): Outcome {
    const view = this.#view
    if (subtype > 11 || subtype === 2 || subtype === 3) return 'skipped'
    const as4 = subtype === 4 || subtype === 5 || subtype === 7 || subtype === 9 || subtype === 11
    const addresses = body + (as4 ? 8 : 4) + 4
    if (addresses > end) return 'malformed'
    const afi = view.getUint16(addresses - 2)
    const size = afi === 1 ? 4 : afi === 2 ? 16 : 0
    const message = addresses + 2 * size
    if (size === 0 || message > end) return 'malformed'
    // *_LOCAL: sent by the collector itself (RFC 6396 §4.4.3); never a peer's belief.
    if (subtype === 6 || subtype === 7 || subtype >= 10) return 'skipped'
    const v6 = size === 16
    const vantage = this.#vantages.intern(
      this.#collector,
      view.getInt32(addresses),
      v6 ? view.getInt32(addresses + 4) : 0,
      v6 ? view.getInt32(addresses + 8) : 0,
      v6 ? view.getInt32(addresses + 12) : 0,
      as4 ? view.getInt32(body) : view.getUint16(body),
      v6 ? 6 : 4,
    )
    if (vantage < 0) return 'skipped'
    if (subtype === 0 || subtype === 5) {
      if (message + 4 > end) return 'malformed'
      const from = view.getUint16(message)
      const to = view.getUint16(message + 2)
      if (from === to || (from !== 6 && to !== 6)) return 'read'
      batch.open(to === 6 ? Message.sessionUp : Message.sessionDown, stamp, vantage, offset)
      batch.close()
      return 'read'
    }
    if (message + BGP_HEADER > end) return 'malformed'
    const length = view.getUint16(message + 16)
    const stop = message + length
    if (length < BGP_HEADER || stop > end || view.getInt32(message) !== -1) return 'malformed'
    const type = this.#bytes[message + 18] as number
    if (type < 1 || type > 5) return 'malformed'
    if (type !== 2) {
      batch.open(Message.alive, stamp, vantage, offset)
      batch.close()
      return 'read'
    }
    const m = batch.open(Message.update, stamp, vantage, offset)
    const addPath = subtype >= 8
    const kind = this.#bgp.update(message + BGP_HEADER, stop, as4, addPath, batch)
    if (kind === Update.malformed) return 'malformed'
    if (kind !== Update.routes) {
      batch.kind[m] = Message.endOfRib
      batch.detail[m] = kind
    }
    batch.close()
    return 'read'
  }

  /** A header that can be believed: known type, sane length, a stamp near the last or near the next. */
  #plausible(at: number, last: boolean): boolean {
    if (!this.#shape(at)) return false
    const stamp = this.#view.getUint32(at)
    if (this.#suspect < 0 && Math.abs(stamp - this.#lastStamp) <= A_DAY) return true
    return this.#confirmed(at, stamp, last)
  }

  #shape(at: number): boolean {
    const view = this.#view
    const type = view.getUint16(at + 4)
    const subtype = view.getUint16(at + 6)
    const known =
      (type <= 12 && type !== 0 && subtype < 32) ||
      (type >= 13 && type <= 17 && subtype < 16) ||
      type === 32 ||
      type === 33 ||
      type === 48 ||
      type === 49
    return known && view.getUint32(at + 8) <= LONGEST
  }

  /** The record behind this one begins plausibly too, or cannot be seen because the input ends. */
  #confirmed(at: number, stamp: number, last: boolean): boolean {
    const next = at + HEADER + this.#view.getUint32(at + 8)
    if (next === this.#end) return true
    if (next + HEADER > this.#end) return !last && stamp > 0
    return this.#shape(next) && Math.abs(this.#view.getUint32(next) - stamp) <= A_DAY
  }

  /** Looks for the next believable header; its position, or -1 when more bytes are needed. */
  #resync(last: boolean): number {
    if (!this.#lost) {
      this.#lost = true
      // When the record before was bad as well, its length was the lie: search inside it.
      if (this.#suspect >= 0 && this.#suspect < this.#at) this.#at = this.#suspect
      else {
        this.stats.malformed++
        this.stats.records++
      }
      this.#suspect = -1
    }
    for (let at = this.#at + 1; at + HEADER <= this.#end; at++) {
      if (!this.#shape(at)) continue
      const stamp = this.#view.getUint32(at)
      const near = this.#lastStamp === 0 || Math.abs(stamp - this.#lastStamp) <= A_DAY
      if (!near || !this.#confirmed(at, stamp, last)) continue
      this.#lost = false
      this.#at = at
      this.#lastStamp = stamp
      return at
    }
    this.#at = Math.max(this.#at, this.#end - HEADER)
    if (last) this.#at = this.#end
    return -1
  }
}

/** `read`: used; `skipped`: fine, but nothing for us; `malformed`: roll back and count. */
export type Outcome = 'read' | 'skipped' | 'malformed'
