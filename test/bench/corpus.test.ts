import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { moveTo, START, STEP, writeCopies } from '../../src/bench/corpus.ts'
import { DumpWriter } from '../../src/bench/dump.ts'
import { loading } from '../../src/bench/loading.ts'
import { writeStart } from '../../src/bench/replaying.ts'
import { Batch } from '../../src/core/batch.ts'
import { VantagePoints } from '../../src/core/vantage.ts'
import { mrt } from '../../src/scenario/mrt.ts'
import { MrtReader } from '../../src/wire/mrt.ts'

const folder = mkdtempSync(join(tmpdir(), 'faultline-bench-test-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const updates = () =>
  mrt()
    .at('2010-08-27T08:42:10Z')
    .peer('192.0.2.1', 64_496)
    .announce(['198.51.100.0/24', '203.0.113.0/24'], '64496 3356 64500')
    .peer('2001:db8::1', 64_497)
    .announce('2001:db8:1::/48', '64497 64500')
    .after(20)
    .withdraw('2001:db8:1::/48')
    .bytes()

function decoded(...chunks: Uint8Array[]) {
  const vantages = new VantagePoints()
  const reader = new MrtReader(vantages, 'x', 0)
  const batch = new Batch()
  for (const chunk of chunks) reader.push(chunk)
  reader.read(batch, true)
  return { batch, stats: reader.stats, vantages }
}

test('a copy is moved as a whole, keeping its place within five minutes', () => {
  const file = updates()
  moveTo(START, file)
  const { batch } = decoded(file)
  const at = [...batch.at.subarray(0, batch.messages)].map((micros) => micros / 1e6 - START)
  expect(at).toEqual([130, 130, 150])
})

test('copies follow one another in time', () => {
  const path = join(folder, 'copies.mrt')
  const source = updates()
  expect(writeCopies(path, [source, updates()], source.length * 5)).toBe(3)
  const { batch, stats } = decoded(readFileSync(path))
  expect(stats).toMatchObject({ records: 18, malformed: 0 })
  const at = [...batch.at.subarray(0, batch.messages)]
  expect(at).toEqual([...at].sort((a, b) => a - b))
  expect((at[17] as number) - (at[2] as number)).toBe(5 * STEP * 1e6)
})

test('a starting table holds what was announced first, both families, readable as any dump', async () => {
  const path = join(folder, 'updates.mrt')
  const table = join(folder, 'table.mrt')
  writeCopies(path, [updates()], 1)
  expect(await writeStart(path, table)).toBe(3)
  const { batch, stats, vantages } = decoded(readFileSync(table))
  expect(stats).toMatchObject({ records: 4, malformed: 0, truncated: false })
  expect(batch.messages).toBe(3)
  expect([...batch.length.subarray(0, 3)].sort()).toEqual([24, 24, 48])
  expect(vantages.list.map(({ address }) => address)).toEqual(['192.0.2.1', '2001:db8::1'])
})

test('a dump is written in chunks', () => {
  let octets = 0
  const out = new DumpWriter(START, [{ address: '192.0.2.1', asn: 1 }], (chunk) => {
    octets += chunk.length
  })
  const path = Int32Array.of(1, 2, 3)
  for (let i = 0; i < 30_000; i++) {
    out.begin(4, [i << 8], 24)
    out.route(0, path, 0, 3)
    out.end()
  }
  expect(octets).toBeGreaterThan(1 << 20)
  out.flush()
  // Header, sequence, prefix, count; entry, attributes, path; before them the index of peers.
  expect(octets).toBe(30_000 * (12 + 4 + 4 + 2 + 8 + 9 + 12) + 33)
})

test('the made table is loaded whole', async () => {
  expect(await loading(3, 1_000)).toMatchObject({ elements: 3_000 })
})
