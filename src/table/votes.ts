// Elections: who votes on whether a prefix is seen, and what it changes when somebody begins to, or
// ceases to. His table is swept then, so that both counts of each prefix change at the same instant.
// A network has one vote in a family, however many sessions it has, at however many collectors: what
// its sessions say comes from the same routers, and two of them are no second witness (detection.md §3).

import type { Asn } from '../core/asn.ts'
import type { Afi } from '../core/prefix.ts'
import { hours, type Instant, minutes, type Span } from '../core/time.ts'
import { PeerState, Seen } from '../core/view.ts'
import { type Peer, sizeOf } from './peers.ts'
import { PATH, REFERENCE, STALE } from './rib.ts'
import type { Table } from './table.ts'

/** Table sizes are compared anew so often; networks change their feeds in weeks. */
const REVOTE: Span = hours(1)

/** So long a network's place stays empty for the session that had it: resets end within minutes. */
const WAIT: Span = minutes(5)
/** At a revote a network's vote moves if its session holds less than that of what its largest does. */
const LARGE = 0.75

type Fits = (peer: Peer) => boolean

export class Votes {
  readonly #table: Table
  #revoteAt: Instant = 0
  /** Networks whose place is kept for the session that had it. */
  readonly #vacant = new Set<Asn>()

  constructor(table: Table) {
    this.#table = table
  }

  /** The starting table is complete; a table that was resumed has its voters already. */
  start(resumed: boolean): void {
    if (!resumed) this.revote(0)
    this.#revoteAt = 0
    this.carryAll()
  }

  /** `resize`: whether what is heard tells of whole tables; what is heard of in part does not change its size. */
  tick(at: Instant, resize: boolean): void {
    if (this.#vacant.size > 0) this.#fill(at)
    if (this.#revoteAt === 0) this.#revoteAt = at + REVOTE
    if (resize && at >= this.#revoteAt) this.revote(at)
  }

  /** Whether one peer may vote, after it came back. */
  elect(peer: Peer): void {
    this.electAll([peer])
  }

  revote(at: Instant): void {
    this.#revoteAt = at + REVOTE
    const { list } = this.#table.peers
    this.electAll(
      list.filter(({ state }) => state === PeerState.active),
      true,
    )
  }

  /** All at once: while only some of them count, every prefix these few miss would seem lost. */
  electAll(peers: readonly Peer[], resize = false): void {
    const { vantages, peers: all } = this.#table
    const bars = this.#bars()
    const changes: [Peer, boolean, boolean][] = []
    for (const asn of new Set(peers.map(({ id }) => vantages.get(id).asn))) {
      const sessions = all.sessionsOf(asn)
      const four = this.#represents(sessions, 4, bars[0], resize)
      const six = this.#represents(sessions, 6, bars[1], resize)
      for (const peer of sessions) {
        if (four) peer.left4 = 0
        if (six) peer.left6 = 0
        const [votes4, votes6] = [peer === four, peer === six]
        if (peer.votes4 !== votes4 || peer.votes6 !== votes6) changes.push([peer, votes4, votes6])
      }
    }
    const alone = changes.length === 1
    for (const [peer, votes4, votes6] of changes) this.set(peer, votes4, votes6, alone)
    if (changes.length > 1) this.settleAll()
  }

  /**
   * Which of a network's sessions votes: the one that did, while it is fit; else the largest, but not
   * at once, because every change of session is a small change of what is seen.
   */
  #represents(sessions: readonly Peer[], afi: Afi, fits: Fits, resize: boolean): Peer | undefined {
    const fit = sessions.filter((peer) => peer.state === PeerState.active && fits(peer))
    if (sessions.length === 1) return fit[0]
    const now = fit.find((peer) => (afi === 4 ? peer.votes4 : peer.votes6))
    const largest = this.#largest(fit, afi)
    if (now && !(resize && largest && sizeOf(now, afi) < LARGE * sizeOf(largest, afi))) return now
    const kept = (peer: Peer) => (afi === 4 ? peer.left4 : peer.left6) > 0
    return now || !sessions.some(kept) ? largest : this.#largest(fit.filter(kept), afi)
  }

  /** Of equals the first by what they are, not by when we met them. */
  #largest(peers: readonly Peer[], afi: Afi): Peer | undefined {
    const { rank } = this.#table.vantages
    const before = (a: Peer, b: Peer) =>
      sizeOf(b, afi) - sizeOf(a, afi) || (rank[a.id] as number) - (rank[b.id] as number)
    return peers.toSorted(before)[0]
  }

  /** It ceases to vote for now; its network's place is kept. */
  leave(peer: Peer, at: Instant, settle = true): void {
    if (peer.votes4) peer.left4 = at
    if (peer.votes6) peer.left6 = at
    this.keep(peer)
    this.set(peer, false, false, settle)
  }

  /** A place may have to be filled by another of its sessions. */
  keep(peer: Peer): void {
    const { asn } = this.#table.vantages.get(peer.id)
    if (peer.left4 > 0 || peer.left6 > 0) this.#vacant.add(asn)
  }

  /** Places that were kept long enough. */
  #fill(at: Instant): void {
    const { peers } = this.#table
    const due: Peer[] = []
    for (const asn of this.#vacant) {
      const sessions = peers.sessionsOf(asn)
      const overdue = sessions.some(({ left4, left6 }) =>
        [left4, left6].some((left) => left > 0 && at - left > WAIT),
      )
      if (overdue) due.push(...sessions)
      for (const peer of sessions) {
        if (at - peer.left4 > WAIT) peer.left4 = 0
        if (at - peer.left6 > WAIT) peer.left6 = 0
      }
      if (!sessions.some(({ left4, left6 }) => left4 > 0 || left6 > 0)) this.#vacant.delete(asn)
    }
    if (due.length > 0) this.electAll(due)
  }

