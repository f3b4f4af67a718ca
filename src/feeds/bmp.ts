// The station of BMP (RFC 7854): routers connect, we listen and never say a word. Who may connect, how many and
// how often is bounded here; what the octets mean is none of its business.

import { createServer, type Server, type Socket } from 'node:net'
import { maskWord, type Prefix, parseAddress, parsePrefix } from '../core/prefix.ts'
import { seconds, words } from '../core/time.ts'
import type {
  BmpConnection,
  BmpHandlers,
  BmpListener,
  BmpRefusal,
  BmpSettings,
  BmpStatus,
} from './bmp-settings.ts'
import { faultText, Retry } from './retry.ts'

const MINUTE = 60_000
/** Between two lines of log about who was turned away, in milliseconds. */
const TELL_EVERY = 10_000

const isIn = (prefix: Prefix, afi: number, address: readonly number[]): boolean =>
  prefix.afi === afi &&
  prefix.words.every((word, i) => ((address[i] ?? 0) & maskWord(prefix.length, i)) === (word | 0))

/** A prefix, or a single address. */
export function allowed(text: string): Prefix | undefined {
  const host = parseAddress(text)
  return parsePrefix(host ? `${text}/${host.afi === 4 ? 32 : 128}` : text) ?? undefined
}

/** IPv4 written as IPv6 (RFC 4291 §2.5.5.2) is what it is. */
const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '')

class Connection implements BmpConnection {
  readonly id: number
  readonly address: string
  readonly socket: Socket
  why = ''

  constructor(id: number, address: string, socket: Socket) {
    this.id = id
    this.address = address
    this.socket = socket
  }

  pause(): void {
    this.socket.pause()
  }

  resume(): void {
    this.socket.resume()
  }

  end(why: string): void {
    this.why ||= why
    this.socket.destroy()
  }
}

class Listener implements BmpListener {
  readonly #settings: BmpSettings
  readonly #handlers: BmpHandlers
  readonly #allow: readonly Prefix[]
  readonly #connections = new Set<Connection>()
  readonly #refused: Record<BmpRefusal, number> = {
    'not-allowed': 0,
    'too-many': 0,
    'too-often': 0,
  }
  readonly #retry = new Retry({ start: seconds(1), most: seconds(30) })
  #server: Server | null = null
  #listening: BmpStatus['listening'] = null
  #timer: NodeJS.Timeout | undefined
  #closed = false
  #next = 1
  /** Accepted in the minute that began then. */
  #minute = { began: 0, accepted: 0 }
  #toldAt = Number.NEGATIVE_INFINITY

  constructor(settings: BmpSettings, handlers: BmpHandlers) {
    this.#settings = settings
    this.#handlers = handlers
    this.#allow = settings.allow.flatMap((text) => allowed(text) ?? [])
    this.#listen()
  }

  status(): BmpStatus {
    return {
      listening: this.#listening,
      connections: this.#connections.size,
      refused: { ...this.#refused },
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    for (const connection of this.#connections) connection.end('we end')
    const server = this.#server
    if (server?.listening) await new Promise<void>((done) => server.close(() => done()))
  }

  #listen(): void {
    const { host, port } = this.#settings
    const server = createServer((socket) => this.#accept(socket))
    this.#server = server
    // The system would keep them waiting before we could count them.
    server.maxConnections = 2 * this.#settings.mostConnections
    server.on('error', (error) => this.#failed(server, error))
    server.listen(port, host, () => {
      // Its name was still looked up when we were closed, and that nobody can stop.
      if (this.#closed) {
        server.close()
        return
      }
      const bound = server.address()
      this.#listening = {
        host,
        port: bound !== null && typeof bound === 'object' ? bound.port : port,
      }
      this.#retry.succeeded()
      this.#handlers.fault(null)
      this.#handlers.log('info', `BMP: listening on ${host} port ${this.#listening.port}`)
    })
  }

  /** A port that is taken may be free again when the last daemon has ended. */
  #failed(server: Server, error: Error): void {
    if (this.#closed || server.listening) return
    this.#listening = null
    const { host, port } = this.#settings
    const fault = faultText(error)
    const wait = this.#retry.next()
    this.#handlers.fault(`cannot listen on ${host} port ${port}: ${fault}`)
    this.#handlers.log(
      'error',
      `BMP: cannot listen on ${host} port ${port}: ${fault}; ${adviceFor(fault)}; next try in ${words(wait)}`,
    )
    this.#timer = setTimeout(() => this.#listen(), wait / 1e3)
  }

  #accept(socket: Socket): void {
    const address = plain(socket.remoteAddress ?? '')
    // A router that resets the connection at once is no fault of ours.
    socket.on('error', () => undefined)
    const why = this.#refusal(address)
    if (why !== null || this.#closed) {
      socket.destroy()
      if (why !== null) this.#refuse(why, address)
      return
    }
    const { keepAlive, firstWithin, silentAfter } = this.#settings
    const connection = new Connection(this.#next++, address, socket)
    this.#connections.add(connection)
    socket.setKeepAlive(true, keepAlive / 1e3)
    socket.setTimeout(firstWithin / 1e3, () => connection.end('it has said nothing for too long'))
    let spoke = false
    this.#handlers.opened(connection)
    socket.on('data', (chunk: Buffer) => {
      if (!spoke) socket.setTimeout(silentAfter / 1e3)
      spoke = true
      this.#handlers.octets(connection, chunk)
    })
    socket.on('error', (error) => {
      connection.why ||= faultText(error)
    })
    socket.on('end', () => {
      connection.why ||= 'it closed the connection'
    })
    socket.on('close', () => {
      this.#connections.delete(connection)
      this.#handlers.closed(connection, connection.why || 'the connection is closed')
    })
  }

  #refusal(address: string): BmpRefusal | null {
    const found = parseAddress(address)
    const words = found ? [...found.words] : []
    if (!found || !this.#allow.some((prefix) => isIn(prefix, found.afi, words)))
      return 'not-allowed'
    if (this.#connections.size >= this.#settings.mostConnections) return 'too-many'
    const now = Date.now()
    if (now - this.#minute.began >= MINUTE) this.#minute = { began: now, accepted: 0 }
    if (this.#minute.accepted >= this.#settings.mostPerMinute) return 'too-often'
    this.#minute.accepted++
    return null
  }

  #refuse(why: BmpRefusal, address: string): void {
    this.#refused[why]++
    this.#handlers.refused(why, address)
    if (Date.now() - this.#toldAt < TELL_EVERY) return
    this.#toldAt = Date.now()
    this.#handlers.log('warn', `BMP: ${address || 'somebody'} was turned away: ${reasons[why]}`)
  }
}

const reasons: Readonly<Record<BmpRefusal, string>> = {
  'not-allowed': 'it is not in `allow`; add it there if it is a router of yours',
  'too-many': 'there are as many connections as there may be (`mostConnections`)',
  'too-often': 'too many connections began within a minute',
}

function adviceFor(fault: string): string {
  if (/EADDRINUSE/.test(fault)) return 'another program has the port: end it, or take another one'
  if (/EACCES/.test(fault)) return 'take a port of 1024 or more'
  if (/EADDRNOTAVAIL|ENOTFOUND/.test(fault)) return 'take an address of this host'
  return 'nothing to do unless it lasts'
}

/** Listens until it is closed. */
export const openBmp = (settings: BmpSettings, handlers: BmpHandlers): BmpListener =>
  new Listener(settings, handlers)
