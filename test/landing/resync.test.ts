// Against a server with the layout of the archives, and the real client: what is known when a hole has been
// filled is what is known to somebody who heard it all.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ArchiveInput } from '../../src/archive-input.ts'
import { fetchTables, holesOf, openHoles } from '../../src/bootstrap.ts'
import { BatchPool } from '../../src/core/batch.ts'
import { type Instant, parseInstant, seconds } from '../../src/core/time.ts'
import { VantagePoints } from '../../src/core/vantage.ts'
import { detectDefaults } from '../../src/detect/detectors.ts'
import { ArchiveSite } from '../../src/feeds/archive-http.ts'
import { archiveDefaults } from '../../src/feeds/archive-settings.ts'
import { Journey } from '../../src/journey.ts'
import { Resync } from '../../src/resync.ts'
import { type MrtBuilder, mrt } from '../../src/scenario/mrt.ts'
import { loadTables } from '../../src/starting-tables.ts'
import { until } from './program.ts'

const DAY = '2024-10-29'
const at = (time: string): Instant => parseInstant(`${DAY}T${time}Z`) as Instant
const FOLDER = '/rrc00/2024.10'
const PEERS = [101, 102, 103, 104].map((asn, i) => ({ address: `192.0.2.${i + 1}`, asn }))
const PREFIXES = ['10.0.0.0/24', '10.0.1.0/24', '10.0.2.0/24', '10.0.3.0/24']

let root: string
let server: Server
let site: ArchiveSite
const files = new Map<string, Uint8Array>()
/** What the cache may not throw out. */
const held = new Set<string>()
const logged: string[] = []
const log = (_: string, text: string) => logged.push(text)

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'faultline-resync-'))
  files.clear()
  logged.length = 0
  server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname
    const octets = files.get(path)
    const names = [...files.keys()].filter((name) => name.startsWith(path))
    if (octets) {
      response.setHeader('content-length', octets.length)
      response.end(request.method === 'HEAD' ? undefined : octets)
    } else if (path.endsWith('/') && names.length > 0) {
      const links = names.map((name) => name.slice(path.length))
      response.end(links.map((name) => `<a href="${name}">${name}</a>`).join('\n'))
    } else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const ris = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  site = new ArchiveSite(
    {
      ...archiveDefaults,
      ris,
      routeviews: ris,
      folder: join(root, 'kept'),
      program: 'test/1',
      attempts: 1,
    },
    { log, isWhole: async () => true },
  )
  held.clear()
  const { get, release } = site
  site.get = async (...asked) => {
    const path = await get.apply(site, asked)
    held.add(path)
    return path
  }
  site.release = (path) => {
    held.delete(path)
    release.call(site, path)
  }
})

afterEach(async () => {
  site.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  rmSync(root, { recursive: true, force: true })
})

const put = (name: string, builder: MrtBuilder) =>
  files.set(`${FOLDER}/${name}`, gzipSync(builder.bytes()))

function table(): MrtBuilder {
  const out = mrt().at(at('00:00:00')).peers(PEERS)
  for (const prefix of PREFIXES)
    out.rib(
      prefix,
      PEERS.map(({ asn }, peer) => ({ peer, path: `${asn} 900` })),
    )
  return out
}

