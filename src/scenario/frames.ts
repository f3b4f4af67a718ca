// RIS Live frames out of decoded messages, so that any archive can be played through a server as if
// it were happening now. What a Batch does not keep a frame does not say: no ORIGIN, no communities,
// no Only-to-Customer; the next hop is the peer, as it is on most sessions.

import { type Batch, Message } from '../core/batch.ts'
import { isSegmented, SEQUENCE, SET } from '../core/path.ts'
import { type Afi, prefixText } from '../core/prefix.ts'
import type { VantagePoints } from '../core/vantage.ts'
import { endOfRib } from './encode.ts'

/** An ASN, or the members of an AS_SET. */
export type RisHop = number | readonly number[]

/** `data` of a `ris_message`. Absent fields are left out of the text. */
export interface RisFrame {
  /** Unix seconds, cut to the millisecond: what an incident says of an instant is cut there too. */
  readonly timestamp: number
  readonly peer: string
  readonly peer_asn: string
  readonly id: string
  /** Collectors of RIS with their domain, as the live feed writes them. */
  readonly host: string
  /** `UPDATE`, `STATE`, `KEEPALIVE`, `OPEN`, `NOTIFICATION`. */
  readonly type: string
  readonly state?: string
  readonly path?: readonly RisHop[]
  readonly community?: readonly (readonly [number, number])[]
  readonly announcements?: readonly RisAnnouncement[]
  readonly withdrawals?: readonly string[]
  /** Hex of the whole BGP message; sent only to those who asked for it. */
  readonly raw?: string
}

export interface RisAnnouncement {
  readonly next_hop: string
  readonly prefixes: readonly string[]
}

/**
 * Message `m` as one frame. A row of a RIB becomes an announcement. The family of an End-of-RIB is
 * told by `raw` alone, as in the real feed. An UPDATE without prefixes would read as an End-of-RIB,
 * so it is told as the sign of life it is.
 */
export function toFrames(batch: Batch, vantages: VantagePoints, m: number): RisFrame {
  const { collector, address: peer, asn } = vantages.get(batch.vantage[m] as number)
  const ms = Math.floor((batch.at[m] as number) / 1_000)
  const base = {
    timestamp: ms / 1_000,
    peer,
    peer_asn: String(asn),
    id: `${peer}-${ms.toString(16).padStart(12, '0')}${(m & 0xffff).toString(16).padStart(4, '0')}`,
    host: /^rrc\d+$/.test(collector) ? `${collector}.ripe.net` : collector,
  }
  const empty = { path: [], community: [], announcements: [], withdrawals: [] }
  switch (batch.kind[m]) {
    case Message.sessionUp:
      return { ...base, type: 'STATE', state: 'connected' }
    case Message.sessionDown:
      return { ...base, type: 'STATE', state: 'down' }
    case Message.endOfRib: {
      const raw = Buffer.from(endOfRib(batch.detail[m] as Afi))
        .toString('hex')
        .toUpperCase()
      return { ...base, type: 'UPDATE', ...empty, raw }
    }
    case Message.alive:
      return { ...base, type: 'KEEPALIVE' }
  }
  if (batch.first[m] === batch.first[m + 1]) return { ...base, type: 'KEEPALIVE' }
  const path = jsonPath(batch, m)
  return { ...base, type: 'UPDATE', path, community: [], ...routes(batch, m, peer) }
}

function routes(batch: Batch, m: number, peer: string) {
  const withdrawals: string[] = []
  const announcements: { next_hop: string; prefixes: string[] }[] = []
  let afi = 0
  for (let e = batch.first[m] as number; e < (batch.first[m + 1] as number); e++) {
    const text = prefixText(
      batch.afi[e] as number,
      batch.word0[e] as number,
      batch.word1[e] as number,
      batch.word2[e] as number,
      batch.word3[e] as number,
      batch.length[e] as number,
    )
    if (batch.announced[e] === 0) {
      withdrawals.push(text)
      continue
    }
    // One entry for each next hop, and a next hop belongs to one family.
    if (batch.afi[e] !== afi) announcements.push({ next_hop: peer, prefixes: [] })
    afi = batch.afi[e] as number
    announcements.at(-1)?.prefixes.push(text)
  }
  return { announcements, withdrawals }
}

/** Confederation segments are left out: they have no business outside (RFC 5065 §5). */
function jsonPath(batch: Batch, m: number): RisHop[] {
  const start = batch.pathStart[m] as number
  const length = batch.pathLength[m] as number
  const words = batch.path
  const out: RisHop[] = []
  if (start < 0) return out
  const asns = (from: number, count: number): number[] =>
    Array.from(words.subarray(from, from + count), (asn) => asn >>> 0)
  if (!isSegmented(words, start, length)) return asns(start, length)
  for (let i = start + 1; i < start + length; ) {
    const head = words[i++] as number
    const count = head & 0xffff
    if (head >>> 16 === SET) out.push(asns(i, count))
    else if (head >>> 16 === SEQUENCE) out.push(...asns(i, count))
    i += count
  }
  return out
}
