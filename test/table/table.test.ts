import { describe, expect, test } from 'vitest'
import { BatchPool } from '../../src/core/batch.ts'
import { parseInstant } from '../../src/core/time.ts'
import { VantagePoints } from '../../src/core/vantage.ts'
import { Watcher } from '../../src/core/view.ts'
import { mrt } from '../../src/scenario/mrt.ts'
import { Table } from '../../src/table/table.ts'
import { MrtReader } from '../../src/wire/mrt.ts'
import { Stage } from './stage.ts'

const P = '10.0.0.0/16'

/** Everybody holds P and four more, and is known to. */
function whole(count: number): Stage {
  const stage = new Stage()
  for (const v of stage.peers(count)) {
    stage.load(v, P, `${101 + v} 900`)
    for (let k = 1; k < 5; k++) stage.load(v, `10.${k}.0.0/16`, `${101 + v} 900`)
  }
  stage.table.start()
  stage.hear()
  return stage
}

describe('a prefix goes and comes back', () => {
  test('told by its changes of state, and no more', () => {
    const stage = whole(8)
    const heard = (v: number) => {
      stage.withdraw(10 + v, v, P)
      return stage.hear()
    }
    expect([0, 1, 2, 3, 4, 5, 6, 7].map(heard)).toEqual([
      [],
      [],
      [`${P} up > degraded`],
      [],
      [`${P} degraded > lost`],
      [`${P} lost > down`],
      [],
      [],
    ])
    const p = stage.id(P)
    expect(stage.table.lossStart(p)).toBe(10e6)
    expect(stage.table.lastLoss(p)).toBe(17e6)
    expect(stage.table.lostAt([p])).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    expect(stage.table.reachable(p)).toBe(false)
    const back = (v: number) => {
      stage.announce(100 + v, v, P, `${101 + v} 900`)
      return stage.hear()
    }
    expect([0, 1, 2, 3, 4, 5, 6, 7].map(back)).toEqual([
      [],
      [],
      [`${P} down > lost`],
      [],
      [],
      [`${P} lost > up`],
      [],
      [],
    ])
    expect(stage.table.lossStart(p)).toBe(0)
  })

  test('what is repeated changes nothing', () => {
    const stage = whole(4)
    stage.announce(1, 0, P, '101 900').announce(2, 0, P, '101 900')
    stage.withdraw(3, 1, '77.0.0.0/8').withdraw(4, 1, P).withdraw(5, 1, P)
    expect(stage.table.repeats).toBe(4)
    expect(stage.table.elements).toBe(5)
    expect(stage.standing(P)).toBe('3/4 up')
    expect(stage.table.lastLoss(stage.id(P))).toBe(4e6)
    expect(stage.hear()).toEqual([])
  })

  test('another path takes its place without a loss; a new one is told once', () => {
    const stage = whole(4)
    stage.announce(1, 0, P, '101 5 900').announce(2, 1, P, '101 5 900')
    expect(stage.hear()).toEqual(['new 101 5 900'])
    expect(stage.standing(P)).toBe('4/4 up')
    expect(stage.table.lossStart(stage.id(P))).toBe(0)
  })

  test('only those who ordinarily carry it can lose it', () => {
    const stage = whole(4)
    const [v, w] = [stage.peer(900, 'rrc00', 99), stage.peer(901, 'rrc00', 98)]
    for (const one of [v, w]) {
      // Their tables are known, and P is new to them.
      stage.up(1, one)
      for (let k = 1; k < 5; k++) stage.announce(1, one, `10.${k}.0.0/16`, '900 900')
      stage.endOfRib(1, one).endOfRib(1, one, 6).announce(2, one, P, '900 900')
    }
    expect(stage.standing(P)).toBe('6/4 up')
    stage.withdraw(10, v, P)
    expect([stage.standing(P), stage.table.lossStart(stage.id(P))]).toEqual(['5/4 up', 0])
    // An old flap is not the beginning of what comes now.
    stage.withdraw(100, 0, P).withdraw(101, 1, P)
    expect([stage.standing(P), stage.table.lossStart(stage.id(P))]).toEqual(['3/4 up', 101e6])
  })
})

