import { expect, test } from 'vitest'
import { parseAddress } from '../../src/core/prefix.ts'
import { VantagePoints } from '../../src/core/vantage.ts'

function number(points: VantagePoints, address: string, asn: number): number {
  const { words, afi } = parseAddress(address) ?? { words: [0, 0, 0, 0] as const, afi: 4 }
  return points.intern(points.collector('rrc00'), ...words, asn, afi)
}

test('who is ignored gets no number, and is not counted as refused', () => {
  const points = new VantagePoints(['AS64500', '192.0.2.1/32', '198.51.100.0/24', '2001:db8::/32'])
  for (const [address, asn] of [
    ['203.0.113.1', 64_500],
    ['192.0.2.1', 64_501],
    ['198.51.100.77', 64_501],
    ['2001:db8:1::1', 64_501],
    ['::ffff:192.0.2.1', 64_501],
  ] as const) {
    expect([address, number(points, address, asn)]).toEqual([address, -2])
    expect(number(points, address, asn)).toBe(-2)
  }
  expect([points.list.length, points.dropped]).toEqual([0, 0])
  for (const [i, address] of ['192.0.2.2', '198.51.101.1', '2001:db9::1', '::c000:201'].entries())
    expect([address, number(points, address, 64_501)]).toEqual([address, i])
  expect(number(points, '192.0.2.2', 64_501)).toBe(0)
})

test('nobody is ignored by default, and what is neither number nor prefix is a fault of ours', () => {
  expect(number(new VantagePoints(), '192.0.2.1', 64_500)).toBe(0)
  expect(() => new VantagePoints(['192.0.2.1'])).toThrow(RangeError)
})
