import { expect, it } from 'vitest'
import type { Signal } from '../../src/core/incident.ts'
import type { OwnRouter, RouterSession } from '../../src/core/routers.ts'
import { seconds } from '../../src/core/time.ts'
import { RouterBursts } from '../../src/detect/router-burst.ts'

const T = seconds(1_700_000_000)
type Changing<T> = { -readonly [K in keyof T]: T[K] }

/** A router with sessions, ticked every ten seconds. */
function stage(watched: readonly number[] = [64500]) {
  const sessions: Changing<RouterSession>[] = []
  const router = {
    name: 'r1',
    asn: 64500,
    sees: true,
    resyncs: 0,
    sessions,
    get routes() {
      return sessions.reduce((sum, { routes }) => sum + routes, 0)
    },
  } satisfies Changing<OwnRouter> as Changing<OwnRouter>
  const bursts = new RouterBursts({ routers: () => [router], routesOf: () => [] }, watched)
  let at = T
  const add = (peer: string, routes: number) => {
    const made: Changing<RouterSession> = {
      peer,
      asn: 64501 + sessions.length,
      isLocRib: false,
      up: true,
      routes,
      lost: 0,
      losingSince: null,
      regainedAt: null,
    }
    sessions.push(made)
    return made
  }
  const ticks = (n: number): Signal[] => {
    const out: Signal[] = []
    for (let i = 0; i < n; i++) {
      at += seconds(10)
      out.push(...bursts.tick(at))
    }
    return out
  }
  const lose = (session: Changing<RouterSession>, n: number) => {
    session.losingSince ??= at
    session.routes -= n
    session.lost += n
  }
  const regain = (session: Changing<RouterSession>, n: number) => {
    session.routes += n
    session.regainedAt = at
  }
  return { router, add, ticks, lose, regain, now: () => at }
}

it('a router that loses twenty thousand routes at once is one incident, and names who took them', () => {
  const { add, ticks, lose, regain, now } = stage()
  const [a] = [add('192.0.2.1', 20_000), add('192.0.2.2', 500)]
  expect(ticks(10)).toEqual([])
  const began = now()
  lose(a, 12_000)
  ticks(1)
  lose(a, 8_000)
  const told = ticks(6)
  expect(new Set(told.map(({ key }) => key))).toEqual(new Set(['burst:router:r1']))
  expect(told[0]).toMatchObject({
    kind: 'withdrawal.burst',
    phase: 'open',
    asn: 64500,
    culprit: 64501,
    severity: 'major',
    startedAt: began,
    now: { prefixes: 20_000, ofPrefixes: 20_500 },
  })
  expect(told[0]?.tags.map(({ because }) => because)).toEqual([
    'router r1 lost 20,000 of 20,500 routes within a minute',
    'they came from AS64501 at 192.0.2.1: it withdrew them, and its session is up',
  ])
  regain(a, 20_000)
  const back = now()
  const over = ticks(20)
  expect(over.at(-1)).toMatchObject({ phase: 'resolved', endedAt: back, now: { prefixes: 0 } })
  expect(ticks(20)).toEqual([])
})

it.each([
  ['a few routes of a small table', 100, 15],
  ['less than half of a small one', 900, 300],
  ['a thousandth of a whole one', 1_000_000, 1_500],
])('%s are nothing', (_, held, lost) => {
  const { add, ticks, lose } = stage()
  const a = add('192.0.2.1', held)
  ticks(10)
  lose(a, lost)
  expect(ticks(20)).toEqual([])
})

it('what goes little by little is no burst', () => {
  const { add, ticks, lose } = stage()
  const a = add('192.0.2.1', 100_000)
  ticks(10)
  for (let i = 0; i < 100; i++) {
    lose(a, 200)
    expect(ticks(1)).toEqual([])
  }
})

it('a session that is reset and back within seconds is none', () => {
  const { add, ticks, lose, regain } = stage()
  const a = add('192.0.2.1', 20_000)
  ticks(10)
  lose(a, 20_000)
  ticks(1)
  regain(a, 20_000)
  expect(ticks(20)).toEqual([])
})

it('what changed while the router was not heard is no burst', () => {
  const { router, add, ticks } = stage()
  const a = add('192.0.2.1', 20_000)
  ticks(10)
  router.sees = false
  expect(ticks(5)).toEqual([])
  a.routes = 100
  router.sees = true
  router.resyncs++
  expect(ticks(20)).toEqual([])
})

it('a burst goes on through a time in which the router is not heard', () => {
  const { router, add, ticks, lose, regain } = stage()
  const a = add('192.0.2.1', 20_000)
  ticks(10)
  lose(a, 20_000)
  expect(ticks(5).map(({ phase }) => phase)).toEqual(['open'])
  router.sees = false
  expect(ticks(60)).toEqual([])
  router.sees = true
  router.resyncs++
  expect(ticks(5)).toEqual([])
  regain(a, 20_000)
  expect(ticks(30).at(-1)?.phase).toBe('resolved')
})

it('a router of nobody who is watched is told of the first who is', () => {
  const { router, add, ticks, lose } = stage([64999, 65000])
  router.asn = 64500
  const a = add('192.0.2.1', 20_000)
  ticks(10)
  lose(a, 20_000)
  expect(ticks(5)[0]?.asn).toBe(64999)
})

it('what does not come back for a day is how it is now', () => {
  const { add, ticks, lose } = stage()
  const a = add('192.0.2.1', 20_000)
  ticks(10)
  lose(a, 20_000)
  expect(ticks(5)).toHaveLength(1)
  const told = ticks(24 * 360)
  expect(told.map(({ phase }) => phase)).toEqual(['resolved'])
})
