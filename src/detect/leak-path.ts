// `leak.path`: routes travel where nobody was paid to carry them (RFC 7908). A path is judged once,
// when it is first seen; from then on routes are counted as they take it up and leave it. Three things
// make a link suspicious: a third network between two transit-free ones, a hairpin between two
// providers, and a link that never carried transit and suddenly carries a lot. One incident per leaker.

import type { Asn } from '../core/asn.ts'
import { Hold } from '../core/hold.ts'
import type { Counts, Segment, Severity, Signal, Tag } from '../core/incident.ts'
import { quorum } from '../core/quorum.ts'
import { hours, type Instant, minutes, type Span, seconds } from '../core/time.ts'
import { type Detector, UNKNOWN_PATH, type View, Watcher } from '../core/view.ts'
import { firstOf } from './address.ts'
import { baselineCap, lowest } from './confidence.ts'
import { LeakCase, Reason } from './leak-case.ts'
import { CLIQUE, Relations, usable } from './relations.ts'

export interface LeakSettings {
  readonly clique: readonly Asn[]
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

interface Link {
  readonly leak: LeakCase
  /** Neighbour from which `by` learned the routes of this path. */
  readonly from: Asn
}

interface Culprit {
  readonly by: Asn
  readonly cases: LeakCase[]
  hold: Hold
  /** Links that made it an incident, in the order in which they did. */
  open: LeakCase[]
  peak: number
  startedAt: Instant
  /** When it was judged last it had links that are enough. */
  sufficient: boolean
  /** Its routes are, nearly all, part of somebody else's larger leak. */
  folded: boolean
  /** Vantage points that carried it at the most. */
  peakVantages: number
  last: Signal | null
  /** Routes on each of its links, as that signal told. */
  lastRoutes: string
}

interface Asked {
  readonly culprit: Culprit
  readonly strong: LeakCase[]
  readonly routes: number
  readonly place: number
}

const MOST_PATHS = 1_000_000
const MOST_LINKS = 200_000
/** Routes on suspicious links; a mass leak seen by all has as many. */
const MOST_ROUTES = 4_000_000
/** What has carried nothing for so long is judged anew when it is met again. */
const FORGET: Span = hours(6)
/** Learned while running, ordinary links are not known before so long. */
const RIPE: Span = hours(2)
/** Links of one path that can be suspicious; more is noise of a path nobody should believe. */
const MOST_OF_PATH = 4
/** A smaller leak is part of a larger one when so many of its routes are. */
const SAME = 0.8
const NO_LINKS: readonly Link[] = []
const SHOWN = 20
const MOST_SEGMENTS = 10
/** From so many on it is believed sooner, and of one witness if it must be. */
const FAST = 100
const FAST_ORIGINS = 10
const STRONG = Reason.cliqueBreak | Reason.hairpin

export class LeakPath implements Detector {
  readonly name = 'leak.path'
  readonly watcher = Watcher.link
  /** Suspicious paths and links there was no room for. */
  dropped = 0
  readonly #view: View
  readonly #settings: LeakSettings
  readonly #relations: Relations
  readonly #links = new Map<number, Link[]>()
  readonly #cases = new Map<string, LeakCase>()
  readonly #culprits = new Map<Asn, Culprit>()
  readonly #touched = new Set<LeakCase>()
  /** Culprits whose hold is running. */
  readonly #held = new Set<Culprit>()
  #routes = 0
  #now: Instant = 0
  #learnedFrom: Instant | null = null
  #forgetAt: Instant = 0

  constructor(view: View, settings: LeakSettings) {
    this.#view = view
    this.#settings = settings
    this.#relations = new Relations(settings.clique)
  }

  learnPath(path: number): void {
    this.#relations.learn(this.#view.hops(path))
  }

