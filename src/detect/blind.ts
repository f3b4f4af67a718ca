// `blind`: we do not see, so silence means nothing. Either a feed has told us of a gap, or half of the
// vantage points have lost their sessions. Being blind is an incident of ours, never of the network. It has
// two ends: we see again, and what we missed has been read elsewhere (or nobody will). Both are told.

import type { Fact, Gap, GapEnd } from '../core/fact.ts'
import { Hold } from '../core/hold.ts'
import type { Counts, Severity, Signal, Tag } from '../core/incident.ts'
import { noSamples } from '../core/incident.ts'
import { type Instant, iso, minutes, type Span, seconds } from '../core/time.ts'
import { type Detector, PeerState, type View } from '../core/view.ts'

export interface BlindSettings {
  /** So long a gap must last before it is worth telling. */
  readonly after: Span
  /** Share of vantage points without a session from which we count as blind. */
  readonly share: number
  /** Session resets come and go; so long they must all be back. */
  readonly clear: Span
  /** After a gap no longer than this routes count half until they are spoken of; after a longer one not at all. */
  readonly keep: Span
}

export const blindDefaults: BlindSettings = {
  after: seconds(30),
  share: 0.5,
  clear: seconds(60),
  // In five minutes one route in a hundred changes.
  keep: minutes(5),
}

interface Blindness {
  readonly hold: Hold
  readonly key: string
  since: Instant
  endedAt: Instant
  on: boolean
  /** Collectors a feed does not reach; null = none of them. */
  readonly dark: Set<string | null>
  why: string
  gone: number
  /** Number of the feed, as batches carry it; -1 = none of them. */
  source: number
  /** Sight is back, and what was missed is being looked for. */
  filling: boolean
  /** Of how many vantage points not all is known; when that was over, and of whom it never will be, and why. */
  holes: number
  wholeAt: Instant
  readonly given: Map<string, string>
}

export class Blind implements Detector {
  readonly name = 'blind'
  readonly #view: View
  readonly #settings: BlindSettings
  readonly #known = new Map<string, Blindness>()
  #eyesChangedAt: Instant = 0

  constructor(view: View, settings: BlindSettings) {
    this.#view = view
    this.#settings = settings
  }

  fact(fact: Fact): void {
    if (fact.kind === 'gap') this.#gap(fact)
    else if (fact.kind === 'gap-end') this.#sight(fact)
    else if (fact.kind === 'unfilled')
      for (const b of this.#known.values())
        if (b.filling && b.given.size < MOST_GIVEN) b.given.set(fact.collector, fact.why)
  }

  #sight({ feed, collector, at, fills }: GapEnd): void {
    const b = this.#known.get(`blind:${feed}`)
    if (!b?.on) return
    if (collector === null) b.dark.clear()
    else b.dark.delete(collector)
    b.on = b.dark.size > 0
    if (b.on) return
    b.endedAt = at
    b.filling = fills === true
  }

