// Series into numbers that can be compared, and into words that people understand. A series counts here
// only when it is heard and its usual is known: of anything else nothing can be said.

import type { EvidenceId, Finding, Onset } from '../core/evidence.ts'
import { type Instant, iso } from '../core/time.ts'
import type { PlanesView, SeriesView } from './scene.ts'

export interface Known extends SeriesView {
  readonly usual: number
}

export const known = (planes: PlanesView, metric: string): readonly Known[] =>
  planes.series(metric).filter((series): series is Known => series.usual !== null)

/** So large a part of the series may have fallen silent for the rest to stand for them. */
const MISSING = 0.1

/** Whether nearly all that ordinarily tells of these is heard: else nobody knows that all is normal. */
export const wholly = (planes: PlanesView, ...names: readonly string[]): boolean =>
  names.every((metric) => {
    const silent = planes.silent?.(metric) ?? 0
    return silent <= MISSING * (silent + planes.series(metric).length)
  })

/** Well above, well below for more than one scrape: one alone may be a counter that began anew. */
export const risen = (series: SeriesView): boolean => series.shift?.up === true
export const fallen = (series: SeriesView): boolean => series.shift?.up === false

/** Grown to so many times the usual, and by no less than `least`: three times nothing is little. */
export const grown = (factor: number, least: number) => (series: Known) =>
  risen(series) && series.last >= factor * series.usual && series.last - series.usual >= least

export interface Sum {
  readonly now: number
  readonly usual: number
  readonly series: readonly Known[]
}

export function sumOf(series: readonly Known[]): Sum {
  let now = 0
  let usual = 0
  for (const one of series) {
    now += one.last
    usual += one.usual
  }
  return { now, usual, series }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2
    ? (sorted[middle] ?? 0)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

/** The earliest of the deviations under way; the surest of those that began together. */
function earliest(series: readonly SeriesView[]): Onset | null {
  let first: Onset | null = null
  for (const { shift } of series) {
    const onset = shift?.onset
    if (!onset) continue
    if (!first || onset.at < first.at || (onset.at === first.at && onset.within < first.within))
      first = onset
  }
  return first
}

const NAMES = ['router', 'link', 'pop', 'resolver'] as const

/** Nobody reads more of them. */
const MOST_PLACES = 50

/** POPs, links, routers and own resolvers, each once, in order of text: no other label is a place. */
function places(series: readonly SeriesView[]): readonly string[] {
  const all = new Set<string>()
  for (const { labels } of series)
    for (const name of NAMES) {
      const value = labels[name]
      if (value) all.add(value)
    }
  return [...all].sort().slice(0, MOST_PLACES)
}

export const named = (series: readonly SeriesView[], label: string): readonly string[] =>
  [...new Set(series.flatMap(({ labels }) => labels[label] ?? []))].sort()

export const finding = (
  id: EvidenceId,
  because: string,
  series: readonly SeriesView[] = [],
): Finding => ({ id, because, onset: earliest(series), where: places(series) })

// words

/** `9.8k`, `412k`, `12.3G`: three digits at the most. */
export function amount(value: number): string {
  const scales: readonly [number, string][] = [
    [1e12, 'T'],
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ]
  for (const [scale, letter] of scales)
    if (Math.abs(value) >= 0.9995 * scale)
      return `${Number((value / scale).toPrecision(3))}${letter}`
  return String(Number(value.toPrecision(3)))
}

/** `41%`, `0.3%`. */
export const percent = (share: number): string => `${Number((100 * share).toPrecision(2))}%`

export const times = (ratio: number): string =>
  Number.isFinite(ratio) ? `×${Number(ratio.toPrecision(ratio < 10 ? 2 : 3))}` : 'from none'

/** `9.8k → 412k, ×42`, and between what the usual lies where several are spoken of. */
export function change(series: readonly Known[], show = amount): string {
  const usual = median(series.map((one) => one.usual))
  const now = median(series.map(({ last }) => last))
  const low = show(Math.min(...series.map((one) => one.usual)))
  const high = show(Math.max(...series.map((one) => one.usual)))
  const ratio = show === amount && usual > 0 ? `, ${times(now / usual)}` : ''
  return `${show(usual)} → ${show(now)}${ratio}${low === high ? '' : `; usual ${low} … ${high}`}`
}

export const against = ({ now, usual }: Sum, unit: string): string =>
  `${amount(now)} ${unit}, ${usual > 0 ? `${times(now / usual)} the usual` : 'usual'} ${amount(usual)}`

/** `1 router`, `38 routers`; `9 of 11 POPs`. */
export function count(n: number, noun: string, of = n): string {
  const many = of === 1 ? noun : `${noun}s`
  return n === of ? `${n} ${many}` : `${n} of ${of} ${many}`
}

/** A few names of many. */
export const some = (names: readonly string[], most = 3): string =>
  names.length > most ? `${names.slice(0, most).join(', ')} …` : names.join(', ')

/** `11:16:02`. */
export const clock = (at: Instant): string => iso(at).slice(11, 19)
