import { expect, test } from 'vitest'
import { hours, minutes } from '../../src/core/time.ts'
import { Newcomers } from '../../src/verdict/newcomers.ts'
import { view } from '../detect/view.ts'

/** Those of `there` are held by somebody; those of `ordinary` ordinarily are. */
const table = (there: readonly number[], ordinary: readonly number[] = []) =>
  view({
    baseline: 'rib',
    visible: (prefix: number) => (there.includes(prefix) ? 5 : 0),
    reference: (prefix: number) => (ordinary.includes(prefix) ? 5 : 0),
  })

test('what was there at the first look is ordinary, what turns up later is new for a day', () => {
  const all = new Newcomers()
  expect([...all.look(table([1], [1]), 7000, [1, 2], 0)]).toEqual([])
  const both = table([1, 2], [1, 2])
  expect([...all.look(both, 7000, [1, 2], minutes(10))]).toEqual([[2, minutes(10)]])
  let last = new Map<number, number>()
  for (let at = minutes(20); at < hours(24); at += minutes(20))
    last = all.look(both, 7000, [1, 2], at)
  expect([...last]).toEqual([[2, minutes(10)]])
  expect([...all.look(both, 7000, [1, 2], hours(24) + minutes(10))]).toEqual([])
})

test('what goes and comes back is new again', () => {
  const all = new Newcomers()
  all.look(table([1], [1]), 7000, [1], 0)
  all.look(table([], [1]), 7000, [1], minutes(1))
  expect([...all.look(table([1], [1]), 7000, [1], minutes(2))]).toEqual([[1, minutes(2)]])
})

test('after a pause, and at first, the table tells: what somebody ordinarily has is not new', () => {
  const all = new Newcomers()
  expect([...all.look(table([1, 2], [1]), 7000, [1, 2], 0)]).toEqual([[2, 0]])
  const later = table([1, 2, 3], [1, 2, 3])
  expect([...all.look(later, 7000, [1, 2, 3], hours(2)).keys()]).toEqual([2])
})

test('learned while running, nothing is new at first', () => {
  const learned = view({ baseline: 'learned-live', visible: () => 5, reference: () => 0 })
  expect([...new Newcomers().look(learned, 7000, [1, 2], 0)]).toEqual([])
})

test('there is an end to what is kept', () => {
  const all = new Newcomers()
  const prefixes = Array.from({ length: 10_005 }, (_, i) => i)
  all.look(table([]), 7000, [], 0)
  expect(all.look(table(prefixes), 7000, prefixes, 1).size).toBe(10_005)
  expect(all.dropped).toBe(5)
  for (let asn = 1; asn <= 10_001; asn++) all.look(table([]), asn, [], 2 + asn)
  // The first of them made room, and what it kept is kept no more.
  all.look(table(prefixes), 5, prefixes.slice(0, 10_000), 20_000)
  expect(all.dropped).toBe(5)
})
