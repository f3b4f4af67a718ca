// What own routers tell of blackholes, handed to the stream as changes; by what it is known is tested in wire.

import { expect, test } from 'vitest'
import type { Change, Sample } from '../../src/core/sample.ts'
import { ownMitigations } from '../../src/live-mitigation.ts'
import type { LiveStream, Unheard } from '../../src/live-source.ts'
import { AddPath } from '../../src/wire/bgp.ts'
import { communities, nextHop, nlri, update } from '../wire/updates.ts'

const T = 1_700_000_000_000_000
const hole = (...prefixes: string[]) =>
  update({
    attributes: nextHop('0a000001') + communities('65535:666'),
    nlri: prefixes.map((prefix) => nlri(prefix)).join(''),
  })
const session = { router: 'edge-1', peer: '192.0.2.1', peerAsn: 64501, view: 0, addPath: 0 }

function listen(
  own: readonly string[] = [],
  watched: readonly string[] = [],
  answer: Unheard | null = null,
) {
  const facts: Change[] = []
  const drops: Record<string, number> = {}
  const stream: Partial<LiveStream> = {
    own: () => [...own],
    fact: (fact: Sample | Change) => {
      if (fact.kind === 'change') facts.push(fact)
      return answer
    },
    dropped: (reason, count = 1) => {
      drops[reason] = (drops[reason] ?? 0) + count
    },
  }
  const routes = ownMitigations({ mostRoutes: 4 }, watched)(stream as LiveStream)
  const told = () =>
    facts.splice(0).map(({ event, labels }) => `${event} ${labels['router']} ${labels['prefix']}`)
  return { routes, told, drops }
}

test('a blackhole begins, and ends with its session, in each of its views', () => {
  const { routes, told } = listen()
  routes.update(hole('198.51.100.7/32'), session, T)
  routes.update(hole('198.51.100.7/32'), { ...session, view: 1 }, T)
  expect(told()).toEqual(['mitigation-start edge-1 198.51.100.0/24'])
  routes.down({ ...session, router: 'edge-2' }, T + 1)
  routes.down({ ...session, peer: '192.0.2.9' }, T + 1)
  expect(told()).toEqual([])
  routes.down(session, T + 2)
  expect(told()).toEqual(['mitigation-end edge-1 198.51.100.0/24'])
})

test('routers are told apart, and one that is lost takes what it told with it', () => {
  const { routes, told } = listen()
  routes.update(hole('198.51.100.7/32'), session, T)
  routes.update(hole('198.51.100.7/32'), { ...session, router: 'edge-2' }, T)
  expect(told()).toEqual([
    'mitigation-start edge-1 198.51.100.0/24',
    'mitigation-start edge-2 198.51.100.0/24',
  ])
  routes.lost?.('edge-1', T + 1)
  expect(told()).toEqual(['mitigation-end edge-1 198.51.100.0/24'])
  routes.lost?.('edge-1', T + 2)
  expect(told()).toEqual([])
})

test('blackholes of customers are none of ours, and take no room of it', () => {
  const { routes, told, drops } = listen(['198.51.100.0/24'], ['203.0.113.0/24'])
  for (let i = 0; i < 9; i++) routes.update(hole(`192.88.99.${i}/32`), session, T)
  expect([told(), drops]).toEqual([[], { 'mitigations-of-others': 5 }])
  routes.update(hole('198.51.100.7/32', '203.0.113.7/32'), session, T)
  expect(told()).toEqual([
    'mitigation-start edge-1 198.51.100.0/24',
    'mitigation-start edge-1 203.0.113.0/24',
  ])
  // A prefix that turns out to be ours: it was told before that was known.
  routes.own?.(['198.51.100.0/24', '192.88.99.0/24'], T + 1)
  expect(told()).toEqual(['mitigation-start edge-1 192.88.99.0/24'])
  // What the configuration names is ours whatever is seen.
  routes.own?.([], T + 2)
  expect(told().sort()).toEqual([
    'mitigation-end edge-1 192.88.99.0/24',
    'mitigation-end edge-1 198.51.100.0/24',
  ])
})

test('families with path identifiers are read as such', () => {
  const { routes, told } = listen()
  const paths = update({
    attributes: nextHop('0a000001') + communities('65535:666'),
    nlri: `00000007${nlri('198.51.100.7/32')}`,
  })
  routes.update(paths, { ...session, addPath: AddPath.ipv4 }, T)
  expect(told()).toEqual(['mitigation-start edge-1 198.51.100.0/24'])
})

test('what there is no room for is counted, by what it was', () => {
  const { routes, told, drops } = listen()
  for (let i = 0; i < 6; i++) routes.update(hole(`198.51.${i}.7/32`), session, T)
  expect([told().length, drops]).toEqual([4, { mitigations: 2 }])
  for (let i = 0; i < 300; i++)
    routes.update(hole('198.51.100.7/32'), { ...session, router: `r${i}` }, T)
  expect(told()).toHaveLength(255)
  expect(drops['mitigation-routers']).toBe(45)
  const deaf = listen([], [], 'full')
  deaf.routes.update(hole('198.51.100.7/32'), session, T)
  expect(deaf.drops).toEqual({ 'mitigation-full': 1 })
})
