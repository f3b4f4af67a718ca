import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import type { Sample } from '../../src/core/sample.ts'
import { milliseconds, seconds } from '../../src/core/time.ts'
import { openPrometheus } from '../../src/feeds/prometheus.ts'
import { questionOf, type Row, readReply, samplesOf } from '../../src/feeds/prometheus-answer.ts'
import {
  type Prometheus,
  type PrometheusQuery,
  type PrometheusSettings,
  prometheusDefaults,
} from '../../src/feeds/prometheus-settings.ts'

const qps: PrometheusQuery = {
  name: 'bind qps',
  metric: 'qps',
  plane: 'dns',
  promql: 'sum by (instance) (rate(queries_total[1m])) # all types',
  fresh: 'queries_total',
  labels: { instance: 'resolver', dc: 'pop' },
  add: {},
  needs: ['resolver'],
  uncertainty: seconds(75),
}

const value = (n: number, labels: Row['labels'] = { instance: 'r1' }): Row => ({
  labels: { ...labels, faultline_part: 'value' },
  value: n,
})
const scraped = (at: number, labels: Row['labels'] = { instance: 'r1' }): Row => ({
  labels: { ...labels, faultline_part: 'scraped' },
  value: at,
})
const known = {
  scraped: new Map() as ReadonlyMap<string, number>,
  mostSeries: 3,
  now: 2_000e6,
}
const told = (rows: readonly Row[], more: Partial<typeof known> = {}) =>
  samplesOf(qps, rows, { ...known, ...more })

test('a question asks for the values and when they were scraped, by the same labels', () => {
  expect(questionOf(qps)).toBe(`label_replace(
sum by (instance) (rate(queries_total[1m])) # all types
, "faultline_part", "value", "", "")
or
label_replace(
min by (dc, instance) (timestamp(queries_total))
, "faultline_part", "scraped", "", "")`)
})

describe('an answer', () => {
  const sample = (
    at: number,
    n: number,
    labels: Sample['labels'] = { resolver: 'r1' },
  ): Sample => ({
    kind: 'sample',
    at: at * 1e6,
    plane: 'dns',
    metric: 'qps',
    value: n,
    labels,
    uncertainty: seconds(75),
  })

  test('is dated when it was scraped, with our labels and no others', () => {
    const labels = { instance: 'r1', dc: 'seoul', client: '192.0.2.1' }
    const { samples } = told([value(5, labels), scraped(1_990.25, labels)])
    expect(samples).toEqual([sample(1_990.25, 5, { pop: 'seoul', resolver: 'r1' })])
    expect(Object.keys(samples[0]?.labels ?? {})).toEqual(['pop', 'resolver'])
  })

  test('does not depend on the order of its series', () => {
    const rows = ['r2', 'r1', 'r3'].flatMap((instance, i) => [
      value(i, { instance }),
      scraped(1_990 + i, { instance }),
    ])
    const { samples } = told(rows)
    expect(samples.map(({ labels }) => labels['resolver'])).toEqual(['r1', 'r2', 'r3'])
    expect(told(rows.toReversed()).samples).toEqual(samples)
  })

  test('brings each scrape once', () => {
    const first = told([value(5), scraped(1_990)])
    expect(told([value(6), scraped(1_990)], first).samples).toEqual([])
    expect(told([value(7), scraped(2_005)], first).samples).toEqual([sample(2_005, 7)])
    expect(told([value(7), scraped(1_980)], first).samples).toEqual([])
  })

  test('without a scrape behind it is not believed: what rate still makes of a dead exporter', () => {
    const { samples, dropped } = told([value(5), value(6, { instance: 'r2' }), scraped(1_990)])
    expect(samples).toEqual([sample(1_990, 5)])
    expect(dropped).toMatchObject({ stale: 1 })
    // And nothing is made up of a scrape without a value.
    expect(told([scraped(1_990)]).samples).toEqual([])
  })

  test.each([
    ['NaN', [value(Number.NaN), scraped(1_990)], 'notFinite', 1],
    ['Inf', [value(Number.POSITIVE_INFINITY), scraped(1_990)], 'notFinite', 1],
    ['no resolver', [value(5, { dc: 'seoul' }), scraped(1_990, { dc: 'seoul' })], 'labels', 1],
    ['tomorrow', [value(5), scraped(90_000)], 'future', 1],
    [
      'two that our labels do not tell apart',
      [
        value(5, { instance: 'r1', type: 'A' }),
        value(6, { instance: 'r1', type: 'TXT' }),
        scraped(1_990),
      ],
      'ambiguous',
      2,
    ],
  ])('%s is left out and counted', (_, rows, why, count) => {
    const { samples, dropped } = told(rows)
    expect(samples).toEqual([])
    expect(dropped).toMatchObject({ [why]: count })
    expect(Object.values(dropped).reduce((a, b) => a + b)).toBe(count)
  })

  test('of too many series is cut, always the same way', () => {
    const rows = Array.from({ length: 5 }, (_, i) => [
      value(i, { instance: `r${i}` }),
      scraped(1_990, { instance: `r${i}` }),
    ]).flat()
    const { samples, dropped, scraped: kept } = told(rows.toReversed())
    expect(samples.map(({ labels }) => labels['resolver'])).toEqual(['r0', 'r1', 'r2'])
    expect([dropped.surplus, kept.size]).toEqual([2, 3])
  })

  test('is read whatever it is', () => {
    const success = (result: unknown, resultType = 'vector') =>
      readReply(JSON.stringify({ status: 'success', data: { resultType, result } }))
    const metric = { instance: 'r1' }
    expect(success([{ metric, value: [1, '2.5e3'] }])).toEqual({
      kind: 'rows',
      rows: [{ labels: metric, value: 2_500 }],
      malformed: 0,
    })
    const [nan, inf] = ['NaN', '+Inf'].map((text) => ({ metric, value: [1, text] }))
    expect(success([nan, inf])).toMatchObject({ rows: [{ value: NaN }, { value: NaN }] })
    const bad = [null, 1, {}, { metric, histogram: [] }, { metric: { a: 1 }, value: [1, '1'] }]
    expect(success(bad)).toEqual({ kind: 'rows', rows: [], malformed: 5 })
    expect(success([1, '2'], 'scalar')).toMatchObject({ kind: 'refused' })
    for (const text of ['', '<html>', 'null', '[]', '{"status":"success"}', '{"status":"x"}'])
      expect(readReply(text)).toEqual({ kind: 'foreign' })
  })
})

