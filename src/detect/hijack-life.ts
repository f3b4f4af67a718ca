// The life of one hijack, from the first element to the last: it must be there for a while before it is
// believed, and gone for longer before it is let go; what was over sooner is told as having passed.

import { Hold } from '../core/hold.ts'
import type { Signal } from '../core/incident.ts'
import type { Instant, Span } from '../core/time.ts'
import { endOf } from './present.ts'

/** Routes stuck at so few vantage points hold nothing open: two, or this part of those who vote. */
const STUCK = 2
const STUCK_SHARE = 0.03

export interface Standing {
  /** Enough speaks for it. */
  readonly holds: boolean
  /** What spoke for it turned out to be ordinary. */
  readonly ordinary: boolean
  readonly vantages: number
  readonly voters: number
  readonly since: Instant
  readonly lastLeft: Instant
  readonly confirm: Span
  readonly clear: Span
  /** Changes when there is something new to say. */
  readonly digest: string
}

export class Life {
  readonly #hold = new Hold()
  #peak = 0
  #startedAt: Instant = 0
  #last: Signal | null = null
  #digest = ''
  #ordinaryAt: Instant | null = null

  /** Whether time alone may change something. */
  get runs(): boolean {
    return this.#hold.since !== null
  }

  get isOpen(): boolean {
    return this.#hold.confirmedAt !== null
  }

  get startedAt(): Instant {
    return this.#startedAt
  }

  /** `tell` makes the signal of this tick. */
  step(
    at: Instant,
    s: Standing,
    tell: (phase: Signal['phase'], startedAt: Instant, endedAt: Instant | null) => Signal,
  ): Signal | null {
    const hold = this.#hold
    // With nobody left who votes it is not known how it stands.
    if (s.voters === 0 && this.isOpen) return null
    if (s.vantages > this.#peak) this.#peak = s.vantages
    // What is ordinary from the start is not believed first, to be let go of at once.
    const holds = s.holds && !s.ordinary
    if (hold.confirmedAt === null && holds)
      this.#startedAt = hold.since === null ? s.since : Math.min(this.#startedAt, s.since)
    const most = Math.max(STUCK, STUCK_SHARE * s.voters)
    const gone = s.vantages <= Math.min(most, Math.floor(this.#peak / 2))
    this.#ordinaryAt = s.ordinary ? (this.#ordinaryAt ?? at) : null
    const phase = hold.update(at, holds, gone || s.ordinary, s.confirm, s.clear)
    const ended = gone ? endOf(s.lastLeft, hold.clearSince) : (this.#ordinaryAt ?? at)
    if (phase === 'idle') return null
    if (phase === 'lapsed') {
      const seen = gone && s.lastLeft >= this.#startedAt
      const passed = seen && this.#last ? { ...this.#last, at, endedAt: s.lastLeft } : null
      this.#end()
      return passed
    }
    if (phase === 'resolved') {
      const signal = tell('resolved', this.#startedAt, ended)
      this.#end()
      return signal
    }
    const as = phase === 'pending' ? 'transient' : phase
    if (this.#last?.phase === as && this.#digest === s.digest) return null
    this.#digest = s.digest
    this.#last = tell(as, this.#startedAt, null)
    return phase === 'pending' ? null : this.#last
  }

  #end(): void {
    this.#hold.since = this.#hold.confirmedAt = this.#hold.clearSince = null
    this.#peak = 0
    this.#last = null
    this.#ordinaryAt = null
  }
}
