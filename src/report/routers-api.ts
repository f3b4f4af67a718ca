// What own routers tell of themselves, for who asks: their sessions, how they stand, how many routes each has
// received and we hold of it, and what they hold for one prefix. Nobody here is a witness of anything.

import { parsePrefix, prefixText } from '../core/prefix.ts'
import type { OwnRouter, RouterSession, RoutersView } from '../core/routers.ts'
import { type Instant, iso } from '../core/time.ts'
import { type Asked, json, only, type Reply, RequestError, type Route } from './http.ts'

/** Given by the landing. */
export interface RouterHandlers extends RoutersView {
  /** Event time; null before anything was heard. */
  at(): Instant | null
  /** Routes a session has received by the count of its router (RFC 7854 §4.8); null: it has not said. */
  received(router: string, peer: string): number | null
}

/** Sessions in one answer, and routes for a prefix. */
const MOST = 10_000

export const routerRoutes = (handlers: RouterHandlers): Route[] => [
  { method: 'GET', path: '/api/v1/routers', answer: (asked) => routers(handlers, asked) },
]

function routers(handlers: RouterHandlers, { query }: Asked): Reply {
  only(query, ['router', 'prefix'])
  const name = query.get('router')
  const all = handlers.routers()
  const wanted = name === null ? all : all.filter((router) => router.name === name)
  if (name !== null && wanted.length === 0)
    throw new RequestError(404, `no router of this name has spoken: ${namesOf(all)}`)
  const at = handlers.at()
  let room = MOST
  const told = wanted.map((router) => {
    const sessions = router.sessions.slice(0, room)
    room -= sessions.length
    return routerOf(handlers, router, sessions)
  })
  return json({
    at: at === null ? null : iso(at),
    routers: told,
    ...routesFor(handlers, query.get('prefix'), name),
  })
}

function routerOf(
  handlers: RouterHandlers,
  { name, asn, sees, resyncs, routes, sessions: all }: OwnRouter,
  sessions: readonly RouterSession[],
): object {
  const more = all.length - sessions.length
  return {
    name,
    asn: asn === 0 ? null : asn,
    sees,
    resyncs,
    held: routes,
    sessions: sessions.map((session) => sessionOf(handlers, name, session)),
    ...(more > 0 ? { more } : {}),
  }
}

const sessionOf = (
  { received }: RouterHandlers,
  router: string,
  { peer, asn, isLocRib, up, routes, lost, losingSince }: RouterSession,
): object => ({
  peer,
  asn,
  locRib: isLocRib,
  state: up === null ? 'unknown' : up ? 'up' : 'down',
  received: received(router, peer),
  held: routes,
  lost,
  losingSince: losingSince === null ? null : iso(losingSince),
})

function routesFor(handlers: RouterHandlers, text: string | null, router: string | null): object {
  if (text === null) return {}
  const prefix = parsePrefix(text)
  if (!prefix) throw new RequestError(400, 'prefix is one such as 198.51.100.0/24 or 2001:db8::/32')
  const { afi, words, length } = prefix
  const found = handlers
    .routesOf(prefix)
    .filter((route) => router === null || route.router === router)
  return {
    prefix: prefixText(afi, ...words, length),
    routes: found.slice(0, MOST).map(({ router: by, peer, asn, path }) => ({
      router: by,
      peer,
      asn,
      path,
    })),
  }
}

const namesOf = (routers: readonly OwnRouter[]): string =>
  routers.length === 0
    ? 'none has'
    : `ask for ${routers
        .slice(0, 10)
        .map(({ name }) => name)
        .join(', ')}${routers.length > 10 ? ', …' : ''}`
