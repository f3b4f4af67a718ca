import { describe, expect, test } from 'vitest'
import { clock, lines, only, World } from './world.ts'

const world = () => new World().holds('abcdeABCDE', '198.51.100.0/24', '3356 7000').at('00:10:00')

describe('a feed that falls silent', () => {
  test('is told after 30 s, with its reason, and over on sight', () => {
    const told = world().gap('socket closed').at('00:20:03').sight().play('00:30:00')
    expect(lines(told)).toEqual([
      '00:10:40 blind AS0 open: confirmed',
      '00:20:10 blind AS0 resolved: it has been well for long enough',
    ])
    const { startedAt, endedAt, severity, counts, confidence } = only(told, 'blind')
    expect([clock(startedAt), clock(endedAt)]).toEqual(['00:10:00', '00:20:03'])
    expect(severity).toBe('major')
    expect(counts.share).toBe(1)
    expect(confidence.tags[0]?.because).toBe('test: socket closed')
  })

  test('for less is not worth a word', () => {
    expect(world().gap('reconnect').at('00:10:25').sight().play('00:30:00')).toEqual([])
  })

  test('at one collector is minor', () => {
    const told = world().gap('no file', 'rrc01').play('00:30:00')
    expect(only(told, 'blind')).toMatchObject({ severity: 'minor', counts: { share: 0.5 } })
    // What its peers carried is not known any more, which is no loss of anybody's.
    expect(new Set(told.map(({ kind }) => kind))).toEqual(new Set(['blind']))
  })

  test('at the only collector that carries a prefix is no outage of that prefix', () => {
    const told = new World()
      .holds('abcde', '198.51.100.0/24', '3356 7000')
      .holds('ABCDE', '203.0.113.0/24', '3356 7001')
      .at('00:10:00')
      .gap('rrc01 has said nothing for 45 s while others speak', 'rrc01')
      .at('00:40:00')
      .sight('rrc01')
      .play('01:00:00')
    expect(new Set(told.map(({ kind }) => kind))).toEqual(new Set(['blind']))
    expect(only(told, 'blind').confidence.tags[0]?.because).toContain('rrc01 has said nothing')
  })

  test('at two collectors lasts until both are back', () => {
    const told = world()
      .gap('no file', 'rrc00')
      .at('00:11:00')
      .gap('no file', 'rrc01')
      .at('00:15:00')
      .sight('rrc00')
      .at('00:20:00')
      .sight('rrc01')
      .play('00:30:00')
    expect(clock(only(told, 'blind').endedAt)).toBe('00:20:00')
  })
})

describe('what was missed', () => {
  const cut = () => world().gap('socket closed').at('00:20:03').sight(null, true)
  const last = (told: ReturnType<ReturnType<typeof world>['play']>) => told.at(-1)

  test('is told to be looked for when sight is back, and to be known when it is', () => {
    const told = cut()
      .at('00:31:00')
      .filled('rrc00', '00:10:00', '00:20:03')
      .at('00:33:00')
      .filled('rrc01', '00:10:00', '00:20:03')
      .play('00:50:00')
    expect(lines(told)).toEqual([
      '00:10:40 blind AS0 open: confirmed',
      '00:20:10 blind AS0 resolving: sight is back since 2025-01-01T00:20:03.000Z; what was missed of 10 vantage points is being fetched',
      '00:33:10 blind AS0 resolved: sight is back since 2025-01-01T00:20:03.000Z; what was missed is known since 2025-01-01T00:33:10.000Z',
    ])
    expect(clock(last(told)?.endedAt ?? null)).toBe('00:20:03')
    expect(last(told)?.confidence.tags.map(({ name }) => name)).toEqual([
      'sight.lost',
      'sight.whole',
    ])
  })

  test('and is told when nobody finds it', () => {
    const told = cut()
      .at('00:31:00')
      .filled('rrc00', '00:10:00', '00:20:03')
      .at('01:20:00')
      .unfilled('rrc01', '00:10:00', '00:20:03', 'its archive is not there')
      .play('01:30:00')
    expect(last(told)?.state).toBe('resolved')
    expect(last(told)?.because).toContain('stays unknown (rrc01: its archive is not there)')
    expect(clock(last(told)?.updatedAt ?? null)).toBe('01:20:10')
  })

  test('of two cuts is one blindness', () => {
    const told = cut()
      .at('00:25:00')
      .gap('again')
      .at('00:26:00')
      .sight(null, true)
      .at('00:40:00')
      .filled('rrc00', '00:10:00', '00:26:00')
      .filled('rrc01', '00:10:00', '00:26:00')
      .play('00:50:00')
    expect(told.map(({ state }) => state)).toEqual([
      'open',
      'resolving',
      'open',
      'resolving',
      'resolved',
    ])
  })
})

describe('sessions that are lost', () => {
  const reset = (who: string) =>
    world().down(who).at('00:15:00').up(who).endOfRib(who).endOfRib(who, 6).play('00:30:00')

  test('half of them: blind until they have been back for a minute', () => {
    const told = reset('abcde')
    expect(lines(told).map((line) => line.replace(/:.*?:.*? /, ': '))).toHaveLength(3)
    expect(only(told, 'blind')).toMatchObject({ state: 'resolved', key: 'blind:vantage-points' })
    expect([only(told, 'blind').startedAt, only(told, 'blind').endedAt].map(clock)).toEqual([
      '00:10:00',
      '00:15:00',
    ])
    expect(only(told, 'blind').confidence.tags[0]?.because).toBe(
      '5 of 10 vantage points have lost their session with the collector',
    )
  })

  test('fewer: not blind', () => {
    expect(reset('abcd')).toEqual([])
  })
})

test('who is only in a list of peers is not missed', () => {
  const world = new World().holds('abcdeABCDE', '198.51.100.0/24', '3356 7000').names('klmnopq')
  const told = world.at('00:10:00').gap('socket closed').play('00:30:00')
  expect(only(told, 'blind')).toMatchObject({ severity: 'major', counts: { share: 1 } })
})
