// How watched networks are reached changes: a direct upstream is no longer used (`path.upstream-lost`), a
// neighbour nobody ever saw appears (`path.new-upstream`), a transit gains or loses a large part of the
// paths (`path.shift`). The routes are looked at when a path of the network was taken up or left, and
// once a minute at most.

import type { Asn } from '../core/asn.ts'
import type { Context } from '../core/context.ts'
import { Hold } from '../core/hold.ts'
import type { Counts, Kind, Severity, Signal } from '../core/incident.ts'
import { type Afi, afiName } from '../core/prefix.ts'
import { quorum } from '../core/quorum.ts'
import { type Instant, minutes, type Span, seconds } from '../core/time.ts'
import { type Detector, UNKNOWN_PATH, type View, Watcher } from '../core/view.ts'
import { firstOf } from './address.ts'
import { baselineCap, lowest, witnessCap } from './confidence.ts'
import { type Look, PathBook, ways } from './path-book.ts'
import { pathTags } from './path-tags.ts'

export interface PathSettings {
  /** An upstream that ordinarily has this part of the paths, and now no more than that. */
  readonly lostFrom: number
  readonly lostTo: number
  /** While so many of those who ordinarily carry it still do. */
  readonly visibility: number
  /** A transit's part changes by so much; one that had none gets so much. */
  readonly shift: number
  readonly newTransit: number
  readonly confirm: Span
  /** When all of it happened between two looks. */
  readonly fastConfirm: Span
  /** A new neighbour must be seen by so many peer ASNs, from so many collectors, for so long. */
  readonly peers: number
  readonly collectors: number
  readonly newConfirm: Span
  readonly clear: Span
  /** What has been so for so long is ordinary. */
  readonly accept: Span
}

export const pathDefaults: PathSettings = {
  // detection.md §7.
  lostFrom: 0.1,
  lostTo: 0.01,
  visibility: 0.75,
  shift: 0.3,
  newTransit: 0.2,
  confirm: minutes(10),
  fastConfirm: minutes(3),
  peers: 3,
  collectors: 2,
  newConfirm: seconds(60),
  clear: minutes(5),
  accept: minutes(24 * 60),
}

const LOOK: Span = seconds(60)
/** Learned while running, what is ordinary is not known before. */
const RIPE: Span = minutes(30)
/** Routes that are too few to speak of shares. */
const FEW_ROUTES = 5
/** So much more than they can have taken along is missing whoever tells. */
const MARGIN = 0.1
/** When so large a part of the voters has come or gone, shares cannot be compared. */
const OTHERS = 0.05
const MOST_CASES = 10_000
const SHOWN = 20

interface Case {
  readonly kind: Kind
  readonly key: string
  readonly book: PathBook
  /** The upstream or transit. */
  readonly way: Asn
  readonly hold: Hold
  readonly usual: number
  /** All of it between two looks. */
  readonly sudden: boolean
  readonly startedAt: Instant
  changedAt: Instant
  told: string
}

export class PathEvents implements Detector {
  readonly name = 'path'
  readonly watcher = Watcher.way
  dropped = 0
  readonly #view: View
  readonly #settings: PathSettings
  readonly #context: Context
  readonly #books = new Map<number, PathBook>()
  readonly #cases = new Map<string, Case>()
  /** By book: first change since the look before the last, and the last one. */
  readonly #moved = new Map<PathBook, { first: Instant; last: Instant }>()
  #lookAt: Instant = 0
  #firstAt: Instant = 0

  constructor(view: View, settings: PathSettings, context: Context) {
    this.#view = view
    this.#settings = settings
    this.#context = context
  }

  learnPath(path: number): void {
    this.#watch(path, true)
  }

  newPath(path: number): void {
    this.#watch(path, false)
  }

  #watch(path: number, ordinary: boolean): void {
    const view = this.#view
    if (!view.narrow) return
    const asn = view.pathOrigin(path)
    if (asn === 0 || !view.watches(asn)) return
    view.mark(path, this.watcher)
    if (!ordinary) return
    const hops = ways(view.hops(path), this.#context)
    const upstream = hops[hops.length - 2]
    // Neither family of a path is known here: a neighbour is one in both.
    if (upstream !== undefined)
      for (const afi of [4, 6] as const) this.#book(asn, afi).meet(upstream)
  }

