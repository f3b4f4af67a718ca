// The dashboard against the code: what it asks for exists, and it can be laid out and understood.

import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { exported } from './exported.ts'

interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly datasource?: { readonly uid: string }
  readonly gridPos: {
    readonly x: number
    readonly y: number
    readonly w: number
    readonly h: number
  }
  readonly targets?: readonly { readonly expr: string; readonly datasource: { uid: string } }[]
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } }
}

interface Dashboard {
  readonly id: null
  readonly uid: string
  readonly editable: boolean
  readonly panels: readonly Panel[]
  readonly templating: {
    readonly list: readonly { name: string; query: unknown; refresh: number }[]
  }
  readonly annotations: { readonly list: readonly { readonly expr: string }[] }
}

const text = (path: string) => readFileSync(new URL(`../grafana/${path}`, import.meta.url), 'utf8')
const dashboard = JSON.parse(text('dashboards/overview.json')) as Dashboard
const panels = dashboard.panels.filter(({ type }) => type !== 'row')
const queries = [
  ...panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
  ...dashboard.annotations.list.map(({ expr }) => expr),
]
const metrics = await exported()

/** Whatever Prometheus adds to each series itself. */
const TARGET = ['job', 'instance', 'le']

function* selectors(query: string) {
  for (const [, series = '', matchers = ''] of query.matchAll(
    /\b((?:faultline|process|nodejs)_[a-z0-9_]+)(?:\{([^}]*)\})?/g,
  )) {
    const name = metrics.has(series) ? series : series.replace(/_(bucket|sum|count)$/, '')
    const labels = [...matchers.matchAll(/([a-z_]+)\s*=~?/g)].map(([, label = '']) => label)
    yield { name, labels }
  }
}

describe('the dashboard', () => {
  test('has a fixed uid, a chosen data source, and is not edited in place', () => {
    expect(dashboard).toMatchObject({ id: null, uid: 'faultline-overview', editable: false })
    expect(dashboard.templating.list.map(({ name }) => name)).toEqual([
      'datasource',
      'job',
      'instance',
      'asn',
    ])
    for (const { datasource, targets = [] } of panels)
      for (const uid of [datasource?.uid, ...targets.map((target) => target.datasource.uid)])
        expect(uid).toMatch(/^\$\{datasource\}$/)
  })

  test('asks only for metrics and labels that the daemon has', () => {
    let seen = 0
    for (const query of queries)
      for (const { name, labels } of selectors(query)) {
        seen++
        const known = metrics.get(name)
        expect(known, `${name} in ${query}`).toBeDefined()
        for (const label of labels)
          expect([...TARGET, ...(known?.labels ?? [])], `${label} of ${name}`).toContain(label)
      }
    expect(seen).toBeGreaterThan(25)
  })

  test('shows every metric of ours, but for the constant ones', () => {
    const shown = new Set(queries.flatMap((query) => [...selectors(query)].map(({ name }) => name)))
    const hidden = [...metrics.keys()].filter(
      (name) => name.startsWith('faultline_') && !shown.has(name),
    )
    // It is in the variables.
    expect(hidden).toEqual(['faultline_build_info'])
  })

  test('counts with rates over an interval that fits the scrape', () => {
    for (const query of panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))) {
      for (const [, window] of query.matchAll(/\[([^\]]+)\]/g))
        expect(['$__rate_interval', '$__range']).toContain(window)
      for (const { name } of selectors(query))
        if (metrics.get(name)?.type === 'counter')
          expect(query, query).toMatch(new RegExp(`(rate|increase)\\(${name}`))
    }
  })

  test('each panel has its own number, a title, a unit, a query, and says what to do', () => {
    const ids = dashboard.panels.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length)
    for (const { title, description, fieldConfig, targets } of panels) {
      expect(description?.length ?? 0, title).toBeGreaterThan(60)
      expect(fieldConfig?.defaults.unit, title).toBeTruthy()
      expect(targets?.length ?? 0, title).toBeGreaterThan(0)
    }
  })

  test('panels fill the grid and do not overlap', () => {
    const taken = new Map<string, string>()
    for (const { title, gridPos } of dashboard.panels) {
      const { x, y, w, h } = gridPos
      expect(x + w, title).toBeLessThanOrEqual(24)
      for (let column = x; column < x + w; column++)
        for (let line = y; line < y + h; line++) {
          const cell = `${column} ${line}`
          expect(taken.get(cell), `${title} lies on another`).toBeUndefined()
          taken.set(cell, title)
        }
    }
    const lines = Math.max(...dashboard.panels.map(({ gridPos: { y, h } }) => y + h))
    expect(taken.size).toBe(24 * lines)
  })

  test('README names every panel', () => {
    const readme = text('README.md')
    for (const { title } of panels) expect(readme).toContain(title)
  })
})

test('provisioning is YAML that names the data source and the folder of the dashboards', () => {
  expect(parse(text('provisioning/datasources/prometheus.yml'))).toMatchObject({
    apiVersion: 1,
    datasources: [
      {
        type: 'prometheus',
        uid: 'prometheus',
        url: expect.stringMatching(/^\$\{PROMETHEUS_URL\}$/),
      },
    ],
  })
  expect(parse(text('provisioning/dashboards/faultline.yml'))).toMatchObject({
    apiVersion: 1,
    providers: [{ type: 'file', options: { path: '/var/lib/grafana/dashboards' } }],
  })
})
