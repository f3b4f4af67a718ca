// Which networks are losing prefixes, and how much of their address space with them. Three detectors
// ask the same question at each tick, so it is answered here, once.

import type { Asn } from '../core/asn.ts'
import type { ElementSample, PathSample } from '../core/incident.ts'
import type { Afi } from '../core/prefix.ts'
import { hours, type Instant, minutes, type Span } from '../core/time.ts'
import { type Detector, Seen, type View } from '../core/view.ts'
import { byAddress } from './address.ts'
import { Space } from './space.ts'

/** Losses whose starts lie further apart are different stories. */
const STORY: Span = minutes(15)
/** What has recovered is remembered longer than any detector takes to let go. */
const RETAIN: Span = hours(1)
const MOST_ELEMENTS = 5
/** A cover that has been missing for less may only be moving to another path (detection.md §5.3). */
const BELIEVED: Span = minutes(3)

/** What one network has lost in one family at one tick. */
export interface Loss {
  readonly asn: Asn
  readonly afi: Afi
  /** Lost prefixes whose space nothing else of the same origin carries; those that are covered. */
  readonly uncovered: readonly number[]
  readonly covered: readonly number[]
  /**
   * Lost prefixes whose cover stood when they went, and is well or has been missing for less than a
   * cover's removal is believed: `covered` and some of `uncovered`.
   */
  readonly leftCovered: readonly number[]
  /** All its prefixes that were ever seen standing still. */
  readonly of: number
  /** Lost space ÷ all space, 0 … 1. */
  readonly share: number
  /** Of `uncovered`: at a quarter of their reference or less. */
  readonly down: number
  /** First loss of the story the present losses belong to; 0 when nothing is lost. */
  readonly uncoveredSince: Instant
  readonly leftSince: Instant
}

interface Book {
  readonly asn: Asn
  readonly afi: Afi
  /** Prefixes in a lost state, and since when. */
  readonly lost: Map<number, Instant>
  /** Lost prefixes that were covered at the first tick after their loss; the others. */
  readonly left: Set<number>
  readonly bare: Set<number>
  dirty: boolean
  loss: Loss
  /** Prefixes nobody ordinarily carries, new ones most of all: a cover in the making. */
  fresh: readonly number[]
  /** How many of them were reachable, when it was measured. */
  covers: number
  /** The prefixes of the network as they were numbered then; those of this family by address. */
  numbered: readonly number[]
  ordered: readonly number[]
  /**
   * When a prefix came back last; when one was given up, because nobody is expected to carry it any
   * more; when a detector last had a case of it.
   */
  recoveredAt: Instant
  givenUpAt: Instant
  usedAt: Instant
  /** Of what is lost now, the first few. */
  samples: Sample[]
}

/** The element that took a prefix below the bar. */
interface Sample {
  readonly prefix: number
  readonly vantage: number
  readonly before: number
  readonly file: number
  readonly offset: number
}

export class Losses implements Detector {
  readonly name = 'losses'
  readonly #view: View
  readonly #books = new Map<number, Book>()
  /** Books in which something may happen at the next tick; the others only wait to be forgotten. */
  readonly #awake = new Set<Book>()
  /** The same in order of content, once it is asked for. */
  #sorted: Book[] | null = null
  #active: Loss[] | null = null
  #tickedAt: Instant = 0
  #forgetAt: Instant = Number.POSITIVE_INFINITY

  constructor(view: View) {
    this.#view = view
  }

