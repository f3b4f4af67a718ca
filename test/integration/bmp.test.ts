// Own routers that are real: GoBGP and FRR connect and tell of their sessions, some twenty thousand routes come
// and go, sessions fall, and pmbmpd hears the same.

import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Incident } from '../../src/core/incident.ts'
import { parsePrefix } from '../../src/core/prefix.ts'
import type { OwnRouter, RouterSession } from '../../src/core/routers.ts'
import { BmpSession } from '../../src/decode/bmp.ts'
import { Cursor } from '../../src/decode/cursor.ts'
import { detectDefaults } from '../../src/detect/detectors.ts'
import { bmpDefaults } from '../../src/feeds/bmp-settings.ts'
import { bmp } from '../../src/live-bmp.ts'
import { LiveRun } from '../../src/live-run.ts'
import { mrt } from '../../src/scenario/mrt.ts'
import { tableLimits } from '../../src/table/table.ts'
import {
  folder,
  freePort,
  has,
  type Running,
  remove,
  run,
  start,
  until as waitFor,
} from './tools.ts'

const place = folder()
/** What is slow on a busy machine is waited for. */
const until: typeof waitFor = (what, ask, within = 150_000) => waitFor(what, ask, within)
afterAll(() => remove(place))

const OWN = 64500
/** GoBGP loses some of what is injected: enough are sent for twenty thousand to arrive. */
const INJECTED = 22_000
const ENOUGH = 20_000

const prefixes = Array.from({ length: INJECTED }, (_, i) => `10.${i >> 8}.${i & 255}.0/24`)

interface Daemon {
  readonly run: LiveRun
  readonly incidents: Incident[]
  readonly lines: string[]
  router(): OwnRouter | undefined
  session(): RouterSession | undefined
  latest(kind: Incident['kind']): Incident | undefined
}

/** The corridor with BMP as its only feed, as the daemon runs it. */
async function listen(port: number): Promise<Daemon> {
  const incidents: Incident[] = []
  const lines: string[] = []
  const settings = { ...bmpDefaults, port, quiet: 3e6 }
  const made = new LiveRun(
    {
      asns: new Set([OWN]),
      sources: [
        {
          name: 'bmp',
          routes: { hearsAll: true, historic: false, tells: () => false },
          open: bmp(settings),
        },
      ],
      ribs: null,
      baseline: 'learned-live',
      inputs: { version: 'v', config: 'c', asRelationships: null, vrps: null },
      detect: detectDefaults,
      limits: tableLimits,
      mostIncidents: 100,
      journal: null,
      log: (level, text) => lines.push(`${level} ${text}`),
      decided: () => undefined,
    },
    (incident) => incidents.push(incident),
  )
  await made.open()
  const router = () => made.journey.own.routers()[0]
  return {
    run: made,
    incidents,
    lines,
    router,
    session: () => router()?.sessions.find(({ isLocRib }) => !isLocRib),
    latest: (kind) => incidents.filter((one) => one.kind === kind).at(-1),
  }
}

/** How the incident of a kind stands; fails with all that was said when it never comes to that. */
async function stands(
  daemon: Daemon,
  kind: Incident['kind'],
  is: (incident: Incident) => boolean,
  within = 330_000,
): Promise<Incident> {
  try {
    return await until(
      `${kind}`,
      () => {
        const found = daemon.latest(kind)
        return found && is(found) ? found : undefined
      },
      within,
    )
  } catch (error) {
    const said = daemon.incidents.map(({ kind: k, key, state, because, kinds, verdict }) => [
      k,
      key,
      state,
      because,
      kinds,
      verdict,
    ])
    throw new Error(`${String(error)}\n${JSON.stringify(said)}\n${daemon.lines.join('\n')}`)
  }
}

/** Until a tick has seen how things stand: they are every ten seconds. */
async function aWhile({ run: { now }, run: made }: Daemon): Promise<void> {
  await until('time goes on', () => (made.now ?? 0) > (now ?? 0) + 12e6)
}

/** A station that keeps what it hears. */
async function tap(): Promise<{ port: number; octets(): Buffer; close(): void }> {
  const chunks: Buffer[] = []
  const server = createServer((socket) => socket.on('data', (chunk: Buffer) => chunks.push(chunk)))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  server.unref()
  return {
    port: (server.address() as AddressInfo).port,
    octets: () => Buffer.concat(chunks),
    close: () => server.close(),
  }
}

const yaml = (value: object): string => JSON.stringify(value, null, 1)

