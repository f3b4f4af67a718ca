// The daemon as its operator meets it. Most of these wait for event time to pass, so they wait
// together.

import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import { settledConfig } from '../../src/command.ts'
import type { Incident } from '../../src/core/incident.ts'
import { startDaemon } from '../../src/daemon.ts'
import type { RisFrame } from '../../src/scenario/frames.ts'
import { play } from '../../src/scenario/player.ts'
import { type RisLiveServer, startRisLiveServer } from '../../src/scenario/ris-live-server.ts'
import { startCache } from '../feeds/rtr-cache.ts'
import { cuesOfFiles, type DayFiles, dayFiles } from './day-files.ts'
import { daemon, faultline, incidentsIn, last, replay, until, workshop } from './program.ts'

const place = workshop()
const open: { close(): unknown }[] = []
let files: DayFiles
beforeAll(() => {
  files = dayFiles(place)
})
afterAll(async () => {
  for (const it of open.splice(0)) await it.close()
})

const anywhere = ['--listen', '127.0.0.1:0']
const ndjson = ['--format', 'ndjson']

async function serve(port = 0): Promise<RisLiveServer> {
  const server = await startRisLiveServer({ port })
  open.push(server)
  return server
}

/** A listener that takes connections and says nothing; on `port`, if one is given. */
async function deaf(port = 0) {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined))
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const close = async () => {
    for (const socket of sockets) socket.destroy()
    if (server.listening) await new Promise((done) => server.close(done))
  }
  open.push({ close })
  return { port: (server.address() as AddressInfo).port, close }
}

const portOf = (url: string): number => Number(new URL(url).port)

/** Where nobody listens: somebody did a moment ago. */
async function nobody(): Promise<string> {
  const server = await startRisLiveServer()
  await server.close()
  return server.url
}

it.concurrent('says that it is blind, then sees, tells, and ends when told to', async () => {
  const url = await nobody()
  const one = await daemon(
    ...['watch', '--asn', '4766', '--history', '--ris-live', url, ...anywhere, ...ndjson],
    ...files.withRibs,
  )
  expect(await one.get('/healthz')).toEqual({ status: 200, body: 'ok\n' })
  const blind = await one.get('/readyz')
  expect(blind.status).toBe(503)
  expect(blind.body).toMatch(/^not ready\n(.*\n)*- blind: ris-live is not heard/)
  await until('it has tried', () => one.err().includes('attempt 1)'))
  expect(one.err()).toMatch(/unreachable: .*ECONNREFUSED.*; nobody listens there: check host and/)
  expect(one.err()).toMatch(/again in \d+\.\d s \(attempt 1\)/)
  expect(await one.metric('faultline_feed_up{feed="ris-live"}')).toBe(0)
  expect(await one.metric('faultline_blind{asn="4766"}')).toBe(1)
  expect(JSON.parse((await one.get('/api/v1/incidents')).body)).toEqual({ total: 0, incidents: [] })

  const server = await serve(portOf(url))
  await until('it is ready', async () => (await one.get('/readyz')).status === 200)
  expect((await one.get('/readyz')).body).toBe('ready\n')
  const withdrawals = 'faultline_updates_total{asn="4766",afi="ipv4",kind="withdraw"}'
  const before = await one.metric(withdrawals)
  const cues = await cuesOfFiles(files.updates)
  const playing = play(server, cues, files.day.start, 10_000)
  await until('it tells an outage', async () => {
    return (await one.metric('faultline_incidents_total{asn="4766",kind="outage.as"}')) >= 2
  })
  expect(await one.metric(withdrawals)).toBeGreaterThan(before)
  expect(await one.metric('faultline_feed_messages_total{feed="ris-live"}')).toBeGreaterThan(100)
  const { total, incidents } = JSON.parse((await one.get('/api/v1/incidents')).body) as {
    total: number
    incidents: Incident[]
  }
  expect(total).toBe(incidents.length)
  const [outage] = incidents.filter(({ kind }) => kind === 'outage.as')
  if (!outage) throw new Error('its API lists no outage')
  const again = JSON.parse((await one.get(`/api/v1/incidents/${outage.id}`)).body) as Incident
  expect([again.key, again.startedAt]).toEqual([outage.key, outage.startedAt])
  expect(JSON.parse((await one.get('/api/v1/visibility?asn=4766')).body)).toMatchObject({
    asn: 4766,
  })
  await playing.done

  const { status, out } = await one.stop()
  expect(status).toBe(0)
  const told = incidentsIn(out)
  expect(last(told).map(({ id }) => id)).toContain(outage.id)
  expect(told.map(({ kind }) => kind)).toContain('leak.path')
  expect(one.err()).toContain('SIGTERM: finishing what is on its way')
})

