import { describe, expect, test } from 'vitest'
import { churnDefaults } from '../../src/detect/churn-global.ts'
import { clock, many, only, World } from './world.ts'

const ten = 'abcdeABCDE'
const list = many(60)
const detect = { churn: { ...churnDefaults, floor: 100 } }
/** An hour and a half in which everybody says a little every two minutes. */
function world(): World {
  const w = new World({ detect }).holds(ten, list, '3356 7000')
  for (let minute = 1; minute < 90; minute += 2)
    w.at(`0${Math.floor(minute / 60)}:${String(minute % 60).padStart(2, '0')}:00`).announce(
      ten,
      list.slice(0, 2),
      minute % 4 === 1 ? '1299 3356 7000' : '3356 7000',
    )
  return w
}
/** Every ten seconds for ten minutes everything by another path. */
function storm(w: World, who: string): World {
  for (let i = 0; i < 60; i++) {
    const minute = 40 + Math.floor(i / 6)
    w.at(`00:${minute}:${String((i % 6) * 10).padStart(2, '0')}`)
    w.announce(who, list, i % 2 === 0 ? '1299 3356 7000' : '3356 7000')
  }
  return w
}
const churn = (w: World) => w.play('02:00:00').filter(({ kind }) => kind === 'churn.global')

test('most vantage points say far more than ordinarily: told once, and over when they are calm', () => {
  const told = churn(storm(world(), 'abcdeAB'))
  const one = only(told, 'churn.global')
  expect(one).toMatchObject({ key: 'churn:0', asn: 0, state: 'resolved' })
  expect([one.startedAt, one.detectedAt, one.endedAt].map(clock)).toEqual([
    '00:40:00',
    '00:50:00',
    '00:50:00',
  ])
  expect(one.counts).toMatchObject({ peerAsns: 7, collectors: 2, share: 0.7 })
  // Forty minutes are not a day.
  expect(one.confidence.level).toBe('low')
})

describe('is none', () => {
  test('three of ten', () => expect(churn(storm(world(), 'abA'))).toEqual([]))

  test('an ordinary day', () => expect(churn(world())).toEqual([]))

  test('what there is from the beginning', () => {
    const w = new World({ detect }).holds(ten, list, '3356 7000')
    for (let minute = 0; minute < 60; minute++)
      w.at(`00:${String(minute).padStart(2, '0')}:30`).announce(
        ten,
        list,
        minute % 2 === 0 ? '1299 3356 7000' : '3356 7000',
      )
    expect(churn(w)).toEqual([])
  })

  test('tables that are told anew', () => {
    const w = world().at('00:41:00').down('abcdeAB').at('00:41:30').up('abcdeAB')
    for (let i = 0; i < 6; i++) w.at(`00:42:${i}0`).announce('abcdeAB', list, '3356 7000')
    expect(churn(w)).toEqual([])
  })
})
