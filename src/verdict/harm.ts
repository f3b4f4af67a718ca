// How bad a situation is: by the harm it does, not by its size. What is explained harms nobody who need be
// woken. Where no probe says that all is well, what has a culprit is taken to hurt: scarcity never silences.

import type { EvidenceId, Finding } from '../core/evidence.ts'
import type { Severity } from '../core/incident.ts'
import { explanations, sideOf, type Verdict } from '../core/verdict.ts'

/** What hurts somebody. */
const harms: ReadonlySet<EvidenceId> = new Set<EvidenceId>([
  'pr.inside_fail',
  'pr.victim_only',
  'sp.many_pops',
  'in.collapse',
  'in.saturated',
  'igp.lsdb_jump',
  'bgp.rx_prefix_flood',
])

export interface Harm {
  /** By what is seen. */
  readonly seen: Severity
  /** And by what may be, where nobody says that all is well. */
  readonly unseen: Severity
}

export const noHarm: Harm = { seen: 'info', unseen: 'info' }

export function severityOf(findings: readonly Finding[], verdict: Verdict | null): Harm {
  if (verdict !== null && explanations.has(verdict.cause)) return noHarm
  if (findings.some(({ id }) => id === 'pr.ok')) return { seen: 'info', unseen: 'minor' }
  const found = findings.filter(({ id }) => harms.has(id)).length
  if (found > 0) {
    const seen = found >= 2 ? 'critical' : 'major'
    return { seen, unseen: seen }
  }
  const claimed = verdict !== null && sideOf(verdict.cause) !== 'neither'
  return { seen: 'info', unseen: claimed ? 'major' : 'minor' }
}
