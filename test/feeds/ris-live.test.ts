import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { seconds } from '../../src/core/time.ts'
import { risBeacons } from '../../src/feeds/canary.ts'
import { openRisLive } from '../../src/feeds/ris-live.ts'
import { Complaints, readControl } from '../../src/feeds/ris-live-control.ts'
import {
  type RisLive,
  type RisLiveSettings,
  risLiveDefaults,
} from '../../src/feeds/ris-live-settings.ts'
import { RisLiveWants } from '../../src/feeds/ris-live-wants.ts'
import { Socket } from '../../src/feeds/socket.ts'

const open: (() => unknown)[] = []
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

async function until(what: () => boolean): Promise<void> {
  const end = performance.now() + 10_000
  while (!what()) {
    if (performance.now() > end) throw new Error(`waited for ${what}`)
    await new Promise((next) => setTimeout(next, 2))
  }
}

/** A server that does as `greet` says, and a client of it. */
async function pair(
  settings: Partial<RisLiveSettings>,
  greet: (socket: WebSocket, request: IncomingMessage) => void,
  logs: string[] = [],
  heard: (feed: RisLive, text: string) => void = () => undefined,
) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', autoPong: false })
  await once(server, 'listening')
  server.on('connection', greet)
  open.push(() => {
    for (const socket of server.clients) socket.terminate()
    server.close()
  })
  const frames: string[] = []
  const told: string[] = []
  const { port } = server.address() as AddressInfo
  const feed: RisLive = openRisLive(
    { url: `ws://127.0.0.1:${port}/v1/ws/`, pace: 1_000, retryStart: 50_000, ...settings },
    {
      frame: (octets) => {
        const text = octets.toString()
        frames.push(text)
        heard(feed, text)
      },
      gap: (...what) => told.push(['gap', ...what].join(' ')),
      sight: (...what) => told.push(['sight', ...what].join(' ')),
      log: (_, text) => logs.push(text),
    },
  )
  open.push(() => feed.close())
  return { feed, frames, told }
}

it('says who it is, and hands up what it cannot read for others to count', async () => {
  const asked: string[] = []
  let who: IncomingMessage | undefined
  const content = [
    '{ "type": "ris_message", "data": {} }',
    '{"type":"ris_message","data":{}}',
    '{"type":"ris_new"}',
    '{"type":',
    'null',
  ]
  const { feed, frames, told } = await pair(
    { client: 'faultline-0.1 AS64496 é', pace: 100_000 },
    (socket, request) => {
      who = request
      socket.on('message', (text) => asked.push(String(text)))
      for (const text of [...content, '{"type":"pong","data":null}']) socket.send(text)
      socket.send('{"type":"ris_rrc_list","data":[]}')
    },
  )
  await until(() => frames.length === 5 && asked.length === 2)
  expect(frames).toEqual(content)
  expect(who?.url).toBe('/v1/ws/?client=faultline-0.1+AS64496+%C3%A9')
  expect(who?.headers['user-agent']).toBe('faultline-0.1 AS64496 ?')
  expect(who?.headers['sec-websocket-extensions']).toBeUndefined()
  expect(feed.status()).toMatchObject({ sent: 2, acknowledged: 0, frames: 5 })
  // Not all that came, came after the last subscription: nothing acknowledged, nothing seen yet.
  expect(told).toEqual([])
})

it('gives up a connection on which nobody answers, and one that sends too much', async () => {
  let sockets = 0
  const settings = { pingEvery: 40_000, deadAfter: 200_000, maxFrame: 1_000 }
  const { told, feed } = await pair(settings, (socket) => {
    sockets++
    socket.on('error', () => undefined)
    if (sockets === 2) socket.send('x'.repeat(2_000))
  })
  await until(() => feed.status().failures >= 2)
  expect(told).toEqual(['gap no answer'])
  expect(feed.status().lastFault).toMatch(/closed .*Max payload size exceeded/)
})

