// Floods: from outside and from within, with and without harm to routing.

import { minutes } from '../core/time.ts'
import { ALL, type IncidentScript, incident, reflection } from './incident.ts'
import type { Conditions } from './network.ts'
import { collectorFalls, flaps, losesProvider, withdraws } from './own-routes.ts'

const G = 1e9
const seen = ['bgp', 'igp', 'ingress', 'flow', 'probe'] as const

const onOne: Partial<Conditions> = { failingTarget: 'web' }
const resolverHit: Partial<Conditions> = { failingTarget: 'resolver-busan' }
/** On two links out of six, both full. */
const onTwo = { links: ['transit-1', 'transit-2'], bps: 2_400 * G }

const worm = {
  ...reflection,
  bps: 3_000 * G,
  length: 404,
  reflected: 0,
  oneLength: 0.98,
  victim: 0.001,
  leaving: 0.5,
  links: ['transit-1', 'transit-2', 'transit-3'],
}

/** Sessions on peering-3 fall while the flood is on two other links. */
const lateFlood = {
  is: { flood: { ...reflection, ...onTwo }, deadSessions: ['peering-3'] },
  sees: ['bgp', 'ingress', 'flow'] as const,
  lasts: minutes(40),
}

export const floods: readonly IncidentScript[] = [
  incident({
    id: 'S04',
    name: 'skb-2014',
    what: 'SK Broadband 2014: a thousand infected subscribers against own resolvers',
    cause: 'traffic-flood',
    sees: ALL,
    is: {
      ...resolverHit,
      punted: 6_000,
      bots: {
        resolvers: ['resolver-busan', 'resolver-seoul'],
        clients: 1_030,
        rate: 260,
        randomNames: true,
        outside: false,
        unanswered: 0.02,
      },
    },
  }),
  incident({
    id: 'S10',
    name: 'github-2018',
    what: 'GitHub 2018, the first minutes: reflection against one address, routing untouched',
    cause: 'traffic-flood',
    sees: seen,
    is: { ...onOne, flood: reflection },
  }),
  incident({
    id: 'S16',
    name: 'flood-kills-session',
    what: 'a flood fills two links, and minutes later their BGP sessions die',
    cause: 'flood-with-routing-collateral',
    sees: seen,
    is: {
      ...onOne,
      flood: { ...reflection, ...onTwo, reflected: 0, oneLength: 0.1 },
      punted: 5_000,
    },
    later: {
      deadSessions: ['transit-1', 'transit-2'],
      deadAdjacencies: ['transit-1', 'transit-2'],
    },
    ownLater: [losesProvider(0), withdraws(0.15)],
  }),
  incident({
    id: 'S17',
    name: 'slammer-2003',
    what: 'Slammer 2003: a worm inside and outside, sessions at the edge flap',
    cause: 'flood-with-routing-collateral',
    sees: ['bgp', 'igp', 'ingress', 'flow'],
    is: { flood: worm, punted: 9_000 },
    later: {
      deadSessions: ['transit-1', 'transit-2'],
      deadAdjacencies: ['transit-1', 'transit-2', 'transit-3'],
    },
    ownLater: [flaps(4)],
  }),
  incident({
    id: 'S18',
    name: 'root-dns-2015',
    what: 'root DNS 2015: one site of an anycast service withdraws under load',
    cause: 'flood-with-routing-collateral',
    sees: ['bgp', 'igp', 'ingress', 'flow', 'dns'],
    is: {
      flood: {
        ...reflection,
        bps: 1_500 * G,
        length: 90,
        reflected: 0,
        oneLength: 0.95,
        links: ['transit-2', 'peering-2'],
      },
      bots: {
        resolvers: ['resolver-busan'],
        clients: 60_000,
        rate: 15,
        randomNames: true,
        outside: true,
        unanswered: 0.1,
      },
    },
    later: { deadSessions: ['transit-2', 'peering-2'] },
    ownLater: [withdraws(0.1)],
  }),
  incident({
    id: 'S20',
    name: 'flood-and-collector-outage',
    what: 'a collector falls while a flood is on',
    cause: 'traffic-flood',
    sees: seen,
    is: { ...onOne, flood: { ...reflection, bps: 750 * G } },
    own: [collectorFalls('rrc10')],
  }),
  incident({
    id: 'S29',
    name: 'reflection-without-bgp',
    what: 'reflection, seen by flows and interfaces alone',
    cause: 'traffic-flood',
    sees: ['ingress', 'flow'],
    routes: null,
    is: { flood: { ...reflection, bps: 800 * G } },
  }),
  incident({
    ...lateFlood,
    id: 'S31',
    name: 'flood-before-flows',
    what: 'a surge and some sessions down, and no flows to say what it is made of',
    cause: 'undetermined',
    sees: ['bgp', 'ingress'],
    only: ['session_up', 'rx_prefixes', 'rx_prefix_limit_ratio', 'in_bps', 'in_pps'],
  }),
  incident({
    ...lateFlood,
    id: 'S32',
    name: 'flood-late-flows',
    what: 'the same, with flows that are 5 min late: a second verdict takes the place of the first',
    cause: 'traffic-flood',
    first: 'undetermined',
    within: minutes(17),
    only: [
      'session_up',
      'rx_prefixes',
      'rx_prefix_limit_ratio',
      'in_bps',
      'in_pps',
      'in_discards',
      'link_load',
      'flow_bps',
      'top_destination_bps',
      'reflection_share',
      'one_length_share',
      'syn_share',
    ],
    late: ['flow', 'in_discards', 'link_load'],
  }),
  incident({
    id: 'S37',
    name: 'carpet-bombing',
    what: 'a flood over a /20, too thin on each address to be noticed there',
    cause: 'traffic-flood',
    sees: ['bgp', 'igp', 'ingress', 'flow'],
    is: { flood: { ...reflection, victim: 0.004, reflected: 0.9, bps: 2_200 * G } },
  }),
  incident({
    id: 'S38',
    name: 'water-torture',
    what: 'random names through a few own subscribers: SERVFAIL rises as in a fault',
    cause: 'traffic-flood',
    sees: ['bgp', 'igp', 'ingress', 'dns', 'probe'],
    is: {
      ...resolverHit,
      bots: {
        resolvers: ['resolver-busan', 'resolver-seoul'],
        clients: 900,
        rate: 60,
        randomNames: true,
        outside: false,
        unanswered: 0.45,
      },
    },
  }),
]
