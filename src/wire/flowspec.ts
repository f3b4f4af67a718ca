// Flow specifications (RFC 8955, RFC 8956): what traffic a rule is about and what is done with it, told
// without the address of a single host.

import { blockOf } from '../core/labels.ts'
import { type Afi, maskWord, type Prefix, prefixText } from '../core/prefix.ts'
import type { Part } from './update-parts.ts'

export interface FlowRule {
  /** Towards whom; null when the rule says nothing of it. */
  readonly destination: Prefix | null
  /** In words: protocol, ports, the network of the source. '' = all there is. */
  readonly match: string
  /** What a network itself lives by and this rule is about: `bgp`, `dns`. */
  readonly takes: readonly string[]
}

export type FlowAction = 'discard' | 'rate-limit' | 'redirect' | 'mark' | 'accept'

/** Types of components (RFC 8955 §4.2.2, RFC 8956 §3). */
const DESTINATION = 1
const SOURCE = 2
const PROTOCOL = 3
const PORT = 4
const DESTINATION_PORT = 5
const SOURCE_PORT = 6
const NAMES: Readonly<Record<number, string>> = {
  [PROTOCOL]: 'protocol',
  [PORT]: 'port',
  [DESTINATION_PORT]: 'destination-port',
  [SOURCE_PORT]: 'source-port',
  7: 'icmp-type',
  8: 'icmp-code',
  9: 'tcp-flags',
  10: 'packet-length',
  11: 'dscp',
  12: 'fragment',
  13: 'flow-label',
}
/** These are compared by mask, not by size. */
const MASKED = new Set([9, 12])
const PORTS = [PORT, DESTINATION_PORT, SOURCE_PORT]

const TCP = 6
const UDP = 17
const LIVES_BY = [
  { name: 'bgp', protocols: [TCP], port: 179 },
  { name: 'dns', protocols: [UDP, TCP], port: 53 },
] as const

const EPHEMERAL = 50_000

const LONGEST_MATCH = 160

interface Test {
  readonly and: boolean
  /** less 4, greater 2, equal 1; of masks: not 2, all of it 1. */
  readonly compare: number
  readonly value: number
}

/** The rule at [from, end), which begins with the first component; null when it cannot be read. */
export function readRule(bytes: Uint8Array, { from, end }: Part, afi: Afi): FlowRule | null {
  let destination: Prefix | null = null
  const told: string[] = []
  const tests = new Map<number, readonly Test[]>()
  let at = from
  while (at < end) {
    const type = bytes[at++] as number
    if (type === DESTINATION || type === SOURCE) {
      const found = readPrefix(bytes, at, end, afi)
      if (found === null) return null
      at = found.end
      if (type === DESTINATION) destination = found.prefix
      else if (found.prefix) told.push(`source ${blockOf(textOf(found.prefix))}`)
      continue
    }
    const name = NAMES[type]
    const found = name === undefined ? null : readTests(bytes, at, end)
    if (found === null) return null
    at = found.end
    tests.set(type, found.tests)
    told.push(`${name} ${found.tests.map((test, i) => textOfTest(test, i, type)).join('')}`)
  }
  const match = told.join(' and ').slice(0, LONGEST_MATCH)
  return { destination, match, takes: takenBy(destination, tests) }
}

/** A rule for all traffic of one host is about that host, and no service falls with it. */
function takenBy(
  destination: Prefix | null,
  tests: ReadonlyMap<number, readonly Test[]>,
): readonly string[] {
  const ports = PORTS.flatMap((type) => tests.get(type) ?? [])
  const ofHost = destination !== null && destination.length > (destination.afi === 4 ? 24 : 48)
  if (ofHost && ports.length === 0) return []
  const fits = (type: number, value: number) => {
    const given = tests.get(type)
    return given === undefined || passes(given, value)
  }
  // Questions go to the port of a service, answers come from it; the other end has any port.
  const between = (port: number, other: number) =>
    (fits(DESTINATION_PORT, port) && fits(SOURCE_PORT, other)) ||
    (fits(DESTINATION_PORT, other) && fits(SOURCE_PORT, port))
  return LIVES_BY.filter(
    ({ protocols, port }) =>
      protocols.some((protocol) => fits(PROTOCOL, protocol)) &&
      fits(PORT, port) &&
      (between(port, EPHEMERAL) || between(port, port)),
  ).map(({ name }) => name)
}

