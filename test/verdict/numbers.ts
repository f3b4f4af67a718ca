// Numbers as a network's equipment would tell them, for the tests of series and planes.

import type { Sample } from '../../src/core/sample.ts'
import { type Instant, parseInstant, seconds } from '../../src/core/time.ts'
import { Series } from '../../src/verdict/series.ts'

/** A Monday. */
export const monday = parseInstant('2021-10-04T00:00:00Z') ?? 0
const HOUR = 3_600e6
const DAY = 24 * HOUR

export const sampleOf = (
  metric: string,
  plane: Sample['plane'],
  at: Instant,
  value: number,
  labels: Record<string, string> = {},
  uncertainty = 0,
): Sample => ({ kind: 'sample', at, plane, metric, value, labels, uncertainty })

/** Most at nine in the evening, least at nine in the morning; at weekends another level: 1 on the mean. */
export function load(at: Instant, swing: number, weekend: number): number {
  const day = (at / DAY + 3) % 7
  const between = (x: number) => Math.min(1, Math.max(0, x))
  // From Friday evening to Saturday morning, and back from Sunday evening to Monday morning.
  const begins = between((day - 4.75) / 0.5)
  const ends = day < 0.25 ? 0.5 - day / 0.5 : -between((day - 6.75) / 0.5)
  const hour = (at / HOUR) % 24
  return Math.exp(swing * Math.cos(((hour - 21) / 12) * Math.PI)) * (1 + weekend * (begins + ends))
}

export interface Played {
  readonly series: Series
  /** Instants of samples with which a shift began. */
  readonly begun: readonly Instant[]
  readonly ended: readonly Instant[]
}

/** One series from `from` to before `until`, a sample every `interval` seconds. */
export function playSeries(
  metric: string,
  [from, until]: readonly [Instant, Instant],
  interval: number,
  value: (at: Instant) => number,
  series = new Series(metric, sampleOf(metric, 'ingress', 0, 0)),
): Played {
  const begun: Instant[] = []
  const ended: Instant[] = []
  for (let at = from; at < until; at += seconds(interval)) {
    const was = series.isShifted
    series.take(sampleOf(metric, 'ingress', at, value(at)), at, 0, true)
    if (series.isShifted && !was) begun.push(at)
    if (!series.isShifted && was) ended.push(at)
  }
  return { series, begun, ended }
}
