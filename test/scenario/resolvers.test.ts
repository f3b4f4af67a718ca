import { expect, it } from 'vitest'
import { minutes, seconds } from '../../src/core/time.ts'
import type { Reading } from '../../src/scenario/gauge.ts'
import { type Conditions, calm, operatorNetwork } from '../../src/scenario/network.ts'
import { amplification, diffuse, Resolvers } from '../../src/scenario/resolvers.ts'

const net = operatorNetwork([174, 1299, 3356])

/** All readings of each quarter of a minute, calm for a while and then not. */
function lives(is: Partial<Conditions>, lasts = minutes(30)): Reading[][] {
  const model = new Resolvers(net)
  const out: Reading[][] = []
  for (let at = 0; at <= lasts; at += seconds(15))
    out.push(model.read(at, at < minutes(2) ? calm : { ...calm, ...is }))
  return out
}

const mean = (readings: readonly Reading[] = [], metric: string): number => {
  const all = readings.filter((one) => one.metric === metric)
  return all.reduce((n, { value }) => n + value, 0) / all.length
}
const multiple = (all: Reading[][]) =>
  Math.max(...all.map((one) => mean(one, 'qps'))) / mean(all[0], 'qps')

it.each([
  [0.5, 2],
  [0.9, 2],
  [0.9, 4],
  [0.9, 6],
  [1, 8],
])(
  '%f of the lookups failing and %i retries make a storm of 4 to 30 times, without any attacker',
  (failing, appRetries) => {
    const all = lives({ failing, appRetries })
    expect(multiple(all)).toBeGreaterThan(4)
    expect(multiple(all)).toBeLessThan(30)
    const last = all.at(-1)
    expect(mean(last, 'top1pct_source_share')).toBeCloseTo(mean(all[0], 'top1pct_source_share'))
    expect(mean(last, 'name_distance')).toBeCloseTo(mean(all[0], 'name_distance'))
    expect(mean(last, 'servfail_ratio')).toBeGreaterThan(0.3)
    expect(mean(last, 'timeout_ratio')).toBeGreaterThan(0.4)
    expect(mean(last, 'duplicate_ratio')).toBeGreaterThan(0.3)
    expect(mean(last, 'diffuse_source_share')).toBeGreaterThan(0.5)
  },
)

it('a storm grows while caches run out, and is over soon after the fault', () => {
  const storm = { failing: 0.9, appRetries: 6 }
  const model = new Resolvers(net)
  const at = (t: number, is: Partial<Conditions>) => mean(model.read(t, { ...calm, ...is }), 'qps')
  const usual = at(0, {})
  const soon = at(seconds(15), storm)
  const later = at(minutes(20), storm)
  expect(soon / usual).toBeGreaterThan(2)
  expect(later).toBeGreaterThan(soon * 2)
  expect(at(minutes(21), {}) / usual).toBeLessThan(1.1)
})

it('one query a lookup when nothing fails; three of the stub and of each retry when all do', () => {
  expect(amplification(0, 7)).toBe(1)
  expect(amplification(1, 0)).toBe(3)
  expect(amplification(1, 4)).toBe(15)
})

it('a subscriber who asks as usual is not counted among those who ask more', () => {
  expect(diffuse(1)).toBeLessThan(0.03)
  expect(diffuse(5)).toBeGreaterThan(0.7)
  // Beyond thirty times it is no subscriber any more.
  expect(diffuse(100)).toBeLessThan(0.1)
})

it('bots are few sources with much of the load, and random names show; others ask as before', () => {
  const bots = {
    resolvers: ['resolver-seoul'],
    clients: 1_000,
    rate: 300,
    randomNames: true,
    outside: false,
    unanswered: 0,
  }
  const last = lives({ bots }).at(-1) ?? []
  const of = (metric: string, resolver: string) =>
    last.find((one) => one.metric === metric && one.labels['resolver'] === resolver)?.value ?? 0
  expect(of('top1pct_source_share', 'resolver-seoul')).toBeGreaterThan(0.8)
  expect(of('nxdomain_ratio', 'resolver-seoul')).toBeGreaterThan(0.7)
  expect(of('label_entropy', 'resolver-seoul')).toBeGreaterThan(4)
  expect(of('diffuse_source_share', 'resolver-seoul')).toBeLessThan(0.05)
  expect(of('outside_source_share', 'resolver-seoul')).toBeLessThan(0.01)
  expect(of('top1pct_source_share', 'resolver-busan')).toBeLessThan(0.1)
})

it('answers lost in front of a resolver make its clients ask again, and nothing fails behind it', () => {
  const all = lives({ lossyFronts: ['resolver-busan'], appRetries: 3 })
  const of = (readings: readonly Reading[] = [], metric: string) =>
    readings.find((one) => one.metric === metric && one.labels['resolver'] === 'resolver-busan')
      ?.value ?? 0
  expect(of(all.at(-1), 'qps') / of(all[0], 'qps')).toBeGreaterThan(4)
  expect(of(all.at(-1), 'servfail_ratio')).toBeCloseTo(of(all[0], 'servfail_ratio'))
})
