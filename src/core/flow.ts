// One flow record, as far as anybody here needs it. Addresses are in it as numbers, and nobody may let
// them out: what is made of flows are shares and sums (see `flow/`).

import type { Instant } from './time.ts'

/** Numbers of RFC 7270, forwardingStatus: the two bits on top say what became of the packets. */
export const FORWARDED = 64
export const DROPPED = 128

/** Filled anew for every record; whoever wants to keep something copies it. */
export interface FlowRow {
  /** When the flow ended, by the exporter; where it does not say, when the collector had it. */
  at: Instant
  /** When the collector, or else the broker, had it. */
  told: Instant
  /** Octets and packets that it stands for: as counted, times the sampling rate. */
  bytes: number
  packets: number
  /** Packets that were really counted. */
  counted: number
  sourceAfi: number
  /** Four signed words, network order; IPv4 in the first, zeros behind. */
  source0: number
  source1: number
  source2: number
  source3: number
  destinationAfi: number
  destination0: number
  destination1: number
  destination2: number
  destination3: number
  sourcePort: number
  destinationPort: number
  /** IANA's number: 6 TCP, 17 UDP. */
  protocol: number
  /** All flags of its packets; 0 where it has none, or nobody says. */
  tcpFlags: number
  /** 0: nobody says. */
  forwarding: number
  inInterface: number
  /** Who counted it; '' where nobody says. */
  exporter: string
}

export const emptyFlow = (): FlowRow => ({
  at: 0,
  told: 0,
  bytes: 0,
  packets: 0,
  counted: 0,
  sourceAfi: 4,
  source0: 0,
  source1: 0,
  source2: 0,
  source3: 0,
  destinationAfi: 4,
  destination0: 0,
  destination1: 0,
  destination2: 0,
  destination3: 0,
  sourcePort: 0,
  destinationPort: 0,
  protocol: 0,
  tcpFlags: 0,
  forwarding: 0,
  inInterface: 0,
  exporter: '',
})
