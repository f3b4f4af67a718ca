import { describe, expect, test } from 'vitest'
import type { Finding } from '../../src/core/evidence.ts'
import type { Change, Labels, Sample } from '../../src/core/sample.ts'
import { BgpEvidence } from '../../src/verdict/evidence-bgp.ts'
import {
  type MitigationGate,
  type Mitigators,
  mitigationGate,
} from '../../src/verdict/mitigation.ts'
import { Newcomers } from '../../src/verdict/newcomers.ts'
import { MitigationRoutes } from '../../src/wire/mitigation-routes.ts'
import { many, World } from '../detect/world.ts'
import { attribute, communities, nextHop, nlri, reach, update } from '../wire/updates.ts'
import { change, ids, scenes, series } from './scenes.ts'

const ten = 'abcdeABCDE'
const list = many(6)
const PROLEXIC = 32787
const known: Mitigators = { isScrubber: (asn) => asn === PROLEXIC, scrubbers: [PROLEXIC] }
const context = { isScrubber: known.isScrubber }
const until = '00:40:00'

/** Half of the vantage points reach it through AS3356, half through AS1299. */
const calm = () =>
  new World({ watch: [7000], context })
    .holds('abcAB', list, '174 3356 7000')
    .holds('deCDE', list, '174 1299 7000')

const surge: Finding = { id: 'in.surge', because: 'test', onset: null, where: [] }

function look(
  world: World,
  facts: readonly (Sample | Change)[] = [],
  more: readonly Finding[] = [],
) {
  const bgp = new BgpEvidence()
  const newcomers = new Newcomers()
  let gate: MitigationGate | null = null
  let found: readonly string[] = []
  const ever = new Set<string>()
  const told = scenes(
    world,
    until,
    (scene) => {
      const findings = [...bgp.seek(scene), ...more]
      found = ids(findings)
      for (const id of found) ever.add(id)
      gate = mitigationGate(scene, findings, known, newcomers)
    },
    facts,
  )
  return { gate: gate as MitigationGate | null, found, ever, told }
}

const from = (metric: string, labels: Labels, before: number, after: number) =>
  series(metric, labels, { '00:00:00': before, '00:25:00': after }, until)

describe('a scrubber', () => {
  test('that always was upstream: no incident, and no mitigation to speak of', () => {
    const world = new World({ watch: [7000], context })
      .holds(ten, list, '174 32787 7000')
      .at('00:20:00')
      .announce('a', list, '3356 32787 7000')
    const { told, gate, found } = look(world)
    expect(told).toEqual([])
    expect(gate).toBeNull()
    expect(found).toEqual(['bgp.quiet'])
  })

  test('that takes over from the transits explains all of it', () => {
    const world = calm().at('00:20:00').announce(ten, list, '174 32787 7000', 2)
    const { gate, ever, told } = look(world, [], [surge])
    expect(gate).toEqual({
      because: 'diversion of own prefixes through scrubber AS32787',
      explainsBgp: true,
      isFault: false,
    })
    for (const id of ever) expect(['bgp.quiet', 'in.surge']).toContain(id)
    expect(told.filter(({ kind }) => /^(hijack|leak|outage)/.test(kind))).toEqual([])
    expect(told.flatMap(({ confidence }) => confidence.tags.map(({ name }) => name))).toContain(
      'scrubber',
    )
  })

  test('a new upstream that is none explains nothing', () => {
    const world = calm().at('00:20:00').announce(ten, list, '174 6939 7000', 2)
    expect(look(world).gate).toBeNull()
  })

  test('that originates a prefix while it cleans is no hijack', () => {
    const world = calm().at('00:20:00').announce(ten, list.slice(0, 1), '174 32787', 2)
    const { gate, ever, told } = look(world)
    expect(gate).toEqual({
      because: 'diversion of 198.51.0.0/24 through scrubber AS32787',
      explainsBgp: true,
      isFault: false,
    })
    expect(ever).not.toContain('bgp.origin_foreign')
    expect(told.filter(({ kind }) => kind.startsWith('hijack'))).toEqual([])
  })

  test('that always originated a part of it is ordinary', () => {
    const world = new World({ watch: [7000], context })
      .holds(ten, '198.51.0.0/16', '174 3356 7000')
      .holds(ten, '198.51.4.0/24', '174 32787')
    expect(look(world).gate).toBeNull()
    world.at('00:20:00').announce(ten, '198.51.5.0/24', '174 32787')
    expect(look(world).gate?.because).toBe('diversion of 198.51.5.0/24 through scrubber AS32787')
  })

  test('does not explain that other prefixes are lost', () => {
    const world = calm()
      .at('00:20:00')
      .announce(ten, list.slice(0, 4), '174 32787 7000')
      .withdraw(ten, list.slice(4))
    const { gate, found } = look(world)
    expect(gate).toMatchObject({ explainsBgp: false, isFault: false })
    expect(found).toContain('bgp.vis_broad')
  })
})

