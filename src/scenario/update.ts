// UPDATE messages: one if everything fits, otherwise as many as it takes (RFC 4271 §4.3: no
// message is longer than 4,096 octets), withdrawals first.

import type { Prefix } from '../core/prefix.ts'
import { Bytes } from './bytes.ts'
import {
  bgpMessage,
  type Encoding,
  type Routes,
  reachBytes,
  readPrefix,
  writeAttribute,
  writeAttributes,
  writePrefix,
} from './encode.ts'

const MAX_MESSAGE = 4_096

interface Parts {
  readonly withdraw4: readonly Prefix[]
  readonly withdraw6: readonly Prefix[]
  readonly announce4: readonly Prefix[]
  readonly announce6: readonly Prefix[]
}

const NOTHING: Parts = { withdraw4: [], withdraw6: [], announce4: [], announce6: [] }

/** Encodes one change of routes; the messages are to be sent in this order. */
export function encodeUpdates(routes: Routes, encoding: Encoding = {}): Uint8Array[] {
  const limit = encoding.maxMessage ?? MAX_MESSAGE
  const withdraw = (routes.withdraw ?? []).map(readPrefix)
  const announce = (routes.announce ?? []).map(readPrefix)
  const parts: Parts = {
    withdraw4: withdraw.filter((p) => p.afi === 4),
    withdraw6: withdraw.filter((p) => p.afi === 6),
    announce4: announce.filter((p) => p.afi === 4),
    announce6: announce.filter((p) => p.afi === 6),
  }
  const whole = encode(parts, routes, encoding)
  if (whole.length <= limit) return [whole]
  const out: Uint8Array[] = []
  for (const name of ['withdraw4', 'withdraw6', 'announce4', 'announce6'] as const) {
    const rest = parts[name]
    if (rest.length === 0) continue
    const fixed = encode({ ...NOTHING, [name]: rest.slice(0, 1) }, routes, encoding).length
    for (const some of chunks(rest, limit - fixed, encoding))
      out.push(encode({ ...NOTHING, [name]: some }, routes, encoding))
  }
  return out
}

/** Cuts a list into pieces of fewer than `room` octets; one is for a longer length field. */
function* chunks(list: readonly Prefix[], room: number, encoding: Encoding): Generator<Prefix[]> {
  // Path id, length octet, sixteen octets of address.
  if (room < 22) throw new RangeError('the attributes leave no room for prefixes')
  let piece: Prefix[] = []
  let used = 0
  for (const prefix of list) {
    const size = 1 + ((prefix.length + 7) >> 3) + (encoding.addPath ? 4 : 0)
    if (used + size > room - 1) {
      yield piece
      piece = []
      used = 0
    }
    piece.push(prefix)
    used += size
  }
  if (piece.length > 0) yield piece
}

function encode(parts: Parts, routes: Routes, encoding: Encoding): Uint8Array {
  const pathId = encoding.addPath ? (routes.pathId ?? 0) : undefined
  const out = new Bytes(256)
  const block = (write: () => void) => {
    const at = out.length
    out.u16(0)
    write()
    out.patch16(at, out.length - at - 2)
  }
  block(() => {
    for (const prefix of parts.withdraw4) writePrefix(out, prefix, pathId)
  })
  block(() => {
    let unreach: Uint8Array | null = null
    if (parts.withdraw6.length > 0) {
      const body = new Bytes(64).u16(2).u8(1)
      for (const prefix of parts.withdraw6) writePrefix(body, prefix, pathId)
      unreach = body.bytes()
    }
    if (parts.announce4.length + parts.announce6.length === 0) {
      if (unreach) writeAttribute(out, 0x80, 15, unreach)
      return
    }
    const reach =
      parts.announce6.length > 0
        ? reachBytes(routes.nextHop6 ?? '2001:db8::1', parts.announce6, pathId)
        : null
    const as4 = encoding.as4 ?? true
    writeAttributes(out, routes, as4, parts.announce4.length > 0, reach, unreach)
  })
  for (const prefix of parts.announce4) writePrefix(out, prefix, pathId)
  return bgpMessage(2, out.bytes())
}
