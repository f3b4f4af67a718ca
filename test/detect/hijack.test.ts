import { describe, expect, test } from 'vitest'
import type { Context } from '../../src/core/context.ts'
import { Dice } from '../../src/scenario/dice.ts'
import { clock, lines, many, only, World, type WorldSettings } from './world.ts'

const peers = 'abcdefghijABCDEFGHIJ'
/** Half of them, at both collectors. */
const half = 'abcdeABCDE'
const net = '203.0.0.0/16'
const part = '203.0.7.0/24'

/** AS6000 behind AS3356 has a /16; AS5001 is another customer of somebody else. */
const world = (settings: WorldSettings = {}) =>
  new World(settings)
    .holds(peers, net, '1299 3356 6000')
    .holds(peers, '198.18.0.0/24', '1299 174 5001')
    .holds(peers, '192.31.0.0/24', '1299 174 8000 5002')

const rov = (validity: Context['validity']): WorldSettings => ({ context: { validity } })
const tagsOf = (incident: { confidence: { tags: readonly { name: string }[] } }) =>
  incident.confidence.tags.map(({ name }) => name)

describe('the same prefix from another origin', () => {
  const taken = (settings: WorldSettings = {}) =>
    world(settings)
      .at('00:10:01')
      .announce(half, net, '1299 174 5001', 1)
      .at('00:20:00')
      .announce(half, net, '1299 3356 6000', 1)
      .play('00:40:00')

  test('is told when it has stood for a minute, and is over 300 s after it went', () => {
    const told = taken()
    expect(lines(told)).toEqual([
      '00:11:10 hijack.moas AS5001 open: confirmed',
      '00:20:10 hijack.moas AS5001 resolving: it is getting well',
      '00:25:10 hijack.moas AS5001 resolved: it has been well for long enough',
    ])
    const one = only(told, 'hijack.moas')
    expect([clock(one.startedAt), clock(one.endedAt)]).toEqual(['00:10:01', '00:20:09'])
    expect(one).toMatchObject({ key: 'hijack:5001:6000', culprit: 5001, severity: 'major' })
    expect(one.confidence).toMatchObject({ score: 5, level: 'medium' })
    expect(one.counts).toMatchObject({ prefixes: 1, peerAsns: 10, collectors: 2, share: 0.5 })
    expect(one.samples.prefixes).toEqual([net])
    expect(one.samples.paths[0]).toEqual({
      peer: 'rrc00 192.0.2.97 AS201',
      prefix: net,
      before: '201 1299 3356 6000',
      after: '201 1299 174 5001',
    })
  })

  test('in whatever order messages arrive and peers are met', () => {
    const play = (dice?: Dice) =>
      world()
        .at('00:10:01')
        .announce(half, net, '1299 174 5001', 1)
        .at('00:20:00')
        .announce(half, net, '1299 3356 6000', 1)
        .play('00:40:00', dice)
    const expected = JSON.stringify(play())
    for (const seed of [1, 2, 3]) expect(JSON.stringify(play(new Dice(seed)))).toBe(expected)
  })

  test('is surer, and told sooner, when ROAs are for the old and against the new', () => {
    const one = only(
      taken(rov((_, origin) => (origin === 6000 ? 'valid' : 'invalid-asn'))),
      'hijack.moas',
    )
    expect(one.confidence).toMatchObject({ score: 10, level: 'high' })
    expect(clock(one.detectedAt)).toBe('00:10:30')
  })

  test('is no hijack when a ROA is for the new', () => {
    expect(taken(rov(() => 'valid'))).toEqual([])
  })

  test('is worth less when only some prefix of the new is too long for its ROA', () => {
    const one = only(taken(rov(() => 'invalid-length')), 'hijack.moas')
    expect(one.confidence.score).toBe(5)
  })

  test('of those who watch the victim, or the culprit, and of nobody else', () => {
    expect(only(taken({ watch: [6000] }), 'hijack.moas').asn).toBe(6000)
    const by = only(taken({ watch: [5001] }), 'hijack.moas')
    expect([by.asn, by.key]).toEqual([5001, 'hijack:5001:6000'])
    expect(taken({ watch: [5002] })).toEqual([])
  })

  test('by two peers of twenty is nothing in the whole table, and little to its owner', () => {
    const few = (who: string, settings: WorldSettings) =>
      world(settings).at('00:10:01').announce(who, net, '1299 174 5001').play('00:20:00')
    expect(few('aA', {})).toEqual([])
    // Two witnesses of twenty: base 2, less than three −4.
    expect(few('aA', { watch: [6000] })).toEqual([])
    const three = only(few('abA', { watch: [6000] }), 'hijack.moas')
    expect(three.confidence).toMatchObject({ score: 3, level: 'low' })
    expect(three.severity).toBe('info')
    expect(few('abA', {})).toEqual([])
  })

  test('where there are two vantage points at all, both seeing it is said, in doubt', () => {
    const told = new World({ watch: [6000] })
      .holds('aA', net, '1299 3356 6000')
      .holds('aA', '198.18.0.0/24', '1299 174 5001')
      .at('00:10:01')
      .announce('a', net, '1299 174 5001')
      .play('00:20:00')
    expect(only(told, 'hijack.moas').confidence.level).toBe('low')
  })

  test('for seven seconds is told as having passed', () => {
    const told = world()
      .at('00:10:01')
      .announce(half, net, '1299 174 5001')
      .at('00:10:08')
      .announce(half, net, '1299 3356 6000')
      .play('00:30:00')
    const one = only(told, 'hijack.moas')
    expect(one).toMatchObject({ state: 'transient', severity: 'info' })
    expect([clock(one.startedAt), clock(one.endedAt)]).toEqual(['00:10:01', '00:10:08'])
    expect(one.counts.peerAsns).toBe(10)
  })

  test('is over though two peers are stuck with it', () => {
    const told = world()
      .at('00:10:01')
      .announce(half, net, '1299 174 5001')
      .at('00:20:00')
      .announce('bcdeBCDE', net, '1299 3356 6000')
      .play('00:40:00')
    expect(only(told, 'hijack.moas')).toMatchObject({ state: 'resolved' })
  })

  test('is not hidden by a message that could not be read', () => {
    const told = world()
      .at('00:10:01')
      .announce(half, net, '1299 174 5001')
      .at('00:10:11')
      .announce(peers, [net, '192.31.0.0/24'], '')
      .play('00:20:00')
    expect(only(told, 'hijack.moas').counts.peerAsns).toBe(10)
  })
})

