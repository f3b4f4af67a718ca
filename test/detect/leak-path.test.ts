import { describe, expect, test } from 'vitest'
import type { Context } from '../../src/core/context.ts'
import type { Incident } from '../../src/core/incident.ts'
import { detectDefaults } from '../../src/detect/detectors.ts'
import { Dice } from '../../src/scenario/dice.ts'
import { clock, lines, many, only, World } from './world.ts'

const ten = 'abcdefghij'
const both = 'abcdefghijABCDEFGHIJ'
const twelve = many(12)

describe('a third network between two transit-free ones', () => {
  const world = (watch?: number[]) =>
    new World(watch ? { watch } : {})
      .holds(ten, twelve, '1299 3356 6000')
      .holds(ten, '203.0.0.0/24', '1299 5000 3356 6001')
  const leaked = (who: string, watch?: number[]) =>
    world(watch)
      .at('00:10:00')
      .announce(who, twelve, '1299 5001 3356 6000', 2)
      .at('00:20:00')
      .announce(who, twelve, '1299 3356 6000', 2)
      .play('01:00:00')

  test('is told of after 30 s, and resolved 300 s after the last route has left', () => {
    const told = leaked('abcd')
    expect(lines(told)).toEqual([
      '00:10:40 leak.path AS5001 open: confirmed',
      '00:20:10 leak.path AS5001 resolving: it is getting well',
      '00:25:10 leak.path AS5001 resolved: it has been well for long enough',
    ])
    const leak = only(told, 'leak.path')
    expect([clock(leak.startedAt), clock(leak.endedAt)]).toEqual(['00:10:00', '00:20:06'])
    expect(leak).toMatchObject({ culprit: 5001, asn: 5001, severity: 'major', rfc7908: null })
    expect(leak.counts).toMatchObject({ prefixes: 12, origins: 1, routes: 48, peerAsns: 4 })
    // What it was at its worst, though nothing of it is left.
    expect(leak.segments).toEqual([{ from: 3356, by: 5001, to: 1299, prefixes: 48 }])
    expect(leak.samples.paths[0]).toEqual({
      peer: 'rrc00 192.0.2.97 AS201',
      prefix: '198.51.0.0/24',
      before: '201 1299 3356 6000',
      after: '201 1299 5001 3356 6000',
    })
  })

  test('one of ten peers is enough, and doubtful', () => {
    expect(only(leaked('a'), 'leak.path').confidence.level).toBe('low')
  })

  describe('of twenty-five peers', () => {
    const peers = 'abcdefghijklmnopqrstuvwxy'
    const wide = (prefixes: readonly string[] = twelve) =>
      new World().holds(peers, prefixes, '1299 3356 6000').at('00:10:00')

    test('it takes two, and less than three are doubtful', () => {
      const told = (who: string) =>
        wide().announce(who, twelve, '1299 5001 3356 6000').play('00:20:00')
      expect(told('a')).toEqual([])
      expect(only(told('ab'), 'leak.path').confidence.level).toBe('low')
      expect(only(told('abc'), 'leak.path').confidence.level).toBe('medium')
    })

    test('two that see it over different links see one leak', () => {
      const told = wide()
        .announce('a', twelve, '1299 5001 3356 6000')
        .announce('b', twelve, '174 5001 3356 6000')
        .play('00:20:00')
      expect(only(told, 'leak.path').segments.map(({ to }) => to)).toEqual([174, 1299])
    })

    test('one is enough for a hundred prefixes of ten origins', () => {
      const told = (origins: number) => {
        const world = new World()
        const lists = Array.from({ length: origins }, (_, i) => many(110 / origins, `198.${i}`))
        for (const [i, list] of lists.entries()) world.holds(peers, list, `1299 3356 ${6000 + i}`)
        world.at('00:10:00')
        for (const [i, list] of lists.entries())
          world.announce('a', list, `1299 5001 3356 ${6000 + i}`)
        return world.play('00:20:00')
      }
      expect(only(told(10), 'leak.path').confidence.level).toBe('medium')
      expect(told(5)).toEqual([])
    })
  })

  test('two sessions of one network are one witness', () => {
    const peers = 'abcdefghijklmnopqrst'
    const told = (asnOf: Record<string, number>) =>
      new World({ asnOf })
        .holds(peers, twelve, '1299 3356 6000')
        .at('00:10:00')
        .announce('st', twelve, '1299 5001 3356 6000')
        .play('00:20:00')
    expect(told({ s: 777, t: 777 })).toEqual([])
    expect(only(told({ s: 777, t: 778 }), 'leak.path').counts.peerAsns).toBe(2)
  })

  test('nine prefixes of one origin are too few, unless one of the two is watched', () => {
    const nine = (watch?: number[]) =>
      world(watch)
        .at('00:10:00')
        .announce(ten, twelve.slice(0, 9), '1299 5001 3356 6000')
        .play('00:20:00')
    expect(nine()).toEqual([])
    expect(only(nine([6000]), 'leak.path')).toMatchObject({ asn: 6000, culprit: 5001 })
    expect(nine([7000])).toEqual([])
  })

  test('a triple of the starting table is an old arrangement', () => {
    const told = world()
      .at('00:10:00')
      .announce(ten, twelve, '1299 5000 3356 6000')
      .play('00:30:00')
    expect(told).toEqual([])
  })

  test('gone within 30 s it is none', () => {
    const told = world()
      .at('00:10:00')
      .announce(ten, twelve, '1299 5001 3356 6000')
      .at('00:10:25')
      .announce(ten, twelve, '1299 3356 6000')
      .play('00:30:00')
    expect(told).toEqual([])
  })

  test('withdrawals that clean it up are no outage', () => {
    const told = world()
      .at('00:10:00')
      .announce(ten, twelve, '1299 5001 3356 6000')
      .at('00:20:00')
      .withdraw(ten, twelve)
      .at('00:35:00')
      .announce(ten, twelve, '1299 3356 6000')
      .play('01:00:00')
    expect(new Set(told.map(({ kind }) => kind))).toEqual(new Set(['leak.path']))
    // The same withdrawals of the same prefixes on an ordinary path are one.
    const plain = world().at('00:20:00').withdraw(ten, twelve).play('00:35:00')
    expect(plain.map(({ kind }) => kind)).toEqual(['outage.as'])
  })

  test('one route in ten that is stuck does not keep it open', () => {
    const story = (stuck: string) =>
      world()
        .at('00:10:00')
        .announce(ten, twelve, '1299 5001 3356 6000')
        .at('00:20:00')
        .announce([...ten].filter((p) => !stuck.includes(p)).join(''), twelve, '1299 3356 6000')
        .play('01:00:00')
    expect(only(story('a'), 'leak.path').state).toBe('resolved')
    expect(only(story('ab'), 'leak.path').state).toBe('open')
  })

  test('neither does all that is stuck at two of twenty-five', () => {
    const peers = 'abcdefghijklmnopqrstuvwxy'
    const one = twelve[0] as string
    const told = new World()
      .holds(peers, twelve, '1299 3356 6000')
      .at('00:10:00')
      .announce('ab', twelve, '1299 5001 3356 6000')
      .announce(peers.slice(2), one, '1299 5001 3356 6000')
      .at('00:20:00')
      .announce(peers.slice(2), one, '1299 3356 6000')
      .play('01:00:00')
    expect(only(told, 'leak.path')).toMatchObject({ state: 'resolved', counts: { routes: 47 } })
  })

  test('what was forgotten in the meantime is judged anew', () => {
    const told = world()
      .at('00:10:00')
      .announce('abcd', twelve, '1299 5001 3356 6000')
      .at('00:20:00')
      .announce('abcd', twelve, '1299 3356 6000')
      .at('09:00:00')
      .announce('abcd', twelve, '1299 5001 3356 6000')
      .play('10:00:00')
    const leaks = told.filter(({ revision }) => revision === 1)
    expect(leaks.map(({ kind, startedAt }) => `${kind} ${clock(startedAt)}`)).toEqual([
      'leak.path 00:10:00',
      'leak.path 09:00:00',
    ])
    expect(leaks[1]?.previousId).toBe(leaks[0]?.id)
  })

  test('a route that strayed there long before is not its beginning', () => {
    const told = world()
      .at('00:05:00')
      .announce('a', twelve.slice(0, 1), '1299 5001 3356 6000')
      .at('00:40:00')
      .announce(ten, twelve, '1299 5001 3356 6000')
      .play('00:50:00')
    expect(clock(only(told, 'leak.path').startedAt)).toBe('00:40:00')
  })

  test('a new way out is told once, not at every tick', () => {
    const told = world()
      .at('00:10:00')
      .announce(ten, twelve, '1299 5001 3356 6000')
      .at('00:15:00')
      .announce('abcde', twelve, '174 5001 3356 6000')
      .play('00:30:00')
    expect(lines(told).filter((line) => line.includes('new segment'))).toHaveLength(1)
    expect(told.length).toBeLessThan(5)
    expect(only(told, 'leak.path').segments.map(({ to }) => to)).toEqual([1299, 174])
  })

  test('a second link of the same paths is part of it: the one nearest the collectors is told', () => {
    const told = world()
      .at('00:10:00')
      .announce(ten, twelve, '1299 5003 3356 5002 174 6000')
      .play('00:30:00')
    expect(only(told, 'leak.path').culprit).toBe(5003)
  })

  test('a second leak of other routes is another incident', () => {
    const others = many(12, '203.1')
    const told = world()
      .holds(ten, others, '1299 174 6002')
      .at('00:10:00')
      .announce(ten, twelve, '1299 5001 3356 6000')
      .announce(ten, others, '1299 5002 174 6002')
      .play('00:30:00')
    expect(told.map(({ culprit }) => culprit)).toEqual([5001, 5002])
  })
})

