// What time it is in a live stream when nobody speaks. Event time follows the newest stamp; in silence
// it goes on at the pace of the wall clock, so that a gap can be told while it lasts. This is the only
// place where the corridor hears of a wall clock, and what it says becomes ticks in the journal.

import type { Instant } from '../core/time.ts'

export class Wall {
  #newest: Instant = Number.NEGATIVE_INFINITY
  #heardAt = 0

  /** A stamp was heard; `now` is any clock that only moves forward, in microseconds. */
  heard(at: Instant, now: number): void {
    if (at <= this.#newest) return
    this.#newest = at
    this.#heardAt = now
  }

  /** Event time at `now`; null before the first stamp. */
  estimate(now: number): Instant | null {
    if (this.#newest === Number.NEGATIVE_INFINITY) return null
    return this.#newest + Math.max(0, Math.floor(now - this.#heardAt))
  }
}
