// `hijack.forged-origin`: the right origin stands at the end of the path, behind a network that was never
// its neighbour (detection.md §6.5). ROAs are content with it. A new upstream looks the same, so that
// alone says little; it is a part of a prefix that nobody announced before, over the new link only, that
// makes it likely, and two networks that have no neighbour in common.

import { type Asn, isReserved } from '../core/asn.ts'
import { ByNumber } from '../core/by-number.ts'
import type { Context } from '../core/context.ts'
import type { Signal, Tag } from '../core/incident.ts'
import { quorum } from '../core/quorum.ts'
import { hours, type Instant, minutes, type Span } from '../core/time.ts'
import { type Detector, type View, Watcher } from '../core/view.ts'
import { firstOf } from './address.ts'
import { lowest } from './confidence.ts'
import { Life } from './hijack-life.ts'
import { isBlackhole, type Known, sum, witnessesOf } from './hijack-score.ts'
import type { HijackSettings } from './hijack-settings.ts'
import { capOf, concerned, countsOf, levelOf, severityOf, shown } from './hijack-signal.ts'
import { type Carried, LeakCase } from './leak-case.ts'
import type { Links } from './links.ts'
import { present } from './present.ts'
import { CLIQUE } from './relations.ts'

/** Learned while running, ordinary links are not known before so long. */
const RIPE: Span = hours(2)
const FORGET: Span = hours(6)
const SWEEP: Span = minutes(30)
/** New links beside an origin, and paths over them; the whole table shows some thousands a day. */
const MOST_LINKS = 50_000
const MOST_PATHS = 200_000
const MOST_BORN = 200_000
/** Over all of them; a new upstream of a large network has as many. 150 bytes each. */
const MOST_ROUTES = 1_000_000
const SHOWN = 20
/** Prefixes of one link that are asked what they are. */
const ASKED = 64
const MEDIUM = 4

/** Beside a new part of a prefix, what a new upstream does not look like. */
const SURE: ReadonlySet<string> = new Set(['aspa.invalid', 'stub'])

interface Forged {
  /** `by` is the origin's new neighbour, `to` the origin. */
  readonly link: LeakCase
  readonly life: Life
  /** Its routes have changed since the last tick. */
  touched: boolean
}

/** A path over such a link. */
interface Over {
  readonly forged: Forged
  readonly way: Carried
}

export class ForgedOrigins implements Detector {
  readonly name = 'hijack.forged-origin'
  readonly watcher = Watcher.origin
  dropped = 0
  readonly #known: Known
  readonly #view: View
  readonly #settings: HijackSettings
  readonly #mostRoutes: number
  #routes = 0
  readonly #context: Context
  readonly #links: Links
  readonly #paths = new ByNumber<Over>()
  readonly #cases = new Map<string, Forged>()
  #touched: Forged[] = []
  readonly #running = new Set<Forged>()
  /** Prefixes that nobody had, and when they came. */
  readonly #born = new Map<number, Instant>()
  #now: Instant = 0
  #learnedFrom: Instant | null = null
  #sweepAt: Instant = 0

  /** What is known is taught by somebody else. */
  constructor(known: Known, settings: HijackSettings, mostRoutes = MOST_ROUTES) {
    this.#mostRoutes = mostRoutes
    this.#known = known
    this.#view = known.view
    this.#context = known.context
    this.#links = known.links
    this.#settings = settings
    known.isSuspect = (path) => this.#paths.get(path)?.forged.life.runs === true
  }

