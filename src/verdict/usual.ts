// What a series would be now if nothing were wrong, and how far it strays from that by itself. Medians
// throughout: one bad hour does not move them. What belongs to an incident is not learned, and what was
// learned of it before it was known is taken back (inpainting), so that an outage is never the usual.
//
// Of what swings with people's days: the shape of the week (four weeks known) or of the day (two days
// known), times how the last hour compares with that shape. With no shape known it is the last hour
// alone, and the swing of a day is allowed for. Of what stands: the median of 24 hours.

import { type Instant, minutes, type Span } from '../core/time.ts'
import type { Manner } from './manner.ts'

const BIN: Span = minutes(5)
const HOUR: Span = minutes(60)
const BINS_A_DAY = 288
const BINS_AN_HOUR = 12
const DAY = 24
const WEEK = 168
const FOUR_WEEKS = 4 * WEEK
/** In one bin; more often than every 15 seconds is not looked at. */
const MOST_IN_BIN = 20
const SPACING: Span = 15e6
/** Bins the spread is taken from: the last three hours. */
const SPREAD_BINS = 36
/** Of a normal distribution the standard deviation, in median absolute deviations. */
const SIGMA = 1.4826
/**
 * Deviations are measured in units of two standard deviations: neighbouring samples stray together, and
 * with one the test would cry wolf every few hundred samples.
 */
const SIGMAS = 2
/** A usual needs so much. */
const LEAST_SAMPLES = 10
const LEAST_TIME: Span = minutes(10)

/** What is known of its days. */
export type Rhythm = 'none' | 'day' | 'week'
/** The least unit of what swings: logarithm of a ratio, or a multiple of the manner's least difference. */
const LEAST_UNIT = { none: [0.25, 2], day: [0.12, 1.5], week: [0.08, 1] } as const
/** What has not been looked at for hours may have gone its way: so much an hour is allowed, up to so much. */
const SLACK = { none: [0.1, 0.5], day: [0.03, 0.2], week: [0.02, 0.1] } as const
/** The least unit of what stands. */
const STANDING = 0.02

export class Usual {
  readonly #manner: Manner
  /** Medians of five minutes, by number of the bin; NaN: not known. Grows to a day. */
  #bins = new Float32Array(BINS_AN_HOUR * 2).fill(Number.NaN)
  #newestBin = -1
  /** Medians of hours, by number of the hour; four weeks, and none before there is one. */
  #hours: Float32Array | null = null
  #knownHours = 0
  #newestHour = -1
  /** Median deviation of the samples of a bin, the latest ones, by number of the bin; NaN: not known. */
  readonly #strays = new Float32Array(SPREAD_BINS).fill(Number.NaN)
  #strayed = 0
  /** The bin under way. */
  readonly #samples = new Float32Array(MOST_IN_BIN)
  #sampled = 0
  #bin = -1
  #sampledAt = Number.NEGATIVE_INFINITY

  #isKnown = false
  #learned = 0
  #firstAt: Instant | null = null
  #learnedAt = Number.NEGATIVE_INFINITY

  #rhythm: Rhythm = 'none'
  /** The shape at the middle of four hours, the last of which is the next one. */
  readonly #shape = new Float64Array(4)
  #shapeHour = -1
  /** By which the last hour differs from the shape; without one, the level itself. */
  #level: number | null = null
  #spread = 0
  #knownBins = 0

  constructor(manner: Manner) {
    this.#manner = manner
  }

