// Scenes for tests: a small world of routes (../detect/world.ts) through the real table and detectors, and
// samples through the real planes, both by the same clock. `findings` gives what seekers find at each tick.

import type { Finding } from '../../src/core/evidence.ts'
import type { Incident, Signal } from '../../src/core/incident.ts'
import {
  type Change,
  type ChangeEvent,
  type Labels,
  metrics,
  type Sample,
} from '../../src/core/sample.ts'
import { type Instant, parseInstant, seconds } from '../../src/core/time.ts'
import { Planes } from '../../src/verdict/planes.ts'
import type { Scene, Seeker } from '../../src/verdict/scene.ts'
import type { World } from '../detect/world.ts'

export const at = (time: string): Instant => parseInstant(`2025-01-01T${time}Z`) ?? Number.NaN

/** A series scraped every 30 s: its value from each of these times on. */
export function series(
  metric: string,
  labels: Labels,
  values: Readonly<Record<string, number>>,
  until: string,
  uncertainty = seconds(15),
): Sample[] {
  const plane = metrics[metric]?.plane
  if (plane === undefined) throw new RangeError(`no such metric: ${metric}`)
  const steps = Object.entries(values).map(([time, value]) => ({ from: at(time), value }))
  const out: Sample[] = []
  for (let now = steps[0]?.from ?? 0; now <= at(until); now += seconds(30)) {
    const value = steps.findLast(({ from }) => from <= now)?.value ?? 0
    out.push({ kind: 'sample', at: now, plane, metric, value, labels, uncertainty })
  }
  return out
}

export const change = (
  time: string,
  event: ChangeEvent,
  labels: Labels = {},
  uncertainty = seconds(5),
): Change => ({ kind: 'change', at: at(time), event, labels, note: '', uncertainty })

/** Every tick of this world, as the scene of one network. */
export function scenes(
  world: World,
  until: string,
  look: (scene: Scene) => void,
  facts: readonly (Sample | Change)[] = [],
  asn = 7000,
): Incident[] {
  const planes = new Planes()
  const open = new Map<string, Signal>()
  const waiting = [...facts].sort((a, b) => a.at - b.at)
  let next = 0
  return world
    .onTick((signals, view, now) => {
      for (const signal of signals)
        if (signal.phase === 'resolved' || signal.phase === 'transient') open.delete(signal.key)
        else open.set(signal.key, signal)
      for (let fact = waiting[next]; fact && fact.at <= now; fact = waiting[++next])
        planes.take(fact)
      planes.tick(now)
      const about = [...open.values()].filter(
        (s) => s.asn === asn || s.culprit === asn || s.asn === 0,
      )
      look({ at: now, asn, planes, view, signals: about })
    })
    .play(until)
}

export interface Looked {
  /** What was found at the last tick. */
  readonly last: readonly Finding[]
  /** All ids that were found at any tick. */
  readonly ever: ReadonlySet<string>
  /** The finding of an id at the last tick at which there was one. */
  of(id: string): Finding | undefined
  readonly told: readonly Incident[]
}

export function findings(
  seek: Seeker,
  world: World,
  until: string,
  facts: readonly (Sample | Change)[] = [],
): Looked {
  let last: readonly Finding[] = []
  const by = new Map<string, Finding>()
  const told = scenes(
    world,
    until,
    (scene) => {
      last = seek(scene)
      for (const finding of last) by.set(finding.id, finding)
    },
    facts,
  )
  return { last, ever: new Set(by.keys()), of: (id) => by.get(id), told }
}

export const ids = (found: readonly Finding[]): string[] => found.map(({ id }) => id)
