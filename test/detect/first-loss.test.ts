import { expect, test } from 'vitest'
import { minutes } from '../../src/core/time.ts'
import type { View } from '../../src/core/view.ts'
import { firstLoss } from '../../src/detect/first-loss.ts'

/** Prefix 0, 1, … began to be lost at these minutes; 0 = it is not lost. */
const first = (...starts: number[]) => {
  const view = { lossStart: (p: number) => minutes(starts[p] as number) } as View
  return firstLoss(view, [...starts.keys()]) / minutes(1)
}

test('the first of those that follow each other within a quarter of an hour', () => {
  expect([first(70, 60, 80), first(70, 60, 44), first(75, 60)]).toEqual([60, 60, 60])
  expect([first(0, 60), first(0), first()]).toEqual([60, 0, 0])
})
