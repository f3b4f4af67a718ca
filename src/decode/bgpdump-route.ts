// What `bgpdump -m` prints of a route behind its prefix: where its attributes lie, and their text.

import { mergedPath, readSegments, segmentsText } from './as-path.ts'
import { Cursor, Malformed } from './cursor.ts'
import type { OctetText } from './octet-text.ts'

const BAR = 124
const SPACE = 32
const COLON = 58
const COMMA = 44

const SET = 1
const SEQUENCE = 2
const CONFED_SET = 4
/** By type of segment: `{` of a set, `(` of a confederation, `[` of a set in one. */
const OPENING = [0, 123, 0, 40, 91]
const CLOSING = [0, 125, 0, 41, 93]
const UNICAST = 1
const AS_TRANS = 23456
const NO = -1

const ORIGINS = ['IGP', 'EGP', 'INCOMPLETE']

/** Communities that it has names for (RFC 1997). */
const NAMES = new Map([
  [0xffffff01, 'no-export'],
  [0xffffff02, 'no-advertise'],
  [0xffffff03, 'local-AS'],
])

interface Place {
  at: number
  length: number
}

export class RouteText {
  readonly #out: OctetText
  #bytes = new Uint8Array(0) as Uint8Array
  #view = new DataView(this.#bytes.buffer)
  // Attributes of the message in hand: where their values lie; at -1 they are not there.
  readonly #origin: Place = { at: NO, length: 0 }
  readonly #path: Place = { at: NO, length: 0 }
  readonly #nextHop: Place = { at: NO, length: 0 }
  readonly #med: Place = { at: NO, length: 0 }
  readonly #localPref: Place = { at: NO, length: 0 }
  readonly #atomic: Place = { at: NO, length: 0 }
  readonly #aggregator: Place = { at: NO, length: 0 }
  readonly #communities: Place = { at: NO, length: 0 }
  readonly reach: Place = { at: NO, length: 0 }
  readonly unreach: Place = { at: NO, length: 0 }
  readonly #path4: Place = { at: NO, length: 0 }
  readonly #aggregator4: Place = { at: NO, length: 0 }
  readonly #places: readonly (Place | undefined)[]

  constructor(out: OctetText) {
    this.#out = out
    const places: (Place | undefined)[] = []
    places[1] = this.#origin
    places[2] = this.#path
    places[3] = this.#nextHop
    places[4] = this.#med
    places[5] = this.#localPref
    places[6] = this.#atomic
    places[7] = this.#aggregator
    places[8] = this.#communities
    places[14] = this.reach
    places[15] = this.unreach
    places[17] = this.#path4
    places[18] = this.#aggregator4
    this.#places = places
  }

