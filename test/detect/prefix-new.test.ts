import { describe, expect, test } from 'vitest'
import { Dice } from '../../src/scenario/dice.ts'
import { clock, lines, many, only, World, type WorldSettings } from './world.ts'

const all = 'abcdeABCDE'
const world = (settings: WorldSettings = {}) =>
  new World({ watch: [7000], ...settings })
    .holds(all, '198.51.0.0/16', '3356 7000')
    .holds(all, '203.0.113.0/24', '3356 8000')

describe('prefix.new', () => {
  test('a watched network originates what it did not, until that is ordinary', () => {
    const told = world()
      .at('00:10:00')
      .announce(all, '198.51.100.0/24', '3356 7000', 2)
      .play('01:20:00')
    expect(lines(told)).toEqual([
      '00:11:10 prefix.new AS7000 open: confirmed',
      '01:10:10 prefix.new AS7000 resolved: it has been well for long enough',
    ])
    expect(told[0]).toMatchObject({
      key: 'prefix-new:7000',
      severity: 'info',
      confidence: { level: 'medium' },
      counts: { prefixes: 1, ofPrefixes: 2 },
      samples: { prefixes: ['198.51.100.0/24'] },
    })
    expect(told[0]?.confidence.tags[0]?.because).toBe(
      'it did not originate 198.51.100.0/24 (part of 198.51.0.0/16) before',
    )
    expect(clock(told[0]?.startedAt ?? null)).toBe('00:10:00')
  })

  test('many are one incident', () => {
    const told = world()
      .knows('rpki', '7000 198.51.0.0/16 22 0 ripe')
      .at('00:10:00')
      .announce(all, many(30, '198.51'), '3356 7000')
      .play('00:20:00')
    const { counts, confidence } = only(told, 'prefix.new')
    expect(counts.prefixes).toBe(30)
    expect(confidence.tags[0]?.because).toContain('RPKI invalid-length')
    expect(confidence.tags[0]?.because).toContain('and 27 more')
  })

  test('a prefix of others that it takes up is new as well', () => {
    const told = world()
      .at('00:10:00')
      .announce('abcd', '203.0.113.0/24', '3356 7000')
      .play('00:20:00')
    expect(only(told, 'prefix.new').samples.prefixes).toEqual(['203.0.113.0/24'])
  })

  test('few that carry it are enough to tell, and not to be sure', () => {
    const told = world().at('00:10:00').announce('a', '192.0.2.0/24', '3356 7000').play('00:20:00')
    expect(only(told, 'prefix.new').confidence.level).toBe('low')
  })

  test('what turns up at one after the other may have been missing in the table only', () => {
    const told = world()
      .at('00:10:00')
      .announce(all, '192.0.2.0/24', '3356 7000', 120)
      .play('00:40:00')
    const { confidence } = only(told, 'prefix.new')
    expect(confidence.level).toBe('low')
    expect(confidence.tags.at(-1)?.because).toContain('it may not be new at all')
  })

  test('over when it is withdrawn', () => {
    const told = world()
      .at('00:10:00')
      .announce(all, '192.0.2.0/24', '3356 7000')
      .at('00:20:00')
      .withdraw(all, '192.0.2.0/24')
      .play('00:30:00')
    expect(only(told, 'prefix.new').state).toBe('resolved')
  })

  test.each([
    [
      'it was there before',
      world()
        .at('00:10:00')
        .withdraw(all, '198.51.0.0/16')
        .announce(all, '198.51.0.0/16', '3356 7000'),
    ],
    [
      'too few carry it',
      new World({ watch: [7000] })
        .holds('abcdefghijABCDEFGHIJ', '198.51.0.0/16', '3356 7000')
        .at('00:10:00')
        .announce('a', '192.0.2.0/24', '3356 7000'),
    ],
    [
      'it is gone in a moment',
      world()
        .at('00:10:00')
        .announce(all, '192.0.2.0/24', '3356 7000')
        .at('00:10:40')
        .withdraw(all, '192.0.2.0/24'),
    ],
    ['it is of somebody else', world().at('00:10:00').announce(all, '192.0.2.0/24', '3356 8000')],
    ['it is a beacon', world().at('00:10:00').announce(all, '84.205.64.0/24', '3356 7000')],
    [
      'nobody is watched',
      world({ watch: undefined as never })
        .at('00:10:00')
        .announce(all, '192.0.2.0/24', '3356 7000'),
    ],
    [
      'all is new to us',
      world({ baseline: 'learned-live' }).at('00:10:00').announce(all, '192.0.2.0/24', '3356 7000'),
    ],
  ])('not when %s', (_, story) => {
    const kinds = story.play('00:40:00').map(({ kind }) => kind)
    expect(kinds).not.toContain('prefix.new')
  })

  test('the order of arrival does not show', () => {
    const story = world().at('00:10:00').announce(all, many(12, '198.51'), '3356 7000', 0.4)
    const once = story.play('01:30:00')
    expect(once.filter(({ kind }) => kind === 'prefix.new').length).toBe(2)
    for (const seed of [4, 5]) expect(story.play('01:30:00', new Dice(seed))).toEqual(once)
  })
})
