// How an incident is written down that is to be told apart: what the network goes through, what happens
// to its routes, who does what, and which planes see any of it (fault-vs-flood.md §4).

import type { Plane, Sample } from '../core/sample.ts'
import { type Instant, minutes, type Span, seconds } from '../core/time.ts'
import type { Cause } from '../core/verdict.ts'
import type { Entry } from './change-log.ts'
import type { Internet } from './internet.ts'
import type { Conditions, Flood, Phase } from './network.ts'
import type { RoutePart } from './own-routes.ts'

/** Something about the routes, from so long after the onset until so long after it. */
export interface RoutesThen {
  readonly from: Span
  readonly until: Span
  readonly parts: readonly RoutePart[]
}

export interface IncidentScript {
  readonly id: string
  /** As it may be called instead of its number. */
  readonly name: string
  readonly what: string
  /** `none`: there is nothing to be told. */
  readonly cause: Cause | 'none'
  /** Whether somebody is to be woken; null: it may be so or not. */
  readonly pages: boolean | null
  /** When it began, if that is known; else on an invented day. */
  readonly at?: Instant
  /** From the onset until all is as before. */
  readonly lasts: Span
  /** The right word is to be said so long after the onset. */
  readonly within: Span
  /** What has to be said before what is late has arrived. */
  readonly first?: Cause
  readonly phases: readonly Phase[]
  /** Null: nobody hears any BGP. */
  readonly routes: readonly RoutesThen[] | null
  readonly world?: (net: Internet) => Internet
  readonly log: readonly Entry[] | ((net: Internet) => readonly Entry[])
  readonly sees: readonly Sample['plane'][]
  /** Of what they see only these metrics; all of them when absent. */
  readonly only?: readonly string[]
  /** Planes and metrics that arrive five minutes late. */
  readonly late?: readonly string[]
  readonly ahead?: ReadonlyMap<Plane, Span>
}

export const ALL: readonly Sample['plane'][] = ['bgp', 'igp', 'ingress', 'flow', 'dns', 'probe']

/** What is late is so late. */
export const LATE_BY = minutes(5)
const LASTS = minutes(40)
const WITHIN = minutes(12)
/** From a flood until what it breaks is broken, or somebody has done something about it. */
export const LATER = minutes(12)

type Given = Pick<IncidentScript, 'id' | 'name' | 'what' | 'cause' | 'sees'> &
  Partial<IncidentScript> & {
    /** All the time. */
    readonly is?: Partial<Conditions>
    /** From `LATER` on. */
    readonly later?: Partial<Conditions>
    /** All the time, and from `LATER` on. */
    readonly own?: readonly RoutePart[]
    readonly ownLater?: readonly RoutePart[]
    readonly ramp?: Span
  }

const sided = (cause: Cause | 'none') =>
  cause.startsWith('routing-fault') || cause.includes('flood') ? true : null

/** An incident with what is the same for most of them. */
export function incident(given: Given): IncidentScript {
  const { is, later, own = [], ownLater, ramp = seconds(30), lasts = LASTS, ...rest } = given
  const phase = (from: Span, conditions: Partial<Conditions> | undefined): Phase[] =>
    conditions ? [{ from, until: lasts, ramp, is: conditions }] : []
  return {
    pages: sided(given.cause),
    within: later || ownLater ? LATER + WITHIN : WITHIN,
    phases: [...phase(0, is), ...phase(LATER, later)],
    routes: [
      ...(own.length > 0 ? [{ from: 0, until: lasts, parts: own }] : []),
      ...(ownLater ? [{ from: LATER, until: lasts, parts: ownLater }] : []),
    ],
    log: [],
    ...rest,
    lasts,
  }
}

const G = 1e9

/** Memcached, as it hit GitHub. */
export const reflection: Flood = {
  bps: 1_700 * G,
  length: 1_400,
  reflected: 0.97,
  syn: 0,
  oneLength: 0.85,
  victim: 0.95,
  fresh: 0.94,
}

/** The onset of a commit that went wrong: seconds before anything shows. */
export const commit = (router: string, pop: string, note: string): Entry => ({
  after: -seconds(15),
  event: 'commit',
  labels: { router, pop },
  note,
})