describe('a hairpin between two providers', () => {
  // 5000 buys from 8001 and 8002; all of that is voted by its own prefixes.
  const prefixes = many(12, '203.2')
  const world = (baseline: 'rib' | 'learned-from-input' = 'rib') =>
    new World({ baseline })
      .holds(ten, '203.0.0.0/24', '3356 8001 5000 6001')
      .holds(ten, '203.0.1.0/24', '1299 8002 5000 6001')
      .holds(ten, prefixes, '3356 8001 6002')
  const leak = (w: World) =>
    w.at('00:10:00').announce(ten, prefixes, '8002 5000 8001 6002').play('00:30:00')

  test('is type 1 of RFC 7908', () => {
    expect(only(leak(world()), 'leak.path')).toMatchObject({ culprit: 5000, rfc7908: 1 })
  })

  test('is seen by votes of the starting table only', () => {
    const learned = world('learned-from-input').at('00:02:00')
    learned.announce(ten, '203.0.0.0/24', '3356 8001 5000 6001')
    learned.announce(ten, '203.0.1.0/24', '1299 8002 5000 6001')
    learned.announce(ten, prefixes, '3356 8001 6002')
    expect(leak(learned)).toEqual([])
  })

  test('a customer that passes on its own customers does what it is paid for', () => {
    const told = world().at('00:10:00').announce(ten, prefixes, '8002 5000 6002').play('00:30:00')
    expect(told).toEqual([])
  })
})

