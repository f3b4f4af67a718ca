// The record of an incident as it begins, and the name it keeps.

import { createHash } from 'node:crypto'
import type { Incident, Signal } from '../core/incident.ts'
import { iso } from '../core/time.ts'
import { confidenceOf } from './weigh.ts'

/** Frozen at open: of what it is about, and when that began. */
export function idOf({ key, startedAt }: Signal): string {
  const ms = Math.floor(startedAt / 1_000)
  return createHash('sha256').update(`${key}|${ms}`).digest('hex').slice(0, 16)
}

/** The record of an incident before anything is written of it. */
export function first(
  id: string,
  signal: Signal,
  previousId: string | null,
  { baseline, inputs }: Pick<Incident, 'baseline' | 'inputs'>,
): Incident {
  return {
    schema: 1,
    id,
    key: signal.key,
    revision: 0,
    kind: signal.kind,
    kinds: [signal.kind],
    state: 'open',
    asn: signal.asn,
    culprit: signal.culprit,
    afi: signal.afi,
    startedAt: iso(signal.startedAt),
    detectedAt: iso(signal.at),
    endedAt: null,
    updatedAt: iso(signal.at),
    baseline,
    severity: signal.severity,
    confidence: confidenceOf(signal),
    counts: { ...signal.now, now: signal.now },
    vantage: { active: 0, quarantined: 0, down: 0, unknown: 0 },
    segments: signal.segments,
    samples: signal.samples,
    verdict: null,
    rfc7908: signal.rfc7908,
    foldedInto: null,
    previousId,
    because: '',
    inputs,
  }
}
