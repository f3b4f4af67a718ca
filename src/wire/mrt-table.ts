// RIB dumps: TABLE_DUMP (RFC 6396 §4.2) and TABLE_DUMP_V2 (§4.3, ADD-PATH RFC 8050). Each entry
// becomes one message of kind `rib` with one element. A record with many entries may not fit into
// what is left of a batch, so a record is worked off entry by entry and can be resumed.

import { type Batch, Message } from '../core/batch.ts'
import type { VantagePoints } from '../core/vantage.ts'
import type { BgpDecoder } from './bgp.ts'
import type { Outcome } from './mrt.ts'

const HEADER = 12

export class MrtTable {
  /** Peer index → vantage point, of the file's PEER_INDEX_TABLE. */
  #peers: number[] = []
  // The record being worked off.
  #left = 0
  #at = 0
  #end = 0
  #prefixAt = 0
  #afi = 4
  #addPath = false
  #stamp = 0
  #offset = 0
  #bytes: Uint8Array = new Uint8Array(0)
  #view: DataView = new DataView(new ArrayBuffer(0))
  #bad = 0
  readonly #vantages: VantagePoints
  readonly #collector: number
  readonly #bgp: BgpDecoder

  constructor(vantages: VantagePoints, collector: number, bgp: BgpDecoder) {
    this.#vantages = vantages
    this.#collector = collector
    this.#bgp = bgp
  }

  /** Entries of the last record are still to come. */
  get pending(): boolean {
    return this.#left > 0
  }

  version2(
    bytes: Uint8Array,
    view: DataView,
    subtype: number,
    at: number,
    end: number,
    offset: number,
    batch: Batch,
  ): Outcome {
    this.#bytes = bytes
    this.#view = view
    const body = at + HEADER
    if (subtype === 1) return this.#index(body, end)
    const afi = subtype === 2 || subtype === 8 ? 4 : subtype === 4 || subtype === 10 ? 6 : 0
    if (afi === 0) return 'skipped'
    if (body + 5 > end) return 'malformed'
    const length = bytes[body + 4] as number
    const entries = body + 5 + ((length + 7) >> 3)
    if (length > (afi === 4 ? 32 : 128) || entries + 2 > end) return 'malformed'
    this.#prefixAt = body + 4
    this.#afi = afi
    this.#addPath = subtype >= 8
    this.#left = view.getUint16(entries)
    this.#at = entries + 2
    this.#end = end
    this.#stamp = view.getUint32(at) * 1e6
    this.#offset = offset
    this.#bad = 0
    return this.#entries(batch)
  }

  /** Goes on with a record that did not fit; it is done when nothing is `pending` any more. */
  resume(batch: Batch): Outcome {
    return this.#entries(batch)
  }

  #entries(batch: Batch): Outcome {
    const view = this.#view
    while (this.#left > 0 && !batch.full) {
      const head = this.#at + (this.#addPath ? 12 : 8)
      if (head > this.#end) return this.#giveUp()
      const stop = head + view.getUint16(head - 2)
      if (stop > this.#end) return this.#giveUp()
      this.#left--
      const vantage = this.#peers[view.getUint16(this.#at)] ?? -1
      const pathId = this.#addPath ? view.getInt32(this.#at + 6) : 0
      this.#at = stop
      if (vantage < 0) continue
      batch.open(Message.rib, this.#stamp, vantage, this.#offset)
      this.#bgp.prefix(this.#prefixAt, this.#end, this.#afi, 1, pathId, batch)
      // RFC 6396 §4.3.4: AS_PATH has four octets here, whatever the session spoke.
      if (this.#bgp.walk(head, stop) && this.#bgp.path(true, batch)) batch.close()
      else {
        batch.rollback()
        this.#bad++
      }
    }
    return this.#bad > 0 && this.#left === 0 ? 'malformed' : 'read'
  }

  #giveUp(): Outcome {
    this.#left = 0
    return 'malformed'
  }

  #index(body: number, end: number): Outcome {
    const view = this.#view
    this.#peers = []
    if (body + 8 > end) return 'malformed'
    let at = body + 6 + view.getUint16(body + 4)
    if (at + 2 > end) return 'malformed'
    const count = view.getUint16(at)
    at += 2
    for (let i = 0; i < count; i++) {
      if (at + 5 > end) return 'malformed'
      const type = this.#bytes[at] as number
      const v6 = (type & 1) !== 0
      const address = at + 5
      const asn = address + (v6 ? 16 : 4)
      at = asn + (type & 2 ? 4 : 2)
      if (at > end) return 'malformed'
      this.#peers.push(
        this.#vantages.intern(
          this.#collector,
          view.getInt32(address),
          v6 ? view.getInt32(address + 4) : 0,
          v6 ? view.getInt32(address + 8) : 0,
          v6 ? view.getInt32(address + 12) : 0,
          type & 2 ? view.getInt32(asn) : view.getUint16(asn),
          v6 ? 6 : 4,
        ),
      )
    }
    return 'read'
  }

  /** TABLE_DUMP: one entry a record, two-octet ASNs, the prefix at full width. */
  version1(
    bytes: Uint8Array,
    view: DataView,
    subtype: number,
    at: number,
    end: number,
    offset: number,
    batch: Batch,
  ): Outcome {
    const size = subtype === 1 ? 4 : subtype === 2 ? 16 : 0
    if (size === 0) return 'skipped'
    const prefix = at + HEADER + 4
    const peer = prefix + size + 6
    const attributes = peer + size + 4
    if (attributes > end) return 'malformed'
    const stop = attributes + view.getUint16(attributes - 2)
    const length = bytes[prefix + size] as number
    if (stop > end || length > size * 8) return 'malformed'
    const v6 = size === 16
    const vantage = this.#vantages.intern(
      this.#collector,
      view.getInt32(peer),
      v6 ? view.getInt32(peer + 4) : 0,
      v6 ? view.getInt32(peer + 8) : 0,
      v6 ? view.getInt32(peer + 12) : 0,
      view.getUint16(peer + size),
      v6 ? 6 : 4,
    )
    if (vantage < 0) return 'skipped'
    batch.open(Message.rib, view.getUint32(at) * 1e6, vantage, offset)
    // The prefix reader wants the length octet in front; TABLE_DUMP has it behind.
    const scratch = new Uint8Array(1 + size)
    scratch[0] = length
    scratch.set(bytes.subarray(prefix, prefix + size), 1)
    this.#bgp.use(scratch, new DataView(scratch.buffer))
    const placed = this.#bgp.prefix(0, scratch.length, v6 ? 6 : 4, 1, 0, batch)
    this.#bgp.use(bytes, view)
    if (placed < 0 || !this.#bgp.walk(attributes, stop) || !this.#bgp.path(false, batch))
      return 'malformed'
    batch.close()
    return 'read'
  }
}
