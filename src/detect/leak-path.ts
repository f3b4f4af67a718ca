// `leak.path`: routes travel where nobody was paid to carry them (RFC 7908). A path is judged once,
// when it is first seen; from then on routes are counted as they take it up and leave it. Three things
// make a link suspicious: a third network between two transit-free ones, a hairpin between two
// providers, and a link that never carried transit and suddenly carries a lot. One incident per leaker.

import type { Asn } from '../core/asn.ts'
import { ByNumber } from '../core/by-number.ts'
import { type Context, noContext } from '../core/context.ts'
import { Hold } from '../core/hold.ts'
import type { Signal } from '../core/incident.ts'
import { quorum } from '../core/quorum.ts'
import { hours, type Instant, minutes, type Span, seconds } from '../core/time.ts'
import { type Detector, UNKNOWN_PATH, type View, Watcher } from '../core/view.ts'
import { inferClique } from './clique.ts'
import { type Carried, LeakCase, Reason } from './leak-case.ts'
import {
  type Asked,
  bySize,
  type Culprit,
  FAST,
  isMany,
  isPartOf,
  isStrong,
  isWeak,
  type Link,
  mayBeMass,
  newCulprit,
} from './leak-culprit.ts'
import { LeakEvidence } from './leak-evidence.ts'
import { mayBeInnocent, scoreOf } from './leak-score.ts'
import { concerned, LeakTeller, witnesses } from './leak-signal.ts'
import { endOf, present } from './present.ts'
import { CLIQUE, Relations, usable } from './relations.ts'

export interface LeakSettings {
  readonly clique: readonly Asn[]
  /** Others are added whom the starting table shows to be transit-free. */
  readonly inferClique: boolean
  /** Strong evidence (clique break, hairpin) asks for so many prefixes or origins, and peers. */
  readonly prefixes: number
  readonly origins: number
  readonly peers: number
  /** A new link alone asks for so many of both: then few peers are enough. */
  readonly massPrefixes: number
  readonly massOrigins: number
  readonly confirm: Span
  /** With a hundred prefixes or more. */
  readonly fastConfirm: Span
  readonly closeOfPeak: number
  readonly clear: Span
}

export const leakDefaults: LeakSettings = {
  clique: CLIQUE,
  // A list that people agree on is wrong less often than one table of a few peers.
  inferClique: false,
  prefixes: 10,
  origins: 3,
  // Below three the confidence is capped, not the alarm.
  peers: 2,
  massPrefixes: 500,
  massOrigins: 50,
  confirm: seconds(30),
  fastConfirm: seconds(10),
  closeOfPeak: 0.1,
  clear: minutes(5),
}

const MOST_PATHS = 1_000_000
const MOST_LINKS = 200_000
/** Routes on suspicious links; a mass leak seen by all has as many. */
const MOST_ROUTES = 4_000_000
/** What has carried nothing for so long is judged anew when it is met again. */
const FORGET: Span = hours(6)
/** Learned while running, ordinary links are not known before so long. */
const RIPE: Span = hours(2)
/** Paths of the starting table that are read twice when the clique is inferred; 8 bytes each. */
const MOST_UNREAD = 4_000_000
const NO_LINKS: readonly Link[] = []
/** Weak evidence asks for a tenth of all witnesses, and so many where there are. */
const WEAK_PEERS = 3

export class LeakPath implements Detector {
  readonly name = 'leak.path'
  readonly watcher = Watcher.link
  /** Suspicious paths, links and routes without room. */
  dropped = 0
  readonly #view: View
  readonly #settings: LeakSettings
  readonly #context: Context
  #relations: Relations
  #evidence: LeakEvidence
  /** Ordinary paths to be learned from once it is known who is transit-free; null = that is known. */
  #unread: number[] | null
  readonly #teller: LeakTeller
  readonly #links = new ByNumber<Link[]>()
  readonly #cases = new Map<string, LeakCase>()
  readonly #culprits = new Map<Asn, Culprit>()
  /** Links whose routes have changed since the last tick. */
  #touched: LeakCase[] = []
  /** Culprits whose hold is running. */
  readonly #held = new Set<Culprit>()
  #routes = 0
  #now: Instant = 0
  #learnedFrom: Instant | null = null
  #forgetAt: Instant = 0

  constructor(view: View, settings: LeakSettings, context: Context = noContext) {
    this.#view = view
    this.#settings = settings
    this.#context = context
    this.#teller = new LeakTeller(view, settings, context)
    this.#unread = settings.inferClique ? [] : null
    this.#relations = this.#newRelations(settings.clique)
    this.#evidence = new LeakEvidence(this.#relations, context)
  }

