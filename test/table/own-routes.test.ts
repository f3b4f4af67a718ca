// What own routers hold is known, counted and forgotten as their sessions come and go; the world's table
// knows nothing of it.

import { describe, expect, it } from 'vitest'
import { Batch, Message, NO_LONGER_TOLD } from '../../src/core/batch.ts'
import { parseAddress, parsePrefix } from '../../src/core/prefix.ts'
import type { Sample } from '../../src/core/sample.ts'
import { seconds } from '../../src/core/time.ts'
import { VantagePoints } from '../../src/core/vantage.ts'
import { OwnRoutes } from '../../src/table/own-routes.ts'
import { type Element, write } from './stage.ts'

const T = seconds(1_700_000_000)

function stage() {
  const vantages = new VantagePoints()
  const own = new OwnRoutes(vantages)
  const vantage = (address: string, asn: number, router = 'r1') => {
    const { afi, words } = parseAddress(address) ?? { afi: 4, words: [] }
    const [w0 = 0, w1 = 0, w2 = 0, w3 = 0] = words.map((word) => word | 0)
    return vantages.intern(vantages.collector(`bmp:${router}`), w0, w1, w2, w3, asn, afi)
  }
  const say = (at: number, who: number, kind: number, elements: Element[] = [], detail = 0) => {
    const batch = new Batch(8, 64, 256)
    write(batch, kind, T + seconds(at), who, elements, detail)
    own.apply(batch, 0)
  }
  const gap = (kind: 'gap' | 'gap-end', at: number) =>
    own.fact({
      at: T + seconds(at),
      feed: 'bmp',
      source: 0,
      collector: 'bmp:r1',
      ...(kind === 'gap' ? { kind, why: 'cut' } : { kind }),
    })
  return { vantages, own, vantage, say, gap }
}

const routes = (n: number, path: string | null): Element[] =>
  Array.from({ length: n }, (_, i) => ({ prefix: `10.0.${i}.0/24`, path }))

const session = (own: OwnRoutes, peer = '192.0.2.1') =>
  own.routers()[0]?.sessions.find((one) => one.peer === peer)

describe('a session of an own router', () => {
  it('holds what it announces, and no more than that', () => {
    const { own, vantage, say } = stage()
    const peer = vantage('192.0.2.1', 64501)
    say(0, peer, Message.sessionUp)
    say(1, peer, Message.update, routes(10, '64501 64510'))
    say(2, peer, Message.update, routes(10, '64501 64511'))
    say(3, peer, Message.update, routes(4, null))
    say(4, peer, Message.update, routes(4, null))
    expect(session(own)).toMatchObject({ up: true, routes: 6, lost: 4, asn: 64501 })
    const [found] = own.routesOf(parsePrefix('10.0.7.0/24') as never)
    expect(found).toEqual({
      router: 'r1',
      peer: '192.0.2.1',
      asn: 64501,
      prefix: '10.0.7.0/24',
      path: '64501 64511',
    })
    expect(own.routesOf(parsePrefix('10.0.0.0/24') as never)).toEqual([])
  })

  it('loses all of it when it falls, at that instant', () => {
    const { own, vantage, say } = stage()
    const peer = vantage('192.0.2.1', 64501)
    say(0, peer, Message.sessionUp)
    say(1, peer, Message.update, routes(10, '64501'))
    say(50, peer, Message.sessionDown)
    expect(session(own)).toMatchObject({ up: false, routes: 0, lost: 10 })
    expect(session(own)?.losingSince).toBe(T + seconds(50))
  })

  it('loses nothing when its router tells of it no more', () => {
    const { own, vantage, say } = stage()
    const peer = vantage('192.0.2.1', 64501)
    say(0, peer, Message.sessionUp)
    say(1, peer, Message.update, routes(10, '64501'))
    say(50, peer, Message.sessionDown, [], NO_LONGER_TOLD)
    expect(session(own)).toMatchObject({ up: null, routes: 0, lost: 0 })
  })

  it('that is told anew loses only quietly what is not told again', () => {
    const { own, vantage, say } = stage()
    const peer = vantage('192.0.2.1', 64501)
    say(0, peer, Message.sessionUp)
    say(1, peer, Message.update, routes(10, '64501'))
    say(50, peer, Message.sessionUp)
    say(51, peer, Message.update, routes(7, '64501'))
    expect(session(own)).toMatchObject({ routes: 10 })
    say(52, peer, Message.endOfRib, [], 4)
    expect(session(own)).toMatchObject({ routes: 7, lost: 0 })
  })

  it('may have several routes to a prefix, which is gone with the last of them', () => {
    const { own, vantage, say } = stage()
    const peer = vantage('192.0.2.1', 64501)
    const one = (id: number, path: string | null) => [{ prefix: '10.0.0.0/24', path, id }]
    say(1, peer, Message.update, one(1, '64501 1'))
    say(1, peer, Message.update, one(2, '64501 2'))
    say(2, peer, Message.update, one(1, null))
    expect(session(own)).toMatchObject({ routes: 1, lost: 0 })
    say(3, peer, Message.update, one(2, null))
    expect(session(own)).toMatchObject({ routes: 0, lost: 1 })
  })
})

