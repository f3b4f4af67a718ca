// BGP messages from readable objects into octets (RFC 4271; multiprotocol RFC 4760; four-octet ASNs
// RFC 6793; ADD-PATH RFC 7911; End-of-RIB RFC 4724). The mirror of wire/bgp.ts, written on its own:
// a decoder checked against an encoder that shares its code proves nothing.

import type { Asn } from '../core/asn.ts'
import { isSegmented, parsePath, SEQUENCE, SET } from '../core/path.ts'
import { type Afi, type Prefix, parseAddress, parsePrefix } from '../core/prefix.ts'
import { Bytes } from './bytes.ts'

/** RFC 6793 §9: stands where an ASN does not fit into two octets. */
export const AS_TRANS = 23456

/** What is said about announced prefixes; only what is given is written. */
export interface Attributes {
  /** Nearest the collector first: `701 174 {64500,64501}`, or plain ASNs. */
  readonly path?: string | readonly Asn[]
  readonly origin?: 'igp' | 'egp' | 'incomplete'
  /** For IPv4 and IPv6 prefixes in turn; documentation addresses when absent. */
  readonly nextHop?: string
  readonly nextHop6?: string
  readonly med?: number
  readonly localPref?: number
  /** `65535:666` */
  readonly communities?: readonly string[]
  /** RFC 9234 Only-to-Customer. */
  readonly otc?: Asn
  /** Attributes already encoded, put last: for what no sane speaker sends. */
  readonly extra?: Uint8Array
}

/** One change of routes; the prefixes may be of both families. */
export interface Routes extends Attributes {
  readonly withdraw?: readonly string[]
  readonly announce?: readonly string[]
  /** Written when the session has ADD-PATH; 0 when absent. */
  readonly pathId?: number
}

export interface Encoding {
  /** Four-octet ASNs; true when absent. */
  readonly as4?: boolean
  readonly addPath?: boolean
  /** Largest message in octets: 4,096 (RFC 4271), up to 65,535 with RFC 8654. */
  readonly maxMessage?: number
}

const UPDATE = 2
const OPTIONAL = 0x80
const TRANSITIVE = 0x40
const ORIGINS = { igp: 0, egp: 1, incomplete: 2 } as const
const SET_TYPES = [SET, SEQUENCE]

/** A message with its 19-octet header. */
export function bgpMessage(type: number, body: Uint8Array): Uint8Array {
  const out = new Bytes(19 + body.length)
  for (let i = 0; i < 4; i++) out.u32(0xffffffff)
  return out
    .u16(19 + body.length)
    .u8(type)
    .raw(body)
    .bytes()
}

export const keepalive = (): Uint8Array => bgpMessage(4, new Uint8Array(0))

/** RFC 4724 §2: an empty UPDATE for IPv4, an empty MP_UNREACH_NLRI for IPv6. */
export function endOfRib(afi: Afi): Uint8Array {
  const body = new Bytes(10).u16(0)
  if (afi === 4) return bgpMessage(UPDATE, body.u16(0).bytes())
  return bgpMessage(UPDATE, body.u16(6).u8(OPTIONAL).u8(15).u8(3).u16(2).u8(1).bytes())
}

export function readPrefix(text: string): Prefix {
  const prefix = parsePrefix(text)
  if (!prefix) throw new RangeError(`not a prefix: ${text}`)
  return prefix
}

/** Four or sixteen octets. */
export function addressBytes(text: string): Uint8Array {
  const address = parseAddress(text)
  if (!address) throw new RangeError(`not an address: ${text}`)
  const out = new Bytes(16)
  for (const word of address.afi === 4 ? address.words.slice(0, 1) : address.words) out.u32(word)
  return out.bytes()
}

/** Length octet and as many octets as the length needs. */
export function writePrefix(out: Bytes, prefix: Prefix, pathId?: number): void {
  if (pathId !== undefined) out.u32(pathId)
  out.u8(prefix.length)
  for (let i = 0; i < (prefix.length + 7) >> 3; i++)
    out.u8(((prefix.words[(i >> 2) as 0 | 1 | 2 | 3] as number) >>> (24 - 8 * (i & 3))) & 255)
}

