// What every vantage point believes now. Batches come in the order in which things happened and
// change one word a route; what follows from that (who sees a prefix, how many ordinarily do) is
// kept as it changes, and detectors hear only of changes that mean something.

import type { Asn } from '../core/asn.ts'
import { type Batch, Message, TREAT_AS_WITHDRAW } from '../core/batch.ts'
import type { PrefixWords } from '../core/context.ts'
import type { Fact } from '../core/fact.ts'
import type { Baseline, Vantage } from '../core/incident.ts'
import { hops, pathText } from '../core/path.ts'
import { type Afi, maskWord, prefixText } from '../core/prefix.ts'
import { type Instant, minutes, type Span } from '../core/time.ts'
import type { VantagePoint, VantagePoints } from '../core/vantage.ts'
import {
  type Cause,
  type Detector,
  PeerState,
  Seen,
  UNKNOWN_PATH,
  type View,
} from '../core/view.ts'
import { AddPaths } from './add-paths.ts'
import { collectPaths } from './collect.ts'
import { Origins } from './origins.ts'
import { Mark, Paths } from './paths.ts'
import { type Counted, type Peer, Peers } from './peers.ts'
import { Prefixes } from './prefixes.ts'
import { Quarantine } from './quarantine.ts'
import { season } from './reference.ts'
import { DISPLACED, PATH, PENDING, REFERENCE, Rib, STALE } from './rib.ts'
import { isHeardBy, Sessions } from './sessions.ts'
import { Standing } from './standing.ts'
import { Votes } from './votes.ts'

export interface TableLimits {
  readonly prefixes: number
  readonly paths: number
  readonly routes: number
  /** So many new paths at least are met before those no longer needed are let go; 0 = at every tick. */
  readonly freshPaths?: number
}

export const tableLimits: TableLimits = {
  // Half again of what IPv4 and IPv6 hold today, and 300 whole tables of it.
  prefixes: 2_000_000,
  paths: 12_000_000,
  routes: 600_000_000,
}

/** 16 MB of paths; fewer are not worth a look at every route. */
const FRESH_PATHS = 1 << 18

export interface TableSettings {
  readonly vantages: VantagePoints
  /** Origins whose prefixes are watched; null = all. */
  readonly asns: ReadonlySet<Asn> | null
  readonly baseline: Baseline
  /**
   * Whether everything that peers say reaches us; false when only watched prefixes were asked for.
   * What is not heard cannot be confirmed or lost: it stays as the starting table told it.
   */
  readonly hearsAll?: boolean
  readonly limits?: Partial<TableLimits>
  /** After a gap no longer than this routes are kept, as stale ones. */
  readonly keepStale?: Span
  /** Names of input files or feeds, by the numbers that batches carry; may still grow. */
  readonly files?: string[]
}

/** Type of a BGP message (RFC 4271 §4.1). */
const KEEPALIVE = 4

/** The element in hand. Its instant lies in a column: a number that is no small integer would be made anew for each. */
class Hand implements Cause {
  vantage = 0
  prefix = 0
  before = 0
  after = 0
  file = 0
  offset = 0
  otc = 0
  readonly #at = new Float64Array(1)

  get at(): Instant {
    return this.#at[0] as number
  }

  set at(at: Instant) {
    this.#at[0] = at
  }
}

export class Table implements View {
  readonly cause: Cause = new Hand()
  readonly baseline: Baseline
  readonly narrow: boolean
  readonly vantages: VantagePoints
  readonly names: Prefixes
  readonly paths: Paths
  readonly rib: Rib
  readonly standing = new Standing()
  readonly origins: Origins
  readonly peers: Peers
  readonly sessions: Sessions
  readonly voting = new Votes(this)
  readonly #quarantine = new Quarantine(this)
  /** Routes beside the one that counts. */
  readonly more: AddPaths
  /** Elements applied that changed nothing: repeated announcements, repeated withdrawals. */
  repeats = 0
  /** Elements of times when we could not hear that changed something. */
  filled = 0
  elements = 0
  readonly files: string[]
  /** Elements heard of watched origins, by family. */
  readonly updates = new Map<Asn, Record<Afi, { announced: number; withdrawn: number }>>()
  readonly #asns: ReadonlySet<Asn> | null
  readonly hearsAll: boolean
  readonly #detectors: Detector[] = []
  #onPrefix: Detector[] = []
  #onWander: Detector[] = []
  #onRoute: Detector[] = []
  #onForeign: Detector[] = []
  #onFollowed: Detector[] = []
  /** False while the starting table is loaded: nothing is news then. */
  started = false
  /** The message in hand is of a time when we could not hear. */
  #filling = false
  #resumed = false
  /** Paths met since those not needed were let go, and how many there were then. */
  #fresh = 0
  #size = 0
  readonly #fewFresh: number
  #hops = new Uint32Array(256)
  /** The path that is in `#hops`, and what was answered. */
  #asked = 0
  #answer = new Uint32Array(0)
  /** Elements heard of each vantage point. */
  readonly #spoken: number[] = []
  /** Columns of `pathRef` that somebody keeps (kept.ts). */
  held: () => Iterable<Int32Array> = () => []

