// Faults of routing: those that look like nothing else, those that look like a flood, and those that a
// measure against a flood has made.

import { minutes, parseInstant, seconds } from '../core/time.ts'
import { ALL, commit, type IncidentScript, incident, reflection } from './incident.ts'
import { type Conditions, POPS } from './network.ts'
import {
  churns,
  flaps,
  hijacked,
  leaksSpecifics,
  ownBlock,
  withdraws,
  withdrawsBlock,
  withdrawsSlowly,
} from './own-routes.ts'

const G = 1e9
const somePops = POPS.slice(0, 4)
const RING = ['seoul-incheon', 'incheon-daejeon', 'daejeon-daegu', 'daegu-gwangju', 'gwangju-busan']

/** Routes meant for BGP in IS-IS: the database of every router, within half a minute. */
const igpFlooded: Partial<Conditions> = {
  entries: 36,
  runs: 60,
  purges: 40,
  routingLoad: 0.97,
}
/** Nobody gets an answer from outside, and everybody asks again. */
const storm: Partial<Conditions> = { failing: 0.9, appRetries: 6 }
const popsFail: Partial<Conditions> = { failingPops: somePops }
const coreBroken: Partial<Conditions> = { deadAdjacencies: RING }

/** 11:16 in Seoul. */
const kt = { at: parseInstant('2021-10-25T02:16:00Z') ?? 0, lasts: minutes(89) }

