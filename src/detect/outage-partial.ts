// Part of the world no longer reaches a network: a quarter to a half of those who carried most of its
// address space have lost it (a ROA that is wrong, a lost peering, one upstream of two). No prefix need be
// lost by the usual bar, so it is asked apart; told as a small `outage.as` whose tag says partial.

import type { Asn } from '../core/asn.ts'
import { Hold } from '../core/hold.ts'
import type { Counts, Signal, Tag } from '../core/incident.ts'
import { type Afi, afiName } from '../core/prefix.ts'
import { type Instant, minutes, type Span } from '../core/time.ts'
import { type Detector, Seen, UNKNOWN_PATH, type View } from '../core/view.ts'
import { byAddress } from './address.ts'
import { capOf } from './confidence.ts'
import { firstLoss } from './first-loss.ts'
import type { Losses } from './losses.ts'
import { isOutage, type OutageSettings, witnessTag } from './outage-as.ts'
import { Space } from './space.ts'
import { spreadOf } from './witnesses.ts'

export interface PartialSettings {
  /** Part of the address space that a quarter or more of its carriers have lost. */
  readonly share: number
  readonly closeShare: number
  readonly confirm: Span
  readonly clear: Span
}

export const partialDefaults: PartialSettings = {
  share: 0.5,
  closeShare: 0.25,
  // Who wanders between paths is back within three minutes (detection.md §5.3).
  confirm: minutes(5),
  clear: minutes(5),
}

/** Of its prefixes so many at least: cheaper to know than their space. */
const SOME = 0.25
/** Of a network nobody watches so many prefixes at least. */
const FEW_PREFIXES = 3
/** With fewer voters a quarter of them is one. */
const FEW_VOTERS = 8
const MOST_BOOKS = 100_000
const ASKED = 32
const SHOWN = 20

interface Book {
  readonly key: string
  readonly asn: Asn
  readonly afi: Afi
  readonly hold: Hold
  /** Prefixes that are degraded or worse, and the path that was left. */
  readonly low: Map<number, number>
  recoveredAt: Instant
  startedAt: Instant
  voters: number
  measured: Measured
}

interface Measured {
  readonly prefixes: readonly number[]
  readonly of: number
  readonly share: number
}

/** Of one that has too few low prefixes to be asked more. */
const nothing: Measured = { prefixes: [], of: 0, share: 0 }

export class OutagePartial implements Detector {
  readonly name = 'outage.partial'
  readonly wanders = true
  dropped = 0
  readonly #view: View
  readonly #losses: Losses
  readonly #settings: PartialSettings
  readonly #outage: OutageSettings
  readonly #books = new Map<number, Book>()
  readonly #dirty = new Set<Book>()
  readonly #held = new Set<Book>()
  readonly #few: number
  readonly #well = new Space()
  readonly #whole = new Space()

  constructor(view: View, losses: Losses, settings: PartialSettings, outage: OutageSettings) {
    this.#view = view
    this.#losses = losses
    this.#settings = settings
    this.#outage = outage
    this.#few = view.narrow ? 1 : FEW_PREFIXES
  }

