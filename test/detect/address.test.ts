import { expect, test } from 'vitest'
import type { Afi } from '../../src/core/prefix.ts'
import { byAddress, firstOf } from '../../src/detect/address.ts'
import { view } from './view.ts'

/** Family, first unit, length, text; in order. */
const all: readonly (readonly [Afi, number, number, string])[] = [
  [4, 1, 24, 'a'],
  [4, 2, 23, 'b'],
  [4, 2, 24, 'c'],
  [4, 2, 32, 'd'],
  [4, 2, 32, 'e'],
  [6, 0, 48, 'f'],
]
const known = view({
  afi: (p) => all[p]?.[0] ?? 4,
  firstUnit: (p) => all[p]?.[1] ?? 0,
  length: (p) => all[p]?.[2] ?? 0,
  prefixText: (p) => all[p]?.[3] ?? '',
})

test('family, address, length; text where these are the same', () => {
  expect([3, 5, 0, 4, 2, 1].sort(byAddress(known))).toEqual([0, 1, 2, 3, 4, 5])
})

test('the first few are the same, in whatever order they come', () => {
  for (const order of [
    [3, 5, 0, 4, 2, 1],
    [0, 1, 2, 3, 4, 5],
    [5, 4, 3, 2, 1, 0],
  ]) {
    expect(firstOf(known, order, 3)).toEqual([0, 1, 2])
    expect(firstOf(known, order, 9)).toEqual([0, 1, 2, 3, 4, 5])
  }
})