describe('a blackhole', () => {
  const host = '198.51.3.77/32'

  test('for one host, known by its length: no hijack, no leak, and its address stays here', () => {
    const world = calm().at('00:20:00').announce(ten, host, '174 3356 7000')
    const { gate, ever } = look(world)
    expect(gate).toEqual({
      because: 'blackhole for a host inside 198.51.3.0/24',
      explainsBgp: true,
      isFault: false,
    })
    expect([...ever]).toEqual(['bgp.quiet'])
  })

  test('many at once are a defence, not a leak of more-specifics', () => {
    const hosts = Array.from({ length: 40 }, (_, i) => `198.51.${i % 6}.${i}/32`)
    const world = calm().at('00:20:00').announce(ten, hosts, '174 3356 7000')
    const { ever, told } = look(world)
    expect(ever).not.toContain('bgp.leak')
    expect(told.filter(({ kind }) => kind.startsWith('leak'))).toEqual([])
  })

  test('that was there from the beginning is none', () => {
    const world = calm().holds(ten, host, '174 3356 7000')
    expect(look(world).gate).toBeNull()
  })

  test('by a provider in its own name is no hijack', () => {
    const world = calm().at('00:20:00').announce(ten, host, '174 3356')
    expect(look(world).ever).not.toContain('bgp.origin_foreign')
  })

  test('that is over is none any more', () => {
    const world = calm()
      .at('00:20:00')
      .announce(ten, host, '174 3356 7000')
      .at('00:30:00')
      .withdraw(ten, host)
    expect(look(world).gate).toBeNull()
  })

  test('told by a detector, until it is lifted', () => {
    const start = change('00:20:00', 'mitigation-start', { kind: 'rtbh', prefix: host })
    expect(look(calm(), [start]).gate?.because).toBe('blackhole for a host inside 198.51.3.0/24')
    const end = change('00:30:00', 'mitigation-end', { kind: 'rtbh', prefix: host })
    expect(look(calm(), [start, end]).gate).toBeNull()
  })

  test('of a whole network by mistake is the fault: hosts fail and nobody floods', () => {
    const start = change('00:25:00', 'mitigation-start', { kind: 'rtbh', prefix: '198.51.0.0/20' })
    const failing = ['a', 'b', 'c'].flatMap((pop) =>
      from('probe_success', { set: 'inside', pop }, 1, 0),
    )
    expect(look(calm(), [start, ...failing]).gate).toEqual({
      because:
        'a blackhole for 198.51.0.0/20 drops more than a single host, probes from inside fail in 3 POPs (a, b, c), and no flood is seen',
      explainsBgp: false,
      isFault: true,
    })
    // With a flood it is drastic, and meant; for a host it is what blackholes are for.
    expect(look(calm(), [start, ...failing], [surge]).gate?.isFault).toBe(false)
    expect(look(calm(), [start]).gate?.isFault).toBe(false)
    // A detector masks the host it tells of.
    for (const prefix of [host, '198.51.3.0/24']) {
      const one = change('00:25:00', 'mitigation-start', { kind: 'rtbh', prefix })
      expect(look(calm(), [one, ...failing]).gate?.isFault).toBe(false)
    }
  })
})

describe('a Flowspec rule', () => {
  const rule = (time: string) =>
    change(time, 'mitigation-start', { kind: 'flowspec', prefix: '198.51.3.0/24' })
  const session = from('session_up', { router: 'r', peer: 'p', link: 't1' }, 1, 0)

  test('that nothing follows is a mitigation', () => {
    expect(look(calm(), [rule('00:20:00')]).gate).toEqual({
      because: 'Flowspec rule for 198.51.3.0/24',
      explainsBgp: true,
      isFault: false,
    })
  })

  test('after which sessions die is the fault', () => {
    expect(look(calm(), [rule('00:24:30'), ...session]).gate).toEqual({
      because: 'a Flowspec rule for 198.51.3.0/24 was followed by the loss of an external session',
      explainsBgp: false,
      isFault: true,
    })
  })

  test('after which prefixes flap is the fault', () => {
    const world = calm()
    for (const minute of ['22', '24', '26', '28', '30', '32'])
      world
        .at(`00:${minute}:00`)
        .withdraw(ten, list)
        .at(`00:${minute}:50`)
        .announce(ten, list, '174 3356 7000')
    const { gate } = look(world, [rule('00:20:00')])
    expect(gate?.because).toMatch(
      /^a Flowspec rule for 198.51.3.0\/24 was followed by the (flapping|loss) of 6 prefixes/,
    )
    expect(gate?.isFault).toBe(true)
  })

  test('that came after is an answer, and no cause', () => {
    expect(look(calm(), [rule('00:26:00'), ...session]).gate).toMatchObject({
      explainsBgp: false,
      isFault: false,
    })
  })
})

