// All that is heard beside the routes, plane by plane: series with their usual and their shifts, and what
// people have done. Facts wait for the next tick and are put in order there, so that it does not matter
// in which order they came in between. What is silent is blind, never zero.

import { type Change, type Plane, planes, type Sample } from '../core/sample.ts'
import { hours, type Instant, minutes, type Span, seconds, words } from '../core/time.ts'
import type { PlaneState, PlanesView, SeriesView } from './scene.ts'
import { Series } from './series.ts'

export interface PlanesSettings {
  /** Silent for longer is blind: by plane, and by metric where it is said for that one. */
  readonly staleAfter: Readonly<Partial<Record<Plane, Span>>>
  readonly staleAfterMetric: Readonly<Record<string, Span>>
  /** Further series are not taken. */
  readonly mostSeries: number
  /** Facts between two ticks. */
  readonly mostWaiting: number
  readonly mostChanges: number
  readonly keepChanges: Span
  /** Prefixes by the point of presence that serves them. */
  readonly pops: Readonly<Record<string, readonly string[]>>
}

const planesDefaults: PlanesSettings = {
  // A scrape may be missed twice at the usual 60 or 120 seconds; resolvers and probes are asked more often.
  staleAfter: { dns: seconds(150), probe: seconds(150) },
  staleAfterMetric: {},
  mostSeries: 20_000,
  mostWaiting: 200_000,
  mostChanges: 10_000,
  keepChanges: hours(24),
  pops: {},
}

const STALE_AFTER: Span = minutes(5)
/** A clock may be off by so much; what is further away is old, not off. */
const MOST_SKEW: Span = minutes(15)
/** On its way to us a sample may be so long at any rate. */
const LEAST_DELAY: Span = seconds(30)
/** As long as a usual is left alone for an incident. */
const LONGEST_FREEZE: Span = hours(7 * 24)
/** A series that has been silent for so long is forgotten. */
const FORGET_AFTER: Span = hours(7 * 24)
/** And is missed no more after this long: it was taken away. */
const MISSED_FOR: Span = hours(6)
const MOST_NOTES = 20

interface Waiting {
  readonly key: string
  readonly sample: Sample
}

export class Planes implements PlanesView {
  readonly #settings: PlanesSettings
  readonly #series = new Map<string, Series>()
  readonly #byMetric = new Map<string, Series[]>()
  #waiting: Waiting[] = []
  #waitingChanges: Change[] = []
  #changes: Change[] = []
  #states = new Map<Plane, PlaneState>()
  readonly #views = new Map<string, readonly SeriesView[]>()
  #now: Instant = Number.NEGATIVE_INFINITY
  #frozenSince: Instant | null = null
  #forgotAt: Instant = Number.NEGATIVE_INFINITY
  #dropped = 0
  #late = 0

  constructor(settings: Partial<PlanesSettings> = {}) {
    const { staleAfter, ...others } = settings
    const { staleAfter: usual, ...defaults } = planesDefaults
    this.#settings = { ...defaults, ...others, staleAfter: { ...usual, ...staleAfter } }
  }

  /** What there was no room for: samples, changes, series. */
  get dropped(): number {
    return this.#dropped
  }

  /** Samples that came after a later one of their series, or from too far away in time. */
  get late(): number {
    return this.#late
  }

  get changes(): readonly Change[] {
    return this.#changes
  }

