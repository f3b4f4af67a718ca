// What is known of a network beside its routes: numbers that its own equipment tells, and things that
// people and programs have done. Both are facts in the stream like a route, dated at their source.

import { type Instant, minutes, type Span, seconds } from './time.ts'

/** Where a sample comes from; each may be blind for itself (research: fault-vs-flood.md §3.6). */
export type Plane = 'bgp' | 'igp' | 'ingress' | 'flow' | 'dns' | 'probe' | 'change'

export const planes: readonly Plane[] = ['bgp', 'igp', 'ingress', 'flow', 'dns', 'probe', 'change']

export type Labels = Readonly<Record<string, string>>

/** One number of one series: a series is (plane, metric, labels). */
export interface Sample {
  readonly kind: 'sample'
  readonly at: Instant
  readonly plane: Exclude<Plane, 'change'>
  /** A name of `metrics`; others are kept out with a fault. */
  readonly metric: string
  readonly value: number
  readonly labels: Labels
  /** What it tells of may have happened so much earlier or later than `at`. */
  readonly uncertainty: Span
  /** When it was heard, where a file says so; of others nobody knows, and they come when they are stamped. */
  readonly heard?: Instant
}

/** What somebody or something has done, or says of it. */
export interface Change {
  readonly kind: 'change'
  readonly at: Instant
  readonly event: ChangeEvent
  /** Scope of a window, router of a commit, prefix of a mitigation (see `changeLabels`). */
  readonly labels: Labels
  /** A line of text; '' when there is none. */
  readonly note: string
  readonly uncertainty: Span
  readonly heard?: Instant
}

export type ChangeEvent =
  /** Configuration of an own router was changed. Labels: router, pop. */
  | 'commit'
  /** Planned work begins, ends. Labels: id; scope by any of asn, router, link, pop, prefix (comma-separated lists). */
  | 'window-start'
  | 'window-end'
  /** Somebody diverts or drops traffic on purpose. Labels: kind = rtbh, flowspec or scrubber; prefix; asn. */
  | 'mitigation-start'
  | 'mitigation-end'
  /** A DDoS detector has fired, or stopped. Labels: host (masked), direction = incoming or outgoing, detector. */
  | 'detector-start'
  | 'detector-end'
  /** A neighbour or upstream says that it has trouble of its own. Labels: from. */
  | 'upstream-notice'

export const changeEvents: readonly ChangeEvent[] = [
  'commit',
  'window-start',
  'window-end',
  'mitigation-start',
  'mitigation-end',
  'detector-start',
  'detector-end',
  'upstream-notice',
]

/** Labels of each event; `?` behind those that may be missing. Others are kept as they are. */
export const changeLabels: Readonly<Record<ChangeEvent, readonly string[]>> = {
  commit: ['router?', 'pop?'],
  'window-start': ['id', 'asn?', 'router?', 'link?', 'pop?', 'prefix?'],
  'window-end': ['id', 'asn?', 'router?', 'link?', 'pop?', 'prefix?'],
  'mitigation-start': ['kind', 'prefix?', 'asn?'],
  'mitigation-end': ['kind', 'prefix?', 'asn?'],
  'detector-start': ['direction', 'host?', 'detector?'],
  'detector-end': ['direction', 'host?', 'detector?'],
  'upstream-notice': ['from'],
}

/** Labels with few values, in any event. */
export const labelValues: Readonly<Record<string, readonly string[]>> = {
  kind: ['rtbh', 'flowspec', 'scrubber'],
  direction: ['incoming', 'outgoing'],
}

/** Labels of equipment: the only ones that may hold the address of a single host. */
export const equipment: ReadonlySet<string> = new Set(
  'router peer link pop resolver exporter target set instance from'.split(' '),
)

/** What a line may hold at most: labels, characters of each, of a note. */
export const sampleLimits = { labels: 16, key: 64, value: 256, note: 512 } as const

/** How far from its stamp a thing may have happened, where nobody says (fault-vs-flood.md §3.4). */
export const usualUncertainty: Readonly<Record<Sample['plane'], Span>> = {
  bgp: seconds(15),
  igp: seconds(15),
  ingress: seconds(90),
  flow: seconds(60),
  dns: seconds(30),
  probe: seconds(30),
}

