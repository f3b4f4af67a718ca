import { expect, test } from 'vitest'
import { Known } from '../../src/detect/hijack-score.ts'
import { view } from './view.ts'
import { many, World } from './world.ts'

const peers = 'abcdefghijABCDEFGHIJ'
const minutes = (n: number): number => n * 60_000_000

/** What is known by a table of so many prefixes, the first of which are ordinarily carried. */
function known(prefixes: number, carried: number) {
  const cause = { at: 1, vantage: 0, prefix: 0, before: 0, after: 0, file: 0, offset: 0 }
  const reference = (p: number) => (p < carried ? 3 : 0)
  const made = new Known(view({ cause, prefixes, reference }))
  let origin = 1
  const bear = (count: number, each = 1) => {
    for (let i = 0; i < count; i++) made.bear(i % each === 0 ? ++origin : origin)
  }
  return { made, bear, cause }
}

test('a table is thin when much comes anew: a thousand, and one in fifty', () => {
  const large = known(60_000, 55_000)
  large.bear(1_100)
  expect(large.made.isThin).toBe(false)
  large.bear(1)
  expect(large.made.isThin).toBe(true)
  const small = known(10, 10)
  small.bear(1_000)
  expect(small.made.isThin).toBe(false)
  small.bear(1)
  expect(small.made.isThin).toBe(true)
})

test('not by what a few networks have anew, nor by what comes over many hours', () => {
  const few = known(10, 10)
  few.bear(5_000, 50)
  expect(few.made.isThin).toBe(false)
  const slow = known(10, 10)
  for (let hour = 0; hour < 20; hour++) {
    slow.cause.at = minutes(hour * 60) + 1
    slow.bear(900)
    expect(slow.made.isThin).toBe(false)
  }
})

test('it is whole again an hour after the last in which so much came', () => {
  const { made, bear, cause } = known(10, 10)
  bear(1_001)
  for (const [minute, thin] of [
    [59, true],
    [61, true],
    [119, true],
    [122, false],
  ] as const) {
    cause.at = minutes(minute)
    made.tick(cause.at)
    expect(made.isThin).toBe(thin)
  }
})

const hijacks = (world: World, until: string) =>
  world.play(until).filter(({ kind }) => kind.startsWith('hijack'))

test('where it is thin, what is new is told to owners only, in doubt', () => {
  const told = (watch?: number[]) => {
    const world = new World(watch ? { watch } : {})
      .holds(peers, '203.0.0.0/16', '1299 3356 6000')
      .holds(peers, '198.18.0.0/24', '1299 174 5001')
      .at('00:05:00')
    const some = many(1_100, '60.0')
    for (let i = 0; i < 110; i++)
      world.announce('a', some.slice(i * 10, i * 10 + 10), `1299 3356 ${7000 + i}`)
    world.at('00:10:01').announce(peers, '203.0.7.0/24', '1299 174 5001')
    return hijacks(world, '00:20:00')
  }
  expect(told()).toEqual([])
  expect(told([6000]).map(({ confidence }) => confidence.level)).toEqual(['low'])
})

test('a thousand parts of its own, leaked by one network, hide nobody else', () => {
  const world = new World()
    .holds(peers, '198.0.0.0/12', '1299 7000')
    .holds(peers, '203.0.0.0/16', '1299 3356 6000')
    .holds(peers, '198.18.0.0/24', '1299 174 5001')
    .at('00:05:00')
    .announce('abc', many(1_200, '198.0'), '1299 7000')
    .at('00:10:01')
    .announce(peers, '203.0.7.0/24', '1299 174 5001')
  expect(hijacks(world, '00:20:00').map(({ key }) => key)).toEqual(['hijack:5001:6000'])
})
