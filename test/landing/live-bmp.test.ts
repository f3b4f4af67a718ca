// Routers of a test speak BMP over loopback to the corridor as the daemon runs it: what they say is evidence,
// and in no count of who sees a prefix; a router that is cut off is a gap, and no outage.

import { connect, type Socket } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import type { Incident } from '../../src/core/incident.ts'
import { parsePrefix } from '../../src/core/prefix.ts'
import { detectDefaults } from '../../src/detect/detectors.ts'
import { type BmpSettings, bmpDefaults } from '../../src/feeds/bmp-settings.ts'
import { risLiveDefaults } from '../../src/feeds/ris-live-settings.ts'
import { bmp } from '../../src/live-bmp.ts'
import { cleanName, type OwnUpdates, reasonOf } from '../../src/live-bmp-router.ts'
import { risLive } from '../../src/live-ris.ts'
import { LiveRun } from '../../src/live-run.ts'
import type { LiveStream } from '../../src/live-source.ts'
import { routersOf, visibilityOf } from '../../src/readings.ts'
import { startRisLiveServer } from '../../src/scenario/ris-live-server.ts'
import { tableLimits } from '../../src/table/table.ts'
import {
  endOfRib,
  initiation,
  peerDown,
  peerUp,
  routes,
  statistics,
  termination,
} from './bmp-messages.ts'
import { freePort, until } from './loopback.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

const OWN = 64500
const peer = { address: '192.0.2.1', asn: 64501 }
const many = Array.from({ length: 200 }, (_, i) => `10.0.${i}.0/24`)

const usual = {
  asns: new Set([OWN]),
  ribs: null,
  baseline: 'learned-live' as const,
  inputs: { version: 'v', config: 'c', asRelationships: null, vrps: null },
  detect: detectDefaults,
  limits: tableLimits,
  mostIncidents: 10,
  journal: null,
  decided: () => undefined,
}

async function corridor(
  settings: Partial<BmpSettings> = {},
  updates?: (stream: LiveStream) => OwnUpdates,
) {
  const port = await freePort()
  const incidents: Incident[] = []
  const lines: string[] = []
  const open = bmp({ ...bmpDefaults, port, quiet: 2e6, ...settings }, updates ? { updates } : {})
  const run = new LiveRun(
    {
      ...usual,
      sources: [
        { name: 'bmp', routes: { hearsAll: true, historic: false, tells: () => false }, open },
      ],
      log: (_, text) => lines.push(text),
    },
    (incident) => incidents.push(incident),
  )
  await run.open()
  closing.push(() => run.close())
  await until('it listens', () => lines.some((line) => line.includes('listening')))
  const dial = (...messages: Buffer[]): Socket => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    closing.push(() => socket.destroy())
    for (const message of messages) socket.write(message)
    return socket
  }
  const [stream] = run.streams
  if (!stream) throw new Error('no stream')
  return {
    run,
    incidents,
    lines,
    dial,
    stream,
    router: (name = 'r1') => run.journey.own.routers().find((one) => one.name === name),
  }
}

const dump = (...names: string[]) => [
  initiation(names[0] ?? 'r1'),
  peerUp(peer, OWN),
  routes(peer, { announce: many, path: '64501 64510' }),
  endOfRib(peer),
]

it('what an own router holds is known, and nobody counts it as a witness', async () => {
  const { run, router, dial, stream } = await corridor()
  dial(...dump())
  await until('its routes are there', () => router()?.routes === many.length)
  const { own, table } = run.journey
  expect(own.routesOf(parsePrefix('10.0.7.0/24') as never)).toMatchObject([
    { router: 'r1', peer: '192.0.2.1', asn: 64501, path: '64501 64510' },
  ])
  expect(table.names.count).toBe(0)
  expect(table.vantage()).toEqual({ active: 0, quarantined: 0, down: 0, unknown: 0 })
  expect([table.voters(4), table.collectors, table.heard]).toEqual([0, 0, 0])
  expect(stream.status()).toMatchObject({ sees: true, messages: 4 })
  await until('its session is told', () => {
    const [series] = run.journey.situations.planes.series('session_up')
    return series?.last === 1 && series.labels['asn'] === String(OWN)
  })
  await until('its routes are counted', () => {
    const [series] = run.journey.situations.planes.series('rx_prefixes')
    return series?.last === many.length && series.labels['router'] === 'r1'
  })
}, 60_000)

