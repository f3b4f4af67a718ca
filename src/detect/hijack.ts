// `hijack.moas`, `hijack.submoas`, `hijack.less-specific`: a prefix is announced by a network whose it is
// not; exactly as it is, as a part of it, or as a whole around it. What the starting table had is
// ordinary. A conflict begins with one element; from then on all changes of that prefix are told to us,
// so that who holds it is known. One incident for all that one network took of another, and one for
// all when it took from many (hijack-mass.ts).

import type { Asn } from '../core/asn.ts'
import type { Kind, Signal } from '../core/incident.ts'
import { quorum } from '../core/quorum.ts'
import { hours, type Instant, minutes, type Span } from '../core/time.ts'
import { type Detector, PeerState, UNKNOWN_PATH, type View } from '../core/view.ts'
import { byAddress } from './address.ts'
import { Attacker, type HijackCase, type Stroke } from './hijack-case.ts'
import { Conflict } from './hijack-conflict.ts'
import { judgeMass } from './hijack-mass.ts'
import {
  insideOf,
  isBenign,
  isMove,
  isSmallest,
  type Known,
  sum,
  tagsOf,
  witnessesOf,
} from './hijack-score.ts'
import type { HijackSettings } from './hijack-settings.ts'
import {
  capOf,
  concerned,
  countsOf,
  levelOf,
  samplesOf,
  severityOf,
  surest,
} from './hijack-signal.ts'
import { hearing, present } from './present.ts'

/** Conflicts kept: a mass hijack of the whole table has more, and is told by these. */
const MOST_CONFLICTS = 50_000
const MOST_ROUTES = 4_000_000
/** Held for so long without a word, two origins are ordinary; gone for so long, it is forgotten. */
const ORDINARY: Span = hours(6)
const SWEEP: Span = minutes(30)
const MOST_ORDINARY = 1_000_000
/** Prefixes that are looked into at one tick: 2 ms each, at worst, in a whole table. */
const MOST_LOOKS = 16
/** ASNs are below this, prefix numbers below 2^21. */
const ASNS = 2 ** 32
/** Prefixes shorter than these are nobody's to announce. */
const SHORTEST = { 4: 8, 6: 16 }
const MEDIUM = 4
const HIGH = 8

export class Hijacks implements Detector {
  readonly name = 'hijack'
  readonly #settings: HijackSettings
  readonly #known: Known
  readonly #view: View
  readonly #byPrefix = new Map<number, Conflict[]>()
  readonly #attackers = new Map<Asn, Attacker>()
  /** New prefixes that nobody covers: whose they may be is asked when enough have them. */
  readonly #uncovered = new Set<Conflict>()
  /** Those of them that enough have, in the order in which they are looked into. */
  readonly #waiting = new Set<Conflict>()
  readonly #ordinary = new Set<number>()
  readonly #touched = new Set<Conflict>()
  readonly #running = new Set<HijackCase>()
  readonly #masses = new Set<Attacker>()
  readonly #isNeighbour: (a: Asn, b: Asn) => boolean
  #conflicts = 0
  #routes = 0
  #dropped = 0
  #generation = 0
  #sweepAt: Instant = 0

  constructor(known: Known, settings: HijackSettings) {
    this.#known = known
    this.#view = known.view
    this.#settings = settings
    const { links } = known
    this.#isNeighbour = (a, b) => links.size === 0 || links.has(a, b)
  }

  /** Conflicts, routes and links there was no room for. */
  get dropped(): number {
    return this.#dropped + this.#known.links.dropped
  }

