// BGP UPDATE messages (RFC 4271, multiprotocol RFC 4760, four-octet ASNs RFC 6793, ADD-PATH RFC
// 7911), read straight from the buffer into the columns of a Batch. Nothing is allocated a message.
//
// The one thing easily got wrong: attributes come before the NLRI they belong to, and MP_REACH may
// stand before MP_UNREACH, but withdrawals must be applied first. So the attribute walk only notes
// where things are, and the prefixes are read afterwards, withdrawals first.

import type { Batch } from '../core/batch.ts'
import { maskWord } from '../core/prefix.ts'
import { appendPath } from './as-path.ts'

export const HEADER = 19

/** What an UPDATE turned out to be. */
export const Update = { routes: 0, endOfRib4: 4, endOfRib6: 6, malformed: -1 } as const

export class BgpDecoder {
  #bytes: Uint8Array = new Uint8Array(0)
  #view: DataView = new DataView(new ArrayBuffer(0))

  // Where the last attribute block holds what; -1 = absent.
  #path = -1
  #pathEnd = 0
  #path4 = -1
  #path4End = 0
  #reach = -1
  #reachEnd = 0
  #unreach = -1
  #unreachEnd = 0
  #aggregator = 0
  #attributes = 0
  otc = 0

  /** The buffer that offsets below refer to; one view serves the whole buffer (performance.md §6.10). */
  use(bytes: Uint8Array, view: DataView): void {
    this.#bytes = bytes
    this.#view = view
  }