  #newRelations(clique: readonly Asn[]): Relations {
    return new Relations(clique, (asn) => this.#context.isRouteServer(asn))
  }

  learnPath(path: number): void {
    this.#relations.learn(this.#view.hops(path))
    if (this.#unread && this.#unread.length < MOST_UNREAD) this.#unread.push(path)
  }

  /** Who is transit-free comes out of the whole starting table; only then can its paths vote. */
  #readAgain(): void {
    const paths = this.#unread
    if (!paths || this.#relations.paths === 0) return
    this.#unread = null
    const { clique } = this.#settings
    this.#relations = this.#newRelations([...clique, ...inferClique(this.#relations)])
    for (const path of paths) this.#relations.learn(this.#view.hops(path))
    this.#evidence = new LeakEvidence(this.#relations, this.#context)
  }

  newPath(path: number): void {
    if (this.#unread) this.#readAgain()
    const view = this.#view
    const hops = view.hops(path)
    if (!usable(hops)) return
    const otc = (view.cause.otc ?? 0) >>> 0
    const found: { readonly leak: LeakCase; readonly from: Asn }[] = []
    for (const { from, by, to, place, reasons } of this.#evidence.of(hops, otc, this.#isRipe())) {
      const leak = this.#case(by, to)
      if (!leak) continue
      leak.reasons |= reasons
      leak.place = Math.min(leak.place, place)
      found.push({ leak, from })
    }
    if (found.length === 0) return
    if (this.#links.size >= MOST_PATHS) {
      this.dropped++
      return
    }
    const origin = view.pathOrigin(path)
    const links = found.map(({ leak, from }) => ({ leak, way: leak.way(path, from, origin) }))
    this.#links.set(path, links)
    view.mark(path, this.watcher)
    if (this.#isLeaked(links)) view.leaked(path, true)
  }

  /** Without ordinary paths to compare with, every link would be new. */
  #isRipe(): boolean {
    if (this.#view.baseline === 'rib') return this.#relations.paths > 0
    return this.#learnedFrom !== null && this.#now - this.#learnedFrom >= RIPE
  }

  #case(by: Asn, to: Asn): LeakCase | null {
    const key = `${by} ${to}`
    const known = this.#cases.get(key)
    if (known) return known
    if (this.#cases.size >= MOST_LINKS) {
      this.dropped++
      return null
    }
    const leak = new LeakCase(by, to)
    this.#cases.set(key, leak)
    let culprit = this.#culprits.get(by)
    if (!culprit) {
      culprit = newCulprit(by)
      this.#culprits.set(by, culprit)
    }
    culprit.cases.push(leak)
    return leak
  }

  route(): void {
    const view = this.#view
    const { cause } = view
    const before = this.#links.get(cause.before) ?? NO_LINKS
    const after = this.#links.get(cause.after) ?? NO_LINKS
    // Novel is only what we know to have been otherwise before: where tables were told, by those who
    // told theirs; elsewhere, if the path before is known.
    const told = view.known(cause.vantage)
    const novel = told || (view.baseline !== 'rib' && cause.before > UNKNOWN_PATH)
    for (const { leak, way } of before) {
      const next = wayOf(after, leak)
      if (next && leak.move(cause, way, next)) {
        if (novel) this.#touch(leak)
        continue
      }
      if (leak.leave(cause, way)) this.#routes--
      this.#touch(leak)
    }
    if (!novel) return
    for (const { leak, way } of after) {
      if (this.#routes >= MOST_ROUTES) {
        this.dropped++
        return
      }
      if (!leak.join(cause, way)) continue
      this.#routes++
      this.#touch(leak)
    }
  }

  #touch(leak: LeakCase): void {
    if (leak.touched) return
    leak.touched = true
    this.#touched.push(leak)
  }

  /** Whether there is strong evidence that routes on it are leaked. */
  suspects(path: number): boolean {
    return this.#links.get(path)?.some(({ leak }) => isStrong(leak)) === true
  }

  *heldPaths(): Iterable<number> {
    yield* this.#links.keys()
    if (this.#unread) yield* this.#unread
    for (const { samples } of this.#cases.values()) {
      for (const { before, after } of samples) yield* [before, after]
    }
  }

  tick(at: Instant): Signal[] {
    this.#now = at
    if (this.#unread) this.#readAgain()
    // What was learned before the first tick was learned when there was no time yet.
    if (this.#relations.paths > 0) this.#learnedFrom ??= at
    if (at >= this.#forgetAt) this.#forget(at)
    const out: Signal[] = []
    const larger: Culprit[] = []
    for (const { culprit, enough } of this.#asked(at)) {
      if (culprit.hold.confirmedAt === null)
        culprit.folded = enough.length > 0 && larger.some((other) => isPartOf(enough, other.open))
      const holds =
        enough.length > 0 &&
        !culprit.folded &&
        this.#concerns(culprit, enough) &&
        !this.#isInnocent(culprit, enough)
      if (holds)
        for (const leak of enough) if (!culprit.open.includes(leak)) this.#admit(culprit, leak)
      if (holds || culprit.hold.since !== null) {
        const signal = this.#judge(culprit, holds, at)
        if (signal) out.push(signal)
        if (culprit.hold.since === null) this.#held.delete(culprit)
        else {
          this.#held.add(culprit)
          larger.push(culprit)
        }
      }
    }
    return out
  }

  /** Culprits with something to say or to wait for, and their links that are enough; the largest first. */
  #asked(at: Instant): Asked[] {
    const culprits = new Set<Culprit>(this.#held)
    for (const leak of this.#touched) {
      leak.touched = false
      leak.tick(at)
      const culprit = this.#culprits.get(leak.by)
      // A link that is not enough by itself, nor one of several that are together, changes nothing.
      if (culprit && (culprit.sufficient || this.#counts(leak) || this.#isMass(leak)))
        culprits.add(culprit)
    }
    this.#touched = []
    const out: Asked[] = []
    for (const culprit of culprits) {
      const enough = this.#sufficient(culprit)
      culprit.sufficient = enough.length > 0
      if (enough.length === 0 && culprit.hold.since === null) continue
      const routes = culprit.cases.reduce((n, leak) => n + leak.routes, 0)
      const place = Math.min(...culprit.cases.map((leak) => leak.place))
      out.push({ culprit, enough, routes, place })
    }
    return out.sort(bySize)
  }

  #admit(culprit: Culprit, leak: LeakCase): void {
    culprit.open.push(leak)
    if (culprit.hold.confirmedAt !== null) this.#markPaths([leak])
  }

  /** Lets go of links and paths that have carried nothing for long, so that there is room for others. */
  #forget(at: Instant): void {
    this.#forgetAt = at + FORGET / 6
    const isOld = (leak: LeakCase) => leak.routes === 0 && at - leak.lastLeft >= FORGET
    for (const [key, leak] of this.#cases) {
      const culprit = this.#culprits.get(leak.by)
      if (!culprit || culprit.hold.since !== null) continue
      if (this.#isOrdinary(leak, at)) this.#adopt(leak)
      else if (!isOld(leak)) continue
      this.#cases.delete(key)
      culprit.cases.splice(culprit.cases.indexOf(leak), 1)
      if (culprit.cases.length === 0) this.#culprits.delete(leak.by)
    }
    this.#links.each((path, links) => {
      const live = links.filter(({ leak }) => this.#cases.get(`${leak.by} ${leak.to}`) === leak)
      if (live.length > 0) {
        if (live.length < links.length) this.#links.set(path, live)
        return
      }
      this.#links.delete(path)
      this.#view.forget(path, this.watcher)
    })
  }

  /** New links turn up every hour, and are nobody's leak: what has stood so long is learned (detection.md §4.5). */
  #isOrdinary(leak: LeakCase, at: Instant): boolean {
    if ((leak.reasons & ~(Reason.newLink | Reason.approached)) !== 0) return false
    return leak.routes > 0 && at - leak.stoodSince >= FORGET
  }

  #adopt(leak: LeakCase): void {
    for (const path of leak.paths.keys()) {
      const links = this.#links.get(path)
      if (!links || this.#isLeaked(links)) continue
      this.#relations.learn(this.#view.hops(path))
    }
    this.#routes -= leak.routes
  }

  /** The links of a culprit that are enough to speak of. */
  #sufficient(culprit: Culprit): LeakCase[] {
    const counted = culprit.cases.filter((leak) => this.#counts(leak))
    const strong = counted.filter(isStrong)
    const { active } = this.#view.vantage()
    const enough =
      strong.length > 0 && witnesses(this.#view, strong) >= quorum(this.#settings.peers, active)
    // A tenth of them however many there are, and three where they are fewer than thirty.
    const asked = Math.max(quorum(active, active), quorum(WEAK_PEERS, active, 1))
    const believed = counted.length > 0 && witnesses(this.#view, counted) >= asked
    return culprit.cases.filter(
      (leak) =>
        (counted.includes(leak) && ((isStrong(leak) && enough) || isMany(leak) || believed)) ||
        this.#isMass(leak),
    )
  }

  /** One of the links by which a culprit is judged. */
  #counts(leak: LeakCase): boolean {
    const { prefixes, origins } = this.#settings
    // There are no fewer routes than prefixes or origins: of most links that is all one need know.
    const { narrow } = this.#view
    if (leak.routes < (narrow ? 1 : Math.min(prefixes, origins))) return false
    const strong = isStrong(leak)
    // Somebody new on the way to watched networks is evidence for them only (detection.md §10.5):
    // elsewhere somebody new turns up every hour.
    if (!strong && (!isWeak(leak) || (!narrow && (leak.reasons & Reason.unpaid) === 0))) return false
    if (present(this.#view, leak.vantages).routes === 0) return false
    if (strong) return narrow || leak.prefixes.size >= prefixes || leak.origins.size >= origins
    // Weak evidence asks for both.
    if (narrow) return leak.prefixes.size >= origins
    return leak.prefixes.size >= prefixes && leak.origins.size >= origins
  }

  /** A link that never carried transit and now carries so much is strong evidence by itself. */
  #isMass(leak: LeakCase): boolean {
    const { massPrefixes, massOrigins } = this.#settings
    if (!mayBeMass(leak) || leak.routes < massPrefixes) return false
    return leak.prefixes.size >= massPrefixes && leak.origins.size >= massOrigins
  }

  /** More speaks against it than for it: siblings, research networks. */
  #isInnocent(culprit: Culprit, leaks: LeakCase[]): boolean {
    if (!mayBeInnocent(leaks, this.#context)) return false
    return scoreOf(this.#teller.about(culprit.by, leaks, this.#relations).tags) <= 0
  }

  /** With watched networks: whether the leak is by or of one of them. */
  #concerns(culprit: Culprit, leaks: readonly LeakCase[]): boolean {
    return !this.#view.narrow || concerned(this.#view, culprit.by, leaks) !== 0
  }

  #judge(culprit: Culprit, holds: boolean, at: Instant): Signal | null {
    const { confirm, fastConfirm, closeOfPeak, clear } = this.#settings
    const { hold } = culprit
    const { vantages, routes } = present(this.#view, ...culprit.open.map((leak) => leak.vantages))
    if (routes > culprit.peak) culprit.peak = routes
    if (hold.confirmedAt === null)
      culprit.startedAt = Math.min(...culprit.open.map((leak) => leak.since))
    if (vantages > culprit.peakVantages) culprit.peakVantages = vantages
    // Routes that are stuck at a few vantage points hold nothing open.
    const clears =
      routes <= closeOfPeak * culprit.peak || vantages <= closeOfPeak * culprit.peakVantages
    const many = culprit.open.some((leak) => leak.prefixes.size >= FAST)
    const was = hold.confirmedAt
    const phase = hold.update(at, holds, clears, many ? fastConfirm : confirm, clear)
    if (phase === 'idle' || phase === 'pending') return null
    if (phase === 'lapsed') {
      this.#close(culprit)
      return null
    }
    if (was === null) this.#markPaths(culprit.open)
    if (phase === 'resolved') {
      const left = Math.max(...culprit.open.map((leak) => leak.lastLeft))
      const ended = endOf(left, hold.clearSince)
      const signal = this.#teller.signal(culprit, this.#relations, at, phase, ended)
      const { open } = culprit
      this.#close(culprit)
      this.#markPaths(open)
      this.#teller.remember(culprit.by, at)
      return signal
    }
    const { last } = culprit
    const each = culprit.open.map((leak) => leak.routes).join()
    if (last?.phase === phase && culprit.lastRoutes === each) return null
    culprit.lastRoutes = each
    culprit.last = this.#teller.signal(culprit, this.#relations, at, phase, null)
    return culprit.last
  }

  #close(culprit: Culprit): void {
    for (const leak of culprit.open) leak.rest()
    culprit.open = []
    culprit.hold = new Hold()
    culprit.peak = culprit.peakVantages = 0
    culprit.last = null
  }

  /** Of paths over these links: whether they are part of a leak, theirs or another. */
  #markPaths(leaks: readonly LeakCase[]): void {
    const asked = new Set(leaks)
    this.#links.each((path, links) => {
      if (links.some(({ leak }) => asked.has(leak))) this.#view.leaked(path, this.#isLeaked(links))
    })
  }

  /** What is only suspected may lapse without a word: its paths are ordinary until then. */
  #isLeaked(links: readonly Link[]): boolean {
    return links.some(({ leak }) => {
      const culprit = this.#culprits.get(leak.by)
      return culprit?.hold.confirmedAt != null && culprit.open.includes(leak)
    })
  }
}

/** The path over this link among the links of a path; undefined when it has none. */
function wayOf(links: readonly Link[], leak: LeakCase): Carried | undefined {
  for (const link of links) if (link.leak === leak) return link.way
  return undefined
}
