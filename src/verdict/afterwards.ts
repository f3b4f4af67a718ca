// Incidents of a time when we could not hear: they are dated there, and found when the archive of that time
// is read, which may be an hour later. Who asks why nobody was woken then is told.

import type { Tag } from '../core/incident.ts'
import { type Instant, iso } from '../core/time.ts'

interface Span {
  from: Instant
  until: Instant
  /** It is still being read. */
  open: boolean
}

/** Holes that are remembered; the oldest go first. */
const MOST = 64

export class Afterwards {
  readonly #spans: Span[] = []

  /** Something was said then that is heard only now. */
  told(at: Instant): void {
    const last = this.#spans.at(-1)
    if (last?.open) {
      if (at < last.from) last.from = at
      else if (at > last.until) last.until = at
      return
    }
    this.#spans.push({ from: at, until: at, open: true })
    if (this.#spans.length > MOST) this.#spans.shift()
  }

  /** That was all of it. */
  filled(): void {
    const last = this.#spans.at(-1)
    if (last) last.open = false
  }

  /** What is to be said of an incident that is new and began at that time; null when nothing. */
  tagOf(startedAt: Instant): Tag | null {
    const span = this.#spans.find(({ from, until }) => from <= startedAt && startedAt <= until)
    if (!span) return null
    const because = `found afterwards, in what was fetched of ${iso(span.from)} to ${iso(span.until)}`
    return { name: 'found.afterwards', score: 0, because }
  }
}