  learnPath(path: number): void {
    if (!this.#known.isSuspect(path)) this.#known.links.learn(this.#view.hops(path))
  }

  foreign(prefix: number, origin: Asn): void {
    const view = this.#view
    if (this.#isNovel(origin)) this.#begin(prefix, origin, view.origin(prefix), 'hijack.moas', -1)
  }

  origin(prefix: number, before: Asn, after: Asn): void {
    const view = this.#view
    if (before === 0) this.#known.bear(after)
    if (this.#known.isVain) return
    // Where nothing was told beforehand everything is heard for a first time.
    if (view.baseline !== 'rib' && !view.known(view.cause.vantage)) return
    if (before !== 0 && view.reference(prefix) + view.visible(prefix) > 0) {
      // A watched network announces what is another's, and it is about the watched that we are asked.
      this.#begin(prefix, after, before, 'hijack.moas', -1)
      return
    }
    const cover = view.coverOf(prefix)
    if (cover < 0) this.#begin(prefix, after, 0, 'hijack.submoas', -1)
    else if (view.origin(cover) !== after)
      this.#begin(prefix, after, view.origin(cover), 'hijack.submoas', cover)
  }

  /** Whether the route in hand is known to be a new one of this origin. */
  #isNovel(origin: Asn): boolean {
    const view = this.#view
    const { vantage, before } = view.cause
    if (before > UNKNOWN_PATH && view.pathOrigin(before) === origin) return false
    if (view.known(vantage)) return true
    if (view.baseline === 'rib') return false
    return before > UNKNOWN_PATH || (view.narrow && before === UNKNOWN_PATH)
  }

  #begin(prefix: number, origin: Asn, victim: Asn, kind: Kind, cover: number): void {
    const view = this.#view
    const list = this.#byPrefix.get(prefix)
    // Whose it was before is no newcomer.
    if (list?.some((c) => c.origin === origin || c.victim === origin)) return
    if (view.hadOrigin(prefix, origin) || this.#ordinary.has(prefix * ASNS + origin)) return
    const words = view.words(prefix)
    if (words.length < SHORTEST[words.afi] || this.#known.context.isBeacon(words)) return
    // What can have nothing inside is a new prefix and no more, unless ROAs are against it.
    if (victim === 0 && isSmallest(words) && !this.#isForbidden(prefix, origin)) return
    if (this.#conflicts >= MOST_CONFLICTS) {
      this.#dropped++
      return
    }
    const conflict = new Conflict({ prefix, origin, victim, kind, cover })
    this.#conflicts++
    if (list) list.push(conflict)
    else this.#byPrefix.set(prefix, [conflict])
    if (victim === 0) this.#uncovered.add(conflict)
    else this.#caseOf(conflict).add(conflict)
    view.follow(prefix, true)
  }

  #attacker(origin: Asn): Attacker {
    const known = this.#attackers.get(origin)
    if (known) return known
    const made = new Attacker(origin)
    this.#attackers.set(origin, made)
    return made
  }

  #caseOf({ origin, victim }: Conflict): HijackCase {
    return this.#attacker(origin).caseOf(victim)
  }

  followed(): void {
    const view = this.#view
    const { at, vantage, prefix, after } = view.cause
    const origin = after === 0 ? 0 : view.pathOrigin(after)
    for (const conflict of this.#byPrefix.get(prefix) ?? []) {
      if (origin !== conflict.origin) {
        if (!conflict.leave(at, vantage)) continue
        this.#routes--
        this.#count(conflict, vantage, -1)
      } else {
        if (conflict.held.has(vantage) || !this.#isNovel(origin)) continue
        if (this.#routes >= MOST_ROUTES) {
          this.#dropped++
          continue
        }
        conflict.join(view, this.#isNeighbour)
        this.#routes++
        this.#count(conflict, vantage, 1)
      }
    }
  }

  /** What it held all along is news again when it is heard again. */
  peer(vantage: number, _before: number, after: number): void {
    if (after !== PeerState.active) return
    for (const list of this.#byPrefix.values())
      for (const conflict of list) if (conflict.held.has(vantage)) this.#touched.add(conflict)
  }

  #count(conflict: Conflict, vantage: number, by: 1 | -1): void {
    this.#touched.add(conflict)
    if (!this.#uncovered.has(conflict)) this.#caseOf(conflict).count(vantage, by)
  }

  *heldPaths(): Iterable<number> {
    for (const list of this.#byPrefix.values())
      for (const { samples } of list)
        for (const { before, after } of samples) yield* [before, after]
  }

  tick(at: Instant): Signal[] {
    this.#known.tick(at)
    const { generation } = this.#known.context
    if (generation !== this.#generation) this.#askAgain(generation)
    const { size } = this.#waiting
    if (this.#touched.size + this.#running.size + this.#masses.size + size === 0) {
      if (at >= this.#sweepAt) this.#sweep(at)
      return []
    }
    this.#lookInside()
    const cases = new Set(this.#running)
    for (const conflict of this.#touched) {
      if (this.#uncovered.has(conflict)) continue
      this.#score(conflict)
      cases.add(this.#caseOf(conflict))
    }
    const attackers = new Set(this.#masses)
    const strokes = new Map<Attacker, Stroke>()
    const out: Signal[] = []
    const order = (a: HijackCase, b: HijackCase) => a.origin - b.origin || a.victim - b.victim
    for (const one of [...cases].sort(order)) {
      const attacker = this.#attacker(one.origin)
      attackers.add(attacker)
      const stroke = strokes.get(attacker) ?? attacker.stroke()
      strokes.set(attacker, stroke)
      const signal = this.#judge(one, stroke, at)
      if (signal) out.push(signal)
      one.passed.clear()
      if (one.life.runs || one.isUndone(at)) this.#running.add(one)
      else this.#running.delete(one)
    }
    for (const attacker of [...attackers].sort((a, b) => a.origin - b.origin)) {
      if (attacker.cases.size < this.#settings.massVictims && !attacker.life.runs) continue
      const signal = judgeMass(this.#known, this.#settings, attacker, at)
      if (signal) out.push(signal)
      if (attacker.life.runs) this.#masses.add(attacker)
      else this.#masses.delete(attacker)
    }
    for (const conflict of this.#touched) conflict.passed.clear()
    this.#touched.clear()
    if (at >= this.#sweepAt) this.#sweep(at)
    return out
  }

  /** Something is known that was not: all that is held is weighed anew. */
  #askAgain(generation: number): void {
    this.#generation = generation
    for (const list of this.#byPrefix.values())
      for (const conflict of list) {
        conflict.tags = []
        if (conflict.held.size > 0) this.#touched.add(conflict)
      }
  }

  /** Anew when an eighth more or less hold it: in a mass hijack all conflicts change at every tick. */
  #score(conflict: Conflict): void {
    const { view } = this.#known
    const { held, weighed, tags } = conflict
    if (tags.length > 0 && Math.abs(held.size - weighed) * 8 < weighed) return
    conflict.weighed = held.size
    const seen = witnessesOf(view, conflict.witnesses(), view.afi(conflict.prefix))
    conflict.tags = tagsOf(this.#known, conflict, seen, 0)
    conflict.score = sum(conflict.tags)
    conflict.benign = isBenign(conflict.tags)
  }

  /** New prefixes that nobody covers and enough have: whether they cover others', or nobody's space. */
  #lookInside(): void {
    const view = this.#view
    const enough = quorum(this.#settings.peers, view.vantage().active)
    const due: Conflict[] = []
    for (const conflict of this.#touched) {
      if (!this.#uncovered.has(conflict) || this.#waiting.has(conflict)) continue
      if (conflict.held.size + conflict.passed.size < enough) continue
      const { asns } = witnessesOf(view, conflict.witnesses(), view.afi(conflict.prefix))
      if (asns >= enough) due.push(conflict)
    }
    const order = byAddress(view)
    due.sort((a, b) => order(a.prefix, b.prefix) || a.origin - b.origin)
    for (const conflict of due) this.#waiting.add(conflict)
    let looks = MOST_LOOKS
    for (const conflict of this.#waiting) {
      if (looks-- === 0) break
      this.#drop(conflict)
      const { prefix, origin } = conflict
      const inside = insideOf(view, prefix, origin)
      const victim = inside.length > 0 ? view.origin(inside[0] as number) : 0
      if (victim === 0 && !this.#isForbidden(prefix, origin)) continue
      const kind = victim === 0 ? 'hijack.submoas' : 'hijack.less-specific'
      this.#adopt(conflict, new Conflict({ prefix, origin, victim, kind, cover: -1 }, inside))
    }
  }

  #isForbidden(prefix: number, origin: Asn): boolean {
    return this.#known.context.validity(this.#view.words(prefix), origin) === 'invalid-asn'
  }

  /** What was taken up under one name goes on under another. */
  #adopt(old: Conflict, conflict: Conflict): void {
    for (const vantage of old.held) conflict.held.add(vantage)
    for (const vantage of old.passed) conflict.passed.add(vantage)
    conflict.samples.push(...old.samples)
    conflict.since = old.since
    conflict.lastLeft = old.lastLeft
    conflict.newLink = old.newLink
    this.#conflicts++
    this.#routes += conflict.held.size
    const list = this.#byPrefix.get(conflict.prefix)
    if (list) list.push(conflict)
    else this.#byPrefix.set(conflict.prefix, [conflict])
    this.#caseOf(conflict).add(conflict)
    this.#view.follow(conflict.prefix, true)
    this.#touched.add(conflict)
  }

  #judge(one: HijackCase, stroke: Stroke, at: Instant): Signal | null {
    const view = this.#view
    const settings = this.#settings
    const { origin, victim, life } = one
    const isHeard = hearing(view)
    const holding = [...one.conflicts].filter((conflict) => conflict.isHeld(isHeard))
    const live = [...one.conflicts].filter((c) => c.passed.size > 0 || c.isHeld(isHeard))
    const shownOf = live.length > 0 ? live : one.conflicts
    const best = surest(view, shownOf)
    if (!best) return null
    const afi = view.afi(best.prefix)
    const seen = witnessesOf(view, one.witnesses(), afi)
    const tags = tagsOf(this.#known, best, seen, stroke(best.since))
    const score = sum(tags)
    const held = holding.length
    const { vantages, routes } = present(view, one.vantages)
    const counts = countsOf(
      seen,
      life.isOpen ? held : live.length,
      view.prefixesOf(victim).length,
      1,
      routes,
    )
    const cap = capOf(this.#known, counts, best.guessed, false)
    const level = levelOf(tags, cap)
    const asn = concerned(view, origin, [victim])
    const mine = view.narrow && view.watches(victim)
    const enough = seen.asns >= quorum(settings.peers, view.vantage().active)
    const worth = view.narrow ? score > 0 : score >= MEDIUM && level !== 'low'
    const fast = score >= HIGH && seen.share >= 0.25
    const standing = {
      holds: live.length > 0 && enough && worth && asn !== 0,
      // Whether it has moved its owner knows; nobody tells him that it is over while another has it.
      ordinary: score <= 0 || (!mine && isMove(tags)),
      vantages,
      voters: view.voters(afi),
      since: Math.min(...live.map(({ since }) => since)),
      lastLeft: Math.max(...[...one.conflicts].map(({ lastLeft }) => lastLeft)),
      confirm: fast ? settings.fastConfirm : settings.confirm,
      clear: settings.clear,
      digest: [best.kind, held, seen.asns, seen.share, score].join(),
    }
    return life.step(at, standing, (phase, startedAt, endedAt) => ({
      kind: best.kind,
      key: one.key,
      asn: asn || origin,
      culprit: origin,
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
      samples: samplesOf(view, shownOf),
      rfc7908: null,
    }))
  }

  /** Lets go of what has become ordinary, and of what has long been over. */
  #sweep(at: Instant): void {
    this.#sweepAt = at + SWEEP
    // A part that is its new origin's by now is not told of again: it is kept while there is room.
    const full = this.#conflicts * 2 > MOST_CONFLICTS
    for (const list of [...this.#byPrefix.values()])
      for (const conflict of [...list]) {
        const { held, kind, since, lastLeft, prefix, origin } = conflict
        const uncovered = this.#uncovered.has(conflict)
        if (!uncovered && this.#caseOf(conflict).life.runs) continue
        const over = held.size === 0 && at - lastLeft >= ORDINARY
        const settled = held.size > 0 && at - since >= ORDINARY
        if (settled && this.#ordinary.size < MOST_ORDINARY)
          this.#ordinary.add(prefix * ASNS + origin)
        if (settled || (over && (full || uncovered || kind !== 'hijack.submoas')))
          this.#drop(conflict)
      }
  }

  #drop(conflict: Conflict): void {
    const { prefix, origin, victim, held } = conflict
    const list = (this.#byPrefix.get(prefix) ?? []).filter((other) => other !== conflict)
    if (list.length > 0) this.#byPrefix.set(prefix, list)
    else {
      this.#byPrefix.delete(prefix)
      this.#view.follow(prefix, false)
    }
    this.#conflicts--
    this.#routes -= held.size
    this.#touched.delete(conflict)
    this.#uncovered.delete(conflict)
    this.#waiting.delete(conflict)
    const attacker = this.#attackers.get(origin)
    const one = attacker?.cases.get(victim)
    if (!attacker || !one?.conflicts.has(conflict)) return
    one.remove(conflict)
    if (one.conflicts.size > 0) return
    attacker.forget(victim)
    if (attacker.cases.size === 0 && !attacker.life.runs) this.#attackers.delete(origin)
  }
}
