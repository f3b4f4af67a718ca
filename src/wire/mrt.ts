// MRT (RFC 6396, ADD-PATH RFC 8050): what RIS and RouteViews archive. Framing is in mrt-frames.ts,
// RIB dumps in mrt-table.ts; here are the updates, and who gets which record.

import { type Batch, KEEPALIVE, Message, TREAT_AS_WITHDRAW } from '../core/batch.ts'
import type { VantagePoints } from '../core/vantage.ts'
import { AddPath, BGP_HEADER, BgpDecoder, Update } from './bgp.ts'
import { FORM, Form } from './mrt-form.ts'
import { type FrameStats, HEADER, MrtFrames } from './mrt-frames.ts'
import { MrtTable } from './mrt-table.ts'

/** "Type BGP", obsolete (RFC 6396 app. B.1): RIS until 2001. */
const OLD_BGP = 5
const TABLE_DUMP = 12
const TABLE_DUMP_V2 = 13
const BGP4MP = 16
const BGP4MP_ET = 17
const ESTABLISHED = 6
const UPDATE = 2
const OLD_UPDATE = 1
const OLD_STATE_CHANGE = 3
/** OPEN, NOTIFICATION, KEEPALIVE. */
const OLD_ALIVE = [5, 6, 7]
/** The last type of message a collector may have got: ROUTE-REFRESH (RFC 2918). */
const REFRESH = 5

export interface MrtStats extends FrameStats {
  /** Well-formed records of a kind we do not use (OSPF, IS-IS, other obsolete types, LOCAL messages). */
  skipped: number
}

/** `read`: used; `skipped`: fine, but nothing for us; `malformed`: roll back and count. */
export type Outcome = 'read' | 'skipped' | 'malformed'

