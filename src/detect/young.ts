// Which prefixes, or origins of prefixes, are younger than a working day. What turned up a short while
// ago and goes again is no loss of anybody: own more-specifics that leaked, a hijacker's booty, a
// mitigation that is over. Where the baseline is learned everything is young, and nothing is asked.

import type { Asn } from '../core/asn.ts'
import { hours, type Instant, type Span } from '../core/time.ts'
import type { Detector, View } from '../core/view.ts'

/** Leaks, hijacks and mitigations are mostly over by then; what is there for longer is somebody's own. */
const YOUNG: Span = hours(8)
/** A table leaked in parts has as many; who is not remembered is taken for old. */
const MOST = 200_000

export class Young implements Detector {
  readonly name = 'young'
  /** New prefixes there was no room for. */
  dropped = 0
  readonly #view: View
  /** When a prefix got its origin, the oldest first; and whose it was ordinarily, 0 = nobody's. */
  readonly #since = new Map<number, Birth>()

  constructor(view: View) {
    this.#view = view
  }

  origin(prefix: number, before: Asn, after: Asn): void {
    const view = this.#view
    if (view.baseline !== 'rib' || view.cause.at === 0) return
    const at = view.cause.at
    const known = this.#since.get(prefix)
    this.#since.delete(prefix)
    const owner = known?.owner ?? before
    // It is back where it belongs.
    if (owner === after) return
    this.#forget(at)
    if (this.#since.size >= MOST) this.dropped++
    else this.#since.set(prefix, { owner, at })
  }

  /** Whether its origin has had it for so short a time. */
  has(prefix: number): boolean {
    const birth = this.#since.get(prefix)
    return birth !== undefined && this.#view.cause.at - birth.at < YOUNG
  }

  tick(): [] {
    return []
  }

  #forget(at: Instant): void {
    for (const [prefix, birth] of this.#since) {
      if (at - birth.at < YOUNG) return
      this.#since.delete(prefix)
    }
  }
}

interface Birth {
  readonly owner: Asn
  readonly at: Instant
}
