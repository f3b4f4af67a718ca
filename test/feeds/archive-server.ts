// A web server with the layout of the archives, and the manners of bad ones: it cuts, it is busy, it knows no
// ranges, it lies about lengths, it is slow, it forbids lists.

import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Manners {
  /** Cuts the body after so many octets of it … */
  cutAfter?: number
  /** … so many times; otherwise always. */
  cuts?: number
  /** Answers with this status so many times, with a Retry-After if there is one. */
  busy?: { status: number; times: number; after?: string }
  /** Gives the whole file whatever range is asked for. */
  ranges?: boolean
  /** No ETag and no Last-Modified. */
  nameless?: boolean
  /** Says that a file has so many octets more. */
  lie?: number
  /** Does not say how long a file is. */
  chunked?: boolean
  /** Labels files as an encoding of their content, as some do. */
  encoding?: string
  /** Milliseconds before each answer. */
  slow?: number
  /** Gives no lists of folders. */
  secretive?: boolean
  /** `Location` by path. */
  redirects?: Record<string, string>
  /** Says nothing more after so many octets. */
  stallAfter?: number
}

interface Asked {
  readonly method: string
  readonly path: string
  readonly status: number
  readonly headers: IncomingMessage['headers']
}

export interface ArchiveServer {
  readonly url: string
  /** By path without the first slash; may be changed at any time. */
  readonly files: Map<string, Buffer>
  manners: Manners
  readonly asked: Asked[]
  /** The most requests that were under way at once. */
  readonly most: number
  close(): Promise<void>
}

const MODIFIED = 'Tue, 29 Oct 2024 00:20:00 GMT'
const tag = (octets: Buffer) => `"${createHash('sha1').update(octets).digest('hex')}"`

export async function archiveServer(files: Map<string, Buffer>): Promise<ArchiveServer> {
  const asked: Asked[] = []
  let under = 0
  let most = 0
  const server = createServer((request, response) => {
    most = Math.max(most, ++under)
    response.on('close', () => under--)
    setTimeout(() => answer(request, response), here.manners.slow ?? 0)
  })

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const { manners } = here
    const path = (request.url ?? '/').slice(1)
    const say = (status: number, headers: Record<string, string | number> = {}) => {
      const { method = '' } = request
      asked.push({ method, path, status, headers: request.headers })
      response.writeHead(status, headers)
    }
    const { busy } = manners
    if (busy && busy.times > 0) {
      busy.times--
      say(busy.status, busy.after === undefined ? {} : { 'retry-after': busy.after })
      response.end('busy')
      return
    }
    const location = manners.redirects?.[path]
    if (location !== undefined) {
      say(302, { location })
      response.end()
      return
    }
    const octets = files.get(path)
    if (octets) file(request, response, octets, say)
    else if (path.endsWith('/') && !manners.secretive && isFolder(path)) {
      say(200, { 'content-type': 'text/html' })
      response.end(request.method === 'HEAD' ? undefined : index(path))
    } else {
      say(path.endsWith('/') && isFolder(path) ? 403 : 404)
      response.end()
    }
  }

  const isFolder = (path: string) => [...files.keys()].some((name) => name.startsWith(path))

  /** As Apache writes it. */
  function index(path: string): string {
    const names = new Set(
      [...files.keys()]
        .filter((name) => name.startsWith(path))
        .map((name) => name.slice(path.length).replace(/\/.*/, '/')),
    )
    const rows = [...names].sort().map((name) => {
      const size = files.get(path + name)?.length
      const about =
        size === undefined ? '  - ' : size < 1024 ? size : `${(size / 1024).toFixed(1)}K`
      return `<img src="/icons/x.gif" alt="[   ]"> <a href="${name}">${name}</a>  2024-10-29 00:20  ${about}`
    })
    return `<html><body><h1>Index of /${path}</h1><pre><a href="?C=N;O=D">Name</a>  <a href="?C=S;O=A">Size</a><hr>
<a href="/">Parent Directory</a>  -
${rows.join('\n')}
<hr></pre></body></html>`
  }

  function file(
    request: IncomingMessage,
    response: ServerResponse,
    octets: Buffer,
    say: (status: number, headers: Record<string, string | number>) => void,
  ): void {
    const { manners } = here
    const names: Record<string, string> = manners.nameless
      ? {}
      : { etag: tag(octets), 'last-modified': MODIFIED }
    const { range, 'if-range': ifRange, 'if-none-match': ifNoneMatch } = request.headers
    if (ifNoneMatch !== undefined && ifNoneMatch === names['etag']) {
      say(304, names)
      response.end()
      return
    }
    const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0)
    const goesOn =
      from > 0 &&
      manners.ranges !== false &&
      (ifRange === undefined || ifRange === names['etag'] || ifRange === MODIFIED)
    if (goesOn && from >= octets.length) {
      say(416, { 'content-range': `bytes */${octets.length}` })
      response.end()
      return
    }
    const body = goesOn ? octets.subarray(from) : octets
    const total = octets.length + (manners.lie ?? 0)
    say(goesOn ? 206 : 200, {
      ...names,
      ...(manners.chunked ? {} : { 'content-length': body.length + (manners.lie ?? 0) }),
      ...(goesOn && { 'content-range': `bytes ${from}-${total - 1}/${total}` }),
      ...(manners.encoding && { 'content-encoding': manners.encoding }),
    })
    if (request.method === 'HEAD') {
      response.end()
      return
    }
    const { cutAfter, stallAfter, cuts = Number.POSITIVE_INFINITY } = manners
    if (stallAfter !== undefined) {
      response.write(body.subarray(0, stallAfter))
      delete manners.stallAfter
    } else if (cutAfter !== undefined && cutAfter < body.length && cuts > 0) {
      manners.cuts = cuts - 1
      response.write(body.subarray(0, cutAfter), () => response.destroy())
    } else if (manners.lie) response.write(body, () => response.destroy())
    else response.end(body)
  }

  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  const here: ArchiveServer = {
    url: `http://127.0.0.1:${port}/`,
    files,
    manners: {},
    asked,
    get most() {
      return most
    },
    close: () =>
      new Promise((done) => {
        server.closeAllConnections()
        server.close(() => done())
      }),
  }
  return here
}
