// One prefix that is announced by a network whose it is not, and the vantage points that took that up.
// Counted as routes come and go, so that the present is always at hand.

import type { Asn } from '../core/asn.ts'
import type { Kind, Tag } from '../core/incident.ts'
import { type Instant, minutes, type Span } from '../core/time.ts'
import { UNKNOWN_PATH, type View } from '../core/view.ts'

/** Gone for so long, it begins anew. */
const APART: Span = minutes(5)
/** So long it takes until all have gone over from one origin to another (detection.md §6.3). */
export const CONVERGED: Span = minutes(5)
/** So many of its routes are looked at closely; the others go the same ways. */
const LOOKED = 8
const MOST_SAMPLES = 2
/** ASNs like these are typed instead of a number of prepends. */
export const SMALL = 25

export interface ConflictSample {
  readonly vantage: number
  readonly prefix: number
  readonly before: number
  readonly after: number
  readonly file: number
  readonly offset: number
}

export class Conflict {
  readonly prefix: number
  readonly origin: Asn
  /** Whose it is; 0 = nobody's, as far as we know. */
  readonly victim: Asn
  readonly kind: Kind
  /** Nearest less specific that somebody carries, -1 = none. */
  readonly cover: number
  /** More-specifics of the victim inside it: what a less-specific is after. */
  readonly inside: readonly number[]
  /** Vantage points that hold it. */
  readonly held = new Set<number>()
  /** Those that held it since the last tick and do not any more. */
  readonly passed = new Set<number>()
  readonly samples: ConflictSample[] = []
  since: Instant = 0
  lastLeft: Instant = 0
  /** Of `looked` routes: the new origin was on the way to the old one, or the old one is on the way to it. */
  looked = 0
  upstream = 0
  behind = 0
  /** Routes taken up where there was none: the old origin had gone. */
  vacated = 0
  /** The new origin stands behind a network that it was not known to be a neighbour of. */
  newLink = false
  /** It reads like a number of prepends, or a digit too many. */
  typo = false
  /** It was not known what was there before. */
  guessed = false
  /** When all had gone over to it, and when they no longer had; 0 = not yet. */
  movedAt: Instant = 0
  movedUntil: Instant = 0
  tags: readonly Tag[] = []
  score = 0
  /** How many held it when that was worked out. */
  weighed = 0
  /** Somebody's right, by what is known of them: it takes no part in anything larger. */
  benign = false

  constructor(
    about: Pick<Conflict, 'prefix' | 'origin' | 'victim' | 'kind' | 'cover'>,
    inside: readonly number[] = [],
  ) {
    this.prefix = about.prefix
    this.origin = about.origin
    this.victim = about.victim
    this.kind = about.kind
    this.cover = about.cover
    this.inside = inside
  }

  /** It looked like a move till lately: whether the undoing is as quick is not known yet. */
  isUndone(at: Instant): boolean {
    return this.held.size > 0 && this.movedUntil > 0 && at - this.movedUntil <= CONVERGED
  }

  /** Vantage points that hold it, or did since the last tick. */
  *witnesses(): Iterable<number> {
    yield* this.held
    for (const vantage of this.passed) if (!this.held.has(vantage)) yield vantage
  }

  /** A route takes it up; false when it was there. `cause` of the view has it all. */
  join(view: View, isNeighbour: (a: Asn, b: Asn) => boolean): boolean {
    const { at, vantage, before, after, file, offset, prefix } = view.cause
    if (this.held.has(vantage)) return false
    if (this.held.size === 0 && (this.since === 0 || at - this.lastLeft > APART)) {
      this.since = at
      this.looked = this.upstream = this.behind = this.vacated = 0
      this.movedAt = this.movedUntil = 0
      this.samples.length = 0
    }
    this.held.add(vantage)
    this.passed.delete(vantage)
    if (before === 0) this.vacated++
    if (before === UNKNOWN_PATH) this.guessed = true
    if (this.looked < LOOKED) this.#look(view, isNeighbour)
    if (this.samples.length < MOST_SAMPLES)
      this.samples.push({ vantage, prefix, before, after, file, offset })
    return true
  }

  /** Whether somebody who is heard holds it. */
  isHeld(isHeard: (vantage: number) => boolean): boolean {
    for (const vantage of this.held) if (isHeard(vantage)) return true
    return false
  }

  leave(at: Instant, vantage: number): boolean {
    if (!this.held.delete(vantage)) return false
    this.passed.add(vantage)
    this.lastLeft = at
    return true
  }

  #look(view: View, isNeighbour: (a: Asn, b: Asn) => boolean): void {
    const { vantage, before, after } = view.cause
    this.looked++
    const hops = view.hops(after)
    const beside = hops[hops.length - 2] ?? 0
    if (includes(hops, this.victim, hops.length - 1)) this.behind++
    if (beside !== 0 && beside !== this.victim && !isNeighbour(beside, this.origin))
      this.newLink = true
    this.typo ||=
      (beside === this.victim && this.origin <= SMALL) || isSlip(this.origin, this.victim)
    const was = this.cover >= 0 ? view.pathAt(vantage, this.cover) : before
    // The vantage point's own ASN is on the way to everything it has.
    const way = view.hops(was)
    for (let i = 1; i < way.length; i++) if (way[i] === this.origin) this.upstream++
  }
}

function includes(hops: ArrayLike<Asn>, asn: Asn, end: number): boolean {
  for (let i = 0; i < end; i++) if (hops[i] === asn) return true
  return false
}

/** Whether one digit was left out, put in, or struck wrongly. */
function isSlip(a: Asn, b: Asn): boolean {
  const [short = '', long = ''] = [`${a}`, `${b}`].sort((x, y) => x.length - y.length)
  if (long.length - short.length > 1 || short.length < 4) return false
  let i = 0
  while (i < short.length && short[i] === long[i]) i++
  return short.slice(long.length > short.length ? i : i + 1) === long.slice(i + 1)
}
