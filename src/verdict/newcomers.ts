// Which prefixes were not there before: a blackhole that has stood for a month is no answer to the flood of
// today, nor is a scrubber that always announced a part. The table forgets the difference within half an
// hour, so it is kept here for a day.

import type { Asn } from '../core/asn.ts'
import { hours, type Instant, minutes, type Span } from '../core/time.ts'
import type { View } from '../core/view.ts'

/** What has stood for so long is ordinary. */
const ORDINARY: Span = hours(24)
/** Looked at so often, what turns up has turned up since; after a longer pause only the table can tell. */
const PAUSE: Span = minutes(30)
const MOST = 10_000

interface Book {
  lookedAt: Instant
  /** Since when each is there; null = it always was. */
  readonly since: Map<number, Instant | null>
}

export class Newcomers {
  /** Prefixes there was no room for. */
  dropped = 0
  readonly #books = new Map<Asn, Book>()
  #kept = 0

  /** Those of `prefixes` that are held by somebody and were not there before, and since when. */
  look(view: View, asn: Asn, prefixes: readonly number[], at: Instant): Map<number, Instant> {
    const there = prefixes.filter((prefix) => view.visible(prefix) > 0)
    const book = this.#book(asn)
    const follows = at - book.lookedAt <= PAUSE
    book.lookedAt = at
    const present = new Set(there)
    for (const prefix of book.since.keys())
      if (!present.has(prefix)) {
        book.since.delete(prefix)
        this.#kept--
      }
    const fresh = new Map<number, Instant>()
    for (const prefix of there) {
      const known = book.since.get(prefix)
      const since = known === undefined ? arrival(view, prefix, follows, at) : known
      if (known === undefined) this.#keep(book, prefix, since)
      if (since !== null && at - since < ORDINARY) fresh.set(prefix, since)
    }
    return fresh
  }

  #book(asn: Asn): Book {
    const known = this.#books.get(asn)
    if (known) return known
    // The one looked at longest ago makes room, and will be met anew.
    if (this.#books.size >= MOST) this.#evict()
    const made: Book = { lookedAt: Number.NEGATIVE_INFINITY, since: new Map() }
    this.#books.set(asn, made)
    return made
  }

  #evict(): void {
    const [oldest] = [...this.#books].sort(([a, x], [b, y]) => x.lookedAt - y.lookedAt || a - b)
    if (!oldest) return
    this.#kept -= oldest[1].since.size
    this.#books.delete(oldest[0])
  }

  #keep(book: Book, prefix: number, since: Instant | null): void {
    if (this.#kept >= MOST) {
      this.dropped++
      return
    }
    this.#kept++
    book.since.set(prefix, since)
  }
}

/**
 * It was not there a while ago, or nobody ordinarily has it. Learned while running, nobody has anything
 * at first.
 */
const arrival = (view: View, prefix: number, follows: boolean, at: Instant): Instant | null =>
  follows || (view.baseline === 'rib' && view.reference(prefix) === 0) ? at : null
