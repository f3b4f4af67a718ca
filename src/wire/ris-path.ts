// The `path` of a RIS Live frame into the words of core/path.ts: `[64500,64510,[64496,64497]]`, where
// a nested array is an AS_SET at its place.

import { SEQUENCE, SET } from '../core/path.ts'

/** A BGP message of 65,535 octets holds no more ASNs than this; a longer path is garbage. */
export const LONGEST_PATH = 16_384

/** Appends the path to `out` at `start`. Returns the words written, or -1 when it is no path. */
export function appendJsonPath(path: unknown, out: Int32Array, start: number): number {
  if (path === null || path === undefined) return 0
  if (!Array.isArray(path) || path.length > LONGEST_PATH) return -1
  const list: readonly unknown[] = path
  // A leading ASN 0 would read as the marker of the segmented form.
  if (list[0] === 0 || list[0] === '0') return appendSegments(list, out, start)
  for (let i = 0; i < list.length; i++) {
    const hop = list[i]
    if (typeof hop === 'object') return appendSegments(list, out, start)
    const asn = readAsn(hop)
    if (asn < 0) return -1
    out[start + i] = asn
  }
  return list.length
}

function appendSegments(list: readonly unknown[], out: Int32Array, start: number): number {
  let to = start
  out[to++] = 0
  let head = -1
  for (const hop of list) {
    if (to - start > LONGEST_PATH) return -1
    if (Array.isArray(hop)) {
      const members: readonly unknown[] = hop
      if (members.length > LONGEST_PATH - (to - start)) return -1
      if (members.length === 0) continue
      out[to++] = (SET << 16) | members.length
      for (const member of members) {
        const asn = readAsn(member)
        if (asn < 0) return -1
        out[to++] = asn
      }
      head = -1
      continue
    }
    const asn = readAsn(hop)
    if (asn < 0) return -1
    if (head < 0) {
      head = to
      out[to++] = SEQUENCE << 16
    }
    out[head] = (out[head] as number) + 1
    out[to++] = asn
  }
  return to - start
}

/** An ASN as number or decimal text (RFC 6793: four octets); -1 when it is none. */
export function readAsn(value: unknown): number {
  if (typeof value === 'string') return /^\d{1,10}$/.test(value) ? readAsn(Number(value)) : -1
  if (typeof value !== 'number' || !Number.isInteger(value)) return -1
  return value >= 0 && value <= 0xffffffff ? value : -1
}