it('asks at its pace, one array for many prefixes, again for each host', async () => {
  const at: number[] = []
  await pair({ asns: [1, 2, 3], pace: 50_000 }, (socket) => {
    socket.on('message', () => at.push(performance.now()))
  })
  await until(() => at.length === 5)
  const [first = 0, last = 0] = [at[0], at[4]]
  expect(last - first).toBeGreaterThan(4 * 40)

  const prefixes = Array.from({ length: 10_500 }, (_, i) => `10.${i >> 8}.${i & 255}.1/24`)
  const hosts = ['rrc00', 'rrc01']
  const wants = new RisLiveWants({ ...risLiveDefaults, prefixes, hosts, asns: [64500] })
  expect([wants.prefixes, wants.dropped, wants.all().length]).toEqual([10_000, 500, 2 * 24])
  const asked = wants.all().map((text) => JSON.parse(text).data)
  expect(asked.slice(0, 4).map(({ type }) => type)).toEqual([
    'RIS_PEER_STATE',
    'RIS_PEER_STATE',
    'KEEPALIVE',
    'KEEPALIVE',
  ])
  // Of the beacons nothing more specific: they are there to be measured.
  const beacons = { host: 'rrc01', prefix: risBeacons, moreSpecific: false }
  expect(asked.at(-1)).toMatchObject(beacons)
  expect(asked[4]).toMatchObject({ host: 'rrc00', moreSpecific: true })
  expect(asked[4].prefix.slice(0, 2)).toEqual(['10.0.0.0/24', '10.0.1.0/24'])
  expect(asked.every((data) => data.socketOptions.acknowledge)).toBe(true)
  expect(wants.remarks().length).toBe(1)
  expect(wants.remarks()).toEqual([])
  expect(wants.add(['10.0.0.0/24', '192.0.2.0/24'])).toEqual([])

  const firehose = new RisLiveWants({ ...risLiveDefaults, mode: 'firehose', prefixes })
  expect(firehose.all().map((text) => JSON.parse(text).data)).toEqual([
    { socketOptions: { includeRaw: false, acknowledge: true } },
  ])
  expect(seconds(1) / risLiveDefaults.pace).toBe(5)
})

it('does not repeat all that a server says', () => {
  const said: string[] = []
  const complaints = new Complaints((text) => said.push(text))
  for (let s = 0; s <= 130; s++) {
    complaints.tell(seconds(s))
    if (s < 100) for (let i = 0; i < 10; i++) complaints.add(`no ${s}`, seconds(s))
  }
  expect(said).toEqual([
    'RIS Live complains: no 0',
    'RIS Live complains: no 59 (and 598 more times in the last minute)',
    'RIS Live complains: no 99 (and 399 more times in the last minute)',
  ])
  const ill = '{"type":"ris_error","data":{"message":"no\\u001b[31m\\n\\u0000more"}}'
  expect(readControl(Buffer.from(ill))).toMatchObject({ message: 'no [31m more' })
  const long = JSON.stringify({ type: 'ris_error', data: { message: 'x'.repeat(1_000) } })
  expect(readControl(Buffer.from(long))).toEqual({
    kind: 'error',
    message: 'x'.repeat(300),
    refused: false,
  })
})

it('tells a flood of complaints in one line', async () => {
  const logs: string[] = []
  const { feed } = await pair(
    {},
    (socket) => {
      for (let i = 0; i < 500; i++) socket.send('{"type":"ris_error","data":{"message":"no"}}')
    },
    logs,
  )
  await until(() => feed.status().errors === 500)
  expect(logs.filter((text) => text.includes('complains'))).toEqual(['RIS Live complains: no'])
})

it('believes in what could be read, not in what only comes', async () => {
  const within: boolean[] = []
  const { feed, told, frames } = await pair(
    { silentAfter: 300_000, staleAfter: null },
    (socket) => {
      const timer = setInterval(() => socket.send('{"type":"ris_message","data":"?"}'), 20)
      socket.on('close', () => clearInterval(timer))
      socket.on('message', () => socket.send('{"type":"ris_subscribe_ok","data":{}}'))
    },
    [],
    (feed) => {
      if (feed.status().connections < 2 || frames.length < 100) return
      const before = feed.status().sees
      feed.seen(1)
      // Who reads the frame is not interrupted.
      within.push(feed.status().sees === before)
    },
  )
  await until(() => told.length === 2)
  expect([told, feed.status().lastFault]).toEqual([['sight', 'gap silent'], 'silent'])
  // Acknowledged again, but only what can be read brings sight back.
  await until(() => told.length === 3)
  expect(told[2]).toBe('sight')
  expect(new Set(within)).toEqual(new Set([true]))
  expect(frames.length).toBeGreaterThanOrEqual(100)
})

