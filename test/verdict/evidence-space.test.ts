import { describe, expect, test } from 'vitest'
import type { Change, Labels, Sample } from '../../src/core/sample.ts'
import { type Pops, spaceSeeker } from '../../src/verdict/evidence-space.ts'
import { many, World } from '../detect/world.ts'
import { findings, ids, series } from './scenes.ts'
import { instant } from './signals.ts'

const ten = 'abcdeABCDE'
const list = many(10)
const calm = () => new World({ watch: [7000] }).holds(ten, list, '174 3356 7000')
const until = '00:40:00'

const from = (metric: string, labels: Labels, before: number, after: number) =>
  series(metric, labels, { '00:00:00': before, '00:30:00': after }, until)
const session = (link: string, pop: string, now = 0) =>
  from('session_up', { router: `r-${pop}`, peer: link, link, pop }, 1, now)
const load = (link: string, now: number, pop = 'x') => from('link_load', { link, pop }, 0.4, now)
const probe = (pop: string, now: number, target = 'core', set = 'inside') =>
  from('probe_success', { set, pop, target }, 1, now)

const look = (facts: readonly (Sample | Change)[], world = calm(), pops: Pops = {}) =>
  findings(spaceSeeker(pops), world, until, facts).last

describe('losses where links are full', () => {
  test('the session on the full link is the lost one', () => {
    const facts = [
      ...session('t1', 'a'),
      ...session('t2', 'b', 1),
      ...load('t1', 0.99),
      ...load('t2', 0.6),
    ]
    expect(look(facts)).toMatchObject([{ id: 'sp.on_saturated', where: ['t1'] }])
  })

  test('more is lost than is full: two of three is not the same story, three of four is', () => {
    const lost = ['t1', 't2', 't3'].flatMap((link) => session(link, 'a'))
    const full = (links: string[]) => links.flatMap((link) => load(link, 0.97))
    expect(ids(look([...lost, ...full(['t1', 't2'])]))).not.toContain('sp.on_saturated')
    expect(ids(look([...lost, ...full(['t1', 't2', 't3', 't4'])]))).toEqual(['sp.on_saturated'])
  })

  test('a link whose load has fallen silent may be full or not: the others are compared', () => {
    const lost = ['t1', 't2', 't3'].flatMap((link) => session(link, 'a'))
    const full = ['t1', 't2'].flatMap((link) => load(link, 0.97))
    const silenced = load('t3', 0.97).filter(({ at }) => at < instant(1_200))
    expect(look([...lost, ...full, ...silenced])).toMatchObject([{ where: ['t1', 't2'] }])
    // One of which no load was ever told is no border link, and nothing has fallen silent.
    expect(ids(look([...lost, ...full]))).not.toContain('sp.on_saturated')
  })

  test('a loss on a link nobody knows cannot be said to be there', () => {
    const nowhere = from('session_up', { router: 'r', peer: 'p' }, 1, 0)
    expect(ids(look([...session('t1', 'a'), ...nowhere, ...load('t1', 1)]))).toEqual([])
  })

  test('a site withdraws its prefixes under load: places are compared', () => {
    const pops = { fra: ['198.51.0.0/24'], ams: ['198.51.0.0/16'] }
    const world = () => calm().at('00:30:00').withdraw(ten, '198.51.0.0/24')
    expect(ids(look(load('ix', 0.99, 'fra'), world(), pops))).toEqual(['sp.on_saturated'])
    expect(ids(look(load('ix', 0.99, 'ams'), world(), pops))).toEqual([])
  })
})

