// RIB dumps: TABLE_DUMP (RFC 6396 §4.2) and TABLE_DUMP_V2 (§4.3, ADD-PATH RFC 8050). Each entry
// becomes one message of kind `rib` with one element. A record with many entries may not fit into
// what is left of a batch, so a record is worked off entry by entry and can be resumed.

import { type Batch, Message, TREAT_AS_WITHDRAW } from '../core/batch.ts'
import type { VantagePoints } from '../core/vantage.ts'
import type { BgpDecoder } from './bgp.ts'
import type { Outcome } from './mrt.ts'
import { HEADER } from './mrt-frames.ts'

const PEER_INDEX_TABLE = 1
const RIB_IPV4_UNICAST = 2
const RIB_IPV6_UNICAST = 4
/** RFC 6396 §4.3.3: any family, which the record itself names. */
const RIB_GENERIC = 6
const UNICAST = 1
/** RFC 8050 §4: the same two with path identifiers. */
const ADD_PATH = 6

export class MrtTable {
  /** Where the record read last ended by its content, counted from its start. */
  used = 0
  /** It has attributes that should be treated as a withdrawal (RFC 7606), or is torn. */
  odd = false
  /** Peer index → vantage point, of the file's PEER_INDEX_TABLE; -1 = none. */
  #peers: number[] = []
  // The record being worked off. It may move between two batches: positions count from its start.
  #left = 0
  #next = 0
  #size = 0
  #prefix = 0
  #afi = 4
  #addPath = false
  #stamp = 0
  #offset = 0
  #bad = false
  readonly #vantages: VantagePoints
  readonly #collector: number
  readonly #bgp: BgpDecoder

  /** `bgp` is kept pointed at the buffer that the views given below are of. */
  constructor(vantages: VantagePoints, collector: number, bgp: BgpDecoder) {
    this.#vantages = vantages
    this.#collector = collector
    this.#bgp = bgp
  }

  /** Entries of the last record are still to come. */
  get pending(): boolean {
    return this.#left > 0
  }

  /** A TABLE_DUMP_V2 record at [at, end). */
  version2(
    view: DataView,
    subtype: number,
    at: number,
    end: number,
    offset: number,
    batch: Batch,
  ): Outcome {
    const body = at + HEADER
    if (subtype === PEER_INDEX_TABLE) return this.#index(view, at, end)
    this.#addPath = subtype > ADD_PATH
    const plain = this.#addPath ? subtype - ADD_PATH : subtype
    let prefix = body + 4
    if (subtype === RIB_GENERIC) {
      prefix = body + 7
      if (prefix > end) return 'malformed'
      const afi = view.getUint16(body + 4)
      if ((afi !== 1 && afi !== 2) || view.getUint8(body + 6) !== UNICAST) return 'skipped'
      this.#afi = afi === 1 ? 4 : 6
    } else if (plain === RIB_IPV4_UNICAST || plain === RIB_IPV6_UNICAST)
      this.#afi = plain === RIB_IPV4_UNICAST ? 4 : 6
    else return 'skipped'
    if (prefix + 1 > end) return 'malformed'
    const length = view.getUint8(prefix)
    const entries = prefix + 1 + ((length + 7) >> 3)
    if (length > (this.#afi === 4 ? 32 : 128) || entries + 2 > end) return 'malformed'
    this.#prefix = prefix - at
    this.#left = view.getUint16(entries)
    this.#next = entries + 2 - at
    this.#size = end - at
    this.#stamp = view.getUint32(at) * 1e6
    this.#offset = offset
    this.#bad = this.odd = false
    return this.resume(view, at, batch)
  }

  /** Goes on with the record, now at `at`; it is done when nothing is `pending` any more. */
  resume(view: DataView, at: number, batch: Batch): Outcome {
    const end = at + this.#size
    const fixed = this.#addPath ? 12 : 8
    while (this.#left > 0 && !batch.full) {
      const entry = at + this.#next
      const attributes = entry + fixed
      const stop = attributes <= end ? attributes + view.getUint16(attributes - 2) : Infinity
      if (stop > end) {
        this.#left = 0
        return 'malformed'
      }
      this.#left--
      this.#next = stop - at
      const vantage = this.#peers[view.getUint16(entry)]
      if (vantage === undefined) this.#bad = true
      else if (vantage >= 0) {
        const pathId = this.#addPath ? view.getInt32(entry + 6) : 0
        batch.open(Message.rib, this.#stamp, vantage, this.#offset)
        this.#bgp.prefix(at + this.#prefix, end, this.#afi, 1, pathId, batch)
        // RFC 6396 §4.3.4: AS_PATH has four octets here, whatever the session spoke.
        if (!this.#route(attributes, stop, true, batch)) {
          batch.rollback()
          this.#bad = true
        }
      }
    }
    this.used = this.#next
    return this.#bad && this.#left === 0 ? 'malformed' : 'read'
  }

  #index(view: DataView, start: number, end: number): Outcome {
    const body = start + HEADER
    this.#peers = []
    if (body + 8 > end) return 'malformed'
    let at = body + 6 + view.getUint16(body + 4)
    if (at + 2 > end) return 'malformed'
    const count = view.getUint16(at)
    at += 2
    for (let i = 0; i < count; i++) {
      if (at + 5 > end) return 'malformed'
      const type = view.getUint8(at)
      const v6 = (type & 1) !== 0
      const as4 = (type & 2) !== 0
      const address = at + 5
      const asn = address + (v6 ? 16 : 4)
      at = asn + (as4 ? 4 : 2)
      if (at > end) return 'malformed'
      const number = as4 ? view.getInt32(asn) : view.getUint16(asn)
      // BIRD and FRR put the collector's own routes under a peer 0.0.0.0 or :: of AS 0.
      const own = number === 0 && view.getInt32(address) === 0
      this.#peers.push(own ? -1 : this.#peer(view, address, v6, number))
    }
    this.used = at - start
    return 'read'
  }

  #peer(view: DataView, address: number, v6: boolean, asn: number): number {
    return this.#vantages.intern(
      this.#collector,
      view.getInt32(address),
      v6 ? view.getInt32(address + 4) : 0,
      v6 ? view.getInt32(address + 8) : 0,
      v6 ? view.getInt32(address + 12) : 0,
      asn,
      v6 ? 6 : 4,
    )
  }

