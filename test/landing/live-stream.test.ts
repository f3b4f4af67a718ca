// RIS Live over a restart: nobody keeps for us what was said meanwhile but the archive, and when its files
// have been read the table is that of one that never stopped.

import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { SeedPeer } from '../../src/core/seed.ts'
import { hours, minutes, type Span, seconds } from '../../src/core/time.ts'
import { PeerState } from '../../src/core/view.ts'
import { detectDefaults } from '../../src/detect/detectors.ts'
import { type Archive, listArchive } from '../../src/feeds/archive.ts'
import { ArchiveSite } from '../../src/feeds/archive-http.ts'
import { archiveDefaults } from '../../src/feeds/archive-settings.ts'
import { risLiveDefaults } from '../../src/feeds/ris-live-settings.ts'
import { risLive } from '../../src/live-ris.ts'
import { LiveRun } from '../../src/live-run.ts'
import { Resync } from '../../src/resync.ts'
import { type MrtBuilder, mrt } from '../../src/scenario/mrt.ts'
import { type RisLiveServer, startRisLiveServer } from '../../src/scenario/ris-live-server.ts'
import { tableLimits } from '../../src/table/table.ts'
import { type ArchiveServer, archiveServer } from '../feeds/archive-server.ts'
import { until } from './loopback.ts'

const PEERS = [101, 102, 103, 104].map((asn, i) => ({ address: `192.0.2.${i + 1}`, asn }))
const PREFIXES = ['10.0.0.0/24', '10.0.1.0/24', '10.0.2.0/24', '10.0.3.0/24', '10.9.0.0/24']
const SLOT = minutes(5)

/** Path of an announcement; null = withdrawn. */
type Said = readonly [ago: Span, peer: number, prefix: number, path: string | null]

let folder: string
let service: RisLiveServer
let archive: ArchiveServer
let site: ArchiveSite
let rib: string
const runs: LiveRun[] = []
const logged: string[] = []
const log = (_: string, text: string) => logged.push(text)
/** The present of the test: so long ago that the files of archives would be there. */
let now = 0

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'faultline-missed-'))
  logged.length = 0
  now = Date.now() * 1e3 - minutes(15)
  service = await startRisLiveServer()
  archive = await archiveServer(new Map())
  const places = { ris: archive.url, routeviews: archive.url }
  site = new ArchiveSite(
    { ...archiveDefaults, ...places, folder: join(folder, 'kept'), program: 'test/1', attempts: 1 },
    { log, isWhole: async () => true },
  )
  const table = mrt()
    .at(now - hours(1))
    .peers(PEERS)
  for (const prefix of PREFIXES.slice(0, 4))
    table.rib(
      prefix,
      PEERS.map(({ asn }, peer) => ({ peer, path: `${asn} 900` })),
    )
  rib = join(folder, 'rrc00.bview.20241029.0000')
  writeFileSync(rib, table.bytes())
})

afterEach(async () => {
  for (const run of runs.splice(0)) await run.close()
  site.close()
  await service.close()
  await archive.close()
  rmSync(folder, { recursive: true, force: true })
})

function listed(path: string): Archive {
  const found = listArchive([path])
  if (!('collectors' in found)) throw new Error(JSON.stringify(found))
  return found
}

async function start(name: string): Promise<LiveRun> {
  const run = new LiveRun(
    {
      asns: new Set([900]),
      sources: [
        {
          name: 'ris-live',
          routes: { hearsAll: true, historic: false, tells: () => true },
          open: risLive({ ...risLiveDefaults, url: service.url, mode: 'firehose', canaries: [] }),
        },
      ],
      ribs: listed(rib),
      baseline: 'rib',
      inputs: { version: 'v', config: 'c', asRelationships: null, vrps: null },
      detect: detectDefaults,
      limits: tableLimits,
      mostIncidents: 10,
      journal: null,
      state: { folder: join(folder, name), every: hours(1), mostAge: hours(8) },
      log,
      decided: () => undefined,
    },
    () => undefined,
  )
  runs.push(run)
  const before = service.clients()
  await run.open()
  await until('it listens', () => service.clients() > before && run.sees())
  return run
}

async function end(run: LiveRun): Promise<void> {
  runs.splice(runs.indexOf(run), 1)
  const before = service.clients()
  await run.close()
  await until('it has gone', () => service.clients() < before)
}

/** Says it to all who listen, and waits until they have heard it. */
async function say(said: readonly Said[]): Promise<void> {
  const before = runs.map(({ streams }) => streams[0]?.status().messages ?? 0)
  for (const [ago, peer, prefix, path] of said) {
    const { address, asn } = PEERS[peer] as (typeof PEERS)[0]
    const data = {
      timestamp: (now - ago) / 1e6,
      ...{ peer: address, peer_asn: String(asn), id: '1', host: 'rrc00', type: 'UPDATE' },
      ...(path === null
        ? { withdrawals: [PREFIXES[prefix]] }
        : {
            path: path.split(' ').map(Number),
            announcements: [{ next_hop: address, prefixes: [PREFIXES[prefix]] }],
          }),
    }
    service.shout(JSON.stringify({ type: 'ris_message', data }))
  }
  await until('all was heard', () =>
    runs.every(
      ({ streams }, i) =>
        (streams[0]?.status().messages ?? 0) >= (before[i] as number) + said.length,
    ),
  )
}

