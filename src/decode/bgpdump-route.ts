// What `bgpdump -m` prints of a route behind its prefix: where its attributes lie, and their text.

import { mergedPath, readSegments, segmentsText } from './as-path.ts'
import { Cursor, Malformed } from './cursor.ts'
import type { OctetText } from './octet-text.ts'

const BAR = 124
const SPACE = 32
const COLON = 58

const SEQUENCE = 2
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
  #stop = 0
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

  /** Where the attributes in [from, end) lie; nothing from `stop` on is theirs, whatever they say. */
  find(bytes: Uint8Array, view: DataView, from: number, end: number, stop: number): void {
    this.#stop = stop
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

  /** Where the next hop of MP_REACH_NLRI begins, abbreviated (RFC 6396 §4.3.4) or whole; 0 = there is none. */
  get ribHop(): number {
    const { at, length } = this.reach
    if (at < 0) return 0
    return this.#bytes[at] === length - 1 ? at + 1 : at + 4
  }

  /**
   * `|path|origin|next hop|local pref|med|communities|atomic|aggregator|`; large communities are not in it. `hop`:
   * where that of MP_REACH_NLRI begins, 0 = in NEXT_HOP. `old`: as of type 5, without communities.
   */
  write(afi: number, hop: number, as4: boolean, old: boolean): void {
    const out = this.#out
    const view = this.#view
    out.octet(BAR)
    this.#pathText(as4)
    out.octet(BAR)
    const origin = this.#origin.at < 0 ? 2 : view.getUint8(this.#held(this.#origin.at, 1))
    out.text(ORIGINS[origin] ?? 'INCOMPLETE')
    out.octet(BAR)
    if (hop > 0 && afi === 1 && view.getUint8(hop - 1) === 4)
      out.ipv4(this.#bytes, this.#held(hop, 4))
    else if (hop > 0) out.ipv6(this.#bytes, this.#held(hop, 16))
    else if (this.#nextHop.at >= 0) out.ipv4(this.#bytes, this.#held(this.#nextHop.at, 4))
    else out.text('255.255.255.255')
    out.octet(BAR)
    out.number(this.#localPref.at < 0 ? 0 : view.getUint32(this.#held(this.#localPref.at, 4)))
    out.octet(BAR)
    out.number(this.#med.at < 0 ? 0 : view.getUint32(this.#held(this.#med.at, 4)))
    if (!old) {
      out.octet(BAR)
      this.#communityText()
    }
    out.text(this.#atomic.at < 0 ? '|NAG|' : '|AG|')
    this.#aggregatorText(as4)
    out.octet(BAR)
  }

  /** An attribute can be shorter than what is read of it, but the record must not be. */
  #held(at: number, octets: number): number {
    if (at + octets > this.#stop) throw new Malformed('attribute')
    return at
  }

  #pathText(as4: boolean): void {
    const { at, length } = this.#path
    if (at < 0) return
    const view = this.#view
    const width = as4 ? 4 : 2
    const plain =
      (as4 || this.#path4.at < 0) &&
      length > 0 &&
      this.#bytes[at] === SEQUENCE &&
      2 + (this.#bytes[at + 1] as number) * width === length
    if (!plain) {
      if (length > 0) this.#out.text(this.#rarePath(as4))
      return
    }
    for (let i = at + 2; i < at + length; i += width) {
      if (i > at + 2) this.#out.octet(SPACE)
      this.#out.number(as4 ? view.getUint32(i) : view.getUint16(i))
    }
  }

  #rarePath(as4: boolean): string {
    const segments = ({ at, length }: Place, wide: boolean) =>
      readSegments(new Cursor(this.#bytes, at, at + length), wide)
    const path = segments(this.#path, as4)
    if (as4 || this.#path4.at < 0) return segmentsText(path)
    return segmentsText(mergedPath(path, segments(this.#path4, true)))
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
    const { at, length } = this.#aggregator
    if (at < 0) return
    const view = this.#view
    const wide = length === 8
    this.#held(at, wide ? 8 : 6)
    let asn = wide ? view.getUint32(at) : view.getUint16(at)
    let ip = at + (wide ? 4 : 2)
    if (!as4 && asn === 23456 && this.#aggregator4.at >= 0) {
      asn = view.getUint32(this.#held(this.#aggregator4.at, 8))
      ip = this.#aggregator4.at + 4
    }
    this.#out.number(asn)
    this.#out.octet(SPACE)
    this.#out.ipv4(this.#bytes, ip)
  }
}
