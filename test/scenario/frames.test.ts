import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { Batch, Message } from '../../src/core/batch.ts'
import { pathText } from '../../src/core/path.ts'
import { prefixText } from '../../src/core/prefix.ts'
import { VantagePoints } from '../../src/core/vantage.ts'
import { toFrames } from '../../src/scenario/frames.ts'
import { mrt } from '../../src/scenario/mrt.ts'
import { MrtReader } from '../../src/wire/mrt.ts'
import { RisDecoder } from '../../src/wire/ris-json.ts'
import { listen, start, until } from './ris-live-pair.ts'

/** All that a frame can say of the messages of a batch, in words; stamps to the millisecond. */
function tell(batch: Batch, vantages: VantagePoints): string[] {
  return Array.from({ length: batch.messages }, (_, m) => {
    const { collector, address, asn } = vantages.get(batch.vantage[m] as number)
    const parts = [batch.at[m], collector, address, asn, batch.kind[m], batch.detail[m]]
    for (let e = batch.first[m] as number; e < (batch.first[m + 1] as number); e++) {
      const [a = 0, b = 0, c = 0, d = 0] = [
        batch.word0[e],
        batch.word1[e],
        batch.word2[e],
        batch.word3[e],
      ]
      const text = prefixText(batch.afi[e] as number, a, b, c, d, batch.length[e] as number)
      parts.push(`${batch.announced[e] ? '+' : '-'}${text}`)
    }
    const start = batch.pathStart[m] as number
    parts.push(start < 0 ? 'no path' : pathText(batch.path, start, batch.pathLength[m] as number))
    return parts.join(' ')
  })
}

function readMrt(bytes: Uint8Array, collector: string): [Batch, VantagePoints] {
  const vantages = new VantagePoints()
  const reader = new MrtReader(vantages, collector, 0)
  const batch = new Batch(200_000, 400_000, 2_000_000)
  batch.clear()
  reader.push(bytes)
  expect(reader.read(batch, true)).toBe(false)
  return [batch, vantages]
}

/** Plays a batch through server, socket, client and decoder into another. */
async function roundTrip(batch: Batch, vantages: VantagePoints): Promise<string[]> {
  const server = await start()
  const { frames, told, feed } = listen(server, { mode: 'firehose', includeRaw: true })
  await until(() => told.length === 1)
  for (let m = 0; m < batch.messages; m++) {
    if (server.publish(toFrames(batch, vantages, m)) !== 1) throw new Error(`nobody heard ${m}`)
    if (server.buffered() > 1 << 20) await until(() => server.buffered() < 1 << 16)
  }
  await until(() => frames.length === batch.messages)
  const heard = new VantagePoints()
  const decoder = new RisDecoder(heard)
  const out = new Batch(200_000, 400_000, 2_000_000)
  out.clear()
  frames.forEach((text, i) => {
    expect(decoder.decode(Buffer.from(text), out, i).kind).toBe('read')
  })
  expect(feed.status().errors).toBe(0)
  return tell(out, heard)
}

describe('messages made into frames', () => {
  it('come out of the decoder as they went in', async () => {
    const builder = mrt({ micros: true }).at(1_700_000_000_123_000).peer('192.0.2.1', 64496)
    builder
      .announce('198.51.100.0/24', '64496 3356 64500')
      .announce(['198.51.100.0/25', '2001:db8::/32', '0.0.0.0/0', '::/0'], '64496 {64501,64502} 9')
      .withdraw(['198.51.100.0/24', '2001:db8:5::/48'])
      .update({
        announce: ['10.0.0.0/8'],
        withdraw: ['10.0.0.0/8', '::/0'],
        path: '64496 4200000001',
      })
      .after(0.25)
      .peer('2001:db8::7', 4200000002)
      .state(5, 6)
      .endOfRib(4)
      .endOfRib(6)
      .keepalive()
      .state(6, 1)
    const [batch, vantages] = readMrt(builder.bytes(), 'rrc21')
    const before = tell(batch, vantages)
    expect(batch.messages).toBeGreaterThanOrEqual(9)
    expect(before.join('\n')).toMatch(/-10\.0\.0\.0\/8.*\+10\.0\.0\.0\/8/)
    expect(await roundTrip(batch, vantages)).toEqual(before)
  })

  const file = '../shared/data/quiet/rrc00.updates.20190101.0000.gz'
  const missing = !existsSync(file)
  if (missing) console.warn(`SKIPPED: no ${file}`)
  it.skipIf(missing)(`of a real archive too${missing ? ' (SKIPPED: absent)' : ''}`, async () => {
    const [batch, vantages] = readMrt(gunzipSync(readFileSync(file)), 'rrc00')
    batch.messages = Math.min(batch.messages, 20_000)
    for (let m = 0; m < batch.messages; m++) {
      // What a frame cannot say: microseconds, and that an UPDATE held no unicast route.
      batch.at[m] = Math.floor((batch.at[m] as number) / 1_000) * 1_000
      const empty = batch.first[m] === batch.first[m + 1]
      if (batch.kind[m] === Message.update && empty) batch.kind[m] = Message.alive
    }
    const before = tell(batch, vantages)
    console.log(`${batch.messages} messages of ${vantages.list.length} peers`)
    expect(await roundTrip(batch, vantages)).toEqual(before)
  })
})
