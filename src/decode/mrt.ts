// MRT records, whole (RFC 6396, RFC 8050, and type 5 of the last century).

import {
  type Attributes,
  type Context,
  pathOf,
  readAttributes,
  readNextHops,
} from './attributes.ts'
import { type Message, readMessage, readUpdate } from './bgp.ts'
import { Cursor, Malformed } from './cursor.ts'
import { address, afiOf, hex, readNlri, readPrefix, text } from './text.ts'

const HEADER = 12
const BGP = 5
const TABLE_DUMP = 12
const TABLE_DUMP_V2 = 13
const BGP4MP = 16
const BGP4MP_ET = 17

interface IndexedPeer {
  readonly bgpId: string
  readonly ip: string
  readonly asn: number
}

export interface Records {
  readonly records: object[]
  /** Records that could not be read; the others stand. */
  recordErrors?: number
  /** The last record is cut off. */
  truncated?: true
}

/** All records, one after the other; what is wrong with one costs that one. */
export function readRecords(bytes: Uint8Array): Records {
  const reader = new RecordReader()
  const cursor = new Cursor(bytes)
  const records: object[] = []
  let errors = 0
  let last = ''
  while (cursor.left > 0) {
    const head = new Cursor(cursor.ahead(HEADER))
    const length = head.left < HEADER ? null : lengthOf(head)
    if (length === null || cursor.left < HEADER + length) {
      if (records.length === 0 && errors === 0) throw new Malformed('the record is cut off')
      return { records, ...(errors > 0 ? { recordErrors: errors } : {}), truncated: true }
    }
    try {
      records.push(reader.read(cursor.part(HEADER + length, 'record')))
    } catch (error) {
      if (!(error instanceof Malformed)) throw error
      last = error.message
      errors++
    }
  }
  if (records.length === 0 && errors > 0) throw new Malformed(last)
  return { records, ...(errors > 0 ? { recordErrors: errors } : {}) }
}

function lengthOf(head: Cursor): number {
  head.bytes(8, 'record header')
  return head.u32('length')
}

/** RIB entries name their peers by a table that came before. */
class RecordReader {
  #peers: readonly IndexedPeer[] = []

  read(record: Cursor): object {
    const timestamp = record.u32('timestamp')
    const type = record.u16('type')
    const subtype = record.u16('subtype')
    const body = record.part(record.u32('length'), 'record')
    const head = { timestamp, type, subtype }
    if (type === BGP4MP) return { ...head, ...readBgp4mp(subtype, body) }
    if (type === BGP4MP_ET)
      return { ...head, microseconds: body.u32('microseconds'), ...readBgp4mp(subtype, body) }
    if (type === TABLE_DUMP) return { ...head, ...readTableDump(subtype, body) }
    if (type === TABLE_DUMP_V2) return { ...head, ...this.#tableDump2(subtype, body) }
    if (type === BGP) return { ...head, ...readOld(subtype, body) }
    return { ...head, bodyHex: hex(body.rest()) }
  }

  #tableDump2(subtype: number, body: Cursor): object {
    if (subtype === 1) return this.#index(body)
    const addPath = subtype >= 8 && subtype <= 11
    const family = [0, 0, 0x101, 0x102, 0x201, 0x202][addPath ? subtype - 6 : subtype]
    if (family) return this.#rib(body, family >> 8, family & 0xff, addPath)
    if (subtype !== 6) return { kind: 'UNKNOWN', bodyHex: hex(body.rest()) }
    const sequence = body.u32('sequence')
    const [afi, safi] = [body.u16('AFI'), body.u8('SAFI')]
    return this.#rows(body, { kind: 'RIB', afi, safi, addPath: false, sequence })
  }

