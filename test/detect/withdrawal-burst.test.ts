import { describe, expect, test } from 'vitest'
import { Dice } from '../../src/scenario/dice.ts'
import { clock, lines, many, only, World } from './world.ts'

const ten = 'abcdeABCDE'
/** Five prefixes each of so many networks, those of the i-th. */
const of = (i: number) => many(5, `10.${i}`)
const asns = Array.from({ length: 12 }, (_, i) => 7000 + i)

/** Twelve networks behind AS4000, which has them from most of its peers; six more behind AS5000. */
function world(watch?: number[]): World {
  const w = new World(watch ? { watch } : {})
  for (const [i, asn] of asns.entries()) w.holds(ten, of(i), `3356 4000 ${asn}`)
  for (let i = 12; i < 18; i++) w.holds(ten, of(i), `1299 5000 ${7000 + i}`)
  return w
}
const all = asns.flatMap((_, i) => of(i))

describe('a transit network fails', () => {
  const told = world()
    .at('00:10:00')
    .withdraw(ten, all, 3)
    .at('00:30:00')
    .announce(ten, all, '3356 4000 7000', 1)
    .play('01:00:00')

  test('one incident, of that network, and not one of each behind it', () => {
    expect(new Set(told.map(({ kind }) => kind))).toEqual(new Set(['withdrawal.burst']))
    const burst = only(told, 'withdrawal.burst')
    expect(burst).toMatchObject({ key: 'burst:4000:ipv4', culprit: 4000, asn: 4000 })
    expect(burst.counts).toMatchObject({ prefixes: 60, origins: 12, peerAsns: 10, collectors: 2 })
    expect(burst.confidence.level).not.toBe('low')
  })

  test('from the first withdrawal to the element that brought back four fifths', () => {
    const { startedAt, detectedAt, endedAt, state } = only(told, 'withdrawal.burst')
    expect([startedAt, detectedAt].map(clock)).toEqual(['00:10:00', '00:11:20'])
    // The eighth of ten has them again.
    expect([clock(endedAt), state]).toEqual(['00:30:07', 'resolved'])
  })
})

test('however its messages are interleaved: the same bytes', () => {
  const story = () =>
    world()
      .at('00:10:00')
      .withdraw(ten, all, 3)
      .at('00:14:00')
      .announce('aB', of(3), '3356 4000 7003')
  const bytes = (dice?: Dice) => JSON.stringify(story().play('00:40:00', dice))
  const plain = bytes()
  expect(plain).toContain('withdrawal.burst')
  for (let seed = 0; seed < 5; seed++) expect(bytes(new Dice(`burst ${seed}`))).toBe(plain)
})

test('outages that were told before are folded into it', () => {
  // The first three networks go a minute and a half before the others.
  const told = world()
    .at('00:10:00')
    .withdraw(ten, [...of(0), ...of(1), ...of(2)])
    .at('00:10:50')
    .withdraw(ten, all.slice(15))
    .play('00:30:00')
  const burst = only(told, 'withdrawal.burst')
  const folded = told.filter(({ foldedInto }) => foldedInto === burst.id)
  expect(folded.map(({ asn }) => asn)).toEqual([7000, 7001, 7002])
  const open = told.filter(({ kind, state }) => kind === 'outage.as' && state === 'open')
  expect(new Set(open.map(({ asn }) => asn))).toEqual(new Set([7000, 7001, 7002]))
})

test('no network is on most of the paths: the whole world', () => {
  const w = new World()
  for (const [i, asn] of asns.entries()) w.holds(ten, of(i), `${[3356, 1299, 174][i % 3]} ${asn}`)
  const told = w.at('00:10:00').withdraw(ten, all).play('00:30:00')
  expect(only(told, 'withdrawal.burst')).toMatchObject({ key: 'burst:0:ipv4', culprit: 0 })
  expect(new Set(told.map(({ kind }) => kind))).toEqual(new Set(['withdrawal.burst']))
})

