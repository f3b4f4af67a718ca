import { expect, test } from 'vitest'
import { Fallen } from '../../src/table/fallen.ts'

test('who fell has told what it said since, and no more', () => {
  const fallen = new Fallen()
  fallen.told(1, 5)
  expect([fallen.has(1), fallen.hasTold(1, 5)]).toEqual([false, false])
  fallen.down(1)
  expect([fallen.has(1), fallen.isDown(1)]).toEqual([true, true])
  for (const prefix of [0, 7, 8, 900_001]) fallen.told(1, prefix)
  expect(fallen.isDown(1)).toBe(false)
  expect([0, 1, 7, 8, 9, 900_000, 900_001].map((p) => fallen.hasTold(1, p))).toEqual([
    true,
    false,
    true,
    true,
    false,
    false,
    true,
  ])
  fallen.down(1)
  expect(fallen.hasTold(1, 7)).toBe(false)
  fallen.up(1)
  expect([fallen.isDown(1), fallen.has(1)]).toEqual([false, true])
  fallen.forget(1)
  expect([fallen.has(1), fallen.hasTold(1, 7)]).toEqual([false, false])
})

test('more than there is room for is counted', () => {
  const fallen = new Fallen()
  for (let peer = 0; peer < 2_010; peer++) fallen.down(peer)
  expect([fallen.dropped, fallen.has(1_999), fallen.has(2_005)]).toEqual([10, true, false])
  fallen.forget(3)
  fallen.down(2_005)
  expect(fallen.has(2_005)).toBe(true)
})