  newPath(path: number): void {
    const hops = this.#view.hops(path)
    if (!usable(hops)) return
    let links: Link[] | null = null
    for (let i = 0; i + 2 < hops.length && (links?.length ?? 0) < MOST_OF_PATH; i++) {
      const to = hops[i] as Asn
      const by = hops[i + 1] as Asn
      const from = hops[i + 2] as Asn
      const reasons = this.#reasons(hops, i, from, by, to)
      if (reasons === 0) continue
      const leak = this.#case(by, to)
      if (!leak) continue
      leak.reasons |= reasons
      leak.place = Math.min(leak.place, i)
      links ??= []
      links.push({ leak, from })
    }
    if (!links) return
    if (this.#links.size >= MOST_PATHS) {
      this.dropped++
      return
    }
    this.#links.set(path, links)
    this.#view.mark(path, this.watcher)
    if (this.#isLeaked(links)) this.#view.leaked(path, true)
  }

  /** What is suspicious about `by` telling `to` (at place `i`) what it learned from `from`. */
  #reasons(hops: ArrayLike<Asn>, i: number, from: Asn, by: Asn, to: Asn): number {
    const relations = this.#relations
    let reasons = 0
    if (!relations.isKnown(from, by, to)) {
      if (relations.inClique(from) && !relations.inClique(by)) {
        for (let k = i; k >= 0; k--)
          if (relations.inClique(hops[k] as Asn)) reasons |= Reason.cliqueBreak
      }
      if (relations.buys(by, from) && relations.buys(by, to)) reasons |= Reason.hairpin
    }
    if (this.#isRipe() && relations.transit(to, by) === 0) {
      reasons |= Reason.newLink
      if (i > 0 && relations.transit(hops[i - 1] as Asn, to) > 0) reasons |= Reason.approached
    }
    return reasons
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
      culprit = {
        by,
        cases: [],
        hold: new Hold(),
        open: [],
        peak: 0,
        startedAt: 0,
        sufficient: false,
        folded: false,
        peakVantages: 0,
        last: null,
        lastRoutes: '',
      }
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
    for (const { leak } of before) {
      const next = after.find((link) => link.leak === leak)
      if (next && leak.move(cause, next.from, view.pathOrigin(cause.after))) {
        if (novel) this.#touched.add(leak)
        continue
      }
      if (leak.leave(cause)) this.#routes--
      this.#touched.add(leak)
    }
    if (!novel) return
    for (const { leak, from } of after) {
      if (this.#routes >= MOST_ROUTES) {
        this.dropped++
        return
      }
      if (!leak.join(cause, from, view.pathOrigin(cause.after))) continue
      this.#routes++
      this.#touched.add(leak)
    }
  }

  *heldPaths(): Iterable<number> {
    yield* this.#links.keys()
    for (const { paths, samples } of this.#cases.values()) {
      yield* paths.keys()
      for (const { before, after } of samples) yield* [before, after]
    }
  }

