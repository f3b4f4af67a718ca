// One cache over TCP or TLS: connects, and again when it is cut; asks when it is time; says when what
// it told has become too old. What the octets mean is somebody else's (wire/rtr-session.ts).

import { connect, type Socket } from 'node:net'
import { connect as connectSecurely } from 'node:tls'
import { milliseconds, type Span, words } from '../core/time.ts'
import { adviceFor, faultText, Retry } from './retry.ts'
import { type RtrSettings, rtrName } from './rtr-settings.ts'

/** The conversation, which outlives connections. */
export interface RtrConversation {
  readonly times: { readonly refresh: Span; readonly retry: Span; readonly expire: Span }
  open(): Uint8Array
  ask(): Uint8Array | null
  take(octets: Uint8Array): {
    readonly send: readonly Uint8Array[]
    readonly close: string | null
    readonly again: boolean
    readonly settled: boolean
    readonly empty: boolean
  }
  closed(): void
  expire(): void
}

export interface RtrHear {
  /** A whole set has come, or what has changed of it. */
  settled(): void
  /** What was told before is too old to be used. */
  expired(): void
  log(level: 'info' | 'warn' | 'error', text: string): void
}

export interface RtrClient {
  /** Connected, and answered. */
  readonly up: boolean
  readonly fault: string | null
  close(): void
}

export function openRtr(
  settings: RtrSettings,
  conversation: RtrConversation,
  hear: RtrHear,
): RtrClient {
  const client = new Client(settings, conversation, hear)
  client.connect()
  return client
}

/** A wait of timers has 31 bits of milliseconds. */
const inMs = (span: Span): number => Math.min(2 ** 31 - 1, Math.ceil(span / milliseconds(1)))

class Client implements RtrClient {
  up = false
  fault: string | null = null
  readonly #settings: RtrSettings
  readonly #name: string
  readonly #conversation: RtrConversation
  readonly #hear: RtrHear
  readonly #retry: Retry
  #socket: Socket | null = null
  #closed = false
  /** The next connection, or the next question. */
  #next: NodeJS.Timeout | undefined
  #patience: NodeJS.Timeout | undefined
  #expiry: NodeJS.Timeout | undefined
  /** It was told that it does not work. */
  #told = false

  constructor(settings: RtrSettings, conversation: RtrConversation, hear: RtrHear) {
    this.#settings = settings
    this.#name = rtrName(settings)
    this.#conversation = conversation
    this.#hear = hear
    const { retryStart: start, retryMost: most } = settings
    this.#retry = new Retry({ start, most })
  }

  connect(): void {
    const { host, port, tls } = this.#settings
    let socket: Socket
    try {
      const servername = /^[\d.]+$|:/.test(host) ? {} : { servername: host }
      socket = tls
        ? connectSecurely({ host, port, ...servername, ...tls })
        : connect({ host, port })
    } catch (error) {
      // Certificates that are none.
      this.#again(faultText(error), false)
      return
    }
    this.#socket = socket
    let why = 'the cache closed the connection'
    let again = false
    socket.setNoDelay(true)
    socket.on(tls ? 'secureConnect' : 'connect', () => {
      socket.setKeepAlive(true, 30_000)
      socket.write(this.#conversation.open())
    })
    socket.on('data', (octets: Buffer) => {
      if (this.#socket !== socket) return
      const step = this.#conversation.take(octets)
      for (const said of step.send) socket.write(said)
      if (step.settled) this.#settled()
      else if (step.empty) {
        this.#fails('it has no data yet')
        this.#askIn(this.#conversation.times.retry)
      } else if (step.send.length > 0) this.#wait()
      if (step.close === null) return
      why = step.close
      again = step.again
      // What was said last must arrive.
      socket.end()
      this.#gone(socket, why, again)
    })
    socket.on('error', (error) => {
      why = faultText(error)
    })
    socket.on('close', () => this.#gone(socket, why, again))
    this.#wait()
  }

  close(): void {
    this.#closed = true
    this.up = false
    for (const timer of [this.#next, this.#patience, this.#expiry]) clearTimeout(timer)
    this.#socket?.destroy()
    this.#socket = null
  }

  /** An answer is awaited, but not for ever. */
  #wait(): void {
    clearTimeout(this.#patience)
    const socket = this.#socket
    this.#patience = setTimeout(() => {
      if (socket) this.#gone(socket, `no answer in ${words(this.#settings.patience)}`, false)
    }, inMs(this.#settings.patience))
  }

  #settled(): void {
    if (!this.up) this.#hear.log('info', `${this.#name}: connected`)
    this.up = true
    this.fault = null
    this.#told = false
    this.#retry.succeeded()
    clearTimeout(this.#expiry)
    const { refresh, expire } = this.#conversation.times
    this.#expiry = setTimeout(
      () => {
        this.#conversation.expire()
        this.#hear.expired()
      },
      inMs(this.#settings.expire ?? expire),
    )
    this.#askIn(Math.min(refresh, this.#settings.refresh))
    this.#hear.settled()
  }

  #askIn(span: Span): void {
    clearTimeout(this.#patience)
    clearTimeout(this.#next)
    this.#next = setTimeout(() => {
      const question = this.#conversation.ask()
      if (question === null) return
      this.#socket?.write(question)
      this.#wait()
    }, inMs(span))
  }

  #gone(socket: Socket, why: string, again: boolean): void {
    if (this.#socket !== socket) return
    this.#socket = null
    clearTimeout(this.#patience)
    clearTimeout(this.#next)
    // After a farewell it has a moment to leave by itself.
    const linger = setTimeout(() => socket.destroy(), 1_000)
    linger.unref()
    socket.on('close', () => clearTimeout(linger))
    this.#conversation.closed()
    this.#again(why, again)
  }

  #again(why: string, atOnce: boolean): void {
    if (this.#closed) return
    if (!atOnce) this.#fails(why)
    this.up = false
    // The version goes down by one each time, so this ends.
    const wait = atOnce ? 100 : inMs(this.#retry.next())
    this.#next = setTimeout(() => this.connect(), wait)
  }

  #fails(why: string): void {
    this.fault = why
    if (this.#told) return
    this.#told = true
    this.#hear.log('warn', `${this.#name}: ${why}; ${adviceFor(why)}`)
  }
}
