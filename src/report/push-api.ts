// The routes by which others tell us something. Each body is bounded and read whole before anything of
// it counts; a page in somebody's browser may not speak here, and where other machines reach the port
// nobody may without the token.

import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { type Asked, json, type Reply, RequestError, type Route } from './http.ts'

export interface PushAnswer {
  readonly accepted: number
  /** Of what means nothing here; absent where all means something. */
  readonly ignored?: number
  readonly refused: readonly { readonly line: number; readonly why: string }[]
}

/** Given by the landing. */
export interface PushHandlers {
  /** What must come as `Authorization: Bearer …`; null: nothing. */
  readonly token: string | null
  /** Others than this machine reach the port: without a token nobody is believed. */
  readonly exposed: boolean
  samples(body: string): PushAnswer
  notices(body: string): PushAnswer
  /** A request was refused as a whole. */
  turnedAway(why: 'unauthorised' | 'too-large' | 'malformed'): void
}

/** Octets of a body. */
const MOST = 1 << 20
/** Refusals told one by one; whoever made more made the same one. */
const MOST_TOLD = 100

export function pushRoutes(handlers: PushHandlers): Route[] {
  const post = (path: string, take: (body: string) => PushAnswer): Route => ({
    method: 'POST',
    path,
    answer: (asked) => answer(handlers, asked, take),
  })
  return [
    post('/api/v1/samples', (body) => handlers.samples(body)),
    post('/api/v1/notices', (body) => handlers.notices(body)),
  ]
}

async function answer(
  handlers: PushHandlers,
  { request }: Asked,
  take: (body: string) => PushAnswer,
): Promise<Reply> {
  const shut = whyShut(handlers, request)
  if (shut) {
    handlers.turnedAway('unauthorised')
    request.resume()
    return shut
  }
  const { accepted, refused, ...rest } = take(await bodyOf(request, handlers))
  const told = refused.slice(0, MOST_TOLD)
  const more = refused.length - told.length
  const status = accepted === 0 && refused.length > 0 ? 400 : 202
  return json({ accepted, ...rest, refused: told, ...(more > 0 ? { more } : {}) }, status)
}

function whyShut({ token, exposed }: PushHandlers, { headers }: IncomingMessage): Reply | null {
  // Programs that push do not say from which page they come.
  if (headers.origin !== undefined)
    return json({ error: 'requests of web pages are not taken here' }, 403)
  if (token === null)
    return exposed ? json({ error: 'nothing is taken here without a planes.token' }, 403) : null
  const [, given = ''] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? []
  if (isSame(given, token)) return null
  const error = 'the token is missing or another: send Authorization: Bearer …'
  return { ...json({ error }, 401), headers: { 'www-authenticate': 'Bearer' } }
}

/** Takes the same time wherever they differ, and however long they are. */
function isSame(given: string, token: string): boolean {
  const [a, b] = [given, token].map((text) => createHash('sha256').update(text).digest())
  return a !== undefined && b !== undefined && timingSafeEqual(a, b)
}

async function bodyOf(request: IncomingMessage, { turnedAway }: PushHandlers): Promise<string> {
  const refuse = (status: number, why: 'too-large' | 'malformed', message: string): never => {
    turnedAway(why)
    throw new RequestError(status, message)
  }
  const encoding = request.headers['content-encoding'] ?? 'identity'
  const chunks: Buffer[] = []
  let size = 0
  // What is too much is read as well, and forgotten: whoever is cut off while speaking hears no answer.
  try {
    for await (const chunk of request) {
      size += (chunk as Buffer).length
      if (size <= MOST) chunks.push(chunk as Buffer)
      else chunks.length = 0
    }
  } catch {
    return refuse(400, 'malformed', 'the body ended early')
  }
  if (encoding !== 'identity') return refuse(415, 'malformed', 'send it without content-encoding')
  if (size > MOST) return refuse(413, 'too-large', `the body is larger than ${MOST >> 20} MiB`)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
  } catch {
    return refuse(400, 'malformed', 'the body is not UTF-8')
  }
}
