import { describe, expect, test } from 'vitest'
import type { Seed } from '../../src/core/seed.ts'
import { journalSource, plant, plantPeer } from '../../src/table/snapshot.ts'
import { Stage } from './stage.ts'

const P = '10.0.0.0/16'

/** Another table, planted from the rows of the first. */
function again(stage: Stage, first: boolean): Stage {
  const other = new Stage()
  other.peers(2)
  const source = journalSource(stage.table)
  for (const row of source.rows(first)) expect(plant(other.table, asRead(row))).toBe(true)
  if (!first) for (const peer of source.peers()) plantPeer(other.table, peer)
  other.table.start()
  return other
}

/** As it stands in the file. */
const asRead = (row: Seed): Seed => JSON.parse(JSON.stringify(row))

describe.each([true, false])('a snapshot (at the start: %s)', (first) => {
  test('has every route of a session with identifiers', () => {
    const stage = new Stage()
    for (const v of stage.peers(2)) stage.load(v, P, `${101 + v} 5 900`, 7)
    stage.load(0, P, '101 6 900', -3).load(0, '20.0.0.0/8', '101 900', 4)
    if (!first) stage.table.start()
    const other = again(stage, first)
    if (first) stage.table.start()
    for (const one of [stage, other]) {
      const path = () => one.table.pathText(one.table.rib.word(0, one.id(P)) & 0xfffffff)
      expect([one.standing(P), path()]).toEqual(['2/2 up', '101 5 900'])
      one.withdraw(1, 0, P, 7)
      expect([one.standing(P), path()]).toEqual(['2/2 up', '101 6 900'])
      one.withdraw(2, 0, P, -3).announce(3, 0, '20.0.0.0/8', '101 7 900', 5)
      expect(one.standing(P)).toBe('1/2 degraded')
      one.withdraw(4, 0, '20.0.0.0/8', 5)
      expect(one.standing('20.0.0.0/8')).toBe('1/1 up')
    }
  })
})

test('a route that is not ordinary yet is none in a snapshot either', () => {
  const stage = new Stage()
  for (const v of stage.peers(2)) stage.load(v, P, `${101 + v} 900`)
  stage.table.start()
  stage.announce(1, 0, '20.0.0.0/8', '101 900')
  expect([stage.standing('20.0.0.0/8'), again(stage, false).standing('20.0.0.0/8')]).toEqual([
    '1/0 new',
    '1/0 new',
  ])
})

test('rows that nobody wrote are refused', () => {
  const { table } = new Stage()
  const row = { vantage: 0, path: '1 2', known: true, prefixes: [P] }
  expect(plant(table, { ...row, id: 'x' as never })).toBe(false)
  expect(plant(table, { ...row, id: 0.5 })).toBe(false)
})
