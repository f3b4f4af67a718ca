// Which networks lose prefixes, and how much of their address space; asked by several, answered once.

import type { Asn } from '../core/asn.ts'
import type { ElementSample, PathSample } from '../core/incident.ts'
import type { Afi } from '../core/prefix.ts'
import { hours, type Instant, minutes, type Span } from '../core/time.ts'
import { type Cause, type Detector, Seen, type View } from '../core/view.ts'
import { byAddress } from './address.ts'
import { firstLoss } from './first-loss.ts'
import { Space } from './space.ts'
import { pathSample } from './witnesses.ts'

/** What has recovered is remembered longer than any detector takes to let go. */
const RETAIN: Span = hours(1)
const MOST_ELEMENTS = 5
/** A cover that has been missing for less may only be moving to another path (detection.md §5.3). */
const BELIEVED: Span = minutes(3)

/**
 * What one network has lost in one family at one tick. Made for each change, and hardly ever enough
 * for anybody to ask more of it: what takes work is worked out when it is asked for first.
 */
export class Loss {
  /** Of this network and family: the same for each of its losses, and ordered like them. */
  readonly key: number
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
  /** Lost space ÷ all space, 0 … 1. */
  readonly share: number
  readonly #view: View
  readonly #wasBare: (prefix: number) => boolean
  #of: number | null
  #down: number | null = null
  #uncoveredSince: Instant | null = null
  #leftSince: Instant | null = null

  /** `wasBare`: whether a prefix had no cover at the first tick after its loss. */
  constructor(
    view: View,
    asn: Asn,
    afi: Afi,
    found: Pick<Loss, 'uncovered' | 'covered' | 'leftCovered' | 'share'> & { of: number | null },
    wasBare: (prefix: number) => boolean,
  ) {
    this.#view = view
    this.#wasBare = wasBare
    this.key = keyOf(asn, afi)
    this.asn = asn
    this.afi = afi
    this.uncovered = found.uncovered
    this.covered = found.covered
    this.leftCovered = found.leftCovered
    this.#of = found.of
    this.share = found.share
  }

  /** All its prefixes that were ever seen standing still; where none is lost, those that are carried. */
  get of(): number {
    this.#of ??= standing(this.#view, this.asn, this.afi)
    return this.#of
  }

  /** Of `uncovered`: at a quarter of their reference or less. */
  get down(): number {
    this.#down ??= this.uncovered.filter((p) => this.#view.seen(p) === Seen.down).length
    return this.#down
  }

  /** First loss of the story the present losses belong to; 0 when nothing is lost. */
  get uncoveredSince(): Instant {
    if (this.#uncoveredSince === null) {
      // What still had a cover when it went was reachable until that went too.
      const bare = this.uncovered.filter(this.#wasBare)
      this.#uncoveredSince = firstLoss(this.#view, bare.length > 0 ? bare : this.uncovered)
    }
    return this.#uncoveredSince
  }

  get leftSince(): Instant {
    this.#leftSince ??= firstLoss(this.#view, this.leftCovered)
    return this.#leftSince
  }
}

interface Book {
  readonly asn: Asn
  readonly afi: Afi
  /** How many of its prefixes are in a lost state. */
  lost: number
  loss: Loss
  /** Prefixes nobody ordinarily carries, new ones most of all: a cover in the making. */
  fresh: readonly number[]
  /** Which of them were reachable, when it was measured. */
  covers: number
  /** Its prefixes by address; whether they are still all of them. */
  ordered: readonly number[]
  numbered: boolean
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

/** How a lost prefix stood at the first tick after its loss. */
const Left = { unasked: 0, covered: 1, bare: 2 } as const

/** The element that took a prefix below the bar. */
type Sample = Readonly<Pick<Cause, 'prefix' | 'vantage' | 'before' | 'file' | 'offset'>>

export class Losses implements Detector {
  readonly name = 'losses'
  /** What was measured anew at this tick, ordered by content; what is not in there has not changed. */
  changed: readonly Loss[] = []
  readonly #view: View
  /** Prefixes whose loss is none: beacons. */
  readonly ignores: (prefix: number) => boolean
  readonly #books = new Map<number, Book>()
  /** Books to be measured at the next tick. */
  readonly #dirty = new Set<Book>()
  /** Books whose covers may have changed. */
  readonly #doubtful = new Set<Book>()
  /** By prefix: when it was lost, 0 = it is not; how it stood at the first tick after that. */
  #lostAt = new Float64Array(1 << 10)
  #left = new Uint8Array(1 << 10)
  readonly #wasBare = (prefix: number): boolean => this.#left[prefix] === Left.bare
  #forgetAt: Instant = Number.POSITIVE_INFINITY
  // Work in hand, kept so that measuring makes nothing that is thrown away.
  #up = new Int32Array(1 << 10)
  #all = new Int32Array(1 << 10)
  readonly #carriedSpace = new Space()
  readonly #wholeSpace = new Space()