it.concurrent('ends when told to while it still loads tables, and with nobody to hear', async () => {
  const line = ['watch', '--asn', '4766', '--ris-live', await nobody(), ...anywhere]
  const one = await daemon(...line, ...files.withRibs)
  const { status, out } = await one.stop()
  expect([status, out]).toEqual([0, ''])
  const two = await daemon(...line)
  await until('it has tried twice', () => two.err().includes('(attempt 2)'))
  expect((await two.stop()).status).toBe(0)
})

it.concurrent('ends at a second signal too, though the server does not let go', async () => {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  open.push({
    close: () => {
      for (const socket of server.clients) socket.terminate()
      server.close()
    },
  })
  server.on('connection', (socket) => socket.pause())
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const one = await daemon('watch', '--asn', '4766', '--ris-live', url, ...anywhere)
  await until('it is connected', () => server.clients.size === 1)
  one.signal('SIGINT')
  await until('it is ending', () => one.err().includes('SIGINT: finishing'))
  one.signal('SIGTERM')
  expect((await one.ended).status).toBe(1)
})

it.concurrent('does not start beside another, and leaves its journal alone', async () => {
  const { port } = await deaf()
  const listen = ['--listen', `127.0.0.1:${port}`]
  const journal = place('of-the-other')
  writeFileSync(journal, 'in use')
  const two = await Promise.all([
    faultline('watch', '--asn', '4766', ...listen, '--journal', journal),
    faultline('demo', ...listen),
  ])
  for (const { status, out, err } of two) {
    expect([status, out]).toEqual([2, ''])
    expect(err).toMatch(/cannot listen on 127\.0\.0\.1:\d+: the port is in use, perhaps by another/)
  }
  expect(readFileSync(journal, 'utf8')).toBe('in use')
})

it.concurrent('a server that is gone makes it blind, not the network dark', async () => {
  const config = place('blind.yaml')
  writeFileSync(config, 'version: 1\nasns: [4766]\ndetect: {blind: {after: 1s}}\n')
  const journal = place('blind.ndjson')
  let server = await serve()
  const { url } = server
  const args = ['--ris-live', url, '--journal', journal, ...anywhere, ...ndjson]
  const one = await daemon('watch', config, ...files.withRibs, ...args)
  // Everybody is alive, now; give or take, so that nobody waits long for the next tick.
  let ahead = 0
  const alive = setInterval(() => {
    for (const { collector, address, asn } of files.day.internet.sessions) {
      const timestamp = (Date.now() + ahead) / 1_000
      const host = collector.startsWith('rrc') ? `${collector}.ripe.net` : collector
      const who = { peer: address, peer_asn: String(asn), id: '1', host }
      const frame: RisFrame = { timestamp, ...who, type: 'KEEPALIVE' }
      server.publish(frame)
    }
  }, 100)
  open.push({ close: () => clearInterval(alive) })
  const state = async () => {
    const { body } = await one.get('/api/v1/incidents')
    return (JSON.parse(body) as { incidents: Incident[] }).incidents[0]?.state
  }
  await until('it is ready', async () => (await one.get('/readyz')).status === 200)
  await until('it has heard', async () => {
    return (await one.metric('faultline_feed_messages_total{feed="ris-live"}')) > 100
  })
  ahead = (19_000 - (Date.now() % 10_000)) % 10_000
  const heard = await one.metric('faultline_feed_messages_total{feed="ris-live"}')
  await until('it has heard more', async () => {
    return (await one.metric('faultline_feed_messages_total{feed="ris-live"}')) > heard + 80
  })
  await server.close()
  // Whoever answers and says nothing is asked less often than whoever refuses.
  const silence = await deaf(portOf(url))
  await until('it is not ready', async () => (await one.get('/readyz')).status === 503)
  expect((await one.get('/readyz')).body).toContain('blind: ris-live is not heard')
  await until('it tells that it is blind', async () => (await state()) === 'open')
  expect(await one.metric('faultline_feed_gaps_total{feed="ris-live"}')).toBe(1)
  await silence.close()
  ahead += 40_000
  server = await serve(portOf(url))
  await until('it sees again', async () => (await state()) === 'resolved')
  expect((await one.get('/readyz')).status).toBe(200)

  const { status, out } = await one.stop()
  expect(status).toBe(0)
  const told = incidentsIn(out)
  expect(new Set(told.map(({ key }) => key))).toEqual(new Set(['blind:ris-live']))
  const [first] = told
  const lasted = Date.parse(last(told)[0]?.endedAt ?? '') - Date.parse(first?.startedAt ?? '')
  expect(lasted).toBeGreaterThan(1_000)
  expect(Math.abs(Date.parse(first?.startedAt ?? '') - Date.now())).toBeLessThan(600_000)
  expect((await replay(journal)).out).toBe(out)
})

