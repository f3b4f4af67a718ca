// What all vantage points of a made Internet hold when it begins, and who is what to whom there.

import type { Asn } from '../../src/core/asn.ts'
import type { Internet } from '../../src/scenario/internet.ts'
import type { Role } from '../../src/scenario/links.ts'
import { stableRoutes } from '../../src/scenario/routes.ts'

/** Each path once, nearest the collector first. */
export function startingPaths(net: Internet): Asn[][] {
  const nodes = new Set(net.sessions.map(({ node }) => node))
  const paths = new Map<string, Asn[]>()
  for (let origin = 0; origin < net.asns.length; origin++) {
    const routes = stableRoutes(net, origin)
    for (const node of nodes) {
      const path = [net.asns[node] as Asn, ...(routes[node]?.path ?? [])]
      if (path.length > 1) paths.set(path.join(' '), path)
    }
  }
  return [...paths.values()]
}

/** What the first is to the second. */
export function rolesOf(net: Internet): (of: Asn, to: Asn) => Role | undefined {
  const roles = new Map(
    net.edges.map(({ from, to, role }) => [`${net.asns[to]} ${net.asns[from]}`, role]),
  )
  return (of, to) => roles.get(`${of} ${to}`)
}