describe('a router', () => {
  it('that is not heard keeps what it held until its table is told again', () => {
    const { own, vantage, say, gap } = stage()
    const [a, b] = [vantage('192.0.2.1', 64501), vantage('192.0.2.2', 64502)]
    for (const who of [a, b]) {
      say(0, who, Message.sessionUp)
      say(1, who, Message.update, routes(10, '64501'))
    }
    gap('gap', 100)
    expect(own.routers()[0]).toMatchObject({ sees: false, routes: 20 })
    say(200, a, Message.sessionUp)
    say(201, a, Message.update, routes(8, '64501'))
    gap('gap-end', 210)
    expect(own.routers()[0]).toMatchObject({ sees: true, routes: 8, resyncs: 1 })
    expect(session(own)).toMatchObject({ up: true, lost: 0 })
    // Nobody has told of the other one since: it is down, and nobody saw it fall.
    expect(session(own, '192.0.2.2')).toMatchObject({ up: false, routes: 0, lost: 0 })
  })

  it('whose own choice is told too is not counted twice', () => {
    const { own, vantage, say } = stage()
    const [a, locRib] = [vantage('192.0.2.1', 64501), vantage('0.0.0.0', 64500)]
    say(1, locRib, Message.update, routes(10, '64501'))
    expect(own.routers()[0]?.routes).toBe(10)
    say(0, a, Message.sessionUp)
    say(1, a, Message.update, routes(9, '64501'))
    expect(own.routers()[0]?.routes).toBe(9)
  })

  it('has the received prefixes of its sessions counted, with the labels they go by', () => {
    const { own, vantage, say } = stage()
    const a = vantage('192.0.2.1', 64501)
    vantage('0.0.0.0', 64500)
    say(0, a, Message.sessionUp)
    say(1, a, Message.update, routes(9, '64501'))
    const labels = { asn: '64500', peer: '192.0.2.1', pop: 'p', router: 'r1' }
    const told: Sample = {
      kind: 'sample',
      at: T,
      plane: 'bgp',
      metric: 'session_up',
      value: 1,
      labels,
      uncertainty: 0,
    }
    own.fact(told)
    const [sample, ...others] = own.tick(T + seconds(10))
    expect(others).toEqual([])
    expect(sample).toMatchObject({ metric: 'rx_prefixes', value: 9, labels, at: T + seconds(10) })
    expect(own.tick(T + seconds(20))).toEqual([])
    expect(own.tick(T + seconds(40))).toHaveLength(1)
    expect(own.routers()[0]?.asn).toBe(64500)
  })
})

it('has an end to what is kept', () => {
  const vantages = new VantagePoints()
  const own = new OwnRoutes(vantages, { prefixes: 5, paths: 10, routes: 4_096 })
  const batch = new Batch(8, 64, 256)
  const id = vantages.intern(vantages.collector('bmp:r1'), 1, 0, 0, 0, 64501, 4)
  write(batch, Message.update, T, id, routes(10, '64501'))
  own.apply(batch, 0)
  expect([own.routers()[0]?.routes, own.dropped]).toEqual([5, 5])
})
