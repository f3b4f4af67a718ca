import { describe, expect, test } from 'vitest'
import { parsePrefix } from '../../src/core/prefix.ts'
import { byAddress } from '../../src/detect/address.ts'
import { Space } from '../../src/detect/space.ts'
import { Dice } from '../../src/scenario/dice.ts'
import { view } from './view.ts'

/** Prefixes by text; their numbers are their places in the list. */
function world(texts: readonly string[]) {
  const all = texts.map((text) => {
    const prefix = parsePrefix(text)
    if (!prefix) throw new RangeError(text)
    return prefix
  })
  const of = (id: number) => all[id] ?? { afi: 4 as const, length: 0, words: [0, 0, 0, 0] as const }
  return view({
    afi: (id) => of(id).afi,
    length: (id) => of(id).length,
    prefixText: (id) => texts[id] ?? '',
    firstUnit: (id) => {
      const { afi, words } = of(id)
      const high = words[0] >>> 0
      return afi === 4 ? high >>> 8 : high * 0x10000 + (words[1] >>> 16)
    },
  })
}

const spaceOf = (texts: readonly string[]) => {
  const known = world(texts)
  return new Space().fill(known, [...texts.keys()].sort(byAddress(known)))
}
const units = (...texts: string[]) => spaceOf(texts).units

describe('units of the union', () => {
  test.each<[string[], number]>([
    [[], 0],
    [['192.0.2.0/24'], 1],
    [['192.0.2.0/25'], 0],
    [['10.0.0.0/8'], 65_536],
    [['10.0.0.0/22', '10.0.1.0/24'], 4],
    [['10.0.1.0/24', '10.0.0.0/22'], 4],
    [['10.0.0.0/24', '10.0.1.0/24', '10.0.3.0/24'], 3],
    [['0.0.0.0/24', '0.0.1.0/24'], 2],
    [['255.255.255.0/24'], 1],
    [['2001:db8::/48', '2001:db8:1::/48', '2001:db8::/47'], 2],
    [['ffff:ffff:ffff::/48'], 1],
    [['2001:db8::/49'], 0],
  ])('%s', (texts, expected) => {
    expect(units(...texts)).toBe(expected)
  })

  test('are those of counting one by one', () => {
    const dice = new Dice('space')
    const some = (n: number) => Math.floor(dice.float() * n)
    for (let round = 0; round < 200; round++) {
      const texts = Array.from({ length: some(12) }, () => `10.0.${some(32)}.0/${20 + some(6)}`)
      const known = world(texts)
      const slow = new Set<number>()
      for (const id of texts.keys()) {
        const size = known.length(id) > 24 ? 0 : 2 ** (24 - known.length(id))
        for (let i = 0; i < size; i++) slow.add(known.firstUnit(id) + i)
      }
      const space = spaceOf(texts)
      expect(space.units).toBe(slow.size)
      for (const id of texts.keys()) {
        const size = Math.max(1, 2 ** (24 - known.length(id)))
        const inside = Array.from({ length: size }, (_, i) => slow.has(known.firstUnit(id) + i))
        expect(space.holds(known, id)).toBe(inside.every(Boolean))
      }
    }
  })
})

describe('what lies inside', () => {
  const texts = ['10.0.0.0/23', '10.0.2.0/23', '10.0.8.0/24', '10.0.0.0/22', '10.0.0.0/21']
  const more = ['10.0.3.128/25', '10.0.8.0/23', '10.0.9.0/25', '9.0.0.0/24']
  const known = world([...texts, ...more])
  const space = new Space().fill(known, [0, 1, 2])
  const inside = (text: string) => space.holds(known, [...texts, ...more].indexOf(text))

  test.each(['10.0.0.0/23', '10.0.0.0/22', '10.0.8.0/24', '10.0.3.128/25'])('%s', (text) => {
    expect(inside(text)).toBe(true)
  })
  test.each(['10.0.0.0/21', '10.0.8.0/23', '10.0.9.0/25', '9.0.0.0/24'])('not %s', (text) => {
    expect(inside(text)).toBe(false)
  })
})
