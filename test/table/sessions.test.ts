import { describe, expect, test } from 'vitest'
import { Message } from '../../src/core/batch.ts'
import { peerStates, Stage } from './stage.ts'

const PREFIXES = Array.from({ length: 1_000 }, (_, k) => `10.${k >> 8}.${k & 255}.0/24`)
const LAST = PREFIXES.at(-1) as string

function world(peers = 4): Stage {
  const stage = new Stage()
  for (const v of stage.peers(peers))
    for (const prefix of PREFIXES) stage.load(v, prefix, `${101 + v} 900`)
  stage.table.start()
  stage.hear()
  return stage
}

/** One that tells its table, as it was, from one moment to another, with a tick every ten seconds. */
function retell(stage: Stage, from: number, to: number, count = PREFIXES.length, v = 0): Stage {
  let told = 0
  for (let at = from; at <= to; at += 10) {
    const until = Math.round((count * (at - from + 10)) / (to - from + 10))
    for (; told < until; told++)
      stage.announce(at - 5, v, PREFIXES[told] as string, `${101 + v} 900`)
    stage.tick(at)
  }
  return stage
}

const state = ({ table }: Stage, v = 0) => peerStates[table.peerState(v)]

describe('a session reset that nobody told of', () => {
  test('is known by the table that is told again: no votes until it is over', () => {
    const stage = retell(world(), 20, 60, 700)
    expect([state(stage), stage.standing(LAST)]).toEqual(['transfer', '3/3 up'])
    for (const prefix of PREFIXES.slice(700)) stage.announce(65, 0, prefix, '101 900')
    stage.ticks(70, 120)
    expect([state(stage), stage.standing(LAST)]).toEqual(['active', '4/4 up'])
    expect(stage.hear()).toEqual(['peer 0 active > transfer', 'peer 0 transfer > active'])
    expect(stage.table.peers.get(0).stale).toBe(0)
  })

  test('ends with End-of-RIB too', () => {
    const stage = retell(world(), 20, 60, 990).endOfRib(65, 0)
    expect([state(stage), stage.standing(LAST)]).toEqual(['active', '4/4 up'])
  })

  test('what it did not tell again and others have lost is gone in silence; the rest stays', () => {
    const stage = world()
    for (const v of [1, 2, 3]) stage.withdraw(15, v, LAST)
    expect(stage.standing(LAST)).toBe('1/4 down')
    retell(stage, 20, 60, 990).hear()
    stage.ticks(70, 120)
    expect([state(stage), stage.standing(LAST)]).toEqual(['active', '0/3 down'])
    expect(stage.standing(PREFIXES[995] as string)).toBe('4/4 up')
    expect(stage.hear()).toEqual(['peer 0 transfer > active'])
  })

  test('a part of the table again, or all of it within the day, is none', () => {
    const part = retell(world(), 20, 60, 600).ticks(70, 500)
    expect([state(part), part.table.peers.get(0).stale]).toEqual(['active', 0])
    // Nothing of it is left: the same part once more does not add up to all of it.
    for (const prefix of PREFIXES.slice(600)) part.announce(505, 0, prefix, '101 900')
    expect(state(part.ticks(510, 600))).toBe('active')
    const slow = retell(world(), 20, 1_020)
    expect([state(slow.ticks(1_030, 1_400)), slow.table.peers.get(0).stale]).toEqual(['active', 0])
  })

  test('a few routes over and over are none', () => {
    const stage = world()
    for (let at = 20; at <= 600; at += 10) {
      for (let i = 0; i < 300; i++) stage.announce(at - 5, 0, PREFIXES[i % 30] as string, '101 900')
      stage.tick(at)
    }
    expect(stage.hear()).toEqual([])
    expect(stage.standing(PREFIXES[0] as string)).toBe('4/4 up')
  })

  test('is not looked for because of what a small table repeats at any time', () => {
    const stage = world()
    for (const prefix of PREFIXES.slice(0, 99)) stage.announce(15, 0, prefix, '101 900')
    expect(stage.tick(20).table.peers.get(0).retoldSince).toBe(-0)
    for (const prefix of PREFIXES.slice(0, 100)) stage.announce(25, 0, prefix, '101 900')
    expect(stage.tick(30).table.peers.get(0).retoldSince).toBeGreaterThan(0)
  })

  test('may be interrupted by a fall, or by our losing sight, before it is noticed', () => {
    const fall = retell(world(), 20, 30, 400).down(35, 0).up(36, 0).endOfRib(37, 0)
    expect([state(fall), fall.standing(LAST)]).toEqual(['active', '3/3 up'])
    const sight = retell(world(), 20, 30, 400).gap(35).sight(38).tick(40)
    expect([state(sight), sight.standing(LAST)]).toEqual(['active', '4/4 up'])
  })
})

