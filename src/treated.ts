// What RFC 7606 has a router treat as a withdrawal, in words: a fault of peers that their operators
// should hear of.

import type { Table } from './table/table.ts'

/** So many peers are named. */
const NAMED = 3

/** Null when there was nothing of the kind. */
export function treatedAsWithdraw({ peers, vantages }: Table): string | null {
  const faulty = peers.list.filter((peer) => peer.treatedAsWithdraw > 0)
  if (faulty.length === 0) return null
  const total = faulty.reduce((n, peer) => n + peer.treatedAsWithdraw, 0)
  // Who comes first of equals must not depend on who was met first.
  const { rank } = vantages
  faulty.sort(
    (a, b) =>
      b.treatedAsWithdraw - a.treatedAsWithdraw || (rank[a.id] as number) - (rank[b.id] as number),
  )
  const named = faulty.slice(0, NAMED).map((peer) => {
    const { collector, address, asn } = vantages.get(peer.id)
    return `${peer.treatedAsWithdraw} of AS${asn} at ${address} (${collector})`
  })
  const others = faulty.length - named.length
  if (others > 0) named.push(`others of ${others} more`)
  const messages = total === 1 ? '1 message has' : `${total} messages have`
  return (
    `${messages} attributes that RFC 7606 treats as a withdrawal; ` +
    `nobody withdrew, so their routes were kept: ${named.join(', ')}`
  )
}
