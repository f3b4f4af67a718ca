import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { CLIQUE, Relations, usable } from '../../src/detect/relations.ts'
import { Dice } from '../../src/scenario/dice.ts'
import { buildInternet } from '../../src/scenario/internet.ts'
import { absent, real } from '../landing/program.ts'
import { rolesOf, startingPaths } from './truth.ts'

/** Learns paths, nearest the collector first. */
function learned(...paths: number[][]): Relations {
  const relations = new Relations([174, 1299, 3356])
  for (const path of paths) relations.learn(path)
  return relations
}
/** The same path from so many peers. */
const from = (peers: number, ...path: number[]) =>
  Array.from({ length: peers }, (_, i) => [201 + i, ...path])

test('transit is what is passed on for others, in that direction', () => {
  const relations = learned([201, 1299, 5000, 6000])
  expect(relations.transit(1299, 5000)).toBe(1)
  expect(relations.transit(201, 1299)).toBe(1)
  // 5000 took it from its origin: that is nobody's transit.
  expect(relations.transit(5000, 6000)).toBe(0)
  expect(relations.transit(5000, 1299)).toBe(0)
  expect(relations.isKnown(6000, 5000, 1299)).toBe(true)
  expect(relations.isKnown(1299, 5000, 6000)).toBe(false)
})

describe('who buys from whom, by votes across the clique', () => {
  const relations = learned(...from(3, 1299, 3356, 8001, 5000, 6000), ...from(2, 174, 8002, 6001))

  test.each([
    [5000, 8001],
    [6000, 5000],
    [8001, 3356],
  ])('%i from %i', (customer, provider) => {
    expect(relations.buys(customer, provider)).toBe(true)
    expect(relations.buys(provider, customer)).toBe(false)
  })

  test('not by two votes, nor within the clique', () => {
    expect(relations.buys(8002, 174)).toBe(false)
    expect(relations.buys(3356, 1299)).toBe(false)
    expect(relations.buys(1299, 3356)).toBe(false)
  })

  test('peers behind the clique buy from it', () => {
    const down = learned([201, 7000, 1299, 6000], [202, 7000, 1299, 6001], [203, 7000, 1299, 6002])
    expect(down.buys(7000, 1299)).toBe(true)
  })

  test('a ninth of votes against it is too much', () => {
    const up = from(8, 1299, 8001, 5000)
    const against = [[301, 8001, 5000, 1299, 6000]]
    expect(learned(...up).buys(5000, 8001)).toBe(true)
    expect(learned(...up, ...against).buys(5000, 8001)).toBe(false)
    expect(learned(...from(9, 1299, 8001, 5000), ...against).buys(5000, 8001)).toBe(true)
  })

  test('a path with a third network between two of the clique votes for nothing', () => {
    const poisoned = learned(...from(5, 1299, 5001, 3356, 6000))
    expect(poisoned.buys(6000, 3356)).toBe(false)
    expect(poisoned.isKnown(3356, 5001, 1299)).toBe(true)
  })
})

test('a path with private or reserved ASNs, or too short, teaches nothing', () => {
  expect([usable([201, 1299, 6000]), usable([1299, 6000])]).toEqual([true, false])
  for (const asn of [0, 23_456, 64_512, 4_200_000_000]) {
    expect(usable([201, asn, 6000])).toBe(false)
    expect(learned([201, 1299, asn, 6000]).paths).toBe(0)
  }
})

test('networks beyond those there is room for are strangers, and strangers buy from nobody', () => {
  const relations = learned()
  for (let asn = 200_001; asn < 200_001 + 2 ** 17; asn += 2) relations.learn([asn, asn + 1, 174])
  const late = 900_000
  for (const path of from(5, 174, late, late + 1)) relations.learn(path)
  expect(relations.buys(late + 1, late)).toBe(false)
  expect(relations.buys(late, 174)).toBe(false)
  // Nor is anything known of strangers because it is of others.
  relations.learn([late + 2, late + 3, late + 4])
  expect(relations.transit(late + 5, late + 6)).toBe(0)
  expect(relations.isKnown(late + 7, late + 6, late + 5)).toBe(false)
})

test('who is only asked about takes no room', () => {
  const relations = learned()
  for (let asn = 200_001; asn < 200_001 + 2 ** 17; asn++) {
    relations.transit(asn, asn + 1)
    relations.isKnown(asn, asn + 1, asn + 2)
    relations.buys(asn, asn + 1)
  }
  for (const path of from(5, 174, 900_000, 900_001)) relations.learn(path)
  expect(relations.buys(900_001, 900_000)).toBe(true)
})

