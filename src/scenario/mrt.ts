// MRT archives (RFC 6396, ADD-PATH RFC 8050) from readable calls. Tests read like the story they
// tell:
//
//   mrt().at('2024-10-29T00:07:04Z').peer('192.0.2.1', 64496)
//     .announce('198.51.100.0/24', '64496 3356 64500')
//     .at('2024-10-29T00:08:00Z').withdraw('198.51.100.0/24')
//     .bytes()

import type { Asn } from '../core/asn.ts'
import type { Afi } from '../core/prefix.ts'
import { type Instant, parseInstant } from '../core/time.ts'
import { Bytes } from './bytes.ts'
import {
  AS_TRANS,
  type Attributes,
  addressBytes,
  type Encoding,
  endOfRib,
  keepalive,
  type Routes,
  reachBytes,
  readPrefix,
  writeAttributes,
  writePrefix,
} from './encode.ts'
import { encodeUpdates } from './update.ts'

const TABLE_DUMP = 12
const TABLE_DUMP_V2 = 13
const BGP4MP = 16
const BGP4MP_ET = 17

export interface MrtSettings extends Encoding {
  /** BGP4MP_ET: stamps in microseconds. False when absent, as RIS has mostly written. */
  readonly micros?: boolean
}

/** One row of a RIB record; `peer` counts from 0 in the peer index table. */
export interface RibEntry extends Attributes {
  readonly peer: number
  readonly pathId?: number
  /** When the route was learnt; the time of the dump when absent. */
  readonly since?: Instant
}

type Texts = string | readonly string[]
const listOf = (texts: Texts): readonly string[] => (typeof texts === 'string' ? [texts] : texts)

export class MrtBuilder {
  #out = new Bytes(4_096)
  #settings: MrtSettings
  #at: Instant = 0
  #peerAddress = addressBytes('192.0.2.1')
  #peerAsn: Asn = 64_496
  // RIS collectors are AS12654; the address matters to nobody.
  #local = addressBytes('192.0.2.254')
  #localAsn: Asn = 12_654
  #sequence = 0

  constructor(settings: MrtSettings = {}) {
    this.#settings = settings
  }

  /** What follows is written this way: `.as({ as4: false })` for old speakers. */
  as(settings: MrtSettings): this {
    this.#settings = { ...this.#settings, ...settings }
    return this
  }

  /** Microseconds, ISO 8601 or Unix seconds as text. */
  at(when: Instant | string): this {
    const at = typeof when === 'number' ? when : parseInstant(when)
    if (at === undefined) throw new RangeError(`not a time: ${when}`)
    this.#at = at
    return this
  }

  /** Moves on by some seconds. */
  after(seconds: number): this {
    this.#at += Math.round(seconds * 1e6)
    return this
  }

  peer(address: string, asn: Asn, localAsn: Asn = 12_654): this {
    this.#peerAddress = addressBytes(address)
    this.#peerAsn = asn
    this.#localAsn = localAsn
    this.#local = addressBytes(address.includes(':') ? '2001:db8::fe' : '192.0.2.254')
    return this
  }

  announce(prefixes: Texts, path: string | readonly Asn[], about: Routes = {}): this {
    return this.update({ ...about, announce: listOf(prefixes), path })
  }

  withdraw(prefixes: Texts, about: Routes = {}): this {
    return this.update({ ...about, withdraw: listOf(prefixes) })
  }

