// `churn.as`: the paths of a watched network change far more than they ordinarily do, all over its
// prefixes. `churn.prefix`: single prefixes of it go and come back again and again. Only real changes
// count: three in ten announcements repeat what was held (detection.md §5.3b), and are not heard here.

import type { Asn } from '../core/asn.ts'
import { Hold } from '../core/hold.ts'
import type { Counts, Kind, Signal, Tag } from '../core/incident.ts'
import { afiName } from '../core/prefix.ts'
import { type Instant, minutes, type Span } from '../core/time.ts'
import { type Detector, Seen, type View, Watcher } from '../core/view.ts'
import { firstOf } from './address.ts'
import { BIN, type ChurnSettings, historyCap } from './churn-global.ts'
import { baselineCap, lowest } from './confidence.ts'
import { Ordinary } from './ordinary.ts'

const CYCLES: Span = minutes(30)
const FEW_BINS = 3
/** Changes in five minutes of one vantage point, at least. */
const FLOOR = 5
const CALM_Z = 3
const SHOWN = 20
const MOST_PREFIXES = 100_000

interface Book {
  readonly asn: Asn
  readonly afi: 4 | 6
  readonly ordinary: Ordinary
  readonly touched: Set<number>
  /** Changes of each vantage point. */
  readonly by: Map<number, number>
  changes: number
  firstAt: Instant
  readonly hold: Hold
  startedAt: Instant
  calmAt: Instant
  /** Prefixes that were lost lately, and when. */
  readonly losses: Map<number, Instant[]>
  readonly flap: Hold
  flapSince: Instant
  flapLast: Instant
  flapping: readonly number[]
}

export class ChurnOfAs implements Detector {
  readonly name = 'churn.as'
  readonly watcher = Watcher.way
  /** Prefixes there was no room for. */
  dropped = 0
  readonly #view: View
  readonly #settings: ChurnSettings
  readonly #books = new Map<number, Book>()
  #binEnd: Instant = 0
  #kept = 0

  constructor(view: View, settings: ChurnSettings) {
    this.#view = view
    this.#settings = settings
  }

