import { afterEach, expect, test } from 'vitest'
import { prefixText } from '../../src/core/prefix.ts'
import type { OwnRouter, RouterSession } from '../../src/core/routers.ts'
import { parseInstant } from '../../src/core/time.ts'
import { type HttpServer, startHttp } from '../../src/report/http.ts'
import { type RouterHandlers, routerRoutes } from '../../src/report/routers-api.ts'

const servers: HttpServer[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

const at = parseInstant('2025-03-01T00:10:00Z') ?? 0

const session = (over: Partial<RouterSession> = {}): RouterSession => ({
  peer: '192.0.2.1',
  asn: 64501,
  isLocRib: false,
  up: true,
  routes: 3,
  lost: 0,
  losingSince: null,
  regainedAt: at,
  ...over,
})

const router = (name: string, ...sessions: RouterSession[]): OwnRouter => ({
  name,
  asn: 64500,
  sees: true,
  resyncs: 0,
  routes: sessions.reduce((sum, { routes }) => sum + routes, 0),
  sessions,
})

const fallen = session({
  peer: '192.0.2.9',
  asn: 64509,
  up: false,
  routes: 0,
  lost: 7,
  losingSince: at,
})
const both = [
  router('r1', session(), fallen),
  router('r2', session({ peer: '0.0.0.0', asn: 0, isLocRib: true, up: null })),
]

async function ask(path: string, over: Partial<RouterHandlers> = {}) {
  const server = await startHttp(
    { listen: '127.0.0.1:0' },
    routerRoutes({
      at: () => at,
      routers: () => both,
      routesOf: ({ afi, words, length }) =>
        prefixText(afi, ...words, length) === '198.51.100.0/24'
          ? ['r1', 'r2'].map((name) => ({
              router: name,
              peer: '192.0.2.1',
              asn: 64501,
              prefix: '198.51.100.0/24',
              path: '64501 64510',
            }))
          : [],
      received: (name, peer) => (name === 'r1' && peer === '192.0.2.1' ? 812_345 : null),
      ...over,
    }),
  )
  servers.push(server)
  const answer = await fetch(`${server.url}/api/v1/routers${path}`)
  return { status: answer.status, body: await answer.json() }
}

test('own routers, their sessions, and how many routes each has received and we hold', async () => {
  const { status, body } = await ask('')
  expect(status).toBe(200)
  expect(body).toEqual({
    at: '2025-03-01T00:10:00.000Z',
    routers: [
      {
        name: 'r1',
        asn: 64500,
        sees: true,
        resyncs: 0,
        held: 3,
        sessions: [
          {
            ...{ peer: '192.0.2.1', asn: 64501, locRib: false, state: 'up' },
            ...{ received: 812_345, held: 3, lost: 0, losingSince: null },
          },
          {
            ...{ peer: '192.0.2.9', asn: 64509, locRib: false, state: 'down' },
            ...{ received: null, held: 0, lost: 7, losingSince: '2025-03-01T00:10:00.000Z' },
          },
        ],
      },
      {
        name: 'r2',
        asn: 64500,
        sees: true,
        resyncs: 0,
        held: 3,
        sessions: [
          {
            ...{ peer: '0.0.0.0', asn: 0, locRib: true, state: 'unknown' },
            ...{ received: null, held: 3, lost: 0, losingSince: null },
          },
        ],
      },
    ],
  })
})

test('one of them by its name, and what they hold for a prefix', async () => {
  const one = await ask('?router=r2&prefix=198.51.100.0/24')
  expect(one.body).toMatchObject({
    routers: [{ name: 'r2' }],
    prefix: '198.51.100.0/24',
    routes: [{ router: 'r2', peer: '192.0.2.1', asn: 64501, path: '64501 64510' }],
  })
  const all = await ask('?prefix=198.51.100.0/24')
  expect(all.body).toMatchObject({ routes: [{ router: 'r1' }, { router: 'r2' }] })
  const none = await ask('?prefix=2001:db8::/32')
  expect(none.body).toMatchObject({ prefix: '2001:db8::/32', routes: [] })
})

test('before anybody has spoken there is none', async () => {
  const { status, body } = await ask('', { at: () => null, routers: () => [] })
  expect([status, body]).toEqual([200, { at: null, routers: [] }])
})

test('an answer is bounded, and says how many it leaves out', async () => {
  const many = Array.from({ length: 10_050 }, (_, i) =>
    session({ peer: `10.0.${i >> 8}.${i & 255}` }),
  )
  const { body } = await ask('', {
    routers: () => [router('r1', ...many), router('r2', session())],
  })
  const told = body as { routers: { sessions: unknown[]; more?: number }[] }
  expect(told.routers.map(({ sessions, more }) => [sessions.length, more])).toEqual([
    [10_000, 50],
    [0, 1],
  ])
})

test.each([
  ['?router=r9', 404, /no router of this name.*r1, r2/],
  ['?prefix=198.51.100.0', 400, /198\.51\.100\.0\/24/],
  ['?prefix=x', 400, /prefix is one such as/],
  ['?name=r1', 400, /"name".*router, prefix/],
])('%s is %i and says what is wrong', async (query, status, message) => {
  const answer = await ask(query)
  expect([answer.status, (answer.body as { error: string }).error]).toEqual([
    status,
    expect.stringMatching(message),
  ])
})
