// What can be asked over HTTP, and of whom. Questions with a mistake in them are refused with the
// way to put them right: a filter that is silently ignored answers another question.

import { type Asn, parseAsn } from '../core/asn.ts'
import type { Incident, State, Vantage } from '../core/incident.ts'
import { type Instant, iso, parseInstant } from '../core/time.ts'
import { recordText } from './format.ts'
import type { Wanted } from './history.ts'
import { type Asked, json, only, type Reply, RequestError, type Route } from './http.ts'
import { page } from './page.ts'
import { clean } from './plain.ts'

export interface Readiness {
  readonly ready: boolean
  /** Why not; empty when ready. */
  readonly reasons: readonly string[]
  /** What is wrong without being a reason not to be: a collector that has stalled, a missed beacon. */
  readonly symptoms?: readonly string[]
}

/** What the page shows beside incidents. */
export interface Present {
  /** Event time; null before the first event. */
  readonly at: Instant | null
  readonly vantage: Vantage
  /** Empty in whole-table mode. */
  readonly watched: readonly Asn[]
}

/** Given by the landing. */
export interface Handlers {
  readonly version: string
  readonly metrics: { text(): Promise<{ contentType: string; body: string }> }
  readonly incidents: {
    list(wanted: Wanted): Incident[]
    get(id: string): Incident | undefined
    revisions(id: string): Incident[]
  }
  ready(): Readiness
  present(): Present
  /** Anything JSON can hold; undefined when the AS is not watched. */
  visibility(asn: Asn): object | undefined
}

const PLAIN = 'text/plain; charset=utf-8'
const JSON_TYPE = 'application/json; charset=utf-8'

const states: Record<State, true> = {
  open: true,
  resolving: true,
  resolved: true,
  reopened: true,
  transient: true,
  suppressed: true,
}
const FEW = 100
const MOST = 1_000

/** The table of routes for `startHttp`; the landing may put others behind it. */
export function apiRoutes(handlers: Handlers): Route[] {
  const get = (path: string, answer: Route['answer']): Route => ({ method: 'GET', path, answer })
  return [
    get('/', () => page(handlers)),
    get('/metrics', () => handlers.metrics.text()),
    // That we answer at all is the test: the event loop is alive.
    get('/healthz', () => ({ contentType: PLAIN, body: 'ok\n' })),
    get('/readyz', ({ accept }) => readiness(handlers.ready(), accept)),
    get('/api/v1/incidents', (asked) => incidents(handlers, asked)),
    get('/api/v1/incidents/*', (asked) => incident(handlers, asked)),
    get('/api/v1/visibility', (asked) => visibility(handlers, asked)),
  ]
}

function readiness({ ready, reasons, symptoms = [] }: Readiness, accept: string): Reply {
  const status = ready ? 200 : 503
  if (accept.includes('application/json')) {
    return json({ ready, reasons, ...(symptoms.length > 0 ? { symptoms } : {}) }, status)
  }
  const why = [...reasons, ...symptoms].map((text) => `- ${clean(text)}`)
  const lines = [ready ? 'ready' : 'not ready', ...why]
  return { status, contentType: PLAIN, body: `${lines.join('\n')}\n` }
}

function incidents(handlers: Handlers, { query }: Asked): Reply {
  only(query, ['state', 'asn', 'since', 'limit'])
  const wantedStates = query.getAll('state').map(readState)
  const asns = query.getAll('asn').map(readAsn)
  const since = query.get('since')
  const from = since === null ? undefined : parseInstant(since)
  if (since !== null && from === undefined)
    throw new RequestError(400, 'since is an instant such as 2024-10-29T00:00:00Z, or Unix seconds')
  const limit = Number(query.get('limit') ?? FEW)
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST)
    throw new RequestError(400, `limit is a whole number from 1 to ${MOST}`)
  const found = handlers.incidents.list({
    ...(wantedStates.length > 0 ? { states: wantedStates } : {}),
    ...(asns.length > 0 ? { asns } : {}),
    ...(from === undefined ? {} : { since: iso(from) }),
  })
  const texts = found.slice(0, limit).map(recordText)
  return {
    contentType: JSON_TYPE,
    body: `{"total":${found.length},"incidents":[${texts.join(',')}]}\n`,
  }
}

function incident(handlers: Handlers, { rest, query }: Asked): Reply {
  only(query, ['revisions'])
  const wanted = query.get('revisions')
  if (wanted !== null && wanted !== 'all')
    throw new RequestError(400, 'revisions is all, or absent for the latest')
  const found = /^[0-9a-f]{16}$/.test(rest) ? handlers.incidents.get(rest) : undefined
  if (!found)
    throw new RequestError(
      404,
      'no incident of this id is kept; /api/v1/incidents lists those that are',
    )
  const body = wanted
    ? `[${handlers.incidents.revisions(rest).map(recordText).join(',')}]`
    : recordText(found)
  return { contentType: JSON_TYPE, body: `${body}\n` }
}

function visibility(handlers: Handlers, { query }: Asked): Reply {
  only(query, ['asn'])
  const text = query.get('asn')
  if (text === null) throw new RequestError(400, 'asn is missing: ask with ?asn=4766')
  const asn = readAsn(text)
  const found = handlers.visibility(asn)
  if (!found) throw new RequestError(404, `AS${asn} is not watched`)
  return json(found)
}

function readState(text: string): State {
  if (!Object.hasOwn(states, text))
    throw new RequestError(400, `state is one of ${Object.keys(states).join(', ')}`)
  return text as State
}

function readAsn(text: string): Asn {
  const asn = parseAsn(text)
  if (asn === undefined) throw new RequestError(400, 'asn is a number such as 4766 or AS4766')
  return asn
}
