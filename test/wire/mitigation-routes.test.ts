import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { unpackSample } from '../../src/clock/sample-fact.ts'
import { hostsIn, readLabels } from '../../src/core/labels.ts'
import type { Change } from '../../src/core/sample.ts'
import { MitigationRoutes } from '../../src/wire/mitigation-routes.ts'
import { noise } from './octets.ts'
import { attribute, communities, nextHop, nlri, octets, reach, unreach, update } from './updates.ts'

const T = 1_700_000_000_000_000
const HOP = nextHop('0a000001')
const BLACKHOLE = communities('64500:1', '65535:666')
const hole = (...prefixes: string[]) =>
  update({ attributes: HOP + BLACKHOLE, nlri: nlri(...prefixes) })
const plain = (...prefixes: string[]) => update({ attributes: HOP, nlri: nlri(...prefixes) })
const gone = (...prefixes: string[]) => update({ withdrawn: nlri(...prefixes) })

const brief = (changes: readonly Change[]) =>
  changes.map(({ event, labels }) => [event.replace('mitigation-', ''), labels])
const open = (settings = {}) => new MitigationRoutes('edge-1', settings)

const host = { kind: 'rtbh', length: '32', prefix: '198.51.100.0/24', router: 'edge-1' }

describe('a blackhole', () => {
  test('begins with its community and ends with its withdrawal, and its host is not told', () => {
    const routes = open()
    const start = routes.update('s', hole('198.51.100.7/32'), T)
    expect(start).toEqual([
      {
        kind: 'change',
        at: T,
        event: 'mitigation-start',
        labels: host,
        note: 'BMP: community 65535:666',
        uncertainty: 15_000_000,
      },
    ])
    expect(routes.update('s', hole('198.51.100.7/32'), T + 1)).toEqual([])
    expect(routes.running).toBe(1)
    expect(brief(routes.update('s', gone('203.0.113.1/32'), T + 2))).toEqual([])
    const end = routes.update('s', gone('198.51.100.7/32'), T + 9)
    expect(brief(end)).toEqual([['end', host]])
    expect(end[0]?.at).toBe(T + 9)
    expect(routes.running).toBe(0)
    expect(routes.update('s', gone('198.51.100.7/32'), T + 10)).toEqual([])
    for (const change of [...start, ...end]) {
      expect(hostsIn(change.labels)).toEqual([])
      expect(readLabels(change.labels)).toEqual(change.labels)
      // As it comes back out of a journal.
      expect(unpackSample({ ...change })).toEqual(change)
    }
  })

  test('ends when the route comes again without the community', () => {
    const routes = open()
    routes.update('s', hole('198.51.100.7/32'), T)
    const [end] = routes.update('s', plain('198.51.100.7/32'), T + 5)
    expect([end?.event, end?.note]).toEqual([
      'mitigation-end',
      'BMP: announced anew in another way',
    ])
  })

  test('is one, however many hosts of a block and however many views of a router have it', () => {
    const routes = open()
    expect(routes.update('a', hole('198.51.100.7/32', '198.51.100.8/32'), T)).toHaveLength(1)
    expect(routes.update('b', hole('198.51.100.7/32'), T)).toEqual([])
    expect(routes.update('a', gone('198.51.100.7/32', '198.51.100.8/32'), T + 1)).toEqual([])
    expect(brief(routes.update('b', gone('198.51.100.7/32'), T + 2))).toEqual([['end', host]])
  })

  test('of a whole network is told as that', () => {
    const [start] = open().update('s', hole('198.51.100.0/24'), T)
    expect(start?.labels).toEqual({ ...host, length: '24' })
  })

  test('in IPv6, by MP_REACH_NLRI and MP_UNREACH_NLRI', () => {
    const routes = open()
    const bad = '2001:db8:7:8::9/128'
    const hop = '20010db8000000000000000000000001'
    const start = routes.update(
      's',
      update({ attributes: BLACKHOLE + reach('2/1', hop, nlri(bad)) }),
      T,
    )
    const six = { ...host, length: '128', prefix: '2001:db8:7::/48' }
    expect(brief(start)).toEqual([['start', six]])
    const end = routes.update('s', update({ attributes: unreach('2/1', nlri(bad)) }), T + 1)
    expect(brief(end)).toEqual([['end', six]])
  })

  test('by configured communities, large ones too, and by none that is not', () => {
    const own = open({ communities: ['65001:666', '64500:666:0'] })
    const by = (attributes: string) =>
      update({ attributes: HOP + attributes, nlri: nlri('198.51.100.7/32') })
    expect(own.update('s', by(communities('65001:666')), T)[0]?.note).toBe(
      'BMP: community 65001:666',
    )
    const large = attribute(32, '0000fbf4 0000029a 00000000'.replaceAll(' ', ''))
    expect(own.update('t', by(large), T)).toEqual([])
    expect(own.running).toBe(1)
    own.down('s', T + 1, 'test')
    expect(own.running).toBe(1)
    own.down('t', T + 1, 'test')
    expect(own.running).toBe(0)
    expect(own.update('s', by(communities('65535:666')), T)).toEqual([])
    expect(open().update('s', by(communities('65001:666')), T)).toEqual([])
  })

  test('by a next hop into nothing only where it is longer than what is exchanged', () => {
    const nowhere = nextHop('c0000201')
    const routes = open()
    expect(
      routes.update('s', update({ attributes: nowhere, nlri: nlri('198.51.100.0/24') }), T),
    ).toEqual([])
    const [start] = routes.update(
      's',
      update({ attributes: nowhere, nlri: nlri('198.51.100.7/32') }),
      T,
    )
    expect(start?.note).toBe('BMP: next hop into nothing')
    const six = reach('2/1', '01000000000000000000000000000001', nlri('2001:db8::1/128'))
    expect(routes.update('s', update({ attributes: six }), T)).toHaveLength(1)
  })

  test('with path identifiers ends when the last of its paths has gone', () => {
    const paths = new Set(['1/1'])
    const routes = open()
    const one = (id: string) => `${id}${nlri('198.51.100.7/32')}`
    const both = one('00000001') + one('00000002')
    const start = update({ attributes: HOP + BLACKHOLE, nlri: both })
    expect(routes.update('s', start, T, paths)).toHaveLength(1)
    expect(routes.update('s', update({ withdrawn: one('00000001') }), T + 1, paths)).toEqual([])
    expect(routes.update('s', update({ withdrawn: one('00000002') }), T + 2, paths)).toHaveLength(1)
  })

  test('of somebody else’s address space is none of ours', () => {
    const routes = open()
    routes.own(['198.51.100.0/22'], T)
    expect(routes.update('s', hole('203.0.113.7/32'), T)).toEqual([])
    expect(routes.update('s', hole('198.51.100.7/32'), T)).toHaveLength(1)
    // A part of ours is in it.
    expect(routes.update('s', hole('198.51.0.0/16'), T)).toHaveLength(1)
  })

  test('of others is told when it turns out to be ours, and not any more when it is not', () => {
    const routes = open()
    routes.own(['203.0.113.0/24'], T)
    expect(routes.update('s', hole('198.51.100.7/32', '198.51.100.8/32'), T)).toEqual([])
    expect(routes.update('s', gone('198.51.100.8/32'), T + 1)).toEqual([])
    expect([routes.running, routes.dropped, routes.passedOver]).toEqual([0, 0, 0])
    const found = routes.own(['203.0.113.0/24', '198.51.100.0/22'], T + 2)
    expect(brief(found)).toEqual([['start', host]])
    expect(found[0]?.at).toBe(T + 2)
    expect(routes.own(['203.0.113.0/24', '198.51.100.0/22'], T + 3)).toEqual([])
    const [end] = routes.own(['203.0.113.0/24'], T + 4)
    expect([end?.event, end?.note]).toEqual([
      'mitigation-end',
      'BMP: it is of address space of others',
    ])
    expect(routes.running).toBe(0)
    // Withdrawn meanwhile, it is not told of again.
    routes.update('s', gone('198.51.100.7/32'), T + 5)
    expect(routes.own(['198.51.100.0/22'], T + 6)).toEqual([])
  })

  test('of others never takes the room of ours', () => {
    const routes = open({ mostRoutes: 2 })
    routes.own(['198.51.100.0/22'], T)
    routes.update('s', hole('203.0.113.1/32', '203.0.113.2/32', '203.0.113.3/32'), T)
    expect([routes.running, routes.dropped, routes.passedOver]).toEqual([0, 0, 1])
    expect(routes.update('s', hole('198.51.100.7/32'), T)).toHaveLength(1)
  })
})

