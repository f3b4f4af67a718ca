// What the tests of the RIS Live decoder share: a frame that is right, and one frame decoded.

import { Batch } from '../../src/core/batch.ts'
import { pathText } from '../../src/core/path.ts'
import { prefixText } from '../../src/core/prefix.ts'
import { VantagePoints } from '../../src/core/vantage.ts'
import { RisDecoder, type RisDecoderOptions } from '../../src/wire/ris-json.ts'

export function elements(batch: Batch, m: number, announced: number): string[] {
  const out: string[] = []
  for (let e = batch.first[m] as number; e < (batch.first[m + 1] as number); e++) {
    if (batch.announced[e] !== announced) continue
    const w = [batch.word0, batch.word1, batch.word2, batch.word3].map((c) => c[e] as number)
    const [w0 = 0, w1 = 0, w2 = 0, w3 = 0] = w
    out.push(prefixText(batch.afi[e] as number, w0, w1, w2, w3, batch.length[e] as number))
  }
  return out
}

/** One frame, decoded on its own, in words. */
export function decode(json: string | object, options: RisDecoderOptions = {}) {
  const vantages = new VantagePoints()
  const decoder = new RisDecoder(vantages, options)
  const batch = new Batch()
  batch.clear()
  const text = typeof json === 'string' ? json : JSON.stringify(json)
  const outcome = decoder.decode(Buffer.from(text), batch, 7)
  const messages = Array.from({ length: batch.messages }, (_, m) => ({
    kind: batch.kind[m] as number,
    detail: batch.detail[m] as number,
    at: batch.at[m] as number,
    offset: batch.offset[m] as number,
    otc: (batch.otc[m] as number) >>> 0,
    from: vantages.get(batch.vantage[m] as number),
    hasPath: (batch.pathStart[m] as number) >= 0,
    path: pathText(batch.path, batch.pathStart[m] as number, batch.pathLength[m] as number),
    announced: elements(batch, m, 1),
    withdrawn: elements(batch, m, 0),
  }))
  return { outcome, messages, first: messages[0], batch, vantages, stats: decoder.stats }
}

export const base = {
  timestamp: 1_700_000_000.12,
  peer: '192.0.2.1',
  peer_asn: '64500',
  id: '192.0.2.1-018bd0000000001',
  host: 'rrc00.ripe.net',
  type: 'UPDATE',
}
export const frame = (data: object) => ({ type: 'ris_message', data: { ...base, ...data } })
