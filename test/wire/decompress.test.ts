import { readFileSync } from 'node:fs'
import { crc32, deflateRawSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { type DecompressReport, decompress, newReport, sniff } from '../../src/wire/decompress.ts'
import { bzip2 } from './bzip2-encoder.ts'
import { join8, likeMrt, noise, run, same, shared, startsWith, without } from './octets.ts'

async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size)
}

async function unpack(packed: Uint8Array, size = 1 << 20): Promise<[Uint8Array, DecompressReport]> {
  const report = newReport()
  const out: Uint8Array[] = []
  for await (const chunk of decompress(chunksOf(packed, size), report)) out.push(chunk)
  return [join8(out), report]
}

const gz = (data: Uint8Array): Uint8Array => new Uint8Array(gzipSync(data))
const sound = { truncated: false, damaged: 0, trailing: false }
const data = likeMrt(200_000, 1)

/** A member with every optional field of RFC 1952 §2.3. */
function ornate(text: Uint8Array): Uint8Array {
  const name = new TextEncoder().encode('updates.20241029.0000\0by a test\0')
  const head = [0x1f, 0x8b, 8, 2 + 4 + 8 + 16, 0, 0, 0, 0, 0, 3, 5, 0, 1, 2, 3, 0, 5, ...name, 7, 7]
  const tail = new DataView(new ArrayBuffer(8))
  tail.setUint32(0, crc32(text), true)
  tail.setUint32(4, text.length, true)
  const body = new Uint8Array(deflateRawSync(text))
  return join8([Uint8Array.from(head), body, new Uint8Array(tail.buffer)])
}

