// What BMP tells besides routes: why a session ended, what is counted, who the router is. These are few,
// so they are objects.

import { BGP_HEADER } from './bgp.ts'

/** RFC 7854 §4.9: 1 and 2 were ended by the router, 3 and 4 by the peer, 5 is watched no more, 6 a Loc-RIB. */
export interface PeerDown {
  readonly reason: number
  /** Of reason 2 (RFC 4271 §8.1). */
  readonly event: number | null
  /** Error code and subcode of the NOTIFICATION (RFC 4271 §4.5), of reasons 1 and 3; it may be left out. */
  readonly code: number | null
  readonly subcode: number | null
}

/** RFC 7854 §4.8. */
export interface Statistic {
  readonly type: number
  /** Of statistics by family; else 0. */
  readonly afi: number
  readonly safi: number
  /** Exact up to 2^53. */
  readonly value: number
}

export interface Information {
  readonly type: number
  /** As it came: of strangers, to be shown with care. */
  readonly text: string
  /** Of a Termination; null where there is none. */
  readonly reason: number | null
}

const NOTIFICATION = 3
/** There are three types of it; what comes behind so many is not looked at. */
const MOST_INFORMATION = 64

export function readPeerDown(view: DataView, at: number, end: number): PeerDown | null {
  if (at >= end) return null
  const reason = view.getUint8(at)
  const none = { reason, event: null, code: null, subcode: null }
  if (reason === 2) return at + 3 > end ? null : { ...none, event: view.getUint16(at + 1) }
  const error = at + 1 + BGP_HEADER
  if ((reason !== 1 && reason !== 3) || error + 2 > end) return none
  if (view.getUint8(error - 1) !== NOTIFICATION) return none
  return { ...none, code: view.getUint8(error), subcode: view.getUint8(error + 1) }
}

/** Statistics of a length that is in no standard are left out; null when the list does not come out even. */
export function readStatistics(view: DataView, at: number, end: number): Statistic[] | null {
  if (at + 4 > end) return null
  const out: Statistic[] = []
  let from = at + 4
  for (let left = view.getUint32(at); left > 0; left--) {
    if (from + 4 > end) return null
    const type = view.getUint16(from)
    const length = view.getUint16(from + 2)
    const value = from + 4
    from = value + length
    if (from > end) return null
    if (length === 4) out.push({ type, afi: 0, safi: 0, value: view.getUint32(value) })
    else if (length === 8) out.push({ type, afi: 0, safi: 0, value: gauge(view, value) })
    else if (length === 11) {
      const family = { afi: view.getUint16(value), safi: view.getUint8(value + 2) }
      out.push({ type, ...family, value: gauge(view, value + 3) })
    }
  }
  return out
}

const gauge = (view: DataView, at: number): number =>
  view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4)

const decoder = new TextDecoder()

/** Of Initiation and Termination (RFC 7854 §4.3, §4.5). */
export function readInformation(view: DataView, from: number, end: number): Information[] | null {
  const out: Information[] = []
  for (let at = from; at < end && out.length < MOST_INFORMATION; ) {
    if (at + 4 > end) return null
    const type = view.getUint16(at)
    const length = view.getUint16(at + 2)
    const value = at + 4
    at = value + length
    if (at > end) return null
    const octets = new Uint8Array(view.buffer, view.byteOffset + value, length)
    const reason = type === 1 && length === 2 ? view.getUint16(value) : null
    out.push({ type, text: decoder.decode(octets), reason })
  }
  return out
}
