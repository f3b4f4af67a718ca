import { describe, expect, test } from 'vitest'
import { Dice } from '../../src/scenario/dice.ts'
import { clock, lines, many, only, World } from './world.ts'

const ten = 'abcdeABCDE'
const list = many(4)
/** Half of the vantage points reach it through AS3356, half through AS1299. */
const world = (watch: number[] = [7000]) =>
  new World({ watch }).holds('abcAB', list, '174 3356 7000').holds('deCDE', list, '174 1299 7000')

describe('an upstream is lost, and the other carries all', () => {
  const story = () =>
    world()
      .at('00:20:00')
      .announce('abcAB', list, '174 1299 7000', 1)
      .at('01:00:00')
      .announce('abcAB', list, '174 3356 7000')
  const told = story().play('01:30:00')

  test('told once, which and where the traffic went, and no shift besides', () => {
    const one = only(told, 'path.upstream-lost')
    expect(new Set(told.map(({ kind }) => kind))).toEqual(new Set(['path.upstream-lost']))
    expect(one).toMatchObject({ key: 'upstream:7000:3356:ipv4', asn: 7000, culprit: 3356 })
    expect(one.confidence.tags.map(({ because }) => because)).toContain(
      'its traffic comes through AS1299 (100 %) now',
    )
    expect([one.startedAt, one.endedAt].map(clock)).toEqual(['00:20:00', '01:00:00'])
    // A minute at most until it is looked at, and three of it.
    expect(clock(one.detectedAt) <= '00:24:10').toBe(true)
  })

  test('however its messages are interleaved: the same bytes', () => {
    const plain = JSON.stringify(told)
    for (let seed = 0; seed < 3; seed++)
      expect(JSON.stringify(story().play('01:30:00', new Dice(`path ${seed}`)))).toBe(plain)
  })
})

test('peer by peer over minutes it is believed after ten', () => {
  const told = world().at('00:20:00').announce('abcAB', list, '174 1299 7000', 100)
  expect(lines(told.play('00:36:00'))).toEqual([])
  expect(only(told.play('01:00:00'), 'path.upstream-lost').state).toBe('open')
})

describe('a neighbour nobody ever saw', () => {
  test('at three peer ASes of two collectors: after a minute, for information', () => {
    const told = world()
      .at('00:20:00')
      .announce('aAB', list.slice(0, 1), '6939 7000')
      .play('00:30:00')
    const one = only(told, 'path.new-upstream')
    expect(one).toMatchObject({ culprit: 6939, severity: 'info', counts: { peerAsns: 3 } })
    // Whether the origin itself is behind it is doubted in the same breath.
    const forged = only(told, 'hijack.forged-origin')
    expect(forged).toMatchObject({ culprit: 6939, confidence: { level: 'low' } })
    expect(new Set(told.map(({ id }) => id)).size).toBe(2)
  })

  test('at one collector only, or at two peers, or for seconds: nothing', () => {
    const calm = (who: string, back: boolean) => {
      const w = world().at('00:20:05').announce(who, list.slice(0, 1), '6939 7000')
      if (back) {
        w.at('00:20:40')
        for (const peer of who)
          w.announce(
            peer,
            list.slice(0, 1),
            'abcAB'.includes(peer) ? '174 3356 7000' : '174 1299 7000',
          )
      }
      const kinds = w.play('00:40:00').map(({ kind }) => kind)
      expect(kinds).not.toContain('path.new-upstream')
    }
    calm('abc', false)
    calm('aA', false)
    calm('aAB', true)
  })
})

describe('a transit takes over', () => {
  test('that had none of it: a shift, after ten minutes', () => {
    const told = world()
      .at('00:20:00')
      .announce('abcAB', list, '5511 3356 7000')
      .announce('deCDE', list, '5511 1299 7000')
      .play('01:00:00')
    const one = only(told, 'path.shift')
    expect(one).toMatchObject({ key: 'shift:7000:ipv4', asn: 7000, severity: 'minor' })
    expect([174, 5511]).toContain(one.culprit)
    expect(clock(one.startedAt)).toBe('00:20:00')
  })

  test('for eight minutes: nothing', () => {
    const told = world()
      .at('00:20:00')
      .announce('abcAB', list, '5511 3356 7000')
      .at('00:28:00')
      .announce('abcAB', list, '174 3356 7000')
      .play('01:00:00')
    expect(lines(told)).toEqual([])
  })
})

