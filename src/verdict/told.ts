// What detectors and routers tell of routing, sorted for those who look for evidence: which signals speak
// of whom, which of them a scrubber or a blackhole explains, which sessions and adjacencies are down.

import type { Onset } from '../core/evidence.ts'
import type { Kind, Signal } from '../core/incident.ts'
import { fullLinks } from './border.ts'
import type { Scene, SeriesView } from './scene.ts'
import { hunted } from './sight.ts'

/** Kinds that say nothing of what routing does now. */
const NO_ANOMALY: ReadonlySet<Kind> = new Set<Kind>([
  'blind',
  'rpki.invalid',
  'rpki.collapsed',
  'rpki.expiring',
  'rpki.uncovered',
])

/** Tags by which a detector says that traffic is diverted or dropped on purpose. */
export const DIVERTED = 'scrubber'
export const BLACKHOLED = 'very.specific'

export const hasTag = ({ tags }: Signal, name: string): boolean =>
  tags.some((tag) => tag.name === name)

/** What speaks of this network's routes and lasts, in order of text. */
export function routingSignals({ signals, asn }: Scene): readonly Signal[] {
  return signals
    .filter(
      ({ kind, phase, asn: of, culprit }) =>
        !NO_ANOMALY.has(kind) &&
        (of === asn || culprit === asn) &&
        (phase === 'open' || phase === 'resolving' || phase === 'standing'),
    )
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
}

/** Who sees again is not blind any more, though not all of the past may be known yet (detect/blind.ts). */
export const isBlindSignal = (signal: Signal): boolean =>
  signal.kind === 'blind' &&
  signal.phase !== 'resolved' &&
  signal.phase !== 'transient' &&
  !hasTag(signal, 'sight.back')

/** The earliest of them. */
export function firstOnset(onsets: Iterable<Onset | null | undefined>): Onset | null {
  let first: Onset | null = null
  for (const onset of onsets) if (onset && (!first || onset.at < first.at)) first = onset
  return first
}

export const onsetOf = (signals: readonly Signal[]): Onset | null =>
  firstOnset(signals.map(({ startedAt }) => hunted(startedAt)))

/**
 * Something that is up or not: down now, though it ordinarily is up. Of what was never heard nothing is lost;
 * where nothing is known to be ordinary yet, what was seen up and is down has been lost.
 */
export const isDown = ({ last, usual, before }: SeriesView): boolean =>
  last < 0.5 && (usual === null ? (before?.value ?? 0) >= 0.5 : usual >= 0.5)

/** When it fell: as found in the series, or when it was first told, or last. */
export const fallOf = ({ shift, before, lastAt, uncertainty }: SeriesView): Onset => {
  if (shift) return shift.onset
  return before ? { at: before.since, within: before.within } : { at: lastAt, within: uncertainty }
}

export const downSessions = ({ planes }: Scene): readonly SeriesView[] =>
  planes.series('session_up').filter(isDown)

export const downAdjacencies = ({ planes }: Scene): readonly SeriesView[] =>
  planes.series('adjacency_up').filter(isDown)

/** By name: what runs over them beside the traffic, such as a session, dies. */
export const namesOfFull = ({ planes }: Scene): ReadonlySet<string> =>
  new Set(fullLinks(planes).flatMap(({ labels }) => labels['link'] ?? []))

/** `a, b and 3 more`. */
export function listed(names: readonly string[], most = 3): string {
  const some = names.slice(0, most).join(', ')
  return names.length > most ? `${some} and ${names.length - most} more` : some
}

/** Values of labels, without repeats, in order of text. */
export const distinct = (names: Iterable<string | undefined>): string[] =>
  [...new Set([...names].filter((name) => name !== undefined))].sort()

export const percent = (share: number): string => `${Math.round(share * 100)} %`