it('is not silent for as long as it asks, and counts what is refused', async () => {
  const asns = Array.from({ length: 15 }, (_, i) => i + 1)
  const settings = { asns, pace: 40_000, silentAfter: 300_000 }
  const { feed, told } = await pair(settings, (socket) => {
    socket.on('message', (text) => {
      const { data } = JSON.parse(String(text))
      const refusal = { message: 'too many', command_type: 'ris_subscribe' }
      socket.send(
        JSON.stringify(
          data.path === '3'
            ? { type: 'ris_error', data: refusal }
            : { type: 'ris_subscribe_ok', data: {} },
        ),
      )
    })
    socket.send('{"type":"ris_error","data":{"message":"of nothing"}}')
  })
  await until(() => feed.status().state === 'open')
  expect([told, feed.status().failures]).toEqual([[], 0])
  await until(() => feed.status().acknowledged === 17)
  expect(feed.status()).toMatchObject({ sent: 18, refused: 1, errors: 2 })
})

it('tells of a service that finds it too slow, and counts how often', async () => {
  const logs: string[] = []
  let sockets = 0
  const { feed, told } = await pair(
    { mode: 'firehose' },
    (socket) => {
      socket.on('message', () => {
        socket.send('{"type":"ris_subscribe_ok","data":{}}')
        if (++sockets > 2) return
        setTimeout(() => {
          socket.send('{"type":"ris_error","data":{"message":"Slow client, disconnecting"}}')
          socket.close()
        }, 50)
      })
    },
    logs,
  )
  await until(() => told.length >= 5)
  const why = 'gap cut off as too slow: Slow client, disconnecting'
  expect(told).toEqual(['sight', why, 'sight', why, 'sight'])
  expect(feed.status().slow).toBe(2)
  expect(logs.join('\n')).toContain('give this host more CPU, or ask for less')
})

it('tells which collector has stalled while others speak, and when it is back', async () => {
  let stalls = false
  const collectors = { least: 600_000, pauses: 2, known: 300_000, messages: 10, most: 10 }
  const { feed, told } = await pair(
    { mode: 'firehose', collectors },
    (socket) => {
      socket.on('message', () => socket.send('{"type":"ris_subscribe_ok","data":{}}'))
      const timer = setInterval(() => {
        socket.send('{"type":"ris_message","data":"rrc00"}')
        if (!stalls) socket.send('{"type":"ris_message","data":"rrc01"}')
      }, 10)
      socket.on('close', () => clearInterval(timer))
    },
    [],
    (feed, text) => feed.seen(Date.now() * 1e3, JSON.parse(text).data),
  )
  await until(() => feed.status().frames > 200)
  const collectorsTold = () => told.filter((text) => text.includes('rrc'))
  expect(collectorsTold()).toEqual([])
  stalls = true
  await until(() => feed.status().stalled.length > 0)
  expect(feed.status().stalled).toEqual(['rrc01'])
  expect(collectorsTold()[0]).toMatch(
    /^gap rrc01 has said nothing for \d+ s while others speak rrc01$/,
  )
  stalls = false
  await until(() => feed.status().stalled.length === 0)
  expect(collectorsTold().length).toBe(2)
  expect(told.at(-1)).toBe('sight rrc01')
})

it('does not wait longer for a server that agrees byte by byte', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined).resume()
    socket.write('HTTP/1.1 101 S')
    const timer = setInterval(() => socket.write('x'), 50)
    socket.on('close', () => clearInterval(timer))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  open.push(() => server.close())
  const url = new URL(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  const ends: (string | null)[] = []
  const nothing = () => undefined
  const socket = new Socket(
    { url, userAgent: 'x', maxFrame: 1_000, handshake: 300 },
    { opened: nothing, message: nothing, pong: nothing, closed: (_, fault) => ends.push(fault) },
  )
  open.push(() => socket.close())
  await until(() => ends.length > 0)
  expect(ends).toEqual(['Opening handshake has timed out'])
})
