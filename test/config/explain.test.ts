import { expect, test } from 'vitest'
import { explainConfig } from '../../src/config/explain.ts'
import { loadConfig } from '../../src/config/load.ts'
import { configSchema } from '../../src/config/schema.ts'
import { defaultConfig, settle } from '../../src/config/settle.ts'
import { CLIQUE } from '../../src/detect/relations.ts'

test('what the defaults do', () => {
  const lines = explainConfig(defaultConfig({ asns: [4766] })).split('\n')
  expect(lines.filter((line) => !line.startsWith('hash'))).toEqual([
    'watches      AS4766: no prefixes given',
    'hears        ris-live at wss://ris-live.ripe.net/v1/ws/',
    '               subscribe: paths through the ASNs; their prefixes and what is more specific; session states',
    '               from all collectors',
    '               stale when stamps are older than 3 min',
    'starts with  empty tables, and learns',
    'mends        what was not heard, when it appears in the archives',
    expect.stringMatching(/^ {15}of RIS at https:.*, of RouteViews at https:/),
    expect.stringMatching(/^ {15}kept in the usual cache, up to \d+\.\d GB$/),
    'serves       http://127.0.0.1:9477: page, metrics, API; this machine only',
    'takes        samples and notices, from this machine without a token',
    'journal      none',
    'logs         info and above',
    'thresholds   all as by default',
    'warnings     $.asns[0]: no prefixes given for AS4766: withdrawals carry no path, so only announcements are heard until prefixes are known; list its prefixes, or have a table to start from: context.rib or context.bootstrap',
  ])
})

test('what differs from them', () => {
  const prefixes = [10, 11, 12, 13, 14, 15, 16].map((n) => `${n}.0.0.0/8`)
  const config = configSchema.parse({
    version: 1,
    asns: [{ asn: 4766, name: 'KT', prefixes }],
    listen: { address: '[::]:80', exposed: true },
    feeds: [{ type: 'ris-live', mode: 'firehose', hosts: ['rrc00', 'rrc01'], history: true }],
    detect: {
      outage: { share: 0.25 },
      leak: { clique: [...CLIQUE.slice(0, -1), 'AS6939'] },
      blind: { after: '2m' },
    },
    limits: { incidents: 10 },
  })
  const lines = explainConfig(settle(config)).split('\n')
  for (const line of [
    'watches      AS4766 KT: 10.0.0.0/8, 11.0.0.0/8, 12.0.0.0/8, 13.0.0.0/8, 14.0.0.0/8, 2 more',
    '               firehose: everything',
    '               from rrc00, rrc01',
    '               stamps of the past are expected',
    'serves       http://[::]:80: page, metrics, API; open to other machines',
    'thresholds   detect.outage.share 0.25 (default 0.1)',
    expect.stringMatching(/^ {13}detect\.leak\.clique .*6939.* \(default .*12956.*\)$/),
    '             detect.blind.after 2 min (default 30s)',
    '             limits.incidents 10 (default 2000)',
  ]) {
    expect(lines).toContainEqual(line)
  }
})

test('what is fetched, and what is not', () => {
  const shown = (given: object) =>
    explainConfig(settle(configSchema.parse({ version: 1, asns: [4766], ...given }))).split('\n')
  const archives = { ris: 'http://127.0.0.1:8080/', cache: '/var/cache/mrt', mostCache: 5e9 }
  const lines = shown({ context: { bootstrap: ['rrc00', 'rrc03'] }, archives })
  expect(lines).toContain(
    'starts with  the newest tables of rrc00, rrc03, fetched; what was said since follows',
  )
  expect(lines).toContain('               kept in /var/cache/mrt, up to 5.0 GB')
  expect(shown({ archives: { resync: false } })).toContain(
    'mends        nothing: archives.resync is off, and what was not heard stays unknown',
  )
  expect(shown({ feeds: [{ type: 'ris-live', url: 'ws://127.0.0.1:1/' }] })).toContain(
    'mends        nothing: what these feeds do not tell is in no archive',
  )
})

test('the example is sound and warns of what it should', () => {
  const loaded = loadConfig('config/example.yaml')
  expect(loaded.ok && loaded.warnings.map(({ where }) => where)).toEqual(['$.asns[1]'])
})

test('does not print who we are to a server', () => {
  const feeds = [{ type: 'ris-live', url: 'wss://me:hunter2@example.net/ws/' }]
  const text = explainConfig(settle(configSchema.parse({ version: 1, feeds })))
  expect(text).toContain('ris-live at wss://example.net/ws/')
  expect(text).not.toMatch(/hunter2|me:/)
})
