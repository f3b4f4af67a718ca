import { expect, test } from 'vitest'
import { Known } from '../../src/detect/hijack-score.ts'
import { view } from './view.ts'
import { many, World } from './world.ts'

test('a starting table is thin when much comes anew: a thousand, and one in fifty', () => {
  const known = new Known(view({ prefixes: 60_000, reference: (p) => (p < 55_000 ? 3 : 0) }))
  for (let i = 0; i < 1_100; i++) known.bear()
  expect(known.isThin).toBe(false)
  known.bear()
  expect(known.isThin).toBe(true)
  const small = new Known(view({ prefixes: 10, reference: () => 3 }))
  for (let i = 0; i < 1_000; i++) small.bear()
  expect(small.isThin).toBe(false)
  small.bear()
  expect(small.isThin).toBe(true)
})

test('where the starting table is thin, what is new is told to owners only, in doubt', () => {
  const peers = 'abcdefghijABCDEFGHIJ'
  const told = (watch?: number[]) =>
    new World(watch ? { watch } : {})
      .holds(peers, '203.0.0.0/16', '1299 3356 6000')
      .holds(peers, '198.18.0.0/24', '1299 174 5001')
      .at('00:05:00')
      .announce('a', many(1_100, '60.0'), '1299 3356 7000')
      .at('00:10:01')
      .announce(peers, '203.0.7.0/24', '1299 174 5001')
      .play('00:20:00')
      .filter(({ kind }) => kind.startsWith('hijack'))
  expect(told()).toEqual([])
  expect(told([6000]).map(({ confidence }) => confidence.level)).toEqual(['low'])
})
