// Who passes routes to whom, learned from ordinary paths alone: the links that carry transit, the
// triples (from, by, to) that occur, and who buys from whom by the votes of paths that cross the
// transit-free clique (detection.md §4.5 A). Learned once per unique path, never from what is under
// test: a leak must not vote for itself.

import { type Asn, isReserved } from '../core/asn.ts'
import { Kin, Kind, settleKin } from './kin.ts'
import { Tally } from './tally.ts'

/** Transit-free networks on which CAIDA's and bgpkit's lists agree (detection.md §4.4). */
export const CLIQUE: readonly Asn[] = [
  174, 701, 1239, 1299, 2914, 3257, 3320, 3356, 3491, 5511, 6453, 6461, 6762, 6830, 7018, 12956,
]

/**
 * Networks that are transit-free in IPv6 and buy transit in IPv4 (Hurricane Electric). A path says
 * nothing of its family: what such a network and one of the clique are to each other stays unknown.
 */
const HALF_FREE: ReadonlySet<Asn> = new Set([6939])

/** What one network is to another; `unknown` where votes are few, at odds, or none. */
export interface Related {
  readonly relation: 'customer' | 'provider' | 'peer' | 'unknown'
  /** 0 … 1: for votes, the lower end of what their share may be (Wilson, 95 %). */
  readonly confidence: number
}

/** ASNs get numbers so that a triple of them fits into a double exactly. */
const NUMBERS = 2 ** 17
/** A relation needs so many votes, and so large a majority. */
const VOTES = 3
const MAJORITY = 0.9
/** Votes are of paths that have much in common: more than so many make nothing surer. */
const MOST_VOTES = 50
/** A link of the clique is what the list says it is. */
const LISTED: Related = { relation: 'peer', confidence: 1 }
/** A link over which no path through the clique goes, and none goes up or down beside it. */
const APEX: Related = { relation: 'peer', confidence: 0.6 }
const UNKNOWN: Related = { relation: 'unknown', confidence: 0 }
/** What has no votes is judged anew when so many paths more are known. */
const GROWTH = 1.25
/** In the book of numbers: no network, a meeting place (its number is left out of paths). */
const NOWHERE = -1

/** Bits of `#rank`. */
const FREE = 1
const HALF = 2

export class Relations {
  /** Unique ordinary paths learned from. */
  paths = 0
  readonly #clique: ReadonlySet<Asn>
  readonly #isRouteServer: (asn: Asn) => boolean
  readonly #numbers = new Map<Asn, number>()
  /** By number: the ASN, its rank, and how many neighbours it has on both sides of which it stands. */
  readonly #asns: Asn[] = [0]
  readonly #rank = new Uint8Array(NUMBERS)
  readonly #degree = new Int32Array(NUMBERS)
  readonly #transit = new Tally()
  readonly #triples = new Tally()
  readonly #customer = new Tally()
  /** (who passes on, neighbour). */
  readonly #beside = new Tally()
  /** Links without votes, judged when `#settledAt` paths were known. */
  #kin = new Kin()
  #settledAt = 0
  /** Numbers of the path in hand, and how many. */
  #path = new Int32Array(256)
  #length = 0