describe('when a collector falls silent', () => {
  const away = 'ABCDEFGHIJ'
  const taken = (settings: WorldSettings = {}) =>
    world(settings).at('00:10:01').announce(half, net, '1299 174 5001').at('00:15:00').down(away)

  test('what the others have no more is over', () => {
    for (const settings of [{}, { watch: [6000] }]) {
      const told = taken(settings)
        .at('00:20:00')
        .announce('abcde', net, '1299 3356 6000')
        .play('02:00:00')
      const one = only(told, 'hijack.moas')
      expect([one.state, clock(one.endedAt)]).toEqual(['resolved', '00:20:00'])
    }
  })

  test('what they have lasts', () => {
    expect(only(taken().play('02:00:00'), 'hijack.moas').state).toBe('open')
  })

  test('what only that collector had ends with its silence, and is told again when it is back', () => {
    const invalid = rov((_, origin) => (origin === 6000 ? 'valid' : 'invalid-asn'))
    const story = world(invalid).at('00:10:01').announce('ABCDEFG', net, '1299 174 5001')
    story.at('00:15:00').down(away)
    const one = only(story.play('00:40:00'), 'hijack.moas')
    expect([one.state, clock(one.endedAt)]).toEqual(['resolved', '00:15:10'])
    story.at('02:00:00').up(away).announce('ABCDEFG', net, '1299 174 5001')
    story
      .announce('HIJ', net, '1299 3356 6000')
      .announce(away, '192.31.0.0/24', '1299 174 8000 5002')
    const told = story.endOfRib(away).play('03:00:00')
    expect(told.findLast(({ kind }) => kind === 'hijack.moas')).toMatchObject({ state: 'reopened' })
  })

  test('where nobody is left, it is not known to be over', () => {
    expect(only(taken().down('abcdefghij').play('02:00:00'), 'hijack.moas').state).toBe('open')
  })
})

