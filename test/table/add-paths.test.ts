import { describe, expect, test } from 'vitest'
import { Dice } from '../../src/scenario/dice.ts'
import { AddPaths } from '../../src/table/add-paths.ts'
import { Stage } from './stage.ts'

describe('AddPaths', () => {
  test('the lowest identifier counts, unsigned, and the last one ends it', () => {
    const more = new AddPaths()
    expect(more.fold(0, 5, -1, 40)).toBe(40)
    expect(more.fold(0, 5, 9, 41)).toBe(41)
    expect(more.fold(0, 5, 10, 42)).toBe(41)
    expect(more.fold(0, 5, 9, 43)).toBe(43)
    expect(more.fold(0, 5, 9, 0)).toBe(42)
    expect(more.fold(0, 5, 9, 0)).toBe(42)
    expect(more.fold(0, 5, 10, 0)).toBe(40)
    expect(more.fold(0, 5, -1, 0)).toBe(0)
    expect(more.size).toBe(0)
  })

  test('sessions without identifiers pass by; identifier 0 is one like others where they are used', () => {
    const more = new AddPaths()
    expect([more.fold(1, 5, 0, 40), more.fold(1, 5, 0, 0)]).toEqual([40, 0])
    expect([more.used, more.size]).toEqual([false, 0])
    expect(more.fold(0, 4, 3, 40)).toBe(40)
    expect(more.fold(0, 5, 0, 41)).toBe(41)
    expect(more.fold(0, 5, 1, 42)).toBe(41)
    expect(more.fold(0, 5, 1, 0)).toBe(41)
    expect(more.fold(0, 5, 0, 0)).toBe(0)
  })

  test('against plain maps', () => {
    const more = new AddPaths()
    const dice = new Dice('add-paths')
    const plain = new Map<string, Map<number, number>>()
    let several = 0
    for (let i = 0; i < 20_000; i++) {
      const [v, p, id] = [dice.int(0, 2), dice.int(0, 5), dice.int(1, 5)]
      const path = dice.chance(0.5) ? 0 : dice.int(2, 99)
      const routes = plain.get(`${v} ${p}`) ?? new Map<number, number>()
      plain.set(`${v} ${p}`, routes)
      if (path === 0) routes.delete(id)
      else routes.set(id, path)
      if (routes.size > 1) several++
      expect(more.fold(v, p, id, path)).toBe(routes.get(Math.min(...routes.keys())) ?? 0)
      if (dice.chance(0.001)) {
        more.forget(v)
        for (const key of plain.keys()) if (key.startsWith(`${v} `)) plain.delete(key)
      }
      if (i % 50 === 0)
        expect(more.size).toBe([...plain.values()].reduce((n, { size }) => n + size, 0))
    }
    expect(several).toBeGreaterThan(10_000)
  })

  test('beyond the bound a route is held as if it had no identifier, and counted', () => {
    const more = new AddPaths(2)
    more.fold(0, 1, 1, 40)
    more.fold(0, 1, 2, 41)
    expect(more.fold(0, 1, 3, 42)).toBe(40)
    expect(more.fold(0, 2, 7, 43)).toBe(43)
    expect([more.size, more.dropped]).toEqual([2, 2])
    expect(more.fold(0, 2, 7, 0)).toBe(0)
    // A known one may change.
    expect(more.fold(0, 1, 1, 44)).toBe(44)
    more.forget(0)
    expect([more.size, more.fold(0, 2, 7, 43), more.size]).toEqual([0, 43, 1])
  })
})

describe('in the table', () => {
  test('a starting table with several routes a prefix', () => {
    const stage = new Stage()
    const [v] = stage.peers(1) as [number]
    stage.load(v, '10.0.0.0/8', '101 3 900', 2).load(v, '10.0.0.0/8', '101 2 900', 1)
    stage.load(v, '10.0.0.0/8', '101 4 900', 3)
    stage.table.start()
    expect(stage.hear()).toEqual(['learn 101 3 900', 'learn 101 2 900', 'learn 101 4 900'])
    expect(stage.table.pathText(stage.table.rib.word(v, 0) & 0xffff)).toBe('101 2 900')
    stage.withdraw(1, v, '10.0.0.0/8', 1).withdraw(2, v, '10.0.0.0/8', 3)
    expect(stage.standing('10.0.0.0/8')).toBe('1/1 up')
    stage.withdraw(3, v, '10.0.0.0/8', 2)
    expect(stage.standing('10.0.0.0/8')).toBe('0/1 down')
  })

  test('identifiers of a session that fell mean nothing in the next', () => {
    const stage = new Stage({ baseline: 'learned-live' })
    const [v] = stage.peers(1) as [number]
    stage.table.start()
    stage.announce(1, v, '10.0.0.0/8', '101 900', 1).down(2, v).up(3, v)
    stage.announce(4, v, '10.0.0.0/8', '101 900', 7).endOfRib(5, v)
    expect(stage.standing('10.0.0.0/8')).toBe('1/0 new')
    stage.withdraw(6, v, '10.0.0.0/8', 7)
    expect(stage.standing('10.0.0.0/8')).toBe('0/0 new')
  })
})
