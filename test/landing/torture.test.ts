// A service at its worst, through the whole of the daemon's corridor: it cuts, stalls, floods, sends
// garbage, half frames and wrong JSON, and tells things twice and in the wrong order, while nothing happens to
// the networks. Whatever becomes of our eyes is told of them, and of nobody else.

import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, it } from 'vitest'
import { archiveOf } from '../../src/command.ts'
import type { Incident } from '../../src/core/incident.ts'
import { hours, type Instant, milliseconds, minutes, seconds } from '../../src/core/time.ts'
import { detectDefaults } from '../../src/detect/detectors.ts'
import { collectorSightDefaults } from '../../src/feeds/collector-sight.ts'
import { type RisLiveSettings, risLiveDefaults } from '../../src/feeds/ris-live-settings.ts'
import { risLive } from '../../src/live-ris.ts'
import { LiveRun } from '../../src/live-run.ts'
import type { LiveSource, LiveStream, OpenSource } from '../../src/live-source.ts'
import { generateDay, updatesOf } from '../../src/scenario/day.ts'
import type { RisFrame } from '../../src/scenario/frames.ts'
import { play } from '../../src/scenario/player.ts'
import { type RisLiveServer, startRisLiveServer } from '../../src/scenario/ris-live-server.ts'
import { tableLimits } from '../../src/table/table.ts'
import { cuesOfFiles } from './day-files.ts'
import { last, until, workshop } from './program.ts'

const place = workshop()
const WATCHED = 4766
const SPEED = 60

const open: { close(): Promise<void> }[] = []
afterAll(async () => {
  for (const it of open.splice(0).reverse()) await it.close()
})

interface Told {
  readonly what: 'gap' | 'sight'
  readonly collector: string | undefined
  readonly why: string
  readonly at: number
}

/** The feed as it is, and what it says of its sight, with the time of it in milliseconds. */
function overheard(settings: RisLiveSettings): { open: OpenSource; told: Told[] } {
  const told: Told[] = []
  const say = (what: Told['what'], collector: string | undefined, why: string) =>
    told.push({ what, collector, why, at: performance.now() })
  const open: OpenSource = (stream): LiveSource => {
    const listening: LiveStream = Object.create(stream, {
      gap: {
        value: (why: string, collector?: string) => {
          say('gap', collector, why)
          stream.gap(why, collector)
        },
      },
      sight: {
        value: (collector?: string) => {
          say('sight', collector, '')
          stream.sight(collector)
        },
      },
      take: { value: stream.take.bind(stream) },
      own: { value: stream.own.bind(stream) },
      reached: { value: stream.reached.bind(stream) },
      log: { value: stream.log.bind(stream) },
    })
    return risLive(settings)(listening)
  }
  return { open, told }
}

/** Publishes one frame in seven twice, and one in five only after the next. */
function disorderly(server: RisLiveServer, mute: () => string | null): RisLiveServer {
  let count = 0
  let kept: RisFrame | null = null
  return {
    ...server,
    publish(frame) {
      if (mute() !== null && frame.host.startsWith(mute() as string)) return 0
      count++
      if (count % 5 === 0 && kept === null) {
        kept = frame
        return 0
      }
      const sent = server.publish(frame)
      if (count % 7 === 0) server.publish(frame)
      if (kept) server.publish(kept)
      kept = null
      return sent
    },
  }
}

const garbage = [
  '',
  'null',
  '[]',
  '{',
  '\u0000\u0001\u0002',
  '{"type":"ris_message","data":null}',
  '{"type":"ris_message","data":{"type":"UPDATE","timestamp":"now"}}',
  '{"type":"ris_message","data":{"timestamp":1e300,"peer":"x","peer_asn":"-1","host":"","type":"UPDATE"}}',
  '{"type":"ris_message","data":{"timestamp":1700000000,"peer":"192.0.2.1","peer_asn":"64500","host":"rrc00","type":"UPDATE","announcements":{"a":1},"withdrawals":"all"}}',
  '{"type":"ris_error","data":{"message":"something is wrong\\n\\u001b[31m"}}',
  '{"type":"ris_subscribe_ok","data":7}',
  `{"type":"ris_message","data":${'['.repeat(5_000)}`,
]

