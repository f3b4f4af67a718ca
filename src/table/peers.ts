// Vantage points as witnesses: who may vote on whether a prefix is seen. Only a session that is
// active and, where whole tables are known, full-feed relative to the others (detection.md §10.3).

import type { Asn } from '../core/asn.ts'
import type { Vantage } from '../core/incident.ts'
import type { Afi } from '../core/prefix.ts'
import { type Instant, minutes, type Span, seconds } from '../core/time.ts'
import type { VantagePoints } from '../core/vantage.ts'
import { PeerState } from '../core/view.ts'

/** Joins the voters of a family at that share of a robust maximum, and leaves at the other. */
const FULL_FEED = 0.75
const NO_LONGER = 0.65
const LARGEST = 5

/** A table transfer without End-of-RIB is over when it has become quiet, or after so long. */
const QUIET: Span = seconds(30)
const QUIET_ANNOUNCEMENTS = 50
/** Of a large table: a full feed says more than that in any half minute, and a thousand a second while it tells its table. */
const QUIET_SHARE = 0.01
const LONGEST_TRANSFER: Span = minutes(15)
const NEARLY_ALL = 0.95

/**
 * Zero as a floating-point number: a field that holds a small integer first and an instant later changes
 * the shape of the object, and all code compiled for it is thrown away.
 */
const NEVER: Instant = -0

export interface Peer {
  readonly id: number
  state: number
  /** Votes in IPv4, in IPv6. */
  votes4: boolean
  votes6: boolean
  /** When it ceased to vote for its network without another in its place (votes.ts); 0 = it did not. */
  left4: Instant
  left6: Instant
  /** Routes held, and those it ordinarily carries that are missing; full-feed is judged by both. */
  routes4: number
  routes6: number
  missing4: number
  missing6: number
  /** It has held a route of the family, if ever so long ago. */
  had4: boolean
  had6: boolean
  /** UPDATEs, and rows of its table, with attributes that ask for that (RFC 7606); none was withdrawn. */
  treatedAsWithdraw: number
  /** A starting table or a completed transfer has told what it holds. */
  known: boolean
  /** Of the table transfer under way. */
  since: Instant
  windowStart: Instant
  windowCount: number
  /** Words marked STALE. */
  stale: number
  /** Routes announced again as they were since the last tick. */
  again: number
  /** Since when it is counted how much of its table is told again (sessions.ts), and how much must be; 0 = it is not. */
  retoldSince: Instant
  retold: number
  /** The transfer under way was not announced by a fall of the session. */
  unheard: boolean
  before: number
  ended4: boolean
  ended6: boolean
  /** Fewest ordinary routes it missed, lately and in the time before (quarantine.ts); -1 = not known. */
  low: number
  lowBefore: number
  /** Ticks at which it missed many more. */
  suspect: number
  /** Of its quarantine: the beginning, what it missed before, since when it is nearly whole; 0 = not. */
  outSince: Instant
  outFrom: number
  backSince: Instant
  /** In quarantine because all its collector is silent; because it keeps what all others lost long ago. */
  silent: boolean
  stuck: boolean
  /** It was heard since the last tick; the last tick at which it had been, and at how many of the last. */
  heard: boolean
  heardAt: Instant
  spoke: number
  /** The feed or file it was heard through last. */
  source: number
  /** Of which feed's silence it is a victim; null when it is none. */
  lostTo: string | null
  /** Since when, until sight is back; 0 = it is not lost. */
  lostSince: Instant
  /** What it said from the one to the other we have not heard, nor read elsewhere (sessions.ts); 0 = there is nothing. */
  holeSince: Instant
  holeUntil: Instant
  /** Nobody will read it: so it stays until the peer tells its table. */
  hopeless: boolean
  /** That was too long for its routes to be believed until somebody says how they are. */
  adrift: boolean
  /** When its turn is to be looked at (table/reference.ts); -1 until that is worked out. */
  slot: number
}

/** What is counted anew as the words of a snapshot are read. */
export type Counted = 'routes4' | 'routes6' | 'missing4' | 'missing6'

/** What is missing now counts too, or an outage would take the vote from those who see it. */
export const sizeOf = (peer: Peer, afi: Afi): number =>
  afi === 4 ? peer.routes4 + peer.missing4 : peer.routes6 + peer.missing6

export class Peers {
  readonly list: Peer[] = []
  readonly #vantages: VantagePoints
  #counts: Vantage | null = null
  #voters4 = 0
  #voters6 = 0
  /** Sessions of each network, as of so many peers. */
  readonly #sessions = new Map<Asn, Peer[]>()
  #grouped = 0

  constructor(vantages: VantagePoints) {
    this.#vantages = vantages
  }

