import { describe, expect, test } from 'vitest'
import type { Change, Sample } from '../../src/core/sample.ts'
import { minutes, parseInstant, seconds } from '../../src/core/time.ts'
import { Dice } from '../../src/scenario/dice.ts'
import { Planes, type PlanesSettings } from '../../src/verdict/planes.ts'

const start = parseInstant('2021-10-25T01:16:00Z') ?? 0

const sample = (
  metric: string,
  plane: Sample['plane'],
  at: number,
  value: number,
  labels: Record<string, string> = { link: 'a' },
  uncertainty = seconds(15),
): Sample => ({ kind: 'sample', at, plane, metric, value, labels, uncertainty })

const inbound = (minute: number, value: number, labels = { link: 'a' }) =>
  sample('in_bps', 'ingress', start + minutes(minute), value, labels)

/** In order, with ticks every ten seconds up to the last one. */
function play(facts: readonly (Sample | Change)[], settings: Partial<PlanesSettings> = {}): Planes {
  const planes = new Planes(settings)
  let tick = Math.min(...facts.map(({ at }) => at))
  for (const fact of [...facts].sort((a, b) => a.at - b.at)) {
    for (; tick < fact.at; tick += seconds(10)) planes.tick(tick)
    planes.take(fact)
  }
  planes.tick(tick)
  return planes
}

const calm = (minutesOf: number, dice = new Dice('calm')): Sample[] =>
  Array.from({ length: minutesOf }, (_, i) => inbound(i, 1e9 * (1 + dice.normal(0, 0.05))))

test('an hour of calm is normal, and what is above it is a shift', () => {
  const planes = play(calm(60))
  expect(planes.state('ingress')).toEqual({ state: 'normal', age: seconds(0) })
  const [view] = planes.series('in_bps')
  expect(view?.usual).toBeGreaterThan(0.95e9)
  expect(view?.usual).toBeLessThan(1.05e9)
  expect(view?.shift).toBeNull()

  const surged = play([...calm(60), inbound(60, 3e9), inbound(61, 3.1e9)])
  expect(surged.state('ingress').state).toBe('anomalous')
  const [after] = surged.series('in_bps')
  expect(after?.ratio).toBeGreaterThan(2.9)
  const { onset, up } = after?.shift ?? {}
  expect(up).toBe(true)
  // Between the last calm scrape and the first other one.
  expect(Math.abs((onset?.at ?? 0) - (start + minutes(59.5)))).toBeLessThanOrEqual(1)
  expect(onset?.within).toBe(seconds(45))
})

describe('silence', () => {
  test('what was never heard is blind, and has no series', () => {
    const planes = play(calm(20))
    expect(planes.state('dns')).toEqual({ state: 'blind', age: null })
    expect(planes.series('qps')).toEqual([])
  })

  test('what falls silent is blind, never zero', () => {
    const planes = play(calm(60))
    planes.tick(start + minutes(59) + minutes(5))
    expect(planes.series('in_bps')).toHaveLength(1)
    planes.tick(start + minutes(59) + minutes(6))
    expect(planes.state('ingress')).toEqual({ state: 'blind', age: minutes(6) })
    expect(planes.series('in_bps')).toEqual([])
  })
})
