// What is added up of one minute of flows. Only sums of whole numbers: the order does not matter.

import type { FlowRow } from '../core/flow.ts'
import { Cells } from './cells.ts'
import { hashOf, mixed } from './hash.ts'
import { QueryMinute, type Tell } from './queries.ts'
import { isReflected, SERVICES, serviceOf } from './services.ts'

/** Length of what is added up, in seconds. */
export const SECONDS = 60
const DESTINATIONS = 1 << 18
const LENGTHS = 1 << 16
const SYN = 2
const FLAGS = 0x3f

export const MOST_EXPORTERS = 64

export class Minute {
  /** Minutes since 1970; -1: it is not in use. */
  number = -1
  readonly queries = new QueryMinute()
  /** Octets of each service, towards own addresses. */
  readonly services = new Float64Array(SERVICES)
  /** Records from sources that were never heard of. */
  strangers = 0
  /** Packets dropped as unroutable and by policy; records; by exporter. */
  readonly unroutable = new Float64Array(MOST_EXPORTERS)
  readonly policed = new Float64Array(MOST_EXPORTERS)
  readonly rows = new Float64Array(MOST_EXPORTERS)
  #packets = 0
  #reflected = 0
  #syn = 0
  #known = 0
  #destinations = new Cells(DESTINATIONS)
  #lengths = new Cells(LENGTHS)
  /** Octets towards own resolvers, by hash of their address: many clients do not make a victim. */
  #toResolvers = new Map<number, number>()

  begin(number: number): void {
    this.number = number
    this.queries.clear()
    this.services.fill(0)
    this.unroutable.fill(0)
    this.policed.fill(0)
    this.rows.fill(0)
    this.strangers = this.#packets = this.#reflected = this.#syn = this.#known = 0
    this.#destinations.clear()
    this.#lengths.clear()
    this.#toResolvers.clear()
  }

  /** Towards one of ours. `own`: from one of ours; `known`: or seen before; `resolver`: -1 for none. */
  inbound(row: FlowRow, own: boolean, known: boolean, resolver: number): void {
    const { bytes, packets, protocol, sourcePort, destinationPort } = row
    const service = serviceOf(protocol, sourcePort, destinationPort)
    this.services[service] = (this.services[service] as number) + bytes
    this.#packets += packets
    if (known) this.#known += bytes
    else this.strangers++
    // Own resolvers answer from port 53, and are answered from it: that is what they are for.
    if (!own && isReflected(protocol, sourcePort) && !(resolver >= 0 && sourcePort === 53))
      this.#reflected += bytes
    if (protocol === 6 && (row.tcpFlags & FLAGS) === SYN) this.#syn += packets
    const length = packets > 0 ? Math.round(bytes / packets) : 0
    this.#lengths.add(mixed((protocol << 24) ^ (service << 16) ^ length), packets)
    const { destinationAfi, destination0, destination1, destination2, destination3 } = row
    const to = hashOf(destinationAfi, destination0, destination1, destination2, destination3)
    this.#destinations.add(to, bytes)
    if (resolver >= 0) this.#toResolvers.set(to, (this.#toResolvers.get(to) ?? 0) + bytes)
  }

  /** RFC 7270: 131 unroutable, 132 adjacency; 129, 130 ACL, 138 policer, 139 WRED. */
  dropped(exporter: number, { forwarding, packets }: FlowRow): void {
    const drops =
      forwarding === 131 || forwarding === 132
        ? this.unroutable
        : [129, 130, 138, 139].includes(forwarding)
          ? this.policed
          : null
    if (drops) drops[exporter] = (drops[exporter] as number) + packets
  }

  /** Octets towards own addresses. */
  get bytes(): number {
    return this.services.reduce((sum, bytes) => sum + bytes, 0)
  }

  /** `settled`: enough is known of sources. `distance`: from the usual mix of services. */
  tell(settled: boolean, distance: number | null, tell: Tell): void {
    const { bytes } = this
    const share = (metric: string, value: number) => tell('flow', metric, value, {})
    share('flow_bps', (8 * bytes) / SECONDS)
    share('top_destination_bps', (8 * this.#destinations.top(this.#toResolvers)) / SECONDS)
    // Of nothing there are no shares.
    if (bytes === 0 || this.#packets === 0) return
    share('destinations', this.#destinations.carrying(0.5))
    share('reflection_share', this.#reflected / bytes)
    share('syn_share', this.#syn / this.#packets)
    share('one_length_share', this.#lengths.top() / this.#packets)
    if (settled) {
      share('new_source_share', 1 - this.#known / bytes)
      share('own_source_share', this.#known / bytes)
    }
    if (distance !== null) share('mix_distance', distance)
  }
}
