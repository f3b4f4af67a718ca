import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { moveTo, START, STEP, writeCopies } from '../../src/bench/corpus.ts'
import { DumpWriter } from '../../src/bench/dump.ts'
import { loading } from '../../src/bench/loading.ts'
import { soaking } from '../../src/bench/soaking.ts'
import { writeWorst } from '../../src/bench/worst.ts'
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
  // Header, sequence, prefix, count; entry, attributes, path, next hop; before them the index of peers.
  expect(octets).toBe(30_000 * (12 + 4 + 4 + 2 + 8 + 9 + 12 + 7) + 33)
})

describe('the worst case', () => {
  const path = join(folder, 'worst.mrt')
  const written = writeWorst(path, 400_000)
  const octets = readFileSync(path)
  const { batch, stats, vantages } = decoded(octets)

  test('is read as it was written', () => {
    expect(stats).toMatchObject({ records: written.records, malformed: 0, truncated: false })
    expect([batch.messages, batch.elements]).toEqual([written.records, written.elements])
    expect(written.bytes).toBe(octets.length)
    expect(vantages.list).toHaveLength(40)
    expect([...batch.detail.subarray(0, batch.messages)].every((detail) => detail === 0)).toBe(true)
  })

  test('is of the size that was asked for, in every respect', () => {
    expect(Math.abs(octets.length / 400_000 - 1)).toBeLessThan(0.1)
    expect(Math.abs(written.elements / written.records - 1.6)).toBeLessThan(0.1)
    const at = [...batch.at.subarray(0, batch.messages)]
    expect(at).toEqual([...at].sort((a, b) => a - b))
    expect((at.at(-1) as number) - (at[0] as number)).toBeGreaterThan(3_590e6)
  })

  test('withdraws only what was announced, and meets no path twice', () => {
    const held = new Set<string>()
    const paths = new Set<string>()
    let announcements = 0
    for (let m = 0; m < batch.messages; m++) {
      const [start, length] = [batch.pathStart[m] as number, batch.pathLength[m] as number]
      if (start >= 0) announcements++
      if (start >= 0) paths.add(batch.path.subarray(start, start + length).join())
      for (let e = batch.first[m] as number; e < (batch.first[m + 1] as number); e++) {
        const route = [batch.vantage[m], batch.word0[e], batch.length[e]].join()
        if (batch.announced[e] === 1) held.add(route)
        else expect(held).toContain(route)
      }
    }
    expect(batch.messages - announcements).toBeGreaterThan(batch.messages / 20)
    expect(paths.size).toBeGreaterThan(announcements * 0.99)
  })

  test('is the same for the same seed, and another for another', () => {
    const again = join(folder, 'again.mrt')
    writeWorst(again, 400_000)
    expect(readFileSync(again).equals(octets)).toBe(true)
    writeWorst(again, 400_000, 2)
    expect(readFileSync(again).equals(octets)).toBe(false)
  })
})

test('a soak hears as many messages as it is asked to, half of them on paths that are new', () => {
  const { records, elements, paths = 0, samples } = soaking(20_000)
  expect([records, elements]).toEqual([20_000, 20_000])
  expect(samples).toHaveLength(10)
  const ordinary = soaking(10).paths ?? 0
  expect(paths - ordinary).toBeGreaterThan(9_000)
  expect(paths - ordinary).toBeLessThan(16_000)
})

test('the made table is loaded whole', async () => {
  expect(await loading(3, 1_000)).toMatchObject({ elements: 3_000 })
})
