import { describe, expect, test } from 'vitest'
import type { Incident } from '../../src/core/incident.ts'
import { parseInstant } from '../../src/core/time.ts'
import { formatNames, openFormatter } from '../../src/report/format.ts'
import { headline } from '../../src/report/story.ts'
import { judged, leak, outage, resolved } from './sample.ts'

const summary = {
  elements: 1_234_567,
  malformed: 1,
  vantagePoints: 29,
  from: parseInstant('2024-10-29T00:00:00Z') ?? 0,
  until: parseInstant('2024-10-29T00:15:00Z') ?? 0,
}

/** The same value with the keys of every object the other way round. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (value === null || typeof value !== 'object') return value
  const entries = Object.entries(value).reverse()
  return Object.fromEntries(entries.map(([key, item]) => [key, reversed(item)]))
}

/** RFC 4180 as a reader would have it, to check the writer with. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [[]]
  for (const match of text.matchAll(/("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n)/g)) {
    const [, raw = '', end] = match
    rows.at(-1)?.push(raw.startsWith('"') ? raw.slice(1, -1).replaceAll('""', '"') : raw)
    if (end === '\r\n') rows.push([])
  }
  return rows.slice(0, -1)
}

test('there are three formats', () => expect(formatNames).toEqual(['ndjson', 'csv', 'text']))

describe('ndjson', () => {
  test('is the whole record, one line a revision, and nothing else', () => {
    const format = openFormatter('ndjson')
    const out =
      format.begin() + format.incident(leak) + format.incident(resolved) + format.end(summary)
    const lines = out.split('\n')
    expect(lines).toHaveLength(3)
    expect(JSON.parse(lines[0] ?? '')).toEqual(leak)
    expect(JSON.parse(lines[1] ?? '')).toEqual(resolved)
    expect(lines[2]).toBe('')
  })

  test('has one order of keys, at any depth, however the record came about', () => {
    const format = openFormatter('ndjson')
    for (const incident of [outage, leak, judged]) {
      const line = format.incident(incident)
      expect(format.incident(reversed(incident) as Incident)).toBe(line)
    }
    expect(format.incident(outage)).toMatch(
      /^\{"schema":1,"id":"0123456789abcdef","key":"outage:39891:ipv4","revision":1,"kind":"outage.as","kinds":/,
    )
    expect(format.incident(leak)).toContain(
      '"segments":[{"from":4713,"by":15169,"to":701,"prefixes":163000}]',
    )
  })
})

describe('csv', () => {
  test('has the verdict in columns, and nothing where there is none', () => {
    const format = openFormatter('csv')
    const out = format.begin() + format.incident(judged) + format.incident(outage)
    const [header = [], row = [], none = []] = readCsv(out)
    const at = (cells: readonly string[], name: string) => cells[header.indexOf(name)]
    expect(at(row, 'verdict')).toBe('routing-fault-with-secondary-surge')
    expect(['verdict_version', 'routing_db', 'flood_db'].map((name) => at(row, name))).toEqual([
      '2',
      '37',
      '-31',
    ])
    expect([at(row, 'ruled_out'), at(row, 'blind'), at(row, 'leaning')]).toEqual([
      'traffic-flood',
      'flow',
      '',
    ])
    expect([at(none, 'verdict'), at(none, 'flood_db')]).toEqual(['', ''])
  })

  test('reads back, under its header', () => {
    const because = 'said "gone",\nthen nothing'
    const format = openFormatter('csv')
    const out = format.begin() + format.incident({ ...leak, because }) + format.end(summary)
    const [header = [], row = [], ...rest] = readCsv(out)
    expect(rest).toEqual([])
    expect(row).toHaveLength(header.length)
    expect(new Set(header).size).toBe(header.length)
    const read = Object.fromEntries(header.map((name, i) => [name, row[i]]))
    expect(read).toMatchObject({
      id: leak.id,
      kind: 'leak.path',
      afi: '',
      ended_at: '',
      started_at: '2024-10-29T00:07:04.000Z',
      prefixes: '163000',
      prefixes_now: '160000',
      routes: '',
      share: '0.2',
      segments: '4713 15169 701',
      sample_prefixes: '192.0.2.0/24;198.51.100.0/24',
      confidence: 'high',
      score: '8',
      because,
    })
  })

  test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1'])('%j is no formula', (because) => {
    const format = openFormatter('csv')
    const [header = [], row = []] = readCsv(
      format.begin() + format.incident({ ...outage, because }),
    )
    expect(row[header.indexOf('because')]).toBe(`'${because}`)
  })

  test('a number below nothing is a number', () => {
    const confidence = { score: -3, level: 'low', tags: [] } as const
    const [row = []] = readCsv(openFormatter('csv').incident({ ...outage, confidence }))
    expect(row).toContain('-3')
  })
})

describe('text', () => {
  test('is a story by days, with a last line about what was read', () => {
    const format = openFormatter('text')
    const next: Incident = { ...leak, updatedAt: '2024-10-30T00:00:00.000Z' }
    const out =
      format.begin() +
      format.incident(outage) +
      format.incident(resolved) +
      format.incident(next) +
      format.end(summary)
    expect(out.split('\n')).toEqual([
      '-- 2024-10-29, all times UTC',
      headline(outage),
      headline(resolved),
      '-- 2024-10-30, all times UTC',
      headline(next),
      '-- 2 incidents (2 critical) in 15 min from 2024-10-29T00:00:00.000Z: 1,234,567 elements from 29 vantage points, 1 malformed record',
      '',
    ])
  })

  test('says so when there was nothing, and nothing to read', () => {
    const calm = openFormatter('text').end({ ...summary, malformed: 0 })
    expect(calm).toMatch(/^-- 0 incidents in 15 min .* vantage points\n$/)
    expect(openFormatter('text').end({ ...summary, from: null, until: null })).toBe(
      'nothing was read\n',
    )
  })
})