describe('told by BMP', () => {
  const hop = nextHop('0a000001')
  const blackhole = communities('65535:666')
  const at = (time: string) => change(time, 'commit', {}).at
  /** What a router's UPDATEs become, by the octets. */
  const heard = (...messages: readonly [time: string, message: Uint8Array][]): Change[] => {
    const routes = new MitigationRoutes('edge-1')
    return messages.flatMap(([time, message]) => [...routes.update('s', message, at(time))])
  }
  const hole = (prefix: string) => update({ attributes: hop + blackhole, nlri: nlri(prefix) })
  const discard = attribute(16, '8006000000000000')
  const failing = ['a', 'b', 'c'].flatMap((pop) =>
    from('probe_success', { set: 'inside', pop }, 1, 0),
  )
  const held = ' (on edge-1)'

  test('a blackhole is in force until it is withdrawn, and its host stays here', () => {
    const start = ['00:20:00', hole('198.51.3.77/32')] as const
    expect(look(calm(), heard([...start])).gate).toEqual({
      because: `blackhole for a host inside 198.51.3.0/24${held}`,
      explainsBgp: true,
      isFault: false,
    })
    const end = ['00:30:00', update({ withdrawn: nlri('198.51.3.77/32') })] as const
    expect(look(calm(), heard([...start], [...end])).gate).toBeNull()
  })

  test('and by the detector that made it is one, and ends with the route', () => {
    const notice = { kind: 'rtbh', prefix: '198.51.3.0/24' }
    const ban = change('00:19:50', 'mitigation-start', notice)
    const routes = heard(['00:20:00', hole('198.51.3.77/32')])
    const because = `blackhole for a host inside 198.51.3.0/24${held}`
    expect(look(calm(), [ban, ...routes]).gate?.because).toBe(because)
    // The detector lets go first; the route is still there.
    const unban = change('00:30:00', 'mitigation-end', notice)
    expect(look(calm(), [ban, ...routes, unban]).gate?.because).toBe(because)
  })

  test('a host’s blackhole does not explain that its /24 is lost', () => {
    const world = calm().at('00:24:00').withdraw(ten, '198.51.3.0/24')
    const { gate } = look(world, heard(['00:20:00', hole('198.51.3.77/32')]))
    expect(gate).toMatchObject({ explainsBgp: false, isFault: false })
  })

  test('of somebody else’s host is nobody’s here', () => {
    expect(look(calm(), heard(['00:20:00', hole('203.0.113.9/32')])).gate).toBeNull()
  })

  test('of a whole /24 after which probes fail is the fault', () => {
    const routes = heard(['00:25:00', hole('198.51.3.0/24')])
    expect(look(calm(), [...routes, ...failing]).gate).toEqual({
      because:
        'a blackhole for 198.51.3.0/24 drops more than a single host, probes from inside fail in 3 POPs (a, b, c), and no flood is seen',
      explainsBgp: false,
      isFault: true,
    })
    const host = heard(['00:25:00', hole('198.51.3.77/32')])
    expect(look(calm(), [...host, ...failing]).gate?.isFault).toBe(false)
  })

  const dropsDns = (time: string, action = discard) =>
    heard([time, update({ attributes: action + reach('1/133', '', '06038111058135') })])
  const resolver = from('timeout_ratio', { resolver: 'r1' }, 0.01, 0.9)

  test('a Flowspec rule that discards port 53, after which resolvers fail, is the fault', () => {
    expect(look(calm(), [...dropsDns('00:24:30'), ...resolver]).gate).toEqual({
      because:
        'a Flowspec rule for own prefixes was followed by resolvers that fail (r1), for it drops DNS',
      explainsBgp: false,
      isFault: true,
    })
    expect(look(calm(), [...dropsDns('00:24:30'), ...failing]).gate?.isFault).toBe(true)
  })

  test('is none where it limits only, came after, or resolvers are well', () => {
    const limits = attribute(16, '80060000461c4000')
    for (const facts of [
      [...dropsDns('00:24:30', limits), ...resolver],
      [...dropsDns('00:27:00'), ...resolver],
      dropsDns('00:24:30'),
    ])
      expect(look(calm(), facts).gate).toMatchObject({ isFault: false })
  })
})
