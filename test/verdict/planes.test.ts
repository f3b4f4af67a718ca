import { describe, expect, test } from 'vitest'
import type { Change, Sample } from '../../src/core/sample.ts'
import { minutes, parseInstant, seconds } from '../../src/core/time.ts'
import { Dice } from '../../src/scenario/dice.ts'
import { Planes, type PlanesSettings } from '../../src/verdict/planes.ts'

const start = parseInstant('2021-10-25T01:16:00Z') ?? 0

const sample = (
  metric: string,
  plane: Sample['plane'],
  at: number,
  value: number,
  labels: Record<string, string> = { link: 'a' },
  uncertainty = seconds(15),
): Sample => ({ kind: 'sample', at, plane, metric, value, labels, uncertainty })

const inbound = (minute: number, value: number, labels = { link: 'a' }) =>
  sample('in_bps', 'ingress', start + minutes(minute), value, labels)

/** In order, with ticks every ten seconds up to the last one. */
function play(facts: readonly (Sample | Change)[], settings: Partial<PlanesSettings> = {}): Planes {
  const planes = new Planes(settings)
  let tick = Math.min(...facts.map(({ at }) => at))
  for (const fact of [...facts].sort((a, b) => a.at - b.at)) {
    for (; tick < fact.at; tick += seconds(10)) planes.tick(tick)
    planes.take(fact)
  }
  planes.tick(tick)
  return planes
}

const calm = (minutesOf: number, dice = new Dice('calm')): Sample[] =>
  Array.from({ length: minutesOf }, (_, i) => inbound(i, 1e9 * (1 + dice.normal(0, 0.05))))

test('an hour of calm is normal, and what is above it is a shift', () => {
  const planes = play(calm(60))
  expect(planes.state('ingress')).toEqual({ state: 'normal', age: seconds(0) })
  const [view] = planes.series('in_bps')
  expect(view?.usual).toBeGreaterThan(0.95e9)
  expect(view?.usual).toBeLessThan(1.05e9)
  expect(view?.shift).toBeNull()

  const surged = play([...calm(60), inbound(60, 3e9), inbound(61, 3.1e9)])
  expect(surged.state('ingress').state).toBe('anomalous')
  const [after] = surged.series('in_bps')
  expect(after?.ratio).toBeGreaterThan(2.9)
  const { onset, up } = after?.shift ?? {}
  expect(up).toBe(true)
  // Between the last calm scrape and the first other one.
  expect(Math.abs((onset?.at ?? 0) - (start + minutes(59.5)))).toBeLessThanOrEqual(1)
  expect(onset?.within).toBe(seconds(45))
})

describe('silence', () => {
  test('what was never heard is blind, and has no series', () => {
    const planes = play(calm(20))
    expect(planes.state('dns')).toEqual({ state: 'blind', age: null })
    expect(planes.series('qps')).toEqual([])
  })

  test('what falls silent is blind, never zero', () => {
    const planes = play(calm(60))
    planes.tick(start + minutes(59 + 5))
    expect(planes.series('in_bps')).toHaveLength(1)
    planes.tick(start + minutes(59 + 6))
    expect(planes.state('ingress')).toEqual({ state: 'blind', age: minutes(6) })
    expect(planes.series('in_bps')).toEqual([])
  })

  test('one link of two falls silent: the other one is shown, and the plane is not blind', () => {
    const both = calm(60).flatMap((one) =>
      one.at > start + minutes(40) ? [one] : [one, { ...one, labels: { link: 'b' } }],
    )
    const planes = play(both)
    expect(planes.series('in_bps').map(({ labels }) => labels['link'])).toEqual(['a'])
    expect(planes.state('ingress').state).toBe('normal')
  })

  test('a shift that nobody hears any more is no anomaly', () => {
    const planes = play([...calm(60), inbound(60, 9e9), inbound(61, 9e9)])
    expect(planes.state('ingress').state).toBe('anomalous')
    planes.tick(start + minutes(61 + 6))
    expect(planes.state('ingress').state).toBe('blind')
  })

  test('is counted sooner for resolvers and probes, later for what is asked seldom', () => {
    const every = (metric: string, plane: Sample['plane'], apart: number) =>
      Array.from({ length: 21 }, (_, i) => sample(metric, plane, start + apart * i, 0.5))
    const dns = play(every('servfail_ratio', 'dns', minutes(1)))
    dns.tick(start + minutes(20) + seconds(150))
    expect(dns.state('dns').state).toBe('normal')
    dns.tick(start + minutes(20) + seconds(160))
    expect(dns.state('dns').state).toBe('blind')
    const seldom = play(every('servfail_ratio', 'dns', minutes(5)))
    seldom.tick(start + minutes(100 + 12))
    expect(seldom.state('dns').state).toBe('normal')
    seldom.tick(start + minutes(100 + 13))
    expect(seldom.state('dns').state).toBe('blind')
  })

  test('how long is long can be set, by plane and by metric', () => {
    const settings = { staleAfter: { ingress: minutes(2) }, staleAfterMetric: { qps: minutes(9) } }
    const facts = Array.from({ length: 20 }, (_, i) => [
      inbound(i, 1e9),
      sample('qps', 'dns', start + minutes(i), 100),
    ]).flat()
    const planes = play(facts, settings)
    planes.tick(start + minutes(19 + 3))
    expect([planes.state('ingress').state, planes.state('dns').state]).toEqual(['blind', 'normal'])
    planes.tick(start + minutes(19 + 10))
    expect(planes.state('dns').state).toBe('blind')
  })

  test('an exporter that repeats itself is blind, and that is said', () => {
    const dice = new Dice('hangs')
    const fresh = calm(60, dice)
    const stuck = fresh.at(-1)?.value ?? 0
    const planes = play([...fresh, ...Array.from({ length: 12 }, (_, i) => inbound(60 + i, stuck))])
    expect(planes.state('ingress')).toEqual({ state: 'blind', age: minutes(12) })
    expect(planes.series('in_bps')).toEqual([])
    expect(planes.notes).toEqual(['in_bps (link a) has not changed for 12 min'])
  })
})