  constructor(settings: TableSettings) {
    const { vantages, asns, baseline, limits, files = [], hearsAll = true } = settings
    const { keepStale = minutes(5) } = settings
    const most: TableLimits = { ...tableLimits, ...limits }
    this.vantages = vantages
    this.files = files
    this.#asns = asns
    this.hearsAll = hearsAll
    this.narrow = asns !== null
    this.origins = new Origins((asn) => asns?.has(asn) === true)
    this.baseline = baseline
    this.names = new Prefixes(most.prefixes)
    this.paths = new Paths(most.paths)
    this.rib = new Rib(most.routes)
    this.#fewFresh = most.freshPaths ?? FRESH_PATHS
    this.peers = new Peers(vantages)
    this.more = new AddPaths()
    this.sessions = new Sessions(this, keepStale)
    for (const asn of asns ?? []) {
      const none = () => ({ announced: 0, withdrawn: 0 })
      this.updates.set(asn, { 4: none(), 6: none() })
    }
  }

  attach(detectors: readonly Detector[]): void {
    this.#detectors.push(...detectors)
    this.#onPrefix = this.#detectors.filter((d) => d.prefix)
    this.#onWander = this.#onPrefix.filter((d) => d.wanders)
    this.#onRoute = this.#detectors.filter((d) => d.route)
    this.#onForeign = this.#detectors.filter((d) => d.foreign)
    this.#onFollowed = this.#detectors.filter((d) => d.followed)
  }

  /** What had to be refused because a table was full, by table. */
  get dropped(): { readonly table: string; readonly count: number }[] {
    return [
      { table: 'prefixes', count: this.names.dropped },
      { table: 'paths', count: this.paths.dropped },
      { table: 'routes', count: this.rib.dropped },
      { table: 'vantage-points', count: this.vantages.dropped },
      { table: 'add-paths', count: this.more.dropped },
      { table: 'falls-in-holes', count: this.sessions.fallen.dropped },
    ]
  }

  /**
   * Gives numbers to all prefixes and paths of a batch. Done for the whole batch at once, because
   * look-ups that do not wait for each other cost a tenth (performance.md §6.2).
   */
  intern(batch: Batch): void {
    this.paths.internAll(batch)
    if (batch.interned === 0) this.internPrefixes(batch)
    batch.interned = this.paths.epoch
  }

  internPrefixes(batch: Batch): void {
    const { names } = this
    names.internAll(batch)
    this.standing.grow(names.room)
    this.origins.grow(names.room)
  }

  /** One prefix outside of any batch. */
  internPrefix(
    afi: number,
    w0: number,
    w1: number,
    w2: number,
    w3: number,
    length: number,
  ): number {
    const id = this.names.intern(afi, w0, w1, w2, w3, length)
    this.standing.grow(this.names.room)
    this.origins.grow(this.names.room)
    return id
  }

  /** Rows of a starting table: beliefs, not events. Detectors learn from them. */
  load(batch: Batch): void {
    if (batch.interned !== this.paths.epoch) this.intern(batch)
    for (let m = 0; m < batch.messages; m++) {
      if (batch.kind[m] !== Message.rib) continue
      this.#grade(batch, m, this.peers.get(batch.vantage[m] as number))
      for (let e = batch.first[m] as number; e < (batch.first[m + 1] as number); e++) {
        const prefix = batch.prefixRef[e] as number
        if (prefix < 0) continue
        const vantage = batch.vantage[m] as number
        const path = batch.pathRef[m] as number
        const id = batch.pathId[e] as number
        if (id === 0 && !this.more.used) this.seed(vantage, prefix, path, true)
        else this.seedOneOf(vantage, prefix, id, path, true)
      }
    }
  }

