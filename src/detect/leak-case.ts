// The routes that one suspicious link carries now: `by` passes to `to` what it was not known to pass.
// Counted as routes take up and leave the link, so that the present is always at hand.

import type { Asn } from '../core/asn.ts'
import { type Instant, minutes, type Span, seconds } from '../core/time.ts'
import type { Cause } from '../core/view.ts'
import { RoutePaths } from './route-paths.ts'

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
  /** Only-to-Customer (RFC 9234) was set before it came to `by`, and `to` is no customer. */
  otc: 16,
  /** ASPA: neither may it have come up to `by`, nor go down to `to`. */
  aspa: 32,
  /** A file of relationships: neither `from` nor `to` is a customer. */
  filed: 64,
  /** Neither seems to be a customer, one of them only because no path through the clique voted. */
  unpaid: 128,
  /** `by` passed nothing on before, and now stands between two that pass on much. */
  popUp: 256,
} as const

/** What may alert without a great number of routes (detection.md §4.6b). */
export const STRONG = Reason.cliqueBreak | Reason.hairpin | Reason.otc | Reason.aspa | Reason.filed
export const WEAK = Reason.unpaid | Reason.popUp

const TICK: Span = seconds(10)
const REMEMBERED: Span = minutes(15)
/** So little of what the link carries at the end was there before it began. */
const BEFORE = 0.02
const MOST_SAMPLES = 5
/** So many marks that do not count are thrown away together. */
const MOST_OLD = 64

interface Mark {
  readonly at: Instant
  readonly routes: number
  /** First route taken up after that instant; 0 = none. */
  firstAfter: Instant
}

/** What one path over the link carries. */
export interface Carried {
  readonly path: number
  routes: number
  /** Neighbour the routes were learned from, and who originates them. */
  readonly from: Asn
  readonly origin: Asn
}

export class LeakCase {
  readonly by: Asn
  readonly to: Asn
  /** Bits of Reason of all its paths. */
  reasons = 0
  /** Place of the link in its paths, 0 = the vantage point's own; the nearest seen. */
  place = Number.POSITIVE_INFINITY
  peak = 0
  /** Its routes have changed since the last tick. */
  touched = false
  lastLeft: Instant = 0
  /** Since when there has always been a route on it. */
  stoodSince: Instant = 0
  readonly samples: { vantage: number; prefix: number; before: number; after: number }[] = []
  readonly elements: { file: number; offset: number }[] = []
  /** All paths over the link, those that carry nothing now among them. */
  readonly #ways = new Map<number, Carried>()
  readonly #routes = new RoutePaths()
  /** Vantage points and prefixes → routes: counted from when somebody asks, for of most links nobody does. */
  #vantages: Map<number, number> | null = null
  #prefixes: Map<number, number> | null = null
  /** Paths that carry something; neighbours and origins → routes. Worked out when asked for. */
  #paths: Map<number, Carried> | null = null
  #from: Map<Asn, number> | null = null
  #origins: Map<Asn, number> | null = null
  readonly #marks: Mark[] = []
  /** How many of the marks are too old to count. */
  #old = 0

  constructor(by: Asn, to: Asn) {
    this.by = by
    this.to = to
  }

  get routes(): number {
    return this.#routes.size
  }

  get vantages(): ReadonlyMap<number, number> {
    this.#vantages ??= this.#count((vantage) => vantage)
    return this.#vantages
  }

  get prefixes(): ReadonlyMap<number, number> {
    this.#prefixes ??= this.#count((_, prefix) => prefix)
    return this.#prefixes
  }

