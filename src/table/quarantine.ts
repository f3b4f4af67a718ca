// Quarantine: a peer that loses a part of its table while the others keep the same routes tells of its
// own upstream, of a prefix limit, of anything but the networks behind (detection.md §3). Its votes are
// taken until its table is whole again. That is a fact of the feed, and no incident of a network.
//
// Nothing is counted per route for this: how many of its ordinary routes a peer misses is known anyway
// (peers.ts), and who else misses them is asked only when it is many.

import { hours, type Instant, minutes, type Span, seconds } from '../core/time.ts'
import { PeerState, Seen } from '../core/view.ts'
import { type Peer, sizeOf } from './peers.ts'
import { PATH, REFERENCE } from './rib.ts'
import type { Table } from './table.ts'

/** So many of its ordinary routes, or that part of them, lost in a window, of so many networks each. */
const LOST = 3_000
const LOST_SHARE = 0.02
/** Fewer are an ordinary flap of something small. */
const FEWEST = 100
const PREFIXES_AN_ORIGIN = 10
const FEWEST_ORIGINS = 30

/** Losses are compared with the fewest missing in this part of the window and the one before. */
const HALF_WINDOW: Span = seconds(30)
/** A route counts as lost by it alone while fewer than one in so many others lost the same. */
const ONE_IN = 5
/** Ticks before it is believed, and after which it is asked again: others may be about to follow. */
const BELIEVED = 2
const AGAIN = 6

/** Back when half of the bar is left for so long; whatever is left after the other, is ordinary. */
const BACK: Span = minutes(1)
const LONGEST: Span = minutes(30)
/** So long it is asked whether others lost the same after all. */
const DOUBTED: Span = minutes(3)

/**
 * Stuck: it keeps so much of its table that all others lost so long ago (Fontugne 2019), looked at each
 * hour; it is believed again with half of that.
 */
const STUCK: Span = minutes(90)
const STUCK_SHARE = 0.005
const LOOK: Span = hours(1)
/** All but one in so many have lost it. */
const KEPT_BY = 20

/** Of those who vote so many must be left: who is alone cannot be contradicted. */
const LEFT = 3

/** A collector is silent when nobody there has said a word for so long, though they spoke at nearly every tick. */
const SILENCE: Span = minutes(1)
const TALKATIVE = 50
const MOST_TALKATIVE = 60

export class Quarantine {
  readonly #table: Table

  constructor(table: Table) {
    this.#table = table
  }

  tick(at: Instant): void {
    const { list } = this.#table.peers
    for (const peer of list) count(peer, at)
    const inside = list.filter(({ state }) => state === PeerState.quarantined)
    if (inside.length > 0) this.#release(inside, at)
    this.#listen(at)
    if (at % LOOK === 0) this.#look(at)
    const suspects: Peer[] = []
    let voters = 0
    for (const peer of list) {
      if (peer.state !== PeerState.active) continue
      const lost = this.#lost(peer, at)
      if (!peer.votes4 && !peer.votes6) continue
      voters++
      peer.suspect = lost >= barOf(peer) ? peer.suspect + 1 : 0
      if (peer.suspect % AGAIN === BELIEVED) suspects.push(peer)
    }
    if (suspects.length > 0) this.#judge(suspects, voters, at)
  }

