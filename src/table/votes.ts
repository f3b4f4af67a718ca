// Elections: who votes on whether a prefix is seen, and what it changes when somebody begins to, or
// ceases to. His table is swept then, so that both counts of each prefix change at the same instant.

import { hours, type Instant, type Span } from '../core/time.ts'
import { PeerState, Seen } from '../core/view.ts'
import type { Peer } from './peers.ts'
import { PATH, REFERENCE } from './rib.ts'
import type { Table } from './table.ts'

/** Table sizes are compared anew so often; networks change their feeds in weeks. */
const REVOTE: Span = hours(1)

export class Votes {
  readonly #table: Table
  #revoteAt: Instant = 0

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
    if (this.#revoteAt === 0) this.#revoteAt = at + REVOTE
    if (resize && at >= this.#revoteAt) this.revote(at)
  }

  /** Whether one peer may vote, after it came back. */
  elect(peer: Peer): void {
    const [four, six] = this.#bars()
    this.set(peer, four(peer), six(peer))
  }

  revote(at: Instant): void {
    this.#revoteAt = at + REVOTE
    this.electAll(this.#table.peers.list.filter(({ state }) => state === PeerState.active))
  }

  /** All at once: while only some of them count, every prefix these few miss would seem lost. */
  electAll(peers: readonly Peer[]): void {
    const [four, six] = this.#bars()
    for (const peer of peers) this.set(peer, four(peer), six(peer), false)
    this.settleAll()
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

  #bars(): [(peer: Peer) => boolean, (peer: Peer) => boolean] {
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
