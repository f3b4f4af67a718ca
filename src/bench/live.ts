// RIS Live over a real socket: one process publishes frames made of real updates, another one listens
// as `watch` does. Only the listener counts, and all of it.

import { setTimeout as sleep } from 'node:timers/promises'
import { Batch } from '../core/batch.ts'
import { VantagePoints } from '../core/vantage.ts'
import { detectDefaults } from '../detect/detectors.ts'
import { readChunks } from '../feeds/archive.ts'
import { risLiveDefaults } from '../feeds/ris-live-settings.ts'
import { LiveRun } from '../live-run.ts'
import { type RisFrame, toFrames } from '../scenario/frames.ts'
import { startRisLiveServer } from '../scenario/ris-live-server.ts'
import { tableLimits } from '../table/table.ts'
import { MrtReader } from '../wire/mrt.ts'
import { type Measured, used } from './measured.ts'

/** What is sent, again and again until it is enough. */
const FRAMES = 50_000
const WATCHED = 1_000
/** Octets under way at most; the server shows slow clients the door at 16 MiB. */
const UNDER_WAY = 4 << 20

/** Publishes `count` frames to the first client; says where on stdout, with ASNs worth watching. */
export async function serve(path: string, count: number): Promise<void> {
  const frames = await framesOf(path)
  const server = await startRisLiveServer()
  process.stdout.write(`${JSON.stringify({ url: server.url, asns: asnsOf(frames) })}\n`)
  while (server.subscriptions() === 0) await sleep(20)
  await sleep(300)
  const span = (frames.at(-1)?.timestamp ?? 0) - (frames[0]?.timestamp ?? 0) + 1
  for (let sent = 0; sent < count; sent++) {
    const frame = frames[sent % frames.length] as RisFrame
    const timestamp = frame.timestamp + Math.floor(sent / frames.length) * span
    server.publish({ ...frame, timestamp })
    if ((sent & 63) === 0) while (server.buffered() > UNDER_WAY) await sleep(1)
  }
  while (server.clients() > 0) await sleep(20)
  await server.close()
}

async function framesOf(path: string): Promise<RisFrame[]> {
  const vantages = new VantagePoints()
  const reader = new MrtReader(vantages, 'rrc00', 0)
  const batch = new Batch()
  const out: RisFrame[] = []
  for await (const chunk of readChunks(path)) {
    reader.push(chunk)
    for (let more = true; more && out.length < FRAMES; ) {
      batch.clear()
      more = reader.read(batch)
      for (let m = 0; m < batch.messages; m++) out.push(toFrames(batch, vantages, m))
    }
    if (out.length >= FRAMES) break
  }
  return out.slice(0, FRAMES)
}

/** Origins that together announce about as many prefixes as are to be watched. */
function asnsOf(frames: readonly RisFrame[]): number[] {
  const prefixes = new Map<number, Set<string>>()
  for (const { path, announcements } of frames) {
    const origin = path?.at(-1)
    if (typeof origin !== 'number') continue
    const mine = prefixes.get(origin) ?? new Set()
    prefixes.set(origin, mine)
    for (const { prefixes: list } of announcements ?? []) for (const p of list) mine.add(p)
  }
  const asns: number[] = []
  let watched = 0
  for (const [asn, mine] of prefixes) {
    if (watched >= WATCHED) break
    asns.push(asn)
    watched += mine.size
  }
  return asns
}

/** Listens until `count` frames have come. */
export async function listen(url: string, count: number, asns: string): Promise<Measured> {
  const settings = { ...risLiveDefaults, url, mode: 'firehose', staleAfter: null } as const
  const run = new LiveRun(
    {
      asns: new Set(asns.split(',').map(Number)),
      feeds: [{ name: 'bench', settings }],
      ribs: null,
      baseline: 'learned-live',
      hearsAll: true,
      inputs: { version: 'bench', config: 'none', asRelationships: null, vrps: null },
      detect: detectDefaults,
      limits: tableLimits,
      mostIncidents: 1_000,
      journal: null,
      log: () => undefined,
      decided: () => undefined,
    },
    () => undefined,
  )
  await run.open()
  const client = () => run.feeds[0]?.client?.status()
  const until = performance.now() + 120_000
  while ((client()?.frames ?? 0) < count && performance.now() < until) await sleep(20)
  const { frames = 0, octets = 0 } = client() ?? {}
  await run.close()
  return { records: frames, elements: run.journey.table.elements, octets, ...used() }
}
