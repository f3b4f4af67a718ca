// A short run of what `npm run fuzz` does at length, with dice that always fall the same way.

import { describe, expect, test } from 'vitest'
import { changed, fuzz, type Target, targets } from '../../src/bench/fuzzing.ts'
import { Dice } from '../../src/scenario/dice.ts'

const INPUTS = 3_000

describe('no decoder throws over what dice have changed', () => {
  test.each(targets.map((target) => [target.name, target] as const))('%s', async (name, target) => {
    const { inputs, good, bad } = await fuzz(target, new Dice(`ci ${name}`), INPUTS)
    expect(inputs).toBe(INPUTS)
    // It has seen what can be read and what cannot.
    expect(good).toBeGreaterThan(INPUTS / 10)
    expect(bad).toBeGreaterThan(INPUTS / 50)
  })
})

test('what throws is told with the input that did it', async () => {
  const target: Target = {
    name: 'planted',
    seeds: [Uint8Array.of(1, 2, 3)],
    feed: (octets) => {
      if (octets[0] !== 1) throw new RangeError('the first octet')
      return 'good'
    },
  }
  await expect(fuzz(target, new Dice('planted'), 1_000)).rejects.toThrow(
    /^planted: the first octet, given [0-9a-f]*$/,
  )
})

test('every seed is good as it is', async () => {
  for (const { name, seeds, feed } of targets)
    for (const seed of seeds) expect([name, await feed(seed)]).toEqual([name, 'good'])
})

test('dice change a message in every way, and not always', () => {
  const dice = new Dice('changed')
  const seed = Uint8Array.from({ length: 40 }, (_, i) => i)
  const all = Array.from({ length: 2_000 }, () => changed([seed], dice))
  const lengths = new Set(all.map(({ length }) => length))
  expect(Math.min(...lengths)).toBeLessThan(5)
  expect(Math.max(...lengths)).toBeGreaterThan(45)
  const same = all.filter((octets) => Buffer.from(octets).equals(Buffer.from(seed))).length
  expect([same > 300, same < 600]).toEqual([true, true])
})
