// Is a connection worth keeping? Three ways to be useless while looking well: nobody answers any more,
// pings are answered but nothing is told, and what is told is old news. Time comes in as arguments,
// so that years pass quickly in tests.

import type { Instant, Span } from '../core/time.ts'

interface LivenessSettings {
  readonly deadAfter: Span
  readonly silentAfter: Span | null
  readonly staleAfter: Span | null
  readonly stalePatience: Span
}

type Verdict = 'alive' | 'dead' | 'silent' | 'stale'

/** When the service itself lags, reconnecting does not help: patience doubles up to an hour. */
const LONGEST_PATIENCE: Span = 3_600_000_000
/** Checks that come this late mean that we slept, not that the other side was silent. */
const ASLEEP: Span = 5_000_000

export class Liveness {
  /** Newest event time of this connection. */
  newest: Instant | null = null
  readonly #settings: LivenessSettings
  #patience: Span
  #checked = 0
  #heard = 0
  #told = 0
  #signs = 0
  /** Messages, and how many there were at the check before. */
  #seen = 0
  #seenBefore = 0
  #staleSince: number | null = null

  constructor(settings: LivenessSettings) {
    this.#settings = settings
    this.#patience = settings.stalePatience
  }

  /** A new connection. `now` is any clock that only moves forward, in microseconds. */
  opened(now: number): void {
    this.newest = null
    this.#staleSince = null
    this.excuse(now)
  }

  /** What was not heard up to now is our own doing. */
  excuse(now: number): void {
    this.#checked = this.#heard = this.#told = now
  }

  /** Nothing may have been told up to now: not all is asked for yet. */
  asking(now: number): void {
    this.#told = now
  }

  /** Event time of a message that was understood. */
  seen(at: Instant): void {
    this.#seen++
    if (this.newest === null || at > this.newest) this.newest = at
  }

  /**
   * To be asked regularly. `signs` counts frames of any kind and every other sign of life; `wall` is
   * the wall clock. Only what was understood is told: frames that nobody can read are silence.
   */
  check(now: number, wall: Instant, signs: number): Verdict {
    if (now - this.#checked > ASLEEP) this.excuse(now)
    this.#checked = now
    if (signs !== this.#signs) this.#heard = now
    if (this.#seen !== this.#seenBefore) this.#told = now
    this.#signs = signs
    this.#seenBefore = this.#seen
    const { deadAfter, silentAfter } = this.#settings
    if (now - this.#heard >= deadAfter) return 'dead'
    if (silentAfter !== null && now - this.#told >= silentAfter) return 'silent'
    return this.#stale(now, wall) ? 'stale' : 'alive'
  }

  #stale(now: number, wall: Instant): boolean {
    const { staleAfter, stalePatience } = this.#settings
    if (staleAfter === null || this.newest === null) return false
    if (wall - this.newest <= staleAfter) {
      this.#staleSince = null
      this.#patience = stalePatience
      return false
    }
    this.#staleSince ??= now
    if (now - this.#staleSince < this.#patience) return false
    this.#staleSince = null
    this.#patience = Math.min(2 * this.#patience, LONGEST_PATIENCE)
    return true
  }
}
