// Signals for tests: what a detector says of AS7000 at so many seconds.

import { noSamples, type Signal } from '../../src/core/incident.ts'
import { type Instant, parseInstant, seconds } from '../../src/core/time.ts'

export const start = parseInstant('2025-01-01T00:00:00Z') ?? 0
export const instant = (s: number): Instant => start + seconds(s)

export function said(s: number, about: Partial<Signal> = {}): Signal {
  const { kind = 'outage.as', asn = 7000 } = about
  return {
    kind,
    key: `${kind === 'outage.as' ? 'outage' : kind}:${asn}:ipv4`,
    asn,
    culprit: asn,
    afi: 'ipv4',
    at: instant(s),
    phase: 'open',
    startedAt: start,
    endedAt: about.phase === 'resolved' ? instant(s) : null,
    severity: 'minor',
    tags: [{ name: kind, score: 5, because: 'b' }],
    cap: null,
    now: { prefixes: 0, ofPrefixes: 9, covered: 0, peerAsns: 0, collectors: 0, share: 0 },
    segments: [],
    samples: noSamples,
    rfc7908: null,
    ...about,
  }
}

export const surge = (s: number, about: Partial<Signal> = {}): Signal =>
  said(s, { kind: 'traffic.surge', key: `surge:${about.asn ?? 7000}`, afi: null, ...about })
