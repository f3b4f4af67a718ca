import { expect, test } from 'vitest'
import { minutes, seconds } from '../../src/core/time.ts'
import type { Cause } from '../../src/core/view.ts'
import { LeakCase } from '../../src/detect/leak-case.ts'

/** A route of one vantage point that takes up path 7, or leaves it. */
const cause = (at: number, prefix: number, vantage = 0): Cause => ({
  at: seconds(at),
  vantage,
  prefix,
  before: 7,
  after: 7,
  file: 0,
  offset: at,
})

const sorted = (counts: ReadonlyMap<number, number>) => [...counts].sort(([a], [b]) => a - b)

test('counts what it carries now, each route once', () => {
  const leak = new LeakCase(5000, 1299)
  const [seven, eight] = [leak.way(7, 3356, 6000), leak.way(8, 174, 6001)]
  leak.join(cause(1, 1), seven)
  leak.join(cause(2, 1), seven)
  leak.join(cause(3, 1, 1), seven)
  leak.join({ ...cause(4, 2), after: 8 }, eight)
  expect([leak.routes, leak.peak, leak.prefixes.size, leak.vantages.size]).toEqual([3, 3, 2, 2])
  expect([...leak.from]).toEqual([
    [3356, 2],
    [174, 1],
  ])
  leak.leave(cause(5, 2), eight)
  leak.leave(cause(6, 2), eight)
  expect([leak.routes, leak.peak, leak.origins.size, leak.paths.get(7)?.routes]).toEqual([
    2, 3, 1, 2,
  ])
  expect(leak.lastLeft).toBe(seconds(5))
})

test('a route that goes over to another path is still the same route', () => {
  const leak = new LeakCase(5000, 1299)
  const [seven, eight] = [leak.way(7, 3356, 6000), leak.way(8, 174, 6001)]
  expect(leak.move({ ...cause(1, 1), after: 8 }, seven, eight)).toBe(false)
  leak.join(cause(1, 1), seven)
  leak.join(cause(1, 2), seven)
  expect(leak.move({ ...cause(2, 1), after: 8 }, seven, eight)).toBe(true)
  expect([leak.routes, leak.prefixes.size]).toEqual([2, 2])
  expect([...leak.from]).toEqual([
    [3356, 1],
    [174, 1],
  ])
  expect([...leak.origins.keys()]).toEqual([6000, 6001])
  // Whoever thinks that it was on the other path is put right.
  leak.leave(cause(3, 1), seven)
  expect([leak.routes, [...leak.paths.keys()], [...leak.from.keys()]]).toEqual([1, [7], [3356]])
})

test('prefixes and vantage points are the same whenever they are asked for first', () => {
  const early = new LeakCase(5000, 1299)
  const late = new LeakCase(5000, 1299)
  const asked = (leak: LeakCase) => [sorted(leak.prefixes), sorted(leak.vantages)]
  for (const [prefix, vantage] of [
    [7, 0],
    [7, 1_500],
    [3_000_000, 2],
    [8, 2],
  ] as const) {
    early.join(cause(1, prefix, vantage), early.way(7, 3356, 6000))
    late.join(cause(1, prefix, vantage), late.way(7, 3356, 6000))
    asked(early)
  }
  early.leave(cause(2, 8, 2), early.way(7, 3356, 6000))
  late.leave(cause(2, 8, 2), late.way(7, 3356, 6000))
  expect(asked(early)).toEqual([
    [
      [7, 2],
      [3_000_000, 1],
    ],
    [
      [0, 1],
      [2, 1],
      [1_500, 1],
    ],
  ])
  expect(asked(late)).toEqual(asked(early))
  for (const [prefix, vantage] of [
    [7, 0],
    [7, 1_500],
    [3_000_000, 2],
  ] as const)
    early.leave(cause(3, prefix, vantage), early.way(7, 3356, 6000))
  expect([early.routes, ...asked(early)]).toEqual([0, [], []])
})

test('keeps five samples, not more', () => {
  const leak = new LeakCase(5000, 1299)
  for (let i = 0; i < 10; i++) leak.join(cause(i, i), leak.way(7, 1, 2))
  expect([leak.samples.length, leak.elements.length]).toEqual([5, 5])
})

test('began with the first of those it carries, not with a stray one before', () => {
  const leak = new LeakCase(5000, 1299)
  leak.join(cause(5, 0), leak.way(7, 1, 2))
  leak.tick(seconds(10))
  expect(leak.since).toBe(seconds(5))
  for (let i = 1; i < 100; i++) leak.join(cause(1_000 + i, i), leak.way(7, 1, 2))
  leak.tick(seconds(1_100))
  expect(leak.since).toBe(seconds(1_001))
})

test('remembers its beginning when it goes on for hours', () => {
  const leak = new LeakCase(5000, 1299)
  for (let i = 0; i < 100; i++) leak.join(cause(100, i), leak.way(7, 1, 2))
  for (let at = 110; at < 8_000; at += 10) {
    if (at % 20) leak.join(cause(at, 99), leak.way(7, 1, 2))
    else leak.leave(cause(at, 99), leak.way(7, 1, 2))
    leak.tick(seconds(at))
    expect(leak.since).toBeGreaterThan(0)
  }
  expect(leak.since).toBeGreaterThan(seconds(8_000) - minutes(16))
})
