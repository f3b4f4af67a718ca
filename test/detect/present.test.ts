import { expect, test } from 'vitest'
import { PeerState } from '../../src/core/view.ts'
import { endOf, present } from '../../src/detect/present.ts'
import { view } from './view.ts'

const { active, quarantined, down, unknown, transfer } = PeerState
const routes = (...rows: [number, number][]) => new Map(rows)

function among(states: readonly number[]) {
  const of = (state: number) => states.filter((s) => s === state).length
  const vantage = { active: of(active), quarantined: of(quarantined), down: 0, unknown: 0 }
  return view({ peerState: (id) => states[id] as number, vantage: () => vantage })
}

test('who is down, unknown or not done with its table does not count; who is not believed does', () => {
  const some = among([active, quarantined, down, unknown, transfer])
  const all = routes([0, 1], [1, 2], [2, 4], [3, 8], [4, 16])
  expect(present(some, all)).toEqual({ vantages: 2, routes: 3 })
  expect(present(some, all, routes([1, 5]))).toEqual({ vantages: 2, routes: 8 })
})

test('where nobody is heard, what was said stands', () => {
  expect(present(among([down, unknown]), routes([0, 1], [1, 2]))).toEqual({
    vantages: 2,
    routes: 3,
  })
})

test('it ended with the last route, or when those who had it fell silent', () => {
  expect(endOf(99e6, null)).toBe(99e6)
  expect(endOf(99e6, 100e6)).toBe(99e6)
  expect(endOf(120e6, 100e6)).toBe(120e6)
  expect(endOf(0, 100e6)).toBe(100e6)
})
