// Flows in a configuration: complete by defaults, with secrets that are somewhere else.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, it, vi } from 'vitest'
import { explainConfig } from '../../src/config/explain.ts'
import { formatFaults } from '../../src/config/faults.ts'
import { type FlowsFeed, flowsSettings, withResolvers } from '../../src/config/feed-flows.ts'
import { feedsOf } from '../../src/config/feeds.ts'
import { loadConfig } from '../../src/config/load.ts'
import { minutes, seconds } from '../../src/core/time.ts'

const folder = mkdtempSync(join(tmpdir(), 'faultline-flows-'))
afterAll(() => rmSync(folder, { recursive: true }))
afterEach(() => vi.unstubAllEnvs())

function load(feed: string) {
  const path = join(folder, 'config.yaml')
  writeFileSync(
    path,
    `version: 1\nasns: [{asn: 64500, prefixes: [192.0.2.0/24]}]\nfeeds: [{type: ris-live}, ${feed}]\n`,
  )
  return loadConfig(path)
}

function settings(feed: string) {
  const loaded = load(feed)
  if (!loaded.ok) throw new Error(formatFaults(loaded.faults))
  const [flows] = feedsOf(loaded.config, 'flows')
  if (!flows) throw new Error('no flows')
  return { ...flowsSettings(flows), explained: explainConfig(loaded) }
}

it('needs brokers and a topic, and nothing else', () => {
  const { feed, minutes: added } = settings('{type: flows, brokers: ["k1:9092"], topic: flows}')
  expect(feed).toMatchObject({
    brokers: ['k1:9092'],
    topic: 'flows',
    group: 'faultline',
    tls: null,
    credentials: null,
    mostLag: minutes(5),
  })
  expect(added).toEqual({
    resolvers: [],
    exporters: [],
    activeTimeout: seconds(60),
    patience: seconds(30),
  })
})

it('reads secrets and certificates from where they are, beside the file', () => {
  writeFileSync(join(folder, 'ca.pem'), 'PEM')
  writeFileSync(join(folder, 'word'), 'hunter2\n')
  const common = 'type: flows, brokers: ["k1:9092"], topic: flows, tls: {ca: ca.pem}'
  const sasl = (password: string) =>
    `{${common}, sasl: {mechanism: scram-sha-512, username: me, password: ${password}}}`
  const { feed, explained } = settings(sasl('{file: word}'))
  expect(feed.tls).toEqual({ ca: 'PEM' })
  expect(feed.credentials).toEqual({
    mechanism: 'scram-sha-512',
    username: 'me',
    password: 'hunter2',
  })
  expect(explained).toContain('flows in flows at k1:9092: TLS, as me; group faultline')
  expect(explained).not.toContain('hunter2')
  vi.stubEnv('FLOWS_PASSWORD', 'hunter3')
  expect(settings(sasl('{env: FLOWS_PASSWORD}')).feed.credentials?.password).toBe('hunter3')
  expect(() => settings(sasl('{env: NO_SUCH_VARIABLE}'))).toThrow(
    'the password is not known: the variable NO_SUCH_VARIABLE is not set',
  )
  expect(() => settings(sasl('{file: nowhere}'))).toThrow('$.feeds[1].sasl.password.file')
  expect(settings(`{${common.replace('{ca: ca.pem}', 'true')}}`).feed.tls).toEqual({})
})

it.each([
  ['{type: flows, topic: flows}', '$.feeds[1].brokers: is missing'],
  ['{type: flows, brokers: [k1], topic: flows}', 'must be a host and a port, not "k1"'],
  ['{type: flows, brokers: ["k1:1"], topic: "a b"}', 'must be the name of a topic, not "a b"'],
  [
    '{type: flows, brokers: ["k1:1"], topic: f, resolvers: [dns]}',
    'must be an IPv4 or IPv6 address',
  ],
  [
    '{type: flows, brokers: ["k1:1"], topic: f, sasl: {mechanism: plain, username: u, password: pw}}',
    'is a secret that stands in the open',
  ],
])('%s is a fault', (feed, fault) => {
  const loaded = load(feed)
  expect(loaded.ok ? '' : formatFaults(loaded.faults)).toContain(fault)
})

it('resolvers are named once for all, or by the feed', () => {
  const feed = (resolvers: string[]) => ({ resolvers }) as unknown as FlowsFeed
  expect(withResolvers(feed([]), ['192.0.2.53']).resolvers).toEqual(['192.0.2.53'])
  expect(withResolvers(feed(['192.0.2.1']), ['192.0.2.53']).resolvers).toEqual(['192.0.2.1'])
})
