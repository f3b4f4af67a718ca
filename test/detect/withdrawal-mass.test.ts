import { expect, test } from 'vitest'
import { clock, lines, many, only, World } from './world.ts'

const ten = 'abcdefghij'
const eight = many(8)
const cover = '198.51.0.0/21'
const withdrawn = () =>
  new World({ watch: [7000] })
    .holds(ten, [...eight, cover], '3356 7000')
    .at('00:10:00')
    .withdraw(ten, eight, 1)

test('more-specifics whose space is still carried: minor, and no outage', () => {
  const told = withdrawn().play('01:00:00')
  expect(lines(told)).toEqual(['00:11:00 withdrawal.mass AS7000 ipv4 open: confirmed'])
  expect(told[0]).toMatchObject({ severity: 'minor', counts: { prefixes: 8, covered: 8 } })
  expect(told[0]?.confidence.tags.map(({ because }) => because)).toContain(
    'their addresses are still carried by the same origin, as by 198.51.0.0/21',
  )
})

test('covered by neighbours together is covered too', () => {
  const halves = ['198.51.0.0/22', '198.51.4.0/22']
  const told = new World({ watch: [7000] })
    .holds(ten, [...eight, ...halves, cover], '3356 7000')
    .at('00:10:00')
    .withdraw(ten, [...eight, cover])
    .play('00:30:00')
  expect(only(told, 'withdrawal.mass').counts.covered).toBe(9)
  expect(told).toHaveLength(1)
})

test('covered by somebody else is not', () => {
  const told = new World({ watch: [7000] })
    .holds(ten, eight, '3356 7000')
    .holds(ten, cover, '3356 7001')
    .at('00:10:00')
    .withdraw(ten, eight)
    .play('00:30:00')
  expect(lines(told)).toEqual(['00:11:00 outage.as AS7000 ipv4 open: confirmed'])
})

test('a few per cent of a hoster are nothing', () => {
  const list = many(40)
  const told = new World({ watch: [7000] })
    .holds(ten, [...list, '198.51.0.0/18'], '3356 7000')
    .at('00:10:00')
    .withdraw(ten, list.slice(0, 10))
    .play('00:30:00')
  expect(told).toEqual([])
})

test('the cover goes later: an outage from then on, and this a part of it', () => {
  const told = withdrawn().at('00:15:00').withdraw(ten, cover, 1).play('00:40:00')
  expect(lines(told)).toEqual([
    '00:11:00 withdrawal.mass AS7000 ipv4 open: confirmed',
    '00:16:00 outage.as AS7000 ipv4 open: confirmed',
    `00:18:10 withdrawal.mass AS7000 ipv4 suppressed: part of incident ${told[1]?.id}`,
  ])
  // Until then its addresses were reachable.
  expect(clock(only(told, 'outage.as').startedAt)).toBe('00:15:00')
  expect(only(told, 'withdrawal.mass').foldedInto).toBe(only(told, 'outage.as').id)
})

test('the cover comes back: what was folded stands for itself again', () => {
  const told = withdrawn()
    .at('00:15:00')
    .withdraw(ten, cover, 1)
    .at('00:25:00')
    .announce(ten, cover, '3356 7000')
    .play('01:00:00')
  expect(lines(told).slice(3)).toEqual([
    '00:25:10 outage.as AS7000 ipv4 resolving: it is getting well',
    '00:26:00 withdrawal.mass AS7000 ipv4 reopened: it is back',
    '00:30:10 outage.as AS7000 ipv4 resolved: it has been well for long enough',
  ])
  expect(only(told, 'withdrawal.mass').foldedInto).toBeNull()
})

test('back again: resolved, with the end at the last that came', () => {
  const told = withdrawn().at('00:20:00').announce(ten, eight, '3356 7000', 1).play('01:00:00')
  const { state, endedAt } = only(told, 'withdrawal.mass')
  expect([state, clock(endedAt)]).toEqual(['resolved', '00:20:07'])
})