  prefix(prefix: number, before: number, after: number): void {
    const view = this.#view
    const asn = view.origin(prefix)
    if (asn === 0 || !view.watches(asn)) return
    const was = before >= Seen.lost
    const is = after >= Seen.lost
    const afi = view.afi(prefix)
    const key = keyOf(asn, afi)
    let book = this.#books.get(key)
    if (!book) {
      // What was broken when we began is no news.
      if (!is || was) return
      book = {
        asn,
        afi,
        lost: new Map(),
        left: new Set(),
        bare: new Set(),
        dirty: true,
        loss: nothing(asn, afi),
        fresh: [],
        covers: 0,
        numbered: [],
        ordered: [],
        recoveredAt: 0,
        givenUpAt: 0,
        usedAt: 0,
        samples: [],
      }
      this.#books.set(key, book)
    }
    book.dirty = true
    this.#wake(book)
    const { cause } = view
    if (is && !was) {
      book.lost.set(prefix, cause.at)
      // Where only a vote has changed, the element in hand has nothing to do with it.
      if (cause.before !== cause.after && book.samples.length < MOST_ELEMENTS) {
        const { vantage, before: path, file, offset } = cause
        book.samples.push({ prefix, vantage, before: path, file, offset })
      }
    } else if (was && !is) {
      book.lost.delete(prefix)
      book.left.delete(prefix)
      book.bare.delete(prefix)
      book.samples = book.samples.filter((sample) => sample.prefix !== prefix)
      if (after === Seen.new && view.reference(prefix) === 0) book.givenUpAt = cause.at
      else book.recoveredAt = cause.at
    }
  }

  /** Comes before the detectors that ask; works out what has changed since the last tick. */
  tick(at: Instant): [] {
    for (const book of this.#awake) {
      if (book.dirty || this.#coversDiffer(book)) {
        book.loss = measure(this.#view, book, at)
        // While a cover's loss is young, time alone changes the answer.
        book.dirty = book.loss.leftCovered.length > book.loss.covered.length
      } else if (book.lost.size === 0 && book.usedAt < this.#tickedAt) this.#sleep(book)
    }
    this.#active = null
    if (at > this.#forgetAt) this.#forget(at)
    this.#tickedAt = at
    return []
  }

  #wake(book: Book): void {
    if (this.#awake.has(book)) return
    this.#awake.add(book)
    this.#sorted = null
  }

  #sleep(book: Book): void {
    this.#awake.delete(book)
    this.#sorted = null
    this.#forgetAt = Math.min(this.#forgetAt, forgottenAt(book))
  }

  #forget(at: Instant): void {
    this.#forgetAt = Number.POSITIVE_INFINITY
    for (const [key, book] of this.#books) {
      if (this.#awake.has(book)) continue
      const due = forgottenAt(book)
      if (at > due) this.#books.delete(key)
      else if (due < this.#forgetAt) this.#forgetAt = due
    }
  }

  /** Carriers that come to a prefix without reference change no state that we would be told of. */
  #coversDiffer({ asn, lost, fresh, covers, numbered }: Book): boolean {
    if (lost.size === 0) return false
    if (this.#view.prefixesOf(asn).length !== numbered.length) return true
    return reachable(this.#view, fresh) !== covers
  }

  /** A detector has a case of it: it must hear of it until that is closed, however long we are blind. */
  use(loss: Loss, at: Instant): void {
    const book = this.#book(loss)
    if (book) book.usedAt = at
  }

  /** Networks that have lost something, or had just now; ordered by content. */
  get active(): readonly Loss[] {
    this.#sorted ??= [...this.#awake].sort((a, b) => a.asn - b.asn || a.afi - b.afi)
    this.#active ??= this.#sorted.map((book) => book.loss)
    return this.#active
  }

  recoveredAt(loss: Loss): Instant {
    return this.#book(loss)?.recoveredAt ?? 0
  }

  givenUpAt(loss: Loss): Instant {
    return this.#book(loss)?.givenUpAt ?? 0
  }

  elements(loss: Loss): ElementSample[] {
    return (this.#book(loss)?.samples ?? []).map(({ file, offset }) => ({
      file: this.#view.fileName(file),
      offset,
    }))
  }

  paths(loss: Loss): PathSample[] {
    const view = this.#view
    return (this.#book(loss)?.samples ?? []).map(({ vantage, prefix, before }) => {
      const { collector, address, asn } = view.vantagePoint(vantage)
      const peer = `${collector} ${address} AS${asn}`
      return { peer, prefix: view.prefixText(prefix), before: view.pathText(before), after: null }
    })
  }

  #book(loss: Loss): Book | undefined {
    return this.#books.get(keyOf(loss.asn, loss.afi))
  }
}

const keyOf = (asn: Asn, afi: Afi): number => asn * 8 + afi

