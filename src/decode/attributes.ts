// Path attributes, all of them (protocols.md §4.2), graded as RFC 7606 asks of those who cannot reset a
// session: what is wrong with an attribute is told beside it, and what it says is not used.

import type { Asn } from '../core/asn.ts'
import { mergedPath, readSegments, type Segment, segmentsText } from './as-path.ts'
import { type Cursor, Malformed } from './cursor.ts'
import { address, afiOf, hex, type Nlri, readAllNlri } from './text.ts'

export interface Context {
  /** Width of ASNs in AS_PATH and AGGREGATOR: 4 octets, or 2 (RFC 6793). */
  readonly as4: boolean
  /** `AFI/SAFI` of which NLRI carry path identifiers (RFC 7911). */
  readonly addPath: ReadonlySet<string>
  /** Who monitors passes on what is incomplete: a missing attribute is worth a word, no more. */
  readonly monitored: boolean
}

export interface Fault {
  /** Type of the attribute; absent when not even that can be read. */
  readonly attr?: number
  readonly reason: string
  readonly action: 'treat-as-withdraw' | 'attribute-discard' | 'warn'
}

export interface MpReach {
  readonly afi: number
  readonly safi: number
  readonly nextHops: readonly string[]
  readonly nlri?: readonly Nlri[]
  readonly flowspec?: readonly string[]
  readonly nlriHex?: string
}

export type MpUnreach = Omit<MpReach, 'nextHops'>

export interface Aggregator {
  readonly asn: Asn
  readonly ip: string
}

export interface Attributes {
  origin?: string
  asPath?: readonly Segment[]
  nextHop?: string
  med?: number
  localPref?: number
  atomicAggregate?: true
  aggregator?: Aggregator
  communities?: readonly string[]
  originatorId?: string
  clusterList?: readonly string[]
  mpReach?: MpReach
  mpUnreach?: MpUnreach
  extCommunities?: readonly string[]
  as4Path?: readonly Segment[]
  as4Aggregator?: Aggregator
  ipv6ExtCommunities?: readonly string[]
  largeCommunities?: readonly string[]
  otc?: Asn
  other?: { readonly type: number; readonly flags: number; readonly hex: string }[]
}

const EXTENDED = 0x10
const OPTIONAL = 0x80
const OPTIONAL_TRANSITIVE = 0xc0

export const ORIGIN = 1
export const AS_PATH = 2
export const NEXT_HOP = 3
const MP_REACH = 14
const MP_UNREACH = 15
export const BGPSEC_PATH = 33

interface Kind {
  readonly name: string
  /** Optional and transitive bits as they must be. */
  readonly flags: number
  readonly action: Fault['action']
  read(value: Cursor, into: Attributes, context: Context): void
}

const lengthIs = (value: Cursor, is: boolean): void => {
  if (!is) throw new Malformed(`length ${value.left}`)
}

/** So many entries of `octets` each, at least one. */
function each<T>(value: Cursor, octets: number, read: () => T): T[] {
  lengthIs(value, value.left > 0 && value.left % octets === 0)
  return Array.from({ length: value.left / octets }, read)
}