/** Tests in a row: `and` binds more tightly than the `or` between all others (RFC 8955 §4.2.1.1). */
function passes(tests: readonly Test[], value: number): boolean {
  let some = false
  let all = true
  for (const [i, { and, compare, value: wanted }] of tests.entries()) {
    if (i > 0 && !and) {
      some ||= all
      all = true
    }
    const size = value < wanted ? 4 : value > wanted ? 2 : 1
    all &&= (compare & size) !== 0
  }
  return some || all
}

const SIGNS = ['never', '', '>', '>=', '<', '<=', '!=', 'any']

function textOfTest({ and, compare, value }: Test, i: number, type: number): string {
  const between = i === 0 ? '' : and ? '&' : '|'
  const sign = MASKED.has(type) ? (compare & 2 ? '!' : '') : (SIGNS[compare] as string)
  return `${between}${sign}${value}`
}

function readTests(
  bytes: Uint8Array,
  from: number,
  end: number,
): { readonly tests: readonly Test[]; readonly end: number } | null {
  const tests: Test[] = []
  let at = from
  for (;;) {
    if (at >= end) return null
    const head = bytes[at++] as number
    const octets = 1 << ((head >> 4) & 3)
    if (at + octets > end) return null
    let value = 0
    for (let i = 0; i < octets; i++) value = value * 256 + (bytes[at++] as number)
    tests.push({ and: (head & 0x40) !== 0, compare: head & 7, value })
    if (head & 0x80) return { tests, end: at }
  }
}

/** In IPv6 a pattern may begin at an offset (RFC 8956 §3.1), and is no prefix then: null. */
function readPrefix(
  bytes: Uint8Array,
  from: number,
  end: number,
  afi: Afi,
): { readonly prefix: Prefix | null; readonly end: number } | null {
  const head = afi === 4 ? 1 : 2
  if (from + head > end) return null
  const length = bytes[from] as number
  const offset = afi === 4 ? 0 : (bytes[from + 1] as number)
  if (length > (afi === 4 ? 32 : 128) || offset > length) return null
  const start = from + head
  const stop = start + ((length - offset + 7) >> 3)
  if (stop > end) return null
  return { prefix: offset > 0 ? null : prefixAt(bytes, start, stop, afi, length), end: stop }
}

/** The prefix of which the octets stand at [from, end); host bits are cleared. */
export function prefixAt(
  bytes: Uint8Array,
  from: number,
  end: number,
  afi: Afi,
  length: number,
): Prefix {
  const word = (i: number): number => {
    let out = 0
    for (let at = from + 4 * i; at < from + 4 * i + 4; at++)
      out = (out << 8) | (at < end ? (bytes[at] as number) : 0)
    return out & maskWord(length, i)
  }
  return { afi, length, words: [word(0), word(1), word(2), word(3)] }
}

export const textOf = ({ afi, words, length }: Prefix): string => prefixText(afi, ...words, length)

/** Of extended communities, 8 octets each, and those with IPv6 addresses, 20 each: the gravest counts. */
export function readAction(bytes: Uint8Array, extended: Part, ipv6: Part): FlowAction {
  let found: FlowAction = 'accept'
  const take = (action: FlowAction) => {
    if (GRAVITY.indexOf(action) < GRAVITY.indexOf(found)) found = action
  }
  for (let at = extended.from; at + 8 <= extended.end; at += 8) {
    const type = bytes[at] as number
    const subtype = bytes[at + 1] as number
    if (type === 0x80 && (subtype === 6 || subtype === 12)) take(rate(bytes, at + 4))
    // To a route target of any of three forms, or to a next hop.
    else if (type >= 0x80 && type <= 0x82 && subtype === 8) take('redirect')
    else if (type === 0x08 && subtype === 0) take('redirect')
    else if (type === 0x80 && subtype === 9) take('mark')
  }
  for (let at = ipv6.from; at + 20 <= ipv6.end; at += 20)
    if ([0x0b, 0x0c, 0x0d].includes(bytes[at + 1] as number)) take('redirect')
  return found
}

const GRAVITY: readonly FlowAction[] = ['discard', 'rate-limit', 'redirect', 'mark', 'accept']

/** Of bytes or packets a second, IEEE 754; nothing, and less, is nothing (RFC 8955 §7.1). */
function rate(bytes: Uint8Array, at: number): FlowAction {
  const value = new DataView(bytes.buffer, bytes.byteOffset + at, 4).getFloat32(0)
  return value > 0 ? 'rate-limit' : 'discard'
}
