import { expect, test } from 'vitest'
import { minutes, seconds } from '../../src/core/time.ts'
import { Standing } from '../../src/table/standing.ts'
import { states } from './stage.ts'

function walk(reference: number, visible: readonly number[]): string[] {
  const standing = new Standing()
  standing.reference[0] = reference
  return visible.map((n) => {
    standing.visible[0] = n
    const before = standing.seen[0]
    expect(standing.settle(0)).toBe(standing.seen[0] !== before)
    return states[standing.seen[0] as number] as string
  })
}

test('down at a quarter, lost below a half, back only at three quarters', () => {
  expect(walk(100, [100, 75, 74, 50, 49, 74, 75])).toEqual([
    'up',
    'up',
    'degraded',
    'degraded',
    'lost',
    'lost',
    'up',
  ])
  expect(walk(100, [26, 25, 0, 26, 74, 75, 50])).toEqual([
    'lost',
    'down',
    'down',
    'lost',
    'lost',
    'up',
    'degraded',
  ])
  expect(walk(0, [0, 5])).toEqual(['new', 'new'])
})

test('few carriers', () => {
  expect(walk(1, [1, 0, 1])).toEqual(['up', 'down', 'up'])
  expect(walk(2, [2, 1, 0, 1, 2])).toEqual(['up', 'degraded', 'down', 'lost', 'up'])
  expect(walk(3, [3, 2, 1, 0])).toEqual(['up', 'degraded', 'lost', 'down'])
  expect(walk(4, [4, 3, 2, 1])).toEqual(['up', 'up', 'degraded', 'down'])
  // More than there ordinarily are.
  expect(walk(2, [3])).toEqual(['up'])
})

test('losses belong together unless five minutes lie between, and end when all is well', () => {
  const standing = new Standing()
  standing.reference[0] = 8
  standing.visible[0] = 8
  const at = (t: number) => seconds(1_000) + minutes(t)
  const lose = (t: number) => {
    standing.visible[0] = (standing.visible[0] as number) - 1
    standing.loss(0, at(t))
    standing.settle(0)
  }
  for (const t of [0, 4, 9]) lose(t)
  expect([standing.lossStart[0], standing.lastLoss[0]]).toEqual([at(0), at(9)])
  lose(14.1)
  lose(14.2)
  expect(standing.lossStart[0]).toBe(at(14.1))
  // Up, but one is still missing.
  standing.reference[0] = 4
  standing.visible[0] = 3
  standing.settle(0)
  expect(standing.lossStart[0]).toBe(at(14.1))
  standing.visible[0] = 4
  standing.settle(0)
  expect([standing.lossStart[0], standing.lastLoss[0]]).toEqual([0, at(14.2)])
})

test('who flaps does not carry the beginning of a run along', () => {
  const standing = new Standing()
  standing.reference[0] = standing.visible[0] = 10
  const lose = (t: number) => {
    standing.visible[0] = (standing.visible[0] as number) - 1
    standing.loss(0, seconds(t))
    standing.settle(0)
  }
  // One is gone for good, another comes and goes every 100 s.
  lose(1_000)
  for (let t = 1_100; t <= 9_000; t += 100) {
    lose(t)
    standing.visible[0] = 9
    standing.settle(0)
    if (t > 1_300) expect(standing.lossStart[0]).toBe(seconds(t))
  }
  for (let t = 9_100; t < 9_109; t++) lose(t)
  expect(standing.lossStart[0]).toBe(seconds(9_100))
  // While it is down, who comes and goes is part of it.
  for (let t = 9_200; t <= 10_200; t += 100) {
    standing.visible[0] = 1
    standing.settle(0)
    lose(t)
  }
  expect(standing.lossStart[0]).toBe(seconds(9_100))
})

test('who is back for seconds only was not back', () => {
  const standing = new Standing()
  standing.reference[0] = 10
  standing.visible[0] = 9
  for (const t of [1_000, 1_026, 1_052, 1_060]) {
    standing.visible[0] = 8
    standing.loss(0, seconds(t))
    standing.settle(0)
    standing.visible[0] = 9
    standing.settle(0)
  }
  expect(standing.lossStart[0]).toBe(seconds(1_000))
})

test('a slow drain is one run', () => {
  const standing = new Standing()
  standing.reference[0] = standing.visible[0] = 40
  for (let t = 0; t < 20; t++) {
    standing.visible[0] = (standing.visible[0] as number) - 1
    standing.loss(0, seconds(1_000) + minutes(4 * t))
    standing.settle(0)
  }
  expect(standing.lossStart[0]).toBe(seconds(1_000))
})

test('growth keeps what is there', () => {
  const standing = new Standing()
  standing.reference[4_095] = standing.visible[4_095] = 3
  standing.settle(4_095)
  standing.loss(4_095, 77)
  standing.grow(4_097)
  expect(standing.visible.length).toBeGreaterThanOrEqual(4_097)
  const { visible, reference, seen, lossStart, lastLoss, from, lowest } = standing
  const columns = [visible, reference, seen, lossStart, lastLoss, from, lowest]
  expect(columns.map((c) => c[4_095])).toEqual([3, 3, 1, 77, 77, 4, 3])
})
