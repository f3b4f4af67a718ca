// What can be set. One schema gives the type, the check, the defaults, and what editors and faults
// say. `config/README.md` has a row for each setting, and a test that none is missing.

import { z } from 'zod'
import { specialDefaults } from '../context/special.ts'
import type { Asn } from '../core/asn.ts'
import { hours, type Span } from '../core/time.ts'
import { type DetectSettings, detectDefaults } from '../detect/detectors.ts'
import { projectOf } from '../feeds/archive-layout.ts'
import { type RisLiveSettings, risLiveDefaults } from '../feeds/ris-live-settings.ts'
import { tableLimits } from '../table/table.ts'
import { ledgerDefaults } from '../verdict/ledger.ts'
import { archivesSchema } from './archives.ts'
import { blackholesSchema } from './blackholes.ts'
import { bmpFeed } from './feed-bmp.ts'
import { flowsFeed } from './feed-flows.ts'
import { routeViewsFeed } from './feed-routeviews.ts'
import type { FeedOf } from './feeds.ts'
import {
  asn,
  asnOf,
  count,
  file,
  flag,
  group,
  list,
  listen,
  peer,
  prefix,
  reader,
  share,
  span,
  text,
  watched,
} from './fields.ts'
import { maintenanceSchema, planesSchema } from './planes.ts'
import { prometheusFeed } from './prometheus.ts'
import { fileOrUrl, refreshSchema, rtrSchema } from './rtr.ts'
import { stateSchema } from './state.ts'

const rrc = /^rrc\d{2}$/

const risLive = group({
  type: z.literal('ris-live').describe('The live stream of the RIPE RIS collectors.'),
  url: reader(
    z.string(),
    { title: 'a WebSocket address', examples: [risLiveDefaults.url], pattern: '^wss?://' },
    (given) => (URL.canParse(given) && /^wss?:$/.test(new URL(given).protocol) ? given : undefined),
  )
    .prefault(risLiveDefaults.url)
    .describe('Where the service is; another one for tests or a relay of your own.'),
  mode: z
    .enum(['subscribe', 'firehose'])
    .prefault(risLiveDefaults.mode)
    .describe('`subscribe` asks for the ASNs and prefixes; `firehose` takes everything.'),
  hosts: list(
    reader(
      z.string(),
      { title: 'the name of a collector', examples: ['rrc00'], pattern: rrc.source },
      (given) => (rrc.test(given) ? given : undefined),
    ),
  )
    .prefault([])
    .describe('Collectors to hear; none named = all. Each one multiplies the subscriptions.'),
  includeRaw: flag(risLiveDefaults.includeRaw).describe('Whole BGP messages too, for OTC.'),
  canaries: list(prefix)
    .prefault([...risLiveDefaults.canaries])
    .describe('Beacons heard to measure the way from a router to us; none = it is not measured.'),
  client: text('a text of one line', 'faultline, noc@example.net')
    .prefault(risLiveDefaults.client)
    .describe('Who you are, for the people who run the service.'),
  history: flag(false).describe(
    'The server plays the past: old stamps are no sign of a stale feed.',
  ),
})

const usual = detectDefaults

