import { expect, test } from 'vitest'
import { UNKNOWN_PATH, type View } from '../../src/core/view.ts'
import { pathSample, spreadOf } from '../../src/detect/witnesses.ts'
import { view } from './view.ts'

const peers = [
  { collector: 'rrc00', address: '192.0.2.1', asn: 64_496 },
  { collector: 'rrc01', address: '192.0.2.2', asn: 64_496 },
  { collector: 'rrc01', address: '192.0.2.3', asn: 64_497 },
]
const some = view({
  vantagePoint: ((id: number) => peers[id]) as unknown as View['vantagePoint'],
  prefixText: () => '198.51.100.0/24',
  pathText: (path) => (path === UNKNOWN_PATH ? '?' : '64496 3356'),
})

test('two sessions of one network are one witness at two collectors', () => {
  expect(spreadOf(some, [0, 1, 2, 2])).toEqual({ peerAsns: 2, collectors: 2 })
  expect(spreadOf(some, [])).toEqual({ peerAsns: 0, collectors: 0 })
})

test('no route is null, one on a path nobody knows is a question mark', () => {
  expect(pathSample(some, { vantage: 2, prefix: 0, before: UNKNOWN_PATH, after: 0 })).toEqual({
    peer: 'rrc01 192.0.2.3 AS64497',
    prefix: '198.51.100.0/24',
    before: '?',
    after: null,
  })
  expect(pathSample(some, { vantage: 0, prefix: 0, before: 0, after: 7 }).after).toBe('64496 3356')
})
