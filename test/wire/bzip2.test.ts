import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Bunzip } from '../../src/wire/bzip2.ts'
import { findMagic, SLACK } from '../../src/wire/bzip2-bits.ts'
import { bzip2 } from './bzip2-encoder.ts'
import { join8, likeMrt, noise, run, same, shared, startsWith, without } from './octets.ts'

function decode(packed: Uint8Array, chunk = packed.length || 1): [Uint8Array, Bunzip] {
  const decoder = new Bunzip()
  const out: Uint8Array[] = []
  const drain = (last: boolean): void => {
    for (let text = decoder.next(last); text !== null; text = decoder.next(last)) {
      if (text instanceof Promise) throw new Error('there is nobody to wait for')
      out.push(...text)
    }
  }
  for (let at = 0; at < packed.length; ) {
    at += decoder.take(packed.subarray(at, Math.min(at + chunk, packed.length)))
    drain(false)
  }
  drain(true)
  return [join8(out), decoder]
}

const whole = { damaged: 0, truncated: false, trailing: false }
const text = (s: string): Uint8Array => new TextEncoder().encode(s)
const unbase64 = (s: string): Uint8Array => new Uint8Array(Buffer.from(s, 'base64'))

describe('bzip2', () => {
  it('reads what the system tool wrote', () => {
    const line = 'BGP says where, traffic says how much. aaaa bbbbbbbbbbbb \n'
    const [lines, a] = decode(
      unbase64(
        'QlpoOTFBWSZTWYSTyK4AAErXgEBQQAUQgEAAO2KeoCAAkCg0aNBkBoFKqGQaMIGjsmSYpgnRMU9pumaZp3TBNE2T' +
          'NNE1TVVonxOpNlXJPSbpimSdE9pqmydU5JwTFN01T8TBVun5OKZE/i7kinChIQknkVw=',
      ),
    )
    expect(new TextDecoder().decode(lines)).toBe(line.repeat(10))
    expect(a).toMatchObject(whole)
    const [zeros, b] = decode(
      unbase64('QlpoOTFBWSZTWabi8/QAJkvAAsAACAAACCAAMMwFKaapEUbAoijxdyRThQkKbi8/QA=='),
    )
    expect([zeros.length, zeros.some((octet) => octet !== 0)]).toEqual([5_000_000, false])
    expect(b).toMatchObject(whole)
  })

  it('reads runs, single octets, every octet and periods of its own making', () => {
    const all = Uint8Array.from({ length: 256 }, (_, i) => i)
    const cases = [all, text('abab'.repeat(50)), text('a'), text('ab'), likeMrt(4_000, 3)]
    for (const n of [3, 4, 5, 7, 8, 9, 258, 259, 260, 263, 518, 3_000]) {
      cases.push(new Uint8Array(n).fill(n), text(`x${'y'.repeat(n)}z`), text('pq'.repeat(n)))
    }
    for (const data of cases) {
      for (const skewed of [false, true]) {
        const [got, decoder] = decode(bzip2([data], { skewed }).bytes)
        expect(got).toEqual(data)
        expect(decoder).toMatchObject(whole)
      }
    }
    expect(cases.length).toBe(41)
  })

  it('reads blocks of any alignment, streams behind one another, and chunks of any size', () => {
    const blocks = Array.from({ length: 12 }, (_, i) => likeMrt(100 + 37 * i, i + 1))
    const first = bzip2(blocks.slice(0, 8), { skewed: true })
    expect(new Set(first.starts.map((bit) => bit & 7)).size).toBeGreaterThan(4)
    const packed = join8([first.bytes, bzip2([]).bytes, bzip2(blocks.slice(8)).bytes])
    for (const chunk of [1, 3, 1_000, packed.length]) {
      const [got, decoder] = decode(packed, chunk)
      expect(same(got, join8(blocks))).toBe(true)
      expect(decoder).toMatchObject(whole)
    }
  })

  it('gives every whole block before a cut, wherever the cut is', () => {
    const blocks = [1, 2, 3].map((seed) => likeMrt(300, seed))
    const { bytes, starts } = bzip2(blocks)
    for (let cut = 0; cut < bytes.length; cut++) {
      const [got, decoder] = decode(bytes.subarray(0, cut))
      const complete = starts.slice(1).filter((bit) => bit <= cut * 8).length
      // A block that ends in the middle of the last octet is whole as well.
      expect(same(got, join8(blocks.slice(0, complete)))).toBe(true)
      expect([cut, decoder.truncated, decoder.damaged]).toEqual([cut, true, 0])
    }
    const second = join8([bytes, bytes.subarray(0, 2)])
    expect(decode(second)[1]).toMatchObject({ truncated: true, damaged: 0 })
    expect(bytes.length).toBeGreaterThan(300)
  })

  it('loses only the block that an octet is wrong in, wherever that octet is', () => {
    const blocks = [1, 2, 3, 4].map((seed) => likeMrt(200, seed))
    const { bytes, starts } = bzip2(blocks)
    let counted = 0
    for (let at = 4; at < bytes.length; at++) {
      const bad = bytes.slice()
      bad[at] = (bad[at] as number) ^ 0xff
      const touched = starts.findLastIndex((bit) => bit < at * 8 + 8)
      const kept = blocks.filter((_, i) => i !== touched)
      // The octet where two blocks meet belongs to both.
      const both = touched > 0 && (starts[touched] as number) > at * 8
      const [got, decoder] = decode(bad)
      if (!both) expect([at, same(got, join8(kept))]).toEqual([at, true])
      else expect(same(got, join8(kept.filter((_, i) => i !== touched - 1)))).toBe(true)
      expect(decoder.damaged).toBeGreaterThan(0)
      counted++
    }
    expect(counted).toBe(bytes.length - 4)
  })

  it('counts a block with a false CRC once and goes on behind it', () => {
    const blocks = [1, 2, 3].map((seed) => likeMrt(200, seed))
    const { bytes, starts } = bzip2(blocks)
    const at = ((starts[1] as number) + 48 + 16) >> 3
    bytes[at] = (bytes[at] as number) ^ 1
    const [got, decoder] = decode(bytes)
    expect(same(got, join8([blocks[0] as Uint8Array, blocks[2] as Uint8Array]))).toBe(true)
    expect(decoder).toMatchObject({ damaged: 1, truncated: false })
  })

  it('sees that the CRC of the whole stream is wrong', () => {
    const { bytes } = bzip2([likeMrt(100, 1)])
    const at = bytes.length - 3
    bytes[at] = (bytes[at] as number) ^ 1
    expect(decode(bytes)[1]).toMatchObject({ damaged: 1, truncated: false })
  })

  it('ignores what follows the last stream, and finds a stream behind padding', () => {
    const data = likeMrt(300, 1)
    const { bytes } = bzip2([data])
    for (const tail of [new Uint8Array(1_000), text('garbage'), text('BZ is no header')]) {
      const [got, decoder] = decode(join8([bytes, tail]))
      expect(same(got, data)).toBe(true)
      expect(decoder).toMatchObject({ damaged: 0, truncated: false, trailing: true })
    }
    const [both, decoder] = decode(join8([bytes, new Uint8Array(512), bytes]))
    expect(same(both, join8([data, data]))).toBe(true)
    expect(decoder).toMatchObject({ damaged: 0, truncated: false })
  })

  it('neither throws nor hangs on noise', () => {
    const next = noise(7)
    const { bytes } = bzip2([likeMrt(500, 9)])
    let damaged = 0
    for (let round = 0; round < 300; round++) {
      const packed = Uint8Array.from({ length: next(3_000) }, () => next(256))
      // Headers that lead deeper and deeper into the decoder.
      packed.set(bytes.subarray(0, Math.min(next(120), packed.length)))
      const [got, decoder] = decode(packed, 1 + next(700))
      expect(got.length).toBe(0)
      if (decoder.damaged > 0 || decoder.truncated) damaged++
    }
    expect(damaged).toBe(300)
  })

  it('finds a magic at every bit', () => {
    for (const magic of [0x314159265359, 0x177245385090]) {
      for (let bit = 0; bit < 64; bit++) {
        const digits = magic
          .toString(2)
          .padStart(48, '0')
          .padStart(48 + bit, '0')
          .padEnd(160, '0')
        const bytes = new Uint8Array(20 + SLACK)
        for (let i = 0; i < 20; i++) bytes[i] = Number.parseInt(digits.slice(i * 8, i * 8 + 8), 2)
        const view = new DataView(bytes.buffer)
        expect(findMagic(view, 0, 160)).toBe(bit)
        expect(findMagic(view, bit, bit + 48)).toBe(bit)
        expect(findMagic(view, bit + 1, 160)).toBe(-1)
        expect(findMagic(view, 0, bit + 47)).toBe(-1)
      }
    }
  })

  const none = without('bzip2')
  it.skipIf(none)(`agrees with the system tool on blocks of every level${none ?? ''}`, () => {
    const data = likeMrt(1_300_000, 5)
    for (const level of ['-1', '-4', '-9']) {
      const packed = run('bzip2', [level, '-c'], data)
      const [got, decoder] = decode(packed, 100_000)
      expect(same(got, data)).toBe(true)
      expect(decoder).toMatchObject(whole)
    }
  })

  it.skipIf(none)(`resyncs in long blocks and keeps both ends${none ?? ''}`, () => {
    const data = likeMrt(3_000_000, 6)
    const packed = run('bzip2', ['-1', '-c'], data)
    packed[packed.length >> 1] = (packed[packed.length >> 1] as number) ^ 0x55
    const [got, decoder] = decode(packed, 65_536)
    expect(decoder).toMatchObject({ damaged: 1, truncated: false })
    expect(data.length - got.length).toBeGreaterThan(0)
    expect(same(got.subarray(0, 100_000), data.subarray(0, 100_000))).toBe(true)
    expect(same(got.subarray(-100_000), data.subarray(-100_000))).toBe(true)
  })

  const files = shared('.bz2')
  const skipped = none ?? (files.length === 0 ? ' [skipped: no ../shared/data]' : undefined)
  it.skipIf(skipped)(`agrees with the system tool on all real files${skipped ?? ''}`, () => {
    for (const path of files) {
      const cut = path.includes('truncated')
      const want = run('bzip2', ['-dc', path])
      const [got, decoder] = decode(new Uint8Array(readFileSync(path)), 1 << 20)
      expect([path, decoder.damaged, decoder.truncated]).toEqual([path, 0, cut])
      // The tool drops what its last buffer held when the input is cut; we do not.
      expect([path, cut ? startsWith(got, want) : same(got, want)]).toEqual([path, true])
    }
    expect(files.length).toBe(6)
  })
})
