// What own routers say of routing: external sessions, what comes over them, and the IGP inside.

import { type Reading, reading, share } from './gauge.ts'
import type { Conditions, Network } from './network.ts'

/** Entries of an ordinary IS-IS database of a national operator (fault-vs-flood.md §1.1). */
const ENTRIES = 10_000
const RUNS = 2
const PURGES = 0.6
const PUNTED = 1.5

export function control(net: Network, is: Conditions): Reading[] {
  return [...sessions(net, is), ...igp(net, is)]
}

function sessions({ border }: Network, is: Conditions): Reading[] {
  return border.flatMap(({ name: link, pop, router, peer, prefixes, limit }) => {
    const labels = { router, peer }
    const isDead = is.deadSessions.includes(link)
    // A session that has met its limit is closed, and what it carried stays in the counter.
    const received = isDead && is.received === 1 ? 0 : prefixes * is.received
    return [
      reading('bgp', 'session_up', { ...labels, link, pop }, isDead ? 0 : 1, 0),
      reading('bgp', 'rx_prefixes', labels, received, 0.001),
      share('bgp', 'rx_prefix_limit_ratio', labels, received / limit, 0.001),
    ]
  })
}

function igp({ routers, core, border }: Network, is: Conditions): Reading[] {
  const up = (router: string, link: string, pop: string) =>
    reading(
      'igp',
      'adjacency_up',
      { router, link, pop },
      is.deadAdjacencies.includes(link) ? 0 : 1,
      0,
    )
  return [
    ...routers.flatMap(({ name: router, pop }) => [
      reading('igp', 'lsdb_routes', { router, pop }, ENTRIES * is.entries, 0.004),
      reading('igp', 'spf_runs', { router, pop }, RUNS * is.runs, 0.15),
      reading('igp', 'lsp_purges', { router, pop }, PURGES * is.purges, 0.2),
      share('igp', 'cpu_routing', { router }, is.routingLoad, 0.08),
      reading('igp', 'cpu_punt_drops', { router }, PUNTED + is.punted, 0.2),
    ]),
    ...core.flatMap(({ name, ends }) => ends.map((pop) => up(`${pop}-core`, name, pop))),
    // The first hop of a border link is an IS-IS neighbour here: it carries its loopback.
    ...border.map(({ name, router, pop }) => up(router, name, pop)),
  ]
}