test('an outage of its own is told beside it', () => {
  const other = many(8, '203.0')
  const told = world()
    .holds(ten, other, '1299 8000')
    .at('00:10:00')
    .withdraw(ten, all)
    .at('00:20:00')
    .withdraw(ten, other)
    .play('00:40:00')
  expect(only(told, 'withdrawal.burst').culprit).toBe(4000)
  expect(only(told, 'outage.as')).toMatchObject({ asn: 8000, state: 'open', foldedInto: null })
})

test('a member that stays lost when the others are back stands for itself', () => {
  const told = world()
    .at('00:10:00')
    .withdraw(ten, all)
    .at('00:20:00')
    .announce(ten, all.slice(5), '3356 4000 7001')
    .play('01:00:00')
  expect(only(told, 'withdrawal.burst').state).toBe('resolved')
  expect(lines(told).at(-1)).toBe('00:25:10 outage.as AS7000 ipv4 open: confirmed')
})

test('watched: told when one of the lost is watched, and of nobody else', () => {
  const lost = (w: World) => w.at('00:10:00').withdraw(ten, all).play('00:30:00')
  expect(only(lost(world([7003])), 'withdrawal.burst')).toMatchObject({ asn: 7003, culprit: 4000 })
  expect(lost(world([7015]))).toEqual([])
})

test('with a learned baseline the paths are guessed from what others hold, and it says so', () => {
  const w = new World({ baseline: 'learned-from-input' }).at('00:05:00')
  for (const [i, asn] of asns.entries()) w.announce('DE', of(i), `3356 4000 ${asn}`)
  w.at('00:10:00').withdraw(ten, all, 1)
  const { culprit, confidence } = only(w.play('00:30:00'), 'withdrawal.burst')
  expect([culprit, confidence.level]).toEqual([4000, 'low'])
})

describe('is no burst', () => {
  const kinds = (told: ReturnType<World['play']>) => new Set(told.map(({ kind }) => kind))

  test('one large network, and a few others in the same minute', () => {
    const w = world().holds(ten, many(60, '203.0'), '3356 4000 8000')
    const told = w
      .at('00:10:00')
      .withdraw(ten, [...many(60, '203.0'), ...[0, 1, 13, 14, 15].map((i) => of(i)[0] ?? '')])
      .play('00:30:00')
    expect(kinds(told)).toEqual(new Set(['outage.as']))
  })

  test('what is back within a minute', () => {
    const told = world()
      .at('00:10:00')
      .withdraw(ten, all)
      .at('00:10:40')
      .announce(ten, all, '1299 4000 7000')
      .play('00:30:00')
    expect(kinds(told).has('withdrawal.burst')).toBe(false)
  })

  test('what goes over ten minutes, network by network', () => {
    const w = world()
    for (let i = 0; i < 12; i++) w.at(`00:${10 + 2 * i}:00`).withdraw(ten, of(i))
    expect(kinds(w.play('01:00:00')).has('withdrawal.burst')).toBe(false)
  })

  test('sessions that fall, and one peer that loses everything', () => {
    expect(kinds(world().at('00:10:00').down('abcdeABC').play('00:30:00'))).toEqual(
      new Set(['blind']),
    )
    expect(world().at('00:10:00').withdraw('a', all).play('00:30:00')).toEqual([])
  })
})

test('how large the table is does not depend on what was numbered ahead of its time', () => {
  const all = many(1_500, '60.0')
  const story = () => {
    const w = new World()
    for (let v = 0; v < 300; v++)
      w.holds('abcdefghijABCDEFGHIJ', all.slice(v * 5, v * 5 + 5), `1299 3356 ${10_000 + v}`)
    w.at('00:10:00').withdraw('abcdefghijABCDEFGHIJ', all.slice(0, 165))
    return w.at('00:14:00').announce('a', many(3_000, '90.0'), '1299 3356 9000')
  }
  const kinds = (told: readonly { kind: string }[]) => new Set(told.map(({ kind }) => kind))
  const once = story().play('00:13:00')
  expect(kinds(once)).toEqual(new Set(['withdrawal.burst']))
  expect(kinds(story().play('00:13:00', new Dice('batches')))).toEqual(kinds(once))
})