describe('the order of arrival', () => {
  const dice = new Dice('order')
  const links = ['a', 'b', 'c']
  const facts = Array.from({ length: 90 }, (_, i) =>
    links.flatMap((link): (Sample | Change)[] => [
      inbound(i, (i < 70 || link !== 'b' ? 1e9 : 4e9) * (1 + dice.normal(0, 0.05)), { link }),
      sample('lsdb_routes', 'igp', start + minutes(i) + seconds(3), 9_800 + dice.int(-9, 9), {
        router: link,
      }),
      ...(i % 30 === 0 ? [change(i, 'commit', { router: link })] : []),
    ]),
  ).flat()

  /** A tick every two minutes, so that two samples of each series lie between. */
  function shuffled(seed: string | null): unknown[] {
    const order = new Dice(seed ?? '')
    const planes = new Planes()
    const seen: unknown[] = []
    for (let i = 0; i < 45; i++) {
      const from = start + minutes(2 * i)
      const now = facts.filter(({ at }) => at >= from && at < from + minutes(2))
      for (const fact of seed === null ? now : order.shuffle(now)) planes.take(fact)
      planes.tick(from + minutes(2))
      seen.push([
        planes.state('ingress'),
        planes.series('in_bps'),
        planes.series('lsdb_routes'),
        planes.changes,
      ])
    }
    return seen
  }

  test('between two ticks does not show', () => {
    const straight = shuffled(null)
    expect(JSON.stringify(straight)).toContain('"up":true')
    for (const seed of ['x', 'y', 'z']) expect(shuffled(seed)).toEqual(straight)
  })

  test('series are in order of their labels', () => {
    const planes = new Planes()
    for (const link of ['b', 'c', 'a']) planes.take(inbound(0, 1, { link }))
    planes.tick(start)
    expect(planes.series('in_bps').map(({ labels }) => labels['link'])).toEqual(links)
  })

  test('the same labels in another order are the same series', () => {
    const planes = new Planes()
    planes.take(inbound(0, 1, { link: 'a', pop: 'x' } as never))
    planes.take(inbound(1, 2, { pop: 'x', link: 'a' } as never))
    planes.tick(start + minutes(1))
    expect(planes.series('in_bps')).toMatchObject([{ last: 2 }])
  })

  test('the same sample twice is one, and an older one is late', () => {
    const planes = play(calm(5))
    planes.take(calm(5)[4] as Sample)
    planes.take(inbound(2, 7e9))
    planes.tick(start + minutes(5))
    expect(planes.series('in_bps')[0]?.lastAt).toBe(start + minutes(4))
    expect(planes.late).toBe(1)
    expect(planes.dropped).toBe(0)
  })
})

describe('a clock that is off', () => {
  const dice = new Dice('skew')
  /** Heard every minute from a router whose clock is `off`; it surges after an hour. */
  function heard(off: number): Planes {
    const planes = new Planes()
    for (let second = 0; second <= 62 * 60; second += 10) {
      const now = start + seconds(second)
      if (second % 60 === 0) {
        const value = (second < 3_600 ? 1e9 : 4e9) * (1 + dice.normal(0, 0.05))
        planes.take(sample('in_bps', 'ingress', now + off, value))
      }
      planes.tick(now)
    }
    return planes
  }

  test.each([-4, 4])('by %i minutes widens the onset by so much, and is said', (off) => {
    const planes = heard(minutes(off))
    const [view] = planes.series('in_bps')
    const { at = 0, within = 0 } = view?.shift?.onset ?? {}
    expect(Math.abs(at - (start + minutes(60)))).toBeLessThanOrEqual(within)
    expect(within).toBeGreaterThanOrEqual(minutes(3.8))
    expect(planes.notes).toEqual([
      expect.stringMatching(/^the clock of in_bps \(link a\) is off by (4 min|3 min 50 s)$/),
    ])
    // It is heard now, whatever it says of the time.
    expect(planes.state('ingress').age).toBeLessThanOrEqual(seconds(20))
  })

  test.each([-15, -60])('by %i seconds is not: it may have been on its way', (off) => {
    const planes = heard(seconds(off))
    expect(planes.series('in_bps')[0]?.shift?.onset.within).toBe(seconds(15 + 30))
    expect(planes.notes).toEqual([])
  })

  test('by an hour is no clock but old news, and not taken', () => {
    const planes = play(calm(70))
    planes.take(inbound(5, 9e9, { link: 'b' }))
    planes.take(inbound(500, 9e9))
    planes.tick(start + minutes(71))
    expect(planes.series('in_bps')).toHaveLength(1)
    expect(planes.late).toBe(2)
  })
})