const kinds: Readonly<Record<number, Kind>> = {
  [ORIGIN]: withdraws('ORIGIN', 0x40, (value, into) => {
    lengthIs(value, value.left === 1)
    const code = value.u8('origin')
    const name = ['IGP', 'EGP', 'INCOMPLETE'][code]
    if (name === undefined) throw new Malformed(`value ${code}`)
    into.origin = name
  }),
  [AS_PATH]: withdraws('AS_PATH', 0x40, (value, into, { as4 }) => {
    into.asPath = readSegments(value, as4)
  }),
  [NEXT_HOP]: withdraws('NEXT_HOP', 0x40, (value, into) => {
    into.nextHop = readIp(value)
  }),
  4: withdraws('MULTI_EXIT_DISC', 0x80, (value, into) => {
    into.med = readNumber(value)
  }),
  5: withdraws('LOCAL_PREF', 0x40, (value, into) => {
    into.localPref = readNumber(value)
  }),
  6: discarded('ATOMIC_AGGREGATE', 0x40, (value, into) => {
    lengthIs(value, value.left === 0)
    into.atomicAggregate = true
  }),
  7: discarded('AGGREGATOR', OPTIONAL_TRANSITIVE, (value, into, { as4 }) => {
    into.aggregator = readAggregator(value, as4)
  }),
  8: withdraws('COMMUNITIES', OPTIONAL_TRANSITIVE, (value, into) => {
    into.communities = each(value, 4, () => `${value.u16('')}:${value.u16('')}`)
  }),
  9: withdraws('ORIGINATOR_ID', 0x80, (value, into) => {
    into.originatorId = readIp(value)
  }),
  10: withdraws('CLUSTER_LIST', 0x80, (value, into) => {
    into.clusterList = each(value, 4, () => address(value.bytes(4, '')))
  }),
  16: withdraws('EXTENDED COMMUNITIES', OPTIONAL_TRANSITIVE, (value, into) => {
    into.extCommunities = each(value, 8, () => hex(value.bytes(8, '')))
  }),
  17: discarded('AS4_PATH', OPTIONAL_TRANSITIVE, (value, into) => {
    // One segment of one ASN (RFC 6793 §6).
    lengthIs(value, value.left >= 6)
    into.as4Path = readSegments(value, true)
  }),
  18: discarded('AS4_AGGREGATOR', OPTIONAL_TRANSITIVE, (value, into) => {
    into.as4Aggregator = readAggregator(value, true)
  }),
  25: withdraws('IPV6 EXTENDED COMMUNITIES', OPTIONAL_TRANSITIVE, (value, into) => {
    into.ipv6ExtCommunities = each(value, 20, () => hex(value.bytes(20, '')))
  }),
  32: withdraws('LARGE COMMUNITIES', OPTIONAL_TRANSITIVE, (value, into) => {
    const one = () => `${value.u32('')}:${value.u32('')}:${value.u32('')}`
    into.largeCommunities = each(value, 12, one)
  }),
  35: withdraws('ONLY_TO_CUSTOMER', OPTIONAL_TRANSITIVE, (value, into) => {
    into.otc = readNumber(value)
  }),
}

function withdraws(name: string, flags: number, read: Kind['read']): Kind {
  return { name, flags, action: 'treat-as-withdraw', read }
}

function discarded(name: string, flags: number, read: Kind['read']): Kind {
  return { name, flags, action: 'attribute-discard', read }
}

function readIp(value: Cursor): string {
  lengthIs(value, value.left === 4)
  return address(value.bytes(4, 'address'))
}

function readNumber(value: Cursor): number {
  lengthIs(value, value.left === 4)
  return value.u32('number')
}

function readAggregator(value: Cursor, as4: boolean): Aggregator {
  lengthIs(value, value.left === (as4 ? 8 : 6))
  return { asn: as4 ? value.u32('ASN') : value.u16('ASN'), ip: address(value.bytes(4, 'address')) }
}

export interface Read {
  readonly attrs: Attributes
  readonly malformed: Fault[]
  /** Types that are there, well or not. */
  readonly present: ReadonlySet<number>
}

/**
 * Throws Malformed for what RFC 7606 asks to reset a session for: an MP attribute that cannot be read,
 * or one that is there twice. `mpReach`, when given, reads that of a RIB entry (RFC 6396 §4.3.4).
 */
export function readAttributes(
  cursor: Cursor,
  context: Context,
  mpReach: (value: Cursor) => MpReach = (value) => readMpReach(value, context),
): Read {
  const attrs: Attributes = {}
  const malformed: Fault[] = []
  const present = new Set<number>()
  while (cursor.left > 0) {
    cursor.make()
    if (cursor.left < 3) {
      malformed.push({ reason: 'attribute header truncated', action: 'treat-as-withdraw' })
      break
    }
    const flags = cursor.u8('flags')
    const type = cursor.u8('type')
    const wide = (flags & EXTENDED) !== 0
    if (wide && cursor.left < 2) {
      malformed.push({
        attr: type,
        reason: 'attribute header truncated',
        action: 'treat-as-withdraw',
      })
      break
    }
    const length = wide ? cursor.u16('length') : cursor.u8('length')
    if (length > cursor.left) {
      const reason = 'attribute length overruns list'
      malformed.push({ attr: type, reason, action: 'treat-as-withdraw' })
      present.add(type)
      break
    }
    const value = cursor.part(length, 'attribute')
    if (present.has(type)) {
      if (type === MP_REACH || type === MP_UNREACH)
        throw new Malformed(`attribute ${type} is there twice`)
      malformed.push({ attr: type, reason: 'duplicate attribute', action: 'attribute-discard' })
      continue
    }
    present.add(type)
    if (type === MP_REACH || type === MP_UNREACH) {
      // What it says is read all the same: it names the routes that count as withdrawn (RFC 7606 §3 c).
      const name = type === MP_REACH ? 'MP_REACH_NLRI' : 'MP_UNREACH_NLRI'
      gradeFlags(type, name, flags, OPTIONAL, malformed)
    }
    if (type === MP_REACH) attrs.mpReach = mpReach(value)
    else if (type === MP_UNREACH) attrs.mpUnreach = readMpUnreach(value, context)
    else readOne(type, flags, value, attrs, malformed, context)
  }
  return { attrs, malformed, present }
}

