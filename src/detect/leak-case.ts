// The routes that one suspicious link carries now: `by` passes to `to` what it was not known to pass.
// Counted as routes take up and leave the link, so that the present is always at hand.

import type { Asn } from '../core/asn.ts'
import { type Instant, minutes, type Span, seconds } from '../core/time.ts'
import type { Cause } from '../core/view.ts'

/** What about the link is suspicious; bits. */
export const Reason = {
  /** Two transit-free networks with a third between them (detection.md §4.7). */
  cliqueBreak: 1,
  /** `by` buys from both sides: what it learned from one provider it told the other (RFC 7908 type 1). */
  hairpin: 2,
  /** `by` was never seen to pass anything to `to`. */
  newLink: 4,
  /** The new link was met behind ordinary ones: `to` is used to pass on what it hears. */
  approached: 8,
} as const

const TICK: Span = seconds(10)
const REMEMBERED: Span = minutes(15)
/** So little of what the link carries at the end was there before it began. */
const BEFORE = 0.02
const MOST_SAMPLES = 5

/** Prefix numbers stay below this. */
const PREFIXES = 2 ** 32
/** Those of the first thousand vantage points and two million prefixes: small integers are cheap keys. */
const FEW_PREFIXES = 2 ** 21
const FEW_VANTAGES = 2 ** 10

function routeKey({ vantage, prefix }: Readonly<Cause>): number {
  if (vantage < FEW_VANTAGES && prefix < FEW_PREFIXES) return vantage * FEW_PREFIXES + prefix
  return (vantage + 1) * PREFIXES + prefix
}

interface Mark {
  readonly at: Instant
  readonly routes: number
  /** First route taken up after that instant; 0 = none. */
  firstAfter: Instant
}

export class LeakCase {
  readonly by: Asn
  readonly to: Asn
  /** Bits of Reason of all its paths. */
  reasons = 0
  /** Place of the link in its paths, 0 = the vantage point's own; the nearest seen. */
  place = Number.POSITIVE_INFINITY
  peak = 0
  lastLeft: Instant = 0
  /** Path → routes on it now. */
  readonly paths = new Map<number, number>()
  /** Neighbour the routes were learned from → routes. */
  readonly from = new Map<Asn, number>()
  /** Vantage point → routes. */
  readonly vantages = new Map<number, number>()
  readonly prefixes = new Map<number, number>()
  readonly origins = new Map<Asn, number>()
  readonly samples: { vantage: number; prefix: number; before: number; after: number }[] = []
  readonly elements: { file: number; offset: number }[] = []
  readonly #routes = new Set<number>()
  #marks: Mark[] = []

  constructor(by: Asn, to: Asn) {
    this.by = by
    this.to = to
  }

  get routes(): number {
    return this.#routes.size
  }

  /** A route takes up a path over the link; `from` and `origin` are that path's. */
  join(cause: Readonly<Cause>, from: Asn, origin: Asn): void {
    const key = routeKey(cause)
    if (this.#routes.has(key)) return
    this.#routes.add(key)
    if (this.#routes.size > this.peak) this.peak = this.#routes.size
    this.#count(cause, cause.after, from, origin, 1)
    const mark = this.#marks.at(-1)
    if (!mark) this.#marks.push({ at: cause.at - 1, routes: 0, firstAfter: cause.at })
    else if (mark.firstAfter === 0) mark.firstAfter = cause.at
    if (this.samples.length < MOST_SAMPLES) {
      const { vantage, prefix, before, after, file, offset } = cause
      this.samples.push({ vantage, prefix, before, after })
      this.elements.push({ file, offset })
    }
  }

  /** A route leaves a path over the link; `from` and `origin` are that path's. */
  leave(cause: Readonly<Cause>, from: Asn, origin: Asn): void {
    if (!this.#routes.delete(routeKey(cause))) return
    this.lastLeft = cause.at
    this.#count(cause, cause.before, from, origin, -1)
  }

  holds(cause: Readonly<Cause>): boolean {
    return this.#routes.has(routeKey(cause))
  }

  #count({ vantage, prefix }: Cause, path: number, from: Asn, origin: Asn, by: 1 | -1): void {
    change(this.paths, path, by)
    change(this.from, from, by)
    change(this.origins, origin, by)
    change(this.vantages, vantage, by)
    change(this.prefixes, prefix, by)
  }

  tick(at: Instant): void {
    const last = this.#marks.at(-1)
    if (last && last.at > at - TICK && last.routes === this.routes) return
    this.#marks.push({ at, routes: this.routes, firstAfter: 0 })
    let old = 0
    // The last one before that time stays: what has happened since then is told by it.
    while (old < this.#marks.length - 1 && (this.#marks[old + 1] as Mark).at < at - REMEMBERED)
      old++
    if (old > 0) this.#marks = this.#marks.slice(old)
  }

  /** When what it carries now began: a link may have carried a stray route for long before. */
  get since(): Instant {
    const few = Math.max(2, BEFORE * this.peak)
    for (let i = this.#marks.length - 1; i >= 0; i--) {
      const mark = this.#marks[i] as Mark
      if (mark.routes > few) continue
      for (let k = i; k < this.#marks.length; k++) {
        const { firstAfter } = this.#marks[k] as Mark
        if (firstAfter > 0) return firstAfter
      }
    }
    const known = this.#marks.find((mark) => mark.firstAfter > 0)?.firstAfter
    return known ?? this.#marks[0]?.at ?? 0
  }
}

function change<K>(counts: Map<K, number>, key: K, by: 1 | -1): void {
  const n = (counts.get(key) ?? 0) + by
  if (n === 0) counts.delete(key)
  else counts.set(key, n)
}
