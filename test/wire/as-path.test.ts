import { describe, expect, it } from 'vitest'
import { parsePath, pathText } from '../../src/core/path.ts'
import { Bytes } from '../../src/scenario/bytes.ts'
import { appendPath } from '../../src/wire/as-path.ts'

/** `2: 1 2 3` is an AS_SEQUENCE; several segments are parted by `;`. */
function segments(text: string, width: 2 | 4): Uint8Array {
  const out = new Bytes()
  for (const segment of text.split(';').filter(Boolean)) {
    const [type, list = ''] = segment.split(':')
    const asns = list.split(' ').filter(Boolean).map(Number)
    out.u8(Number(type)).u8(asns.length)
    for (const asn of asns) width === 4 ? out.u32(asn) : out.u16(asn)
  }
  return out.bytes()
}

/** AS_PATH and perhaps AS4_PATH, in the midst of other octets; the text, or undefined if refused. */
function read(path: Uint8Array, as4: boolean, path4?: Uint8Array): string | undefined {
  const around = new Uint8Array(7).fill(0xee)
  const bytes = Uint8Array.from([...around, ...path, ...around, ...(path4 ?? [])])
  const view = new DataView(bytes.buffer)
  const from = around.length
  const end = from + path.length
  const from4 = path4 ? end + around.length : -1
  const out = new Int32Array(4_096).fill(-7)
  const start = 3
  const words = appendPath(view, from, end, as4, from4, bytes.length, out, start)
  expect([...out.subarray(0, start)]).toEqual([-7, -7, -7])
  if (words < 0) return undefined
  expect(out[start + words]).toBe(-7)
  return pathText(out, start, words)
}

const plain4 = (text: string) => read(segments(text, 4), true)
const plain2 = (text: string) => read(segments(text, 2), false)

describe('AS_PATH', () => {
  it('reads sequences of two-octet and four-octet ASNs', () => {
    expect(plain4('2:701 4200000001 64500')).toBe('701 4200000001 64500')
    expect(plain2('2:701 174 64500')).toBe('701 174 64500')
    expect(plain4('')).toBe('')
    expect(plain2('')).toBe('')
  })

  it('joins sequences, as paths of more than 255 ASNs are written', () => {
    expect(plain4('2:1 2;2:3')).toBe('1 2 3')
    const long = Array.from({ length: 600 }, (_, i) => i + 1)
    const text = [0, 255, 510].map((i) => `2:${long.slice(i, i + 255).join(' ')}`).join(';')
    expect(plain4(text)).toBe(long.join(' '))
    expect(plain2(text)).toBe(long.join(' '))
  })

  it('keeps sets and confederations apart', () => {
    expect(plain4('2:1 2;1:3 4')).toBe('1 2 {3,4}')
    expect(plain4('1:3')).toBe('{3}')
    expect(plain4('3:65001 65002;2:7;1:8 9;2:10')).toBe('(65001 65002) 7 {8,9} 10')
    expect(plain2('4:65001 65002;2:7')).toBe('[65001,65002] 7')
  })

  it('writes the words that core/path.ts reads from the same text', () => {
    for (const text of ['1 2 3', '1 {2,3}', '(1 2) 3 {4}', '[1,2] 3']) {
      const words: number[] = []
      expect(parsePath(text, words)).toBe(true)
      expect(pathText(Int32Array.from(words), 0, words.length)).toBe(text)
    }
    const out = new Int32Array(16)
    const bytes = segments('2:1 2;1:3 4', 4)
    const words = appendPath(new DataView(bytes.buffer), 0, bytes.length, true, -1, 0, out, 0)
    const expected: number[] = []
    parsePath('1 2 {3,4}', expected)
    expect([...out.subarray(0, words)]).toEqual(expected)
  })

  it('does not take a leading ASN 0 for the mark of the segmented form', () => {
    expect(plain4('2:0 5')).toBe('0 5')
    expect(plain2('2:0')).toBe('0')
    expect(plain4('2:5 0 6')).toBe('5 0 6')
  })

  it('refuses empty segments, unknown types and segments cut short (RFC 7606 §7.2)', () => {
    for (const text of ['2:', '2:1;2:', '2:1;9:2', '9:1', '0:1', '5:1', '1:;2:4'])
      expect([text, plain4(text), plain2(text)]).toEqual([text, undefined, undefined])
    const whole = segments('2:1 2 3;1:4 5', 4)
    for (let cut = 1; cut < whole.length; cut++)
      expect([cut, read(whole.subarray(0, cut), true)]).toEqual([
        cut,
        cut === 14 ? '1 2 3' : undefined,
      ])
    expect(read(Uint8Array.of(2), true)).toBe(undefined)
  })
})

describe('AS4_PATH merged into AS_PATH (RFC 6793 §4.2.3)', () => {
  const merge = (path: string, path4: string) => read(segments(path, 2), false, segments(path4, 4))

  it('keeps the leading hops of old speakers', () => {
    expect(merge('2:701 23456 23456', '2:4200000001 4200000002')).toBe('701 4200000001 4200000002')
    expect(merge('2:23456', '2:4200000001')).toBe('4200000001')
    expect(merge('2:1 2;2:3 23456', '2:3 70000')).toBe('1 2 3 70000')
  })

  it('ignores an AS4_PATH longer than AS_PATH, an empty and a malformed one', () => {
    expect(merge('2:1 23456', '2:5 6 70000')).toBe('1 23456')
    expect(merge('2:1 23456', '')).toBe('1 23456')
    expect(merge('2:1 23456', '9:70000')).toBe('1 23456')
    expect(merge('2:1 23456', '2:')).toBe('1 23456')
    expect(read(segments('2:1 23456', 2), false, Uint8Array.of(2, 1, 0))).toBe('1 23456')
  })

  it('counts a set as one and confederations as nothing', () => {
    expect(merge('2:1 23456;1:7 8 9', '2:70000;1:7 80000 9')).toBe('1 70000 {7,80000,9}')
    expect(merge('2:1;1:5 6;2:23456', '2:70000')).toBe('1 {5,6} 70000')
    expect(merge('3:65001;2:1 23456', '2:70000')).toBe('(65001) 1 70000')
    // The leading confederation is kept even when nothing else is.
    expect(merge('3:65001;4:65002;2:23456 23456', '2:70000 70001')).toBe(
      '(65001) [65002] 70000 70001',
    )
    // One that stands behind a prepended segment stays with it, one further down is replaced.
    expect(merge('2:1;3:65001;2:23456', '2:70000')).toBe('1 (65001) 70000')
    expect(merge('2:1 23456;3:65001;2:3', '2:70000 3')).toBe('1 70000 3')
  })

  it('drops confederation segments inside AS4_PATH', () => {
    expect(merge('2:1 23456 3', '3:65001;2:70000 3')).toBe('1 70000 3')
    expect(merge('2:1 23456', '3:65001')).toBe('1 23456')
  })

  it('still refuses a malformed AS_PATH', () => {
    expect(merge('2:', '2:70000')).toBe(undefined)
    expect(merge('7:1 2', '2:70000')).toBe(undefined)
  })
})
