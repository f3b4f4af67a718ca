import { describe, expect, test } from 'vitest'
import { examine, find, idsOf, type Line } from './hour.ts'

const routers = ['bsn-1', 'hhw-1', 'gro-1', 'dju-1']
const on = (metric: string, calm: number, then: number, more = routers): Line[] =>
  more.map((router) => [metric, { router, pop: router.slice(0, 3) }, calm, then])

const link = (router: string, name: string, load: number): Line[] => [
  ['adjacency_up', { router, link: name }, 1, 0],
  ['link_load', { link: name }, 0.4, load],
]
const border: Line = ['in_bps', { link: 'transit-1' }, 4e10, 4e10]

examine([
  {
    id: 'igp.lsdb_jump',
    lines: on('lsdb_routes', 9_800, 412_000),
    says: ['4 routers', '9.8', '→ 41', '×42'],
    where: ['bsn', 'bsn-1', 'dju', 'dju-1', 'gro', 'gro-1', 'hhw', 'hhw-1'],
  },
  {
    id: 'igp.spf_storm',
    lines: [...on('spf_runs', 1, 60, ['bsn-1']), ...on('lsp_purges', 2, 300, ['bsn-1'])],
    says: ['shortest-path runs a minute on 1 router', 'purges a minute on 1 router', '×'],
    where: ['bsn', 'bsn-1'],
  },
  {
    id: 'igp.adj_loss',
    lines: [...link('bsn-1', 'bsn-seo', 0.3), ...link('hhw-1', 'hhw-dju', 0.5)],
    says: ['2 routers', 'bsn-1, hhw-1', 'not full'],
    where: ['bsn-1', 'bsn-seo', 'hhw-1', 'hhw-dju'],
  },
  {
    id: 'igp.adj_loss_saturated',
    lines: [...link('bsn-1', 'transit-1', 0.99), ...link('hhw-1', 'transit-2', 1)],
    says: ['all 2 adjacencies lost', 'transit-1, transit-2', '95%'],
    where: ['bsn-1', 'hhw-1', 'transit-1', 'transit-2'],
  },
  {
    id: 'igp.normal',
    normal: true,
    lines: [
      ...on('lsdb_routes', 9_800, 9_850),
      ...on('spf_runs', 1, 1.2),
      ...on('lsp_purges', 1, 1),
      ...on('adjacencies', 4, 4),
      ['adjacency_up', { router: 'bsn-1', link: 'bsn-seo' }, 1, 1],
    ],
    says: ['4 routers', '9.', 'shortest-path runs', 'no adjacency lost'],
  },
  {
    id: 'cpu.routing',
    lines: [
      ['cpu_routing', { router: 'bsn-1' }, 0.2, 0.97],
      ['cpu_punt_drops', { router: 'bsn-1' }, 10, 10],
    ],
    says: ['1 route engine', '20% → 9', 'quiet'],
    where: ['bsn-1'],
  },
  {
    id: 'cpu.punt',
    lines: [['cpu_punt_drops', { router: 'bsn-1' }, 10, 4_000]],
    says: ['1 route engine', '→ 4', 'packets/s'],
    where: ['bsn-1'],
  },
])

describe('routes of the IGP', () => {
  test.each([
    ['just below three times are no jump', 10_000, 29_000, []],
    ['three times are one', 10_000, 31_000, ['igp.lsdb_jump']],
    ['a third more are normal', 10_000, 13_000, ['igp.normal']],
    ['twice are neither a jump nor normal', 10_000, 20_000, []],
    ['fewer than half are not normal either', 10_000, 4_000, []],
    ['of a lab with three entries never jump', 3, 12, []],
  ])('%s', (_, calm, then, ids) => {
    expect(idsOf({ lines: on('lsdb_routes', calm, then) })).toEqual(ids)
  })

  test('one router of many is enough: it begins at one', () => {
    const lines = [
      ...on('lsdb_routes', 9_800, 9_800),
      ...on('lsdb_routes', 9_800, 400_000, ['x-1']),
    ]
    expect(idsOf({ lines })).toEqual(['igp.lsdb_jump'])
  })

  test('adjacencies alone do not make the IGP normal: a flood of routes need not lose one', () => {
    expect(idsOf({ lines: on('adjacencies', 4, 4) })).toEqual([])
  })

  test('are not normal when a router of four has fallen silent', () => {
    const lines = [
      ...on('lsdb_routes', 9_800, 9_800, routers.slice(1)),
      ['lsdb_routes', { router: 'bsn-1' }, 9_800, null] as Line,
    ]
    expect(idsOf({ lines, after: 15 })).toEqual([])
  })

  test('of thousands of routers name some as places', () => {
    const many = Array.from({ length: 80 }, (_, n) => `router-${n}`)
    const [found] = find({ lines: on('lsdb_routes', 9_800, 412_000, many) })
    expect(found?.because).toContain('80 routers')
    expect(found?.where).toHaveLength(50)
  })

  test('nothing is said before a usual is known', () => {
    expect(idsOf({ lines: [['lsdb_routes', { router: 'new' }, null, 400_000]] })).toEqual([])
  })
})

