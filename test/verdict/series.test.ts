import { describe, expect, test } from 'vitest'
import { hours, type Instant, minutes, seconds } from '../../src/core/time.ts'
import { Dice } from '../../src/scenario/dice.ts'
import { load, monday, type Played, playSeries, sampleOf } from './numbers.ts'

const day = hours(24)

/** With noise of 5 %, as routers tell it. */
const noisy = (dice: Dice, level: (at: Instant) => number) => (at: Instant) =>
  level(at) * (1 + dice.normal(0, 0.05))

const shiftOf = ({ series }: Played) => series.view().shift

describe.each([15, 30, 60, 300])('asked every %i seconds', (interval) => {
  const swinging = (at: Instant) => 1e10 * load(at, 0.4, -0.3)

  /** Scrapes until it was found, and whether the truth lies within the onset; null: not found. */
  function find(metric: string, seed: string, learned: number, times: number) {
    const dice = new Dice(`${seed}/${interval}`)
    const from = monday + dice.int(0, 86_399) * 1e6
    const change = from + learned + dice.int(0, interval - 1) * 1e6
    const stands = metric === 'lsdb_routes'
    const value = noisy(dice, (at) =>
      Math.round((stands ? 9_800 : swinging(at)) * (at < change ? 1 : times)),
    )
    const played = playSeries(metric, [from, change + 12 * seconds(interval)], interval, value)
    const [found] = played.begun
    if (found === undefined || found < change) return { scrapes: null, holds: false }
    const { at = 0, within = 0 } = shiftOf(played)?.onset ?? {}
    const scrapes = Math.floor((found - change) / seconds(interval)) + 1
    return { scrapes, holds: Math.abs(at - change) <= within }
  }

  const seeds = ['a', 'b', 'c', 'd', 'e', 'f']

  test.each([
    ['lsdb_routes', hours(1), 3],
    ['lsdb_routes', hours(1), 0.5],
    ['in_bps', hours(1), 5],
    ['in_bps', hours(1), 0.1],
    ['in_bps', 3 * day, 2.5],
    ['in_bps', 3 * day, 0.4],
  ])('%s after %d μs, times %d: two scrapes, and dated rightly', (metric, learned, times) => {
    for (const seed of seeds)
      expect(find(metric, seed, learned, times)).toEqual({ scrapes: 2, holds: true })
  })

  test('a change by half takes some more', () => {
    for (const seed of seeds) {
      const { scrapes, holds } = find('in_bps', seed, 3 * day, 1.5)
      expect(scrapes).toBeLessThanOrEqual(6)
      expect(holds).toBe(true)
    }
  })

  test('two weeks of days, nights and a weekend are no shift', () => {
    const begun = ['a', 'b'].flatMap((seed) => {
      const dice = new Dice(`${seed}/quiet/${interval}`)
      const value = noisy(dice, swinging)
      return playSeries('in_bps', [monday, monday + 14 * day], interval, value).begun
    })
    // At most one a week and series.
    expect(begun.length).toBeLessThanOrEqual(4)
  })

  test('nor two weeks of what only stands, errs, or comes now and then', () => {
    const dice = new Dice(`quiet/${interval}`)
    const week = [monday, monday + 7 * day] as const
    const quiet = {
      rx_prefixes: noisy(dice, () => 9e5),
      adjacencies: () => 20,
      servfail_ratio: (at: Instant) => Math.max(0, dice.normal(0.01, 0.003)) * load(at, 0.4, 0),
      spf_runs: () => (dice.chance(0.05) ? dice.int(1, 3) : 0),
      probe_success: () => (dice.chance(0.1) ? 0.95 : 1),
    }
    for (const [metric, value] of Object.entries(quiet))
      expect(playSeries(metric, week, interval, value).begun.length).toBeLessThanOrEqual(1)
  })
})

test('what strays for an hour at a time by itself is rarely taken for a shift', () => {
  const dice = new Dice('strays')
  let stray = 0
  const value = (at: Instant) => {
    stray = 0.98 * stray + dice.normal(0, 0.01)
    return 1e10 * load(at, 0.4, -0.3) * Math.exp(stray)
  }
  const { begun } = playSeries('in_bps', [monday, monday + 14 * day], 60, value)
  expect(begun.length).toBeLessThanOrEqual(2)
})

