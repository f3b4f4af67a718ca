// Parts that are joined to an Internet for the sake of an event: a scrubber, and regions that have one
// way to the world, an island or a country with one carrier.

import type { Asn } from '../core/asn.ts'
import { seconds } from '../core/time.ts'
import type { Dice } from './dice.ts'
import { CLIQUE, type Internet } from './internet.ts'
import { Web } from './links.ts'
import type { Atom } from './space.ts'

const ROUTER = { interval: seconds(30), holdsWithdrawals: false }
/** Networks of a region, and prefixes of each: enough for a burst (detection.md §10.4). */
const REGION = { networks: 36, prefixes: 9 }
/** Below the invented numbers of the rest. */
const FIRST_ASN = 29_000

/** One network more, a customer of these; the ASes that were there keep their numbers. */
function join(net: Internet, asns: readonly Asn[], wire: (web: Web, nodes: number[]) => void) {
  const web = new Web()
  web.asns.push(...net.asns)
  web.edges.push(...net.edges)
  web.out.push(...net.out.map((list) => [...list]))
  const nodes = asns.map((asn) => web.add(asn))
  wire(web, nodes)
  const routers = [...net.routers, ...nodes.map(() => ROUTER)]
  return { net: { ...net, asns: web.asns, edges: web.edges, out: web.out, routers }, nodes }
}

export function withScrubber(net: Internet, asn: Asn): Internet {
  return join(net, [asn], (web, [node = 0]) => {
    for (const provider of [2, 3]) web.transit(node, provider)
  }).net
}

export function withRegion(given: Internet, dice: Dice, number: number): Internet {
  const size = REGION.networks + 1
  const asns = Array.from({ length: size }, (_, i) => FIRST_ASN + number * size + i)
  const { net, nodes } = join(given, asns, (web, [carrier = 0, ...networks]) => {
    for (const provider of dice.some(CLIQUE, 2)) web.transit(carrier, CLIQUE.indexOf(provider))
    for (const node of networks) web.transit(node, carrier)
  })
  const atoms = nodes.flatMap((origin): Atom[] => {
    const text = (i: number) => `${60 + (origin >> 8)}.${origin & 255}.${i * 4}.0/24`
    const prefixes = Array.from({ length: REGION.prefixes }, (_, i) => text(i))
    return [3, 6].map((cut, i) => ({
      origin,
      afi: 4,
      prefixes: i === 0 ? prefixes.slice(0, cut) : prefixes.slice(3),
    }))
  })
  return { ...net, atoms: [...net.atoms, ...atoms] }
}
