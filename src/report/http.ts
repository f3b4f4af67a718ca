// The one HTTP listener. It tells, and takes what has a route of its own: bounded in headers, time and connections, so
// that nobody who reaches the port can hold the daemon's attention, and silent about its insides.
// What is served stands in a table of routes that other rooms may add to.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, BlockList, isIPv6 } from 'node:net'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8)
loopback.addAddress('::1', 'ipv6')

/** Whether an address that a socket is bound to can be reached from this machine only. */
const isLocal = (address: string): boolean =>
  loopback.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')

export interface Reply {
  readonly status?: number
  readonly contentType: string
  readonly body: string
  /** Beside those that every answer has, or instead of them. */
  readonly headers?: Readonly<Record<string, string>>
}

export interface Asked {
  /** What stands for the `*` of the route. */
  readonly rest: string
  readonly query: URLSearchParams
  readonly accept: string
  /** For routes that read a body; they bound it themselves. */
  readonly request: IncomingMessage
}

export interface Route {
  /** GET answers HEAD too. */
  readonly method: 'GET' | 'POST'
  /** Exact, or with one last segment left open: `/api/v1/incidents/*`. */
  readonly path: string
  answer(asked: Asked): Reply | Promise<Reply>
}

export interface HttpSettings {
  /** `ADDRESS:PORT`; port 0 takes any free one. */
  readonly listen: string
  readonly limits?: Partial<HttpLimits>
  /** Told of a handler that failed; the client only learns that one did. */
  onError?(error: unknown): void
}

interface HttpLimits {
  /** Milliseconds for the headers and for the whole request: ours fit in one packet. */
  readonly headersTimeout: number
  readonly requestTimeout: number
  /** Milliseconds in which nothing moves on a connection, then it is dropped. */
  readonly idleTimeout: number
  /** Octets of all headers. */
  readonly headerSize: number
  /** Characters of path and query. */
  readonly urlLength: number
  /** A few scrapers and people; more is an accident or an attack. */
  readonly connections: number
  /** Milliseconds that answers under way have to finish when we close. */
  readonly grace: number
}

const defaults: HttpLimits = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  idleTimeout: 30_000,
  headerSize: 8_192,
  urlLength: 2_048,
  connections: 256,
  grace: 2_000,
}

export interface HttpServer {
  readonly url: string
  /** No new requests; those under way may finish for a moment. */
  close(): Promise<void>
}

/** A fault of the one who asks; the message is for them. */
export class RequestError extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** The names by which a page of this machine alone may be asked for. */
const LOCAL = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d*)?$/i

const SAFE_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

export const json = (value: unknown, status = 200): Reply => ({
  status,
  contentType: 'application/json; charset=utf-8',
  body: `${JSON.stringify(value)}\n`,
})

/** A filter that is silently ignored answers another question. */
export function only(query: URLSearchParams, names: readonly string[]): void {
  for (const name of query.keys())
    if (!names.includes(name))
      throw new RequestError(400, `this is not asked by "${name}", but by ${names.join(', ')}`)
}

export async function startHttp(
  settings: HttpSettings,
  routes: readonly Route[],
): Promise<HttpServer> {
  const { host, port } = parseListen(settings.listen)
  const limits = { ...defaults, ...settings.limits }
  let closing = false
  let bound: AddressInfo | null = null
  const server = createServer(
    {
      headersTimeout: limits.headersTimeout,
      requestTimeout: limits.requestTimeout,
      // How often Node looks at the two above; its own 30 s would make them meaningless.
      connectionsCheckingInterval: Math.ceil(limits.headersTimeout / 4),
      maxHeaderSize: limits.headerSize,
    },
    (request, response) => {
      // A client that goes away is no fault of ours.
      response.on('error', () => undefined)
      const local = bound !== null && isLocal(bound.address)
      answer(routes, limits, request, local).then(
        (reply) => send(request, response, reply, closing),
        (error: unknown) => {
          const known = error instanceof RequestError
          if (!known) settings.onError?.(error)
          const message = known ? error.message : 'internal error; the log of the daemon says more'
          send(request, response, json({ error: message }, known ? error.status : 500), closing)
        },
      )
    },
  )
  server.maxConnections = limits.connections
  server.setTimeout(limits.idleTimeout)
  await listen(server, host, port, settings.listen)
  // Out of file descriptors, say: one connection is lost, and without a listener the process.
  server.on('error', (error) => settings.onError?.(error))

  bound = server.address() as AddressInfo
  let closed: Promise<void> | null = null
  return {
    url: `http://${isIPv6(host) ? `[${host}]` : host}:${bound.port}`,
    close() {
      closing = true
      closed ??= new Promise((resolve) => {
        const timer = setTimeout(() => server.closeAllConnections(), limits.grace)
        server.close(() => {
          clearTimeout(timer)
          resolve()
        })
        server.closeIdleConnections()
      })
      return closed
    },
  }
}

