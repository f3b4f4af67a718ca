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

/** KT's desk on 25 October 2021, had it been asked in this house. */
export const judged: Incident = {
  ...outage,
  id: '00112233445566ff',
  key: 'verdict:4766',
  kind: 'traffic.surge',
  kinds: ['traffic.surge', 'igp.anomaly'],
  asn: 4766,
  culprit: 4766,
  afi: null,
  severity: 'critical',
  confidence: {
    score: 6,
    level: 'medium',
    tags: [
      { name: 'qps', score: 6, because: 'DNS queries 4.1 × their forecast at 6 of 6 resolvers' },
    ],
  },
  verdict: {
    cause: 'routing-fault-with-secondary-surge',
    because: 'a routing fault is established at +37 dB by igp, dns, probe',
    version: 2,
    confidence: 0.95,
    capped: 'no verdict is surer',
    routingDb: 37,
    floodDb: -31,
    for: [
      {
        id: 'igp.lsdb_jump',
        db: 20,
        because: 'IS-IS holds 412,000 routes on 38 routers, usually 9,800',
      },
      { id: 'dns.upstream_fail', db: 10, because: 'timeouts towards outside 38 %, usually 0.4 %' },
      { id: 'pr.inside_fail', db: 7, because: 'inside probes fail in 9 of 11 POPs' },
      {
        id: 'dns.diffuse',
        db: 6,
        because: '71 % of subscribers ask 2 to 30 times as much as usual',
      },
      { id: 'in.normal', db: 2, because: 'border inflow is 0.97 × its forecast' },
    ],
    against: [
      { id: 'prior', db: -4, because: 'before anything is known' },
      { id: 'bgp.quiet', db: -3, because: 'all 8,214 prefixes are visible' },
      { id: 'limit', db: -1, because: 'all of igp counts 20 dB at most' },
    ],
    other: [
      {
        id: 'dns.diffuse',
        db: -10,
        because: '71 % of subscribers ask 2 to 30 times as much as usual',
      },
      { id: 'in.normal', db: -10, because: 'border inflow is 0.97 × its forecast' },
      { id: 'prior', db: -4, because: 'before anything is known' },
      { id: 'dns.upstream_fail', db: -3, because: 'timeouts towards outside 38 %, usually 0.4 %' },
      {
        id: 'igp.lsdb_jump',
        db: -3,
        because: 'IS-IS holds 412,000 routes on 38 routers, usually 9,800',
      },
      { id: 'bgp.quiet', db: 1, because: 'all 8,214 prefixes are visible' },
      { id: 'pr.inside_fail', db: -1, because: 'inside probes fail in 9 of 11 POPs' },
    ],
    order: 'unresolved: IS-IS 02:16:02 ± 5 s, DNS 02:16:00 ± 45 s',
    blind: ['flow'],
    leaning: null,
    ruledOut: ['traffic-flood'],
    missing: [],
    wouldChange: [
      'border inflow above 3 × its forecast, together with reflected packets would make it a fault and a flood at once',
    ],
    changedBecause: 'it was undetermined; arrived: igp.lsdb_jump; seen again: igp',
    doFirst: 'freeze changes; isolate the router that fills the IS-IS or OSPF table',
    doNot: 'block or rate-limit own subscribers, or call it a DDoS',
    say: 'We have a routing problem and are working on it. There is no sign of an attack.',
  },
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