  /** One of several routes to a prefix (ADD-PATH): the lowest identifier counts. All of a starting table are ordinary. */
  seedOneOf(vantage: number, prefix: number, id: number, path: number, learn: boolean): void {
    if (!learn) this.more.begin(vantage)
    const lowest = this.more.fold(vantage, prefix, id, path)
    const position = this.rib.at(vantage, prefix, false)
    const word = position < 0 ? 0 : this.rib.get(position)
    if ((word & PATH) === 0) this.seed(vantage, prefix, lowest, true)
    else if (id !== 0 || !learn) this.rib.set(position, (word & ~PATH) | lowest)
    if (learn) this.learn(path)
  }

  /** One route of the starting table; with `known` the vantage point's whole table is told. */
  seed(vantage: number, prefix: number, path: number, known: boolean): void {
    const position = this.rib.at(vantage, prefix, true)
    if (position < 0) return
    const word = this.rib.get(position)
    if ((word & PATH) !== 0) return
    this.rib.set(position, path | REFERENCE)
    const peer = this.peers.get(vantage)
    this.#hold(peer, prefix)
    if ((word & REFERENCE) !== 0) this.#missing(peer, prefix, -1)
    if (known) peer.known = true
    if (peer.state !== PeerState.active) this.peers.enter(peer, PeerState.active)
    this.#routes(peer, prefix, 1)
    if (path === UNKNOWN_PATH) return
    this.origins.seeded(prefix, this.paths.origin[path] as number)
    this.learn(path)
  }

  /** A route that this vantage point ordinarily has, and did not have when the input began. */
  seedLost(vantage: number, prefix: number): void {
    const position = this.rib.at(vantage, prefix, true)
    if (position < 0 || this.rib.get(position) !== 0) return
    this.rib.set(position, REFERENCE)
    const peer = this.peers.get(vantage)
    this.#hold(peer, prefix)
    this.#missing(peer, prefix, 1)
    if (peer.state !== PeerState.active) this.peers.enter(peer, PeerState.active)
  }

  /** One word of a snapshot; `resume` follows for its vantage point. */
  restore(vantage: number, prefix: number, word: number): void {
    const position = this.rib.at(vantage, prefix, true)
    if (position < 0) return
    this.rib.set(position, word)
    const peer = this.peers.get(vantage)
    this.#hold(peer, prefix)
    if ((word & PATH) === 0) {
      if ((word & REFERENCE) !== 0) this.#missing(peer, prefix, 1)
      return
    }
    this.#routes(peer, prefix, 1)
    if ((word & REFERENCE) !== 0) {
      this.origins.seeded(prefix, this.paths.origin[word & PATH] as number)
      this.learn(word & PATH)
    } else this.rib.unsettle(position)
  }

  /** Where one vantage point stood when the snapshot was taken. */
  resume(notes: Omit<Peer, 'slot' | Counted>): void {
    const peer = this.peers.get(notes.id)
    const { state, votes4, votes6, ...rest } = notes
    Object.assign(peer, rest)
    this.peers.enter(peer, state)
    this.voting.set(peer, votes4, votes6)
    this.voting.keep(peer)
    this.#resumed = true
  }