describe('sessions', () => {
  test('who is down leaves numerator and denominator: nothing is lost', () => {
    const stage = whole(4)
    for (const v of [0, 1, 2]) stage.down(10 + v, v)
    expect(stage.standing(P)).toBe('1/1 up')
    expect(stage.table.lossStart(stage.id(P))).toBe(0)
    stage.down(13, 3)
    expect(stage.standing(P)).toBe('0/0 new')
    expect(stage.hear().filter((line) => !line.startsWith('peer'))).toEqual([
      ...[0, 4, 3, 2, 1].map((k) => `10.${k}.0.0/16 up > new`).sort(),
    ])
  })

  test('after the table transfer what was not told again is gone in silence', () => {
    const stage = whole(4)
    stage.down(10, 0).up(20, 0)
    for (let k = 1; k < 5; k++) stage.announce(21, 0, `10.${k}.0.0/16`, '101 900')
    expect(stage.standing('10.1.0.0/16')).toBe('3/3 up')
    stage.endOfRib(22, 0)
    expect(stage.standing('10.1.0.0/16')).toBe('4/4 up')
    expect(stage.standing(P)).toBe('3/3 up')
    expect(stage.hear()).toEqual([
      'peer 0 active > down',
      'peer 0 down > transfer',
      'peer 0 transfer > active',
    ])
  })

  test('a fall that nobody told: Established again, or an UPDATE after the fall', () => {
    const stage = whole(4)
    stage.up(10, 0)
    expect(stage.hear()).toEqual(['peer 0 active > down', 'peer 0 down > transfer'])
    stage.down(11, 1).announce(12, 1, P, '102 900')
    expect(stage.hear()).toEqual(['peer 1 active > down', 'peer 1 down > transfer'])
    expect(stage.standing(P)).toBe('2/2 up')
  })

  test('gaps: of one collector or all of a feed, until sight is back', () => {
    const stage = whole(2)
    const far = stage.peer(300, 'rrc99', 50)
    for (const v of [0, 1, far]) stage.alive(1, v)
    stage.announce(1, far, P, '300 900')
    stage.hear()
    stage.gap(10, 'rrc99')
    expect(stage.hear()).toEqual([`peer ${far} active > unknown`])
    expect(stage.table.vantage()).toEqual({ active: 2, quarantined: 0, down: 0, unknown: 1 })
    stage.gap(11).sight(12, 'rrc99')
    expect(stage.standing(P)).toBe('0/0 new')
    // What is heard meanwhile is noted, and is no loss.
    stage.withdraw(13, 0, '10.1.0.0/16')
    stage.sight(14)
    expect([stage.standing(P), stage.standing('10.1.0.0/16')]).toEqual(['2/2 up', '1/2 degraded'])
    expect(stage.table.lossStart(stage.id('10.1.0.0/16'))).toBe(0)
    expect(stage.hear().filter((line) => /down|lost/.test(line))).toEqual([])
  })

  test('sight comes back though another feed has spoken of the peer', () => {
    const stage = whole(2)
    stage.alive(1, 0).alive(1, 1).gap(2)
    stage.file = 1
    stage.alive(3, 0)
    stage.sight(4)
    expect(stage.standing(P)).toBe('2/2 up')
  })

  test('a table transfer that a gap interrupts goes on after it', () => {
    const stage = whole(4)
    stage.down(10, 0).up(11, 0).announce(12, 0, P, '101 900').gap(13).sight(20)
    expect(stage.table.peerState(0)).toBe(1)
    expect(stage.standing(P)).toBe('3/3 up')
    for (let k = 1; k < 4; k++) stage.announce(21, 0, `10.${k}.0.0/16`, '101 900')
    stage.endOfRib(22, 0)
    expect([stage.standing(P), stage.standing('10.4.0.0/16')]).toEqual(['4/4 up', '3/3 up'])
  })

  test('a session that came up unseen tells its table anew', () => {
    const stage = whole(4)
    stage.alive(1, 0).gap(10).up(12, 0).announce(13, 0, P, '101 900').sight(20)
    for (let k = 1; k < 4; k++) stage.announce(20, 0, `10.${k}.0.0/16`, '101 900')
    expect(stage.table.peerState(0)).toBe(1)
    stage.endOfRib(21, 0)
    expect([stage.standing(P), stage.standing('10.4.0.0/16')]).toEqual(['4/4 up', '3/3 up'])
  })
})

