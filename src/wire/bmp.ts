// BMP (RFC 7854, Adj-RIB-Out RFC 8671, Loc-RIB RFC 9069): what a router tells of its sessions and of
// their routes, into the columns of a Batch. RouteViews sends it inside of OpenBMP, own routers by TCP.
//
// A router may show the same session before and after its policy, or what it sends to it. Who opens the
// decoder says which collector speaks for which view; where two views would be the same vantage point,
// the first one heard is its belief, and the other is passed over.

import { type Batch, Message, TREAT_AS_WITHDRAW } from '../core/batch.ts'
import { type Instant, minutes } from '../core/time.ts'
import type { VantagePoints } from '../core/vantage.ts'
import { AddPath, BGP_HEADER, BgpDecoder, Update } from './bgp.ts'
import { BMP_HEADER, BMP_VERSION } from './bmp-frames.ts'
import { type BgpOpen, readOpen } from './bmp-open.ts'
import { type BmpPeer, BmpPeers, LOC_RIB, UNHEARD, UNTOLD, VIEWS, View } from './bmp-peers.ts'
import {
  type Information,
  type PeerDown,
  readInformation,
  readPeerDown,
  readStatistics,
  type Statistic,
} from './bmp-tell.ts'

/** Octets of the per-peer header, and where the body begins that follows it. */
const PEER_HEADER = 42
const BODY = BMP_HEADER + PEER_HEADER
/** Addresses and ports before the OPENs of Peer Up. */
const UP_HEAD = 20
const UPDATE = 2
/** The last type of message there is: ROUTE-REFRESH (RFC 2918). */
const REFRESH = 5
/** One peer may go down in every view. */
const MOST_ROWS = VIEWS

const POST_POLICY = 0x40
const TWO_OCTETS = 0x20
const ADJ_RIB_OUT = 0x10

/** A router's stamp is believed so far before and after the time the message was heard. */
const EARLIEST = minutes(10)
const LATEST = minutes(1)

/**
 * What became of a message. `passed`: nothing for us (a view that is not wanted, an unknown type);
 * `refused`: no room for its peer, or one that is not listened to; `full`: nothing was done, come again with an
 * empty batch.
 */
export type BmpOutcome =
  | ('update' | 'endOfRib' | 'up' | 'down' | 'statistics' | 'initiation' | 'termination')
  | ('mirroring' | 'passed' | 'refused' | 'malformed' | 'full')

export interface BmpUp {
  /** Of the router towards the peer. */
  readonly sent: BgpOpen
  readonly received: BgpOpen
  readonly localPort: number
  readonly remotePort: number
}

export interface BmpSettings {
  /** Peers remembered at most. */
  readonly peers: number
}

/** RouteViews has some 1,500; a router has hundreds. */
const bmpDefaults: BmpSettings = { peers: 16_384 }

/**
 * What a Peer Up agreed on for the view that is a vantage point's belief, as `detail` of its row has it:
 * whoever begins to read in the middle of a session must be told, because UPDATEs do not say it.
 */
const packed = (view: number, addPath: number): number => 1 + addPath + 4 * view

/** Collectors by view where what a peer sent is all that is wanted, before or after policy. */
export const received = (collector: number): readonly number[] => [collector, collector, -1, -1, -1]

export class BmpDecoder {
  // Of the message read last, where its kind has it.
  peer: BmpPeer | null = null
  /** Number in View. */
  view = 0
  /** Vantage point; -1 where there is none. */
  vantage = UNHEARD
  /** When it happened: the router's stamp where it can be believed. */
  at: Instant = 0
  up: BmpUp | null = null
  down: PeerDown | null = null
  statistics: readonly Statistic[] = []
  /** Of Initiation and Termination. */
  information: readonly Information[] = []

  /** Routes with two-octet ASNs that did not say so (old FRR). */
  narrow = 0
  /** Sessions whose path identifiers had to be guessed, because Peer Up was not heard. */
  guessed = 0

  readonly peers: BmpPeers
  /** What is known of the session of a vantage point from before: `detail` of its last sessionUp; 0 = nothing. */
  recall: (vantage: number) => number = () => 0
  readonly #vantages: VantagePoints
  readonly #bgp = new BgpDecoder()
  #view: DataView = new DataView(new ArrayBuffer(0))
  /** Which view of which peer is the belief of a vantage point. */
  readonly #speaks = new Map<number, { readonly peer: BmpPeer; readonly view: number }>()

  constructor(vantages: VantagePoints, settings: Partial<BmpSettings> = {}) {
    this.#vantages = vantages
    this.peers = new BmpPeers({ ...bmpDefaults, ...settings }.peers)
  }