export class MrtReader {
  readonly stats: MrtStats = { records: 0, malformed: 0, skipped: 0, truncated: false }
  readonly #frames = new MrtFrames(this.stats)
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
    this.#bgp.use(this.#frames.bytes, this.#frames.view)
  }

  /** Appends bytes of any number; best after `read` has returned false, to keep the buffer small. */
  push(chunk: Uint8Array): void {
    this.#frames.push(chunk)
    this.#bgp.use(this.#frames.bytes, this.#frames.view)
  }

  /**
   * Decodes records into `batch` until it is full (true: come again with an empty one) or until more
   * bytes are needed (false). `last` says that no more will come.
   */
  read(batch: Batch, last = false): boolean {
    batch.file = this.#file
    const frames = this.#frames
    while (!batch.full) {
      if (this.#table.pending)
        this.#endTable(this.#table.resume(frames.view, frames.at, batch), batch)
      else if (frames.next(last)) this.#record(batch)
      else return false
    }
    return true
  }

  #record(batch: Batch): void {
    const { view, at, stop } = this.#frames
    const type = view.getUint16(at + 4)
    const subtype = view.getUint16(at + 6)
    const offset = this.#frames.offset(at)
    if (type === BGP4MP || type === BGP4MP_ET)
      this.#end(this.#bgp4mp(type === BGP4MP_ET, subtype, at, stop, offset, batch), batch)
    else if (type === TABLE_DUMP_V2)
      this.#endTable(this.#table.version2(view, subtype, at, stop, offset, batch), batch)
    else if (type === TABLE_DUMP)
      this.#endTable(this.#table.version1(view, subtype, at, stop, offset, batch), batch)
    else if (type === OLD_BGP) this.#end(this.#old(subtype, at, stop, offset, batch), batch)
    else this.stats.skipped++
  }

  #endTable(outcome: Outcome, batch: Batch): void {
    this.#end(outcome, batch)
    if (outcome === 'read' && !this.#table.pending) this.#checkRows()
  }

  /** Whether the table has a record whose length can be believed. */
  #checkRows(): void {
    if (this.#table.odd) this.#doubt()
    else this.#checkEnd(this.#frames.at + this.#table.used)
  }

  /** Attributes that make no sense: the sender's fault, or octets that are missing from the record. */
  #doubt(): void {
    this.#frames.doubt(this.#frames.at + 1, false)
  }

  /** Octets behind what a record is about: it may have swallowed the next ones. */
  #checkEnd(used: number): void {
    if (used < this.#frames.stop) this.#frames.doubt(used, false)
  }

  #end(outcome: Outcome, batch: Batch): void {
    if (outcome === 'malformed') {
      batch.rollback()
      this.stats.malformed++
      this.#frames.doubt(this.#frames.at + 1, true)
    } else if (outcome === 'skipped') this.stats.skipped++
  }

  #bgp4mp(
    extended: boolean,
    subtype: number,
    at: number,
    end: number,
    offset: number,
    batch: Batch,
  ): Outcome {
    const view = this.#frames.view
    const form = FORM[subtype] ?? Form.none
    if (form & Form.none) return 'skipped'
    const body = at + HEADER + (extended ? 4 : 0)
    const as4 = (form & Form.as4) !== 0
    const addresses = body + (as4 ? 12 : 8)
    if (addresses > end) return 'malformed'
    const afi = view.getUint16(addresses - 2)
    const size = afi === 1 ? 4 : afi === 2 ? 16 : 0
    const message = addresses + 2 * size
    if (size === 0 || message > end) return 'malformed'
    if (form & Form.local) return 'skipped'
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
    const micros = extended ? view.getUint32(body - 4) : 0
    const stamp = view.getUint32(at) * 1e6 + (micros < 1e6 ? micros : 0)
    if (form & Form.state) return this.#state(message, end, stamp, vantage, offset, batch)
    if (form & Form.entry) {
      const outcome = this.#table.entry(view, at, message, end, stamp, vantage, offset, batch)
      if (outcome === 'read') this.#checkRows()
      return outcome
    }
    if (message + BGP_HEADER > end) return 'malformed'
    const length = view.getUint16(message + 16)
    const stop = message + length
    if (length < BGP_HEADER || stop > end || view.getInt32(message) !== -1) return 'malformed'
    this.#checkEnd(stop)
    const type = view.getUint8(message + 18)
    if (type < 1 || type > REFRESH) return 'malformed'
    if (type !== UPDATE) {
      const detail = type === KEEPALIVE ? KEEPALIVE : 0
      return this.#bare(Message.alive, stamp, vantage, offset, batch, detail)
    }
    const addPath = form & Form.addPath ? AddPath.both : AddPath.none
    const m = batch.open(Message.update, stamp, vantage, offset)
    return this.#update(m, message + BGP_HEADER, stop, as4, addPath, batch)
  }

  /** Like BGP4MP, but of IPv4 peers only, and messages stand without their header. */
  #old(subtype: number, at: number, end: number, offset: number, batch: Batch): Outcome {
    const view = this.#frames.view
    const alive = OLD_ALIVE.includes(subtype)
    if (!alive && subtype !== OLD_UPDATE && subtype !== OLD_STATE_CHANGE) return 'skipped'
    const body = at + HEADER
    const message = body + (subtype === OLD_STATE_CHANGE ? 6 : 12)
    if (message > end) return 'malformed'
    const asn = view.getUint16(body)
    const address = view.getInt32(body + 2)
    const vantage = this.#vantages.intern(this.#collector, address, 0, 0, 0, asn, 4)
    if (vantage < 0) return 'skipped'
    const stamp = view.getUint32(at) * 1e6
    if (alive) return this.#bare(Message.alive, stamp, vantage, offset, batch)
    if (subtype === OLD_STATE_CHANGE)
      return this.#state(message, end, stamp, vantage, offset, batch)
    const m = batch.open(Message.update, stamp, vantage, offset)
    return this.#update(m, message, end, false, AddPath.none, batch)
  }

  /** A change of state at `at`; only to and from Established matters. */
  #state(
    at: number,
    end: number,
    stamp: number,
    vantage: number,
    offset: number,
    batch: Batch,
  ): Outcome {
    if (at + 4 > end) return 'malformed'
    const from = this.#frames.view.getUint16(at)
    const to = this.#frames.view.getUint16(at + 2)
    if (from === to || (from !== ESTABLISHED && to !== ESTABLISHED)) return 'read'
    const kind = to === ESTABLISHED ? Message.sessionUp : Message.sessionDown
    return this.#bare(kind, stamp, vantage, offset, batch)
  }

  /** A message without routes. */
  #bare(
    kind: number,
    stamp: number,
    vantage: number,
    offset: number,
    batch: Batch,
    detail = 0,
  ): Outcome {
    batch.detail[batch.open(kind, stamp, vantage, offset)] = detail
    batch.close()
    return 'read'
  }

  /** The body of an UPDATE at [from, end), into message `m`, which is open. */
  #update(
    m: number,
    from: number,
    end: number,
    as4: boolean,
    addPath: number,
    batch: Batch,
  ): Outcome {
    const kind = this.#bgp.update(from, end, as4, addPath, batch)
    if (kind === Update.malformed) return 'malformed'
    if (kind !== Update.routes) {
      batch.kind[m] = Message.endOfRib
      batch.detail[m] = kind
    } else if (batch.detail[m] === TREAT_AS_WITHDRAW) this.#doubt()
    batch.close()
    return 'read'
  }
}
