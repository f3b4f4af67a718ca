import { expect, test } from 'vitest'
import { Stage } from './stage.ts'

const DAY = 86_400
/** Begins a whole cycle of looks, and one in which nothing is forgotten. */
const T = 1_000 * DAY + 1_200

test('a vantage point has its turn by what it is, not by when it was met', () => {
  const names = Array.from(
    { length: 40 },
    (_, i) => [101 + i, i % 2 ? 'rrc00' : 'rrc01', i] as const,
  )
  const slots = (order: (typeof names)[number][]) => {
    const stage = new Stage({ baseline: 'learned-live' })
    stage.table.start()
    for (const [asn, collector, number] of order)
      stage.announce(T, stage.peer(asn, collector, number), '10.0.0.0/8', `${asn} 900`)
    stage.tick(T)
    return new Map(stage.table.peers.list.map(({ id, slot }) => [stage.vantages.get(id).asn, slot]))
  }
  const there = slots([...names])
  const back = slots([...names].reverse())
  expect(there.size).toBe(40)
  for (const [asn, slot] of there) expect(back.get(asn)).toBe(slot)
  for (const slot of there.values()) expect(slot >= 0 && slot < 60).toBe(true)
  // The load is spread.
  expect(new Set(there.values()).size).toBeGreaterThan(20)
})

test('a route becomes ordinary when it was there at two looks', () => {
  const stage = new Stage({ baseline: 'learned-live' })
  const [v] = stage.peers(1) as [number]
  stage.table.start()
  stage.announce(T, v, '10.0.0.0/8', '101 900').ticks(T, T + 590)
  expect(stage.standing('10.0.0.0/8')).toBe('1/0 new')
  stage.hear()
  stage.ticks(T + 600, T + 1_190)
  expect(stage.standing('10.0.0.0/8')).toBe('1/1 up')
  expect(stage.hear()).toEqual(['10.0.0.0/8 new > up', 'learn 101 900'])
})

test('one that was away in between has to wait anew', () => {
  const stage = new Stage({ baseline: 'learned-live' })
  const [v] = stage.peers(1) as [number]
  stage.table.start()
  stage.announce(T, v, '10.0.0.0/8', '101 900').ticks(T, T + 590)
  stage.withdraw(T + 595, v, '10.0.0.0/8').announce(T + 596, v, '10.0.0.0/8', '101 900')
  stage.ticks(T + 600, T + 1_190)
  expect(stage.standing('10.0.0.0/8')).toBe('1/0 new')
  stage.ticks(T + 1_200, T + 1_790)
  expect(stage.standing('10.0.0.0/8')).toBe('1/1 up')
})

test('another path in between is no interruption; a leaked one never becomes ordinary', () => {
  const stage = new Stage({ baseline: 'learned-live' })
  const [v, w] = stage.peers(2) as [number, number]
  const { table } = stage
  table.start()
  stage.announce(T, v, '10.0.0.0/8', '101 900').announce(T, w, '10.0.0.0/8', '102 666 900')
  table.leaked(table.rib.word(w, 0), true)
  stage
    .ticks(T, T + 590)
    .announce(T + 595, v, '10.0.0.0/8', '101 5 900')
    .ticks(T + 600, T + 3_000)
  expect(stage.standing('10.0.0.0/8')).toBe('2/1 up')
})

function carriedBy(others: number): Stage {
  const stage = new Stage()
  const peers = stage.peers(4)
  for (const v of peers) {
    stage.load(v, '10.0.0.0/8', `${101 + v} 900`)
    for (let i = 0; i < 9; i++) stage.load(v, `20.${i}.0.0/16`, `${101 + v} 900`)
  }
  stage.table.start()
  for (const v of peers.slice(others)) stage.withdraw(T, v, '10.0.0.0/8')
  return stage
}

test('what is missing for a day while others carry it is forgotten', () => {
  const stage = carriedBy(3)
  const day = Math.ceil(T / DAY) * DAY
  stage.ticks(day, day + 590).ticks(day + 600, day + 7_200)
  expect(stage.standing('10.0.0.0/8')).toBe('3/4 up')
  stage.ticks(day + DAY, day + DAY + 590)
  expect(stage.standing('10.0.0.0/8')).toBe('3/3 up')
})

test('what everybody lost is not forgotten for a week', () => {
  const stage = carriedBy(0)
  const day = Math.ceil(T / DAY) * DAY
  for (let d = 0; d < 7; d++) stage.ticks(day + d * DAY, day + d * DAY + 590)
  expect(stage.standing('10.0.0.0/8')).toBe('0/4 down')
  for (let d = 7; d < 9; d++) stage.ticks(day + d * DAY, day + d * DAY + 590)
  expect(stage.standing('10.0.0.0/8')).toBe('0/0 new')
})