// The client against a server that says what a test wants.

const home = mkdtempSync(join(tmpdir(), 'faultline-prometheus-'))
afterAll(() => rmSync(home, { recursive: true }))

let server: Server | undefined
let feed: Prometheus | undefined
afterEach(async () => {
  await feed?.close()
  server?.closeAllConnections()
  await new Promise((done) => (server ? server.close(done) : done(null)))
  feed = server = undefined
})

type Handle = (query: string, request: IncomingMessage, response: ServerResponse) => void

async function serve(handle: Handle): Promise<string> {
  server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => handle(new URLSearchParams(body).get('query') ?? '', request, response))
  })
  const listening = server
  await new Promise<void>((done) => listening.listen(0, '127.0.0.1', done))
  return `http://127.0.0.1:${(listening.address() as AddressInfo).port}/prefix`
}

function open(url: string, more: Partial<PrometheusSettings> = {}) {
  const samples: Sample[] = []
  const lines: string[] = []
  const settings = {
    ...prometheusDefaults,
    url,
    interval: milliseconds(20),
    retryStart: milliseconds(10),
    retryMost: milliseconds(20),
    queries: [qps],
    ...more,
  }
  const log = (level: string, text: string) => lines.push(`${level} ${text}`)
  feed = openPrometheus(settings, { sample: (sample) => samples.push(sample), log })
  return { feed, samples, lines }
}

async function until(what: () => boolean): Promise<void> {
  const last = Date.now() + 10_000
  while (!what()) {
    if (Date.now() > last) throw new Error(`not within 10 s: ${what}`)
    await new Promise((done) => setTimeout(done, 5))
  }
}

const rowsOf = (...rows: readonly Row[]): string =>
  JSON.stringify({
    status: 'success',
    data: {
      resultType: 'vector',
      result: rows.map(({ labels, value: n }) => ({ metric: labels, value: [0, String(n)] })),
    },
  })