describe('decompress', () => {
  it('tells the format by the first octets', async () => {
    const packings: [DecompressReport['format'], Uint8Array][] = [
      ['gzip', gz(data)],
      ['bzip2', bzip2([data.subarray(0, 5_000)]).bytes],
      ['plain', data],
    ]
    for (const [format, packed] of packings) {
      for (const size of [7, 4_099, 1 << 20]) {
        const [got, report] = await unpack(packed, size)
        expect(same(got, format === 'bzip2' ? data.subarray(0, 5_000) : data)).toBe(true)
        expect(report).toEqual({ format, ...sound, received: packed.length })
      }
    }
    const [nothing, report] = await unpack(new Uint8Array(0))
    expect([nothing.length, report.format, report.truncated]).toEqual([0, 'plain', false])
  })

  it('does not take an MRT file of 11 April 2005 for bzip2', () => {
    const header = Uint8Array.of(0x42, 0x5a, 0x68, 0x39, 0x00, 0x10, 0x00, 0x01)
    expect(new Date(new DataView(header.buffer).getUint32(0) * 1000).getUTCFullYear()).toBe(2005)
    expect(sniff(header)).toBe('plain')
    expect(sniff(bzip2([]).bytes)).toBe('bzip2')
  })

  it('reads members behind one another, of any size, with any header', async () => {
    const parts = [data, new Uint8Array(0), data.subarray(0, 1), data.subarray(5, 70_000)]
    const packed = join8(parts.map((part, i) => (i % 2 ? ornate(part) : gz(part))))
    for (const size of [1, 1_000, packed.length]) {
      const [got, report] = await unpack(packed, size)
      expect(same(got, join8(parts))).toBe(true)
      expect(report).toMatchObject(sound)
    }
  })

  it('loses nothing to a consumer that takes its time', async () => {
    // Three slices: the last is inflated while the one before it is being looked at.
    const random = noise(2)
    const text = Uint8Array.from({ length: 300_000 }, () => random(256))
    const out: Uint8Array[] = []
    for await (const chunk of decompress(chunksOf(gz(text), 1 << 20))) {
      await new Promise((next) => setTimeout(next, 20))
      out.push(chunk)
    }
    expect(same(join8(out), text)).toBe(true)
  })

  it('tolerates padding and garbage behind the last member without losing text', async () => {
    const padded = join8([gz(data), new Uint8Array(70_000), gz(data), new Uint8Array(3)])
    const [twice, report] = await unpack(padded, 997)
    expect(same(twice, join8([data, data]))).toBe(true)
    expect(report).toMatchObject(sound)
    for (const tail of ['x', 'not a member at all', '\0\0\0then this']) {
      const [got, after] = await unpack(join8([gz(data), new TextEncoder().encode(tail)]))
      expect(same(got, data)).toBe(true)
      expect(after).toMatchObject({ ...sound, trailing: true })
    }
  })

  it('gives a beginning of the whole wherever gzip is cut', async () => {
    const text = likeMrt(3_000, 2)
    for (const packed of [gz(text), ornate(text), join8([gz(text), gz(text)])]) {
      const [all] = await unpack(packed)
      const seam = packed.length > 1.5 * gz(text).length ? packed.length / 2 : -1
      let before = 0
      for (let cut = 2; cut < packed.length; cut++) {
        const [got, report] = await unpack(packed.subarray(0, cut), 50)
        expect([cut, startsWith(all, got), report.damaged]).toEqual([cut, true, 0])
        expect([cut, report.truncated]).toEqual([cut, cut !== seam])
        expect(got.length).toBeGreaterThanOrEqual(before)
        before = got.length
      }
      // Everything but the trailer was there: no octet of text may be missing.
      expect(before).toBe(all.length)
    }
  })

  it('gives all text when only the CRC or the length is wrong, and goes on', async () => {
    for (const at of [8, 4]) {
      const bad = gz(data)
      bad[bad.length - at] = (bad[bad.length - at] as number) ^ 1
      const [got, report] = await unpack(join8([bad, gz(data)]))
      expect(same(got, join8([data, data]))).toBe(true)
      expect(report).toMatchObject({ ...sound, damaged: 1 })
    }
  })

  it('gives what came before damage, less one slice', async () => {
    const long = Uint8Array.from({ length: 1_000_000 }, noise(3).bind(null, 256))
    const bad = gz(long)
    // Stored blocks begin with a length and its complement; a false one cannot be read on.
    const middle = bad.length >> 1
    bad.fill(0xff, middle, middle + 100_000)
    const [got, report] = await unpack(bad)
    expect(report.damaged).toBe(1)
    expect(got.length).toBeGreaterThan(middle - 140_000)
    expect(startsWith(got, long.subarray(0, middle - 140_000))).toBe(true)
  })

  it('neither throws nor hangs on noise, whatever it begins with', async () => {
    const next = noise(11)
    const heads = [gz(data), ornate(data), bzip2([data.subarray(0, 900)]).bytes]
    let unsound = 0
    for (let round = 0; round < 300; round++) {
      const packed = Uint8Array.from({ length: 200 + next(3_000) }, () => next(256))
      const head = heads[round % 3] as Uint8Array
      packed.set(head.subarray(0, 5 + next(150)))
      const [, report] = await unpack(packed, 1 + next(500))
      if (report.truncated || report.damaged > 0) unsound++
    }
    expect(unsound).toBe(300)
  })

  it('lets the input go when the consumer stops early, and passes its errors on', async () => {
    for (const packed of [gz(data), bzip2([data.subarray(0, 900)]).bytes, data]) {
      let closed = false
      async function* input(): AsyncGenerator<Uint8Array> {
        try {
          for (;;) yield packed
        } finally {
          closed = true
        }
      }
      for await (const chunk of decompress(input())) {
        expect(chunk.length).toBeGreaterThan(0)
        break
      }
      expect(closed).toBe(true)
      async function* broken(): AsyncGenerator<Uint8Array> {
        yield packed
        throw new Error('disk on fire')
      }
      const reading = (async () => {
        for await (const chunk of decompress(broken())) expect(chunk.length).toBeGreaterThan(0)
      })()
      await expect(reading).rejects.toThrow('disk on fire')
    }
  })

  const none = without('gzip')
  const files = shared('.gz')
  const skipped = none ?? (files.length === 0 ? ' [skipped: no ../shared/data]' : undefined)
  it.skipIf(skipped)(`agrees with gzip on all real files${skipped ?? ''}`, async () => {
    for (const path of files) {
      const [got, report] = await unpack(new Uint8Array(readFileSync(path)))
      expect([path, same(got, run('gzip', ['-dc', path]))]).toEqual([path, true])
      expect(report).toMatchObject({ format: 'gzip', ...sound })
    }
    expect(files.length).toBe(23)
  })
})
