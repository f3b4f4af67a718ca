// AS_PATH as segments (RFC 4271 §4.3, RFC 5065), and what is left of two of them (RFC 6793 §4.2.3).

import type { Asn } from '../core/asn.ts'
import { type Cursor, Malformed } from './cursor.ts'

const types = ['', 'set', 'sequence', 'confed-sequence', 'confed-set'] as const

export interface Segment {
  readonly type: 'set' | 'sequence' | 'confed-sequence' | 'confed-set'
  readonly asns: readonly Asn[]
}

/** Throws Malformed as RFC 7606 §7.2 asks. */
export function readSegments(cursor: Cursor, as4: boolean): Segment[] {
  const out: Segment[] = []
  while (cursor.left > 0) {
    const code = cursor.u8('segment type')
    const type = types[code]
    if (!type) throw new Malformed(`segment type ${code}`)
    const count = cursor.u8('segment length')
    if (count === 0) throw new Malformed('empty segment')
    const asns = Array.from({ length: count }, () => (as4 ? cursor.u32('ASN') : cursor.u16('ASN')))
    out.push({ type, asns })
  }
  return out
}

/** `64500 {64496,64497} (1 2) [3,4]`. */
export function segmentsText(segments: readonly Segment[]): string {
  return segments
    .map(({ type, asns }) => {
      if (type === 'sequence') return asns.join(' ')
      if (type === 'set') return `{${asns.join(',')}}`
      return type === 'confed-set' ? `[${asns.join(',')}]` : `(${asns.join(' ')})`
    })
    .join(' ')
}

/** A set counts once, a confederation not at all (RFC 6793 §4.2.3, RFC 5065 §5.3). */
const hopsOf = ({ type, asns }: Segment): number =>
  type === 'sequence' ? asns.length : type === 'set' ? 1 : 0

const lengthOf = (path: readonly Segment[]): number =>
  path.reduce((sum, segment) => sum + hopsOf(segment), 0)

/** The path of a session with 2-octet ASNs: what leads in AS_PATH, then AS4_PATH. */
export function mergedPath(path: readonly Segment[], as4: readonly Segment[]): readonly Segment[] {
  const four = as4.filter(({ type }) => type === 'sequence' || type === 'set')
  let ahead = lengthOf(path) - lengthOf(four)
  if (ahead < 0) return path
  const out: Segment[] = []
  for (const segment of path) {
    const hops = hopsOf(segment)
    if (hops > 0 && ahead === 0) break
    const kept = hops > ahead ? { ...segment, asns: segment.asns.slice(0, ahead) } : segment
    out.push(kept)
    ahead -= Math.min(hops, ahead)
  }
  const last = out.at(-1)
  const [first, ...others] = four
  // One sequence that was cut in two is one again.
  if (last?.type === 'sequence' && first?.type === 'sequence')
    out.splice(-1, 1, { type: 'sequence', asns: [...last.asns, ...first.asns] })
  else if (first) out.push(first)
  return [...out, ...others]
}
