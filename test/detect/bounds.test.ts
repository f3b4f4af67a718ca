import { expect, test } from 'vitest'
import type { Asn } from '../../src/core/asn.ts'
import type { Cause } from '../../src/core/view.ts'
import { detectDefaults } from '../../src/detect/detectors.ts'
import { Hijacks } from '../../src/detect/hijack.ts'
import { ForgedOrigins } from '../../src/detect/hijack-forged.ts'
import { Known } from '../../src/detect/hijack-score.ts'
import { LeakPath } from '../../src/detect/leak-path.ts'
import { view } from './view.ts'

const cause: Cause = { at: 0, vantage: 0, prefix: 0, before: 0, after: 0, file: 0, offset: 0 }

/** A detector that knows one ordinary path, and is then shown `count` others. */
function shown(count: number, hops: (path: number) => Asn[]): LeakPath {
  const detector = new LeakPath(
    view({
      cause,
      baseline: 'rib',
      hops: (path) => (path === 2 ? [201, 1299, 6000] : hops(path)),
      pathOrigin: () => 6000,
      mark: () => undefined,
    }),
    detectDefaults.leak,
  )
  detector.learnPath(2)
  for (let path = 3; path < 3 + count; path++) detector.newPath(path)
  return detector
}

test('suspicious links beyond 200,000 are counted, not kept', () => {
  // Two new links a path: to 201, and to what follows it.
  const hops = (path: number) => [201, 200_000 + path, 6000]
  expect(shown(200_000, hops).dropped).toBe(0)
  expect(shown(200_007, hops).dropped).toBe(7)
})

test('suspicious paths beyond a million as well', () => {
  const same = [201, 5001, 6000]
  expect(shown(1_000_003, () => same).dropped).toBe(3)
})

test('without ordinary paths no path is suspicious, and none is kept', () => {
  const marked: number[] = []
  const detector = new LeakPath(
    view({
      cause,
      baseline: 'rib',
      hops: () => [201, 5001, 6000],
      mark: (path) => marked.push(path),
    }),
    detectDefaults.leak,
  )
  detector.newPath(3)
  expect(marked).toEqual([])
  detector.learnPath(2)
  detector.newPath(4)
  expect(marked).toEqual([])
})

test('conflicts beyond 50,000 are counted, not kept', () => {
  const followed = new Set<number>()
  const hijacks = new Hijacks(
    new Known(
      view({
        baseline: 'rib',
        cause: { at: 1, vantage: 0, prefix: 0, before: 0, after: 0, file: 0, offset: 0 },
        known: () => true,
        origin: () => 6000,
        hadOrigin: () => false,
        words: () => ({ afi: 4, word0: 0, word1: 0, word2: 0, word3: 0, length: 24 }),
        follow: (prefix) => followed.add(prefix),
      }),
    ),
    detectDefaults.hijack,
  )
  for (let prefix = 0; prefix < 50_007; prefix++) hijacks.foreign(prefix, 5001)
  expect([hijacks.dropped, followed.size]).toEqual([7, 50_000])
})

test('routes over new links as well, until there is room again', () => {
  const now: Cause = { ...cause, after: 3 }
  const table = view({
    cause: now,
    baseline: 'rib',
    narrow: false,
    known: () => true,
    origin: () => 6000,
    hops: () => [201, 5001, 6000],
    mark: () => undefined,
  })
  const known = new Known(table)
  known.links.learn([201, 1299, 6000])
  const detector = new ForgedOrigins(known, detectDefaults.hijack, 10)
  detector.newPath(3)
  const routes = (count: number, before: number, after: number) => {
    for (let prefix = 0; prefix < count; prefix++) {
      Object.assign(now, { prefix, before, after })
      detector.route()
    }
  }
  routes(10, 0, 3)
  expect(detector.dropped).toBe(0)
  routes(13, 0, 3)
  expect(detector.dropped).toBe(13)
  routes(13, 3, 0)
  routes(10, 0, 3)
  expect(detector.dropped).toBe(13)
})
