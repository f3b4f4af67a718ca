// Vantage points: who told us. One is (collector, peer address, peer ASN); the project follows from
// the collector's name. They get small numbers in order of arrival, and a rank by content, because
// the order in which we met them must not show in any result.

import { type Asn, parseAsn } from './asn.ts'
import { collectorName } from './collector.ts'
import { addressText, maskWord, type Prefix, parsePrefix } from './prefix.ts'

export interface VantagePoint {
  readonly id: number
  /** `router`: a session of one of the operator's own routers, told over BMP. It never votes. */
  readonly project: 'ris' | 'routeviews' | 'own' | 'router'
  readonly collector: string
  readonly address: string
  readonly asn: Asn
}

const LIMIT = 16_384
/** A collector has some; each file that is read has a list of its own. */
const FEW = 64
/** Words of a key. */
const KEY = 6

/** What `intern` says of one for whom there is no room, and of one who is not listened to. */
const REFUSED = -1
const IGNORED = -2

/** Whom we do not listen to: `AS64500`, or the prefix of the addresses they speak from. */
class Ignored {
  readonly #asns = new Set<Asn>()
  readonly #prefixes: Prefix[] = []

  constructor(texts: readonly string[]) {
    for (const text of texts) {
      const asn = parseAsn(text)
      const prefix = parsePrefix(text)
      if (asn !== undefined) this.#asns.add(asn)
      else if (prefix) this.#prefixes.push(prefix)
      else throw new RangeError(`neither an AS number nor a prefix: ${text}`)
    }
  }

  has(afi: number, words: readonly number[], asn: Asn): boolean {
    if (this.#asns.has(asn)) return true
    const [w0 = 0, w1 = 0, w2 = 0, w3 = 0] = words
    // An IPv4 address in an IPv6 one (RFC 4291 §2.5.5.2) is the same speaker.
    const mapped = afi === 6 && w0 === 0 && w1 === 0 && w2 === 0xffff
    return this.#prefixes.some(
      (prefix) => covers(prefix, afi, words) || (mapped && covers(prefix, 4, [w3])),
    )
  }
}

const covers = (prefix: Prefix, afi: number, words: readonly number[]): boolean =>
  prefix.afi === afi &&
  prefix.words.every((word, i) => ((words[i] ?? 0) & maskWord(prefix.length, i)) === (word | 0))

/** What stands before the name of an own router where others have a collector. */
export const ROUTER = 'bmp:'

function projectOf(collector: string): VantagePoint['project'] {
  if (collector.startsWith(ROUTER)) return 'router'
  if (/^rrc\d+/.test(collector)) return 'ris'
  return /^route-views|\.|^routeviews/.test(collector) ? 'routeviews' : 'own'
}

function hashOf(
  collector: number,
  w0: number,
  w1: number,
  w2: number,
  w3: number,
  asn: number,
): number {
  let h = Math.imul(w0 ^ (w3 * 31) ^ (collector << 20), 0x9e3779b1)
  h = Math.imul(h ^ (h >>> 15) ^ asn, 0x85ebca6b) ^ Math.imul(w1 ^ (w2 << 7), 0xc2b2ae35)
  return h ^ (h >>> 13)
}

export class VantagePoints {
  readonly list: VantagePoint[] = []
  /** Peers refused because the table was full. */
  dropped = 0
  /** Sessions of own routers among them; where there are none nobody need ask. */
  routers = 0
  #collectors: string[] = []
  /** Ids by hash, -1 = none; four times as many as there are keys. */
  #slots = new Int32Array(4 * FEW).fill(-1)
  #keys = new Int32Array(KEY * FEW)
  #rank = new Int32Array(0)
  #ranked = 0
  readonly #ignored: Ignored | null

  /** `ignored`: AS numbers and prefixes in text; of those nobody gets a number, so what they say is heard by none. */
  constructor(ignored: readonly string[] = []) {
    this.#ignored = ignored.length > 0 ? new Ignored(ignored) : null
  }

