import { describe, expect, test } from 'vitest'
import { Relations, usable } from '../../src/detect/relations.ts'

/** Learns paths, nearest the collector first. */
function learned(...paths: number[][]): Relations {
  const relations = new Relations([174, 1299, 3356])
  for (const path of paths) relations.learn(path)
  return relations
}
/** The same path from so many peers. */
const from = (peers: number, ...path: number[]) =>
  Array.from({ length: peers }, (_, i) => [201 + i, ...path])

test('transit is what is passed on for others, in that direction', () => {
  const relations = learned([201, 1299, 5000, 6000])
  expect(relations.transit(1299, 5000)).toBe(1)
  expect(relations.transit(201, 1299)).toBe(1)
  // 5000 took it from its origin: that is nobody's transit.
  expect(relations.transit(5000, 6000)).toBe(0)
  expect(relations.transit(5000, 1299)).toBe(0)
  expect(relations.isKnown(6000, 5000, 1299)).toBe(true)
  expect(relations.isKnown(1299, 5000, 6000)).toBe(false)
})

describe('who buys from whom, by votes across the clique', () => {
  const relations = learned(...from(3, 1299, 3356, 8001, 5000, 6000), ...from(2, 174, 8002, 6001))

  test.each([
    [5000, 8001],
    [6000, 5000],
    [8001, 3356],
  ])('%i from %i', (customer, provider) => {
    expect(relations.buys(customer, provider)).toBe(true)
    expect(relations.buys(provider, customer)).toBe(false)
  })

  test('not by two votes, nor within the clique', () => {
    expect(relations.buys(8002, 174)).toBe(false)
    expect(relations.buys(3356, 1299)).toBe(false)
    expect(relations.buys(1299, 3356)).toBe(false)
  })

  test('peers behind the clique buy from it', () => {
    const down = learned([201, 7000, 1299, 6000], [202, 7000, 1299, 6001], [203, 7000, 1299, 6002])
    expect(down.buys(7000, 1299)).toBe(true)
  })

  test('a ninth of votes against it is too much', () => {
    const up = from(8, 1299, 8001, 5000)
    const against = [[301, 8001, 5000, 1299, 6000]]
    expect(learned(...up).buys(5000, 8001)).toBe(true)
    expect(learned(...up, ...against).buys(5000, 8001)).toBe(false)
    expect(learned(...from(9, 1299, 8001, 5000), ...against).buys(5000, 8001)).toBe(true)
  })

  test('a path with a third network between two of the clique votes for nothing', () => {
    const poisoned = learned(...from(5, 1299, 5001, 3356, 6000))
    expect(poisoned.buys(6000, 3356)).toBe(false)
    expect(poisoned.isKnown(3356, 5001, 1299)).toBe(true)
  })
})

test('a path with private or reserved ASNs, or too short, teaches nothing', () => {
  expect([usable([201, 1299, 6000]), usable([1299, 6000])]).toEqual([true, false])
  for (const asn of [0, 23_456, 64_512, 4_200_000_000]) {
    expect(usable([201, asn, 6000])).toBe(false)
    expect(learned([201, 1299, asn, 6000]).paths).toBe(0)
  }
})

test('networks beyond those there is room for are strangers, and strangers buy from nobody', () => {
  const relations = learned()
  for (let asn = 200_001; asn < 200_001 + 2 ** 17; asn += 2) relations.learn([asn, asn + 1, 174])
  const late = 900_000
  for (const path of from(5, 174, late, late + 1)) relations.learn(path)
  expect(relations.buys(late + 1, late)).toBe(false)
  expect(relations.buys(late, 174)).toBe(false)
  // Nor is anything known of strangers because it is of others.
  relations.learn([late + 2, late + 3, late + 4])
  expect(relations.transit(late + 5, late + 6)).toBe(0)
  expect(relations.isKnown(late + 7, late + 6, late + 5)).toBe(false)
})

test('who is only asked about takes no room', () => {
  const relations = learned()
  for (let asn = 200_001; asn < 200_001 + 2 ** 17; asn++) {
    relations.transit(asn, asn + 1)
    relations.isKnown(asn, asn + 1, asn + 2)
    relations.buys(asn, asn + 1)
  }
  for (const path of from(5, 174, 900_000, 900_001)) relations.learn(path)
  expect(relations.buys(900_001, 900_000)).toBe(true)
})