describe.skipIf(!has('gobgpd', 'BMP of GoBGP') || !has('gobgp', 'BMP of GoBGP'))('GoBGP', () => {
  const running: Running[] = []
  let daemon: Daemon
  let apiB = 0
  let close = () => {}
  afterAll(async () => {
    close()
    await daemon?.run.close()
    for (const one of running) await one.end()
  })
  const inject = () =>
    run('gobgp', ['-p', String(apiB), 'mrt', 'inject', 'global', join(place, 'rib.mrt')])

  it('tells of twenty thousand routes, and loses them', async () => {
    const [station, oracle, bgp, apiA, other] = await Promise.all([
      freePort(),
      freePort(),
      freePort(),
      freePort(),
      freePort(),
    ])
    apiB = other
    const recorder = await tap()
    close = recorder.close
    daemon = await listen(station)
    const hasOracle = has('pmbmpd', 'pmbmpd as oracle of BMP')
    const log = join(place, 'pmbmpd.json')
    if (hasOracle) {
      const conf = join(place, 'pmbmpd.conf')
      writeFileSync(
        conf,
        [
          'daemonize: false',
          'bmp_daemon_ip: 127.0.0.1',
          `bmp_daemon_port: ${oracle}`,
          `bmp_daemon_msglog_file: ${log}`,
          'bmp_daemon_msglog_output: json',
        ].join('\n'),
      )
      running.push(start('pmbmpd', ['-f', conf]))
    }
    const stations = [station, recorder.port, ...(hasOracle ? [oracle] : [])]
    const families = ['ipv4-unicast', 'ipv6-unicast'].map((name) => ({
      config: { 'afi-safi-name': name },
    }))
    const multihop = { config: { enabled: true, 'multihop-ttl': 3 } }
    writeFileSync(
      join(place, 'a.yml'),
      yaml({
        global: {
          config: {
            as: OWN,
            'router-id': '10.0.0.1',
            port: bgp,
            'local-address-list': ['127.0.0.1'],
          },
        },
        neighbors: [
          {
            config: { 'neighbor-address': '127.0.0.2', 'peer-as': 64501 },
            transport: { config: { 'passive-mode': true, 'local-address': '127.0.0.1' } },
            'ebgp-multihop': multihop,
            'afi-safis': families,
          },
        ],
        'bmp-servers': stations.map((port) => ({
          config: {
            address: '127.0.0.1',
            port,
            'route-monitoring-policy': 'all',
            'statistics-timeout': 15,
          },
        })),
      }),
    )
    writeFileSync(
      join(place, 'b.yml'),
      yaml({
        global: {
          'apply-policy': {
            config: { 'export-policy-list': ['nh'], 'default-export-policy': 'accept-route' },
          },
          config: {
            as: 64501,
            'router-id': '10.0.0.2',
            port: bgp,
            'local-address-list': ['127.0.0.2'],
          },
        },
        neighbors: [
          {
            config: { 'neighbor-address': '127.0.0.1', 'peer-as': OWN },
            transport: { config: { 'remote-port': bgp, 'local-address': '127.0.0.2' } },
            'ebgp-multihop': multihop,
            timers: { config: { 'connect-retry': 2 } },
            'afi-safis': families,
          },
        ],
        'policy-definitions': [
          {
            name: 'nh',
            statements: [
              {
                name: 's1',
                actions: {
                  'bgp-actions': { 'set-next-hop': '192.0.2.1' },
                  'route-disposition': 'accept-route',
                },
              },
            ],
          },
        ],
      }),
    )
    const gobgpd = (name: string, port: number) =>
      start('gobgpd', [
        ...['-t', 'yaml', '-f', join(place, `${name}.yml`)],
        ...['--api-hosts', `127.0.0.1:${port}`, '--pprof-disable'],
      ])
    running.push(gobgpd('a', apiA), gobgpd('b', apiB))
    await until('the session is up', () => daemon.session()?.up === true, 90_000)

    const rib = mrt()
      .at('2026-01-01T00:00:00Z')
      .peers([{ address: '198.51.100.9', asn: 64509 }])
    for (const [i, prefix] of prefixes.entries())
      rib.rib(prefix, [{ peer: 0, path: `64509 3356 ${64496 + (i % 3)}`, nextHop: '198.51.100.9' }])
    writeFileSync(join(place, 'rib.mrt'), rib.bytes())
    inject()
    await until('the routes are there', () => (daemon.session()?.routes ?? 0) >= ENOUGH)
    const { own, table } = daemon.run.journey
    const held = own.routesOf(parsePrefix('10.1.2.0/24') as never)
    const found = held.find(({ peer }) => peer === '127.0.0.2')
    expect(found).toMatchObject({ asn: 64501, prefix: '10.1.2.0/24' })
    // The router's own choice comes without Peer Up, and is there all the same.
    expect(held.map(({ peer }) => peer)).toContain('0.0.0.0')
    expect(found?.path).toMatch(/^64501 64509 3356 6449\d$/)
    // Evidence, and no witness of anything.
    expect([table.voters(4), table.names.count, table.vantage().active]).toEqual([0, 0, 0])
    expect(daemon.router()?.asn).toBe(OWN)

    await aWhile(daemon)
    run('gobgp', ['-p', String(apiB), 'global', 'rib', 'del', 'all', '-a', 'ipv4'])
    await until('they are withdrawn', () => daemon.session()?.routes === 0)
    const burst = await stands(
      daemon,
      'withdrawal.burst',
      ({ state, counts }) => state === 'open' && counts.prefixes >= ENOUGH,
    )
    expect(burst.asn).toBe(OWN)
    expect(burst.counts.prefixes).toBeGreaterThanOrEqual(ENOUGH)
    expect(burst.because + JSON.stringify(burst.confidence)).toContain('it withdrew them')

    if (hasOracle) {
      const told = await until(
        'pmbmpd has heard it all',
        () => {
          const seen = oracleSees(readFileSync(log, 'utf8'))
          return seen.withdrawn >= ENOUGH ? seen : undefined
        },
        60_000,
      )
      const ours = decoded(recorder.octets())
      expect(told.routes.length).toBeGreaterThanOrEqual(ENOUGH)
      expect(ours.routes).toEqual(told.routes)
      expect(ours.withdrawn).toBe(told.withdrawn)
    }
  }, 480_000)

  it('gets them back, loses its session, and is lost itself', async () => {
    // It is over; then the neighbour itself goes.
    inject()
    await until('they are back', () => (daemon.session()?.routes ?? 0) >= ENOUGH)
    await stands(daemon, 'withdrawal.burst', ({ state }) => state === 'resolving')
    await running.pop()?.end()
    await until('the session is down', () => daemon.session()?.up === false)
    expect(daemon.session()?.routes).toBe(0)
    const keys = new Set(
      daemon.incidents.filter(({ kind }) => kind === 'withdrawal.burst').map(({ key }) => key),
    )
    expect([...keys]).toEqual([`burst:router:${daemon.router()?.name}`])
    const told = await stands(daemon, 'withdrawal.burst', ({ kinds, verdict }) => {
      const evidence = verdict?.for.some(({ id }) => id === 'bgp.session_down_some')
      return evidence === true && kinds.includes('session.loss')
    })
    expect(JSON.stringify(told.verdict)).toContain(daemon.router()?.name)

    // Our own ear is lost with the router: blind, and no outage.
    await running.find(({ process }) => process.spawnargs.includes(join(place, 'a.yml')))?.end()
    await until('the router is gone', () => daemon.router()?.sees === false)
    expect(daemon.incidents.some(({ kind }) => kind === 'outage.as')).toBe(false)
  }, 480_000)
})

