import { expect, test } from 'vitest'
import type { Sample } from '../../src/core/sample.ts'
import { readPush } from '../../src/feeds/push.ts'

const sample: Sample = {
  kind: 'sample',
  at: 1,
  plane: 'flow',
  metric: 'flow_bps',
  value: 1,
  labels: {},
  uncertainty: 0,
}
const reader = {
  line: (text: string) =>
    text.includes('good')
      ? ({ ok: true, fact: sample } as const)
      : ({ ok: false, why: `bad line ${text}` } as const),
  value: (value: unknown) =>
    value === 'good'
      ? ({ ok: true, fact: sample } as const)
      : ({ ok: false, why: `bad value ${value}` } as const),
}

test('lines are counted as an editor counts them', () => {
  expect(readPush('good\n\r\n  \nbad\ngood\r\n', reader)).toEqual({
    facts: [
      { line: 1, fact: sample },
      { line: 5, fact: sample },
    ],
    refused: [{ line: 4, why: 'bad line bad' }],
  })
})

test('a list is read item by item', () => {
  expect(readPush(' ["good", 7]', reader)).toEqual({
    facts: [{ line: 1, fact: sample }],
    refused: [{ line: 2, why: 'bad value 7' }],
  })
  expect(readPush('["good"', reader).refused).toEqual([{ line: 1, why: 'is not JSON' }])
  expect(readPush('', reader)).toEqual({ facts: [], refused: [] })
})
