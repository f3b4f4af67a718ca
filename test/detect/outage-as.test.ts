import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { parseInstant } from '../../src/core/time.ts'
import { Dice } from '../../src/scenario/dice.ts'
import { clock, lines, many, only, World } from './world.ts'

const ten = 'abcdefghij'
const eight = many(8)
const path = '3356 7000'
const world = () => new World({ watch: [7000] }).holds(ten, eight, path)

describe('the whole network is lost', () => {
  // Peers lose it five seconds apart: half of them have at 00:10:25, seen at the tick of 00:10:30.
  const told = world()
    .at('00:10:00')
    .withdraw(ten, eight, 5)
    .at('00:20:00')
    .announce(ten, eight, path, 2)
    .play('01:00:00')

  test('confirmed 45 s after half had lost it, over when it has been back for 300 s', () => {
    expect(lines(told)).toEqual([
      '00:11:20 outage.as AS7000 ipv4 open: confirmed',
      '00:20:20 outage.as AS7000 ipv4 resolving: it is getting well',
      '00:25:20 outage.as AS7000 ipv4 resolved: it has been well for long enough',
    ])
  })

  test('from the first withdrawal to the last element that brought it back', () => {
    const { startedAt, endedAt, severity, confidence, counts } = only(told, 'outage.as')
    // Three quarters have it again with the eighth of ten, 14 s after the first.
    expect([clock(startedAt), clock(endedAt)]).toEqual(['00:10:00', '00:20:14'])
    expect([severity, confidence.level]).toEqual(['critical', 'medium'])
    expect(counts).toMatchObject({ prefixes: 8, ofPrefixes: 8, peerAsns: 10, share: 1 })
    expect(counts.now).toMatchObject({ prefixes: 0, share: 0 })
  })

  test('the id is of the key and the start, and never changes', () => {
    const ms = (parseInstant('2025-01-01T00:10:00Z') ?? 0) / 1_000
    const hash = createHash('sha256').update(`outage:7000:ipv4|${ms}`).digest('hex')
    expect(new Set(told.map(({ id }) => id))).toEqual(new Set([hash.slice(0, 16)]))
    expect(told.map(({ revision }) => revision)).toEqual([1, 2, 3])
  })

  test('evidence is still that of the worst when it is over', () => {
    const { samples } = only(told, 'outage.as')
    expect(samples.prefixes).toEqual(eight)
    expect(samples.elements).toHaveLength(5)
    expect(samples.paths[0]).toEqual({
      peer: 'rrc00 192.0.2.102 AS206',
      prefix: '198.51.0.0/24',
      before: '206 3356 7000',
      after: null,
    })
  })
})

test('evidence of an outage is its own, not that of an earlier one', () => {
  const again = world()
    .at('00:10:00')
    .withdraw(ten, eight)
    .at('00:15:00')
    .announce(ten, eight, path)
    .at('01:10:00')
    .withdraw(ten, eight)
    .play('01:20:00')
  const offsets = (i: number) => again.at(i)?.samples.elements.map(({ offset }) => offset)
  expect(offsets(0)).toEqual([5, 5, 5, 5, 5])
  expect(offsets(-1)).toEqual([25, 25, 25, 25, 25])
})

