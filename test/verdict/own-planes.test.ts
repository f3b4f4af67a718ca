import { expect, test } from 'vitest'
import type { Labels } from '../../src/core/sample.ts'
import { OwnPlanes } from '../../src/verdict/own-planes.ts'
import { Planes } from '../../src/verdict/planes.ts'
import { sampleOf } from './numbers.ts'

const T = 1_700_000_000_000_000

/** Planes that were told this at one tick. */
function planesOf(...told: [metric: string, labels: Labels][]): Planes {
  const planes = new Planes()
  for (const [metric, labels] of told) planes.take(sampleOf(metric, 'bgp', T, 1, { ...labels }))
  planes.tick(T)
  return planes
}

const of = (planes: Planes, asn: number, metric: string, watched: readonly number[]) =>
  new OwnPlanes(planes, asn, watched)
    .series(metric)
    .map(({ labels }) => labels['router'])
    .sort()

const three = planesOf(
  ['session_up', { asn: '7000', router: 'a', peer: '192.0.2.1' }],
  ['session_up', { asn: '7001', router: 'b', peer: '192.0.2.1' }],
  ['session_up', { router: 'c', peer: '192.0.2.1' }],
  ['session_up', { asn: '64999', router: 'd', peer: '192.0.2.1' }],
)

test('sessions count for the network whose routers they are, and for all where nobody knows', () => {
  const watched = [7000, 7001]
  expect(of(three, 7000, 'session_up', watched)).toEqual(['a', 'c', 'd'])
  expect(of(three, 7001, 'session_up', watched)).toEqual(['b', 'c', 'd'])
})

test('of one watched network all are', () => {
  expect(of(three, 7000, 'session_up', [7000])).toHaveLength(4)
})

test('counts of prefixes are told apart in the same way; other metrics are not', () => {
  const labels = { asn: '7001', router: 'b', peer: '192.0.2.1' }
  const planes = planesOf(
    ['rx_prefixes', labels],
    ['rx_prefix_limit_ratio', labels],
    ['adjacency_up', labels],
  )
  const watched = [7000, 7001]
  for (const metric of ['rx_prefixes', 'rx_prefix_limit_ratio']) {
    expect([metric, of(planes, 7000, metric, watched)]).toEqual([metric, []])
    expect([metric, of(planes, 7001, metric, watched)]).toEqual([metric, ['b']])
  }
  expect(of(planes, 7000, 'adjacency_up', watched)).toEqual(['b'])
})

test('what was told since is seen, and until then the view stays the same object', () => {
  const planes = planesOf(['session_up', { asn: '7000', router: 'a' }])
  const own = new OwnPlanes(planes, 7000, [7000, 7001])
  const before = own.series('session_up')
  expect(own.series('session_up')).toBe(before)
  planes.take(sampleOf('session_up', 'bgp', T + 10e6, 0, { asn: '7000', router: 'a' }))
  planes.tick(T + 10e6)
  expect(own.series('session_up').map(({ last }) => last)).toEqual([0])
})

test('states, silences and changes are those of all', () => {
  const planes = planesOf(['session_up', { asn: '7001', router: 'b' }])
  planes.take({
    ...{ kind: 'change', at: T, event: 'commit', labels: { router: 'b' } },
    ...{ note: '', uncertainty: 0 },
  })
  planes.tick(T + 600e6)
  const own = new OwnPlanes(planes, 7000, [7000, 7001])
  expect(own.state('bgp')).toEqual(planes.state('bgp'))
  expect(own.state('bgp').state).toBe('blind')
  expect(own.silent('session_up')).toBe(1)
  expect(own.changes).toBe(planes.changes)
  expect(own.changes).toHaveLength(1)
})
