// `withdrawal.burst` of an own router: within a minute it has lost many of the routes that its sessions held,
// because one of them fell or a neighbour withdrew them. One incident a router, however many routes; how
// the world sees these prefixes is told by others.

import type { Asn } from '../core/asn.ts'
import { Hold } from '../core/hold.ts'
import { type Counts, noSamples, type Signal, type Tag } from '../core/incident.ts'
import type { OwnRouter, RouterSession, RoutersView } from '../core/routers.ts'
import { hours, type Instant, minutes, type Span, seconds } from '../core/time.ts'

export interface RouterBurstSettings {
  /** So many routes fewer, and this part of what it held; or of a small table that larger part. */
  readonly routes: number
  readonly share: number
  readonly smallShare: number
  readonly within: Span
  readonly confirm: Span
  /** It is over when of what was lost at the worst no more than this is missing, for so long. */
  readonly closeOfPeak: number
  readonly clear: Span
}

const routerBurstDefaults: RouterBurstSettings = {
  // A whole table breathes by some hundred routes a minute (detection.md §10.4); 2 % of it are 20,000.
  routes: 1_000,
  share: 0.02,
  smallShare: 0.5,
  within: seconds(60),
  // A session that is reset is back with its routes by then.
  confirm: seconds(20),
  closeOfPeak: 0.2,
  clear: minutes(2),
}

/** Of fewer routes half says nothing. */
const FEW = 20
/** What has been away for so long is how it is now. */
const ACCEPTED: Span = hours(24)
/** A session that lost nearly all of it is the one it is about. */
const MOSTLY = 0.9

interface Then {
  readonly at: Instant
  readonly routes: number
  /** What each session had lost by then. */
  readonly lost: ReadonlyMap<RouterSession, number>
}

interface Case {
  /** The last minute, oldest first. */
  readonly lately: Then[]
  resyncs: number
  hold: Hold
  /** What it held before, and what it has lost of that at the worst; null while nothing is suspected. */
  before: Then | null
  peak: number
  startedAt: Instant
  openedAt: Instant
  said: string
}

const fresh = (resyncs: number): Case => ({
  lately: [],
  resyncs,
  hold: new Hold(),
  before: null,
  peak: 0,
  startedAt: 0,
  openedAt: 0,
  said: '',
})

export class RouterBursts {
  readonly #routers: RoutersView
  readonly #settings: RouterBurstSettings
  /** Watched networks, ascending; empty: none in particular. */
  readonly #watched: readonly Asn[]
  readonly #cases = new Map<string, Case>()

  constructor(routers: RoutersView, watched: readonly Asn[], settings = routerBurstDefaults) {
    this.#routers = routers
    this.#watched = watched
    this.#settings = settings
  }

  tick(at: Instant): Signal[] {
    const out: Signal[] = []
    for (const router of this.#routers.routers()) {
      const one = this.#cases.get(router.name) ?? fresh(router.resyncs)
      this.#cases.set(router.name, one)
      const signal = this.#judge(router, one, at)
      if (signal) out.push(signal)
    }
    return out
  }

