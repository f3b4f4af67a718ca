import { describe, expect, it } from 'vitest'
import { Batch } from '../../src/core/batch.ts'
import { VantagePoints } from '../../src/core/vantage.ts'
import { RisDecoder } from '../../src/wire/ris-json.ts'
import { rawUpdates } from '../../src/wire/ris-raw.ts'
import { noise } from './octets.ts'
import { frame } from './ris-frames.ts'

describe('any text', () => {
  it('is answered, never thrown over, and leaves the batch whole', () => {
    const next = noise(20_240_101)
    const pieces = [null, 0, -1, 'x', [], {}, [[]], [{}], ['10.0.0.0/8'], 1e9, '64500', true]
    const keys = ['announcements', 'withdrawals', 'path', 'type', 'host', 'peer', 'state', 'raw']
    const texts: string[] = []
    for (let i = 0; i < 20_000; i++) {
      const data: Record<string, unknown> = {
        path: [64500, [1, 2]],
        announcements: [{ prefixes: ['198.51.100.0/24', '2001:db8::/32'] }],
        withdrawals: ['10.0.0.0/8'],
      }
      for (let k = next(3); k > 0; k--) data[keys[next(8)] as string] = pieces[next(12)]
      const text = JSON.stringify(frame(data))
      if (i % 3 === 0) texts.push(text)
      else if (i % 3 === 1) texts.push(text.slice(0, next(text.length)))
      else {
        const at = next(text.length)
        texts.push(text.slice(0, at) + String.fromCharCode(next(300)) + text.slice(at + 1))
      }
    }
    texts.push('[[', '['.repeat(500_000), '{"type":', '"', 'null', '', '\u0000', '{}', '[1,2]')
    const decoder = new RisDecoder(new VantagePoints(), { raw: rawUpdates() })
    const batch = new Batch()
    batch.clear()
    const counts = new Map<string, number>()
    for (const text of texts) {
      if (batch.full) batch.clear()
      const before = [batch.messages, batch.elements, batch.pathWords]
      const { kind } = decoder.decode(Buffer.from(text), batch, 0)
      counts.set(kind, (counts.get(kind) ?? 0) + 1)
      if (kind !== 'read') expect([batch.messages, batch.elements, batch.pathWords]).toEqual(before)
      expect(batch.first[batch.messages]).toBe(batch.elements)
    }
    console.log(`${texts.length} damaged frames: ${JSON.stringify([...counts])}`)
    expect(counts.get('read')).toBeGreaterThan(1_000)
    expect(counts.get('malformed')).toBeGreaterThan(1_000)
    expect(counts.has('full')).toBe(false)
  })
})
