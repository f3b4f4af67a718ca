import { describe, expect, test } from 'vitest'
import { ElementCount, readTimes, unsteady } from '../../src/bench/peer.ts'

const text = `BGP4MP|1282898400|A|198.51.100.1|64496|203.0.113.0/24|64496 174|IGP|198.51.100.1|0|0||NAG||
BGP4MP_ET|1282898400.123456|W|198.51.100.1|64496|203.0.113.0/24
BGP4MP|1282898401|STATE|198.51.100.1|64496|5|6
BGP4MP|1282898402|A|2001:db8::1|64497|2001:db8:A::/48|A|W|
`

describe('elements of bgpdump', () => {
  test('are announcements and withdrawals, not changes of state', () => {
    const count = new ElementCount()
    count.push(Buffer.from(text))
    expect(count.elements).toBe(3)
  })

  test('however the text is cut', () => {
    for (let cut = 0; cut <= text.length; cut++) {
      const count = new ElementCount()
      count.push(Buffer.from(text.slice(0, cut)))
      count.push(Buffer.from(text.slice(cut)))
      expect(count.elements).toBe(3)
    }
  })
})

test('the time of children, as the shells write it', () => {
  expect(readTimes('0m0.00s 0m0.00s\n0m7.61s 0m0.08s\n')).toBeCloseTo(7.69)
  expect(readTimes('0m0,004s 0m0,000s\n1m2,500s 0m0,500s\n')).toBeCloseTo(63)
  expect(readTimes('')).toBeNaN()
})

test('a peer that runs unsteadily, or not at all, is not compared with', () => {
  const runs = (...cpu: number[]) => cpu.map((seconds) => ({ cpu: seconds, wall: 1 }))
  expect(unsteady(runs(10, 12, 14), 'cpu')).toBeNull()
  expect(unsteady(runs(14, 10, 13), 'cpu')).toMatch(/bgpdump differ by 30 %/)
  expect(unsteady(runs(14, 10, 13), 'wall')).toBeNull()
  expect(unsteady(runs(7), 'cpu')).toBeNull()
  expect(unsteady([], 'cpu', 'pigz')).toMatch(/pigz could not be measured/)
  expect(unsteady(runs(Number.NaN, Number.NaN), 'cpu')).toMatch(/not be measured/)
})
