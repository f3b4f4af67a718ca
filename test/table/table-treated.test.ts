// UPDATEs that RFC 7606 has a router treat as a withdrawal: a fact about the peer, and no withdrawal.

import { describe, expect, test } from 'vitest'
import { Batch, Message, TREAT_AS_WITHDRAW } from '../../src/core/batch.ts'
import type { SeedPeer } from '../../src/core/seed.ts'
import { UNKNOWN_PATH, Watcher } from '../../src/core/view.ts'
import { PATH, REFERENCE } from '../../src/table/rib.ts'
import { journalSource, plantPeer } from '../../src/table/snapshot.ts'
import { Stage, type StageSettings, write } from './stage.ts'

const P = '10.0.0.0/16'
const NEW = '20.0.0.0/8'

/** Four peers hold P over AS5. */
function whole(settings: StageSettings = {}): Stage {
  const stage = new Stage(settings)
  for (const v of stage.peers(4)) stage.load(v, P, `${101 + v} 5 900`)
  stage.table.start()
  stage.hear()
  return stage
}

const pathOf = (stage: Stage, vantage: number, prefix: string) =>
  stage.table.pathText(stage.table.rib.word(vantage, stage.id(prefix)) & PATH)
const faults = ({ table }: Stage) => table.peers.list.map((peer) => peer.treatedAsWithdraw)

describe('an announcement without a path that could be read', () => {
  test('is counted, and leaves the path that is known, its origin and its standing', () => {
    const stage = whole()
    stage.faulty(1, 0, P).faulty(2, 0, P).faulty(3, 2, P)
    expect(faults(stage)).toEqual([2, 0, 1, 0])
    expect([stage.standing(P), pathOf(stage, 0, P)]).toEqual(['4/4 up', '101 5 900'])
    expect([stage.hear(), stage.table.lossStart(stage.id(P)), stage.table.repeats]).toEqual([
      [],
      0,
      3,
    ])
    expect(stage.table.origin(stage.id(P))).toBe(900)
  })

  test('of a route nobody knew is a route on an unknown path', () => {
    const stage = whole()
    stage.faulty(1, 0, NEW)
    expect([stage.standing(NEW), pathOf(stage, 0, NEW)]).toEqual(['1/0 new', '?'])
    expect([stage.table.origin(stage.id(NEW)), stage.hear()]).toEqual([0, []])
    stage.faulty(2, 0, NEW).announce(3, 0, NEW, '101 7 900')
    expect([pathOf(stage, 0, NEW), stage.table.origin(stage.id(NEW))]).toEqual(['101 7 900', 900])
    stage.withdraw(4, 0, NEW)
    expect(stage.standing(NEW)).toBe('0/0 new')
  })

  test('brings back what was lost: the peer has a route again, whatever its way', () => {
    const stage = whole()
    for (const v of [0, 1, 2, 3]) stage.withdraw(10 + v, v, P)
    expect(stage.standing(P)).toBe('0/4 down')
    stage.faulty(20, 0, P)
    expect([stage.standing(P), pathOf(stage, 0, P)]).toEqual(['1/4 down', '?'])
    stage.withdraw(21, 0, P)
    expect(stage.standing(P)).toBe('0/4 down')
  })

  test('with a path that could be read is an announcement on it', () => {
    const stage = whole()
    stage.faulty(1, 0, P, '101 6 900')
    expect([faults(stage)[0], pathOf(stage, 0, P)]).toEqual([1, '101 6 900'])
    expect(stage.hear()).toEqual(['new 101 6 900'])
  })

  test('of a message that has none is the same, but nobody is accused', () => {
    const stage = whole()
    stage.announce(1, 0, P, '?')
    expect([pathOf(stage, 0, P), faults(stage)[0], stage.hear()]).toEqual(['101 5 900', 0, []])
  })

  test('confirms a route after its session came back', () => {
    const stage = whole()
    stage.down(1, 0).up(2, 0).faulty(3, 0, P).endOfRib(4, 0)
    expect([stage.standing(P), pathOf(stage, 0, P)]).toEqual(['4/4 up', '101 5 900'])
  })
})

