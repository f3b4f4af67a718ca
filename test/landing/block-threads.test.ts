// Threads are started as built, since Node cannot start a source: the files of dist/.

import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { Block } from '../../src/wire/bzip2-ahead.ts'
import { decompress, newReport } from '../../src/wire/decompress.ts'
import { bzip2 } from '../wire/bzip2-encoder.ts'
import { join8, likeMrt, noise, same } from '../wire/octets.ts'
import { workshop } from './program.ts'

const at = workshop()

const built = new URL('../../dist/block-threads.js', import.meta.url)
const { BlockThreads } = (await import(
  fileURLToPath(built)
)) as typeof import('../../src/block-threads.ts')

async function unpack(packed: Uint8Array, pool?: InstanceType<typeof BlockThreads>) {
  const report = newReport()
  const out: Uint8Array[] = []
  const chunks = (async function* () {
    yield packed
  })()
  for await (const chunk of decompress(chunks, report, pool)) out.push(chunk)
  return { text: join8(out), report }
}

const packed = join8(
  Array.from({ length: 12 }, (_, i) => {
    const blocks = Array.from({ length: 1 + (i % 5) }, (_, k) => likeMrt(500, 5 * i + k + 1))
    return bzip2(blocks, { level: 1 + (i % 9) }).bytes
  }),
)

test('threads unpack as one does, and what is damaged as well', async () => {
  const next = noise(21)
  for (const threads of [1, 2, 3]) {
    const pool = new BlockThreads(threads)
    expect(pool.width).toBe(threads)
    let damaged = 0
    for (let round = 0; round < 60; round++) {
      const octets = packed.slice()
      for (let flips = round % 4; flips > 0; flips--) octets[next(octets.length)] = next(256)
      const cut = octets.subarray(0, round % 3 === 2 ? next(octets.length) : octets.length)
      const [alone, together] = [await unpack(cut), await unpack(cut, pool)]
      expect(together.report).toEqual(alone.report)
      expect(same(together.text, alone.text)).toBe(true)
      damaged += alone.report.damaged
    }
    expect(damaged).toBeGreaterThan(20)
    await pool.close()
  }
})

test('a text longer than the room for it comes too', async () => {
  const pool = new BlockThreads(2)
  const next = noise(5)
  const runs = Array.from({ length: 10_000 }, () => new Uint8Array(259).fill(next(256)))
  const { bytes } = bzip2([join8(runs), likeMrt(900, 1)])
  const [alone, together] = [await unpack(bytes), await unpack(bytes, pool)]
  expect(same(together.text, alone.text)).toBe(true)
  expect(alone.text.length).toBe(2_590_900)
  await pool.close()
})

test('a thread that dies is an error for whoever waits, then and later', async () => {
  const pool = new BlockThreads(1)
  const block = (octets: Uint8Array<ArrayBuffer>): Block => ({
    octets,
    start: 0,
    end: 800,
    limit: 9,
  })
  // Shorter than it says: reading behind it throws.
  const lost = pool.decode(block(new Uint8Array(1)))
  const behind = pool.decode(block(new Uint8Array(1_000)))
  await expect(lost).rejects.toThrow(RangeError)
  await expect(behind).rejects.toThrow()
  await expect(pool.decode(block(new Uint8Array(1_000)))).rejects.toThrow()
  const closed = new BlockThreads(2)
  const given = closed.decode(block(new Uint8Array(1_000)))
  const told = expect(given).rejects.toThrow('ended')
  await closed.close()
  await told
})

test('they keep no process alive, unless somebody waits for them', () => {
  const script = `
    import { BlockThreads } from ${JSON.stringify(built.href)}
    const octets = new Uint8Array(1_000)
    const pool = new BlockThreads(2)
    const { outcome } = await pool.decode({ octets, start: 0, end: 800, limit: 900_000 })
    console.log(outcome)
  `
  writeFileSync(at('script.mjs'), script)
  const { status, stdout } = spawnSync(process.execPath, [at('script.mjs')], {
    encoding: 'utf8',
    timeout: 20_000,
  })
  expect([status, stdout]).toEqual([0, 'bad\n'])
})
