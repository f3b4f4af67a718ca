// What is wrong with a path, triple by triple: `by` told `to` what it had from `from`, and neither of
// them pays it for that (RFC 7908 types 1 to 4). A triple of an ordinary path is never wrong: inferred
// relations are, in one of a hundred, and old arrangements are nobody's leak (detection.md §4.6).

import type { Asn } from '../core/asn.ts'
import type { Context, Relation } from '../core/context.ts'
import { Reason } from './leak-case.ts'
import type { Relations } from './relations.ts'

/** Triples of one path that can be wrong; more is noise of a path nobody should believe. */
const MOST_OF_PATH = 4
/** Neighbours between which it passes routes on that make a network large. */
const LARGE = 20

export interface Suspicion {
  readonly from: Asn
  readonly by: Asn
  readonly to: Asn
  /** Place of `to` in the path, 0 = the vantage point's own AS. */
  readonly place: number
  /** Bits of Reason. */
  readonly reasons: number
}

const NOTHING: readonly Suspicion[] = []

export class LeakEvidence {
  readonly #relations: Relations
  readonly #context: Context
  readonly #hops: Asn[] = []
  /** Reasons that come of the path as a whole, by place. */
  readonly #whole: number[] = []

  constructor(relations: Relations, context: Context) {
    this.#relations = relations
    this.#context = context
  }

  /**
   * `hops` nearest the collector first, `otc` as the message had it; `ripe`: ordinary paths enough are
   * known for what is new to be news.
   */
  of(hops: ArrayLike<Asn>, otc: Asn, ripe: boolean): readonly Suspicion[] {
    const relations = this.#relations
    const path = this.#take(hops)
    const last = path.length - 3
    let out: Suspicion[] | null = null
    let looked = false
    relations.trace(path)
    for (let i = 0; i <= last; i++) {
      if (relations.isKnownAt(i)) continue
      if (!looked) this.#lookAtWhole(path, otc)
      looked = true
      const reasons = this.#news(path, i, ripe) | this.#wrongs(path, i, ripe)
      if (reasons === 0) continue
      out ??= []
      out.push({
        from: path[i + 2] as Asn,
        by: path[i + 1] as Asn,
        to: path[i] as Asn,
        place: i,
        reasons,
      })
      if (out.length >= MOST_OF_PATH) break
    }
    return out ?? NOTHING
  }

  /** Without the numbers of route servers: they pass on for nobody. */
  #take(hops: ArrayLike<Asn>): readonly Asn[] {
    const path = this.#hops
    path.length = 0
    for (let i = 0; i < hops.length; i++)
      if (!this.#context.isRouteServer(hops[i] as Asn)) path.push(hops[i] as Asn)
    return path
  }

  #lookAtWhole(path: readonly Asn[], otc: Asn): void {
    const whole = this.#whole
    whole.length = 0
    for (let i = 0; i < path.length; i++) whole.push(0)
    this.#lookForBreak(path)
    if (otc !== 0) this.#lookForOtc(path, otc)
    if (this.#context.aspa(path) === 'invalid') this.#lookForAspa(path)
  }

  #mark(place: number, reason: number): void {
    this.#whole[place] = (this.#whole[place] as number) | reason
  }

  /**
   * Two of the clique with others between them: of those, the first on the way from the origin that told
   * somebody who is no customer of its, as far as votes tell.
   */
  #lookForBreak(path: readonly Asn[]): void {
    const relations = this.#relations
    let near = -1
    for (let i = 0; i < path.length; i++) {
      if (!relations.inClique(path[i] as Asn)) continue
      if (near >= 0 && near < i - 1) {
        let by = i - 1
        while (by - 1 > near && relations.buysAt(by - 1, by)) by--
        this.#mark(by - 1, Reason.cliqueBreak)
      }
      near = i
    }
  }

  /**
   * OTC names who told a customer or a peer (RFC 9234 §5): from the one who was told, it may only go
   * down. One who tells its provider or peer all the same has leaked. A name that is not in the path says
   * nothing.
   */
  #lookForOtc(path: readonly Asn[], otc: Asn): void {
    const set = path.indexOf(otc)
    for (let to = 0; to + 2 <= set; to++) {
      const told = this.#context.relation(path[to] as Asn, path[to + 1] as Asn)
      const above = told === undefined ? this.#relations.buysAt(to + 1, to) : isAbove(told)
      if (above) this.#mark(to, Reason.otc)
    }
  }

  /** The shortest of its ends, from the origin, that is invalid: who told its last one has leaked. */
  #lookForAspa(path: readonly Asn[]): void {
    for (let to = path.length - 3; to >= 0; to--) {
      if (this.#context.aspa(path.slice(to)) !== 'invalid') continue
      this.#mark(to, Reason.aspa)
      return
    }
  }

  /** What is new about `by` telling `to`, at place `i`. */
  #news(path: readonly Asn[], i: number, ripe: boolean): number {
    const relations = this.#relations
    if (!ripe || relations.isTransitAt(i)) return 0
    if (i === 0 || !relations.isTransitAt(i - 1)) return Reason.newLink
    const between =
      relations.degreeAt(i + 1) === 0 &&
      relations.degreeAt(i) >= LARGE &&
      relations.degreeAt(i + 2) >= LARGE &&
      path.length > i + 3
    return Reason.newLink | Reason.approached | (between ? Reason.popUp : 0)
  }

  /** What is wrong about it. */
  #wrongs(path: readonly Asn[], i: number, ripe: boolean): number {
    const relations = this.#relations
    const whole = this.#whole[i] as number
    const [to, by, from] = [path[i] as Asn, path[i + 1] as Asn, path[i + 2] as Asn]
    const told = this.#context.relation(to, by)
    const learned = this.#context.relation(from, by)
    // It is paid by one of them: what votes say does not count.
    if (told === 'customer' || learned === 'customer') return 0
    if (isAbove(told) && isAbove(learned)) return whole | Reason.filed | this.#hairpin(i)
    const hairpin = this.#hairpin(i)
    if (hairpin !== 0 || !ripe) return whole | hairpin
    const above =
      (isAbove(told) || relations.isAboveOrBesideAt(i, i + 1)) &&
      (isAbove(learned) || relations.isAboveOrBesideAt(i + 2, i + 1))
    return above ? whole | Reason.unpaid : whole
  }

  /** It buys from both by votes (RFC 7908 type 1). */
  #hairpin(i: number): number {
    const relations = this.#relations
    return relations.buysAt(i + 1, i + 2) && relations.buysAt(i + 1, i) ? Reason.hairpin : 0
  }
}

const isAbove = (relation: Relation | undefined): boolean =>
  relation === 'provider' || relation === 'peer'

/** Type of RFC 7908 §3, by what the two are to the one between; null where one is unknown. */
export function typeOf(
  { from, by, to }: { from: Asn; by: Asn; to: Asn },
  relations: Relations,
  context: Context,
): 1 | 2 | 3 | 4 | null {
  const what = (of: Asn) => context.relation(of, by) ?? relations.relation(of, by).relation
  const [learned, told] = [what(from), what(to)]
  if (!isAbove(learned as Relation) || !isAbove(told as Relation)) return null
  if (learned === 'provider') return told === 'provider' ? 1 : 3
  return told === 'peer' ? 2 : 4
}
