// The judge of paths, written apart from the generator's own rules.

import type { Asn } from '../../src/core/asn.ts'
import type { Internet } from '../../src/scenario/internet.ts'
import type { Role } from '../../src/scenario/links.ts'

const roles = new WeakMap<Internet, Map<string, Role>>()

function rolesOf(net: Internet): Map<string, Role> {
  let known = roles.get(net)
  if (!known) {
    known = new Map(net.edges.map((e) => [`${net.asns[e.from]} ${net.asns[e.to]}`, e.role]))
    roles.set(net, known)
  }
  return known
}

/** From the origin on: once a path has gone across or down it may only go down (RFC 7908 §3). */
export function hasValley(net: Internet, path: readonly Asn[]): boolean {
  const known = rolesOf(net)
  const hops = path.filter((asn, i) => asn !== path[i - 1]).reverse()
  let descending = false
  for (let i = 0; i + 1 < hops.length; i++) {
    const role = known.get(`${hops[i]} ${hops[i + 1]}`)
    if (!role) throw new Error(`no link ${hops[i]} ${hops[i + 1]}`)
    if (descending && role !== 'customer') return true
    if (role !== 'provider') descending = true
  }
  return false
}
