import { describe, expect, it } from 'vitest'
import type { Sample } from '../../src/core/sample.ts'
import { minutes, seconds } from '../../src/core/time.ts'
import { Dice } from '../../src/scenario/dice.ts'
import type { Phase } from '../../src/scenario/network.ts'
import { operatorNetwork } from '../../src/scenario/network.ts'
import { type Arrival, lineOf, type Watching, watch } from '../../src/scenario/telemetry.ts'
import { VARIANTS, type Variant, variantOf } from '../../src/scenario/variants.ts'

const net = operatorNetwork([174, 1299, 3356])
const onset = minutes(90) + seconds(20)
const phases: Phase[] = [
  { from: 0, until: minutes(30), ramp: 0, is: { entries: 30, failing: 0.9, lost: 0.7 } },
]
const numbered = (n: number): Variant => variantOf(n, new Dice('test'))
const seen = (variant: Variant, more: Partial<Watching> = {}): Arrival[] =>
  watch(net, new Dice(1), {
    start: 0,
    end: minutes(140),
    onset,
    phases,
    sees: (plane, metric) => ['lsdb_routes', 'qps', 'in_bps'].includes(metric) && plane !== 'flow',
    delay: () => 0,
    ahead: new Map(),
    variant,
    ...more,
  })
const samples = (all: readonly Arrival[]) =>
  all.flatMap(({ fact }) => (fact.kind === 'sample' ? [fact] : []))
const usual = samples(seen(numbered(0)))
const lines = (all: readonly Sample[]) => all.map(lineOf)

it('there are ten, and more by number; each is the same every time', () => {
  expect(VARIANTS).toBeGreaterThanOrEqual(10)
  const texts = Array.from({ length: 14 }, (_, n) => lines(samples(seen(numbered(n)))).join('\n'))
  expect(lines(samples(seen(numbered(14))))).toEqual(lines(samples(seen(numbered(14)))))
  // Some may fall on what is not looked at here: most differ.
  expect(new Set(texts).size).toBeGreaterThan(9)
})

it('1: each plane begins up to five minutes earlier or later', () => {
  const variant = numbered(1)
  const first = (all: readonly Sample[], metric: string, is: (value: number) => boolean) =>
    all.find((one) => one.metric === metric && is(one.value))?.at ?? 0
  const shift =
    first(samples(seen(variant)), 'lsdb_routes', (n) => n > 60_000) -
    first(usual, 'lsdb_routes', (n) => n > 60_000)
  const jitter = variant.jitter.get('igp') ?? 0
  expect(Math.abs(shift - jitter)).toBeLessThanOrEqual(minutes(1))
  expect(new Set(variant.jitter.values()).size).toBeGreaterThan(3)
  for (const span of variant.jitter.values()) expect(Math.abs(span)).toBeLessThanOrEqual(minutes(5))
})

describe('2 to 5: every series is asked', () => {
  it.each([
    [2, 15],
    [3, 30],
    [4, 60],
    [5, 300],
  ])('%i: each %i s', (n, interval) => {
    const of = samples(seen(numbered(n))).filter(
      ({ metric, labels }) => metric === 'qps' && labels['resolver'] === 'resolver-busan',
    )
    expect((of[1]?.at ?? 0) - (of[0]?.at ?? 0)).toBe(seconds(interval))
    expect(of[0]?.uncertainty).toBe(seconds(interval))
    expect(of.length).toBe((140 * 60) / interval)
  })
})

it('6: a tenth is lost', () => {
  const left = samples(seen(numbered(6))).length / usual.length
  expect(left).toBeGreaterThan(0.87)
  expect(left).toBeLessThan(0.93)
})

it('7: one device repeats itself from before the onset on, the others do not', () => {
  const bySeries = new Map<string, Sample[]>()
  for (const one of samples(seen(numbered(7)))) {
    const key = `${one.metric} ${JSON.stringify(one.labels)}`
    bySeries.set(key, [...(bySeries.get(key) ?? []), one])
  }
  const isStill = (all: Sample[]) =>
    new Set(all.filter(({ at }) => at > onset).map(({ value }) => value)).size === 1
  const frozen = [...bySeries.values()].filter(isStill)
  expect(frozen.length).toBeGreaterThan(0)
  expect(frozen.length).toBeLessThan(bySeries.size / 3)
  const before = [...bySeries.values()].filter(
    (all) => all.filter(({ at }) => at < onset - minutes(11)).length > 5,
  )
  expect(before.length).toBe(bySeries.size)
})

it('8: one plane is late, and stamped as it was', () => {
  const variant = numbered(8)
  const all = seen(variant, { sees: (plane) => plane === variant.late })
  expect(all.length).toBeGreaterThan(50)
  for (const { at, fact } of all) expect(at - fact.at).toBe(minutes(5))
})

it('9: one clock is wrong by four minutes; it is known that it is', () => {
  const wrong = seen(numbered(9)).filter(({ at, fact }) => fact.at - at === minutes(4))
  expect(wrong.length).toBeGreaterThan(50)
  expect(wrong.length).toBeLessThan(usual.length / 2)
  for (const { fact } of wrong) expect(fact.uncertainty).toBeGreaterThan(minutes(4))
})

it('10: one plane sends ten minutes of it twice', () => {
  const variant = numbered(10)
  const all = lines(samples(seen(variant, { sees: (plane) => plane === variant.repeated })))
  const twice = all.length - new Set(all).size
  expect(twice).toBeGreaterThan(5)
  expect(twice).toBeLessThan(all.length / 4)
})

it('from 11 on two flaws at once', () => {
  expect(numbered(11).what).toContain('; ')
})
