import { expect, test } from 'vitest'
import { lines, many, only, World } from './world.ts'

const all = 'abcdeABCDE'
const wide = '198.51.0.0/16'
const path = '174 3356 7000'
const parts = many(128)
const world = () =>
  new World().holds(all, wide, path).holds(all, many(8, '203.0', 24), '174 3356 8000')

test('parts that were announced for half an hour and go again are no loss', () => {
  const told = world()
    .at('00:10:00')
    .announce(all, parts, path)
    .at('00:45:00')
    .withdraw(all, parts)
    .play('01:10:00')
  expect(told.filter(({ kind }) => kind.startsWith('withdrawal'))).toEqual([])
})

test('those of a working day are', () => {
  const told = world()
    .at('00:10:00')
    .announce(all, parts, path)
    .at('08:45:00')
    .withdraw(all, parts)
    .play('09:10:00')
  expect(only(told, 'withdrawal.mass').counts.prefixes).toBe(128)
})

test('what nobody held and another took for a while is no loss of that one', () => {
  const taken = many(8, '203.0', 24)
  const story = world()
    .at('00:05:00')
    .withdraw(all, taken)
    .at('00:10:00')
    .announce(all, taken, '174 3356 9000')
    .at('00:45:00')
    .withdraw(all, taken)
    .play('01:10:00')
  expect(lines(story.filter(({ asn, kind }) => asn === 9000 && kind === 'outage.as'))).toEqual([])
})

test('nor is its return to its owner a birth: that one loses it as before', () => {
  const taken = many(8, '203.0', 24)
  const story = world()
    .at('00:05:00')
    .withdraw(all, taken)
    .at('00:10:00')
    .announce(all, taken, '174 3356 9000')
    .at('00:45:00')
    .withdraw(all, taken)
    .at('00:50:00')
    .announce(all, taken, '174 3356 8000')
    .at('01:30:00')
    .withdraw(all, taken)
    .play('02:00:00')
  const late = story.filter(({ asn, kind }) => asn === 8000 && kind === 'outage.as')
  expect(late.some(({ updatedAt }) => updatedAt.slice(11, 16) >= '01:30')).toBe(true)
})

test('where the baseline is learned nothing is asked: all of it is young', () => {
  const told = new World({ baseline: 'learned-from-input' })
    .at('00:01:00')
    .announce(all, wide, path)
    .announce(all, parts, path)
    .at('02:00:00')
    .withdraw(all, parts)
    .play('02:30:00')
  expect(told.some(({ kind }) => kind === 'withdrawal.mass')).toBe(true)
})
