import { expect, test } from 'vitest'
import { lines, many, World } from './world.ts'

const ten = 'abcdefghij'
const eight = many(8)
const path = '3356 7000'
const so = 'suppressed: it was so when we began'

/** Learned from what follows: all withdrawn in the first second, and back an hour later. */
const broken = (watch: readonly number[] | undefined, prefixes = eight) =>
  new World({ baseline: 'learned-from-input', ...(watch ? { watch } : {}) })
    .at('00:00:01')
    .withdraw(ten, prefixes)
    .announce(ten, many(4, '203.0'), '3356 7100')
    .announce(ten, many(8, '198.60'), path)
    .at('01:00:00')
    .announce(ten, prefixes, path)

test('what was broken when the input began is told once, as such', () => {
  const told = broken([7000]).play('01:30:00')
  expect(lines(told)).toEqual([`00:00:10 outage.as AS7000 ipv4 ${so}`])
  expect(told[0]).toMatchObject({
    severity: 'info',
    endedAt: null,
    counts: { prefixes: 8, ofPrefixes: 16, share: 0.5, peerAsns: 10 },
    confidence: { level: 'low' },
  })
})

test('of a few prefixes as prefixes, and in the whole table not at all', () => {
  const one = eight.slice(0, 1)
  expect(lines(broken([7000], one).play('00:30:00'))).toEqual([
    `00:00:10 outage.prefix AS7000 ipv4 ${so}`,
  ])
  expect(lines(broken(undefined, one).play('00:30:00'))).toEqual([])
  expect(lines(broken(undefined).play('00:30:00'))).toEqual([
    `00:00:10 outage.as AS7000 ipv4 ${so}`,
  ])
})

test('of a network nobody watches, and of one that is well, nothing is told', () => {
  expect(broken([7100]).play('00:30:00')).toEqual([])
  expect(new World({ watch: [7000] }).holds(ten, eight, path).play('00:10:00')).toEqual([])
})

test('a loss later on is an incident of its own', () => {
  const told = broken([7000]).at('02:00:00').withdraw(ten, eight).play('02:10:00')
  expect(lines(told).slice(0, 2)).toEqual([
    `00:00:10 outage.as AS7000 ipv4 ${so}`,
    '02:01:00 outage.as AS7000 ipv4 open: confirmed',
  ])
  expect(told[1]?.previousId).toBe(told[0]?.id)
})
