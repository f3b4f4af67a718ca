// A starting table where none was given: what an archive says about the time before it began. A
// first pass over the input notes who announced which prefix at all, and when it was first withdrawn.
// Whoever announces a prefix carries it; whoever only withdraws it did so too, if that was when the
// others lost it (a withdrawal of what was never announced is common noise). Whatever neither
// announces nor withdraws stays unknown, which is why such a baseline never earns full confidence.

import { type Batch, Message } from '../core/batch.ts'
import { originOf } from '../core/path.ts'
import { type Instant, minutes, type Span, seconds } from '../core/time.ts'
import { UNKNOWN_PATH } from '../core/view.ts'
import { Rib } from './rib.ts'
import type { Table } from './table.ts'

/** A word of the first pass: whether it was announced, and the second of its first withdrawal. */
const ANNOUNCED = 1 << 30
const WITHDRAWN = 1 << 29
const SECOND = WITHDRAWN - 1

/**
 * What is lost within so long after the input begins was being lost before it did: it is broken at
 * the start, which is no news, until it has been seen whole.
 */
const AT_ONCE: Span = seconds(30)
const BY_THEN: Span = minutes(1)

/** How far from the others' first withdrawal one may lie to count as part of the same event. */
const TOGETHER: Span = minutes(5)

export class Learner {
  /** Carriers known by their own announcements, and those implied by a withdrawal. */
  announced = 0
  implied = 0
  readonly #table: Table
  readonly #rib: Rib
  readonly #from: Instant
  readonly #until: Instant
  #base = -1
  /** Second of the first message, counted like those of the words. */
  #first = SECOND
  #vantages = 0

  /** What lies outside of that time is not learned from. */
  constructor(
    table: Table,
    maxRoutes: number,
    from: Instant = Number.NEGATIVE_INFINITY,
    until: Instant = Number.POSITIVE_INFINITY,
  ) {
    this.#table = table
    this.#rib = new Rib(maxRoutes)
    this.#from = from
    this.#until = until
  }

  /** One batch of the first pass; the order of batches does not matter for who carries what. */
  read(batch: Batch): void {
    const table = this.#table
    if (batch.interned === 0) table.internPrefixes(batch)
    for (let m = 0; m < batch.messages; m++) {
      if (batch.kind[m] !== Message.update) continue
      const vantage = batch.vantage[m] as number
      const at = batch.at[m] as number
      if (at < this.#from || at >= this.#until) continue
      // Seconds since a day before the first messages seen, because they need not be the oldest, and
      // one of them may have a damaged stamp.
      if (this.#base < 0) this.#base = (batch.at[batch.messages >> 1] as number) - seconds(86_400)
      if (vantage >= this.#vantages) this.#vantages = vantage + 1
      const second = Math.min(SECOND, Math.max(0, Math.floor((at - this.#base) / 1e6)))
      if (second > 0 && second < this.#first) this.#first = second
      const start = batch.pathStart[m] as number
      const origin = start < 0 ? 0 : originOf(batch.path, start, batch.pathLength[m] as number) | 0
      for (let e = batch.first[m] as number; e < (batch.first[m + 1] as number); e++) {
        const prefix = batch.prefixRef[e] as number
        if (prefix < 0) continue
        const position = this.#rib.at(vantage, prefix, true)
        if (position < 0) continue
        const word = this.#rib.get(position)
        if (batch.announced[e] === 1) {
          if ((word & ANNOUNCED) === 0) this.#rib.set(position, word | ANNOUNCED)
          if (origin !== 0) table.origins.vote(prefix, origin)
        } else if ((word & WITHDRAWN) === 0 || (word & SECOND) > second) {
          this.#rib.set(position, (word & ANNOUNCED) | WITHDRAWN | second)
        }
      }
    }
  }

  /** Seeds the table with what was learned. */
  finish(): void {
    const table = this.#table
    const prefixes = table.names.count
    const carriers = new Uint16Array(prefixes)
    const losers = new Uint16Array(prefixes)
    const sum = new Float64Array(prefixes)
    const earliest = new Int32Array(prefixes).fill(SECOND)
    const early = new Uint16Array(prefixes)
    const seeded = new Uint16Array(prefixes)
    const byThen = this.#first + BY_THEN / 1e6
    for (let vantage = 0; vantage < this.#vantages; vantage++) {
      this.#rib.sweep(vantage, (prefix, word) => {
        if ((word & ANNOUNCED) === 0) return word
        carriers[prefix] = (carriers[prefix] as number) + 1
        if ((word & WITHDRAWN) !== 0) {
          losers[prefix] = (losers[prefix] as number) + 1
          sum[prefix] = (sum[prefix] as number) + (word & SECOND)
        }
        return word
      })
    }
    const apart = TOGETHER / 1e6
    /** Announced by it, or withdrawn when the others withdrew. */
    const carries = (prefix: number, word: number): boolean => {
      const lost = losers[prefix] as number
      return (
        (word & ANNOUNCED) !== 0 ||
        (lost > 0 &&
          lost * 2 >= (carriers[prefix] as number) &&
          Math.abs((word & SECOND) - (sum[prefix] as number) / lost) <= apart)
      )
    }
    for (let vantage = 0; vantage < this.#vantages; vantage++) {
      this.#rib.sweep(vantage, (prefix, word) => {
        if (!carries(prefix, word)) return word
        seeded[prefix] = (seeded[prefix] as number) + 1
        if ((word & WITHDRAWN) === 0) return word
        const second = word & SECOND
        if (second < (earliest[prefix] as number)) earliest[prefix] = second
        if (second <= byThen) early[prefix] = (early[prefix] as number) + 1
        return word
      })
    }
    for (let vantage = 0; vantage < this.#vantages; vantage++) {
      this.#rib.sweep(vantage, (prefix, word) => {
        if (!carries(prefix, word)) return word
        if ((word & ANNOUNCED) !== 0) this.announced++
        else this.implied++
        const broken =
          (earliest[prefix] as number) <= this.#first + AT_ONCE / 1e6 &&
          (early[prefix] as number) * 2 >= (seeded[prefix] as number)
        if (broken) table.seedLost(vantage, prefix)
        else table.seed(vantage, prefix, UNKNOWN_PATH, false)
        return word
      })
    }
  }
}