it('a service at its worst is told as blindness, never as an outage', async () => {
  const logs: string[] = []
  const incidents: Incident[] = []
  // The past hour or so, up to a few minutes ago: stamps of a feed that is live.
  const start: Instant = Math.floor(Date.now() / 1e3 - 4_300) * 1e6
  const brief = { outage: minutes(2), leak: minutes(2) }
  const day = generateDay({ start, hours: 1, rate: 1.2, trouble: [], ...brief })
  const write = (kind: string, files: ReadonlyMap<string, Uint8Array>) =>
    [...files].map(([collector, octets]) => {
      const path = place(`${collector}.${kind}.20211025.0000-0100`)
      writeFileSync(path, octets)
      return path
    })
  const cues = await cuesOfFiles(write('updates', updatesOf(day)))
  const server = await startRisLiveServer()
  open.push(server)
  const { open: feed, told } = overheard({
    ...risLiveDefaults,
    url: server.url,
    mode: 'firehose',
    pace: milliseconds(1),
    canaries: [],
    silentAfter: seconds(3),
    staleAfter: hours(24),
    collectors: { ...collectorSightDefaults, least: seconds(2), known: seconds(5) },
  })
  const routes = { hearsAll: true, historic: false, tells: () => true }
  const run = new LiveRun(
    {
      asns: new Set([WATCHED]),
      sources: [{ name: 'ris-live', routes, open: feed }],
      ribs: archiveOf(write('rib', day.rib), undefined),
      baseline: 'rib',
      inputs: { version: 'v', config: 'c', asRelationships: null, vrps: null },
      // At sixty times the pace of life a few seconds of a busy machine are a gap of minutes.
      detect: { ...detectDefaults, blind: { ...detectDefaults.blind, keep: hours(1) } },
      limits: tableLimits,
      mostIncidents: 100,
      journal: null,
      log: (_, text) => logs.push(text),
      decided: () => undefined,
    },
    (incident) => incidents.push(incident),
  )
  await run.open()
  open.push(run)
  const [stream] = run.streams
  if (!stream) throw new Error('no stream')
  const seen = (what: string) => until(what, () => run.sees())
  await seen('it is heard')

  let muted: string | null = null
  const player = play(
    disorderly(server, () => muted),
    cues,
    start,
    SPEED,
  )
  const lost = () => told.filter(({ what }) => what === 'gap').length
  const blinded = async (what: string, how: () => void) => {
    const before = lost()
    how()
    await until(`${what} is told`, () => lost() > before)
    await seen(`it sees again after ${what}`)
  }
  await sleep(7_000)
  await blinded('a cut', () => server.cut())
  for (const text of garbage) server.shout(text)
  await sleep(1_000)
  const frame = JSON.stringify({ type: 'ris_message', data: cues[0]?.frame })
  await blinded('half a frame', () => server.tear(frame.padEnd(1_000)))
  await sleep(1_000)
  // Twice as much as a second of the whole of RIS at its busiest.
  const keepalive = { ...(cues[0]?.frame as RisFrame), type: 'KEEPALIVE' }
  for (let i = 0; i < 20_000; i++)
    server.publish({ ...keepalive, timestamp: player.now / 1e6, id: String(i) })
  await sleep(1_000)
  const stalled = performance.now()
  await blinded('silence', () => {
    server.stall(true)
    setTimeout(() => server.stall(false), 5_000)
  })
  const silentFor = (told.find(({ why }) => why === 'silent')?.at ?? 0) - stalled
  await sleep(7_000)
  const [rrc] = (stream.vantages.collectors ?? []).filter((name) => name.startsWith('rrc'))
  await blinded('one collector’s silence', () => {
    muted = rrc ?? null
  })
  muted = null
  await until('it is back', () => told.some(({ what, collector }) => what === 'sight' && collector))
  await sleep(1_000)
  await blinded('another cut', () => server.cut())
  await player.done
  const malformed = stream.malformedCount
  await until('all has been decided', () => (run.now ?? 0) >= (cues.at(-1)?.at ?? 0) - seconds(10))

  const quiet = last(incidents).map(({ kind, key }) => `${kind} ${key}`)
  console.log(`told: ${told.map(({ what, collector = '', why }) => `${what} ${collector}${why}`)}`)
  expect(quiet.filter((text) => !text.startsWith('blind'))).toEqual([])
  const reasons = told.filter(({ what }) => what === 'gap').map(({ why }) => why)
  expect(reasons.filter((why) => why.startsWith('closed')).length).toBeGreaterThanOrEqual(3)
  expect(reasons).toContain('silent')
  expect(reasons).toContainEqual(expect.stringMatching(/^rrc\d\d has said nothing for \d+ s/))
  expect(stream.gaps).toBe(reasons.length)
  expect(malformed).toBeGreaterThanOrEqual(5)
  expect(silentFor).toBeLessThan(30_000)
  // After a cut the socket is back within 5 s; silence lasts as long as the server is silent.
  told.forEach(({ what, why, at }, i) => {
    if (what !== 'gap' || !why.startsWith('closed')) return
    const back = told.slice(i).find((next) => next.what === 'sight' && !next.collector)
    expect((back?.at ?? Number.POSITIVE_INFINITY) - at, why).toBeLessThan(5_000)
  })
  expect(logs.filter((text) => text.includes('complains')).length).toBeLessThanOrEqual(2)

  // And it has not gone deaf: what is lost now is told.
  const at = (cues.at(-1)?.at ?? 0) / 1e6 + 1
  const speakers = new Map(cues.map(({ frame }) => [`${frame.host} ${frame.peer}`, frame]))
  const prefixes = stream.own()
  expect(prefixes.length).toBeGreaterThan(10)
  const empty = { path: [], community: [], announcements: [] }
  for (const { host, peer, peer_asn, id } of speakers.values())
    server.publish({
      ...{ host, peer, peer_asn, id, timestamp: at, type: 'UPDATE' },
      ...empty,
      withdrawals: prefixes,
    })
  for (let s = 1; s <= minutes(10) / 1e6; s += 5)
    for (const { host, peer, peer_asn, id } of speakers.values())
      server.publish({ host, peer, peer_asn, id, timestamp: at + s, type: 'KEEPALIVE' })
  await until('an outage is told', () => incidents.some(({ kind }) => kind === 'outage.as'))
}, 240_000)
