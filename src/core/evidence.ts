// The things that speak for or against a routing fault or a flood: 48 of them, with their weights in decibels
// (10 · log₁₀ of the likelihood ratio). They are judgements of experts, not fitted to data; what counts is
// their structure (fault-vs-flood.md §3): no family of them can decide alone, and no size of a surge weighs
// anything.

import type { Plane } from './sample.ts'
import type { Instant, Span } from './time.ts'

export type Family =
  | 'bgp'
  | 'igp'
  | 'ingress'
  | 'flow'
  | 'dns'
  | 'order'
  | 'space'
  | 'probe'
  | 'context'

export interface EvidenceSpec {
  readonly family: Family
  /** On which plane it is seen; null: on several. */
  readonly plane: Plane | null
  /** Weight for a routing fault, for a flood. */
  readonly routing: number
  readonly flood: number
  /** When it is found. */
  readonly when: string
}

export const evidence = {
  'bgp.vis_broad': {
    family: 'bgp',
    plane: 'bgp',
    routing: 15,
    flood: -3,
    when: '≥ 30% of own prefixes lose ≥ 50% of full-feed peers within 5 min, seen by ≥ 3 collectors',
  },
  'bgp.vis_partial': {
    family: 'bgp',
    plane: 'bgp',
    routing: 6,
    flood: 0,
    when: '5-30% of own prefixes lose visibility, or all prefixes behind one upstream/POP',
  },
  'bgp.vis_slow': {
    family: 'bgp',
    plane: 'bgp',
    routing: 8,
    flood: 0,
    when: 'CUSUM on visible-prefix count crosses h although no 5-min step does (slow withdrawal / slow leak)',
  },
  'bgp.leak': {
    family: 'bgp',
    plane: 'bgp',
    routing: 15,
    flood: -2,
    when: 'new more-specific, unexpected upstream or valley path for own prefix, not a known scrubber, ≥ 10 peers',
  },
  'bgp.origin_foreign': {
    family: 'bgp',
    plane: 'bgp',
    routing: 14,
    flood: -2,
    when: 'own prefix (or a more-specific) originated by an AS that is neither ours nor a listed scrubber',
  },
  'bgp.churn': {
    family: 'bgp',
    plane: 'bgp',
    routing: 6,
    flood: 1,
    when: 'updates/min for own prefixes ≥ 10x 7-day median, visibility still ≥ 95%',
  },
  'bgp.flap': {
    family: 'bgp',
    plane: 'bgp',
    routing: 5,
    flood: 0,
    when: 'same prefixes announced/withdrawn ≥ 4 times in 15 min',
  },
  'bgp.session_down_some': {
    family: 'bgp',
    plane: 'bgp',
    routing: 5,
    flood: 2,
    when: 'eBGP sessions down on a few links (hold-timer expired)',
  },
  'bgp.rx_prefix_flood': {
    family: 'bgp',
    plane: 'bgp',
    routing: 18,
    flood: -2,
    when: 'received/accepted prefix count of an own session ≥ 5x baseline or at max-prefix limit',
  },
  'bgp.quiet': {
    family: 'bgp',
    plane: 'bgp',
    routing: -3,
    flood: 1,
    when: 'own prefixes fully visible, churn within baseline',
  },
  'igp.lsdb_jump': {
    family: 'igp',
    plane: 'igp',
    routing: 20,
    flood: -3,
    when: 'IS-IS/OSPF route or LSP/LSA count ≥ 3x baseline (KT: ~10k → several 100k)',
  },
  'igp.spf_storm': {
    family: 'igp',
    plane: 'igp',
    routing: 10,
    flood: 1,
    when: 'SPF runs ≥ 10x baseline, or LSP purge/re-origination storm',
  },
  'igp.adj_loss': {
    family: 'igp',
    plane: 'igp',
    routing: 9,
    flood: 0,
    when: 'adjacencies lost on ≥ 2 routers whose links are not saturated',
  },
  'igp.adj_loss_saturated': {
    family: 'igp',
    plane: 'igp',
    routing: 0,
    flood: 5,
    when: 'adjacencies lost only on links at ≥ 95% utilisation',
  },
  'igp.normal': {
    family: 'igp',
    plane: 'igp',
    routing: -9,
    flood: 2,
    when: 'LSDB, SPF and adjacencies within baseline',
  },
  'cpu.routing': {
    family: 'igp',
    plane: 'igp',
    routing: 5,
    flood: 0,
    when: 'route-engine CPU high in routing process, punt/DDoS policer quiet',
  },
  'cpu.punt': {
    family: 'igp',
    plane: 'igp',
    routing: -2,
    flood: 7,
    when: 'control-plane policer violations / punt queue drops high',
  },
  'in.surge': {
    family: 'ingress',
    plane: 'ingress',
    routing: -4,
    flood: 15,
    when: 'border inbound bps or pps ≥ 3x seasonal forecast',
  },
  'in.ratio': {
    family: 'ingress',
    plane: 'ingress',
    routing: -2,
    flood: 8,
    when: 'inbound:outbound ratio ≥ 2x its baseline (GitHub 2018 trigger)',
  },
  'in.detector': {
    family: 'ingress',
    plane: 'ingress',
    routing: -1,
    flood: 10,
    when: 'FastNetMon/NetScout-style detector fired for own host, direction incoming',
  },
  'in.saturated': {
    family: 'ingress',
    plane: 'ingress',
    routing: 0,
    flood: 5,
    when: 'border link ≥ 95% or discards up sharply',
  },
  'in.collapse': {
    family: 'ingress',
    plane: 'ingress',
    routing: 12,
    flood: -12,
    when: 'inbound AND outbound both fall ≥ 40% with no saturated border link',
  },
  'in.normal': {
    family: 'ingress',
    plane: 'ingress',
    routing: 2,
    flood: -10,
    when: 'border inbound within forecast: nothing extra is coming in',
  },
  'in.mild': {
    family: 'ingress',
    plane: 'ingress',
    routing: 0,
    flood: 2,
    when: 'border inbound 1.5-3x forecast',
  },
  'fl.victim_conc': {
    family: 'flow',
    plane: 'flow',
    routing: -3,
    flood: 10,
    when: 'one destination (not an own resolver) carries ≥ 50% of the excess',
  },
  'fl.fingerprint': {
    family: 'flow',
    plane: 'flow',
    routing: -3,
    flood: 15,
    when: 'reflection source port, SYN-only, single packet length, or spoof-like TTL/source spread',
  },
  'fl.src_new': {
    family: 'flow',
    plane: 'flow',
    routing: -5,
    flood: 12,
    when: '≥ 80% of excess-source /24s (or ASes) never seen in 14-day baseline',
  },
  'fl.src_known': {
    family: 'flow',
    plane: 'flow',
    routing: 2,
    flood: -8,
    when: '≥ 80% of excess sources are own subscribers or previously seen',
  },
  'fl.unroutable': {
    family: 'flow',
    plane: 'flow',
    routing: 10,
    flood: -2,
    when: 'drops with forwardingStatus 131 unroutable / 132 adjacency rise',
  },
  'fl.policed': {
    family: 'flow',
    plane: 'flow',
    routing: -1,
    flood: 6,
    when: 'drops with forwardingStatus 129/130 ACL or 138 policer / 139 WRED rise',
  },
  'fl.shift_from_neighbor': {
    family: 'flow',
    plane: 'flow',
    routing: 0,
    flood: -10,
    when: 'excess is spread over normal services and its mix equals baseline mix (failover / flash crowd)',
  },
  'dns.diffuse': {
    family: 'dns',
    plane: 'dns',
    routing: 6,
    flood: -10,
    when: 'excess spread over ≥ 50% of subscribers, each 2-30x own baseline; top 1% of sources <20% of excess',
  },
  'dns.concentrated': {
    family: 'dns',
    plane: 'dns',
    routing: -4,
    flood: 12,
    when: 'top 1% of sources (or a few thousand IPs) make ≥ 50% of excess',
  },
  'dns.upstream_fail': {
    family: 'dns',
    plane: 'dns',
    routing: 10,
    flood: -3,
    when: 'SERVFAIL/timeouts and upstream-timeout ratio jump, duplicates/query up',
  },
  'dns.same_names': {
    family: 'dns',
    plane: 'dns',
    routing: 3,
    flood: -6,
    when: 'qname/qtype mix unchanged (same popular names, just repeated)',
  },
  'dns.random_names': {
    family: 'dns',
    plane: 'dns',
    routing: -3,
    flood: 12,
    when: 'high-entropy labels / NXDOMAIN share jump / ANY-TXT share jump',
  },
  'dns.outside': {
    family: 'dns',
    plane: 'dns',
    routing: -3,
    flood: 10,
    when: 'excess comes from outside own address space',
  },
  'ord.routing_first': {
    family: 'order',
    plane: null,
    routing: 10,
    flood: -6,
    when: 'control-plane onset precedes traffic/DNS onset by more than combined timestamp uncertainty',
  },
  'ord.traffic_first': {
    family: 'order',
    plane: null,
    routing: -6,
    flood: 10,
    when: 'border/flow surge precedes first control-plane anomaly by more than uncertainty',
  },
  'ord.unresolved': {
    family: 'order',
    plane: null,
    routing: 0,
    flood: 0,
    when: 'intervals overlap: no ordering claimed',
  },
  'sp.on_saturated': {
    family: 'space',
    plane: null,
    routing: -8,
    flood: 6,
    when: 'routing losses sit exactly on the saturated links',
  },
  'sp.many_pops': {
    family: 'space',
    plane: null,
    routing: 8,
    flood: -4,
    when: 'loss in ≥ 3 POPs without saturated links',
  },
  'sp.one_target': {
    family: 'space',
    plane: null,
    routing: -5,
    flood: 5,
    when: 'loss confined to one prefix/service/link',
  },
  'pr.inside_fail': {
    family: 'probe',
    plane: 'probe',
    routing: 7,
    flood: -1,
    when: 'inside-to-inside probes fail in ≥ 3 POPs',
  },
  'pr.victim_only': {
    family: 'probe',
    plane: 'probe',
    routing: -4,
    flood: 4,
    when: 'probes fail only towards the loaded target or across saturated links',
  },
  'pr.ok': {
    family: 'probe',
    plane: 'probe',
    routing: -4,
    flood: -4,
    when: 'probes fine: no service impact',
  },
  'ctx.change': {
    family: 'context',
    plane: 'change',
    routing: 8,
    flood: -1,
    when: 'config commit / change ticket on an own router within 15 min before onset',
  },
  'ctx.ours_upstream': {
    family: 'context',
    plane: 'change',
    routing: 4,
    flood: 0,
    when: 'upstream or neighbour reports a routing incident',
  },
} as const satisfies Record<string, EvidenceSpec>

export type EvidenceId = keyof typeof evidence

/** When something began, give or take: the truth lies in [at − within, at + within]. */
export interface Onset {
  readonly at: Instant
  readonly within: Span
}

/** One piece of evidence, found. */
export interface Finding {
  readonly id: EvidenceId
  /** With numbers and what is usual, for people. */
  readonly because: string
  readonly onset: Onset | null
  /** POPs, links or routers it was seen at; no address of anybody. */
  readonly where: readonly string[]
  /** Part of the weight it has, 0 … 1; all of it when absent. */
  readonly factor?: number
}