describe('a link that never carried anything and suddenly carries a lot', () => {
  // Sixty networks with ten prefixes each, ordinarily behind 8001.
  const networks = Array.from({ length: 60 }, (_, i) => ({
    asn: 20_001 + i,
    list: many(10, `198.${i}`),
  }))
  const table = (baseline: 'rib' | 'learned-from-input' = 'rib') => {
    const world = new World({ baseline })
    for (const { asn, list } of networks) world.holds('ab', list, `8001 ${asn}`)
    return world.holds('ab', '203.0.0.0/24', '8002 8003 6001')
  }
  const all = (world: World, who: string, way: string, some = networks) => {
    for (const { asn, list } of some) world.announce(who, list, `${way} ${asn}`)
    return world
  }

  test('is a leak though one peer of two sees it', () => {
    const told = all(table().at('00:10:00'), 'a', '8002 5001 8001').at('00:20:00')
    const leak = only(all(told, 'a', '8001').play('01:00:00'), 'leak.path')
    expect(leak).toMatchObject({ culprit: 5001, state: 'resolved' })
    expect(leak.counts).toMatchObject({ prefixes: 600, origins: 60, peerAsns: 1 })
    expect([clock(leak.startedAt), clock(leak.detectedAt)]).toEqual(['00:10:00', '00:10:20'])
    expect(leak.confidence).toMatchObject({ level: 'medium' })
    expect(leak.confidence.tags.map(({ name }) => name)).toContain('link.mass')
  })

  test('of too few origins it is a new customer', () => {
    const some = networks.slice(0, 49)
    const more = many(600, '203.4')
    const world = table().holds('ab', more, '8001 30001').at('00:10:00')
    const told = all(world, 'a', '8002 5001 8001', some).announce('a', more, '8002 5001 8001 30001')
    // 50 origins with the one of 600 prefixes, 49 without.
    expect(only(told.play('00:20:00'), 'leak.path').counts.origins).toBe(50)
    expect(all(table().at('00:10:00'), 'a', '8002 5001 8001', some).play('00:20:00')).toEqual([])
  })

  test('of a vantage point, its own new provider is no leak', () => {
    expect(all(table().at('00:10:00'), 'a', '5001 8001').play('00:30:00')).toEqual([])
    const known = table().holds('b', '203.0.1.0/24', '5001 8001 6001').at('00:10:00')
    expect(all(known, 'a', '5001 8001').play('00:30:00')).toEqual([])
  })

  test('of one of the clique it is a new customer, passed on to all the others', () => {
    const told = all(table().at('00:10:00'), 'a', '8002 6762 8001').at('00:20:00')
    expect(all(told, 'a', '8001').play('01:00:00')).toEqual([])
  })

  test('without known paths nothing is new', () => {
    const world = all(table('learned-from-input').at('00:02:00'), 'ab', '8001').at('00:10:00')
    expect(all(world, 'a', '8002 5001 8001').play('00:30:00')).toEqual([])
  })
})

