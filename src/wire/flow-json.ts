// Flow records as JSON: goflow2 writes one object a message, pmacct one, or several a line each, or an
// array of them. Which of the two it is shows in the names of the fields.

import { emptyFlow, type FlowRow } from '../core/flow.ts'
import { type Instant, parseInstant } from '../core/time.ts'
import { AddressReader } from './flow-address.ts'

/** What is read of goflow2, and of pmacct: any field may be missing, or be anything. */
type Goflow = {
  readonly [field in
    | 'time_received_ns'
    | 'time_flow_end_ns'
    | 'sampler_address'
    | 'in_if'
    | 'forwarding_status'
    | 'proto'
    | 'tcp_flags'
    | 'src_port'
    | 'dst_port'
    | 'src_addr'
    | 'dst_addr'
    | 'bytes'
    | 'packets'
    | 'sampling_rate']?: unknown
}
type Pmacct = {
  readonly [field in
    | 'timestamp_arrival'
    | 'timestamp_start'
    | 'timestamp_end'
    | 'stamp_updated'
    | 'peer_ip_src'
    | 'iface_in'
    | 'fwd_status'
    | 'ip_proto'
    | 'tcp_flags'
    | 'port_src'
    | 'port_dst'
    | 'ip_src'
    | 'ip_dst'
    | 'bytes'
    | 'packets'
    | 'sampling_rate']?: unknown
}

/** Octets of a message; a record has 300 to 1,000, and pmacct puts up to a few thousand into one. */
const LONGEST = 4 << 20
/** 1 packet in so many is the most that any exporter is known to sample at. */
const MOST_SAMPLING = 16_777_216
const NEWLINE = 10

export class FlowReader {
  /** Records since start; malformed ones are counted by themselves. */
  readonly stats = { read: 0, malformed: 0 }
  readonly #row: FlowRow = emptyFlow()
  readonly #addresses = new AddressReader()

  /** Hands each record to `take`; the row is the same object each time. `told`: when the broker had it. */
  read(octets: Buffer, told: Instant, take: (row: FlowRow) => void): void {
    if (octets.length > LONGEST) this.stats.malformed++
    else if (octets.includes(NEWLINE)) {
      for (const line of octets.toString('utf8').split('\n'))
        if (line.trim() !== '') this.#text(line, told, take)
    } else if (octets.length > 0) this.#text(octets.toString('utf8'), told, take)
  }

  #text(text: string, told: Instant, take: (row: FlowRow) => void): void {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      this.stats.malformed++
      return
    }
    if (!Array.isArray(value)) this.#record(value, told, take)
    else for (const item of value) this.#record(item, told, take)
  }

  #record(value: unknown, told: Instant, take: (row: FlowRow) => void): void {
    const ok =
      typeof value === 'object' &&
      value !== null &&
      ('src_addr' in value
        ? this.#goflow(value, told)
        : 'ip_src' in value && this.#pmacct(value, told))
    if (!ok) {
      this.stats.malformed++
      return
    }
    this.stats.read++
    take(this.#row)
  }

  #goflow(fields: Goflow, told: Instant): boolean {
    const row = this.#row
    row.told = nanoseconds(fields.time_received_ns) || told
    row.at = nanoseconds(fields.time_flow_end_ns) || row.told
    row.exporter = textOf(fields.sampler_address)
    row.inInterface = numberOf(fields.in_if)
    row.forwarding = numberOf(fields.forwarding_status)
    row.protocol = protocolOf(fields.proto)
    row.tcpFlags = numberOf(fields.tcp_flags)
    row.sourcePort = numberOf(fields.src_port)
    row.destinationPort = numberOf(fields.dst_port)
    return (
      this.#addressed(fields.src_addr, fields.dst_addr) &&
      this.#measured(fields.bytes, fields.packets, fields.sampling_rate)
    )
  }

  #pmacct(fields: Pmacct, told: Instant): boolean {
    const row = this.#row
    row.told = stamp(fields.timestamp_arrival) || told
    row.at =
      stamp(fields.timestamp_end) ||
      stamp(fields.timestamp_start) ||
      stamp(fields.timestamp_arrival) ||
      stamp(fields.stamp_updated) ||
      told
    row.exporter = textOf(fields.peer_ip_src)
    row.inInterface = numberOf(fields.iface_in)
    row.forwarding = numberOf(fields.fwd_status)
    row.protocol = protocolOf(fields.ip_proto)
    row.tcpFlags = flagsOf(fields.tcp_flags)
    row.sourcePort = numberOf(fields.port_src)
    row.destinationPort = numberOf(fields.port_dst)
    return (
      this.#addressed(fields.ip_src, fields.ip_dst) &&
      this.#measured(fields.bytes, fields.packets, fields.sampling_rate)
    )
  }

  #addressed(source: unknown, destination: unknown): boolean {
    if (typeof source !== 'string' || typeof destination !== 'string') return false
    const row = this.#row
    const { words } = this.#addresses
    row.sourceAfi = this.#addresses.read(source)
    row.source0 = words[0] as number
    row.source1 = words[1] as number
    row.source2 = words[2] as number
    row.source3 = words[3] as number
    if (row.sourceAfi === 0) return false
    row.destinationAfi = this.#addresses.read(destination)
    row.destination0 = words[0] as number
    row.destination1 = words[1] as number
    row.destination2 = words[2] as number
    row.destination3 = words[3] as number
    return row.destinationAfi === row.sourceAfi
  }

  /** What is no count, or beyond what a number can hold, makes the whole record worthless. */
  #measured(bytes: unknown, packets: unknown, sampling: unknown): boolean {
    const row = this.#row
    // 0: the exporter does not know it, or does not sample.
    const given = numberOf(sampling)
    const rate = given === 0 ? 1 : given
    row.counted = numberOf(packets)
    row.packets = row.counted * rate
    row.bytes = numberOf(bytes) * rate
    return (
      rate >= 1 &&
      rate <= MOST_SAMPLING &&
      Number.isSafeInteger(row.bytes) &&
      Number.isSafeInteger(row.packets) &&
      row.bytes >= 0 &&
      row.packets >= 0 &&
      row.protocol <= 255 &&
      row.sourcePort <= 65_535 &&
      row.destinationPort <= 65_535 &&
      row.forwarding <= 255 &&
      row.protocol + row.sourcePort + row.destinationPort + row.forwarding + row.tcpFlags >= 0 &&
      row.at > 0
    )
  }
}