it('beside a public feed an own router is in no count, whatever it says of the same prefixes', async () => {
  const server = await startRisLiveServer()
  closing.push(() => server.close())
  const feed = { ...risLiveDefaults, url: server.url, mode: 'firehose' as const, canaries: [] }
  const port = await freePort()
  const incidents: Incident[] = []
  const run = new LiveRun(
    {
      ...usual,
      sources: [
        {
          name: 'ris-live',
          routes: { hearsAll: true, historic: false, tells: () => true },
          open: risLive({ ...feed, asns: [OWN], prefixes: [] }),
        },
        {
          name: 'bmp',
          routes: { hearsAll: true, historic: false, own: true, tells: () => false },
          open: bmp({ ...bmpDefaults, port, quiet: 2e6 }),
        },
      ],
      log: () => undefined,
    },
    (incident) => incidents.push(incident),
  )
  await run.open()
  closing.push(() => run.close())
  await until('it has subscribed', () => server.subscriptions() > 0)
  for (const n of [1, 2, 3])
    server.publish({
      ...{ timestamp: Date.now() / 1e3, peer: `198.51.100.${n}`, peer_asn: `${64600 + n}` },
      ...{ id: `${n}`, host: 'rrc00.ripe.net', type: 'UPDATE', path: [64600 + n, 64510, OWN] },
      announcements: [{ next_hop: `198.51.100.${n}`, prefixes: many }],
    })
  const { table, own } = run.journey
  await until('three peers are heard', () => table.vantage().active === 3)
  // Of what is measured of the network; how much was said of it goes on as time does.
  const seen = () => {
    const { at: _, ...rest } = visibilityOf(run, OWN) as { at: unknown }
    return JSON.stringify([rest, table.voters(4), table.collectors, table.names.count])
  }
  const before = seen()
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  closing.push(() => socket.destroy())
  for (const message of [
    ...[initiation('r1'), peerUp(peer, OWN), endOfRib(peer)],
    routes(peer, { announce: many, path: `64501 64510 ${OWN}` }),
    statistics(peer, 812_345),
  ])
    socket.write(message)
  const api = routersOf(() => run)
  await until('its routes are held', () => own.routers()[0]?.routes === many.length)
  await until('its own count is known', () => api.received('r1', peer.address) === 812_345)
  expect(api.received('r1', '192.0.2.99')).toBe(null)
  expect(api.received('r2', peer.address)).toBe(null)
  expect(api.routesOf(parsePrefix('10.0.7.0/24') as never)).toHaveLength(1)
  expect(seen()).toBe(before)
  socket.write(routes(peer, { withdraw: many }))
  await until('they are withdrawn', () => own.routers()[0]?.routes === 0)
  socket.write(peerDown(peer))
  await until('its session is down', () => own.routers()[0]?.sessions[0]?.up === false)
  expect(seen()).toBe(before)
  expect(incidents.filter(({ kind }) => kind.startsWith('outage'))).toEqual([])
}, 120_000)

it('two views of a session are one', async () => {
  const { router, dial, stream } = await corridor()
  dial(...dump(), routes({ ...peer, post: true }, { announce: many.slice(5), path: '64501 64510' }))
  await until('the other view was passed over', () =>
    stream.drops().some(({ reason, count }) => reason === 'other-view' && count > 0),
  )
  await until('one is held', () => (router()?.routes ?? 0) > 0)
  expect(router()).toMatchObject({ routes: many.length, sessions: [{ peer: peer.address }] })
}, 60_000)

it('a router that is cut off is a gap of its own, until it has told its table again', async () => {
  const { router, dial, stream, incidents } = await corridor({ quiet: 3_600e6 })
  const socket = dial(...dump())
  await until('its routes are there', () => router()?.routes === many.length)
  socket.destroy()
  await until('it is missed', () => router()?.sees === false)
  expect(router()?.routes).toBe(many.length)
  expect([stream.status().sees, stream.gaps]).toEqual([false, 1])
  expect(stream.status().lastFault).toContain('router r1')
  dial(initiation('r1'), peerUp(peer, OWN))
  await until('it is connected', () => router()?.sessions[0]?.up === true)
  expect(router()?.sees).toBe(false)
  const again = dial(...dump())
  await until('it is seen again', () => router()?.sees === true)
  expect(router()).toMatchObject({ routes: many.length, resyncs: 1 })
  expect(router()?.sessions[0]).toMatchObject({ lost: 0 })
  expect(incidents.filter(({ kind }) => kind !== 'blind')).toEqual([])
  again.destroy()
}, 60_000)