const tagsOf = (leak: Incident) => leak.confidence.tags.map(({ name }) => name)

describe('what is only supposed', () => {
  // 7001 and 7002 seem to be peers; 7001 tells its provider what it had from 7002.
  const twelveMore = Array.from({ length: 12 }, (_, i) => ({
    asn: 7301 + i,
    list: many(5, `203.${i}`),
  }))
  const world = (context: Partial<Context> = {}) => {
    const w = new World({ context })
      .holds(both, '202.0.0.0/24', '1299 7001 7101 7201')
      .holds(both, '202.0.1.0/24', '3356 7002 7102 7202')
      .holds(both, '202.0.2.0/24', '3356 7001 7103 7203')
      .holds('a', '202.0.3.0/24', '7103 7001 7002 7102 7202')
    for (const { asn, list } of twelveMore) w.holds(both, list, `3356 7002 7102 ${asn}`)
    return w.at('00:10:00')
  }
  const leaked = (w: World, who: string) => {
    for (const { asn, list } of twelveMore) w.announce(who, list, `1299 7001 7002 7102 ${asn}`)
    return w
  }

  test('is told with low confidence, however many see it', () => {
    const leak = only(leaked(world(), both).play('00:20:00'), 'leak.path')
    expect(leak).toMatchObject({ culprit: 7001, rfc7908: 4, confidence: { level: 'low' } })
    expect(tagsOf(leak)).toEqual(expect.arrayContaining(['weak', 'cap.low']))
  })

  test('is not told of two of twenty peers, nor when it is little', () => {
    expect(leaked(world(), 'ab').play('00:20:00')).toEqual([])
    expect(only(leaked(world(), 'abc').play('00:20:00'), 'leak.path').culprit).toBe(7001)
    const little = world().announce(both, twelveMore[0]?.list ?? [], '1299 7001 7002 7102 7301')
    expect(little.play('00:20:00')).toEqual([])
  })

  test('is believed where a file of relationships agrees', () => {
    const relation: Context['relation'] = (of, to) =>
      to !== 7001 ? undefined : of === 7002 ? 'peer' : of === 1299 ? 'provider' : undefined
    const leak = only(leaked(world({ relation }), both).play('00:20:00'), 'leak.path')
    expect(leak).toMatchObject({ culprit: 7001, rfc7908: 4, confidence: { level: 'high' } })
    expect(tagsOf(leak)).toContain('relations.file')
  })

  test('and is none where the file has a customer there', () => {
    const relation: Context['relation'] = (of, to) =>
      of === 7002 && to === 7001 ? 'customer' : undefined
    expect(leaked(world({ relation }), both).play('00:20:00')).toEqual([])
  })
})