async function answer(
  routes: readonly Route[],
  limits: HttpLimits,
  request: IncomingMessage,
  local: boolean,
): Promise<Reply> {
  // A page from elsewhere can give its own name our address, and would then be let read our answers.
  if (local && !LOCAL.test(request.headers.host ?? ''))
    throw new RequestError(
      421,
      'this listens on the loopback address and answers to localhost, 127.0.0.1 and [::1] only',
    )
  const { url = '/', method = 'GET' } = request
  if (url.length > limits.urlLength)
    throw new RequestError(414, `the URL is longer than ${limits.urlLength} characters`)
  const [path = '/', search = ''] = split(url, '?')
  const here = routes.filter((route) => matches(route.path, path))
  if (here.length === 0) throw new RequestError(404, 'there is nothing here; / lists what there is')
  const route = here.find((r) => r.method === (method === 'HEAD' ? 'GET' : method))
  if (!route) {
    const allow = here.map((r) => (r.method === 'GET' ? 'GET, HEAD' : r.method)).join(', ')
    return { ...json({ error: `this can be asked with ${allow}` }, 405), headers: { allow } }
  }
  return route.answer({
    rest: route.path.endsWith('/*') ? path.slice(route.path.length - 1) : '',
    query: new URLSearchParams(search),
    accept: request.headers.accept ?? '',
    request,
  })
}

function matches(pattern: string, path: string): boolean {
  if (!pattern.endsWith('/*')) return pattern === path
  const rest = path.startsWith(pattern.slice(0, -1)) ? path.slice(pattern.length - 1) : ''
  return rest !== '' && !rest.includes('/')
}

function split(text: string, at: string): [string, string] {
  const i = text.indexOf(at)
  return i < 0 ? [text, ''] : [text.slice(0, i), text.slice(i + 1)]
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status = 200, contentType, body, headers = {} }: Reply,
  closing: boolean,
): void {
  response.writeHead(status, {
    ...SAFE_HEADERS,
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    ...(closing ? { connection: 'close' } : {}),
    ...headers,
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}

/** Reads `127.0.0.1:9477`, `[::1]:9477` or `localhost:9477`. */
function parseListen(text: string): { host: string; port: number } {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:\s[\]/]+)):(\d{1,5})$/i.exec(text)
  const host = match?.[1] ?? match?.[2]
  const port = Number(match?.[3])
  if (host === undefined || port > 65_535)
    throw new Error(`cannot listen on "${text}": write it as ADDRESS:PORT, such as 127.0.0.1:9477`)
  return { host, port }
}

function listen(server: Server, host: string, port: number, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) => {
      const advice = advices[error.code ?? ''] ?? error.message
      reject(new Error(`cannot listen on ${text}: ${advice}`, { cause: error }))
    }
    server.once('error', failed)
    server.listen({ host, port }, () => {
      server.off('error', failed)
      resolve()
    })
  })
}

const advices: Record<string, string> = {
  EADDRINUSE:
    'the port is in use, perhaps by another faultline. Stop that one, or set `listen` to another ' +
    'port (0 takes any free one)',
  EACCES: 'this user may not use the port. Set `listen` to a port above 1023',
  EADDRNOTAVAIL:
    'the address is none of this host. Set `listen` to 127.0.0.1:PORT, or 0.0.0.0:PORT for all',
  ENOTFOUND: 'the name is not known. Set `listen` to an address, such as 127.0.0.1:9477',
  EAI_AGAIN: 'the name cannot be resolved now. Set `listen` to an address, such as 127.0.0.1:9477',
}
