// One router on one connection: its name, its sessions, and whether its table has been told. What it says becomes
// messages of own sessions, and samples of whether they are up.

import type { Asn } from './core/asn.ts'
import { type Batch, NO_LONGER_TOLD } from './core/batch.ts'
import { type Sample, usualUncertainty } from './core/sample.ts'
import { type Instant, type Span, seconds } from './core/time.ts'
import { ROUTER } from './core/vantage.ts'
import type { BmpConnection, BmpSettings } from './feeds/bmp-settings.ts'
import type { LiveStream } from './live-source.ts'
import { AddPath } from './wire/bgp.ts'
import { BmpDecoder, type BmpOutcome } from './wire/bmp.ts'
import { BmpFrames } from './wire/bmp-frames.ts'
import { type BmpPeer, View } from './wire/bmp-peers.ts'
import type { PeerDown } from './wire/bmp-tell.ts'

/** Where a BGP message begins in a Route Monitoring: after both headers (RFC 7854 §4.1, §4.2). */
const BGP_AT = 48
/** A router's stamp counts when it is that near to when we heard it: what is older would come too late. */
const BELIEVED: Span = seconds(4)
const MOST_NAME = 64
/** Statistics (RFC 7854 §4.8): routes in Adj-RIBs-In, of all families. */
const ROUTES_RECEIVED = 7

/** Which session a BGP message was heard on. */
export interface OwnSession {
  readonly router: string
  /** Address of the neighbour; all zero: the router's own choice (Loc-RIB). */
  readonly peer: string
  readonly peerAsn: Asn
  /** A value of View: before or after policy, or the Loc-RIB. */
  readonly view: number
  /** Bits of AddPath (wire/bgp.ts): families of which NLRI carry path identifiers. */
  readonly addPath: number
}

/** Somebody who wants to hear the UPDATEs of own sessions whole, such as who looks for blackholes in them. */
export interface OwnUpdates {
  /** `message`: a BGP UPDATE with its header, good until the call is over; each view of a session by itself. */
  update(message: Uint8Array, session: OwnSession, at: Instant): void
  /** The session is down, or the router is not heard any more: its routes are not known to be there. */
  down(session: Omit<OwnSession, 'view' | 'addPath'>, at: Instant): void
  /** Own prefixes are other ones from now on. */
  own?(prefixes: readonly string[], at: Instant): void
  /** Nothing of the router is known any more, of its Loc-RIB neither. */
  lost?(router: string, at: Instant): void
}

interface Session {
  readonly peer: string
  readonly asn: Asn
  up: boolean
  /** Inside of the own network: no border of anything. */
  isInternal: boolean
  /** Its routes are told; else statistics must do. */
  isMonitored: boolean
  received: number | null
}