  /** In octets: of all that grows. */
  get memory(): number {
    const { byteLength } = this.#bins
    return (
      byteLength +
      (this.#hours?.byteLength ?? 0) +
      this.#strays.byteLength +
      this.#samples.byteLength +
      this.#shape.byteLength
    )
  }

  get rhythm(): Rhythm {
    return this.#rhythm
  }

  /** In the unit of the metric; null before enough is known. */
  at(at: Instant): number | null {
    if (!this.#isKnown || this.#level === null) return null
    this.#lookUp(at)
    return this.#together(this.#shapeAt(at), this.#level)
  }

  /** How far a value is from the usual, without unit (logarithm of the ratio) or in that of the metric. */
  deviation(value: number, usual: number): number {
    const { form, least } = this.#manner
    if (form !== 'ratio') return value - usual
    const offset = Math.max(least, usual / 1_000)
    return Math.log((value + offset) / (usual + offset))
  }

  /** In what deviations are measured: two standard deviations, and never less than says anything. */
  unit(usual: number): number {
    const { form, swings, least } = this.#manner
    const [ratio, times] = LEAST_UNIT[this.#rhythm]
    let floor = least * (swings ? times : 1)
    if (form === 'ratio') floor = swings ? ratio : STANDING
    if (form === 'count') floor = Math.max(floor, SIGMAS * Math.sqrt(usual + 1), usual / 10)
    // Of a few bins the median and the spread are themselves uncertain.
    const few = 1 + 4 / Math.max(1, Math.min(this.#knownBins, this.#strayed))
    return Math.max(floor, SIGMAS * SIGMA * this.#spread * few)
  }

  /** How much further it may have gone since something was learned of it; like a deviation. */
  slack(at: Instant, usual: number): number {
    const { form, swings, least } = this.#manner
    const since = (at - this.#learnedAt) / HOUR - 1
    if (!swings || since <= 0) return 0
    const [anHour, most] = SLACK[this.#rhythm]
    const share = Math.min(most, anHour * since)
    return form === 'ratio' ? share : share * Math.max(usual, least)
  }

  learn(at: Instant, value: number): void {
    const bin = Math.floor(at / BIN)
    if (bin < this.#bin) return
    if (bin > this.#bin) {
      this.#closeBin()
      this.#bin = bin
    }
    this.#learned++
    this.#firstAt ??= at
    this.#learnedAt = at
    const longEnough = at - this.#firstAt >= LEAST_TIME
    if (this.#level !== null && this.#learned >= LEAST_SAMPLES && longEnough) this.#isKnown = true
    if (this.#sampled === MOST_IN_BIN || at - this.#sampledAt < SPACING) return
    this.#samples[this.#sampled++] = value
    this.#sampledAt = at
  }

  /** Nothing that was learned since then is known any more. */
  takeBack(from: Instant): void {
    this.#sampled = 0
    const first = Math.floor(from / BIN)
    const oldest = Math.max(first, this.#newestBin - this.#bins.length + 1)
    for (let bin = oldest; bin <= this.#newestBin; bin++) this.#setBin(bin, Number.NaN, Number.NaN)
    this.#newestBin = Math.min(this.#newestBin, first - 1)
    const hour = Math.floor(from / HOUR)
    for (let h = Math.max(hour, this.#newestHour - FOUR_WEEKS + 1); h <= this.#newestHour; h++)
      this.#setHour(h, h === hour ? this.#medianOfHour(h) : Number.NaN)
    this.#newestHour = Math.min(this.#newestHour, hour - 1)
    this.#learnedAt = Math.min(this.#learnedAt, from)
    this.#relevel()
  }

  /** The level has changed for good: it is learned from the beginning. The shape of the day stays. */
  forgetLevel(): void {
    this.#bins.fill(Number.NaN)
    this.#strays.fill(Number.NaN)
    this.#sampled = 0
    this.#learned = 0
    this.#firstAt = null
    this.#level = null
    this.#isKnown = false
  }

  #closeBin(): void {
    if (this.#sampled === 0) return
    const bin = this.#bin
    const samples = this.#samples.slice(0, this.#sampled).sort()
    const median = middle(samples, samples.length)
    const at = (bin + 0.5) * BIN
    const usual = this.at(at)
    // One sample is no median to compare itself with: while nothing is usual it has to wait for others.
    const around = usual ?? (samples.length > 2 ? median : Number.NaN)
    const stray = middle(samples.map((x) => Math.abs(this.deviation(x, around))).sort())
    this.#sampled = 0
    this.#append(bin, median, stray)
    const hour = Math.floor(((bin + 1) * BIN) / HOUR) - 1
    // An hour is closed with its last bin, or with the first one after it.
    if (hour > this.#newestHour) {
      const from = this.#newestHour < 0 ? hour : Math.max(this.#newestHour + 1, hour - DAY)
      for (let h = from; h <= hour; h++) this.#setHour(h, this.#medianOfHour(h))
      this.#newestHour = hour
    }
    this.#lookUp(at + BIN)
    this.#relevel()
    if (!Number.isNaN(stray) || this.#level === null) return
    const level = this.#together(this.#shapeAt(at), this.#level)
    this.#strays[bin % SPREAD_BINS] = Math.abs(this.deviation(median, level))
  }

  #binAt(bin: number): number {
    if (bin <= this.#newestBin - this.#bins.length || bin > this.#newestBin) return Number.NaN
    return this.#bins[bin % this.#bins.length] ?? Number.NaN
  }

  #setBin(bin: number, median: number, stray: number): void {
    this.#bins[bin % this.#bins.length] = median
    this.#strays[bin % SPREAD_BINS] = stray
  }

  #append(bin: number, median: number, stray: number): void {
    // What is known is kept, for a day, also where nothing was learned since.
    const needed = Math.min(BINS_A_DAY, bin - Math.floor((this.#firstAt ?? 0) / BIN) + 1)
    let size = this.#bins.length
    while (size < needed) size = Math.min(BINS_A_DAY, size * 2)
    if (size > this.#bins.length) this.#widen(size)
    // What lies between was not seen.
    if (this.#newestBin >= 0) {
      const from = Math.max(this.#newestBin + 1, bin - BINS_A_DAY + 1)
      for (let b = from; b < bin; b++) this.#setBin(b, Number.NaN, Number.NaN)
    }
    this.#newestBin = bin
    this.#setBin(bin, median, stray)
  }

  #widen(size: number): void {
    const wider = new Float32Array(size).fill(Number.NaN)
    for (let b = this.#newestBin - this.#bins.length + 1; b <= this.#newestBin; b++)
      if (b >= 0) wider[b % size] = this.#binAt(b)
    this.#bins = wider
  }

  #medianOfHour(hour: number): number {
    const known: number[] = []
    for (let b = hour * BINS_AN_HOUR; b < (hour + 1) * BINS_AN_HOUR; b++) {
      const value = this.#binAt(b)
      if (!Number.isNaN(value)) known.push(value)
    }
    // Of less than a quarter of an hour nothing is said.
    return known.length < 3 ? Number.NaN : middle(Float64Array.from(known).sort())
  }

  #setHour(hour: number, median: number): void {
    if (!this.#manner.swings) return
    this.#hours ??= new Float32Array(FOUR_WEEKS).fill(Number.NaN)
    const slot = hour % FOUR_WEEKS
    if (!Number.isNaN(this.#hours[slot] ?? Number.NaN)) this.#knownHours--
    if (!Number.isNaN(median)) this.#knownHours++
    this.#hours[slot] = median
    this.#shapeHour = -1
  }

  /** Makes the shape around an instant ready, once an hour. */
  #lookUp(at: Instant): void {
    const hour = Math.floor(at / HOUR)
    if (hour === this.#shapeHour) return
    this.#shapeHour = hour
    this.#rhythm = 'none'
    if (this.#hours === null) return
    // A tenth may be missing: incidents are not learned.
    if (this.#knownHours >= FOUR_WEEKS * 0.9 && this.#fill(hour, WEEK, 3)) this.#rhythm = 'week'
    else if (this.#knownHours >= 2 * DAY * 0.9 && this.#fill(hour, DAY, 2)) this.#rhythm = 'day'
  }

  #fill(hour: number, period: number, least: number): boolean {
    for (let i = 0; i < 4; i++) {
      const known: number[] = []
      for (let slot = (hour - 2 + i) % period; slot < FOUR_WEEKS; slot += period) {
        const value = this.#hours?.[slot] ?? Number.NaN
        if (!Number.isNaN(value)) known.push(value)
      }
      if (known.length < least) return false
      this.#shape[i] = middle(Float64Array.from(known).sort())
    }
    return true
  }

  /** Between the middles of two hours; null where no rhythm is known. */
  #shapeAt(at: Instant): number | null {
    if (this.#rhythm === 'none') return null
    const place = Math.min(3, Math.max(0, at / HOUR - 0.5 - (this.#shapeHour - 2)))
    const before = Math.min(2, Math.floor(place))
    const [a, b] = [this.#shape[before] ?? 0, this.#shape[before + 1] ?? 0]
    return a + (b - a) * (place - before)
  }

  #together(shape: number | null, level: number): number {
    if (shape === null) return level
    if (this.#manner.form !== 'ratio') return Math.max(0, shape + level)
    const { least } = this.#manner
    return Math.max(0, (shape + least) * level - least)
  }

  #relevel(): void {
    const { swings, form, least } = this.#manner
    const span = swings ? BINS_AN_HOUR : BINS_A_DAY
    const known = scratch
    let count = 0
    // Of what swings, an hour's worth of bins, wherever they are within three hours before the last.
    const reach = swings ? 3 * BINS_AN_HOUR : BINS_A_DAY
    for (let b = this.#newestBin; b > this.#newestBin - reach && count < span; b--) {
      const value = this.#binAt(b)
      if (Number.isNaN(value)) continue
      const shape = this.#shapeAt((b + 0.5) * BIN)
      if (shape === null) known[count++] = value
      else known[count++] = form === 'ratio' ? (value + least) / (shape + least) : value - shape
    }
    this.#knownBins = count
    // When all of it was taken back, the level from before that is the best there is.
    if (count > 0) this.#level = middle(known.subarray(0, count).sort())
    this.#respread()
  }

  #respread(): void {
    let count = 0
    for (const stray of this.#strays) if (!Number.isNaN(stray)) scratch[count++] = stray
    this.#strayed = count
    this.#spread = count === 0 ? 0 : middle(scratch.subarray(0, count).sort())
  }
}

/** Nothing is kept in it from one call to the next. */
const scratch = new Float64Array(BINS_A_DAY)

const middle = (sorted: ArrayLike<number>, count = sorted.length): number =>
  ((sorted[(count - 1) >> 1] ?? 0) + (sorted[count >> 1] ?? 0)) / 2
