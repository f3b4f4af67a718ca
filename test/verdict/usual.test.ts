import { describe, expect, test } from 'vitest'
import { hours, type Instant, minutes, seconds } from '../../src/core/time.ts'
import { Dice } from '../../src/scenario/dice.ts'
import { mannerOf } from '../../src/verdict/manner.ts'
import { Usual } from '../../src/verdict/usual.ts'
import { load, monday } from './numbers.ts'

const day = hours(24)

/** A sample a minute. */
function learn(
  metric: string,
  from: Instant,
  until: Instant,
  value: (at: Instant) => number,
): Usual {
  const usual = new Usual(mannerOf(metric))
  for (let at = from; at < until; at += minutes(1)) usual.learn(at, value(at))
  return usual
}

describe('when it is known', () => {
  const usualAfter = (samples: number, apart: number): number | null => {
    const usual = new Usual(mannerOf('in_bps'))
    for (let i = 0; i < samples; i++) usual.learn(monday + i * seconds(apart), 5e9)
    return usual.at(monday + samples * seconds(apart))
  }

  test('ten samples over ten minutes', () => {
    expect(usualAfter(11, 60)).toBe(5e9)
    expect(usualAfter(10, 60)).toBeNull()
    expect(usualAfter(39, 15)).toBeNull()
    expect(usualAfter(41, 15)).toBe(5e9)
    expect(usualAfter(9, 300)).toBeNull()
    expect(usualAfter(11, 300)).toBe(5e9)
  })
})

describe('what stands', () => {
  test('is the median of a day, to the entry', () => {
    const usual = learn('lsdb_routes', monday, monday + day, (at) =>
      at < monday + hours(10) ? 9_801 : 9_807,
    )
    expect(usual.at(monday + day)).toBe(9_807)
  })

  test('forgets what is older than a day', () => {
    const usual = learn('lsdb_routes', monday, monday + 2 * day, (at) =>
      at < monday + hours(30) ? 5_000 : 9_000,
    )
    expect(usual.at(monday + 2 * day)).toBe(9_000)
  })
})

describe('what swings', () => {
  const swinging = (at: Instant) => 1e10 * load(at, 0.5, -0.3)
  const off = (usual: Usual, at: Instant) => Math.abs((usual.at(at) ?? 0) / swinging(at) - 1)

  test('before two days are known it is the last hour', () => {
    const usual = learn('in_bps', monday, monday + hours(15), swinging)
    expect(off(usual, monday + hours(15))).toBeLessThan(0.1)
    expect(usual.rhythm).toBe('none')
  })

  test('with days known, what comes hours after the last sample', () => {
    const end = monday + 3 * day + hours(9)
    const usual = learn('in_bps', monday, end, swinging)
    expect(off(usual, end + hours(8))).toBeLessThan(0.05)
    expect(usual.rhythm).toBe('day')
    // The hour alone would be far off: from the least to nearly the most of the day.
    expect(swinging(end + hours(8)) / swinging(end)).toBeGreaterThan(2)
  })

  test('with four weeks known, the weekend', () => {
    const end = monday + 28 * day + 4 * day + hours(15)
    const usual = learn('in_bps', monday, end, swinging)
    expect(usual.at(end)).not.toBeNull()
    expect(usual.rhythm).toBe('week')
    expect(off(usual, end + day)).toBeLessThan(0.05)
    const daily = learn('in_bps', end - 7 * day, end, swinging)
    daily.at(end)
    expect(daily.rhythm).toBe('day')
    expect(off(daily, end + day)).toBeGreaterThan(0.2)
  })

  test('shares by difference, never below zero', () => {
    const share = (at: Instant) => 0.1 * load(at, 0.5, 0)
    const usual = learn('nxdomain_ratio', monday, monday + 3 * day, share)
    const at = monday + 3 * day
    expect(usual.at(at)).toBeCloseTo(share(at), 2)
    const none = learn('nxdomain_ratio', monday, monday + hours(1), () => 0)
    expect(none.at(monday + hours(1))).toBe(0)
  })
})

