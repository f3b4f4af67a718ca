// BMP messages, whole (RFC 7854, 8671, 9069, 9736).

import type { Context } from './attributes.ts'
import { type Message, type Open, readMessage, type Update } from './bgp.ts'
import { Cursor, Malformed } from './cursor.ts'
import { address, hex, text } from './text.ts'

const COMMON = 6
const MOST = 1 << 20
const LOC_RIB = 3
const EVERY = new Set(['1/1', '1/2', '2/1', '2/2'])
const ANY: Context = { as4: true, addPath: new Set(), monitored: true }

interface Peer {
  readonly peerType: number
  readonly flags: number
  readonly ipv6?: boolean
  readonly postPolicy?: boolean
  /** AS_PATH comes with 2-octet ASNs. */
  readonly as2?: boolean
  readonly adjRibOut?: boolean
  readonly filtered?: boolean
  readonly address: string | null
  readonly distinguisher: string
  readonly asn: number
  readonly bgpId: string
  readonly tsSec: number
  readonly tsUsec: number
}

/** One session of a router with a station: what Peer Up told is needed to read what follows. */
export class BmpSession {
  /** Families with path identifiers, by peer and direction. */
  readonly #addPath = new Map<string, ReadonlySet<string>>()
  readonly #given: ReadonlySet<string> | null

  /** `addPath`: what to take for told, when no Peer Up was heard. */
  constructor(addPath: ReadonlySet<string> | null = null) {
    this.#given = addPath
  }

  /** The message at the cursor; null when it is not all there yet. */
  read(cursor: Cursor): object | null {
    const head = cursor.ahead(COMMON)
    if (head.length > 0 && head[0] !== 3) throw new Malformed(`BMP version ${head[0]}`)
    if (head.length < COMMON) return null
    const length = new Cursor(head, 1).u32('length')
    if (length < COMMON || length > MOST) throw new Malformed(`BMP message of ${length} octets`)
    if (cursor.left < length) return null
    const message = cursor.part(length, 'message')
    message.bytes(COMMON - 1, 'common header')
    return this.#message(message.u8('type'), length, message)
  }

  #message(type: number, length: number, body: Cursor): object {
    if (type === 4) return { msg: 'INITIATION', length, tlvs: readTlvs(body) }
    if (type === 5) return { msg: 'TERMINATION', length, tlvs: readTlvs(body, terminationTlv) }
    if (type > 6) return { msg: 'UNKNOWN', type, length, bodyHex: hex(body.rest()) }
    const peer = readPeer(body)
    switch (type) {
      case 0:
        return { msg: 'ROUTE_MONITORING', length, peer, bgp: this.#monitored(peer, body) }
      case 1:
        return { msg: 'STATISTICS', length, peer, stats: readStatistics(body) }
      case 2:
        return { msg: 'PEER_DOWN', length, peer, ...this.#peerDown(peer, body) }
      case 3:
        return { msg: 'PEER_UP', length, peer, ...this.#peerUp(peer, body) }
      default:
        return { msg: 'ROUTE_MIRRORING', length, peer, tlvs: readTlvs(body, mirroringTlv) }
    }
  }

  #monitored(peer: Peer, body: Cursor): Message {
    const key = keyOf(peer, peer.adjRibOut === true)
    const told = this.#addPath.get(key) ?? this.#given
    if (told) return readMonitored(peer, body, told)
    try {
      return readMonitored(peer, body, ANY.addPath)
    } catch (error) {
      if (!(error instanceof Malformed)) throw error
      // Peer Up came before we did: what can only be read with path identifiers has them.
      const message = readMonitored(peer, body, EVERY)
      this.#addPath.set(key, EVERY)
      return message
    }
  }

  #peerUp(peer: Peer, body: Cursor): object {
    const localAddress = readAddress(body, peer)
    const [localPort, remotePort] = [body.u16('local port'), body.u16('remote port')]
    const sentOpen = readMessage(body, ANY)
    const receivedOpen = readMessage(body, ANY)
    // Its routes may come from every view, in both directions.
    for (const out of [false, true])
      this.#addPath.set(keyOf(peer, out), agreed(sentOpen, receivedOpen, out))
    const tlvs = body.left > 0 ? { tlvs: readTlvs(body) } : {}
    return { localAddress, localPort, remotePort, sentOpen, receivedOpen, ...tlvs }
  }

  #peerDown(peer: Peer, body: Cursor): object {
    for (const out of [false, true]) this.#addPath.delete(keyOf(peer, out))
    const reason = body.u8('reason')
    if (reason === 2) return { reason, fsmEvent: body.u16('FSM event') }
    if (reason === 6) return { reason, tlvs: readTlvs(body) }
    if (body.left === 0) return { reason }
    if (reason === 1 || reason === 3) return { reason, notification: readMessage(body, ANY) }
    return { reason, data: hex(body.rest()) }
  }
}

