import { describe, expect, test } from 'vitest'
import type { Baseline } from '../../src/core/incident.ts'
import { baselineCap, capOf, lowest, silenceCap, witnessCap } from '../../src/detect/confidence.ts'
import { view } from './view.ts'

const low = { level: 'low', because: 'l' } as const
const medium = { level: 'medium', because: 'm' } as const
const counts = (peerAsns: number, collectors: number) => ({
  prefixes: 1,
  ofPrefixes: 1,
  covered: 0,
  share: 1,
  peerAsns,
  collectors,
})

test('of several caps the lowest holds, the first of equals', () => {
  expect(lowest()).toBeNull()
  expect(lowest(null, medium, null, low)).toBe(low)
  expect(lowest(medium, { ...medium, because: 'n' })).toBe(medium)
})

describe('a baseline', () => {
  test.each([
    ['rib', true, false, undefined],
    ['rib', false, false, undefined],
    ['learned-from-input', true, false, 'medium'],
    ['learned-from-input', false, false, 'low'],
    ['learned-from-input', false, true, 'medium'],
    ['learned-live', true, false, 'medium'],
  ] as const)('%s, narrow %s, wiped %s: %s at most', (baseline, narrow, wiped, level) => {
    expect(baselineCap(view({ baseline, narrow }), wiped)?.level).toBe(level)
  })
})

describe('witnesses', () => {
  test.each([
    [4, 1, 'low'],
    [5, 1, 'medium'],
    [9, 1, 'medium'],
    [10, 1, undefined],
    [2, 2, 'low'],
    [3, 2, undefined],
  ])('%i peer ASNs at %i collectors: %s at most', (peers, collectors, level) => {
    expect(witnessCap(counts(peers, collectors))?.level).toBe(level)
  })

  test('and baseline together', () => {
    const learned = view({ baseline: 'learned-from-input', narrow: true })
    expect(capOf(learned, counts(20, 1), false)?.because).toContain('learned')
    expect(capOf(learned, counts(2, 1), false)?.because).toBe('only 2 peer ASNs saw it')
  })
})

describe('learned while running, silence of those who never spoke of it', () => {
  const seen = (reference: number, baseline: Baseline = 'learned-live') =>
    view({
      baseline,
      heard: 40,
      reference: (prefix) => (prefix === 7 ? reference : 1),
      vantage: () => ({ active: 12, quarantined: 0, down: 0, unknown: 0 }),
    })

  test('is no evidence when they are more than three quarters', () => {
    expect(silenceCap(seen(9), [6, 7])).toEqual({
      level: 'low',
      because: 'only vantage points of 9 of 40 networks have ever spoken of it',
    })
    expect(silenceCap(seen(10), [6, 7])).toBeNull()
  })

  test('says nothing when there is a table, or nothing is lost', () => {
    expect(silenceCap(seen(1, 'rib'), [7])).toBeNull()
    expect(silenceCap(seen(1), [])).toBeNull()
  })
})
