// Who speaks in a frame. Host, peer address and peer ASN are text there; finding the vantage point
// again for each frame must not mean reading them again.

import { parseAddress } from '../core/prefix.ts'
import type { VantagePoints } from '../core/vantage.ts'
import { collectorOf, type RisFields } from './ris-frame.ts'
import { readAsn } from './ris-path.ts'

/** What a (host, peer) pair of texts was found to mean. */
export interface Seat {
  /** As in the frame, text or number. */
  readonly asn: unknown
  /** -1 when there was no room for it. */
  readonly vantage: number
  /** Family of an End-of-RIB from there: 4, 6, or 0 when the address does not say. */
  readonly afi: number
}

interface Host {
  readonly collector: number
  readonly peers: Map<string, Seat>
}

/** RIS has 27 collectors; a server that invents names must not fill the memory. */
const MOST_HOSTS = 1_024
/** Twice what VantagePoints holds; beyond, the cache starts afresh, which loses nothing. */
const MOST_SEATS = 32_768
/** The longest name in use has 23 characters. */
const LONGEST_NAME = 64

export class Seats {
  readonly #vantages: VantagePoints
  readonly #hosts = new Map<string, Host>()
  #seats = 0

  constructor(vantages: VantagePoints) {
    this.#vantages = vantages
  }

  /** The seat of the speaker; undefined when the frame does not say who it is. */
  find(data: RisFields): Seat | undefined {
    const { host, peer, peer_asn: asn } = data
    if (typeof host !== 'string' || typeof peer !== 'string') return undefined
    const known = this.#hosts.get(host)?.peers.get(peer)
    return known !== undefined && known.asn === asn ? known : this.#seat(host, peer, asn)
  }

  #seat(host: string, peer: string, asn: unknown): Seat | undefined {
    const number = readAsn(asn)
    const address = parseAddress(peer)
    if (number < 0 || !address || host === '' || host.length > LONGEST_NAME) return undefined
    const at = this.#host(host)
    if (!at) return { asn, vantage: -1, afi: 0 }
    if (this.#seats >= MOST_SEATS) {
      for (const { peers } of this.#hosts.values()) peers.clear()
      this.#seats = 0
    }
    const { afi, words } = address
    const vantage = this.#vantages.intern(at.collector, ...words, number, afi)
    // An IPv4-mapped address (RFC 4291 §2.5.5.2) is written by collectors for sessions of either kind.
    const mapped = afi === 6 && words[0] === 0 && words[1] === 0 && words[2] === 0xffff
    const seat: Seat = { asn, vantage, afi: mapped ? 0 : afi }
    if (!at.peers.has(peer)) this.#seats++
    at.peers.set(peer, seat)
    return seat
  }

  #host(name: string): Host | undefined {
    const known = this.#hosts.get(name)
    if (known) return known
    if (this.#hosts.size >= MOST_HOSTS) return undefined
    const host: Host = { collector: this.#vantages.collector(collectorOf(name)), peers: new Map() }
    this.#hosts.set(name, host)
    return host
  }
}
