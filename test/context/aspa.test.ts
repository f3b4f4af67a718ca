import { describe, expect, test } from 'vitest'
import { Aspas, type PathValidity } from '../../src/context/aspa.ts'
import { Dice } from '../../src/scenario/dice.ts'

const of = (...rows: [customer: number, ...providers: number[]][]): Aspas => {
  const aspas = new Aspas()
  for (const [customer, ...providers] of rows) aspas.add(customer, providers)
  return aspas
}

describe('a hop', () => {
  const aspas = of([1, 10, 11], [2, 0], [1, 12])
  test('is attested, denied, or neither', () => {
    expect([10, 11, 12, 13].map((p) => aspas.hop(1, p))).toEqual([
      'provider',
      'provider',
      'provider',
      'not-provider',
    ])
    expect(aspas.hop(10, 1)).toBe('no-attestation')
  })
  test('a network whose only provider is AS0 has none', () => {
    expect(aspas.hop(2, 10)).toBe('not-provider')
  })
})

// Origin 1 buys from 2, that from 3; 5 buys from 4, 6 from 5. All attest; 3 and 4 are of the top and say so.
const all = of([1, 2], [2, 3], [3, 0], [4, 0], [5, 4], [6, 5])
// The same, but 2 says nothing.
const some = of([1, 2], [3, 0], [4, 0], [5, 4], [6, 5])

describe('downstream (from a provider)', () => {
  test.each<[string, Aspas, number[], PathValidity]>([
    ['the origin alone', all, [1], 'valid'],
    ['any two', all, [6, 1], 'valid'],
    ['up only', all, [3, 2, 1], 'valid'],
    ['up, across, down', all, [6, 5, 4, 3, 2, 1], 'valid'],
    [
      'up and down without a hop across',
      all,
      [6, 5, 4, 1].map((n) => (n === 1 ? 5 : n)).slice(0, 3),
      'valid',
    ],
    ['two hops across', all, [5, 4, 9, 3, 2], 'invalid'],
    [
      'a valley: down to 5, and up again',
      of([1, 2], [2, 3], [3, 0], [4, 0], [5, 3, 4]),
      [4, 5, 3, 2, 1],
      'invalid',
    ],
    [
      'a leak of 2, which passes what 4 told it to 3',
      of([3, 0], [4, 0], [2, 3, 4], [1, 4]),
      [3, 2, 4, 1],
      'invalid',
    ],
    [
      'the same leak when the origin attests, and 4 denies',
      of([3, 0], [4, 0], [1, 4]),
      [9, 3, 2, 4, 1],
      'invalid',
    ],
    ['the same leak when the top says nothing', of([2, 3, 4], [1, 4]), [3, 2, 4, 1], 'unknown'],
    ['nothing attested', new Aspas(), [3, 2, 1], 'unknown'],
    ['one hop of the ramp is not attested', some, [6, 5, 4, 3, 2, 1], 'unknown'],
    ['an AS_SET', all, [3, 0, 1], 'invalid'],
    ['no path', all, [], 'invalid'],
  ])('%s', (_, aspas, hops, is) => {
    expect(aspas.downstream(hops)).toBe(is)
  })
})

describe('upstream (from a customer, a peer or a route server)', () => {
  test.each<[string, Aspas, number[], PathValidity]>([
    ['the origin alone', all, [1], 'valid'],
    ['all of it up', all, [3, 2, 1], 'valid'],
    ['across at the end', all, [4, 3, 2, 1], 'invalid'],
    ['a hop that is not attested', some, [3, 2, 1], 'unknown'],
    ['a hop that is denied', all, [9, 2, 1], 'invalid'],
    ['an AS_SET', all, [2, 0], 'invalid'],
  ])('%s', (_, aspas, hops, is) => {
    expect(aspas.upstream(hops)).toBe(is)
  })
})

/**
 * The same in words: a path could be valid when there is a place for its apex, one network or two side
 * by side, from which all goes down on both sides.
 */
function brute(aspas: Aspas, hops: readonly number[], peerings: 0 | 1): PathValidity {
  if (hops.length === 0 || hops.includes(0)) return 'invalid'
  const path = hops.toReversed()
  const rises = (from: number, to: number, strict: boolean) => {
    for (let i = from; i < to; i++) {
      const hop = aspas.hop(path[i] as number, path[i + 1] as number)
      if (hop === 'not-provider' || (strict && hop !== 'provider')) return false
    }
    return true
  }
  const falls = (from: number, to: number, strict: boolean) => {
    for (let i = from; i < to; i++) {
      const hop = aspas.hop(path[i + 1] as number, path[i] as number)
      if (hop === 'not-provider' || (strict && hop !== 'provider')) return false
    }
    return true
  }
  const last = path.length - 1
  const fits = (strict: boolean) => {
    if (peerings === 0) return rises(0, last, strict)
    for (let apex = 0; apex <= last; apex++)
      for (let other = apex; other <= Math.min(apex + 1, last); other++)
        if (rises(0, apex, strict) && falls(other, last, strict)) return true
    return false
  }
  return fits(true) ? 'valid' : fits(false) ? 'unknown' : 'invalid'
}

test('a path is valid if, and only if, there is a place for its apex: 60,000 random paths', () => {
  const dice = new Dice(64_500)
  const int = (n: number) => Math.floor(dice.float() * n)
  const seen = new Map<string, number>()
  for (let round = 0; round < 3_000; round++) {
    const aspas = new Aspas()
    const networks = 4 + int(6)
    for (let asn = 1; asn <= networks; asn++) {
      if (dice.float() < 0.25) continue
      aspas.add(asn, [0, ...Array.from({ length: int(4) }, () => 1 + int(networks))])
    }
    for (let i = 0; i < 20; i++) {
      const hops = Array.from({ length: int(8) }, () => 1 + int(networks)).filter(
        (asn, at, list) => asn !== list[at - 1],
      )
      for (const [name, is, expected] of [
        ['down', aspas.downstream(hops), brute(aspas, hops, 1)],
        ['up', aspas.upstream(hops), brute(aspas, hops, 0)],
      ] as const) {
        seen.set(`${name} ${expected}`, (seen.get(`${name} ${expected}`) ?? 0) + 1)
        if (is !== expected) expect({ hops, is }).toEqual(expected)
      }
    }
  }
  expect(seen.size).toBe(6)
  for (const count of seen.values()) expect(count).toBeGreaterThan(300)
})
