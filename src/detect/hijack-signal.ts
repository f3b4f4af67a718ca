// What a hijack shows for itself, of whatever kind it is.

import type { Asn } from '../core/asn.ts'
import type { Counts, Level, Samples, Severity, Signal, Tag } from '../core/incident.ts'
import type { View } from '../core/view.ts'
import { byAddress, firstOf } from './address.ts'
import { baselineCap, lowest, witnessCap } from './confidence.ts'
import type { Conflict, ConflictSample } from './hijack-conflict.ts'
import { type Known, sum, type Witnesses } from './hijack-score.ts'
import { pathSample } from './witnesses.ts'

const SHOWN = 20
const MOST_SAMPLES = 5

export function samplesOf(view: View, conflicts: Iterable<Conflict>): Samples {
  const by = new Map<number, Conflict>()
  for (const conflict of conflicts) by.set(conflict.prefix, conflict)
  const first = firstOf(view, by.keys(), SHOWN)
  return shown(
    view,
    first,
    first.flatMap((prefix) => by.get(prefix)?.samples ?? []),
  )
}

export function shown(
  view: View,
  prefixes: Iterable<number>,
  samples: readonly ConflictSample[],
): Samples {
  const few = samples.slice(0, MOST_SAMPLES)
  return {
    prefixes: [...prefixes].map((p) => view.prefixText(p)),
    paths: few.map((sample) => pathSample(view, sample)),
    elements: few.map(({ file, offset }) => ({ file: view.fileName(file), offset })),
  }
}

/** Scarce witnesses and thin baselines; `guessed`: nobody told what was there before. */
export function capOf(
  { view, isThin }: Known,
  counts: Counts,
  guessed: boolean,
  mass: boolean,
): Signal['cap'] {
  const low = (because: string): Signal['cap'] => ({ level: 'low', because })
  return lowest(
    baselineCap(view, mass),
    witnessCap(counts),
    guessed ? low('it is not known who announced it before this input') : null,
    isThin && !mass ? low('the starting table is not whole: much that seems new is not') : null,
  )
}

/** What the tags and the cap together come to. */
export function levelOf(tags: readonly Tag[], cap: Signal['cap']): Level {
  const score = sum(tags)
  const level = score >= 8 ? 'high' : score >= 4 ? 'medium' : 'low'
  if (level === 'low' || cap?.level === 'low') return 'low'
  return cap?.level === 'medium' ? 'medium' : level
}

export const countsOf = (
  seen: Witnesses,
  prefixes: number,
  ofPrefixes: number,
  origins: number,
  routes: number,
): Counts => ({
  prefixes,
  ofPrefixes: Math.max(prefixes, ofPrefixes),
  covered: 0,
  origins,
  routes,
  peerAsns: seen.asns,
  collectors: seen.collectors,
  share: seen.share,
})

/** detection.md §10.6; what is doubtful alarms nobody. */
export function severityOf({ prefixes, share }: Counts, level: Level, mass: boolean): Severity {
  if (level === 'low') return 'info'
  if (mass && prefixes >= 1_000 && share >= 0.25) return 'critical'
  return prefixes >= 100 || share >= 0.25 ? 'major' : 'minor'
}

/** Of several: the one that is surest, and of those the one of the lowest address. */
export function surest(view: View, conflicts: Iterable<Conflict>): Conflict | null {
  const order = byAddress(view)
  let best: Conflict | null = null
  for (const one of conflicts) {
    const more = best === null ? 1 : one.score - best.score
    if (more > 0 || (more === 0 && best && order(one.prefix, best.prefix) < 0)) best = one
  }
  return best
}

/** The watched network it is about; without any, the culprit. 0 = nobody who is watched. */
export function concerned(view: View, by: Asn, victims: Iterable<Asn>): Asn {
  if (!view.narrow || view.watches(by)) return by
  for (const victim of victims) if (victim !== 0 && view.watches(victim)) return victim
  return 0
}