const ONE = '10.0.0.0/24'
const four = () => {
  const stage = new Stage()
  for (const v of stage.peers(4))
    for (const p of [ONE, '10.0.1.0/24', '10.0.2.0/24', '10.0.3.0/24'])
      stage.load(v, p, `${101 + v} 900`)
  stage.table.start()
  return stage
}
const states = (stage: Stage) => [0, 1, 2, 3].map((v) => peerStates[stage.table.peerState(v)])

describe('what was not heard in a gap', () => {
  test('a short one makes nothing worse, and what is heard since counts double', () => {
    const stage = four().gap(10)
    expect(states(stage)).toEqual(['unknown', 'unknown', 'unknown', 'unknown'])
    stage.sight(300).tick(310)
    expect([states(stage)[0], stage.standing(ONE)]).toEqual(['active', '4/4 up'])
    // Two of four would be degraded; two of whom we know, against two who may be out of date, are more.
    stage.withdraw(311, 0, ONE).withdraw(311, 1, ONE)
    expect(stage.standing(ONE)).toBe('2/4 lost')
    stage.announce(312, 2, ONE, '103 900').announce(312, 3, ONE, '104 900')
    stage.announce(313, 0, ONE, '101 900').announce(313, 1, ONE, '102 900')
    expect(stage.standing(ONE)).toBe('4/4 up')
  })

  test('what was missing before it is missing half as well', () => {
    const stage = four().withdraw(5, 0, ONE).gap(10).sight(70)
    expect(stage.standing(ONE)).toBe('3/4 up')
    stage.announce(71, 0, ONE, '101 900').withdraw(72, 1, ONE)
    // One fresh and two halves of one fresh, one fresh missing and two halves: two of three.
    expect(stage.standing(ONE)).toBe('3/4 degraded')
  })

  test('an outage in it is found when the archive tells of it, and dated there', () => {
    const stage = four().gap(10).sight(200).tick(210)
    for (const v of [0, 1, 2, 3]) stage.hole(100, v, ONE, null)
    expect(stage.standing(ONE)).toBe('0/4 down')
    expect(stage.table.lossStart(stage.id(ONE))).toBe(100e6)
    stage.filled(900, 'rrc00', 10, 200)
    expect([stage.standing(ONE), stage.standing('10.0.1.0/24')]).toEqual(['0/4 down', '4/4 up'])
    expect(stage.table.peers.list.map(({ stale }) => stale)).toEqual([0, 0, 0, 0])
  })

  test('what was said since is not undone by what was said in it, nor by an order of things in it', () => {
    const stage = four().gap(10).sight(200)
    stage.announce(205, 0, ONE, '101 777 900').withdraw(206, 1, ONE).withdraw(207, 2, '10.9.0.0/24')
    for (const v of [0, 1, 2, 3]) stage.hole(100, v, ONE, null).hole(110, v, ONE, '111 900')
    stage.hole(120, 2, '10.9.0.0/24', '103 909').hole(120, 3, '10.9.0.0/24', '104 909')
    stage.filled(900, 'rrc00', 10, 200)
    const { table } = stage
    const paths = [0, 1, 2, 3].map((v) => table.pathText(table.pathAt(v, stage.id(ONE))))
    expect(paths).toEqual(['101 777 900', '', '111 900', '111 900'])
    const others = [2, 3].map((v) => table.pathText(table.pathAt(v, stage.id('10.9.0.0/24'))))
    expect(others).toEqual(['', '104 909'])
  })

  test('after a long one nobody is believed until it is filled, all of it', () => {
    const stage = four().gap(10).sight(311).tick(320)
    stage.announce(321, 0, ONE, '101 900')
    expect(states(stage)).toEqual(['unknown', 'unknown', 'unknown', 'unknown'])
    stage.filled(900, 'rrc00', 11, 311)
    expect(states(stage)[0]).toBe('unknown')
    stage.gap(910).sight(920).filled(930, 'rrc00', 10, 311)
    expect(states(stage)[0]).toBe('unknown')
    stage.filled(1_500, 'rrc00', 10, 920)
    expect([states(stage)[0], stage.standing(ONE)]).toEqual(['active', '4/4 up'])
  })

  test('or until it tells its table', () => {
    const stage = four().gap(10).sight(1_000).tick(1_010)
    stage.up(1_011, 0)
    for (const p of [ONE, '10.0.1.0/24', '10.0.2.0/24']) stage.announce(1_012, 0, p, '101 900')
    stage.endOfRib(1_013, 0)
    expect([states(stage), stage.standing('10.0.3.0/24')]).toEqual([
      ['active', 'unknown', 'unknown', 'unknown'],
      '0/0 new',
    ])
  })

  test('its table told again without a word of the session is a transfer whose beginning nobody heard', () => {
    const stage = four().gap(10).sight(1_000)
    for (const p of [ONE, '10.0.1.0/24', '10.0.2.0/24']) stage.announce(1_012, 0, p, '101 900')
    stage.ticks(1_020, 1_060)
    expect([states(stage)[0], stage.standing('10.0.3.0/24')]).toEqual(['active', '1/1 up'])
  })
})

