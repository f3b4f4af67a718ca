import { expect, test } from 'vitest'
import { Dice } from '../../src/scenario/dice.ts'
import { Origins } from '../../src/table/origins.ts'

test('the majority wins, whatever the order and however many have spoken', () => {
  const dice = new Dice('origins')
  for (let round = 0; round < 200; round++) {
    const origins = new Origins()
    const many = dice.int(1, 900)
    const few = dice.int(0, many - 1)
    const votes = [...Array<number>(many).fill(64_500), ...Array<number>(few).fill(64_501)]
    for (const origin of round % 4 === 0 ? votes : dice.shuffle(votes)) origins.vote(7, origin)
    expect(origins.of[7]).toBe(64_500)
    expect(origins.prefixesOf(64_500)).toEqual([7])
    expect(origins.prefixesOf(64_501)).toEqual([])
  }
})

test('a prefix is in the list of its origin and in no other', () => {
  const dice = new Dice('lists')
  const origins = new Origins()
  origins.grow(5_000)
  const plain = new Map<number, number>()
  const asns = [1, 2, 3, 4_200_000_000]
  for (let i = 0; i < 5_000; i++) {
    const prefix = dice.int(0, 99)
    const asn = dice.pick([...asns, 0])
    origins.assign(prefix, asn | 0)
    plain.set(prefix, asn)
    if (i % 100 !== 0) continue
    for (const of of asns) {
      const want = [...plain].filter(([, a]) => a === of).map(([p]) => p)
      expect([...origins.prefixesOf(of)].sort((a, b) => a - b)).toEqual(want.sort((a, b) => a - b))
    }
  }
})

test('growth keeps origins and how firmly they sit', () => {
  const origins = new Origins()
  for (let i = 0; i < 3; i++) origins.vote(4_095, 5)
  origins.grow(4_097)
  for (let i = 0; i < 3; i++) origins.vote(4_095, 6)
  expect(origins.of[4_095]).toBe(5)
  origins.vote(4_095, 6)
  expect(origins.of[4_095]).toBe(6)
})

test('who is watched has what it announces, however many say otherwise', () => {
  for (const votes of [
    [1, 1, 1, 2, 1, 1],
    [2, 1, 1, 1],
    [1, 2],
  ]) {
    const origins = new Origins((asn) => asn >= 2 && asn < 4)
    for (const origin of votes) origins.vote(7, origin)
    expect([origins.of[7], origins.prefixesOf(1), origins.prefixesOf(2)]).toEqual([2, [], [7]])
    // Among those who are watched the majority wins.
    for (let i = 0; i < 9; i++) origins.vote(7, 3)
    expect(origins.of[7]).toBe(3)
  }
})

test('prefixes that the starting table had of several origins are remembered with all of them', () => {
  const origins = new Origins((asn) => asn === 9)
  for (const origin of [5, 5, 6, 5, 7]) origins.seeded(1, origin)
  origins.seeded(2, 5)
  for (const origin of [9, 5]) origins.seeded(3, origin)
  expect([5, 6, 7, 8].map((asn) => origins.had(1, asn))).toEqual([true, true, true, false])
  expect(origins.had(2, 5)).toBe(false)
  // Whoever is watched has it, and the other is ordinary all the same.
  expect([origins.of[3], origins.had(3, 5)]).toEqual([9, true])
})
