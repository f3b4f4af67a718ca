import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import type { Incident } from '../../src/core/incident.ts'
import type { Archive } from '../../src/feeds/archive.ts'
import { readIoda } from '../../src/ioda.ts'
import { ReplayRun } from '../../src/replay-run.ts'
import { lineOf } from '../../src/scenario/telemetry.ts'

it('blocks seen in routing and blocks that answer become samples of two planes', () => {
  const { samples, malformed } = readIoda(
    'timestamp,merit-nt,bgp,ping-slash24,LABEL\n1698333900,0.4,560,35.0,0\n1698334200,0.0,,34.0,0\n',
    'PS',
  )
  expect(malformed).toBe(0)
  expect(samples.map(lineOf)).toEqual([
    '{"at":"2023-10-26T15:25:00Z","plane":"bgp","metric":"visible_24s","value":560,"labels":{"entity":"PS"},"uncertainty":"300s"}',
    '{"at":"2023-10-26T15:25:00Z","plane":"probe","metric":"up_24s","value":35,"labels":{"entity":"PS"},"uncertainty":"600s"}',
    '{"at":"2023-10-26T15:30:00Z","plane":"probe","metric":"up_24s","value":34,"labels":{"entity":"PS"},"uncertainty":"600s"}',
  ])
})

it('rows that are none are counted and named; a table of something else is a fault', () => {
  const read = readIoda(
    'timestamp,bgp\n1698333900,many\nyesterday,3\n1698334200\n1698334500,7\n',
    null,
  )
  expect(read.samples.map(({ value }) => value)).toEqual([7])
  expect(read.malformed).toBe(3)
  expect(read.faults.map((why) => why.slice(0, 6))).toEqual(['line 2', 'line 3', 'line 4'])
  expect(readIoda('a,b\n1,2\n', null).faults).toHaveLength(2)
})

const real = ['gaza.2023-10', 'iraq.2023-08'].map((name) =>
  fileURLToPath(new URL(`../../../shared/data/series/ioda.${name}.csv.gz`, import.meta.url)),
)
it.skipIf(!real.every((path) => existsSync(path)))(
  'Gaza: routing stays, half of the probes fail; Iraq: both fall. Every row is read',
  () => {
    const [gaza, iraq] = real.map((path) =>
      readIoda(gunzipSync(readFileSync(path)).toString(), null),
    )
    const least = (read: typeof gaza, metric: string) => {
      const all =
        read?.samples.filter((one) => one.metric === metric).map(({ value }) => value) ?? []
      return Math.min(...all) / Math.max(...all)
    }
    expect([gaza?.malformed, iraq?.malformed]).toEqual([0, 0])
    expect(gaza?.samples.length).toBeGreaterThan(6_000)
    expect(least(gaza, 'visible_24s')).toBeGreaterThan(0.8)
    expect(least(gaza, 'up_24s')).toBeLessThan(0.6)
    expect(least(iraq, 'visible_24s')).toBeLessThan(0.6)
  },
)

const named = real.every((path) => existsSync(path))
if (!named) console.log('SKIPPED, no ../shared/data: what is said of the series of IODA')

/** What is said of a series alone, each incident as it stood last. */
async function saidOf(path: string): Promise<Incident[]> {
  const { samples } = readIoda(gunzipSync(readFileSync(path)).toString(), null)
  const none = { path: '', files: [], collectors: [], bytes: 0 } as unknown as Archive
  const last = new Map<string, Incident>()
  const inputs = { version: 'test', config: 'test', asRelationships: null, vrps: null }
  const run = new ReplayRun(
    { updates: none, ribs: null, asns: new Set([64500]), inputs, samples },
    (incident) => last.set(incident.id, incident),
  )
  await run.read()
  return [...last.values()]
}

/** `[begin, end)` of each run of rows with the label, in seconds. */
function labelled(path: string): [number, number][] {
  const out: [number, number][] = []
  let open: number | null = null
  for (const line of gunzipSync(readFileSync(path)).toString().trim().split('\n').slice(1)) {
    const fields = line.split(',')
    const at = Number(fields[0])
    const is = fields.at(-1)?.trim() === '1'
    if (is && open === null) open = at
    if (!is && open !== null) {
      out.push([open, at])
      open = null
    }
  }
  return out
}

it.skipIf(!named)(
  'Iraq, eight nights: a routing fault each, from its beginning to its end',
  async () => {
    const path = real[1] as string
    const windows = labelled(path)
    const said = await saidOf(path)
    expect(windows.length).toBe(8)
    expect(said.map(({ kind, verdict }) => [kind, verdict?.cause])).toEqual(
      windows.map(() => ['outage.as', 'routing-fault']),
    )
    for (const [i, [from, to]] of windows.entries()) {
      expect(said[i]?.verdict?.routingDb).toBeGreaterThanOrEqual(10)
      expect(Math.abs(Date.parse(said[i]?.startedAt ?? '') / 1e3 - from)).toBeLessThanOrEqual(600)
      expect(Math.abs(Date.parse(said[i]?.endedAt ?? '') / 1e3 - to)).toBeLessThanOrEqual(600)
    }
  },
)

it.skipIf(!named)(
  'Gaza, twelve days: no routing fault, though half of the probes fail',
  async () => {
    const path = real[0] as string
    expect(labelled(path).length).toBeGreaterThan(0)
    const said = await saidOf(path)
    expect(said.filter(({ verdict }) => verdict?.cause.startsWith('routing-fault'))).toEqual([])
  },
)
