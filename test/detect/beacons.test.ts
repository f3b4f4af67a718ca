import { expect, test } from 'vitest'
import { specialDefaults } from '../../src/context/special.ts'
import { lines, World } from './world.ts'

const all = 'abcdeABCDE'
const beacons = ['84.205.64.0/24', '84.205.65.0/24', '84.205.66.0/24', '93.175.153.0/24']
const story = () =>
  new World({ watch: [12654] })
    .holds(all, beacons, '3356 12654')
    .at('00:10:00')
    .withdraw(all, beacons)
    .at('00:20:00')
    .announce(all, beacons, '3356 12654')

test('that beacons go is no outage', () => {
  expect(lines(story().play('00:40:00'))).toEqual([])
})

test('unless the configuration has it otherwise', () => {
  const told = story()
    .at('00:00:00')
    .knows('special', JSON.stringify({ ...specialDefaults, beacons: [] }))
    .play('00:40:00')
  expect(told[0]).toMatchObject({ kind: 'outage.as', asn: 12654, counts: { prefixes: 4 } })
})

test('what goes with them counts without them', () => {
  const told = new World({ watch: [12654] })
    .holds(all, [...beacons, '193.0.4.0/24'], '3356 12654')
    .at('00:10:00')
    .withdraw(all, [...beacons, '193.0.4.0/24'])
    .play('00:20:00')
  expect(told.map(({ counts }) => counts.prefixes)).toContain(1)
  expect(told.every(({ counts }) => counts.prefixes === 1)).toBe(true)
})
