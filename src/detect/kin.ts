// Links over which no path through the clique goes. On a path without a valley a link between peers is
// the highest: what is beside it towards the origin goes up, what is beside it towards the collector
// goes down. A link that is anywhere else, next to one that has votes, is no peering; one that never is
// may be (detection.md §4.5 A 5).

import { Tally } from './tally.ts'

/** What the first of two is to the second. */
export const Kind = {
  /** Nobody has voted. */
  none: 0,
  /** Votes are few, or at odds. */
  unknown: 1,
  customer: 2,
  provider: 3,
  peer: 4,
} as const

/** Peers are of a size: the transit degree of one is at most so many times that of the other. */
const RATIO = 20

export class Kin {
  /** Ordered pairs of numbers: the first must buy from the second, were the path without a valley. */
  readonly bound = new Tally()
  /** Ordered pairs that were seen with a link that goes the way it should beside them. */
  readonly free = new Tally()
  readonly #numbers: number

  constructor(numbers = 1) {
    this.#numbers = numbers
  }

  isPeering(a: number, b: number, degree: ArrayLike<number>): boolean {
    const [ab, ba] = [a * this.#numbers + b, b * this.#numbers + a]
    if (this.bound.get(ab) + this.bound.get(ba) > 0) return false
    // Nothing speaks for it when nothing beside it is known.
    if (this.free.get(ab) + this.free.get(ba) === 0) return false
    const [small, large] = [degree[a] as number, degree[b] as number].sort((x, y) => x - y)
    return (small as number) > 0 && (large as number) <= RATIO * (small as number)
  }
}

/** From all triples (from, by, to), as keys of three numbers below `numbers`. */
export function settleKin(
  triples: Tally,
  numbers: number,
  /** Values of Kind. */
  voted: (a: number, b: number) => number,
): Kin {
  const kin = new Kin(numbers)
  triples.each((key) => {
    const to = key % numbers
    const rest = (key - to) / numbers
    const by = rest % numbers
    const from = (rest - by) / numbers
    const learned = voted(from, by)
    const told = voted(by, to)
    // `by` is told by its customer, or it may tell its customers only.
    if (told === Kind.none && learned > Kind.unknown)
      (learned === Kind.customer ? kin.free : kin.bound).add(to * numbers + by)
    if (learned === Kind.none && told > Kind.unknown)
      (told === Kind.provider ? kin.free : kin.bound).add(from * numbers + by)
  })
  return kin
}