  /** Withdrawals and announcements together, in as many UPDATEs as they need. */
  update(routes: Routes): this {
    for (const message of encodeUpdates(routes, this.#settings)) this.message(message)
    return this
  }

  keepalive(): this {
    return this.message(keepalive())
  }

  endOfRib(afi: Afi = 4): this {
    return this.message(endOfRib(afi))
  }

  /** Any BGP message, good or bad. */
  message(bytes: Uint8Array): this {
    const { as4 = true, addPath = false } = this.#settings
    return this.#bgp4mp((as4 ? 4 : 1) + (addPath ? (as4 ? 5 : 7) : 0), as4, bytes)
  }

  /** States as in RFC 4271 §8.2.2: 1 Idle … 6 Established. */
  state(from: number, to: number): this {
    const { as4 = true } = this.#settings
    return this.#bgp4mp(as4 ? 5 : 0, as4, new Bytes(4).u16(from).u16(to).bytes())
  }

  #bgp4mp(subtype: number, as4: boolean, tail: Uint8Array): this {
    const body = new Bytes(64 + tail.length)
    if (this.#settings.micros) body.u32(this.#at % 1e6)
    for (const asn of [this.#peerAsn, this.#localAsn]) {
      if (as4) body.u32(asn)
      else body.u16(asn > 0xffff ? AS_TRANS : asn)
    }
    body.u16(0).u16(this.#peerAddress.length === 4 ? 1 : 2)
    body.raw(this.#peerAddress).raw(this.#local).raw(tail)
    return this.record(this.#settings.micros ? BGP4MP_ET : BGP4MP, subtype, body.bytes())
  }

  /** TABLE_DUMP_V2 PEER_INDEX_TABLE; the rows of `rib` refer to it. */
  peers(list: readonly { address: string; asn: Asn }[], view = ''): this {
    const name = new TextEncoder().encode(view)
    const body = new Bytes(64).raw(addressBytes('192.0.2.254')).u16(name.length).raw(name)
    body.u16(list.length)
    for (const { address, asn } of list) {
      const octets = addressBytes(address)
      // The BGP identifier is not in our data; the usual stand-in is a number of no meaning.
      body.u8((octets.length === 16 ? 1 : 0) | 2).u32(0xc0000201)
      body.raw(octets).u32(asn)
    }
    return this.record(TABLE_DUMP_V2, 1, body.bytes())
  }

  /** One prefix of a TABLE_DUMP_V2 dump: the routes of all who carry it. */
  rib(prefix: string, entries: readonly RibEntry[]): this {
    const parsed = readPrefix(prefix)
    const addPath = this.#settings.addPath ?? false
    const body = new Bytes(128).u32(this.#sequence++)
    writePrefix(body, parsed)
    body.u16(entries.length)
    for (const entry of entries) {
      body.u16(entry.peer).u32(Math.floor((entry.since ?? this.#at) / 1e6))
      if (addPath) body.u32(entry.pathId ?? 0)
      const six = parsed.afi === 6
      const reach = six ? reachBytes(entry.nextHop6 ?? '2001:db8::1', 'abbreviated') : null
      const at = body.length
      writeAttributes(body.u16(0), entry, true, !six, reach, null)
      body.patch16(at, body.length - at - 2)
    }
    return this.record(TABLE_DUMP_V2, (parsed.afi === 4 ? 2 : 4) + (addPath ? 6 : 0), body.bytes())
  }

  /** One route of the present peer in an old TABLE_DUMP (RFC 6396 §4.2), two-octet ASNs. */
  tableDump(prefix: string, path: string | readonly Asn[], about: Attributes = {}): this {
    const parsed = readPrefix(prefix)
    const six = parsed.afi === 6
    if (this.#peerAddress.length !== (six ? 16 : 4))
      throw new RangeError('TABLE_DUMP keeps peers and prefixes of one family only')
    const body = new Bytes(128).u16(0).u16(this.#sequence++ & 0xffff)
    for (const word of six ? parsed.words : parsed.words.slice(0, 1)) body.u32(word)
    body.u8(parsed.length).u8(1)
    body.u32(Math.floor(this.#at / 1e6)).raw(this.#peerAddress)
    body.u16(this.#peerAsn > 0xffff ? AS_TRANS : this.#peerAsn)
    const at = body.length
    const reach = six ? reachBytes(about.nextHop6 ?? '2001:db8::1', [parsed]) : null
    writeAttributes(body.u16(0), { ...about, path }, false, !six, reach, null)
    body.patch16(at, body.length - at - 2)
    return this.record(TABLE_DUMP, six ? 2 : 1, body.bytes())
  }

  /** Any record, good or bad. */
  record(type: number, subtype: number, body: Uint8Array): this {
    this.#out
      .u32(Math.floor(this.#at / 1e6))
      .u16(type)
      .u16(subtype)
      .u32(body.length)
      .raw(body)
    return this
  }

  bytes(): Uint8Array {
    return this.#out.bytes()
  }
}

export const mrt = (settings: MrtSettings = {}): MrtBuilder => new MrtBuilder(settings)
