import { describe, expect, test } from 'vitest'
import { Vrps } from '../../src/context/vrps.ts'
import type { PrefixWords, Validity } from '../../src/core/context.ts'
import { maskWord, type Prefix, parsePrefix } from '../../src/core/prefix.ts'
import { Dice } from '../../src/scenario/dice.ts'

const read = (text: string): Prefix => {
  const prefix = parsePrefix(text)
  if (!prefix) throw new RangeError(text)
  return prefix
}

const words = ({ afi, length, words: [word0, word1, word2, word3] }: Prefix): PrefixWords => ({
  afi,
  word0,
  word1,
  word2,
  word3,
  length,
})

const of = (...rows: [prefix: string, maxLength: number, asn: number][]): Vrps => {
  const vrps = new Vrps()
  for (const [prefix, maxLength, asn] of rows) vrps.add(read(prefix), maxLength, asn)
  return vrps
}

const validity = (vrps: Vrps, prefix: string, origin: number) =>
  vrps.validity(words(read(prefix)), origin)

describe('route origin validation', () => {
  const vrps = of(
    ['198.51.0.0/16', 20, 64500],
    ['198.51.100.0/24', 24, 64501],
    ['2001:db8::/32', 48, 64500],
  )

  test.each<[string, number, Validity]>([
    ['198.51.0.0/16', 64500, 'valid'],
    ['198.51.16.0/20', 64500, 'valid'],
    ['198.51.16.0/21', 64500, 'invalid-length'],
    ['198.51.100.0/24', 64501, 'valid'],
    ['198.51.100.0/24', 64500, 'invalid-length'],
    ['198.51.100.0/24', 64502, 'invalid-asn'],
    ['198.51.16.0/20', 64501, 'invalid-asn'],
    ['198.0.0.0/8', 64500, 'not-found'],
    ['203.0.113.0/24', 64500, 'not-found'],
    ['2001:db8:1::/48', 64500, 'valid'],
    ['2001:db8:1::/49', 64500, 'invalid-length'],
    ['2001:db9::/32', 64500, 'not-found'],
  ])('%s of AS%i is %s', (prefix, origin, is) => {
    expect(validity(vrps, prefix, origin)).toBe(is)
  })

  test('AS0 says that nobody may, and a path that ends in an AS_SET is never valid', () => {
    const nobody = of(['192.0.2.0/24', 24, 0])
    expect(validity(nobody, '192.0.2.0/24', 64500)).toBe('invalid-asn')
    expect(validity(nobody, '192.0.2.0/24', 0)).toBe('invalid-asn')
    expect(validity(vrps, '198.51.0.0/16', 0)).toBe('invalid-asn')
  })

  test('AS numbers above 2^31 and a default route are as good as others', () => {
    const odd = of(['0.0.0.0/0', 32, 4_200_000_000], ['::/0', 128, 4_294_967_295])
    expect(validity(odd, '192.0.2.1/32', 4_200_000_000)).toBe('valid')
    expect(validity(odd, '2001:db8::1/128', 4_294_967_295)).toBe('valid')
  })

  test('says which of them cover a prefix, in an order that does not depend on the file', () => {
    const rows: [string, number, number][] = [
      ['198.51.100.0/24', 24, 64502],
      ['198.51.0.0/16', 16, 64500],
      ['198.51.100.0/24', 25, 64501],
    ]
    const told = (vrps: Vrps) =>
      vrps
        .covering(words(read('198.51.100.0/24')))
        .map((v) => `${v.asn} ${v.prefix} ${v.maxLength}`)
    expect(told(of(...rows))).toEqual([
      '64500 198.51.0.0/16 16',
      '64501 198.51.100.0/24 25',
      '64502 198.51.100.0/24 24',
    ])
    expect(told(of(...rows.toReversed()))).toEqual(told(of(...rows)))
  })

  test('what is beyond the bound is left out and counted', () => {
    const small = new Vrps(1)
    small.add(read('192.0.2.0/24'), 24, 64500)
    small.add(read('198.51.100.0/24'), 24, 64500)
    expect([small.count, small.dropped]).toEqual([1, 1])
    expect(validity(small, '198.51.100.0/24', 64500)).toBe('not-found')
  })
})