  /**
   * Decodes the body of an UPDATE (after the 19-octet header) at [from, end) into the open message
   * of `batch`. On `malformed` the caller rolls the message back.
   */
  update(from: number, end: number, as4: boolean, addPath: boolean, batch: Batch): number {
    const view = this.#view
    if (from + 4 > end) return Update.malformed
    const withdrawnEnd = from + 2 + view.getUint16(from)
    if (withdrawnEnd + 2 > end) return Update.malformed
    const attributes = withdrawnEnd + 2
    const nlri = attributes + view.getUint16(withdrawnEnd)
    if (nlri > end) return Update.malformed
    if (end - from === 4) return Update.endOfRib4 // RFC 4724 §2
    if (!this.walk(attributes, nlri)) return Update.malformed

    if (!this.#prefixes(from + 2, withdrawnEnd, 4, 0, addPath, batch)) return Update.malformed
    if (this.#unreach >= 0) {
      const afi = this.#unicast(this.#unreach, this.#unreachEnd)
      if (afi < 0) return Update.malformed
      const start = this.#unreach + 3
      if (afi > 0) {
        const only = this.#attributes === 1 && withdrawnEnd === from + 2 && nlri === end
        if (only && start === this.#unreachEnd) return afi
        if (!this.#prefixes(start, this.#unreachEnd, afi, 0, addPath, batch))
          return Update.malformed
      }
    }
    const announcing = batch.elements
    if (this.#reach >= 0 && !this.#multiprotocol(addPath, batch)) return Update.malformed
    if (!this.#prefixes(nlri, end, 4, 1, addPath, batch)) return Update.malformed
    if (batch.elements > announcing && !this.path(as4, batch)) return Update.malformed
    return Update.routes
  }

  /** Walks an attribute block and notes where the attributes we use are. False if it overruns. */
  walk(from: number, end: number): boolean {
    const bytes = this.#bytes
    this.#path = this.#path4 = this.#reach = this.#unreach = -1
    this.#aggregator = 0
    this.#attributes = 0
    this.otc = 0
    let at = from
    while (at < end) {
      if (at + 3 > end) return false
      const flags = bytes[at] as number
      const type = bytes[at + 1] as number
      let length = bytes[at + 2] as number
      at += 3
      if (flags & 0x10) {
        if (at + 1 > end) return false
        length = (length << 8) | (bytes[at++] as number)
      }
      const stop = at + length
      if (stop > end) return false
      this.#attributes++
      switch (type) {
        case 2:
          if (this.#path < 0) {
            this.#path = at
            this.#pathEnd = stop
          }
          break
        case 7:
          this.#aggregator = length === 6 ? this.#view.getUint16(at) : 23456
          break
        case 14:
          if (this.#reach >= 0) return false // RFC 7606 §3.g
          this.#reach = at
          this.#reachEnd = stop
          break
        case 15:
          if (this.#unreach >= 0) return false
          this.#unreach = at
          this.#unreachEnd = stop
          break
        case 17:
          this.#path4 = at
          this.#path4End = stop
          break
        case 35:
          if (length === 4) this.otc = this.#view.getInt32(at)
          break
      }
      at = stop
    }
    return true
  }

  /** Appends the effective AS path of the last walked block to the open message. */
  path(as4: boolean, batch: Batch): boolean {
    const m = batch.messages
    const start = batch.pathWords
    batch.pathStart[m] = start
    batch.otc[m] = this.otc
    if (this.#path >= 0) {
      // RFC 6793 §4.2.3: an AGGREGATOR that is not AS_TRANS says the path is newer than AS4_PATH.
      const merge =
        !as4 && this.#path4 >= 0 && (this.#aggregator === 0 || this.#aggregator === 23456)
      const words = appendPath(
        this.#view,
        this.#path,
        this.#pathEnd,
        as4,
        merge ? this.#path4 : -1,
        this.#path4End,
        batch.path,
        start,
      )
      if (words < 0) return false
      batch.pathWords = start + words
    }
    batch.pathLength[m] = batch.pathWords - start
    return true
  }

  /** 4 or 6 for a unicast AFI/SAFI, 0 for one we do not use, -1 when too short. */
  #unicast(at: number, end: number): number {
    if (at + 3 > end) return -1
    const afi = this.#view.getUint16(at)
    if (this.#bytes[at + 2] !== 1) return 0
    return afi === 1 ? 4 : afi === 2 ? 6 : 0
  }

  #multiprotocol(addPath: boolean, batch: Batch): boolean {
    const afi = this.#unicast(this.#reach, this.#reachEnd)
    if (afi <= 0) return afi === 0
    const hop = this.#reach + 4
    if (hop > this.#reachEnd) return false
    // Next hop, then one reserved octet (RFC 4760 §3).
    const start = hop + (this.#bytes[hop - 1] as number) + 1
    return start <= this.#reachEnd && this.#prefixes(start, this.#reachEnd, afi, 1, addPath, batch)
  }

  #prefixes(
    from: number,
    end: number,
    afi: number,
    announced: number,
    addPath: boolean,
    batch: Batch,
  ): boolean {
    let at = from
    while (at < end) {
      let id = 0
      if (addPath) {
        if (at + 5 > end) return false
        id = this.#view.getInt32(at)
        at += 4
      }
      at = this.prefix(at, end, afi, announced, id, batch)
      if (at < 0) return false
    }
    return true
  }

  /** Reads one length-and-prefix into the next element row; the position after it, or -1. */
  prefix(
    at: number,
    end: number,
    afi: number,
    announced: number,
    pathId: number,
    batch: Batch,
  ): number {
    const bytes = this.#bytes
    const length = bytes[at] as number
    const octets = (length + 7) >> 3
    const next = at + 1 + octets
    if (next > end || length > (afi === 4 ? 32 : 128)) return -1
    const e = batch.elements++
    batch.announced[e] = announced
    batch.afi[e] = afi
    batch.length[e] = length
    batch.pathId[e] = pathId
    if (at + 17 <= bytes.length) {
      // Four whole words are cheaper than counting octets; what lies behind the prefix is masked off
      // (host bits too: some old routers left them set).
      const view = this.#view
      batch.word0[e] = view.getInt32(at + 1) & maskWord(length, 0)
      if (afi === 6) {
        batch.word1[e] = length > 32 ? view.getInt32(at + 5) & maskWord(length, 1) : 0
        batch.word2[e] = length > 64 ? view.getInt32(at + 9) & maskWord(length, 2) : 0
        batch.word3[e] = length > 96 ? view.getInt32(at + 13) & maskWord(length, 3) : 0
      } else batch.word1[e] = batch.word2[e] = batch.word3[e] = 0
      return next
    }
    for (let w = 0; w < 4; w++) {
      let word = 0
      for (let i = 0; i < 4; i++) {
        const k = 4 * w + i
        word = (word << 8) | (k < octets ? (bytes[at + 1 + k] as number) : 0)
      }
      const column =
        w === 0 ? batch.word0 : w === 1 ? batch.word1 : w === 2 ? batch.word2 : batch.word3
      column[e] = word & maskWord(length, w)
    }
    return next
  }
}
