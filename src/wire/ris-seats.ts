// Who speaks in a frame. Host, peer address and peer ASN are text there; finding the vantage point
// again for each frame must not mean reading them again.

import { isCollector } from '../core/collector.ts'
import { parseAddress } from '../core/prefix.ts'
import type { VantagePoints } from '../core/vantage.ts'
import { collectorOf, type RisFields } from './ris-frame.ts'
import { readAsn } from './ris-path.ts'
import type { Span } from './ris-scan.ts'

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

/** Four times the sessions that RIS has. */
const SLOTS = 8_192

/** No text of a frame has one: where one name ends and the next begins is part of who speaks. */
const BETWEEN = '\0'

export class Seats {
  readonly #vantages: VantagePoints
  readonly #hosts = new Map<string, Host>()
  #seats = 0
  /** Speakers by the octets they are named with. */
  readonly #met: ({ readonly octets: Buffer; readonly seat: Seat } | undefined)[] = []

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

  /** The same of texts that stand in a frame, told apart octet by octet; of the ASN with its quotes. */
  at(frame: Buffer, host: Span, peer: Span, asn: Span): Seat | undefined {
    let hash = hashOf(frame, peer, 0)
    hash = hashOf(frame, asn, hash)
    hash = hashOf(frame, host, hash)
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1)
    const met = this.#met[slot]
    if (met && same(frame, host, peer, asn, met.octets)) return met.seat
    const text = ({ from, end }: Span) => frame.toString('utf8', from, end)
    const number = text(asn)
    const seat = this.find({
      host: text(host),
      peer: text(peer),
      peer_asn: number.startsWith('"') ? number.slice(1, -1) : Number(number),
    })
    // Of two that fall into one slot the latter sits there; the other is found as ever.
    if (seat) {
      const octets = Buffer.from([peer, asn, host].map(text).join(BETWEEN))
      this.#met[slot] = { octets, seat }
    }
    return seat
  }

  #seat(host: string, peer: string, asn: unknown): Seat | undefined {
    const number = readAsn(asn)
    const address = parseAddress(peer)
    if (number < 0 || !address || !isCollector(host) || host.length > LONGEST_NAME) return undefined
    const at = this.#host(host)
    if (!at) return { asn, vantage: -1, afi: 0 }
    if (this.#seats >= MOST_SEATS) {
      for (const { peers } of this.#hosts.values()) peers.clear()
      this.#met.length = 0
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

function hashOf(frame: Buffer, { from, end }: Span, seed: number): number {
  let hash = seed ^ (end - from)
  for (let i = from; i < end; i++) hash = Math.imul(hash ^ (frame[i] as number), 0x01000193)
  return hash
}

/** Whether peer, ASN and host, in this order, are these octets. */
function same(frame: Buffer, host: Span, peer: Span, asn: Span, octets: Buffer): boolean {
  let to = 0
  for (const { from, end } of [peer, asn, host]) {
    if (to > 0 && octets[to++] !== 0) return false
    for (let i = from; i < end; i++) if (frame[i] !== octets[to++]) return false
  }
  return to === octets.length
}