  /** TABLE_DUMP: one entry a record, two-octet ASNs, the prefix at full width. */
  version1(
    view: DataView,
    subtype: number,
    at: number,
    end: number,
    offset: number,
    batch: Batch,
  ): Outcome {
    const size = subtype === 1 ? 4 : subtype === 2 ? 16 : 0
    if (size === 0) return 'skipped'
    const v6 = size === 16
    const prefix = at + HEADER + 4
    const peer = prefix + size + 6
    const attributes = peer + size + 4
    if (attributes > end) return 'malformed'
    const stop = attributes + view.getUint16(attributes - 2)
    const length = view.getUint8(prefix + size)
    if (stop > end || length > size * 8) return 'malformed'
    const vantage = this.#peer(view, peer, v6, view.getUint16(peer + size))
    if (vantage < 0) return 'skipped'
    this.odd = false
    batch.open(Message.rib, view.getUint32(at) * 1e6, vantage, offset)
    this.#bgp.wide(prefix, v6 ? 6 : 4, length, batch)
    if (!this.#route(attributes, stop, false, batch)) return 'malformed'
    this.used = stop - at
    return 'read'
  }

  /**
   * BGP4MP_ENTRY, of which `from` is behind the addresses: a row of a table as early Zebra and OpenBGPD
   * write it, with two-octet ASNs; deprecated (RFC 6396 app. B.2.5).
   */
  entry(
    view: DataView,
    at: number,
    from: number,
    end: number,
    stamp: number,
    vantage: number,
    offset: number,
    batch: Batch,
  ): Outcome {
    // View, status and when it was originated, then family and next hop.
    const hop = from + 12
    if (hop > end) return 'malformed'
    const afi = view.getUint16(from + 8)
    if ((afi !== 1 && afi !== 2) || view.getUint8(from + 10) !== UNICAST) return 'skipped'
    const prefix = hop + view.getUint8(hop - 1)
    if (prefix >= end) return 'malformed'
    this.odd = false
    batch.open(Message.rib, stamp, vantage, offset)
    const list = this.#bgp.prefix(prefix, end, afi === 1 ? 4 : 6, 1, 0, batch)
    if (list < 0 || list + 2 > end) return 'malformed'
    const stop = list + 2 + view.getUint16(list)
    if (stop > end || !this.#route(list + 2, stop, false, batch)) return 'malformed'
    this.used = stop - at
    return 'read'
  }

  /** The attributes of the open row, which is then closed; false when they cannot be used. */
  #route(from: number, end: number, as4: boolean, batch: Batch): boolean {
    const grade = this.#bgp.walk(from, end)
    if (grade < 0) return false
    const detail = this.#bgp.path(as4, batch) ? grade : TREAT_AS_WITHDRAW
    if (detail !== 0) this.odd = true
    batch.detail[batch.messages] = detail
    batch.close()
    return true
  }
}
