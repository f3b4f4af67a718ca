import { expect, test } from 'vitest'
import type { View } from '../../src/core/view.ts'
import { onceATick, onceForAll } from '../../src/verdict/once.ts'
import type { PlanesView } from '../../src/verdict/scene.ts'

test('of a table once a tick and family, and anew at the next tick or of another table', () => {
  const found: number[] = []
  const look = onceATick((_: View, afi) => {
    found.push(afi)
    return { afi, turn: found.length }
  })
  const [one, other] = [{}, {}] as [View, View]
  expect(look({ view: one, at: 1 }, 4)).toBe(look({ view: one, at: 1 }, 4))
  expect([look({ view: one, at: 1 }, 6).turn, look({ view: other, at: 1 }, 4).turn]).toEqual([2, 3])
  expect(look({ view: one, at: 2 }, 4).turn).toBe(4)
  expect(found).toEqual([4, 6, 4, 4])
})

test('what nothing was found in is not looked at again either', () => {
  let looks = 0
  const look = onceForAll(() => {
    looks++
    return []
  })
  const planes = {} as PlanesView
  for (const at of [5, 5, 5, 6]) expect(look({ planes, at })).toEqual([])
  expect(looks).toBe(2)
})