describe('taking back', () => {
  test('what was learned of an outage leaves the usual as it was', () => {
    const dice = new Dice('taking back')
    const noisy = () => 9_800 * (1 + dice.normal(0, 0.01))
    const usual = learn('lsdb_routes', monday, monday + hours(3), noisy)
    const before = usual.at(monday + hours(3))
    const unit = usual.unit(before ?? 0)
    for (let m = 0; m < 89; m++) usual.learn(monday + hours(3) + minutes(m), 0)
    expect(usual.unit(9_800)).toBeGreaterThan(unit)
    usual.takeBack(monday + hours(3))
    expect(Math.abs((usual.at(monday + hours(3)) ?? 0) / (before ?? 0) - 1)).toBeLessThan(0.005)
    expect(usual.unit(9_800) / unit).toBeLessThan(1.2)
  })

  test('hours that were learned of it are taken out of the day', () => {
    const flat = () => 1e9
    const usual = learn('in_bps', monday, monday + 2 * day, flat)
    for (let m = 0; m < 300; m++) usual.learn(monday + 2 * day + minutes(m), 1e6)
    usual.takeBack(monday + 2 * day)
    for (let m = 300; m < 26 * 60; m++) usual.learn(monday + 2 * day + minutes(m), 1e9)
    // A day later, at the hours of the outage.
    expect(usual.at(monday + 3 * day + hours(2))).toBeCloseTo(1e9, -3)
  })

  test('leaves what was known before it, also in the first hours', () => {
    const usual = learn('lsdb_routes', monday, monday + hours(3), () => 9_800)
    for (let m = 0; m < 10; m++) usual.learn(monday + hours(7) + minutes(m), 9_000)
    expect(usual.at(monday + hours(7.2))).toBe(9_800)
  })

  test('of everything leaves the level from before: better than none', () => {
    const usual = learn('in_bps', monday, monday + hours(1), () => 1e9)
    usual.takeBack(monday)
    expect(usual.at(monday + hours(1))).toBe(1e9)
  })
})

describe('the unit', () => {
  test('two standard deviations of what is noisy, a floor for what never moves', () => {
    const dice = new Dice('unit')
    const noisy = learn('rx_prefixes', monday, monday + day, () => 9e5 * (1 + dice.normal(0, 0.05)))
    expect(noisy.unit(9e5)).toBeGreaterThan(0.08)
    expect(noisy.unit(9e5)).toBeLessThan(0.14)
    const flat = learn('rx_prefixes', monday, monday + day, () => 9e5)
    expect(flat.unit(9e5)).toBe(0.02)
  })

  test('one bad hour does not widen it', () => {
    const usual = learn('rx_prefixes', monday, monday + day, (at) =>
      at >= monday + hours(23) ? 9e5 * (1 + ((at / minutes(1)) % 7)) : 9e5,
    )
    expect(usual.unit(9e5)).toBe(0.02)
  })

  test('few events a minute scatter by their root', () => {
    const usual = learn('spf_runs', monday, monday + hours(2), () => 3)
    expect(usual.unit(3)).toBe(4)
    expect(usual.deviation(30, 3)).toBe(27)
  })

  test('an idle link is not surged by its first packet', () => {
    const usual = learn('in_bps', monday, monday + hours(2), () => 0)
    expect(usual.at(monday + hours(2))).toBe(0)
    expect(usual.deviation(2_000, 0)).toBeLessThan(0.05)
    expect(usual.deviation(1e9, 0)).toBeGreaterThan(5)
  })
})

test('four weeks of a sample every second are held in four kilobytes', () => {
  const usual = new Usual(mannerOf('in_bps'))
  for (let at = monday; at < monday + 29 * day; at += seconds(7)) usual.learn(at, at % 1_000)
  expect(usual.memory).toBeLessThanOrEqual(4_096)
})
