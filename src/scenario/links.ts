// Who is linked to whom, and who pays: the wiring of the small Internet.

import type { Asn } from '../core/asn.ts'
import type { Dice } from './dice.ts'

/** What the far end of an edge is to the near end. */
export type Role = 'customer' | 'peer' | 'provider'

/** One direction of a link; `edge ^ 1` is the other, `edge >> 1` the link. */
export interface Edge {
  readonly from: number
  readonly to: number
  readonly role: Role
}

/** Nodes by rank; `large` and `small` sell transit. */
export interface Tiers {
  readonly clique: readonly number[]
  readonly large: readonly number[]
  readonly small: readonly number[]
  readonly stubs: readonly number[]
}

export class Web {
  readonly asns: Asn[] = []
  readonly edges: Edge[] = []
  readonly out: number[][] = []

  add(asn: Asn): number {
    this.out.push([])
    return this.asns.push(asn) - 1
  }

  transit(customer: number, provider: number): void {
    this.#link(customer, provider, 'provider', 'customer')
  }

  peering(a: number, b: number): void {
    this.#link(a, b, 'peer', 'peer')
  }

  #link(a: number, b: number, there: Role, back: Role): void {
    if (a === b || this.out[a]?.some((e) => this.edges[e]?.to === b)) return
    this.out[a]?.push(this.edges.push({ from: a, to: b, role: there }) - 1)
    this.out[b]?.push(this.edges.push({ from: b, to: a, role: back }) - 1)
  }

  providersOf(node: number): number[] {
    const edges = (this.out[node] ?? []).map((e) => this.edges[e] as Edge)
    return edges.filter((e) => e.role === 'provider').map((e) => e.to)
  }
}

/** Transit-free networks all peer; large ones buy from them, small ones from large ones. */
export function joinTransit(web: Web, dice: Dice, { clique, large, small }: Tiers) {
  clique.forEach((a, i) => {
    for (const b of clique.slice(i + 1)) web.peering(a, b)
  })
  large.forEach((a, i) => {
    for (const provider of dice.some(clique, dice.int(2, 3), 1.3)) web.transit(a, provider)
    for (const b of large.slice(i + 1)) if (dice.chance(0.3)) web.peering(a, b)
  })
  small.forEach((a, i) => {
    const above = dice.chance(0.75) ? large : clique
    for (const provider of dice.some(above, dice.int(1, 3), 1.3)) web.transit(a, provider)
    for (const b of small.slice(i + 1)) if (dice.chance(0.06)) web.peering(a, b)
  })
}

/** About a third of all stubs have one provider, most of the others two. */
export function joinStubs(web: Web, dice: Dice, { clique, large, small, stubs }: Tiers) {
  for (const node of stubs) {
    const sellers = dice.chance(0.12) ? clique : dice.chance(0.3) ? large : small
    for (const provider of dice.some(sellers, dice.pick([1, 1, 2, 2, 2, 3]), 1.5))
      web.transit(node, provider)
  }
}

/** Three transit-free providers, peers among the large, customers that all have another way out. */
export function joinWatched(
  web: Web,
  dice: Dice,
  watched: number,
  { clique, large, stubs }: Tiers,
) {
  // The first of the clique has the largest cone and wins ties; what is leaked from it is much.
  const [largest = 0, ...others] = clique
  for (const provider of [largest, ...dice.some(others, 2)]) web.transit(watched, provider)
  for (const peer of dice.some(large, 4)) web.peering(watched, peer)
  for (const customer of dice.some(stubs, 4)) web.transit(customer, watched)
}

/** What it learns from the provider it shares with the watched AS it could leak to others. */
export function joinMultihomed(
  web: Web,
  dice: Dice,
  node: number,
  watched: number,
  { clique }: Tiers,
) {
  const theirs = web.providersOf(watched)
  const others = clique.filter((c) => !theirs.includes(c))
  web.transit(node, Math.min(...theirs))
  for (const provider of dice.some(others, 2)) web.transit(node, provider)
}
