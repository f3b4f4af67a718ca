import { expect, test } from 'vitest'
import { sortByTime } from '../../src/clock/sort.ts'
import { Dice } from '../../src/scenario/dice.ts'

function sorted(at: number[], rank: number[], chosen = at.map((_, m) => m)): number[] {
  const order = new Int32Array(at.length + 3).fill(-7)
  order.set(chosen)
  const scratch = new Int32Array(order.length)
  const times = Float64Array.from(at)
  sortByTime(order, chosen.length, times, (m) => rank[m] as number, scratch)
  // What lies behind is not touched.
  expect([...order.subarray(chosen.length)]).toEqual(Array(order.length - chosen.length).fill(-7))
  return [...order.subarray(0, chosen.length)]
}

test('by instant, then by speaker, then as they came', () => {
  expect(sorted([], [])).toEqual([])
  expect(sorted([5], [0])).toEqual([0])
  expect(sorted([1, 2, 3], [0, 0, 0])).toEqual([0, 1, 2])
  expect(sorted([3, 2, 1], [0, 0, 0])).toEqual([2, 1, 0])
  expect(sorted([7, 7, 7, 7], [1, 0, 1, 0])).toEqual([1, 3, 0, 2])
  // Some of the messages have been left out before.
  expect(sorted([9, 1, 8, 2], [0, 0, 0, 0], [0, 2, 3])).toEqual([3, 2, 0])
})

test('agrees with a plain stable sort', () => {
  const dice = new Dice('sort')
  let ties = 0
  for (let round = 0; round < 400; round++) {
    const n = dice.int(0, 60)
    // Nearly sorted like a file, or in no order at all.
    const wild = dice.chance(0.3)
    const at = Array.from({ length: n }, (_, i) => (wild ? 0 : i >> 2) + dice.int(0, 6))
    const rank = at.map(() => dice.int(0, 3))
    const plain = at.map((_, m) => m)
    plain.sort((a, b) => {
      const by = (at[a] as number) - (at[b] as number) || (rank[a] as number) - (rank[b] as number)
      if (by === 0) ties++
      return by || a - b
    })
    expect(sorted(at, rank)).toEqual(plain)
  }
  expect(ties).toBeGreaterThan(1_000)
})
