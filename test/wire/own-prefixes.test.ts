import { expect, test } from 'vitest'
import { parsePrefix, prefixText } from '../../src/core/prefix.ts'
import { Dice } from '../../src/scenario/dice.ts'
import { OwnPrefixes } from '../../src/wire/own-prefixes.ts'

const concerns = (own: OwnPrefixes, text: string) => {
  const prefix = parsePrefix(text)
  if (!prefix) throw new Error(text)
  return own.concerns(prefix)
}

test('what is a part of ours, or has a part of ours in it, concerns us', () => {
  const own = new OwnPrefixes(['198.51.100.0/22', '203.0.113.0/25', '2001:db8:8000::/33', 'x'])
  expect(own.isEmpty).toBe(false)
  for (const text of [
    ...['198.51.100.0/22', '198.51.103.255/32', '198.51.0.0/16', '0.0.0.0/0'],
    ...['203.0.113.0/24', '2001:db8:8000::1/128', '2001:db8::/32', '::/0'],
  ])
    expect([text, concerns(own, text)]).toEqual([text, true])
  for (const text of [
    ...['198.51.104.0/24', '198.51.96.0/22', '203.0.113.128/25', '203.0.113.129/32'],
    ...['2001:db8::/33', '2001:db8:7fff::1/128', '255.255.255.255/32'],
  ])
    expect([text, concerns(own, text)]).toEqual([text, false])
  expect(new OwnPrefixes(['x']).isEmpty).toBe(true)
})

test('is what comparing with each of them says', () => {
  const dice = new Dice('own-prefixes')
  const below = (n: number) => dice.int(0, n - 1)
  const random = () => {
    const length = 8 + below(25)
    const prefix = parsePrefix(`${10 + below(3)}.${below(4)}.${below(4)}.${below(256)}/${length}`)
    return prefix ? prefixText(4, ...prefix.words, length) : ''
  }
  const isInside = (inner: string, outer: string) => {
    const [a, b] = [parsePrefix(inner), parsePrefix(outer)]
    if (!a || !b || a.length < b.length) return false
    const shift = 32 - b.length
    return (a.words[0] >>> 0) / 2 ** shift >= 0 && a.words[0] >>> shift === b.words[0] >>> shift
  }
  let yes = 0
  for (let round = 0; round < 50; round++) {
    const ours = Array.from({ length: 1 + below(20) }, random)
    const own = new OwnPrefixes(ours)
    for (let i = 0; i < 50; i++) {
      const asked = random()
      const expected = ours.some((one) => isInside(asked, one) || isInside(one, asked))
      if (expected) yes++
      expect([ours, asked, concerns(own, asked)]).toEqual([ours, asked, expected])
    }
  }
  expect(yes).toBeGreaterThan(100)
  expect(yes).toBeLessThan(2_400)
})