it('a newer connection of a router takes the place of the older one', async () => {
  const { router, dial, stream } = await corridor()
  const first = dial(...dump())
  await until('its routes are there', () => router()?.routes === many.length)
  const closed = new Promise((done) => first.on('close', done))
  dial(...dump())
  await closed
  expect(stream.drops()).toContainEqual({ reason: 'replaced', count: 1 })
  await until('it is seen', () => router()?.sees === true && router()?.resyncs === 1)
}, 60_000)

it('a session that falls is evidence of that, and of whose it is', async () => {
  const { run, dial, lines } = await corridor()
  const socket = dial(...dump())
  const up = () => run.journey.situations.planes.series('session_up')[0]
  await until('it is up', () => up()?.last === 1)
  socket.write(peerDown(peer))
  await until('it is down', () => up()?.last === 0 && up()?.before?.value === 1)
  expect(lines.join('\n')).toContain('session with AS64501 at 192.0.2.1 is down')
}, 60_000)

it('statistics stand in where the routes themselves are not told', async () => {
  const { run, dial } = await corridor()
  dial(initiation('r1'), peerUp(peer, OWN), statistics(peer, 812_345))
  await until('they are counted', () => {
    const [series] = run.journey.situations.planes.series('rx_prefixes')
    return series?.last === 812_345
  })
}, 60_000)

it('octets that are no BMP end the connection, and nothing else', async () => {
  const { dial, stream, router } = await corridor()
  dial(...dump())
  await until('a router is there', () => router() !== undefined)
  const stranger = dial(Buffer.from('GET / HTTP/1.1\r\n\r\n'))
  await new Promise((done) => stranger.on('close', done))
  expect(stream.malformedCount).toBe(1)
  expect(router()?.sees).toBe(true)
  const leaving = dial(initiation('r2'), termination(0))
  await new Promise((done) => leaving.on('close', done))
  await until(
    'it says why',
    () => stream.status().lastFault?.includes('order of its operator') === true,
  )
}, 60_000)

it('who sends faster than may be read is made to wait, and all of it is read', async () => {
  const { dial, router, stream } = await corridor({ mostPerSecond: 100 })
  const single = many.map((prefix) => routes(peer, { announce: [prefix], path: '64501' }))
  dial(initiation('r1'), peerUp(peer, OWN), Buffer.concat(single))
  await until('some is read', () => (stream.status().messages ?? 0) > 0)
  expect(stream.status().messages).toBeLessThan(many.length)
  await until('all is read', () => router()?.routes === many.length)
}, 60_000)

it('whole messages are handed to who asks for them, with their session', async () => {
  const heard: string[] = []
  const down: string[] = []
  const { dial } = await corridor({}, () => ({
    update: (message, { router, peer: from, peerAsn }) =>
      heard.push([router, from, peerAsn, message[18], message.length].join()),
    down: ({ peer: from }) => down.push(from),
  }))
  const socket = dial(
    initiation('r1'),
    peerUp(peer, OWN),
    routes(peer, { withdraw: ['10.0.0.0/24'] }),
  )
  await until('it is heard', () => heard.length === 1)
  expect(heard).toEqual(['r1,192.0.2.1,64501,2,27'])
  socket.destroy()
  await until('its end is heard', () => down.length === 1)
}, 60_000)

it('names of routers are made harmless', () => {
  expect(cleanName('edge 1\n<b>"x"</b>')).toBe('edge-1-b-x-b')
  expect(cleanName('r1.seoul')).toBe('r1.seoul')
  expect(cleanName('x'.repeat(300))).toHaveLength(64)
  expect(cleanName('\u0000')).toBe('')
})

it('says why a session went down', () => {
  const none = { reason: 4, event: null, code: null, subcode: null }
  expect(reasonOf({ ...none, reason: 1, code: 6, subcode: 2 })).toBe(
    'ended by the router (NOTIFICATION 6/2)',
  )
  expect(reasonOf(none)).toBe('ended by the neighbour, without a word')
})

it('of more routers than anybody has nothing is taken, however much they send at once', async () => {
  const { run, dial, stream, lines } = await corridor({
    mostConnections: 1_000,
    mostPerMinute: 1_000,
  })
  const refused = () => stream.drops().find(({ reason }) => reason === 'routers')?.count ?? 0
  for (let i = 0; i < 256; i++) dial(initiation(`r${i}`))
  await until(
    'all are known',
    () => lines.filter((line) => line.includes('connected')).length === 256,
  )
  dial(Buffer.concat(dump('one-more')))
  await until('it is refused', () => refused() === 1)
  await new Promise((next) => setTimeout(next, 300))
  expect(stream.status().messages).toBeLessThan(256 + 4)
  expect(run.vantages.collectors).not.toContain('bmp:one-more')
}, 60_000)
