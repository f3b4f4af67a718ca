import { expect, test } from 'vitest'
import { openFrameServer, play, Tape } from '../../src/bench/frames.ts'
import { openRisLive } from '../../src/feeds/ris-live.ts'
import type { RisFrame } from '../../src/scenario/frames.ts'

/** Of all lengths that WebSocket writes in its own way. */
const frames: RisFrame[] = Array.from({ length: 40 }, (_, i) => ({
  timestamp: 1_730_073_600 + i,
  peer: '192.0.2.1',
  peer_asn: '64496',
  id: `${i}`.padEnd(i === 7 ? 70_000 : i % 2 === 0 ? 300 : 3, 'x'),
  host: 'rrc00.ripe.net',
  type: 'KEEPALIVE',
}))

test('all frames of the tape arrive, in order, with stamps that go forward', async () => {
  const server = await openFrameServer()
  const heard: { timestamp: number; id: string }[] = []
  const count = 1_000
  let all: () => void
  const arrived = new Promise<void>((done) => {
    all = done
  })
  const client = openRisLive(
    { url: server.url, mode: 'firehose' },
    {
      frame: (octets) => {
        heard.push(JSON.parse(octets.toString()).data)
        if (heard.length === count) all()
      },
      gap: () => undefined,
      sight: () => undefined,
      log: () => undefined,
    },
  )
  const played = await play(await server.client, new Tape(frames), 1e6, count)
  await arrived
  await client.close()
  server.close()
  expect(played.sent).toBe(count)
  expect(heard.map(({ id }) => id)).toEqual(heard.map((_, i) => frames[i % frames.length]?.id))
  const stamps = heard.map(({ timestamp }) => timestamp)
  expect(stamps).toEqual([...stamps].sort((a, b) => a - b))
  expect(Math.abs((stamps[0] as number) - Date.now() / 1e3)).toBeLessThan(3_600)
})

test('the last stamp of a stretch is that of all of it, and nothing else changes', () => {
  const tape = new Tape(frames)
  const before = Buffer.from(tape.bytes)
  const text = tape.take(2, 5, 1_730_000_000_007.9).toString('latin1')
  expect(text.match(/1730000000\.007/g)).toHaveLength(3)
  tape.take(2, 5, 0)
  expect(tape.bytes.equals(before)).toBe(true)
})
