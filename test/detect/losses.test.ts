import { describe, expect, test } from 'vitest'
import { seconds } from '../../src/core/time.ts'
import type { Cause, View } from '../../src/core/view.ts'
import { Seen } from '../../src/core/view.ts'
import { Losses } from '../../src/detect/losses.ts'
import { view } from './view.ts'

/**
 * A network of a /22 (number 0) and its four /24 (1 … 4), all well; its two /23 (5, 6) are new, and
 * reachable when they are in `fresh`.
 */
function network(prefixes = [0, 1, 2, 3, 4], reference = 10) {
  const fresh = new Set<number>()
  const seen = new Map<number, number>([5, 6].map((p) => [p, Seen.new]))
  const starts = new Map<number, number>()
  const cause: Cause = { at: 0, vantage: 0, prefix: 0, before: 5, after: 0, file: 0, offset: 0 }
  const state = (prefix: number): number => seen.get(prefix) ?? Seen.up
  let measured = 0
  const known: Partial<View> = {
    cause,
    watches: (asn) => asn === 7000,
    origin: () => 7000,
    afi: () => 4,
    length: (prefix) => (prefix === 0 ? 22 : prefix > 4 ? 23 : 24),
    firstUnit: (prefix) => [1000, 1000, 1001, 1002, 1003, 1000, 1002][prefix] as number,
    parentOf: (prefix) => (prefix === 0 ? -1 : 0),
    prefixesOf: () => {
      measured++
      return prefixes
    },
    seen: state,
    reference: () => reference,
    reachable: (prefix) => state(prefix) === Seen.up || fresh.has(prefix),
    lossStart: (prefix) => starts.get(prefix) ?? 0,
    fileName: () => 'file',
    prefixText: (prefix) => `p${prefix}`,
    pathText: (path) => `path ${path}`,
    vantagePoint: () => ({ id: 0, project: 'ris', collector: 'rrc00', address: 'x', asn: 201 }),
  }
  const losses = new Losses(view(known))
  const to = (prefix: number, after: number, at: number, path = 0) => {
    cause.at = seconds(at)
    cause.after = path
    cause.offset = at
    const before = state(prefix)
    seen.set(prefix, after)
    if (after >= Seen.lost) starts.set(prefix, seconds(at))
    losses.prefix(prefix, before, after)
  }
  const at = (time: number) => {
    losses.tick(seconds(time))
    return losses.of(7000, 4)
  }
  return {
    losses,
    to,
    at,
    fresh,
    measured: () => measured,
    broken: (p: number) => seen.set(p, Seen.down),
  }
}

describe('what is lost', () => {
  test('is covered as long as the less specific stands', () => {
    const { to, at } = network()
    for (const p of [1, 2]) to(p, Seen.down, 10)
    expect(at(10)).toMatchObject({
      covered: [1, 2],
      uncovered: [],
      share: 0,
      of: 5,
      leftSince: 10e6,
    })
  })

  test('with its cover: all of its space, from then on', () => {
    const { to, at } = network()
    for (const p of [1, 2, 3, 4]) to(p, Seen.down, 10)
    at(10)
    to(0, Seen.lost, 100)
    expect(at(100)).toMatchObject({ share: 1, down: 4, uncoveredSince: 100e6 })
    // The cover may only be moving; after three minutes it is not.
    expect(at(270)?.leftCovered).toEqual([1, 2, 3, 4])
    expect(at(280)?.leftCovered).toEqual([])
  })

  test('at once with its cover was never covered', () => {
    const { to, at } = network()
    for (const p of [0, 1, 2]) to(p, Seen.down, 10)
    expect(at(10)).toMatchObject({ leftCovered: [], uncovered: [0, 1, 2], uncoveredSince: 10e6 })
    // 3 and 4 are still carried: half of it.
    expect(at(10)?.share).toBe(0.5)
  })

  test('more than fifteen minutes before is another story', () => {
    const { to, at } = network()
    to(0, Seen.down, 0)
    to(1, Seen.down, 100)
    to(2, Seen.down, 1_001)
    expect(at(1_010)?.uncoveredSince).toBe(1_001e6)
    to(3, Seen.down, 1_500)
    expect(at(1_510)?.uncoveredSince).toBe(1_001e6)
  })

  test('when we began is no news', () => {
    const { to, at, broken } = network()
    broken(1)
    to(1, Seen.lost, 10)
    expect(at(10)).toBeUndefined()
    to(0, Seen.down, 20)
    expect(at(20)).toMatchObject({ uncovered: [0], of: 4 })
  })
})

test('what was lost is named by the element that did it, as long as it is lost', () => {
  const { losses, to, at } = network()
  to(1, Seen.down, 10)
  to(2, Seen.down, 20)
  to(1, Seen.up, 30)
  const loss = at(30)
  expect(loss && losses.elements(loss)).toEqual([{ file: 'file', offset: 20 }])
  expect(loss && losses.paths(loss)).toEqual([
    { peer: 'rrc00 x AS201', prefix: 'p2', before: 'path 5', after: null },
  ])
  expect(loss && losses.recoveredAt(loss)).toBe(30e6)
})

test('one new cover takes the place of another between two ticks', () => {
  const { losses, to, at, fresh } = network([1, 2, 3, 4, 5, 6])
  fresh.add(5)
  for (const p of [1, 3]) to(p, Seen.down, 10)
  expect(at(300)).toMatchObject({ covered: [1], uncovered: [3] })
  fresh.delete(5)
  fresh.add(6)
  for (const p of [5, 6]) losses.carried(p)
  expect(at(310)).toMatchObject({ covered: [3], uncovered: [1] })
})

test('nothing new, nothing measured; forgotten an hour after the last came back', () => {
  const { losses, to, at, measured } = network()
  to(1, Seen.down, 10)
  at(10)
  const before = measured()
  const loss = at(20)
  expect([losses.changed, measured() - before]).toEqual([[], 0])
  to(1, Seen.up, 30)
  at(3_630)
  expect(losses.changed).toHaveLength(1)
  if (loss) losses.use(loss, seconds(600))
  at(4_200)
  expect(loss && [losses.changed, losses.recoveredAt(loss)]).toEqual([[], 30e6])
  expect(at(4_210)).toBeUndefined()
  expect(loss && losses.recoveredAt(loss)).toBe(0)
})

test('what only a vote has changed is named by no element', () => {
  const { losses, to, at } = network()
  to(1, Seen.down, 10)
  to(2, Seen.down, 20, 5)
  const loss = at(20)
  expect(loss?.covered).toEqual([1, 2])
  expect(loss && losses.elements(loss)).toEqual([{ file: 'file', offset: 10 }])
})

test('is told by address, whatever the numbers', () => {
  const { to, at } = network([3, 1, 0, 4, 2])
  for (const p of [4, 2, 0, 3]) to(p, Seen.down, 10)
  expect(at(10)?.uncovered).toEqual([0, 2, 3, 4])
})

test('what is given up has not come back', () => {
  const { losses, to, at } = network([0, 1], 0)
  to(1, Seen.down, 10)
  to(1, Seen.new, 20)
  const loss = at(20)
  expect(loss && [losses.recoveredAt(loss), losses.givenUpAt(loss)]).toEqual([0, 20e6])
})
