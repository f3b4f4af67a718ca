// What the table tells of prefixes that somebody follows, and whose they are besides.

import { expect, test } from 'vitest'
import { Stage } from './stage.ts'

const P = '10.1.0.0/16'

test('every change of a route of a followed prefix is told, and of no other', () => {
  const stage = new Stage()
  const { table } = stage
  const told: string[] = []
  const [a, b] = stage.peers(2) as [number, number]
  for (const v of [a, b]) for (const prefix of [P, '10.2.0.0/16']) stage.load(v, prefix, '101 900')
  table.attach([
    {
      name: 'follower',
      foreign: (prefix, origin) => {
        told.push(`foreign ${origin}`)
        table.follow(prefix, true)
      },
      followed: () => {
        const { vantage, prefix, before, after } = table.cause
        told.push(
          `${vantage} ${table.prefixText(prefix)} ${table.pathText(before)} > ${table.pathText(after)}`,
        )
      },
      tick: () => [],
    },
  ])
  table.start()
  stage.announce(1, a, '10.2.0.0/16', '101 800 900').announce(2, a, P, '101 901')
  // From the element that began it.
  expect(told.splice(0)).toEqual(['foreign 901', `0 ${P} 101 900 > 101 901`])
  stage.announce(3, a, P, '101 901').withdraw(4, b, P).announce(5, a, P, '101 900')
  expect(told.splice(0)).toEqual([`1 ${P} 101 900 > `, `0 ${P} 101 901 > 101 900`])
  // What a table transfer does not confirm is gone.
  stage.down(6, a).up(7, a).announce(8, a, '10.2.0.0/16', '101 900').endOfRib(9, a)
  expect(told.splice(0)).toEqual([`0 ${P} 101 900 > `])
  table.follow(stage.id(P), false)
  stage.announce(10, a, P, '101 900').withdraw(11, a, P)
  expect(told).toEqual([])
})

test('the cover is the nearest that somebody carries, of whatever origin', () => {
  const stage = new Stage()
  const [v] = stage.peers(1) as [number]
  const cover = (text: string) => {
    const p = stage.table.coverOf(stage.id(text))
    return p < 0 ? null : stage.table.prefixText(p)
  }
  for (const [prefix, path] of [
    ['10.0.0.0/8', '101 900'],
    [P, '101 901'],
    ['10.1.2.0/24', '101 900'],
    ['2001:db8::/32', '101 900'],
    ['2001:db8:1::/48', '101 902'],
  ] as const)
    stage.load(v, prefix, path)
  stage.table.start()
  stage.announce(1, v, '10.1.2.0/23', '101 903').withdraw(2, v, '10.1.2.0/23')
  expect(cover('10.1.2.0/24')).toBe(P)
  expect(cover(P)).toBe('10.0.0.0/8')
  expect(cover('10.0.0.0/8')).toBe(null)
  expect(cover('2001:db8:1::/48')).toBe('2001:db8::/32')
  const inside = (text: string) =>
    stage.table.inside(stage.id(text)).map((p) => stage.table.prefixText(p))
  expect(inside('10.0.0.0/8').sort()).toEqual([P, '10.1.2.0/24'])
  expect(inside(P)).toEqual(['10.1.2.0/24'])
})

test('two origins of one prefix in the starting table are known as such', () => {
  const stage = new Stage()
  const [a, b] = stage.peers(2) as [number, number]
  stage.load(a, P, '101 900').load(b, P, '102 901')
  stage.table.start()
  const p = stage.id(P)
  expect([900, 901, 902].map((asn) => stage.table.hadOrigin(p, asn))).toEqual([true, true, false])
  expect(stage.table.pathText(stage.table.pathAt(b, p))).toBe('102 901')
  expect(stage.table.pathAt(b, p + 1)).toBe(0)
})