  constructor(view: View, ignores: (prefix: number) => boolean = () => false) {
    this.#view = view
    this.ignores = ignores
  }

  prefix(prefix: number, before: number, after: number): void {
    const was = before >= Seen.lost
    const is = after >= Seen.lost
    const view = this.#view
    const asn = view.origin(prefix)
    if (asn === 0 || !view.watches(asn) || (is && this.ignores(prefix))) return
    const key = keyOf(asn, view.afi(prefix))
    let book = this.#books.get(key)
    if (!book) {
      // What was broken when we began is no news.
      if (!is || was) return
      book = newBook(view, asn, view.afi(prefix), this.#wasBare)
      this.#books.set(key, book)
    }
    this.#dirty.add(book)
    if (is && !was) this.#lose(book, prefix)
    else if (was && !is) {
      if (after === Seen.new && view.reference(prefix) === 0) book.givenUpAt = view.cause.at
      else book.recoveredAt = view.cause.at
      this.#regain(book, prefix)
    } else if (before === Seen.new && book.givenUpAt > book.recoveredAt) {
      // Nobody expected it because nobody was heard, and it was back when somebody was.
      book.recoveredAt = view.cause.at
    }
  }

  #lose(book: Book, prefix: number): void {
    if (prefix >= this.#lostAt.length) this.#grow(prefix)
    const { cause } = this.#view
    if (this.#lostAt[prefix] === 0) book.lost++
    this.#lostAt[prefix] = cause.at
    this.#left[prefix] = Left.unasked
    // Where only a vote has changed, the element in hand has nothing to do with it.
    if (cause.before !== cause.after && book.samples.length < MOST_ELEMENTS) {
      const { vantage, before: path, file, offset } = cause
      book.samples.push({ prefix, vantage, before: path, file, offset })
    }
  }

  #regain(book: Book, prefix: number): void {
    if (!this.#isLost(prefix)) return
    book.lost--
    this.#lostAt[prefix] = 0
    if (book.samples.some((sample) => sample.prefix === prefix))
      book.samples = book.samples.filter((sample) => sample.prefix !== prefix)
  }

  /** What was broken when we began is not. */
  #isLost(prefix: number): boolean {
    return prefix < this.#lostAt.length && this.#lostAt[prefix] !== 0
  }

  #grow(prefix: number): void {
    const room = Math.max(prefix + 1, this.#lostAt.length * 2)
    const lostAt = new Float64Array(room)
    lostAt.set(this.#lostAt)
    this.#lostAt = lostAt
    const left = new Uint8Array(room)
    left.set(this.#left)
    this.#left = left
  }

  carried(prefix: number): void {
    this.#doubt(this.#books.get(keyOf(this.#view.origin(prefix), this.#view.afi(prefix))))
  }

  origin(prefix: number, before: Asn, after: Asn): void {
    const afi = this.#view.afi(prefix)
    const loser = this.#books.get(keyOf(before, afi))
    if (loser) {
      // Nobody holds it: its new owner has not lost it.
      this.#regain(loser, prefix)
      loser.numbered = false
      this.#doubt(loser)
    }
    const winner = this.#books.get(keyOf(after, afi))
    if (winner) winner.numbered = false
    this.#doubt(winner)
  }

  *heldPaths(): Iterable<number> {
    for (const { samples } of this.#books.values()) for (const { before } of samples) yield before
  }

  #doubt(book: Book | undefined): void {
    if (book && book.lost > 0) this.#doubtful.add(book)
  }

  /** Comes before the detectors that ask; works out what has changed since the last tick. */
  tick(at: Instant): [] {
    for (const book of this.#doubtful)
      if (!book.numbered || covers(this.#view, book.fresh) !== book.covers) this.#dirty.add(book)
    this.#doubtful.clear()
    const books = [...this.#dirty].sort((a, b) => a.asn - b.asn || a.afi - b.afi)
    this.#dirty.clear()
    this.changed = books.map((book) => {
      book.loss = this.#measure(book, at)
      // While a cover's loss is young, time alone changes the answer.
      if (book.loss.leftCovered.length > book.loss.covered.length) this.#dirty.add(book)
      if (book.lost === 0) this.#forgetAt = Math.min(this.#forgetAt, forgottenAt(book))
      return book.loss
    })
    if (at > this.#forgetAt) this.#forget(at)
    return []
  }

  #forget(at: Instant): void {
    this.#forgetAt = Number.POSITIVE_INFINITY
    for (const [key, book] of this.#books) {
      if (book.lost > 0) continue
      const due = forgottenAt(book)
      if (at > due) this.#books.delete(key)
      else if (due < this.#forgetAt) this.#forgetAt = due
    }
  }

  /** What a network has lost by the last tick; undefined when that was nothing for long. */
  of(asn: Asn, afi: Afi): Loss | undefined {
    return this.#books.get(keyOf(asn, afi))?.loss
  }

  /** A detector has a case of it: it is not forgotten until that is closed, however long we are blind. */
  use(loss: Loss, at: Instant): void {
    const book = this.#book(loss)
    if (book) book.usedAt = at
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
    return (this.#book(loss)?.samples ?? []).map((sample) =>
      pathSample(this.#view, { ...sample, after: 0 }),
    )
  }

  #measure(book: Book, at: Instant): Loss {
    const { asn, afi } = book
    const view = this.#view
    const wasBare = this.#wasBare
    if (book.lost === 0) return new Loss(view, asn, afi, { ...none, of: null }, wasBare)
    const prefixes = inOrder(view, book)
    if (this.#all.length < prefixes.length) {
      this.#up = new Int32Array(prefixes.length * 2)
      this.#all = new Int32Array(prefixes.length * 2)
    }
    let ups = 0
    let of = 0
    const fresh: number[] = []
    for (const prefix of prefixes) {
      const seen = view.seen(prefix)
      if (seen >= Seen.lost) {
        if (!this.#isLost(prefix)) continue
      } else {
        if (seen === Seen.new) fresh.push(prefix)
        if (!view.reachable(prefix)) continue
        this.#up[ups++] = prefix
      }
      this.#all[of++] = prefix
    }
    book.fresh = fresh
    book.covers = covers(view, fresh)
    const left = this.#carriedSpace.fill(view, this.#up, ups)
    const whole = this.#wholeSpace.fill(view, this.#all, of)
    const uncovered: number[] = []
    const covered: number[] = []
    const leftCovered: number[] = []
    for (let i = 0; i < of; i++) {
      const prefix = this.#all[i] as number
      if (view.seen(prefix) < Seen.lost) continue
      const isCovered = left.holds(view, prefix)
      ;(isCovered ? covered : uncovered).push(prefix)
      if (this.#left[prefix] === Left.unasked)
        this.#left[prefix] = isCovered ? Left.covered : Left.bare
      if (isCovered || (!wasBare(prefix) && this.#coverIsYoung(prefix, at)))
        leftCovered.push(prefix)
    }
    // A network of nothing but longest prefixes has no space to weigh: its prefixes are counted.
    const share =
      whole.units > 0
        ? (whole.units - left.units) / whole.units
        : uncovered.length / Math.max(1, of)
    return new Loss(view, asn, afi, { uncovered, covered, leftCovered, of, share }, wasBare)
  }

  #coverIsYoung(prefix: number, at: Instant): boolean {
    const view = this.#view
    for (let p = view.parentOf(prefix); p >= 0; p = view.parentOf(p))
      if (this.#isLost(p) && at - (this.#lostAt[p] as number) < BELIEVED) return true
    return false
  }

  #book(loss: Loss): Book | undefined {
    return this.#books.get(loss.key)
  }
}

const keyOf = (asn: Asn, afi: Afi): number => asn * 8 + afi

const forgottenAt = ({ recoveredAt, givenUpAt, usedAt }: Book): Instant =>
  Math.max(recoveredAt, givenUpAt, usedAt) + RETAIN

function newBook(view: View, asn: Asn, afi: Afi, wasBare: (prefix: number) => boolean): Book {
  return {
    asn,
    afi,
    lost: 0,
    loss: new Loss(view, asn, afi, { ...none, of: 0 }, wasBare),
    fresh: nobody,
    covers: 0,
    numbered: false,
    ordered: nobody,
    recoveredAt: 0,
    givenUpAt: 0,
    usedAt: 0,
    samples: [],
  }
}

const nobody: readonly number[] = []
const none = { uncovered: nobody, covered: nobody, leftCovered: nobody, share: 0 }

/** A number that tells which of them are reachable from which others would be: one may take another's place. */
function covers(view: View, prefixes: readonly number[]): number {
  let sign = 0
  for (const prefix of prefixes)
    sign = (Math.imul(sign, 0x01000193) + (view.reachable(prefix) ? prefix + 1 : 0)) | 0
  return sign
}

/**
 * Its prefixes by address: whom the detectors ask, and what they name, must not show in which order
 * we met them.
 */
function inOrder(view: View, book: Book): readonly number[] {
  if (book.numbered) return book.ordered
  book.numbered = true
  book.ordered = view
    .prefixesOf(book.asn)
    .filter((prefix) => view.afi(prefix) === book.afi)
    .sort(byAddress(view))
  return book.ordered
}

/** How many prefixes of a network that has lost none are carried. */
function standing(view: View, asn: Asn, afi: Afi): number {
  let n = 0
  for (const prefix of view.prefixesOf(asn))
    if (view.afi(prefix) === afi && view.reachable(prefix)) n++
  return n
}
