import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { formatFaults } from '../../src/config/faults.ts'
import { querySetNames } from '../../src/config/query-set-names.ts'
import { loadQuerySet, queriesOf, readQuerySet } from '../../src/config/query-sets.ts'
import { metrics } from '../../src/core/sample.ts'
import { minutes, seconds } from '../../src/core/time.ts'
import { questionOf } from '../../src/feeds/prometheus-answer.ts'

const none = { sets: [], parameters: {}, queries: [] }
const all = queriesOf({ ...none, sets: querySetNames })

const home = mkdtempSync(join(tmpdir(), 'faultline-queries-'))
afterAll(() => rmSync(home, { recursive: true }))

const promtool = spawnSync('promtool', ['--version']).status === 0
if (!promtool) console.warn('SKIPPED: whether PromQL parses: promtool is not installed')

describe('the ready-made queries', () => {
  test('are those of the folder', () => {
    const files = readdirSync('config/queries').map((file) => file.replace('.yaml', ''))
    expect(files.sort()).toEqual([...querySetNames].sort())
  })

  test.each(querySetNames)('%s is sound', (name) => {
    const loaded = loadQuerySet(name)
    expect(loaded.ok ? '' : formatFaults(loaded.faults)).toBe('')
  })

  test('are on the plane of their metric, with the labels it needs', () => {
    expect(all.faults).toEqual([])
    expect(all.queries.length).toBeGreaterThan(40)
    for (const query of all.queries) {
      const metric = metrics[query.metric]
      expect([query.name, query.plane]).toEqual([query.name, metric?.plane])
      const ours = [...Object.values(query.labels), ...Object.keys(query.add)]
      expect([query.name, query.needs.filter((label) => !ours.includes(label))]).toEqual([
        query.name,
        [],
      ])
    }
  })

  test('have no two queries for the same series', () => {
    for (const name of querySetNames) {
      const { queries } = queriesOf({ ...none, sets: [name] })
      const series = queries.map(({ metric, add }) => `${metric} ${JSON.stringify(add)}`)
      expect([name, new Set(series).size]).toEqual([name, series.length])
    }
  })

  test('use each parameter they have', () => {
    for (const name of querySetNames) {
      const { parameters } = readSet(name)
      const text = readFileSync(`config/queries/${name}.yaml`, 'utf8')
      const unused = Object.keys(parameters).filter((key) => !text.includes(`{{${key}}}`))
      expect([name, unused]).toEqual([name, []])
    }
  })

  test('are listed in the README', () => {
    const readme = readFileSync('config/README.md', 'utf8')
    for (const name of querySetNames) {
      const row = new RegExp(`^\\| ${name} \\|.*$`, 'm').exec(readme)?.[0] ?? ''
      if (name === 'unbound') continue
      for (const { metric } of queriesOf({ ...none, sets: [name] }).queries) {
        expect(row).toContain(`\`${metric}\``)
      }
    }
  })

  test('give a rate an uncertainty of its window and half a scrape, a gauge half a scrape', () => {
    const of = (name: string) => all.queries.find((query) => query.name === name)?.uncertainty
    expect(of('snmp in_bps')).toBe(minutes(2) + seconds(30))
    expect(of('junos lsdb_routes')).toBe(seconds(30))
    for (const { promql, uncertainty } of all.queries)
      expect(uncertainty).toBe(/rate\(/.test(promql) ? minutes(2) + seconds(30) : seconds(30))
  })

  test.skipIf(!promtool)('parse, as they are and as they are asked', () => {
    const exprs = all.queries.flatMap((query) => [query.promql, query.fresh, questionOf(query)])
    expect(check(exprs)).toBe('')
    expect(check(['sum by (']).length).toBeGreaterThan(0)
  })
})

/** What promtool says against expressions, as recording rules. */
function check(exprs: readonly string[]): string {
  const rules = exprs.map((expr, i) => ({ record: `rule_${i}`, expr }))
  const path = join(home, 'rules.yaml')
  // JSON is YAML.
  writeFileSync(path, JSON.stringify({ groups: [{ name: 'all', rules }] }))
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', path], {
    encoding: 'utf8',
  })
  return status === 0 ? '' : stdout + stderr
}

function readSet(name: string) {
  const loaded = loadQuerySet(name)
  if (!loaded.ok) throw new Error(formatFaults(loaded.faults))
  return loaded.set
}

describe('a set that is wrong', () => {
  const query = `
  - metric: qps
    promql: rate(q{job="{{job}}"}[1m])
    fresh: q
    labels: {instance: resolver}
    uncertainty: 1m`
  const said = (text: string) => {
    const read = readQuerySet(text, 'x.yaml')
    return read.ok ? [] : formatFaults(read.faults).split('\n')
  }

  test('tells all of it, each with its line', () => {
    const bad = `parameters: {job: {default: .+}}
queries:${query.replace('qps', 'qpz').replace('labels', 'lables')}`
    expect(said(bad)).toEqual([
      'x.yaml:1:19  $.parameters.job.what: is missing; add what: border',
      expect.stringContaining('x.yaml:3:13  $.queries[0].metric: must be one of session_up, '),
      'x.yaml:6:5  $.queries[0].lables: is not a setting we know; did you mean labels?',
    ])
  })

  test('speaks of parameters that it does not have', () => {
    expect(said(`queries:${query}`)).toEqual([
      'x.yaml:2:5  $.queries[0]: speaks of {{job}}, which has no value; add it to parameters',
    ])
  })

  test.each([
    ['uncertainty: 1m', 'uncertainty: some', '"some" is no sum of times; write it like 2m + 60s/2'],
    ['{instance: resolver}', '{}', 'qps needs the label resolver; say which label'],
    ['{instance: resolver}', '{a b: resolver}', '"a b" is no label; as PromQL has it'],
    ['{instance: resolver}', '{a: resolver, b: resolver}', 'resolver has a value already'],
  ])('%s is %s', (from, to, why) => {
    const head = 'parameters: {job: {default: a, what: b}}\nqueries:'
    expect(said(head + query)).toEqual([])
    const told = said(head + query.replace(from, to))
    expect(told).toHaveLength(1)
    expect(told[0]).toContain(why)
  })
})

describe('parameters', () => {
  const asked = (parameters: Record<string, string>, sets = ['bind']) =>
    queriesOf({ ...none, sets, parameters })

  test('take the place of the defaults', () => {
    const { queries, faults } = asked({ resolver: 'host', window: '5m', scrape: '10s' })
    expect(faults).toEqual([])
    expect(queries[0]).toMatchObject({
      name: 'bind qps',
      metric: 'qps',
      plane: 'dns',
      promql: 'sum by (host) (rate(bind_incoming_queries_total{job=~".+"}[5m]))',
      fresh: 'bind_incoming_queries_total{job=~".+"}',
      labels: { host: 'resolver' },
      uncertainty: minutes(5) + seconds(5),
    })
  })

  test('that no query knows are faults, and so is one that does not fit, once', () => {
    expect(asked({ widnow: '5m' }).faults).toEqual([
      {
        path: ['parameters', 'widnow'],
        why: 'is no parameter of these queries',
        hint: 'known here: job, resolver, scrape, window',
      },
    ])
    expect(asked({ window: 'five' }).faults).toMatchObject([
      { path: ['parameters'], why: 'do not fit the set bind: "five + 60s/2" is no sum of times' },
    ])
  })
})