export const faults: readonly IncidentScript[] = [
  incident({
    ...kt,
    id: 'S01',
    name: 'kt-2021',
    what: 'KT 2021: routes flood the IGP, resolvers drown in retries, all planes see',
    cause: 'routing-fault-with-secondary-surge',
    sees: ALL,
    is: { ...igpFlooded, ...storm, ...popsFail, lost: 0.75 },
    log: [commit('busan-edge', 'busan', 'CHG-2231: router replaced')],
  }),
  incident({
    ...kt,
    id: 'S02',
    name: 'kt-2021-without-igp',
    what: 'the same as the desk saw it: neither IGP nor change log, the border as usual',
    cause: 'routing-fault-with-secondary-surge',
    sees: ['bgp', 'ingress', 'flow', 'dns', 'probe'],
    is: { ...storm, failingPops: POPS },
  }),
  incident({
    ...kt,
    id: 'S03',
    name: 'kt-2021-dns-only',
    what: 'the same with nothing but the counters of the resolvers',
    cause: 'undetermined',
    sees: ['dns'],
    only: ['qps', 'servfail_ratio', 'timeout_ratio', 'duplicate_ratio'],
    routes: null,
    is: storm,
  }),
  incident({
    id: 'S05',
    name: 'facebook-2021',
    what: 'Facebook 2021: the backbone is gone, the edge withdraws',
    cause: 'routing-fault',
    sees: ['bgp', 'igp', 'ingress', 'probe'],
    is: { ...coreBroken, failingPops: POPS, lost: 0.95 },
    own: [withdraws(0.6)],
    log: [commit('seoul-core', 'seoul', 'capacity of the backbone assessed')],
  }),
  incident({
    id: 'S07',
    name: 'rogers-2022',
    what: 'Rogers 2022: a filter is removed, the core floods, prefixes go and come',
    cause: 'routing-fault',
    sees: ['bgp', 'igp', 'ingress', 'probe'],
    is: { ...igpFlooded, ...coreBroken, failingPops: POPS, lost: 0.97 },
    own: [withdraws(0.55), churns],
    log: [commit('daejeon-core', 'daejeon', 'policy filter removed')],
  }),
  incident({
    id: 'S08',
    name: 'optus-2023',
    what: 'Optus 2023: a neighbour sends too much, limits of prefixes trip everywhere',
    cause: 'routing-fault',
    sees: ['bgp', 'igp', 'ingress', 'probe'],
    is: {
      ...coreBroken,
      failingPops: POPS,
      received: 8,
      deadSessions: ['transit-1', 'transit-2', 'peering-1', 'peering-2'],
      lost: 0.96,
    },
    own: [withdraws(0.8)],
    log: [
      { after: minutes(3), event: 'upstream-notice', labels: { from: 'exchange-1' }, note: 'leak' },
    ],
  }),
  incident({
    id: 'S09',
    name: 'leak-of-own-prefixes',
    what: 'Verizon 2019 as the victim saw it: own more-specifics by an odd upstream',
    cause: 'routing-fault',
    sees: ['bgp', 'igp', 'ingress', 'probe'],
    is: { ...popsFail, lost: 0.6 },
    own: [leaksSpecifics],
  }),
  incident({
    id: 'S14',
    name: 'blackhole-too-wide',
    what: 'the tag for one address is put on a whole block',
    cause: 'routing-fault',
    sees: ['bgp', 'igp', 'ingress', 'probe'],
    is: { ...popsFail, lost: 0.06 },
    own: [withdrawsBlock],
    log: (net) => [
      commit('seoul-edge', 'seoul', 'blackhole for a customer'),
      {
        after: -seconds(10),
        event: 'mitigation-start',
        labels: { kind: 'rtbh', prefix: ownBlock(net) },
      },
      {
        after: minutes(40),
        event: 'mitigation-end',
        labels: { kind: 'rtbh', prefix: ownBlock(net) },
      },
    ],
  }),
  incident({
    id: 'S15',
    name: 'centurylink-2020',
    what: 'CenturyLink 2020: a Flowspec rule drops BGP itself',
    cause: 'routing-fault',
    sees: ['bgp', 'igp', 'ingress', 'flow', 'probe'],
    is: { ...popsFail, lost: 0.55, policed: 400_000 },
    own: [withdraws(0.2), flaps(3), churns],
    log: (net) => [
      commit('seoul-edge', 'seoul', 'flowspec against one address'),
      {
        after: -seconds(10),
        event: 'mitigation-start',
        labels: { kind: 'flowspec', prefix: ownBlock(net) },
      },
    ],
  }),
  incident({
    id: 'S19',
    name: 'fault-and-flood',
    what: 'a leak of own prefixes and a flood that has nothing to do with it',
    cause: 'concurrent-fault-and-flood',
    sees: ['bgp', 'igp', 'ingress', 'flow', 'probe'],
    is: { ...popsFail, flood: { ...reflection, bps: 720 * G }, lost: 0.05, unroutable: 60_000 },
    own: [leaksSpecifics],
    log: [commit('gwangju-core', 'gwangju', 'static routes cleaned up')],
  }),
  incident({
    id: 'S23',
    name: 'slow-withdrawal',
    what: 'prefix after prefix is gone over two hours, never many at once',
    cause: 'routing-fault',
    sees: ['bgp', 'igp', 'ingress', 'flow', 'probe'],
    lasts: minutes(130),
    within: minutes(110),
    phases: [
      { from: 0, until: minutes(130), ramp: minutes(90), is: { unroutable: 80_000, lost: 0.08 } },
      { from: minutes(60), until: minutes(130), ramp: seconds(60), is: popsFail },
    ],
    own: [withdrawsSlowly(0.5, minutes(120))],
  }),
  incident({
    id: 'S25',
    name: 'maintenance-escapes',
    what: 'planned work on one router takes others with it',
    cause: 'routing-fault',
    sees: ['bgp', 'igp', 'ingress', 'probe'],
    is: { ...igpFlooded, ...popsFail, lost: 0.7 },
    own: [withdraws(0.2)],
    log: [
      {
        after: -minutes(10),
        event: 'window-start',
        labels: { id: 'CHG-77', router: 'busan-core', pop: 'busan' },
      },
      commit('busan-core', 'busan', 'CHG-77'),
      {
        after: minutes(60),
        event: 'window-end',
        labels: { id: 'CHG-77', router: 'busan-core', pop: 'busan' },
      },
    ],
  }),
  incident({
    id: 'S27',
    name: 'bgp-only',
    what: 'most prefixes are gone, and there is nothing but BGP to see it by',
    cause: 'routing-fault',
    sees: [],
    own: [withdraws(0.7)],
  }),
  incident({
    id: 'S28',
    name: 'bgp-and-a-notice',
    what: 'the same with own sessions down in three places, and a mail from an upstream',
    cause: 'routing-fault',
    sees: ['bgp'],
    is: { deadSessions: ['transit-1', 'transit-2', 'transit-3', 'peering-1'] },
    own: [withdraws(0.7)],
    log: [
      { after: minutes(4), event: 'upstream-notice', labels: { from: 'AS174' }, note: 'outage' },
    ],
  }),
  incident({
    id: 'S33',
    name: 'clock-skew',
    what: 'the clock of the collector for the IGP is 4 min ahead: the fault seems to come last',
    cause: 'routing-fault-with-secondary-surge',
    sees: ['bgp', 'igp', 'ingress', 'dns', 'probe'],
    is: { ...igpFlooded, ...storm, ...popsFail, lost: 0.7 },
    own: [withdraws(0.2)],
    ahead: new Map([['igp', minutes(4)]]),
  }),
  incident({
    id: 'S39',
    name: 'hijack',
    what: 'somebody else announces own prefixes',
    cause: 'routing-fault',
    sees: ['bgp', 'igp', 'ingress', 'probe'],
    is: { ...popsFail, lost: 0.6 },
    own: [hijacked(0.6)],
  }),
]
