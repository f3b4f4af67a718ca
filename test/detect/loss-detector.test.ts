import { describe, expect, test } from 'vitest'
import { seconds } from '../../src/core/time.ts'
import type { View } from '../../src/core/view.ts'
import { LossDetector, type LossRule } from '../../src/detect/loss-detector.ts'
import { Loss, type Losses } from '../../src/detect/losses.ts'
import { view } from './view.ts'

/** A detector of "anything lost", asked every ten seconds about what the test says is lost. */
function watching(about: Partial<LossRule> = {}) {
  const at = { now: 0, voters: 10, recovered: 0, givenUp: 0, used: 0 }
  const known: Partial<View> = {
    baseline: 'rib',
    narrow: true,
    voters: () => at.voters,
    lostAt: () => Array.from({ length: 12 }, (_, i) => i),
    vantagePoint: (id) => ({
      id,
      project: 'ris',
      collector: `rrc0${id % 2}`,
      address: 'x',
      asn: 201 + id,
    }),
    prefixText: (prefix) => `p${prefix}`,
    lossStart: () => 5e6,
    seen: () => 3,
  }
  let changed: readonly Loss[] = []
  const losses: Partial<Losses> = {
    get changed() {
      const once = changed
      changed = []
      return once
    },
    recoveredAt: () => seconds(at.recovered),
    givenUpAt: () => seconds(at.givenUp),
    elements: () => [],
    paths: () => [],
    use: () => {
      at.used = at.now
    },
  }
  const rule: LossRule = {
    kind: 'outage.as',
    family: 'outage',
    holds: ({ uncovered }) => uncovered.length > 2,
    size: ({ uncovered }) => uncovered.length,
    clears: ({ uncovered }) => uncovered.length === 0,
    confirm: () => seconds(30),
    clear: seconds(60),
    prefixes: ({ uncovered }) => uncovered,
    covered: () => 0,
    since: ({ uncoveredSince }) => uncoveredSince,
    share: ({ share }) => share,
    severity: () => 'major',
    tags: () => [],
    cap: () => null,
    memorable: () => true,
    ...about,
  }
  const detector = new LossDetector(view(known), losses as Losses, rule)
  /** So many lost, for so many ticks; the phases that were told. */
  const lost = (count: number, ticks = 1): (string | undefined)[] => {
    const uncovered = Array.from({ length: count }, (_, i) => i)
    const none = { covered: [], leftCovered: [] }
    const found = { uncovered, of: 10, share: count / 10, ...none }
    changed = [new Loss(view(known), 7000, 4, found, () => true)]
    return Array.from({ length: ticks }, () => {
      at.now += 10
      return detector.tick(seconds(at.now))[0]?.phase
    })
  }
  const signal = () => {
    at.now += 10
    return detector.tick(seconds(at.now))[0]
  }
  return { at, lost, signal }
}

describe('hold-down', () => {
  test('believed when it has lasted, let go when it has been gone as long as that asks', () => {
    const { lost } = watching()
    expect(lost(5, 4)).toEqual([undefined, undefined, undefined, 'open'])
    expect(lost(1, 2)).toEqual(['open', undefined])
    // What has been said is not said again.
    expect(lost(0, 3)).toEqual(['resolving', undefined, undefined])
    expect(lost(1)).toEqual(['open'])
    expect(lost(0, 7)).toEqual(['resolving', ...Array(5).fill(undefined), 'resolved'])
    expect(lost(0, 2)).toEqual([undefined, undefined])
  })

  test('over before that: a transient, once, if it is worth a line', () => {
    const { lost } = watching()
    lost(5, 3)
    expect(lost(0, 2)).toEqual(['transient', undefined])
    const modest = watching({ memorable: () => false })
    modest.lost(5, 3)
    expect(modest.lost(0, 2)).toEqual([undefined, undefined])
  })
})

describe('half of the voters gone', () => {
  test('nothing is said of what is open', () => {
    const { at, lost } = watching()
    lost(5, 4)
    at.voters = 4
    expect(lost(0, 20)).toEqual(Array(20).fill(undefined))
    // And it is held on to.
    expect(at.used).toBe(at.now)
    at.voters = 10
    expect(lost(5)).toEqual(['open'])
  })

  test('what is not yet believed begins anew, with those who are left to tell', () => {
    const { at, lost } = watching()
    lost(5, 3)
    at.voters = 4
    expect(lost(5, 5)).toEqual([undefined, undefined, undefined, undefined, 'open'])
  })
})

describe('when it was over', () => {
  const ended = (recovered: number) => {
    const { at, lost, signal } = watching()
    lost(5, 4)
    at.recovered = recovered
    lost(0, 6)
    at.recovered = 99
    return (signal()?.endedAt ?? 0) / 1e6
  }
  test('the last that came back before it was found well, not later', () => {
    expect(ended(47)).toBe(47)
  })
  test('found well without one since it began: when it was found', () => {
    expect(ended(3)).toBe(50)
  })
  test('never, when it was given up', () => {
    const { at, lost, signal } = watching()
    lost(5, 4)
    at.givenUp = 47
    lost(0, 6)
    expect(signal()).toMatchObject({ phase: 'resolved', endedAt: null })
  })
})

test('witnesses are counted by network and collector', () => {
  const { lost, signal } = watching()
  lost(5, 3)
  expect(signal()?.now).toMatchObject({ prefixes: 5, peerAsns: 12, collectors: 2, share: 0.5 })
})

test('confidence is worked out again when only time has passed', () => {
  const young = { level: 'low', because: 'young' } as const
  const { lost, signal } = watching({ cap: (_, age) => (age < seconds(60) ? young : null) })
  lost(5, 3)
  expect(signal()?.cap).toEqual(young)
  lost(5, 2)
  expect(signal()?.cap).toBeNull()
})
