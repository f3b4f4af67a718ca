import { expect, test } from 'vitest'
import { clock, lines, many, only, World } from './world.ts'

const ten = 'abcdefghij'
const list = many(40)
const world = (watch?: number[]) =>
  new World(watch ? { watch } : {}).holds(ten, list, '3356 7000').at('00:10:00')

test('two prefixes of a watched network: one incident', () => {
  const told = world([7000])
    .withdraw(ten, list[0] ?? '')
    .at('00:10:20')
    .withdraw(ten, list[1] ?? '')
    .play('00:30:00')
  expect(lines(told)).toEqual(['00:11:10 outage.prefix AS7000 ipv4 open: confirmed'])
  expect(told[0]).toMatchObject({ severity: 'minor', counts: { prefixes: 2, ofPrefixes: 40 } })
  expect(told[0]?.samples.prefixes).toEqual(['198.51.0.0/24', '198.51.1.0/24'])
})

test('of a network nobody watches: not worth a word', () => {
  expect(world().withdraw(ten, list.slice(0, 2)).play('00:30:00')).toEqual([])
})

test('as long as a third of the peers have it, three minutes are asked for', () => {
  const story = () => world([7000]).withdraw('abcdefg', list.slice(0, 1))
  expect(lines(story().play('00:30:00'))).toEqual([
    '00:13:10 outage.prefix AS7000 ipv4 open: confirmed',
  ])
  expect(
    story()
      .at('00:13:05')
      .announce('abcdefg', list[0] ?? '', '3356 7000')
      .play('00:30:00'),
  ).toEqual([])
})

test('over when all of them are back', () => {
  const told = world([7000])
    .withdraw(ten, list.slice(0, 2))
    .at('00:20:00')
    .announce(ten, list[0] ?? '', '3356 7000')
    .at('00:25:00')
    .announce(ten, list[1] ?? '', '3356 7000')
    .play('01:00:00')
  const { state, endedAt } = only(told, 'outage.prefix')
  expect([state, clock(endedAt)]).toEqual(['resolved', '00:25:00'])
})

test('the network goes: this is a part of it, told once', () => {
  const told = world([7000])
    .withdraw(ten, list.slice(0, 2))
    .at('00:20:00')
    .withdraw(ten, list, 1)
    .play('01:00:00')
  const outage = only(told, 'outage.as')
  expect(lines(told)).toEqual([
    '00:11:10 outage.prefix AS7000 ipv4 open: confirmed',
    '00:20:10 outage.prefix AS7000 ipv4 open: twice as many prefixes',
    '00:21:00 outage.as AS7000 ipv4 open: confirmed',
    `00:21:00 outage.prefix AS7000 ipv4 suppressed: part of incident ${outage.id}`,
  ])
  expect(told.at(-1)?.foldedInto).toBe(outage.id)
})

test('the network comes back without them: they stand for themselves again', () => {
  const told = world([7000])
    .withdraw(ten, list.slice(0, 2))
    .at('00:20:00')
    .withdraw(ten, list)
    .at('00:30:00')
    .announce(ten, list.slice(2), '3356 7000')
    .play('01:00:00')
  expect(lines(told).slice(-3)).toEqual([
    '00:30:10 outage.as AS7000 ipv4 resolving: it is getting well',
    '00:35:10 outage.as AS7000 ipv4 resolved: it has been well for long enough',
    '00:35:10 outage.prefix AS7000 ipv4 reopened: it is back',
  ])
})

test('what remains of an outage that is getting well is not told twice', () => {
  const told = world([7000])
    .withdraw(ten, list)
    .at('00:20:00')
    .announce(ten, list.slice(1), '3356 7000')
    .play('00:25:00')
  expect(told.map(({ kind }) => kind)).toEqual(['outage.as', 'outage.as'])
})

test('one of twenty that never comes back holds nothing open, until there is another', () => {
  const large = many(300)
  const world = new World({ watch: [7000] })
    .holds(ten, large, '3356 7000')
    .at('00:10:00')
    .withdraw(ten, large.slice(0, 20))
    .at('00:20:00')
    .announce(ten, large.slice(1, 20), '3356 7000')
    .at('02:00:00')
    .withdraw(ten, large[7] ?? '')
  expect(lines(world.play('03:00:00'))).toEqual([
    '00:11:10 outage.prefix AS7000 ipv4 open: confirmed',
    '00:20:10 outage.prefix AS7000 ipv4 resolving: it is getting well',
    '00:25:10 outage.prefix AS7000 ipv4 resolved: it has been well for long enough',
    '02:01:10 outage.prefix AS7000 ipv4 open: confirmed',
  ])
})