describe('beside a leak', () => {
  /** Peer 0 holds P on a path that is watched, as part of a leak that is on. */
  function leaking(): { stage: Stage; leak: number } {
    const stage = whole()
    stage.announce(1, 0, P, '101 6 900')
    const leak = stage.table.rib.word(0, stage.id(P)) & PATH
    stage.table.mark(leak, Watcher.link)
    stage.table.leaked(leak, true)
    stage.hear()
    return { stage, leak }
  }

  test('no route leaves it because of a message that says nothing', () => {
    const { stage, leak } = leaking()
    stage.faulty(2, 0, P)
    expect(stage.hear()).toEqual([])
    expect(stage.table.rib.word(0, stage.id(P)) & PATH).toBe(leak)
    // Its withdrawal is clean-up as before, no loss.
    stage.withdraw(3, 0, P)
    expect(stage.hear()).toEqual([`route 0 ${P} 101 6 900 > `])
    expect([stage.standing(P), stage.table.lossStart(stage.id(P))]).toEqual(['3/3 up', 0])
  })

  test('what it displaced is not ordinary again before its path is', () => {
    const { stage } = leaking()
    const isOrdinary = () => (stage.table.rib.word(0, stage.id(P)) & REFERENCE) !== 0
    stage.withdraw(2, 0, P).faulty(3, 0, P).faulty(4, 0, P)
    expect([isOrdinary(), stage.standing(P)]).toEqual([false, '4/3 up'])
    stage.announce(5, 0, P, '101 5 900')
    expect([isOrdinary(), stage.standing(P)]).toEqual([true, '4/4 up'])
  })

  test('a route on an unknown path takes up a marked one like any other', () => {
    const { stage } = leaking()
    stage.faulty(2, 1, NEW).announce(3, 1, NEW, '101 6 900').faulty(4, 1, NEW).withdraw(5, 1, NEW)
    expect(stage.hear()).toEqual([`route 1 ${NEW} ? > 101 6 900`, `route 1 ${NEW} 101 6 900 > `])
  })
})

test('the unknown path is never judged, learned or marked', () => {
  const stage = whole()
  stage.faulty(1, 0, NEW).ticks(10, 3_000)
  expect(stage.standing(NEW)).toBe('1/1 up')
  expect(stage.hear().filter((told) => /new|learn/.test(told) && told.includes('?'))).toEqual([])
  expect(stage.table.hops(UNKNOWN_PATH)).toHaveLength(0)
})

test('ADD-PATH: the identifier keeps its path, and a route without one counts when it is alone', () => {
  const stage = whole()
  stage.announce(1, 0, NEW, '101 5 900', 4).announce(1, 0, NEW, '101 6 900', 5)
  stage.faulty(2, 0, NEW, '?', 4)
  expect(pathOf(stage, 0, NEW)).toBe('101 5 900')
  stage.faulty(3, 0, NEW, '?', 3)
  expect(pathOf(stage, 0, NEW)).toBe('101 5 900')
  stage.withdraw(4, 0, NEW, 4)
  expect(pathOf(stage, 0, NEW)).toBe('101 6 900')
  stage.withdraw(5, 0, NEW, 5)
  expect(pathOf(stage, 0, NEW)).toBe('?')
  stage.withdraw(6, 0, NEW, 3)
  expect(pathOf(stage, 0, NEW)).toBe('')
})

test('rows of a starting table are loaded and counted too', () => {
  const stage = new Stage()
  const batch = new Batch(16, 64, 256)
  batch.clear()
  for (const v of stage.peers(2)) {
    const path = v === 0 ? '?' : '102 900'
    write(batch, Message.rib, 0, v, [{ prefix: P, path }], v === 0 ? TREAT_AS_WITHDRAW : 0)
  }
  stage.table.load(batch)
  stage.table.start()
  expect([stage.standing(P), pathOf(stage, 0, P), faults(stage)]).toEqual(['2/2 up', '?', [1, 0]])
  expect(stage.table.origin(stage.id(P))).toBe(900)
})

describe('a snapshot', () => {
  const first = () => {
    const stage = whole()
    stage.faulty(1, 0, P).faulty(2, 0, P)
    const [notes] = [...journalSource(stage.table).peers()]
    return JSON.parse(JSON.stringify(notes)) as SeedPeer
  }
  const planted = (change: (notes: Record<string, unknown>) => void) => {
    const { vantage, notes } = first()
    const own = { ...notes } as Record<string, unknown>
    change(own)
    const stage = whole()
    const isRead = plantPeer(stage.table, { vantage, notes: own as SeedPeer['notes'] })
    return [isRead, faults(stage)[0]]
  }

  test('has the count; one of before there was a count has none', () => {
    expect(planted(() => undefined)).toEqual([true, 2])
    expect(
      planted((notes) => {
        delete notes['treatedAsWithdraw']
      }),
    ).toEqual([true, 0])
  })

  test.each([null, '2', true])('is refused when the count is %j', (count) => {
    expect(planted((notes) => Object.assign(notes, { treatedAsWithdraw: count }))).toEqual([
      false,
      0,
    ])
  })

  test('is refused when a note is missing that was always there', () => {
    const gone = (notes: Record<string, unknown>) => {
      delete notes['stale']
    }
    expect(planted(gone)).toEqual([false, 0])
  })
})
