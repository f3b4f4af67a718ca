import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { writeStart } from '../../src/bench/start.ts'
import { Batch } from '../../src/core/batch.ts'
import { pathText } from '../../src/core/path.ts'
import { VantagePoints } from '../../src/core/vantage.ts'
import { mrt } from '../../src/scenario/mrt.ts'
import { MrtReader } from '../../src/wire/mrt.ts'

const folder = mkdtempSync(join(tmpdir(), 'faultline-start-test-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function startOf(updates: Uint8Array) {
  const [path, table] = [join(folder, 'updates.mrt'), join(folder, 'table.mrt')]
  writeFileSync(path, updates)
  const routes = await writeStart(path, table)
  const vantages = new VantagePoints()
  const reader = new MrtReader(vantages, 'x', 0)
  const batch = new Batch()
  reader.push(readFileSync(table))
  reader.read(batch, true)
  return { routes, batch, vantages, stats: reader.stats }
}

test('a starting table holds what was announced first, both families, readable as any dump', async () => {
  const { routes, batch, stats, vantages } = await startOf(
    mrt()
      .at('2010-08-27T08:42:10Z')
      .peer('192.0.2.1', 64_496)
      .announce(['198.51.100.0/24', '203.0.113.0/24'], '64496 3356 64500')
      .peer('2001:db8::1', 64_497)
      .announce('2001:db8:1::/48', '64497 64500')
      .after(20)
      .withdraw('2001:db8:1::/48')
      .bytes(),
  )
  expect(routes).toBe(3)
  expect(stats).toMatchObject({ records: 4, malformed: 0, truncated: false })
  expect([...batch.length.subarray(0, 3)].sort()).toEqual([24, 24, 48])
  expect(vantages.list.map(({ address }) => address)).toEqual(['192.0.2.1', '2001:db8::1'])
})

test('and how others may have held it: their own way to a network on its path, and on from there', async () => {
  const { routes, batch } = await startOf(
    mrt()
      .at('2010-08-27T08:42:10Z')
      .peer('192.0.2.1', 64_496)
      .announce('198.51.100.0/24', '64496 3356 64500')
      .announce('203.0.113.0/24', '64496 64499 64501')
      .announce('192.0.2.0/24', '64496 3356 64502')
      .peer('192.0.2.2', 64_497)
      .announce('198.51.100.0/24', '64497 64498 3356 64500')
      .bytes(),
  )
  const told = new Set<string>()
  for (let m = 0; m < batch.messages; m++)
    told.add(pathText(batch.path, batch.pathStart[m] as number, batch.pathLength[m] as number))
  // 3356 sells transit to all the world; of 64499 nobody knows that it would.
  expect(told).toContain('64497 64498 3356 64502')
  expect([...told].some((path) => path.startsWith('64497') && path.endsWith('64501'))).toBe(false)
  expect(routes).toBe(5)
})
