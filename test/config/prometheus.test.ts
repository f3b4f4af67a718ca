import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { explainConfig } from '../../src/config/explain.ts'
import { formatFaults } from '../../src/config/faults.ts'
import { feedsOf } from '../../src/config/feeds.ts'
import { loadConfig } from '../../src/config/load.ts'
import { prometheusSettings } from '../../src/config/prometheus.ts'
import { queriesOf } from '../../src/config/query-sets.ts'
import { seconds } from '../../src/core/time.ts'

const home = mkdtempSync(join(tmpdir(), 'faultline-prometheus-'))
afterAll(() => rmSync(home, { recursive: true }))
const file = join(home, 'c.yaml')
writeFileSync(join(home, 'token'), 'abc\n')

function load(feed: string) {
  writeFileSync(file, `version: 1\nfeeds:\n  - type: prometheus\n    ${feed}\n`)
  return loadConfig(file)
}

function faults(feed: string): string[] {
  const loaded = load(feed)
  return loaded.ok ? [] : formatFaults(loaded.faults).replaceAll(`${home}/`, '').split('\n')
}

const asks = 'url: "http://a.example/"\n    sets: [bind]'

describe('a feed from Prometheus that is wrong', () => {
  test.each([
    ['no url', 'sets: [bind]', '3:5 $.feeds[0].url: is missing; add url: '],
    [
      'another protocol',
      'url: "ftp://a"\n    sets: [bind]',
      '4:10 $.feeds[0].url: must be an http or https address, not "ftp://a"; write it like ',
    ],
    [
      'a password in the url',
      'url: "http://a:b@c/"\n    sets: [bind]',
      '4:10 $.feeds[0].url: has a password in it; use basic, with a secret',
    ],
    [
      'nothing to ask',
      'url: "http://a/"',
      '3:5 $.feeds[0]: asks nothing; name sets: [bind, …], or give queries',
    ],
    [
      'a set nobody knows',
      'url: "http://a/"\n    sets: [bimd]',
      '5:12 $.feeds[0].sets[0]: must be one of bind, blackbox, ',
    ],
    [
      'a parameter of no query',
      `${asks}\n    parameters: {reslover: x}`,
      '6:28 $.feeds[0].parameters.reslover: is no parameter of these queries; known here: job, ',
    ],
    [
      'a parameter that would end a text',
      `${asks}\n    parameters: {job: 'a"b'}`,
      '6:23 $.feeds[0].parameters.job: must be a text of one line without quotes, not "a\\"b"; ',
    ],
    [
      'a secret in the open',
      `${asks}\n    bearer: abc`,
      '6:13 $.feeds[0].bearer: is a secret that stands in the open; write {env: NAME} or {file: PATH}',
    ],
    [
      'a file of a secret that is not there',
      `${asks}\n    bearer: {file: nonesuch}`,
      '6:20 $.feeds[0].bearer.file: nonesuch does not exist; ',
    ],
    [
      'two ways to be let in',
      `${asks}\n    bearer: {file: token}\n    basic: {user: a, password: {env: B}}`,
      '7:12 $.feeds[0].basic: stands beside bearer; keep one of the two',
    ],
    [
      'a query of a metric nobody knows',
      'url: "http://a/"\n    queries: [{metric: qpz, promql: a, fresh: a, uncertainty: 1m}]',
      '5:24 $.feeds[0].queries[0].metric: must be one of session_up, ',
    ],
    [
      'a query without the label it needs',
      'url: "http://a/"\n    queries: [{metric: qps, promql: a, fresh: a, uncertainty: 1m}]',
      '5:15 $.feeds[0].queries[0].labels: qps needs the label resolver; say which label of the ',
    ],
  ])('%s', (_, feed, expected) => {
    const told = faults(feed)
    expect(told).toHaveLength(1)
    expect(told[0]).toContain(`c.yaml:${expected.replace(' ', '  ')}`)
  })

  test('tells all of it at once', () => {
    const feed = 'url: 1\n    sets: [bimd]\n    bearer: {file: nonesuch}'
    expect(faults(feed)).toHaveLength(3)
    expect(faults('url: 1\n    sets: [bind]\n    parameters: {a: b}')).toHaveLength(2)
    expect(faults(`${asks}\n    parameters: {a: b}\n    ca: nonesuch`)).toHaveLength(2)
  })
})

describe('a feed from Prometheus', () => {
  const full = `url: https://a.example/prefix
    interval: 30s
    bearer: {file: token}
    sets: [bind]
    parameters: {resolver: host, top: "10"}
    queries:
      - metric: flow_bps
        promql: sum(topk({{top}}, flows))
        fresh: flows
        add: {exporter: all}
        uncertainty: 5s`

  test('becomes settings, with paths made absolute', () => {
    const loaded = load(full)
    if (!loaded.ok) throw new Error(formatFaults(loaded.faults))
    const [feed] = feedsOf(loaded.config, 'prometheus')
    if (!feed) throw new Error('no feed')
    const settings = prometheusSettings(feed, queriesOf(feed).queries)
    expect(settings).toMatchObject({
      url: 'https://a.example/prefix',
      interval: seconds(30),
      timeout: seconds(10),
      bearer: { file: join(home, 'token') },
      basic: null,
      ca: null,
    })
    expect(settings.queries).toHaveLength(7)
    expect(settings.queries.at(-1)).toEqual({
      name: 'own flow_bps',
      metric: 'flow_bps',
      plane: 'flow',
      promql: 'sum(topk(10, flows))',
      fresh: 'flows',
      labels: {},
      add: { exporter: 'all' },
      needs: [],
      uncertainty: seconds(5),
    })
  })

  test('is explained without its secret', () => {
    const loaded = load(full)
    if (!loaded.ok) throw new Error(formatFaults(loaded.faults))
    const text = explainConfig(loaded)
    expect(text).toContain(
      [
        'hears        prometheus at https://a.example/prefix',
        '               7 queries every 30 s: bind, 1 of your own',
        '               about dns, flow',
      ].join('\n'),
    )
    expect(text).not.toContain('abc')
    expect(text).not.toContain(join(home, 'token'))
  })
})