describe('what a session told', () => {
  test('is over when it is over, and why is said', () => {
    const routes = open()
    routes.update('a', hole('198.51.100.7/32', '198.51.101.7/32'), T)
    routes.update('b', hole('198.51.101.7/32'), T)
    const ends = routes.down('a', T + 1, 'session with 192.0.2.1 is down')
    expect(brief(ends)).toEqual([['end', host]])
    expect(ends[0]?.note).toBe('BMP: session with 192.0.2.1 is down')
    expect(routes.close(T + 2, 'connection lost').map(({ note }) => note)).toEqual([
      'BMP: connection lost',
    ])
    expect(routes.running).toBe(0)
  })

  test('within one second stays in order: routers stamp by the second', () => {
    const routes = open()
    const all = [
      ...routes.update('s', hole('198.51.100.7/32'), T),
      ...routes.update('s', gone('198.51.100.7/32'), T),
      ...routes.update('s', hole('198.51.100.7/32'), T),
      ...routes.update('s', gone('198.51.100.7/32'), T),
    ]
    expect(all.map(({ event, at }) => [event, at - T])).toEqual([
      ['mitigation-start', 0],
      ['mitigation-end', 1],
      ['mitigation-start', 2],
      ['mitigation-end', 3],
    ])
  })

  test('is bounded: what there is no room for is counted', () => {
    const routes = open({ mostRoutes: 3, mostMitigations: 2 })
    const many = ['198.51.100.1/32', '198.51.101.1/32', '198.51.102.1/32', '198.51.100.2/32']
    expect(routes.update('s', hole(...many, '198.51.100.3/32'), T)).toHaveLength(2)
    expect([routes.running, routes.dropped]).toEqual([2, 2])
    routes.close(T + 1, 'test')
    expect(routes.update('s', hole('198.51.102.1/32'), T + 2)).toHaveLength(1)
  })
})

