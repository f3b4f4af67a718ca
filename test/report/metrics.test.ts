import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import type { Incident } from '../../src/core/incident.ts'
import type { Verdict } from '../../src/core/verdict.ts'
import { Metrics, type Reading } from '../../src/report/metrics.ts'
import { judged, leak, outage, resolved } from './sample.ts'

const reading: Reading = {
  feeds: [
    {
      feed: 'ris-live',
      up: true,
      lagSeconds: 2.5,
      messages: 1_000,
      gaps: 2,
      malformed: 3,
      dropped: [{ reason: 'buffer-full', count: 4 }],
      canary: {
        stages: [
          { stage: 'heard', seconds: 9.5 },
          { stage: 'decided', seconds: null },
        ],
        missed: 1,
      },
    },
    { feed: 'file', up: false, lagSeconds: null, messages: 0, gaps: 0, malformed: 0, dropped: [] },
  ],
  vantagePoints: [
    { afi: 'ipv4', state: 'active', count: 29 },
    { afi: 'ipv6', state: 'down', count: 1 },
  ],
  routes: [{ afi: 'ipv4', count: 950_000 }],
  watched: [
    {
      asn: 39891,
      blind: true,
      families: [
        {
          afi: 'ipv4',
          prefixes: [
            { state: 'up', count: 30 },
            { state: 'lost', count: 3 },
          ],
          visibilityRatio: 0.9,
          announced: 70,
          withdrawn: 7,
        },
        { afi: 'ipv6', prefixes: [], visibilityRatio: null, announced: 0, withdrawn: 0 },
      ],
    },
  ],
  treatedAsWithdraw: [{ collector: 'rrc00', count: 6 }],
  holes: { stale: 1, unknown: 2 },
  duplicates: 4,
  vrps: null,
  late: 5,
  refused: [{ table: 'prefixes', count: 3 }],
  planes: [
    { plane: 'bgp', up: true, ageSeconds: 3 },
    { plane: 'igp', up: false, ageSeconds: null },
  ],
  samples: [{ plane: 'ingress', count: 8 }],
  samplesRefused: [{ reason: 'malformed', count: 9 }],
}

const make = () => new Metrics({ version: '0.1.0', watched: [39891] })

/** Series → value, as a scraper reads them; and name → type. */
async function scrape(metrics: Metrics) {
  const { contentType, body } = await metrics.text()
  const values: Record<string, number> = {}
  const types: Record<string, string> = {}
  for (const line of body.split('\n')) {
    const type = /^# TYPE (\S+) (\S+)$/.exec(line)
    if (type) types[type[1] ?? ''] = type[2] ?? ''
    const sample = /^([a-z_]+(?:\{[^}]*\})?) (\S+)$/.exec(line)
    if (sample) values[sample[1] ?? ''] = Number(sample[2])
  }
  const value = (series: string) => values[series]
  return { contentType, body, values, value, types }
}

