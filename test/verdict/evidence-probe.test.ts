import { describe, expect, test } from 'vitest'
import { examine, idsOf, type Line } from './hour.ts'

const pops = ['seo', 'bsn', 'dju', 'gwj', 'icn']
const inside = (which: readonly string[], then: number | null, calm = 0.995): Line[] =>
  which.map((pop) => ['probe_success', { set: 'inside', pop }, calm, then])
const to = (target: string, then: number): Line => [
  'probe_success',
  { set: 'inbound', target },
  0.99,
  then,
]
const surge: Line = ['in_bps', { link: 'transit-1' }, 2e10, 9e10]

examine([
  {
    id: 'pr.inside_fail',
    lines: [...inside(pops.slice(0, 4), 0.05), ...inside(['icn'], 0.99)],
    says: ['4 of 5 POPs', '(bsn, dju, gwj …)', '5% succeed', 'usual 99%'],
    where: ['bsn', 'dju', 'gwj', 'seo'],
  },
  {
    id: 'pr.victim_only',
    lines: [surge, ...inside(pops, 0.99), to('game', 0), to('portal', 0.99)],
    says: ['only probes of one target fail, 1 of 7 probes', 'more comes in at the border'],
  },
  {
    id: 'pr.ok',
    normal: true,
    lines: [...inside(pops, 0.99), to('portal', 0.99), ['up_24s', {}, 5_000, 4_900]],
    says: ['% of 6 probes succeed, usual 99%'],
  },
])

describe('inside probes', () => {
  test.each([
    ['two POPs of five are too few', 2, []],
    ['three are enough', 3, ['pr.inside_fail']],
  ])('%s', (_, n, ids) => {
    const lines = [...inside(pops.slice(0, n), 0.1), ...inside(pops.slice(n), 0.99)]
    expect(idsOf({ lines })).toEqual(ids)
  })

  test('two POPs are enough where there are two', () => {
    expect(idsOf({ lines: inside(pops.slice(0, 2), 0.1) })).toEqual(['pr.inside_fail'])
  })

  test('that half succeed is no failure, and not well', () => {
    expect(idsOf({ lines: inside(pops, 0.6) })).toEqual([])
  })

  test('that never succeeded do not fail now', () => {
    expect(idsOf({ lines: inside(pops, 0.1, 0.3) })).toEqual([])
  })

  test('that have fallen silent in three POPs neither fail nor succeed', () => {
    const lines = [...inside(pops.slice(0, 3), null), ...inside(pops.slice(3), 0.99)]
    expect(idsOf({ lines, after: 15 })).not.toContain('pr.inside_fail')
  })
})

describe('one target', () => {
  const well = inside(pops, 0.99)

  test('that fails without load is no victim', () => {
    expect(idsOf({ lines: [...well, to('game', 0), to('portal', 0.99)] })).not.toContain(
      'pr.victim_only',
    )
  })

  test.each<[string, Line]>([
    ['a full link', ['link_load', { link: 'transit-1' }, 0.4, 0.99]],
    ['far more towards one destination', ['top_destination_bps', {}, 1e8, 1e10]],
    ['far more queries', ['qps', { resolver: 'hyehwa' }, 1e5, 9e5]],
    ['route engines thrown at', ['cpu_punt_drops', { router: 'bsn-1' }, 10, 4_000]],
  ])('is one with %s', (_, load) => {
    expect(idsOf({ lines: [...well, load, to('game', 0)] })).toContain('pr.victim_only')
  })

  test('is one too when it is asked from all POPs', () => {
    const ask = (target: string, then: number): Line[] =>
      pops.map((pop) => ['probe_success', { set: 'inside', pop, target }, 0.99, then])
    const queries: Line = ['qps', { resolver: 'hyehwa' }, 1e5, 9e5]
    const lines = [queries, ...ask('hyehwa', 0), ...ask('portal', 0.99)]
    expect(idsOf({ lines })).toEqual(['pr.victim_only'])
  })

  test('and another are not one', () => {
    const lines = [...well, surge, to('game', 0), to('portal', 0)]
    expect(idsOf({ lines })).not.toContain('pr.victim_only')
  })

  test('may be behind a full link', () => {
    const across = (link: string, then: number): Line => [
      'probe_success',
      { set: 'outside', link, target: link },
      0.99,
      then,
    ]
    const lines: Line[] = [
      ['link_load', { link: 'transit-1' }, 0.4, 0.99],
      across('transit-1', 0),
      across('ix-1', 0.99),
    ]
    expect(idsOf({ lines })).toContain('pr.victim_only')
  })
})

describe('all is not well', () => {
  test('while a fifth of the address blocks does not answer', () => {
    const lines: Line[] = [...inside(pops, 0.99), ['up_24s', {}, 5_000, 3_500]]
    expect(idsOf({ lines })).toEqual([])
  })

  test('while a POP of five is not heard', () => {
    const lines = [...inside(pops.slice(1), 0.99), ...inside(['seo'], null)]
    expect(idsOf({ lines, after: 15 })).toEqual([])
  })

  test('while one POP answers less', () => {
    expect(idsOf({ lines: [...inside(pops.slice(1), 0.99), ...inside(['seo'], 0.85)] })).toEqual([])
  })
})
