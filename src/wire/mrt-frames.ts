// The framing of MRT: where one record ends and the next begins. Each has a 12-octet header and says
// how long it is, so a bad record costs itself and no more. Where even the length is a lie (torn
// files of 2000), the next header that can be believed is looked for, from the octet where doubt
// began. What is answered does not depend on how the input was cut into chunks: where a header can
// only be judged by what follows, it waits.

import { BGP_HEADER } from './bgp.ts'
import { FORM, Form } from './mrt-form.ts'

export const HEADER = 12
/** A RIB record can hold 65,535 entries; nothing real comes near 8 MiB, garbage lengths do. */
const LONGEST = 8 << 20
/** Records of one file mostly lie close together in time; others are looked at twice. */
const A_DAY = 86_400
/** June 1989, RFC 1105: nothing can have been recorded before. */
const FIRST_BGP = 612_662_400
/** So few octets are moved to the front of the buffer without a thought. */
const FEW = 1 << 16

const NO = 0
const YES = 1
/** Cannot be told before more octets are there. */
const WAIT = 2
type Belief = typeof NO | typeof YES | typeof WAIT

export interface FrameStats {
  /** Records seen, good or bad; a torn stretch counts as one. */
  records: number
  /** Records that could not be decoded, torn stretches included. */
  malformed: number
  /** The input ended inside a record. */
  truncated: boolean
}

export class MrtFrames {
  /** Replaced by `push` when it has to grow; positions are valid until the next `push`. */
  bytes = new Uint8Array(1 << 17)
  view = new DataView(this.bytes.buffer)
  /** The record given out last lies at [at, stop). */
  at = 0
  stop = 0
  #end = 0
  /** File offset of bytes[0]. */
  #base = 0
  /** Type and subtype, and the stamp, of the last believed header. */
  #kind = -1
  #stamp = -Infinity
  /** Where to search if the next header cannot be believed, because the last record was odd; or -1. */
  #doubt = -1
  /** The odd record is in `malformed` already. */
  #counted = false
  /** The next header is being searched for, from `stop` on. */
  #lost = false
  readonly #stats: FrameStats

  constructor(stats: FrameStats) {
    this.#stats = stats
  }

  /** Offset in the file of a position in `bytes`. */
  offset(at: number): number {
    return this.#base + at
  }

