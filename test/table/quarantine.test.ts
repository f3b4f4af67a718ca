import { describe, expect, test } from 'vitest'
import { journalSource, plant, plantOrigin, plantPeer } from '../../src/table/snapshot.ts'
import { peerStates, Stage } from './stage.ts'

/** `10.0.0.0/24` … of so many networks, four each; the path ends with the origin. */
const PREFIXES = Array.from({ length: 1_000 }, (_, k) => ({
  prefix: `10.${k >> 8}.${k & 255}.0/24`,
  origin: 1_000 + Math.floor(k / 4),
}))

interface Setting {
  readonly peers?: number
  /** How many of them sit at rrc00; the others at rrc01. */
  readonly here?: number
  readonly prefixes?: typeof PREFIXES
}

function world({ peers = 10, here = 10, prefixes = PREFIXES }: Setting = {}): Stage {
  const stage = new Stage()
  for (let v = 0; v < peers; v++) stage.peer(101 + v, v < here ? 'rrc00' : 'rrc01', v + 1)
  for (let v = 0; v < peers; v++)
    for (const { prefix, origin } of prefixes) stage.load(v, prefix, `${101 + v} ${origin}`)
  stage.table.start()
  return stage.tick(10)
}

const lose = (stage: Stage, at: number, who: readonly number[], from = 0, to = 200) => {
  for (const v of who)
    for (const { prefix } of PREFIXES.slice(from, to)) stage.withdraw(at, v, prefix)
  return stage
}

const regain = (stage: Stage, at: number, who: readonly number[], from = 0, to = 200) => {
  for (const v of who)
    for (const { prefix, origin } of PREFIXES.slice(from, to))
      stage.announce(at, v, prefix, `${101 + v} ${origin}`)
  return stage
}

const out = ({ table }: Stage) =>
  table.peers.list.filter(({ id }) => peerStates[table.peerState(id)] === 'quarantined').length

describe('a peer that loses a part of its table alone', () => {
  test('loses its votes, in both counts at once, until it is whole again for a minute', () => {
    const stage = lose(world(), 15, [3]).tick(20)
    expect([out(stage), stage.standing('10.0.0.0/24')]).toEqual([0, '9/10 up'])
    stage.hear()
    stage.tick(30)
    expect([out(stage), stage.table.voters(4)]).toEqual([1, 9])
    expect([stage.standing('10.0.0.0/24'), stage.standing('10.3.0.0/24')]).toEqual([
      '9/9 up',
      '9/9 up',
    ])
    expect(stage.table.vantage()).toEqual({ active: 9, quarantined: 1, down: 0, unknown: 0 })
    expect(stage.hear()).toEqual(['peer 3 active > quarantined'])
    regain(stage, 300, [3]).ticks(310, 360)
    expect(out(stage)).toBe(1)
    stage.tick(370)
    expect([out(stage), stage.standing('10.0.0.0/24')]).toEqual([0, '10/10 up'])
    stage.ticks(380, 600)
    expect(out(stage)).toBe(0)
  })

  test('after half an hour its table is what it is', () => {
    const stage = lose(world(), 15, [3]).ticks(20, 1_820)
    expect(out(stage)).toBe(1)
    stage.tick(1_830)
    expect([out(stage), stage.standing('10.0.0.0/24'), stage.standing('10.3.0.0/24')]).toEqual([
      0,
      '9/9 up',
      '10/10 up',
    ])
    stage.ticks(1_840, 2_400)
    expect(out(stage)).toBe(0)
  })

  test('but what all have lost meanwhile it has lost with them', () => {
    const stage = lose(world(), 15, [3]).ticks(20, 100)
    lose(stage, 105, [0, 1, 2, 4, 5, 6, 7, 8, 9], 0, 10).ticks(110, 1_900)
    expect([out(stage), stage.standing('10.0.0.0/24')]).toEqual([0, '0/10 down'])
  })

  test('slowly: no quarantine', () => {
    const stage = world()
    for (let k = 0; k < 200; k += 10) lose(stage, 12 + k, [3], k, k + 10).ticks(20 + k, 20 + k)
    expect(out(stage)).toBe(0)
  })

  test('a few prefixes, or many of few networks: no quarantine', () => {
    expect(out(lose(world(), 15, [3], 0, 90).ticks(20, 100))).toBe(0)
    const large = PREFIXES.map(({ prefix }, k) => ({ prefix, origin: k < 400 ? 900 : 901 + k }))
    expect(out(lose(world({ prefixes: large }), 15, [3], 0, 400).ticks(20, 100))).toBe(0)
  })

  test('what it loses by a session reset is not lost', () => {
    const stage = world().down(15, 3).ticks(20, 60).up(65, 3)
    regain(stage, 70, [3], 0, 800).endOfRib(75, 3).ticks(80, 200)
    expect([out(stage), stage.table.votes(3, 4)]).toEqual([0, true])
  })

  test('its session may fall meanwhile', () => {
    const stage = lose(world(), 15, [3]).ticks(20, 60).down(65, 3).tick(70)
    expect(stage.table.vantage()).toEqual({ active: 9, quarantined: 0, down: 1, unknown: 0 })
    stage.up(75, 3)
    regain(stage, 80, [3], 0, 1_000).endOfRib(85, 3).tick(90)
    expect([out(stage), stage.standing('10.0.0.0/24')]).toEqual([0, '10/10 up'])
  })

  test('or comes up again without having fallen, or falls out of sight', () => {
    const stage = lose(world(), 15, [3]).ticks(20, 60).up(65, 3)
    expect(peerStates[stage.table.peerState(3)]).toBe('transfer')
    const other = lose(world(), 15, [3]).ticks(20, 60).gap(65).sight(70).tick(80)
    expect([out(other), other.standing('10.0.0.0/24')]).toEqual([0, '9/10 up'])
  })
})

