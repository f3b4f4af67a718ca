import { expect, test } from 'vitest'
import type { Signal } from '../../src/core/incident.ts'
import { Wholes } from '../../src/verdict/wholes.ts'

const signal = (key: string, absorbs: string[], phase: Signal['phase'] = 'open'): Signal =>
  ({ kind: 'withdrawal.burst', key, phase, absorbs }) as unknown as Signal

test('only what is new or gone is looked at, and all when it ends', () => {
  const wholes = new Wholes()
  expect(wholes.take(signal('burst', ['a', 'b']), false)).toEqual(['a', 'b'])
  expect(wholes.take(signal('burst', ['a', 'b']), true)).toEqual([])
  expect(wholes.take(signal('burst', ['b', 'c']), true)).toEqual(['a', 'c'])
  expect([wholes.of('a'), wholes.of('b'), wholes.of('c')]).toEqual([undefined, 'burst', 'burst'])
  expect(wholes.take(signal('burst', [], 'resolved'), true)).toEqual(['b', 'c'])
  expect(wholes.of('b')).toBeUndefined()
})

test('what leaves one of two is still part of the other', () => {
  const wholes = new Wholes()
  wholes.take(signal('first', ['a']), false)
  wholes.take(signal('second', ['a']), false)
  expect(wholes.of('a')).toBe('second')
  wholes.take(signal('second', [], 'resolved'), true)
  expect(wholes.of('a')).toBe('first')
})

test('of what there was no room for all is looked at when there is', () => {
  const wholes = new Wholes()
  wholes.take(signal('burst', ['a']), false)
  expect(wholes.take(signal('burst', ['a']), false)).toEqual(['a'])
})

test('the parts of an outage go by its name', () => {
  const outage = { kind: 'outage.as', key: 'outage:64500:ipv4', phase: 'open' } as unknown as Signal
  expect(new Wholes().take(outage, true)).toEqual([
    'prefix:64500:ipv4',
    'partial:64500:ipv4',
    'withdrawal:64500:ipv4',
  ])
})