function readMonitored(peer: Peer, body: Cursor, addPath: ReadonlySet<string>): Message {
  const read = (as4: boolean) => readMessage(body.again(), { ...ANY, as4, addPath })
  const message = read(peer.as2 !== true)
  // Some send 2-octet ASNs and do not say so (old FRR, routes imported from another VRF).
  if (peer.as2 === true || !isUpdate(message) || !hasBadPath(message)) return message
  const other = read(false)
  return isUpdate(other) && !hasBadPath(other) ? other : message
}

const isUpdate = (message: Message): message is Update => message.type === 'UPDATE'

const hasBadPath = ({ malformed = [] }: Update): boolean =>
  malformed.some(({ attr, reason }) => attr === 2 && !reason.startsWith('missing'))

/** A session comes up and goes down as one, whichever view the header names (RFC 8671 §5). */
const keyOf = ({ peerType, distinguisher, address }: Peer, out: boolean): string =>
  [peerType, distinguisher, address, out].join(' ')

/** Families in which both have agreed on path identifiers (RFC 7911 §4), in what comes in or in what goes out. */
function agreed(sent: Message, received: Message, out: boolean): ReadonlySet<string> {
  const [to, from] = out ? [received, sent] : [sent, received]
  const receives = addPathOf(to, 1)
  return new Set(addPathOf(from, 2).filter((family) => receives.includes(family)))
}

/** Families of capability 69 whose bits include `bit`: 1 receives, 2 sends. */
function addPathOf(message: Message, bit: number): string[] {
  const out: string[] = []
  for (const { code, hex: content } of (message as Open).capabilities ?? []) {
    if (code !== 69) continue
    const value = new Cursor(Buffer.from(content, 'hex'))
    while (value.left >= 4) {
      const family = `${value.u16('')}/${value.u8('')}`
      if ((value.u8('') & bit) !== 0) out.push(family)
    }
  }
  return out
}

/** The per-peer header, 42 octets (RFC 7854 §4.2). */
function readPeer(body: Cursor): Peer {
  const peerType = body.u8('peer type')
  const flags = body.u8('peer flags')
  const distinguisher = hex(body.bytes(8, 'peer distinguisher'))
  const views =
    peerType === LOC_RIB
      ? { filtered: (flags & 0x80) !== 0 }
      : {
          ipv6: (flags & 0x80) !== 0,
          postPolicy: (flags & 0x40) !== 0,
          as2: (flags & 0x20) !== 0,
          adjRibOut: (flags & 0x10) !== 0,
        }
  return {
    peerType,
    flags,
    ...views,
    distinguisher,
    address: readAddress(body, { peerType, ...views }),
    asn: body.u32('peer AS'),
    bgpId: address(body.bytes(4, 'peer BGP identifier')),
    tsSec: body.u32('timestamp'),
    tsUsec: body.u32('microseconds'),
  }
}

/** In 16 octets, IPv4 in the last four; a Loc-RIB has none. */
function readAddress(
  body: Cursor,
  { peerType, ipv6 }: Pick<Peer, 'peerType' | 'ipv6'>,
): string | null {
  const octets = body.bytes(16, 'address')
  if (peerType === LOC_RIB && octets.every((octet) => octet === 0)) return null
  return address(ipv6 === true || peerType === LOC_RIB ? octets : octets.subarray(12))
}

function readStatistics(body: Cursor): object[] {
  const count = body.u32('count')
  const out: object[] = []
  for (let i = 0; i < count; i++) {
    const type = body.u16('statistic type')
    const value = body.part(body.u16('statistic length'), 'statistic')
    if (value.left === 4) out.push({ type, value: value.u32('counter') })
    else if (value.left === 8) out.push({ type, value: String(value.u64('gauge')) })
    else if (value.left === 11)
      out.push({ type, afi: value.u16(''), safi: value.u8(''), value: String(value.u64('gauge')) })
    else out.push({ type, hex: hex(value.rest()) })
  }
  return out
}

type Tlv = (type: number, value: Cursor) => object

const textTlv: Tlv = (type, value) => ({ type, text: text(value.rest()) })

const terminationTlv: Tlv = (type, value) =>
  type === 1 && value.left === 2 ? { type, reason: value.u16('reason') } : textTlv(type, value)

const mirroringTlv: Tlv = (type, value) => {
  if (type === 1 && value.left === 2) return { type, code: value.u16('information') }
  if (type !== 0) return { type, hex: hex(value.rest()) }
  try {
    return { type, bgp: readMessage(value.again(), ANY) }
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    // It may be mirrored for that very reason (RFC 7854 §4.7).
    return { type, hex: hex(value.rest()), error: error.message }
  }
}

function readTlvs(body: Cursor, read: Tlv = textTlv): object[] {
  const out: object[] = []
  while (body.left > 0) {
    const type = body.u16('TLV type')
    out.push(read(type, body.part(body.u16('TLV length'), 'TLV')))
  }
  return out
}