  /** The path is an ordinary one. */
  learn(path: number): void {
    const mark = this.paths.mark[path] as number
    if ((mark & Mark.learned) !== 0 || path <= UNKNOWN_PATH) return
    this.paths.mark[path] = mark | Mark.learned | Mark.judged
    if ((mark & Mark.judged) === 0) this.#fresh++
    for (const detector of this.#detectors) detector.learnPath?.(path)
  }

  /** The starting table is complete; from here on everything is an event. */
  start(): void {
    this.voting.start(this.#resumed)
    this.started = true
  }

  /** Applies one message at the instant the clock has given it. */
  apply(batch: Batch, m: number): void {
    const at = batch.at[m] as number
    const vantage = batch.vantage[m] as number
    const peer = this.peers.get(vantage)
    const { cause } = this
    cause.at = at
    cause.vantage = vantage
    cause.file = batch.file
    cause.offset = batch.offset[m] as number
    cause.otc = batch.otc[m] as number
    if ((batch.kind[m] as number) >= Message.hole) {
      if (batch.kind[m] === Message.hole) this.#fill(batch, m, peer)
      else this.sessions.turnedInHole(peer, batch.kind[m] === Message.holeUp)
      return
    }
    peer.source = batch.file
    peer.heard = true
    switch (batch.kind[m]) {
      case Message.update:
        this.#update(batch, m, peer)
        break
      case Message.sessionUp:
        this.sessions.up(peer, at)
        break
      case Message.sessionDown:
        this.sessions.down(peer, at)
        break
      case Message.endOfRib:
        this.sessions.endOfRib(peer, batch.detail[m] as number, at)
        break
      case Message.alive:
        // Keepalives are sent when a session is Established only: it came up unheard.
        if (peer.state === PeerState.down && batch.detail[m] === KEEPALIVE)
          this.sessions.transfer(peer, at)
        break
    }
  }

  /** A fault of the peer is a fact of its own, whatever becomes of its routes. */
  #grade(batch: Batch, m: number, peer: Peer): void {
    if (batch.detail[m] === TREAT_AS_WITHDRAW) peer.treatedAsWithdraw++
  }

  #update(batch: Batch, m: number, peer: Peer): void {
    this.#grade(batch, m, peer)
    if (peer.state !== PeerState.active) this.sessions.wake(peer, this.cause.at)
    const path = batch.pathRef[m] as number
    const to = batch.first[m + 1] as number
    let announced = 0
    let folds = this.more.has(peer.id)
    for (let e = batch.first[m] as number; e < to; e++) {
      const prefix = batch.prefixRef[e] as number
      if (prefix < 0) continue
      let after = batch.announced[e] === 1 ? path : 0
      const id = batch.pathId[e] as number
      if (id !== 0 || folds) {
        after = this.more.fold(peer.id, prefix, id, after)
        folds = true
      } else if (after === UNKNOWN_PATH) after = this.#lastKnown(peer, prefix)
      if (after === 0) this.#withdraw(peer, prefix)
      else {
        announced++
        this.#announce(peer, prefix, after)
      }
      if (this.narrow) this.#tally(prefix, after !== 0)
    }
    const elements = to - (batch.first[m] as number)
    this.elements += elements
    this.#spoken[peer.id] = (this.#spoken[peer.id] ?? 0) + elements
    if (peer.state === PeerState.transfer) peer.windowCount += announced
  }

  /**
   * An UPDATE of a time when we could not hear. What the peer has not spoken of since is still marked as
   * stale, and only that may it change.
   */
  #fill(batch: Batch, m: number, peer: Peer): void {
    // Of several routes to a prefix nobody notes which were spoken of.
    if (peer.holeSince === 0 || this.more.has(peer.id)) return
    this.#grade(batch, m, peer)
    const path = batch.pathRef[m] as number
    this.#filling = true
    for (let e = batch.first[m] as number; e < (batch.first[m + 1] as number); e++) {
      const prefix = batch.prefixRef[e] as number
      if (prefix < 0 || batch.pathId[e] !== 0) continue
      this.sessions.fallen.told(peer.id, prefix)
      const word = this.rib.word(peer.id, prefix)
      if (word === 0 ? !this.#mayBegin(batch, e, peer, prefix, path) : (word & STALE) === 0)
        continue
      this.filled++
      if (batch.announced[e] !== 1) this.#withdraw(peer, prefix)
      else this.#announce(peer, prefix, path === UNKNOWN_PATH ? word & PATH || path : path)
      if (this.narrow) this.#tally(prefix, batch.announced[e] === 1)
    }
    this.#filling = false
  }

