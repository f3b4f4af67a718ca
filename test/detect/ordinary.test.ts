import { expect, test } from 'vitest'
import { Ordinary } from '../../src/detect/ordinary.ts'

test('median and deviations, which one wild bin does not move', () => {
  const usual = new Ordinary()
  for (const x of [10, 12, 14, 10_000, 8]) usual.add(x)
  expect([usual.median, usual.bins]).toEqual([12, 5])
  // MAD 2, hence sigma 2.9652, and one.
  expect(usual.z(12 + 8 * 3.9652)).toBeCloseTo(8)
})

test('a day is remembered, and no more', () => {
  const usual = new Ordinary()
  for (let i = 0; i < 400; i++) usual.add(i < 200 ? 0 : 5)
  expect([usual.bins, usual.median]).toEqual([288, 5])
  expect(new Ordinary().z(3)).toBe(3)
})
