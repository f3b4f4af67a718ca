// BMP (RFC 7854) as a router writes it, from readable calls.

import { addressBytes, endOfRib as bgpEndOfRib, bgpMessage } from '../../src/scenario/encode.ts'
import { encodeUpdates } from '../../src/scenario/update.ts'

const u16 = (n: number) => [(n >> 8) & 255, n & 255]
const u32 = (n: number) => [...u16(n >>> 16), ...u16(n & 0xffff)]
const zeros = (n: number) => new Array<number>(n).fill(0)

const POST_POLICY = 0x40

export interface Peer {
  readonly address: string
  readonly asn: number
  /** Routes after policy. */
  readonly post?: boolean
}

const message = (type: number, ...parts: readonly ArrayLike<number>[]): Buffer => {
  const body = parts.flatMap((part) => Array.from(part))
  return Buffer.from([3, ...u32(6 + body.length), type, ...body])
}

const header = ({ address, asn, post = false }: Peer): number[] => [
  ...[0, post ? POST_POLICY : 0],
  ...zeros(8),
  ...zeros(12),
  ...addressBytes(address),
  ...u32(asn),
  ...addressBytes(address),
  ...zeros(8),
]

const information = (type: number, text: string): number[] => [
  ...u16(type),
  ...u16(Buffer.byteLength(text)),
  ...Buffer.from(text),
]

export const initiation = (name: string): Buffer =>
  message(4, information(1, 'a router of a test'), information(2, name))

export const termination = (reason: number): Buffer =>
  message(5, [...u16(1), ...u16(2), ...u16(reason)])

const open = (asn: number): Uint8Array => {
  const capability = [2, 6, 65, 4, ...u32(asn)]
  const short = asn > 0xffff ? 23_456 : asn
  const body = [4, ...u16(short), ...u16(90), 10, 0, 0, 1, capability.length, ...capability]
  return bgpMessage(1, Uint8Array.from(body))
}

export const peerUp = (peer: Peer, own: number): Buffer =>
  message(
    3,
    header(peer),
    [...zeros(12), 192, 0, 2, 254, ...u16(179), ...u16(40_000)],
    open(own),
    open(peer.asn),
  )

/** Reason 4: the neighbour went without a word. */
export const peerDown = (peer: Peer, reason = 4): Buffer => message(2, header(peer), [reason])

export const routes = (
  peer: Peer,
  about: { announce?: readonly string[]; withdraw?: readonly string[]; path?: string },
): Buffer =>
  Buffer.concat(
    encodeUpdates({ nextHop: '192.0.2.9', ...about }, {}).map((update) =>
      message(0, header(peer), update),
    ),
  )

export const endOfRib = (peer: Peer): Buffer => message(0, header(peer), bgpEndOfRib(4))

/** Routes in Adj-RIBs-In (type 7). */
export const statistics = (peer: Peer, received: number): Buffer =>
  message(1, header(peer), u32(1), u16(7), u16(8), u32(0), u32(received))