  #book(asn: Asn, afi: Afi): PathBook {
    const number = asn * 8 + afi
    let book = this.#books.get(number)
    if (!book) {
      book = new PathBook(asn, afi)
      this.#books.set(number, book)
    }
    return book
  }

  route(): void {
    const view = this.#view
    const { cause } = view
    const asn = view.pathOrigin(cause.after > UNKNOWN_PATH ? cause.after : cause.before)
    if (!view.watches(asn)) return
    const book = this.#book(asn, view.afi(cause.prefix))
    book.dirty = true
    const moved = this.#moved.get(book)
    if (moved) moved.last = cause.at
    else this.#moved.set(book, { first: cause.at, last: cause.at })
  }

  tick(at: Instant): Signal[] {
    if (!this.#view.narrow) return []
    if (this.#firstAt === 0) this.#firstAt = at
    if (at < this.#lookAt) return []
    this.#lookAt = at + LOOK
    const out: Signal[] = []
    for (const number of [...this.#books.keys()].sort((a, b) => a - b)) {
      const book = this.#books.get(number) as PathBook
      if (book.dirty) book.observe(this.#view, this.#context, at)
      const { look } = book
      if (!look) {
        // What comes back some day begins then.
        this.#moved.delete(book)
        continue
      }
      const ripe = this.#isRipe(at)
      if (!ripe) for (const way of look.upstreams.keys()) book.meet(way)
      const voters = this.#view.voters(book.afi)
      const others = Math.abs(voters - book.voters) > OTHERS * book.voters
      const cases = this.#casesOf(book)
      if (others && !this.#isLostAllTheSame(book, look, voters)) {
        // Who tells is not who told before: what is ordinary has to be learned of them.
        for (const c of cases) if (c.hold.confirmedAt === null) this.#cases.delete(c.key)
        const lasts = cases.some((c) => c.hold.confirmedAt !== null && isTrouble(c))
        if (lasts) book.voters = voters
        else book.accept(voters)
      } else if (ripe && look.routes >= FEW_ROUTES && book.upstreams.size > 0)
        this.#open(book, look, cases, at)
      for (const c of this.#casesOf(book)) {
        const signal = this.#judge(c, look, at)
        if (signal) out.push(signal)
        if (c.hold.since === null) this.#cases.delete(c.key)
      }
      const trouble = this.#casesOf(book).some(isTrouble)
      book.learn(at, trouble && ripe)
      this.#moved.delete(book)
    }
    return out
  }

  #casesOf(book: PathBook): Case[] {
    return [...this.#cases.values()].filter((c) => c.book === book)
  }

  #isRipe(at: Instant): boolean {
    return this.#view.baseline === 'rib' || at - this.#firstAt >= RIPE
  }

  /** What may be something from now on. */
  #open(book: PathBook, look: Look, cases: readonly Case[], at: Instant): void {
    const { lostFrom } = this.#settings
    const has = (kind: Kind, way?: Asn) =>
      cases.some((c) => c.kind === kind && (way === undefined || c.way === way))
    const begin = (kind: Kind, family: string, way: Asn, usual: number, scope = `${way}:`) => {
      if (this.#cases.size >= MOST_CASES) {
        this.dropped++
        return
      }
      const { first, last } = this.#moved.get(book) ?? { first: at, last: at }
      const earlier = book.before?.transits.get(way) ?? book.before?.upstreams.get(way) ?? usual
      const key = `${family}:${book.asn}:${scope}${afiName(book.afi)}`
      const sudden = Math.abs(earlier - usual) < usual / 4
      const c = { kind, key, book, way, hold: new Hold(), usual, sudden, changedAt: last, told: '' }
      this.#cases.set(key, { ...c, startedAt: first })
    }
    let lost = has('path.upstream-lost')
    for (const [way, usual] of book.upstreams) {
      if (usual < lostFrom || has('path.upstream-lost', way)) continue
      if (!this.#isLost(look, way)) continue
      begin('path.upstream-lost', 'upstream', way, usual)
      lost = true
    }
    for (const way of look.witnesses.keys())
      if (!book.neighbours.has(way) && !has('path.new-upstream', way) && this.#isNew(look, way))
        begin('path.new-upstream', 'new-upstream', way, 0)
    // Where an upstream is lost all the others shift; that is the same story.
    if (lost) {
      const shift = cases.find((c) => c.kind === 'path.shift' && c.hold.confirmedAt === null)
      if (shift) this.#cases.delete(shift.key)
    }
    if (lost || has('path.shift')) return
    const way = this.#shifted(book, look)
    if (way !== 0) begin('path.shift', 'shift', way, book.transits.get(way) ?? 0, '')
  }

  #isLost(look: Look, way: Asn): boolean {
    const { lostTo, visibility } = this.#settings
    return (look.upstreams.get(way) ?? 0) <= lostTo && look.visibility >= visibility
  }

  /** More went than those can have taken along who no longer tell. */
  #isLostAllTheSame(book: PathBook, look: Look, voters: number): boolean {
    const gone = Math.max(0, 1 - voters / Math.max(1, book.voters))
    const least = Math.max(this.#settings.lostFrom, gone + MARGIN)
    for (const [way, usual] of book.upstreams)
      if (usual >= least && this.#isLost(look, way)) return true
    return false
  }

  #isNew(look: Look, way: Asn): boolean {
    const { peers, collectors } = this.#settings
    const seen = look.witnesses.get(way)
    if (!seen) return false
    const { active } = this.#view.vantage()
    return (
      seen.asns.size >= Math.min(peers, active) &&
      seen.collectors.size >= quorum(collectors, this.#view.collectors, 1)
    )
  }

  /** The transit whose part has changed most, and enough; 0 when none has. */
  #shifted(book: PathBook, look: Look): Asn {
    if (look.visibility < this.#settings.visibility) return 0
    let found = 0
    let most = 0
    for (const way of new Set([...book.transits.keys(), ...look.transits.keys()])) {
      const by = Math.abs(this.#moveOf(book.transits.get(way) ?? 0, look, way))
      if (by < most || (by === most && way > found)) continue
      most = by
      found = way
    }
    return this.#isShift(book.transits.get(found) ?? 0, look, found) ? found : 0
  }

  #moveOf(usual: number, look: Look, way: Asn): number {
    return (look.transits.get(way) ?? 0) - usual
  }

  #isShift(usual: number, look: Look, way: Asn): boolean {
    const by = this.#moveOf(usual, look, way)
    const { shift, newTransit } = this.#settings
    return Math.abs(by) >= shift || (usual < 0.01 && by >= newTransit)
  }

  #judge(c: Case, look: Look, at: Instant): Signal | null {
    const { confirm, fastConfirm, newConfirm, clear, accept } = this.#settings
    const { hold, kind, way, usual } = c
    const [holds, clears, wait] =
      kind === 'path.upstream-lost'
        ? [
            this.#isLost(look, way),
            (look.upstreams.get(way) ?? 0) >= usual / 2,
            c.sudden ? fastConfirm : confirm,
          ]
        : kind === 'path.new-upstream'
          ? [this.#isNew(look, way), !look.upstreams.has(way), newConfirm]
          : [
              this.#isShift(usual, look, way),
              Math.abs(this.#moveOf(usual, look, way)) < this.#settings.shift / 2,
              confirm,
            ]
    const moved = this.#moved.get(c.book)
    const wasClearing = hold.clearSince !== null
    const phase = hold.update(at, holds, clears, wait, clear)
    if (hold.clearSince !== null && !wasClearing) c.changedAt = moved?.last ?? at
    if (phase === 'idle' || phase === 'pending' || phase === 'lapsed') return null
    const old = hold.confirmedAt !== null && at - hold.confirmedAt >= accept
    if (phase === 'resolved' || old) {
      hold.since = null
      if (old) c.book.accept(this.#view.voters(c.book.afi))
      if (kind === 'path.new-upstream') c.book.meet(way)
      return this.#signal(c, look, at, 'resolved', old ? at : c.changedAt)
    }
    const part = look.transits.get(way) ?? look.upstreams.get(way) ?? 0
    const told = `${phase} ${Math.round(part * 20)}`
    if (c.told === told) return null
    c.told = told
    return this.#signal(c, look, at, phase, null)
  }

  #signal(
    c: Case,
    look: Look,
    at: Instant,
    phase: 'open' | 'resolving' | 'resolved',
    endedAt: Instant | null,
  ): Signal {
    const view = this.#view
    const { book, way, kind } = c
    const all = view.prefixesOf(book.asn).filter((p) => view.afi(p) === book.afi)
    const part = look.upstreams.get(way) ?? look.transits.get(way) ?? 0
    // Who tells of a new neighbour holds a route by it; of what is gone all who hold any.
    const seen = look.witnesses.get(way)
    const tellers = kind === 'path.new-upstream' && seen ? [seen] : [...look.witnesses.values()]
    const asns = new Set(tellers.flatMap((w) => [...w.asns]))
    const collectors = new Set(tellers.flatMap((w) => [...w.collectors]))
    const counts: Counts = {
      prefixes: all.length,
      ofPrefixes: all.length,
      covered: 0,
      routes: look.routes,
      peerAsns: asns.size,
      collectors: collectors.size,
      share: Math.round(part * 10_000) / 10_000,
    }
    return {
      kind,
      key: c.key,
      asn: book.asn,
      culprit: way,
      afi: afiName(book.afi),
      at,
      phase,
      startedAt: c.startedAt,
      endedAt,
      severity: severityOf(c),
      tags: pathTags(c, look, part, counts, this.#context),
      cap: lowest(baselineCap(view, true), witnessCap(counts)),
      now: counts,
      segments: [],
      samples: {
        prefixes: firstOf(view, all, SHOWN).map((p) => view.prefixText(p)),
        paths: [],
        elements: [],
      },
      rfc7908: null,
      ...(kind === 'path.upstream-lost'
        ? { absorbs: [`shift:${book.asn}:${afiName(book.afi)}`] }
        : {}),
    }
  }
}

/** While that lasts what is ordinary is not learned. */
const isTrouble = ({ kind }: Case): boolean => kind !== 'path.new-upstream'

function severityOf({ kind, usual }: Case): Severity {
  if (kind === 'path.new-upstream') return 'info'
  return kind === 'path.upstream-lost' && usual >= 0.5 ? 'major' : 'minor'
}