describe('a session that fell in a hole', () => {
  const others = ['10.0.1.0/24', '10.0.2.0/24', '10.0.3.0/24']
  const holed = () => four().gap(10).sight(200)

  test('holds what it has told again in it, or since, and nothing else; and nobody has lost that', () => {
    const stage = holed().announce(205, 0, '10.0.3.0/24', '101 900')
    stage.hole(50, 0, '10.0.1.0/24', '101 333 900')
    stage.message(Message.holeDown, 60, 0, []).message(Message.holeUp, 65, 0, [])
    stage.hole(70, 0, ONE, '101 777 900')
    stage.filled(900, 'rrc00', 10, 200)
    expect(states(stage)[0]).toBe('transfer')
    stage.endOfRib(905, 0).endOfRib(905, 0, 6).ticks(910, 960)
    expect(states(stage)[0]).toBe('active')
    const { table } = stage
    const held = [ONE, ...others].map((p) => table.pathText(table.pathAt(0, stage.id(p))))
    expect(held).toEqual(['101 777 900', '', '', '101 900'])
    // With half of its table it has no vote any more.
    expect(new Set([ONE, ...others].map((p) => stage.standing(p)))).toEqual(new Set(['3/3 up']))
  })

  test('and has not come up since is down', () => {
    const stage = holed().message(Message.holeDown, 60, 0, []).filled(900, 'rrc00', 10, 200)
    expect(states(stage)).toEqual(['down', 'active', 'active', 'active'])
  })

  test('is nothing new when its fall was heard too', () => {
    const stage = holed().down(205, 0).up(206, 0)
    stage.message(Message.holeDown, 60, 0, []).filled(900, 'rrc00', 10, 200)
    expect(states(stage)[0]).toBe('transfer')
    expect(stage.table.sessions.fallen.has(0)).toBe(false)
  })
})

