import { describe, expect, test } from 'vitest'
import { clock, lines, many, only, World } from './world.ts'

const ten = 'abcdefghij'
const both = 'abcdefghABCDEFGH'
const covers = ['198.0.0.0/16', '198.1.0.0/16', '198.2.0.0/16', '198.3.0.0/16']
const world = (watch?: number[]) =>
  new World(watch ? { watch } : {}).holds(both, covers, '1299 7000')
const hundred = covers.flatMap((_, i) => many(30, `198.${i}`))

describe('more-specifics of its own, by the hundred', () => {
  const told = world()
    .at('00:10:00')
    .announce(both, hundred, '1299 7000')
    .at('00:20:00')
    .withdraw(both, hundred)
    .play('01:00:00')

  test('are told after a minute, and over when they are gone', () => {
    const leak = only(told, 'leak.own-specifics')
    expect(lines(told.filter(({ id }) => id === leak.id))).toEqual([
      '00:11:10 leak.own-specifics AS7000 open: confirmed',
      '00:20:10 leak.own-specifics AS7000 resolving: it is getting well',
      '00:25:10 leak.own-specifics AS7000 resolved: it has been well for long enough',
    ])
    expect([clock(leak.startedAt), clock(leak.endedAt)]).toEqual(['00:10:00', '00:20:00'])
    expect(leak).toMatchObject({ culprit: 7000, rfc7908: 6, severity: 'minor' })
    expect(leak.counts).toMatchObject({ prefixes: 120, covered: 120, share: 1 })
    expect(leak.confidence.level).toBe('medium')
  })
})

const kinds = (w: World, until = '00:30:00') => w.play(until).map(({ kind }) => kind)

test('ninety-nine are not enough, ten of a watched network are', () => {
  const some = (n: number, watch?: number[]) =>
    kinds(world(watch).at('00:10:00').announce(both, hundred.slice(0, n), '1299 7000'))
  expect(some(99)).toEqual([])
  expect(some(100)).toContain('leak.own-specifics')
  expect(some(9, [7000])).not.toContain('leak.own-specifics')
  expect(some(10, [7000])).toContain('leak.own-specifics')
  expect(some(100, [7001])).toEqual([])
})

test('blackholes for single hosts are none, however many', () => {
  const hosts = Array.from({ length: 200 }, (_, i) => `198.0.${i}.9/32`)
  const told = world([7000]).at('00:10:00').announce(both, hosts, '1299 7000')
  expect(kinds(told)).not.toContain('leak.own-specifics')
})

test('too few who carry them are not enough', () => {
  const told = kinds(world().at('00:10:00').announce('a', hundred, '1299 7000'))
  expect(told).toEqual([])
})

test('spread over an hour they are ordinary', () => {
  const w = world()
  for (let i = 0; i < 12; i++)
    w.at(`00:${String(5 + 4 * i).padStart(2, '0')}:00`).announce(
      both,
      hundred.slice(10 * i, 10 * i + 10),
      '1299 7000',
    )
  expect(kinds(w, '01:30:00')).toEqual([])
})

test('a network that begins to announce, cover and all, leaks nothing', () => {
  const w = new World().holds(both, '203.0.0.0/24', '1299 7001').at('00:10:00')
  w.announce(both, covers, '1299 7000').announce(both, hundred, '1299 7000')
  expect(kinds(w)).not.toContain('leak.own-specifics')
})

test('out of another network’s prefix they are something else', () => {
  const w = world().at('00:10:00').announce(both, hundred, '1299 7777')
  expect(kinds(w)).not.toContain('leak.own-specifics')
})

test('that come back after an outage are not new', () => {
  const w = world().holds(both, hundred, '1299 7000').at('00:10:00').withdraw(both, hundred)
  w.at('00:20:00').announce(both, hundred, '1299 7000')
  expect(kinds(w, '00:40:00')).not.toContain('leak.own-specifics')
})

test('one prefix taken apart may be a defence: the confidence is low', () => {
  const apart = many(120, '198.0')
  const leak = only(
    world().at('00:10:00').announce(both, apart, '1299 7000').play('00:30:00'),
    'leak.own-specifics',
  )
  expect(leak.confidence.level).toBe('low')
})

test('learned from the input nothing is new', () => {
  const w = new World({ baseline: 'learned-from-input' }).at('00:01:00')
  w.announce(ten, covers, '1299 7000').at('00:10:00').announce(ten, hundred, '1299 7000')
  expect(kinds(w)).not.toContain('leak.own-specifics')
})

test('that come by somebody else’s leak are told as that', () => {
  const w = world().at('00:10:00').announce(both, hundred, '1299 5001 3356 7000')
  const told = kinds(w)
  expect(told).toContain('leak.path')
  expect(told).not.toContain('leak.own-specifics')
})

describe('that stand for long', () => {
  const long = (who: string) =>
    world()
      .at('00:10:00')
      .announce(who, hundred, '1299 7000')
      .at('02:00:00')
      .withdraw(who, hundred)
      .play('03:00:00')

  test.each([
    ['all', both],
    ['a quarter of those who vote', 'abAB'],
  ])('at %s: it ends when they go', (_, who) => {
    const told = long(who)
    const leak = only(told, 'leak.own-specifics')
    expect(leak.state).toBe('resolved')
    expect(clock(leak.endedAt) >= '02:00:00' && clock(leak.endedAt) <= '02:00:20').toBe(true)
    expect(told.every(({ kind }) => kind === 'leak.own-specifics')).toBe(true)
  })
})
