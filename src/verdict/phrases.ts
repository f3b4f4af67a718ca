// Evidence and causes in words that fit into a sentence: "… would make it …".

import type { EvidenceId } from '../core/evidence.ts'
import type { Plane } from '../core/sample.ts'
import type { Cause } from '../core/verdict.ts'

/** What somebody would have to see. */
export const sights: Record<EvidenceId, string> = {
  'bgp.vis_broad': 'own prefixes lost at many collectors',
  'bgp.vis_partial': 'some of the own prefixes lost',
  'bgp.vis_slow': 'own prefixes lost one after another',
  'bgp.leak': 'own prefixes on a way they never take',
  'bgp.origin_foreign': 'own prefixes originated by somebody else',
  'bgp.churn': 'ten times the usual updates for own prefixes',
  'bgp.flap': 'own prefixes that come and go',
  'bgp.session_down_some': 'external BGP sessions down on some links',
  'bgp.rx_prefix_flood': 'a neighbour announcing five times its usual prefixes',
  'bgp.quiet': 'own prefixes fully visible',
  'igp.lsdb_jump': 'an IS-IS or OSPF table of three times its usual size',
  'igp.spf_storm': 'ten times the usual shortest-path runs',
  'igp.adj_loss': 'adjacencies lost on links that are not full',
  'igp.adj_loss_saturated': 'adjacencies lost on full links only',
  'igp.normal': 'IS-IS or OSPF as usual',
  'cpu.routing': 'route engines busy with routing',
  'cpu.punt': 'packets dropped in front of the route engines',
  'in.surge': 'border inflow above 3 × its forecast',
  'in.ratio': 'twice the usual inflow for each bit that leaves',
  'in.detector': 'a detector of floods firing for an own host',
  'in.saturated': 'a full border link',
  'in.collapse': 'border traffic falling both ways, with no link full',
  'in.normal': 'border inflow within its forecast',
  'in.mild': 'border inflow of 1.5 to 3 × its forecast',
  'fl.victim_conc': 'one destination with half of the excess',
  'fl.fingerprint': 'reflected, SYN-only or one-length packets',
  'fl.src_new': 'sources that were never seen before',
  'fl.src_known': 'sources that are subscribers or known of old',
  'fl.unroutable': 'packets dropped as unroutable',
  'fl.policed': 'packets dropped by filters and policers',
  'fl.shift_from_neighbor': 'an excess in the usual mix of services',
  'dns.diffuse': 'DNS excess spread over half of the subscribers',
  'dns.concentrated': 'half of the DNS excess from 1 % of the clients',
  'dns.upstream_fail': 'resolvers that get no answers from outside',
  'dns.same_names': 'the usual names asked for, only more often',
  'dns.random_names': 'random names asked for',
  'dns.outside': 'DNS excess from outside the own address space',
  'ord.routing_first': 'routing broken before the traffic changed',
  'ord.traffic_first': 'traffic changed before routing broke',
  'ord.unresolved': 'an order that cannot be told',
  'sp.on_saturated': 'routing lost exactly on the full links',
  'sp.many_pops': 'losses in three POPs with no link full',
  'sp.one_target': 'losses at one target only',
  'pr.inside_fail': 'inside probes failing in three POPs',
  'pr.victim_only': 'probes failing towards the loaded target only',
  'pr.ok': 'probes that all succeed',
  'ctx.change': 'a change of configuration shortly before',
  'ctx.ours_upstream': 'an upstream that reports routing trouble',
}

/** Behind "would make it". */
export const causeWords: Record<Cause, string> = {
  'routing-fault': 'a routing fault',
  'routing-fault-with-secondary-surge': 'a routing fault with a surge of retries',
  'traffic-flood': 'a traffic flood',
  'flood-with-routing-collateral': 'a flood that broke routing',
  'concurrent-fault-and-flood': 'a fault and a flood at once',
  mitigation: 'a mitigation',
  'collector-artefact': 'an artefact of a collector',
  'planned-maintenance': 'planned maintenance',
  undetermined: 'undetermined',
}

/** What one asks for when a plane is blind. */
export const planeWords: Record<Plane, string> = {
  bgp: 'routing as others see it',
  igp: 'IS-IS or OSPF and its routers',
  ingress: 'border inflow',
  flow: 'sources and targets of the traffic',
  dns: 'who asks the resolvers, and for what',
  probe: 'probes from inside',
  change: 'changes of configuration',
}