const forgottenAt = ({ recoveredAt, givenUpAt, usedAt }: Book): Instant =>
  Math.max(recoveredAt, givenUpAt, usedAt) + RETAIN

function reachable(view: View, prefixes: readonly number[]): number {
  let n = 0
  for (const prefix of prefixes) if (view.reachable(prefix)) n++
  return n
}

function nothing(asn: Asn, afi: Afi): Loss {
  const none = { uncovered: [], covered: [], leftCovered: [], of: 0, share: 0, down: 0 }
  return { asn, afi, ...none, uncoveredSince: 0, leftSince: 0 }
}

function measure(view: View, book: Book, at: Instant): Loss {
  const { asn, afi } = book
  if (book.lost.size === 0) return { ...nothing(asn, afi), of: standing(view, book) }
  const up: number[] = []
  const lost: number[] = []
  const fresh: number[] = []
  for (const prefix of inOrder(view, book)) {
    if (view.seen(prefix) === Seen.new) fresh.push(prefix)
    if (view.seen(prefix) >= Seen.lost) {
      if (book.lost.has(prefix)) lost.push(prefix)
    } else if (view.reachable(prefix)) up.push(prefix)
  }
  const left = new Space(view, up)
  const whole = new Space(view, [...up, ...lost])
  book.fresh = fresh
  book.covers = reachable(view, fresh)
  const uncovered: number[] = []
  const covered: number[] = []
  const leftCovered: number[] = []
  for (const prefix of lost) {
    const isCovered = left.holds(view, prefix)
    ;(isCovered ? covered : uncovered).push(prefix)
    if (isCovered) {
      if (!book.bare.has(prefix)) book.left.add(prefix)
      leftCovered.push(prefix)
    } else if (!book.left.has(prefix)) book.bare.add(prefix)
    else if (coverIsYoung(view, book, prefix, at)) leftCovered.push(prefix)
  }
  const bare = uncovered.filter((prefix) => book.bare.has(prefix))
  const of = up.length + lost.length
  return {
    asn,
    afi,
    uncovered,
    covered,
    leftCovered,
    of,
    // A network of nothing but longest prefixes has no space to weigh: its prefixes are counted.
    share:
      whole.units > 0
        ? (whole.units - left.units) / whole.units
        : uncovered.length / Math.max(1, of),
    down: uncovered.filter((p) => view.seen(p) === Seen.down).length,
    // What still had a cover when it went was reachable until that went too.
    uncoveredSince: since(view, bare.length > 0 ? bare : uncovered),
    leftSince: since(view, leftCovered),
  }
}

/**
 * Its prefixes by address: whom the detectors ask, and what they name, must not show in which order
 * we met them.
 */
function inOrder(view: View, book: Book): readonly number[] {
  const all = view.prefixesOf(book.asn)
  const { numbered } = book
  if (all.length === numbered.length && all.every((p, i) => p === numbered[i])) return book.ordered
  book.numbered = [...all]
  book.ordered = all.filter((prefix) => view.afi(prefix) === book.afi).sort(byAddress(view))
  return book.ordered
}

/** How many prefixes of a network that has lost none are carried. */
function standing(view: View, { asn, afi }: Book): number {
  let n = 0
  for (const prefix of view.prefixesOf(asn))
    if (view.afi(prefix) === afi && view.reachable(prefix)) n++
  return n
}

function coverIsYoung(view: View, book: Book, prefix: number, at: Instant): boolean {
  for (let p = view.parentOf(prefix); p >= 0; p = view.parentOf(p)) {
    const lostAt = book.lost.get(p)
    if (lostAt !== undefined && at - lostAt < BELIEVED) return true
  }
  return false
}

/** The first loss of the latest story: losses that follow each other without a long pause. */
function since(view: View, prefixes: readonly number[]): Instant {
  const starts = prefixes.map((p) => view.lossStart(p)).filter((at) => at > 0)
  starts.sort((a, b) => b - a)
  let first = starts[0] ?? 0
  for (const at of starts) {
    if (first - at > STORY) break
    first = at
  }
  return first
}