describe('the client', () => {
  test('asks below the prefix, again and again, and tells what is new', async () => {
    let at = 1_000
    const urls = new Set<string>()
    const url = await serve((query, request, response) => {
      urls.add(`${request.method} ${request.url}`)
      expect(query).toBe(questionOf(qps))
      response.end(rowsOf(value(at), scraped(at)))
    })
    const { feed, samples, lines } = open(url)
    await until(() => feed.status().requests > 3)
    expect(samples.map((sample) => sample.at)).toEqual([1_000e6])
    at = 1_015
    await until(() => samples.length > 1)
    expect(samples.map((sample) => sample.at)).toEqual([1_000e6, 1_015e6])
    expect([...urls]).toEqual(['POST /prefix/api/v1/query'])
    expect(feed.status()).toMatchObject({
      state: 'open',
      sees: true,
      samples: 2,
      newest: 1_015e6,
      failures: 0,
      queries: [{ name: 'bind qps', plane: 'dns', samples: 2, fault: null }],
    })
    expect(lines).toEqual([expect.stringMatching(/^info Prometheus at .*: answers, 1 queries$/)])
  })

  test('sends nothing of nothing, and says it once', async () => {
    const url = await serve((_, __, response) => response.end(rowsOf()))
    const { feed, samples, lines } = open(url)
    await until(() => feed.status().empty > 3)
    expect(samples).toEqual([])
    expect(lines.filter((line) => line.includes('bind qps returned nothing'))).toHaveLength(1)
    expect(feed.status().sees).toBe(true)
  })

  test('goes on with the others when one query is refused', async () => {
    const other = { ...qps, name: 'own bad', fresh: 'bad' }
    const url = await serve((query, _, response) => {
      if (!query.includes('timestamp(bad)')) return response.end(rowsOf(value(1), scraped(1_000)))
      response.statusCode = 400
      return response.end('{"status":"error","errorType":"bad_data","error":"parse\\nerror"}')
    })
    const { feed, samples, lines } = open(url, { queries: [other, qps] })
    await until(() => feed.status().refused > 2)
    expect(samples).toHaveLength(1)
    expect(feed.status()).toMatchObject({ sees: true, failures: 0 })
    expect(feed.status().queries[0]?.fault).toBe('bad_data: parse error')
    expect(lines.filter((line) => line.includes('own bad is refused'))).toHaveLength(1)
  })

  test('and when one takes too long or brings too much', async () => {
    const slow = { ...qps, name: 'own slow', fresh: 'slow' }
    const large = { ...qps, name: 'own large', fresh: 'large' }
    const url = await serve((query, _, response) => {
      if (query.includes('timestamp(slow)')) return
      if (query.includes('timestamp(large)')) response.write(' '.repeat(20_000))
      response.end(rowsOf(value(1), scraped(1_000)))
    })
    const settings = { timeout: milliseconds(200), mostOctets: 10_000, atOnce: 2 }
    const { feed, samples } = open(url, { ...settings, queries: [slow, qps, large, qps] })
    await until(() => feed.status().refused >= 2)
    expect(samples.length).toBeGreaterThanOrEqual(1)
    expect(feed.status().failures).toBe(0)
    expect(feed.status().queries.map(({ fault }) => fault)).toEqual([
      'timed out after 200 ms',
      null,
      'more than 10000 octets',
      null,
    ])
  })

  test('has at most one request of a query, and atOnce of all, under way', async () => {
    let now = 0
    let most = 0
    const under = new Map<string, number>()
    const url = await serve((query, _, response) => {
      most = Math.max(most, ++now)
      under.set(query, (under.get(query) ?? 0) + 1)
      expect(under.get(query)).toBe(1)
      setTimeout(() => {
        now--
        under.set(query, 0)
        response.end(rowsOf())
      }, 30)
    })
    const queries = Array.from({ length: 6 }, (_, i) => ({ ...qps, fresh: `f${i}` }))
    const { feed } = open(url, { queries, interval: milliseconds(1), atOnce: 3 })
    await until(() => feed.status().requests > 20)
    expect(most).toBe(3)
  })

  test('waits and tries again when nobody answers, and sees again by itself', async () => {
    let works = false
    const url = await serve((_, request, response) => {
      if (works) response.end(rowsOf(value(1), scraped(1_000)))
      else request.socket.destroy()
    })
    const { feed, samples, lines } = open(url)
    await until(() => feed.status().failures > 2)
    expect(feed.status()).toMatchObject({ state: 'waiting', sees: false })
    expect(lines[0]).toMatch(/^error Prometheus at .*; again in 0\.0 s \(attempt 1\)$/)
    works = true
    await until(() => samples.length === 1)
    await until(() => feed.status().sees)
    expect(feed.status().attempt).toBe(0)
  })

  test.each([
    [401, '', /it does not let us in \(HTTP 401\); see bearer or basic/],
    [302, '', /it sends us elsewhere \(HTTP 302\); give the address it leads to as url/],
    [503, 'Service Unavailable', /does not serve yet, or no more \(HTTP 503\); it starts or ends/],
    [404, '<html>', /this is not the answer of a Prometheus \(HTTP 404\); check the url/],
    [200, '<html>', /this is not the answer of a Prometheus \(HTTP 200\); check the url/],
  ])('says what to do about an HTTP %i of %j', async (status, body, expected) => {
    const url = await serve((_, __, response) => {
      response.writeHead(status, { location: 'http://127.0.0.1:1/' })
      response.end(body)
    })
    const { feed, lines } = open(url)
    await until(() => feed.status().failures > 1)
    expect(lines[0]).toMatch(expected)
  })

  test('calls nobody after it was closed', async () => {
    const url = await serve((_, __, response) => {
      setTimeout(() => response.end(rowsOf(value(1), scraped(1_000))), 50)
    })
    const { feed, samples, lines } = open(url)
    await until(() => feed.status().requests === 1)
    await feed.close()
    await new Promise((done) => setTimeout(done, 100))
    expect([samples, lines]).toEqual([[], []])
    expect(feed.status().state).toBe('closed')
  })

  test('does not take an address that is none, or holds a password', () => {
    for (const url of ['x', 'ftp://a/', 'http://me:secret@127.0.0.1/'])
      expect(() => open(url)).toThrow()
  })
})

