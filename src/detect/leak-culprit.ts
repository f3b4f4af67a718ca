// One who leaks: its links that are suspicious, those that made it an incident, and how it compares with
// others who may only have passed the same routes on.

import type { Asn } from '../core/asn.ts'
import { Hold } from '../core/hold.ts'
import type { Segment, Signal } from '../core/incident.ts'
import type { Instant } from '../core/time.ts'
import { type Carried, type LeakCase, Reason, STRONG, WEAK } from './leak-case.ts'
import { CLIQUE } from './relations.ts'

const MOST_SEGMENTS = 10
/** A smaller leak is part of a larger one when so many of its routes are. */
const SAME = 0.8
/** From so many on it is believed sooner, and of one witness if it must be. */
export const FAST = 100
const FAST_ORIGINS = 10

/** A suspicious link of a path. */
export interface Link {
  readonly leak: LeakCase
  readonly way: Carried
}

export interface Culprit {
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

export const newCulprit = (by: Asn): Culprit => ({
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
})

export interface Asked {
  readonly culprit: Culprit
  readonly enough: LeakCase[]
  readonly routes: number
  readonly place: number
}

/** The largest first; of two that carry the same, the one nearer the collectors passed it on. */
export const bySize = (a: Asked, b: Asked): number =>
  b.routes - a.routes || a.place - b.place || a.culprit.by - b.culprit.by

export function isPartOf(small: readonly LeakCase[], large: readonly LeakCase[]): boolean {
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

export const isStrong = ({ reasons }: LeakCase): boolean => (reasons & STRONG) !== 0

/** What is wrong with it is only that votes are missing, or that somebody new turned up. */
export const isWeak = ({ reasons }: LeakCase): boolean =>
  (reasons & STRONG) === 0 && (reasons & WEAK) !== 0

/** So much over one link that is known to be wrong needs no second witness. */
export const isMany = (leak: LeakCase): boolean =>
  isStrong(leak) && leak.prefixes.size >= FAST && leak.origins.size >= FAST_ORIGINS

/**
 * May be a mass leak by itself: met behind ordinary links, for a vantage point's own new provider brings
 * it a whole table over a new link, and what is behind that provider is as new to us. A new customer of
 * one of the clique is passed on to all the others: by its size alone that is no leak.
 */
export const mayBeMass = ({ by, reasons, place }: LeakCase): boolean =>
  (reasons & Reason.approached) !== 0 && place > 0 && !CLIQUE.includes(by)

export function union<K>(maps: readonly ReadonlyMap<K, number>[]): Set<K> {
  const out = new Set<K>()
  for (const map of maps) for (const key of map.keys()) out.add(key)
  return out
}

export function segmentsOf(open: readonly LeakCase[]): Segment[] {
  const out: Segment[] = []
  for (const { from, by, to } of open)
    for (const [asn, prefixes] of from) out.push({ from: asn, by, to, prefixes })
  out.sort((a, b) => b.prefixes - a.prefixes || a.to - b.to || a.from - b.from)
  return out.slice(0, MOST_SEGMENTS)
}
