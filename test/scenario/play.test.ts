import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { minutes, seconds } from '../../src/core/time.ts'
import { archive } from '../../src/scenario/archive.ts'
import { builtIn } from '../../src/scenario/built-in.ts'
import { type EventKind, eventKinds } from '../../src/scenario/event.ts'
import type { HeardEvent } from '../../src/scenario/hearing.ts'
import { type Play, playScript } from '../../src/scenario/play.ts'
import { type Script, scriptDefaults } from '../../src/scenario/script.ts'
import type { DayMessage } from '../../src/scenario/sessions.ts'
import { hasValley } from './valley.ts'

type Update = Extract<DayMessage, { kind: 'update' }>
const updates = ({ messages }: Play) => messages.filter((m): m is Update => m.kind === 'update')
const small: Script = { ...scriptDefaults, ases: 200, prefixes: 2_000, vantages: 16 }
const only = (kind: EventKind, more: Partial<Script> = {}): Play =>
  playScript({ ...small, rate: 0.1, events: [{ kind, count: 2 }], ...more })
const first = (play: Play): HeardEvent => {
  const [event] = play.events
  if (!event) throw new Error(`nothing happened: ${play.leftOut}`)
  return event
}

const began = performance.now()
const suite = playScript(builtIn['suite']?.script ?? small)
console.info(
  `suite: ${suite.events.length} events, ${suite.messages.length} messages in ` +
    `${(performance.now() - began).toFixed(0)} ms; left out: ${suite.leftOut.join(' ') || 'none'}`,
)

test('same script, same octets; another seed, other octets', () => {
  const hash = (seed: string) => {
    const made = only('outage', { seed, hours: 1.5 })
    const h = createHash('sha256').update(JSON.stringify(made.events))
    for (const { path, octets } of archive(made)) h.update(path).update(octets)
    return h.digest('hex')
  }
  const once = hash('repeat')
  expect(hash('repeat')).toBe(once)
  expect(hash('other')).not.toBe(once)
})

test('every kind of event is played, and nearly all of the serious ones could be told', () => {
  const kinds = new Set(suite.events.map((e) => e.event))
  expect(Object.keys(eventKinds).filter((kind) => !kinds.has(kind as EventKind))).toEqual([])
  expect(suite.leftOut.length).toBeLessThanOrEqual(3)
  expect(suite.events.filter((e) => e.expectation === 'found').length).toBeGreaterThan(35)
  for (const { expectation, visible, start, end, half, prefixes } of suite.events) {
    if (expectation !== 'found') continue
    expect(visible.peers).toBeGreaterThanOrEqual(3)
    expect(visible.collectors).toBeGreaterThanOrEqual(2)
    expect(prefixes.length).toBeGreaterThan(0)
    expect(half).toBeGreaterThanOrEqual(start)
    expect(end).toBeGreaterThan(half ?? 0)
  }
})

test('half of the carriers are gone as soon as was measured: after 37 to 55 s in the median', () => {
  const halves = suite.events
    .filter((e) => ['outage', 'maintenance', 'outage-covered', 'burst', 'zombie'].includes(e.event))
    .map((e) => ((e.half ?? 0) - e.start) / 1e6)
    .sort((a, b) => a - b)
  const median = halves[halves.length >> 1] ?? 0
  console.info(`half of the carriers gone after ${halves.map((s) => s.toFixed(0)).join(', ')} s`)
  expect(halves.length).toBeGreaterThan(8)
  expect(median).toBeGreaterThan(25)
  expect(median).toBeLessThan(70)
})

test('only leaks make valleys, and only while they last', () => {
  const leaks = suite.events.filter((e) => /^leak-[1-4]$/.test(e.event))
  const forged = suite.events.filter((e) => e.event === 'hijack-forged')
  let valleys = 0
  for (const m of updates(suite)) {
    if (forged.some((e) => m.path.at(-2) === e.culprit && m.path.at(-1) === e.asn)) continue
    if (!hasValley(suite.internet, m.path)) continue
    valleys++
    const why = leaks.find(
      (e) => m.path.includes(e.asn) && m.at >= e.start && (e.end === null || m.at <= e.end),
    )
    expect([m.path.join(' '), why !== undefined]).toEqual([m.path.join(' '), true])
  }
  expect(valleys).toBeGreaterThan(100)
})