describe('a secret', () => {
  const file = join(home, 'token')
  /** Says back what it was shown, in all the ways a server can. */
  const echo: Handle = (_, { headers: { authorization = 'none' } }, response) => {
    const [, word = ''] = authorization.split(' ')
    const clear = Buffer.from(word, 'base64').toString()
    const error = `what is ${authorization}, that is ${word}, that is ${clear}?`
    response.statusCode = 400
    response.end(JSON.stringify({ status: 'error', errorType: 'bad_data', error }))
  }

  test.each<[string, Partial<PrometheusSettings>, string]>([
    ['token', { bearer: { file } }, 'Bearer hunter2'],
    [
      'password',
      { basic: { user: 'me', password: { file } } },
      `Basic ${Buffer.from('me:hunter2').toString('base64')}`,
    ],
  ])('of a %s is shown to the server and nobody else', async (_, settings, expected) => {
    writeFileSync(file, 'hunter2\n')
    let shown = ''
    const url = await serve((query, request, response) => {
      shown = request.headers.authorization ?? ''
      echo(query, request, response)
    })
    const { feed, lines } = open(url, settings)
    await until(() => feed.status().refused > 0 && lines.length > 1)
    expect(shown).toBe(expected)
    const said = JSON.stringify([lines, feed.status()])
    expect(said).toContain('what is')
    expect(said).not.toContain('hunter2')
    expect(said).not.toContain(expected.split(' ')[1])
  })

  test('is read anew each round', async () => {
    writeFileSync(file, 'one')
    const shown = new Set<string>()
    const url = await serve((_, request, response) => {
      shown.add(request.headers.authorization ?? '')
      response.end(rowsOf())
    })
    open(url, { bearer: { file } })
    await until(() => shown.has('Bearer one'))
    writeFileSync(file, 'two')
    await until(() => shown.has('Bearer two'))
  })

  test.each<[string, Partial<PrometheusSettings>, string]>([
    ['variable', { bearer: { env: 'FAULTLINE_NONESUCH' } }, 'FAULTLINE_NONESUCH is not set'],
    ['file', { bearer: { file: join(home, 'nonesuch') } }, 'ENOENT'],
    ['line', { bearer: { file: join(home, 'lines') } }, 'is no secret of one line'],
  ])('that is no %s is said, and nobody is asked', async (_, settings, expected) => {
    writeFileSync(join(home, 'lines'), 'hunter2\nhunter3')
    let asked = 0
    const url = await serve((_, __, response) => {
      asked++
      response.end(rowsOf())
    })
    const { feed, lines } = open(url, settings)
    await until(() => feed.status().failures > 0)
    expect(lines[0]).toContain(expected)
    expect(lines.join()).not.toContain('hunter')
    expect(asked).toBe(0)
  })
})