  /** A route that was not there before the gap, and was not spoken of since. */
  #mayBegin(batch: Batch, e: number, peer: Peer, prefix: number, path: number): boolean {
    if (batch.announced[e] !== 1 || this.sessions.hasTakenBack(peer, prefix)) return false
    return this.hearsAll || this.watches((this.paths.origin[path] as number) >>> 0)
  }

  /** Spoken of again. True when its vote counts for more by that. */
  #confirm(peer: Peer, prefix: number, word: number): boolean {
    peer.stale--
    if (peer.holeSince === 0 || !this.#votes(peer, prefix)) return false
    this.standing.dim(prefix, (word & PATH) !== 0, (word & REFERENCE) !== 0, -1)
    return true
  }

  /**
   * The path of a route that is announced on one that could not be read. What is known of it stands:
   * a message that says nothing must not end a leak, or make ordinary what was part of one.
   */
  #lastKnown(peer: Peer, prefix: number): number {
    return this.rib.word(peer.id, prefix) & PATH || UNKNOWN_PATH
  }

  #tally(prefix: number, announced: boolean): void {
    const counts = this.updates.get((this.origins.of[prefix] as number) >>> 0)?.[this.afi(prefix)]
    if (!counts) return
    if (announced) counts.announced++
    else counts.withdrawn++
  }

  #announce(peer: Peer, prefix: number, path: number): void {
    const { rib, paths, cause } = this
    const position = rib.at(peer.id, prefix, true)
    if (position < 0) return
    const word = rib.get(position)
    const before = word & PATH
    // Before the word is written, because an election counts what is written.
    if (before === 0 && this.#hold(peer, prefix) && peer.state === PeerState.active)
      this.voting.elect(peer)
    if (before === path && (word & (STALE | DISPLACED)) === 0) {
      this.repeats++
      peer.again++
      return
    }
    let next = (word & ~(PATH | STALE | PENDING)) | path
    if (before !== 0) next |= word & PENDING
    let surer = false
    if (this.#filling) {
      next |= STALE
      if (word === 0) peer.stale++
    } else if ((word & STALE) !== 0) surer = this.#confirm(peer, prefix, word)
    // Back on its ordinary path, as far as can be told.
    const restored =
      (word & DISPLACED) !== 0 &&
      path !== UNKNOWN_PATH &&
      ((paths.mark[path] as number) & Mark.leaked) === 0
    if (restored) next = (next & ~DISPLACED) | REFERENCE
    rib.set(position, next)
    if ((next & REFERENCE) === 0) rib.unsettle(position)
    this.#origin(prefix, paths.origin[path] as number)
    cause.prefix = prefix
    cause.before = before
    cause.after = path
    if (before === 0) {
      this.#routes(peer, prefix, 1)
      if ((word & REFERENCE) !== 0) this.#missing(peer, prefix, -1)
    }
    if ((before === 0 || restored || surer) && this.#votes(peer, prefix)) {
      if (before === 0)
        this.standing.visible[prefix] = (this.standing.visible[prefix] as number) + 1
      if (restored) {
        this.standing.reference[prefix] = (this.standing.reference[prefix] as number) + 1
      }
      if (this.#filling) this.standing.dim(prefix, before === 0, restored, 1)
      this.settle(prefix)
    }
    if (before === path) return
    const mark = paths.mark[path] as number
    if ((mark & Mark.judged) === 0) {
      paths.mark[path] = mark | Mark.judged
      this.#fresh++
      for (const detector of this.#detectors) detector.newPath?.(path)
    }
    const watchers = ((paths.mark[path] as number) | (paths.mark[before] as number)) & Mark.watched
    if (watchers !== 0) this.#route(watchers)
    const origin = paths.origin[path] as number
    if (origin !== this.origins.of[prefix] && origin !== 0)
      for (const detector of this.#onForeign) detector.foreign?.(prefix, origin >>> 0)
    if (this.origins.followed[prefix] === 1) this.#followed()
  }

  #withdraw(peer: Peer, prefix: number): void {
    const { rib, paths, cause, standing } = this
    const position = rib.at(peer.id, prefix, false)
    const word = position < 0 ? 0 : rib.get(position)
    const before = word & PATH
    if (before === 0) {
      this.repeats++
      if (this.#filling || peer.holeSince === 0) return
      if ((word & ~STALE) === 0) this.sessions.takeBack(peer, prefix)
      if ((word & STALE) !== 0) {
        rib.set(position, word & ~STALE)
        if (this.#confirm(peer, prefix, word)) {
          this.unmoved(peer, prefix, 0)
          this.settle(prefix)
        }
      }
      return
    }
    const mark = paths.mark[before] as number
    // The ordinary route went when the leak came; that the leak goes too is no second loss.
    const displaced = (mark & Mark.leaked) !== 0 && (word & REFERENCE) !== 0
    let next = word & ~(PATH | STALE | PENDING)
    if (displaced) next = (next & ~REFERENCE) | DISPLACED
    if (this.#filling) {
      next |= STALE
      if (this.#votes(peer, prefix)) standing.dim(prefix, true, displaced, -1)
    } else if ((word & STALE) !== 0) this.#confirm(peer, prefix, word)
    if (next === 0 && peer.holeSince > 0) this.sessions.takeBack(peer, prefix)
    rib.set(position, next)
    this.#routes(peer, prefix, -1)
    if ((next & REFERENCE) !== 0) this.#missing(peer, prefix, 1)
    cause.prefix = prefix
    cause.before = before
    cause.after = 0
    if (this.#votes(peer, prefix)) {
      standing.visible[prefix] = (standing.visible[prefix] as number) - 1
      if (displaced) standing.reference[prefix] = (standing.reference[prefix] as number) - 1
      else if ((word & REFERENCE) !== 0) standing.loss(prefix, cause.at)
      this.settle(prefix)
    }
    if ((mark & Mark.watched) !== 0) this.#route(mark)
    if (this.origins.followed[prefix] === 1) this.#followed()
  }

  /** A route took up or left a path that somebody watches: to those whose bits are set. */
  #route(watchers: number): void {
    for (const detector of this.#onRoute)
      if (((detector.watcher ?? 0) & watchers) !== 0) detector.route?.()
  }

  #followed(): void {
    for (const detector of this.#onFollowed) detector.followed?.()
  }

  #origin(prefix: number, origin: number): void {
    const known = this.origins.of[prefix] as number
    if (known === origin || origin === 0) return
    if (
      known === 0 ||
      this.origins.outranks(origin, known) ||
      (this.standing.reference[prefix] === 0 && this.standing.visible[prefix] === 0)
    ) {
      this.origins.assign(prefix, origin)
      for (const detector of this.#detectors) detector.origin?.(prefix, known >>> 0, origin >>> 0)
    }
  }

  #votes(peer: Peer, prefix: number): boolean {
    return this.names.afi[prefix] === 4 ? peer.votes4 : peer.votes6
  }

  #routes(peer: Peer, prefix: number, change: 1 | -1): void {
    if (this.names.afi[prefix] === 4) peer.routes4 += change
    else peer.routes6 += change
  }

  /** True when it is the first route of its family. */
  #hold(peer: Peer, prefix: number): boolean {
    if (this.names.afi[prefix] === 4) {
      if (peer.had4) return false
      peer.had4 = true
    } else {
      if (peer.had6) return false
      peer.had6 = true
    }
    return true
  }

  /** A route it ordinarily carries is missing, or no longer is. */
  #missing(peer: Peer, prefix: number, change: 1 | -1): void {
    if (this.names.afi[prefix] === 4) peer.missing4 += change
    else peer.missing6 += change
  }

  settle(prefix: number): void {
    const { standing } = this
    const before = standing.seen[prefix] as number
    if (standing.settle(prefix) && this.started) {
      const after = standing.seen[prefix] as number
      const wanders =
        before !== Seen.new && after !== Seen.new && Math.max(before, after) < Seen.lost
      for (const detector of wanders ? this.#onWander : this.#onPrefix)
        detector.prefix?.(prefix, before, after)
    }
    if (standing.seen[prefix] === Seen.new) this.carry(prefix)
  }

  /** The new table of a peer has it no more. */
  expire(peer: Peer, prefix: number, path: number): void {
    this.cause.prefix = prefix
    this.cause.before = path
    this.cause.after = 0
    this.#routes(peer, prefix, -1)
    this.#route(this.paths.mark[path] as number)
    if (this.origins.followed[prefix] === 1) this.#followed()
  }

  tellPeer(id: number, before: number, after: number, at: Instant): void {
    if (this.started) for (const d of this.#detectors) d.peer?.(id, before, after, at)
  }

  /** Of a prefix without reference no state tells whether it is reachable. */
  carry(prefix: number): void {
    const is = this.reachable(prefix) ? 1 : 0
    if (this.standing.carried[prefix] === is) return
    this.standing.carried[prefix] = is
    if (this.started) for (const detector of this.#detectors) detector.carried?.(prefix)
  }

  // facts

  /** The last tick. */
  now: Instant = 0

  fact(fact: Fact): void {
    this.cause.at = fact.at
    if (fact.kind === 'tick') this.now = fact.at
    if (fact.kind === 'tick') this.#tick(fact.at)
    else if (fact.kind === 'gap') this.sessions.gap(fact)
    else if (fact.kind === 'filled') this.sessions.filled(fact)
    else if (fact.kind === 'unfilled') this.sessions.unfilled(fact)
    else if (fact.kind === 'gap-end') this.sessions.sight(fact.feed, fact.collector, fact.at)
    for (const detector of this.#detectors) detector.fact?.(fact)
  }

  #tick(at: Instant): void {
    this.sessions.tick(at)
    this.#quarantine.tick(at)
    this.voting.tick(at, this.hearsAll)
    if (this.baseline !== 'learned-from-input') season(this, at)
    const few = this.#fewFresh
    if (few === 0 || this.#fresh >= Math.max(few, this.#size)) this.#collect()
  }

  #collect(): void {
    this.#size = collectPaths(this, this.#detectors, this.held())
    this.#fresh = 0
    this.#asked = 0
    this.#answer = new Uint32Array(0)
  }

  /** A route becomes, or ceases to be, what its vantage point ordinarily carries. */
  changeReference(peer: Peer, prefix: number, change: 1 | -1): void {
    // It ceases to be because it is not there.
    if (change === -1) this.#missing(peer, prefix, -1)
    if (!this.#votes(peer, prefix)) return
    this.standing.reference[prefix] = (this.standing.reference[prefix] as number) + change
    const word = this.rib.word(peer.id, prefix)
    if (peer.holeSince > 0 && (word & STALE) !== 0) this.standing.dim(prefix, false, true, change)
    this.unmoved(peer, prefix, word & PATH)
    this.settle(prefix)
  }

  /** What the standing of a prefix changes by is who votes or counts, not a route. */
  unmoved(peer: Peer, prefix: number, path: number): void {
    this.cause.vantage = peer.id
    this.cause.prefix = prefix
    this.cause.before = this.cause.after = path
  }

  // View

  holes(source: number): number {
    let n = 0
    for (const peer of this.peers.list)
      if (peer.holeSince > 0 && !peer.hopeless && isHeardBy(peer, source)) n++
    return n
  }

  watches(asn: Asn): boolean {
    return this.#asns === null || this.#asns.has(asn)
  }

  get prefixes(): number {
    return this.names.count
  }

  afi(prefix: number): Afi {
    return this.names.afi[prefix] as Afi
  }

  length(prefix: number): number {
    return this.names.length[prefix] as number
  }

  prefixText(prefix: number): string {
    const { afi, word0, word1, word2, word3, length } = this.names
    return prefixText(
      afi[prefix] as number,
      word0[prefix] as number,
      word1[prefix] as number,
      word2[prefix] as number,
      word3[prefix] as number,
      length[prefix] as number,
    )
  }

  firstUnit(prefix: number): number {
    const high = (this.names.word0[prefix] as number) >>> 0
    if (this.names.afi[prefix] === 4) return high >>> 8
    return high * 0x10000 + ((this.names.word1[prefix] as number) >>> 16)
  }

  seen(prefix: number): number {
    return this.standing.seen[prefix] as number
  }

  visible(prefix: number): number {
    return this.standing.visible[prefix] as number
  }

  reference(prefix: number): number {
    return this.standing.reference[prefix] as number
  }

  carried(afi: Afi): number {
    const { names, standing } = this
    let n = 0
    for (let prefix = 0; prefix < names.count; prefix++)
      if (standing.reference[prefix] !== 0 && names.afi[prefix] === afi) n++
    return n
  }

  reachable(prefix: number): boolean {
    const seen = this.seen(prefix)
    if (seen === Seen.up || seen === Seen.degraded) return true
    return (
      seen === Seen.new && this.visible(prefix) * 2 >= Math.max(2, this.voters(this.afi(prefix)))
    )
  }

  lossStart(prefix: number): Instant {
    return this.standing.lossStart[prefix] as number
  }

  lastLoss(prefix: number): Instant {
    return this.standing.lastLoss[prefix] as number
  }

  origin(prefix: number): Asn {
    return (this.origins.of[prefix] as number) >>> 0
  }

  parentOf(prefix: number): number {
    const origin = this.origins.of[prefix]
    return origin === 0 ? -1 : this.#above(prefix, (found) => this.origins.of[found] === origin)
  }

  coverOf(prefix: number): number {
    const { visible, reference } = this.standing
    const is = (found: number) => (visible[found] as number) + (reference[found] as number) > 0
    return this.#above(prefix, (found) => this.origins.of[found] !== 0 && is(found))
  }

  /** The nearest less specific of which something is true; -1 when there is none. */
  #above(prefix: number, is: (found: number) => boolean): number {
    const { names } = this
    const { afi, word0, word1, word2, word3, length: own } = names.words(prefix)
    for (let length = own - 1; length > 0; length--) {
      if (!names.hasLength(afi, length)) continue
      const found = names.find(
        afi,
        word0 & maskWord(length, 0),
        word1 & maskWord(length, 1),
        word2 & maskWord(length, 2),
        word3 & maskWord(length, 3),
        length,
      )
      if (found >= 0 && is(found)) return found
    }
    return -1
  }

  inside(prefix: number): number[] {
    return this.names.inside(prefix).filter((p) => (this.standing.reference[p] as number) > 0)
  }

  words(prefix: number): PrefixWords {
    return this.names.words(prefix)
  }

  hadOrigin(prefix: number, origin: Asn): boolean {
    return this.origins.had(prefix, origin)
  }

  follow(prefix: number, is: boolean): void {
    this.origins.followed[prefix] = is ? 1 : 0
  }

  prefixesOf(origin: Asn): readonly number[] {
    return this.origins.prefixesOf(origin)
  }

  lostAt(prefixes: readonly number[], step = 1): number[] {
    const out: number[] = []
    const first = prefixes[0]
    if (first === undefined) return out
    for (const peer of this.peers.list)
      if (this.#votes(peer, first) && this.rib.lacks(peer.id, prefixes, step)) out.push(peer.id)
    return out
  }

  eachRoute(prefix: number, visit: (vantage: number, path: number) => void): void {
    for (const peer of this.peers.list) {
      if (!this.#votes(peer, prefix)) continue
      const path = this.rib.word(peer.id, prefix) & PATH
      if (path !== 0) visit(peer.id, path)
    }
  }

  /** Several detectors ask about the same path, one after the other. */
  hops(path: number): Uint32Array {
    if (path === this.#asked) return this.#answer
    const { words, start, length } = this.paths
    const most = length[path] as number
    if (most > this.#hops.length) this.#hops = new Uint32Array(most)
    const count = path <= UNKNOWN_PATH ? 0 : hops(words, start[path] as number, most, this.#hops)
    this.#asked = path
    this.#answer = this.#hops.subarray(0, count)
    return this.#answer
  }

  pathText(path: number): string {
    if (path === 0) return ''
    if (path === UNKNOWN_PATH) return '?'
    return pathText(
      this.paths.words,
      this.paths.start[path] as number,
      this.paths.length[path] as number,
    )
  }

  fileName(file: number): string {
    return this.files[file] ?? '?'
  }

  pathOrigin(path: number): Asn {
    return (this.paths.origin[path] as number) >>> 0
  }

  mark(path: number, watcher: number): void {
    this.paths.mark[path] = (this.paths.mark[path] as number) | watcher
  }

  forget(path: number, watcher: number): void {
    this.paths.mark[path] = (this.paths.mark[path] as number) & ~(watcher | Mark.judged)
  }

  leaked(path: number, is: boolean): void {
    const mark = this.paths.mark[path] as number
    this.paths.mark[path] = is ? mark | Mark.leaked : mark & ~Mark.leaked
  }

  vantagePoint(id: number): VantagePoint {
    return this.vantages.get(id)
  }

  get vantagePoints(): number {
    return this.peers.list.length
  }

  pathAt(vantage: number, prefix: number): number {
    return this.rib.word(vantage, prefix) & PATH
  }

  peerState(id: number): number {
    return this.peers.get(id).state
  }

  spoken(id: number): number {
    return this.#spoken[id] ?? 0
  }

  known(id: number): boolean {
    return this.peers.get(id).known
  }

  votes(id: number, afi: Afi): boolean {
    const peer = this.peers.get(id)
    return afi === 4 ? peer.votes4 : peer.votes6
  }

  voters(afi: Afi): number {
    return this.peers.voters(afi)
  }

  get collectors(): number {
    const names = new Set<string>()
    for (const peer of this.peers.list)
      if (peer.state === PeerState.active) names.add(this.vantages.get(peer.id).collector)
    return names.size
  }

  get heard(): number {
    const networks = new Set<Asn>()
    for (const { id, source, state, lostTo } of this.peers.list)
      if (source >= 0 || state !== PeerState.unknown || lostTo !== null)
        networks.add(this.vantages.get(id).asn)
    return networks.size
  }

  vantage(): Vantage {
    return this.peers.counts()
  }
}