  origin(prefix: number, before: Asn): void {
    if (before !== 0 || this.#known.isVain) return
    if (this.#born.size < MOST_BORN) this.#born.set(prefix, this.#view.cause.at)
    else this.dropped++
  }

  newPath(path: number): void {
    const hops = this.#view.hops(path)
    const origin = hops[hops.length - 1] ?? 0
    const by = hops[hops.length - 2] ?? 0
    // The vantage point's own link is its word, and nobody else's.
    if (hops.length < 3) return
    const isKnown = this.#links.has(by, origin)
    // While it is told of, it is the same link over whatever paths, and whatever was learned by now.
    if (isKnown && this.#running.size === 0) return
    const key = `${by} ${origin}`
    let forged = this.#cases.get(key)
    if (!forged?.life.runs && (isKnown || !this.#isStrange(by, origin))) return
    if (this.#paths.size >= MOST_PATHS || (!forged && this.#cases.size >= MOST_LINKS)) {
      this.dropped++
      return
    }
    if (!forged) {
      forged = { link: new LeakCase(by, origin), life: new Life(), touched: false }
      this.#cases.set(key, forged)
    }
    this.#paths.set(path, { forged, way: forged.link.way(path, by, origin) })
    this.#view.mark(path, this.watcher)
  }

  #isStrange(by: Asn, origin: Asn): boolean {
    if (this.#known.isVain || !this.#isRipe() || isReserved(by)) return false
    return this.#links.degree(origin) > 0
  }

  /** Without ordinary paths to compare with, every link would be new. */
  #isRipe(): boolean {
    if (this.#view.baseline === 'rib') return this.#links.size > 0
    return this.#learnedFrom !== null && this.#now - this.#learnedFrom >= RIPE
  }

  route(): void {
    const view = this.#view
    const { cause } = view
    const left = this.#paths.get(cause.before)
    const taken = this.#paths.get(cause.after)
    const before = left?.forged
    const after = taken?.forged
    if (left && before && before !== after && before.link.leave(cause, left.way)) {
      this.#routes--
      this.#touch(before)
    }
    if (!taken || !after) return
    // Another's prefix is taken openly then, which is told elsewhere.
    if (view.origin(cause.prefix) !== after.link.to || !view.known(cause.vantage)) return
    if (left && before === after) after.link.move(cause, left.way, taken.way)
    else if (this.#routes >= this.#mostRoutes) this.dropped++
    else if (after.link.join(cause, taken.way)) this.#routes++
    this.#touch(after)
  }

  #touch(forged: Forged): void {
    if (forged.touched) return
    forged.touched = true
    this.#touched.push(forged)
  }

  *heldPaths(): Iterable<number> {
    yield* this.#paths.keys()
    for (const { link } of this.#cases.values())
      for (const { before, after } of link.samples) yield* [before, after]
  }

  tick(at: Instant): Signal[] {
    this.#now = at
    if (this.#links.size > 0) this.#learnedFrom ??= at
    const asked = [...new Set([...this.#running, ...this.#touched])]
    this.#touched = []
    asked.sort((a, b) => a.link.by - b.link.by || a.link.to - b.link.to)
    const out: Signal[] = []
    for (const forged of asked) {
      forged.touched = false
      forged.link.tick(at)
      const signal = this.#judge(forged, at)
      if (signal) out.push(signal)
      if (forged.life.runs) this.#running.add(forged)
      else if (this.#running.delete(forged)) this.#learn(forged.link)
    }
    if (at >= this.#sweepAt) this.#sweep(at)
    return out
  }

  /** What most of those who took it hold on to, though no more is told of it, is ordinary after all. */
  #learn({ routes, peak, paths }: LeakCase): void {
    if (routes * 2 <= peak) return
    for (const path of paths.keys()) this.#links.learn(this.#view.hops(path))
  }

  #judge({ link, life }: Forged, at: Instant): Signal | null {
    const view = this.#view
    const { by, to } = link
    const asn = concerned(view, by, [to])
    const enough = quorum(this.#settings.peers, view.vantage().active)
    // Nearly all are seen by few, or are nobody's business.
    if (!life.runs && (asn === 0 || link.vantages.size < enough)) return null
    const { vantages, routes } = present(view, link.vantages)
    const prefixes = firstOf(view, link.prefixes.keys(), ASKED)
    const afi = view.afi(prefixes[0] ?? 0)
    const seen = witnessesOf(view, link.vantages.keys(), afi)
    const parts = prefixes.filter((prefix) => this.#isPart(prefix, link))
    const tags = this.#tags(link, parts, seen.asns, view.voters(afi))
    const score = sum(tags)
    const ofPrefixes = view.prefixesOf(to).length
    const counts = countsOf(seen, link.prefixes.size, ofPrefixes, 1, routes)
    const sure = parts.length > 0 || tags.some(({ name }) => SURE.has(name))
    const cap = lowest(
      capOf(this.#known, counts, false, false),
      sure
        ? null
        : { level: 'low', because: 'its prefixes are its own: a new upstream looks the same' },
    )
    const level = levelOf(tags, cap)
    const worth = view.narrow ? score > 0 : score >= MEDIUM && level !== 'low'
    const standing = {
      holds: routes > 0 && seen.asns >= enough && worth,
      ordinary: score <= 0,
      vantages,
      voters: view.voters(afi),
      since: link.since,
      lastLeft: link.lastLeft,
      confirm: this.#settings.confirm,
      clear: this.#settings.clear,
      digest: [link.prefixes.size, parts.length, seen.asns, score].join(),
    }
    return life.step(at, standing, (phase, startedAt, endedAt) => ({
      kind: 'hijack.forged-origin',
      key: `forged:${by}:${to}`,
      asn: asn || by,
      culprit: by,
      afi: null,
      at,
      phase,
      startedAt,
      endedAt,
      severity: phase === 'transient' ? 'info' : severityOf(counts, level, false),
      tags,
      cap,
      now: counts,
      segments: [],
      samples: shown(
        view,
        prefixes.slice(0, SHOWN),
        link.samples.map((s, i) => ({ ...s, ...(link.elements[i] ?? { file: -1, offset: 0 }) })),
      ),
      rfc7908: null,
      // The same neighbour, as the watched network has it. Where more speaks against it, that is no news.
      ...(sure ? { absorbs: [4, 6].map((afi) => `new-upstream:${to}:${by}:ipv${afi}`) } : {}),
    }))
  }

  /** A new part of a prefix that the same origin ordinarily announces, which went over this link only. */
  #isPart(prefix: number, link: LeakCase): boolean {
    const view = this.#view
    if (!this.#born.has(prefix)) return false
    const cover = view.parentOf(prefix)
    if (cover < 0 || view.reference(cover) === 0) return false
    // Who forged it may be a vantage point itself, and its own word is not on the link.
    return (link.prefixes.get(prefix) ?? 0) + 1 >= view.visible(prefix)
  }

  #areOld(link: LeakCase): boolean {
    return firstOf(this.#view, link.prefixes.keys(), ASKED).every((p) => !this.#born.has(p))
  }

  #tags(link: LeakCase, parts: readonly number[], asns: number, voters: number): Tag[] {
    const view = this.#view
    const context = this.#context
    const { by, to } = link
    const tags: Tag[] = []
    const add = (name: string, score: number, because: string) =>
      tags.push({ name, score, because })
    add('link.new', 2, `AS${by} and AS${to} were neighbours in no path before`)
    const [part] = parts
    if (part !== undefined)
      add(
        'more.specific',
        3,
        `${view.prefixText(part)} is a new part of ${view.prefixText(view.parentOf(part))}, ` +
          'and went over that link only',
      )
    if (!this.#links.shareNeighbour(by, to)) {
      add('strangers', 2, `AS${by} and AS${to} have no neighbour in common`)
      // A first customer brings new prefixes, of its provider's space as often as not.
      if (this.#links.isStub(by) && this.#areOld(link))
        add('stub', 2, `AS${by} passed on nobody's routes before: no upstream begins like that`)
    }
    if (link.prefixes.size * 2 <= view.prefixesOf(to).length)
      add('others.elsewhere', 1, `the other prefixes of AS${to} do not use that link`)
    if (part !== undefined && context.validity(view.words(part), to) === 'invalid-length')
      add('rov.length', 3, `ROAs of AS${to} allow no prefix as long as ${view.prefixText(part)}`)
    const [path] = link.paths.keys()
    if (path !== undefined && context.aspa(view.hops(path)) === 'invalid')
      add('aspa.invalid', 3, 'ASPA objects do not allow that path')
    if (asns < Math.min(3, voters)) add('witnesses.few', -4, `only ${asns} peer ASNs have it`)
    if (part === undefined && CLIQUE.includes(by))
      add('transit.free', -5, `AS${by} sells transit to everybody: a new customer`)
    if (context.sameOrganisation(by, to))
      add('same.organisation', -8, `AS${by} and AS${to} are one organisation`)
    if (context.relation(by, to) !== undefined)
      add('related', -5, `AS${by} is known as a neighbour of AS${to}`)
    if (context.isScrubber(by))
      add('scrubber', -6, `AS${by} takes in its customers' traffic to clean it`)
    if (context.isRouteServer(by)) add('route.server', -5, `AS${by} is a route server`)
    if (part !== undefined && isBlackhole(view.words(part)))
      add('very.specific', -4, 'so long a prefix is for blackholing, not for traffic')
    return tags
  }

  #sweep(at: Instant): void {
    this.#sweepAt = at + SWEEP
    for (const [prefix, born] of this.#born) if (at - born >= FORGET) this.#born.delete(prefix)
    const gone = new Set<Forged>()
    for (const [key, forged] of this.#cases) {
      const { link, life } = forged
      if (life.runs || (link.routes > 0 ? at - link.since : at - link.lastLeft) < FORGET) continue
      this.#cases.delete(key)
      this.#routes -= link.routes
      gone.add(forged)
    }
    this.#paths.each((path, { forged }) => {
      if (!gone.has(forged)) return
      this.#paths.delete(path)
      this.#view.forget(path, this.watcher)
    })
  }
}
