import { expect, test } from 'vitest'
import { warmUp } from '../src/warm-up.ts'

test('all that it invents is heard', () => {
  expect(warmUp(3_000)).toBe(3_000)
})