describe('the same prefix, when all take it', () => {
  const invalid = rov((_, origin) => (origin === 6000 ? 'valid' : 'invalid-asn'))
  /** From 00:10:01 on, so many seconds between one peer and the next, till 01:00. */
  const taken = (settings: WorldSettings, into = 0, back = 0) =>
    world(settings)
      .at('00:10:01')
      .announce(peers, net, '1299 174 5001', into)
      .at('01:00:00')
      .announce(peers, net, '1299 3356 6000', back)
      .play('02:30:00')
      .filter(({ kind }) => kind.startsWith('hijack'))

  test('against ROAs, it lasts as long as they hold it, and is told once', () => {
    for (const settings of [invalid, { ...invalid, watch: [6000] }]) {
      const told = taken(settings)
      const one = only(told, 'hijack.moas')
      expect(told.map(({ state }) => state)).toEqual(['open', 'resolving', 'resolved'])
      expect([clock(one.startedAt), clock(one.endedAt)]).toEqual(['00:10:01', '01:00:00'])
    }
  })

  test('within five minutes it is a move, and so is its undoing', () => {
    expect(taken({})).toEqual([])
    expect(taken({}, 0, 3)).toEqual([])
    const opened = taken({}, 9)
    const one = only(opened, 'hijack.moas')
    expect(opened.at(-1)).toMatchObject({ state: 'resolved' })
    expect(clock(one.endedAt) >= clock(one.detectedAt)).toBe(true)
  })

  test('but not when the old origin has a part of it back for longer', () => {
    const told = world()
      .at('00:10:01')
      .announce(peers, net, '1299 174 5001')
      .at('01:00:00')
      .announce(half, net, '1299 3356 6000')
      .play('01:30:00')
    const one = only(told, 'hijack.moas')
    expect([one.state, clock(one.detectedAt)]).toEqual(['open', '01:06:20'])
  })

  test('slowly, it is told to the end', () => {
    const told = taken({}, 20)
    const one = only(told, 'hijack.moas')
    expect(new Set(told.map(({ state }) => state))).toEqual(
      new Set(['open', 'resolving', 'resolved']),
    )
    expect(clock(one.endedAt)).toBe('01:00:00')
  })
})

