import { expect, test } from 'vitest'
import { RoutePaths } from '../../src/detect/route-paths.ts'
import { Dice } from '../../src/scenario/dice.ts'

test('says the same as a map, whatever comes and goes', () => {
  const dice = new Dice('routes')
  const routes = new RoutePaths()
  const map = new Map<string, number>()
  for (let step = 0; step < 60_000; step++) {
    // Grows to thousands, then shrinks to nearly none, and again.
    const grows = Math.floor(step / 10_000) % 2 === 0
    const vantage = dice.int(0, 40)
    const prefix = dice.int(0, 300)
    const key = `${vantage} ${prefix}`
    const before = map.get(key) ?? 0
    if (dice.chance(grows ? 0.8 : 0.2)) {
      const path = dice.int(1, 1_000_000)
      expect(routes.replace(vantage, prefix, path)).toBe(before)
      expect(routes.add(vantage, prefix, path)).toBe(before === 0)
      map.set(key, path)
    } else {
      expect(routes.delete(vantage, prefix)).toBe(before)
      map.delete(key)
    }
    expect(routes.size).toBe(map.size)
    if (step % 500 === 0) {
      const seen = new Map<string, number>()
      routes.each((v, p) => seen.set(`${v} ${p}`, routes.get(v, p)))
      expect(seen).toEqual(map)
    }
  }
})

test('of nothing it has nothing', () => {
  const routes = new RoutePaths()
  expect([routes.get(0, 0), routes.delete(0, 0), routes.size]).toEqual([0, 0, 0])
  routes.each(() => expect.unreachable())
})
