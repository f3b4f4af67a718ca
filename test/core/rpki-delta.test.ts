import { expect, test } from 'vitest'
import { readDelta, writeDelta } from '../../src/core/rpki-delta.ts'

test('a change is read as it was written', () => {
  const change = {
    from: 'abc',
    removed: ['64500 192.0.2.0/24 24 0 ripe'],
    added: ['64501 192.0.2.0/24 24 0 ripe', 'A 64500 64501'],
  }
  expect(readDelta(writeDelta(change))).toEqual(change)
  expect(writeDelta(change).split('\n')).toHaveLength(4)
})

test('what is no such line is passed over', () => {
  expect(readDelta('nothing\n\n*\n- \n+x')).toEqual({ from: '', removed: [''], added: [] })
})