describe('where others lose the same', () => {
  test('nobody is quarantined', () => {
    expect(out(lose(world(), 15, [3, 4, 5]).ticks(20, 100))).toBe(0)
    const all = lose(world(), 15, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]).ticks(20, 100)
    expect([out(all), all.standing('10.0.0.0/24')]).toEqual([0, '0/10 down'])
  })

  test('the first who lost it has its votes back when the others follow', () => {
    const stage = lose(world(), 15, [3]).ticks(20, 40)
    expect(out(stage)).toBe(1)
    lose(stage, 42, [0, 1, 2, 4, 5, 6, 7]).tick(50)
    expect([out(stage), stage.standing('10.0.0.0/24')]).toEqual([0, '2/10 down'])
    stage.ticks(60, 300)
    expect(out(stage)).toBe(0)
  })

  test('each something else: as many as leave enough voters', () => {
    const stage = world({ peers: 5, here: 5 })
    for (let v = 0; v < 2; v++) lose(stage, 15, [v], 200 * v, 200 * (v + 1))
    expect(out(stage.ticks(20, 60))).toBe(2)
    const many = world({ peers: 5, here: 5 })
    for (let v = 0; v < 3; v++) lose(many, 15, [v], 200 * v, 200 * (v + 1))
    expect(out(many.ticks(20, 60))).toBe(0)
  })
})

test('with three who vote none is quarantined: scarcity does not silence', () => {
  expect(out(lose(world({ peers: 3, here: 3 }), 15, [0]).ticks(20, 100))).toBe(0)
  expect(out(lose(world({ peers: 1, here: 1 }), 15, [0]).ticks(20, 100))).toBe(0)
  expect(out(lose(world({ peers: 4, here: 4 }), 15, [0]).ticks(20, 100))).toBe(1)
})

describe('half of a collector', () => {
  test('that loses what the others keep takes all its voters with it', () => {
    const stage = lose(world({ peers: 12, here: 4 }), 15, [0, 1]).ticks(20, 30)
    // Two of four are too few to speak for it, and are judged alone.
    expect(out(stage)).toBe(2)
    const whole = lose(world({ peers: 12, here: 4 }), 15, [0, 1, 2]).ticks(20, 30)
    expect([out(whole), whole.table.voters(4), whole.standing('10.0.0.0/24')]).toEqual([
      4,
      8,
      '8/8 up',
    ])
    whole.ticks(40, 200)
    expect(out(whole)).toBe(4)
    regain(whole, 205, [0, 1, 2]).ticks(210, 270)
    expect([out(whole), whole.standing('10.0.0.0/24')]).toEqual([0, '12/12 up'])
  })

  test('that loses what the others lose too is believed', () => {
    const stage = lose(world({ peers: 12, here: 4 }), 15, [0, 1, 2, 5, 6, 7]).ticks(20, 60)
    expect([out(stage), stage.standing('10.0.0.0/24')]).toEqual([0, '6/12 degraded'])
  })

  test('with nobody else to ask is believed', () => {
    const stage = lose(world({ peers: 6, here: 4 }), 15, [0, 1, 2]).ticks(20, 60)
    expect(out(stage)).toBe(0)
  })
})

