import { describe, expect, test } from 'vitest'
import { clock, lines, many, only, World } from './world.ts'

const ten = 'abcdeABCDE'
const list = many(8)
const world = () => new World({ watch: [7000] }).holds(ten, list, '174 3356 7000')
const time = (second: number) => new Date(second * 1_000).toISOString().slice(11, 19)

/** All of `prefixes` by another path, at all, every ten seconds of ten minutes. */
function unrest(w: World, prefixes: readonly string[], apart: number): World {
  for (let s = 2_400; s < 3_000; s += apart)
    w.at(time(s)).announce(
      ten,
      prefixes,
      s % (2 * apart) === 0 ? '174 6453 3356 7000' : '174 3356 7000',
    )
  return w.at('00:50:30').announce(ten, list, '174 3356 7000')
}

describe('its paths change far more than ordinarily', () => {
  test('all over its prefixes: churn, and no outage', () => {
    const told = unrest(world(), list, 10).play('01:30:00')
    expect(new Set(told.map(({ kind }) => kind))).toEqual(new Set(['churn.as']))
    const one = only(told, 'churn.as')
    expect(one).toMatchObject({ key: 'churn:7000:ipv4', severity: 'minor', state: 'resolved' })
    expect([one.startedAt, one.detectedAt].map(clock)).toEqual(['00:40:00', '00:50:00'])
    expect(one.counts).toMatchObject({ prefixes: 8, ofPrefixes: 8 })
  })

  test('of two of its eight prefixes: nothing', () => {
    expect(lines(unrest(world(), list.slice(0, 2), 10).play('01:30:00'))).toEqual([])
  })

  test('the same path again and again is no change', () => {
    const w = world()
    for (let s = 2_400; s < 3_000; s += 10) w.at(time(s)).announce(ten, list, '174 3356 7000')
    expect(w.play('01:30:00')).toEqual([])
  })
})

describe('a rolling flap', () => {
  /** One prefix after the other is lost for forty seconds, again and again. */
  const rolling = (cycles: number) => {
    const w = world()
    for (let i = 0; i < cycles * 8; i++) {
      const one = list[i % 8] ?? ''
      w.at(time(2_400 + i * 40)).withdraw(ten, one)
      w.at(time(2_440 + i * 40)).announce(ten, one, '174 3356 7000')
    }
    return w.play('02:30:00')
  }

  test('is no outage', () => {
    const told = rolling(7)
    expect(told.filter(({ kind }) => kind.startsWith('outage'))).toEqual([])
    const one = only(told, 'churn.prefix')
    expect(one).toMatchObject({ key: 'flap:7000:ipv4', state: 'resolved', severity: 'minor' })
    expect(one.counts.prefixes).toBe(8)
    expect(clock(one.startedAt)).toBe('00:40:00')
  })

  test('four times is none', () => {
    expect(rolling(4).filter(({ kind }) => kind === 'churn.prefix')).toEqual([])
  })
})
