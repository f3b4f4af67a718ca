// How the world reaches one watched network in one family: through which direct upstreams and which
// transits, as shares of the routes that vantage points hold; and how that ordinarily is.

import type { Asn } from '../core/asn.ts'
import type { Context } from '../core/context.ts'
import type { Afi } from '../core/prefix.ts'
import { type Instant, minutes, type Span } from '../core/time.ts'
import { UNKNOWN_PATH, type View } from '../core/view.ts'
import { firstOf } from './address.ts'

/** So many prefixes are asked; they speak for the others. */
const ASKED = 64
/** Weight of a new look in what is ordinary, and how often it is given: hours to forget. */
const WEIGHT = 0.1
const OFTEN: Span = minutes(10)
/** Shares below are not kept. */
const LEAST = 0.001
const MOST_NEIGHBOURS = 10_000

export interface Witnesses {
  readonly asns: Set<Asn>
  readonly collectors: Set<string>
}

export interface Look {
  readonly at: Instant
  readonly routes: number
  /** Part of the routes that go by each direct upstream; by each transit, upstreams among them. */
  readonly upstreams: ReadonlyMap<Asn, number>
  readonly transits: ReadonlyMap<Asn, number>
  /** Who holds a route through each neighbour. */
  readonly witnesses: ReadonlyMap<Asn, Witnesses>
  /** Of those who ordinarily carry its prefixes, how many do. */
  readonly visibility: number
}

export class PathBook {
  readonly asn: Asn
  readonly afi: Afi
  /** Direct neighbours ever seen in ordinary paths. */
  readonly neighbours = new Set<Asn>()
  readonly upstreams = new Map<Asn, number>()
  readonly transits = new Map<Asn, number>()
  dirty = true
  /** How many told what is ordinary. */
  voters = 0
  look: Look | null = null
  before: Look | null = null
  #learnedAt: Instant = 0

  constructor(asn: Asn, afi: Afi) {
    this.asn = asn
    this.afi = afi
  }

  meet(neighbour: Asn): void {
    if (this.neighbours.size < MOST_NEIGHBOURS) this.neighbours.add(neighbour)
  }

  /** Looks at the routes as they are; null when there are none to judge by. */
  observe(view: View, context: Context, at: Instant): Look | null {
    this.dirty = false
    const mine = view.prefixesOf(this.asn).filter((p) => view.afi(p) === this.afi)
    const counts = { upstreams: new Map<Asn, number>(), transits: new Map<Asn, number>() }
    const witnesses = new Map<Asn, Witnesses>()
    let routes = 0
    let visible = 0
    let reference = 0
    for (const prefix of firstOf(view, mine, ASKED)) {
      visible += Math.min(view.visible(prefix), view.reference(prefix))
      reference += view.reference(prefix)
      view.eachRoute(prefix, (vantage, path) => {
        if (path <= UNKNOWN_PATH || view.pathOrigin(path) !== this.asn) return
        const hops = ways(view.hops(path), context)
        if (hops.length < 2) return
        routes++
        const upstream = hops[hops.length - 2] as Asn
        add(counts.upstreams, upstream)
        const { asn, collector } = view.vantagePoint(vantage)
        let seen = witnesses.get(upstream)
        if (!seen) {
          seen = { asns: new Set(), collectors: new Set() }
          witnesses.set(upstream, seen)
        }
        seen.asns.add(asn)
        seen.collectors.add(collector)
        // The first is the vantage point's own network, which carries nobody else's traffic for that.
        for (let i = 1; i < hops.length - 1; i++) add(counts.transits, hops[i] as Asn)
      })
    }
    this.before = this.look
    this.look = null
    if (routes === 0) return null
    this.look = {
      at,
      routes,
      upstreams: shares(counts.upstreams, routes),
      transits: shares(counts.transits, routes),
      witnesses,
      visibility: reference === 0 ? 1 : visible / reference,
    }
    return this.look
  }

  /** What is, becomes a little more what is ordinary; nothing while there is trouble with it. */
  learn(at: Instant, trouble: boolean): void {
    if (!this.look || at - this.#learnedAt < OFTEN) return
    const first = this.#learnedAt === 0
    this.#learnedAt = at
    if (trouble && !first) return
    mix(this.upstreams, this.look.upstreams, first ? 1 : WEIGHT)
    mix(this.transits, this.look.transits, first ? 1 : WEIGHT)
  }

  /** From now on it is as it is now. */
  accept(voters: number): void {
    this.voters = voters
    if (!this.look) return
    mix(this.upstreams, this.look.upstreams, 1)
    mix(this.transits, this.look.transits, 1)
  }
}

/** Without route servers, which carry nothing; nearest the collector first. */
export function ways(hops: ArrayLike<Asn>, context: Context): Asn[] {
  const out: Asn[] = []
  for (let i = 0; i < hops.length; i++) {
    const asn = hops[i] as Asn
    if (!context.isRouteServer(asn)) out.push(asn)
  }
  return out
}

const add = (counts: Map<Asn, number>, asn: Asn) => counts.set(asn, (counts.get(asn) ?? 0) + 1)

const shares = (counts: ReadonlyMap<Asn, number>, of: number): Map<Asn, number> =>
  new Map([...counts].sort(([a], [b]) => a - b).map(([asn, n]) => [asn, n / of]))

function mix(usual: Map<Asn, number>, now: ReadonlyMap<Asn, number>, weight: number): void {
  for (const asn of new Set([...usual.keys(), ...now.keys()])) {
    const share = (1 - weight) * (usual.get(asn) ?? 0) + weight * (now.get(asn) ?? 0)
    if (share < LEAST) usual.delete(asn)
    else usual.set(asn, share)
  }
}
