// What can be set about RouteViews over Kafka.

import { z } from 'zod'
import { type RouteViewsSettings, routeViewsDefaults } from '../feeds/routeviews-settings.ts'
import { brokers, kafkaAccess, kafkaFields } from './feed-kafka.ts'
import { asn, asnOf, group, list, reader, span, text } from './fields.ts'

const usual = routeViewsDefaults
/** Two places that are left open, the collector and its peer. */
const topics = /^[\w.-]*\+[\w.-]+\+[\w.-]*$/
const collector = /^[\w.-]{1,200}$/

export const routeViewsFeed = group({
  type: z.literal('routeviews').describe('The live stream of the RouteViews collectors, by Kafka.'),
  brokers: brokers.prefault([...usual.brokers]).describe('Brokers to ask for the others.'),
  topics: reader(
    z.string(),
    { title: 'a name with two +', examples: [usual.topics], pattern: topics.source },
    (given) => (topics.test(given) ? given : undefined),
  )
    .prefault(usual.topics)
    .describe('Names of topics: + stands for the collector, and for the ASN of its peer.'),
  collectors: list(
    reader(
      z.string(),
      {
        title: 'the name of a collector',
        examples: ['route-views2', 'linx'],
        pattern: collector.source,
      },
      (given) => (collector.test(given) ? given.toLowerCase() : undefined),
    ),
  )
    .prefault([...usual.collectors])
    .describe('Collectors that are heard; none named = all.'),
  peers: list(asn, asnOf)
    .prefault([...usual.peers])
    .describe('Peers that are heard; none named = all.'),
  ...kafkaFields,
  client: text('a text of one line', 'faultline')
    .prefault(usual.client)
    .describe('Who you are, for the people who run the brokers.'),
  relist: span(usual.relist).describe('New topics are looked for so often.'),
  mostLag: span(usual.mostLag).describe('What waited longer is passed over, and told as a gap.'),
  collectorSilence: span(usual.collectorSilence).describe(
    'A collector silent for so long, while others speak, is a gap.',
  ),
})

export type RouteViewsFeed = z.output<typeof routeViewsFeed>

/** What the feed is opened with. Reads secrets and certificates; throws if it cannot. */
export function routeViewsSettings({
  type: _,
  tls,
  sasl,
  ...rest
}: RouteViewsFeed): RouteViewsSettings {
  return { ...usual, ...rest, ...kafkaAccess({ tls, ...(sasl && { sasl }) }, 'routeviews') }
}
