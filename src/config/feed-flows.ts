// What can be set about flows over Kafka.

import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from 'zod'
import { addressText, parseAddress } from '../core/prefix.ts'
import { type FlowFeedSettings, flowFeedDefaults } from '../feeds/flows-settings.ts'
import { readSecret } from '../feeds/secret.ts'
import { type FlowSettings, flowDefaults } from '../flow/settings.ts'
import { file, flag, group, list, reader, span, text } from './fields.ts'
import { secret } from './secret.ts'

const broker = /^(\[[0-9a-fA-F:.]+\]|[\w.-]+):\d{1,5}$/
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
  brokers: list(
    reader(
      z.string(),
      { title: 'a host and a port', examples: ['kafka.example.net:9092'], pattern: broker.source },
      (given) => (broker.test(given) ? given : undefined),
    ),
  )
    .min(1)
    .meta({ title: 'a list of at least one host and port' })
    .describe('Brokers to ask for the others.'),
  topic: reader(
    z.string(),
    { title: 'the name of a topic', examples: ['flows'], pattern: topic.source },
    (given) => (topic.test(given) ? given : undefined),
  ).describe('The topic that the records are in.'),
  group: text('a name of one line', 'faultline')
    .prefault(flowFeedDefaults.group)
    .describe('The consumer group: two daemons that both judge need two.'),
  tls: z
    .union([
      flag(false),
      group({
        ca: file.exactOptional().describe('Certificates of who is trusted, PEM.'),
        cert: file.exactOptional().describe('Our own certificate, PEM.'),
        key: file.exactOptional().describe('Its key, PEM.'),
      }),
    ])
    .meta({ title: 'true, false, or a group with ca, cert and key' })
    .prefault(false)
    .describe('Whether the connection is encrypted, and by what.'),
  sasl: group({
    mechanism: z
      .enum(['plain', 'scram-sha-256', 'scram-sha-512'])
      .describe('How the password is shown to be known.'),
    username: text('a name of one line', 'faultline').describe('Who we are to the brokers.'),
    password: secret.describe('The password: {env: NAME} or {file: PATH}.'),
  })
    .exactOptional()
    .describe('Who we are to the brokers; without it they do not ask.'),
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

/** The files it names, by their setting. */
export function filesOfFlows({ tls, sasl }: FlowsFeed): [key: string, path: string][] {
  const certificates = typeof tls === 'object' ? Object.entries(tls) : []
  const password = sasl && 'file' in sasl.password ? sasl.password.file : null
  return [
    ...certificates.map(([key, path]): [string, string] => [`tls.${key}`, path]),
    ...(password === null ? [] : [['sasl.password.file', password] as [string, string]]),
  ]
}

/** With its files where they are, seen from the folder of the configuration. */
export function placed(feed: FlowsFeed, base: string): FlowsFeed {
  const { tls, sasl } = feed
  const paths =
    typeof tls === 'object'
      ? Object.fromEntries(Object.entries(tls).map(([key, path]) => [key, resolve(base, path)]))
      : tls
  const hidden = sasl?.password
  const password = hidden && 'file' in hidden ? { file: resolve(base, hidden.file) } : hidden
  return { ...feed, tls: paths, ...(sasl && password && { sasl: { ...sasl, password } }) }
}

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
  const certificates = typeof tls === 'object' ? tls : {}
  const pem = Object.fromEntries(
    Object.entries(certificates).map(([key, path]) => [key, readPem(path, `tls.${key}`)]),
  )
  const kept = sasl && readSecret(sasl.password)
  if (kept && 'why' in kept) throw new Error(`flows: the password is not known: ${kept.why}`)
  const credentials = sasl && kept && { ...sasl, password: kept.secret }
  return {
    feed: {
      ...flowFeedDefaults,
      ...rest,
      tls: tls === false ? null : pem,
      credentials: credentials ?? null,
    },
    minutes: { resolvers, exporters, activeTimeout, patience },
  }
}

function readPem(path: string, where: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    throw new Error(`${where}: ${path} cannot be read; check its path and who may read it`)
  }
}
