// Which paths are marked as part of a leak: their withdrawals are clean-up, so what is only suspected
// must not be marked, and what two leaks share stays marked as long as one of them lasts.

import { expect, test } from 'vitest'
import { seconds } from '../../src/core/time.ts'
import { type Cause, PeerState } from '../../src/core/view.ts'
import { detectDefaults } from '../../src/detect/detectors.ts'
import { LeakPath } from '../../src/detect/leak-path.ts'
import { view } from './view.ts'

const ORDINARY = 2
/** 900 stands between 174 and 3356, 5000 between 3356 and 1299. */
const paths: Record<number, number[]> = {
  [ORDINARY]: [201, 1299, 3356, 6000],
  10: [201, 174, 900, 3356, 6000],
  11: [202, 174, 900, 3356, 6000],
  12: [201, 174, 900, 3356, 5000, 1299, 6000],
  13: [203, 3356, 5000, 1299, 6000],
}

function detector() {
  const cause: Cause = { at: 0, vantage: 0, prefix: 0, before: 0, after: 0, file: 0, offset: 0 }
  const marked = new Set<number>()
  const leaks = new LeakPath(
    view({
      cause,
      baseline: 'rib',
      narrow: false,
      watches: () => true,
      hops: (path) => paths[path] ?? [],
      pathOrigin: () => 6000,
      pathText: (path) => `path ${path}`,
      mark: () => undefined,
      leaked: (path, is) => {
        if (is) marked.add(path)
        else marked.delete(path)
      },
      known: () => true,
      peerState: () => PeerState.active,
      vantage: () => ({ active: 10, quarantined: 0, down: 0, unknown: 0 }),
      vantagePoint: (id) => ({ id, project: 'ris', collector: 'x', address: 'x', asn: 201 + id }),
      fileName: () => 'f',
      afi: () => 4,
      firstUnit: (prefix) => prefix,
      length: () => 24,
      prefixText: (prefix) => `p${prefix}`,
    }),
    detectDefaults.leak,
  )
  leaks.learnPath(ORDINARY)
  leaks.tick(0)
  /** Twelve prefixes from there on, at two vantage points. */
  const move = (before: number, after: number, first: number, at: number) => {
    for (let i = 0; i < 24; i++) {
      Object.assign(cause, { at: seconds(at), vantage: i % 2, prefix: first + i, before, after })
      leaks.route()
    }
  }
  const ticks = (from: number, to: number) => {
    let told = 0
    for (let at = from; at <= to; at += 10) told += leaks.tick(seconds(at)).length
    return told
  }
  return { leaks, marked, move, ticks }
}

test('a path met while the leak was only suspected is ordinary, when that lapses', () => {
  const { leaks, marked, move, ticks } = detector()
  leaks.newPath(10)
  move(ORDINARY, 10, 0, 5)
  ticks(10, 20)
  leaks.newPath(11)
  move(10, ORDINARY, 0, 25)
  expect(ticks(30, 60)).toBe(0)
  expect([...marked]).toEqual([])
})

test('confirmed, all its paths are marked, until it is over; what is shared, until both are', () => {
  const { leaks, marked, move, ticks } = detector()
  for (const path of [10, 12, 13]) leaks.newPath(path)
  move(ORDINARY, 10, 0, 5)
  move(ORDINARY, 13, 100, 5)
  ticks(10, 60)
  leaks.newPath(11)
  expect([...marked].sort()).toEqual([10, 11, 12, 13])
  move(10, ORDINARY, 0, 65)
  ticks(70, 400)
  expect([...marked].sort()).toEqual([12, 13])
  move(13, ORDINARY, 100, 405)
  ticks(410, 800)
  expect([...marked]).toEqual([])
})