test('with several routes to a prefix what was missed stays unknown, and nobody takes it for known', () => {
  const stage = four()
  stage.announce(1, 0, ONE, '101 900', 1).announce(1, 0, ONE, '101 901 900', 2)
  stage.gap(10).sight(200)
  stage.hole(50, 0, ONE, null).filled(900, 'rrc00', 10, 200)
  const { list } = stage.table.peers
  expect(list.map(({ holeSince }) => holeSince)).toEqual([10e6, 0, 0, 0])
  expect([list[0]?.hopeless, stage.table.holes(0)]).toEqual([true, 0])
})

test('a session that flaps is out all the time, and the shares stay', () => {
  const stage = world()
  for (let at = 20; at < 320; at += 10) {
    stage.down(at, 0).up(at + 3, 0)
    for (const prefix of PREFIXES.slice(0, 100)) stage.announce(at + 4, 0, prefix, '101 900')
    stage.tick(at + 10)
    expect(stage.standing(LAST)).toBe('3/3 up')
  }
  retell(stage, 330, 350).ticks(360, 420)
  expect([state(stage), stage.standing(LAST)]).toEqual(['active', '4/4 up'])
})

test('End-of-RIB of one family is not that of the other', () => {
  const stage = new Stage()
  for (const v of stage.peers(3))
    stage.load(v, '10.0.0.0/8', `${101 + v} 900`).load(v, '2001:db8::/32', `${101 + v} 900`)
  stage.table.start()
  stage.down(10, 0).up(11, 0).announce(12, 0, '10.0.0.0/8', '101 900').endOfRib(13, 0)
  expect([state(stage), stage.standing('10.0.0.0/8')]).toEqual(['transfer', '2/2 up'])
  stage.announce(14, 0, '2001:db8::/32', '101 900').endOfRib(15, 0, 6)
  expect([state(stage), stage.standing('2001:db8::/32')]).toEqual(['active', '3/3 up'])
})

test('a large table is told when it speaks no more than a full feed does', () => {
  const stage = new Stage()
  const large = Array.from({ length: 8_000 }, (_, k) => `10.${k >> 8}.${k & 255}.0/24`)
  for (const v of stage.peers(1))
    for (const prefix of large) stage.load(v, prefix, `${101 + v} 900`)
  stage.table.start()
  stage.down(10, 0).up(11, 0)
  for (const prefix of large) stage.announce(12, 0, prefix, '101 900')
  stage.ticks(20, 50)
  expect(state(stage)).toBe('transfer')
  for (let at = 51; at < 80; at++)
    for (let i = 0; i < 2; i++) stage.announce(at, 0, large[0] as string, `101 ${at} 900`)
  stage.ticks(60, 80)
  expect(state(stage)).toBe('active')
})

test('a collector that starts anew: twenty at once, and nothing is lost', () => {
  const stage = new Stage()
  for (let v = 0; v < 30; v++) stage.peer(101 + v, v < 20 ? 'rrc00' : 'rrc01', v + 1)
  for (let v = 0; v < 30; v++)
    for (const prefix of PREFIXES.slice(0, 100)) stage.load(v, prefix, `${101 + v} 900`)
  stage.table.start()
  stage.tick(10).hear()
  for (let v = 0; v < 20; v++) stage.down(15, v)
  expect(stage.standing(PREFIXES[0] as string)).toBe('10/10 up')
  for (let v = 0; v < 20; v++) stage.up(40, v)
  for (const prefix of PREFIXES.slice(0, 100))
    for (let v = 0; v < 20; v++) stage.announce(45, v, prefix, `${101 + v} 900`)
  stage.ticks(50, 200)
  expect(stage.standing(PREFIXES[0] as string)).toBe('30/30 up')
  expect(stage.hear().filter((told) => !told.startsWith('peer'))).toEqual([])
})
