// OPEN messages as Peer Up carries them (RFC 4271 §4.2, capabilities RFC 5492, longer ones RFC 9072):
// what the two sides agreed on decides how their routes are read.

import { AddPath, BGP_HEADER } from './bgp.ts'

const OPEN = 1
const CAPABILITIES = 2
const FOUR_OCTET_AS = 65
const ADD_PATH = 69
const RECEIVES = 1
const SENDS = 2

export interface BgpOpen {
  readonly asn: number
  /** Seconds. */
  readonly holdTime: number
  /** BGP identifier, an IPv4 address as a word. */
  readonly id: number
  /** Capability 65 is there (RFC 6793). */
  readonly as4: boolean
  /** Families of which it wants several paths a prefix, and sends them: bits of AddPath (RFC 7911 §4). */
  readonly receives: number
  readonly sends: number
  /** Position after the message. */
  readonly end: number
}

/** The message at [at, end), which may go on after it; null when it is none. */
export function readOpen(view: DataView, at: number, end: number): BgpOpen | null {
  const body = at + BGP_HEADER
  if (body + 10 > end) return null
  for (let i = 0; i < 16; i += 4) if (view.getInt32(at + i) !== -1) return null
  const stop = at + view.getUint16(at + 16)
  if (view.getUint8(body - 1) !== OPEN || stop > end || stop < body + 10) return null
  const short = view.getUint8(body + 9)
  const isLong = short === 255 && body + 10 < stop && view.getUint8(body + 10) === 255
  if (isLong && body + 13 > stop) return null
  const first = body + (isLong ? 13 : 10)
  const last = first + (isLong ? view.getUint16(body + 11) : short)
  if (last > stop) return null
  const found = { as4: false, asn: view.getUint16(body + 1), receives: 0, sends: 0 }
  const head = isLong ? 3 : 2
  for (let p = first; p < last; ) {
    if (p + head > last) return null
    const from = p + head
    const next = from + (isLong ? view.getUint16(p + 1) : view.getUint8(p + 1))
    if (next > last) return null
    if (view.getUint8(p) === CAPABILITIES && !readCapabilities(view, from, next, found)) return null
    p = next
  }
  const { asn, as4, receives, sends } = found
  const holdTime = view.getUint16(body + 3)
  return { asn, holdTime, id: view.getInt32(body + 5), as4, receives, sends, end: stop }
}

function readCapabilities(
  view: DataView,
  from: number,
  end: number,
  found: { as4: boolean; asn: number; receives: number; sends: number },
): boolean {
  for (let at = from; at < end; ) {
    if (at + 2 > end) return false
    const code = view.getUint8(at)
    const next = at + 2 + view.getUint8(at + 1)
    if (next > end) return false
    if (code === FOUR_OCTET_AS && next - at === 6 && !found.as4) {
      found.as4 = true
      found.asn = view.getUint32(at + 2)
    }
    if (code === ADD_PATH)
      for (let f = at + 2; f + 4 <= next; f += 4) {
        const afi = view.getUint8(f + 2) === 1 ? view.getUint16(f) : 0
        const family = afi === 1 ? AddPath.ipv4 : afi === 2 ? AddPath.ipv6 : AddPath.none
        const mode = view.getUint8(f + 3)
        if (mode & RECEIVES) found.receives |= family
        if (mode & SENDS) found.sends |= family
      }
    at = next
  }
  return true
}