  #gap({ feed, at, why, collector, source }: Gap): void {
    const b = this.#of(`blind:${feed}`)
    if (!b.on && b.hold.since === null) b.since = at
    b.on = true
    b.source = source
    b.filling = false
    b.given.clear()
    b.dark.add(collector)
    b.why = `${feed}: ${why}`
    // The table has heard of the gap before us: whom it silenced it knows no more about.
    const { unknown } = this.#view.vantage()
    b.gone = unknown
  }

  peer(_vantage: number, _before: number, _after: number, at: Instant): void {
    this.#eyesChangedAt = at
  }

  tick(at: Instant): Signal[] {
    this.#count(at)
    const out: Signal[] = []
    for (const key of [...this.#known.keys()].sort()) {
      const b = this.#known.get(key) as Blindness
      const clear = key === EYES ? this.#settings.clear : 0
      this.#lookAtHoles(b, at)
      const clears = !b.on && !b.filling
      const held = b.hold.update(at, b.on, clears, this.#settings.after, clear)
      const phase = held === 'open' && b.filling ? 'resolving' : held
      if (phase === 'idle' || phase === 'lapsed') this.#known.delete(key)
      else if (phase !== 'pending') {
        out.push(this.#signal(b, at, phase))
        if (phase === 'resolved') this.#known.delete(key)
      }
    }
    return out
  }

  #lookAtHoles(b: Blindness, at: Instant): void {
    if (!b.filling) return
    const holes = this.#view.holes(b.source)
    if (holes === 0) {
      b.filling = false
      b.wholeAt = at
    } else b.holes = holes
  }

  /** Sessions that fell, or are still sending their tables again. */
  #count(at: Instant): void {
    const view = this.#view
    let all = 0
    let gone = 0
    let doubted = 0
    for (let id = 0; id < view.vantagePoints; id++) {
      const state = view.peerState(id)
      if (state === PeerState.unknown) continue
      all++
      if (state !== PeerState.active) gone++
      if (state === PeerState.quarantined) doubted++
    }
    const on = gone > 0 && gone >= this.#settings.share * all
    if (!on && !this.#known.has(EYES)) return
    const b = this.#of(EYES)
    if (on && !b.on && b.hold.since === null) b.since = this.#eyesChangedAt || at
    if (!on && b.on) b.endedAt = this.#eyesChangedAt || at
    b.on = on
    if (on) {
      b.why = `${gone} of ${all} vantage points have lost their session with the collector`
      if (doubted > 0) b.why += `, or are not believed (${doubted})`
      b.gone = gone
    }
  }

  #of(key: string): Blindness {
    const known = this.#known.get(key)
    if (known) return known
    const dark = new Set<string | null>()
    const made: Blindness = {
      hold: new Hold(),
      key,
      since: 0,
      endedAt: 0,
      on: false,
      dark,
      why: '',
      gone: 0,
      source: -1,
      filling: false,
      holes: 0,
      wholeAt: 0,
      given: new Map(),
    }
    this.#known.set(key, made)
    return made
  }

  #signal(b: Blindness, at: Instant, phase: 'open' | 'resolving' | 'resolved'): Signal {
    // Those who are in a list of peers, but were never heard of, are not missed.
    const { active, quarantined, down, unknown } = this.#view.vantage()
    const all = active + quarantined + down + unknown
    const now: Counts = {
      prefixes: 0,
      ofPrefixes: 0,
      covered: 0,
      peerAsns: b.gone,
      collectors: 0,
      share: all === 0 ? 1 : Math.round((b.gone / all) * 10_000) / 10_000,
    }
    const severity: Severity = b.gone >= all ? 'major' : 'minor'
    const tags: Tag[] = [{ name: 'sight.lost', score: 8, because: b.why }]
    const after = phase === 'open' ? null : afterwards(b)
    if (after)
      tags.push({ name: b.filling ? 'sight.back' : 'sight.whole', score: 0, because: after })
    return {
      kind: 'blind',
      key: b.key,
      asn: 0,
      culprit: 0,
      afi: null,
      at,
      phase,
      startedAt: b.since,
      endedAt: phase === 'resolved' ? b.endedAt : null,
      severity,
      tags,
      cap: null,
      now,
      segments: [],
      samples: noSamples,
      rfc7908: null,
      ...(after === null ? {} : { because: after }),
    }
  }
}

/** Both ends in words; null where nobody looks for what was missed. */
function afterwards({ filling, holes, wholeAt, endedAt, given }: Blindness): string | null {
  const back = `sight is back since ${iso(endedAt)}`
  const of = holes === 1 ? '1 vantage point' : `${holes} vantage points`
  if (filling) return `${back}; what was missed of ${of} is being fetched`
  if (wholeAt === 0 || holes === 0) return null
  if (given.size === 0) return `${back}; what was missed is known since ${iso(wholeAt)}`
  const lost = [...given].map(([collector, why]) => `${collector}: ${why}`).sort()
  return `${back}; what was missed stays unknown (${lost.join('; ')})`
}

/** Collectors that are named. */
const MOST_GIVEN = 20

const EYES = 'blind:vantage-points'
