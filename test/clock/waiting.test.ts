import { expect, test } from 'vitest'
import { compareFacts, Waiting } from '../../src/clock/waiting.ts'
import type { Fact } from '../../src/core/fact.ts'
import { Dice } from '../../src/scenario/dice.ts'

const gap = (at: number, feed: string): Fact => ({
  kind: 'gap',
  at,
  feed,
  source: 0,
  collector: null,
  why: '',
})
const sample = (at: number, metric: string, value: number): Fact => ({
  kind: 'sample',
  at,
  plane: 'ingress',
  metric,
  value,
  labels: { link: 'a' },
  uncertainty: 0,
})
const change = (at: number, note: string): Fact => ({
  kind: 'change',
  at,
  event: 'commit',
  labels: {},
  note,
  uncertainty: 0,
})

test('of one instant gaps come first as they came, then changes, then samples by content', () => {
  const waiting = new Waiting()
  const given = [
    sample(1, 'out_bps', 1),
    gap(1, 'b'),
    sample(1, 'in_bps', 2),
    change(1, 'z'),
    sample(1, 'in_bps', 1),
    gap(1, 'a'),
    change(1, 'a'),
    gap(0, 'c'),
  ]
  for (const fact of given) waiting.add(fact)
  const out: Fact[] = []
  for (let fact = waiting.shift(); fact; fact = waiting.shift()) out.push(fact)
  expect(out).toEqual([7, 1, 5, 6, 3, 4, 2, 0].map((i) => given[i]))
})

test('the next one is always the oldest, however they come and go', () => {
  const dice = new Dice('waiting')
  const waiting = new Waiting()
  const model: Fact[] = []
  for (let i = 0; i < 20_000; i++) {
    if (dice.chance(i < 10_000 ? 0.7 : 0.3)) {
      const fact = sample(dice.int(0, 50) + (i >> 3), dice.pick(['in_bps', 'in_pps']), i)
      waiting.add(fact)
      model.push(fact)
      model.sort(compareFacts)
    } else expect(waiting.shift()).toBe(model.shift())
    expect(waiting.size).toBe(model.length)
    expect(waiting.first()).toBe(model[0])
  }
})
