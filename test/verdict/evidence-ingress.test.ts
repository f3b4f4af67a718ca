import { describe, expect, test } from 'vitest'
import { type Deed, examine, find, idsOf, type Line } from './hour.ts'

const links = ['transit-1', 'transit-2', 'ix-1']
const on = (metric: string, calm: number, then: number | null, which = links): Line[] =>
  which.map((link) => [metric, { link, pop: 'seo' }, calm, then])
const inOut = (inThen: number, outThen: number): Line[] => [
  ...on('in_bps', 2e10, inThen),
  ...on('out_bps', 1e10, outThen),
]
const everywhere = ['ix-1', 'seo', 'transit-1', 'transit-2']

examine([
  {
    id: 'in.surge',
    lines: [...on('in_bps', 2e10, 9e10), ...on('in_pps', 2e6, 3e7)],
    says: ['border inbound', 'M packets/s', 'the usual 6'],
    where: everywhere,
  },
  {
    id: 'in.mild',
    lines: on('in_bps', 2e10, 4e10),
    says: ['border inbound', 'G bit/s', '×2'],
    where: everywhere,
  },
  {
    id: 'in.normal',
    normal: true,
    lines: [
      ...on('in_bps', 2e10, 2.1e10),
      ...on('in_pps', 2e6, 2.1e6),
      ...on('link_load', 0.4, 0.4),
    ],
    says: ['border inbound', 'nothing extra'],
  },
  {
    id: 'in.collapse',
    lines: [...inOut(0.9e10, 0.3e10), ...on('link_load', 0.4, 0.2)],
    says: ['border inbound', 'outbound', '×0.45', '×0.3', 'no link is full'],
    where: everywhere,
  },
  {
    id: 'in.ratio',
    lines: inOut(9e10, 1e10),
    says: ['inbound by outbound', 'the usual 2.0'],
    where: everywhere,
  },
  {
    id: 'in.saturated',
    lines: [
      ...on('link_load', 0.4, 0.99, ['transit-1']),
      ...on('in_discards', 1, 8_000, ['transit-1']),
    ],
    says: ['1 border link at 9', '(transit-1)', 'discards on 1 link', 'packets/s'],
    where: ['seo', 'transit-1'],
  },
])

describe('the border', () => {
  test.each([
    ['a tenth more is normal', 2.2e10, ['in.normal']],
    ['a third more is neither normal nor mild', 2.7e10, []],
    ['1.45 times are not mild yet', 2.9e10, []],
    ['1.55 times are', 3.1e10, ['in.mild']],
    ['2.9 times still are', 5.8e10, ['in.mild']],
    ['3.1 times are a surge', 6.2e10, ['in.surge']],
    ['a third less is normal', 1.4e10, ['in.normal']],
    ['half is not, and no collapse where outbound is not told', 1e10, []],
  ])('%s', (_, then, ids) => {
    expect(idsOf({ lines: on('in_bps', 2e10, then) })).toEqual(ids)
  })

  test.each([
    ['inbound alone', 0.8e10, 1e10],
    ['outbound alone', 2e10, 0.4e10],
    ['inbound by 35% only', 1.3e10, 0.4e10],
  ])('does not collapse when %s falls', (_, inThen, outThen) => {
    expect(idsOf({ lines: inOut(inThen, outThen) })).not.toContain('in.collapse')
  })

  test('does not collapse while a link is full', () => {
    const lines = [...inOut(0.8e10, 0.4e10), ...on('link_load', 0.4, 0.99, ['transit-1'])]
    expect(idsOf({ lines })).toEqual(['in.saturated'])
  })

  test('does not collapse when most of its links fall silent', () => {
    const silent: Line[] = ['transit-1', 'transit-2'].flatMap((link): Line[] => [
      ['in_bps', { link }, 2e10, null],
      ['out_bps', { link }, 1e10, null],
    ])
    const heard: Line[] = [
      ['in_bps', { link: 'ix-1' }, 2e10, 2e10],
      ['out_bps', { link: 'ix-1' }, 1e10, 1e10],
    ]
    expect(idsOf({ lines: [...silent, ...heard], after: 15 })).not.toContain('in.collapse')
  })

  test('does not surge by one scrape of one link', () => {
    const lines = on('in_bps', 2e10, 2e11)
    expect(idsOf({ lines, after: 0 })).not.toContain('in.surge')
  })

  test('is not normal when a link of three has fallen silent: it may be the one that matters', () => {
    const lines = [
      ...on('in_bps', 2e10, 2e10, ['transit-1', 'ix-1']),
      ...on('in_bps', 2e10, null, ['transit-2']),
    ]
    expect(idsOf({ lines, after: 15 })).toEqual([])
    expect(idsOf({ lines, after: 7 * 60 })).toEqual(['in.normal'])
  })

  test('surges in small packets too: bits do not show them', () => {
    const lines = [...on('in_bps', 2e10, 2.2e10), ...on('in_pps', 2e6, 1e7)]
    expect(idsOf({ lines })).toEqual(['in.surge'])
  })

  test('is not normal while a link is full', () => {
    const lines = [...on('in_bps', 2e10, 2e10), ...on('link_load', 0.9, 0.97, ['ix-1'])]
    expect(idsOf({ lines })).toEqual(['in.saturated'])
  })

  test('has no ratio out of place where less goes out, and nothing more comes in', () => {
    expect(idsOf({ lines: inOut(2e10, 0.4e10) })).not.toContain('in.ratio')
  })

  test('a link that is always full is no news', () => {
    expect(idsOf({ lines: on('link_load', 0.97, 0.98) })).toEqual([])
  })
})

describe('in.detector', () => {
  const start: Deed = [
    1,
    'detector-start',
    { detector: 'FastNetMon', direction: 'incoming', host: '192.0.2.0/24' },
  ]
  const end: Deed = [2, 'detector-end', start[2]]

  test('is found while a detector stands by what it said, and names no host', () => {
    const [found, ...others] = find({ lines: [], deeds: [start] })
    expect(others).toEqual([])
    expect(found?.id).toBe('in.detector')
    expect(found?.because).toBe(
      'FastNetMon: 1 attack from outside on own hosts, the first since 02:17:00',
    )
    expect(JSON.stringify(found)).not.toContain('192.0.2')
  })

  test.each<[string, readonly Deed[], number]>([
    ['nothing was said', [], 4],
    ['it was taken back', [start, end], 4],
    ['it is about what goes out', [[1, 'detector-start', { direction: 'outgoing' }]], 4],
    ['its end was never told, for six hours', [start], 365],
  ])('is not found when %s', (_, deeds, after) => {
    expect(idsOf({ lines: [], deeds, after })).toEqual([])
  })

  test('is found again when it starts again', () => {
    const again: Deed = [3, 'detector-start', start[2]]
    expect(idsOf({ lines: [], deeds: [start, end, again] })).toEqual(['in.detector'])
  })
})
