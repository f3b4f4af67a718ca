// `leak.own-specifics`: one network suddenly tells the world a great many more-specifics of its own
// prefixes (RFC 7908 type 6): routes that were meant for inside, or for one neighbour, as a rule. A new
// prefix is one that nobody had an origin for; it counts when its cover is of the same origin and was
// there before, and while enough vantage points carry it.

import type { Asn } from '../core/asn.ts'
import { Hold } from '../core/hold.ts'
import type { Counts, Signal, Tag } from '../core/incident.ts'
import { hours, type Instant, minutes, type Span, seconds } from '../core/time.ts'
import { type Detector, Seen, type View } from '../core/view.ts'
import { firstOf } from './address.ts'
import { lowest, witnessCap } from './confidence.ts'
import { isBlackhole } from './hijack-score.ts'

export interface SpecificsSettings {
  /** So many new more-specifics of one origin, or so many of a watched one. */
  readonly prefixes: number
  readonly watchedPrefixes: number
  /** Part of those who vote that must carry one for it to count. */
  readonly share: number
  readonly within: Span
  readonly confirm: Span
  readonly closeOfPeak: number
  readonly clear: Span
}

/** Detection.md §10.4: Google 2017 and the optimizers of 2021 had thousands. */
export const specificsDefaults: SpecificsSettings = {
  prefixes: 100,
  watchedPrefixes: 10,
  share: 0.1,
  within: minutes(10),
  confirm: seconds(60),
  closeOfPeak: 0.1,
  clear: minutes(5),
}

interface Book {
  readonly origin: Asn
  /** New more-specific → when it was first announced. */
  readonly since: Map<number, Instant>
  hold: Hold
  peak: number
  startedAt: Instant
  lastLeft: Instant
  said: string
}

/** New more-specifics kept, of all origins. */
const MOST_PREFIXES = 500_000
const ORDINARY: Span = hours(24)
const SHOWN = 20
/** One cover taken apart is a defence against an attack as often as not. */
const FEW_COVERS = 2

export class LeakSpecifics implements Detector {
  readonly name = 'leak.own-specifics'
  /** New more-specifics there was no room for. */
  dropped = 0
  readonly #view: View
  readonly #settings: SpecificsSettings
  readonly #books = new Map<Asn, Book>()
  /** Books with as many as it takes, or that are open. */
  readonly #warm = new Set<Book>()
  /** Met since the last tick, with the path they were met on. */
  #fresh: { readonly book: Book; readonly prefix: number; readonly path: number }[] = []
  #kept = 0
  #sweepAt: Instant = 0

  readonly #isSuspected: (path: number) => boolean

  /** `isSuspected`: the path is somebody else's leak, and what comes by it is told as that. */
  constructor(
    view: View,
    settings: SpecificsSettings,
    isSuspected: (path: number) => boolean = () => false,
  ) {
    this.#view = view
    this.#isSuspected = isSuspected
    this.#settings = settings
  }

