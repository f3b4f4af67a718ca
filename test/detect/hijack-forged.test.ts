import { describe, expect, test } from 'vitest'
import type { Context } from '../../src/core/context.ts'
import { clock, only, World, type WorldSettings } from './world.ts'

const peers = 'abcdefghijABCDEFGHIJ'
const net = '203.0.0.0/16'
const part = '203.0.7.0/24'

/** AS6000 buys from AS3356; AS5001 is behind AS174, and knows nobody of AS6000's. */
const world = (settings: WorldSettings = {}) =>
  new World(settings)
    .holds(peers, [net, '203.1.0.0/16', '203.2.0.0/16'], '1299 3356 6000')
    .holds(peers, '198.18.0.0/24', '2914 174 5001')

const forged = (prefix: string, settings: WorldSettings = {}, path = '2914 174 5001 6000') =>
  world(settings)
    .at('00:10:01')
    .announce(peers, prefix, path, 1)
    .at('00:30:00')
    .withdraw(peers, prefix, 1)
    .play('00:50:00')
    .filter(({ kind }) => kind.startsWith('hijack'))

test('a part of a prefix, as if from its origin, behind a stranger', () => {
  const one = only(forged(part), 'hijack.forged-origin')
  expect(one).toMatchObject({ key: 'forged:5001:6000', asn: 5001, state: 'resolved' })
  expect([clock(one.startedAt), clock(one.endedAt)]).toEqual(['00:10:01', '00:30:19'])
  expect(one.confidence.tags.map(({ name, score }) => [name, score])).toEqual([
    ['link.new', 2],
    ['more.specific', 3],
    ['strangers', 2],
    ['others.elsewhere', 1],
  ])
  expect(one.confidence.level).toBe('high')
})

test('lasts while the link does, over whatever paths', () => {
  const told = world({ watch: [6000] })
    .at('00:10:01')
    .announce(peers, part, '2914 174 5001 6000')
    .at('00:50:00')
    .announce(peers, part, '174 5001 6000')
    .at('01:30:00')
    .announce(peers, part, '3257 174 5001 6000')
    .at('02:00:00')
    .withdraw(peers, part)
    .play('03:00:00')
    .filter(({ kind }) => kind.startsWith('hijack'))
  const one = only(told, 'hijack.forged-origin')
  expect([one.state, clock(one.endedAt)]).toEqual(['resolved', '02:00:00'])
  expect(told.filter(({ state }) => state === 'resolving')).toHaveLength(1)
})

test('is told again a day later: nothing was learned from what was told', () => {
  const told = world()
    .at('00:10:01')
    .announce(peers, part, '2914 174 5001 6000')
    .at('02:00:00')
    .withdraw(peers, part)
    .at('12:00:00')
    .announce(peers, '203.0.9.0/24', '2914 174 5001 6000')
    .play('13:00:00')
    .filter(({ kind }) => kind === 'hijack.forged-origin')
  expect(new Set(told.map(({ id }) => id)).size).toBe(2)
})

test('over an ordinary upstream as well, it is a new prefix and no more', () => {
  const told = world()
    .at('00:10:01')
    .announce(peers, part, '1299 3356 6000')
    .at('00:10:30')
    .announce('abc', part, '2914 174 5001 6000')
    .play('00:30:00')
  expect(told).toEqual([])
})

test('is over when those who still have it have fallen silent', () => {
  const told = world()
    .at('00:10:01')
    .announce(peers, part, '2914 174 5001 6000')
    .at('00:15:00')
    .down('ABCDEFGHIJ')
    .at('00:20:00')
    .withdraw('abcdefghij', part)
    .play('01:00:00')
  expect(only(told, 'hijack.forged-origin').state).toBe('resolved')
})

describe('the prefix itself behind a stranger', () => {
  const exact = (settings: WorldSettings = {}) =>
    world(settings)
      .holds(peers, '198.18.1.0/24', '2914 174 5001 5002')
      .at('00:10:01')
      .announce(peers, net, '2914 174 5001 6000', 1)
      .play('00:50:00')
      .filter(({ kind }) => kind.startsWith('hijack'))

  test('that has a customer: a new upstream looks the same', () => {
    expect(exact()).toEqual([])
    const watched = only(exact({ watch: [6000] }), 'hijack.forged-origin')
    expect(watched).toMatchObject({ asn: 6000, culprit: 5001, severity: 'info' })
    expect(watched.confidence.level).toBe('low')
  })

  test('that never passed on anything: no upstream begins like that', () => {
    const one = only(forged(net), 'hijack.forged-origin')
    expect(one.confidence).toMatchObject({ level: 'medium', score: 7 })
    expect(one.confidence.tags.map(({ name }) => name)).toContain('stub')
  })

  test('unless what it passes on is new: a first customer', () => {
    expect(forged('198.51.100.0/24')).toEqual([])
  })
})

test('of a forger who is a vantage point itself, who has it without that link', () => {
  const told = new World({ asnOf: { j: 5001 } })
    .holds(peers, [net, '203.1.0.0/16', '203.2.0.0/16'], '1299 3356 6000')
    .holds(peers.replace('j', ''), '198.18.0.0/24', '2914 174 5001')
    .at('00:10:01')
    .announce(peers.replace('j', ''), part, '2914 174 5001 6000')
    .announce('j', part, '6000')
    .play('00:30:00')
  expect(only(told, 'hijack.forged-origin').culprit).toBe(5001)
})

test('that ASPA does not allow is more than that', () => {
  const told = forged(net, { context: { aspa: () => 'invalid' } })
  expect(only(told, 'hijack.forged-origin').confidence.level).toBe('high')
})

test('longer than its ROA allows is surer', () => {
  const validity: Context['validity'] = () => 'invalid-length'
  const [short] = forged(part, { context: { validity } })
  expect(short?.confidence.tags.map(({ name }) => name)).toContain('rov.length')
})

test('an ordinary link, known neighbours, scrubbers, siblings and route servers are nothing', () => {
  expect(forged(part, {}, '2914 3356 6000')).toEqual([])
  expect(forged(part, { context: { relation: () => 'provider' } })).toEqual([])
  expect(forged(part, { context: { isScrubber: () => true } })).toEqual([])
  expect(forged(part, { context: { sameOrganisation: () => true } })).toEqual([])
  expect(forged(part, { context: { isRouteServer: () => true } })).toEqual([])
})

test('two peers of twenty are not enough', () => {
  const told = world().at('00:10:01').announce('aA', part, '2914 174 5001 6000').play('00:30:00')
  expect(told).toEqual([])
})

test('learned from the input, no link is new', () => {
  const told = new World({ baseline: 'learned-from-input' })
    .at('00:01:00')
    .announce(peers, net, '1299 3356 6000')
    .at('00:10:01')
    .announce(peers, part, '2914 174 5001 6000')
    .play('00:30:00')
  expect(told).toEqual([])
})