describe('a drift over two hours', () => {
  const drift = (begin: Instant, to: number) => (at: Instant) =>
    1 + (to - 1) * Math.min(1, Math.max(0, (at - begin) / hours(2)))

  test.each([
    ['visible_24s', hours(2), 0.7],
    ['in_bps', 3 * day, 0.4],
    ['in_bps', 3 * day, 2.5],
  ])('of %s is found while it lasts', (metric, learned, to) => {
    const dice = new Dice(`drift/${metric}/${to}`)
    const begin = monday + learned
    const value = drift(begin, to)
    const level = metric === 'in_bps' ? (at: Instant) => 1e10 * load(at, 0.4, 0) : () => 8_000
    const played = playSeries(metric, [monday, begin + hours(2)], 60, (at) =>
      Math.round(level(at) * value(at) * (1 + dice.normal(0, 0.01))),
    )
    expect(played.begun).toHaveLength(1)
    expect(shiftOf(played)?.up).toBe(to > 1)
    const { at = 0, within = 0 } = shiftOf(played)?.onset ?? {}
    // It is told that it is not well dated.
    expect(within).toBeGreaterThan(minutes(2))
    expect(at + within).toBeGreaterThan(begin)
  })
})

describe('an outage', () => {
  const dice = new Dice('outage')
  const out = [monday + hours(3), monday + hours(3) + minutes(89)] as const
  const value = noisy(dice, (at) => (at >= out[0] && at < out[1] ? 0 : 1e10))

  test('does not become the usual: afterwards it is as it was, and the shift is over', () => {
    const before = playSeries('in_bps', [monday, out[0]], 60, value)
    const usual = before.series.view().usual ?? 0
    const during = playSeries('in_bps', out, 60, value, before.series)
    expect(during.begun).toHaveLength(1)
    const worst = during.series.view()
    expect(worst.ratio).toBe(0)
    expect(worst.shift?.up).toBe(false)
    expect(Math.abs((worst.usual ?? 0) / usual - 1)).toBeLessThan(0.03)
    const after = playSeries('in_bps', [out[1], out[1] + minutes(30)], 60, value, during.series)
    expect(after.ended).toEqual([out[1] + minutes(5)])
    expect(after.begun).toEqual([])
    expect(Math.abs((after.series.view().usual ?? 0) / usual - 1)).toBeLessThan(0.03)
  })

  test('a level that stays without being an incident is the usual after a week', () => {
    const step = (at: Instant) => (at < monday + hours(3) ? 9_800 : 20_000)
    const within = playSeries('lsdb_routes', [monday, monday + 7 * day], 300, step)
    expect(shiftOf(within)?.up).toBe(true)
    const after = [monday + 7 * day, monday + 8 * day] as const
    const { series } = playSeries('lsdb_routes', after, 300, step, within.series)
    expect(series.view()).toMatchObject({ usual: 20_000, shift: null })
  })
})

test('a real night: Iraq off the Internet for its examinations, 21 August 2023, by IODA', () => {
  // /24s visible in routing, every five minutes from 22:00 UTC on; off from 01:00 (04:00 there) to 05:00.
  const evening = [...Array(12).fill(2922), ...Array(20).fill(2920), 2922, 2922, 2912, 2904]
  const off = [
    1160, 1150, 1141, 1085, 1043, 1005, 1006, 1006, 1006, 1006, 1005, 1006, 1033, 1034, 1034, 1034,
    1034, 1034, 1033, 1034, 1033, 1033, 1034, 1033, 1033, 1034, 1033, 1034, 1034, 1030, 1031, 1031,
    1030, 1030, 1030, 1030, 1030, 1031, 1031, 1031, 1031, 1031, 1030, 1030, 1031, 1030, 1031, 1076,
  ]
  const morning = [2885, 2894, 2905, 2915, 2919, 2919, 2919, 2920, 2920, 2920, 2920, 2920]
  const begin = monday + hours(22)
  const all = [...evening, ...off, ...morning]
  const value = (at: Instant) => all[Math.round((at - begin) / minutes(5))] ?? Number.NaN
  const night = [begin, begin + minutes(5) * all.length] as const
  const { series, begun, ended } = playSeries('visible_24s', night, 300, value)
  const one = begin + hours(3)
  expect(begun).toEqual([one + minutes(5)])
  expect(ended).toEqual([one + hours(4) + minutes(5)])
  expect(series.view()).toMatchObject({ last: 2920, usual: 2920, shift: null })
  const during = playSeries('visible_24s', [begin, one + hours(2)], 300, value).series.view()
  expect(during).toMatchObject({ usual: 2920, shift: { up: false } })
  expect(during.shift?.onset).toEqual({ at: one - minutes(2.5), within: minutes(2.5) })
})

