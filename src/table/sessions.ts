// The life of a session: who comes up, tells its table, falls, and whom we have lost sight of. What a
// session that is not active says, or does not say, is evidence of nothing (detection.md §10.3).

import type { Filled, Gap, Unfilled } from '../core/fact.ts'
import { type Instant, minutes, type Span } from '../core/time.ts'
import { PeerState, Seen } from '../core/view.ts'
import { Fallen } from './fallen.ts'
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

/** With less of a table than that told again, End-of-RIB is of something else. */
const END_OF_RIB_TOLD = 0.5

/** Withdrawals of what there was no word of, kept while a hole is open; a minute of a bad day. */
const MOST_TAKEN_BACK = 1_000_000

/** Prefix numbers are below this. */
const PREFIXES = 2 ** 24

export class Sessions {
  /** Withdrawals that could not be kept: while holes are open nothing new is read out of an archive. */
  dropped = 0
  /** Whose session fell in a hole, and what they have told in it since. */
  readonly fallen = new Fallen()
  readonly #table: Table
  readonly #keepStale: Span
  /** (vantage point, prefix) that were withdrawn since a gap, and of which the table keeps no word. */
  readonly #takenBack = new Set<number>()

  constructor(table: Table, keepStale: Span) {
    this.#table = table
    this.#keepStale = keepStale
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
      // Nobody has looked while its table was not known.
      peer.again = 0
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
    this.#forgetHole(peer)
    this.#found(peer)
    table.more.forget(peer.id)
    table.rib.sweep(peer.id, (prefix, word) => {
      if ((word & PATH) === 0) return word & ~STALE
      // What we do not hear of would never be confirmed.
      if (!table.hearsAll && !table.watches(table.origin(prefix))) return word & ~STALE
      peer.stale++
      return word | STALE
    })
    peer.before = peer.stale
    this.enter(peer, PeerState.down, at)
  }

  transfer(peer: Peer, at: Instant): void {
    if (peer.state === PeerState.transfer) return
    const before = peer.state
    this.#table.peers.begin(peer, at)
    this.#table.tellPeer(peer.id, before, PeerState.transfer, at)
  }

