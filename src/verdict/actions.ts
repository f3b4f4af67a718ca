// What to do first, what not to do, and what may be said outside. The last never claims more than is
// established: a cause once announced outlives the fault by hours.

import type { EvidenceId } from '../core/evidence.ts'
import type { Cause, Verdict } from '../core/verdict.ts'
import type { Item } from './axes.ts'

export interface Acted {
  readonly cause: Cause
  readonly items: readonly Item[]
  readonly ruledOut: Verdict['ruledOut']
  /** The mitigation that is itself the fault; null: none is. */
  readonly harm: string | null
  /** Whether it is a network of ours: of others there is nothing to mend. */
  readonly watched: boolean
}

export type Actions = Pick<Verdict, 'doFirst' | 'doNot' | 'say'>

export function actionsFor(acted: Acted): Actions {
  if (!acted.watched)
    return {
      doFirst: 'look whether we depend on it; tell its operator what is seen',
      doNot: 'change anything of ours for this alone',
      say:
        acted.cause === 'routing-fault'
          ? 'Another network has a routing problem.'
          : 'Another network may be disturbed; what it is is not known.',
    }
  return {
    doFirst: doFirst(acted),
    doNot: doNot[acted.cause],
    say: [says(acted), ...aboutFlood(acted)].join(' '),
  }
}

const doNot: Record<Cause, string> = {
  'routing-fault': 'restart resolvers or servers: they are not broken',
  'routing-fault-with-secondary-surge':
    'block or rate-limit own subscribers, or call it a DDoS: they only repeat their questions',
  'traffic-flood': 'reload routers: it takes away what still carries traffic',
  'flood-with-routing-collateral': 'roll back changes that have nothing to do with it',
  'concurrent-fault-and-flood': 'wait with one until the other is solved',
  mitigation: 'call in whoever is on duty for BGP: these routes are meant',
  'collector-artefact': 'touch routers: only our view of them is disturbed',
  'planned-maintenance': 'break off the work for this alone',
  undetermined: 'announce a cause',
}

function doFirst({ cause, items, harm }: Acted): string {
  const of = (id: EvidenceId) => items.find((item) => item.id === id)?.because
  const cure = harm === null ? mend(of) : `take the mitigation back: ${harm}`
  switch (cause) {
    case 'routing-fault':
      return cure
    case 'routing-fault-with-secondary-surge':
      return `serve stale DNS answers; ${cure}`
    case 'traffic-flood':
      return of('dns.concentrated') !== undefined || of('dns.random_names') !== undefined
        ? 'at the resolvers, block the few clients that ask most, and filter the names'
        : 'divert to the scrubber or filter the target at the border; tell the upstreams'
    case 'flood-with-routing-collateral':
      return 'guard the routers’ own traffic (policer, BGP first); move sessions off full links; then filter'
    case 'concurrent-fault-and-flood':
      return `two leads: filter the flood; ${cure}`
    case 'mitigation':
      return 'check that it covers its target and no more; set a time for taking it back'
    case 'collector-artefact':
      return 'look through a second collector; open a ticket for the first'
    case 'planned-maintenance':
      return 'ask whoever does the work whether this is expected'
    case 'undetermined':
      return 'get what is missing; treat the symptoms'
  }
}

/** By what is known of the fault: who can end it, and how. */
function mend(of: (id: EvidenceId) => string | undefined): string {
  const change = of('ctx.change')
  if (of('bgp.origin_foreign') !== undefined)
    return 'call the foreign originator and its upstreams; announce more-specifics'
  if (of('bgp.leak') !== undefined)
    return 'call the network that leaks our routes, and its upstreams to filter'
  if (change !== undefined) return `freeze changes; look at this one and roll it back: ${change}`
  if (of('bgp.rx_prefix_flood') !== undefined)
    return 'shut the session that floods prefixes, and call the neighbour'
  if (of('igp.lsdb_jump') !== undefined)
    return 'freeze changes; isolate the router that fills the IGP table'
  if (of('ctx.ours_upstream') !== undefined)
    return 'freeze changes; move traffic to another upstream'
  return 'freeze changes; find and isolate the first router with trouble'
}

/** Short enough for one line of the page, with what is said of an attack. */
function says({ cause, items, harm }: Acted): string {
  const outside = items.some(({ id }) => id === 'bgp.leak' || id === 'bgp.origin_foreign')
  switch (cause) {
    case 'routing-fault':
      if (harm !== null) return 'A filter of ours disturbs traffic; we are taking it back.'
      return outside
        ? 'Routes to our network are disturbed outside of it; we work on it.'
        : 'We have a routing problem and are working on it.'
    case 'routing-fault-with-secondary-surge':
      if (harm !== null)
        return 'A filter of ours disturbs traffic, and devices try again and again.'
      return outside
        ? 'Routes to us are disturbed outside; name servers are busy with retries.'
        : 'We have a routing problem; the load on our name servers follows from it.'
    case 'traffic-flood':
      return 'Far more traffic than usual arrives; we are filtering it. Who sends it is not known.'
    case 'flood-with-routing-collateral':
      return 'A flood of traffic fills some of our links and disturbs routing; we are filtering it.'
    case 'concurrent-fault-and-flood':
      return 'A routing problem and a flood of traffic at once; whether they are connected is not known.'
    case 'mitigation':
      return 'Traffic to a part of our network is diverted or filtered on purpose.'
    case 'collector-artefact':
      return 'There is nothing to announce: a measuring point has lost its view.'
    case 'planned-maintenance':
      return 'Planned work is under way.'
    case 'undetermined':
      return 'We see a disturbance and are looking for its cause.'
  }
}

function aboutFlood({ cause, ruledOut }: Acted): string[] {
  const asks = cause.startsWith('routing-fault') || cause === 'undetermined'
  return asks && ruledOut.includes('traffic-flood') ? ['No sign of an attack.'] : []
}
