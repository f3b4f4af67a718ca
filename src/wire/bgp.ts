// BGP UPDATE messages (RFC 4271, multiprotocol RFC 4760, four-octet ASNs RFC 6793, ADD-PATH RFC
// 7911), read straight from the buffer into the columns of a Batch. Nothing is allocated a message.
//
// The one thing easily got wrong: attributes come before the NLRI they belong to, and MP_REACH may
// stand before MP_UNREACH, but withdrawals must be applied first. So the attribute walk only notes
// where things are, and the prefixes are read afterwards, withdrawals first.
//
// Refused is only what makes prefixes uncertain. Of attributes that RFC 7606 has a router treat as a
// withdrawal the message is told so (`detail`), and read all the same: it is evidence of what was
// announced, nobody forwards packets by it, and nobody withdrew anything. Attributes that are missing
// are no fault in data of monitors, and those that RFC 7606 discards are not missed. Where there is no
// path that can be read, the message has none; that of one's own routes is there, and empty.

import { type Batch, TREAT_AS_WITHDRAW } from '../core/batch.ts'
import { maskWord } from '../core/prefix.ts'
import { appendPath } from './as-path.ts'
import { beginsWithOrigin, hasType, isMalformed, ORIGIN_OCTETS, RULES } from './attributes.ts'

/** Marker, length and type: what stands before the body of a message. */
export const BGP_HEADER = 19

const AS_TRANS = 23456

const MP_REACH = 14
const MP_UNREACH = 15

/** Families whose prefixes carry path identifiers (RFC 7911), as bits: sessions agree on each alone. */
export const AddPath = { none: 0, ipv4: 1, ipv6: 2, both: 3 } as const

const carriesId = (addPath: number, afi: number): boolean =>
  (addPath & (afi === 4 ? AddPath.ipv4 : AddPath.ipv6)) !== 0

/** What an UPDATE turned out to be. */
export const Update = { routes: 0, endOfRib4: 4, endOfRib6: 6, malformed: -1 } as const

/** In place of where an attribute is: there is none, or what it says must not be used. */
const ABSENT = -1
const REFUSED = -2

export class BgpDecoder {
  #bytes: Uint8Array = new Uint8Array(0)
  #view: DataView = new DataView(new ArrayBuffer(0))

  // Where the last attribute block holds what, or ABSENT, or REFUSED.
  #path = ABSENT
  #pathEnd = 0
  #path4 = ABSENT
  #path4End = 0
  #reach = ABSENT
  #reachEnd = 0
  #unreach = ABSENT
  #unreachEnd = 0
  #aggregator = ABSENT
  #aggregator4 = ABSENT
  #otc = ABSENT
  #attributes = 0

  // Of the last UPDATE.
  #grade = 0
  #hasBadPath = false

  /** The buffer that offsets below refer to; one view serves the whole buffer (performance.md §6.10). */
  use(bytes: Uint8Array, view: DataView): void {
    this.#bytes = bytes
    this.#view = view
  }

