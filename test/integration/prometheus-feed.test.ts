// A real Prometheus scrapes pages in the form of real exporters, whose counters move at speeds the test knows;
// the feed asks it with the ready-made queries. Then the exporters die, one way and another.

import { writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { queriesOf } from '../../src/config/query-sets.ts'
import type { Sample } from '../../src/core/sample.ts'
import { milliseconds, seconds } from '../../src/core/time.ts'
import { openPrometheus } from '../../src/feeds/prometheus.ts'
import { type Prometheus, prometheusDefaults } from '../../src/feeds/prometheus-settings.ts'
import { folder, freePort, has, type Running, remove, run, start, until } from './tools.ts'

/** Counters and gauges of one exporter as it writes them, `t` seconds after the beginning. */
type Page = (t: number) => string

const counter = (name: string, help: string, rows: readonly [labels: string, value: number][]) =>
  [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} counter`,
    ...rows.map(([labels, value]) => `${name}${labels && `{${labels}}`} ${value}`),
  ].join('\n')
const gauge: typeof counter = (name, help, rows) =>
  counter(name, help, rows).replace(' counter\n', ' gauge\n')

const link = 'ifAlias="TRANSIT: Example",ifDescr="ge-0/0/0",ifIndex="1",ifName="ge-0/0/0"'
const customer = 'ifAlias="customer 7",ifDescr="ge-0/0/7",ifIndex="7",ifName="ge-0/0/7"'

const pages: Record<string, Page> = {
  // 8 Mbit/s in of 10 Mbit/s, 4 out; 1,000 packets a second, of which 10 are discarded.
  snmp: (t) =>
    [
      counter('ifHCInOctets', 'The total number of octets received - 1.3.6.1.2.1.31.1.1.1.6', [
        [link, 1e6 * t],
        [customer, 9e9 * t],
      ]),
      counter('ifHCOutOctets', 'The total number of octets - 1.3.6.1.2.1.31.1.1.1.10', [
        [link, 5e5 * t],
      ]),
      counter('ifHCInUcastPkts', 'The number of packets - 1.3.6.1.2.1.31.1.1.1.7', [
        [link, 1e3 * t],
      ]),
      counter('ifInDiscards', 'The number of inbound packets - 1.3.6.1.2.1.2.2.1.13', [
        [link, 10 * t],
      ]),
      gauge('ifHighSpeed', 'An estimate in units of 1,000,000 bits - 1.3.6.1.2.1.31.1.1.1.15', [
        [link, 10],
      ]),
    ].join('\n'),
  junos: (t) => {
    const peer = 'asn="64500",description="upstream",group="transit",ip="192.0.2.1",target="r1"'
    return [
      gauge('junos_routes_protocol_count', 'Number of routes by protocol in table', [
        ['protocol="IS-IS",table="inet.0",target="r1"', 9_000],
        ['protocol="IS-IS",table="inet6.0",target="r1"', 1_000],
        ['protocol="BGP",table="inet.0",target="r1"', 900_000],
      ]),
      gauge('junos_isis_up_count', 'Number of ISIS Adjacencies in state up', [['target="r1"', 4]]),
      gauge('junos_isis_adjacency_state', 'The ISIS Adjacency state', [
        ['interface_name="ae0.0",level="2",system_name="r2",target="r1"', 1],
        ['interface_name="ae1.0",level="2",system_name="r3",target="r1"', 4],
      ]),
      gauge('junos_bgp_session_up', 'Session is up (1 = Established)', [[peer, 1]]),
      gauge('junos_bgp_session_prefixes_received_count', 'Number of received prefixes', [
        [`${peer},table="inet.0"`, 900_000],
        [`${peer},table="inet6.0"`, 200_000],
      ]),
      gauge('junos_bgp_session_prefixes_limit_percentage', 'percentage of received prefixes', [
        [`${peer},table="inet.0"`, 0.9],
      ]),
      gauge('junos_route_engine_cpu_user_percent', 'Percentage of CPU time', [
        ['slot="0",target="r1"', 35],
        ['slot="1",target="r1"', 2],
      ]),
      counter('junos_ddos_protection_statistics_system_wide_packets_dropped', '[statistics]', [
        ['packet="aggregate",protocol="icmp",target="r1"', 20 * t],
        ['packet="aggregate",protocol="bgp",target="r1"', 5 * t],
      ]),
    ].join('\n')
  },
  // 200 queries a second, a tenth of them repeated; half of the answers are SERVFAIL, NXDOMAIN was never sent.
  bind: (t) =>
    [
      counter('bind_incoming_queries_total', 'Number of incoming DNS queries.', [
        ['type="A"', 150 * t],
        ['type="TXT"', 50 * t],
      ]),
      counter('bind_query_duplicates_total', 'Number of duplicated queries received.', [
        ['', 20 * t],
      ]),
      counter('bind_response_rcodes_total', 'Number of responses sent per RCODE.', [
        ['rcode="NOERROR"', 100 * t],
        ['rcode="SERVFAIL"', 100 * t],
      ]),
      counter('bind_resolver_queries_total', 'Number of outgoing DNS queries.', [
        ['type="A",view="_default"', 80 * t],
      ]),
      counter('bind_resolver_query_errors_total', 'Number of resolver queries failed.', [
        ['error="QueryTimeout",view="_default"', 60 * t],
        ['error="QuerySockFail",view="_default"', 7 * t],
      ]),
    ].join('\n'),
  unbound: (t) =>
    [
      counter('unbound_queries_total', 'Total number of queries received.', [
        ['thread="0"', 30 * t],
        ['thread="1"', 10 * t],
      ]),
      counter('unbound_answer_rcodes_total', 'Total number of answers by response code.', [
        ['rcode="NOERROR"', 36 * t],
        ['rcode="NXDOMAIN"', 4 * t],
        ['rcode="SERVFAIL"', 0],
      ]),
      counter('unbound_request_list_overwritten_total', 'Total number of requests overwritten.', [
        ['thread="0"', 2 * t],
      ]),
    ].join('\n'),
  frr: () => {
    const peer = (ip: string, afi: string) =>
      `afi="${afi}",local_as="64500",peer="${ip}",peer_as="64501",safi="unicast",vrf="default"`
    return [
      gauge('frr_route_rib_count', 'Number of routes of route type in RIB', [
        ['afi="ipv4",route_type="isis",vrf="default"', 700],
        ['afi="ipv6",route_type="ospf6",vrf="default"', 50],
        ['afi="ipv4",route_type="ebgp",vrf="default"', 900_000],
      ]),
      gauge('frr_ospf_lsa_external_counter', 'Number of external LSAs.', [['vrf="default"', 20]]),
      gauge('frr_ospf_area_lsa_number', 'Number of LSAs of an area.', [
        ['area="0.0.0.0",vrf="default"', 300],
        ['area="0.0.0.1",vrf="default"', 80],
      ]),
      gauge('frr_ospf_neighbor_adjacencies', 'Number of neighbor adjacencies formed.', [
        ['area="0.0.0.0",iface="swp1",vrf="default"', 1],
        ['area="0.0.0.0",iface="swp2",vrf="default"', 2],
      ]),
      // Established; down in one family; shut down on purpose.
      gauge(
        'frr_bgp_peer_state',
        'State of the peer (2 = Administratively Down, 1 = Established)',
        [
          [peer('192.0.2.1', 'ipv4'), 1],
          [peer('192.0.2.2', 'ipv4'), 1],
          [peer('192.0.2.2', 'ipv6'), 0],
          [peer('192.0.2.3', 'ipv4'), 2],
        ],
      ),
      gauge('frr_bgp_peer_prefixes_received_count_total', 'Number of prefixes received.', [
        [peer('192.0.2.1', 'ipv4'), 1_000],
      ]),
    ].join('\n')
  },
  coredns: (t) =>
    [
      counter('coredns_dns_requests_total', 'Counter of DNS requests made per zone.', [
        ['family="1",proto="udp",server="dns://:53",type="A",view="",zone="."', 80 * t],
        ['family="1",proto="tcp",server="dns://:53",type="ANY",view="",zone="."', 20 * t],
      ]),
      counter('coredns_dns_responses_total', 'Counter of response status codes.', [
        ['plugin="cache",rcode="NOERROR",server="dns://:53",view="",zone="."', 75 * t],
        ['plugin="forward",rcode="NXDOMAIN",server="dns://:53",view="",zone="."', 25 * t],
      ]),
    ].join('\n'),
  dnsdist: (t) =>
    [
      counter('dnsdist_queries', 'Number of received queries', [['', 400 * t]]),
      counter('dnsdist_frontend_servfail', 'Number of SERVFAIL answers', [['', 40 * t]]),
      counter('dnsdist_frontend_nxdomain', 'Number of NXDomain answers', [['', 80 * t]]),
      counter('dnsdist_downstream_timeouts', 'Number of queries not answered', [['', 10 * t]]),
      counter('dnsdist_server_queries', 'Amount of queries relayed to server', [
        ['server="a",address="192.0.2.53:53"', 60 * t],
        ['server="b",address="192.0.2.54:53"', 40 * t],
      ]),
    ].join('\n'),
  // Its HELP has no name and its TYPE stands before each series.
  fastnetmon: () =>
    [
      [
        'fastnetmon_total_traffic_bits',
        'traffic_direction="incoming",protocol_version="ipv4"',
        6e9,
      ],
      [
        'fastnetmon_total_traffic_bits',
        'traffic_direction="incoming",protocol_version="ipv6"',
        1e9,
      ],
      [
        'fastnetmon_total_traffic_bits',
        'traffic_direction="internal",protocol_version="ipv4"',
        3e9,
      ],
      ['fastnetmon_host_traffic_bits', 'ip="192.0.2.9",traffic_direction="incoming"', 4e9],
      ['fastnetmon_host_traffic_bits', 'ip="192.0.2.53",traffic_direction="incoming"', 5e9],
    ]
      .map(([name, labels, n]) => `# HELP Traffic\n# TYPE ${name} gauge\n${name}{${labels}} ${n}`)
      .join('\n'),
  probe: () => gauge('probe_success', 'Displays whether or not the probe was a success', [['', 0]]),
}