/** A whole number, as such or as text; 0 when it is not there; NaN when it is something else. */
function numberOf(value: unknown): number {
  if (typeof value === 'number') return value
  if (value === undefined || value === null || value === '') return 0
  return typeof value === 'string' ? Number(value) : Number.NaN
}

const textOf = (value: unknown): string =>
  typeof value === 'string' && value.length <= 64 ? value : ''

/** Nanoseconds since 1970, or RFC 3339 where goflow2 is told to; 0 when it does not say. */
function nanoseconds(value: unknown): Instant {
  if (typeof value === 'string' && value.includes('-')) return parseInstant(value) ?? 0
  const found = Math.floor(numberOf(value) / 1e3)
  return found > 0 ? found : 0
}

/** `2024-10-29 00:07:04.123456` (UTC, see config/README.md) or seconds since 1970; 0 otherwise. */
function stamp(value: unknown): Instant {
  if (typeof value === 'number') return value > 0 ? Math.round(value * 1e6) : 0
  if (typeof value !== 'string' || value.startsWith('0000')) return 0
  return parseInstant(value) ?? 0
}

const PROTOCOLS: Readonly<Record<string, number>> = {
  icmp: 1,
  igmp: 2,
  ipip: 4,
  tcp: 6,
  udp: 17,
  ipv6: 41,
  rsvp: 46,
  gre: 47,
  esp: 50,
  ah: 51,
  'ipv6-icmp': 58,
  icmp6: 58,
  ospf: 89,
  pim: 103,
  vrrp: 112,
  l2tp: 115,
  sctp: 132,
}
/** Assigned to nobody (RFC 3692): for protocols whose name we do not know. */
const OTHER = 253

function protocolOf(value: unknown): number {
  if (value === 'TCP' || value === 'tcp') return 6
  if (value === 'UDP' || value === 'udp') return 17
  if (typeof value !== 'string' || /^\d+$/.test(value)) return numberOf(value)
  return PROTOCOLS[value.toLowerCase()] ?? OTHER
}

const FLAGS = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR']

/** A number, or with `tcpflags_encode_as_array` the names of those that are set. */
function flagsOf(value: unknown): number {
  if (!Array.isArray(value)) return numberOf(value)
  return value.reduce<number>((sum, name) => sum | flagOf(name), 0)
}

function flagOf(name: unknown): number {
  const bit = FLAGS.indexOf(String(name))
  return bit < 0 ? 0 : 1 << bit
}