  /** The buffer that positions below refer to. */
  use(bytes: Uint8Array, view: DataView): void {
    this.#view = view
    this.#bgp.use(bytes, view)
  }

  /**
   * Reads the message at [at, end), which is whole. `collectors`: by View, the number of the
   * collector as VantagePoints has it, -1 for views that are not wanted; routers are told apart by this
   * array, so each has one and keeps it. `heard`: when the message came in; `offset`: for evidence.
   */
  read(
    at: number,
    end: number,
    collectors: readonly number[],
    heard: Instant,
    offset: number,
    batch: Batch,
  ): BmpOutcome {
    const view = this.#view
    this.peer = null
    this.vantage = UNHEARD
    this.at = heard
    if (at + BMP_HEADER > end || view.getUint8(at) !== BMP_VERSION) return 'malformed'
    if (view.getUint32(at + 1) !== end - at) return 'malformed'
    if (batch.full || batch.messages + MOST_ROWS > batch.maxMessages) return 'full'
    const type = view.getUint8(at + 5)
    if (type === 4 || type === 5) {
      const told = readInformation(view, at + BMP_HEADER, end)
      if (!told) return 'malformed'
      this.information = told
      return type === 4 ? 'initiation' : 'termination'
    }
    if (type > 6) return 'passed'
    const body = at + BODY
    if (body > end) return 'malformed'
    this.at = this.#stamp(at + BODY - 8, heard)
    this.view = viewOf(view.getUint8(at + 6), view.getUint8(at + 7))
    const peer = this.peers.at(view, at + BMP_HEADER, collectors)
    if (!peer) return 'refused'
    this.peer = peer
    const asn = view.getUint32(at + BMP_HEADER + 26)
    if (asn !== peer.asn) this.#rename(peer, asn)
    switch (type) {
      case 0: {
        const as4 = peer.type === LOC_RIB || (view.getUint8(at + 7) & TWO_OCTETS) === 0
        return this.#monitored(peer, body, end, as4, offset, batch)
      }
      case 1: {
        const told = readStatistics(view, body, end)
        if (!told) return 'malformed'
        this.statistics = told
        return 'statistics'
      }
      case 2:
        return this.#peerDown(peer, body, end, offset, batch)
      case 3:
        return this.#peerUp(peer, body, end, offset, batch)
      default:
        return 'mirroring'
    }
  }