const BGPD = '/usr/lib/frr/bgpd'

describe.skipIf(
  !has(BGPD, 'BMP of FRR') || !has('exabgp', 'BMP of FRR') || process.getuid?.() !== 0,
)('FRR', () => {
  it('tells of a session before and after policy, which is one session', async () => {
    const running: Running[] = []
    const [station, port] = await Promise.all([freePort(), freePort()])
    const daemon = await listen(station)
    const COUNT = 20_000
    const own = join(place, 'frr')
    mkdirSync(own)
    chmodSync(own, 0o777)
    try {
      const conf = join(own, 'bgpd.conf')
      writeFileSync(
        conf,
        `hostname frr
router bgp ${OWN}
 bgp router-id 10.0.0.3
 no bgp ebgp-requires-policy
 no bgp default ipv4-unicast
 bgp disable-ebgp-connected-route-check
 neighbor 127.0.0.4 remote-as 64510
 neighbor 127.0.0.4 passive
 neighbor 127.0.0.4 ebgp-multihop 3
 neighbor 127.0.0.4 update-source 127.0.0.3
 address-family ipv4 unicast
  neighbor 127.0.0.4 activate
  neighbor 127.0.0.4 soft-reconfiguration inbound
 exit-address-family
 bmp targets watch
  bmp stats interval 1000
  bmp monitor ipv4 unicast pre-policy
  bmp monitor ipv4 unicast post-policy
  bmp connect 127.0.0.1 port ${station} min-retry 100 max-retry 1000
 exit
exit
`,
      )
      chmodSync(conf, 0o644)
      const feed = join(own, 'feed.py')
      const withdrawn = join(own, 'withdraw')
      writeFileSync(
        feed,
        `import os, sys, time
route = lambda i: f"10.{i >> 8}.{i & 255}.0/24 next-hop 192.0.2.1"
time.sleep(3)
for i in range(${COUNT}):
    sys.stdout.write(f"announce route {route(i)} as-path [ 64510 3356 64496 ]\\n")
sys.stdout.flush()
while not os.path.exists("${withdrawn}"):
    time.sleep(0.2)
for i in range(${COUNT}):
    sys.stdout.write(f"withdraw route {route(i)}\\n")
sys.stdout.flush()
time.sleep(600)
`,
      )
      const exa = join(own, 'exa.conf')
      writeFileSync(
        exa,
        `process feed { run /usr/bin/python3 ${feed}; encoder text; }
neighbor 127.0.0.3 {
  router-id 10.0.0.4; local-address 127.0.0.4; local-as 64510; peer-as ${OWN}; connect ${port};
  family { ipv4 unicast; }
  api { processes [ feed ]; }
}
`,
      )
      running.push(
        start(BGPD, [
          ...['-S', '-Z', '-M', 'bmp', '-f', conf, '-p', String(port), '-P', '0'],
          ...['-l', '127.0.0.3', '-i', join(own, 'pid'), '--vty_socket', own],
        ]),
      )
      await until('FRR is connected', () => daemon.lines.some((line) => /is connected/.test(line)))
      const settings = [
        ...['exabgp.daemon.user=root', 'exabgp.daemon.drop=false', 'exabgp.tcp.bind='],
        ...['exabgp.api.ack=false', 'exabgp.api.cli=false'],
      ]
      running.push(start('env', [...settings, 'exabgp', exa]))
      await until('the routes are there', () => daemon.session()?.routes === COUNT, 120_000)
      const [found] = daemon.run.journey.own.routesOf(parsePrefix('10.1.2.0/24') as never)
      expect(found).toMatchObject({ peer: '127.0.0.4', asn: 64510, path: '64510 3356 64496' })
      expect(daemon.router()).toMatchObject({ routes: COUNT, asn: OWN })
      await aWhile(daemon)
      writeFileSync(withdrawn, '')
      await until('they are withdrawn', () => daemon.session()?.routes === 0)
      const burst = await stands(
        daemon,
        'withdrawal.burst',
        ({ state, counts }) => state === 'open' && counts.prefixes >= ENOUGH,
      )
      expect(burst).toMatchObject({ asn: OWN, culprit: 64510, counts: { prefixes: COUNT } })
      const keys = new Set(
        daemon.incidents.filter(({ kind }) => kind === 'withdrawal.burst').map(({ key }) => key),
      )
      expect([...keys]).toEqual([`burst:router:${daemon.router()?.name}`])
    } finally {
      await daemon.run.close()
      for (const one of running.reverse()) await one.end()
    }
  }, 480_000)
})

