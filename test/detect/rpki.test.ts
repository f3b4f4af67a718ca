import { describe, expect, test } from 'vitest'
import { hours, parseInstant } from '../../src/core/time.ts'
import { rpkiDefaults } from '../../src/detect/rpki.ts'
import { Dice } from '../../src/scenario/dice.ts'
import { clock, lines, only, World } from './world.ts'

const all = 'abcdeABCDE'
const own = '198.51.100.0/24'
const other = '203.0.113.0/24'
const vrp = (asn: number, prefix: string, maxLength: number, anchor = 'ripe', expires = 0) =>
  `${asn} ${prefix} ${maxLength} ${expires} ${anchor}`
const good = [vrp(7000, own, 24), vrp(7000, other, 24)].join('\n')

const world = () =>
  new World({ watch: [7000] })
    .holds(all, [own, other], '3356 7000')
    .holds(all, '192.0.2.0/24', '3356 8000')

describe('rpki.invalid', () => {
  test('a prefix turns invalid when the VRPs change, and is told with the ROA that does it', () => {
    const told = world()
      .at('00:00:00')
      .knows('rpki', good, 'monday')
      .at('00:10:00')
      .knows('rpki', [vrp(7001, own, 24), vrp(7000, other, 24)].join('\n'), 'tuesday')
      .at('00:20:00')
      .knows('rpki', good, 'wednesday')
      .play('00:40:00')
    expect(lines(told)).toEqual([
      '00:11:10 rpki.invalid AS7000 open: confirmed',
      '00:20:10 rpki.invalid AS7000 resolving: it is getting well',
      '00:25:10 rpki.invalid AS7000 resolved: it has been well for long enough',
    ])
    const [first] = told
    expect(first).toMatchObject({
      key: 'rpki-invalid:7000',
      severity: 'major',
      confidence: { level: 'high' },
      counts: { prefixes: 1, ofPrefixes: 2 },
      samples: { prefixes: [own] },
    })
    expect(first?.confidence.tags.map(({ name, because }) => `${name}: ${because}`)).toEqual([
      `rpki.invalid: 1 of 2 prefixes carried are invalid: ${own} against ROA ${own} up to /24 of AS7001, ripe`,
      'witnesses: 10 vantage points carry it',
      `rpki.was-valid: 1 of them were valid before: ${own}`,
    ])
    expect(first?.inputs.vrps).toMatch(/^tuesday /)
    expect(clock(first?.startedAt ?? null)).toBe('00:10:00')
    expect(clock(told.at(-1)?.endedAt ?? null)).toBe('00:20:00')
  })

  test('the same is told when it comes as a change', () => {
    const [invalid, valid] = [vrp(7001, own, 24), vrp(7000, own, 24)]
    const told = world()
      .at('00:00:00')
      .knows('rpki', good, 'monday')
      .at('00:10:00')
      .knows('rpki-delta', `= 0\n- ${valid}\n+ ${invalid}`, 'tuesday')
      .at('00:20:00')
      .knows('rpki-delta', `= 0\n- ${invalid}\n+ ${valid}`, 'wednesday')
      .play('00:40:00')
    expect(lines(told)).toEqual([
      '00:11:10 rpki.invalid AS7000 open: confirmed',
      '00:20:10 rpki.invalid AS7000 resolving: it is getting well',
      '00:25:10 rpki.invalid AS7000 resolved: it has been well for long enough',
    ])
    expect(told[0]?.inputs.vrps).toMatch(/^tuesday /)
  })

  test('several changes at one time all count', () => {
    const told = world()
      .knows('rpki', good, 'monday')
      .at('00:10:00')
      .knows('rpki-delta', `= 0\n- ${vrp(7000, own, 24)}`, 'one')
      .knows('rpki-delta', `= 0\n+ ${vrp(7001, own, 24)}`, 'two')
      .play('00:12:00')
    expect(lines(told)).toContain('00:11:10 rpki.invalid AS7000 open: confirmed')
  })

  test('many that go in a change make the rest doubtful', () => {
    const rest = Array.from({ length: 20 }, (_, i) => vrp(9000, `10.0.${i}.0/24`, 24))
    const told = world()
      .knows('rpki', [good, ...rest].join('\n'), 'monday')
      .at('00:10:00')
      .knows('rpki-delta', ['= 0', ...rest.map((line) => `- ${line}`)].join('\n'), 'tuesday')
      .play('00:12:00')
    expect(only(told, 'rpki.collapsed').confidence.tags[0]?.because).toBe(
      'there were 22 VRPs in monday, and are 2',
    )
  })

  test('what is announced longer than the ROA allows is minor', () => {
    const told = world()
      .knows('rpki', [vrp(7000, '198.51.0.0/16', 24), vrp(7000, other, 24)].join('\n'))
      .at('00:10:00')
      .announce(all, '198.51.100.128/25', '3356 7000')
      .play('00:20:00')
    const found = only(told, 'rpki.invalid')
    expect(found).toMatchObject({ severity: 'minor', samples: { prefixes: ['198.51.100.128/25'] } })
    expect(found.confidence.tags[0]?.because).toContain(
      'against ROA 198.51.0.0/16 up to /24 of AS7000, ripe',
    )
    expect(clock(found.startedAt)).toBe('00:10:00')
  })

  test('few that carry it are enough to tell, and not to be sure', () => {
    const told = world()
      .knows('rpki', [good, vrp(0, '198.18.0.0/15', 15)].join('\n'))
      .at('00:10:00')
      .announce('a', '198.18.5.0/24', '3356 7000')
      .play('00:20:00')
    // One of ten is a tenth, but three were wanted at most.
    expect(only(told, 'rpki.invalid').confidence.level).toBe('low')
  })

  test('it lasts while those who validate drop the prefix, and ends with it', () => {
    const bad = [vrp(7001, own, 24), vrp(7000, other, 24)].join('\n')
    const story = world()
      .knows('rpki', good)
      .at('00:10:00')
      .knows('rpki', bad)
      .at('00:15:00')
      .withdraw(all.slice(0, 8), own)
    expect(only(story.play('00:40:00'), 'rpki.invalid').state).toBe('open')
  })

  test.each([
    ['nothing is known', world()],
    ['all is valid', world().knows('rpki', good)],
    [
      'a network that is not watched is invalid',
      world().knows('rpki', `${good}\n${vrp(8001, '192.0.2.0/24', 24)}`),
    ],
    [
      'it is back before it is believed',
      world()
        .knows('rpki', good)
        .at('00:10:00')
        .knows('rpki', good.replace('7000', '7001'))
        .at('00:10:30')
        .knows('rpki', good),
    ],
    [
      'the VRPs are of another time',
      world().at('00:50:00').knows('rpki', good.replaceAll('7000', '7001')),
    ],
  ])('not when %s', (_, story) => {
    expect(lines(story.play('00:40:00'))).toEqual([])
  })

  test('nobody is watched when everybody is', () => {
    const told = new World()
      .holds(all, own, '3356 7000')
      .knows('rpki', vrp(7001, own, 24))
      .play('00:20:00')
    expect(lines(told)).toEqual([])
  })

  test('the order of arrival does not show', () => {
    const story = world()
      .knows('rpki', good)
      .at('00:10:00')
      .announce(all, ['198.51.101.0/24', '198.51.100.0/25'], '3356 7000', 0.3)
      .knows('rpki', [vrp(7001, '198.51.0.0/16', 16), vrp(7000, other, 24)].join('\n'))
      .at('00:20:00')
      .withdraw(all, '198.51.101.0/24', 0.2)
    const once = story.play('00:40:00')
    expect(once.length).toBeGreaterThan(2)
    for (const seed of [1, 2, 3]) expect(story.play('00:40:00', new Dice(seed))).toEqual(once)
  })
})

