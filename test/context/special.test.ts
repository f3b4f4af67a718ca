import { describe, expect, test } from 'vitest'
import { Special, specialDefaults } from '../../src/context/special.ts'
import type { PrefixWords } from '../../src/core/context.ts'
import { parsePrefix } from '../../src/core/prefix.ts'

const words = (text: string): PrefixWords => {
  const prefix = parsePrefix(text)
  if (!prefix) throw new RangeError(text)
  const [word0, word1, word2, word3] = prefix.words
  return { afi: prefix.afi, word0, word1, word2, word3, length: prefix.length }
}

describe('special', () => {
  test('networks are on their list, and on no other', () => {
    const special = new Special(specialDefaults)
    expect(special.isResearch(11537)).toBe(true)
    expect(special.isRouteServer(6695)).toBe(true)
    expect(special.isScrubber(32787)).toBe(true)
    expect([
      special.isResearch(3356),
      special.isRouteServer(3356),
      special.isScrubber(3356),
    ]).toEqual([false, false, false])
  })

  test('lists hold nothing twice, and prefixes that can be read', () => {
    const { research, routeServers, scrubbers, beacons } = specialDefaults
    for (const list of [research, routeServers, scrubbers])
      expect(new Set(list).size).toBe(list.length)
    for (const beacon of beacons) expect(parsePrefix(beacon)).toBeDefined()
  })

  test('siblings are of one organisation, also through a third list', () => {
    const siblings = [
      [1, 2],
      [3, 4],
      [4, 2],
      [7, 8],
    ]
    const special = new Special({ ...specialDefaults, siblings })
    expect(special.sameOrganisation(1, 3)).toBe(true)
    expect(special.sameOrganisation(1, 7)).toBe(false)
    expect(special.sameOrganisation(9, 9)).toBe(true)
    expect(special.sameOrganisation(9, 10)).toBe(false)
  })

  test.each([
    ['84.205.64.0/24', true],
    ['84.205.82.0/24', true],
    ['93.175.153.0/24', true],
    ['2001:7fb:fe00::/48', true],
    ['84.205.96.0/24', false],
    ['84.204.0.0/15', false],
    ['2001:7fc::/32', false],
    ['198.51.100.0/24', false],
  ])('%s is a beacon: %s', (prefix, is) => {
    expect(new Special(specialDefaults).isBeacon(words(prefix))).toBe(is)
  })

  test('with no beacons listed every prefix counts', () => {
    const special = new Special({ ...specialDefaults, beacons: [] })
    expect(special.isBeacon(words('84.205.64.0/24'))).toBe(false)
  })
})
