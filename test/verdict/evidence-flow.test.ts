import { describe, expect, test } from 'vitest'
import { examine, find, idsOf, type Line } from './hour.ts'

const exporters = ['seo', 'bsn']
const on = (metric: string, calm: number, then: number | null): Line[] =>
  exporters.map((exporter) => [metric, { exporter }, calm, then])
const flood = on('flow_bps', 1e10, 4e10)
const calm = on('flow_bps', 1e10, 1e10)

examine([
  {
    id: 'fl.victim_conc',
    lines: [...flood, ...on('top_destination_bps', 1e8, 2.5e10)],
    says: ['one destination has 8', '% of the excess', 'bit/s'],
  },
  {
    id: 'fl.fingerprint',
    lines: [
      ...flood,
      ...on('reflection_share', 0.02, 0.7),
      ...on('syn_share', 0.03, 0.03),
      ...on('one_length_share', 0.3, 0.8),
    ],
    says: ['ports that amplify 9', 'one protocol, port and length 9', 'all: 2% → '],
  },
  {
    id: 'fl.src_new',
    lines: [...flood, ...on('new_source_share', 0.05, 0.7)],
    says: ['of the excess is from sources not seen', '→ '],
  },
  {
    id: 'fl.src_known',
    lines: [...flood, ...on('own_source_share', 0.95, 0.94)],
    says: ['9', '% of the excess', 'seen before'],
  },
  {
    id: 'fl.shift_from_neighbor',
    lines: [
      ...flood,
      ...on('mix_distance', 0.05, 0.08),
      ...on('own_source_share', 0.95, 0.94),
      ...on('new_source_share', 0.04, 0.05),
      ...on('reflection_share', 0.02, 0.02),
      ...on('destinations', 900, 950),
    ],
    says: ['flows', '×4', 'usual mix', 'no new sources'],
  },
  {
    id: 'fl.unroutable',
    lines: on('unroutable_drops', 20, 900),
    says: ['unroutable', '→ ', 'packets/s'],
  },
  {
    id: 'fl.policed',
    lines: on('policed_drops', 20, 900),
    says: ['policers', '→ ', 'packets/s'],
  },
])

describe('what an excess is made of', () => {
  test('is not asked without one, however the shares are', () => {
    const shares = [
      ...on('top_destination_bps', 1e8, 8e9),
      ...on('reflection_share', 0.02, 0.9),
      ...on('new_source_share', 0.05, 0.9),
      ...on('own_source_share', 0.95, 0.95),
      ...on('mix_distance', 0.05, 0.05),
    ]
    expect(idsOf({ lines: [...calm, ...shares] })).toEqual([])
    expect(idsOf({ lines: [...on('flow_bps', 1e10, 1.4e10), ...shares] })).toEqual([])
  })

  // The excess is 3 of 4 parts: a share s of all, usually 0.04, is (4 s - 0.04) / 3 of it.
  test.each([
    [0.59, []],
    [0.64, ['fl.src_new']],
  ])('new sources with %f of all traffic', (share, ids) => {
    expect(idsOf({ lines: [...flood, ...on('new_source_share', 0.04, share)] })).toEqual(ids)
  })

  test.each([
    [0.82, []],
    [0.87, ['fl.src_known']],
  ])('own and known sources with %f of all traffic', (share, ids) => {
    expect(idsOf({ lines: [...flood, ...on('own_source_share', 0.96, share)] })).toEqual(ids)
  })

  test.each([
    [1.4e10, []],
    [1.65e10, ['fl.victim_conc']],
  ])('one destination with %f of 3e10 more', (then, ids) => {
    expect(idsOf({ lines: [...flood, ...on('top_destination_bps', 1e8, then)] })).toEqual(ids)
  })

  test.each([
    [0.37, []],
    [0.42, ['fl.fingerprint']],
  ])('ports that amplify with %f of all traffic', (share, ids) => {
    expect(idsOf({ lines: [...flood, ...on('reflection_share', 0.02, share)] })).toEqual(ids)
  })

  test('a length that most packets always have is no fingerprint', () => {
    expect(idsOf({ lines: [...flood, ...on('one_length_share', 0.6, 0.62)] })).toEqual([])
  })

  test('bare SYN hardly shows in bits: packets at the border tell of the excess', () => {
    const lines: Line[] = [
      ...on('flow_bps', 1e10, 1.2e10),
      ...on('syn_share', 0.03, 0.7),
      ['in_pps', { link: 'transit-1' }, 2e6, 8e6],
    ]
    expect(idsOf({ lines })).toEqual(['in.surge', 'fl.fingerprint'])
  })
})

test('one small exporter in excess is nothing to speak of', () => {
  const lab = (metric: string, calm: number, then: number): Line => [
    metric,
    { exporter: 'lab' },
    calm,
    then,
  ]
  const lines = [...calm, lab('flow_bps', 1e8, 9e8), lab('new_source_share', 0.05, 0.95)]
  expect(idsOf({ lines })).toEqual([])
})

describe('sources while only queries rise', () => {
  const queries: Line = ['qps', { resolver: 'hyehwa' }, 1e5, 9e5]

  test('are known when strangers add nothing', () => {
    const lines = [...calm, queries, ...on('own_source_share', 0.95, 0.96)]
    const [found] = find({ lines })
    expect(found?.id).toBe('fl.src_known')
    expect(found?.because).toMatch(/^while queries rose, 9\d% of the traffic/)
    expect(found?.where).toEqual(['hyehwa'])
  })

  test.each([
    ['strangers add something', 0.95, 0.85],
    ['most are strangers anyway', 0.7, 0.7],
  ])('are not known when %s', (_, usual, then) => {
    expect(idsOf({ lines: [...calm, queries, ...on('own_source_share', usual, then)] })).toEqual([])
  })
})

describe('a shift from a neighbour', () => {
  const usual = [...on('mix_distance', 0.05, 0.06), ...on('own_source_share', 0.95, 0.95)]
  const shift = (lines: Line[]) => idsOf({ lines }).includes('fl.shift_from_neighbor')

  test('needs an excess, the usual mix, and sources that are seen', () => {
    expect(shift([...flood, ...usual])).toBe(true)
    expect(shift([...calm, ...usual])).toBe(false)
    expect(shift([...flood, ...on('mix_distance', 0.05, 0.06)])).toBe(false)
    expect(shift([...flood, ...on('own_source_share', 0.95, 0.95)])).toBe(false)
  })

  test.each<[string, Line[]]>([
    ['the mix is another', on('mix_distance', 0.05, 0.3)],
    ['new sources have come', on('new_source_share', 0.05, 0.25)],
    ['amplifiers have', on('reflection_share', 0.02, 0.3)],
    ['it goes to one destination', on('top_destination_bps', 1e8, 2.5e10)],
    ['it goes to far fewer destinations', on('destinations', 900, 200)],
  ])('is none when %s', (_, more) => {
    const told = new Set(more.map(([metric]) => metric))
    const others = usual.filter(([metric]) => !told.has(metric))
    expect(shift([...flood, ...others, ...more])).toBe(false)
  })
})

describe('drops', () => {
  test.each(['unroutable_drops', 'policed_drops'])('%s', (metric) => {
    expect(idsOf({ lines: on(metric, 100, 250) })).toEqual([])
    expect(idsOf({ lines: on(metric, 100, 350) })).toHaveLength(1)
    expect(idsOf({ lines: on(metric, 1, 6) })).toEqual([])
  })
})
