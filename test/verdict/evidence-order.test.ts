import { describe, expect, test } from 'vitest'
import type { Change, Sample } from '../../src/core/sample.ts'
import { seconds } from '../../src/core/time.ts'
import { seekOrder } from '../../src/verdict/evidence-order.ts'
import { many, World } from '../detect/world.ts'
import { change, findings, ids, series } from './scenes.ts'

const ten = 'abcdeABCDE'
const list = many(10)
const calm = () => new World({ watch: [7000] }).holds(ten, list, '174 3356 7000')
const until = '00:50:00'

const igp = (time: string, uncertainty = seconds(5)) =>
  series(
    'lsdb_routes',
    { router: 'r7' },
    { '00:00:00': 9_800, [time]: 412_000 },
    until,
    uncertainty,
  )
const dns = (time: string, uncertainty = seconds(5)) =>
  series('qps', { resolver: 'x' }, { '00:00:00': 10_000, [time]: 90_000 }, until, uncertainty)
const border = (time: string, value = 9e9) =>
  series('in_bps', { link: 'ix' }, { '00:00:00': 1e9, [time]: value }, until)

const order = (facts: readonly (Sample | Change)[], world = calm()) =>
  findings(seekOrder, world, until, facts)

describe('which was first', () => {
  test('the control plane, minutes before the surge: all of the weight', () => {
    const { last } = order([...igp('00:30:00'), ...dns('00:35:00')])
    expect(last).toMatchObject([{ id: 'ord.routing_first', factor: 1 }])
    expect(last[0]?.because).toMatch(
      /^lsdb_routes 00:29:45 ±20 s, qps 00:34:45 ±20 s: 5 min apart$/,
    )
  })

  test('the surge, before a route was lost', () => {
    const world = calm().at('00:35:00').withdraw(ten, list)
    const { last } = order(border('00:30:00'), world)
    expect(last).toMatchObject([{ id: 'ord.traffic_first', factor: 1 }])
  })

  test('what was odd half an hour before is another story', () => {
    expect(ids(order([...igp('00:12:00'), ...dns('00:45:00')]).last)).toEqual([])
  })

  test('just apart weighs little, and the more the further', () => {
    // Half a scrape and its own uncertainty each: 20 s and 20 s.
    const factor = (time: string) => order([...igp('00:30:00'), ...dns(time)]).last[0]?.factor
    expect(factor('00:31:00')).toBeCloseTo(0.5, 2)
    expect(factor('00:32:00')).toBe(1)
  })

  test('when the intervals touch nothing is claimed, and it says why', () => {
    const { last } = order([...igp('00:30:00'), ...dns('00:30:30')])
    expect(ids(last)).toEqual(['ord.unresolved'])
    expect(last[0]?.because).toContain('not further apart than is uncertain')
  })

  test('a coarse scrape makes the same two onsets touch', () => {
    const coarse = order([...igp('00:30:00', seconds(120)), ...dns('00:32:00', seconds(60))])
    expect(ids(coarse.last)).toEqual(['ord.unresolved'])
  })

  test('routes take a minute to be missed: a surge within it is not first', () => {
    const world = calm().at('00:30:40').withdraw(ten, list)
    expect(ids(order(border('00:30:00'), world).last)).toEqual(['ord.unresolved'])
  })
})

describe('what is no onset', () => {
  test('only one of the two: no order at all', () => {
    expect(order(igp('00:30:00')).ever.size).toBe(0)
    expect(order(dns('00:30:00')).ever.size).toBe(0)
  })

  test('a collapse of traffic is no surge', () => {
    expect(order([...igp('00:35:00'), ...border('00:30:00', 1e8)]).ever.size).toBe(0)
  })

  test('probes that fail are neither: users suffer before anybody knows of what', () => {
    const probes = series(
      'probe_success',
      { set: 'inside', pop: 'a' },
      { '00:00:00': 1, '00:30:00': 0 },
      until,
    )
    expect(order([...probes, ...dns('00:40:00')]).ever.size).toBe(0)
  })
})

test('a detector that fired is a surge, until it stops', () => {
  const world = calm().at('00:35:00').withdraw(ten, list)
  const fired = change('00:30:00', 'detector-start', { direction: 'incoming', detector: 'fnm' })
  expect(ids(order([fired], world).last)).toEqual(['ord.traffic_first'])
  const outgoing = change('00:30:00', 'detector-start', { direction: 'outgoing' })
  const again = () => calm().at('00:35:00').withdraw(ten, list)
  expect(order([outgoing], again()).ever.size).toBe(0)
  const over = change('00:32:00', 'detector-end', { direction: 'incoming', detector: 'fnm' })
  expect(order([fired, over], again()).ever.size).toBe(0)
})

test('of several onsets the first counts, whatever the order in which they are heard', () => {
  const facts = [...dns('00:40:00'), ...border('00:30:00'), ...igp('00:35:00')]
  const forwards = order(facts).last
  expect(ids(forwards)).toEqual(['ord.traffic_first'])
  expect(order(facts.toReversed()).last).toEqual(forwards)
})