/** Thresholds, in the groups and by the names of `detect/`: what is set there can be set here. */
const detectFields = {
  outage: {
    share: share(usual.outage.share).describe('Part of the address space that must be lost.'),
    prefixes: count(usual.outage.prefixes, 1_000_000).describe(
      'Prefixes that must be lost, if the AS has as many.',
    ),
    prefixShare: share(usual.outage.prefixShare).describe('The same as a part of its prefixes.'),
    fastShare: share(usual.outage.fastShare).describe('Part of the space that is believed sooner.'),
    fastPrefixes: count(usual.outage.fastPrefixes, 1_000_000).describe(
      'Prefixes it takes for that.',
    ),
    fastConfirm: span(usual.outage.fastConfirm).describe('Such a loss must last so long.'),
    confirm: span(usual.outage.confirm).describe('Any other loss must last so long.'),
    closeShare: share(usual.outage.closeShare).describe('Over when no more than this is lost …'),
    closeOfPeak: share(usual.outage.closeOfPeak).describe('… or this part of the worst …'),
    clear: span(usual.outage.clear).describe('… for so long.'),
  },
  withdrawal: {
    prefixes: count(usual.withdrawal.prefixes, 1_000_000).describe(
      'Prefixes withdrawn though their space is still carried.',
    ),
    share: share(usual.withdrawal.share).describe('The same as a part of its prefixes.'),
    confirm: span(usual.withdrawal.confirm).describe('They must be gone so long.'),
    closeOfPeak: share(usual.withdrawal.closeOfPeak).describe(
      'Over when this part of the worst is left …',
    ),
    clear: span(usual.withdrawal.clear).describe('… for so long.'),
  },
  prefix: {
    confirm: span(usual.prefix.confirm).describe('A single prefix must be lost so long.'),
    fastConfirm: span(usual.prefix.fastConfirm).describe('When hardly anybody has it any more.'),
    clear: span(usual.prefix.clear).describe('Back for so long before it counts as over.'),
  },
  partial: {
    share: share(usual.partial.share).describe('Part of the space that many no longer reach.'),
    closeShare: share(usual.partial.closeShare).describe('Over when it is less than this …'),
    confirm: span(usual.partial.confirm).describe('It must last so long.'),
    clear: span(usual.partial.clear).describe('… for so long.'),
  },
  burst: {
    prefixes: count(usual.burst.prefixes, 10_000_000).describe('Prefixes lost within `within` …'),
    origins: count(usual.burst.origins, 1_000_000).describe('… of so many networks.'),
    tableShare: share(usual.burst.tableShare).describe('In a small table this part of it.'),
    within: span(usual.burst.within).describe('Losses of so long belong together.'),
    transitShare: share(usual.burst.transitShare).describe(
      'Part of their routes that must have gone through one network, for it to be the cause.',
    ),
    confirm: span(usual.burst.confirm).describe('They must be gone so long.'),
    memberShare: share(usual.burst.memberShare).describe(
      'An outage is told as part of it while this part of its loss is.',
    ),
    closeOfPeak: share(usual.burst.closeOfPeak).describe(
      'Over when this part of the worst is left …',
    ),
    clear: span(usual.burst.clear).describe('… for so long.'),
  },
  path: {
    lostFrom: share(usual.path.lostFrom).describe('Part of the paths an upstream ordinarily has …'),
    lostTo: share(usual.path.lostTo).describe('… and has at the most when it is lost.'),
    visibility: share(usual.path.visibility).describe('While so many still carry the AS.'),
    shift: share(usual.path.shift).describe('By so much the part of a transit changes.'),
    newTransit: share(usual.path.newTransit).describe('So much a transit has that had none.'),
    confirm: span(usual.path.confirm).describe('It must last so long.'),
    fastConfirm: span(usual.path.fastConfirm).describe('When an upstream went within a minute.'),
    peers: count(usual.path.peers, 10_000).describe('Peer ASNs that see a new neighbour.'),
    collectors: count(usual.path.collectors, 1_000).describe('Collectors they are at.'),
    newConfirm: span(usual.path.newConfirm).describe('A new neighbour must stay so long.'),
    clear: span(usual.path.clear).describe('As before for so long before it counts as over.'),
    accept: span(usual.path.accept).describe('What has been so for so long is ordinary.'),
  },
  churn: {
    peers: share(usual.churn.peers).describe('Part of the vantage points that say far too much.'),
    z: count(usual.churn.z, 1_000).describe('Deviations above the median that are too much …'),
    times: count(usual.churn.times, 1_000).describe('… and times the median.'),
    floor: count(usual.churn.floor, 100_000_000).describe('Fewer elements in 5 minutes never are.'),
    prefixShare: share(usual.churn.prefixShare).describe('Part of the prefixes of an AS touched.'),
    cycles: count(usual.churn.cycles, 1_000).describe('Losses of a prefix in half an hour.'),
  },
  leak: {
    clique: list(asn, asnOf)
      .prefault([...usual.leak.clique])
      .describe('Networks that buy transit from nobody; none named = that rule is off.'),
    inferClique: flag(usual.leak.inferClique).describe(
      'Add those whom the starting tables show to be transit-free.',
    ),
    prefixes: count(usual.leak.prefixes, 10_000_000).describe(
      'Prefixes on a link that strong evidence speaks against …',
    ),
    origins: count(usual.leak.origins, 1_000_000).describe('… or origins of them …'),
    peers: count(usual.leak.peers, 10_000).describe(
      '… at a tenth of the peers; so many are enough.',
    ),
    massPrefixes: count(usual.leak.massPrefixes, 10_000_000).describe(
      'Prefixes on one new link that make a mass leak by themselves.',
    ),
    massOrigins: count(usual.leak.massOrigins, 1_000_000).describe(
      'Origins among them, so that a new customer is none.',
    ),
    confirm: span(usual.leak.confirm).describe('Leaked paths must stand so long.'),
    fastConfirm: span(usual.leak.fastConfirm).describe('The same for 100 prefixes or more.'),
    closeOfPeak: share(usual.leak.closeOfPeak).describe(
      'Over when this part of the worst is left …',
    ),
    clear: span(usual.leak.clear).describe('… for so long.'),
  },
  specifics: {
    prefixes: count(usual.specifics.prefixes, 10_000_000).describe(
      'New more-specifics of one origin.',
    ),
    watchedPrefixes: count(usual.specifics.watchedPrefixes, 10_000_000).describe(
      'The same of a watched AS.',
    ),
    share: share(usual.specifics.share).describe('Part of the voters that must carry one.'),
    within: span(usual.specifics.within).describe('All of them announced in so long.'),
    confirm: span(usual.specifics.confirm).describe('They must stand so long.'),
    closeOfPeak: share(usual.specifics.closeOfPeak).describe(
      'Over when this part of the worst is left …',
    ),
    clear: span(usual.specifics.clear).describe('… for so long.'),
  },
  rpki: {
    shrink: share(usual.rpki.shrink).describe('Part of the VRPs that is missed when it is gone.'),
    expiring: span(usual.rpki.expiring).describe(
      'What makes a prefix valid ends so soon after the VRPs were made.',
    ),
    confirm: span(usual.rpki.confirm).describe('What was found of a network must hold so long.'),
    clear: span(usual.rpki.clear).describe('It must be well so long.'),
  },
  newPrefix: {
    peers: count(usual.newPrefix.peers, 10_000).describe(
      'At a tenth of the peers, but so many are enough.',
    ),
    confirm: span(usual.newPrefix.confirm).describe('It must stand so long.'),
    ordinary: span(usual.newPrefix.ordinary).describe('After so long it is new no more.'),
  },
  hijack: {
    peers: count(usual.hijack.peers, 10_000).describe('Peers that must have taken it.'),
    confirm: span(usual.hijack.confirm).describe('It must stand so long.'),
    fastConfirm: span(usual.hijack.fastConfirm).describe('The same when it is sure or of many.'),
    clear: span(usual.hijack.clear).describe('Gone for so long before it counts as over.'),
    massPrefixes: count(usual.hijack.massPrefixes, 10_000_000).describe(
      'Prefixes that one AS must take for a mass hijack …',
    ),
    massVictims: count(usual.hijack.massVictims, 1_000_000).describe('… of so many networks …'),
    massWindow: span(usual.hijack.massWindow).describe('… within so long.'),
  },
  blind: {
    after: span(usual.blind.after).describe('A feed is lost for so long before it is told.'),
    share: share(usual.blind.share).describe('Part of the vantage points without a session.'),
    clear: span(usual.blind.clear).describe('Sessions must be back so long.'),
    keep: span(usual.blind.keep).describe(
      'After a shorter gap routes count half until spoken of; after a longer one not at all.',
    ),
  },
} satisfies {
  [Group in keyof DetectSettings]: {
    [Name in keyof DetectSettings[Group]]: z.ZodType<DetectSettings[Group][Name]>
  }
}

