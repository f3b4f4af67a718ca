// One incident as the ledger writes it, for tests to bend.

import type { Counts, Incident } from '../../src/core/incident.ts'

export const counts: Counts = {
  prefixes: 33,
  ofPrefixes: 33,
  covered: 0,
  peerAsns: 25,
  collectors: 1,
  share: 1,
}

export const outage: Incident = {
  schema: 1,
  id: '0123456789abcdef',
  key: 'outage:39891:ipv4',
  revision: 1,
  kind: 'outage.as',
  kinds: ['outage.as'],
  state: 'open',
  asn: 39891,
  culprit: 39891,
  afi: 'ipv4',
  startedAt: '2024-10-29T00:07:04.000Z',
  detectedAt: '2024-10-29T00:08:50.000Z',
  endedAt: null,
  updatedAt: '2024-10-29T00:08:50.000Z',
  baseline: 'learned-from-input',
  severity: 'critical',
  confidence: {
    score: 9,
    level: 'medium',
    tags: [
      { name: 'broad', score: 6, because: '25 peer ASes lost it' },
      { name: 'all-gone', score: 3, because: 'nothing is left' },
      { name: 'cap', score: 0, because: 'the baseline was learned from the input' },
    ],
  },
  counts: { ...counts, now: counts },
  vantage: { active: 29, quarantined: 1, down: 0, unknown: 2 },
  segments: [],
  samples: {
    prefixes: ['192.0.2.0/24', '198.51.100.0/24'],
    paths: [{ peer: 'AS1 at rrc00', prefix: '192.0.2.0/24', before: '1 2 39891', after: null }],
    elements: [{ file: 'updates.bz2', offset: 4711 }],
  },
  verdict: null,
  rfc7908: null,
  foldedInto: null,
  previousId: null,
  because: 'opened',
  inputs: { version: '0.1.0', config: 'sha256:0', asRelationships: null, vrps: null },
}

export const resolved: Incident = {
  ...outage,
  revision: 3,
  state: 'resolved',
  endedAt: '2024-10-29T00:19:10.000Z',
  updatedAt: '2024-10-29T00:24:10.000Z',
  counts: { ...counts, now: { ...counts, prefixes: 0, share: 0 } },
  because: 'up for 5 min',
}

export const leak: Incident = {
  ...outage,
  id: 'fedcba9876543210',
  key: 'leak:15169',
  kind: 'leak.path',
  kinds: ['leak.path'],
  asn: 15169,
  culprit: 15169,
  afi: null,
  baseline: 'rib',
  counts: {
    ...counts,
    prefixes: 163_000,
    ofPrefixes: 0,
    origins: 4_749,
    share: 0.2,
    now: { ...counts, prefixes: 160_000, ofPrefixes: 0, origins: 4_749, share: 0.2 },
  },
  segments: [{ from: 4713, by: 15169, to: 701, prefixes: 163_000 }],
  confidence: {
    score: 8,
    level: 'high',
    tags: [{ name: 'pop-up', score: 8, because: 'one new link carries many origins' }],
  },
}

export const blind: Incident = {
  ...outage,
  id: 'bbbbbbbbbbbbbbbb',
  key: 'blind:ris-live',
  kind: 'blind',
  kinds: ['blind'],
  asn: 0,
  culprit: 0,
  afi: null,
  severity: 'major',
  confidence: {
    score: 8,
    level: 'high',
    tags: [{ name: 'sight.lost', score: 8, because: 'ris-live is silent' }],
  },
}
