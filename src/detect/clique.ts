// Who is transit-free, out of paths alone (Luckie et al. 2013, AS Rank): of the networks with the most
// neighbours, those that are all adjacent and that none of them is seen to sell to the others.

import type { Asn } from '../core/asn.ts'
import type { Relations } from './relations.ts'

/** The largest are tried in all combinations, of the next so many each in turn. */
const LARGEST = 10
const NEXT = 40
/** A customer of one of the clique is passed on to all the others; a route that leaked once, to few. */
const BEHIND = 0.5

/** ASNs of the clique, in order; of a book that has learned paths, whatever clique it was given. */
export function inferClique(relations: Relations): Asn[] {
  const ranked = [...relations.networks]
    .map((asn) => ({ asn, degree: relations.degree(asn) }))
    .sort((a, b) => b.degree - a.degree || a.asn - b.asn)
    .slice(0, LARGEST + NEXT)
    .map(({ asn }) => asn)
  const clique = seedOf(relations, ranked.slice(0, LARGEST))
  for (const asn of ranked) {
    if (clique.includes(asn) || !clique.every((member) => relations.adjacent(asn, member))) continue
    if (!isBehind(relations, asn, clique)) clique.push(asn)
  }
  return clique.sort((a, b) => a - b)
}

/** Of those that are all adjacent the ones with the most neighbours together, without their customers. */
function seedOf(relations: Relations, largest: readonly Asn[]): Asn[] {
  let best: Asn[] = []
  let most = -1
  for (let set = 1; set < 1 << largest.length; set++) {
    const some = largest.filter((_, i) => (set & (1 << i)) !== 0)
    const size = some.reduce((sum, asn) => sum + relations.degree(asn), 0)
    if (size <= most) continue
    const fits = some.every((a, i) => some.slice(i + 1).every((b) => relations.adjacent(a, b)))
    if (!fits) continue
    best = some
    most = size
  }
  return best.filter((asn) => !isBehind(relations, asn, best))
}

/** Whether one of them passes its routes on to most of the others. */
function isBehind(relations: Relations, asn: Asn, clique: readonly Asn[]): boolean {
  const others = clique.filter((member) => member !== asn)
  if (others.length < 2) return false
  return others.some((by) => {
    const told = others.filter((to) => to !== by && relations.known(asn, by, to) > 0).length
    return told >= BEHIND * (others.length - 1)
  })
}
