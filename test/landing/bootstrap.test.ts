// The daemon from the archives on: it begins with a table that was fetched, hears what is said meanwhile, and
// reads what it has missed when that appears. What it knows then is what somebody knows who heard it all.
// The clock of the wall is put forward in between: archives write a file every five minutes.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, expect, test, vi } from 'vitest'
import { fetchTables } from '../../src/bootstrap.ts'
import { archiveSettings } from '../../src/config/archives.ts'
import { configSchema } from '../../src/config/schema.ts'
import { settle } from '../../src/config/settle.ts'
import type { Incident } from '../../src/core/incident.ts'
import { type Instant, parseInstant, seconds } from '../../src/core/time.ts'
import { type Daemon, startDaemon } from '../../src/daemon.ts'
import { ArchiveSite } from '../../src/feeds/archive-http.ts'
import { type MrtBuilder, mrt } from '../../src/scenario/mrt.ts'
import { startRisLiveServer } from '../../src/scenario/ris-live-server.ts'
import { archiveServer } from '../feeds/archive-server.ts'
import { until } from './program.ts'

const at = (time: string): Instant => parseInstant(`2024-10-29T${time}Z`) as Instant
const PEERS = [101, 102, 103, 104].map((asn, i) => ({ address: `192.0.2.${i + 1}`, asn }))
const [ONE, TWO, THREE] = ['10.0.0.0/24', '10.0.1.0/24', '10.0.2.0/24'] as const

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
  vi.restoreAllMocks()
})

function routes({ run }: Daemon): string[] {
  const { table } = run.journey
  const out: string[] = []
  for (let p = 0; p < table.prefixes; p++)
    for (const { id } of table.peers.list) {
      const path = table.pathAt(id, p)
      const who = run.vantages.get(id).asn
      if (path !== 0) out.push(`${who} ${table.prefixText(p)} ${table.pathText(path)}`)
    }
  return out.sort()
}