test('who is heard of watched prefixes only keeps the rest of its table, and its vote', () => {
  const stage = new Stage({ asns: [900], hearsAll: false })
  for (const v of stage.peers(4)) {
    for (let k = 0; k < 40; k++) stage.load(v, `20.${k}.0.0/16`, `${101 + v} 901`)
    for (let k = 0; k < 2; k++) stage.load(v, `10.${k}.0.0/16`, `${101 + v} 900`)
  }
  stage.table.start()
  stage.down(10, 0).up(20, 0).announce(21, 0, '10.0.0.0/16', '101 900')
  expect(stage.table.peers.get(0)).toMatchObject({ before: 2, stale: 1, routes4: 42 })
  stage.announce(21, 0, '10.1.0.0/16', '101 900').ticks(30, 50)
  expect([stage.table.peerState(0), stage.table.votes(0, 4)]).toEqual([2, true])
  expect([stage.standing('10.0.0.0/16'), stage.standing('20.0.0.0/16')]).toEqual([
    '4/4 up',
    '4/4 up',
  ])
  // What it does not confirm of the watched is gone.
  stage.down(60, 1).up(61, 1).announce(62, 1, '10.0.0.0/16', '102 900').endOfRib(63, 1)
  expect([stage.standing('10.1.0.0/16'), stage.standing('20.0.0.0/16')]).toEqual([
    '3/3 up',
    '4/4 up',
  ])
})

describe('leaks', () => {
  const path = (stage: Stage, v: number) => stage.table.rib.word(v, stage.id(P)) & 0xfffffff

  test('the clean-up of a leak is no loss; what it displaced comes back as reference', () => {
    const stage = whole(4)
    stage.announce(10, 0, P, '101 666 900')
    stage.table.leaked(path(stage, 0), true)
    stage.withdraw(20, 0, P)
    expect(stage.standing(P)).toBe('3/3 up')
    expect(stage.table.lossStart(stage.id(P))).toBe(0)
    stage.announce(30, 0, P, '101 666 900')
    expect(stage.standing(P)).toBe('4/3 up')
    stage.announce(40, 0, P, '101 900')
    expect(stage.standing(P)).toBe('4/4 up')
  })

  test('when the leak is over its path is one like others, and counted once', () => {
    const stage = whole(4)
    stage.announce(10, 0, P, '101 666 900')
    const leak = path(stage, 0)
    stage.table.leaked(leak, true)
    stage.withdraw(20, 0, P).announce(30, 0, P, '101 666 900')
    stage.table.leaked(leak, false)
    stage.ticks(1_200, 2_390)
    expect(stage.standing(P)).toBe('4/4 up')
    stage.announce(2_400, 0, P, '101 666 900').announce(2_401, 0, P, '101 900')
    expect(stage.standing(P)).toBe('4/4 up')
    stage.withdraw(2_402, 0, P)
    expect(stage.standing(P)).toBe('3/4 up')
  })
})

describe('routes on marked paths', () => {
  test('are told when they are taken up and left, by the session too', () => {
    const stage = whole(2)
    const { table } = stage
    stage.announce(1, 0, P, '101 7 900')
    stage.hear()
    table.mark(table.rib.word(0, stage.id(P)) & 0xfffffff, Watcher.link)
    stage.announce(2, 0, P, '101 900').announce(3, 1, P, '101 7 900').withdraw(4, 1, P)
    stage.announce(5, 0, P, '101 7 900').down(6, 0).up(7, 0).endOfRib(8, 0)
    expect(stage.hear().filter((line) => line.startsWith('route'))).toEqual([
      `route 0 ${P} 101 7 900 > 101 900`,
      `route 1 ${P} 102 900 > 101 7 900`,
      `route 1 ${P} 101 7 900 > `,
      `route 0 ${P} 101 900 > 101 7 900`,
      `route 0 ${P} 101 7 900 > `,
    ])
  })
})

