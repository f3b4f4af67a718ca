import { expect, it } from 'vitest'
import type { Reading } from '../../src/scenario/gauge.ts'
import { reflection } from '../../src/scenario/incident.ts'
import { type Conditions, calm, conditionsAt, operatorNetwork } from '../../src/scenario/network.ts'
import { Traffic } from '../../src/scenario/traffic.ts'

const net = operatorNetwork([174, 1299, 3356])
const read = (is: Partial<Conditions> = {}) => new Traffic(net).read(0, { ...calm, ...is })
const sum = (all: readonly Reading[], metric: string) =>
  all.filter((one) => one.metric === metric).reduce((n, { value }) => n + value, 0)
const times = (metric: string, is: Partial<Conditions>) =>
  sum(read(is), metric) / sum(read(), metric)

it('a fault takes from both directions; a flood adds to one', () => {
  expect(times('in_bps', { lost: 0.6 })).toBeCloseTo(0.4)
  expect(times('out_bps', { lost: 0.6 })).toBeCloseTo(0.4)
  expect(times('in_bps', { flood: { ...reflection, bps: 800e9 } })).toBeGreaterThan(3)
  expect(times('out_bps', { flood: { ...reflection, bps: 800e9 } })).toBeCloseTo(1)
})

it('no link carries more than it can: the rest is discarded', () => {
  const all = read({ flood: { ...reflection, bps: 5e12, links: ['transit-1'] } })
  const of = (metric: string, link: string) =>
    all.find((one) => one.metric === metric && one.labels['link'] === link)?.value ?? 0
  expect(of('link_load', 'transit-1')).toBeCloseTo(1)
  expect(of('in_bps', 'transit-1')).toBeCloseTo(400e9, -9)
  expect(of('in_discards', 'transit-1')).toBeGreaterThan(1e6)
  expect(of('link_load', 'transit-2')).toBeLessThan(0.3)
  expect(of('in_discards', 'transit-2')).toBeLessThan(10)
})

it('flows say what the excess is made of; a crowd is made of what there always is', () => {
  const of = (is: Partial<Conditions>, metric: string) => sum(read(is), metric) / 3
  const flood = { flood: { ...reflection, bps: 1_000e9 } }
  expect(of(flood, 'reflection_share')).toBeGreaterThan(0.6)
  expect(of(flood, 'new_source_share')).toBeGreaterThan(0.6)
  expect(of(flood, 'top_destination_bps') / of(flood, 'flow_bps')).toBeGreaterThan(0.5)
  expect(of({ demand: 4 }, 'flow_bps')).toBeCloseTo(4 * of({}, 'flow_bps'), -6)
  for (const metric of ['reflection_share', 'new_source_share', 'mix_distance'])
    expect(of({ demand: 4 }, metric)).toBeCloseTo(of({}, metric))
})

it('a phase comes in, lasts, and goes out; two add up', () => {
  const phases = [
    { from: 0, until: 100, ramp: 10, is: { lost: 0.4, deadSessions: ['transit-1'] } },
    { from: 50, until: 100, ramp: 0, is: { lost: 0.2 } },
  ]
  expect(conditionsAt(phases, 0).lost).toBe(0)
  expect(conditionsAt(phases, 5).lost).toBeCloseTo(0.2)
  expect(conditionsAt(phases, 4).deadSessions).toEqual([])
  expect(conditionsAt(phases, 20)).toMatchObject({ lost: 0.4, deadSessions: ['transit-1'] })
  expect(conditionsAt(phases, 60).lost).toBeCloseTo(0.6)
  expect(conditionsAt(phases, 110)).toEqual(calm)
})