  #book(prefix: number): Book | null {
    const view = this.#view
    const asn = view.origin(prefix)
    if (!view.narrow || asn === 0 || !view.watches(asn)) return null
    return this.#bookOf(asn, view.afi(prefix))
  }

  #bookOf(asn: Asn, afi: 4 | 6): Book {
    let book = this.#books.get(asn * 8 + afi)
    if (!book) {
      book = newBook(asn, afi)
      this.#books.set(asn * 8 + afi, book)
    }
    return book
  }

  /** Of whom nothing is heard there are quiet bins as well. */
  learnPath(path: number): void {
    const asn = this.#view.pathOrigin(path)
    if (!this.#view.narrow || asn === 0 || !this.#view.watches(asn)) return
    for (const afi of [4, 6] as const) this.#bookOf(asn, afi)
  }

  /** Of paths that path-events.ts has marked. */
  route(): void {
    const { cause } = this.#view
    const book = this.#book(cause.prefix)
    if (!book) return
    if (book.changes++ === 0) book.firstAt = cause.at
    book.touched.add(cause.prefix)
    book.by.set(cause.vantage, (book.by.get(cause.vantage) ?? 0) + 1)
  }

  prefix(prefix: number, before: number, after: number): void {
    if (before >= Seen.lost || after < Seen.lost) return
    const { cause } = this.#view
    if (cause.before === cause.after) return
    const book = this.#book(prefix)
    if (!book) return
    const times = book.losses.get(prefix)
    if (times) {
      times.push(cause.at)
      if (times.length > 2 * this.#settings.cycles) times.shift()
    } else if (this.#kept >= MOST_PREFIXES) this.dropped++
    else {
      this.#kept++
      book.losses.set(prefix, [cause.at])
    }
  }

  tick(at: Instant): Signal[] {
    if (!this.#view.narrow) return []
    const out: Signal[] = []
    const binned = at >= this.#binEnd
    const whole = binned && this.#binEnd !== 0
    if (binned) this.#binEnd = (Math.floor(at / BIN) + 1) * BIN
    for (const number of [...this.#books.keys()].sort((a, b) => a - b)) {
      const book = this.#books.get(number) as Book
      const flap = this.#flap(book, at)
      if (flap) out.push(flap)
      if (!binned) continue
      const churn = this.#bin(book, at, whole)
      if (churn) out.push(churn)
      book.changes = 0
      book.touched.clear()
      book.by.clear()
    }
    return out
  }

  #bin(book: Book, at: Instant, whole: boolean): Signal | null {
    if (!whole) return null
    const { z, times, prefixShare } = this.#settings
    const { ordinary, hold, touched } = book
    const voters = Math.max(1, this.#view.voters(book.afi))
    const x = book.changes / voters
    let busy = 0
    for (const n of book.by.values()) if (n >= FLOOR) busy++
    const of = this.#mine(book).length
    const known = ordinary.bins >= FEW_BINS
    const much =
      known &&
      // What one vantage point says again and again is its own trouble.
      busy * 2 >= voters &&
      x >= FLOOR &&
      ordinary.z(x) >= z &&
      x >= times * ordinary.median &&
      touched.size >= prefixShare * of
    const { bins } = ordinary
    if (hold.since === null && much) book.startedAt = book.firstAt
    const was = hold.clearSince
    const phase = hold.update(at, much, ordinary.z(x) < CALM_Z || x < FLOOR, BIN, 2 * BIN)
    if (hold.clearSince !== null && was === null) book.calmAt = at - BIN
    ordinary.add(much ? ordinary.median : x)
    if (phase !== 'open' && phase !== 'resolving' && phase !== 'resolved') return null
    if (phase === 'resolved') hold.since = null
    const tags: Tag[] = [
      {
        name: 'changes.many',
        score: 4,
        because: `${Math.round(x)} changes of path a vantage point in five minutes, ordinarily ${Math.round(ordinary.median)}`,
      },
      {
        name: 'prefixes.touched',
        score: 1,
        because: `${touched.size} of ${of} prefixes touched`,
      },
    ]
    return this.#signal(book, 'churn.as', 'churn', at, phase, touched, tags, {
      startedAt: book.startedAt,
      endedAt: phase === 'resolved' ? book.calmAt : null,
      cap: historyCap(bins),
    })
  }

  #flap(book: Book, at: Instant): Signal | null {
    const { losses, flap } = book
    if (losses.size === 0 && flap.since === null) return null
    const flapping: number[] = []
    for (const [prefix, times] of losses) {
      while (times.length > 0 && at - (times[0] as number) > CYCLES) times.shift()
      if (times.length === 0) {
        losses.delete(prefix)
        this.#kept--
      } else if (times.length >= this.#settings.cycles) {
        flapping.push(prefix)
        book.flapLast = Math.max(book.flapLast, times.at(-1) as number)
        if (flap.since === null)
          book.flapSince =
            flapping.length === 1
              ? (times[0] as number)
              : Math.min(book.flapSince, times[0] as number)
      }
    }
    const was = flap.confirmedAt
    const phase = flap.update(at, flapping.length > 0, flapping.length === 0, 0, 0)
    if (phase !== 'open' && phase !== 'resolved') return null
    const changed = was === null || flapping.length !== book.flapping.length
    if (phase === 'open' && !changed) return null
    if (phase === 'resolved') flap.since = flap.confirmedAt = flap.clearSince = null
    book.flapping = flapping
    const tags: Tag[] = [
      {
        name: 'flaps',
        score: 4,
        because: `lost and back ${this.#settings.cycles} times or more within half an hour`,
      },
    ]
    return this.#signal(book, 'churn.prefix', 'flap', at, phase, flapping, tags, {
      startedAt: book.flapSince,
      endedAt: phase === 'resolved' ? book.flapLast : null,
      cap: null,
    })
  }

  #mine(book: Book): number[] {
    return this.#view.prefixesOf(book.asn).filter((p) => this.#view.afi(p) === book.afi)
  }

  #signal(
    book: Book,
    kind: Kind,
    family: string,
    at: Instant,
    phase: 'open' | 'resolving' | 'resolved',
    prefixes: Iterable<number>,
    tags: readonly Tag[],
    { startedAt, endedAt, cap }: Pick<Signal, 'startedAt' | 'endedAt' | 'cap'>,
  ): Signal {
    const view = this.#view
    const { asn, afi } = book
    const some = [...prefixes]
    const of = this.#mine(book).length
    const { active } = view.vantage()
    const counts: Counts = {
      prefixes: some.length,
      ofPrefixes: of,
      covered: 0,
      peerAsns: active,
      collectors: view.collectors,
      share: Math.round((some.length / Math.max(1, of)) * 10_000) / 10_000,
    }
    return {
      kind,
      key: `${family}:${asn}:${afiName(afi)}`,
      asn,
      culprit: asn,
      afi: afiName(afi),
      at,
      phase,
      startedAt,
      endedAt,
      severity: 'minor',
      tags,
      cap: lowest(cap, baselineCap(view, true)),
      now: counts,
      segments: [],
      samples: {
        prefixes: firstOf(view, some, SHOWN).map((p) => view.prefixText(p)),
        paths: [],
        elements: [],
      },
      rfc7908: null,
    }
  }
}

const newBook = (asn: Asn, afi: 4 | 6): Book => ({
  asn,
  afi,
  ordinary: new Ordinary(),
  touched: new Set(),
  by: new Map(),
  changes: 0,
  firstAt: 0,
  hold: new Hold(),
  startedAt: 0,
  calmAt: 0,
  losses: new Map(),
  flap: new Hold(),
  flapSince: 0,
  flapLast: 0,
  flapping: [],
})