test('begins with a table, and mends the hole after it and that of a cut', async () => {
  const real = Date.now.bind(Date)
  let ahead = at('08:07:00') / 1e3 - real()
  vi.spyOn(Date, 'now').mockImplementation(() => real() + ahead)
  const now = (): Instant => Date.now() * 1e3

  const root = mkdtempSync(join(tmpdir(), 'faultline-bootstrap-'))
  closing.push(() => rmSync(root, { recursive: true, force: true }))
  const files = new Map<string, Buffer>()
  const put = (name: string, what: MrtBuilder) =>
    files.set(`rrc00/2024.10/${name}.gz`, gzipSync(what.bytes()))
  const table = mrt().at(at('08:00:00')).peers(PEERS)
  for (const prefix of [ONE, TWO, THREE])
    table.rib(
      prefix,
      PEERS.map(({ asn }, peer) => ({ peer, path: `${asn} 900` })),
    )
  put('bview.20241029.0800', table)
  put('updates.20241029.0755', mrt())
  const archive = await archiveServer(files)
  closing.push(() => archive.close())
  const ris = await startRisLiveServer()
  closing.push(() => ris.close())

  const config = configSchema.parse({
    version: 1,
    asns: [{ asn: 900, prefixes: [ONE, TWO, THREE] }],
    feeds: [{ type: 'ris-live', mode: 'firehose', url: ris.url }],
    context: { bootstrap: ['rrc00'] },
    archives: { ris: archive.url, routeviews: archive.url, cache: join(root, 'kept') },
    log: { level: 'error' },
  })
  const settled = settle({ ...config, listen: { ...config.listen, host: '127.0.0.1', port: 0 } })
  const site = new ArchiveSite(archiveSettings(settled.config.archives, 'test/1'), {
    log: () => undefined,
    isWhole: async () => true,
  })
  const fetched = await fetchTables(site, ['rrc00'], now(), () => undefined)
  const daemon = await startDaemon({ settled, format: 'text', ribs: fetched, fetched, site })
  closing.push(() => daemon.close())
  const get = async (path: string) => (await fetch(new URL(path, daemon.url))).text()
  const stale = async () => {
    const text = await get('/metrics')
    const of = (state: string) =>
      Number(
        new RegExp(`faultline_stale_vantage_points\\{state="${state}"\\} (\\d+)`).exec(text)?.[1],
      )
    return of('stale') + of('unknown')
  }
  // Each peer says something, as the real ones do at any time.
  let said = 0
  const say = (asn: number, about: object) => {
    const peer = PEERS.find((one) => one.asn === asn)
    const base = { timestamp: now() / 1e6, peer: peer?.address ?? '', peer_asn: String(asn) }
    ris.publish({ ...base, id: `x-${said++}`, host: 'rrc00.ripe.net', type: 'UPDATE', ...about })
  }
  const announce = (asn: number, prefix: string, path: readonly number[]) =>
    say(asn, { path, announcements: [{ next_hop: '192.0.2.1', prefixes: [prefix] }] })

  await until('it listens', () => ris.clients() === 1 && ris.subscriptions() > 0)
  announce(101, ONE, [101, 555, 900])
  await until('it has heard', () => routes(daemon).includes(`101 ${ONE} 101 555 900`))
  expect(await stale()).toBe(4)
  expect(await get('/readyz')).toContain('not all is known of 4 vantage points')

  // What was said before it listened, and what it has heard itself since.
  const first = mrt().at(at('08:01:00'))
  for (const { address, asn } of PEERS) first.peer(address, asn).announce(TWO, `${asn} 777 900`)
  put('updates.20241029.0800', first.peer('192.0.2.1', 101).withdraw(ONE))
  put('updates.20241029.0805', mrt())
  ahead += 300_000
  await until('the first hole is filled', async () => (await stale()) === 0)
  expect(routes(daemon)).toEqual(
    [101, 102, 103, 104]
      .flatMap((asn) => [
        `${asn} ${ONE} ${asn === 101 ? '101 555 900' : `${asn} 900`}`,
        `${asn} ${TWO} ${asn} 777 900`,
        `${asn} ${THREE} ${asn} 900`,
      ])
      .sort(),
  )
  expect(await get('/readyz')).toBe('ready\n')

  // What was said before it listened is dated then, and told to have been found afterwards.
  const found = async () => {
    const { incidents } = JSON.parse(await get('/api/v1/incidents')) as { incidents: Incident[] }
    return incidents.find(({ key }) => key === 'forged:777:900')
  }
  announce(104, THREE, [104, 900])
  await until('it is told', async () => (await found()) !== undefined)
  const forged = await found()
  expect(forged?.startedAt).toBe('2024-10-29T08:01:00.000Z')
  expect(forged?.confidence.tags.map(({ name }) => name)).toContain('found.afterwards')

  // The socket is cut while something is said.
  for (const { asn } of PEERS) announce(asn, ONE, [asn, 900])
  await until('all have spoken', () => routes(daemon).includes(`101 ${ONE} 101 900`))
  const cutAt = now()
  const stream = daemon.run.streams[0]
  const gaps = stream?.gaps ?? 0
  ris.cut()
  await until('it has noticed', () => (stream?.gaps ?? 0) > gaps)
  await until('it sees', () => stream?.status().sees === true)
  await until('it listens again', () => ris.clients() === 1 && ris.subscriptions() > 0)
  for (const { asn } of PEERS) announce(asn, ONE, [asn, 333, 900])
  await until('it has heard', () => routes(daemon).includes(`104 ${ONE} 104 333 900`))
  expect(await stale()).toBe(4)
  const second = mrt().at(cutAt + seconds(0.2))
  for (const { address, asn } of PEERS) second.peer(address, asn).withdraw(THREE)
  second.peer('192.0.2.2', 102).withdraw(ONE)
  put('updates.20241029.0810', second)
  put('updates.20241029.0815', mrt())
  ahead += 600_000
  await until('the second hole is filled', async () => (await stale()) === 0)
  expect(routes(daemon)).toEqual(
    [101, 102, 103, 104]
      .flatMap((asn) => [`${asn} ${ONE} ${asn} 333 900`, `${asn} ${TWO} ${asn} 777 900`])
      .sort(),
  )
}, 180_000)
