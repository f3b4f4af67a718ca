// A RIS Live of our own: speaks what ris-live.ripe.net speaks (research/protocols.md §1), so that the
// demo and the tests go through the real client. It also fails on command, as the real one does by
// itself: `cut` drops the sockets, `stall` keeps them open and says nothing; and as none should: `shout`
// says what is no frame, `tear` ends in the middle of one.

import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import type { RisFrame } from './frames.ts'
import { readRule, Sought } from './ris-live-rule.ts'
import { Subscriptions } from './ris-live-subscriptions.ts'

interface RisLiveServerSettings {
  /** TCP port; 0, the default, takes a free one, so that tests never collide. */
  readonly port?: number
  /** Address to listen on. Loopback by default: what it says is invented or old. */
  readonly host?: string
  /** Where the real one has it. */
  readonly path?: string
  /** Octets that may wait for a client before it is told that it is slow. 16 MiB: 40,000 frames. */
  readonly bufferLimit?: number
  /** Clients at a time. 64 by default: one demo and many curious people. */
  readonly mostClients?: number
}

export interface RisLiveServer {
  readonly url: string
  /** Sends the frame to whom it concerns, once to each socket; how many those were. */
  publish(frame: RisFrame): number
  clients(): number
  /** Subscriptions of all clients; each prefix counts. */
  subscriptions(): number
  /** Octets that wait for the slowest client: a player that is ahead of its clients may wait too. */
  buffered(): number
  /** Drops all sockets without a word; how many those were. */
  cut(): number
  /** Sends any text, to all. */
  shout(text: string): void
  /** Sends the first half of a text to all and drops the sockets; how many those were. */
  tear(text: string): number
  /** While on, nothing is published; what is missed is missed, as with the real one. */
  stall(on: boolean): void
  close(): Promise<void>
}

interface Client {
  readonly socket: WebSocket
  /** What is below it. */
  readonly line: Socket
  readonly wants: Subscriptions
  includeRaw: boolean
  acknowledge: boolean
  /** Told that it is slow; gets nothing more. */
  leaving: boolean
}

/** The largest subscription is 20,000 prefixes of at most 45 characters. */
const LONGEST_COMMAND = 1 << 20
/** For a slow client to read what is still on its way to it, in milliseconds. */
const FAREWELL = 2_000
/** Names of collectors kept for request_rrc_list. */
const MOST_HOSTS = 1_024
const TRY_AGAIN_LATER = 1013

export async function startRisLiveServer(
  settings: RisLiveServerSettings = {},
): Promise<RisLiveServer> {
  const { port = 0, host = '127.0.0.1', path = '/v1/ws/' } = settings
  const { bufferLimit = 16 << 20, mostClients = 64 } = settings
  const server = new WebSocketServer({
    port,
    host,
    path,
    perMessageDeflate: false,
    maxPayload: LONGEST_COMMAND,
  })
  // A port in use rejects here.
  await once(server, 'listening')
  const clients = new Set<Client>()
  const hosts = new Set<string>()
  let stalled = false

  server.on('connection', (socket, request) => {
    // Errors end in 'close'; without a listener they would end the process.
    socket.on('error', () => undefined)
    if (clients.size < mostClients) welcome(socket, request.socket, clients, hosts)
    else socket.close(TRY_AGAIN_LATER, 'too many clients')
  })

  const { port: bound } = server.address() as AddressInfo
  return {
    url: `ws://${host.includes(':') ? `[${host}]` : host}:${bound}${path}`,
    publish(frame) {
      if (hosts.size < MOST_HOSTS) hosts.add(frame.host)
      return stalled ? 0 : publish(frame, clients, bufferLimit)
    },
    clients: () => clients.size,
    subscriptions: () => [...clients].reduce((n, { wants }) => n + wants.size, 0),
    buffered: () => Math.max(0, ...[...clients].map(({ socket }) => socket.bufferedAmount)),
    cut() {
      const count = clients.size
      for (const { socket } of clients) socket.terminate()
      return count
    },
    shout(text) {
      for (const { socket } of clients) socket.send(text)
    },
    tear(text) {
      const octets = Buffer.from(text)
      // A text frame (RFC 6455 §5.2) that promises all of it in 16 bits of length.
      const head = Buffer.from([0x81, 126, octets.length >> 8, octets.length & 255])
      const half = Buffer.concat([head, octets.subarray(0, octets.length >> 1)])
      const count = clients.size
      for (const { line } of clients) line.end(half)
      return count
    },
    stall(on) {
      stalled = on
    },
    async close() {
      for (const { socket } of clients) socket.terminate()
      await new Promise((done) => server.close(done))
    },
  }
}