/** Names of routers come from themselves: letters, digits and a few signs are kept. */
export const cleanName = (text: string): string =>
  text
    .replace(/[^\w.@:-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, MOST_NAME)

export class BmpRouterFeed {
  readonly connection: BmpConnection
  /** Null until its first message. */
  name: string | null = null
  messages = 0
  newest: Instant | null = null
  /** Its Local AS, by the OPEN it sent. */
  asn: Asn = 0
  readonly sessions = new Map<string, Session>()
  readonly #stream: LiveStream
  readonly #settings: BmpSettings
  readonly #frames = new BmpFrames()
  readonly #decoder: BmpDecoder
  readonly #updates: OwnUpdates | null
  readonly #named: (feed: BmpRouterFeed, wanted: string) => string | null
  #collectors: readonly number[] = []
  /** Paths with the router's own AS in front of the neighbour's, which was taken off. */
  takenOff = 0
  /** Views that were heard beside the one that counts. */
  passed = 0
  /** Sessions that have not told their table yet. */
  readonly #telling = new Set<string>()
  /** What it has sent already is not read any more. */
  #isRefused = false
  readonly #beganAt: Instant
  #saidAt: Instant
  #last: Instant = 0

  /** `named` settles under which name it goes; null when it may not go on. */
  constructor(
    connection: BmpConnection,
    stream: LiveStream,
    settings: BmpSettings,
    updates: OwnUpdates | null,
    named: (feed: BmpRouterFeed, wanted: string) => string | null,
  ) {
    this.connection = connection
    this.#stream = stream
    this.#settings = settings
    this.#updates = updates
    this.#named = named
    this.#decoder = new BmpDecoder(stream.vantages, { peers: settings.mostSessions })
    this.#beganAt = this.#saidAt = now()
  }

  push(chunk: Uint8Array): void {
    this.#frames.push(chunk)
  }

  /** Reads what has come, at most so many messages; how many it read. */
  read(most: number): number {
    const frames = this.#frames
    let read = 0
    while (read < most && !this.#isRefused && frames.next()) {
      read++
      this.#message(frames.at, frames.stop)
    }
    if (frames.lost !== null) {
      this.#stream.malformed()
      // No later octet can be trusted (RFC 7854 has nothing to find the next message by).
      this.connection.end(`what it sends is not BMP: ${frames.lost}`)
    }
    return read
  }

  /** Whether its table has been told, so that what it does not hold is not there. */
  hasTold(at: Instant): boolean {
    if (this.name === null) return false
    const { quiet, longestDump } = this.#settings
    if (at - this.#beganAt >= longestDump || at - this.#saidAt >= quiet) return true
    return this.sessions.size > 0 && this.#telling.size === 0 && at - this.#saidAt >= seconds(1)
  }

  /** What its sessions are now, as a scrape would tell. */
  tell(at: Instant): void {
    for (const session of this.sessions.values()) this.#tell(session, at)
  }

  /** It is not heard any more. */
  lost(at: Instant): void {
    if (!this.#updates || this.name === null) return
    for (const { peer, asn } of this.sessions.values())
      this.#updates.down({ router: this.name, peer, peerAsn: asn }, at)
    this.#updates.lost?.(this.name, at)
  }

  #message(from: number, to: number): void {
    const frames = this.#frames
    const decoder = this.#decoder
    const heard = now()
    decoder.use(frames.bytes, frames.view)
    this.messages++
    let outcome: BmpOutcome = 'full'
    if (this.name === null && !this.#introduce(from, to, heard)) return
    this.#stream.take((batch) => {
      const before = batch.messages
      outcome = decoder.read(from, to, this.#collectors, heard, frames.offset(from), batch)
      if (outcome === 'down') this.#markDown(batch, before)
      if (outcome === 'update') this.#takeOff(batch, before)
      this.#stamp(batch, before, heard)
      return outcome !== 'full'
    })
    this.#follow(outcome, from, to)
  }

  /** In order, and never of so long ago that the clock has passed it. */
  #stamp(batch: Batch, from: number, heard: Instant): void {
    for (let m = from; m < batch.messages; m++) {
      const told = batch.at[m] as number
      const at = told <= heard && told >= heard - BELIEVED ? told : heard
      this.#last = Math.max(at, this.#last)
      batch.at[m] = this.#last
      this.newest = this.#last
    }
  }

  /**
   * FRR (8.4 at least) writes what it heard as it would pass it on, with its own AS in front. A path that came
   * with our own AS at its head would have been refused as a loop (RFC 4271 §9.1.2).
   */
  #takeOff(batch: Batch, from: number): void {
    const { path, pathStart, pathLength } = batch
    const peer = this.#decoder.peer?.asn ?? 0
    if (this.asn === 0 || this.asn === peer) return
    for (let m = from; m < batch.messages; m++) {
      const start = pathStart[m] as number
      if (start < 0 || (pathLength[m] as number) < 2) continue
      if (path[start] !== (this.asn | 0) || path[start + 1] !== (peer | 0)) continue
      pathStart[m] = start + 1
      pathLength[m] = (pathLength[m] as number) - 1
      this.takenOff++
    }
  }

  #markDown(batch: Batch, from: number): void {
    if (this.#decoder.down?.reason !== NO_LONGER_TOLD) return
    for (let m = from; m < batch.messages; m++) batch.detail[m] = NO_LONGER_TOLD
  }

  /** By its first message, which is its Initiation (RFC 7854 §4.3) if it keeps to the rules. */
  #introduce(from: number, to: number, heard: Instant): boolean {
    const { address } = this.connection
    const known = this.#settings.routers.find((router) => router.address === address)
    const isInitiation = this.#frames.bytes[from + 5] === 4
    let wanted = known?.name ?? ''
    if (wanted === '' && isInitiation) wanted = this.#sysName(from, to, heard)
    this.name = this.#named(this, wanted || address)
    this.#isRefused = this.name === null
    if (this.name === null) return false
    const collector = this.#stream.vantages.collector(ROUTER + this.name)
    // Before and after policy are two looks at one session: the first one heard counts.
    this.#collectors = [collector, collector, -1, -1, collector]
    return true
  }

  #sysName(from: number, to: number, heard: Instant): string {
    let told = ''
    this.#stream.take((batch) => {
      const outcome = this.#decoder.read(from, to, [-1, -1, -1, -1, -1], heard, 0, batch)
      if (outcome === 'initiation')
        told = this.#decoder.information.find(({ type }) => type === 2)?.text ?? ''
      return outcome !== 'full'
    })
    return cleanName(told)
  }

  #follow(outcome: BmpOutcome, from: number, to: number): void {
    const { peer } = this.#decoder
    if (outcome === 'malformed') this.#stream.malformed()
    else if (outcome === 'refused') this.#stream.dropped('no-room')
    else if (outcome === 'termination') this.#terminated()
    if (!peer || outcome === 'malformed' || outcome === 'refused') return
    const at = this.#last || now()
    if (this.#frames.bytes[from + 5] === 0) this.#monitored(outcome, peer, from, to, at)
    else if (outcome === 'up') this.#up(peer, at)
    else if (outcome === 'down') this.#down(peer, at)
    else if (outcome === 'statistics') this.#counted(peer, at)
  }

  #monitored(outcome: BmpOutcome, peer: BmpPeer, from: number, to: number, at: Instant): void {
    this.#saidAt = now()
    const { view } = this.#decoder
    if (outcome === 'passed') this.passed++
    const session = this.sessions.get(peer.address)
    if (session) session.isMonitored = true
    if (outcome === 'endOfRib') this.#telling.delete(peer.address)
    if (this.#updates === null || view === View.adjOut || view === View.adjOutPost) return
    const addPath = Math.max(AddPath.none, peer.addPath[0] as number)
    const said = { router: this.name ?? '', peer: peer.address, peerAsn: peer.asn, view, addPath }
    this.#updates.update(this.#frames.bytes.subarray(from + BGP_AT, to), said, at)
  }

  #up(peer: BmpPeer, at: Instant): void {
    const { up, view } = this.#decoder
    this.#saidAt = now()
    if (view === View.locRib) {
      if (up) this.asn = up.sent.asn
      return
    }
    if (up) this.asn = up.sent.asn
    const session = this.#session(peer)
    if (!session) return
    session.up = true
    session.isInternal = up !== null && up.sent.asn === up.received.asn
    this.#telling.add(peer.address)
    this.#tell(session, at)
  }

  #down(peer: BmpPeer, at: Instant): void {
    const { down, view } = this.#decoder
    this.#telling.delete(peer.address)
    this.#updates?.down({ router: this.name ?? '', peer: peer.address, peerAsn: peer.asn }, at)
    if (view === View.locRib) return
    // Nobody says whether it is up: it is missing, not lost.
    if (down?.reason === NO_LONGER_TOLD) {
      this.sessions.delete(peer.address)
      return
    }
    const session = this.#session(peer)
    if (!session) return
    session.up = false
    this.#tell(session, at)
    const why = down ? reasonOf(down) : 'no reason given'
    this.#stream.log(
      'warn',
      `BMP: ${this.name}: session with AS${peer.asn} at ${peer.address} is down: ${why}`,
    )
  }

  #counted(peer: BmpPeer, at: Instant): void {
    const { statistics, view } = this.#decoder
    if (view === View.locRib) return
    const told = statistics.find(({ type }) => type === ROUTES_RECEIVED)
    const session = told && this.#session(peer)
    if (!session) return
    session.received = told.value
    this.#tell(session, at)
  }

  #session(peer: BmpPeer): Session | null {
    const known = this.sessions.get(peer.address)
    if (known) return known
    if (this.sessions.size >= this.#settings.mostSessions) {
      this.#stream.dropped('sessions')
      return null
    }
    const { address, asn } = peer
    const made = {
      peer: address,
      asn,
      up: true,
      isInternal: false,
      isMonitored: false,
      received: null,
    }
    this.sessions.set(address, made)
    return made
  }

  #tell(session: Session, at: Instant): void {
    // What runs inside the network says nothing of its border.
    if (session.isInternal || this.name === null) return
    const { address } = this.connection
    const pop = this.#settings.routers.find((router) => router.address === address)?.pop ?? ''
    const labels = {
      ...(this.asn === 0 ? {} : { asn: String(this.asn) }),
      peer: session.peer,
      ...(pop === '' ? {} : { pop }),
      router: this.name,
    }
    const of: Omit<Sample, 'metric' | 'value'> = {
      kind: 'sample',
      at,
      plane: 'bgp',
      labels,
      uncertainty: usualUncertainty.bgp,
    }
    this.#stream.fact({ ...of, metric: 'session_up', value: session.up ? 1 : 0 })
    // Where the routes themselves are told they are counted (table/own-routes.ts).
    if (session.up && !session.isMonitored && session.received !== null)
      this.#stream.fact({ ...of, metric: 'rx_prefixes', value: session.received })
  }

  #terminated(): void {
    const reason = this.#decoder.information.find(({ type }) => type === 1)?.reason
    const why = terminations[reason ?? 1] ?? 'for a reason of its own'
    this.connection.end(`the router has ended it ${why}`)
  }
}

const now = (): Instant => Date.now() * 1e3

/** RFC 7854 §4.5. */
const terminations = [
  'on order of its operator',
  'without a reason',
  'because it is out of resources',
  'as one connection too many',
  'for good',
]

/** RFC 7854 §4.9; codes of NOTIFICATION: RFC 4271 §4.5. */
export function reasonOf({ reason, event, code, subcode }: PeerDown): string {
  const told = code === null ? '' : ` (NOTIFICATION ${code}/${subcode})`
  if (reason === 1) return `ended by the router${told}`
  if (reason === 2) return `ended by the router (event ${event ?? '?'} of RFC 4271)`
  if (reason === 3) return `ended by the neighbour${told}`
  if (reason === 4) return 'ended by the neighbour, without a word'
  return `reason ${reason}`
}