/** Scraped so often; the ordinary staleness of five minutes holds for whoever is not marked as stale. */
const EVERY = 1

describe.skipIf(!has('prometheus', 'the feed before a real Prometheus'))(
  'a real Prometheus',
  () => {
    const data = folder()
    const began = Date.now()
    const dead = new Set<string>()
    const frozen = new Map<string, number>()
    const samples: Sample[] = []
    const lines: string[] = []
    let exporters: Server
    let prometheus: Running
    let feed: Prometheus
    let url = ''

    const parameters = { window: '10s', scrape: `${EVERY}s`, resolvers: '192.0.2.53' }
    const sets = [
      'snmp',
      'junos',
      'frr',
      'bind',
      'unbound',
      'coredns',
      'dnsdist',
      'blackbox',
      'fastnetmon',
    ]
    const { queries, faults } = queriesOf({ sets, parameters, queries: [] })

    beforeAll(async () => {
      expect(faults).toEqual([])
      exporters = createServer((request, response) => {
        const name = request.url?.slice(1) ?? ''
        if (dead.has(name)) {
          response.destroy()
          return
        }
        const at = frozen.get(name)
        const now = at ?? Date.now()
        const text = `${pages[name]?.((now - began) / 1e3)}\n`
        // An exporter that stamps its own samples: of these Prometheus never says that they are stale.
        const stamped = text.replace(/^([^#\n].*)$/gm, `$1 ${now}`)
        response.end(name === 'unbound' ? stamped : text)
      })
      await new Promise<void>((done) => exporters.listen(0, '127.0.0.1', done))
      const target = `127.0.0.1:${(exporters.address() as AddressInfo).port}`
      const labels: Record<string, object> = { probe: { set: 'inside', pop: 'busan' } }
      const config = join(data, 'prometheus.yml')
      // JSON is YAML.
      const scrapes = Object.keys(pages).map((job) => ({
        job_name: job,
        metrics_path: `/${job}`,
        static_configs: [{ targets: [target], labels: { instance: `${job}-1`, ...labels[job] } }],
      }))
      const global = { scrape_interval: `${EVERY}s`, scrape_timeout: `${EVERY}s` }
      writeFileSync(config, JSON.stringify({ global, scrape_configs: scrapes }))
      url = `http://127.0.0.1:${await freePort()}/`
      prometheus = start('prometheus', [
        `--config.file=${config}`,
        `--storage.tsdb.path=${join(data, 'tsdb')}`,
        `--web.listen-address=${new URL(url).host}`,
      ])
      feed = openPrometheus(
        { ...prometheusDefaults, url, queries, interval: milliseconds(500), retryMost: seconds(1) },
        {
          sample: (sample) => samples.push(sample),
          log: (level, text) => lines.push(`${level} ${text}`),
        },
      )
      await until('Prometheus answers', () => {
        if (prometheus.process.exitCode !== null) throw new Error(prometheus.text())
        return feed.status().sees
      })
    })

    afterAll(async () => {
      await feed?.close()
      await prometheus?.end()
      exporters?.closeAllConnections()
      exporters?.close()
      remove(data)
    })

    const of = (metric: string, labels: Sample['labels']) =>
      samples.filter(
        (sample) =>
          sample.metric === metric && JSON.stringify(sample.labels) === JSON.stringify(labels),
      )
    const border = { link: 'ge-0/0/0', router: 'snmp-1' }
    const session = { peer: '192.0.2.1', router: 'r1' }
    const bind = { resolver: 'bind-1' }
    const unbound = { resolver: 'unbound-1' }

    // What each exporter's page must become, by hand.
    const expected: [metric: string, labels: Sample['labels'], value: number, plane: string][] = [
      ['in_bps', border, 8e6, 'ingress'],
      ['out_bps', border, 4e6, 'ingress'],
      ['in_pps', border, 1e3, 'ingress'],
      ['link_load', border, 0.8, 'ingress'],
      ['in_discards', border, 10, 'ingress'],
      ['lsdb_routes', { router: 'r1' }, 10_000, 'igp'],
      ['adjacencies', { router: 'r1' }, 4, 'igp'],
      ['adjacency_up', { link: 'ae0.0', router: 'r1' }, 1, 'igp'],
      ['adjacency_up', { link: 'ae1.0', router: 'r1' }, 0, 'igp'],
      ['session_up', session, 1, 'bgp'],
      ['rx_prefixes', session, 1_100_000, 'bgp'],
      ['rx_prefix_limit_ratio', session, 0.9, 'bgp'],
      ['cpu_routing', { router: 'r1' }, 0.35, 'igp'],
      ['cpu_punt_drops', { router: 'r1' }, 25, 'igp'],
      ['qps', bind, 200, 'dns'],
      ['servfail_ratio', bind, 0.5, 'dns'],
      ['nxdomain_ratio', bind, 0, 'dns'],
      ['timeout_ratio', bind, 0.75, 'dns'],
      ['duplicate_ratio', bind, 0.1, 'dns'],
      ['any_txt_ratio', bind, 0.25, 'dns'],
      ['qps', unbound, 40, 'dns'],
      ['servfail_ratio', unbound, 0, 'dns'],
      ['nxdomain_ratio', unbound, 0.1, 'dns'],
      ['duplicate_ratio', unbound, 0.05, 'dns'],
      ['lsdb_routes', { router: 'frr-1' }, 750, 'igp'],
      ['lsdb_routes', { of: 'lsas', router: 'frr-1' }, 400, 'igp'],
      ['adjacencies', { router: 'frr-1' }, 3, 'igp'],
      ['session_up', { peer: '192.0.2.1', router: 'frr-1' }, 1, 'bgp'],
      ['session_up', { peer: '192.0.2.2', router: 'frr-1' }, 0, 'bgp'],
      ['rx_prefixes', { peer: '192.0.2.1', router: 'frr-1' }, 1_000, 'bgp'],
      ['qps', { resolver: 'coredns-1' }, 100, 'dns'],
      ['servfail_ratio', { resolver: 'coredns-1' }, 0, 'dns'],
      ['nxdomain_ratio', { resolver: 'coredns-1' }, 0.25, 'dns'],
      ['any_txt_ratio', { resolver: 'coredns-1' }, 0.2, 'dns'],
      ['qps', { resolver: 'dnsdist-1' }, 400, 'dns'],
      ['servfail_ratio', { resolver: 'dnsdist-1' }, 0.1, 'dns'],
      ['nxdomain_ratio', { resolver: 'dnsdist-1' }, 0.2, 'dns'],
      ['timeout_ratio', { resolver: 'dnsdist-1' }, 0.1, 'dns'],
      ['flow_bps', { exporter: 'fastnetmon-1' }, 7e9, 'flow'],
      ['top_destination_bps', { exporter: 'fastnetmon-1' }, 4e9, 'flow'],
      ['probe_success', { pop: 'busan', set: 'inside', target: 'probe-1' }, 0, 'probe'],
    ]

    test('brings what the exporters say, in our words', async () => {
      // The window of the rates must be full.
      await until('the rates are settled', () => of('in_bps', border).length >= 15)
      for (const [metric, labels, value, plane] of expected) {
        const last = of(metric, labels).at(-1)
        expect([metric, labels, last?.plane]).toEqual([metric, labels, plane])
        // `rate` reckons up to the edges of its window, by some per cent here.
        const off =
          value === 0 ? Math.abs(last?.value ?? 1) : Math.abs((last?.value ?? 0) / value - 1)
        expect([metric, labels, off < 0.05, last?.value]).toEqual([
          metric,
          labels,
          true,
          last?.value,
        ])
      }
      expect(of('in_bps', border).at(-1)?.uncertainty).toBe(seconds(10.5))
      expect(of('lsdb_routes', { router: 'r1' }).at(-1)?.uncertainty).toBe(seconds(0.5))
    })

    test('and nothing else: no link to a customer, no label that was not asked for', () => {
      const known = new Set(expected.map(([metric, labels]) => metric + JSON.stringify(labels)))
      const others = samples.filter(
        ({ metric, labels }) => !known.has(metric + JSON.stringify(labels)),
      )
      expect(others).toEqual([])
      expect(feed.status().dropped).toMatchObject({ ambiguous: 0, labels: 0, notFinite: 0 })
    })

    test('says once of a query that it returned nothing, which is no zero', () => {
      const nothing = lines.filter((line) =>
        line.includes('unbound any_txt_ratio returned nothing'),
      )
      expect(nothing).toHaveLength(1)
      expect(of('any_txt_ratio', unbound)).toEqual([])
    })

    test('dates each sample by its scrape: a second apart, never twice, never by the question', () => {
      const stamps = of('in_bps', border).map(({ at }) => at)
      expect(new Set(stamps).size).toBe(stamps.length)
      expect(stamps).toEqual(stamps.toSorted((a, b) => a - b))
      const apart = stamps.slice(1).map((at, i) => (at - (stamps[i] ?? 0)) / 1e6)
      // Scrapes keep their beat, whenever we ask; a busy machine misses one now and then.
      const beats = apart.filter((gap) => Math.abs(gap - Math.round(gap)) < 0.1)
      expect(beats.length / apart.length).toBeGreaterThan(0.8)
    })

    /** What comes of a series after its exporter died, in the time in which Prometheus would still answer. */
    async function silence(job: string, metric: string, labels: Sample['labels']): Promise<void> {
      await until('it is heard', () => of(metric, labels).length > 0)
      const death = Date.now() * 1e3
      const before = of('in_bps', border).length
      await until('others were scraped', () => of('in_bps', border).length >= before + 6)
      const after = of(metric, labels).filter(({ at }) => at > death)
      // One scrape may have been under way.
      expect([job, after.length <= 1]).toEqual([job, true])
    }

    test('an exporter that dies is silent with its next scrape, though rate would still go on', async () => {
      dead.add('bind')
      await silence('bind', 'qps', bind)
      const query = 'sum(rate(bind_incoming_queries_total[1m]))'
      const asked = await fetch(`${url}api/v1/query?${new URLSearchParams({ query })}`)
      const reply = (await asked.json()) as { data: { result: { value: [number, string] }[] } }
      expect(Number(reply.data.result[0]?.value[1])).toBeGreaterThan(0)
      // Nothing of it has become zero on its way.
      const last = of('qps', bind).at(-1)
      expect(last?.value).toBeGreaterThan(150)
      expect(lines.join('\n')).toMatch(/bind qps has 1 values of what is not scraped any more/)
    })

    test('one that stamps its own samples and is frozen is silent at once, though it is answered for', async () => {
      frozen.set('unbound', Date.now())
      await silence('unbound', 'qps', unbound)
      const query = 'timestamp(unbound_queries_total)'
      const asked = await fetch(`${url}api/v1/query?${new URLSearchParams({ query })}`)
      const reply = (await asked.json()) as { data: { result: unknown[] } }
      expect(reply.data.result.length).toBeGreaterThan(0)
    })

    test('one that comes back is heard again', async () => {
      dead.clear()
      frozen.clear()
      const since = Date.now() * 1e3
      const again = () => of('qps', bind).some(({ at }) => at > since)
      await until('bind is heard', again)
      await until('unbound is heard', () => of('qps', unbound).some(({ at }) => at > since))
    })

    test('a Prometheus that dies is said, and all is silent; when it is back, all is heard', async () => {
      await prometheus.end()
      await until('it is noticed', () => feed.status().state === 'waiting')
      // What is said last may be of one query; that it is gone is said too.
      expect(lines.join('\n')).toMatch(
        /^(warn|error) Prometheus at .*(ECONNREFUSED|socket hang up|ECONNRESET|HTTP 503)/m,
      )
      const count = samples.length
      await new Promise((done) => setTimeout(done, 3_000))
      expect(samples.length).toBe(count)
      prometheus = start('prometheus', [
        `--config.file=${join(data, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(data, 'tsdb')}`,
        `--web.listen-address=${new URL(url).host}`,
      ])
      await until('it is heard again', () => feed.status().sees && samples.length > count)
    })
  },
)

describe.skipIf(!has('openssl', 'certificates of one’s own') || !has('prometheus', 'TLS'))(
  'TLS',
  () => {
    const data = folder()
    let prometheus: Running | undefined
    afterAll(async () => {
      await prometheus?.end()
      remove(data)
    })

    test('trusts the authority it is told to, and no other', async () => {
      const [key, certificate] = [join(data, 'key.pem'), join(data, 'ca.pem')]
      const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1']
      const form = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1']
      run('openssl', [...form, '-keyout', key, '-out', certificate, ...subject])
      const web = { tls_server_config: { cert_file: certificate, key_file: key } }
      writeFileSync(join(data, 'web.yml'), JSON.stringify(web))
      writeFileSync(join(data, 'prometheus.yml'), 'global: {scrape_interval: 1s}\n')
      const address = `127.0.0.1:${await freePort()}`
      prometheus = start('prometheus', [
        `--config.file=${join(data, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(data, 'tsdb')}`,
        `--web.config.file=${join(data, 'web.yml')}`,
        `--web.listen-address=${address}`,
      ])
      const { queries } = queriesOf({ sets: ['blackbox'], parameters: {}, queries: [] })
      const lines: string[] = []
      const open = (ca: string | null) =>
        openPrometheus(
          {
            ...prometheusDefaults,
            url: `https://${address}/`,
            queries,
            ca,
            interval: milliseconds(200),
            retryStart: milliseconds(100),
            retryMost: milliseconds(200),
          },
          { sample: () => {}, log: (_, text) => lines.push(text) },
        )
      const trusting = open(certificate)
      await until('it is trusted', () => trusting.status().sees)
      await trusting.close()
      const doubting = open(null)
      await until('it is not trusted', () => doubting.status().failures > 0)
      await doubting.close()
      expect(lines.at(-1)).toMatch(/self.signed/i)
    })
  },
)