describe('origins and covers', () => {
  test('a newcomer does not get a prefix by announcing louder, only when nobody holds it', () => {
    const stage = whole(2)
    const origin = () => stage.table.origin(stage.id(P))
    stage.announce(1, 0, P, '101 666').announce(2, 1, P, '102 666')
    expect(origin()).toBe(900)
    expect(stage.table.prefixesOf(900).length).toBe(5)
    stage.announce(3, 0, '44.0.0.0/8', '101 666')
    expect(stage.table.origin(stage.id('44.0.0.0/8'))).toBe(666)
    stage.withdraw(4, 0, '44.0.0.0/8').announce(5, 1, '44.0.0.0/8', '102 777')
    expect(stage.table.origin(stage.id('44.0.0.0/8'))).toBe(777)
    expect([stage.table.prefixesOf(666), stage.table.prefixesOf(777).length]).toEqual([[], 1])
  })

  test('an origin that is watched takes what it announces from one that is not', () => {
    const stage = new Stage({ asns: [900, 901] })
    const origin = (prefix = P) => stage.table.origin(stage.id(prefix))
    for (const v of stage.peers(4)) stage.load(v, P, v < 3 ? `${101 + v} 800` : `${101 + v} 900`)
    for (let v = 0; v < 4; v++) stage.load(v, '20.0.0.0/16', `${101 + v} 800`)
    stage.table.start()
    expect(origin()).toBe(900)
    stage.announce(1, 0, '20.0.0.0/16', '101 900').announce(2, 1, '20.0.0.0/16', '102 800')
    expect(origin('20.0.0.0/16')).toBe(900)
    stage.announce(3, 2, '20.0.0.0/16', '103 901').announce(4, 2, P, '103 800')
    expect([origin('20.0.0.0/16'), origin()]).toEqual([900, 900])
  })

  test('the parent is the nearest less specific of the same origin', () => {
    const stage = new Stage()
    const [v] = stage.peers(1) as [number]
    const parent = (text: string) => {
      const p = stage.table.parentOf(stage.id(text))
      return p < 0 ? null : stage.table.prefixText(p)
    }
    for (const [prefix, path] of [
      ['0.0.0.0/0', '101 900'],
      ['10.0.0.0/8', '101 900'],
      ['10.1.0.0/16', '101 901'],
      ['10.1.2.0/24', '101 900'],
      ['10.2.0.0/16', '101 900'],
      ['2001:db8::/32', '101 900'],
      ['2001:db8:0:1::/64', '101 900'],
      ['2001:db8:0:1::1/128', '101 901'],
      ['11.0.0.0/8', '101 {900}'],
      ['11.0.0.0/16', '101 {900}'],
    ] as const)
      stage.load(v, prefix, path)
    expect(parent('10.1.2.0/24')).toBe('10.0.0.0/8')
    expect(parent('10.1.0.0/16')).toBe(null)
    expect(parent('10.2.0.0/16')).toBe('10.0.0.0/8')
    expect(parent('10.0.0.0/8')).toBe(null)
    expect(parent('2001:db8:0:1::/64')).toBe('2001:db8::/32')
    expect(parent('2001:db8:0:1::1/128')).toBe(null)
    // Nobody's prefix is not the parent of nobody's.
    expect(parent('11.0.0.0/16')).toBe(null)
  })

  test('reachable: well seen, or new and held by half of those who vote', () => {
    const stage = whole(4)
    const reachable = (text: string) => stage.table.reachable(stage.id(text))
    expect(reachable(P)).toBe(true)
    stage.announce(1, 0, '44.0.0.0/8', '101 900')
    expect(reachable('44.0.0.0/8')).toBe(false)
    stage.announce(2, 1, '44.0.0.0/8', '102 900')
    expect(reachable('44.0.0.0/8')).toBe(true)
  })

  test('address space begins where it begins', () => {
    const stage = whole(1)
    stage.announce(1, 0, '224.1.2.0/24', '101 900').announce(1, 0, 'ffff:db8:5::/48', '101 900')
    expect(stage.table.firstUnit(stage.id('224.1.2.0/24'))).toBe(0xe00102)
    expect(stage.table.firstUnit(stage.id('ffff:db8:5::/48'))).toBe(0xffff0db80005)
  })
})

