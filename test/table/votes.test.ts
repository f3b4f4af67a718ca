import { describe, expect, test } from 'vitest'
import { Stage } from './stage.ts'

const prefixes = (count: number, net = 10): string[] =>
  Array.from({ length: count }, (_, k) => `${net}.${k}.0.0/16`)

const voters = ({ table }: Stage, afi: 4 | 6 = 4) =>
  table.peers.list.filter(({ id }) => table.votes(id, afi)).map(({ id }) => id)

/** Sessions by (ASN, collector, prefixes held), numbered in that order. */
function sessions(rows: readonly (readonly [number, string, number])[]): Stage {
  const stage = new Stage()
  rows.forEach(([asn, collector], i) => {
    stage.peer(asn, collector, i + 1)
  })
  rows.forEach(([asn, , count], v) => {
    for (const prefix of prefixes(count)) stage.load(v, prefix, `${asn} 900`)
  })
  stage.table.start()
  return stage
}

const tell = (stage: Stage, at: number, v: number, count = 40) => {
  const { asn } = stage.vantages.get(v)
  stage.up(at, v)
  for (const prefix of prefixes(count)) stage.announce(at, v, prefix, `${asn} 900`)
  return stage.endOfRib(at, v)
}

describe('a network has one vote in a family', () => {
  test('that of its largest session, at whatever collector', () => {
    const stage = sessions([
      [101, 'rrc00', 38],
      [101, 'rrc01', 40],
      [102, 'rrc00', 40],
      [103, 'rrc01', 40],
    ])
    expect([voters(stage), stage.table.voters(4)]).toEqual([[1, 2, 3], 3])
    expect([stage.standing('10.0.0.0/16'), stage.standing('10.39.0.0/16')]).toEqual([
      '3/3 up',
      '3/3 up',
    ])
    // What the other session says is no second opinion.
    stage.withdraw(10, 0, '10.0.0.0/16')
    expect(stage.standing('10.0.0.0/16')).toBe('3/3 up')
    stage.withdraw(11, 1, '10.0.0.0/16')
    expect(stage.standing('10.0.0.0/16')).toBe('2/3 degraded')
  })

  test('of equals the first by name, in whatever order they were met', () => {
    const stage = sessions([
      [101, 'rrc05', 40],
      [101, 'rrc02', 40],
      [102, 'rrc00', 40],
      [103, 'rrc01', 40],
    ])
    expect(voters(stage)).toEqual([1, 2, 3])
  })

  test('in each family that of the session that carries it', () => {
    const stage = new Stage()
    for (const [asn, collector] of [
      [101, 'rrc00'],
      [101, 'rrc01'],
      [102, 'rrc00'],
    ] as const)
      stage.peer(asn, collector, stage.vantages.list.length + 1)
    stage.load(0, '10.0.0.0/8', '101 900').load(1, '2001:db8::/32', '101 900')
    stage.load(2, '10.0.0.0/8', '102 900').load(2, '2001:db8::/32', '102 900')
    stage.table.start()
    expect([voters(stage, 4), voters(stage, 6)]).toEqual([
      [0, 2],
      [1, 2],
    ])
  })
})

describe('when its session is lost', () => {
  const world = () =>
    sessions([
      [101, 'rrc00', 40],
      [101, 'rrc01', 40],
      [102, 'rrc00', 40],
      [103, 'rrc01', 40],
    ])

  test('its place stays empty for five minutes, then the other takes it', () => {
    const stage = world().down(100, 0)
    expect([voters(stage), stage.standing('10.0.0.0/16')]).toEqual([[2, 3], '2/2 up'])
    stage.ticks(110, 400)
    expect(voters(stage)).toEqual([2, 3])
    stage.tick(410)
    expect([voters(stage), stage.standing('10.0.0.0/16')]).toEqual([[1, 2, 3], '3/3 up'])
    // It keeps it when the first is back.
    tell(stage, 500, 0).ticks(510, 700)
    expect(voters(stage)).toEqual([1, 2, 3])
  })

  test('back sooner, it has it again', () => {
    const stage = world().down(100, 0).ticks(110, 290)
    tell(stage, 300, 0).ticks(310, 900)
    expect(voters(stage)).toEqual([0, 2, 3])
  })

  test('the next who comes takes a place that was empty for long', () => {
    const stage = world().down(100, 0).down(101, 1).ticks(110, 900)
    expect(voters(stage)).toEqual([2, 3])
    tell(stage, 905, 1)
    expect(voters(stage)).toEqual([1, 2, 3])
  })

  test('for the other, which is no voter, nothing changes', () => {
    const stage = world().down(100, 1).ticks(110, 900)
    expect(voters(stage)).toEqual([0, 2, 3])
  })

  test('with a whole collector that we do not hear, the others speak after five minutes', () => {
    const stage = world().gap(100, 'rrc00').ticks(110, 400)
    expect(voters(stage)).toEqual([3])
    stage.tick(410)
    expect(voters(stage)).toEqual([1, 3])
  })
})

test('a session that holds much less than another gives way at the hour, not before', () => {
  const stage = sessions([
    [101, 'rrc00', 29],
    [101, 'rrc01', 28],
    [102, 'rrc00', 40],
    [103, 'rrc01', 40],
  ])
  for (const prefix of prefixes(40).slice(28)) stage.announce(5, 1, prefix, '101 900')
  stage.ticks(10, 3_600)
  expect(voters(stage)).toEqual([0, 2, 3])
  stage.tick(3_610)
  expect(voters(stage)).toEqual([1, 2, 3])
})
