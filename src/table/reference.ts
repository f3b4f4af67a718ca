// What a vantage point ordinarily carries. A route becomes part of it when it was there at two looks
// ten minutes apart, and leaves it when others carry the prefix and it was missing at two looks a day
// apart; a prefix that everybody lost is not forgotten for a week, or an outage would end by itself.

import { hours, type Instant, minutes, type Span, seconds } from '../core/time.ts'
import { PeerState, Seen, UNKNOWN_PATH } from '../core/view.ts'
import { Mark } from './paths.ts'
import type { Peer } from './peers.ts'
import { DISPLACED, PATH, PENDING, REFERENCE } from './rib.ts'
import type { Table } from './table.ts'

const LOOK: Span = minutes(10)
const FORGET: Span = hours(24)
const LONGEST: Span = hours(24 * 7)
const TICK: Span = seconds(10)
const SLOTS = LOOK / TICK

/** Looks at one vantage point in sixty a tick, so that no tick has to bear the whole table. */
export function season(table: Table, at: Instant): void {
  const tick = Math.floor(at / TICK)
  const forgetting = Math.floor(tick / SLOTS) % (FORGET / LOOK) === 0
  for (const peer of table.peers.list) {
    if (peer.state !== PeerState.active || slotOf(table, peer) !== tick % SLOTS) continue
    look(table, peer, at, forgetting)
  }
}

/** By what the vantage point is, not by when we met it: the order of arrival must not show. */
function slotOf(table: Table, peer: Peer): number {
  if (peer.slot >= 0) return peer.slot
  const { collector, address, asn } = table.vantages.get(peer.id)
  let hash = asn | 0
  for (const text of [collector, address])
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  peer.slot = (hash >>> 0) % SLOTS
  return peer.slot
}

function look(table: Table, peer: Peer, at: Instant, forgetting: boolean): void {
  const { rib, paths, standing } = table
  const visit = (prefix: number, word: number): number => {
    const path = word & PATH
    if (path !== 0) {
      if ((word & REFERENCE) !== 0 || ((paths.mark[path] as number) & Mark.leaked) !== 0)
        return word
      if ((word & PENDING) === 0) return word | PENDING
      table.changeReference(peer, prefix, 1)
      if (path !== UNKNOWN_PATH) table.learn(path)
      return (word & ~(PENDING | DISPLACED)) | REFERENCE
    }
    if (!forgetting || (word & REFERENCE) === 0) return word
    const seen = standing.seen[prefix] as number
    const missed = seen === Seen.lost || seen === Seen.down
    if (missed && at - (standing.lastLoss[prefix] as number) < LONGEST) return word
    if ((word & PENDING) === 0) return word | PENDING
    table.changeReference(peer, prefix, -1)
    return word & ~(PENDING | REFERENCE)
  }
  if (forgetting) rib.sweep(peer.id, visit)
  else rib.sweepUnsettled(peer.id, visit)
}