describe('shortest-path runs', () => {
  test.each([
    ['nine times are no storm', 2, 18, []],
    ['eleven times are one', 2, 22, ['igp.spf_storm']],
    ['three times less a bit are normal', 4, 11, ['igp.normal']],
    ['three times and a bit are neither', 4, 13, []],
    ['six a minute are neither where there was one', 1, 6, []],
    ['four a minute are ordinary where there were none', 0, 4, ['igp.normal']],
    ['thirty a minute are a storm where there were none', 0, 30, ['igp.spf_storm']],
  ])('%s', (_, calm, then, ids) => {
    expect(idsOf({ lines: on('spf_runs', calm, then) })).toEqual(ids)
  })
})

describe('a lost adjacency', () => {
  test('of one router of several is no loss of adjacencies', () => {
    const lines: Line[] = [
      ...link('bsn-1', 'bsn-seo', 0.3),
      ['adjacency_up', { router: 'hhw-1', link: 'hhw-dju' }, 1, 1],
    ]
    expect(idsOf({ lines })).toEqual([])
  })

  test('weighs nothing while nobody sees how full links are', () => {
    const lines: Line[] = ['bsn-1', 'hhw-1'].map((router) => [
      'adjacency_up',
      { router, link: router },
      1,
      0,
    ])
    expect(idsOf({ lines })).toEqual([])
    expect(idsOf({ lines: [...lines, border] })).toContain('igp.adj_loss')
  })

  test('on full links and elsewhere too is not one of full links only', () => {
    const lines = [
      ...link('bsn-1', 'transit-1', 0.99),
      ...link('hhw-1', 'hhw-dju', 0.3),
      ...link('gro-1', 'gro-dju', 0.3),
    ]
    const ids = idsOf({ lines })
    expect(ids).toContain('igp.adj_loss')
    expect(ids).not.toContain('igp.adj_loss_saturated')
  })

  test('at 94% is not on a full link', () => {
    const ids = idsOf({ lines: [...link('a', 'a-b', 0.93), ...link('c', 'c-d', 0.93)] })
    expect(ids).toContain('igp.adj_loss')
    expect(ids).not.toContain('igp.adj_loss_saturated')
  })

  test('may be told as a number, but only while no link is full', () => {
    const lines = on('adjacencies', 4, 2)
    expect(idsOf({ lines: [...lines, border] })).toContain('igp.adj_loss')
    const full: Line = ['link_load', { link: 'transit-1' }, 0.4, 0.99]
    expect(idsOf({ lines: [...lines, full] })).not.toContain('igp.adj_loss')
  })
})

describe('a busy route engine', () => {
  test('says nothing where its policer is not heard, or drops as well', () => {
    const busy: Line = ['cpu_routing', { router: 'bsn-1' }, 0.2, 0.97]
    expect(idsOf({ lines: [busy] })).toEqual([])
    const lines: Line[] = [busy, ['cpu_punt_drops', { router: 'bsn-1' }, 10, 4_000]]
    expect(idsOf({ lines })).toEqual(['cpu.punt'])
  })

  test('that is always busy is none', () => {
    const lines: Line[] = [
      ['cpu_routing', { router: 'bsn-1' }, 0.85, 0.9],
      ['cpu_punt_drops', { router: 'bsn-1' }, 10, 10],
    ]
    expect(idsOf({ lines })).toEqual([])
  })
})