  /**
   * Decodes the body of an UPDATE (after the 19-octet header) at [from, end) into the open message
   * of `batch`. On `malformed` the caller rolls the message back. `addPath`: bits of AddPath.
   */
  update(from: number, end: number, as4: boolean, addPath: number, batch: Batch): number {
    const view = this.#view
    if (from + 4 > end) return Update.malformed
    const withdrawnEnd = from + 2 + view.getUint16(from)
    if (withdrawnEnd + 2 > end) return Update.malformed
    const attributes = withdrawnEnd + 2
    const nlri = attributes + view.getUint16(withdrawnEnd)
    if (nlri > end) return Update.malformed
    if (end - from === 4) return Update.endOfRib4 // RFC 4724 §2
    const grade = this.walk(attributes, nlri)
    if (grade < 0) return Update.malformed

    if (!this.#prefixes(from + 2, withdrawnEnd, 4, 0, addPath, batch)) return Update.malformed
    if (this.#unreach >= 0) {
      const afi = this.#unicast(this.#unreach, this.#unreachEnd)
      if (afi < 0) return Update.malformed
      const start = this.#unreach + 3
      if (afi > 0) {
        const only = this.#attributes === 1 && withdrawnEnd === from + 2 && nlri === end
        if (only && start === this.#unreachEnd && grade === 0) return afi
        if (!this.#prefixes(start, this.#unreachEnd, afi, 0, addPath, batch))
          return Update.malformed
      }
    }
    const announcing = batch.elements
    if (this.#reach >= 0 && !this.#multiprotocol(addPath, batch)) return Update.malformed
    if (!this.#prefixes(nlri, end, 4, 1, addPath, batch)) return Update.malformed
    const isRead = this.path(as4, batch, batch.elements > announcing)
    batch.detail[batch.messages] = isRead ? grade : TREAT_AS_WITHDRAW
    this.#grade = grade
    this.#hasBadPath = !isRead
    return Update.routes
  }

  /**
   * For messages that come with two-octet ASNs and do not say so: where the path of the last UPDATE could
   * not be read, it is read as of those. True when that was so, and makes sense.
   */
  narrow(batch: Batch): boolean {
    if (!this.#hasBadPath || this.#path < 0) return false
    const m = batch.messages
    const last = batch.elements - 1
    const announces = last >= (batch.first[m] as number) && batch.announced[last] === 1
    if (!this.path(false, batch, announces)) return false
    batch.detail[m] = this.#grade
    return true
  }

  /**
   * Walks an attribute block and notes where the attributes we use are. 0 when all is well,
   * TREAT_AS_WITHDRAW when RFC 7606 asks for that; negative for what it asks to reset a session for.
   */
  walk(from: number, end: number): number {
    const bytes = this.#bytes
    this.#path = this.#path4 = this.#reach = this.#unreach = ABSENT
    this.#aggregator = this.#aggregator4 = this.#otc = ABSENT
    this.#attributes = 0
    let grade = 0
    let at = from
    if (from + ORIGIN_OCTETS <= end && beginsWithOrigin(this.#view.getInt32(from))) {
      at += ORIGIN_OCTETS
      this.#attributes = 1
    }
    while (at < end) {
      const head = at
      if (at + 3 > end) return TREAT_AS_WITHDRAW
      const flags = bytes[at] as number
      const type = bytes[at + 1] as number
      let length = bytes[at + 2] as number
      at += 3
      if (flags & 0x10) {
        if (at + 1 > end) return TREAT_AS_WITHDRAW
        length = (length << 8) | (bytes[at++] as number)
      }
      const stop = at + length
      if (stop > end) return TREAT_AS_WITHDRAW
      this.#attributes++
      const wrong =
        (((flags << 16) | length) ^ (RULES[2 * type] as number)) & (RULES[2 * type + 1] as number)
      if ((wrong !== 0 || length === 0) && isMalformed(type, flags, length, bytes, at)) {
        const isRepeated = hasType(bytes, from, head, type)
        if (!isRepeated) grade = TREAT_AS_WITHDRAW
        // Prefixes can be located whatever the flags of these two are.
        if (type !== MP_REACH && type !== MP_UNREACH) {
          if (!isRepeated) this.#refuse(type)
          at = stop
          continue
        }
      }
      // Of a repeated attribute the first counts (RFC 7606 §3.g).
      switch (type) {
        case 2:
          if (this.#path === ABSENT) {
            this.#path = at
            this.#pathEnd = stop
          }
          break
        case 7:
          // Of eight octets it is of a session to which AS4_PATH means nothing.
          if (this.#aggregator === ABSENT) this.#aggregator = length === 6 ? at : REFUSED
          break
        case MP_REACH:
          if (this.#reach >= 0) return Update.malformed // but not of these two
          this.#reach = at
          this.#reachEnd = stop
          break
        case MP_UNREACH:
          if (this.#unreach >= 0) return Update.malformed
          this.#unreach = at
          this.#unreachEnd = stop
          break
        case 17:
          if (this.#path4 === ABSENT) {
            this.#path4 = at
            this.#path4End = stop
          }
          break
        case 18:
          if (this.#aggregator4 === ABSENT) this.#aggregator4 = length === 8 ? at : REFUSED
          break
        case 35:
          if (this.#otc === ABSENT) this.#otc = at
          break
      }
      at = stop
    }
    return grade
  }

  #refuse(type: number): void {
    if (type === 2) this.#path = REFUSED
    else if (type === 7) this.#aggregator = REFUSED
    else if (type === 17) this.#path4 = REFUSED
    else if (type === 18) this.#aggregator4 = REFUSED
    else if (type === 35) this.#otc = REFUSED
  }

  /**
   * Appends the effective AS path of the last walked block to the open message, if it has one and
   * somebody is announced on it. False when it is malformed.
   */
  path(as4: boolean, batch: Batch, announces = true): boolean {
    const m = batch.messages
    if (this.#otc >= 0 && announces) batch.otc[m] = this.#view.getInt32(this.#otc)
    if (this.#path < 0) return this.#path === ABSENT
    const merge = !as4 && this.#path4 >= 0 && !this.#staleAs4
    const words = appendPath(
      this.#view,
      this.#path,
      this.#pathEnd,
      as4,
      merge ? this.#path4 : -1,
      this.#path4End,
      batch.path,
      batch.pathWords,
    )
    if (words >= 0 && announces) {
      batch.pathStart[m] = batch.pathWords
      batch.pathLength[m] = words
      batch.pathWords += words
    }
    return words >= 0
  }

  /**
   * RFC 6793 §4.2.3: of AGGREGATOR and AS4_AGGREGATOR together, a first that is not AS_TRANS is of a
   * later router that knew nothing of AS4_PATH.
   */
  get #staleAs4(): boolean {
    if (this.#aggregator < 0 || this.#aggregator4 < 0) return false
    return this.#view.getUint16(this.#aggregator) !== AS_TRANS
  }

  /** 4 or 6 for a unicast AFI/SAFI, 0 for one we do not use, -1 when too short. */
  #unicast(at: number, end: number): number {
    if (at + 3 > end) return -1
    const afi = this.#view.getUint16(at)
    if (this.#bytes[at + 2] !== 1) return 0
    return afi === 1 ? 4 : afi === 2 ? 6 : 0
  }

  #multiprotocol(addPath: number, batch: Batch): boolean {
    const afi = this.#unicast(this.#reach, this.#reachEnd)
    if (afi <= 0) return afi === 0
    const hop = this.#reach + 4
    if (hop > this.#reachEnd) return false
    const hopOctets = this.#bytes[hop - 1] as number
    // Global, or global and link-local (RFC 2545); IPv4 routes may have such next hops (RFC 8950).
    if (hopOctets !== 16 && hopOctets !== 32 && (afi === 6 || hopOctets !== 4)) return false
    // Next hop, then one reserved octet (RFC 4760 §3).
    const start = hop + hopOctets + 1
    return start <= this.#reachEnd && this.#prefixes(start, this.#reachEnd, afi, 1, addPath, batch)
  }

  #prefixes(
    from: number,
    end: number,
    afi: number,
    announced: number,
    addPath: number,
    batch: Batch,
  ): boolean {
    const hasId = carriesId(addPath, afi)
    if (!hasId && afi === 4) return this.#prefixes4(from, end, announced, batch)
    let at = from
    while (at < end) {
      let id = 0
      if (hasId) {
        if (at + 5 > end) return false
        id = this.#view.getInt32(at)
        at += 4
      }
      at = this.prefix(at, end, afi, announced, id, batch)
      if (at < 0) return false
    }
    return true
  }

  /** Most prefixes by far are of this kind, so the columns are fetched once for all of them. */
  #prefixes4(from: number, end: number, announced: number, batch: Batch): boolean {
    const bytes = this.#bytes
    const view = this.#view
    const safe = bytes.length - 5
    const { announced: kind, afi, length: lengths, pathId, word0, word1, word2, word3 } = batch
    let e = batch.elements
    let at = from
    while (at < end) {
      const length = bytes[at] as number
      const next = at + 1 + ((length + 7) >> 3)
      if (length > 32 || next > end) return false
      const word = at <= safe ? view.getInt32(at + 1) : this.#tail(at + 1, next)
      kind[e] = announced
      afi[e] = 4
      lengths[e] = length
      pathId[e] = 0
      word0[e] = length === 0 ? 0 : word & (-1 << (32 - length))
      word1[e] = 0
      word2[e] = 0
      word3[e] = 0
      e++
      at = next
    }
    batch.elements = e
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
    const length = this.#bytes[at] as number
    const next = at + 1 + ((length + 7) >> 3)
    if (next > end || length > (afi === 4 ? 32 : 128)) return -1
    const e = batch.elements++
    batch.announced[e] = announced
    batch.afi[e] = afi
    batch.length[e] = length
    batch.pathId[e] = pathId
    this.#words(at + 1, next, length, e, batch)
    return next
  }

  /** An announced prefix that stands at `at` with all its four or sixteen octets. */
  wide(at: number, afi: number, length: number, batch: Batch): void {
    const e = batch.elements++
    batch.announced[e] = 1
    batch.afi[e] = afi
    batch.length[e] = length
    batch.pathId[e] = 0
    this.#words(at, at + (afi === 4 ? 4 : 16), length, e, batch)
  }

  /**
   * The address at [at, end). Whole words are cheaper than counting octets; what lies behind the
   * prefix is masked off, host bits too: some old routers left them set.
   */
  #words(at: number, end: number, length: number, e: number, batch: Batch): void {
    const view = this.#view
    const whole = at + 16 <= this.#bytes.length
    batch.word0[e] = (whole ? view.getInt32(at) : this.#tail(at, end)) & maskWord(length, 0)
    batch.word1[e] =
      length > 32
        ? (whole ? view.getInt32(at + 4) : this.#tail(at + 4, end)) & maskWord(length, 1)
        : 0
    batch.word2[e] =
      length > 64
        ? (whole ? view.getInt32(at + 8) : this.#tail(at + 8, end)) & maskWord(length, 2)
        : 0
    batch.word3[e] =
      length > 96
        ? (whole ? view.getInt32(at + 12) : this.#tail(at + 12, end)) & maskWord(length, 3)
        : 0
  }

  /** A word of which the buffer may hold only the first octets. */
  #tail(at: number, end: number): number {
    let word = 0
    for (let i = at; i < at + 4; i++)
      word = (word << 8) | (i < end ? (this.#bytes[i] as number) : 0)
    return word
  }
}