  #index(body: Cursor): object {
    const collectorId = address(body.bytes(4, 'collector BGP identifier'))
    const viewName = text(body.bytes(body.u16('view name length'), 'view name'))
    const count = body.u16('peer count')
    const peers: IndexedPeer[] = []
    for (let i = 0; i < count; i++) {
      const form = body.u8('peer type')
      const bgpId = address(body.bytes(4, 'BGP identifier'))
      const ip = address(body.bytes((form & 1) !== 0 ? 16 : 4, 'address'))
      peers.push({ bgpId, ip, asn: (form & 2) !== 0 ? body.u32('ASN') : body.u16('ASN') })
    }
    this.#peers = peers
    return { kind: 'PEER_INDEX_TABLE', collectorId, viewName, peers }
  }

  #rib(body: Cursor, afi: number, safi: number, addPath: boolean): object {
    const sequence = body.u32('sequence')
    return this.#rows(body, { kind: 'RIB', afi, safi, addPath, sequence })
  }

  /** One prefix and who has which route to it. */
  #rows(
    body: Cursor,
    head: { kind: string; afi: number; safi: number; addPath: boolean; sequence: number },
  ): object {
    const family = afiOf(head.afi)
    if (!family || head.safi > 2) return { ...head, bodyHex: hex(body.rest()) }
    const prefix = readPrefix(body, family)
    const entries = Array.from({ length: body.u16('entry count') }, () => {
      body.make()
      const peerIndex = body.u16('peer index')
      const originated = body.u32('originated')
      const pathId = head.addPath ? { pathId: body.u32('path identifier') } : {}
      const peer = this.#peers[peerIndex]
      const list = body.part(body.u16('attributes length'), 'attributes')
      return {
        peerIndex,
        ...(peer ? { peer } : {}),
        originated,
        ...pathId,
        ...readRoute(list, head),
      }
    })
    return { ...head, prefix, entries }
  }
}

const FOUR: Context = { as4: true, addPath: new Set(), monitored: true }

/** In a RIB entry MP_REACH_NLRI holds its next hop only (RFC 6396 §4.3.4), as far as writers know. */
function readRoute(list: Cursor, { afi, safi }: { afi: number; safi: number }): object {
  const { attrs, malformed } = readAttributes(list, FOUR, (value) => {
    if (value.ahead(1)[0] !== value.left - 1) return readWhole(value)
    const hops = value.part(value.u8('next hop length'), 'next hop')
    return { afi, safi, nextHops: readNextHops(hops, afi, safi) }
  })
  return withPath(attrs, malformed, true)
}

function readWhole(value: Cursor) {
  const [afi, safi] = [value.u16('AFI'), value.u8('SAFI')]
  const hops = value.part(value.u8('next hop length'), 'next hop')
  const nextHops = readNextHops(hops, afi, safi)
  value.u8('reserved')
  const family = afiOf(afi)
  const nlri = []
  while (family && value.left > 0) nlri.push(readNlri(value, family, false))
  return { afi, safi, nextHops, nlri }
}

function withPath(attrs: Attributes, malformed: readonly object[], as4: boolean): object {
  const path = pathOf(attrs, as4)
  return {
    attrs,
    ...(path === undefined ? {} : { path }),
    ...(malformed.length > 0 ? { malformed } : {}),
  }
}

/** RFC 6396 §4.2: one route a record, 2-octet ASNs. */
function readTableDump(subtype: number, body: Cursor): object {
  const octets = subtype === 1 ? 4 : subtype === 2 ? 16 : 0
  if (octets === 0) return { kind: 'UNKNOWN', bodyHex: hex(body.rest()) }
  const [view, sequence] = [body.u16('view'), body.u16('sequence')]
  const prefix = body.bytes(octets, 'prefix')
  const length = body.u8('prefix length')
  if (length > octets * 8) throw new Malformed(`prefix length ${length}`)
  const status = body.u8('status')
  const originated = body.u32('originated')
  const peerIp = address(body.bytes(octets, 'peer address'))
  const peerAs = body.u16('peer AS')
  const list = body.part(body.u16('attributes length'), 'attributes')
  const { attrs, malformed } = readAttributes(list, { ...FOUR, as4: false })
  return {
    kind: 'TABLE_DUMP',
    view,
    sequence,
    prefix: readPrefix(
      new Cursor(Uint8Array.of(length, ...prefix.subarray(0, Math.ceil(length / 8)))),
      octets === 4 ? 4 : 6,
    ),
    status,
    originated,
    peerIp,
    peerAs,
    ...withPath(attrs, malformed, false),
  }
}