describe('what is ordinary', () => {
  /** Taken by half of the peers over this path, and what is told of it by the whole table. */
  const by = (path: string, settings: WorldSettings = {}, prefix = net) =>
    world(settings).at('00:10:01').announce(half, prefix, path).play('00:30:00')

  test('is told apart from what is not', () => {
    expect(by('1299 174 5001')).toHaveLength(1)
    expect(by('1299 174 5001', {}, part)).toHaveLength(1)
  })

  test('two origins that the starting table had', () => {
    const told = world()
      .holds('k', net, '1299 174 5001')
      .at('00:10:01')
      .announce(half, net, '1299 174 5001')
      .play('00:30:00')
    expect(told).toEqual([])
  })

  test('siblings', () => {
    const sameOrganisation = (a: number, b: number) => a + b === 11_001
    expect(by('1299 174 5001', { context: { sameOrganisation } })).toEqual([])
  })

  test('scrubbers', () => {
    expect(by('1299 174 5001', { context: { isScrubber: (asn) => asn === 5001 } })).toEqual([])
  })

  test('beacons', () => {
    expect(by('1299 174 5001', { context: { isBeacon: () => true } })).toEqual([])
  })

  test('private origins', () => {
    expect(by('1299 174 64512')).toEqual([])
  })

  test('the upstream, the customer behind the old origin, and neighbours', () => {
    expect(by('1299 3356')).toEqual([])
    expect(by('1299 3356 6000 7777')).toEqual([])
    const beside = new World()
      .holds(peers, net, '1299 3356 6000')
      .holds(peers, '198.18.0.0/24', '1299 174 6000 5001')
      .at('00:10:01')
      .announce(half, net, '1299 174 5001')
    expect(beside.play('00:30:00')).toEqual([])
  })

  test('a neighbour by a file of relationships', () => {
    expect(by('1299 174 5001', { context: { relation: () => 'provider' } })).toEqual([])
  })

  test('a number of prepends that was taken for an AS', () => {
    expect(by('1299 3356 6000 6000 3')).toEqual([])
    const watched = only(by('1299 3356 6000 6000 3', { watch: [6000] }), 'hijack.moas')
    expect(tagsOf(watched)).toContain('fat_finger')
    expect(watched.confidence.level).toBe('low')
    const slip = only(by('1299 174 60000', { watch: [6000] }), 'hijack.moas')
    expect(tagsOf(slip)).toContain('fat_finger')
  })

  test('relations, though the numbers are alike', () => {
    const alike = (path: string, relation?: 'provider') => {
      const context = relation ? { context: { relation: () => relation } } : {}
      const told = new World({ watch: [60_001], ...context })
        .holds(peers, net, '1299 60002 60001')
        .holds(peers, '198.18.0.0/24', '1299 174 60003')
        .at('00:10:01')
        .announce(half, part, path)
        .play('00:30:00')
      return told.filter(({ kind }) => kind.startsWith('hijack'))
    }
    // Its upstream, its customer, and by a file; a stranger is told of.
    expect(alike('1299 60002')).toEqual([])
    expect(alike('1299 60002 60001 60004')).toEqual([])
    expect(alike('1299 174 60003', 'provider')).toEqual([])
    expect(tagsOf(only(alike('1299 174 60003'), 'hijack.submoas'))).toContain('fat_finger')
  })

  test('a prefix that moves: the old origin goes, and nobody is left with it', () => {
    const moves = (watch?: number[]) =>
      world(watch ? { watch } : {})
        .at('00:10:00')
        .withdraw(peers, net)
        .at('00:10:30')
        .announce(peers, net, '1299 174 5001')
        .play('00:30:00')
    expect(moves().filter(({ kind }) => kind.startsWith('hijack'))).toEqual([])
    const watched = only(moves([6000]), 'hijack.moas')
    expect(tagsOf(watched)).toContain('transition')
  })

  test('blackholing', () => {
    expect(by('1299 174 5001', {}, '203.0.7.1/32')).toEqual([])
    const invalid = rov((_, origin) => (origin === 6000 ? 'valid' : 'invalid-asn'))
    const one = only(by('1299 174 5001', invalid, '203.0.7.1/32'), 'hijack.submoas')
    expect(one.confidence.level).toBe('high')
  })

  test('blackholing by an upstream, a scrubber or one organisation, even against ROAs', () => {
    const validity: Context['validity'] = (_, origin) => (origin === 6000 ? 'valid' : 'invalid-asn')
    const host = '203.0.7.1/32'
    const told = (path: string, more: Partial<Context> = {}) =>
      by(path, { watch: [6000], context: { validity, ...more } }, host).map(({ kind }) => kind)
    expect(told('1299 174 5001')).toEqual(['hijack.submoas'])
    expect(told('1299 3356')).toEqual([])
    expect(told('1299 174 5001', { relation: () => 'provider' })).toEqual([])
    expect(told('1299 174 5001', { isScrubber: (asn) => asn === 5001 })).toEqual([])
    expect(told('1299 174 5001', { sameOrganisation: () => true })).toEqual([])
  })

  test('a new prefix that is inside nothing', () => {
    expect(by('1299 174 5001', {}, '91.0.0.0/24')).toEqual([])
  })

  test('reserved space', () => {
    const told = new World()
      .holds(peers, '10.0.0.0/8', '1299 3356 6000')
      .holds(peers, '198.18.0.0/24', '1299 174 5001')
      .at('00:10:01')
      .announce(half, '10.1.0.0/16', '1299 174 5001')
      .play('00:30:00')
    expect(told).toEqual([])
  })

  test('what a learned input shows for the first time', () => {
    const told = new World({ baseline: 'learned-from-input' })
      .at('00:01:00')
      .announce(peers, net, '1299 3356 6000')
      .at('00:10:01')
      .announce(half, net, '1299 174 5001')
      .at('00:10:30')
      .announce(half, part, '1299 174 5001')
      .play('00:30:00')
    expect(told).toEqual([])
  })
})

test('learned from the input, the owner is told of it in no more than medium confidence', () => {
  const told = new World({ baseline: 'learned-from-input', watch: [6000] })
    .at('00:01:00')
    .announce(peers, net, '1299 3356 6000')
    .at('00:10:01')
    .announce(half, net, '1299 174 5001')
    .play('00:30:00')
  expect(only(told, 'hijack.moas').confidence.level).toBe('medium')
})

