// What the tests of the judge have in common: cases as lists of ids.

import { type EvidenceId, evidence, type Finding } from '../../src/core/evidence.ts'
import { type Plane, planes } from '../../src/core/sample.ts'
import { type Gates, noGates } from '../../src/verdict/decide.ts'
import { type Case, noHistory } from '../../src/verdict/judge.ts'

export const finding = (id: EvidenceId, factor = 1): Finding => ({
  id,
  because: `what ${id} says`,
  onset: null,
  where: [],
  factor,
})

/** A plane of which nothing is found is blind. */
export function statesOf(ids: readonly EvidenceId[]): Case['planes'] {
  const seen = new Set(ids.map((id) => evidence[id].plane as Plane | null))
  return Object.fromEntries(
    planes.map((plane) => [plane, seen.has(plane) ? 'anomalous' : 'blind']),
  ) as Record<Plane, 'anomalous' | 'blind'>
}

export function caseOf(ids: readonly EvidenceId[], more: Partial<Case> = {}): Case {
  return {
    findings: ids.map((id) => finding(id)),
    planes: statesOf(ids),
    gates: noGates,
    watched: true,
    previous: null,
    history: noHistory,
    ...more,
  }
}

export const gates = (more: Partial<Gates>): Gates => ({ ...noGates, ...more })
export const scrubber = {
  because: '192.0.2.0/24 goes through a scrubber',
  explainsBgp: true,
  isFault: false,
}
