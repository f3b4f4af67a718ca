import { describe, expect, test } from 'vitest'
import { Stage } from './stage.ts'

/** A starting table: how many prefixes each network holds. */
function sized(sizes: readonly number[], stage = new Stage()): Stage {
  sizes.forEach((size, i) => {
    const v = stage.peer(101 + i, 'rrc00', i + 1)
    for (let k = 0; k < size; k++) stage.load(v, `10.${k}.0.0/16`, `${101 + i} 900`)
  })
  stage.table.start()
  return stage
}

const voters = (stage: Stage, afi: 4 | 6 = 4) =>
  stage.table.peers.list.filter(({ id }) => stage.table.votes(id, afi)).map(({ id }) => id)

describe('full feed', () => {
  test('is three quarters of what the largest but one hold', () => {
    // Mean of the five after the largest: 100.
    expect(voters(sized([200, 100, 100, 100, 100, 100, 76, 75, 74, 3]))).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7,
    ])
  })

  test('one huge table does not silence the others', () => {
    expect(voters(sized([250, 40, 38, 36, 5]))).toEqual([0, 1, 2, 3])
  })

  test('counts each network once', () => {
    const stage = new Stage()
    // Three large sessions of one network are one witness of what a table is.
    for (let i = 0; i < 3; i++) stage.peer(101, 'rrc00', 50 + i)
    for (let v = 0; v < 3; v++)
      for (let k = 0; k < 200; k++) stage.load(v, `10.${k}.0.0/16`, '101 900')
    for (const [asn, size] of [
      [201, 40],
      [202, 40],
      [203, 20],
    ] as const) {
      const v = stage.peer(asn, 'rrc00', asn)
      for (let k = 0; k < size; k++) stage.load(v, `10.${k}.0.0/16`, `${asn} 900`)
    }
    stage.table.start()
    expect(voters(stage)).toEqual([0, 3, 4])
  })

  test('with fewer than three networks nobody is left out', () => {
    expect(voters(sized([100, 1]))).toEqual([0, 1])
    expect(voters(sized([2]))).toEqual([0])
    expect(voters(sized([100, 100, 1]))).toEqual([0, 1])
    expect(voters(sized([100, 1]), 6)).toEqual([])
  })

  test('is judged anew each hour, and left only below 0.65', () => {
    const stage = sized([100, 100, 100, 80])
    // The first three hold so many more.
    const others = (at: number, from: number, to: number, has: boolean) => {
      for (let v = 0; v < 3; v++)
        for (let k = from; k < to; k++)
          if (has) stage.announce(at, v, `11.${k}.0.0/16`, `${101 + v} 900`)
          else stage.withdraw(at, v, `11.${k}.0.0/16`)
    }
    others(10, 0, 23, true)
    stage.tick(10).tick(3_600)
    expect(voters(stage)).toEqual([0, 1, 2, 3])
    // 80 of 108.7: above 0.65, below 0.75.
    stage.tick(3_610)
    expect(voters(stage)).toEqual([0, 1, 2, 3])
    others(3_620, 23, 60, true)
    stage.tick(7_200)
    expect(voters(stage)).toEqual([0, 1, 2, 3])
    stage.tick(7_210)
    expect(voters(stage)).toEqual([0, 1, 2])
    // It does not come back as easily as it stayed.
    others(7_220, 23, 60, false)
    stage.tick(10_810)
    expect(voters(stage)).toEqual([0, 1, 2])
    others(10_820, 0, 23, false)
    stage.tick(14_410)
    expect(voters(stage)).toEqual([0, 1, 2, 3])
  })

  test('does not shrink with what is lost: an outage takes nobody the vote', () => {
    const stage = sized([100, 100, 100, 100])
    for (let k = 0; k < 50; k++) stage.withdraw(10, 3, `10.${k}.0.0/16`)
    stage.tick(10).tick(3_610)
    expect(voters(stage)).toEqual([0, 1, 2, 3])
    expect(stage.standing('10.0.0.0/16')).toBe('3/4 up')
  })

  test('who was not in the starting table does not vote until it has told its own', () => {
    const stage = sized([10, 10, 10])
    const v = stage.peer(500, 'rrc00', 99)
    for (let k = 0; k < 10; k++) stage.announce(5, v, `10.${k}.0.0/16`, '500 900')
    expect(voters(stage)).toEqual([0, 1, 2])
    stage.up(6, v)
    for (let k = 0; k < 10; k++) stage.announce(7, v, `10.${k}.0.0/16`, '500 900')
    stage.endOfRib(8, v)
    expect(voters(stage)).toEqual([0, 1, 2, 3])
  })
})

test('without starting tables, who has ever held a route of the family', () => {
  const stage = new Stage({ baseline: 'learned-live' })
  const [v, w] = stage.peers(3) as [number, number, number]
  stage.table.start()
  stage.announce(1, v, '10.0.0.0/8', '101 900').announce(1, w, '2001:db8::/32', '102 900')
  stage.withdraw(2, 2, '10.0.0.0/8')
  expect([voters(stage, 4), voters(stage, 6)]).toEqual([[v], [w]])
  expect([stage.table.voters(4), stage.table.voters(6)]).toEqual([1, 1])
  // Its last route is gone, and that is what it is a witness of.
  stage.announce(3, v, '2001:db8::/32', '101 900').withdraw(4, v, '10.0.0.0/8').tick(10).tick(3_610)
  expect([voters(stage, 4), voters(stage, 6)]).toEqual([[v], [v, w]])
  expect(stage.standing('2001:db8::/32')).toBe('2/0 new')
})

