import { describe, expect, test } from 'vitest'
import { noSamples, type Signal } from '../../src/core/incident.ts'
import { minutes } from '../../src/core/time.ts'
import { type Deed, EVENT, examine, find, idsOf, type Line } from './hour.ts'

const jump: Line = ['lsdb_routes', { router: 'bsn-7' }, 9_800, 412_000]
const commit = (after: number, note = ''): Deed => [
  after,
  'commit',
  { router: 'bsn-7', pop: 'bsn' },
  note,
]

examine([
  {
    id: 'ctx.change',
    lines: [jump],
    deeds: [commit(-0.5, 'CHG-2231 for the customer at 192.0.2.7')],
    says: ['commit on bsn-7 at 02:15:30 (CHG-2231)', 's before the first onset at 02:1'],
    where: ['bsn', 'bsn-7'],
  },
  {
    id: 'ctx.ours_upstream',
    lines: [],
    deeds: [[2, 'upstream-notice', { from: 'AS64511' }]],
    says: ['AS64511 told of a routing incident', '02:18:00'],
  },
])

const signal = (startedAt: number): Signal => ({
  kind: 'outage.as',
  key: 'outage:64500:ipv4',
  asn: 64500,
  culprit: 64500,
  afi: 'ipv4',
  at: EVENT,
  phase: 'open',
  startedAt,
  endedAt: null,
  severity: 'major',
  tags: [],
  cap: null,
  now: { prefixes: 1, ofPrefixes: 2, covered: 0, peerAsns: 3, collectors: 1, share: 0.5 },
  segments: [],
  samples: noSamples,
  rfc7908: null,
})

describe('a commit', () => {
  test('of whose note nothing but the number of a ticket is told', () => {
    const told = JSON.stringify(find({ lines: [jump], deeds: [commit(-1, 'CHG-1 192.0.2.7')] }))
    expect(told).toContain('CHG-1')
    expect(told).not.toContain('192.0.2')
  })

  test.each([
    ['13 minutes before the onset is suspected', -13, true],
    ['17 minutes before is not', -17, false],
    ['3 minutes after is not', 3, false],
  ])('%s', (_, after, is) => {
    expect(idsOf({ lines: [jump], deeds: [commit(after)] }).includes('ctx.change')).toBe(is)
  })

  test('without trouble is a commit', () => {
    expect(idsOf({ lines: [['qps', {}, 1e5, 1e5]], deeds: [commit(-1)] })).toEqual([])
  })

  test('before the beginning of a signal is suspected too', () => {
    const deeds = [commit(-1)]
    expect(idsOf({ lines: [], deeds, signals: [signal(EVENT)] })).toEqual(['ctx.change'])
    expect(idsOf({ lines: [], deeds, signals: [signal(EVENT - minutes(5))] })).toEqual([])
  })

  test('after the first of two onsets that belong together is not suspected of the second', () => {
    const signals = [signal(EVENT - minutes(8)), signal(EVENT)]
    expect(idsOf({ lines: [], deeds: [commit(-1)], signals })).toEqual([])
  })

  test('is suspected though a wobble of one series in six came before it', () => {
    const starts = [-6, 0, 0, 0.5, 0.5, 1]
    const signals = starts.map((minute) => signal(EVENT + minutes(minute)))
    const [found] = find({ lines: [], deeds: [commit(-1)], signals })
    expect(found?.because).toContain('60 s before the first onset at 02:16:00')
  })

  test('need not be seen where work on a router was to begin', () => {
    const window: Deed = [-2, 'window-start', { id: 'CHG-1', router: 'bsn-7, bsn-8' }]
    const [found] = find({ lines: [], deeds: [window], signals: [signal(EVENT)] })
    expect(found?.because).toContain('work was to begin on bsn-7, bsn-8 at 02:14:00')
    expect(found?.where).toEqual(['bsn-7', 'bsn-8'])
    const anywhere: Deed = [-2, 'window-start', { id: 'CHG-1', asn: '64500' }]
    expect(idsOf({ lines: [], deeds: [anywhere], signals: [signal(EVENT)] })).toEqual([])
  })

  test('is suspected though something else began hours ago', () => {
    const signals = [signal(EVENT - minutes(200)), signal(EVENT)]
    expect(idsOf({ lines: [], deeds: [commit(-1)], signals })).toEqual(['ctx.change'])
  })
})

test('a notice holds for three hours', () => {
  const deeds: Deed[] = [[0, 'upstream-notice', { from: 'AS64511' }]]
  expect(idsOf({ lines: [], deeds, after: 170 })).toEqual(['ctx.ours_upstream'])
  expect(idsOf({ lines: [], deeds, after: 190 })).toEqual([])
})
