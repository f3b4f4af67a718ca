import { expect, test } from 'vitest'
import { dated } from '../../src/context/dated.ts'
import { parseInstant } from '../../src/core/time.ts'

test.each([
  ['a/vrps.csv@2017-01-01', 'a/vrps.csv', '2017-01-01'],
  ['vrps.csv@2017-01-01T12:00:00Z', 'vrps.csv', '2017-01-01T12:00:00Z'],
  ['me@home/vrps.csv', 'me@home/vrps.csv', null],
  ['me@home/vrps.csv@2017-01-01', 'me@home/vrps.csv', '2017-01-01'],
  ['vrps.csv@soon', 'vrps.csv@soon', null],
  ['@2017-01-01', '@2017-01-01', null],
])('%s', (text, path, date) => {
  expect(dated(text)).toEqual({ path, date: date === null ? null : parseInstant(date) })
})