  constructor(clique: readonly Asn[] = CLIQUE, isRouteServer: (asn: Asn) => boolean = () => false) {
    this.#clique = new Set(clique)
    this.#isRouteServer = isRouteServer
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
    let length = 0
    for (let i = 0; i < hops.length; i++) {
      const number = this.#learnNumber(hops[i] as Asn)
      if (number !== NOWHERE) numbers[length++] = number
    }
    this.#length = length
    for (let i = 0; i + 2 < length; i++) {
      const to = numbers[i] as number
      const by = numbers[i + 1] as number
      const from = numbers[i + 2] as number
      if (to === 0 || by === 0) continue
      this.#transit.add(pair(to, by))
      if (from === 0 || this.#triples.add(triple(from, by, to)) !== 1) continue
      if (this.#beside.add(pair(by, to)) === 1) this.#degree[by] = (this.#degree[by] as number) + 1
      if (this.#beside.add(pair(by, from)) === 1)
        this.#degree[by] = (this.#degree[by] as number) + 1
    }
    this.#vote()
  }

  /** Takes a path in hand, of which the next five are asked by places in it. */
  trace(hops: ArrayLike<Asn>): void {
    if (hops.length > this.#path.length) this.#path = new Int32Array(hops.length)
    for (let i = 0; i < hops.length; i++) this.#path[i] = this.#number(hops[i] as Asn)
  }

  /** Whether the triple that ends at that place (`to`) is of an ordinary path. */
  isKnownAt(i: number): boolean {
    const path = this.#path
    const [to, by, from] = [path[i] as number, path[i + 1] as number, path[i + 2] as number]
    return to !== 0 && by !== 0 && from !== 0 && this.#triples.get(triple(from, by, to)) > 0
  }

  /** Whether what is there is ordinarily told others' routes by what is behind it. */
  isTransitAt(i: number): boolean {
    const [to, by] = [this.#path[i] as number, this.#path[i + 1] as number]
    return to !== 0 && by !== 0 && this.#transit.get(pair(to, by)) > 0
  }

  degreeAt(i: number): number {
    return this.#degree[this.#path[i] as number] as number
  }

  /** Whether the one at place `i` buys from the one at place `k`. */
  buysAt(i: number, k: number): boolean {
    const [customer, provider] = [this.#path[i] as number, this.#path[k] as number]
    return customer !== 0 && provider !== 0 && this.#buys(customer, provider)
  }

  /** Whether it sells to, or is a peer of, the one at place `k`. */
  isAboveOrBesideAt(i: number, k: number): boolean {
    const kind = this.#kind(this.#path[i] as number, this.#path[k] as number)
    return kind === Kind.provider || kind === Kind.peer
  }

  /** Ordinary paths on which `by` passed somebody else's routes to `to`. */
  transit(to: Asn, by: Asn): number {
    const [a, b] = [this.#number(to), this.#number(by)]
    return a === 0 || b === 0 ? 0 : this.#transit.get(pair(a, b))
  }

  /** Neighbours between which it passes routes on. */
  degree(asn: Asn): number {
    return this.#degree[this.#number(asn)] as number
  }

  isKnown(from: Asn, by: Asn, to: Asn): boolean {
    const [a, b, c] = [this.#number(from), this.#number(by), this.#number(to)]
    return a !== 0 && b !== 0 && c !== 0 && this.#triples.get(triple(a, b, c)) > 0
  }

  /** Whether `customer` buys transit from `provider`, as far as votes tell. */
  buys(customer: Asn, provider: Asn): boolean {
    const [c, p] = [this.#number(customer), this.#number(provider)]
    return c !== 0 && p !== 0 && this.#buys(c, p)
  }

  /** What `a` is to `b`. */
  relation(a: Asn, b: Asn): Related {
    if (this.inClique(a) && this.inClique(b)) return LISTED
    const [x, y] = [this.#number(a), this.#number(b)]
    const kind = this.#kind(x, y)
    if (kind === Kind.unknown) return UNKNOWN
    if (kind === Kind.peer) return APEX
    const up = this.#customer.get(pair(x, y))
    const down = this.#customer.get(pair(y, x))
    return kind === Kind.customer
      ? { relation: 'customer', confidence: wilson(up, up + down) }
      : { relation: 'provider', confidence: wilson(down, up + down) }
  }

  /** The same by numbers, as one of Kind. */
  #kind(x: number, y: number): number {
    if (x === 0 || y === 0) return Kind.unknown
    const voted = this.#voted(x, y)
    if (voted !== Kind.none) return voted
    return this.#settled().isPeering(x, y, this.#degree) ? Kind.peer : Kind.unknown
  }

  /** By the list and by votes alone. */
  #voted(x: number, y: number): number {
    const both = (this.#rank[x] as number) & (this.#rank[y] as number) & FREE
    if (both !== 0) return Kind.peer
    if (this.#isMixed(x, y)) return Kind.unknown
    const up = this.#customer.get(pair(x, y))
    const down = this.#customer.get(pair(y, x))
    if (up + down === 0) return Kind.none
    const most = MAJORITY * (up + down)
    if (up >= VOTES && up >= most) return Kind.customer
    return down >= VOTES && down >= most ? Kind.provider : Kind.unknown
  }

  /** Every pair of neighbours once, the lower ASN first: for those who look at all of them. */
  links(): (readonly [Asn, Asn])[] {
    const out: (readonly [Asn, Asn])[] = []
    const seen = new Tally(Number.POSITIVE_INFINITY)
    this.#beside.each((key) => {
      const [a, b] = [Math.floor(key / NUMBERS), key % NUMBERS]
      if (seen.add(a < b ? pair(a, b) : pair(b, a)) !== 1) return
      const [x, y] = [this.#asns[a] as Asn, this.#asns[b] as Asn]
      out.push(x < y ? [x, y] : [y, x])
    })
    return out
  }

  /** Whether they are neighbours on any path, one of them passing something on. */
  adjacent(a: Asn, b: Asn): boolean {
    const [x, y] = [this.#number(a), this.#number(b)]
    return this.#beside.get(pair(x, y)) + this.#beside.get(pair(y, x)) > 0
  }

  /** Ordinary paths with this triple. */
  known(from: Asn, by: Asn, to: Asn): number {
    return this.#triples.get(triple(this.#number(from), this.#number(by), this.#number(to)))
  }

  /** All that pass something on. */
  get networks(): Iterable<Asn> {
    return this.#asns.filter((_, number) => (this.#degree[number] as number) > 0)
  }

  #buys(customer: number, provider: number): boolean {
    const up = this.#customer.get(pair(customer, provider))
    return up >= VOTES && up >= MAJORITY * (up + this.#customer.get(pair(provider, customer)))
  }

  #isMixed(a: number, b: number): boolean {
    return (
      (((this.#rank[a] as number) | (this.#rank[b] as number)) & (FREE | HALF)) === (FREE | HALF)
    )
  }

  #settled(): Kin {
    if (this.paths <= GROWTH * this.#settledAt) return this.#kin
    this.#settledAt = this.paths
    const voted = (a: number, b: number) => this.#voted(a, b)
    this.#kin = settleKin(this.#triples, NUMBERS, voted)
    return this.#kin
  }

  #vote(): void {
    const numbers = this.#path
    const length = this.#length
    let top = -1
    let first = -1
    for (let i = 0; i < length; i++) {
      if (((this.#rank[numbers[i] as number] as number) & FREE) === 0) continue
      if (first < 0) first = i
      // Two of the clique with others between them: poisoned, or a leak of long standing.
      else if (top !== i - 1) return
      top = i
    }
    if (top < 0) return
    for (let i = length - 1; i > top; i--) this.#buyer(numbers[i], numbers[i - 1])
    const down = top > first ? top - 1 : top
    for (let i = down; i > 0; i--) this.#buyer(numbers[i - 1], numbers[i])
  }

  #buyer(customer = 0, provider = 0): void {
    if (customer !== 0 && provider !== 0 && !this.#isMixed(customer, provider))
      this.#customer.add(pair(customer, provider))
  }

  /** 0 = nothing was learned of it: what is asked about takes no room. */
  #number(asn: Asn): number {
    const number = this.#numbers.get(asn)
    return number === undefined || number === NOWHERE ? 0 : number
  }

  #learnNumber(asn: Asn): number {
    const known = this.#numbers.get(asn)
    if (known !== undefined) return known
    // Beyond what there is room for, nothing is learned.
    if (this.#asns.length >= NUMBERS) return 0
    if (this.#isRouteServer(asn)) {
      if (this.#numbers.size < 2 * NUMBERS) this.#numbers.set(asn, NOWHERE)
      return NOWHERE
    }
    const number = this.#asns.push(asn) - 1
    this.#rank[number] = this.#clique.has(asn) ? FREE : HALF_FREE.has(asn) ? HALF : 0
    this.#numbers.set(asn, number)
    return number
  }
}

const pair = (a: number, b: number): number => a * NUMBERS + b
const triple = (a: number, b: number, c: number): number => pair(a, b) * NUMBERS + c

/** The lower end of a share of which `yes` of `all` is what was seen, at 95 %. */
function wilson(yes: number, all: number): number {
  const n = Math.min(all, MOST_VOTES)
  const p = yes / all
  const z = 1.96
  const middle = p + (z * z) / (2 * n)
  const spread = z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n))
  return (middle - spread) / (1 + (z * z) / n)
}

/** Private and reserved ASNs say nothing about who passed on what; such a path teaches nothing. */
export function usable(hops: ArrayLike<Asn>): boolean {
  for (let i = 0; i < hops.length; i++) if (isReserved(hops[i] as Asn)) return false
  return hops.length >= 3
}