  prefix(prefix: number, before: number, after: number): void {
    const was = before >= Seen.degraded
    const is = after >= Seen.degraded
    if (was === is) return
    const view = this.#view
    const asn = view.origin(prefix)
    if (asn === 0 || !view.watches(asn) || (is && this.#losses.ignores(prefix))) return
    const number = asn * 8 + view.afi(prefix)
    let book = this.#books.get(number)
    if (is) {
      if (!book) {
        if (this.#books.size >= MOST_BOOKS) {
          this.dropped++
          return
        }
        book = newBook(asn, view.afi(prefix))
        this.#books.set(number, book)
      }
      book.low.set(prefix, view.cause.before)
    } else if (book?.low.delete(prefix)) book.recoveredAt = view.cause.at
    // Nearly all lose one or two: too few to be asked about.
    if (!book || (book.low.size < this.#few && book.hold.since === null)) {
      if (book?.low.size === 0 && !this.#dirty.has(book)) this.#drop(book)
      return
    }
    this.#dirty.add(book)
  }

  /** The network that carried its traffic last on the path that was left; 0 when that is not known. */
  #upstreamOf(path: number): Asn {
    if (path <= UNKNOWN_PATH) return 0
    const hops = this.#view.hops(path)
    return hops.length < 3 ? 0 : (hops[hops.length - 2] as Asn)
  }

  *heldPaths(): Iterable<number> {
    for (const { low } of this.#books.values()) yield* low.values()
  }

  tick(at: Instant): Signal[] {
    const out: Signal[] = []
    for (const book of this.#asked()) {
      const signal = this.#judge(book, this.#dirty.has(book), at)
      if (signal) out.push(signal)
      if (book.hold.since !== null) this.#held.add(book)
      else {
        this.#held.delete(book)
        if (book.low.size === 0) this.#drop(book)
      }
    }
    this.#dirty.clear()
    return out
  }

  /** Those whose hold is running, and of those that have changed the few of which enough is low. */
  #asked(): Book[] {
    const asked = [...this.#held]
    for (const book of this.#dirty) {
      this.#measure(book)
      if (book.hold.since !== null) continue
      if (book.measured !== nothing) asked.push(book)
      else if (book.low.size === 0) this.#drop(book)
    }
    return asked.sort((a, b) => a.asn - b.asn || a.afi - b.afi)
  }

  #drop(book: Book): void {
    this.#books.delete(book.asn * 8 + book.afi)
  }

  #measure(book: Book): void {
    const view = this.#view
    const { asn, afi, low } = book
    const all = view.prefixesOf(asn)
    book.measured = nothing
    if (book.hold.since === null && this.#areMore(all, afi, low.size / SOME)) return
    const mine = all.filter((p) => view.afi(p) === afi && this.#isOrdinary(p))
    mine.sort(byAddress(view))
    const wells = mine.filter((p) => view.seen(p) < Seen.degraded)
    const whole = this.#whole.fill(view, mine)
    const well = this.#well.fill(view, wells)
    // What a less specific or its neighbours still carry for everybody is not cut off.
    const lows = mine.filter((p) => view.seen(p) >= Seen.degraded && !well.holds(view, p))
    const share =
      whole.units > 0
        ? (whole.units - well.units) / whole.units
        : lows.length / Math.max(1, mine.length)
    book.measured = { prefixes: lows, of: mine.length, share }
  }

  /** Whether more than `count` of them are ordinary ones of that family: no more are looked at than that. */
  #areMore(prefixes: readonly number[], afi: Afi, count: number): boolean {
    let n = 0
    for (const p of prefixes)
      if (this.#view.afi(p) === afi && this.#isOrdinary(p) && ++n > count) return true
    return false
  }

  /** Known to be carried: by whoever ordinarily does, or, when it is new, by most. */
  #isOrdinary(prefix: number): boolean {
    return this.#view.seen(prefix) !== Seen.new || this.#view.reachable(prefix)
  }

  #judge(book: Book, changed: boolean, at: Instant): Signal | null {
    const { share, closeShare, confirm, clear } = this.#settings
    const { hold, measured, afi } = book
    const voters = this.#view.voters(afi)
    // Half of those who could tell have gone: what they no longer say is no recovery.
    if (hold.since !== null && voters * 2 < book.voters) {
      if (hold.confirmedAt === null) hold.since = null
      return null
    }
    const enough = measured.prefixes.length >= this.#few
    const holds = measured.share >= share && enough && voters >= FEW_VOTERS
    if (hold.since === null) {
      if (!holds) return null
      book.voters = voters
    }
    const was = hold.confirmedAt
    const wasClearing = hold.clearSince !== null
    if (was === null) book.startedAt = firstLoss(this.#view, measured.prefixes) || at
    const loss = this.#losses.of(book.asn, afi)
    // What is lost by the usual bar is told by that; this would say less of the same.
    const whole = loss !== undefined && isOutage(loss, this.#outage)
    const phase = hold.update(
      at,
      holds && !(was === null && whole),
      measured.share < closeShare,
      confirm,
      clear,
    )
    if (phase === 'idle' || phase === 'pending' || phase === 'lapsed') return null
    const turned = was === null || wasClearing !== (hold.clearSince !== null)
    if (!changed && !turned && phase !== 'resolved') return null
    if (phase === 'resolved') {
      hold.since = hold.confirmedAt = hold.clearSince = null
      return this.#signal(book, at, phase)
    }
    return this.#signal(book, at, phase)
  }

  #signal(book: Book, at: Instant, phase: 'open' | 'resolving' | 'resolved'): Signal {
    const view = this.#view
    const { asn, afi, measured } = book
    const { prefixes } = measured
    const step = Math.max(1, Math.floor(prefixes.length / ASKED))
    let visible = 0
    let reference = 0
    for (const p of prefixes) {
      visible += Math.min(view.visible(p), view.reference(p))
      reference += view.reference(p)
    }
    const gone = reference === 0 ? 0 : 1 - visible / reference
    const counts: Counts = {
      prefixes: prefixes.length,
      ofPrefixes: measured.of,
      covered: 0,
      ...spreadOf(view, view.lostAt(prefixes, step)),
      share: Math.round(gone * measured.share * 10_000) / 10_000,
    }
    return {
      kind: 'outage.as',
      key: book.key,
      asn,
      culprit: asn,
      afi: afiName(afi),
      at,
      phase,
      startedAt: book.startedAt,
      endedAt: phase === 'resolved' ? book.recoveredAt : null,
      severity: 'minor',
      tags: this.#tags(book, gone, counts),
      cap: capOf(view, counts, false),
      now: counts,
      segments: [],
      samples: {
        prefixes: prefixes.slice(0, SHOWN).map((p) => view.prefixText(p)),
        paths: [],
        elements: [],
      },
      rfc7908: null,
    }
  }

  #tags({ low, measured }: Book, gone: number, counts: Counts): Tag[] {
    const percent = (share: number) => `${Math.round(share * 100)} %`
    const tags: Tag[] = [
      {
        name: 'partial',
        score: 2,
        because:
          `${percent(gone)} of those who carried them have lost ` +
          `${percent(measured.share)} of its address space; the others still have it`,
      },
    ]
    if (counts.prefixes >= 3)
      tags.push({
        name: 'prefixes.many',
        score: 1,
        because: `${counts.prefixes} of ${counts.ofPrefixes} prefixes`,
      })
    const behind = commonest([...low.values()].map((path) => this.#upstreamOf(path)))
    if (behind)
      tags.push({
        name: 'behind',
        score: 1,
        because: `${percent(behind.share)} of the paths that were left came through AS${behind.asn}`,
      })
    tags.push(witnessTag(counts))
    return tags
  }
}

const newBook = (asn: Asn, afi: Afi): Book => ({
  key: `partial:${asn}:${afiName(afi)}`,
  asn,
  afi,
  hold: new Hold(),
  low: new Map(),
  recoveredAt: 0,
  startedAt: 0,
  voters: 0,
  measured: nothing,
})

/** The network that most of the paths had before the origin, if most had the same. */
function commonest(upstreams: readonly Asn[]): { asn: Asn; share: number } | null {
  const counts = new Map<Asn, number>()
  let known = 0
  for (const asn of upstreams) {
    if (asn === 0) continue
    known++
    counts.set(asn, (counts.get(asn) ?? 0) + 1)
  }
  const [most] = [...counts].sort(([a, n], [b, m]) => m - n || a - b)
  if (!most || most[1] < 0.7 * known) return null
  return { asn: most[0], share: most[1] / known }
}
