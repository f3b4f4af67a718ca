import { expect, it } from 'vitest'
import { hours, minutes, seconds } from '../../src/core/time.ts'
import { CollectorSight, type CollectorSightSettings } from '../../src/feeds/collector-sight.ts'

/** Collectors that speak at fixed intervals, in seconds, between `from` and `to`; what is told. */
function live(settings: Partial<CollectorSightSettings> = {}) {
  const told: string[] = []
  let now = 0
  const sight = new CollectorSight(
    {
      gap: (why, collector) => told.push(`${now / 1e6} gap ${collector}: ${why}`),
      sight: (collector) => told.push(`${now / 1e6} sight ${collector}`),
    },
    settings,
  )
  return {
    sight,
    told,
    speak(every: Record<string, number>, span: number) {
      for (const end = now + span; now < end; ) {
        now += seconds(1)
        for (const [name, interval] of Object.entries(every))
          if (now % seconds(interval) === 0) sight.heard(name, now)
        sight.check(now)
      }
    },
  }
}

it('one that stalls while others speak is told within a minute, and when it is back', () => {
  const { speak, told, sight } = live()
  speak({ rrc00: 1, rrc01: 2, rrc03: 10 }, minutes(10))
  expect(told).toEqual([])
  speak({ rrc00: 1, rrc03: 10 }, minutes(2))
  expect(told).toEqual(['645 gap rrc01: rrc01 has said nothing for 45 s while others speak'])
  expect(sight.stalled).toEqual(['rrc01'])
  speak({ rrc00: 1, rrc01: 2, rrc03: 10 }, minutes(2))
  expect(told.slice(1)).toEqual(['722 sight rrc01'])
  expect(sight.stalled).toEqual([])
})

it('each by what is usual of it: one that speaks every 40 s is given two minutes', () => {
  const { speak, told } = live()
  speak({ rrc00: 1, rrc21: 40 }, hours(1))
  speak({ rrc00: 1 }, seconds(118))
  expect(told).toEqual([])
  speak({ rrc00: 1 }, seconds(5))
  expect(told).toEqual(['3720 gap rrc21: rrc21 has said nothing for 120 s while others speak'])
})

it('nobody has stalled when nobody speaks, nor who is hardly known', () => {
  const { speak, told } = live()
  speak({ rrc00: 1, rrc01: 1 }, minutes(10))
  speak({}, hours(1))
  speak({ rrc00: 1, rrc01: 1, rrc07: 1 }, minutes(1))
  // A minute is not long enough to know it.
  speak({ rrc00: 1, rrc01: 1 }, minutes(10))
  expect(told).toEqual([])
  const alone = live()
  alone.speak({ rrc00: 1 }, minutes(10))
  alone.speak({}, hours(1))
  expect(alone.told).toEqual([])
})

it('a feed that was lost begins anew, and a long sleep is nobody’s silence', () => {
  const { speak, told, sight } = live()
  speak({ rrc00: 1, rrc01: 1 }, minutes(10))
  speak({ rrc00: 1 }, seconds(50))
  expect(told.length).toBe(1)
  sight.lost()
  expect(sight.stalled).toEqual([])
  speak({ rrc00: 1 }, seconds(44))
  sight.check(hours(5))
  sight.heard('rrc00', hours(5))
  expect(told.length).toBe(1)
})

it('follows so many collectors and counts the others', () => {
  const { speak, told, sight } = live({ most: 2 })
  speak({ rrc00: 1, rrc01: 1, rrc03: 1, rrc04: 1 }, minutes(10))
  speak({ rrc00: 1 }, minutes(10))
  expect(told.map((text) => text.slice(0, 13))).toEqual(['645 gap rrc01'])
  expect(sight.dropped).toBe(2)
})