describe('counts', () => {
  test('those never heard of are not counted', () => {
    const stage = new Stage({ baseline: 'learned-live' })
    const peers = stage.peers(4)
    stage.table.start()
    stage.announce(1, peers[3] as number, '10.0.0.0/8', '104 900')
    expect(stage.table.vantage()).toEqual({ active: 1, quarantined: 0, down: 0, unknown: 0 })
    stage.down(2, 0)
    expect(stage.table.vantage()).toEqual({ active: 1, quarantined: 0, down: 0, unknown: 0 })
    stage.announce(2, 1, '10.0.0.0/8', '102 900').down(2, 1)
    expect(stage.table.vantage()).toEqual({ active: 1, quarantined: 0, down: 1, unknown: 0 })
    stage.gap(3)
    expect(stage.table.vantage()).toEqual({ active: 0, quarantined: 0, down: 1, unknown: 1 })
    expect(stage.table.vantagePoints).toBe(4)
  })
})

describe('a table transfer', () => {
  function transfer(): Stage {
    const stage = sized([40, 40, 40])
    stage.down(100, 0).up(110, 0)
    return stage
  }
  const tell = (stage: Stage, at: number, from: number, to: number) => {
    for (let k = from; k < to; k++) stage.announce(at, 0, `10.${k}.0.0/16`, '101 900')
  }
  const state = (stage: Stage) => ['?', 'transfer', 'active'][stage.table.peerState(0)]

  test('ends with End-of-RIB', () => {
    const stage = transfer()
    tell(stage, 111, 0, 39)
    stage.endOfRib(112, 0, 6)
    expect(state(stage)).toBe('transfer')
    stage.endOfRib(112, 0)
    expect(state(stage)).toBe('active')
    expect(stage.standing('10.39.0.0/16')).toBe('2/2 up')
    expect(stage.standing('10.38.0.0/16')).toBe('3/3 up')
  })

  test('or when nearly all is told and it has become quiet', () => {
    const stage = transfer()
    tell(stage, 111, 0, 38)
    stage.tick(130)
    expect(state(stage)).toBe('transfer')
    stage.tick(140)
    expect(state(stage)).toBe('active')
  })

  test('but not while it speaks, nor with a tenth missing', () => {
    const stage = transfer()
    tell(stage, 111, 0, 38)
    for (let i = 0; i < 3; i++) tell(stage, 112, 0, 5)
    stage.tick(140)
    expect(state(stage)).toBe('transfer')
    const other = transfer()
    tell(other, 111, 0, 36)
    other.ticks(120, 1_000)
    expect(state(other)).toBe('transfer')
    other.tick(1_010)
    expect(state(other)).toBe('active')
  })

  test('of a peer that held nothing ends with both markers, or when it has told something', () => {
    const fresh = () => {
      const stage = sized([40, 40, 40])
      stage.up(110, stage.peer(500, 'rrc00', 99))
      return stage
    }
    const at = (stage: Stage) => stage.table.peerState(3)
    const stage = fresh()
    stage.announce(111, 3, '10.0.0.0/16', '500 900').endOfRib(112, 3)
    expect(at(stage)).toBe(1)
    stage.announce(113, 3, '2001:db8::/32', '500 900').endOfRib(114, 3, 6)
    expect(at(stage)).toBe(2)
    const quiet = fresh()
    quiet.ticks(120, 200)
    expect(at(quiet)).toBe(1)
    quiet.announce(201, 3, '10.0.0.0/16', '500 900').ticks(210, 230)
    expect(at(quiet)).toBe(2)
    const empty = fresh()
    empty.ticks(120, 1_000)
    expect(at(empty)).toBe(1)
    empty.tick(1_010)
    expect(at(empty)).toBe(2)
  })

  test('those that end at the same tick are judged together, whoever was met first', () => {
    for (const sizes of [
      [5, 40, 40, 40, 40, 40],
      [40, 40, 40, 40, 40, 5],
    ]) {
      const stage = sized(sizes)
      const before = voters(stage)
      expect(before.length).toBe(5)
      sizes.forEach((_, v) => {
        stage.down(100, v)
      })
      sizes.forEach((size, v) => {
        stage.up(105, v)
        for (let k = 0; k < size; k++) stage.announce(106, v, `10.${k}.0.0/16`, `${101 + v} 900`)
      })
      stage.ticks(110, 200)
      expect(voters(stage)).toEqual(before)
    }
  })

  test('one that ends early is measured by what the others held', () => {
    const stage = sized([5, 40, 40, 40, 40, 40])
    for (let v = 0; v < 6; v++) stage.down(100, v)
    for (let v = 0; v < 6; v++) stage.up(105, v)
    for (let k = 0; k < 5; k++) stage.announce(106, 0, `10.${k}.0.0/16`, '101 900')
    stage.endOfRib(107, 0)
    expect([stage.table.peerState(0), voters(stage)]).toEqual([2, []])
  })

  test('begins with a keepalive of one who was down: it came up unheard', () => {
    const stage = sized([40, 40, 40])
    stage.down(100, 0).alive(105, 0, 1)
    expect(stage.table.peerState(0)).toBe(4)
    stage.alive(110, 0)
    expect(stage.table.peerState(0)).toBe(1)
    tell(stage, 111, 0, 40)
    stage.ticks(120, 150)
    expect(voters(stage)).toEqual([0, 1, 2])
  })
})
