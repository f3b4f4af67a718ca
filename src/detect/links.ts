// Which networks stand beside each other in ordinary paths, in whatever order: who has a neighbour is
// related to it somehow, and a link that was in no path before is a new one, or none.

import { type Asn, isReserved } from '../core/asn.ts'
import { Tally } from './tally.ts'

/** Room for two numbers in a double. */
const NUMBERS = 2 ** 24
/** The whole table shows half a million. */
const MOST_LINKS = 2_000_000

export class Links {
  /** Links there was no room for. */
  dropped = 0
  readonly #numbers = new Map<Asn, number>()
  readonly #pairs = new Tally(MOST_LINKS)
  /** By number, the numbers of its neighbours. */
  readonly #beside: number[][] = []

  get size(): number {
    return this.#pairs.size
  }

  /** `hops` with prepends folded. */
  learn(hops: ArrayLike<Asn>): void {
    let before = 0
    for (let i = 0; i < hops.length; i++) {
      const asn = hops[i] as Asn
      const number = isReserved(asn) ? 0 : this.#learnNumber(asn)
      if (number !== 0 && before !== 0) this.#add(before, number)
      before = number
    }
  }

  has(a: Asn, b: Asn): boolean {
    const [x, y] = [this.#numbers.get(a), this.#numbers.get(b)]
    return x !== undefined && y !== undefined && this.#pairs.get(pair(x, y)) > 0
  }

  /** How many neighbours it has. */
  degree(asn: Asn): number {
    return this.#beside[(this.#numbers.get(asn) ?? 0) - 1]?.length ?? 0
  }

  /** Whether somebody is a neighbour of both. */
  shareNeighbour(a: Asn, b: Asn): boolean {
    const [x = 0, y = 0] = [this.#numbers.get(a), this.#numbers.get(b)]
    if (x === 0 || y === 0) return false
    const few = this.degree(a) <= this.degree(b) ? x : y
    const other = few === x ? y : x
    return (this.#beside[few - 1] ?? []).some((n) => this.#pairs.get(pair(n, other)) > 0)
  }

  #add(a: number, b: number): void {
    const key = pair(a, b)
    if (this.#pairs.get(key) > 0) return
    if (this.#pairs.size >= MOST_LINKS) {
      this.dropped++
      return
    }
    this.#pairs.add(key)
    this.#beside[a - 1]?.push(b)
    this.#beside[b - 1]?.push(a)
  }

  #learnNumber(asn: Asn): number {
    const known = this.#numbers.get(asn)
    if (known !== undefined) return known
    if (this.#beside.length >= NUMBERS - 1) return 0
    const number = this.#beside.push([])
    this.#numbers.set(asn, number)
    return number
  }
}

const pair = (a: number, b: number): number => (a < b ? a * NUMBERS + b : b * NUMBERS + a)
