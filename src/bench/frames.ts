// A server of RIS Live that costs nearly nothing: complete WebSocket frames lie ready in memory, and
// what is due is written as it lies there, with the stamps of now.

import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setImmediate as breathe, setTimeout as sleep } from 'node:timers/promises'
import type { RisFrame } from '../scenario/frames.ts'

const HEAD = '{"type":"ris_message","data":{"timestamp":'
/** Seconds with milliseconds: always as wide. */
const STAMP = '0000000000.000'
/** Octets under way at most. */
const UNDER_WAY = 4 << 20
/** RFC 6455 §1.3. */
const MAGIC = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** Frames that are written in a circle. */
export class Tape {
  readonly bytes: Buffer
  /** Where each begins; one more than there are. */
  readonly starts: Int32Array
  readonly #stamps: Int32Array

  constructor(frames: readonly RisFrame[]) {
    const parts: Buffer[] = []
    this.starts = new Int32Array(frames.length + 1)
    this.#stamps = new Int32Array(frames.length)
    let at = 0
    for (const [i, { timestamp: _, raw: __, ...rest }] of frames.entries()) {
      const payload = Buffer.from(`${HEAD}${STAMP},${JSON.stringify(rest).slice(1)}}`)
      const head = headOf(payload.length)
      parts.push(head, payload)
      this.#stamps[i] = at + head.length + HEAD.length
      at += head.length + payload.length
      this.starts[i + 1] = at
    }
    this.bytes = Buffer.concat(parts)
  }

  get length(): number {
    return this.#stamps.length
  }

  /** The frames from `from` to before `to`, with that stamp in milliseconds. */
  take(from: number, to: number, stamp: number): Buffer {
    const ms = Math.floor(stamp)
    const text = `${Math.floor(ms / 1_000)}.${String(ms % 1_000).padStart(3, '0')}`
    const digits = Buffer.from(text.padStart(STAMP.length, '0'))
    for (let i = from; i < to; i++) this.bytes.set(digits, this.#stamps[i])
    return this.bytes.subarray(this.starts[from], this.starts[to])
  }
}

/** A final text frame, not masked (RFC 6455 §5.2). */
function headOf(length: number): Buffer {
  if (length < 126) return Buffer.of(0x81, length)
  if (length < 65_536) return Buffer.of(0x81, 126, length >>> 8, length & 255)
  const head = Buffer.of(0x81, 127, 0, 0, 0, 0, 0, 0, 0, 0)
  head.writeUInt32BE(length, 6)
  return head
}

/** Waits for one client on loopback; `client` is its socket when it has asked for something. */
export async function openFrameServer() {
  const server = createServer()
  const client = new Promise<Socket>((come) => {
    server.on('upgrade', (request, duplex) => {
      const socket = duplex as Socket
      const key = `${request.headers['sec-websocket-key']}${MAGIC}`
      const accept = createHash('sha1').update(key).digest('base64')
      socket.setNoDelay(true)
      socket.on('error', () => socket.destroy())
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
          `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
      )
      socket.on('data', (octets) => {
        come(socket)
        // A wish to close; whatever else it says needs no answer as long as frames are coming.
        if (((octets[0] ?? 0) & 15) === 8) socket.end(Buffer.of(0x88, 0))
      })
    })
  })
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done)
  })
  const { port } = server.address() as AddressInfo
  return { url: `ws://127.0.0.1:${port}/v1/ws/`, client, close: () => server.close() }
}

/** How it went, in seconds. */
export interface Played {
  readonly sent: number
  readonly took: number
  /** A frame was written so long after it was due, at the most. */
  readonly behind: number
  /** Time in which nothing could be written, because the client had not read what was. */
  readonly blocked: number
}

/**
 * Writes `count` frames, `rate` a second. Event time begins now and goes `pace` times as fast as the
 * wall clock.
 */
export async function play(
  socket: Socket,
  tape: Tape,
  rate: number,
  count: number,
  pace = 1,
): Promise<Played> {
  // What waits to be written must not be stamped anew: it is at most half of the tape.
  const room = Math.min(UNDER_WAY, tape.bytes.length / 4)
  const most = Math.max(1, Math.floor(tape.length / 4))
  const first = Date.now()
  const began = performance.now()
  const since = () => (performance.now() - began) / 1e3
  let sent = 0
  let behind = 0
  let blocked = 0
  while (sent < count && !socket.destroyed) {
    if (socket.writableLength > room) {
      const from = since()
      await sleep(1)
      blocked += since() - from
      continue
    }
    const now = since()
    const due = Math.min(count, Math.floor(now * rate))
    if (sent >= due) {
      await sleep(1)
      continue
    }
    behind = Math.max(behind, now - sent / rate)
    const from = sent % tape.length
    const to = Math.min(tape.length, from + most, from + due - sent)
    socket.write(tape.take(from, to, first + now * 1e3 * pace))
    sent += to - from
    if (sent < due) await breathe()
  }
  while (socket.writableLength > 0 && !socket.destroyed) await sleep(1)
  return { sent, took: since(), behind, blocked }
}
