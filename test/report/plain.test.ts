import { expect, test } from 'vitest'
import { clean, count, escapeHtml, many, percent } from '../../src/report/plain.ts'

test('strangers get no control over a terminal, and letters stay', () => {
  expect(clean('a\u0007\u001b[31m\r\n\u009b\u2028\u202e\u2066é → 日')).toBe('a??[31m??????é → 日')
})

test('nor over a page', () => {
  expect(escapeHtml(`<a href="x" id='y'>&\u0000`)).toBe(
    '&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;?',
  )
})

test('numbers are grouped and words agree with them', () => {
  expect([
    count(1_234_567),
    many(1, 'origin'),
    many(0, 'origin'),
    many(2, 'peer AS', 'peer ASes'),
  ]).toEqual(['1,234,567', '1 origin', '0 origins', '2 peer ASes'])
})

test('all and nothing are only said when it is so', () => {
  expect([0, 0.001, 0.5, 0.999, 1].map(percent)).toEqual(['0 %', '<1 %', '50 %', '>99 %', '100 %'])
})
