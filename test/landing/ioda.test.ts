import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { readIoda } from '../../src/ioda.ts'
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
