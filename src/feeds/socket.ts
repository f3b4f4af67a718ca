// One WebSocket connection, from attempt to end. It tells what becomes of it exactly once, and after
// it has been dropped or closed it tells nothing any more.

import { WebSocket } from 'ws'
import { faultText } from './retry.ts'

interface SocketSettings {
  readonly url: URL
  readonly userAgent: string
  /** Octets. */
  readonly maxFrame: number
  /** Milliseconds for the server to agree to a connection. */
  readonly handshake?: number
}

interface SocketEvents {
  opened(): void
  message(octets: Buffer): void
  pong(): void
  /** The end; `fault` says more where more is known. */
  closed(code: number, fault: string | null): void
}

/** For the server to agree to a connection, and to its end, in milliseconds. */
const HANDSHAKE = 10_000
const FAREWELL = 1_000
const TICKS = 10

export class Socket {
  readonly #socket: WebSocket
  readonly #deadline: NodeJS.Timeout
  #over = false

  constructor(
    { url, userAgent, maxFrame, handshake = HANDSHAKE }: SocketSettings,
    events: SocketEvents,
  ) {
    const socket = new WebSocket(url, {
      // Inflating each frame for itself costs 30 times what it takes to read it (performance.md §3.4).
      perMessageDeflate: false,
      maxPayload: maxFrame,
      // The decoder takes any text; checking it twice finds nothing more.
      skipUTF8Validation: true,
      headers: { 'User-Agent': userAgent.replace(/[^\x20-\x7e]/g, '?') },
    })
    this.#socket = socket
    let fault: string | null = null
    // The deadline that `ws` has begins anew with every byte, and some servers dribble. In ticks,
    // because time in which we were busy ourselves does not count.
    let ticks = 0
    this.#deadline = setInterval(() => {
      if (++ticks < TICKS) return
      clearInterval(this.#deadline)
      fault = 'Opening handshake has timed out'
      socket.terminate()
    }, handshake / TICKS)
    socket.on('open', () => {
      clearInterval(this.#deadline)
      if (!this.#over) events.opened()
    })
    socket.on('message', (data) => {
      if (this.#over) return
      // Without `binaryType` set, `ws` hands over a Buffer.
      events.message(data as Buffer)
    })
    socket.on('pong', () => this.#over || events.pong())
    // 'close' follows; without a listener an error would end the process.
    socket.on('error', (error) => {
      fault ??= faultText(error)
    })
    socket.on('close', (code) => {
      clearInterval(this.#deadline)
      if (this.#over) return
      this.#over = true
      events.closed(code, fault)
    })
  }

  send(text: string): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(text)
  }

  ping(): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.ping()
  }

  drop(): void {
    this.#over = true
    this.#socket.terminate()
  }

  async close(): Promise<void> {
    const socket = this.#socket
    this.#over = true
    if (socket.readyState === WebSocket.CLOSED) return
    await new Promise<void>((done) => {
      const timer = setTimeout(() => socket.terminate(), FAREWELL)
      socket.once('close', () => {
        clearTimeout(timer)
        done()
      })
      if (socket.readyState === WebSocket.CONNECTING) socket.terminate()
      else socket.close(1000)
    })
  }
}