describe('a part of a prefix', () => {
  const taken = (settings: WorldSettings = {}, path = '1299 174 5001') =>
    world(settings)
      .at('00:10:01')
      .announce(peers, part, path, 1)
      .at('00:30:00')
      .withdraw(peers, part, 1)
      .play('00:50:00')

  test('from a network that has nothing to do with its owner', () => {
    const told = taken()
    const one = only(told, 'hijack.submoas')
    expect(one).toMatchObject({ key: 'hijack:5001:6000', culprit: 5001, state: 'resolved' })
    expect(one.confidence).toMatchObject({ score: 7, level: 'medium' })
    expect([clock(one.startedAt), clock(one.endedAt)]).toEqual(['00:10:01', '00:30:19'])
    expect(tagsOf(one)).toContain('more.specific')
  })

  test('is sure when ROAs speak against it', () => {
    const one = only(
      taken(rov((_, origin) => (origin === 6000 ? 'valid' : 'invalid-asn'))),
      'hijack.submoas',
    )
    expect(one.confidence.level).toBe('high')
  })

  test('is told again when it comes back', () => {
    const told = world()
      .at('00:10:01')
      .announce(peers, part, '1299 174 5001')
      .at('00:20:00')
      .withdraw(peers, part)
      .at('03:00:00')
      .announce(peers, part, '1299 174 5001')
      .play('03:10:00')
    const ids = new Set(told.map(({ id }) => id))
    expect(ids.size).toBe(2)
  })

  test('of a provider, by its customer, is ordinary', () => {
    expect(taken({}, '1299 3356 6000 5001')).toEqual([])
  })

  test('of its own announcer is ordinary', () => {
    expect(taken({}, '1299 3356 6000')).toEqual([])
  })

  test('that peers who told no table have is nothing new', () => {
    const told = world().at('00:10:01').announce('xyzXYZ', part, '1299 174 5001').play('00:30:00')
    expect(told).toEqual([])
  })
})

describe('a prefix around others', () => {
  const around = '203.0.0.0/15'
  const taken = (settings: WorldSettings, lost: boolean) => {
    const story = world(settings).at('00:10:01').announce(peers, around, '1299 174 5001')
    if (lost) story.at('00:09:00').withdraw(peers, net)
    return story.play('00:30:00').filter(({ kind }) => kind.startsWith('hijack'))
  }

  test('takes nothing while they stand: only their owner is told, and in doubt', () => {
    expect(taken({}, false)).toEqual([])
    const one = only(taken({ watch: [6000] }, false), 'hijack.less-specific')
    expect(one).toMatchObject({ asn: 6000, culprit: 5001, severity: 'info' })
    expect(one.confidence.level).toBe('low')
  })

  test('takes their traffic when they are lost', () => {
    const one = only(taken({}, true), 'hijack.less-specific')
    expect(one).toMatchObject({ key: 'hijack:5001:6000' })
    expect(tagsOf(one)).toContain('specifics.lost')
    expect(one.samples.prefixes).toEqual([around])
  })

  test('that ROAs forbid is told while they stand', () => {
    const invalid = rov((_, origin) => (origin === 6000 ? 'valid' : 'invalid-asn'))
    expect(only(taken(invalid, false), 'hijack.less-specific').confidence.level).toBe('medium')
  })

  test('around nothing, in space that ROAs give to nobody, is squatting', () => {
    const told = world(rov(() => 'invalid-asn'))
      .at('00:10:01')
      .announce(peers, '91.0.0.0/16', '1299 174 5001')
      .play('00:30:00')
    const one = only(told, 'hijack.submoas')
    expect(one.key).toBe('hijack:5001:0')
    expect(tagsOf(one)).toContain('squatting')
  })
})

test('prefixes that many took at once are one stroke', () => {
  const story = new World()
    .holds(peers, '198.18.0.0/24', '1299 174 5001')
    .holds(peers, many(4, '60.0'), '1299 3356 6000')
  for (let i = 0; i < 4; i++) story.holds(peers, `60.1.${i}.0/24`, `1299 3356 ${6001 + i}`)
  for (let i = 0; i < 4; i++) story.at('00:10:01').announce(half, `60.1.${i}.0/24`, '1299 174 5001')
  const told = story.play('00:20:00')
  expect(told).toHaveLength(4)
  for (const one of told) expect(tagsOf(one)).toContain('victims.many')
})
