// What is neither: measures that somebody has taken, planned work, collectors that fall, other people's
// trouble, joy, and that of which too little is seen to say.

import { minutes, seconds } from '../core/time.ts'
import { ALL, commit, type IncidentScript, incident, LATER, reflection } from './incident.ts'
import type { Flood, Phase } from './network.ts'
import {
  behindScrubber,
  besideScrubber,
  blackholes,
  churns,
  collectorFalls,
  diverts,
  flaps,
  losesProvider,
  ownBlock,
  ownHost,
  SCRUBBER,
} from './own-routes.ts'

const G = 1e9
const seen = ['bgp', 'igp', 'ingress', 'flow', 'probe'] as const
/** What was done about it takes minutes to help. */
const untilHelped = (flood: Flood): Phase[] => [
  {
    from: 0,
    until: LATER + minutes(10),
    ramp: seconds(30),
    is: { failingTarget: 'web', flood },
  },
]
const scope = { id: 'CHG-12', asn: '4766', router: 'seoul-edge', link: 'transit-1' }

export const others: readonly IncidentScript[] = [
  incident({
    id: 'S06',
    name: 'facebook-2021-resolver',
    what: 'Facebook 2021 at the resolvers of another: a surge of own users, whose names are gone',
    cause: 'undetermined',
    sees: ALL,
    is: { failing: 0.3, appRetries: 20 },
  }),
  incident({
    id: 'S11',
    name: 'github-2018-diverted',
    what: 'GitHub 2018: after minutes all routes are led through a scrubber',
    cause: 'mitigation',
    sees: seen,
    world: besideScrubber,
    phases: untilHelped({ ...reflection, bps: 900 * G }),
    ownLater: [diverts],
    log: (net) => [
      {
        after: LATER,
        event: 'mitigation-start',
        labels: { kind: 'scrubber', prefix: ownBlock(net), asn: String(SCRUBBER) },
      },
    ],
  }),
  incident({
    id: 'S12',
    name: 'always-scrubbed',
    what: 'all routes have always gone through a scrubber, and nothing happens',
    cause: 'none',
    pages: false,
    sees: ['bgp', 'igp', 'ingress', 'probe'],
    world: behindScrubber,
  }),
  incident({
    id: 'S13',
    name: 'blackhole-of-one',
    what: 'one address is attacked and given up on purpose',
    cause: 'mitigation',
    sees: seen,
    phases: untilHelped({ ...reflection, bps: 190 * G, reflected: 0.05, oneLength: 0.1 }),
    ownLater: [blackholes],
    log: (net) => [
      {
        after: minutes(2),
        event: 'detector-start',
        labels: {
          host: ownHost(net).replace(/\d+\/32$/, 'x'),
          direction: 'incoming',
          detector: 'fastnetmon',
        },
      },
      { after: LATER, event: 'mitigation-start', labels: { kind: 'rtbh', prefix: ownHost(net) } },
    ],
  }),
  incident({
    id: 'S21',
    name: 'collector-reset',
    what: 'the sessions of a collector fall and come back, and nothing else',
    cause: 'collector-artefact',
    pages: false,
    sees: ['bgp', 'igp', 'ingress', 'probe'],
    lasts: minutes(12),
    own: [collectorFalls('rrc10')],
  }),
  incident({
    id: 'S22',
    name: 'stream-down',
    what: 'no BGP is heard, and there is somewhat more traffic than usual',
    cause: 'undetermined',
    sees: ['ingress'],
    only: ['in_bps', 'in_pps'],
    routes: null,
    is: { demand: 1.9 },
    ramp: minutes(3),
  }),
  incident({
    id: 'S24',
    name: 'maintenance',
    what: 'planned work, within what was declared',
    cause: 'planned-maintenance',
    pages: false,
    sees: ['bgp', 'igp', 'ingress', 'probe'],
    is: { deadSessions: ['transit-1'], runs: 14, purges: 3 },
    own: [losesProvider(0), churns],
    log: [
      { after: -minutes(5), event: 'window-start', labels: scope, note: 'line card replaced' },
      commit('seoul-edge', 'seoul', 'CHG-12'),
      { after: minutes(55), event: 'window-end', labels: scope },
    ],
  }),
  incident({
    id: 'S26',
    name: 'customer-flaps',
    what: 'the prefix of one customer goes and comes, and nobody else notices',
    cause: 'undetermined',
    pages: false,
    sees: ['bgp', 'igp', 'ingress', 'probe'],
    own: [flaps(1)],
  }),
  incident({
    id: 'S30',
    name: 'surge-without-composition',
    what: 'interfaces say that more comes in, and nobody says what it is',
    cause: 'undetermined',
    sees: ['ingress'],
    only: ['in_bps', 'in_pps'],
    routes: null,
    is: { flood: { ...reflection, bps: 800 * G } },
  }),
  incident({
    id: 'S34',
    name: 'neighbour-down',
    what: 'another operator is down, and its users come over',
    cause: 'undetermined',
    sees: seen,
    is: { demand: 2.2 },
    ramp: minutes(2),
  }),
  incident({
    id: 'S35',
    name: 'flash-crowd',
    what: 'everybody watches the same match',
    cause: 'undetermined',
    pages: false,
    sees: seen,
    is: { demand: 3.8 },
    ramp: minutes(3),
  }),
  incident({
    id: 'S36',
    name: 'kt-busan-2023',
    what: 'KT Busan 2023: a switch in front of resolvers loses answers',
    cause: 'undetermined',
    sees: ['bgp', 'igp', 'ingress', 'dns', 'probe'],
    is: {
      lossyFronts: ['resolver-busan', 'resolver-seoul'],
      appRetries: 3,
      failingTarget: 'resolver-busan',
    },
  }),
  incident({
    id: 'S40',
    name: 'low-rate-attack',
    what: 'little traffic, well aimed: sessions reset again and again',
    cause: 'undetermined',
    sees: ['bgp', 'igp', 'ingress', 'probe'],
    phases: [
      { from: 0, until: minutes(40), ramp: 0, is: { punted: 4_000, failingTarget: 'web' } },
      ...Array.from({ length: 10 }, (_, turn) => ({
        from: turn * minutes(4),
        until: turn * minutes(4) + seconds(150),
        ramp: 0,
        is: { deadSessions: ['transit-2'] },
      })),
    ],
    own: [flaps(3)],
  }),
]
