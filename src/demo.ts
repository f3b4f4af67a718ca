// `faultline demo`: the daemon on a day of its own. A server inside the program speaks RIS Live and
// plays a generated day; the real client hears it over a real socket; from there on it is `watch`.

import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import { InvalidArgumentError } from 'commander'
import { command, Exit, InputError } from './command.ts'
import { feedsOf } from './config/feeds.ts'
import { defaultConfig, settle } from './config/settle.ts'
import { Batch } from './core/batch.ts'
import { iso, seconds, words } from './core/time.ts'
import { VantagePoints } from './core/vantage.ts'
import { type Daemon, startDaemon } from './daemon.ts'
import { daySamples, playSamples } from './day-samples.ts'
import type { LiveRun } from './live-run.ts'
import { type FormatName, formatNames } from './report/format.ts'
import { type Day, generateDay, updatesOf } from './scenario/day.ts'
import { type Cue, cuesOf, play } from './scenario/player.ts'
import { startRisLiveServer } from './scenario/ris-live-server.ts'
import { loopback } from './watch.ts'
import { MrtReader } from './wire/mrt.ts'

interface DemoFlags {
  readonly speed: number
  readonly once?: boolean
  readonly listen?: string
  readonly format: string
}

/** KT's. */
const WATCHED = 4766
/** A day in a minute and a half. */
const SPEED = 960
/** For the last revisions to be told after the last message, in event time. */
const AFTERGLOW = 600
/**
 * Samples are posted ahead of their time by so much of ours, in seconds, and wait for it in the daemon:
 * on the way they would else lose minutes of a day that is played fast.
 */
const AHEAD = 0.5

export function demoCommand(): Command {
  return command('demo')
    .summary('play a generated day through the real pipeline; needs no network (default)')
    .description(
      `Plays a generated day of AS${WATCHED} through a RIS-Live-compatible server inside the program, the ` +
        'real WebSocket client and the real pipeline: calm, a mass withdrawal, a session reset that is ' +
        'none, a leak, recovery. Page and metrics are live. It loops until told to stop.',
    )
    .option('--speed <factor>', 'times faster than life', speedOption, SPEED)
    .option('--once', 'end when the day is over')
    .option('--listen <address:port>', 'where page, metrics and API are served (loopback only)')
    .option('--format <name>', `one of ${formatNames.join(', ')}`, 'text')
    .action(async (flags: DemoFlags) => {
      process.exitCode = await demo(flags)
    })
}

function speedOption(text: string): number {
  const speed = Number(text)
  if (!(speed >= 1 && speed <= 100_000))
    throw new InvalidArgumentError('Give a number from 1 to 100000.')
  return speed
}

async function demo(flags: DemoFlags): Promise<number> {
  if (!formatNames.includes(flags.format as FormatName))
    throw new InputError(`--format ${flags.format}: choose one of ${formatNames.join(', ')}`)
  const listen = flags.listen === undefined ? null : loopback(flags.listen)
  let made: Day | undefined
  // It takes seconds: not before we know that we may listen.
  const dayOf = () => {
    made ??= generateDay({ watched: WATCHED })
    return made
  }
  const server = await startRisLiveServer()
  const { config } = defaultConfig({ asns: [WATCHED] })
  const settled = settle({
    ...config,
    ...(listen ? { listen } : {}),
    feeds: feedsOf(config, 'ris-live').map((feed) => ({
      ...feed,
      url: server.url,
      history: true,
    })),
  })
  try {
    const daemon = await startDaemon({
      // Its tables come with the day: the advice to give some is for others.
      settled: { ...settled, warnings: [] },
      format: flags.format as FormatName,
      ribs: null,
      load: (run) => loadTables(run, dayOf()),
    })
    const day = dayOf()
    process.stderr.write(`${introduction(day, daemon, flags.speed)}\n`)
    await perform(day, cuesOfDay(day), server, daemon, flags)
    await daemon.close()
  } finally {
    await server.close()
  }
  return Exit.done
}

/** Plays the day, and again, until it is enough. */
async function perform(
  day: Day,
  cues: readonly Cue[],
  server: Awaited<ReturnType<typeof startRisLiveServer>>,
  daemon: Daemon,
  { speed, once }: DemoFlags,
): Promise<void> {
  let over = false
  const ended = daemon.ended.then(() => {
    over = true
  })
  const arrivals = daySamples()
  for (let round = 0; !over; round++) {
    while (!over && !daemon.run.sees()) await sleep(50)
    const shift = round * (day.end - day.start)
    const ahead = seconds(AHEAD * speed)
    const isHeld = () => telling.until < playing.now + ahead / 2
    const playing = play(server, cues, day.start, speed, shift, isHeld)
    const telling = playSamples(arrivals, () => playing.now + ahead, poster(daemon.url), shift)
    await Promise.race([playing.done, ended])
    playing.stop()
    telling.stop()
    await Promise.race([sleep(Math.min(5_000, (AFTERGLOW / speed) * 1e3 + 1_000)), ended])
    if (once) return
    if (!over) daemon.log.info('the day is over; it begins again')
  }
}

/** As any operator's exporter would do it: through the daemon's own door. */
const poster =
  (url: string) =>
  async (body: string): Promise<void> => {
    const headers = { 'content-type': 'application/x-ndjson' }
    const answer = await fetch(`${url}/api/v1/samples`, { method: 'POST', headers, body })
    await answer.arrayBuffer()
  }

function introduction({ start, end, internet }: Day, { url }: Daemon, speed: number): string {
  const lasts = words(((end - start) / speed) | 0)
  return (
    `An invented Internet of ${internet.asns.length} networks, seen by ${internet.sessions.length} sessions, lives through\n` +
    `${iso(start).slice(0, 10)} in ${lasts}. AS${WATCHED} is watched. Page: ${url}/  Metrics: ${url}/metrics\n` +
    'What follows is what the daemon finds out. Ctrl-C ends it.'
  )
}

function loadTables(run: LiveRun, { rib }: Day): void {
  const batch = new Batch()
  for (const [collector, octets] of rib) {
    const reader = new MrtReader(run.vantages, collector, 0)
    reader.push(octets)
    for (let more = true; more; ) {
      more = reader.read(batch, true)
      run.journey.table.load(batch)
      batch.clear()
    }
  }
}

function cuesOfDay(day: Day): Cue[] {
  const vantages = new VantagePoints()
  const cues: Cue[] = []
  for (const [collector, octets] of updatesOf(day)) {
    const reader = new MrtReader(vantages, collector, 0)
    reader.push(octets)
    const batch = new Batch()
    for (let more = true; more; ) {
      more = reader.read(batch, true)
      cues.push(...cuesOf(batch, vantages))
      batch.clear()
    }
  }
  return cues.sort((a, b) => a.at - b.at)
}
