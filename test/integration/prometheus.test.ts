// A real Prometheus scrapes a running demo, and every query of the dashboard is asked and answered.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  folder,
  freePort,
  has,
  type Running,
  remove,
  run,
  start,
  startDemo,
  until,
} from './tools.ts'

interface Dashboard {
  readonly panels: readonly { title: string; targets?: readonly { expr: string }[] }[]
}

/** A feed that plays the past has no lag and no beacons, and the demo no VRPs. */
const EMPTY = /faultline_(feed_lag|canary|vrps(_age|_source|\{))/
/** An hour of the demo in four seconds: slow enough for a scrape a second to see the outage. */
const SPEED = 900

const dashboard = JSON.parse(
  readFileSync(new URL('../../grafana/dashboards/overview.json', import.meta.url), 'utf8'),
) as Dashboard
const queries = dashboard.panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr }) => ({ title, expr })),
)

describe.skipIf(!has('promtool', 'the metrics as promtool reads them'))('promtool', () => {
  test('finds nothing wrong with the metrics of a running demo', async () => {
    const demo = await startDemo(SPEED)
    try {
      await until('an incident', () => demo.text().includes('outage.as'))
      const text = await (await fetch(`${demo.url}/metrics`)).text()
      expect(text).toMatch(/faultline_incidents_open\{.*kind="outage\.as".*\} [12]/)
      expect(run('promtool', ['check', 'metrics'], { input: text })).toBe('')
    } finally {
      expect(await demo.end()).toBe(0)
    }
  })
})

describe.skipIf(!has('prometheus', 'the dashboard before a real Prometheus'))('Prometheus', () => {
  let demo: Running & { url: string }
  let prometheus: Running
  let url = ''
  let began = 0
  const data = folder()

  beforeAll(async () => {
    demo = await startDemo(SPEED)
    const config = join(data, 'prometheus.yml')
    const target = new URL(demo.url).host
    const job = `{job_name: faultline, static_configs: [{targets: ['${target}']}]}`
    writeFileSync(config, `global: {scrape_interval: 1s}\nscrape_configs: [${job}]\n`)
    const address = `127.0.0.1:${await freePort()}`
    url = `http://${address}`
    began = Date.now() / 1e3
    prometheus = start('prometheus', [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(data, 'tsdb')}`,
      `--web.listen-address=${address}`,
    ])
    await until('Prometheus is ready', async () => {
      if (prometheus.process.exitCode !== null) throw new Error(prometheus.text())
      return fetch(`${url}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      )
    })
    await until('the outage is over', () => /resolved +outage\.as /.test(demo.text()))
  })

  afterAll(async () => {
    await prometheus?.end()
    await demo?.end()
    remove(data)
  })

  async function ask(expr: string): Promise<number[]> {
    const now = Date.now() / 1e3
    const range = `${Math.ceil(now - began)}s`
    const query = expr
      .replaceAll('$__rate_interval', '4s')
      .replaceAll('$__range', range)
      .replace(/\$(job|instance|asn)\b/g, '.*')
    const asked = new URLSearchParams({ query, start: `${began}`, end: `${now}`, step: '1' })
    const reply = (await (await fetch(`${url}/api/v1/query_range?${asked}`)).json()) as {
      status: string
      error?: string
      data?: { result: readonly { values: readonly (readonly [number, string])[] }[] }
    }
    if (reply.status !== 'success') throw new Error(`${query}: ${reply.error}`)
    const values = reply.data?.result.flatMap((series) => series.values) ?? []
    return values.map(([, value]) => Number(value)).filter(Number.isFinite)
  }

  test('the dashboard was read', () => expect(queries.length).toBeGreaterThan(20))

  test.each(queries)('$title: $expr', async ({ expr }) => {
    const values = await ask(expr)
    if (EMPTY.test(expr)) expect(values).toEqual([])
    else expect(values.length).toBeGreaterThan(0)
  })

  test('the demo tells what the README shows of it', () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
    const shown = (readme.split('```\n')[1] ?? '').trim().split('\n')
    expect(shown.length).toBeGreaterThan(2)
    for (const line of shown) expect(demo.text()).toContain(`${line}\n`)
  })

  test('the outage is in the history, and its end', async () => {
    const visible = () => ask('min(faultline_visibility_ratio{asn="4766",afi="ipv4"})')
    expect(Math.min(...(await visible()))).toBeLessThan(0.3)
    await until('it is seen again', async () => ((await visible()).at(-1) ?? 0) > 0.95)
    const open = await ask('sum(faultline_incidents_open{asn="4766",kind="outage.as"})')
    // Both families: with the surge beside them they are one story.
    expect(Math.max(...open)).toBe(1)
  })
})