it.concurrent('told to end while it loads tables, it opens nothing that nobody would close', async () => {
  const cache = await startCache(() => [])
  open.push(cache)
  const config = place('ends.yml')
  const context = `context: {rtr: [{host: 127.0.0.1, port: ${cache.port}}]}`
  const feeds = `feeds: [{type: ris-live, url: "${await nobody()}"}]`
  writeFileSync(config, `version: 1\nasns: [4766]\nlisten: "127.0.0.1:0"\n${feeds}\n${context}\n`)
  const known = process.listeners('SIGTERM')
  const one = await startDaemon({
    settled: await settledConfig(config, []),
    format: 'ndjson',
    ribs: null,
    load(run) {
      const { open: load } = run
      run.open = async () => {
        for (const told of process.listeners('SIGTERM')) if (!known.includes(told)) told('SIGTERM')
        await load.call(run)
      }
    },
  })
  await one.ended
  // A cache that is asked at all is asked at once.
  await new Promise((next) => setTimeout(next, 500))
  expect(cache.connections).toBe(0)
})

it.concurrent('the demo plays its day, tells what happened in it, and ends', async () => {
  const one = await daemon('demo', '--once', '--speed', '5000', ...anywhere)
  const messages = () => one.metric('faultline_feed_messages_total{feed="ris-live"}')
  await until('it hears', async () => (await messages()) > 0)
  const some = await messages()
  await until('it hears more', async () => (await messages()) > some)
  expect((await one.get('/')).body).toContain('4766')
  await until('it counts an outage', async () => {
    return (await one.metric('faultline_incidents_total{asn="4766",kind="outage.as"}')) > 0
  })
  const { status, out, err } = await one.ended
  expect(status).toBe(0)
  // The story has a mass withdrawal of most of AS4766, back after 89 minutes, and a leak.
  expect(out).toMatch(
    /CRITICAL +outage\.as +AS4766 IPv4: 4\d of 48 prefixes gone .* since 02:16:\d\dZ/,
  )
  expect(out).toMatch(/resolved +outage\.as +AS4766: back after (89|90|91) min \(02:16:\d\dZ/)
  expect(out).toMatch(/leak\.path +AS\d+/)
  expect(out).toMatch(/resolved +leak\.path/)
  expect(err).toMatch(/An invented Internet of \d+ networks, seen by 40 sessions/)
  expect(out + err).not.toMatch(/"level":"(warn|error|fatal)"|blind/)
  // A day at that speed takes twenty seconds, and longer where others are at work.
}, 180_000)
