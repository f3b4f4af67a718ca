import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Incident } from '../../src/core/incident.ts'
import type { Instant } from '../../src/core/time.ts'
import { type Cue, play } from '../../src/scenario/player.ts'
import { startRisLiveServer } from '../../src/scenario/ris-live-server.ts'
import { cuesOfFiles, type DayFiles, dayFiles, essence } from './day-files.ts'
import { absent, daemon, incidentsIn, last, real, replay, until, workshop } from './program.ts'

const place = workshop()
const open: { close(): Promise<void> }[] = []
let day: DayFiles
let cutDay: DayFiles
beforeAll(() => {
  day = dayFiles(place)
  cutDay = dayFiles(place, { cut: true })
})
afterAll(async () => {
  for (const it of open.splice(0)) await it.close()
})

/** Plays files to a daemon, which ends when it has heard it all; what it told. */
async function watched(paths: readonly string[], speed: number, ...args: string[]) {
  return watchedUntil(Number.POSITIVE_INFINITY, paths, speed, ...args)
}

async function watchedUntil(
  end: Instant,
  paths: readonly string[],
  speed: number,
  ...args: string[]
) {
  return watchedAndCut({ end, cutAt: end }, paths, speed, ...args)
}

/** The same, and at `cutAt` the service cuts the connection, and goes on when it is back. */
async function watchedAndCut(
  { end, cutAt }: { readonly end: Instant; readonly cutAt: Instant },
  paths: readonly string[],
  speed: number,
  ...args: string[]
) {
  const cues = (await cuesOfFiles(paths)).filter(({ at }) => at < end)
  const server = await startRisLiveServer()
  open.push(server)
  let heard = 0
  const counting = {
    ...server,
    publish: (frame: Cue['frame']) => {
      const sent = server.publish(frame)
      heard += sent
      return sent
    },
  }
  const journal = place(`journal-${performance.now()}`)
  const one = await daemon(
    ...['watch', '--ris-live', server.url, '--history', '--listen', '127.0.0.1:0'],
    ...['--format', 'ndjson', '--journal', journal, ...args],
  )
  await until('it has subscribed', () => one.err().includes('RIS Live: connected'))
  const metric = 'faultline_feed_messages_total{feed="ris-live"}'
  const hearsAll = () => until('it has heard all', async () => (await one.metric(metric)) === heard)
  const [before, after] = [
    cues.filter(({ at }) => at < cutAt),
    cues.filter(({ at }) => at >= cutAt),
  ]
  await play(counting, before, before[0]?.at as Instant, speed).done
  await hearsAll()
  if (after.length > 0) {
    server.cut()
    await until('the gap is told', () => one.err().includes('closed (1006)'))
    await until('it has subscribed again', () => one.err().split(': connected').length > 2)
    await play(counting, after, cutAt, speed).done
    await hearsAll()
  }
  const { status, out, err } = await one.stop()
  expect([status, err]).toEqual([0, expect.not.stringContaining('fault of Faultline')])
  return { out, incidents: incidentsIn(out), journal, frames: cues.length, heard }
}

/** A configuration that hears everything: what a subscription is not told, it cannot tell. */
function firehose(asn: number): string {
  const path = place(`firehose-${asn}.yaml`)
  const feeds = '[{type: ris-live, mode: firehose}]'
  writeFileSync(path, `version: 1\nasns: [${asn}]\nfeeds: ${feeds}\n`)
  return path
}

/** A record without the places where its facts were found: an octet of a file, a number of a frame. */
function sameFacts({ samples, inputs, ...incident }: Incident) {
  const { elements: _, ...rest } = samples
  return { ...incident, samples: rest, version: inputs.version }
}

it.concurrent('a generated day tells watch what it tells replay, every word of it, and so does its journal', async () => {
  const { updates, withRibs } = cutDay
  const vrps = place('vrps.csv')
  writeFileSync(vrps, '4766,0.0.0.0/0,32\n4766,::/0,128\n')
  const args = [...withRibs, '--vrps', `${vrps}@2021-10-25`]
  const live = await watched(updates, 10_000, firehose(4766), ...args)
  const played = await replay(...updates, '--asn', '4766', ...args)
  for (const { inputs } of [...live.incidents, ...played.incidents])
    expect(inputs.vrps).toMatch(/^vrps.csv 2021-10-25T00:00:00.000Z sha256:/)
  expect(live.heard).toBe(live.frames)
  const kinds = new Set(played.incidents.map(({ kind }) => kind))
  expect(kinds).toEqual(new Set(['outage.as', 'leak.path']))
  expect(live.incidents.map(sameFacts)).toEqual(played.incidents.map(sameFacts))
  expect((await replay(live.journal)).out).toBe(live.out)
})

