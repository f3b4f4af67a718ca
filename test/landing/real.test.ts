// What is known to have happened, out of real archives, through the built program. The truth is that
// of data/README.md, beside the files.

import { readdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import { chooseTables } from '../../src/archive-choice.ts'
import { archiveOf } from '../../src/command.ts'
import type { Incident } from '../../src/core/incident.ts'
import { ReplayRun } from '../../src/replay-run.ts'
import { absent, faultline, last, real, replay, workshop } from './program.ts'

const place = workshop()
const outages = 'incidents/route-views2.updates.20241029.0000.bz2'
const google = 'incidents/google-leak.rrc06.updates.20170825.0300-0400.mrt.gz'
const googleRib = 'incidents/google-leak.rrc06.partial-rib.20170825.0300.mrt.gz'

/** Plays it twice, the second time with a journal, and the journal: the same to the octet. */
async function thrice(...args: string[]): Promise<Incident[]> {
  const journal = place(`journal-${args.length}-${performance.now()}`)
  const [once, twice] = await Promise.all([replay(...args), replay(...args, '--journal', journal)])
  expect(twice.out === once.out).toBe(true)
  expect((await replay(journal)).out === once.out).toBe(true)
  return once.incidents
}

const clock = (at: string | null): number => Date.parse(at ?? '')
const seconds = (from: string, to: string): number => (clock(to) - clock(from)) / 1e3
const isSure = ({ confidence }: Incident) => confidence.level !== 'low'

it.skipIf(absent('two outages and two mass withdrawals of 2024-10-29', outages))(
  'two outages and two mass withdrawals of 2024-10-29',
  async () => {
    const truth = [
      { asn: 39891, kind: 'outage.as', prefixes: [33, 33], from: '00:07:04', half: '00:08:04' },
      { asn: 28370, kind: 'outage.as', prefixes: [12, 12], from: '00:09:51', half: '00:10:20' },
      {
        asn: 43940,
        kind: 'withdrawal.mass',
        prefixes: [18, 24],
        from: '00:00:42',
        half: '00:01:22',
      },
      {
        asn: 263080,
        kind: 'withdrawal.mass',
        prefixes: [24, 26],
        from: '00:06:17',
        half: '00:07:01',
      },
    ]
    const watch = truth.flatMap(({ asn }) => ['--asn', String(asn)])
    const told = await thrice(real(outages), ...watch)
    for (const { asn, kind, prefixes, from, half } of truth) {
      const of = told.filter((incident) => incident.asn === asn)
      // AS28370 was down when the file begins, too, and came back in between.
      const found = last(of).filter((one) => one.kind === kind && one.state !== 'suppressed')
      expect([asn, found.length]).toEqual([asn, 1])
      const [one] = found as [Incident]
      expect(one).toMatchObject({ state: 'open', endedAt: null, baseline: 'learned-from-input' })
      expect([one.counts.prefixes, one.counts.ofPrefixes]).toEqual(prefixes)
      const off = seconds(`2024-10-29T${from}Z`, one.startedAt)
      const late = seconds(`2024-10-29T${half}Z`, one.detectedAt)
      console.log(`AS${asn} ${kind}: start ${off} s from the truth, told ${late} s after the half`)
      expect(Math.abs(off)).toBeLessThanOrEqual(60)
      expect(late).toBeLessThanOrEqual(90)
      expect(isSure(one)).toBe(true)
      for (const other of of.filter(({ id }) => id !== one.id)) {
        console.log(`AS${asn} also: ${other.kind} ${other.confidence.level} ${other.state}`)
        expect([other.kind, isSure(other)]).toEqual([other.kind, false])
      }
      if (kind === 'outage.as') continue
      for (const { severity, counts, id } of of) {
        if (id !== one.id) continue
        expect(['minor', 'info']).toContain(severity)
        expect(counts.covered).toBe(counts.prefixes)
      }
    }
  },
)

it.skipIf(absent('the Google leak of 2017-08-25', google, googleRib))(
  'the Google leak of 2017-08-25, its clean-up no outage',
  async () => {
    const told = await thrice(real(google), '--rib', real(googleRib))
    const all = last(told)
    const leaks = all.filter(({ kind }) => kind === 'leak.path')
    expect(leaks.map(({ culprit }) => culprit)).toEqual([15169])
    const [leak] = leaks as [Incident]
    expect(leak.state).toBe('resolved')
    expect(leak.segments.map(({ by, to }) => [by, to])).toContainEqual([15169, 701])
    expect(Math.abs(seconds('2017-08-25T03:22:57Z', leak.startedAt))).toBeLessThanOrEqual(60)
    expect(Math.abs(seconds('2017-08-25T03:35:00Z', leak.endedAt ?? ''))).toBeLessThanOrEqual(120)
    expect(leak.counts.prefixes).toBeGreaterThanOrEqual(100_000)
    // 114,541 leaked routes of two peers at its peak.
    expect(leak.counts.prefixes).toBeLessThanOrEqual(114_541)
    expect(isSure(leak)).toBe(true)
    const lost = all.filter(({ kind }) => kind !== 'leak.path')
    const during = lost.filter(({ startedAt }) => {
      return startedAt >= '2017-08-25T03:31' && startedAt < '2017-08-25T03:35'
    })
    console.log(
      `peak ${leak.counts.prefixes}, ${leak.startedAt} to ${leak.endedAt}; besides it ` +
        `${lost.length} of low confidence, ${during.length} of them begin while it is cleaned up`,
    )
    expect(told.filter((one) => one.kind !== 'leak.path' && isSure(one))).toEqual([])
    // 4,749 origins lost what was leaked of them.
    expect(during.length).toBeLessThan(50)
  },
)

const quiet = [
  [
    'quiet/quiet-control.rrc06.updates.20230920.0400-0700.mrt.gz',
    'quiet/quiet-control.rrc06.partial-rib.20230920.0400.mrt.gz',
  ],
  ['quiet/rrc00.updates.20190101.0000.gz'],
  ['quiet/table-transfer.et-header.2015.gz'],
] as const

for (const [updates, rib] of quiet)
  it.skipIf(absent('an ordinary time', ...[updates, rib ?? updates]))(
    `an ordinary time: ${updates}`,
    async () => {
      const told = await thrice(real(updates), ...(rib ? ['--rib', real(rib)] : []))
      console.log(`${updates}: ${last(told).length} incidents, all of low confidence`)
      expect(told.filter(isSure)).toEqual([])
    },
  )

/** Records that cannot be read, by file; test/wire/mrt-real.test.ts says why. */
const damaged: Record<string, number> = {
  'rrc00.updates.20000325.0345.damaged.gz': 2,
  bird_bgp: 33,
  // The only record of its file.
  'updates.nlri_mask_trailing_bits.gz': 1,
}

it.skipIf(absent('oddities', 'oddities'))('oddities are read as far as they can be', async () => {
  const files = readdirSync(real('oddities'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => ({ name, path: `${parentPath}/${name}` }))
  expect(files.length).toBeGreaterThan(20)
  for (const { name, path } of files) {
    const { ribs, updates } = chooseTables(archiveOf([path]), null)
    const inputs = { version: 'test', config: '', asRelationships: null, vrps: null }
    const told: Incident[] = []
    const run = new ReplayRun({ updates, ribs, asns: null, inputs }, (one) => told.push(one))
    await run.read()
    const report = run.input.reports.get(path)
    const bad = damaged[name] ?? 0
    expect([name, report?.mrt.malformed, report?.error]).toEqual([name, bad, null])
    for (const one of told) expect(one.startedAt <= one.detectedAt).toBe(true)
  }
  // Those that are damaged, and all at once, as the folder they are.
  const [folder, ...alone] = await Promise.all(
    [real('oddities'), ...Object.keys(damaged).map((name) => pathOf(files, name))].map((path) =>
      faultline('replay', path, '--format', 'csv'),
    ),
  )
  Object.entries(damaged).forEach(([name, count], i) => {
    const said = new RegExp(`${name}: ${count} of \\d+ records could not be read`)
    for (const one of [folder, alone[i]]) expect(one?.err).toMatch(said)
  })
  expect([folder, ...alone].map((one) => one?.status)).toEqual([0, 0, 0, 2])
})

function pathOf(files: readonly { name: string; path: string }[], name: string): string {
  return files.find((file) => file.name === name)?.path ?? `no ${name}`
}

const cut = 'rib/route-views2.rib.20140523.0600.first-1MB-truncated.bz2'
const jinx = 'rib/routeviews.route-views.jinx.ribs.1401487200.bz2'
const jinxUpdates = 'rib/routeviews.route-views.jinx.updates.1401493500.bz2'

it.skipIf(absent('a table that is cut', cut))(
  'a table that is cut delivers its routes',
  async () => {
    const { status, err } = await faultline('replay', real(cut))
    expect(status).toBe(0)
    expect(err).toMatch(
      /truncated\.bz2: it ends in the middle of a record; what came before was used/,
    )
    const routes = Number(/only starting tables: (\d+) routes/.exec(err)?.[1])
    expect(routes).toBe(270_005)
  },
)

it.skipIf(absent('a full table and its updates', jinx, jinxUpdates))(
  'a full table is loaded, and a quiet quarter of an hour follows it',
  async () => {
    const { incidents } = await replay(real(jinx), real(jinxUpdates))
    expect(incidents.filter(isSure)).toEqual([])
  },
)