interface Seen {
  /** prefix, path and next hop of what came before policy, each once, in order of text. */
  readonly routes: readonly string[]
  /** Prefixes withdrawn, before policy. */
  readonly withdrawn: number
}

function oracleSees(text: string): Seen {
  const routes = new Set<string>()
  const withdrawn = new Set<string>()
  for (const line of text.split('\n')) {
    if (!line.endsWith('}')) continue
    const row = JSON.parse(line)
    if (row.bmp_msg_type !== 'route_monitor' || row.is_post !== 0 || row.peer_ip !== '127.0.0.2')
      continue
    if (row.log_type === 'update')
      routes.add([row.ip_prefix, row.as_path, row.bgp_nexthop].join(' | '))
    if (row.log_type === 'withdraw') withdrawn.add(row.ip_prefix)
  }
  return { routes: [...routes].sort(), withdrawn: withdrawn.size }
}

/** The same by `faultline decode bmp`. */
function decoded(octets: Buffer): Seen {
  const routes = new Set<string>()
  const withdrawn = new Set<string>()
  const session = new BmpSession()
  const cursor = new Cursor(octets)
  for (let message = session.read(cursor); message !== null; message = session.read(cursor)) {
    // biome-ignore lint/suspicious/noExplicitAny: what is printed as JSON
    const { msg, peer, bgp } = message as any
    if (msg !== 'ROUTE_MONITORING' || peer.peerType !== 0 || peer.postPolicy) continue
    for (const { prefix, nextHop } of bgp.announced ?? [])
      routes.add([prefix, bgp.path, nextHop].join(' | '))
    for (const { prefix } of bgp.withdrawn ?? []) withdrawn.add(prefix)
  }
  return { routes: [...routes].sort(), withdrawn: withdrawn.size }
}