describe('a Flowspec rule', () => {
  // Towards 198.51.100.7/32, UDP, destination port 53.
  const rule = '0120c6336407 038111 058135'
  const framed = (text: string) => {
    const hex = text.replaceAll(' ', '')
    return (hex.length / 2).toString(16).padStart(2, '0') + hex
  }
  const discard = attribute(16, '8006000000000000')
  const labels = {
    action: 'discard',
    kind: 'flowspec',
    length: '32',
    match: 'protocol 17 and destination-port 53',
    prefix: '198.51.100.0/24',
    router: 'edge-1',
    takes: 'dns',
  }
  const starts = (action: string, text = rule, family = '1/133') =>
    update({ attributes: action + reach(family, '', framed(text)) })

  test('begins and ends', () => {
    const routes = open()
    const start = routes.update('s', starts(discard), T)
    expect(brief(start)).toEqual([['start', labels]])
    expect(start[0]?.note).toBe('BMP: Flowspec, discard')
    expect(hostsIn(start[0]?.labels ?? {})).toEqual([])
    const end = routes.update('s', update({ attributes: unreach('1/133', framed(rule)) }), T + 1)
    expect(brief(end)).toEqual([['end', labels]])
  })

  test('with another action is another one', () => {
    const routes = open()
    routes.update('s', starts(discard), T)
    const limited = attribute(16, '80060000461c4000')
    expect(brief(routes.update('s', starts(limited), T + 1))).toEqual([
      ['end', labels],
      ['start', { ...labels, action: 'rate-limit' }],
    ])
  })

  test('of a VPN, behind its route distinguisher', () => {
    const inVpn = starts(discard, `0000fbf400000001${rule}`, '1/134')
    expect(brief(open().update('s', inVpn, T))).toEqual([['start', labels]])
  })

  test('for all destinations has no prefix', () => {
    const [start] = open().update('s', starts(discard, '0381060581b3'), T)
    expect(start?.labels).toEqual({
      action: 'discard',
      kind: 'flowspec',
      match: 'protocol 6 and destination-port 179',
      router: 'edge-1',
      takes: 'bgp',
    })
  })
})

test('no octets make it throw, or hold what it was not told', () => {
  const next = noise(6)
  const routes = open()
  const messages = [
    hole('198.51.100.7/32', '198.51.100.0/24'),
    update({
      attributes:
        attribute(16, '8006000000000000') + reach('1/133', '', '0c0120c6336407038111058135'),
    }),
    update({ attributes: BLACKHOLE + reach('2/1', '01'.repeat(16), nlri('2001:db8::1/128')) }),
  ]
  for (let i = 0; i < 30_000; i++) {
    const message = Uint8Array.from(messages[i % messages.length] as Uint8Array)
    for (let n = next(4); n >= 0; n--) message[19 + next(message.length - 19)] = next(256)
    const cut = next(3) === 0 ? message.subarray(0, next(message.length)) : message
    for (const change of routes.update(`s${next(3)}`, cut, T + i))
      expect(hostsIn(change.labels)).toEqual([])
  }
  const ends = routes.close(T * 2, 'test')
  expect(ends.every(({ event }) => event === 'mitigation-end')).toBe(true)
  expect(routes.running).toBe(0)
})

const FILE = '../shared/data/vectors/bgp.jsonl'
const absent = !existsSync(FILE)
if (absent) console.warn(`SKIPPED: no ${FILE}, so no vectors of Flowspec are checked`)

test.skipIf(absent)('vectors with rules of others make as many mitigations', () => {
  const told = new Map<string, number>()
  for (const line of readFileSync(FILE, 'utf8').trim().split('\n')) {
    const { id, hex, ctx, expect: expected } = JSON.parse(line)
    const rules = expected?.attrs?.mpReach?.flowspec?.length
    if (rules === undefined) continue
    const changes = open().update('s', octets(hex), T, new Set(ctx.addPath ?? []))
    told.set(id, changes.length)
    expect([id, changes.length]).toEqual([id, rules])
  }
  expect(told.size).toBeGreaterThan(1)
})