  tick(at: Instant): Signal[] {
    this.#now = at
    // What was learned before the first tick was learned when there was no time yet.
    if (this.#relations.paths > 0) this.#learnedFrom ??= at
    if (at >= this.#forgetAt) this.#forget(at)
    const out: Signal[] = []
    const larger: Culprit[] = []
    for (const { culprit, strong } of this.#asked(at)) {
      if (culprit.hold.confirmedAt === null)
        culprit.folded = strong.length > 0 && larger.some((other) => isPartOf(strong, other.open))
      const holds = strong.length > 0 && !culprit.folded && this.#concerns(culprit, strong)
      if (holds)
        for (const leak of strong) if (!culprit.open.includes(leak)) this.#admit(culprit, leak)
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
      leak.tick(at)
      const culprit = this.#culprits.get(leak.by)
      // A link that is not enough by itself, nor one of several that are together, changes nothing.
      if (culprit && (culprit.sufficient || this.#counts(leak) || this.#isMass(leak)))
        culprits.add(culprit)
    }
    this.#touched.clear()
    const out: Asked[] = []
    for (const culprit of culprits) {
      const strong = this.#sufficient(culprit)
      culprit.sufficient = strong.length > 0
      if (strong.length === 0 && culprit.hold.since === null) continue
      const routes = culprit.cases.reduce((n, leak) => n + leak.routes, 0)
      const place = Math.min(...culprit.cases.map((leak) => leak.place))
      out.push({ culprit, strong, routes, place })
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
      if (!culprit || culprit.hold.since !== null || !isOld(leak)) continue
      this.#cases.delete(key)
      culprit.cases.splice(culprit.cases.indexOf(leak), 1)
      if (culprit.cases.length === 0) this.#culprits.delete(leak.by)
    }
    for (const [path, links] of this.#links) {
      const live = links.filter(({ leak }) => this.#cases.get(`${leak.by} ${leak.to}`) === leak)
      if (live.length > 0) {
        if (live.length < links.length) this.#links.set(path, live)
        continue
      }
      this.#links.delete(path)
      this.#view.forget(path, this.watcher)
    }
  }

  /** The links of a culprit that are enough to speak of. */
  #sufficient(culprit: Culprit): LeakCase[] {
    const { peers } = this.#settings
    const strong = culprit.cases.filter((leak) => this.#counts(leak))
    // Two sessions of one network are one witness; two links of one leaker are one leak.
    const witnesses = new Set<Asn>()
    for (const { vantages } of strong)
      for (const id of vantages.keys()) witnesses.add(this.#view.vantagePoint(id).asn)
    const enough = strong.length > 0 && witnesses.size >= quorum(peers, this.#view.vantage().active)
    return culprit.cases.filter(
      (leak) => (strong.includes(leak) && (enough || isMany(leak))) || this.#isMass(leak),
    )
  }

  /** One of the links by which a culprit is judged. */
  #counts(leak: LeakCase): boolean {
    const { prefixes, origins } = this.#settings
    return (
      (leak.reasons & STRONG) !== 0 &&
      leak.routes > 0 &&
      (this.#view.narrow || leak.prefixes.size >= prefixes || leak.origins.size >= origins)
    )
  }

  /** A link that never carried transit and now carries so much is strong evidence by itself. */
  #isMass({ reasons, place, prefixes, origins }: LeakCase): boolean {
    const { massPrefixes, massOrigins } = this.#settings
    return (
      (reasons & Reason.approached) !== 0 &&
      // A vantage point's own new provider brings it a whole table over a new link, and what is behind
      // that provider is as new to us.
      place > 0 &&
      prefixes.size >= massPrefixes &&
      origins.size >= massOrigins
    )
  }

  /** With watched networks: whether the leak is by or of one of them. */
  #concerns(culprit: Culprit, strong: readonly LeakCase[]): boolean {
    return !this.#view.narrow || this.#concerned(culprit, strong) !== 0
  }

  /** The watched AS it is about, in whole-table mode the leaker. */
  #concerned({ by }: Culprit, strong: readonly LeakCase[]): Asn {
    const view = this.#view
    if (!view.narrow || view.watches(by)) return by
    const victims = new Map<Asn, number>()
    for (const { to, from, origins } of strong) {
      for (const asn of [to, ...from.keys()]) if (view.watches(asn)) victims.set(asn, 1)
      for (const [asn, n] of origins)
        if (view.watches(asn)) victims.set(asn, (victims.get(asn) ?? 0) + n)
    }
    return [...victims].sort(([a, x], [b, y]) => y - x || a - b)[0]?.[0] ?? 0
  }

  #judge(culprit: Culprit, holds: boolean, at: Instant): Signal | null {
    const { confirm, fastConfirm, closeOfPeak, clear } = this.#settings
    const { hold } = culprit
    const routes = culprit.open.reduce((n, leak) => n + leak.routes, 0)
    if (routes > culprit.peak) culprit.peak = routes
    if (hold.confirmedAt === null) {
      culprit.startedAt = Math.min(...culprit.open.map((leak) => leak.since))
    }
    const vantages = union(culprit.open.map((leak) => leak.vantages)).size
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
      const ended = Math.max(...culprit.open.map((leak) => leak.lastLeft))
      const signal = this.#signal(culprit, at, phase, ended)
      const { open } = culprit
      this.#close(culprit)
      this.#markPaths(open)
      return signal
    }
    const { last } = culprit
    const each = culprit.open.map((leak) => leak.routes).join()
    if (last?.phase === phase && culprit.lastRoutes === each) return null
    culprit.lastRoutes = each
    culprit.last = this.#signal(culprit, at, phase, null)
    return culprit.last
  }

  #close(culprit: Culprit): void {
    for (const leak of culprit.open) leak.peak = leak.routes
    culprit.open = []
    culprit.hold = new Hold()
    culprit.peak = culprit.peakVantages = 0
    culprit.last = null
  }

  /** Of paths over these links: whether they are part of a leak, theirs or another. */
  #markPaths(leaks: readonly LeakCase[]): void {
    const asked = new Set(leaks)
    for (const [path, links] of this.#links)
      if (links.some(({ leak }) => asked.has(leak))) this.#view.leaked(path, this.#isLeaked(links))
  }

  /** What is only suspected may lapse without a word: its paths are ordinary until then. */
  #isLeaked(links: readonly Link[]): boolean {
    return links.some(({ leak }) => {
      const culprit = this.#culprits.get(leak.by)
      return culprit?.hold.confirmedAt != null && culprit.open.includes(leak)
    })
  }