const asnsOf = (usual: readonly Asn[]) => list(asn, asnOf).prefault([...usual])

/** A quick confirmation that takes longer than the careful one is a slip of the pen. */
const fastIsFaster = (given: { fastConfirm: Span; confirm: Span }) =>
  given.fastConfirm <= given.confirm
const slip = {
  path: ['fastConfirm'],
  error: 'is longer than confirm',
  params: { hint: 'shorten it, or lengthen confirm' },
}

export const configSchema = group({
  version: z.literal(1).describe('Of this format.'),
  asns: list(watched, asnOf).prefault([]).describe('Autonomous systems to watch.'),
  listen: listen
    .prefault('127.0.0.1:9477')
    .describe('Where page, metrics and API are served; a loopback address unless exposed.'),
  feeds: z
    .array(
      z.discriminatedUnion('type', [risLive, routeViewsFeed, prometheusFeed, flowsFeed, bmpFeed]),
    )
    .min(1)
    .meta({ title: 'a list of at least one feed' })
    .prefault([{ type: 'ris-live' }])
    .describe('Where routing data, and what else is known, comes from.'),
  context: group({
    rib: list(file)
      .prefault([])
      .describe('MRT tables to start from; paths are relative to the config file.'),
    bootstrap: list(
      reader(
        z.string(),
        { title: 'a collector of RIS or RouteViews', examples: ['rrc00', 'route-views2'] },
        (given) => (projectOf(given) === null ? undefined : given),
      ),
    )
      .prefault([])
      .describe(
        'Collectors whose newest table is fetched to start from; holes are filled from the archives.',
      ),
    ignorePeers: list(peer)
      .prefault([])
      .describe('Peers of collectors that are not listened to: AS numbers, addresses, prefixes.'),
    vrps: list(fileOrUrl)
      .prefault([])
      .describe('VRPs and ASPA of a validator, JSON or CSV; FILE@DATE where it has no date.'),
    vrpsRefresh: refreshSchema,
    rtr: rtrSchema,
    vrpsAhead: span(hours(24)).describe(
      'So much younger than the events the first of them may be.',
    ),
    asRelationships: list(file)
      .prefault([])
      .describe('Relationships of networks as CAIDA has them (serial-1 or serial-2).'),
    siblings: z
      .array(list(asn, asnOf))
      .prefault([])
      .describe('Networks of one organisation, a list each.'),
    research: asnsOf(specialDefaults.research).describe('Research and education networks.'),
    routeServers: asnsOf(specialDefaults.routeServers).describe('Route servers of exchanges.'),
    scrubbers: asnsOf(specialDefaults.scrubbers).describe(
      'Networks that originate prefixes of others while these are attacked.',
    ),
    blackholes: blackholesSchema
      .prefault({})
      .describe('By what routes of own routers are known as blackholes.'),
    beacons: list(prefix)
      .prefault([...specialDefaults.beacons])
      .describe(
        'Prefixes that come and go on purpose, with what is more specific; none = all count.',
      ),
  })
    .prefault({})
    .describe('What is known beforehand.'),
  archives: archivesSchema
    .prefault({})
    .describe('Where files are fetched from that are wanted and not here.'),
  planes: planesSchema.prefault({}).describe('Telemetry beside the routes, and who may push it.'),
  maintenance: maintenanceSchema
    .prefault([])
    .describe('Planned work: what happens in its time and scope was meant.'),
  detect: group({
    outage: group(detectFields.outage)
      .refine(fastIsFaster, slip)
      .prefault({})
      .describe('`outage.as`: address space that nobody carries any more.'),
    withdrawal: group(detectFields.withdrawal)
      .prefault({})
      .describe('`withdrawal.mass`: many prefixes gone, their space still carried.'),
    prefix: group(detectFields.prefix)
      .refine(fastIsFaster, slip)
      .prefault({})
      .describe('`outage.prefix`: single prefixes of a watched AS.'),
    partial: group(detectFields.partial)
      .prefault({})
      .describe('`outage.as` of a part of the world: a quarter or more of the carriers lost most.'),
    burst: group(detectFields.burst)
      .prefault({})
      .describe('`withdrawal.burst`: many networks lost at once.'),
    path: group(detectFields.path)
      .refine(fastIsFaster, slip)
      .prefault({})
      .describe('`path.*`: through whom a watched AS is reached.'),
    churn: group(detectFields.churn).prefault({}).describe('`churn.*`: far more than ordinarily.'),
    leak: group(detectFields.leak).refine(fastIsFaster, slip).prefault({}).describe('`leak.path`.'),
    specifics: group(detectFields.specifics)
      .prefault({})
      .describe(
        '`leak.own-specifics`: one network tells more-specifics of its own by the hundred.',
      ),
    rpki: group(detectFields.rpki)
      .prefault({})
      .describe('`rpki.*`: validity of the prefixes of a watched AS.'),
    newPrefix: group(detectFields.newPrefix)
      .prefault({})
      .describe('`prefix.new`: a watched AS originates what it did not before.'),
    hijack: group(detectFields.hijack)
      .refine(fastIsFaster, slip)
      .prefault({})
      .describe('`hijack.…`: prefixes announced by whose they are not.'),
    blind: group(detectFields.blind).prefault({}).describe('`blind`: our own eyes.'),
  })
    .prefault({})
    .describe('When something counts as an incident.'),
  limits: group({
    prefixes: count(tableLimits.prefixes, 16_000_000).describe('Different prefixes held.'),
    paths: count(tableLimits.paths, 200_000_000).describe('Different AS paths held.'),
    routes: count(tableLimits.routes, 4_000_000_000).describe('Routes held, 4 bytes each.'),
    incidents: count(ledgerDefaults.most, 1_000_000).describe('Incidents kept.'),
  })
    .prefault({})
    .describe('Bounds of memory; what is beyond one is dropped and counted.'),
  state: stateSchema.exactOptional().describe('What outlives the daemon: it goes on from there.'),
  journal: file
    .exactOptional()
    .describe('Write everything that was heard here, to be replayed; relative to the config file.'),
  log: group({
    level: z
      .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
      .prefault('info')
      .describe('The least important line that is still written.'),
  })
    .prefault({})
    .describe('What the daemon says about itself.'),
})

/** Read, checked and complete: spans in microseconds, prefixes canonical, defaults filled in. */
export type Config = z.output<typeof configSchema>

/** What the RIS Live client is opened with. Prefixes found in a table come later, by `subscribe`. */
export function risLiveSettings(config: Config, feed: FeedOf<'ris-live'>): RisLiveSettings {
  const { type: _, history, ...settings } = feed
  return {
    ...risLiveDefaults,
    ...settings,
    asns: config.asns.map(({ asn }) => asn),
    prefixes: config.asns.flatMap(({ prefixes }) => prefixes),
    staleAfter: history ? null : risLiveDefaults.staleAfter,
  }
}