describe('is no outage', () => {
  const calm = (told: ReturnType<World['play']>) => expect(lines(told)).toEqual([])

  test('longer paths, then a gap in most tables, then back before 180 s', () => {
    const two = eight.slice(0, 2)
    const story = () =>
      world()
        .at('00:10:00')
        .announce(ten, two, '3257 1299 3356 7000', 1)
        .at('00:10:30')
        .withdraw('abcdefg', two)
    // Some keep it: it is never down to a quarter, so it must last three minutes.
    calm(story().at('00:13:25').announce(ten, two, path).play('01:00:00'))
    expect(lines(story().play('00:20:00'))).toEqual([
      '00:13:40 outage.prefix AS7000 ipv4 open: confirmed',
    ])
  })

  test('two of five peers', () => {
    const five = new World({ watch: [7000] }).holds('abcde', eight, path)
    calm(five.at('00:10:00').withdraw('ab', eight).play('01:00:00'))
    const three = new World({ watch: [7000] }).holds('abcde', eight, path)
    expect(three.at('00:10:00').withdraw('abc', eight).play('01:00:00')).not.toEqual([])
  })

  test('what one peer says again and again', () => {
    const story = world()
    for (let minute = 10; minute < 50; minute++)
      story
        .at(`00:${minute}:00`)
        .withdraw('a', eight)
        .at(`00:${minute}:30`)
        .announce('a', eight, path)
    calm(story.play('01:00:00'))
  })

  test('sessions that go down', () => {
    const told = world().at('00:10:00').down('abcdefghi').play('01:00:00')
    expect(new Set(told.map(({ kind }) => kind))).toEqual(new Set(['blind']))
  })

  test('a feed that falls silent, nor what it says when it comes back', () => {
    const told = world()
      .at('00:10:00')
      .gap('socket closed')
      .at('00:20:00')
      .sight()
      .announce(ten, eight, path)
      .play('01:00:00')
    expect(new Set(told.map(({ kind }) => kind))).toEqual(new Set(['blind']))
  })

  test('exploration in the middle of which we went blind', () => {
    const told = world()
      .at('00:10:00')
      .withdraw(ten, eight)
      .at('00:10:15')
      .gap('socket closed')
      .at('00:15:00')
      .sight()
      .at('00:15:04')
      .announce(ten, eight, path)
      .play('01:00:00')
    expect(new Set(told.map(({ kind }) => kind))).toEqual(new Set(['blind']))
  })

  test('what a network loses that nobody watches', () => {
    const other = many(8, '203.0')
    const story = world().holds(ten, other, '3356 7001').at('00:10:00').withdraw(ten, other)
    calm(story.play('01:00:00'))
    const all = new World().holds(ten, other, '3356 7001').at('00:10:00').withdraw(ten, other)
    expect(only(all.play('01:00:00'), 'outage.as').asn).toBe(7001)
  })

  test('more-specifics that are replaced by a new less specific', () => {
    const told = world()
      .at('00:10:00')
      .withdraw(ten, eight)
      .at('00:10:15')
      .announce(ten, '198.51.0.0/21', path)
      .play('01:00:00')
    expect(lines(told)).toEqual([
      '00:10:20 outage.as AS7000 ipv4 transient: it was over before it could be confirmed',
      '00:11:10 withdrawal.mass AS7000 ipv4 open: confirmed',
      '00:11:20 prefix.new AS7000 open: confirmed',
    ])
  })
})

describe('blindness ends no outage', () => {
  const lost = () => world().at('00:10:00').withdraw(ten, eight)
  const states = (told: ReturnType<World['play']>) =>
    lines(told).filter((line) => line.includes('outage.as'))

  test.each([
    ['a feed gap', (w: World) => w.gap('socket closed')],
    ['sessions that go down', (w: World) => w.down('abcdefgh')],
  ])('%s', (_, blinded) => {
    const told = blinded(lost().at('00:15:00')).play('01:00:00')
    expect(states(told)).toEqual(['00:11:00 outage.as AS7000 ipv4 open: confirmed'])
  })

  test('nor does it last when what came back in the dark was told by those we still heard', () => {
    const both = 'abcdefgABCDEF'
    const told = new World({ watch: [7000] })
      .holds(both, eight, path)
      .at('00:10:00')
      .withdraw('gABCDEF', eight)
      .at('00:40:00')
      .gap('socket closed', 'rrc00')
      .at('00:41:00')
      .announce('ABCDEF', eight, path)
      .at('00:43:00')
      .sight('rrc00')
      .play('02:00:00')
    expect(states(told).map((line) => line.replace(/:.*/, ''))).toHaveLength(3)
    expect(states(told).at(-1)).toMatch(/resolved/)
  })

  test('it ends when we see again, though we were blind for minutes', () => {
    const told = lost()
      .at('00:15:00')
      .gap('socket closed')
      .at('00:19:00')
      .sight()
      .at('00:19:04')
      .announce(ten, eight, path)
      .play('04:30:00')
    expect(states(told).slice(1)).toEqual([
      '00:19:10 outage.as AS7000 ipv4 resolving: it is getting well',
      '00:24:10 outage.as AS7000 ipv4 resolved: it has been well for long enough',
    ])
  })

  test('after hours it ends when it is known what was said in them', () => {
    const told = lost()
      .at('00:15:00')
      .gap('socket closed')
      .at('02:45:00')
      .sight()
      .at('02:45:04')
      .announce(ten, eight, path)
      .at('03:00:04')
      .filled('rrc00', '00:15:00', '02:45:00')
      .filled('rrc01', '00:15:00', '02:45:00')
      .play('04:30:00')
    expect(states(told).slice(1)).toEqual([
      '03:00:10 outage.as AS7000 ipv4 resolving: it is getting well',
      '03:05:10 outage.as AS7000 ipv4 resolved: it has been well for long enough',
    ])
  })
})