  /** It counts from the next tick on. */
  take(fact: Sample | Change): void {
    if (this.#waiting.length + this.#waitingChanges.length >= this.#settings.mostWaiting)
      this.#dropped++
    else if (fact.kind === 'change') this.#waitingChanges.push(fact)
    else if (Number.isFinite(fact.value)) this.#waiting.push({ key: keyOf(fact), sample: fact })
    else this.#dropped++
  }

  tick(at: Instant): void {
    const now = Math.max(at, this.#now)
    this.#waiting.sort(inOrder)
    for (const { key, sample } of this.#waiting) this.#sample(key, sample, now)
    this.#waiting = []
    this.#change(now)
    this.#now = now
    this.#views.clear()
    this.#forget()
    this.#settle()
  }

  state(plane: Plane): PlaneState {
    return this.#states.get(plane) ?? { state: 'blind', age: null }
  }

  series(metric: string): readonly SeriesView[] {
    const known = this.#views.get(metric)
    if (known) return known
    const heard = (this.#byMetric.get(metric) ?? []).filter((series) => this.#isHeard(series))
    const views = heard.sort((a, b) => (a.key < b.key ? -1 : 1)).map((series) => series.view())
    this.#views.set(metric, views)
    return views
  }

  silent(metric: string): number {
    const all = this.#byMetric.get(metric) ?? []
    return all.filter((one) => !this.#isHeard(one) && this.#now - one.heardAt <= MISSED_FOR).length
  }

  /**
   * While an incident is open nothing is learned, for seven days at the most; `since`: what was learned
   * from then on is taken back, so that the minutes before it was noticed do not count either.
   */
  freeze(is: boolean, since: Instant | null = null): void {
    if (!is) this.#frozenSince = null
    else if (this.#frozenSince === null) {
      this.#frozenSince = this.#now
      if (since !== null) for (const series of this.#series.values()) series.takeBack(since)
    }
  }

  /** What is to be known about who tells us: clocks that are off, exporters that hang. For people. */
  get notes(): readonly string[] {
    const notes: string[] = []
    for (const series of this.#series.values()) {
      if (this.#isStale(series)) continue
      const frozen = series.frozenSince
      const who = `${series.metric}${named(series)}`
      if (frozen !== null) notes.push(`${who} has not changed for ${words(this.#now - frozen)}`)
      else if (series.skew > 0) notes.push(`the clock of ${who} is off by ${words(series.skew)}`)
    }
    return notes.sort().slice(0, MOST_NOTES)
  }

  #sample(key: string, sample: Sample, now: Instant): void {
    // Whatever came since the last tick is on time.
    const ahead = sample.at - now
    const behind = this.#now - sample.at
    const off = Math.max(ahead, Number.isFinite(behind) ? behind : 0, 0)
    if (off > MOST_SKEW) {
      this.#late++
      return
    }
    const series = this.#series.get(key) ?? this.#open(key, sample)
    if (series === null) return
    // A clock ahead of ours would put off all that comes after it.
    const timely = ahead > 0 ? { ...sample, at: now } : sample
    // What is asked for now and then comes late by as much, and its clock is right.
    const delay = ahead > 0 ? 0 : Math.max(LEAST_DELAY, series.interval)
    const skew = off > sample.uncertainty + delay ? off : 0
    if (!series.take(timely, timely.at + (behind > 0 ? off : 0), skew, this.#learns(now)))
      this.#late++
  }

  #open(key: string, sample: Sample): Series | null {
    if (this.#series.size >= this.#settings.mostSeries) {
      this.#dropped++
      return null
    }
    const series = new Series(key, sample)
    this.#series.set(key, series)
    const others = this.#byMetric.get(sample.metric)
    if (others) others.push(series)
    else this.#byMetric.set(sample.metric, [series])
    return series
  }

  #learns(now: Instant): boolean {
    return this.#frozenSince === null || now - this.#frozenSince > LONGEST_FREEZE
  }

  #change(now: Instant): void {
    const { keepChanges, mostChanges } = this.#settings
    const all = [...this.#changes, ...this.#waitingChanges]
    this.#waitingChanges = []
    const kept = all.filter(({ at }) => now - at <= keepChanges).sort(changesInOrder)
    this.#dropped += Math.max(0, kept.length - mostChanges)
    this.#changes = kept.slice(-mostChanges)
  }

  /** Once an hour. */
  #forget(): void {
    if (this.#now - this.#forgotAt < hours(1)) return
    this.#forgotAt = this.#now
    for (const [key, series] of this.#series) {
      if (this.#now - series.heardAt <= FORGET_AFTER) continue
      this.#series.delete(key)
      const left = (this.#byMetric.get(series.metric) ?? []).filter((other) => other !== series)
      if (left.length > 0) this.#byMetric.set(series.metric, left)
      else this.#byMetric.delete(series.metric)
    }
  }

  #settle(): void {
    const latest = new Map<Plane, Instant>()
    const heard = new Set<Plane>()
    const shifted = new Set<Plane>()
    for (const series of this.#series.values()) {
      const { plane } = series
      const saidAt = series.frozenSince ?? series.heardAt
      latest.set(plane, Math.max(latest.get(plane) ?? Number.NEGATIVE_INFINITY, saidAt))
      if (!this.#isHeard(series)) continue
      heard.add(plane)
      if (series.isShifted) shifted.add(plane)
    }
    const change = this.#changes.at(-1)
    if (change) {
      heard.add('change')
      latest.set('change', change.at)
    }
    this.#states = new Map(
      planes.map((plane) => {
        const at = latest.get(plane)
        const age = at === undefined ? null : Math.max(0, this.#now - at)
        const seen = shifted.has(plane) ? 'anomalous' : 'normal'
        return [plane, { state: heard.has(plane) ? seen : 'blind', age }]
      }),
    )
  }

  #isStale(series: Series): boolean {
    const { staleAfter, staleAfterMetric } = this.#settings
    const patience = staleAfterMetric[series.metric] ?? staleAfter[series.plane] ?? STALE_AFTER
    return series.isStale(this.#now, patience)
  }

  #isHeard(series: Series): boolean {
    return !this.#isStale(series) && series.frozenSince === null
  }
}

function keyOf({ metric, labels }: Sample): string {
  const names = Object.keys(labels).sort()
  let key = metric
  for (const name of names) key += `\u0000${name}\u0001${labels[name]}`
  return key
}

function named({ labels }: Series): string {
  const parts = Object.keys(labels).sort()
  return parts.length === 0 ? '' : ` (${parts.map((name) => `${name} ${labels[name]}`).join(', ')})`
}

function inOrder(a: Waiting, b: Waiting): number {
  if (a.sample.at !== b.sample.at) return a.sample.at - b.sample.at
  if (a.key !== b.key) return a.key < b.key ? -1 : 1
  return a.sample.value - b.sample.value || a.sample.uncertainty - b.sample.uncertainty
}

function changesInOrder(a: Change, b: Change): number {
  if (a.at !== b.at) return a.at - b.at
  const [x, y] = [contentOf(a), contentOf(b)]
  return x === y ? 0 : x < y ? -1 : 1
}

const contentOf = ({ event, labels, note, uncertainty }: Change): string =>
  JSON.stringify([event, note, uncertainty, Object.entries(labels).sort()])
