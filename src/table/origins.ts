// Whose prefix it is. The origin of a prefix is what most of its announcements said while it was
// learned; afterwards a newcomer does not get it by announcing louder, only when nobody holds it. An
// origin that is watched gets what it announces from those who are not: we are asked about it alone.

import type { Asn } from '../core/asn.ts'

/** Prefixes of several origins are one in a hundred of the table, mostly of two. */
const MOST_OTHERS = 1_000_000
/** ASNs are below this, prefix numbers below 2^21. */
const ASNS = 2 ** 32

export class Origins {
  /** 1 = every change of its routes is told (View.follow). */
  followed = new Uint8Array(1 << 12)
  /** (prefix, origin) of those that had several when it began. */
  readonly #several = new Set<number>()
  /** Origin ASN as int32; 0 = not known. */
  of = new Int32Array(1 << 12)
  #votes = new Int32Array(1 << 12)
  readonly #prefixes = new Map<Asn, number[]>()
  readonly #watched: (origin: Asn) => boolean

  constructor(watched: (origin: Asn) => boolean = () => false) {
    this.#watched = watched
  }

  grow(count: number): void {
    if (count <= this.of.length) return
    const room = Math.max(count, this.of.length * 2)
    const of = new Int32Array(room)
    of.set(this.of)
    this.of = of
    const followed = new Uint8Array(room)
    followed.set(this.followed)
    this.followed = followed
    const votes = new Int32Array(room)
    votes.set(this.#votes)
    this.#votes = votes
  }

  /** One more announcement while learning: the majority wins (Boyer and Moore 1981). */
  vote(prefix: number, origin: number): void {
    const votes = this.#votes[prefix] as number
    const holder = this.of[prefix] as number
    if (holder !== origin && this.outranks(holder, origin)) return
    if (holder === origin) this.#votes[prefix] = votes + 1
    else if (votes > 0 && !this.outranks(origin, holder)) this.#votes[prefix] = votes - 1
    else {
      this.assign(prefix, origin)
      this.#votes[prefix] = 1
    }
  }

  /** One route of the starting table: its prefix may have had another origin already. */
  seeded(prefix: number, origin: number): void {
    const holder = this.of[prefix] as number
    if (holder !== origin && holder !== 0 && origin !== 0 && this.#several.size < MOST_OTHERS) {
      this.#several.add(prefix * ASNS + (holder >>> 0))
      this.#several.add(prefix * ASNS + (origin >>> 0))
    }
    this.vote(prefix, origin)
  }

  had(prefix: number, origin: Asn): boolean {
    return this.#several.has(prefix * ASNS + origin)
  }

  /** Whether one is watched and the other is not. */
  outranks(one: number, other: number): boolean {
    return this.#watched(one >>> 0) && !this.#watched(other >>> 0)
  }

  assign(prefix: number, origin: number): void {
    const before = this.of[prefix] as number
    if (before === origin) return
    this.of[prefix] = origin
    if (before !== 0) {
      const list = this.#prefixes.get(before >>> 0)
      const i = list?.indexOf(prefix) ?? -1
      if (list && i >= 0) {
        list[i] = list[list.length - 1] as number
        list.pop()
      }
    }
    if (origin === 0) return
    const list = this.#prefixes.get(origin >>> 0)
    if (list) list.push(prefix)
    else this.#prefixes.set(origin >>> 0, [prefix])
  }

  prefixesOf(origin: Asn): readonly number[] {
    return this.#prefixes.get(origin) ?? []
  }

  all(): Iterable<[Asn, readonly number[]]> {
    return this.#prefixes
  }
}
