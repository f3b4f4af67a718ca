import { expect, test } from 'vitest'
import { BMP_LONGEST, BmpFrames } from '../../src/wire/bmp-frames.ts'

const message = (octets: number, fill = 7) => {
  const out = new Uint8Array(6 + octets).fill(fill)
  out[0] = 3
  new DataView(out.buffer).setUint32(1, out.length)
  return out
}
const all = (frames: BmpFrames) => {
  const out: [number, number][] = []
  while (frames.next()) out.push([frames.offset(frames.at), frames.stop - frames.at])
  return out
}

test('messages are the same however the stream is cut', () => {
  const sizes = [0, 70, 30_000, 1, 0, 500]
  const stream = Buffer.concat(sizes.map((size) => message(size)))
  const whole = new BmpFrames()
  whole.push(stream)
  const expected = all(whole)
  expect(expected.map(([, size]) => size - 6)).toEqual(sizes)
  for (const chunk of [1, 7, 4_096]) {
    const frames = new BmpFrames()
    const got: [number, number][] = []
    for (let at = 0; at < stream.length; at += chunk) {
      frames.push(stream.subarray(at, at + chunk))
      got.push(...all(frames))
    }
    expect(got).toEqual(expected)
    expect(frames.left).toBe(0)
  }
})

test.each([
  ['an older version', [1, 0, 0, 0, 6, 0], /version 1/],
  ['a newer version (it is a draft yet)', [4, 0, 0, 0, 6, 0], /version 4/],
  ['a length shorter than its header', [3, 0, 0, 0, 5, 0], /of 5 octets/],
  ['a length that cannot be', [3, 0xff, 0xff, 0xff, 0xff, 0], /octets/],
])('%s ends the stream', (_, octets, why) => {
  const frames = new BmpFrames()
  frames.push(Buffer.concat([message(3), Uint8Array.from(octets), message(3)]))
  expect(all(frames).length).toBe(1)
  expect(frames.lost).toMatch(why)
  frames.push(message(3))
  expect(frames.next()).toBe(false)
})

test('one that never ends is held up to the longest there can be', () => {
  const frames = new BmpFrames()
  const head = message(BMP_LONGEST - 6).subarray(0, 6)
  frames.push(head)
  for (let i = 0; i < 16; i++) {
    frames.push(new Uint8Array(BMP_LONGEST / 16 - 1))
    expect(frames.next()).toBe(false)
  }
  expect(frames.bytes.length).toBeLessThanOrEqual(2 * BMP_LONGEST)
  frames.push(new Uint8Array(10))
  expect(frames.next()).toBe(true)
})
