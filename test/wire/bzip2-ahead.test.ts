// Whatever is decoded ahead, and however late it comes, the text and the report are those of one thread.

import { readFileSync } from 'node:fs'
import { setImmediate as breathe } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Block, BlockPool } from '../../src/wire/bzip2-ahead.ts'
import { SLACK } from '../../src/wire/bzip2-bits.ts'
import { BlockScratch, type Decoded, decodeBlock } from '../../src/wire/bzip2-block.ts'
import { type DecompressReport, decompress, newReport } from '../../src/wire/decompress.ts'
import { bzip2 } from './bzip2-encoder.ts'
import { join8, likeMrt, noise, run, same, shared, without } from './octets.ts'

const BLOCK = 0x314159265359
const END = 0x177245385090
const scratch = new BlockScratch()

/** Decodes here, but late and in any order; now and then it says that the octets ran out. */
class Others implements BlockPool {
  readonly width: number
  readonly #next: (below: number) => number
  handed = 0
  whole = 0
  out = 0
  mostOut = 0

  constructor(width: number, seed: number) {
    this.width = width
    this.#next = noise(seed)
  }

  async decode({ octets, start, end, limit }: Block): Promise<Decoded> {
    this.handed++
    this.mostOut = Math.max(this.mostOut, ++this.out)
    for (let late = this.#next(4); late > 0; late--) await breathe()
    this.out--
    if (this.#next(20) === 0) return { outcome: 'short', next: -1, crc: 0, pieces: [] }
    const decoded = decodeBlock(new DataView(octets.buffer), start, end, limit, scratch)
    if (decoded.outcome === 'whole') this.whole++
    return decoded
  }
}

async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size)
}

async function unpack(
  packed: Uint8Array,
  pool?: BlockPool,
  size = 1 << 20,
): Promise<[Uint8Array, DecompressReport]> {
  const report = newReport()
  const out: Uint8Array[] = []
  for await (const chunk of decompress(chunksOf(packed, size), report, pool)) out.push(chunk)
  return [join8(out), report]
}

/** Both ways; the report, which they share. */
async function compare(packed: Uint8Array, pool: BlockPool, size?: number) {
  const [text, report] = await unpack(packed, undefined, size)
  const [pooled, told] = await unpack(packed, pool, size)
  expect(told).toEqual(report)
  expect(same(pooled, text)).toBe(true)
  return { ...report, text }
}

/** Streams of several blocks and levels, one of them empty. */
function streams(count: number, forged?: number): Uint8Array {
  return join8(
    Array.from({ length: count }, (_, i) => {
      const blocks = Array.from({ length: i % 6 }, (_, k) => likeMrt(90 + 31 * k, 6 * i + k + 1))
      return bzip2(blocks, { level: 1 + (i % 9), ...(forged === undefined ? {} : { forged }) })
        .bytes
    }),
  )
}

