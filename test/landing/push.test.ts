// Samples and notices pushed to a daemon: taken or refused, counted, in its journal, and again out of it.

import { readFileSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import type { Fact } from '../../src/core/fact.ts'
import { startRisLiveServer } from '../../src/scenario/ris-live-server.ts'
import { daemon, faultline, until, workshop } from './program.ts'

const place = workshop()

/** Where nobody listens. */
async function nobody(): Promise<string> {
  const server = await startRisLiveServer()
  await server.close()
  return server.url
}

const iso = (ms: number) => new Date(ms).toISOString()

const sample = (at: number, over: object = {}) =>
  JSON.stringify({
    at: iso(at),
    plane: 'ingress',
    metric: 'in_bps',
    value: 5e9,
    labels: { link: 'ae0' },
    ...over,
  })

async function post(url: string, path: string, body: string, headers = {}) {
  const response = await fetch(`${url}/api/v1/${path}`, { method: 'POST', body, headers })
  return { status: response.status, told: (await response.json()) as object }
}

it.concurrent('what is pushed goes into the stream, though no feed is heard', async () => {
  const journal = place('pushed.journal')
  const one = await daemon(
    ...['watch', '--asn', '64500', '--ris-live', await nobody(), '--listen', '127.0.0.1:0'],
    ...['--journal', journal, '--format', 'ndjson'],
  )
  const now = Date.now()
  const body = [
    sample(now - 60_000),
    sample(now - 60_000, { metric: 'in_bsp' }),
    sample(now - 26 * 3_600_000),
    sample(now + 3_600_000),
    sample(now - 120_000, { labels: { link: 'ae1' } }),
  ].join('\n')
  expect(await post(one.url, 'samples', body)).toEqual({
    status: 202,
    told: {
      accepted: 2,
      refused: [
        { line: 2, why: 'metric: "in_bsp" is not known; did you mean in_bps?' },
        { line: 3, why: 'at: more than a day before now' },
        { line: 4, why: 'at: in the future; see the clock it was stamped with' },
      ],
    },
  })
  const list = `[${sample(now - 30_000, { plane: 'dns', metric: 'qps', labels: { resolver: 'r' } })}]`
  expect((await post(one.url, 'samples', list)).status).toBe(202)
  expect((await post(one.url, 'samples', 'nonsense')).status).toBe(400)
  const script = '198.51.100.77 incoming 90000 ban\nIP: 198.51.100.77\n'
  expect(await post(one.url, 'notices', script)).toEqual({
    status: 202,
    told: { accepted: 2, refused: [], ignored: 0 },
  })
  const alerts = [
    { status: 'firing', labels: { alertname: 'DDoSBorder' }, startsAt: iso(now - 5_000) },
    { status: 'firing', labels: { alertname: 'DiskFull' }, startsAt: iso(now) },
  ]
  expect(await post(one.url, 'notices', JSON.stringify({ version: '4', alerts }))).toEqual({
    status: 202,
    told: { accepted: 1, refused: [], ignored: 1 },
  })
  const heard = (plane: string) => one.metric(`faultline_samples_total{plane="${plane}"}`)
  const refused = (reason: string) =>
    one.metric(`faultline_samples_refused_total{reason="${reason}"}`)
  // Time goes on by what is stamped and by the wall, without any feed.
  await until('the notices are heard', async () => (await heard('change')) === 3)
  expect([await heard('ingress'), await heard('dns'), await heard('flow')]).toEqual([2, 1, 0])
  expect([
    await refused('malformed'),
    await refused('old'),
    await refused('future'),
    await refused('ignored'),
    await refused('full'),
  ]).toEqual([2, 1, 1, 1, 0])
  const { status, out } = await one.stop()
  expect(status).toBe(0)

  const text = readFileSync(journal, 'utf8')
  expect(text).not.toContain('198.51.100.77')
  const facts = text
    .split('\n')
    .filter((line) => line.startsWith('{"fact"'))
    .map((line) => (JSON.parse(line) as { fact: Fact }).fact)
  const told = facts.flatMap((fact) =>
    fact.kind === 'sample' ? [fact.metric] : fact.kind === 'change' ? [fact.event] : [],
  )
  expect(told.toSorted()).toEqual([
    'detector-start',
    'detector-start',
    'in_bps',
    'in_bps',
    'mitigation-start',
    'qps',
  ])
  expect(facts.some(({ kind }) => kind === 'tick')).toBe(true)
  const again = await faultline('replay', journal, '--format', 'ndjson')
  expect([again.status, again.out]).toEqual([0, out])
})

it.concurrent('with a token, only who has it is heard', async () => {
  const config = place('token.yaml')
  writeFileSync(place('token'), 'a-token-that-is-long\n')
  writeFileSync(config, 'version: 1\nasns: [64500]\nplanes: {token: {file: token}}\n')
  const one = await daemon(
    ...['watch', config, '--ris-live', await nobody(), '--listen', '127.0.0.1:0'],
  )
  const body = sample(Date.now() - 1_000)
  expect((await post(one.url, 'samples', body)).status).toBe(401)
  const authorization = 'Bearer a-token-that-is-long'
  expect((await post(one.url, 'samples', body, { authorization })).status).toBe(202)
  expect(await one.metric('faultline_samples_refused_total{reason="unauthorised"}')).toBe(1)
  expect((await one.stop()).status).toBe(0)
})

it.concurrent('a token that cannot be had, or is guessed, is a fault of the operator', async () => {
  const run = async (token: string) => {
    const config = place(`bad-${token.length}.yaml`)
    writeFileSync(config, `version: 1\nasns: [64500]\nplanes: {token: ${token}}\n`)
    const { status, err } = await faultline('watch', config, '--listen', '127.0.0.1:0')
    return `${status} ${err}`
  }
  writeFileSync(place('short'), 'abc\n')
  expect(await run('{env: FAULTLINE_UNSET_TOKEN}')).toMatch(
    /^2 (.*\n)*.*planes\.token: FAULTLINE_UNSET_TOKEN is empty or not set/,
  )
  expect(await run('{file: short}')).toMatch(/^2 (.*\n)*.*must hold at least 16 characters/)
})
