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
  standing.reference[0] = 4
  standing.visible[0] = 2
  const at = (t: number) => seconds(1_000) + minutes(t)
  for (const t of [0, 4, 9]) standing.loss(0, at(t))
  standing.settle(0)
  expect([standing.lossStart[0], standing.lastLoss[0]]).toEqual([at(0), at(9)])
  standing.loss(0, at(14) + 1)
  expect(standing.lossStart[0]).toBe(at(14) + 1)
  // Three of four is up, but one is still missing.
  standing.visible[0] = 3
  standing.settle(0)
  expect(standing.lossStart[0]).toBe(at(14) + 1)
  standing.visible[0] = 4
  standing.settle(0)
  expect([standing.lossStart[0], standing.lastLoss[0]]).toEqual([0, at(14) + 1])
})

test('growth keeps what is there', () => {
  const standing = new Standing()
  standing.reference[4_095] = standing.visible[4_095] = 3
  standing.settle(4_095)
  standing.loss(4_095, 77)
  standing.grow(4_097)
  expect(standing.visible.length).toBeGreaterThanOrEqual(4_097)
  const { visible, reference, seen, lossStart, lastLoss } = standing
  expect([visible, reference, seen, lossStart, lastLoss].map((c) => c[4_095])).toEqual([
    3, 3, 1, 77, 77,
  ])
})
