import { expect, test } from 'vitest'
import { minutes } from '../../src/core/time.ts'
import { Afterwards } from '../../src/verdict/afterwards.ts'

test('what began in a time that was read later was found afterwards, and nothing else', () => {
  const afterwards = new Afterwards()
  expect(afterwards.tagOf(0)).toBe(null)
  for (const at of [10, 12, 19]) afterwards.told(minutes(at))
  afterwards.filled()
  afterwards.told(minutes(40))
  afterwards.told(minutes(45))
  const found = [9, 10, 15, 19, 20, 30, 40, 44, 46].filter((at) => afterwards.tagOf(minutes(at)))
  expect(found).toEqual([10, 15, 19, 40, 44])
  expect(afterwards.tagOf(minutes(15))).toEqual({
    name: 'found.afterwards',
    score: 0,
    because:
      'found afterwards, in what was fetched of 1970-01-01T00:10:00.000Z to 1970-01-01T00:19:00.000Z',
  })
})

test('of many holes the oldest are forgotten', () => {
  const afterwards = new Afterwards()
  for (let at = 1; at <= 70; at++) {
    afterwards.told(minutes(at))
    afterwards.filled()
  }
  expect([afterwards.tagOf(minutes(6)), afterwards.tagOf(minutes(7))?.name]).toEqual([
    null,
    'found.afterwards',
  ])
})
