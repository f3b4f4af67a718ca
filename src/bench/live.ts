// RIS Live over a real socket: one process writes frames made of real updates at a given pace, another
// one listens as `watch` does. Only the listener counts, and all of it.

import { spawn } from 'node:child_process'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Batch } from '../core/batch.ts'
import { VantagePoints } from '../core/vantage.ts'
import { detectDefaults } from '../detect/detectors.ts'
import { readChunks } from '../feeds/archive.ts'
import { risLiveDefaults } from '../feeds/ris-live-settings.ts'
import { risLive } from '../live-ris.ts'
import { LiveRun } from '../live-run.ts'
import { type RisFrame, toFrames } from '../scenario/frames.ts'
import { tableLimits } from '../table/table.ts'
import { MrtReader } from '../wire/mrt.ts'
import { openFrameServer, type Played, play, Tape } from './frames.ts'
import { type Measured, used } from './measured.ts'

const SELF = fileURLToPath(new URL('../bench.js', import.meta.url))
/** What is sent, again and again until it is enough. */
const FRAMES = 50_000
const WATCHED = 1_000
/** Nothing has come for so long, in seconds: nothing will. */
const OVER = 5

interface Offer {
  readonly url: string
  readonly asns: readonly number[]
}

/** Writes frames to the first client; says in lines of JSON where, and in the end how it went. */
export async function serve(path: string, rate: number, count: number, pace: number) {
  const frames = await framesOf(path)
  const tape = new Tape(frames)
  const server = await openFrameServer()
  tell({ url: server.url, asns: asnsOf(frames) } satisfies Offer)
  const socket = await server.client
  await sleep(300)
  tell(await play(socket, tape, rate, count, pace))
  while (!socket.destroyed) await sleep(20)
  server.close()
}

const tell = (what: object): boolean => process.stdout.write(`${JSON.stringify(what)}\n`)

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

/** Listens until `count` frames have come; with `close` also to how long decisions and pauses take. */
export async function listen(
  url: string,
  count: number,
  asns: string,
  close: boolean,
): Promise<Measured> {
  // The default is not to believe stamps of the past, as `watch` does not.
  const settings = { ...risLiveDefaults, url, mode: 'firehose' } as const
  const run = new LiveRun(
    {
      asns: new Set(asns.split(',').map(Number)),
      sources: [
        {
          name: 'bench',
          routes: { hearsAll: true, historic: false, tells: () => true },
          open: risLive(settings),
        },
      ],
      ribs: null,
      baseline: 'learned-live',
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
  const watch = close ? lookClosely(run) : null
  await run.open()
  const [stream] = run.streams
  let came = 0
  let last = performance.now()
  while (came < count && performance.now() - last < OVER * 1e3) {
    await sleep(20)
    const { messages = 0 } = stream?.status() ?? {}
    if (messages > came) last = performance.now()
    came = messages
  }
  const seen = watch?.() ?? {}
  const octets = stream?.status().octets ?? 0
  await run.close()
  const { order, journey } = run
  const dropped = stream?.drops().reduce((sum, { count: n }) => sum + n, 0) ?? 0
  const malformed = stream?.malformedCount ?? 0
  const lost = count - came + malformed + dropped + order.refused + order.before
  const { late, forced } = order
  const { elements } = journey.table
  return { records: came, elements, octets, lost, late, forced, ...seen, ...used() }
}

/** Microseconds that are told apart. */
const MOST_DELAY = 10_000_000

/**
 * For each message the time from the beginning of the release that let it go to the moment in which
 * table and detectors were done with it; and the longest time in which the loop did not turn.
 */
function lookClosely({ order, journey }: LiveRun): () => Partial<Measured> {
  const counts = new Uint32Array(MOST_DELAY + 1)
  let messages = 0
  let released = 0
  const release = order.release.bind(order)
  order.release = () => {
    released = performance.now()
    release()
  }
  const advance = order.advance.bind(order)
  order.advance = (at) => {
    released = performance.now()
    advance(at)
  }
  const message = journey.message.bind(journey)
  journey.message = (batch, m) => {
    message(batch, m)
    const delay = Math.min(MOST_DELAY, ((performance.now() - released) * 1e3) | 0)
    counts[delay] = (counts[delay] as number) + 1
    messages++
  }
  const resolution = 1
  const loop = monitorEventLoopDelay({ resolution })
  loop.enable()
  return () => {
    loop.disable()
    let [rank, past] = [0, 0]
    while (rank < MOST_DELAY && past + (counts[rank] as number) < messages * 0.99)
      past += counts[rank++] as number
    return {
      pause: loop.max / 1e6 - resolution,
      decided99: messages > 0 ? rank / 1e3 : Number.NaN,
      decidedMost: counts.findLastIndex((n) => n > 0) / 1e3,
    }
  }
}

/** One run of both: the server here, the listener by `hear`. */
export async function overLoopback<T>(
  path: string,
  rate: number,
  count: number,
  pace: number,
  hear: (url: string, asns: string) => Promise<T>,
): Promise<{ readonly listener: T; readonly played: Played }> {
  const args = [path, rate, count, pace].map(String)
  const server = spawn(process.execPath, [SELF, '--child', 'serve', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const lines = linesOf(server.stdout)
    const { url, asns } = JSON.parse((await lines.next()).value ?? '') as Offer
    const listener = await hear(url, asns.join())
    const played = JSON.parse((await lines.next()).value ?? '') as Played
    return { listener, played }
  } finally {
    server.kill()
  }
}

async function* linesOf(input: AsyncIterable<Buffer>): AsyncGenerator<string, undefined> {
  let text = ''
  for await (const chunk of input) {
    text += chunk
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      yield text.slice(0, end)
      text = text.slice(end + 1)
    }
  }
  return undefined
}