function readOne(
  type: number,
  flags: number,
  value: Cursor,
  attrs: Attributes,
  malformed: Fault[],
  context: Context,
): void {
  const kind = kinds[type]
  if (!kind) {
    attrs.other ??= []
    attrs.other.push({ type, flags, hex: hex(value.rest()) })
    return
  }
  if (!gradeFlags(type, kind.name, flags, kind.flags, malformed)) return
  try {
    kind.read(value, attrs, context)
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    malformed.push({ attr: type, reason: `${kind.name}: ${error.message}`, action: kind.action })
  }
}

/** Whether the optional and transitive bits are as they must be. */
function gradeFlags(
  attr: number,
  name: string,
  flags: number,
  wanted: number,
  malformed: Fault[],
): boolean {
  if ((flags & OPTIONAL_TRANSITIVE) === wanted) return true
  const reason = `${name} flags 0x${flags.toString(16)}`
  malformed.push({ attr, reason, action: 'treat-as-withdraw' })
  return false
}

/** What MP_REACH_NLRI says (RFC 4760 §3). */
function readMpReach(value: Cursor, context: Context): MpReach {
  const afi = value.u16('AFI')
  const safi = value.u8('SAFI')
  const nextHops = readNextHops(value.part(value.u8('next hop length'), 'next hop'), afi, safi)
  value.u8('reserved')
  return { afi, safi, nextHops, ...readMpNlri(value, afi, safi, context) }
}

function readMpUnreach(value: Cursor, context: Context): MpUnreach {
  const afi = value.u16('AFI')
  const safi = value.u8('SAFI')
  return { afi, safi, ...readMpNlri(value, afi, safi, context) }
}

const UNICAST = 1
const MULTICAST = 2
const FLOWSPEC = 133

/** Of one or two addresses, each behind a route distinguisher where there is one (RFC 2545, 4659, 8950). */
export function readNextHops(hops: Cursor, afi: number, safi: number): string[] {
  const length = hops.left
  const plain = safi === UNICAST || safi === MULTICAST
  const fits = afi === 2 ? [16, 32] : [4, 16, 32]
  if (plain && !fits.includes(length)) throw new Malformed(`next hop of ${length} octets`)
  if (length === 0) return []
  const distinguished = length === 12 || length === 24 || length === 48
  const one = distinguished ? (length === 12 ? 12 : 24) : length === 4 ? 4 : 16
  // What else there may be is opaque to us.
  if (length % one !== 0) return [hex(hops.rest())]
  return Array.from({ length: length / one }, () => {
    if (distinguished) hops.bytes(8, 'route distinguisher')
    return address(hops.bytes(distinguished ? one - 8 : one, 'next hop'))
  })
}

function readMpNlri(
  value: Cursor,
  number: number,
  safi: number,
  context: Context,
): Pick<MpReach, 'nlri' | 'flowspec' | 'nlriHex'> {
  const afi = afiOf(number)
  if (afi && (safi === UNICAST || safi === MULTICAST))
    return { nlri: readAllNlri(value, afi, context.addPath.has(`${number}/${safi}`)) }
  if (afi && safi === FLOWSPEC) return { flowspec: readFlowspec(value) }
  return { nlriHex: hex(value.rest()) }
}

/** Rules as they are, without their lengths (RFC 8955 §4.1). */
function readFlowspec(value: Cursor): string[] {
  const out: string[] = []
  while (value.left > 0) {
    const first = value.u8('flow specification length')
    const length =
      first < 0xf0 ? first : ((first & 0xf) << 8) | value.u8('flow specification length')
    out.push(hex(value.bytes(length, 'flow specification')))
  }
  return out
}

/** The path that counts, as text; undefined when none could be read. */
export function pathOf({ asPath, as4Path, aggregator, as4Aggregator }: Attributes, as4: boolean) {
  if (!asPath) return undefined
  // Somebody in between did not speak 4 octets and made the route anew (RFC 6793 §4.2.3).
  const anew = aggregator && as4Aggregator && aggregator.asn !== 23456
  return segmentsText(as4 || !as4Path || anew ? asPath : mergedPath(asPath, as4Path))
}