/** As the RFC has it, with nothing but a list. */
function naive(list: readonly [Prefix, number, number][], p: Prefix, origin: number): Validity {
  const covering = list.filter(
    ([v]) =>
      v.afi === p.afi &&
      v.length <= p.length &&
      v.words.every((w, i) => ((p.words[i] as number) & maskWord(v.length, i)) === w),
  )
  if (covering.length === 0) return 'not-found'
  const own = covering.filter(([, , asn]) => asn === origin && asn !== 0)
  if (own.some(([, most]) => p.length <= most)) return 'valid'
  return own.length > 0 ? 'invalid-length' : 'invalid-asn'
}

test('agrees with the RFC, read literally, about 120,000 random prefixes and origins', () => {
  const dice = new Dice(20_261_125)
  const int = (n: number) => Math.floor(dice.float() * n)
  // Few bits that vary, in each of the words, so that prefixes often lie in each other.
  const random = (): Prefix => {
    const afi = dice.float() < 0.5 ? 4 : 6
    const length = int(afi === 4 ? 33 : 129)
    const word = () => (int(4) << 30) | (int(2) << 24) | (int(2) << 12) | int(2)
    const words = afi === 4 ? [word(), 0, 0, 0] : [word(), word(), word(), word()]
    const masked = words.map((w, i) => w & maskWord(length, i))
    return { afi, length, words: masked as [number, number, number, number] }
  }
  const seen = new Map<Validity, number>()
  for (let round = 0; round < 600; round++) {
    const vrps = new Vrps()
    const list: [Prefix, number, number][] = []
    for (let i = 0; i < 1 + int(60); i++) {
      const prefix = random()
      const most = prefix.length + int((prefix.afi === 4 ? 32 : 128) - prefix.length + 1)
      const asn = int(4) * 0x4000_0001
      list.push([prefix, most, asn])
      vrps.add(prefix, most, asn)
    }
    for (let i = 0; i < 200; i++) {
      const near = list[int(list.length)]?.[0]
      const prefix = near && dice.float() < 0.3 ? near : random()
      const origin = int(4) * 0x4000_0001
      const expected = naive(list, prefix, origin)
      seen.set(expected, (seen.get(expected) ?? 0) + 1)
      if (vrps.validity(words(prefix), origin) !== expected)
        expect({ list, prefix, origin, is: vrps.validity(words(prefix), origin) }).toEqual(expected)
    }
  }
  // Each answer was asked for often.
  for (const is of ['valid', 'invalid-asn', 'invalid-length', 'not-found'] as const)
    expect(seen.get(is)).toBeGreaterThan(2_000)
})

test('after any row of coming and going it answers as one that was made of what is left', () => {
  const dice = new Dice('vrps-remove')
  const below = (end: number) => dice.int(0, end - 1)
  const pick = () => {
    const length = 8 + below(17)
    const text = `${below(8) * 32}.${below(4) * 64}.0.0/${length}`
    const prefix = parsePrefix(text) as Prefix
    return { prefix, most: Math.min(32, length + below(3)), asn: 1 + below(3) }
  }
  const vrps = new Vrps()
  let left: ReturnType<typeof pick>[] = []
  for (let round = 0; round < 2_000; round++) {
    if (left.length > 40 || (left.length > 0 && below(2) === 0)) {
      const gone = left[below(left.length)] as ReturnType<typeof pick>
      vrps.remove(gone.prefix, gone.most, gone.asn)
      left = left.filter((one) => one !== gone)
    } else {
      const comes = pick()
      vrps.add(comes.prefix, comes.most, comes.asn)
      left.push(comes)
    }
    if (round % 20 !== 0) continue
    const fresh = new Vrps()
    for (const { prefix, most, asn } of left) fresh.add(prefix, most, asn)
    expect(vrps.count).toBe(left.length)
    expect(vrps.anchors).toEqual(fresh.anchors)
    for (let i = 0; i < 20; i++) {
      const { prefix, asn } = pick()
      expect(vrps.validity(words(prefix), asn)).toBe(fresh.validity(words(prefix), asn))
      expect(vrps.covering(words(prefix))).toEqual(fresh.covering(words(prefix)))
    }
  }
  // What was never there does not go.
  vrps.remove(read('203.0.113.0/24'), 24, 1)
  expect(vrps.count).toBe(left.length)
})
