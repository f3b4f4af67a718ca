// What can be set. One schema gives the type, the check, the defaults, and what editors and faults
// say. `config/README.md` has a row for each setting, and a test that none is missing.

import { z } from 'zod'
import { type RisLiveSettings, risLiveDefaults } from '../feeds/ris-live-settings.ts'
import {
  asnOf,
  count,
  file,
  flag,
  group,
  list,
  listen,
  reader,
  share,
  span,
  text,
  watched,
} from './fields.ts'

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
  client: text('a text of one line', 'faultline, noc@example.net')
    .prefault(risLiveDefaults.client)
    .describe('Who you are, for the people who run the service.'),
  history: flag(false).describe(
    'The server plays the past: old stamps are no sign of a stale feed.',
  ),
})

/** Thresholds by kind of trouble. A detector's new setting is one line here and a row in README. */
const detectFields = {
  outage: {
    minShare: share(0.1).describe('Part of the AS that must be lost.'),
    minPrefixes: count(3, 1_000_000).describe('Prefixes that must be lost, if the AS has as many.'),
    fastConfirm: span('45s').describe('A loss of many prefixes at once must last so long.'),
    slowConfirm: span('180s').describe('The loss of a single prefix must last so long.'),
    clear: span('300s').describe('Back for so long before it counts as over.'),
  },
  leak: {
    minPrefixes: count(100, 10_000_000).describe('Prefixes on one new link that make a mass leak.'),
    minOrigins: count(10, 1_000_000).describe(
      'Origins among them, so that a new customer is none.',
    ),
    confirm: span('30s').describe('Leaked paths must stand so long.'),
    fastConfirm: span('10s').describe('The same for a mass leak.'),
    clear: span('300s').describe('Gone for so long before it counts as over.'),
  },
  blind: {
    after: span('30s').describe('A feed is lost for so long before it is told.'),
  },
}

/** A quick confirmation that takes longer than the careful one is a slip of the pen. */
const noLonger = (careful: string) => ({
  path: ['fastConfirm'],
  error: `is longer than ${careful}`,
  params: { hint: `shorten it, or lengthen ${careful}` },
})

export const configSchema = group({
  version: z.literal(1).describe('Of this format.'),
  asns: list(watched, asnOf).prefault([]).describe('Autonomous systems to watch.'),
  listen: listen
    .prefault('127.0.0.1:9477')
    .describe('Where page, metrics and API are served; a loopback address unless exposed.'),
  feeds: z
    .array(z.discriminatedUnion('type', [risLive]))
    .min(1)
    .meta({ title: 'a list of at least one feed' })
    .prefault([{ type: 'ris-live' }])
    .describe('Where routing data comes from.'),
  context: group({
    rib: list(file)
      .prefault([])
      .describe('MRT tables to start from; paths are relative to the config file.'),
  })
    .prefault({})
    .describe('What is known beforehand.'),
  detect: group({
    outage: group(detectFields.outage)
      .refine((o) => o.fastConfirm <= o.slowConfirm, noLonger('slowConfirm'))
      .prefault({})
      .describe('`outage.as`, `outage.prefix`, `withdrawal.mass`.'),
    leak: group(detectFields.leak)
      .refine((o) => o.fastConfirm <= o.confirm, noLonger('confirm'))
      .prefault({})
      .describe('`leak.path`.'),
    blind: group(detectFields.blind).prefault({}).describe('`blind`.'),
  })
    .prefault({})
    .describe('When something counts as an incident.'),
  limits: group({
    prefixes: count(2_000_000, 16_000_000).describe('Different prefixes held.'),
    paths: count(12_000_000, 200_000_000).describe('Different AS paths held.'),
    routes: count(600_000_000, 4_000_000_000).describe('Routes held, 4 bytes each.'),
    incidents: count(2_000, 1_000_000).describe('Incidents kept.'),
  })
    .prefault({})
    .describe('Bounds of memory; what is beyond one is dropped and counted.'),
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
export function risLiveSettings(config: Config, feed: Config['feeds'][number]): RisLiveSettings {
  const { type: _, history, ...settings } = feed
  return {
    ...risLiveDefaults,
    ...settings,
    asns: config.asns.map(({ asn }) => asn),
    prefixes: config.asns.flatMap(({ prefixes }) => prefixes),
    staleAfter: history ? null : risLiveDefaults.staleAfter,
  }
}