  /** How many ordinary routes it misses that it had within the window. */
  #lost(peer: Peer, at: Instant): number {
    const missing = peer.missing4 + peer.missing6
    if (peer.low < 0) peer.low = peer.lowBefore = missing
    const lost = missing - Math.min(peer.low, peer.lowBefore)
    if (at % HALF_WINDOW === 0) {
      peer.lowBefore = peer.low
      peer.low = missing
    } else if (missing < peer.low) peer.low = missing
    return lost
  }

  #judge(suspects: readonly Peer[], voters: number, at: Instant): void {
    const { peers, vantages } = this.#table
    const taken = new Set<Peer>()
    for (const [collector, some] of this.#byCollector(suspects)) {
      const there = peers.list.filter(
        (peer) => (peer.votes4 || peer.votes6) && vantages.get(peer.id).collector === collector,
      )
      if (some.length < LEFT || some.length * 2 < there.length) continue
      if (voters - there.length < LEFT) continue
      const most = Math.max(...some.map(barOf))
      if (isMuch(this.#lostByAll(there, at), most)) for (const peer of there) taken.add(peer)
    }
    // What most of them suffer is no fault of one.
    if (suspects.length * 2 <= voters)
      for (const peer of suspects)
        if (!taken.has(peer) && isMuch(this.#lostAlone(peer, at - 2 * HALF_WINDOW), barOf(peer)))
          taken.add(peer)
    if (voters - taken.size >= LEFT) this.#take([...taken], at)
  }

  /** All at once: while only some of them count, every prefix these few miss would seem lost. */
  #take(taken: readonly Peer[], at: Instant, why?: 'silent' | 'stuck'): void {
    if (taken.length === 0) return
    const { sessions, voting } = this.#table
    for (const peer of taken) {
      peer.outSince = at
      peer.outFrom = Math.max(0, Math.min(peer.low, peer.lowBefore))
      peer.backSince = 0
      peer.silent = why === 'silent'
      peer.stuck = why === 'stuck'
      voting.leave(peer, at, false)
      sessions.enter(peer, PeerState.quarantined, at)
    }
    voting.settleAll()
  }

  #release(inside: readonly Peer[], at: Instant): void {
    const { sessions, voting } = this.#table
    const freed: Peer[] = []
    for (const [collector, some] of this.#byCollector(inside)) {
      const whole = some.filter((peer) => !peer.silent && !peer.stuck && this.#isWhole(peer, at))
      // Those who lost least of a collector that lost much are not better than the rest.
      const stays = some.length >= LEFT && (some.length - whole.length) * 2 > some.length
      for (const peer of some) {
        if (peer.silent) {
          if (this.#heardAt(collector) === at) freed.push(peer)
        } else if (peer.stuck) {
          if (at % LOOK === 0 && this.#kept(peer, this.#dead(at)) < STUCK_SHARE / 2)
            freed.push(peer)
        } else if (at - peer.outSince >= LONGEST) {
          this.#forgive(peer)
          freed.push(peer)
        } else if (!stays && whole.includes(peer)) freed.push(peer)
      }
    }
    if (freed.length === 0) return
    for (const peer of freed) {
      peer.outSince = 0
      peer.silent = peer.stuck = false
      sessions.enter(peer, PeerState.active, at)
    }
    voting.electAll(freed)
  }

  #isWhole(peer: Peer, at: Instant): boolean {
    const still = peer.missing4 + peer.missing6 - peer.outFrom
    if (still * 2 > barOf(peer)) {
      peer.backSince = 0
      return this.#isShared(peer, at)
    }
    if (peer.backSince === 0) peer.backSince = at
    return at - peer.backSince >= BACK
  }

  /** Others have lost the same after all: it was only the first. */
  #isShared(peer: Peer, at: Instant): boolean {
    if (at - peer.outSince > DOUBTED) return false
    return this.#lostAlone(peer, Number.NEGATIVE_INFINITY).prefixes * 2 < barOf(peer)
  }

  /** What it misses, went at `since` or later, and hardly any other voter misses. */
  #lostAlone(peer: Peer, since: Instant): Alone {
    const { rib, standing, names, origins } = this.#table
    const of = new Set<number>()
    let prefixes = 0
    rib.sweep(peer.id, (prefix, word) => {
      if ((word & (REFERENCE | PATH)) !== REFERENCE) return word
      const votes = names.afi[prefix] === 4 ? peer.votes4 : peer.votes6
      const others = (standing.reference[prefix] as number) - (votes ? 1 : 0)
      const miss = others - (standing.visible[prefix] as number)
      if (others < 1 || miss * ONE_IN >= others || (standing.lastLoss[prefix] as number) < since)
        return word
      prefixes++
      of.add(origins.of[prefix] as number)
      return word
    })
    return { prefixes, origins: of.size }
  }

  /** The same for several that vote: what half of those miss who carry it. */
  #lostByAll(group: readonly Peer[], at: Instant): Alone {
    const { rib, standing, names, origins } = this.#table
    const carry = new Uint16Array(names.count)
    const hold = new Uint16Array(names.count)
    const miss = new Uint16Array(names.count)
    for (const peer of group)
      rib.sweep(peer.id, (prefix, word) => {
        if (!(names.afi[prefix] === 4 ? peer.votes4 : peer.votes6)) return word
        if ((word & PATH) !== 0) hold[prefix] = (hold[prefix] as number) + 1
        if ((word & REFERENCE) === 0) return word
        carry[prefix] = (carry[prefix] as number) + 1
        if ((word & PATH) === 0) miss[prefix] = (miss[prefix] as number) + 1
        return word
      })
    const of = new Set<number>()
    let prefixes = 0
    for (let prefix = 0; prefix < names.count; prefix++) {
      if (miss[prefix] === 0 || (miss[prefix] as number) * 2 < (carry[prefix] as number)) continue
      const others = (standing.reference[prefix] as number) - (carry[prefix] as number)
      const held = (standing.visible[prefix] as number) - (hold[prefix] as number)
      if (others < 1 || (others - held) * ONE_IN >= others) continue
      if ((standing.lastLoss[prefix] as number) < at - 2 * HALF_WINDOW) continue
      prefixes++
      of.add(origins.of[prefix] as number)
    }
    return { prefixes, origins: of.size }
  }

  /** What it has been without for half an hour while others have it, or nobody else had, is not ordinary any more. */
  #forgive(peer: Peer): void {
    const { rib, standing } = this.#table
    rib.sweep(peer.id, (prefix, word) => {
      if ((word & (REFERENCE | PATH)) !== REFERENCE) return word
      if ((standing.seen[prefix] as number) >= Seen.lost) return word
      this.#table.changeReference(peer, prefix, -1)
      return word & ~REFERENCE
    })
  }

  /** Prefixes that were lost long ago, and by nearly all. */
  #dead(at: Instant): number[] {
    const { names, standing } = this.#table
    const dead: number[] = []
    for (let prefix = 0; prefix < names.count; prefix++) {
      if (standing.seen[prefix] !== Seen.down) continue
      if (at - (standing.lastLoss[prefix] as number) < STUCK) continue
      const visible = standing.visible[prefix] as number
      if (visible > 1 && visible * KEPT_BY > (standing.reference[prefix] as number)) continue
      dead.push(prefix)
    }
    return dead
  }

  /** Which part of a peer's table they are. */
  #kept(peer: Peer, dead: readonly number[]): number {
    let kept = 0
    for (const prefix of dead) if ((this.#table.rib.word(peer.id, prefix) & PATH) !== 0) kept++
    return kept < FEWEST ? 0 : kept / (peer.routes4 + peer.routes6)
  }

  #look(at: Instant): void {
    const dead = this.#dead(at)
    if (dead.length < FEWEST) return
    const voters = this.#table.peers.list.filter(({ votes4, votes6 }) => votes4 || votes6)
    const stuck = voters.filter((peer) => this.#kept(peer, dead) > STUCK_SHARE)
    if (voters.length - stuck.length >= LEFT) this.#take(stuck, at, 'stuck')
  }

  #byCollector(peers: readonly Peer[]): Map<string, Peer[]> {
    const by = new Map<string, Peer[]>()
    for (const peer of peers) {
      const { collector } = this.#table.vantages.get(peer.id)
      by.set(collector, [...(by.get(collector) ?? []), peer])
    }
    return by
  }

  #heardAt(collector: string): Instant {
    const { peers, vantages } = this.#table
    let heard = 0
    for (const peer of peers.list)
      if (peer.heardAt > heard && vantages.get(peer.id).collector === collector)
        heard = peer.heardAt
    return heard
  }

  /** A whole collector that falls silent while others go on: what it would have told nobody knows. */
  #listen(at: Instant): void {
    const { peers, vantages } = this.#table
    const talkative = new Set<string>()
    for (const peer of peers.list) {
      if (peer.spoke >= TALKATIVE) talkative.add(vantages.get(peer.id).collector)
    }
    if (talkative.size < 2) return
    const silent = [...talkative].filter((name) => at - this.#heardAt(name) >= SILENCE)
    if (silent.length === 0 || silent.length * 2 > talkative.size) return
    const voters = peers.list.filter(({ votes4, votes6 }) => votes4 || votes6)
    const taken = voters.filter(({ id }) => silent.includes(vantages.get(id).collector))
    if (voters.length - taken.length >= LEFT) this.#take(taken, at, 'silent')
  }
}

/** At how many of the last ticks it has spoken, as far as that matters. */
function count(peer: Peer, at: Instant): void {
  if (peer.heard) {
    peer.heardAt = at
    if (peer.spoke < MOST_TALKATIVE) peer.spoke++
  } else if (peer.spoke > 0) peer.spoke--
  peer.heard = false
}

interface Alone {
  readonly prefixes: number
  readonly origins: number
}

/** Where only a part of its table is known, no share of it means anything. */
function barOf(peer: Peer): number {
  if (!peer.known) return LOST
  return Math.min(LOST, Math.max(FEWEST, LOST_SHARE * (sizeOf(peer, 4) + sizeOf(peer, 6))))
}

const isMuch = ({ prefixes, origins }: Alone, bar: number): boolean =>
  prefixes >= bar && origins >= Math.max(FEWEST_ORIGINS, bar / PREFIXES_AN_ORIGIN)
