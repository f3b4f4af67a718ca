// How often the memory of sources is wrong: for IPv4 never, for IPv6 as seldom as its prints allow.

import { expect, it } from 'vitest'
import { hours } from '../../src/core/time.ts'
import { SeenSources } from '../../src/flow/seen-sources.ts'

const BEGIN = Date.UTC(2024, 9, 29) * 1e3
const at = (hour: number) => BEGIN + hours(hour)
/** Different for different i. */
const site = (i: number): [number, number] => [0x2a000000 | (i >>> 10), (i << 22) | 0]

it('knows a source from the second slot on until two weeks after', () => {
  const seen = new SeenSources()
  const sight = (hour: number) => seen.sight(at(hour), 4, 0xcb007100 | 0, 0)
  expect([0, 5, 11].map(sight)).toEqual([false, false, false])
  expect([12, 13, 24, 24 * 14].map(sight)).toEqual([true, true, true, true])
  expect([24 * 28, 24 * 28 + 12].map(sight)).toEqual([true, true])
  // Nobody for longer than two weeks: a stranger again.
  expect([24 * 44, 24 * 44 + 11, 24 * 44 + 12].map(sight)).toEqual([false, false, true])
  // Its neighbour in the same /24 is the same network, the next /24 is not.
  expect(seen.sight(at(24 * 45), 4, 0xcb0071fe | 0, 0)).toBe(true)
  expect(seen.sight(at(24 * 45), 4, 0xcb007200 | 0, 0)).toBe(false)
})

it('goes on around its circle of slots for months', () => {
  const seen = new SeenSources()
  for (let day = 0; day < 150; day++) {
    const known = seen.sight(at(24 * day), 4, 0x01020304, 0)
    expect([day, known]).toEqual([day, day > 0])
    expect(seen.sight(at(24 * day), 4, 0x05000000 | (day << 8) | 0, 0)).toBe(false)
  }
})

it('takes nobody down while it must not learn, and forgets nobody it knows', () => {
  const seen = new SeenSources()
  seen.sight(at(0), 4, 0x01020304, 0)
  seen.learns = false
  seen.sight(at(1), 4, 0x05060708, 0)
  seen.sight(at(1), 6, ...site(1))
  expect(seen.sight(at(13), 4, 0x01020304, 0)).toBe(true)
  expect(seen.sight(at(13), 4, 0x05060708, 0)).toBe(false)
  expect(seen.sight(at(13), 6, ...site(1))).toBe(false)
})

it('is wrong about one IPv6 network in thousands, with a million of them, in 64 MiB', () => {
  const seen = new SeenSources()
  const MANY = 1_000_000
  for (let i = 0; i < MANY; i++) seen.sight(at(0), 6, ...site(i))
  seen.learns = false
  let missed = 0
  let mistaken = 0
  for (let i = 0; i < MANY; i++) {
    if (!seen.sight(at(13), 6, ...site(i))) missed++
    if (seen.sight(at(13), 6, ...site(MANY + i))) mistaken++
  }
  console.log(
    `IPv6: ${missed} of ${MANY} forgotten, ${mistaken} of ${MANY} strangers taken for known`,
  )
  expect(missed / MANY).toBeLessThan(0.01)
  expect(mistaken / MANY).toBeLessThan(0.0002)
  expect(seen.octets).toBeLessThanOrEqual(64 << 20)
  // A flood of forged networks finds room only beside those that are known.
  seen.learns = true
  for (let i = 0; i < 3 * MANY; i++) seen.sight(at(14), 6, ...site(2 * MANY + i))
  let gone = 0
  for (let i = 0; i < MANY; i++) if (!seen.sight(at(15), 6, ...site(i))) gone++
  expect(gone).toBeLessThanOrEqual(missed)
  expect(seen.dropped).toBeGreaterThan(0)
}, 60_000)
