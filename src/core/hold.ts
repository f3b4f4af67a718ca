import type { Instant, Span } from './time.ts'

/**
 * A condition with hysteresis in time: it must hold for `confirm` before it is believed, and be
 * clear for `clear` before it is let go. Asked at ticks, in event time.
 */
export class Hold {
  since: Instant | null = null
  confirmedAt: Instant | null = null
  clearSince: Instant | null = null

  /** `confirm` may change from tick to tick: strong evidence is believed sooner. */
  update(at: Instant, holds: boolean, clears: boolean, confirm: Span, clear: Span): HoldPhase {
    if (this.confirmedAt === null) {
      if (!holds) {
        const was = this.since !== null
        this.since = null
        return was ? 'lapsed' : 'idle'
      }
      this.since ??= at
      if (at - this.since < confirm) return 'pending'
      this.confirmedAt = at
      return 'open'
    }
    if (!clears) {
      this.clearSince = null
      return 'open'
    }
    this.clearSince ??= at
    return at - this.clearSince >= clear ? 'resolved' : 'resolving'
  }
}

/** `lapsed`: the condition went away before it was confirmed. */
export type HoldPhase = 'idle' | 'pending' | 'lapsed' | 'open' | 'resolving' | 'resolved'