  #signal(culprit: Culprit, at: Instant, phase: Signal['phase'], endedAt: Instant | null): Signal {
    const view = this.#view
    const { open, by } = culprit
    const vantages = union(open.map((leak) => leak.vantages))
    const prefixes = union(open.map((leak) => leak.prefixes))
    const origins = union(open.map((leak) => leak.origins))
    const asns = new Set<Asn>()
    const collectors = new Set<string>()
    for (const id of vantages) {
      asns.add(view.vantagePoint(id).asn)
      collectors.add(view.vantagePoint(id).collector)
    }
    const active = Math.max(1, view.vantage().active)
    const counts: Counts = {
      prefixes: prefixes.size,
      ofPrefixes: prefixes.size,
      covered: 0,
      origins: origins.size,
      routes: open.reduce((n, leak) => n + leak.routes, 0),
      peerAsns: asns.size,
      collectors: collectors.size,
      share: Math.round((vantages.size / active) * 10_000) / 10_000,
    }
    const segments = segmentsOf(open)
    const reasons = open.reduce((bits, leak) => bits | leak.reasons, 0)
    const mass = open.some(
      (leak) =>
        (leak.reasons & Reason.approached) !== 0 &&
        leak.peak >= this.#settings.massPrefixes &&
        leak.place > 0,
    )
    const many = mass || open.some((leak) => isMany(leak))
    return {
      kind: 'leak.path',
      key: `leak:${by}`,
      asn: this.#concerned(culprit, open) || by,
      culprit: by,
      afi: null,
      at,
      phase,
      startedAt: culprit.startedAt,
      endedAt,
      severity: severityOf(counts),
      tags: tagsOf(counts, segments[0], reasons, mass),
      cap: lowest(
        baselineCap(view, true),
        counts.peerAsns < 3 && !many
          ? { level: 'low', because: `only ${counts.peerAsns} peer ASNs carry it` }
          : null,
        counts.collectors < 2 ? { level: 'medium', because: 'only one collector sees it' } : null,
      ),
      now: counts,
      segments,
      samples: {
        prefixes: firstOf(view, prefixes, SHOWN).map((p) => view.prefixText(p)),
        paths: open
          .flatMap((leak) => leak.samples)
          .slice(0, 5)
          .map((s) => this.#sample(s)),
        elements: open
          .flatMap((leak) => leak.elements)
          .slice(0, 5)
          .map(({ file, offset }) => ({ file: view.fileName(file), offset })),
      },
      rfc7908: (reasons & Reason.hairpin) !== 0 ? 1 : null,
    }
  }

  #sample(s: LeakCase['samples'][number]) {
    const view = this.#view
    const { collector, address, asn } = view.vantagePoint(s.vantage)
    return {
      peer: `${collector} ${address} AS${asn}`,
      prefix: view.prefixText(s.prefix),
      before: s.before === 0 ? null : view.pathText(s.before),
      after: view.pathText(s.after),
    }
  }
}

/** So much over one link that is known to be wrong needs no second witness. */
function isMany({ reasons, prefixes, origins }: LeakCase): boolean {
  return (reasons & STRONG) !== 0 && prefixes.size >= FAST && origins.size >= FAST_ORIGINS
}

/** The largest first; of two that carry the same, the one nearer the collectors passed it on. */
const bySize = (a: Asked, b: Asked): number =>
  b.routes - a.routes || a.place - b.place || a.culprit.by - b.culprit.by

function isPartOf(small: readonly LeakCase[], large: readonly LeakCase[]): boolean {
  let routes = 0
  let shared = 0
  for (const leak of small) {
    for (const [path, carried] of leak.paths) {
      routes += carried.routes
      if (large.some((other) => other.paths.has(path))) shared += carried.routes
    }
  }
  return routes > 0 && shared >= SAME * routes
}

function union<K>(maps: readonly ReadonlyMap<K, number>[]): Set<K> {
  const out = new Set<K>()
  for (const map of maps) for (const key of map.keys()) out.add(key)
  return out
}

function segmentsOf(open: readonly LeakCase[]): Segment[] {
  const out: Segment[] = []
  for (const { from, by, to } of open)
    for (const [asn, prefixes] of from) out.push({ from: asn, by, to, prefixes })
  out.sort((a, b) => b.prefixes - a.prefixes || a.to - b.to || a.from - b.from)
  return out.slice(0, MOST_SEGMENTS)
}

function severityOf({ prefixes, share }: Counts): Severity {
  if (prefixes >= 1_000 && share >= 0.25) return 'critical'
  return prefixes >= 100 || share >= 0.25 ? 'major' : 'minor'
}

function tagsOf(counts: Counts, first: Segment | undefined, reasons: number, mass: boolean): Tag[] {
  const tags: Tag[] = []
  const add = (name: string, score: number, because: string) => tags.push({ name, score, because })
  const { by, to, from } = first ?? { by: 0, to: 0, from: 0 }
  if ((reasons & Reason.cliqueBreak) !== 0)
    add(
      'clique.break',
      4,
      `AS${by} stands between transit-free networks, as in ${to} ${by} ${from}`,
    )
  if ((reasons & Reason.hairpin) !== 0)
    add('hairpin', 3, `AS${by} passes one provider's routes to another (RFC 7908 type 1)`)
  if (mass)
    add('link.mass', 4, `AS${to} never got transit from AS${by} before, and now a great deal`)
  add('novel', 1, 'none of these routes went that way in the baseline')
  const { origins = 0, share, prefixes } = counts
  if (origins >= 10)
    add('origins', origins >= 100 ? 2 : 1, `${prefixes} prefixes of ${origins} origins`)
  if (share >= 0.1)
    add(
      'spread',
      share >= 0.5 ? 2 : 1,
      `${counts.peerAsns} peer ASNs, ${Math.round(share * 100)} %, took it`,
    )
  return tags
}