/** All that was said, in the files that it would be in. */
function publish(said: readonly Said[]): void {
  const first = Math.floor((now - minutes(60)) / SLOT) * SLOT
  for (let slot = first; slot <= now + 2 * SLOT; slot += SLOT) {
    const [day, time] = new Date(slot / 1e3).toISOString().split('T') as [string, string]
    const [year, month, date] = day.split('-')
    const out: MrtBuilder = mrt().at(slot).peer('192.0.2.250', 999).keepalive()
    const here = said.filter(([ago]) => now - ago >= slot && now - ago < slot + SLOT)
    for (const [ago, peer, prefix, path] of here.toSorted((a, b) => b[0] - a[0])) {
      const { address, asn } = PEERS[peer] as (typeof PEERS)[0]
      const to = out.at(now - ago).peer(address, asn)
      if (path === null) to.withdraw(PREFIXES[prefix] as string)
      else to.announce(PREFIXES[prefix] as string, path)
    }
    const name = `updates.${year}${month}${date}.${time.slice(0, 5).replace(':', '')}.gz`
    archive.files.set(`rrc00/${year}.${month}/${name}`, gzipSync(out.bytes()))
  }
}

/** As if the run that wrote it had ended so long ago, by the clock on the wall. */
function age(name: string, span: Span): void {
  const path = join(folder, name, 'table.ndjson')
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  const head = JSON.parse(lines[0] as string)
  head.state.wall -= span
  const text = `${[JSON.stringify(head), ...lines.slice(1, -1)].join('\n')}\n`
  const digest = createHash('sha256').update(text).digest('hex')
  writeFileSync(path, `${text}{"end":true,"sha256":"${digest}"}\n`)
}

function routes({ journey: { table }, vantages }: LiveRun): string[] {
  const out: string[] = []
  for (let p = 0; p < table.prefixes; p++)
    for (const { id } of table.peers.list) {
      const path = table.pathAt(id, p)
      if (path !== 0)
        out.push(`${vantages.get(id).asn} ${table.prefixText(p)} ${table.pathText(path)}`)
    }
  return out.sort()
}

const states = ({ journey: { table } }: LiveRun): SeedPeer['notes'][string][] =>
  table.peers.list.map(({ state }) => state)

const s = seconds
function story(gone: Span): { before: Said[]; missed: Said[]; since: Said[] } {
  const end_ = gone + s(20)
  return {
    before: [
      [end_ + s(5), 0, 1, '101 701 900'],
      [end_, 1, 1, '102 701 900'],
    ],
    missed: [
      ...PEERS.flatMap(({ asn }, peer): Said[] => [
        [gone / 2 + s(30), peer, 0, null],
        [gone / 2 + s(20), peer, 2, `${asn} 777 900`],
        [gone / 2 + s(10), peer, 4, `${asn} 909 900`],
      ]),
      [gone / 2, 3, 4, null],
    ],
    since: [
      [s(3), 0, 0, '101 555 900'],
      [s(2), 1, 4, null],
      [s(1), 2, 2, null],
    ],
  }
}

test.each([
  ['three minutes', minutes(3), PeerState.active],
  ['twelve minutes, too long to believe what was there', minutes(12), PeerState.unknown],
])(
  'a restart of %s',
  async (_, gone, meanwhile) => {
    const { before, missed, since } = story(gone)
    const whole = await start('whole')
    const first = await start('cut')
    await say(before)
    await end(first)
    age('cut', gone)
    await say(missed)
    const second = await start('cut')
    expect(second.resumed).toBe(true)
    await say(since)
    const { table } = second.journey
    await until('the hole is told', () => table.peers.list.some(({ holeSince }) => holeSince > 0))
    await until('they are where they should be', () =>
      states(second).every((is) => is === meanwhile),
    )
    // Since when nobody listened, and no longer.
    for (const { holeSince, holeUntil } of table.peers.list) {
      expect(Math.abs(holeSince - (now - gone - s(20)))).toBeLessThanOrEqual(s(60))
      expect(holeUntil - holeSince).toBeGreaterThanOrEqual(gone - s(60))
    }
    const quick = { look: seconds(0.02), lookMost: seconds(0.1) }
    const resync = new Resync(site, second, (level, text) => log(level, text), quick)
    try {
      publish([...before, ...missed, ...since])
      await until('it is filled', () => resync.filled > 0)
    } finally {
      await resync.close()
    }
    await until(
      'the other one has applied all',
      () => routes(whole).length === routes(second).length,
    )
    expect(routes(second)).toEqual(routes(whole))
    expect(states(second).every((is) => is === PeerState.active)).toBe(true)
    expect(routes(second)).toContain('103 10.9.0.0/24 103 909 900')
  },
  120_000,
)