describe('rpki.uncovered', () => {
  test('prefixes without a ROA are one incident of their network, for information', () => {
    const told = world()
      .knows('rpki', vrp(7000, '10.0.0.0/8', 8))
      .play('00:20:00')
    expect(lines(told)).toEqual(['00:01:10 rpki.uncovered AS7000 open: confirmed'])
    expect(told[0]).toMatchObject({ severity: 'info', counts: { prefixes: 2, ofPrefixes: 2 } })
    expect(told[0]?.confidence.tags[0]?.because).toBe(
      `no ROA covers 2 of 2 prefixes carried: ${own}, ${other}`,
    )
  })
})

describe('rpki.expiring', () => {
  const soon = (parseInstant('2025-01-01T02:00:00Z') ?? 0) / 1e6
  const late = soon + 7 * 24 * 3600
  const story = (...expires: number[]) =>
    world()
      .at('00:00:00')
      .knows(
        'rpki',
        [...expires.map((e) => vrp(7000, own, 24, 'ripe', e)), vrp(7000, other, 24)].join('\n'),
      )

  test('the only ROA of a prefix is about to end', () => {
    const told = story(soon).play('00:20:00')
    expect(lines(told)).toEqual(['00:01:10 rpki.expiring AS7000 open: confirmed'])
    expect(told[0]).toMatchObject({ severity: 'minor', samples: { prefixes: [own] } })
    expect(told[0]?.confidence.tags[0]?.because).toContain('2025-01-01T02:00:00.000Z')
  })

  test('over when others come that last', () => {
    const told = story(soon).at('00:10:00').knows('rpki', good).play('00:20:00')
    expect(only(told, 'rpki.expiring').state).toBe('resolved')
  })

  test.each([
    ['another one lasts', [soon, late]],
    ['it is far away', [late]],
    ['nobody says when it ends', [0]],
  ])('not when %s', (_, expires) => {
    expect(lines(story(...expires).play('00:20:00'))).toEqual([])
  })

  test('how soon can be set', () => {
    const set = new World({
      watch: [7000],
      detect: { rpki: { ...rpkiDefaults, expiring: hours(1) } },
    })
      .holds(all, own, '3356 7000')
      .knows('rpki', vrp(7000, own, 24, 'ripe', soon))
    expect(lines(set.play('00:20:00'))).toEqual([])
  })
})

