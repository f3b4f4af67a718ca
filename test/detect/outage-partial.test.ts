import { describe, expect, test } from 'vitest'
import { clock, lines, many, only, World } from './world.ts'

const twenty = 'abcdefghijABCDEFGHIJ'
const eight = many(8)
const path = '3356 7000'
const world = (watch: number[] = [7000]) => new World({ watch }).holds(twenty, eight, path)
/** Seven of twenty: a third. */
const third = 'abcdABC'

describe('a third of those who carry it lose it', () => {
  const told = world()
    .at('00:10:00')
    .withdraw(third, eight, 2)
    .at('00:30:00')
    .announce(third, eight, path, 1)
    .play('01:00:00')

  test('told once, small, as partial, after five minutes', () => {
    const one = only(told, 'outage.as')
    expect(one).toMatchObject({ key: 'partial:7000:ipv4', severity: 'minor', state: 'resolved' })
    // A quarter is missing with the sixth, at 00:10:10; from the tick of 00:10:20 on it is known.
    expect([one.startedAt, one.detectedAt].map(clock)).toEqual(['00:10:00', '00:15:20'])
    expect(one.confidence.tags.map(({ name }) => name)).toContain('partial')
    expect(one.counts).toMatchObject({ prefixes: 8, ofPrefixes: 8, peerAsns: 7, share: 0.35 })
  })

  test('over with the element that gave it back to three quarters', () => {
    expect(clock(only(told, 'outage.as').endedAt)).toBe('00:30:01')
  })

  test('and through whom they had it', () => {
    const tag = only(told, 'outage.as').confidence.tags.find(({ name }) => name === 'behind')
    expect(tag?.because).toBe('100 % of the paths that were left came through AS3356')
  })
})

test('grown into an outage it is a part of that', () => {
  const told = world()
    .at('00:10:00')
    .withdraw(third, eight)
    .at('00:20:00')
    .withdraw('efghijDEFGHIJ', eight)
    .play('00:40:00')
  const outage = told.find(({ key }) => key === 'outage:7000:ipv4')
  expect(told.at(-1)).toMatchObject({ key: 'partial:7000:ipv4', foldedInto: outage?.id })
})

test('IPv6 is another story', () => {
  const six = Array.from({ length: 4 }, (_, i) => `2001:db8:${i + 1}::/48`)
  const told = world().holds(twenty, six, path).at('00:10:00').withdraw(third, six).play('00:40:00')
  expect(lines(told)).toEqual(['00:15:10 outage.as AS7000 ipv6 open: confirmed'])
})

describe('is none', () => {
  const calm = (told: ReturnType<World['play']>) => expect(lines(told)).toEqual([])

  test('a fifth of those who carry it', () => {
    calm(world().at('00:10:00').withdraw('abAB', eight).play('01:00:00'))
  })

  test('other paths, and back within five minutes', () => {
    const away = world().at('00:10:00').withdraw(third, eight)
    const told = away.at('00:14:30').announce(third, eight, '1299 3356 7000').play('01:00:00')
    // That they stay on them is another thing, and told as such.
    expect(new Set(told.map(({ kind }) => kind))).toEqual(new Set(['path.shift']))
  })

  test('a third of its prefixes only', () => {
    calm(world().at('00:10:00').withdraw(third, eight.slice(0, 3)).play('01:00:00'))
  })

  test('of five vantage points two', () => {
    const five = new World({ watch: [7000] }).holds('abcde', eight, path)
    calm(five.at('00:10:00').withdraw('ab', eight).play('01:00:00'))
  })

  test('sessions that fall', () => {
    const told = world().at('00:10:00').down(third).play('01:00:00')
    expect(told.filter(({ kind }) => kind !== 'blind')).toEqual([])
  })
})

describe('slow outages are told once', () => {
  const story = (w: World) => lines(w.play('02:00:00')).map((line) => line.replace(/^\S+ /, ''))

  test('all prefixes at all peers, over 12 minutes', () => {
    const w = world()
    for (let i = 0; i < 8; i++)
      w.at(`00:${10 + Math.floor(i * 1.5)}:00`).withdraw(twenty, eight[i] ?? '')
    const told = w.play('02:00:00')
    const outage = only(told, 'outage.as')
    expect([outage.key, clock(outage.startedAt)]).toEqual(['outage:7000:ipv4', '00:10:00'])
  })

  test('a prefix after the other, over 40 minutes', () => {
    const list = many(20)
    const w = new World({ watch: [7000] }).holds(twenty, list, path)
    for (let i = 0; i < 20; i++) w.at(`00:${10 + 2 * i}:00`).withdraw(twenty, list[i] ?? '')
    const told = w.play('02:00:00')
    const outage = only(told, 'outage.as')
    expect([outage.key, outage.state, clock(outage.startedAt)]).toEqual([
      'outage:7000:ipv4',
      'open',
      '00:10:00',
    ])
    expect(outage.counts).toMatchObject({ prefixes: 20, ofPrefixes: 20, share: 1 })
  })

  test('a carrier every three minutes', () => {
    const w = world()
    for (const [i, peer] of [...twenty].entries()) {
      const minute = 10 + 3 * i
      const time = `0${Math.floor(minute / 60)}:${String(minute % 60).padStart(2, '0')}:00`
      w.at(time).withdraw(peer, eight)
    }
    const told = w.play('02:00:00')
    const outage = told.findLast(({ key }) => key === 'outage:7000:ipv4')
    expect(outage?.state).toBe('open')
    expect(clock(outage?.startedAt ?? null)).toBe('00:10:00')
    // Before it was an outage it was one of a part of the world.
    const partial = told.findLast(({ key }) => key === 'partial:7000:ipv4')
    expect(partial?.foldedInto).toBe(outage?.id)
  })

  test('the only prefix, at all carrying peers', () => {
    const one = new World({ watch: [7000] }).holds(twenty, eight[0] ?? '', path)
    expect(story(one.at('00:10:00').withdraw(twenty, eight[0] ?? ''))).toEqual([
      'outage.as AS7000 ipv4 open: confirmed',
    ])
  })

  test('one of many, at all carrying peers', () => {
    expect(
      story(
        world()
          .at('00:10:00')
          .withdraw(twenty, eight[0] ?? ''),
      ),
    ).toEqual(['outage.prefix AS7000 ipv4 open: confirmed'])
  })
})