describe('an incident', () => {
  test('while it is open nothing is learned, and what was learned since is taken back', () => {
    const planes = play(calm(60))
    // Too slight for a shift of its own.
    for (let i = 60; i < 75; i++) {
      planes.take(inbound(i, 1.15e9))
      planes.tick(start + minutes(i))
    }
    planes.freeze(true, start + minutes(60))
    for (let i = 75; i < 150; i++) {
      planes.take(inbound(i, 1.15e9 + i))
      planes.tick(start + minutes(i))
    }
    expect(planes.series('in_bps')[0]?.usual).toBeLessThan(1.03e9)
    planes.freeze(false)
    for (let i = 150; i < 230; i++) {
      planes.take(inbound(i, 1.15e9 + i))
      planes.tick(start + minutes(i))
    }
    expect(planes.series('in_bps')[0]?.usual).toBeGreaterThan(1.13e9)
  })

  test('that lasts for longer than a week is how it is now', () => {
    const planes = play(calm(60))
    planes.freeze(true)
    const hour = (i: number) => {
      for (const quarter of [0, 15, 30, 45]) {
        planes.take(inbound(60 + i * 60 + quarter, 5e9 + quarter * 1e6))
        planes.tick(start + minutes(60 + i * 60 + quarter))
      }
      return planes.series('in_bps')[0]
    }
    for (let i = 0; i < 7 * 24 - 1; i++) hour(i)
    expect(hour(7 * 24 - 1)?.usual).toBeLessThan(1.05e9)
    let last = hour(7 * 24)
    for (let i = 1; i < 6; i++) last = hour(7 * 24 + i)
    expect(last?.usual).toBeGreaterThan(4.9e9)
    expect(last?.shift).toBeNull()
  })
})

describe('what people do', () => {
  test('is kept for a day, oldest first', () => {
    const planes = new Planes()
    planes.take(change(60, 'commit', { router: 'r2' }))
    planes.take(change(0, 'window-start', { id: 'CHG-1' }))
    planes.tick(start + minutes(60))
    expect(planes.changes.map(({ event }) => event)).toEqual(['window-start', 'commit'])
    expect(planes.state('change')).toEqual({ state: 'normal', age: 0 })
    planes.tick(start + minutes(24 * 60 + 1))
    expect(planes.changes.map(({ event }) => event)).toEqual(['commit'])
    planes.tick(start + minutes(26 * 60))
    expect(planes.changes).toEqual([])
    expect(planes.state('change')).toEqual({ state: 'blind', age: null })
  })
})

describe('limits', () => {
  test('of series, of what waits and of changes; what is beyond is counted', () => {
    const planes = new Planes({ mostSeries: 2, mostWaiting: 6, mostChanges: 2 })
    for (const link of ['a', 'b', 'c']) planes.take(inbound(0, 1, { link }))
    for (let i = 0; i < 4; i++) planes.take(change(i, 'commit', {}))
    planes.tick(start + minutes(5))
    expect(planes.series('in_bps')).toHaveLength(2)
    expect(planes.changes.map(({ at }) => at - start)).toEqual([minutes(1), minutes(2)])
    // A fourth change had to wait, a third series and the oldest change found no room.
    expect(planes.dropped).toBe(3)
  })

  test('what is no number is dropped', () => {
    const planes = new Planes()
    planes.take(inbound(0, Number.NaN))
    planes.take(inbound(0, Number.POSITIVE_INFINITY))
    planes.tick(start)
    expect([planes.series('in_bps'), planes.dropped]).toEqual([[], 2])
  })

  test('what has been silent for a week makes room', () => {
    const planes = new Planes({ mostSeries: 1 })
    planes.take(inbound(0, 1, { link: 'old' }))
    planes.tick(start)
    const later = 8 * 24 * 60
    planes.tick(start + minutes(later - 1))
    planes.take(inbound(later, 1, { link: 'new' }))
    planes.tick(start + minutes(later))
    expect(planes.series('in_bps').map(({ labels }) => labels['link'])).toEqual(['new'])
    expect(planes.dropped).toBe(0)
  })
})

function change(minute: number, event: Change['event'], labels: Change['labels']): Change {
  const at = start + minutes(minute)
  return { kind: 'change', at, event, labels, note: '', uncertainty: seconds(1) }
}