describe('rpki.collapsed', () => {
  const many = (count: number, anchor = 'ripe') =>
    Array.from({ length: count }, (_, i) => vrp(9000, `10.${i}.0.0/16`, 16, anchor))
  const story = (before: string[], after: string[]) =>
    world()
      .knows('rpki', [good, ...before].join('\n'), 'before')
      .at('00:10:00')
      .knows('rpki', [good, ...after].join('\n'), 'after')

  test('a tenth of the VRPs is gone, until they are back', () => {
    const told = story(many(98), many(80))
      .at('00:20:00')
      .knows('rpki', [good, ...many(90)].join('\n'), 'back')
      .play('00:40:00')
    expect(lines(told)).toEqual([
      '00:10:10 rpki.collapsed AS0 open: confirmed',
      '00:20:10 rpki.collapsed AS0 resolved: it has been well for long enough',
    ])
    expect(told[0]).toMatchObject({ key: 'rpki-collapsed', severity: 'info' })
    expect(told[0]?.confidence.tags[0]?.because).toBe('there were 100 VRPs in before, and are 82')
  })

  test('a trust anchor is gone', () => {
    const told = story([...many(98), ...many(1, 'apnic')], many(98)).play('00:20:00')
    expect(told[0]?.confidence.tags[0]?.because).toBe('nothing is left of the trust anchor apnic')
  })

  test.each([
    ['a few are gone', many(98), many(95)],
    ['there are more', many(98), many(200)],
    ['a trust anchor is new', many(98), [...many(98), ...many(1, 'apnic')]],
  ])('not when %s', (_, before, after) => {
    expect(lines(story(before, after).play('00:20:00'))).toEqual([])
  })

  test('what follows from such VRPs is doubtful, and touches us more than others', () => {
    const told = world()
      .knows('rpki', [good, vrp(7001, '198.51.0.0/16', 24), ...many(97)].join('\n'))
      .at('00:10:00')
      .knows('rpki', [vrp(7001, '198.51.0.0/16', 24), vrp(7000, other, 24), ...many(50)].join('\n'))
      .play('00:20:00')
    expect(only(told, 'rpki.collapsed').severity).toBe('minor')
    const { confidence, severity } = only(told, 'rpki.invalid')
    expect([confidence.level, severity]).toEqual(['low', 'major'])
    expect(confidence.tags.at(-1)?.because).toContain('much of what was in the VRPs before')
  })

  test('it does not take anybody who watches: the VRPs are ours', () => {
    const told = new World()
      .holds(all, own, '3356 7000')
      .knows('rpki', many(100).join('\n'))
      .at('00:10:00')
      .knows('rpki', many(10).join('\n'))
      .play('00:20:00')
    expect(lines(told)).toEqual(['00:10:10 rpki.collapsed AS0 open: confirmed'])
  })
})