  /** Where the attributes in [from, end) lie. */
  find(bytes: Uint8Array, view: DataView, from: number, end: number): void {
    this.#bytes = bytes
    this.#view = view
    for (const place of this.#places) if (place) place.at = NO
    for (let at = from; at + 3 <= end; ) {
      const wide = ((bytes[at] as number) & 0x10) !== 0
      const type = bytes[at + 1] as number
      const length = wide ? this.#view.getUint16(at + 2) : (bytes[at + 2] as number)
      at += wide ? 4 : 3
      if (at + length > end) throw new Malformed('attribute')
      const place = this.#places[type]
      if (place && place.at < 0) {
        place.at = at
        place.length = length
      }
      at += length
    }
  }

  /**
   * Where the next hop of a RIB entry begins: in MP_REACH_NLRI, abbreviated (RFC 6396 §4.3.4) or whole;
   * 0 = it is not there.
   */
  get ribHop(): number {
    const { at, length } = this.reach
    if (at < 0 || length === 0) return 0
    const bytes = this.#bytes
    // Whole, it begins with an AFI, of which the first octet is zero.
    const whole = bytes[at] === 0
    if (whole && (length < 4 || bytes[at + 2] !== UNICAST)) return 0
    const hop = whole ? at + 4 : at + 1
    return isHop(bytes[hop - 1] as number) ? hop : 0
  }

  /**
   * `|path|origin|next hop|local pref|med|communities|atomic|aggregator|`; large communities are not in it. `hop`:
   * where that of MP_REACH_NLRI begins, 0 = in NEXT_HOP. `old`: as of type 5, without communities.
   */
  write(hop: number, as4: boolean, old: boolean): void {
    const out = this.#out
    out.octet(BAR)
    this.#pathText(as4)
    out.octet(BAR)
    const origin = this.#origin.at < 0 ? 2 : this.#octets(this.#origin, 0, 1)
    out.text(ORIGINS[origin] ?? 'INCOMPLETE')
    out.octet(BAR)
    this.#hopText(hop)
    out.octet(BAR)
    out.number(this.#number(this.#localPref))
    out.octet(BAR)
    out.number(this.#number(this.#med))
    if (!old) {
      out.octet(BAR)
      this.#communityText()
    }
    out.text(this.#atomic.at < 0 ? '|NAG|' : '|AG|')
    this.#aggregatorText(as4)
    out.octet(BAR)
  }

  /** So many octets of a value as a number. Those it does not have are zero, and not what follows it. */
  #octets({ at, length }: Place, from: number, count: number): number {
    let out = 0
    for (let i = from; i < from + count; i++)
      out = out * 256 + (i < length ? (this.#bytes[at + i] as number) : 0)
    return out
  }

  #number(place: Place): number {
    if (place.at < 0) return 0
    return place.length < 4 ? this.#octets(place, 0, 4) : this.#view.getUint32(place.at)
  }

  #hopText(hop: number): void {
    const { reach } = this
    const out = this.#out
    if (hop > 0 && this.#bytes[hop - 1] === 4)
      out.ipv4(this.#bytes, hop, reach.at + reach.length - hop)
    else if (hop > 0) out.ipv6(this.#bytes, hop, reach.at + reach.length - hop)
    else if (this.#nextHop.at >= 0) out.ipv4(this.#bytes, this.#nextHop.at, this.#nextHop.length)
    else out.text('255.255.255.255')
  }

  #pathText(as4: boolean): void {
    const { at, length } = this.#path
    if (at < 0) return
    const view = this.#view
    const width = as4 ? 4 : 2
    const merges = !as4 && this.#path4.at >= 0
    const plain =
      !merges &&
      length > 0 &&
      this.#bytes[at] === SEQUENCE &&
      2 + (this.#bytes[at + 1] as number) * width === length
    if (!plain) {
      const merged = merges ? this.#mergedPath() : null
      if (merged !== null) this.#out.text(merged)
      else this.#segmentsText(at, at + length, width)
      return
    }
    for (let i = at + 2; i < at + length; i += width) {
      if (i > at + 2) this.#out.octet(SPACE)
      this.#out.number(as4 ? view.getUint32(i) : view.getUint16(i))
    }
  }

  /** AS_PATH and AS4_PATH as one; null where AS_PATH stands alone. */
  #mergedPath(): string | null {
    // Somebody in between made the route anew (RFC 6793 §4.2.3).
    if (this.#aggregator.at >= 0 && this.#aggregator4.at >= 0)
      if (this.#aggregatorAsn(this.#isWide(false)) !== AS_TRANS) return null
    const segments = ({ at, length }: Place, wide: boolean) =>
      readSegments(new Cursor(this.#bytes, at, at + length), wide)
    try {
      return segmentsText(mergedPath(segments(this.#path, false), segments(this.#path4, true)))
    } catch (error) {
      if (!(error instanceof Malformed)) throw error
      return null
    }
  }

  /** What bgpdump makes of it: nothing separates what follows an empty segment, and all is lost with one. */
  #segmentsText(from: number, end: number, width: number): void {
    const out = this.#out
    const bytes = this.#bytes
    const before = out.written
    let last = SEQUENCE
    let follows = false
    for (let at = from; at < end; ) {
      const type = bytes[at] as number
      const next = at + 2 + (bytes[at + 1] as number) * width
      if (type < 1 || type > 4 || at + 2 > end || next > end) {
        out.back(before)
        out.text('! Error !')
        return
      }
      if (last !== SEQUENCE) out.octet(CLOSING[last] as number)
      if (follows) out.octet(SPACE)
      if (type !== SEQUENCE) out.octet(OPENING[type] as number)
      const isSet = type === SET || type === CONFED_SET
      for (let i = at + 2; i < next; i += width) {
        if (i > at + 2) out.octet(isSet ? COMMA : SPACE)
        out.number(width === 4 ? this.#view.getUint32(i) : this.#view.getUint16(i))
      }
      follows = next > at + 2
      last = type
      at = next
    }
    if (last !== SEQUENCE) out.octet(CLOSING[last] as number)
  }

  #communityText(): void {
    const out = this.#out
    const view = this.#view
    const { at, length } = this.#communities
    if (at >= 0)
      for (let i = at; i + 4 <= at + length; i += 4) {
        if (i > at) out.octet(SPACE)
        const value = view.getUint32(i)
        const name = value >= 0xffffff00 ? NAMES.get(value) : undefined
        if (name !== undefined) out.text(name)
        else {
          out.number(value >>> 16)
          out.octet(COLON)
          out.number(value & 0xffff)
        }
      }
  }

  #aggregatorText(as4: boolean): void {
    if (this.#aggregator.at < 0) return
    const wide = this.#isWide(as4)
    const asn = this.#aggregatorAsn(wide)
    const isTold = !as4 && asn === AS_TRANS && this.#aggregator4.at >= 0
    const place = isTold ? this.#aggregator4 : this.#aggregator
    const skipped = isTold || wide ? 4 : 2
    this.#out.number(isTold ? this.#octets(place, 0, 4) : asn)
    this.#out.octet(SPACE)
    this.#out.ipv4(this.#bytes, place.at + skipped, place.length - skipped)
  }

  /** As wide as the ASNs of the session, unless its length says otherwise. */
  #isWide(as4: boolean): boolean {
    const { length } = this.#aggregator
    return as4 ? length !== 6 : length === 8
  }

  #aggregatorAsn(wide: boolean): number {
    return this.#octets(this.#aggregator, 0, wide ? 4 : 2)
  }
}

/** Of one IPv4 address, or of one or two of IPv6. */
export const isHop = (length: number): boolean => length === 4 || length === 16 || length === 32
