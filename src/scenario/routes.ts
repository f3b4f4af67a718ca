// Which way every AS goes to an origin when all is calm: Gao and Rexford's rules. A customer's
// route earns money and is preferred, then a peer's, then a provider's; among equals the shorter
// path, then the lower neighbour ASN. Nobody carries traffic between two that do not pay: what
// comes from a peer or provider is told to customers only, so every path goes up, at most once
// across, and down.

import type { Asn } from '../core/asn.ts'
import type { Internet } from './internet.ts'
import type { Edge, Role } from './links.ts'

export type Path = readonly Asn[]

export interface Route {
  /** As heard from the neighbour: it first, the origin last; empty at the origin itself. */
  readonly path: Path
  /** The edge it was heard over; -1 at the origin itself. */
  readonly via: number
}

const PREFERENCE: Record<Role, number> = { customer: 0, peer: 1, provider: 2 }

interface Learnt {
  /** What the neighbour it came from is to us. */
  readonly role: Role
  readonly path: Path
}

/** Whether `a` is the better of two routes to the same place. */
export function prefers(a: Learnt, b: Learnt): boolean {
  const rank = PREFERENCE[a.role] - PREFERENCE[b.role]
  if (rank !== 0) return rank < 0
  if (a.path.length !== b.path.length) return a.path.length < b.path.length
  return (a.path[0] as Asn) < (b.path[0] as Asn)
}

export const samePath = (a: Path | null | undefined, b: Path | null | undefined): boolean =>
  a === b || (!!a && !!b && a.length === b.length && a.every((asn, i) => asn === b[i]))

/** What was learnt from `from` (null: our own) may be told to `to`. */
export const mayExport = (from: Role | null, to: Role): boolean =>
  from === null || from === 'customer' || to === 'customer'

/** The stable routes of all nodes to one origin, in three sweeps: up, across, down. */
export function stableRoutes(net: Internet, origin: number): (Route | null)[] {
  const routes = net.asns.map((): Route | null => null)
  const edge = (e: number) => net.edges[e] as Edge
  const extend = (node: number): Asn[] => [net.asns[node] as Asn, ...(routes[node]?.path ?? [])]
  const byAsn = (a: number, b: number) => (net.asns[a] as Asn) - (net.asns[b] as Asn)
  routes[origin] = { path: [], via: -1 }

  /** Tells the neighbours of one role; who knows no route yet takes it. Returns those. */
  const tell = (node: number, role: Role): number[] => {
    const news: number[] = []
    for (const e of net.out[node] ?? []) {
      const { to, role: theirs } = edge(e)
      if (theirs !== role || routes[to] || net.latent?.has(e >> 1)) continue
      routes[to] = { path: extend(node), via: e ^ 1 }
      news.push(to)
    }
    return news
  }

  // Up: level by level, lowest ASN first, so whoever tells first is preferred.
  let level = [origin]
  while (level.length > 0) level = level.sort(byAsn).flatMap((node) => tell(node, 'provider'))

  // Across: one step only, judged all at once because a peer's route is not told to peers.
  const across: [number, Route][] = []
  for (let node = 0; node < routes.length; node++) {
    if (routes[node]) continue
    const found = bestPeer(net, routes, node)
    if (found) across.push([node, found])
  }
  for (const [node, route] of across) routes[node] = route

  // Down: shortest first, whatever kind of route it is that is passed on.
  const queue: number[][] = []
  const put = (node: number) => {
    const length = routes[node]?.path.length ?? 0
    queue[length] ??= []
    queue[length].push(node)
  }
  routes.forEach((route, node) => {
    if (route) put(node)
  })
  for (let length = 0; length < queue.length; length++)
    for (const node of (queue[length] ?? []).sort(byAsn)) tell(node, 'customer').forEach(put)
  return routes
}

function bestPeer(net: Internet, routes: readonly (Route | null)[], node: number): Route | null {
  let best: Route | null = null
  for (const e of net.out[node] ?? []) {
    const { to, role } = net.edges[e] as Edge
    const theirs = routes[to]
    if (role !== 'peer' || !theirs || net.latent?.has(e >> 1)) continue
    const path = [net.asns[to] as Asn, ...theirs.path]
    if (!best || prefers({ role, path }, { role, path: best.path })) best = { path, via: e }
  }
  return best
}
