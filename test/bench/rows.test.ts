import { expect, test } from 'vitest'
import { rows, unmeasured } from '../../src/bench/rows.ts'
import { type Row, type RowSpec, rowTable, standing } from '../../src/bench/table.ts'

const spec = (name: string): RowSpec => {
  const found = rows.find((row) => row.name === name)
  if (!found) throw new Error(`no row ${name}`)
  return found
}
const best = { elements: 6_000_000, octets: 200e6, cpu: 0.5, wall: 0.6, rss: 100e6 }
const row = (name: string, got: number | null, more: Partial<Row> = {}): Row => ({
  spec: spec(name),
  got,
  best,
  ...more,
})

test('more is better of ratios, less of what is spent', () => {
  expect(standing(row('decoding', 19.9))).toBe('BELOW FLOOR')
  expect(standing(row('decoding', 20))).toBe('floor holds')
  expect(standing(row('decoding', 30))).toBe('goal reached')
  expect(standing(row('decoding', 45))).toBe('stretch')
  expect(standing(row('live', 4.1))).toBe('BELOW FLOOR')
  expect(standing(row('live', 3))).toBe('floor holds')
  expect(standing(row('weight', 5))).toBe('goal reached')
  expect(standing(row('soak', -1))).toBe('stretch')
  expect(standing(row('framing', 50))).toBe('')
  expect(standing(row('decoding', null))).toBe('')
})

test('a stretch that another peer sets counts as it was just now, and no less than the goal', () => {
  expect(standing(row('gzip', 1.5))).toBe('goal reached')
  expect(standing(row('gzip', 1.5, { stretch: 1.4 }))).toBe('stretch')
  expect(standing(row('gzip', 1.5, { stretch: 1.6 }))).toBe('goal reached')
  expect(standing(row('gzip', 0.9, { stretch: 0.8 }))).toBe('floor holds')
})

test('the table is told in columns, and why a row is missing', () => {
  const text = rowTable([
    row('decoding', 23.4, { peers: 'bgpdump 11.70 s' }),
    row('load', 5_300_000),
    { spec: spec('cold'), got: null, remark: 'skipped: no real file' },
  ])
  const [head, ...lines] = text.split('\n').map((line) => line.split(/ {2,}/))
  expect(head).toEqual(
    'row|of|what|el/s|MB/s|CPU s|wall s|RSS MB|peers|floor|goal|stretch|got'.split('|'),
  )
  expect(lines[0]?.slice(3)).toEqual(
    '12M|400|0.50|0.60|100|bgpdump 11.70 s|20×|30×|45×|23.4×|floor holds'.split('|'),
  )
  expect(lines[1]?.slice(3)).toEqual('12M|400|0.50|0.60|100|1.5M|2.5M|5M|5.3M|stretch'.split('|'))
  expect(lines[2]?.slice(3)).toEqual('0.6 s|0.35 s|0.22 s|skipped: no real file'.split('|'))
  const [at] = text.split('\n').map((line) => line.indexOf('got') + 3)
  expect(text.split('\n')[1]?.slice(0, at)).toMatch(/23\.4×$/)
})

test('rows have names of their own, and ask for more from floor to stretch', () => {
  expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length)
  for (const { name, floor, goal, stretch, lessIsMore } of rows) {
    const asked = [floor, goal, stretch].filter((n) => n !== undefined)
    const sorted = [...asked].sort((a, b) => (lessIsMore ? b - a : a - b))
    expect(asked, name).toEqual(sorted)
  }
})

test('every goal of the research is measured, or said not to be', () => {
  const goals = '1 1b 2 3 3b 3c 4 4b 5 6 6b 7 8 8b 8c 9 10 10b 11 12 13 14'.split(' ')
  const known = new Set([...rows.map(({ of }) => of), ...Object.keys(unmeasured)])
  known.delete('')
  expect([...known].sort()).toEqual(goals.map((n) => `P${n}`).sort())
})