  get(id: number): Peer {
    for (let next = this.list.length; next <= id; next++) {
      this.list.push({
        id: next,
        state: PeerState.unknown,
        votes4: false,
        votes6: false,
        left4: NEVER,
        left6: NEVER,
        routes4: 0,
        routes6: 0,
        missing4: 0,
        missing6: 0,
        had4: false,
        had6: false,
        treatedAsWithdraw: 0,
        known: false,
        since: NEVER,
        windowStart: NEVER,
        windowCount: 0,
        stale: 0,
        again: 0,
        retoldSince: NEVER,
        retold: 0,
        unheard: false,
        before: 0,
        ended4: false,
        ended6: false,
        low: -1,
        lowBefore: -1,
        suspect: 0,
        outSince: NEVER,
        outFrom: 0,
        backSince: NEVER,
        silent: false,
        stuck: false,
        heard: false,
        heardAt: NEVER,
        spoke: 0,
        source: -1,
        lostTo: null,
        lostSince: NEVER,
        holeSince: NEVER,
        holeUntil: NEVER,
        hopeless: false,
        adrift: false,
        slot: -1,
      })
    }
    return this.list[id] as Peer
  }

  /** All sessions of one network, at whatever collector. */
  sessionsOf(asn: Asn): readonly Peer[] {
    for (; this.#grouped < this.list.length; this.#grouped++) {
      const peer = this.list[this.#grouped] as Peer
      const { asn: of } = this.#vantages.get(peer.id)
      const known = this.#sessions.get(of)
      if (known) known.push(peer)
      else this.#sessions.set(of, [peer])
    }
    return this.#sessions.get(asn) ?? []
  }

  enter(peer: Peer, state: number): void {
    peer.state = state
    this.#counts = null
  }

  voters(afi: Afi): number {
    return afi === 4 ? this.#voters4 : this.#voters6
  }

  elect(peer: Peer, four: boolean, six: boolean): void {
    this.#voters4 += Number(four) - Number(peer.votes4)
    this.#voters6 += Number(six) - Number(peer.votes6)
    peer.votes4 = four
    peer.votes6 = six
  }

  /** How many vantage points are in which state; those never heard of are not counted. */
  counts(): Vantage {
    if (this.#counts) return this.#counts
    const of = [0, 0, 0, 0, 0]
    for (const { state, lostTo } of this.list)
      if (state !== PeerState.unknown || lostTo !== null) of[state] = (of[state] ?? 0) + 1
    this.#counts = {
      active: of[PeerState.active] ?? 0,
      quarantined: of[PeerState.quarantined] ?? 0,
      down: (of[PeerState.down] ?? 0) + (of[PeerState.transfer] ?? 0),
      unknown: of[PeerState.unknown] ?? 0,
    }
    return this.#counts
  }

  begin(peer: Peer, at: Instant): void {
    this.enter(peer, PeerState.transfer)
    peer.since = peer.windowStart = at
    peer.windowCount = 0
    peer.ended4 = peer.ended6 = false
  }

  /** Whether a transfer can be taken for finished at this tick though no End-of-RIB has come. */
  finished(peer: Peer, at: Instant): boolean {
    if (at - peer.since >= LONGEST_TRANSFER) return true
    if (at - peer.windowStart < QUIET) return false
    const quiet = peer.windowCount < Math.max(QUIET_ANNOUNCEMENTS, QUIET_SHARE * peer.before)
    peer.windowStart = at
    peer.windowCount = 0
    // Of whom nothing was known something must have been heard.
    if (peer.before === 0 && peer.routes4 + peer.routes6 === 0) return false
    // What was told before anybody noticed cannot be told from what was not.
    if (peer.unheard) return quiet
    return quiet && peer.stale <= (1 - NEARLY_ALL) * peer.before
  }

  /**
   * Whose table is large enough to speak for the others. With fewer than three networks nobody is
   * left out: scarcity lowers confidence elsewhere, it does not silence.
   */
  fullFeed(afi: Afi): (peer: Peer) => boolean {
    const size = (peer: Peer) => sizeOf(peer, afi)
    const byAsn = new Map<number, number>()
    for (const peer of this.list) {
      // Until a transfer ends, what was held before it is held.
      const { state } = peer
      const back = state === PeerState.transfer && peer.known
      if (state !== PeerState.active && state !== PeerState.quarantined && !back) continue
      const { asn } = this.#vantages.get(peer.id)
      byAsn.set(asn, Math.max(byAsn.get(asn) ?? 0, size(peer)))
    }
    const sizes = [...byAsn.values()].filter((n) => n > 0).sort((a, b) => b - a)
    if (sizes.length < 3) return (peer) => size(peer) > 0
    const some = sizes.slice(1, 1 + LARGEST)
    const most = some.reduce((sum, n) => sum + n, 0) / some.length
    return (peer) => {
      const voted = afi === 4 ? peer.votes4 : peer.votes6
      return size(peer) >= (voted ? NO_LONGER : FULL_FEED) * most
    }
  }
}
