import { expect, test } from 'vitest'
import { ByNumber } from '../../src/core/by-number.ts'
import { Dice } from '../../src/scenario/dice.ts'

test('says the same as a map', () => {
  const dice = new Dice('numbers')
  const numbers = new ByNumber<string>()
  const map = new Map<number, string>()
  for (let step = 0; step < 20_000; step++) {
    const key = dice.int(0, 2_000)
    if (dice.chance(0.6)) {
      numbers.set(key, `${step}`)
      map.set(key, `${step}`)
    } else expect(numbers.delete(key)).toBe(map.delete(key))
    expect(numbers.size).toBe(map.size)
    const asked = dice.int(0, 4_000)
    expect(numbers.get(asked)).toBe(map.get(asked))
  }
  expect([...numbers.keys()].sort()).toEqual([...map.keys()].sort())
  const seen = new Map<number, string>()
  numbers.each((key, value) => seen.set(key, value))
  expect(seen).toEqual(map)
})

test('what is visited may be taken out', () => {
  const numbers = new ByNumber<number>()
  for (const key of [5, 3, 70_000]) numbers.set(key, key)
  numbers.each((key) => numbers.delete(key))
  expect([numbers.size, [...numbers.keys()], numbers.get(3)]).toEqual([0, [], undefined])
})