describe('blocks decoded ahead', () => {
  it('give the same text, whatever the level, the width and the chunks', async () => {
    const packed = streams(30)
    for (const width of [1, 2, 5]) {
      const pool = new Others(width, width)
      for (const size of [1, 700, packed.length]) {
        const { text, ...report } = await compare(packed, pool, size)
        expect(report).toMatchObject({ damaged: 0, truncated: false, trailing: false })
        expect(text.length).toBeGreaterThan(9_000)
      }
      expect(pool.whole).toBeGreaterThan(150)
      expect(pool.mostOut).toBeLessThanOrEqual(width + 2)
    }
    await compare(bzip2([]).bytes, new Others(2, 1))
    await compare(packed.subarray(0, 4), new Others(2, 1))
  })

  it('give the same where the input is longer than what is held of it', async () => {
    const one = streams(30)
    const packed = join8(Array.from({ length: Math.ceil((6 << 20) / one.length) }, () => one))
    const pool = new Others(2, 7)
    await compare(packed, pool, 900_000)
    const next = noise(11)
    for (let i = 0; i < 200; i++) packed[next(packed.length)] = next(256)
    const { damaged } = await compare(packed, pool)
    expect(damaged).toBeGreaterThan(50)
    expect(pool.handed).toBeGreaterThan(10_000)
  })

  it('give the same of what is damaged, cut off, or followed by something else', async () => {
    const whole = streams(12)
    const next = noise(3)
    const pool = new Others(2, 5)
    const seen = { damaged: 0, truncated: 0, trailing: 0 }
    for (let round = 0; round < 1_500; round++) {
      let packed: Uint8Array = whole.slice()
      for (let flips = next(4); flips > 0; flips--) {
        const at = next(packed.length)
        packed[at] = (packed[at] as number) ^ (1 << next(8))
      }
      if (next(3) === 0) packed = packed.subarray(0, next(packed.length))
      if (next(4) === 0)
        packed = join8([packed, Uint8Array.from({ length: next(90) }, () => next(256))])
      const { damaged, truncated, trailing } = await compare(packed, pool, 1 + next(4_000))
      if (damaged > 0) seen.damaged++
      if (truncated) seen.truncated++
      if (trailing) seen.trailing++
    }
    expect(seen.damaged).toBeGreaterThan(700)
    expect(seen.truncated).toBeGreaterThan(300)
    expect(seen.trailing).toBeGreaterThan(100)
    expect(pool.mostOut).toBeLessThanOrEqual(4)
  })

  it('give the same wherever a file is cut', async () => {
    const packed = streams(6)
    const pool = new Others(3, 9)
    for (let cut = 0; cut <= packed.length; cut++) await compare(packed.subarray(0, cut), pool)
    expect(packed.length).toBeGreaterThan(1_000)
  })

  it.each([BLOCK, END])('are not misled by a magic inside a block (%i)', async (forged) => {
    const packed = streams(20, forged)
    const pool = new Others(2, 4)
    const { text, damaged } = await compare(packed, pool)
    expect([damaged, same(text, (await unpack(streams(20)))[0])]).toEqual([0, true])
    // Every block was cut short by the magic in it, and nothing that began there came of use.
    expect(pool.handed).toBeGreaterThan(30)
    expect(pool.whole).toBe(0)
    expect(pool.mostOut).toBeLessThanOrEqual(4)
  })

  const none = without('bzip2')
  it.skipIf(none)(`are held to the limit of their own stream${none ?? ''}`, async () => {
    // A block of 180,000 octets under a header that allows 100,000.
    const nine = run('bzip2', ['-9', '-c'], likeMrt(180_000, 2))
    nine[3] = 0x31
    const ones = run('bzip2', ['-1', '-c'], likeMrt(180_000, 2))
    const pool = new Others(2, 8)
    const { damaged } = await compare(join8([ones, nine, ones, nine.subarray(0, 5), ones]), pool)
    expect(damaged).toBeGreaterThan(0)
    expect(pool.whole).toBeGreaterThan(3)
  })

  it('that run short say so, and say nothing else than the whole would', () => {
    const { bytes, starts } = bzip2([likeMrt(700, 1), likeMrt(700, 2)], { skewed: true })
    const next = noise(13)
    const tell = (view: DataView, end: number) =>
      decodeBlock(view, starts[0] as number, end, 900_000, scratch)
    const seen = new Set<string>()
    let parts = 0
    for (let round = 0; round < 400; round++) {
      const held = new Uint8Array(bytes.length + SLACK)
      held.set(bytes)
      for (let flips = next(3); flips > 0; flips--) {
        const at = 4 + next((starts[1] as number) >> 3)
        held[at] = (held[at] as number) ^ (1 << next(8))
      }
      const view = new DataView(held.buffer)
      const whole = tell(view, bytes.length * 8)
      seen.add(whole.outcome)
      for (let k = 0; k < 30; k++) {
        const end = next(bytes.length * 8)
        // What stands behind the end is not to be believed.
        const cut = held.slice(0, (end >> 3) + 1 + SLACK)
        for (let i = (end >> 3) + 1; i < cut.length; i++) cut[i] = next(256)
        const part = tell(new DataView(cut.buffer), end)
        if (part.outcome === 'short') continue
        expect(part).toEqual(whole)
        parts++
      }
    }
    expect([...seen].sort()).toEqual(['bad', 'whole', 'wrong'])
    expect(parts).toBeGreaterThan(3_000)
  })

  it('that fail are a fault of the whole', async () => {
    const pool: BlockPool = { width: 2, decode: () => Promise.reject(new Error('out of order')) }
    await expect(unpack(streams(5), pool)).rejects.toThrow('out of order')
  })

  const files = shared('.bz2')
  const skipped = files.length === 0 ? ' [skipped: no ../shared/data]' : undefined
  it.skipIf(skipped)(`give the same of real files${skipped ?? ''}`, async () => {
    const pool = new Others(2, 6)
    for (const path of files) await compare(new Uint8Array(readFileSync(path)), pool)
    expect(pool.whole).toBeGreaterThan(20)
  })
})
