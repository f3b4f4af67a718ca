// AS_PATH and AS4_PATH (RFC 4271 §4.3, RFC 6793 §4.2) into the words of core/path.ts.

import { SEQUENCE } from '../core/path.ts'

/**
 * Appends the path at [from, end) to `out` at `start`; AS4_PATH at [from4, end4) is merged in when
 * from4 >= 0. Returns the number of words written, or -1 when the segments are malformed.
 */
export function appendPath(
  view: DataView,
  from: number,
  end: number,
  as4: boolean,
  from4: number,
  end4: number,
  out: Int32Array,
  start: number,
): number {
  if (from4 >= 0) return appendMerged(view, from, end, from4, end4, out, start)
  const width = as4 ? 4 : 2
  let to = start
  for (let at = from; at < end; ) {
    if (at + 2 > end) return -1
    const head = view.getUint16(at)
    const count = head & 0xff
    const stop = at + 2 + count * width
    if (stop > end || count === 0) return -1
    if (head >> 8 !== SEQUENCE) return appendSegments(view, from, end, width, out, start)
    at += 2
    if (as4) for (; at < stop; at += 4) out[to++] = view.getInt32(at)
    else for (; at < stop; at += 2) out[to++] = view.getUint16(at)
  }
  // A leading ASN 0 would read as the marker of the segmented form.
  return to > start && out[start] === 0
    ? appendSegments(view, from, end, width, out, start)
    : to - start
}

/** The rare form: sets, confederations. */
function appendSegments(
  view: DataView,
  from: number,
  end: number,
  width: number,
  out: Int32Array,
  start: number,
): number {
  let to = start
  out[to++] = 0
  for (let at = from; at < end; ) {
    if (at + 2 > end) return -1
    const type = view.getUint8(at)
    const count = view.getUint8(at + 1)
    const stop = at + 2 + count * width
    if (type < 1 || type > 4 || count === 0 || stop > end) return -1
    out[to++] = (type << 16) | count
    at += 2
    for (; at < stop; at += width) out[to++] = width === 4 ? view.getInt32(at) : view.getUint16(at)
  }
  return to - start
}

interface Segment {
  readonly type: number
  readonly asns: number[]
}

function readSegments(view: DataView, from: number, end: number, width: number): Segment[] | null {
  const out: Segment[] = []
  for (let at = from; at < end; ) {
    if (at + 2 > end) return null
    const type = view.getUint8(at)
    const count = view.getUint8(at + 1)
    const stop = at + 2 + count * width
    if (type < 1 || type > 4 || count === 0 || stop > end) return null
    const asns: number[] = []
    for (at += 2; at < stop; at += width)
      asns.push(width === 4 ? view.getInt32(at) : view.getUint16(at))
    out.push({ type, asns })
  }
  return out
}

/** How many hops a segment counts for when the two paths are compared (RFC 6793 §4.2.3, RFC 5065). */
const weight = (s: Segment): number => (s.type === SEQUENCE ? s.asns.length : s.type === 1 ? 1 : 0)

function appendMerged(
  view: DataView,
  from: number,
  end: number,
  from4: number,
  end4: number,
  out: Int32Array,
  start: number,
): number {
  const old = readSegments(view, from, end, 2)
  if (!old) return -1
  const read4 = readSegments(view, from4, end4, 4)
  // A malformed AS4_PATH is discarded, the route kept (RFC 6793 §6); confederations inside it too.
  const newer = (read4 ?? []).filter((s) => s.type <= SEQUENCE)
  const sum = (list: readonly Segment[]) => list.reduce((n, s) => n + weight(s), 0)
  let keep = sum(old) - sum(newer)
  if (newer.length === 0 || keep < 0) return writeSegments(old, out, start)
  const merged: Segment[] = []
  for (const segment of old) {
    const n = weight(segment)
    if (n > keep && segment.type === SEQUENCE) {
      if (keep > 0) merged.push({ type: SEQUENCE, asns: segment.asns.slice(0, keep) })
      break
    }
    if (n > keep) break
    merged.push(segment)
    keep -= n
  }
  return writeSegments([...merged, ...newer], out, start)
}

function writeSegments(segments: readonly Segment[], out: Int32Array, start: number): number {
  const plain = segments.every((s) => s.type === SEQUENCE) && segments[0]?.asns[0] !== 0
  let to = start
  if (!plain) out[to++] = 0
  for (const { type, asns } of segments) {
    if (!plain) out[to++] = (type << 16) | asns.length
    for (const asn of asns) out[to++] = asn
  }
  return to - start
}
