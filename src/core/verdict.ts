// What is said of an incident: which of two things broke it, how sure that is, and what would change it.

import type { EvidenceId } from './evidence.ts'
import type { Plane } from './sample.ts'

export const causes = [
  'routing-fault',
  'routing-fault-with-secondary-surge',
  'traffic-flood',
  'flood-with-routing-collateral',
  'concurrent-fault-and-flood',
  'mitigation',
  'collector-artefact',
  'planned-maintenance',
  'undetermined',
] as const

export type Cause = (typeof causes)[number]

/** What explains an incident without a fault or a flood that anybody need be woken for. */
export const explanations: ReadonlySet<Cause> = new Set<Cause>([
  'collector-artefact',
  'planned-maintenance',
  'mitigation',
])

export type Side = 'fault' | 'flood' | 'both' | 'neither'

/** For scoring (DESIGN §2.2). */
export function sideOf(cause: Cause): Side {
  if (cause.startsWith('routing-fault')) return 'fault'
  if (cause === 'traffic-flood' || cause === 'flood-with-routing-collateral') return 'flood'
  return cause === 'concurrent-fault-and-flood' ? 'both' : 'neither'
}

export type Axis = 'routing' | 'flood'

/** On which axis a verdict rests; that of the larger sum where there is no cause. */
export function axisOf({
  cause,
  routingDb,
  floodDb,
}: Pick<Verdict, 'cause' | 'routingDb' | 'floodDb'>): Axis {
  if (sideOf(cause) === 'flood' || cause === 'mitigation') return 'flood'
  return cause === 'undetermined' && floodDb > routingDb ? 'flood' : 'routing'
}

/** One line of a verdict: decibels on the axis it is listed for. */
export interface Ground {
  /** `limit`: what a family says beyond the 20 dB it may weigh. */
  readonly id: EvidenceId | 'prior' | 'limit'
  /** What it adds to the axis of the cause: negative under `against`. */
  readonly db: number
  readonly because: string
}

export interface Verdict {
  readonly cause: Cause
  /** In one sentence, how it came about: what is established, or which gate decided. */
  readonly because: string
  /** Counts the versions of this incident's verdict from 1. */
  readonly version: number
  /** 0 … 1; capped by how many planes are seen, and never 1; 0 while no cause is claimed. */
  readonly confidence: number
  readonly capped: string | null
  readonly routingDb: number
  readonly floodDb: number
  /** `for` and `against` together are the decibels of the axis of the cause, to the last one. */
  readonly for: readonly Ground[]
  readonly against: readonly Ground[]
  /** The same for the other axis: why the other hypothesis is accepted or refused. */
  readonly other: readonly Ground[]
  /** `routing first: …`, `traffic first: …`, or `unresolved: …`. */
  readonly order: string
  readonly blind: readonly Plane[]
  /** Where it is undetermined, the side it leans to. */
  readonly leaning: 'routing-fault' | 'traffic-flood' | null
  readonly ruledOut: readonly ('routing-fault' | 'traffic-flood')[]
  /** What nobody sees and would settle it. */
  readonly missing: readonly string[]
  readonly wouldChange: readonly string[]
  /** Why this version differs from the one before; null for the first. */
  readonly changedBecause: string | null
  readonly doFirst: string
  readonly doNot: string
  readonly say: string
}
