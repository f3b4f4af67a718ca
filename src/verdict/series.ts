// One series: its latest sample, its usual, and whether it has left it.

import type { Labels, Sample } from '../core/sample.ts'
import { hours, type Instant, minutes, type Span } from '../core/time.ts'
import { type Manner, mannerOf } from './manner.ts'
import { Shifts } from './onset.ts'
import type { SeriesView } from './scene.ts'
import { Usual } from './usual.ts'

/** A rate or share that has always changed and repeats itself so often comes from an exporter that hangs. */
const FROZEN_AFTER = 10
const COARSE = 1_000
/** A shift that lasts so long is the new usual; sooner while no day is known to compare with. */
const LONGEST: Span = hours(7 * 24)
const LONGEST_AT_FIRST: Span = hours(24)
/** However seldom it is scraped. */
const LONGEST_SILENCE: Span = minutes(30)

export class Series {
  readonly metric: string
  readonly labels: Labels
  /** Metric and labels in order of text: what it is known by. */
  readonly key: string
  readonly plane: Sample['plane']
  readonly #manner: Manner
  readonly #usual: Usual
  readonly #shifts = new Shifts()
  #last = 0
  #lastAt: Instant = Number.NEGATIVE_INFINITY
  #uncertainty: Span = 0
  /** Its value before the present one, since when it has that, and how surely. */
  #before: NonNullable<SeriesView['before']> | null = null
  /** What it would have been at its last sample. */
  #expected: number | null = null
  /** By which its clock is off, as far as that is more than the sample says of itself. */
  #skew: Span = 0
  #heardAt: Instant = Number.NEGATIVE_INFINITY
  /** The shorter one of the last two times between samples. */
  #interval: Span = 0
  #gap: Span = 0
  /** How often in a row it has had its value, how often at the most before, and how often it has changed. */
  #same = 0
  #mostSame = 1
  #changed = 0
  #sameSince: Instant = Number.NEGATIVE_INFINITY

  constructor(key: string, { metric, labels, plane }: Sample) {
    this.key = key
    this.metric = metric
    this.labels = labels
    this.plane = plane
    this.#manner = mannerOf(metric)
    this.#usual = new Usual(this.#manner)
  }

  get lastAt(): Instant {
    return this.#lastAt
  }

  get heardAt(): Instant {
    return this.#heardAt
  }

  get interval(): Span {
    return this.#interval
  }

  get skew(): Span {
    return this.#skew
  }

  get isShifted(): boolean {
    return this.#shifts.current !== null
  }

  /** Since when its exporter has repeated itself; null when it does not. */
  get frozenSince(): Instant | null {
    const { form, swings } = this.#manner
    // Small whole numbers repeat themselves; what jumped before it stood still is news.
    const isCoarse = Number.isInteger(this.#last) && this.#last < COARSE
    const wavers = (form === 'ratio' && swings) || form === 'difference'
    if (!wavers || isCoarse || this.isShifted) return null
    const isUnlike = this.#changed >= FROZEN_AFTER && this.#same >= 3 * this.#mostSame
    return isUnlike && this.#same >= FROZEN_AFTER ? this.#sameSince : null
  }

  /** Whether it has been silent for longer than it may; what is asked seldom may be silent for longer. */
  isStale(at: Instant, staleAfter: Span): boolean {
    const patience = Math.max(staleAfter, Math.min(LONGEST_SILENCE, 2.5 * this.#interval))
    return at - this.#heardAt > patience
  }

  /** False when it is none the wiser: the sample is older than the last one. */
  take(sample: Sample, heardAt: Instant, skew: Span, learns: boolean): boolean {
    const { at, value, uncertainty } = sample
    if (at <= this.#lastAt) return at === this.#lastAt
    const before = this.#lastAt
    if (before !== Number.NEGATIVE_INFINITY) {
      const gap = at - before
      this.#interval = this.#gap === 0 ? gap : Math.min(gap, this.#gap)
      this.#gap = gap
    }
    if (before !== Number.NEGATIVE_INFINITY && value !== this.#last)
      this.#before = { value: this.#last, since: at, within: uncertainty }
    this.#repeats(at, value)
    this.#last = value
    this.#lastAt = at
    this.#heardAt = heardAt
    this.#skew = skew
    const give = Math.max(uncertainty, this.#uncertainty) + skew
    this.#uncertainty = uncertainty
    this.#expected = this.#usual.at(at)
    if (this.frozenSince !== null) return true
    if (this.#expected !== null) this.#compare(at, before, value, this.#expected, give)
    if (!learns) return true
    this.#accept(at)
    if (!this.isShifted) this.#usual.learn(at, value)
    return true
  }

  /** What was learned since then belongs to an incident. */
  takeBack(from: Instant): void {
    if (!this.isShifted) this.#usual.takeBack(from)
  }

  view(): SeriesView {
    const { metric, labels } = this
    const [last, usual] = [this.#last, this.#expected]
    const ratio = usual === null ? null : last === usual ? 1 : last / usual
    return {
      metric,
      labels,
      last,
      lastAt: this.#lastAt,
      uncertainty: this.#uncertainty + this.#skew,
      usual,
      before: this.#before,
      ratio,
      shift: this.#shifts.current,
    }
  }

  #compare(at: Instant, before: Instant, value: number, usual: number, give: Span): void {
    const unit = this.#usual.unit(usual)
    const deviation = this.#usual.deviation(value, usual)
    // What is open is not to dissolve because nothing has been learned for so long.
    const slack = this.isShifted ? 0 : this.#usual.slack(at, usual)
    if (this.#shifts.take(at, deviation / (unit + slack), before, give)) {
      const { at: onset, within } = this.#shifts.current?.onset ?? { at, within: 0 }
      this.#usual.takeBack(onset - within)
    }
  }

  /** What has lasted for so long without being an incident is how it is now. */
  #accept(at: Instant): void {
    const shift = this.#shifts.current
    const isYoung = this.#manner.swings && this.#usual.rhythm === 'none'
    if (shift === null || at - shift.onset.at <= (isYoung ? LONGEST_AT_FIRST : LONGEST)) return
    this.#shifts.end()
    this.#usual.forgetLevel()
  }

  #repeats(at: Instant, value: number): void {
    if (value === this.#last && this.#same > 0) {
      this.#same++
      return
    }
    // How long it hung says nothing about how it usually is.
    if (this.#same > 0) this.#changed++
    if (this.#same < FROZEN_AFTER || this.#changed < FROZEN_AFTER)
      this.#mostSame = Math.max(this.#mostSame, this.#same)
    this.#same = 1
    this.#sameSince = at
  }
}