describe('metrics', () => {
  test('say what the reading says', async () => {
    const metrics = make()
    metrics.observe(() => reading)
    const { values, value, types, contentType } = await scrape(metrics)
    expect(contentType).toMatch(/^text\/plain; version=0\.0\.4/)
    expect(values).toMatchObject({
      'faultline_build_info{version="0.1.0"}': 1,
      'faultline_feed_up{feed="ris-live"}': 1,
      'faultline_feed_up{feed="file"}': 0,
      'faultline_plane_up{plane="igp"}': 0,
      'faultline_plane_age_seconds{plane="bgp"}': 3,
      'faultline_feed_lag_seconds{feed="ris-live"}': 2.5,
      'faultline_feed_messages_total{feed="ris-live"}': 1_000,
      'faultline_feed_messages_total{feed="file"}': 0,
      'faultline_feed_gaps_total{feed="ris-live"}': 2,
      'faultline_malformed_total{feed="ris-live"}': 3,
      'faultline_feed_dropped_total{feed="ris-live",reason="buffer-full"}': 4,
      'faultline_canary_seconds{feed="ris-live",stage="heard"}': 9.5,
      'faultline_canary_missed_total{feed="ris-live"}': 1,
      'faultline_treat_as_withdraw_total{collector="rrc00"}': 6,
      faultline_late_total: 5,
      'faultline_vantage_points{afi="ipv4",state="active"}': 29,
      'faultline_vantage_points{afi="ipv6",state="down"}': 1,
      'faultline_routes{afi="ipv4"}': 950_000,
      'faultline_prefixes{asn="39891",afi="ipv4",state="up"}': 30,
      'faultline_prefixes{asn="39891",afi="ipv4",state="lost"}': 3,
      'faultline_visibility_ratio{asn="39891",afi="ipv4"}': 0.9,
      'faultline_updates_total{asn="39891",afi="ipv4",kind="announce"}': 70,
      'faultline_updates_total{asn="39891",afi="ipv4",kind="withdraw"}': 7,
      'faultline_plane_up{plane="bgp"}': 1,
      'faultline_blind{asn="39891"}': 1,
    })
    expect(values).not.toHaveProperty('faultline_feed_lag_seconds{feed="file"}')
    expect(values).not.toHaveProperty('faultline_visibility_ratio{asn="39891",afi="ipv6"}')
    expect(value('process_resident_memory_bytes')).toBeGreaterThan(1e6)
    for (const [name, type] of Object.entries(types))
      if (name.startsWith('faultline_'))
        expect([name, type === 'counter']).toEqual([name, name.endsWith('_total')])
  })

  test('totals do not add up over scrapes, and what is gone from the reading is gone', async () => {
    const metrics = make()
    let now: Reading = reading
    metrics.observe(() => now)
    await scrape(metrics)
    expect((await scrape(metrics)).values['faultline_feed_messages_total{feed="ris-live"}']).toBe(
      1_000,
    )
    now = { ...reading, late: 6, feeds: reading.feeds.slice(1), watched: [] }
    const { values, value } = await scrape(metrics)
    expect(value('faultline_late_total')).toBe(6)
    expect(Object.keys(values).filter((name) => name.includes('ris-live'))).toEqual([])
    expect(values).not.toHaveProperty('faultline_blind{asn="39891"}')
  })

  test('scrapes that come together are one', async () => {
    const metrics = make()
    let reads = 0
    metrics.observe(() => {
      reads++
      return reading
    })
    const [one, two] = await Promise.all([metrics.text(), metrics.text()])
    expect(one.body).toBe(two.body)
    expect(reads).toBe(1)
    await metrics.text()
    expect(reads).toBe(2)
  })

  test('a costly scrape is kept for a while', async () => {
    const metrics = make()
    let reads = 0
    metrics.observe(() => {
      reads++
      // Of the processor, which others may have at the same time.
      const began = process.cpuUsage()
      while (process.cpuUsage(began).user < 60_000);
      return reading
    })
    await metrics.text()
    await metrics.text()
    expect(reads).toBe(1)
    await new Promise((resolve) => setTimeout(resolve, 1_050))
    await metrics.text()
    expect(reads).toBe(2)
  })

  test('a reading that fails is told, and the next may work', async () => {
    const metrics = make()
    metrics.observe(() => {
      throw new Error('not now')
    })
    await expect(metrics.text()).rejects.toThrow('not now')
    metrics.observe(() => reading)
    expect((await scrape(metrics)).value('faultline_late_total')).toBe(5)
  })

  test('count an incident once, follow its severity, and let it go', async () => {
    const metrics = make()
    const total = 'faultline_incidents_total{asn="39891",kind="outage.as"}'
    const open = (severity: string) =>
      `faultline_incidents_open{asn="39891",kind="outage.as",severity="${severity}"}`
    expect((await scrape(metrics)).values[total]).toBe(0)

    metrics.incident({ ...outage, severity: 'major' })
    let { values } = await scrape(metrics)
    expect([values[total], values[open('major')]]).toEqual([1, 1])

    metrics.incident({ ...outage, revision: 2 })
    values = (await scrape(metrics)).values
    expect([values[total], values[open('major')], values[open('critical')]]).toEqual([1, 0, 1])

    metrics.incident(resolved)
    metrics.incident(resolved)
    values = (await scrape(metrics)).values
    expect([values[total], values[open('critical')]]).toEqual([1, 0])

    metrics.incident({ ...outage, revision: 4, state: 'reopened' })
    values = (await scrape(metrics)).values
    expect([values[total], values[open('critical')]]).toEqual([1, 1])

    const { value } = await scrape(metrics)
    expect(value('faultline_detection_delay_seconds_count')).toBe(1)
    expect(value('faultline_detection_delay_seconds_sum')).toBe(106)
    expect(values['faultline_detection_delay_seconds_bucket{le="100"}']).toBe(0)
    expect(values['faultline_detection_delay_seconds_bucket{le="120"}']).toBe(1)
  })

  test('an incident that goes on as part of another is not open twice', async () => {
    const metrics = make()
    metrics.incident(outage)
    metrics.incident({ ...outage, revision: 2, foldedInto: leak.id })
    const { values } = await scrape(metrics)
    const open = 'faultline_incidents_open{asn="39891",kind="outage.as",severity="critical"}'
    expect(values[open]).toBe(0)
  })

  test('what was never open is not counted, and who is not watched is other', async () => {
    const metrics = make()
    const states: Incident['state'][] = ['transient', 'suppressed']
    for (const state of states) metrics.incident({ ...outage, id: state, state })
    for (let asn = 1; asn <= 500; asn++) metrics.incident({ ...leak, id: `leak ${asn}`, asn })
    const { values } = await scrape(metrics)
    const opened = Object.entries(values).filter(
      ([name, value]) => name.startsWith('faultline_incidents_') && value > 0,
    )
    expect(Object.fromEntries(opened)).toEqual({
      'faultline_incidents_total{asn="other",kind="leak.path"}': 500,
      'faultline_incidents_open{asn="other",kind="leak.path",severity="critical"}': 500,
    })
  })

  test('a verdict has one series for its cause and two for its sums, while the incident lasts', async () => {
    const metrics = new Metrics({ version: '0.1.0', watched: [4766] })
    const of = async () => {
      const { values } = await scrape(metrics)
      const some = Object.entries(values).filter(([name]) => /_(verdict|axis_dec)/.test(name))
      return Object.fromEntries(some)
    }
    const sums = (routing: number, flood: number) => ({
      [`faultline_axis_decibels{asn="4766",incident_id="${judged.id}",axis="routing"}`]: routing,
      [`faultline_axis_decibels{asn="4766",incident_id="${judged.id}",axis="flood"}`]: flood,
    })
    const series = (cause: string) =>
      `faultline_incident_verdict{asn="4766",incident_id="${judged.id}",cause="${cause}"}`
    const open = { ...judged.verdict, cause: 'undetermined', routingDb: 6, floodDb: -7 } as Verdict
    metrics.incident({ ...judged, verdict: null })
    expect(await of()).toEqual({ faultline_verdict_changes_total: 0 })
    metrics.incident({ ...judged, revision: 2, verdict: open })
    metrics.incident({ ...judged, revision: 3, verdict: open })
    expect(await of()).toEqual({
      [series('undetermined')]: 1,
      ...sums(6, -7),
      faultline_verdict_changes_total: 0,
    })
    metrics.incident({ ...judged, revision: 4 })
    expect(await of()).toEqual({
      [series('routing-fault-with-secondary-surge')]: 1,
      ...sums(37, -31),
      faultline_verdict_changes_total: 1,
    })
    metrics.incident({ ...judged, revision: 5, state: 'resolved' })
    expect(await of()).toEqual({ faultline_verdict_changes_total: 1 })
  })

  test('verdicts have series of their own for 500 incidents; more are refused, and counted', async () => {
    const metrics = make()
    metrics.observe(() => reading)
    for (let n = 0; n < 510; n++) metrics.incident({ ...judged, id: `incident ${n}` })
    const { values } = await scrape(metrics)
    const series = Object.keys(values).filter((name) => name.startsWith('faultline_incident_ver'))
    expect(series).toHaveLength(500)
    expect(series[0]).toContain('asn="other"')
    expect(values['faultline_table_refused_total{table="verdict-series"}']).toBe(10)
  })

  test('measure the delay of the pipeline', async () => {
    const metrics = make()
    metrics.pipelineDelay(0.004)
    const { values } = await scrape(metrics)
    expect(values['faultline_pipeline_delay_seconds_bucket{le="0.0025"}']).toBe(0)
    expect(values['faultline_pipeline_delay_seconds_bucket{le="0.005"}']).toBe(1)
  })

  const promtool = spawnSync('promtool', ['--version']).status === 0
  test.skipIf(!promtool)(
    `promtool finds nothing to object to${promtool ? '' : ' (SKIPPED: promtool is not on PATH)'}`,
    async () => {
      const metrics = make()
      metrics.observe(() => reading)
      metrics.incident(outage)
      const { body } = await metrics.text()
      const check = spawnSync('promtool', ['check', 'metrics'], { input: body, encoding: 'utf8' })
      expect([check.status, check.stderr]).toEqual([0, ''])
    },
  )

  test('no gauge is named like a counter, and all have help', async () => {
    const metrics = make()
    metrics.observe(() => reading)
    const { types, body } = await scrape(metrics)
    const misnamed = Object.entries(types).filter(
      ([name, type]) => name.endsWith('_total') !== (type === 'counter'),
    )
    expect(misnamed).toEqual([])
    expect(Object.keys(types).length).toBeGreaterThan(30)
    for (const name of Object.keys(types))
      expect(body).toMatch(new RegExp(`^# HELP ${name} \\S`, 'm'))
  })
})