  origin(prefix: number, before: Asn, after: Asn): void {
    const view = this.#view
    // Without a starting table every prefix is new.
    if (before !== 0 || view.baseline !== 'rib' || !view.watches(after)) return
    const cover = view.parentOf(prefix)
    if (cover < 0 || view.seen(cover) === Seen.new) return
    // So long a prefix is a blackhole: many at once are a defence, and lead no traffic astray.
    if (isBlackhole(view.words(prefix))) return
    if (this.#kept >= MOST_PREFIXES) {
      this.dropped++
      return
    }
    let book = this.#books.get(after)
    if (!book) {
      book = {
        origin: after,
        since: new Map(),
        hold: new Hold(),
        peak: 0,
        startedAt: 0,
        lastLeft: 0,
        said: '',
      }
      this.#books.set(after, book)
    }
    if (book.since.has(prefix)) return
    book.since.set(prefix, view.cause.at)
    this.#fresh.push({ book, prefix, path: view.cause.after })
    this.#kept++
    if (book.since.size >= this.#least()) this.#warm.add(book)
  }

  carried(prefix: number): void {
    const book = this.#books.get(this.#view.origin(prefix))
    if (book?.since.has(prefix) && !this.#view.reachable(prefix))
      book.lastLeft = this.#view.cause.at
  }

  /** Those that stand for a while are somebody's ordinary routes by and by. */
  prefix(prefix: number, _before: number, after: number): void {
    if (after < Seen.lost) return
    const book = this.#books.get(this.#view.origin(prefix))
    if (book?.since.has(prefix)) book.lastLeft = this.#view.cause.at
  }

  *heldPaths(): Iterable<number> {
    for (const { path } of this.#fresh) yield path
  }

  tick(at: Instant): Signal[] {
    for (const { book, prefix, path } of this.#fresh)
      if (this.#isSuspected(path) && book.since.delete(prefix)) this.#kept--
    this.#fresh = []
    if (at >= this.#sweepAt) this.#sweep(at)
    const out: Signal[] = []
    for (const book of this.#warm) {
      const signal = this.#judge(book, at)
      if (signal) out.push(signal)
    }
    return out.sort((a, b) => a.asn - b.asn)
  }

  #least(): number {
    const { prefixes, watchedPrefixes } = this.#settings
    return this.#view.narrow ? watchedPrefixes : prefixes
  }

  /** What is older than the window, and was not part of anything, is an ordinary new prefix. */
  #sweep(at: Instant): void {
    const { within } = this.#settings
    this.#sweepAt = at + within / 10
    for (const [origin, book] of this.#books) {
      if (book.hold.since !== null) continue
      for (const [prefix, since] of book.since) {
        if (since >= at - within) continue
        book.since.delete(prefix)
        this.#kept--
      }
      if (book.since.size < this.#least()) this.#warm.delete(book)
      if (book.since.size === 0) this.#books.delete(origin)
    }
  }

  #judge(book: Book, at: Instant): Signal | null {
    const { within, confirm, closeOfPeak, clear } = this.#settings
    const { hold } = book
    const there: number[] = []
    let recent = 0
    for (const [prefix, since] of book.since) {
      if (!this.#isThere(prefix)) continue
      there.push(prefix)
      if (since >= at - within) recent++
    }
    const holds = recent >= this.#least()
    if (!holds && hold.since === null) return null
    if (there.length > book.peak) book.peak = there.length
    if (hold.confirmedAt === null)
      book.startedAt = there.reduce(
        (first, prefix) => Math.min(first, book.since.get(prefix) as Instant),
        at,
      )
    let phase = hold.update(at, holds, there.length <= closeOfPeak * book.peak, confirm, clear)
    // After a day that is how it announces its space.
    const isOld = hold.confirmedAt !== null && at - hold.confirmedAt >= ORDINARY
    if (isOld) phase = 'resolved'
    if (phase === 'idle' || phase === 'pending') return null
    if (phase === 'lapsed') {
      this.#close(book)
      return null
    }
    const left = book.lastLeft > book.startedAt ? book.lastLeft : (hold.clearSince ?? at)
    const ended = phase === 'resolved' && !isOld ? left : null
    const said = `${phase} ${there.length}`
    if (said === book.said) return null
    book.said = said
    const signal = this.#signal(book, there, at, phase, ended)
    if (phase === 'resolved') this.#close(book)
    return signal
  }

  /** Carried by enough of those who vote. */
  #isThere(prefix: number): boolean {
    const view = this.#view
    const voters = view.voters(view.afi(prefix))
    const asked = Math.max(1, Math.ceil(this.#settings.share * voters))
    return view.visible(prefix) >= asked
  }

  #close(book: Book): void {
    this.#kept -= book.since.size
    book.since.clear()
    book.hold = new Hold()
    book.peak = 0
    book.said = ''
    this.#warm.delete(book)
    this.#books.delete(book.origin)
  }

  #signal(
    book: Book,
    there: readonly number[],
    at: Instant,
    phase: Signal['phase'],
    endedAt: Instant | null,
  ): Signal {
    const view = this.#view
    const { origin } = book
    const most = there.reduce((n, prefix) => Math.max(n, view.visible(prefix)), 0)
    const voters = Math.max(1, view.voters(4), view.voters(6))
    const covers = new Set(there.map((prefix) => view.parentOf(prefix)))
    const counts: Counts = {
      prefixes: there.length,
      ofPrefixes: view.prefixesOf(origin).length,
      covered: there.length,
      // Those who carry the one that most carry; no more is kept of who they are.
      peerAsns: most,
      collectors: Math.min(most, view.collectors),
      share: Math.round((most / voters) * 10_000) / 10_000,
    }
    return {
      kind: 'leak.own-specifics',
      key: `specifics:${origin}`,
      asn: origin,
      culprit: origin,
      afi: null,
      at,
      phase,
      startedAt: book.startedAt,
      endedAt,
      severity: counts.prefixes >= 1_000 ? 'major' : 'minor',
      tags: tagsOf(counts, covers.size, this.#settings),
      cap: lowest(witnessCap(counts)),
      now: counts,
      segments: [],
      samples: {
        prefixes: firstOf(view, new Set(there), SHOWN).map((p) => view.prefixText(p)),
        paths: [],
        elements: [],
      },
      rfc7908: 6,
    }
  }
}

function tagsOf(counts: Counts, covers: number, { within }: SpecificsSettings): Tag[] {
  const { prefixes, share } = counts
  const add = (name: string, score: number, because: string): Tag => ({ name, score, because })
  const minutesLong = Math.round(within / minutes(1))
  const tags = [add('specifics', 3, `${prefixes} new more-specifics in ${minutesLong} minutes`)]
  if (prefixes >= 1_000) tags.push(add('many', 2, 'a thousand or more at once'))
  if (share >= 0.1)
    tags.push(
      add('spread', share >= 0.5 ? 2 : 1, `${Math.round(share * 100)} % of those who vote took it`),
    )
  if (covers <= FEW_COVERS)
    tags.push(
      add('cover.few', -2, `all out of ${covers} prefixes: it may be taken apart on purpose`),
    )
  return tags
}