  /** Appends octets. The record given out last stays whole, but may have moved. */
  push(chunk: Uint8Array): void {
    const keep = this.#doubt >= 0 ? Math.min(this.#doubt, this.at) : this.at
    const held = this.#end - keep
    const room = this.bytes.length
    if (keep > 0 && (held <= FEW || this.#end + chunk.length > room)) {
      this.bytes.copyWithin(0, keep, this.#end)
      this.#base += keep
      this.#end -= keep
      this.at -= keep
      this.stop -= keep
      if (this.#doubt >= 0) this.#doubt -= keep
    }
    const need = this.#end + chunk.length
    if (need > room) {
      const grown = new Uint8Array(Math.max(need, room * 2))
      grown.set(this.bytes.subarray(0, this.#end))
      this.bytes = grown
      this.view = new DataView(grown.buffer)
    }
    this.bytes.set(chunk, this.#end)
    this.#end = need
  }

  /**
   * Goes to the next record, which is then at [at, stop); false when more octets are needed, or when
   * there are none left. `last` says that no more will come.
   */
  next(last: boolean): boolean {
    const view = this.view
    for (;;) {
      if (this.#lost && !this.#search(last)) return false
      const at = this.stop
      this.at = at
      if (at + HEADER > this.#end) {
        if (last && at < this.#end) this.#giveUp()
        return false
      }
      const stamp = view.getUint32(at)
      const kind = view.getInt32(at + 4)
      const length = view.getUint32(at + 8)
      const ordinary = kind === this.#kind && length <= LONGEST && this.#doubt < 0
      if (!ordinary || Math.abs(stamp - this.#stamp) > A_DAY) {
        const belief = this.#judge(at, last)
        if (belief === WAIT) return false
        if (belief === NO) {
          this.#lose()
          continue
        }
      }
      const stop = at + HEADER + length
      if (stop > this.#end) {
        if (!last) return false
        // Cut short, or its length is a lie and there are good records inside.
        const found = this.#find(at + 1, true)
        if (found < 0) {
          this.#giveUp()
          return false
        }
        this.#stats.records++
        this.#stats.malformed++
        this.#doubt = -1
        this.stop = found
        continue
      }
      this.#doubt = -1
      this.#kind = kind
      this.#stamp = stamp
      this.stop = stop
      this.#stats.records++
      return true
    }
  }

  /**
   * Something is odd about the record given out last. If the next header cannot be believed either,
   * its length was the lie, and the search begins at `from`. `counted`: it is in `malformed` already.
   */
  doubt(from: number, counted: boolean): void {
    this.#doubt = from
    this.#counted = counted
  }

  #giveUp(): void {
    this.#stats.truncated = true
    this.at = this.stop = this.#end
  }

  #lose(): void {
    this.#lost = true
    if (this.#doubt < 0 || !this.#counted) {
      this.#stats.records++
      this.#stats.malformed++
    }
    this.stop = this.#doubt >= 0 ? this.#doubt : this.stop + 1
    this.#doubt = -1
  }

  /** Sets `stop` to the next believable header, or to the first octet not yet refuted. */
  #search(last: boolean): boolean {
    const found = this.#find(this.stop, last)
    if (found >= 0) {
      this.#lost = false
      this.stop = found
      // It was proven, `next` need not ask again.
      this.#kind = this.view.getInt32(found + 4)
      this.#stamp = this.view.getUint32(found)
      return true
    }
    this.at = this.stop = last ? this.#end : -found - 1
    return false
  }

  /** The first proven header from here on; -1 - p when there is none before p and p must wait. */
  #find(from: number, last: boolean): number {
    let at = from
    for (; at + HEADER <= this.#end; at++) {
      if (!this.#shape(at)) continue
      const belief = this.#proven(at, last)
      if (belief === YES) return at
      if (belief === WAIT) break
    }
    return -1 - at
  }

  /** A header found where the last record ended. */
  #judge(at: number, last: boolean): Belief {
    if (this.#doubt >= 0) return this.#shape(at) ? this.#proven(at, last) : NO
    const stamp = this.view.getUint32(at)
    if (!this.#shape(at)) {
      // A type of tomorrow is skipped by its length, if that leads to a record of today.
      const fair = stamp >= FIRST_BGP && this.view.getUint32(at + 8) <= LONGEST
      return fair ? this.#chained(at, 1, last) : NO
    }
    // A file begins with a record.
    if (Math.abs(stamp - this.#stamp) <= A_DAY || this.#base + at === 0) return YES
    // A leap in time: quiet routers write nothing for days. The next header decides.
    const next = at + HEADER + this.view.getUint32(at + 8)
    if (next + HEADER > this.#end) return last ? YES : WAIT
    return this.#shape(next) ? YES : NO
  }

  /** Type, subtype and length are such as occur. */
  #shape(at: number): boolean {
    const view = this.view
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

  /** A header of good shape found anywhere: its content or the headers behind it speak for it. */
  #proven(at: number, last: boolean): Belief {
    const marked = this.#marked(at, last)
    if (marked !== NO) return marked
    const stamp = this.view.getUint32(at)
    if (Math.abs(stamp - this.#stamp) <= A_DAY) return this.#chained(at, 1, last)
    return stamp < FIRST_BGP ? NO : this.#chained(at, 2, last)
  }

  /** There is a BGP message where this header promises one. */
  #marked(at: number, last: boolean): Belief {
    const view = this.view
    const type = view.getUint16(at + 4)
    const form = FORM[view.getUint16(at + 6)] ?? Form.none
    if ((type !== 16 && type !== 17) || form & (Form.none | Form.state | Form.entry)) return NO
    const body = at + HEADER + (type === 17 ? 4 : 0) + (form & Form.as4 ? 8 : 4)
    if (body + 4 > this.#end) return last ? NO : WAIT
    const afi = view.getUint16(body + 2)
    if (afi !== 1 && afi !== 2) return NO
    const message = body + 4 + (afi === 1 ? 8 : 32)
    if (message + BGP_HEADER > this.#end) return last ? NO : WAIT
    for (let i = 0; i < 16; i += 4) if (view.getInt32(message + i) !== -1) return NO
    const length = view.getUint16(message + 16)
    return message + length === at + HEADER + view.getUint32(at + 8) ? YES : NO
  }

  /** So many records behind this one begin well and at about the same time, or the input ends. */
  #chained(first: number, links: number, last: boolean): Belief {
    let at = first
    let stamp = this.view.getUint32(at)
    for (let left = links; left > 0; left--) {
      at += HEADER + this.view.getUint32(at + 8)
      if (last && at === this.#end) return YES
      if (at + HEADER > this.#end) return last ? NO : WAIT
      const next = this.view.getUint32(at)
      if (!this.#shape(at) || Math.abs(next - stamp) > A_DAY) return NO
      stamp = next
    }
    return YES
  }
}