  #judge(router: OwnRouter, one: Case, at: Instant): Signal | null {
    // What we do not see we do not judge, and what changed meanwhile has no time.
    if (!router.sees) return null
    if (one.resyncs !== router.resyncs) {
      one.resyncs = router.resyncs
      one.lately.length = 0
    }
    const before = one.before ?? this.#most(one, at)
    one.lately.push(thenOf(router, at))
    if (!before) return null
    const lost = Math.max(0, before.routes - router.routes)
    const confirmed = one.hold.confirmedAt !== null
    const holds = lost >= this.#bar(before.routes)
    if (!confirmed && holds && one.before === null) {
      one.before = before
      one.startedAt = startOf(router, before)
    }
    one.peak = Math.max(one.peak, lost)
    const { closeOfPeak, confirm, clear } = this.#settings
    const isOld = confirmed && at - one.openedAt >= ACCEPTED
    const clears = isOld || lost <= closeOfPeak * one.peak
    const phase = one.hold.update(at, holds, clears, confirm, isOld ? 0 : clear)
    if (phase === 'idle' || phase === 'lapsed') {
      one.before = null
      one.peak = 0
    }
    if (phase !== 'open' && phase !== 'resolving' && phase !== 'resolved') return null
    if (!confirmed) one.openedAt = at
    const said = [phase, lost].join()
    if (said === one.said) return null
    one.said = said
    const signal = this.#signal(router, one, { at, phase, lost })
    if (phase === 'resolved') this.#cases.set(router.name, fresh(router.resyncs))
    return signal
  }

  #bar(routes: number): number {
    const { routes: many, share, smallShare } = this.#settings
    return Math.min(Math.max(many, share * routes), Math.max(FEW, smallShare * routes))
  }

  /** When it held most within the last minute. */
  #most({ lately }: Case, at: Instant): Then | null {
    while (lately[0] && at - lately[0].at > this.#settings.within) lately.shift()
    let most: Then | null = null
    for (const then of lately) if (most === null || then.routes >= most.routes) most = then
    return most
  }

  #signal(
    router: OwnRouter,
    { before, startedAt, peak }: Case,
    {
      at,
      phase,
      lost,
    }: Pick<Signal, 'at'> & { phase: 'open' | 'resolving' | 'resolved'; lost: number },
  ): Signal {
    const of = before?.routes ?? 0
    const now: Counts = {
      prefixes: lost,
      ofPrefixes: of,
      covered: 0,
      peerAsns: 0,
      collectors: 0,
      share: of === 0 ? 0 : Math.round((lost / of) * 10_000) / 10_000,
    }
    const asn = this.#whose(router)
    const worst = worstOf(router, before)
    const culprit = worst !== null && worst.share >= MOSTLY ? worst.session.asn : asn
    const regained = router.sessions.flatMap(({ regainedAt }) => regainedAt ?? [])
    return {
      kind: 'withdrawal.burst',
      key: `burst:router:${router.name}`,
      asn,
      culprit,
      afi: null,
      at,
      phase,
      startedAt,
      endedAt:
        phase === 'resolved' ? Math.max(startedAt, ...regained.filter((t) => t <= at)) : null,
      severity: peak >= 0.5 * of ? 'major' : 'minor',
      tags: tagsOf(router, peak, of, worst),
      cap: null,
      now,
      segments: [],
      samples: noSamples,
      rfc7908: null,
    }
  }

  /** Whose router it is; one that belongs to nobody who is watched is told of the first who is. */
  #whose({ asn }: OwnRouter): Asn {
    return this.#watched.includes(asn) ? asn : (this.#watched[0] ?? asn)
  }
}

const thenOf = ({ routes, sessions }: OwnRouter, at: Instant): Then => ({
  at,
  routes,
  lost: new Map(sessions.map((session) => [session, session.lost])),
})

const lostSince = (session: RouterSession, then: Then | null): number =>
  session.lost - (then?.lost.get(session) ?? 0)

/** When the first of the sessions that have lost something since began to. */
function startOf({ sessions }: OwnRouter, before: Then): Instant {
  const starts = sessions.flatMap((session) =>
    lostSince(session, before) > 0 && session.losingSince !== null ? [session.losingSince] : [],
  )
  return starts.length === 0 ? before.at : Math.max(before.at, Math.min(...starts))
}

interface Worst {
  readonly session: RouterSession
  readonly share: number
}

/** Which session lost most of it. */
function worstOf({ sessions }: OwnRouter, before: Then | null): Worst | null {
  const neighbours = sessions.filter(({ isLocRib }) => !isLocRib)
  const all = neighbours.reduce((sum, session) => sum + lostSince(session, before), 0)
  if (all === 0) return null
  const [first] = neighbours.toSorted((a, b) => lostSince(b, before) - lostSince(a, before))
  return first ? { session: first, share: lostSince(first, before) / all } : null
}

function tagsOf({ name }: OwnRouter, lost: number, of: number, worst: Worst | null): Tag[] {
  const tags: Tag[] = [
    {
      name: 'router.routes',
      score: 4,
      because: `router ${name} lost ${count(lost)} of ${count(of)} routes within a minute`,
    },
  ]
  if (worst === null || worst.share < MOSTLY) return tags
  const { peer, asn, up } = worst.session
  const how = up === false ? 'its session is down' : 'it withdrew them, and its session is up'
  tags.push({
    name: 'router.session',
    score: 4,
    because: `they came from AS${asn} at ${peer}: ${how}`,
  })
  return tags
}

const count = (n: number): string => n.toLocaleString('en-US')
