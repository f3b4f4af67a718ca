// Who passes routes to whom, learned from ordinary paths alone: the links that carry transit, the
// triples (from, by, to) that occur, and who buys from whom by the votes of paths that cross the
// transit-free clique (detection.md §4.5 A). Learned once per unique path, never from what is under
// test: a leak must not vote for itself.

import { type Asn, isReserved } from '../core/asn.ts'
import { Tally } from './tally.ts'

/** Transit-free networks on which CAIDA's and bgpkit's lists agree (detection.md §4.4). */
export const CLIQUE: readonly Asn[] = [
  174, 701, 1239, 1299, 2914, 3257, 3320, 3356, 3491, 5511, 6453, 6461, 6762, 6830, 7018, 12956,
]

/** ASNs get numbers so that a triple of them fits into a double exactly. */
const NUMBERS = 2 ** 17
/** A relation needs so many votes, and so large a majority. */
const VOTES = 3
const MAJORITY = 0.9

export class Relations {
  /** Unique ordinary paths learned from. */
  paths = 0
  readonly #clique: ReadonlySet<Asn>
  readonly #numbers = new Map<Asn, number>()
  readonly #transit = new Tally()
  readonly #triples = new Tally()
  readonly #customer = new Tally()
  /** Numbers of the path in hand. */
  #path = new Int32Array(256)

  constructor(clique: readonly Asn[] = CLIQUE) {
    this.#clique = new Set(clique)
  }

  inClique(asn: Asn): boolean {
    return this.#clique.has(asn)
  }

  /** `hops` nearest the collector first. */
  learn(hops: ArrayLike<Asn>): void {
    if (!usable(hops)) return
    this.paths++
    if (hops.length > this.#path.length) this.#path = new Int32Array(hops.length)
    const numbers = this.#path
    for (let i = 0; i < hops.length; i++) numbers[i] = this.#learnNumber(hops[i] as Asn)
    for (let i = 0; i + 2 < hops.length; i++) {
      const to = numbers[i] as number
      const by = numbers[i + 1] as number
      const from = numbers[i + 2] as number
      if (to === 0 || by === 0) continue
      this.#transit.add(pair(to, by))
      if (from !== 0) this.#triples.add(triple(from, by, to))
    }
    this.#vote(hops, numbers)
  }

  /** Ordinary paths on which `by` passed somebody else's routes to `to`. */
  transit(to: Asn, by: Asn): number {
    const [a, b] = [this.#number(to), this.#number(by)]
    return a === 0 || b === 0 ? 0 : this.#transit.get(pair(a, b))
  }

  isKnown(from: Asn, by: Asn, to: Asn): boolean {
    const [a, b, c] = [this.#number(from), this.#number(by), this.#number(to)]
    return a !== 0 && b !== 0 && c !== 0 && this.#triples.get(triple(a, b, c)) > 0
  }

  /** Whether `customer` buys transit from `provider`, as far as votes tell. */
  buys(customer: Asn, provider: Asn): boolean {
    const [c, p] = [this.#number(customer), this.#number(provider)]
    if (c === 0 || p === 0) return false
    const up = this.#customer.get(pair(c, p))
    return up >= VOTES && up >= MAJORITY * (up + this.#customer.get(pair(p, c)))
  }

  #vote(hops: ArrayLike<Asn>, numbers: Int32Array): void {
    let top = -1
    let first = -1
    for (let i = 0; i < hops.length; i++) {
      if (!this.inClique(hops[i] as Asn)) continue
      if (first < 0) first = i
      // Two of the clique with others between them: poisoned, or a leak of long standing.
      else if (top !== i - 1) return
      top = i
    }
    if (top < 0) return
    for (let i = hops.length - 1; i > top; i--) this.#buyer(numbers[i], numbers[i - 1])
    const down = top > 0 && this.inClique(hops[top - 1] as Asn) ? top - 1 : top
    for (let i = down; i > 0; i--) this.#buyer(numbers[i - 1], numbers[i])
  }

  #buyer(customer = 0, provider = 0): void {
    if (customer !== 0 && provider !== 0) this.#customer.add(pair(customer, provider))
  }

  /** 0 = nothing was learned of it: what is asked about takes no room. */
  #number(asn: Asn): number {
    return this.#numbers.get(asn) ?? 0
  }

  #learnNumber(asn: Asn): number {
    const known = this.#numbers.get(asn)
    if (known !== undefined) return known
    // Beyond what there is room for, nothing is learned.
    if (this.#numbers.size >= NUMBERS - 1) return 0
    const number = this.#numbers.size + 1
    this.#numbers.set(asn, number)
    return number
  }
}

const pair = (a: number, b: number): number => a * NUMBERS + b
const triple = (a: number, b: number, c: number): number => pair(a, b) * NUMBERS + c

/** Private and reserved ASNs say nothing about who passed on what; such a path teaches nothing. */
export function usable(hops: ArrayLike<Asn>): boolean {
  for (let i = 0; i < hops.length; i++) if (isReserved(hops[i] as Asn)) return false
  return hops.length >= 3
}