function welcome(
  socket: WebSocket,
  line: Socket,
  clients: Set<Client>,
  hosts: Iterable<string>,
): void {
  const wants = new Subscriptions()
  const not = { includeRaw: false, acknowledge: false, leaving: false }
  const client: Client = { socket, line, wants, ...not }
  clients.add(client)
  socket.on('close', () => clients.delete(client))
  socket.on('message', (data) => {
    const answer = obey(client, data.toString(), hosts)
    if (answer && !client.leaving) send(client, answer)
  })
}

function publish(frame: RisFrame, clients: Iterable<Client>, bufferLimit: number): number {
  const sought = new Sought(frame)
  // Made when the first client wants them; most frames concern nobody.
  let plain: string | undefined
  let full: string | undefined
  let sent = 0
  for (const client of clients) {
    if (client.leaving || !client.wants.matches(sought)) continue
    if (client.socket.bufferedAmount > bufferLimit) {
      dismiss(client)
      continue
    }
    if (client.includeRaw) full ??= JSON.stringify({ type: 'ris_message', data: frame })
    else {
      const { raw: _, ...data } = frame
      plain ??= JSON.stringify({ type: 'ris_message', data })
    }
    client.socket.send(client.includeRaw ? (full ?? '') : (plain ?? ''))
    sent++
  }
  return sent
}

interface Answer {
  readonly type: string
  readonly data: unknown
}

/** A client that does not keep up is told so and shown the door, as on the real one. */
function dismiss(client: Client): void {
  client.leaving = true
  send(client, complaint('Slow client, disconnecting'))
  client.socket.close()
  const timer = setTimeout(() => client.socket.terminate(), FAREWELL)
  client.socket.once('close', () => clearTimeout(timer))
}

function send({ socket }: Client, answer: Answer): void {
  socket.send(JSON.stringify(answer))
}

function complaint(message: string, command?: string): Answer {
  const data = command === undefined ? { message } : { message, command_type: command }
  return { type: 'ris_error', data }
}

type Fields = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Does what a client asks; null where the real one says nothing. */
function obey(client: Client, text: string, hosts: Iterable<string>): Answer | null {
  let command: unknown
  try {
    command = JSON.parse(text)
  } catch {
    return complaint('Invalid JSON')
  }
  if (!isFields(command)) return complaint('A message is an object')
  const { type, data } = command as { type?: unknown; data?: unknown }
  switch (type) {
    case 'ping':
      return { type: 'pong', data: null }
    case 'request_rrc_list':
      return { type: 'ris_rrc_list', data: [...hosts].sort() }
    case 'ris_subscribe':
    case 'ris_unsubscribe':
      return subscribe(client, type, data ?? {})
    default:
      return complaint('Unknown message type', String(type))
  }
}

function subscribe(client: Client, type: string, data: unknown): Answer | null {
  if (!isFields(data)) return complaint('data must be an object', type)
  const { socketOptions, ...filter } = data as Fields & { socketOptions?: unknown }
  const rule = readRule(filter)
  if (typeof rule === 'string') return complaint(rule, type)
  if (type === 'ris_unsubscribe') {
    client.wants.remove(rule)
    return null
  }
  if (!client.wants.add(rule)) return complaint('Too many subscriptions', type)
  if (isFields(socketOptions)) {
    const { includeRaw, acknowledge } = socketOptions as Partial<Client>
    // They belong to the socket; the last word counts.
    client.includeRaw = includeRaw === true
    client.acknowledge = acknowledge === true
  }
  if (!client.acknowledge) return null
  const options = { includeRaw: client.includeRaw, acknowledge: true }
  const subscription = { moreSpecific: true, lessSpecific: false, ...filter }
  return { type: 'ris_subscribe_ok', data: { subscription, socketOptions: options } }
}
