// The table in config/README.md and the seekers may not drift apart: each piece of evidence has a row,
// each metric is fed to something, and what a seeker looks at stands in the rows of its family.

import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type EvidenceId, evidence } from '../../src/core/evidence.ts'
import { changeEvents, metrics } from '../../src/core/sample.ts'
import { minutes, seconds } from '../../src/core/time.ts'
import type { View } from '../../src/core/view.ts'
import { Dice } from '../../src/scenario/dice.ts'
import { Planes } from '../../src/verdict/planes.ts'
import { seekers } from '../../src/verdict/seekers.ts'
import { calmly, type Day, type Deed, find, type Line, sceneOf, seek } from './hour.ts'

const lines = readFileSync('config/README.md', 'utf8').split('\n')
const cells = (line: string) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, ''))
const ticked = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word)

function rowsAfter(head: string): string[][] {
  const from = lines.findIndex((line) => line.startsWith(head)) + 2
  const until = lines.findIndex((line, i) => i >= from && !line.startsWith('|'))
  return lines.slice(from, until).map(cells)
}

const fed = rowsAfter('| family | evidence |')
const told = rowsAfter('| plane | metric |')

describe('the table of evidence', () => {
  test('has all 48, in order, with their family and when they are found', () => {
    expect(Object.keys(evidence)).toHaveLength(48)
    expect(fed.map(([family, id, , when]) => [family, id, when])).toEqual(
      Object.entries(evidence).map(([id, { family, when }]) => [family, `\`${id}\``, when]),
    )
  })

  test('names in each row something that feeds it, and nothing that does not exist', () => {
    const labels = new Set(Object.values(metrics).flatMap((spec) => spec.labels))
    for (const [, id, by = ''] of fed) {
      expect([id, by]).not.toEqual([id, ''])
      for (const word of ticked(by))
        expect(
          word in metrics ||
            (changeEvents as readonly string[]).includes(word) ||
            [...labels].some((label) => label.replace('?', '') === word),
          `${id}: ${word}`,
        ).toBe(true)
    }
  })

  test('has each metric with plane, unit and labels as they are checked', () => {
    expect(told).toEqual(
      Object.entries(metrics).map(([name, { plane, unit, labels, what }]) => [
        plane,
        `\`${name}\``,
        unit,
        labels.map((label) => `\`${label}\``).join(', '),
        what,
      ]),
    )
  })

  test('has no metric that feeds nothing', () => {
    const used = new Set(fed.flatMap(([, , by = '']) => ticked(by)))
    expect(Object.keys(metrics).filter((name) => !used.has(name))).toEqual([])
  })

  test.each(['igp', 'ingress', 'flow', 'dns', 'probe', 'context'])(
    'names in the rows of %s what its seeker looks at',
    (family) => {
      const source = readFileSync(`src/verdict/evidence-${family}.ts`, 'utf8')
      const words = [...source.matchAll(/'([\w-]+)'/g)].map(([, word = '']) => word)
      const looked = words.filter(
        (word) => word in metrics || (changeEvents as readonly string[]).includes(word),
      )
      const ids = source.match(/'(?:igp|cpu|in|fl|dns|pr|ctx)\.\w+'/g) ?? []
      const rows = fed.filter((row) => row[0] === family)
      const named = new Set(rows.flatMap(([, , by = '']) => ticked(by)))
      expect(looked.filter((word) => !named.has(word))).toEqual([])
      expect([...new Set(ids.map((id) => id.slice(1, -1)))].sort()).toEqual(
        rows.map(([, id = '']) => id.slice(1, -1)).sort(),
      )
    },
  )
})

const pops = ['bsn', 'dju', 'seo', 'gwj']
const all = (metric: string, label: string, calm: number, then: number): Line[] =>
  pops.map((pop) => [metric, { [label]: `${pop}-1`, pop }, calm, then])

/** As on 2021-10-25: routes flood the IGP, nothing passes any more, and everybody asks again. */
const kt: Day = {
  lines: [
    ...all('lsdb_routes', 'router', 9_800, 412_000),
    ...all('spf_runs', 'router', 1, 60),
    ...all('in_bps', 'link', 2e10, 8e9),
    ...all('out_bps', 'link', 1e10, 4e9),
    ['qps', { resolver: 'hyehwa' }, 1e5, 2.2e6],
    ['servfail_ratio', { resolver: 'hyehwa' }, 0.003, 0.41],
    ['timeout_ratio', { resolver: 'hyehwa' }, 0.01, 0.5],
    ['diffuse_source_share', { resolver: 'hyehwa' }, 0.02, 0.71],
    ['top1pct_source_share', { resolver: 'hyehwa' }, 0.12, 0.12],
    ['name_distance', { resolver: 'hyehwa' }, 0.05, 0.06],
    ...pops.map((pop): Line => ['probe_success', { set: 'inside', pop }, 0.99, 0.1]),
  ],
  deeds: [[-0.5, 'commit', { router: 'bsn-1' }, 'CHG-2231']],
}
const ofKt: EvidenceId[] = [
  'igp.lsdb_jump',
  'igp.spf_storm',
  'in.collapse',
  'dns.upstream_fail',
  'dns.same_names',
  'dns.diffuse',
  'pr.inside_fail',
  'ctx.change',
]