describe('bounds', () => {
  test('tables that are full refuse and count, and go on', () => {
    const limits = { prefixes: 4, paths: 6, routes: 1_024 }
    const stage = new Stage({ baseline: 'learned-live', limits })
    const peers = stage.peers(5)
    stage.table.start()
    let at = 0
    for (let round = 0; round < 3; round++)
      for (const v of peers)
        for (let k = 0; k < 8; k++) {
          stage.announce(at++, v, `10.${k}.0.0/16`, `${101 + v} ${round} 900`)
          if (k % 3 === 0) stage.withdraw(at++, v, `10.${k}.0.0/16`)
        }
    for (const v of peers) stage.down(at, v).up(at, v).endOfRib(at, v)
    stage.ticks(at, at + 1_300)
    const { table } = stage
    expect([table.prefixes, table.paths.count]).toEqual([4, 6])
    const dropped = Object.fromEntries(table.dropped.map(({ table: t, count }) => [t, count]))
    // Four prefixes too many, each announced by all and every second withdrawn; a page a peer.
    expect(dropped).toEqual({
      prefixes: 3 * 5 * (4 + 1),
      paths: expect.any(Number),
      routes: 3 * 3 * 4,
      'vantage-points': 0,
      'add-paths': 0,
      'falls-in-holes': 0,
    })
    expect(dropped['paths']).toBeGreaterThan(50)
    for (let p = 0; p < 4; p++) expect(table.visible(p)).toBeLessThanOrEqual(2)
  })

  test('more peers than there are numbers for are refused and counted', () => {
    const stage = new Stage()
    const peers = Array.from({ length: 16_400 }, (_, i) => stage.peer(1 + i, 'rrc00', i))
    expect(peers.filter((id) => id >= 0).length).toBe(16_384)
    expect(stage.table.dropped[3]).toEqual({ table: 'vantage-points', count: 16 })
    const last = peers[16_383] as number
    stage.table.start()
    stage.announce(1, last, P, '7 900')
    expect(stage.table.vantagePoint(last).asn).toBe(16_384)
  })

  test('more than 4,096 prefixes: nothing is forgotten as the columns grow', () => {
    const stage = whole(3)
    const name = (i: number) => `20.${i >> 8}.${i & 255}.0/24`
    for (let i = 0; i < 10_000; i++)
      stage.announce(1, i % 3, name(i), `${101 + (i % 3)} ${i + 1_000}`)
    for (let i = 0; i < 10_000; i++) {
      const p = stage.id(name(i))
      if (stage.table.visible(p) !== 1 || stage.table.origin(p) !== i + 1_000)
        throw new Error(`${name(i)}: ${stage.standing(name(i))} AS${stage.table.origin(p)}`)
    }
    expect(stage.standing(P)).toBe('3/3 up')
    expect(stage.table.paths.count).toBe(10_000 + 3 + 2)
  })
})

test('a story from an archive', () => {
  const dump = mrt().at('2024-10-29T00:00:00Z')
  dump.peers([
    { address: '192.0.2.1', asn: 64_496 },
    { address: '192.0.2.2', asn: 64_497 },
  ])
  dump.rib('198.51.100.0/24', [
    { peer: 0, path: '64496 3356 64500' },
    { peer: 1, path: '64497 64500' },
  ])
  const updates = mrt().at('2024-10-29T00:07:04Z').peer('192.0.2.1', 64_496)
  updates.withdraw('198.51.100.0/24').after(2).peer('192.0.2.2', 64_497).state(6, 1)
  const vantages = new VantagePoints()
  const table = new Table({ vantages, asns: new Set([64_500]), baseline: 'rib' })
  const pool = new BatchPool()
  const each = (bytes: Uint8Array, use: (batch: ReturnType<BatchPool['take']>) => void) => {
    const reader = new MrtReader(vantages, 'rrc00', 0)
    reader.push(bytes)
    const batch = pool.take()
    reader.read(batch, true)
    use(batch)
  }
  each(dump.bytes(), (batch) => table.load(batch))
  table.start()
  const at = (text: string) => parseInstant(text) as number
  each(updates.bytes(), (batch) => {
    table.intern(batch)
    table.apply(batch, 0)
    expect([table.visible(0), table.reference(0)]).toEqual([1, 2])
    expect(table.lossStart(0)).toBe(at('2024-10-29T00:07:04Z'))
    expect(table.cause.before).toBeGreaterThan(1)
    table.apply(batch, 1)
  })
  expect([table.visible(0), table.reference(0)]).toEqual([0, 1])
  expect(table.vantage()).toEqual({ active: 1, quarantined: 0, down: 1, unknown: 0 })
  expect(table.updates.get(64_500)?.[4]).toEqual({ announced: 0, withdrawn: 1 })
  expect([table.narrow, table.watches(64_500), table.watches(3356)]).toEqual([true, true, false])
})
