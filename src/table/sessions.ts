// The life of a session: who comes up, tells its table, falls, and whom we have lost sight of. What a
// session that is not active says, or does not say, is evidence of nothing (detection.md §10.3).

import type { Gap } from '../core/fact.ts'
import { type Instant, minutes, type Span } from '../core/time.ts'
import { PeerState, Seen } from '../core/view.ts'
import type { Peer } from './peers.ts'
import { PATH, STALE } from './rib.ts'
import type { Table } from './table.ts'

/**
 * Session resets that nobody told us of (MCT, Zhang 2005): so much of the table announced again as it was,
 * most of it within five minutes. What is said before it is noticed is little.
 */
const RETOLD = 0.7
const RETOLD_WITHIN: Span = minutes(5)
/**
 * So much of the table again in one tick makes one look. A small table is told in one tick or two: a few
 * dozen routes of it are what is repeated at any time.
 */
const SUSPICIOUS = 0.02
const SUSPICIOUS_OF_SMALL = 0.1
const SUSPICIOUS_ROUTES = 20
const MANY_ROUTES = 500

/** How many routes again make one look, of a table of so many. */
const suspicious = (held: number): number =>
  Math.max(SUSPICIOUS_ROUTES, SUSPICIOUS * held, Math.min(SUSPICIOUS_OF_SMALL * held, MANY_ROUTES))

/** Its table is known, whether it is believed or not. */
const hasSession = ({ state }: Peer): boolean =>
  state === PeerState.active || state === PeerState.quarantined

export class Sessions {
  readonly #table: Table

  constructor(table: Table) {
    this.#table = table
  }

  /** Somebody speaks whom we did not count on. */
  wake(peer: Peer, at: Instant): void {
    if (peer.state === PeerState.transfer || peer.state === PeerState.quarantined) return
    // After a fall from Established an UPDATE can only be the beginning of a new table transfer.
    if (peer.state === PeerState.down) this.transfer(peer, at)
    else if (peer.lostTo === null) {
      this.enter(peer, PeerState.active, at)
      this.#table.voting.elect(peer)
    }
  }

  enter(peer: Peer, state: number, at: Instant): void {
    const before = peer.state
    if (before === state) return
    if (peer.retoldSince > 0) this.#unmark(peer)
    if (state === PeerState.active) {
      // What it misses now it has not lost since.
      peer.low = peer.lowBefore = -1
      peer.suspect = 0
    }
    this.#table.peers.enter(peer, state)
    this.#table.tellPeer(peer.id, before, state, at)
  }

  up(peer: Peer, at: Instant): void {
    // Its fall was not told, or we could not see it.
    if (hasSession(peer) || peer.lostTo !== null) this.down(peer, at)
    this.transfer(peer, at)
  }

  down(peer: Peer, at: Instant): void {
    if (peer.state === PeerState.down) return
    // Of whom nothing was known there is nothing to lose.
    const heard = peer.lostTo !== null || peer.routes4 + peer.routes6 > 0
    if (peer.state === PeerState.unknown && !heard) return
    const table = this.#table
    table.voting.leave(peer, at)
    peer.stale = 0
    peer.retoldSince = 0
    peer.unheard = false
    table.more.forget(peer.id)
    table.rib.sweep(peer.id, (prefix, word) => {
      if ((word & PATH) === 0) return word
      // What we do not hear of would never be confirmed.
      if (!table.hearsAll && !table.watches(table.origin(prefix))) return word
      peer.stale++
      return word | STALE
    })
    peer.before = peer.stale
    peer.lostTo = null
    this.enter(peer, PeerState.down, at)
  }

  transfer(peer: Peer, at: Instant): void {
    if (peer.state === PeerState.transfer) return
    const before = peer.state
    this.#table.peers.begin(peer, at)
    this.#table.tellPeer(peer.id, before, PeerState.transfer, at)
  }

