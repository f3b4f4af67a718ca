import { describe, expect, test } from 'vitest'
import type { Incident } from '../../src/core/incident.ts'
import { clock, many, only, World, type WorldSettings } from './world.ts'

const peers = 'abcdefghijABCDEFGHIJ'
const half = 'abcdeABCDE'

const prefixOf = (victim: number) => `60.${victim}.0.0/16`

/** AS5001 takes a prefix of each of so many networks, and gives them back. */
function taken(victims: number, way: string, settings: WorldSettings = {}): Incident[] {
  const story = new World(settings).holds(peers, '198.18.0.0/24', '1299 174 5001')
  for (let v = 0; v < victims; v++) story.holds(peers, prefixOf(v), `${way} ${6000 + v}`)
  for (let v = 0; v < victims; v++)
    story.at('00:10:01').announce(half, prefixOf(v), '1299 174 5001')
  for (let v = 0; v < victims; v++)
    story.at('00:20:00').announce(half, prefixOf(v), `${way} ${6000 + v}`)
  return story.play('00:40:00')
}

describe('one network announces the prefixes of many', () => {
  test('is one incident, told after twenty seconds', () => {
    const told = taken(12, '1299 3356')
    const one = only(told, 'hijack.mass')
    expect(new Set(told.map(({ id }) => id)).size).toBe(1)
    expect(one).toMatchObject({ key: 'mass:5001', asn: 5001, state: 'resolved', rfc7908: null })
    const times = [one.startedAt, one.detectedAt, one.endedAt].map(clock)
    expect(times).toEqual(['00:10:01', '00:10:30', '00:20:00'])
    expect(one.counts).toMatchObject({ prefixes: 12, origins: 12, routes: 120, peerAsns: 10 })
    expect(one.confidence).toMatchObject({ score: 10, level: 'high' })
    expect(one.samples.prefixes).toHaveLength(12)
  })

  test('of ten networks is ten hijacks', () => {
    const told = taken(10, '1299 3356')
    expect(new Set(told.map(({ kind }) => kind))).toEqual(new Set(['hijack.moas']))
    expect(new Set(told.map(({ id }) => id)).size).toBe(10)
  })

  test('is told to one whose prefix is among them', () => {
    expect(only(taken(12, '1299 3356', { watch: [6003] }), 'hijack.mass').asn).toBe(6003)
    expect(taken(12, '1299 3356', { watch: [1] })).toEqual([])
  })

  test('to whom it stood on the way, is a leak', () => {
    const one = only(taken(12, '1299 5001'), 'leak.reorigination')
    expect(one).toMatchObject({ key: 'mass:5001', culprit: 5001, rfc7908: 5 })
  })

  test('is over when a tenth of it is left, which then stands for itself', () => {
    const left = (rest: number) => {
      const story = new World().holds(peers, '198.18.0.0/24', '1299 174 5001')
      for (let v = 0; v < 20; v++) story.holds(peers, prefixOf(v), `1299 3356 ${6000 + v}`)
      for (let v = 0; v < 20; v++) story.at('00:10:01').announce(half, prefixOf(v), '1299 174 5001')
      for (let v = rest; v < 20; v++)
        story.at('00:20:00').announce(half, prefixOf(v), `1299 3356 ${6000 + v}`)
      return story.play('01:00:00')
    }
    const told = left(2)
    const mass = only(told, 'hijack.mass')
    expect([mass.state, clock(mass.endedAt)]).toEqual(['resolved', '00:20:00'])
    const rest = told.filter(({ kind, state }) => kind === 'hijack.moas' && state === 'open')
    expect(rest.map(({ key }) => key)).toEqual(['hijack:5001:6000', 'hijack:5001:6001'])
    expect(only(left(3), 'hijack.mass').state).toBe('open')
  })

  test('is over when those who still held it have fallen silent', () => {
    const story = new World().holds(peers, '198.18.0.0/24', '1299 174 5001')
    for (let v = 0; v < 12; v++) story.holds(peers, prefixOf(v), `1299 3356 ${6000 + v}`)
    for (let v = 0; v < 12; v++) story.at('00:10:01').announce(half, prefixOf(v), '1299 174 5001')
    story.at('00:15:00').down('ABCDEFGHIJ')
    for (let v = 0; v < 12; v++)
      story.at('00:20:00').announce('abcde', prefixOf(v), `1299 3356 ${6000 + v}`)
    const one = only(story.play('01:00:00'), 'hijack.mass')
    expect([one.state, clock(one.endedAt)]).toEqual(['resolved', '00:20:00'])
  })

  test('with a right to them, or for its siblings, is nothing', () => {
    expect(taken(12, '1299 3356', { context: { validity: () => 'valid' } })).toEqual([])
    expect(taken(12, '1299 3356', { context: { sameOrganisation: () => true } })).toEqual([])
  })

  test('that two of twenty peers see is nothing', () => {
    const story = new World().holds(peers, '198.18.0.0/24', '1299 174 5001')
    for (let v = 0; v < 12; v++) story.holds(peers, prefixOf(v), `1299 3356 ${6000 + v}`)
    for (let v = 0; v < 12; v++) story.at('00:10:01').announce('a', prefixOf(v), '1299 174 5001')
    expect(story.play('00:20:00')).toEqual([])
  })

  test('over an hour is not all at once', () => {
    const story = new World().holds(peers, '198.18.0.0/24', '1299 174 5001')
    for (let v = 0; v < 12; v++) story.holds(peers, prefixOf(v), `1299 3356 ${6000 + v}`)
    for (let v = 0; v < 12; v++)
      story.at(`00:${10 + 4 * v}:01`).announce(half, prefixOf(v), '1299 174 5001')
    const kinds = new Set(story.play('01:10:00').map(({ kind }) => kind))
    expect(kinds).toEqual(new Set(['hijack.moas']))
  })

  test('learned from the input, with medium confidence', () => {
    const story = new World({ baseline: 'learned-from-input' })
    for (let v = 0; v < 12; v++)
      story.at('00:01:00').announce(peers, prefixOf(v), `1299 3356 ${6000 + v}`)
    for (let v = 0; v < 12; v++) story.at('00:10:01').announce(half, prefixOf(v), '1299 174 5001')
    expect(only(story.play('00:20:00'), 'hijack.mass').confidence.level).toBe('medium')
  })

  test('parts of prefixes count like whole ones', () => {
    const story = new World().holds(peers, '198.18.0.0/24', '1299 174 5001')
    for (let v = 0; v < 12; v++) story.holds(peers, prefixOf(v), `1299 3356 ${6000 + v}`)
    for (let v = 0; v < 12; v++)
      story.at('00:10:01').announce(half, many(3, `60.${v}`), '1299 174 5001')
    expect(only(story.play('00:20:00'), 'hijack.mass').counts.prefixes).toBe(36)
  })
})