describe('a collector that falls silent', () => {
  /** All speak at each tick until then. */
  const talk = (stage: Stage, who: readonly number[], from: number, to: number) => {
    for (let at = from; at <= to; at += 10) {
      for (const v of who) stage.announce(at - 3, v, '10.0.0.0/24', `${101 + v} ${at} 1000`)
      stage.tick(at)
    }
    return stage
  }
  const all = [0, 1, 2, 3, 4, 5, 6, 7]

  test('while others go on is not believed until it speaks again', () => {
    const stage = talk(world({ peers: 8, here: 4 }), all, 20, 600)
    talk(stage, [4, 5, 6, 7], 610, 650)
    expect(out(stage)).toBe(0)
    talk(stage, [4, 5, 6, 7], 660, 660)
    expect([out(stage), stage.table.voters(4), stage.standing('10.0.0.0/24')]).toEqual([
      4,
      4,
      '4/4 up',
    ])
    talk(stage, [4, 5, 6, 7], 670, 4_000)
    expect(out(stage)).toBe(4)
    talk(stage, [0, 4, 5, 6, 7], 4_010, 4_010)
    expect([out(stage), stage.standing('10.0.0.0/24')]).toEqual([0, '8/8 up'])
  })

  test('with all the others is a matter of the feed', () => {
    const stage = talk(world({ peers: 8, here: 4 }), all, 20, 600).ticks(610, 900)
    expect(out(stage)).toBe(0)
  })

  test('and is the only one, or seldom speaks: nothing is concluded', () => {
    expect(out(talk(world(), all, 20, 600).ticks(610, 900))).toBe(0)
    const stage = world({ peers: 8, here: 4 })
    for (let at = 20; at <= 1_200; at += 10) {
      if (at % 60 === 0 && at < 800) for (const v of [0, 1, 2, 3]) stage.alive(at, v)
      for (const v of [4, 5, 6, 7]) stage.alive(at, v)
      stage.tick(at)
    }
    expect(out(stage)).toBe(0)
  })
})

test('a snapshot carries it', () => {
  const stage = lose(world(), 15, [3]).ticks(20, 60)
  const other = new Stage()
  for (let v = 0; v < 10; v++) other.peer(101 + v, 'rrc00', v + 1)
  const source = journalSource(stage.table)
  const copy = <T>(row: T): T => JSON.parse(JSON.stringify(row))
  for (const row of source.rows(false)) expect(plant(other.table, copy(row))).toBe(true)
  for (const row of source.peers()) expect(plantPeer(other.table, copy(row))).toBe(true)
  for (const row of source.origins()) expect(plantOrigin(other.table, copy(row))).toBe(true)
  other.table.start()
  for (const one of [stage, other]) {
    expect([out(one), one.table.voters(4), one.standing('10.0.0.0/24')]).toEqual([1, 9, '9/9 up'])
    regain(one, 100, [3]).ticks(110, 160)
    expect(out(one)).toBe(1)
    expect(out(one.tick(170))).toBe(0)
    expect(one.standing('10.0.0.0/24')).toBe('10/10 up')
  }
})

describe('a peer that is stuck', () => {
  /** It keeps what all others have lost. */
  const world2 = () => lose(world(), 15, [0, 1, 2, 4, 5, 6, 7, 8, 9])

  test('is not believed after ninety minutes, at the hour, until it lets go', () => {
    const stage = world2().ticks(20, 7_190)
    expect([out(stage), stage.standing('10.0.0.0/24')]).toEqual([0, '1/10 down'])
    stage.tick(7_200)
    expect([out(stage), stage.standing('10.0.0.0/24')]).toEqual([1, '0/9 down'])
    lose(stage, 7_205, [3]).ticks(7_210, 10_800)
    expect([out(stage), stage.standing('10.0.0.0/24')]).toEqual([0, '0/10 down'])
  })

  test('with a few routes is believed', () => {
    const stage = lose(world(), 15, [0, 1, 2, 4, 5, 6, 7, 8, 9], 0, 90)
    expect(out(stage.ticks(20, 7_300))).toBe(0)
  })
})
