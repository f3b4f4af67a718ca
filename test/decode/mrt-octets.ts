// MRT records octet by octet, also those that no builder would write, and what both programs print of them.

import { spawnSync } from 'node:child_process'
import { BgpdumpText } from '../../src/decode/bgpdump.ts'
import { OctetText } from '../../src/decode/octet-text.ts'
import { MrtFrames } from '../../src/wire/mrt-frames.ts'

/** Hex, which may have spaces, or octets as they are. */
export type Octets = string | Uint8Array

export const cat = (...parts: readonly Octets[]): Buffer =>
  Buffer.concat(
    parts.map((part) =>
      typeof part === 'string' ? Buffer.from(part.replaceAll(' ', ''), 'hex') : part,
    ),
  )

/** A number in so many octets. */
export const num = (n: number, octets: number): Buffer =>
  Buffer.from(n.toString(16).padStart(octets * 2, '0'), 'hex')

export function record(type: number, subtype: number, ...parts: readonly Octets[]): Buffer {
  const body = cat(...parts)
  return cat(num(1_700_000_000, 4), num(type, 2), num(subtype, 2), num(body.length, 4), body)
}

export function attribute(type: number, ...parts: readonly Octets[]): Buffer {
  const value = cat(...parts)
  const wide = value.length > 255
  return cat(num(wide ? 0xd0 : 0xc0, 1), num(type, 1), num(value.length, wide ? 2 : 1), value)
}

export function update(withdrawn: Octets, attributes: Octets, nlri: Octets): Buffer {
  const [gone, list] = [cat(withdrawn), cat(attributes)]
  const body = cat(num(gone.length, 2), gone, num(list.length, 2), list, nlri)
  return cat('ff'.repeat(16), num(19 + body.length, 2), '02', body)
}

export const HAS_AS4 = [4, 5, 7, 9, 11]

/** BGP4MP: AS64496 at 192.0.2.1 to AS12654 at 192.0.2.254. */
export function bgp4mp(subtype: number, ...parts: readonly Octets[]): Buffer {
  const width = HAS_AS4.includes(subtype) ? 4 : 2
  const head = cat(num(64_496, width), num(12_654, width), '0000 0001 c0000201 c00002fe')
  return record(16, subtype, head, ...parts)
}

const INDEX = record(
  13,
  1,
  'c0000201 0000 0002 02 c0000201 c0000201 0000fbf0',
  '03 c0000202 20010db8000000000000000000000001 0000fbf1',
)

/** An index, and a RIB entry of its first peer. */
export function rib(subtype: number, prefix: Octets, ...attributes: readonly Octets[]): Buffer {
  const list = cat(...attributes)
  const pathId = subtype >= 8 ? '00000007' : ''
  const entry = cat('0000 00000001', pathId, num(list.length, 2), list)
  return cat(INDEX, record(13, subtype, '00000000', prefix, '0001', entry))
}

/** TABLE_DUMP: a route to 203.0.113.0/24 or 2001:db8::/24. */
export function tableDump(subtype: number, ...attributes: readonly Octets[]): Buffer {
  const list = cat(...attributes)
  const isV4 = subtype % 2 === 1
  const prefix = isV4 ? 'cb007100' : `20010db8${'00'.repeat(12)}`
  const peer = isV4 ? 'c0000209' : `20010db8${'00'.repeat(11)}09`
  const asn = subtype > 2 ? num(4_200_000_001, 4) : num(64_496, 2)
  return record(
    12,
    subtype,
    '00000001',
    prefix,
    '18 01 00000005',
    peer,
    asn,
    num(list.length, 2),
    list,
  )
}

export function ours(octets: Uint8Array): { text: string; malformed: number } {
  const parts: Buffer[] = []
  const out = new OctetText((piece) => parts.push(Buffer.from(piece)))
  const dump = new BgpdumpText(out)
  const stats = { records: 0, malformed: 0, truncated: false }
  const frames = new MrtFrames(stats)
  frames.push(octets)
  while (frames.next(true)) dump.record(frames.bytes, frames.view, frames.at, frames.stop)
  out.flush()
  const text = Buffer.concat(parts).toString('latin1')
  return { text, malformed: dump.malformed + stats.malformed }
}

export function theirs(octets: Uint8Array): { text: string; aborted: boolean } {
  const { stdout, signal } = spawnSync('bgpdump', ['-m', '-'], {
    input: octets,
    maxBuffer: 2 ** 30,
  })
  return { text: stdout.toString('latin1'), aborted: signal !== null }
}

/** Why nothing can be compared; empty when it can. */
export const noBgpdump = spawnSync('bgpdump', ['-v']).error ? ' [skipped: no bgpdump]' : ''
if (noBgpdump !== '') console.warn('SKIPPED: no bgpdump on this system to compare with')