describe('zombies', () => {
  test('a peer that never lets go does not hide it', () => {
    const told = world().at('00:10:00').withdraw('abcdefghi', eight).play('00:20:00')
    expect(only(told, 'outage.as').counts.share).toBe(1)
  })

  test('one prefix in ten that stays lost does not keep it open', () => {
    const list = many(10)
    const told = new World({ watch: [7000] })
      .holds(ten, list, path)
      .at('00:10:00')
      .withdraw(ten, list)
      .at('00:20:00')
      .announce(ten, list.slice(1), path)
      .play('01:00:00')
    expect(only(told, 'outage.as')).toMatchObject({ state: 'resolved' })
    expect(only(told, 'outage.as').counts.now.prefixes).toBe(1)
  })

  test('two in ten do', () => {
    const list = many(10)
    const told = new World({ watch: [7000] })
      .holds(ten, list, path)
      .at('00:10:00')
      .withdraw(ten, list)
      .at('00:20:00')
      .announce(ten, list.slice(2), path)
      .play('01:00:00')
    expect(only(told, 'outage.as').state).toBe('open')
  })
})

describe('over and again', () => {
  const twice = (back: string, gone: string) =>
    world()
      .at('00:10:00')
      .withdraw(ten, eight)
      .at(back)
      .announce(ten, eight, path)
      .at(gone)
      .withdraw(ten, eight)
      .play('03:00:00')

  test('before it could be confirmed: a transient', () => {
    const told = world()
      .at('00:10:00')
      .withdraw(ten, eight)
      .at('00:10:35')
      .announce(ten, eight, path)
      .play('01:00:00')
    expect(told).toHaveLength(1)
    expect(told[0]).toMatchObject({ state: 'transient', severity: 'info', kind: 'outage.as' })
    expect(told[0]?.confidence.level).toBe('low')
    expect([told[0]?.startedAt, told[0]?.endedAt].map((at) => at?.slice(11, 19))).toEqual([
      '00:10:00',
      '00:10:35',
    ])
  })

  test('within half an hour: the same incident, opened again', () => {
    const told = twice('00:15:00', '00:45:00')
    expect(lines(told).slice(2)).toEqual([
      '00:20:10 outage.as AS7000 ipv4 resolved: it has been well for long enough',
      '00:46:00 outage.as AS7000 ipv4 reopened: it is back',
    ])
    expect(only(told, 'outage.as')).toMatchObject({ previousId: null, endedAt: null })
  })

  test('later: another one that knows of the first', () => {
    const told = twice('00:15:00', '00:50:00')
    const [first, last] = [told[0], told.at(-1)]
    expect(clock(last?.startedAt ?? null)).toBe('00:50:00')
    expect(last).toMatchObject({ state: 'open', revision: 1, previousId: first?.id })
    expect(last?.id).not.toBe(first?.id)
  })

  test('after a transient: another one, with its own start', () => {
    const told = twice('00:10:35', '00:20:00')
    expect(told.map(({ state }) => state)).toEqual(['transient', 'open'])
    expect(clock(told[1]?.startedAt ?? null)).toBe('00:20:00')
    expect(told[1]?.previousId).toBe(told[0]?.id)
  })
})