describe('what is known beforehand', () => {
  const world = (context: Partial<Context>, otc = 0) =>
    new World({ context })
      .holds(both, twelve, '1299 3356 6000')
      .at('00:10:00')
      .otc(otc)
      .announce(both, twelve, '1299 5001 3356 6000')
      .play('00:20:00')

  test('two of one organisation may do as they like', () => {
    const mine = { sameOrganisation: (a: number, b: number) => a + b === 3356 + 5001 }
    const leak = only(world({}), 'leak.path')
    expect([leak.confidence.level, leak.counts.collectors]).toEqual(['high', 2])
    const sibling = only(world(mine), 'leak.path')
    expect(sibling.confidence).toMatchObject({ score: leak.confidence.score - 8, level: 'low' })
  })

  test('a research network is doubtful', () => {
    const research = only(world({ isResearch: (asn) => asn === 5001 }), 'leak.path')
    expect(tagsOf(research)).toContain('research')
    expect(research.confidence.level).toBe('medium')
  })

  test('a scrubber passes its customers on, and by itself is no leaker', () => {
    const leak = only(world({}), 'leak.path')
    const told = world({ isScrubber: (asn) => asn === 5001 })
    for (const { confidence, kind } of told.filter(({ kind }) => kind === 'leak.path'))
      expect([kind, confidence.score]).toEqual(['leak.path', leak.confidence.score - 6])
    const others = world({ isScrubber: (asn) => asn === 3356 })
    expect(only(others, 'leak.path').confidence.score).toBe(leak.confidence.score)
  })

  test('more against it than for it: nothing is told, and its withdrawals are losses', () => {
    const context = { isResearch: (asn: number) => asn === 5001, sameOrganisation: () => true }
    expect(world(context)).toEqual([])
  })

  test('OTC of the message comes as far as this', () => {
    const hairpin = (otc: number) =>
      new World()
        .holds(both, '203.0.0.0/24', '3356 8001 5000 6001')
        .holds(both, '203.0.1.0/24', '1299 8002 5000 6001')
        .holds(both, twelve, '3356 8001 6002')
        .at('00:10:00')
        .otc(otc)
        .announce(both, twelve, '8002 5000 8001 6002')
        .play('00:20:00')
    const [without, set] = [only(hairpin(0), 'leak.path'), only(hairpin(8001), 'leak.path')]
    expect(tagsOf(without)).not.toContain('otc')
    expect(tagsOf(set)).toContain('otc')
    expect(set.confidence.score).toBe(without.confidence.score + 3)
  })
})

describe('somebody new on the way to a watched network', () => {
  // Two large networks, and 9001 that never passed anything on.
  const mine = many(4, '198.51')
  const world = (watch?: number[]) => {
    const w = new World(watch ? { watch } : {})
    for (let i = 0; i < 25; i++)
      w.holds(both, [`202.1.${i}.0/24`, `202.2.${i}.0/24`], `8001 ${20_001 + i} 30001`).holds(
        'abc',
        `202.3.${i}.0/24`,
        `8002 ${20_001 + i} 30002`,
      )
    return w
      .holds(both, mine, '8002 7100 7000')
      .at('00:10:00')
      .announce('abcdABCD', mine, '8001 9001 8002 7100 7000')
      .play('00:20:00')
  }

  test('is suspected; nobody watches, nobody asks', () => {
    const leak = only(world([7000]), 'leak.path')
    expect(leak).toMatchObject({ asn: 7000, culprit: 9001, confidence: { level: 'low' } })
    expect(tagsOf(leak)).toEqual(expect.arrayContaining(['popup', 'unknown']))
    expect(world([7001])).toEqual([])
    expect(world()).toEqual([])
  })
})