test('a counter that is reset is one wrong scrape and no shift', () => {
  const dice = new Dice('reset')
  const value = noisy(dice, () => 1e9)
  const resets = (at: Instant) => (at === monday + hours(2) ? 1.8e19 : value(at))
  const played = playSeries('in_bps', [monday, monday + hours(4)], 60, resets)
  expect(played.begun).toEqual([])
  expect(played.series.view().usual ?? 0).toBeLessThan(1.05e9)
  const lost = (at: Instant) => (at === monday + hours(2) ? 0 : value(at))
  expect(playSeries('in_bps', [monday, monday + hours(4)], 60, lost).begun).toEqual([])
})

describe('an exporter that hangs', () => {
  const dice = new Dice('hangs')
  const hang = monday + hours(2)
  const value = noisy(dice, () => 1e9)
  const last = value(hang)
  const hanging = (at: Instant) => (at < hang ? value(at) : last)

  test('is known by ten samples that do not change', () => {
    const { series } = playSeries('in_bps', [monday, hang + minutes(9)], 60, hanging)
    expect(series.frozenSince).toBeNull()
    playSeries('in_bps', [hang + minutes(9), hang + minutes(12)], 60, hanging, series)
    expect(series.frozenSince).toBe(hang)
    // What it repeats is compared with nothing, though the usual goes its way.
    playSeries('in_bps', [hang + minutes(12), hang + hours(12)], 60, hanging, series)
    expect(series.isShifted).toBe(false)
    series.take(sampleOf('in_bps', 'ingress', hang + hours(12), 1.01e9), hang + hours(12), 0, true)
    expect(series.frozenSince).toBeNull()
  })

  test('an outage is none, nor a level after a jump, nor a number that never changed', () => {
    const then = (level: number) => (at: Instant) => (at < hang ? value(at) : level)
    const until = hang + hours(1)
    expect(playSeries('in_bps', [monday, until], 60, then(0)).series.frozenSince).toBeNull()
    expect(playSeries('in_bps', [monday, until], 60, then(9e9)).series.frozenSince).toBeNull()
    expect(playSeries('in_bps', [monday, until], 60, () => 1e9).series.frozenSince).toBeNull()
    expect(playSeries('adjacencies', [monday, until], 60, () => 4).series.frozenSince).toBeNull()
  })

  test('a share hangs as a rate does; a probe that always succeeds does not', () => {
    const share = noisy(dice, () => 0.98)
    const stuck = share(hang)
    const until = hang + minutes(12)
    const hung = (at: Instant) => (at < hang ? share(at) : stuck)
    const { series } = playSeries('probe_success', [monday, until], 60, hung)
    expect(series.frozenSince).toBe(hang)
    const mostly = (at: Instant) => (at < hang ? Math.round(share(at)) : 1)
    const well = playSeries('probe_success', [monday, until], 60, mostly)
    expect(well.series.frozenSince).toBeNull()
  })

  test('nor is a small resolver at night', () => {
    const night = (at: Instant) => (at < hang ? Math.round(value(at) / 1e7) : 94)
    expect(playSeries('qps', [monday, hang + hours(3)], 60, night).series.frozenSince).toBeNull()
  })

  test('nor is what is asked more often than it changes', () => {
    const slow = (at: Instant) => 1e9 + ((Math.floor(at / minutes(1)) * 7_919) % 10_007)
    const { series } = playSeries('in_bps', [monday, monday + hours(3)], 5, slow)
    expect(series.frozenSince).toBeNull()
  })
})

test('a usual of zero makes what is above it infinitely more, and zero as usual', () => {
  const { series } = playSeries('in_discards', [monday, monday + hours(1)], 60, () => 0)
  expect(series.view()).toMatchObject({ usual: 0, ratio: 1 })
  const at = monday + hours(1)
  series.take(sampleOf('in_discards', 'ingress', at, 500), at, 0, true)
  expect(series.view().ratio).toBe(Number.POSITIVE_INFINITY)
})