  endOfRib(peer: Peer, afi: number, at: Instant): void {
    // All of its table is told again, of which we may have missed the beginning.
    if (peer.holeSince > 0 && hasToldAgain(peer, END_OF_RIB_TOLD)) this.#unheard(peer, at)
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
        if (peer.holeSince > 0) this.#noticeRetold(peer, at)
        else if (peer.state === PeerState.active && peer.known) this.#notice(peer, at)
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

  /** What was not heard may have been the fall of the session and the beginning of its table. */
  #noticeRetold(peer: Peer, at: Instant): void {
    peer.again = 0
    if (peer.lostSince > 0 || at - peer.holeUntil > RETOLD_WITHIN) return
    if (peer.state !== PeerState.active && !peer.adrift) return
    if (peer.known && hasToldAgain(peer, RETOLD)) this.#unheard(peer, at)
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
    if (peer.holeSince > 0) this.#endHole(peer)
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
      if (!isHeardBy(peer, gap.source)) continue
      if (peer.lostTo !== null && !(peer.adrift && peer.lostSince === 0)) continue
      if (!hasSession(peer) && peer.state !== PeerState.transfer && !peer.adrift) continue
      if (gap.collector !== null && vantages.get(peer.id).collector !== gap.collector) continue
      peer.lostTo = gap.feed
      peer.lostSince = gap.at
      if (peer.adrift) continue
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
      // Of several gaps at once, of a feed and of one of its collectors, the first counts.
      if (peer.lostSince === 0) continue
      if (peer.stale > 0 && peer.holeSince === 0) {
        // It was in the middle of a table transfer, which goes on.
        this.#found(peer)
        this.transfer(peer, at)
        continue
      }
      this.#openHole(peer, at)
      if (peer.adrift) continue
      this.#found(peer)
      this.enter(peer, PeerState.active, at)
      back.push(peer)
    }
    voting.electAll(back)
  }

  #found(peer: Peer): void {
    peer.lostTo = null
    peer.lostSince = 0
    peer.adrift = false
  }

  // Holes. After a gap nobody knows what was said in it. What a peer held, or missed, it holds or misses
  // still with some likelihood: that is stale, and counts half, until it is spoken of again or somebody
  // tells what was said. After a long one even that is too much: the peer is unknown until then, if
  // its table was told to us as a whole; else nothing can tell it, and the half is all there is.

  #openHole(peer: Peer, at: Instant): void {
    if (peer.holeSince === 0) peer.holeSince = peer.lostSince
    if (peer.known && at - peer.lostSince > this.#keepStale) peer.adrift = true
    peer.lostSince = 0
    peer.holeUntil = at
    peer.hopeless = false
    this.fallen.forget(peer.id)
    peer.stale = 0
    // What was said between two holes is read again with them.
    for (const key of this.#takenBack)
      if (Math.floor(key / PREFIXES) === peer.id) this.#takenBack.delete(key)
    // Nobody votes whom we have just lost sight of: there is nothing to count.
    this.#table.rib.sweep(peer.id, (_, word) => {
      peer.stale++
      return word | STALE
    })
    peer.before = peer.stale
    if (peer.stale === 0 && !peer.adrift) this.#forgetHole(peer)
  }

  /** It was withdrawn since the gap, and there is no word left that would tell. */
  takeBack(peer: Peer, prefix: number): void {
    if (this.#takenBack.size < MOST_TAKEN_BACK) this.#takenBack.add(peer.id * PREFIXES + prefix)
    else this.dropped++
  }

  /** It was not kept over a restart what was withdrawn since a gap whose hole is still open. */
  forgetTakenBack(): void {
    this.dropped += this.#table.peers.list.filter(({ holeSince }) => holeSince > 0).length
  }

  /** What could not be kept may be any of them. */
  hasTakenBack(peer: Peer, prefix: number): boolean {
    return this.dropped > 0 || this.#takenBack.has(peer.id * PREFIXES + prefix)
  }

  /** The collector has seen its session fall, or come up, in the hole. */
  turnedInHole(peer: Peer, up: boolean): void {
    if (peer.holeSince === 0 || peer.lostSince > 0) return
    if (up) this.fallen.up(peer.id)
    else this.fallen.down(peer.id)
  }

  /** Whose hole lies within that time, and who is not lost again. */
  #holed({ collector, from, until }: Filled | Unfilled): Peer[] {
    const { peers, vantages } = this.#table
    return peers.list.filter(
      (peer) =>
        peer.holeSince > 0 &&
        peer.lostSince === 0 &&
        vantages.get(peer.id).collector === collector &&
        peer.holeSince >= from &&
        peer.holeUntil <= until,
    )
  }

  unfilled(hole: Unfilled): void {
    for (const peer of this.#holed(hole)) {
      peer.hopeless = true
      this.fallen.forget(peer.id)
    }
  }

  /** All that was said in the hole is known: what was not spoken of since is as it stands. */
  filled(hole: Filled): void {
    const { voting, more } = this.#table
    const { at } = hole
    const whole: Peer[] = []
    for (const peer of this.#holed(hole)) {
      // Its table is being told: that says it better.
      if (peer.state === PeerState.transfer || peer.state === PeerState.down) continue
      // Of several routes to a prefix nobody notes which were spoken of: it could not be filled.
      if (more.has(peer.id)) {
        peer.hopeless = true
        continue
      }
      if (this.fallen.has(peer.id)) {
        this.#fellInHole(peer, at)
        continue
      }
      voting.leave(peer, at, false)
      this.#endHole(peer, false)
      if (peer.adrift) this.#found(peer)
      if (peer.state === PeerState.unknown) this.enter(peer, PeerState.active, at)
      whole.push(peer)
    }
    voting.electAll(whole.filter(({ state }) => state === PeerState.active))
    voting.settleAll()
  }

  /**
   * What it held before it fell, and has told neither in the hole nor since, is to be confirmed by the rest
   * of its table, as after any fall; most of that is told by now.
   */
  #fellInHole(peer: Peer, at: Instant): void {
    const { fallen } = this
    // It spoke after the hole, or it would not be known that sight of it is back.
    if (fallen.isDown(peer.id) && peer.heardAt <= peer.holeUntil) {
      this.down(peer, at)
      return
    }
    const { voting, rib } = this.#table
    voting.leave(peer, at, false)
    rib.sweep(peer.id, (prefix, word) =>
      (word & STALE) !== 0 && fallen.hasTold(peer.id, prefix) ? word & ~STALE : word,
    )
    this.#endHole(peer)
    peer.retoldSince = 0
    this.transfer(peer, at)
  }

  /** It does not vote just now. With `keep` what is not confirmed yet stays marked, for a transfer. */
  #endHole(peer: Peer, keep = true): void {
    peer.stale = 0
    this.#table.rib.sweep(peer.id, (_, word) => {
      if ((word & STALE) === 0) return word
      if (!keep || (word & PATH) === 0) return word & ~STALE
      peer.stale++
      return word
    })
    this.#forgetHole(peer)
    if (keep) this.#found(peer)
  }

  #forgetHole(peer: Peer): void {
    const was = peer.holeSince > 0
    peer.holeSince = peer.holeUntil = 0
    peer.hopeless = false
    this.fallen.forget(peer.id)
    if (was && !this.#table.peers.list.some(({ holeSince }) => holeSince > 0)) {
      this.#takenBack.clear()
      this.dropped = 0
    }
  }
}

/**
 * Who has not spoken since the start would have done so through this feed; of whom it is not known
 * through what they were heard, it is all.
 */
export const isHeardBy = (peer: Peer, source: number): boolean =>
  peer.source === source || peer.source < 0 || source < 0

/** It has told so much of its table again since the gap. */
const hasToldAgain = (peer: Peer, share: number): boolean =>
  peer.before > 0 && peer.before - peer.stale >= share * peer.before