describe('losses all over', () => {
  const three = ['a', 'b', 'c'].flatMap((pop) => probe(pop, 0))

  test('three POPs fail, and no link is full', () => {
    expect(look([...three, ...probe('d', 1)])).toMatchObject([
      { id: 'sp.many_pops', where: ['a', 'b', 'c'] },
    ])
    expect(ids(look([...three, ...load('t1', 0.96)]))).toEqual([])
  })

  test('two are not many; a POP fails when most of its probes do', () => {
    expect(ids(look(three.filter(({ labels }) => labels['pop'] !== 'c')))).toEqual([])
    const half = [...probe('c', 0, 'x'), ...probe('c', 1, 'y')]
    expect(ids(look([...probe('a', 0), ...probe('b', 0), ...half]))).toEqual([])
  })

  test('sessions, adjacencies and prefixes are counted by their places as well', () => {
    const adjacency = from('adjacency_up', { router: 'r', link: 'l', pop: 'b' }, 1, 0)
    const world = calm().at('00:30:00').withdraw(ten, '198.51.3.0/24')
    const found = look([...session('t1', 'a'), ...adjacency], world, { c: ['198.51.3.0/24'] })
    expect(found).toMatchObject([{ id: 'sp.many_pops', where: ['a', 'b', 'c'] }])
  })

  test('by routes alone, when it is known which prefix is where', () => {
    const pops = { a: ['198.51.0.0/24'], b: ['198.51.1.0/24'], c: ['198.51.2.0/23'] }
    const world = () => calm().at('00:30:00').withdraw(ten, list.slice(0, 4))
    expect(ids(look([], world(), pops))).toEqual(['sp.many_pops'])
    expect(ids(look([], world()))).toEqual([])
  })
})

describe('one target', () => {
  const flow = (top: number) => [
    ...from('flow_bps', {}, 1e9, 5e9),
    ...from('top_destination_bps', {}, 5e7, top),
  ]

  test('most of the excess goes to one destination, and all else is well', () => {
    expect(look([...flow(4e9), ...probe('a', 1)])).toMatchObject([
      {
        id: 'sp.one_target',
        because: '99 % of the excess goes to one destination, and all probes succeed',
      },
    ])
    expect(ids(look([...flow(1.5e9), ...probe('a', 1)]))).toEqual([])
  })

  test('probes fail towards it only', () => {
    const victim = [...probe('a', 0, 'www'), ...probe('b', 0, 'www')]
    expect(ids(look([...flow(4e9), ...victim, ...probe('a', 1)]))).toEqual(['sp.one_target'])
    expect(ids(look([...flow(4e9), ...victim, ...probe('a', 0), ...probe('b', 1)]))).toEqual([])
  })

  test('who does not know that all else is well claims nothing', () => {
    expect(ids(look(flow(4e9)))).toEqual([])
  })

  test('without probes: one session of several, and traffic that is aimed', () => {
    const sessions = [...session('t1', 'a'), ...session('t2', 'b', 1)]
    expect(ids(look([...flow(4e9), ...sessions]))).toEqual(['sp.one_target'])
    expect(ids(look(sessions))).toEqual([])
  })

  test('the resolvers alone are loaded; with the border loaded too it is not they alone', () => {
    const queries = from('qps', { resolver: 'x' }, 1e4, 9e4)
    expect(ids(look([...queries, ...probe('a', 1)]))).toEqual(['sp.one_target'])
    const border = from('in_bps', { link: 'ix' }, 1e9, 4e9)
    expect(ids(look([...queries, ...border, ...probe('a', 1)]))).toEqual([])
  })

  test('one prefix of many flaps', () => {
    const world = calm()
    for (const minute of ['20', '23', '26', '29'])
      world
        .at(`00:${minute}:00`)
        .withdraw(ten, list[0] as string)
        .at(`00:${minute}:40`)
        .announce(ten, list[0] as string, '174 3356 7000')
    world.at('00:32:00').withdraw(ten, list[0] as string)
    const found = look(probe('a', 1), world)
    expect(ids(found)).toEqual(['sp.one_target'])
    expect(found[0]?.because).toContain('198.51.0.0/24')
  })
})

test('calm, and silence, are nowhere', () => {
  expect(look([])).toEqual([])
  expect(look([...session('t1', 'a', 1), ...load('t1', 0.4), ...probe('a', 1)])).toEqual([])
})
