import { describe, expect, test } from 'vitest'
import { examine, idsOf, type Line } from './hour.ts'

const on = (metric: string, calm: number, then: number | null, resolver = 'hyehwa'): Line => [
  metric,
  { resolver },
  calm,
  then,
]
const storm = on('qps', 1e5, 4e5)

examine([
  {
    id: 'dns.diffuse',
    lines: [storm, on('diffuse_source_share', 0.02, 0.71), on('top1pct_source_share', 0.12, 0.13)],
    says: ['% of subscribers', '2-30 times', 'busiest 1% make 1', '×4'],
    where: ['hyehwa'],
  },
  {
    id: 'dns.concentrated',
    lines: [storm, on('top1pct_source_share', 0.12, 0.75)],
    says: ['busiest 1% of clients make 9', '×4'],
    where: ['hyehwa'],
  },
  {
    id: 'dns.upstream_fail',
    lines: [
      on('servfail_ratio', 0.003, 0.41),
      on('timeout_ratio', 0.01, 0.38),
      on('duplicate_ratio', 0.02, 0.3),
    ],
    says: [
      'SERVFAIL on 1 resolver 0.3% → 41%',
      'no answer from outside on 1 resolver 1',
      'repeated queries',
    ],
    where: ['hyehwa'],
  },
  {
    id: 'dns.same_names',
    lines: [storm, on('name_distance', 0.05, 0.07)],
    says: ['the usual ones (distance 5', '×4'],
    where: ['hyehwa'],
  },
  {
    id: 'dns.random_names',
    lines: [
      storm,
      on('label_entropy', 2.4, 3.6),
      on('nxdomain_ratio', 0.08, 0.7),
      on('any_txt_ratio', 0.01, 0.3),
    ],
    says: ['entropy of labels 2.4', 'NXDOMAIN 8', 'ANY and TXT 1'],
    where: ['hyehwa'],
  },
  {
    id: 'dns.outside',
    lines: [storm, on('outside_source_share', 0.01, 0.6)],
    says: ['of the excess is from outside', 'all: 1% → '],
    where: ['hyehwa'],
  },
])

describe('clients in an excess of three parts in four', () => {
  // A share s of all queries, usually 0.12, is (4 s - 0.12) / 3 of the excess.
  test.each([
    ['far from a fifth: diffuse', 0.12, ['dns.diffuse']],
    ['just under a fifth of the excess: diffuse', 0.17, ['dns.diffuse']],
    ['a quarter of the excess: neither', 0.22, []],
    ['just under a half: neither', 0.39, []],
    ['more than half: concentrated', 0.42, ['dns.concentrated']],
  ])('%s', (_, share, ids) => {
    const lines = [
      storm,
      on('top1pct_source_share', 0.12, share),
      on('diffuse_source_share', 0.02, 0.6),
    ]
    expect(idsOf({ lines })).toEqual(ids)
  })

  test('a share that looks small may be all of a small excess', () => {
    // 1.6 times the queries: 0.5 of all, usually 0.2, is (0.8 - 0.2) / 0.6 = all of the excess.
    const lines = [on('qps', 1e5, 1.6e5), on('top1pct_source_share', 0.2, 0.5)]
    expect(idsOf({ lines })).toEqual(['dns.concentrated'])
  })

  test('fewer than half of the subscribers are not everybody', () => {
    const top = on('top1pct_source_share', 0.12, 0.13)
    expect(idsOf({ lines: [storm, top, on('diffuse_source_share', 0.02, 0.48)] })).toEqual([])
    expect(idsOf({ lines: [storm, on('diffuse_source_share', 0.02, 0.8)] })).toEqual([])
  })

  test('without an excess nobody has a part in it', () => {
    const lines = [
      on('qps', 1e5, 1.4e5),
      on('top1pct_source_share', 0.12, 0.7),
      on('diffuse_source_share', 0.02, 0.8),
      on('outside_source_share', 0.01, 0.6),
      on('name_distance', 0.05, 0.05),
    ]
    expect(idsOf({ lines })).toEqual([])
  })

  test('shares of all resolvers together go with all queries', () => {
    const lines: Line[] = [
      storm,
      on('qps', 1e5, 4e5, 'guro'),
      ['top1pct_source_share', {}, 0.12, 0.75],
    ]
    expect(idsOf({ lines })).toEqual(['dns.concentrated'])
  })

  test('one resolver of three in excess is taken for itself', () => {
    const lines = [
      storm,
      on('qps', 1e5, 1e5, 'guro'),
      on('qps', 1e5, 1e5, 'busan'),
      on('top1pct_source_share', 0.12, 0.75),
      on('top1pct_source_share', 0.12, 0.12, 'guro'),
      on('top1pct_source_share', 0.12, 0.12, 'busan'),
    ]
    expect(idsOf({ lines })).toEqual(['dns.concentrated'])
  })

  test('a tiny resolver in excess is nothing to speak of', () => {
    const lines = [
      on('qps', 1e6, 1e6),
      on('qps', 100, 900, 'lab'),
      on('name_distance', 0.05, 0.05),
      on('name_distance', 0.05, 0.05, 'lab'),
    ]
    expect(idsOf({ lines })).toEqual([])
  })
})

describe('answers that fail', () => {
  test.each([
    ['SERVFAIL alone, where timeouts are not told', [on('servfail_ratio', 0.003, 0.2)], 1],
    [
      'SERVFAIL without timeouts',
      [on('servfail_ratio', 0.003, 0.2), on('timeout_ratio', 0.01, 0.01)],
      0,
    ],
    ['timeouts alone', [on('timeout_ratio', 0.01, 0.2)], 1],
    ['four in a hundred', [on('servfail_ratio', 0.003, 0.04)], 0],
    ['twice the usual', [on('servfail_ratio', 0.1, 0.2)], 0],
  ])('%s', (_, lines, n) => {
    expect(idsOf({ lines })).toHaveLength(n)
  })
})

describe('names', () => {
  test.each<[string, Line[], string[]]>([
    ['another mix is not the same', [storm, on('name_distance', 0.05, 0.2)], []],
    [
      'half a bit more of entropy is random',
      [storm, on('label_entropy', 2.5, 3.1)],
      ['dns.random_names'],
    ],
    ['a third of a bit is not', [storm, on('label_entropy', 2.5, 2.8)], []],
    [
      'NXDOMAIN with half of the excess is',
      [storm, on('nxdomain_ratio', 0.3, 0.5)],
      ['dns.random_names'],
    ],
    ['NXDOMAIN as ever is not', [storm, on('nxdomain_ratio', 0.6, 0.62)], []],
    [
      'ratios speak alone where queries are not counted',
      [on('nxdomain_ratio', 0.08, 0.7)],
      ['dns.random_names'],
    ],
    ['but not where they are as usual', [on('qps', 1e5, 1e5), on('nxdomain_ratio', 0.08, 0.7)], []],
    [
      'random ones are not the same, whatever the distance',
      [storm, on('nxdomain_ratio', 0.08, 0.7), on('name_distance', 0.05, 0.05)],
      ['dns.random_names'],
    ],
  ])('%s', (_, lines, ids) => {
    expect(idsOf({ lines })).toEqual(ids)
  })
})