  /**
   * The router's stamp, seconds and microseconds at `at`. Many send none, the time since they were started,
   * or when an old route was learned; then it is when we heard of it.
   */
  #stamp(at: number, heard: Instant): Instant {
    const micros = this.#view.getUint32(at + 4)
    const stamp = this.#view.getUint32(at) * 1e6 + (micros < 1e6 ? micros : 0)
    return stamp >= heard - EARLIEST && stamp <= heard + LATEST ? stamp : heard
  }

  /** Another network at the same address is another vantage point. */
  #rename(peer: BmpPeer, asn: number): void {
    this.#forget(peer)
    peer.asn = asn
  }

  #forget(peer: BmpPeer): void {
    for (const vantage of peer.vantages)
      if (this.#speaks.get(vantage)?.peer === peer) this.#speaks.delete(vantage)
    peer.vantages.fill(UNHEARD)
  }

  /** The vantage point of this view of the peer; null when another one speaks for it, or it is not wanted. */
  #speaker(peer: BmpPeer, view: number): number | null {
    const known = peer.vantages[view] as number
    if (known !== UNHEARD) return known
    const collector = peer.collectors[view] ?? -1
    if (collector < 0) return null
    const [w0, w1, w2, w3] = peer.words
    const vantage = this.#vantages.intern(collector, w0, w1, w2, w3, peer.asn | 0, peer.afi)
    if (vantage < 0) return vantage
    if (this.#speaks.has(vantage)) return null
    const speaks = peer.isUp === null ? this.#remember(peer, view, this.recall(vantage)) : view
    this.#speaks.set(vantage, { peer, view: speaks })
    peer.vantages[speaks] = vantage
    return speaks === view ? vantage : null
  }

  /** The view that was the belief of the vantage point, and is so still; of whom nothing is known, the one at hand. */
  #remember(peer: BmpPeer, view: number, agreed: number): number {
    const upView = (agreed - 1) >> 2
    if (agreed < 1 || agreed > 4 * VIEWS) return view
    const direction = directionOf(upView)
    if (peer.addPath[direction] === UNTOLD) peer.addPath[direction] = (agreed - 1) & AddPath.both
    peer.isUp = true
    peer.upView = upView
    return upView
  }

  #monitored(
    peer: BmpPeer,
    message: number,
    end: number,
    as4: boolean,
    offset: number,
    batch: Batch,
  ): BmpOutcome {
    const view = this.#view
    const from = message + BGP_HEADER
    if (from > end) return 'malformed'
    for (let i = 0; i < 16; i += 4) if (view.getInt32(message + i) !== -1) return 'malformed'
    const stop = message + view.getUint16(message + 16)
    if (stop < from || stop > end) return 'malformed'
    const type = view.getUint8(from - 1)
    if (type !== UPDATE) return type < 1 || type > REFRESH ? 'malformed' : 'passed'
    const vantage = this.#speaker(peer, this.view)
    if (vantage === null) return 'passed'
    if (vantage < 0) return 'refused'
    this.vantage = vantage
    const direction = directionOf(this.view)
    const told = peer.addPath[direction] as number
    let m = batch.open(Message.update, this.at, vantage, offset)
    let kind = this.#bgp.update(from, stop, as4, told === UNTOLD ? AddPath.none : told, batch)
    if (kind === Update.malformed && told === UNTOLD) {
      // Peer Up came before we did: what can only be read with path identifiers has them.
      batch.rollback()
      m = batch.open(Message.update, this.at, vantage, offset)
      kind = this.#bgp.update(from, stop, as4, AddPath.both, batch)
      if (kind !== Update.malformed) {
        peer.addPath[direction] = AddPath.both
        this.guessed++
      }
    }
    if (kind === Update.malformed) {
      batch.rollback()
      return 'malformed'
    }
    if (kind !== Update.routes) {
      batch.kind[m] = Message.endOfRib
      batch.detail[m] = kind
      batch.close()
      return 'endOfRib'
    }
    if (as4 && batch.detail[m] === TREAT_AS_WITHDRAW && this.#bgp.narrow(batch)) this.narrow++
    batch.close()
    return 'update'
  }

  #peerUp(peer: BmpPeer, body: number, end: number, offset: number, batch: Batch): BmpOutcome {
    const view = this.#view
    if (body + UP_HEAD > end) return 'malformed'
    const sent = readOpen(view, body + UP_HEAD, end)
    const received = sent && readOpen(view, sent.end, end)
    if (!received) return 'malformed'
    const localPort = view.getUint16(body + 16)
    this.up = { sent, received, localPort, remotePort: view.getUint16(body + 18) }
    // What was agreed holds for all views, in each direction by itself.
    peer.addPath[0] = sent.receives & received.sends
    peer.addPath[1] = received.receives & sent.sends
    // Whether another view of it is up already may be known from before only.
    if (peer.isUp === null) this.#speaker(peer, this.view)
    const isRepeated = peer.isUp === true && peer.upView !== this.view
    if (isRepeated) return 'passed'
    peer.isUp = true
    peer.upView = this.view
    const vantage = this.#speaker(peer, this.view)
    if (vantage !== null && vantage >= 0) this.vantage = vantage
    this.#rows(peer, Message.sessionUp, offset, batch)
    return 'up'
  }

  #peerDown(peer: BmpPeer, body: number, end: number, offset: number, batch: Batch): BmpOutcome {
    const down = readPeerDown(this.#view, body, end)
    if (!down) return 'malformed'
    peer.addPath.fill(UNTOLD)
    this.down = down
    const isRepeated = peer.isUp === false
    peer.isUp = false
    if (isRepeated) return 'passed'
    const vantage = this.#speaker(peer, this.view)
    if (vantage !== null && vantage >= 0) this.vantage = vantage
    this.#rows(peer, Message.sessionDown, offset, batch)
    // When it comes back, another view may be told first.
    this.#forget(peer)
    return 'down'
  }

  /** A message of this kind for each view that was heard of the peer. */
  #rows(peer: BmpPeer, kind: number, offset: number, batch: Batch): void {
    for (const [view, vantage] of peer.vantages.entries()) {
      if (vantage === UNHEARD) continue
      const m = batch.open(kind, this.at, vantage, offset)
      if (kind === Message.sessionUp)
        batch.detail[m] = packed(view, peer.addPath[directionOf(view)] as number)
      batch.close()
    }
  }
}

/** Of `addPath`: what the router receives, or what it sends. */
const directionOf = (view: number): 0 | 1 =>
  view === View.adjOut || view === View.adjOutPost ? 1 : 0

function viewOf(type: number, flags: number): number {
  if (type === LOC_RIB) return View.locRib
  const isOut = (flags & ADJ_RIB_OUT) !== 0
  const isPost = (flags & POST_POLICY) !== 0
  return isOut ? (isPost ? View.adjOutPost : View.adjOut) : isPost ? View.adjInPost : View.adjIn
}