describe('a kind of event', () => {
  test('hijack-exact: another origin while it lasts, and at no other time', () => {
    const play = only('hijack-exact')
    const { culprit, start, end, prefixes, asn } = first(play)
    const taken = updates(play).filter(
      (m) => m.path.at(-1) === culprit && m.announce.some((p) => prefixes.includes(p)),
    )
    expect(asn).not.toBe(culprit)
    expect(taken.length).toBeGreaterThan(0)
    for (const { at } of taken) expect(at >= start && at <= (end ?? 0)).toBe(true)
    expect(taken[0]?.at).toBe(start)
  })

  test('hijack-specific: a prefix nobody had is announced, and withdrawn everywhere', () => {
    const play = only('hijack-specific')
    const { prefixes, start, end } = first(play)
    const held = new Set<string>()
    for (const m of updates(play))
      for (const p of prefixes) {
        if (m.announce.includes(p)) held.add(`${m.session.address} ${p}`)
        if (m.withdraw.includes(p)) held.delete(`${m.session.address} ${p}`)
        if (m.announce.includes(p)) expect(m.at >= start && m.at <= (end ?? 0)).toBe(true)
      }
    expect(held.size).toBe(0)
  })

  test('outage-slow: spread over minutes; outage: over in one or two', () => {
    const slow = first(only('outage-slow'))
    expect((slow.half ?? 0) - slow.start).toBeGreaterThan(minutes(4))
    expect(slow.tolerance).toBeGreaterThan(minutes(10))
    const fast = first(only('outage'))
    expect((fast.half ?? 0) - fast.start).toBeLessThan(minutes(2))
  })

  test('outage-covered: the cover is never touched', () => {
    const play = only('outage-covered', { ases: 300, prefixes: 4_000 })
    const { prefixes, asn, expects } = first(play)
    expect(expects).toEqual(['withdrawal.mass'])
    expect(prefixes.length).toBeGreaterThanOrEqual(8)
    expect(prefixes.some((p) => p.endsWith('/16'))).toBe(false)
    const node = play.internet.asns.indexOf(asn)
    const own = play.internet.atoms.filter((a) => a.origin === node).flatMap((a) => a.prefixes)
    expect(own.some((p) => p.endsWith('/16'))).toBe(true)
  })

  test('zombie: some sessions are never told that it is gone', () => {
    const play = only('zombie', { events: [{ kind: 'zombie', count: 1 }] })
    const { prefixes, start, end } = first(play)
    const [one = ''] = prefixes.filter((p) => !p.includes(':'))
    const told = updates(play).filter(
      (m) => m.withdraw.includes(one) && m.at >= start && m.at < (end ?? 0),
    )
    const of = play.internet.sessions.filter((s) => s.afi === 4).length
    expect(new Set(told.map((m) => m.session.address)).size).toBeLessThan(of)
  })

  test('sessions that fall: RIS says so, RouteViews does not; both send their table again', () => {
    for (const [kind, states] of [
      ['session-reset', true],
      ['silent-reset', false],
      ['collector-outage', true],
    ] as const) {
      const collector = states ? 'rrc00' : 'route-views2'
      const play = only(kind, { rate: 0, events: [{ kind, count: 1, collector }] })
      const { start, end } = first(play)
      expect(play.messages.some((m) => m.kind === 'state')).toBe(states)
      expect(
        play.messages.every((m) => m.session.collector === collector || m.kind !== 'update'),
      ).toBe(true)
      const table = updates(play).filter((m) => m.at >= (end ?? 0))
      expect(table.length).toBeGreaterThan(100)
      const silent = play.messages.filter(
        (m) => m.at > start + seconds(60) && m.at < (end ?? 0) && m.session.collector === collector,
      )
      if (kind === 'collector-outage') expect(silent).toEqual([])
    }
  })

  test('new-peering: the link is not there before', () => {
    const play = only('new-upstream', { events: [{ kind: 'new-upstream', count: 4 }] })
    const seen = play.events.filter((e) => e.visible.routes > 0)
    expect(seen.length).toBeGreaterThan(0)
    for (const { asn, culprit, start } of seen) {
      const over = updates(play).filter((m) =>
        m.path.some((x, i) => x === culprit && m.path[i + 1] === asn),
      )
      expect(over[0]?.at).toBe(start)
    }
  })
})

test('an actor that is named is the one; one that cannot do it is refused', () => {
  const wish = { kind: 'outage', count: 1, at: minutes(30), duration: minutes(20) } as const
  const play = playScript({ ...small, events: [{ ...wish, actor: 'watched' }] })
  expect(first(play).asn).toBe(4766)
  expect(first(play).start - play.start).toBeLessThan(minutes(31))
  const cannot = () => playScript({ ...small, events: [{ ...wish, actor: 64_500 }] })
  expect(cannot).toThrow('not in this Internet')
})
