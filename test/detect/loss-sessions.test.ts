// What becomes of losses while sessions come and go, and peers lose their tables: of the networks'
// losses nothing, and of the peers' no incident.

import { describe, expect, test } from 'vitest'
import { Dice } from '../../src/scenario/dice.ts'
import { clock, lines, many, only, World } from './world.ts'

const PEERS = 'abcdefABCDEF'
const four = many(4, '198.51')
const without = (all: string, some: string) => [...all].filter((p) => !some.includes(p)).join('')

/** In the order of arrival, and in others that the clock puts up with. */
function sameInAnyOrder(make: () => World, until: string) {
  const told = make().play(until)
  for (const seed of ['one', 'two', 'three'])
    expect(make().play(until, new Dice(seed))).toEqual(told)
  return told
}

describe('an outage', () => {
  const begins = () =>
    new World().holds(PEERS, four, '3356 7000').at('00:10:00').withdraw(PEERS, four, 1)

  test('goes on while sessions are reset in the middle of it', () => {
    const make = () =>
      begins()
        .at('00:20:00')
        .down('abcd')
        .at('00:21:00')
        .up('abcd')
        .announce('abcd', many(24, '100.64'), '900')
        .announce('abcd', '2001:db8:ffff::/48', '900')
        .endOfRib('abcd')
        .endOfRib('abcd', 6)
        .at('00:40:00')
        .announce(PEERS, four, '3356 7000')
    const one = only(sameInAnyOrder(make, '01:00:00'), 'outage.as')
    expect(one).toMatchObject({ state: 'resolved', culprit: 7000, counts: { prefixes: 4 } })
    expect([clock(one.startedAt), clock(one.endedAt)]).toEqual(['00:10:00', '00:40:00'])
  })

  test('is seen by one collector while we have lost the other', () => {
    const make = () =>
      new World()
        .holds(PEERS, four, '3356 7000')
        .at('00:05:00')
        .gap('no file', 'rrc01')
        .at('00:10:00')
        .withdraw('abcdef', four, 1)
    const one = only(sameInAnyOrder(make, '00:30:00'), 'outage.as')
    expect(one).toMatchObject({ state: 'open', confidence: { level: 'medium' } })
    expect(one.counts).toMatchObject({ peerAsns: 6, collectors: 1 })
  })

  test('a collector that falls away takes no prefix with it', () => {
    const told = new World()
      .holds(PEERS, four, '3356 7000')
      .at('00:10:00')
      .down('ABCDEF')
      .play('00:40:00')
    expect(told.map(({ kind }) => kind).filter((kind) => kind !== 'blind')).toEqual([])
  })

  // 17 % is what a stuck route was held by at most (detection.md §10.4); a quarter is as many as may be.
  test.each([
    ['a sixth', 'ab'],
    ['a quarter', 'abc'],
  ])('begins and ends though %s of the peers are stuck', (_, stuck) => {
    const make = () =>
      new World()
        .holds(PEERS, four, '3356 7000')
        .at('00:10:00')
        .withdraw(without(PEERS, stuck), four, 1)
        .at('00:30:00')
        .announce(without(PEERS, stuck), four, '3356 7000')
    const one = only(sameInAnyOrder(make, '00:50:00'), 'outage.as')
    expect(one).toMatchObject({ state: 'resolved', endedAt: '2025-01-01T00:30:00.000Z' })
  })

  test('ends though a sixth of the peers never take the routes up again', () => {
    const make = () => begins().at('00:30:00').announce(without(PEERS, 'ab'), four, '3356 7000')
    const one = only(sameInAnyOrder(make, '00:50:00'), 'outage.as')
    expect(one).toMatchObject({ state: 'resolved', endedAt: '2025-01-01T00:30:00.000Z' })
  })
})

describe('two sessions of one network', () => {
  test('are one witness of a loss', () => {
    const asnOf = { b: 201, c: 201, d: 201, e: 201 }
    const world = () => new World({ asnOf }).holds('abcdefgh', four, '3356 7000').at('00:10:00')
    // Five sessions of eight are one network of four.
    expect(world().withdraw('abcde', four, 1).play('00:30:00')).toEqual([])
    const told = world().withdraw('abcdefgh', four, 1).play('00:30:00')
    expect(only(told, 'outage.as').counts.peerAsns).toBe(4)
  })
})

describe('a peer that loses much of its table', () => {
  /** Three hundred networks of one prefix each. */
  const nets = many(300, '10.20').map((prefix, i) => [prefix, `3356 ${20_000 + i}`] as const)
  const world = (peers: string) => {
    const made = new World()
    for (const [prefix, path] of nets) made.holds(peers, prefix, path)
    return made.holds(peers, four, '3356 7000').at('00:10:00')
  }
  const all = nets.map(([prefix]) => prefix)

  test('makes no incident, and an outage meanwhile is told by the others', () => {
    const make = () =>
      world('abcdABCD').withdraw('b', all).at('00:15:00').withdraw('acdABCD', four, 1)
    const told = sameInAnyOrder(make, '00:30:00')
    const one = only(told, 'outage.as')
    expect(one).toMatchObject({ culprit: 7000, state: 'open', vantage: { quarantined: 1 } })
    expect(new Set(told.map(({ id }) => id)).size).toBe(1)
  })

  test('of what few others carry is no loss of theirs', () => {
    // Only two more carry them: with the votes of `b` they would be lost where one of those has gone.
    const rare = many(150, '10.30')
    const make = () => {
      const made = world('abcdABCD')
      rare.forEach((prefix, i) => {
        made.holds('bc', prefix, `3356 ${30_000 + i}`)
      })
      return made.withdraw('b', [...all, ...rare])
    }
    expect(lines(sameInAnyOrder(make, '00:30:00'))).toEqual([])
  })

  test('that all lose together is a burst, and none of them is quarantined', () => {
    const told = world('abcdABCD').withdraw('abcdABCD', all, 1).play('00:30:00')
    expect(only(told, 'withdrawal.burst').counts.origins).toBe(300)
    expect(new Set(told.map(({ kind }) => kind))).toEqual(new Set(['withdrawal.burst']))
    expect(told.every(({ vantage }) => vantage.quarantined === 0)).toBe(true)
  })
})
