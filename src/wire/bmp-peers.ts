// The peers of routers that BMP tells of (RFC 7854 §4.2), and what has to be remembered of each: what
// its Peer Up agreed on, and which view of its routes is the one that counts.

import { addressText } from '../core/prefix.ts'

/** Which RIB a route is of (RFC 7854 §4.2, RFC 8671 §4, RFC 9069 §4.1). */
export const View = { adjIn: 0, adjInPost: 1, adjOut: 2, adjOutPost: 3, locRib: 4 } as const
export const VIEWS = 5
/** Peer type of a Loc-RIB instance (RFC 9069 §4.1). */
export const LOC_RIB = 3

/** Peer Up was not heard: it is not known whether there are path identifiers. */
export const UNTOLD = -1

/** Not spoken of in this view so far, not wanted in it, and no room for it. */
export const UNHEARD = -1

export class BmpPeer {
  /** 0 global, 1 with a route distinguisher, 2 local, 3 Loc-RIB instance. */
  readonly type: number
  readonly collectors: readonly number[]
  readonly distinguisher0: number
  readonly distinguisher1: number
  readonly words: readonly [number, number, number, number]
  /** 4 or 6. */
  readonly afi: number
  asn = 0
  /** Vantage point by view; UNHEARD. */
  readonly vantages = new Int32Array(VIEWS).fill(UNHEARD)
  /** Bits of AddPath of what the router receives from it, and of what it sends to it; UNTOLD. */
  readonly addPath = [UNTOLD, UNTOLD]
  /** Null as long as neither Peer Up nor Peer Down was heard. */
  isUp: boolean | null = null
  /** The view that Peer Up named; routers that report several send one each. */
  upView = -1
  next: BmpPeer | null = null

  constructor(
    type: number,
    collectors: readonly number[],
    distinguisher: readonly [number, number],
    words: readonly [number, number, number, number],
    afi: number,
  ) {
    this.type = type
    this.collectors = collectors
    this.distinguisher0 = distinguisher[0]
    this.distinguisher1 = distinguisher[1]
    this.words = words
    this.afi = afi
  }

  get address(): string {
    return addressText(this.afi, ...this.words)
  }
}

export class BmpPeers {
  size = 0
  readonly #most: number
  readonly #byHash = new Map<number, BmpPeer>()

  constructor(most: number) {
    this.#most = most
  }

  *[Symbol.iterator](): Generator<BmpPeer> {
    for (const first of this.#byHash.values())
      for (let peer: BmpPeer | null = first; peer; peer = peer.next) yield peer
  }

  /**
   * The peer whose header stands at `at`, new or known; null when there is no room for it.
   * `collectors` tells routers apart, by identity.
   */
  at(view: DataView, at: number, collectors: readonly number[]): BmpPeer | null {
    const type = view.getUint8(at)
    const flags = view.getUint8(at + 1)
    const d0 = view.getInt32(at + 2)
    const d1 = view.getInt32(at + 6)
    let w0 = view.getInt32(at + 10)
    let w1 = view.getInt32(at + 14)
    let w2 = view.getInt32(at + 18)
    let w3 = view.getInt32(at + 22)
    const isWide = type === LOC_RIB ? (w0 | w1 | w2 | w3) !== 0 : (flags & 0x80) !== 0
    const afi = isWide ? 6 : 4
    if (!isWide) {
      // In the last four octets (RFC 7854 §4.2).
      w0 = w3
      w1 = w2 = w3 = 0
    }
    let hash = Math.imul(w0 ^ (w3 * 31) ^ (type << 24), 0x9e3779b1)
    hash = Math.imul(hash ^ (hash >>> 15) ^ d1, 0x85ebca6b) ^ Math.imul(w1 ^ (w2 << 7), 0xc2b2ae35)
    hash ^= Math.imul(d0 ^ ((collectors[0] as number) << 4) ^ afi, 0x27d4eb2f)
    const first = this.#byHash.get(hash)
    for (let peer = first ?? null; peer; peer = peer.next) {
      const words = peer.words
      if (
        words[0] === w0 &&
        words[3] === w3 &&
        words[1] === w1 &&
        words[2] === w2 &&
        peer.afi === afi &&
        peer.type === type &&
        peer.distinguisher0 === d0 &&
        peer.distinguisher1 === d1 &&
        peer.collectors === collectors
      )
        return peer
    }
    if (this.size >= this.#most) return null
    this.size++
    const made = new BmpPeer(type, collectors, [d0, d1], [w0, w1, w2, w3], afi)
    made.next = first ?? null
    this.#byHash.set(hash, made)
    return made
  }
}