test('IPv4 and IPv6 are two stories', () => {
  const six = Array.from({ length: 6 }, (_, i) => `2001:db8:${i + 1}::/48`)
  const told = new World({ watch: [7000] })
    .holds(ten, [...eight, ...six], path)
    .at('00:10:00')
    .withdraw(ten, six)
    .at('00:30:00')
    .withdraw(ten, eight)
    .play('00:40:00')
  expect(lines(told)).toEqual([
    '00:11:00 outage.as AS7000 ipv6 open: confirmed',
    '00:31:00 outage.as AS7000 ipv4 open: confirmed',
  ])
  expect(told.map(({ counts }) => counts.ofPrefixes)).toEqual([6, 8])
})

test('a network with one prefix: its loss is believed after three minutes', () => {
  const one = new World({ watch: [7000] }).holds(ten, eight.slice(0, 1), path)
  expect(lines(one.at('00:10:00').withdraw(ten, eight.slice(0, 1)).play('00:20:00'))).toEqual([
    '00:13:10 outage.as AS7000 ipv4 open: confirmed',
  ])
})

test('a tenth of the space is an outage, less is not', () => {
  // Three of thirty /24 beside one of forty.
  const lose = (of: number) => {
    const list = many(of)
    return new World()
      .holds(ten, list, path)
      .at('00:10:00')
      .withdraw(ten, list.slice(0, 3))
      .play('00:20:00')
  }
  expect(lines(lose(30))).toEqual(['00:13:10 outage.as AS7000 ipv4 open: confirmed'])
  expect(lose(40)).toEqual([])
})

test('with a learned baseline a young loss is doubtful, an old one is not', () => {
  const told = new World({ watch: [7000], baseline: 'learned-from-input' })
    .at('00:05:00')
    .announce(ten, eight, path)
    .at('00:10:00')
    .withdraw(ten, eight)
    .play('00:20:00')
  expect(told.map(({ updatedAt, confidence }) => [clock(updatedAt), confidence.level])).toEqual([
    ['00:11:00', 'low'],
    ['00:13:10', 'medium'],
  ])
})

test('revisions tell of real changes only', () => {
  const list = many(40)
  const told = new World({ watch: [7000] })
    .holds(ten, list, path)
    .at('00:10:00')
    .withdraw(ten, list.slice(0, 10))
    .at('00:20:00')
    .withdraw(ten, list.slice(10, 12))
    .at('00:22:00')
    .announce(ten, list.slice(0, 8), path)
    .at('00:23:00')
    .withdraw(ten, list.slice(0, 8))
    .at('00:40:00')
    .withdraw(ten, list.slice(12, 26))
    .play('01:30:00')
  expect(lines(told)).toEqual([
    '00:13:10 outage.as AS7000 ipv4 open: confirmed',
    '00:20:10 outage.as AS7000 ipv4 open: it has changed',
    '00:40:10 outage.as AS7000 ipv4 open: severity rose to major',
  ])
})

test('the same story, however its messages are interleaved, gives the same bytes', () => {
  const list = [...many(20), '198.51.0.0/22', ...many(12, '203.7')]
  const all = 'abcdeABCDE'
  const story = () =>
    new World()
      .holds(all, list, path)
      .holds(all, many(12, '203.0'), '1299 3356 7001')
      .at('00:10:00')
      .withdraw(all, list.slice(0, 16), 2)
      .announce('acE', many(12, '203.0'), '1299 5000 3356 7001')
      .at('00:14:00')
      .withdraw(all, list.slice(16), 3)
      .announce('bdA', many(12, '203.0'), '1299 5000 3356 7001', 7)
      .down('e')
      .at('00:30:00')
      .announce('abcdABCDE', list, path, 1)
      .announce('abcdABCDE', many(12, '203.0'), '1299 3356 7001', 0)
  const bytes = (dice?: Dice) =>
    story()
      .play('01:00:00', dice)
      .map((incident) => JSON.stringify(incident))
      .join('\n')
  const plain = bytes()
  expect(plain.match(/"state":"resolved"/g)?.length).toBeGreaterThanOrEqual(2)
  expect(plain).toContain('leak.path')
  for (let seed = 0; seed < 10; seed++) expect(bytes(new Dice(`interleaved ${seed}`))).toBe(plain)
})
