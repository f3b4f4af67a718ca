// Evidence from order: which began first, the trouble of the control plane or the surge. Every onset is an
// interval; an order is claimed only where the two do not touch, and weighs the more the further they are
// apart. What users suffer is no onset here: in a routing fault the surge is often seen before the outage is
// (fault-vs-flood.md §0, finding 3).

import type { EvidenceId, Finding, Onset } from '../core/evidence.ts'
import { iso, minutes, type Span, words } from '../core/time.ts'
import { detectorsOn } from './border.ts'
import type { Scene, Seeker, SeriesView } from './scene.ts'
import { hunted } from './sight.ts'
import { firstOnset, isDown, routingSignals } from './told.ts'

/** What the control plane itself tells, and whether only a rise of it is trouble. */
const CONTROL: readonly (readonly [metric: string, rise: boolean])[] = [
  ['lsdb_routes', true],
  ['spf_runs', true],
  ['lsp_purges', true],
  ['rx_prefixes', true],
  ['adjacencies', false],
]
/** What a surge shows in; shares and ratios follow from these. */
const SURGE = ['in_bps', 'in_pps', 'flow_bps', 'qps']

interface Began {
  readonly onset: Onset
  readonly what: string
}

/** What began so long before is another story, though it is still going on. */
const STORY: Span = minutes(30)

export const seekOrder: Seeker = (scene) => {
  const traffic = earliest(surges(scene))
  if (!traffic) return []
  const from = traffic.onset.at - STORY
  const routing = earliest(controlPlane(scene).filter(({ onset }) => onset.at >= from))
  if (!routing) return []
  return [compare(routing, traffic)]
}

function compare(routing: Began, traffic: Began): Finding {
  const gap = traffic.onset.at - routing.onset.at
  const doubt = traffic.onset.within + routing.onset.within
  const [first, second] = gap >= 0 ? [routing, traffic] : [traffic, routing]
  const found = (id: EvidenceId, because: string, factor: number): Finding => ({
    id,
    because,
    onset: first.onset,
    where: [],
    factor,
  })
  const both = `${told(first)}, ${told(second)}`
  if (Math.abs(gap) <= doubt)
    return found('ord.unresolved', `${both}: the two are not further apart than is uncertain`, 1)
  return found(
    gap > 0 ? 'ord.routing_first' : 'ord.traffic_first',
    `${both}: ${words(Math.abs(gap))} apart`,
    weight(Math.abs(gap), doubt),
  )
}

/** None where the intervals touch, all of it where they are as far apart as they are wide. */
function weight(gap: number, doubt: number): number {
  if (doubt === 0) return 1
  return Math.min(1, Math.max(0, gap / doubt - 1))
}

const told = ({ what, onset }: Began): string =>
  `${what} ${iso(onset.at).slice(11, 19)} ±${words(onset.within)}`

function controlPlane(scene: Scene): Began[] {
  const { planes } = scene
  const began: Began[] = routingSignals(scene).map(({ kind, startedAt }) => ({
    onset: hunted(startedAt),
    what: `routes (${kind})`,
  }))
  for (const [metric, rise] of CONTROL)
    for (const { shift } of planes.series(metric))
      if (shift && shift.up === rise) began.push({ onset: shift.onset, what: metric })
  for (const metric of ['session_up', 'adjacency_up'])
    for (const series of planes.series(metric)) began.push(...fall(series))
  return began
}

/** Only where it was found when: that it is down now says nothing of order. */
const fall = (series: SeriesView): Began[] =>
  isDown(series) && series.shift ? [{ onset: series.shift.onset, what: series.metric }] : []

function surges({ at: now, planes }: Scene): Began[] {
  const began: Began[] = []
  for (const metric of SURGE)
    for (const { shift } of planes.series(metric))
      if (shift?.up) began.push({ onset: shift.onset, what: metric })
  for (const { at, uncertainty } of detectorsOn(planes.changes, now))
    began.push({ onset: { at, within: uncertainty }, what: 'a traffic detector' })
  return began
}

/** By time, then by name: which of two at once is named must not depend on who asked first. */
function earliest(began: readonly Began[]): Began | null {
  const onset = firstOnset(began.map(({ onset }) => onset))
  if (!onset) return null
  const [first] = began
    .filter(({ onset: { at } }) => at === onset.at)
    .sort((a, b) => b.onset.within - a.onset.within || (a.what < b.what ? -1 : 1))
  return first ?? null
}
