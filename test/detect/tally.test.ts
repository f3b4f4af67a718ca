import { expect, test } from 'vitest'
import { Tally } from '../../src/detect/tally.ts'
import { Dice } from '../../src/scenario/dice.ts'

test('counts as a Map does, past any growth, with keys of up to 52 bits', () => {
  const tally = new Tally()
  const map = new Map<number, number>()
  const dice = new Dice('tally')
  for (let i = 0; i < 50_000; i++) {
    // Half of them share their lower half, half their upper.
    const few = Math.floor(dice.float() * 8_000)
    const key = i % 2 ? few * 2 ** 32 + 7 : few
    tally.add(key)
    map.set(key, (map.get(key) ?? 0) + 1)
  }
  expect(tally.size).toBe(map.size)
  expect(map.size).toBeGreaterThan(8_192)
  for (const [key, n] of map) expect(tally.get(key)).toBe(n)
  expect([tally.get(2 ** 52 - 1), tally.get(8_001), tally.dropped]).toEqual([0, 0, 0])
})

test('keys beyond the limit are counted as dropped; those it has go on', () => {
  const tally = new Tally(3)
  for (const key of [0, 1, 2, 3, 4, 1]) tally.add(key)
  expect([0, 1, 2, 3, 4].map((key) => tally.get(key))).toEqual([1, 2, 1, 0, 0])
  expect([tally.size, tally.dropped]).toEqual([3, 2])
})