  /** After many have changed what they count for. */
  settleAll(): void {
    const table = this.#table
    table.cause.before = table.cause.after = 0
    for (let prefix = 0; prefix < table.names.count; prefix++) {
      table.cause.prefix = prefix
      table.settle(prefix)
    }
  }

  #bars(): [Fits, Fits] {
    const { baseline, peers } = this.#table
    // Without starting tables nobody's size is known, only who speaks most; but a session that never
    // carried a family is no witness of what is missing in it.
    if (baseline !== 'rib') return [(p) => p.had4, (p) => p.had6]
    const [four, six] = [peers.fullFeed(4), peers.fullFeed(6)]
    return [(p) => p.known && four(p), (p) => p.known && six(p)]
  }

  set(peer: Peer, four: boolean, six: boolean, settle = true): void {
    const changes4 = peer.votes4 !== four
    const changes6 = peer.votes6 !== six
    if (!changes4 && !changes6) return
    const table = this.#table
    const { standing, names } = table
    table.peers.elect(peer, four, six)
    table.rib.sweep(peer.id, (prefix, word) => {
      const is4 = names.afi[prefix] === 4
      if (is4 ? !changes4 : !changes6) return word
      const change = (is4 ? four : six) ? 1 : -1
      if ((word & PATH) !== 0)
        standing.visible[prefix] = (standing.visible[prefix] as number) + change
      if ((word & REFERENCE) !== 0)
        standing.reference[prefix] = (standing.reference[prefix] as number) + change
      if (peer.holeSince > 0 && (word & STALE) !== 0)
        standing.dim(prefix, (word & PATH) !== 0, (word & REFERENCE) !== 0, change)
      if (settle) {
        table.unmoved(peer, prefix, word & PATH)
        table.settle(prefix)
      }
      return word
    })
    if (settle && table.started) this.carryAll()
  }

  /** How many must carry a prefix that is new depends on how many vote. */
  carryAll(): void {
    const table = this.#table
    for (let prefix = 0; prefix < table.names.count; prefix++)
      if (table.standing.seen[prefix] === Seen.new) table.carry(prefix)
  }
}