  endOfRib(peer: Peer, afi: number, at: Instant): void {
    if (peer.state !== PeerState.transfer) return
    if (afi === 4) peer.ended4 = true
    else peer.ended6 = true
    // Who held nothing before may still have a family to tell.
    const first = peer.before === 0
    const ended4 = peer.ended4 || (!first && peer.routes4 === 0)
    const ended6 = peer.ended6 || (!first && peer.routes6 === 0)
    if (!ended4 || !ended6) return
    this.#transferred(peer, at)
    this.#table.voting.elect(peer)
  }

  /** Table transfers that can be taken for finished. */
  tick(at: Instant): void {
    const { peers, voting } = this.#table
    const back = peers.list.filter(
      (peer) => peer.state === PeerState.transfer && peers.finished(peer, at),
    )
    for (const peer of back) this.#transferred(peer, at)
    // Only when all have told what they hold: the order in which we met them must not show.
    if (back.length > 0) voting.electAll(back)
    // What is heard of in part is never told again as a whole.
    if (this.#table.hearsAll)
      for (const peer of peers.list)
        if (peer.state === PeerState.active && peer.known) this.#notice(peer, at)
  }

  /** Is it telling its table once more? */
  #notice(peer: Peer, at: Instant): void {
    const { again } = peer
    peer.again = 0
    if (peer.retoldSince > 0) {
      if (peer.before - peer.stale >= peer.retold) this.#unheard(peer, at)
      else if (at - peer.retoldSince >= RETOLD_WITHIN) this.#unmark(peer)
      return
    }
    const held = peer.routes4 + peer.routes6
    if (again < suspicious(held)) return
    peer.retoldSince = at
    peer.retold = RETOLD * held - again
    peer.before = peer.stale = held
    this.#table.rib.sweep(peer.id, (_, word) => ((word & PATH) === 0 ? word : word | STALE))
  }

  #unmark(peer: Peer): void {
    peer.retoldSince = peer.stale = 0
    this.#table.rib.sweep(peer.id, (_, word) => word & ~STALE)
  }

  /** Its session was reset, and we have heard neither the fall nor the beginning. */
  #unheard(peer: Peer, at: Instant): void {
    peer.retoldSince = 0
    peer.unheard = true
    this.#table.voting.leave(peer, at)
    this.transfer(peer, at)
  }

  /** What was not confirmed by the new table is gone, and nobody saw when: it is no loss. */
  #transferred(peer: Peer, at: Instant): void {
    const table = this.#table
    table.cause.at = at
    table.cause.vantage = peer.id
    table.rib.sweep(peer.id, (prefix, word) => {
      if ((word & STALE) === 0) return word
      // It may have told it before we noticed that it tells its table; unless others have lost it too.
      if (peer.unheard && (table.standing.seen[prefix] as number) < Seen.lost) return word & ~STALE
      table.expire(peer, prefix, word & PATH)
      return 0
    })
    peer.stale = 0
    peer.unheard = false
    peer.known = true
    this.enter(peer, PeerState.active, at)
  }

  gap(gap: Gap): void {
    const { peers, vantages, voting } = this.#table
    for (const peer of peers.list) {
      // Who has not spoken since the start would have done so through this feed.
      if ((peer.source !== gap.source && peer.source >= 0) || peer.lostTo !== null) continue
      if (!hasSession(peer) && peer.state !== PeerState.transfer) continue
      if (gap.collector !== null && vantages.get(peer.id).collector !== gap.collector) continue
      peer.lostTo = gap.feed
      voting.leave(peer, gap.at, false)
      this.enter(peer, PeerState.unknown, gap.at)
    }
    voting.settleAll()
  }

  sight(feed: string, collector: string | null, at: Instant): void {
    const { peers, vantages, voting } = this.#table
    const back: Peer[] = []
    for (const peer of peers.list) {
      if (peer.lostTo !== feed) continue
      if (collector !== null && vantages.get(peer.id).collector !== collector) continue
      peer.lostTo = null
      if (peer.stale > 0) {
        // It was in the middle of a table transfer, which goes on.
        this.transfer(peer, at)
        continue
      }
      this.enter(peer, PeerState.active, at)
      back.push(peer)
    }
    voting.electAll(back)
  }
}
