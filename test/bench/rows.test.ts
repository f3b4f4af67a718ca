import { expect, test } from 'vitest'
import { type Row, type RowSpec, rows, rowTable, standing } from '../../src/bench/rows.ts'

const spec = (name: string): RowSpec => {
  const found = rows.find((row) => row.name === name)
  if (!found) throw new Error(`no row ${name}`)
  return found
}
const best = { elements: 6_000_000, octets: 200e6, cpu: 0.5, rss: 100e6 }
const row = (name: string, got: number | null): Row => ({
  spec: spec(name),
  best,
  got,
  skipped: null,
})

test('more is better of ratios, less of what is spent', () => {
  expect(standing(row('decoding', 19.9))).toBe('BELOW FLOOR')
  expect(standing(row('decoding', 20))).toBe('floor holds')
  expect(standing(row('decoding', 30))).toBe('goal reached')
  expect(standing(row('live', 4.1))).toBe('BELOW FLOOR')
  expect(standing(row('live', 3))).toBe('floor holds')
  expect(standing(row('weight', 5))).toBe('goal reached')
  expect(standing(row('framing', 50))).toBe('')
})

test('the table is told in columns, and why a row is missing', () => {
  const text = rowTable([
    row('decoding', 23.4),
    row('load', 5_300_000),
    { spec: spec('start'), best: null, got: null, skipped: 'bgpdump is not installed' },
  ])
  expect(text).toBe(`row                          el/s  MB/s  CPU s  RSS MB  floor  goal    got
decoding into batches         12M   400   0.50     100    20×   30×  23.4×  floor holds
table load, routes/s          12M   400   0.50     100   1.5M  2.5M   5.3M  goal reached
+ detectors, starting table                                8×   15×         skipped: bgpdump is not installed`)
})