test('a leak two hops away, by a watched network, and of its customers’ provider', () => {
  const story = (watch: number) =>
    new World({ watch: [watch] })
      .holds(both, twelve, '1299 3356 6000')
      .at('00:10:00')
      .announce(both, twelve, '1299 5001 3356 6000')
      .play('00:20:00')
      .map(({ asn, culprit }) => [asn, culprit])
  for (const watch of [6000, 5001, 3356, 1299]) expect(story(watch)).toEqual([[watch, 5001]])
  expect(story(6001)).toEqual([])
})

test('who makes the paths longer, and who leaked before, is told so', () => {
  const way = '1299 5001 5001 5001 5001 3356 6000'
  const told = new World()
    .holds(both, twelve, '1299 3356 6000')
    .at('00:10:00')
    .announce(both, twelve, way)
    .at('00:20:00')
    .announce(both, twelve, '1299 3356 6000')
    .at('01:30:00')
    .announce(both, twelve, '1299 5001 3356 6000')
    .play('02:00:00')
    .filter(({ revision }) => revision === 1)
  expect(told.map(tagsOf).map((tags) => tags.includes('prepends'))).toEqual([true, false])
  expect(told.map(tagsOf).map((tags) => tags.includes('recurring'))).toEqual([false, true])
})

test('the clique is inferred when it is asked for', () => {
  // 10, 20, 30 and 40 sell to many and peer; the list does not know them.
  const top = [10, 20, 30, 40]
  const told = (inferClique: boolean) => {
    const leak = { ...detectDefaults.leak, clique: [], inferClique }
    const w = new World({ detect: { leak } }).holds(both, twelve, '10 20 6000')
    for (const a of top)
      for (const b of top)
        for (let i = 0; i < 5; i++)
          if (a !== b)
            w.holds(both, `202.${a}.${b + i}.0/24`, `${a} ${b} ${b * 100 + i} ${b * 500 + i}`)
    return w.at('00:10:00').announce(both, twelve, '10 5001 20 6000').play('00:20:00')
  }
  expect(told(false)).toEqual([])
  expect(only(told(true), 'leak.path')).toMatchObject({ culprit: 5001 })
  expect(tagsOf(only(told(true), 'leak.path'))).toContain('clique.break')
})

test('in another order of arrival it is the same', () => {
  const world = () =>
    new World()
      .holds(both, twelve, '1299 3356 6000')
      .at('00:10:00')
      .announce(both, twelve, '1299 5001 3356 6000', 1)
      .announce('abc', twelve, '174 5002 3356 6000', 1)
      .at('00:20:00')
      .announce(both, twelve, '1299 3356 6000', 1)
  const plain = world().play('01:00:00')
  expect(plain.length).toBeGreaterThan(1)
  for (const seed of [1, 2, 3]) expect(world().play('01:00:00', new Dice(seed))).toEqual(plain)
})

test('what a leak does to the paths of a watched network is told as the leak', () => {
  const told = new World({ watch: [6000] })
    .holds(both, twelve, '1299 3356 6000')
    .at('00:20:00')
    .announce(both, twelve, '174 5001 1299 3356 6000')
    .play('01:00:00')
  expect(only(told, 'leak.path').culprit).toBe(5001)
  for (const { kind, foldedInto } of told)
    if (kind !== 'leak.path') expect([kind, foldedInto]).not.toContain(null)
})

test('a leak is over when those who still had it have fallen silent', () => {
  const told = new World()
    .holds(both, twelve, '1299 3356 6000')
    .holds(both, '203.0.0.0/24', '1299 5000 3356 6001')
    .at('00:20:00')
    .announce(both, twelve, '1299 5001 3356 6000', 1)
    .at('00:25:00')
    .down('ABCDEFGHIJ')
    .at('00:40:00')
    .announce(ten, twelve, '1299 3356 6000', 1)
    .play('02:00:00')
  const one = only(told, 'leak.path')
  expect([one.state, clock(one.endedAt)]).toEqual(['resolved', '00:40:09'])
})