class Run {
  readonly vantages = new VantagePoints()
  readonly journal = null
  readonly journey = new Journey(
    {
      vantages: this.vantages,
      asns: null,
      baseline: 'rib',
      inputs: { version: 'v', config: 'c', asRelationships: null, vrps: null },
      detect: detectDefaults,
    },
    () => undefined,
  )
  readonly #pool = new BatchPool()
  readonly input = new ArchiveInput(this.vantages, this.#pool, this.journey.table.files)

  /** Messages as they would have come. */
  async hear(builder: MrtBuilder): Promise<this> {
    const path = join(root, `heard-${Math.random().toString(36).slice(2)}`)
    writeFileSync(path, builder.bytes())
    const slot = null
    for await (const batch of this.input.batches({
      path,
      collector: 'rrc00',
      kind: 'updates',
      slot,
      size: 0,
    })) {
      for (let m = 0; m < batch.messages; m++) this.journey.message(batch, m)
      this.#pool.give(batch)
    }
    return this
  }

  routes(): string[] {
    const { table } = this.journey
    const out: string[] = []
    for (let p = 0; p < table.prefixes; p++)
      for (const { id } of table.peers.list) {
        const path = table.pathAt(id, p)
        const who = this.vantages.get(id).asn
        if (path !== 0) out.push(`${who} ${table.prefixText(p)} ${table.pathText(path)}`)
      }
    return out.sort()
  }

  seen(): string[] {
    const { table } = this.journey
    return PREFIXES.map(
      (_, p) => `${table.prefixText(p)} ${table.visible(p)}/${table.reference(p)} ${table.seen(p)}`,
    )
  }
}

async function begun(): Promise<{ run: Run; ribs: Awaited<ReturnType<typeof fetchTables>> }> {
  put('bview.20241029.0000.gz', table())
  const ribs = await fetchTables(site, ['rrc00'], at('00:04:00'), (level, text) => log(level, text))
  const run = new Run()
  await loadTables(run.input, run.journey.table, ribs)
  run.journey.table.start()
  return { run, ribs }
}

/** Before, in and after the time when nobody hears. */
function heardBefore(out: MrtBuilder): MrtBuilder {
  return out
    .at(at('00:00:30'))
    .peer('192.0.2.2', 102)
    .announce(PREFIXES[1] as string, '102 701 900')
}
function saidInIt(out: MrtBuilder): MrtBuilder {
  for (const { address, asn } of PEERS) {
    out
      .at(at('00:02:00'))
      .peer(address, asn)
      .withdraw(PREFIXES[0] as string)
    out.at(at('00:02:30')).announce(PREFIXES[2] as string, `${asn} 777 900`)
    out.at(at('00:02:40')).announce('10.9.0.0/24', `${asn} 909`)
  }
  return out.peer('192.0.2.4', 104).at(at('00:02:50')).withdraw('10.9.0.0/24')
}
function saidSince(out: MrtBuilder): MrtBuilder {
  out
    .at(at('00:04:10'))
    .peer('192.0.2.1', 101)
    .announce(PREFIXES[0] as string, '101 555 900')
  out.at(at('00:04:11')).peer('192.0.2.2', 102).withdraw('10.9.0.0/24')
  return out
    .at(at('00:04:12'))
    .peer('192.0.2.3', 103)
    .withdraw(PREFIXES[2] as string)
}

const quick = { look: seconds(0.02), lookMost: seconds(0.1) }

test('after a gap, when its file appears', async () => {
  const { run } = await begun()
  await run.hear(heardBefore(mrt()))
  const { journey } = run
  const gap = { feed: 'f', source: -1, collector: null }
  journey.fact({ kind: 'gap', at: at('00:01:00'), why: 'cut', ...gap })
  journey.fact({ kind: 'gap-end', at: at('00:03:50'), ...gap })
  await run.hear(saidSince(mrt()))
  expect(holesOf(journey.table)).toEqual({ stale: 4, unknown: 0, since: at('00:01:00') })
  const resync = new Resync(site, run, log, quick)
  await until('it waits', () => logged.some((text) => text.includes('waiting for its archive')))
  expect(run.seen()[0]).toBe('10.0.0.0/24 4/4 1')
  put('updates.20241029.0000.gz', saidSince(saidInIt(heardBefore(mrt()))))
  await until('it is filled', () => resync.filled === 1)
  await resync.close()
  expect([...held].map((path) => path.replace(/.*\//, ''))).toEqual(['bview.20241029.0000.gz'])

  const all = (await begun()).run
  await all.hear(saidSince(saidInIt(heardBefore(mrt()))))
  expect(run.routes()).toEqual(all.routes())
  expect(run.seen()).toEqual(all.seen())
  expect(run.seen()[0]).toBe('10.0.0.0/24 1/4 4')
  expect(holesOf(journey.table)).toEqual({ stale: 0, unknown: 0, since: null })
  expect(logged.some((text) => text.includes('whole again'))).toBe(true)
}, 60_000)

test('at the beginning, from the table on; what is heard meanwhile stands', async () => {
  const { run, ribs } = await begun()
  put('updates.20241029.0000.gz', saidInIt(heardBefore(mrt())))
  put(
    'updates.20241029.0005.gz',
    saidSince(mrt())
      .at(at('00:05:30'))
      .peer('192.0.2.2', 102)
      .withdraw(PREFIXES[3] as string),
  )
  const { journey } = run
  openHoles(journey, ribs, at('00:06:00'))
  expect(holesOf(journey.table)).toEqual({ stale: 0, unknown: 4, since: at('00:00:00') })
  await run.hear(
    mrt()
      .at(at('00:06:10'))
      .peer('192.0.2.2', 102)
      .announce(PREFIXES[3] as string, '102 333 900'),
  )
  // The file before the table is of no use, but a margin is kept.
  files.set('/rrc00/2024.10/updates.20241028.2355.gz', gzipSync(mrt().bytes()))
  const resync = new Resync(site, run, log, quick)
  await until('it is filled', () => resync.filled === 1)
  await resync.close()
  const all = (await begun()).run
  await all.hear(saidSince(saidInIt(heardBefore(mrt()))))
  await all.hear(
    mrt()
      .at(at('00:06:10'))
      .peer('192.0.2.2', 102)
      .announce(PREFIXES[3] as string, '102 333 900'),
  )
  expect(run.routes()).toEqual(all.routes())
  expect(run.seen()).toEqual(all.seen())
}, 60_000)

test('nothing is filled by half, and it is said when nothing comes', async () => {
  const { run } = await begun()
  const { journey } = run
  const gap = { feed: 'f', source: -1, collector: null }
  journey.fact({ kind: 'gap', at: at('00:01:30'), why: 'cut', ...gap })
  journey.fact({ kind: 'gap-end', at: at('00:13:00'), ...gap })
  // The one in the middle is missing.
  put('updates.20241029.0000.gz', saidInIt(mrt()))
  put('updates.20241029.0010.gz', mrt())
  const resync = new Resync(site, run, log, { ...quick, patience: seconds(1) })
  await until('it is given up', () => resync.givenUp === 1)
  await resync.close()
  expect([resync.filled, resync.open]).toEqual([0, 0])
  expect(holesOf(journey.table).unknown).toBe(4)
  expect(logged.some((text) => text.includes('stays unknown'))).toBe(true)
}, 60_000)