describe('what one network is to another', () => {
  const relations = learned(...from(10, 1299, 3356, 8001, 5000, 6000), ...from(2, 174, 8002, 6001))

  test('by votes, the surer the more there are', () => {
    expect(relations.relation(5000, 8001).relation).toBe('customer')
    expect(relations.relation(8001, 5000).relation).toBe('provider')
    const { confidence } = relations.relation(5000, 8001)
    expect([confidence > 0.7, confidence < 0.8]).toEqual([true, true])
    const more = learned(...from(60, 1299, 3356, 8001, 5000, 6000)).relation(5000, 8001)
    expect(more.confidence).toBeGreaterThan(0.9)
    expect(relations.relation(8002, 174)).toEqual({ relation: 'unknown', confidence: 0 })
  })

  test('peers within the clique, whatever was seen of them', () => {
    expect(relations.relation(3356, 1299)).toEqual({ relation: 'peer', confidence: 1 })
    expect(relations.relation(174, 1299).relation).toBe('peer')
    expect(relations.relation(174, 777).relation).toBe('unknown')
  })

  describe('without votes', () => {
    // 7001 and 7002 sell transit; what they tell each other is told to their customers alone.
    const up = [
      ...from(3, 1299, 7001, 7101, 7201),
      ...from(3, 1299, 7002, 7102, 7202),
      ...from(3, 1299, 7001, 7103, 7203),
    ]
    const across = [7103, 7001, 7002, 7102, 7202]

    test('peers, where all beside them goes up, then down', () => {
      expect(learned(...up, across).relation(7001, 7002)).toEqual({
        relation: 'peer',
        confidence: 0.6,
      })
    })

    test('not where one passes it on to its provider', () => {
      const more = [1299, 7001, 7002, 7102, 7202]
      expect(learned(...up, across, more).relation(7001, 7002).relation).toBe('unknown')
    })

    test('not where one of them passes nothing on: it may buy from both', () => {
      const stub = [7103, 7001, 7009]
      expect(learned(...up, stub).relation(7001, 7009).relation).toBe('unknown')
    })

    test('not where nothing is known of what is beside them', () => {
      const strange = [7901, 7801, 7802, 7902]
      expect(learned(...up, strange).relation(7801, 7802).relation).toBe('unknown')
    })
  })

  test('AS6939 and one of the clique: bought in one family, peering in the other', () => {
    const hurricane = learned(...from(9, 6939, 1299, 6000), ...from(9, 1299, 6939, 5000, 6001))
    expect(hurricane.relation(6939, 1299).relation).toBe('unknown')
    expect(hurricane.buys(6939, 1299)).toBe(false)
    expect(hurricane.relation(5000, 6939).relation).toBe('customer')
  })
})

test('the number of a route server is left out of a path', () => {
  const relations = new Relations([174, 1299, 3356], (asn) => asn === 6695)
  for (const path of from(3, 1299, 8001, 6695, 5000, 6000)) relations.learn(path)
  expect(relations.isKnown(5000, 8001, 1299)).toBe(true)
  expect(relations.buys(5000, 8001)).toBe(true)
  expect(relations.degree(6695)).toBe(0)
})

describe.each([1, 2, 3])('in a made Internet of 1,000 networks, seed %i', (seed) => {
  const net = buildInternet(new Dice(seed), { ases: 1_000, vantages: 40 })
  const relations = new Relations()
  for (const path of startingPaths(net)) relations.learn(path)
  const role = rolesOf(net)
  const count = { transit: [0, 0], peering: [0, 0], unknown: 0 }
  for (const [a, b] of relations.links()) {
    const { relation } = relations.relation(a, b)
    if (relation === 'unknown') {
      count.unknown++
      continue
    }
    const of = relation === 'peer' ? count.peering : count.transit
    of[0] = (of[0] as number) + (role(a, b) === relation ? 1 : 0)
    of[1] = (of[1] as number) + 1
  }

  test('who is said to buy does, and who is said to be a peer is one', () => {
    console.log(`seed ${seed}: ${JSON.stringify(count)}`)
    const part = ([right = 0, all = 0]: number[]) => right / all
    expect(part(count.transit)).toBeGreaterThanOrEqual(0.99)
    expect(part(count.peering)).toBeGreaterThanOrEqual(0.95)
    // Nor is that had by saying nothing.
    const called = (count.transit[1] as number) + (count.peering[1] as number)
    expect(called).toBeGreaterThan(10 * count.unknown)
  })
})

const paths2018 = 'context/as-paths.rrc00-rrc06.2018.json.gz'

test.skipIf(absent('relations out of the paths of 2018', paths2018))(
  'in the paths of 2018 all of the clique are peers',
  () => {
    const relations = new Relations()
    const seen = new Set<string>()
    const table: Record<string, Record<string, Record<string, string>>> = JSON.parse(
      gunzipSync(readFileSync(real(paths2018))).toString(),
    )
    for (const peers of Object.values(table).flatMap((of) => Object.values(of)))
      for (const path of Object.values(peers)) seen.add(path.replace(/ ?\{.*/, ''))
    for (const path of seen) {
      const hops = path.split(' ').map(Number)
      relations.learn(hops.filter((asn, i) => asn !== hops[i - 1]))
    }
    const count: Record<string, number> = {}
    let pairs = 0
    for (const [a, b] of relations.links()) {
      const { relation } = relations.relation(a, b)
      count[relation] = (count[relation] ?? 0) + 1
      if (!CLIQUE.includes(a) || !CLIQUE.includes(b)) continue
      pairs++
      expect([a, b, relation]).toEqual([a, b, 'peer'])
    }
    console.log(`${relations.paths} paths: ${pairs} pairs of the clique; ${JSON.stringify(count)}`)
    expect(pairs).toBeGreaterThan(90)
    // What everybody knows of then.
    expect(relations.relation(2497, 701).relation).toBe('customer')
    expect(relations.relation(2516, 2914).relation).not.toBe('provider')
  },
)