  #count(of: (vantage: number, prefix: number) => number): Map<number, number> {
    const counts = new Map<number, number>()
    this.#routes.each((vantage, prefix) => change(counts, of(vantage, prefix), 1))
    return counts
  }

  get paths(): ReadonlyMap<number, Carried> {
    this.#paths ??= new Map([...this.#ways].filter(([, { routes }]) => routes > 0))
    return this.#paths
  }

  /** Neighbour the routes were learned from → routes. */
  get from(): ReadonlyMap<Asn, number> {
    this.#from ??= this.#sum(({ from }) => from)
    return this.#from
  }

  get origins(): ReadonlyMap<Asn, number> {
    this.#origins ??= this.#sum(({ origin }) => origin)
    return this.#origins
  }

  #sum(of: (carried: Carried) => Asn): Map<Asn, number> {
    const sums = new Map<Asn, number>()
    for (const carried of this.#ways.values())
      if (carried.routes > 0) sums.set(of(carried), (sums.get(of(carried)) ?? 0) + carried.routes)
    return sums
  }

  /** A path over the link, and what is on it; `from` and `origin` are the path's. */
  way(path: number, from: Asn, origin: Asn): Carried {
    const known = this.#ways.get(path)
    if (known) return known
    const carried = { path, routes: 0, from, origin }
    this.#ways.set(path, carried)
    return carried
  }

  /** A route takes up a path over the link. False when it was on one. */
  join(cause: Readonly<Cause>, way: Carried): boolean {
    const { vantage, prefix } = cause
    if (!this.#routes.add(vantage, prefix, way.path)) return false
    if (this.#routes.size === 1) this.stoodSince = cause.at
    if (this.#routes.size > this.peak) this.peak = this.#routes.size
    this.#recount(cause, 1)
    this.#take(cause, way)
    return true
  }

  /** A route leaves the link; false when it was not on it. */
  leave(cause: Readonly<Cause>, way: Carried): boolean {
    const path = this.#routes.delete(cause.vantage, cause.prefix)
    if (path === 0) return false
    this.#recount(cause, -1)
    this.lastLeft = cause.at
    this.#drop(path, way)
    return true
  }

  /** A route goes over from one path over the link to another; false when it was not on the link. */
  move(cause: Readonly<Cause>, before: Carried, after: Carried): boolean {
    const { vantage, prefix } = cause
    const path = this.#routes.replace(vantage, prefix, after.path)
    if (path === 0) return false
    this.lastLeft = cause.at
    this.#drop(path, before)
    this.#take(cause, after)
    return true
  }

  #take(cause: Readonly<Cause>, way: Carried): void {
    way.routes++
    this.#paths = this.#from = this.#origins = null
    const mark = this.#marks[this.#marks.length - 1]
    if (!mark) this.#marks.push({ at: cause.at - 1, routes: 0, firstAfter: cause.at })
    else if (mark.firstAfter === 0) mark.firstAfter = cause.at
    if (this.samples.length < MOST_SAMPLES) {
      const { vantage, prefix, before, after, file, offset } = cause
      this.samples.push({ vantage, prefix, before, after })
      this.elements.push({ file, offset })
    }
  }

  #recount({ vantage, prefix }: Readonly<Cause>, by: 1 | -1): void {
    if (this.#routes.size === 0) this.#vantages = this.#prefixes = null
    if (this.#vantages) change(this.#vantages, vantage, by)
    if (this.#prefixes) change(this.#prefixes, prefix, by)
  }

  /** `way` is what it left, unless it went unseen to another path before. */
  #drop(path: number, way: Carried): void {
    const carried = way.path === path ? way : this.#ways.get(path)
    if (carried) carried.routes--
    this.#paths = this.#from = this.#origins = null
  }

  /** It is over: what comes next has a peak and samples of its own. */
  rest(): void {
    this.peak = this.routes
    this.samples.length = this.elements.length = 0
  }

  tick(at: Instant): void {
    const marks = this.#marks
    const last = marks.at(-1)
    if (last && last.at > at - TICK && last.routes === this.routes) return
    marks.push({ at, routes: this.routes, firstAfter: 0 })
    // The last one before that time stays: what has happened since then is told by it.
    while (this.#old < marks.length - 1 && (marks[this.#old + 1] as Mark).at < at - REMEMBERED)
      this.#old++
    if (this.#old < MOST_OLD) return
    marks.splice(0, this.#old)
    this.#old = 0
  }

  /** When what it carries now began: a link may have carried a stray route for long before. */
  get since(): Instant {
    const few = Math.max(2, BEFORE * this.peak)
    for (let i = this.#marks.length - 1; i >= this.#old; i--) {
      const mark = this.#marks[i] as Mark
      if (mark.routes > few) continue
      for (let k = i; k < this.#marks.length; k++) {
        const { firstAfter } = this.#marks[k] as Mark
        if (firstAfter > 0) return firstAfter
      }
    }
    const marks = this.#marks.slice(this.#old)
    return marks.find((mark) => mark.firstAfter > 0)?.firstAfter ?? marks[0]?.at ?? 0
  }
}

function change<K>(counts: Map<K, number>, key: K, by: 1 | -1): void {
  const n = (counts.get(key) ?? 0) + by
  if (n === 0) counts.delete(key)
  else counts.set(key, n)
}