/** A plane that has said nothing for so long is blind: several rounds of whoever asks it. */
export const usualStaleAfter: Readonly<Record<Sample['plane'], Span>> = {
  bgp: minutes(5),
  igp: minutes(5),
  ingress: minutes(5),
  flow: minutes(5),
  dns: minutes(2),
  probe: minutes(2),
}

/** A commit comes by syslog, the end of an attack by way of averages, a ticket from a person. */
export const changeUncertainty: Readonly<Record<ChangeEvent, Span>> = {
  commit: seconds(1),
  'window-start': minutes(5),
  'window-end': minutes(5),
  'mitigation-start': seconds(15),
  'mitigation-end': seconds(15),
  'detector-start': seconds(60),
  'detector-end': seconds(60),
  'upstream-notice': minutes(5),
}

export interface Metric {
  readonly plane: Exclude<Plane, 'change'>
  readonly unit: string
  /** Labels that tell one series from another; `?` behind those that may be missing. Others are kept as they are. */
  readonly labels: readonly string[]
  readonly what: string
}

const ratio = '0 … 1'

/** All that is understood; config/README.md shows the same table. */
export const metrics: Readonly<Record<string, Metric>> = {
  // bgp: what own routers say
  session_up: {
    plane: 'bgp',
    unit: '0 or 1',
    labels: ['router', 'peer', 'link?', 'pop?'],
    what: 'An external BGP session is Established.',
  },
  rx_prefixes: {
    plane: 'bgp',
    unit: 'prefixes',
    labels: ['router', 'peer'],
    what: 'Prefixes received on an own session.',
  },
  rx_prefix_limit_ratio: {
    plane: 'bgp',
    unit: ratio,
    labels: ['router', 'peer'],
    what: 'The same as a part of the limit (max-prefix) of the session.',
  },
  visible_24s: {
    plane: 'bgp',
    unit: '/24s',
    labels: ['entity?'],
    what: 'Address blocks seen in routing by an outside observer such as IODA.',
  },
  // igp, with the processors of routers
  lsdb_routes: {
    plane: 'igp',
    unit: 'entries',
    labels: ['router', 'pop?'],
    what: 'Routes, LSPs or LSAs of IS-IS or OSPF.',
  },
  spf_runs: {
    plane: 'igp',
    unit: 'runs a minute',
    labels: ['router', 'pop?'],
    what: 'Shortest-path runs.',
  },
  lsp_purges: {
    plane: 'igp',
    unit: 'purges a minute',
    labels: ['router', 'pop?'],
    what: 'LSPs or LSAs purged or originated again.',
  },
  adjacency_up: {
    plane: 'igp',
    unit: '0 or 1',
    labels: ['router', 'link', 'pop?'],
    what: 'An adjacency over a link is up.',
  },
  adjacencies: {
    plane: 'igp',
    unit: 'adjacencies',
    labels: ['router', 'pop?'],
    what: 'Adjacencies that are up, where they are not told link by link.',
  },
  cpu_routing: {
    plane: 'igp',
    unit: ratio,
    labels: ['router'],
    what: 'Load of the route engine by routing processes.',
  },
  cpu_punt_drops: {
    plane: 'igp',
    unit: 'packets a second',
    labels: ['router'],
    what: 'Dropped by the policer in front of the route engine (punt, control-plane protection).',
  },
  // ingress: interfaces at the border
  in_bps: {
    plane: 'ingress',
    unit: 'bit/s',
    labels: ['link', 'pop?'],
    what: 'Inbound at the border.',
  },
  out_bps: { plane: 'ingress', unit: 'bit/s', labels: ['link', 'pop?'], what: 'Outbound.' },
  in_pps: {
    plane: 'ingress',
    unit: 'packets/s',
    labels: ['link', 'pop?'],
    what: 'Inbound packets.',
  },
  link_load: {
    plane: 'ingress',
    unit: ratio,
    labels: ['link', 'pop?'],
    what: 'Inbound as a part of what the link can carry.',
  },
  in_discards: {
    plane: 'ingress',
    unit: 'packets/s',
    labels: ['link', 'pop?'],
    what: 'Discarded at the border.',
  },
  // flow: per-minute aggregates; nothing of a single subscriber
  flow_bps: {
    plane: 'flow',
    unit: 'bit/s',
    labels: ['exporter?'],
    what: 'All traffic in flows, inbound.',
  },
  top_destination_bps: {
    plane: 'flow',
    unit: 'bit/s',
    labels: ['exporter?'],
    what: 'Of these, towards the one destination with most that is no own resolver.',
  },
  destinations: {
    plane: 'flow',
    unit: 'addresses',
    labels: ['exporter?'],
    what: 'Destinations that carry half of all traffic.',
  },
  reflection_share: {
    plane: 'flow',
    unit: ratio,
    labels: ['exporter?'],
    what: 'Part of the traffic from UDP ports that amplify (19, 53, 123, 389, 1900, 11211 …).',
  },
  syn_share: {
    plane: 'flow',
    unit: ratio,
    labels: ['exporter?'],
    what: 'Part of the packets that are SYN and nothing else.',
  },
  one_length_share: {
    plane: 'flow',
    unit: ratio,
    labels: ['exporter?'],
    what: 'Part of the packets of the most common protocol, port and length.',
  },
  new_source_share: {
    plane: 'flow',
    unit: ratio,
    labels: ['exporter?'],
    what: 'Part of the traffic from /24s (/48s) not seen in two weeks.',
  },
  own_source_share: {
    plane: 'flow',
    unit: ratio,
    labels: ['exporter?'],
    what: 'Part of the traffic from own subscribers or sources seen before.',
  },
  mix_distance: {
    plane: 'flow',
    unit: ratio,
    labels: ['exporter?'],
    what: 'How far the mix of services is from its usual one (half the sum of differences).',
  },
  unroutable_drops: {
    plane: 'flow',
    unit: 'packets/s',
    labels: ['exporter?'],
    what: 'Dropped with forwardingStatus 131 (unroutable) or 132 (adjacency).',
  },
  policed_drops: {
    plane: 'flow',
    unit: 'packets/s',
    labels: ['exporter?'],
    what: 'Dropped with forwardingStatus 129, 130 (ACL), 138 (policer) or 139 (WRED).',
  },
  // dns: resolvers
  qps: { plane: 'dns', unit: 'queries/s', labels: ['resolver'], what: 'Queries.' },
  servfail_ratio: {
    plane: 'dns',
    unit: ratio,
    labels: ['resolver'],
    what: 'Answers that are SERVFAIL.',
  },
  timeout_ratio: {
    plane: 'dns',
    unit: ratio,
    labels: ['resolver'],
    what: 'Queries to the outside that nobody answered.',
  },
  duplicate_ratio: {
    plane: 'dns',
    unit: ratio,
    labels: ['resolver'],
    what: 'Queries that repeat one still waiting.',
  },
  nxdomain_ratio: {
    plane: 'dns',
    unit: ratio,
    labels: ['resolver'],
    what: 'Answers that are NXDOMAIN.',
  },
  any_txt_ratio: {
    plane: 'dns',
    unit: ratio,
    labels: ['resolver'],
    what: 'Queries for ANY or TXT.',
  },
  label_entropy: {
    plane: 'dns',
    unit: 'bits a character',
    labels: ['resolver'],
    what: 'Entropy of the first labels asked for.',
  },
  name_distance: {
    plane: 'dns',
    unit: ratio,
    labels: ['resolver'],
    what: 'How far the mix of names and types is from its usual one.',
  },
  top1pct_source_share: {
    plane: 'dns',
    unit: ratio,
    labels: ['resolver?'],
    what: 'Part of the queries by the busiest hundredth of the clients.',
  },
  diffuse_source_share: {
    plane: 'dns',
    unit: ratio,
    labels: ['resolver?'],
    what: 'Part of the subscribers who ask 2 to 30 times as much as they used to.',
  },
  outside_source_share: {
    plane: 'dns',
    unit: ratio,
    labels: ['resolver?'],
    what: 'Part of the queries from outside the own address space.',
  },
  // probe
  probe_success: {
    plane: 'probe',
    unit: ratio,
    labels: ['set', 'pop?', 'target?'],
    what: 'Probes that succeed; set = inside (inside to inside), outside (to the outside), inbound (from there).',
  },
  up_24s: {
    plane: 'probe',
    unit: '/24s',
    labels: ['entity?'],
    what: 'Address blocks that answer an outside observer such as IODA.',
  },
}
