// Samples and changes in the line: their own time, their own order, and what is foreseen.

import { describe, expect, test } from 'vitest'
import { Order } from '../../src/clock/order.ts'
import { Batch, Message } from '../../src/core/batch.ts'
import type { Fact } from '../../src/core/fact.ts'
import type { Change, Sample } from '../../src/core/sample.ts'
import { parseInstant, seconds } from '../../src/core/time.ts'
import { VantagePoints } from '../../src/core/vantage.ts'
import { Dice } from '../../src/scenario/dice.ts'

/** Exactly on a tick. */
const T0 = parseInstant('2021-10-25T02:00:00Z') as number

const sample = (at: number, link: string, value = 1): Sample => ({
  kind: 'sample',
  at: T0 + seconds(at),
  plane: 'ingress',
  metric: 'in_bps',
  value,
  labels: { link },
  uncertainty: seconds(90),
})
const window = (at: number, event: 'window-start' | 'window-end'): Change => ({
  kind: 'change',
  at: T0 + seconds(at),
  event,
  labels: { id: 'w' },
  note: '',
  uncertainty: 0,
})

/** What leaves, each with its own time and with that of the line. */
function line() {
  const out: string[] = []
  const vantages = new VantagePoints()
  vantages.intern(vantages.collector('rrc00'), 0x0a000001, 0, 0, 0, 64_500, 4)
  const since = (at: number) => (at - T0) / 1e6
  const sink = {
    message: (batch: Batch, m: number) => out.push(`message ${since(batch.at[m] as number)}`),
    fact: (fact: Fact) => {
      const what = fact.kind === 'sample' ? `${fact.labels['link']}=${fact.value}` : fact.kind
      const name = fact.kind === 'change' ? fact.event : what
      const now = fact.at === order.now ? '' : ` at ${since(order.now)}`
      out.push(`${name} ${since(fact.at)}${now}`)
    },
  }
  const order: Order = new Order(vantages, sink, () => undefined, { patience: seconds(5) })
  const say = (stream: number, ...at: number[]) => {
    const batch = new Batch(64, 1, 1)
    for (const t of at) {
      batch.open(Message.alive, T0 + seconds(t), 0, 0)
      batch.close()
    }
    order.push(stream, batch)
    order.release()
  }
  return { order, out, say }
}

describe('samples', () => {
  test('leave in their turn, before a message of the same instant', () => {
    const { order, out, say } = line()
    const feed = order.stream()
    order.fact(sample(3, 'a'))
    say(feed, 1, 3, 20)
    expect(out).toEqual(['message 1', 'a=1 3', 'message 3'])
    expect(order.waiting).toBe(0)
  })

  test('that are late leave at once and keep their own time, and the line does not go back', () => {
    const { order, out, say } = line()
    const feed = order.stream()
    say(feed, 8, 26)
    out.length = 0
    order.fact(sample(2, 'b'))
    order.fact(sample(1, 'a'))
    order.fact(sample(30, 'c'))
    const reached = order.now
    order.release()
    expect(out).toEqual(['a=1 1 at 8', 'b=1 2 at 8'])
    expect([order.now, order.lateSamples, order.late]).toEqual([reached, 2, 0])
    order.flush()
    expect(out.slice(2)).toEqual(['tick 10', 'tick 20', 'message 26', 'tick 30', 'c=1 30'])
  })

  test('leave when they were heard, where that is known, and keep their own time', () => {
    const { order, out, say } = line()
    order.facts([
      { ...sample(2, 'late'), heard: T0 + seconds(8) },
      { ...sample(9, 'ahead'), heard: T0 + seconds(4) },
      sample(6, 'a'),
    ])
    say(order.stream(), 3, 5, 7, 26)
    expect(out).toEqual([
      'message 3',
      'ahead=1 9 at 4',
      'message 5',
      'a=1 6',
      'message 7',
      'late=1 2 at 8',
    ])
  })

  test('come out the same whatever the order of arrival within the patience', () => {
    const dice = new Dice('arrival')
    const facts = Array.from({ length: 400 }, () =>
      dice.chance(0.1)
        ? window(dice.int(0, 60), dice.chance(0.5) ? 'window-start' : 'window-end')
        : sample(dice.int(0, 60), dice.pick(['a', 'b', 'c', 'd']), dice.int(1, 3)),
    )
    const play = (dice: Dice) => {
      const { order, out, say } = line()
      const feed = order.stream()
      const late = new Map(facts.map((fact) => [fact, dice.float() * 5]))
      // What happened at t comes at some time until t + 5, with the messages that tell how late it is.
      const come = [...facts].sort(
        (a, b) => a.at + seconds(late.get(a) ?? 0) - b.at - seconds(late.get(b) ?? 0),
      )
      for (let t = 0; t <= 70; t++) {
        while (come[0] && come[0].at + seconds(late.get(come[0]) ?? 0) < T0 + seconds(t))
          order.fact(come.shift() as Sample)
        say(feed, t)
      }
      order.flush()
      expect(order.lateSamples).toBe(0)
      return out
    }
    const first = play(new Dice('first'))
    expect(first.filter((text) => text.includes('='))).toHaveLength(
      facts.filter(({ kind }) => kind === 'sample').length,
    )
    for (let i = 0; i < 20; i++) expect(play(new Dice(i))).toEqual(first)
  })

  test('given all at once are as those given one by one', () => {
    const dice = new Dice('bulk')
    const facts = Array.from({ length: 5_000 }, () =>
      sample(dice.int(0, 500), dice.pick(['a', 'b']), dice.int(1, 1_000)),
    )
    const one = line()
    for (const fact of facts) one.order.fact(fact)
    one.order.flush()
    const all = line()
    all.order.facts(facts.toReversed())
    all.order.flush()
    expect(all.out).toEqual(one.out)
    expect(all.out.filter((text) => text.includes('='))).toHaveLength(5_000)
  })

  test('alone make time pass', () => {
    const { order, out } = line()
    order.facts([sample(1, 'a'), sample(25, 'a')])
    order.flush()
    expect(out).toEqual(['a=1 1', 'tick 10', 'tick 20', 'a=1 25'])
    expect(order.first).toBe(T0 + seconds(1))
  })
})

describe('what is foreseen', () => {
  test('comes at its time, between ticks and messages, and moves nothing on', () => {
    const { order, out, say } = line()
    const feed = order.stream()
    order.foresee([window(4_000, 'window-end'), window(15, 'window-start')])
    say(feed, 5)
    say(feed, 22, 40)
    order.flush()
    expect(out).toEqual([
      'message 5',
      'tick 10',
      'window-start 15',
      'tick 20',
      'message 22',
      'tick 30',
      'tick 40',
      'message 40',
    ])
    expect(order.now).toBe(T0 + seconds(40))
  })

  test('that lies before the beginning is told with it', () => {
    const { order, out, say } = line()
    order.foresee([window(-4_000, 'window-start')])
    expect(out).toEqual([])
    say(order.stream(), 5, 20)
    expect(out).toEqual(['window-start -4000', 'message 5'])
  })

  test('comes in silence too', () => {
    const { order, out, say } = line()
    const feed = order.stream()
    say(feed, 5, 12)
    order.foresee([window(15, 'window-start')])
    order.advance(T0 + seconds(21))
    expect(out).toEqual(['message 5', 'tick 10', 'message 12', 'window-start 15', 'tick 20'])
  })
})