  collector(spelling: string): number {
    const name = collectorName(spelling)
    const known = this.#collectors.indexOf(name)
    return known >= 0 ? known : this.#collectors.push(name) - 1
  }

  collectorName(id: number): string {
    return this.#collectors[id] ?? '?'
  }

  get collectors(): readonly string[] {
    return this.#collectors
  }

  /** The number of a vantage point, new or known; -1 when the table is full, -2 when it is ignored. */
  intern(
    collector: number,
    w0: number,
    w1: number,
    w2: number,
    w3: number,
    asn: number,
    afi: number,
  ): number {
    const keys = this.#keys
    const slots = this.#slots
    const mask = slots.length - 1
    let slot = hashOf(collector, w0, w1, w2, w3, asn | 0) & mask
    for (;;) {
      const id = slots[slot] as number
      if (id < 0) break
      const k = id * KEY
      if (
        keys[k + 1] === w0 &&
        keys[k + 5] === (asn | 0) &&
        keys[k + 4] === w3 &&
        keys[k + 2] === w1 &&
        keys[k + 3] === w2 &&
        keys[k] === collector * 8 + afi
      )
        return id
      slot = (slot + 1) & mask
    }
    const id = this.list.length
    if (this.#ignored?.has(afi, [w0, w1, w2, w3], asn >>> 0)) return IGNORED
    if (id >= LIMIT) {
      this.dropped++
      return REFUSED
    }
    if (KEY * id === keys.length) {
      this.#grow()
      return this.intern(collector, w0, w1, w2, w3, asn, afi)
    }
    slots[slot] = id
    keys.set([collector * 8 + afi, w0, w1, w2, w3, asn | 0], id * KEY)
    const name = this.collectorName(collector)
    const project = projectOf(name)
    if (project === 'router') this.routers++
    this.list.push({
      id,
      project,
      collector: name,
      address: addressText(afi, w0, w1, w2, w3),
      asn: asn >>> 0,
    })
    return id
  }

  #grow(): void {
    const old = this.#keys
    this.#keys = new Int32Array(2 * old.length)
    this.#keys.set(old)
    const mask = 2 * this.#slots.length - 1
    this.#slots = new Int32Array(mask + 1).fill(-1)
    for (let id = 0; id * KEY < old.length; id++) {
      const [first, w0, w1, w2, w3, asn] = old.subarray(id * KEY, (id + 1) * KEY)
      let slot =
        hashOf(
          (first as number) >> 3,
          w0 as number,
          w1 as number,
          w2 as number,
          w3 as number,
          asn as number,
        ) & mask
      while ((this.#slots[slot] as number) >= 0) slot = (slot + 1) & mask
      this.#slots[slot] = id
    }
  }

  isRouter(id: number): boolean {
    return this.list[id]?.project === 'router'
  }

  get(id: number): VantagePoint {
    const found = this.list[id]
    if (!found) throw new RangeError(`no vantage point ${id}`)
    return found
  }

  /** Position of each vantage point in (collector, address, ASN) order: the tie-break of the clock. */
  get rank(): Int32Array {
    if (this.#ranked !== this.list.length) {
      const keys = this.#keys
      const order = [...this.list].sort((a, b) => {
        if (a.collector !== b.collector) return a.collector < b.collector ? -1 : 1
        for (let i = 0; i < KEY; i++) {
          const x =
            (i === 0 ? (keys[a.id * KEY] as number) & 7 : (keys[a.id * KEY + i] as number)) >>> 0
          const y =
            (i === 0 ? (keys[b.id * KEY] as number) & 7 : (keys[b.id * KEY + i] as number)) >>> 0
          if (x !== y) return x - y
        }
        return 0
      })
      this.#rank = new Int32Array(order.length)
      order.forEach((vp, i) => {
        this.#rank[vp.id] = i
      })
      this.#ranked = this.list.length
    }
    return this.#rank
  }
}
