// Which networks stand beside each other in ordinary paths, in whatever order: who has a neighbour is
// related to it somehow, and a link that was in no path before is a new one, or none.

import { type Asn, isReserved } from '../core/asn.ts'

/** The whole table shows half a million. */
const MOST_LINKS = 2_000_000

export class Links {
  size = 0
  /** Links there was no room for. */
  dropped = 0
  readonly #most: number
  /** Pairs of ASNs, the smaller first, by hash; 0 0 = empty. At most half of it is in use. */
  #pairs = new Int32Array(2 << 12)
  readonly #beside = new Map<Asn, Asn[]>()
  /** Who told one neighbour what it had from another. */
  readonly #passing = new Set<Asn>()

  constructor(most = MOST_LINKS) {
    this.#most = most
  }

  /** `hops` with prepends folded. */
  learn(hops: ArrayLike<Asn>): void {
    for (let i = 1; i < hops.length; i++) {
      const a = hops[i - 1] as Asn
      const b = hops[i] as Asn
      const at = this.#find(a, b)
      // Nearly all are known.
      if (this.#pairs[at + 1] !== 0 || isReserved(a) || isReserved(b)) continue
      this.#add(at, a, b)
      // A vantage point tells its collector everything, so its own word shows nothing.
      if (i > 1) this.#passing.add(a)
      if (i < hops.length - 1) this.#passing.add(b)
    }
  }

  has(a: Asn, b: Asn): boolean {
    return this.#pairs[this.#find(a, b) + 1] !== 0
  }

  /** How many neighbours it has. */
  degree(asn: Asn): number {
    return this.#beside.get(asn)?.length ?? 0
  }

  /** Whether it is known, and was never met but at an end of a path: it sells transit to nobody. */
  isStub(asn: Asn): boolean {
    return this.#beside.has(asn) && !this.#passing.has(asn)
  }

  /** Whether somebody is a neighbour of both. */
  shareNeighbour(a: Asn, b: Asn): boolean {
    const [few, other] = this.degree(a) <= this.degree(b) ? [a, b] : [b, a]
    return (this.#beside.get(few) ?? []).some((asn) => this.has(asn, other))
  }

  #add(at: number, a: Asn, b: Asn): void {
    if (this.size >= this.#most) {
      this.dropped++
      return
    }
    this.#put(this.#pairs, at, a, b)
    if (++this.size * 4 > this.#pairs.length) this.#grow()
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const) {
      const list = this.#beside.get(one)
      if (list) list.push(other)
      else this.#beside.set(one, [other])
    }
  }

  #put(pairs: Int32Array, at: number, a: Asn, b: Asn): void {
    pairs[at] = Math.min(a, b) | 0
    pairs[at + 1] = Math.max(a, b) | 0
  }

  /** Where it is, or would be. */
  #find(a: Asn, b: Asn): number {
    const low = Math.min(a, b) | 0
    const high = Math.max(a, b) | 0
    const pairs = this.#pairs
    const mask = pairs.length - 2
    let h = Math.imul(low ^ Math.imul(high, 0x85ebca6b), 0x9e3779b1)
    h ^= h >>> 15
    let at = (h << 1) & mask
    while (pairs[at + 1] !== 0 && (pairs[at] !== low || pairs[at + 1] !== high))
      at = (at + 2) & mask
    return at
  }

  #grow(): void {
    const old = this.#pairs
    this.#pairs = new Int32Array(2 * old.length)
    for (let k = 0; k < old.length; k += 2) {
      if (old[k + 1] === 0) continue
      const [a, b] = [(old[k] as number) >>> 0, (old[k + 1] as number) >>> 0]
      this.#put(this.#pairs, this.#find(a, b), a, b)
    }
  }
}