export function writeAttribute(out: Bytes, flags: number, type: number, body: Uint8Array): void {
  if (body.length > 255)
    out
      .u8(flags | 0x10)
      .u8(type)
      .u16(body.length)
  else out.u8(flags).u8(type).u8(body.length)
  out.raw(body)
}

interface Segment {
  readonly type: number
  readonly asns: readonly number[]
}

function segmentsOf(path: string | readonly Asn[]): Segment[] {
  const out: Segment[] = []
  // A segment counts its ASNs in one octet; longer sequences go on in another (RFC 4271 §5.1.2).
  const add = (type: number, asns: readonly number[]) => {
    for (let i = 0; i < asns.length; i += 255) out.push({ type, asns: asns.slice(i, i + 255) })
  }
  if (typeof path !== 'string') {
    add(SEQUENCE, path)
    return out
  }
  const words: number[] = []
  if (!parsePath(path, words)) throw new RangeError(`not an AS path: ${path}`)
  if (!isSegmented(Int32Array.from(words), 0, words.length)) {
    add(SEQUENCE, words)
    return out
  }
  for (let i = 1; i < words.length; ) {
    const head = words[i++] as number
    const count = head & 0xffff
    add(head >>> 16, words.slice(i, i + count))
    i += count
  }
  return out
}

function pathBytes(segments: readonly Segment[], as4: boolean): Uint8Array {
  const out = new Bytes(64)
  for (const { type, asns } of segments) {
    out.u8(type).u8(asns.length)
    for (const asn of asns) {
      if (as4) out.u32(asn)
      else out.u16(asn >>> 0 > 0xffff ? AS_TRANS : asn)
    }
  }
  return out.bytes()
}

/** MP_REACH_NLRI as on the wire, or only its next hop for TABLE_DUMP_V2 (RFC 6396 §4.3.4). */
export function reachBytes(
  nextHop: string,
  prefixes: readonly Prefix[] | 'abbreviated',
  pathId?: number,
): Uint8Array {
  const hop = addressBytes(nextHop)
  const out = new Bytes(64)
  if (prefixes === 'abbreviated') return out.u8(hop.length).raw(hop).bytes()
  out.u16(2).u8(1).u8(hop.length).raw(hop).u8(0)
  for (const prefix of prefixes) writePrefix(out, prefix, pathId)
  return out.bytes()
}

/** The attributes of announced prefixes, in the order of their numbers, as RFC 4271 §5 wishes. */
export function writeAttributes(
  out: Bytes,
  about: Attributes,
  as4: boolean,
  nextHop4: boolean,
  reach: Uint8Array | null,
  unreach: Uint8Array | null,
): void {
  writeAttribute(out, TRANSITIVE, 1, Uint8Array.of(ORIGINS[about.origin ?? 'igp']))
  const segments = segmentsOf(about.path ?? [])
  writeAttribute(out, TRANSITIVE, 2, pathBytes(segments, as4))
  if (nextHop4) writeAttribute(out, TRANSITIVE, 3, addressBytes(about.nextHop ?? '192.0.2.1'))
  const number = (n: number) => new Bytes(4).u32(n).bytes()
  if (about.med !== undefined) writeAttribute(out, OPTIONAL, 4, number(about.med))
  if (about.localPref !== undefined) writeAttribute(out, TRANSITIVE, 5, number(about.localPref))
  if (about.communities?.length) {
    const body = new Bytes(64)
    for (const community of about.communities) {
      const [high, low] = community.split(':')
      body.u16(Number(high)).u16(Number(low))
    }
    writeAttribute(out, OPTIONAL | TRANSITIVE, 8, body.bytes())
  }
  if (reach) writeAttribute(out, OPTIONAL, 14, reach)
  if (unreach) writeAttribute(out, OPTIONAL, 15, unreach)
  if (!as4 && segments.some((s) => s.asns.some((asn) => asn >>> 0 > 0xffff))) {
    // RFC 6793 §4.2.2: without confederation segments.
    const clean = segments.filter((s) => SET_TYPES.includes(s.type))
    writeAttribute(out, OPTIONAL | TRANSITIVE, 17, pathBytes(clean, true))
  }
  if (about.otc !== undefined) writeAttribute(out, OPTIONAL | TRANSITIVE, 35, number(about.otc))
  if (about.extra) out.raw(about.extra)
}
