// What can be set about flows over Kafka.

import { z } from 'zod'
import { addressText, parseAddress } from '../core/prefix.ts'
import { type FlowFeedSettings, flowFeedDefaults } from '../feeds/flows-settings.ts'
import { type FlowSettings, flowDefaults } from '../flow/settings.ts'
import { brokers, kafkaAccess, kafkaFields } from './feed-kafka.ts'
import { group, list, reader, span, text } from './fields.ts'

const topic = /^[\w.-]{1,249}$/

const address = reader(
  z.string(),
  { title: 'an IPv4 or IPv6 address', examples: ['192.0.2.53', '2001:db8::53'] },
  (given) => {
    const found = parseAddress(given)
    return found && addressText(found.afi, ...found.words)
  },
)

export const flowsFeed = group({
  type: z.literal('flows').describe('Flow records of goflow2 or pmacct, as JSON over Kafka.'),
  brokers: brokers.describe('Brokers to ask for the others.'),
  topic: reader(
    z.string(),
    { title: 'the name of a topic', examples: ['flows'], pattern: topic.source },
    (given) => (topic.test(given) ? given : undefined),
  ).describe('The topic that the records are in.'),
  group: text('a name of one line', 'faultline')
    .prefault(flowFeedDefaults.group)
    .describe('The consumer group: two daemons that both judge need two.'),
  ...kafkaFields,
  client: text('a text of one line', 'faultline')
    .prefault(flowFeedDefaults.client)
    .describe('Who you are, for the people who run the brokers.'),
  mostLag: span(flowFeedDefaults.mostLag).describe('Records older than this are passed over.'),
  resolvers: list(address)
    .prefault([...flowDefaults.resolvers])
    .describe('Addresses of own resolvers: who asks them is told as the DNS plane.'),
  exporters: list(address)
    .prefault([...flowDefaults.exporters])
    .describe('Exporters that count; none named = all. Each packet should be counted once.'),
  activeTimeout: span(flowDefaults.activeTimeout).describe(
    'How long exporters hold back a flow that goes on.',
  ),
  patience: span(flowDefaults.patience).describe('A minute is waited for so long, at most 60s.'),
})

export type FlowsFeed = z.output<typeof flowsFeed>

/** Own resolvers are those of the feed, and where it names none those of `planes`. */
export const withResolvers = (feed: FlowsFeed, resolvers: FlowsFeed['resolvers']): FlowsFeed =>
  feed.resolvers.length > 0 ? feed : { ...feed, resolvers }

/** What the feed and the minutes are opened with. Reads secrets and certificates; throws if it cannot. */
export function flowsSettings({
  type: _,
  resolvers,
  exporters,
  activeTimeout,
  patience,
  tls,
  sasl,
  ...rest
}: FlowsFeed): { readonly feed: FlowFeedSettings; readonly minutes: FlowSettings } {
  return {
    feed: {
      ...flowFeedDefaults,
      ...rest,
      ...kafkaAccess({ tls, ...(sasl && { sasl }) }, 'flows'),
    },
    minutes: { resolvers, exporters, activeTimeout, patience },
  }
}