describe('is none', () => {
  test('of a network nobody watches', () => {
    expect(
      world([7001]).at('00:20:00').announce('abcAB', list, '174 1299 7000').play('01:00:00'),
    ).toEqual([])
    const whole = new World()
      .holds('abcAB', list, '174 3356 7000')
      .holds('deCDE', list, '174 1299 7000')
      .at('00:20:00')
      .announce('abcAB', list, '174 1299 7000')
    expect(whole.play('01:00:00')).toEqual([])
  })

  test('an outage, nor how it comes back', () => {
    const told = world()
      .at('00:20:00')
      .withdraw(ten, list, 1)
      .at('00:40:00')
      .announce('deCDE', list, '174 1299 7000')
      .at('00:41:00')
      .announce('abcAB', list, '174 3356 7000')
      .play('01:30:00')
    expect(told.filter(({ kind }) => kind.startsWith('path'))).toEqual([])
  })

  test('sessions that fall: all that used one upstream', () => {
    const told = world().at('00:20:00').down('abcAB').play('01:30:00')
    expect(told.filter(({ kind }) => kind.startsWith('path'))).toEqual([])
  })

  test('a prefix of several', () => {
    const told = world().at('00:20:00').announce('abcAB', list.slice(0, 1), '174 1299 7000')
    expect(told.play('01:00:00')).toEqual([])
  })
})

describe('one of ten vantage points goes for good', () => {
  const away = (until: string, w: World) => w.play(until).map((i) => [i.kind, i.state])

  test('what is open ends all the same', () => {
    const w = world().at('00:20:00').announce('abcAB', list, '174 1299 7000', 1)
    w.at('00:40:00').down('e').at('01:00:00').announce('abcAB', list, '174 3356 7000')
    expect(away('02:00:00', w).at(-1)).toEqual(['path.upstream-lost', 'resolved'])
  })

  test('a new neighbour that stays does not hide what comes later', () => {
    const w = world().at('00:20:00').announce('aAB', list.slice(0, 1), '6939 7000')
    w.at('00:40:00').down('e').at('02:00:00').announce('abcAB', list, '174 1299 7000')
    expect(away('03:00:00', w)).toContainEqual(['path.upstream-lost', 'open'])
  })
})

test('what comes back another way after an outage begins when it comes', () => {
  const w = world().at('00:20:00').withdraw(ten, list).at('00:30:00')
  const told = w.announce(ten, list, '174 5511 7000').play('01:30:00')
  const starts = told.filter(({ kind }) => kind.startsWith('path.')).map((i) => clock(i.startedAt))
  expect(starts.length).toBeGreaterThan(0)
  expect(new Set(starts)).toEqual(new Set(['00:30:00']))
})

test('an upstream that is lost while vantage points go is lost all the same', () => {
  const lose = (who: string) =>
    world().at('00:20:00').down('eE').announce(who, list, '174 1299 7000', 1).play('01:00:00')
  expect(only(lose('abcAB'), 'path.upstream-lost').culprit).toBe(3356)
  // Those who told of it are gone, and nobody else has lost it.
  const gone = world().at('00:20:00').down('abcAB').play('01:00:00')
  expect(gone.filter(({ kind }) => kind === 'path.upstream-lost')).toEqual([])
})

test('a scrubber that takes over is told as one', () => {
  const told = (isScrubber: (asn: number) => boolean) =>
    new World({ watch: [7000], context: { isScrubber } })
      .holds('abcAB', list, '174 3356 7000')
      .holds('deCDE', list, '174 1299 7000')
      .at('00:20:00')
      .announce(ten, list, '174 32787 7000', 1)
      .play('00:40:00')
  const lost = (incidents: ReturnType<typeof told>) =>
    incidents
      .filter(({ kind }) => kind.startsWith('path.'))
      .flatMap(({ kind, culprit, confidence }) =>
        confidence.tags
          .filter(({ name }) => name === 'scrubber')
          .map(({ because }) => `${kind} AS${culprit}: ${because}`),
      )
  const cleaned = 'AS32787 has 100 % of its paths now, to clean its traffic'
  expect(lost(told((asn) => asn === 32787))).toContain(`path.new-upstream AS32787: ${cleaned}`)
  expect(lost(told((asn) => asn === 32787))).toContain(`path.upstream-lost AS3356: ${cleaned}`)
  expect(lost(told(() => false))).toEqual([])
})