it.concurrent('a gap in which nothing was missed changes no incident, and the journal knows of it', async () => {
  const { updates, withRibs, day } = cutDay
  const args = [firehose(4766), ...withRibs]
  // Three collectors, a session that is reset, an outage and a leak; the cut is in the midst of the outage.
  const outage = day.truth.find(({ kind }) => kind === 'outage')
  const cutAt = Math.round(((outage?.from ?? 0) + (outage?.until ?? 0)) / 2)
  const live = await watchedAndCut({ end: day.end, cutAt }, updates, 10_000, ...args)
  const played = await replay(...updates, '--asn', '4766', ...withRibs)
  expect(live.heard).toBe(live.frames)
  expect(new Set(live.incidents.map(({ kind }) => kind))).toEqual(
    new Set(['outage.as', 'leak.path']),
  )
  // What was heard before the cut counts half until it is heard again: the end is judged by fewer.
  const endless = (incident: Incident) => ({
    ...essence(incident),
    endedAt: incident.endedAt !== null,
  })
  const ends = (list: readonly Incident[]) =>
    last(list).map(({ endedAt }) => Date.parse(`${endedAt}`))
  expect(last(live.incidents).map(endless)).toEqual(last(played.incidents).map(endless))
  const theirs = ends(played.incidents)
  for (const [i, end] of ends(live.incidents).entries())
    if (end) expect(Math.abs(end - (theirs[i] as number))).toBeLessThan(30_000)
  expect((await replay(live.journal)).out).toBe(live.out)
})

it.concurrent('subscriptions tell the same of what is watched, and of a leak what goes through it', async () => {
  const { updates, withRibs } = day
  const args = ['--asn', '4766', ...withRibs]
  const live = await watched(updates, 10_000, ...args)
  const played = await replay(...updates, ...args)
  console.log(`${live.heard} of ${live.frames} frames concern AS4766`)
  expect(live.heard).toBeLessThan(0.8 * live.frames)
  const outages = (of: readonly Incident[]) => last(of).filter(({ kind }) => kind === 'outage.as')
  expect(outages(played.incidents).length).toBe(2)
  expect(outages(live.incidents).map(essence)).toEqual(outages(played.incidents).map(essence))
  const leak = (of: readonly Incident[]) => last(of).filter(({ kind }) => kind === 'leak.path')
  const [[mine, ...more], [whole]] = [leak(live.incidents), leak(played.incidents)]
  if (!mine || !whole) throw new Error('one of the two tells no leak')
  expect(more).toEqual([])
  expect([mine.key, mine.state]).toEqual([whole.key, 'resolved'])
  const apart = Math.abs(Date.parse(mine.startedAt) - Date.parse(whole.startedAt))
  expect(apart).toBeLessThan(30_000)
  expect((await replay(live.journal)).out).toBe(live.out)
})

it.concurrent('what is on its way when it is told to end, is heard and judged', async () => {
  const { updates, withRibs } = cutDay
  const args = ['--asn', '4766', ...withRibs]
  const [first] = (await replay(...updates, ...args)).incidents
  // The clock would wait longer for latecomers.
  const end = Date.parse(first?.detectedAt ?? '') + 1_000
  const live = await watchedUntil(end * 1_000, updates, 10_000, ...args)
  const played = await replay(...updates, ...args, '--until', new Date(end).toISOString())
  expect(played.incidents[0]).toEqual(first)
  expect(live.incidents.map(essence)).toEqual(played.incidents.map(essence))
  expect((await replay(live.journal)).out).toBe(live.out)
})

const google = {
  updates: 'incidents/google-leak.rrc06.updates.20170825.0300-0400.mrt.gz',
  rib: 'incidents/google-leak.rrc06.partial-rib.20170825.0300.mrt.gz',
}
const why = 'the Google leak through RIS Live'

it.skipIf(absent(why, google.updates, google.rib))(
  'the Google leak tells both the same',
  { concurrent: true },
  async () => {
    const config = firehose(15169)
    const args = ['--rib', real(google.rib)]
    const live = await watched([real(google.updates)], 2_000, config, ...args)
    const played = await replay(real(google.updates), '--config', config, ...args)
    expect(played.incidents.map(({ kind }) => kind)).toContain('leak.path')
    expect(live.incidents.map(sameFacts)).toEqual(played.incidents.map(sameFacts))
    expect((await replay(live.journal)).out).toBe(live.out)
  },
)
