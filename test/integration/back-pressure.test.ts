// A feed that tells more than we can take. The daemon gets a tenth of its time and is sent several times what
// it can read: its memory is bounded all the same, the service loses patience and cuts it off, each time is
// counted and told as a gap, and no network is said to have lost anything.

import { readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, it } from 'vitest'
import { minutes } from '../../src/core/time.ts'
import { generateDay } from '../../src/scenario/day.ts'
import type { RisFrame } from '../../src/scenario/frames.ts'
import { startRisLiveServer } from '../../src/scenario/ris-live-server.ts'
import { cuesOfFiles } from '../landing/day-files.ts'
import { daemon, incidentsIn, last, until, workshop } from '../landing/program.ts'

const place = workshop()
const open: { close(): Promise<void> }[] = []
afterAll(async () => {
  for (const it of open.splice(0)) await it.close()
})

/** Octets. A daemon at rest with such a table holds a third of it. */
const BOUND = 400e6
/** Of each tenth of a second the daemon runs this many milliseconds. */
const RUNS = 10
/** Frames each time the loop comes round. */
const BURST = 1_000
/** The service is said to have lost patience so often before it is enough. */
const CUTS = 3

/** The most memory a process ever held, in octets. */
const peakOf = (pid: number): number =>
  Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1_024

it('a consumer slower than its feed says so, and stays small', async () => {
  const start = Math.floor(Date.now() / 1e3 - 60) * 1e6
  const brief = { outage: minutes(2), leak: minutes(2) }
  const day = generateDay({ start, hours: 1, rate: 0.1, trouble: [], ...brief })
  const ribs = [...day.rib].map(([collector, octets]) => {
    const path = place(`${collector}.rib.20211025.0000`)
    writeFileSync(path, octets)
    return path
  })
  const rows = (await cuesOfFiles(ribs)).map(({ frame }) => frame)
  const server = await startRisLiveServer({ bufferLimit: 8 << 20 })
  open.push(server)
  const config = place('flood.yaml')
  const feed = `{type: ris-live, mode: firehose, url: "${server.url}", canaries: []}`
  writeFileSync(config, `version: 1\nasns: [4766]\nfeeds: [${feed}]\n`)
  const one = await daemon(
    ...['watch', config, '--listen', '127.0.0.1:0', '--format', 'ndjson'],
    ...ribs.flatMap((path) => ['--rib', path]),
  )
  await until('it has subscribed', () => server.subscriptions() > 0)
  const calm = peakOf(one.pid)

  // Every fifth row is told again and again on a path that is prepended or not: news, but of no loss.
  const told = rows.filter((_, i) => i % 5 === 0)
  const speakers = new Map(
    rows.map(({ host, peer, peer_asn, id }) => [peer, { host, peer, peer_asn, id }]),
  )
  const prepended = (frame: RisFrame): RisFrame => {
    const first = frame.path?.[0]
    return first === undefined ? frame : { ...frame, path: [first, ...(frame.path ?? [])] }
  }
  const forms = [told, told.map(prepended)]
  let sent = 0
  let missed = 0
  const flood = () => {
    const timestamp = Date.now() / 1e3
    for (let i = 0; i < BURST; i++, sent++) {
      const form = forms[Math.floor(sent / told.length) % 2] as RisFrame[]
      const frame = form[sent % told.length] as RisFrame
      if (server.publish({ ...frame, timestamp }) === 0) missed++
    }
  }
  const cuts = () => one.err().split('too slow').length - 1
  const end = performance.now() + 25_000
  let stopped = false
  try {
    while (cuts() < CUTS && performance.now() < end) {
      stopped = true
      one.signal('SIGSTOP')
      for (const until = performance.now() + 100 - RUNS; performance.now() < until; ) {
        flood()
        await sleep(0)
      }
      one.signal('SIGCONT')
      stopped = false
      await sleep(RUNS)
    }
  } finally {
    if (stopped) one.signal('SIGCONT')
  }
  await until(
    'it is back',
    async () => (await one.metric('faultline_feed_up{feed="ris-live"}')) === 1,
  )
  const peak = peakOf(one.pid)
  const taken = await one.metric('faultline_feed_messages_total{feed="ris-live"}')
  console.log(
    `${sent} frames, ${missed} while it was away, ${taken} taken; ${cuts()} cuts; ` +
      `RSS at most ${(peak / 1e6).toFixed(0)} MB, at rest ${(calm / 1e6).toFixed(0)} MB`,
  )
  expect(cuts()).toBeGreaterThanOrEqual(CUTS)
  expect(taken).toBeLessThan(sent)
  expect(peak).toBeLessThan(BOUND)
  const dropped = 'faultline_feed_dropped_total{feed="ris-live",reason="too-slow"}'
  expect(await one.metric(dropped)).toBeGreaterThanOrEqual(CUTS)
  expect(await one.metric('faultline_feed_gaps_total{feed="ris-live"}')).toBeGreaterThanOrEqual(
    CUTS,
  )

  // It still knows an outage when there is one; until then there was none.
  const at = Date.now() / 1e3 + 2
  const own = new Set(
    rows
      .filter(({ path }) => path?.at(-1) === 4766)
      .flatMap(({ announcements = [] }) => announcements.flatMap(({ prefixes }) => prefixes)),
  )
  expect(own.size).toBeGreaterThan(10)
  for (const speaker of speakers.values())
    server.publish({
      ...{ ...speaker, timestamp: at, type: 'UPDATE', path: [], community: [] },
      ...{ announcements: [], withdrawals: [...own] },
    })
  for (let s = 1; s < 200; s += 5)
    for (const speaker of speakers.values())
      server.publish({ ...speaker, timestamp: at + s, type: 'KEEPALIVE' })
  await until('the outage is told', async () =>
    (await one.get('/api/v1/incidents')).body.includes('"outage.as"'),
  )
  const { status, out } = await one.stop()
  expect(status).toBe(0)
  const loss = last(incidentsIn(out)).filter(({ kind }) => !/^(blind|churn)/.test(kind))
  const early = loss.filter(({ startedAt }) => Date.parse(startedAt) / 1e3 < at - 1)
  expect(early.map(({ kind, key, startedAt }) => `${startedAt} ${kind} ${key}`)).toEqual([])
  expect(loss.map(({ kind }) => kind)).toContain('outage.as')
}, 180_000)