/** As on a resolver in 2014: some thousand clients ask for names that do not exist. */
const skb: Day = {
  lines: [
    ...all('lsdb_routes', 'router', 9_800, 9_810),
    ...all('in_bps', 'link', 2e10, 2e10),
    ['flow_bps', {}, 8e10, 8.4e10],
    ['own_source_share', {}, 0.95, 0.95],
    ['qps', { resolver: 'dongjak' }, 1e6, 1.5e7],
    ['top1pct_source_share', { resolver: 'dongjak' }, 0.12, 0.9],
    ['nxdomain_ratio', { resolver: 'dongjak' }, 0.08, 0.8],
  ],
}
const ofSkb: EvidenceId[] = [
  'igp.normal',
  'in.normal',
  'fl.src_known',
  'dns.random_names',
  'dns.concentrated',
]

describe('all seekers together', () => {
  test.each([
    ['a flood of routes', kt, ofKt],
    ['a flood of queries', skb, ofSkb],
  ])('tell %s by what it shows', (_, day, ids) => {
    const mine = find(day).filter(({ id }) => /^(igp|cpu|in|fl|dns|pr|ctx)\./.test(id))
    expect(mine.map(({ id }) => id).sort()).toEqual([...ids].sort())
  })

  test('find in calm only what is normal', () => {
    const ids = find(calmly({ lines: [...kt.lines, ...skb.lines] })).map(({ id }) => id)
    expect(ids.filter((id) => /^(igp|cpu|in|fl|dns|pr|ctx)\./.test(id)).sort()).toEqual([
      'igp.normal',
      'in.normal',
      'pr.ok',
    ])
  })

  test('find the same, to the byte, in whatever order series are told', () => {
    const turned: Day = { ...kt, lines: [...kt.lines].reverse() }
    expect(JSON.stringify(find(turned))).toBe(JSON.stringify(find(kt)))
  })

  test('say things once, in words with numbers, and find each thing once', () => {
    for (const day of [kt, skb]) {
      const found = find(day)
      expect(new Set(found.map(({ id }) => id)).size).toBe(found.length)
      for (const { because } of found) {
        expect(because).toMatch(/\d/)
        expect(because).not.toMatch(/NaN|undefined|null|Infinity/)
      }
    }
  })

  test('are registered, and change nothing in what they look at', () => {
    expect(seekers.length).toBeGreaterThanOrEqual(6)
    const scene = sceneOf(kt)
    expect(JSON.stringify(seek(scene))).toBe(JSON.stringify(seek(scene)))
  })
})

test('three ordinary days, with nights and noise, show nothing but what is normal', () => {
  const dice = new Dice('three ordinary days')
  const planes = new Planes()
  const told = new Set<string>()
  const series = calmly({ lines: [...kt.lines, ...skb.lines] }).lines
  const start = Date.UTC(2021, 9, 20) * 1_000
  for (let minute = 0; minute < 3 * 1_440; minute++) {
    const at = start + minutes(minute)
    const day = 1 + 0.4 * Math.sin((2 * Math.PI * minute) / 1_440)
    for (const [metric, labels, calm] of series) {
      const spec = metrics[metric]
      if (!spec || calm === null) throw new Error(metric)
      const swing = /bps|qps/.test(metric) ? day : 1
      const noise = spec.unit === '0 … 1' ? 0.02 : 0.05
      const value = calm * swing * (1 + noise * (dice.float() + dice.float() - 1))
      const { plane } = spec
      planes.take({ kind: 'sample', at, plane, metric, labels, value, uncertainty: seconds(30) })
    }
    planes.tick(at)
    if (minute < 2 * 1_440 || minute % 5) continue
    for (const { id } of seek({ at, asn: 64500, planes, view: {} as View, signals: [] }))
      told.add(id)
  }
  expect([...told].sort()).toEqual(['igp.normal', 'in.normal', 'pr.ok'])
})

test('whatever is told, nothing is thrown, and what is found is fit to be read', () => {
  const dice = new Dice('whatever')
  const one = <T>(list: readonly T[]): T => list[Math.floor(dice.float() * list.length)] as T
  const values = [0, 1e-9, 0.02, 0.5, 0.99, 1, 7, 4_000, 3e10, -5]
  const ids = new Set<string>()
  for (let round = 0; round < 25; round++) {
    const lines = Array.from({ length: 40 }, (): Line => {
      const label = one(['router', 'link', 'pop', 'resolver', 'exporter', 'target', 'set'])
      const labels = dice.float() < 0.2 ? {} : { [label]: one(['a', 'b', 'inside', '']) }
      const calm = dice.float() < 0.1 ? null : one(values)
      return [one(Object.keys(metrics)), labels, calm, dice.float() < 0.1 ? null : one(values)]
    })
    const deeds = changeEvents.map((event): Deed => [5 * dice.float() - 2, event, {}])
    const found = find({ lines, deeds })
    expect(new Set(found.map(({ id }) => id)).size).toBe(found.length)
    for (const { id, because, where } of found) {
      ids.add(id)
      expect(because).not.toMatch(/NaN|undefined|null|Infinity|\[object/)
      expect([...where].sort()).toEqual([...where])
    }
  }
  expect(ids.size).toBeGreaterThan(15)
})