/** What a subtype of BGP4MP says about what follows (RFC 6396 §4.4, RFC 8050 §3). */
const forms: Readonly<Record<number, { state?: true; as4?: true; local?: true; addPath?: true }>> =
  {
    0: { state: true },
    1: {},
    4: { as4: true },
    5: { state: true, as4: true },
    6: { local: true },
    7: { as4: true, local: true },
    8: { addPath: true },
    9: { as4: true, addPath: true },
    10: { local: true, addPath: true },
    11: { as4: true, local: true, addPath: true },
  }
const ALL = new Set(['1/1', '1/2', '2/1', '2/2'])

function readBgp4mp(subtype: number, body: Cursor): object {
  if (subtype === 2) return readEntry(body)
  const form = forms[subtype]
  if (!form) return { kind: 'UNKNOWN', bodyHex: hex(body.rest()) }
  const asn = () => (form.as4 ? body.u32('ASN') : body.u16('ASN'))
  const [peerAs, localAs] = [asn(), asn()]
  const ifIndex = body.u16('interface index')
  const afi = body.u16('AFI')
  const family = afiOf(afi)
  if (!family) throw new Malformed(`AFI ${afi}`)
  const ip = () => address(body.bytes(family === 4 ? 4 : 16, 'address'))
  const head = { peerAs, localAs, ifIndex, afi, peerIp: ip(), localIp: ip() }
  if (form.state) {
    const [oldState, newState] = [body.u16('old state'), body.u16('new state')]
    return { ...head, kind: 'STATE_CHANGE', oldState, newState }
  }
  const context: Context = {
    as4: form.as4 === true,
    addPath: form.addPath ? ALL : FOUR.addPath,
    monitored: false,
  }
  const bgp: Message = readMessage(body, context)
  return { ...head, kind: 'MESSAGE', local: form.local === true, bgp }
}

/** BGP4MP_ENTRY: a route as early Zebra wrote it; deprecated since RFC 6396 (§B.2.5). */
function readEntry(body: Cursor): object {
  const [peerAs, localAs] = [body.u16('peer AS'), body.u16('local AS')]
  const ifIndex = body.u16('interface index')
  const afi = body.u16('AFI')
  const family = afiOf(afi)
  if (!family) throw new Malformed(`AFI ${afi}`)
  const octets = family === 4 ? 4 : 16
  const ip = () => address(body.bytes(octets, 'address'))
  const [peerIp, localIp] = [ip(), ip()]
  const [view, status] = [body.u16('view'), body.u16('status')]
  const originated = body.u32('originated')
  const [routeAfi, safi] = [body.u16('AFI'), body.u8('SAFI')]
  const nextHop = address(body.bytes(body.u8('next hop length'), 'next hop'))
  const prefix = readPrefix(body, afiOf(routeAfi) ?? family)
  const list = body.part(body.u16('attributes length'), 'attributes')
  const { attrs, malformed } = readAttributes(list, { ...FOUR, as4: false })
  const head = { peerAs, localAs, ifIndex, afi, peerIp, localIp }
  const route = { view, status, originated, safi, nextHop, prefix }
  return { ...head, kind: 'ENTRY', ...route, ...withPath(attrs, malformed, false) }
}

/** Type 5, of 1999: a BGP body without its header, behind who sent it. */
function readOld(subtype: number, body: Cursor): object {
  const peerAs = body.u16('peer AS')
  const peerIp = address(body.bytes(4, 'peer address'))
  const head = { peerAs, peerIp }
  if (subtype === 3) {
    const [oldState, newState] = [body.u16('old state'), body.u16('new state')]
    return { ...head, kind: 'STATE_CHANGE', oldState, newState }
  }
  const types: Readonly<Record<number, string>> = { 5: 'OPEN', 6: 'NOTIFICATION', 7: 'KEEPALIVE' }
  if (subtype === 1) {
    const localAs = body.u16('local AS')
    const localIp = address(body.bytes(4, 'local address'))
    const bgp = readUpdate(body, { ...FOUR, as4: false, monitored: true })
    return { ...head, kind: 'MESSAGE', localAs, localIp, bgp }
  }
  const type = types[subtype] ?? 'UNKNOWN'
  return {
    ...head,
    kind: type === 'UNKNOWN' ? type : 'MESSAGE',
    message: type,
    bodyHex: hex(body.rest()),
  }
}
