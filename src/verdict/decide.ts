// From two sums to a cause. The gates come first, in this order: what only our own witnesses have seen is
// taken out, planned work explains what lies in its scope, a mitigation what it was made to do. Then the
// table of fault-vs-flood.md §3.3 decides.

import type { EvidenceId } from '../core/evidence.ts'
import type { Cause } from '../core/verdict.ts'
import { ESTABLISHED, type Item, type Sum, specOf, sumOf } from './axes.ts'

export interface Gates {
  /** Why all that is odd in BGP is the doing of a collector; null: it is not. */
  readonly artefact: string | null
  /** Why planned work explains it; null: there is none, or something lies outside of its scope. */
  readonly planned: string | null
  readonly mitigation: {
    readonly because: string
    /** All that changed in BGP is what this mitigation does. */
    readonly explainsBgp: boolean
    /** It does harm beyond its target: it is the fault. */
    readonly isFault: boolean
  } | null
}

export const noGates: Gates = { artefact: null, planned: null, mitigation: null }

export interface Decision {
  readonly cause: Cause
  readonly because: string
  readonly routing: Sum
  readonly flood: Sum
  /** What was weighed: without what a gate has taken out. */
  readonly items: readonly Item[]
  /** A gate decided, so that no sum says how sure it is. */
  readonly gated: boolean
}

/** What a failing network does to its resolvers, and no attacker needs to. */
const retries: readonly EvidenceId[] = [
  'dns.diffuse',
  'dns.same_names',
  'dns.upstream_fail',
  'fl.src_known',
]
/** What can only be said where there is more than usual. */
const surges: readonly EvidenceId[] = [
  'dns.concentrated',
  'dns.diffuse',
  'dns.outside',
  'dns.random_names',
  'fl.shift_from_neighbor',
  'fl.src_known',
  'fl.src_new',
  'fl.victim_conc',
  'in.mild',
  'in.surge',
]

/** Below this a sum says nothing, not even which way it leans. */
export const LEANS = 3

export function decide(found: readonly Item[], gates: Gates): Decision {
  const { artefact, planned, mitigation } = gates
  const fault = mitigation?.isFault ?? false
  const explaining = mitigation?.explainsBgp && !fault ? mitigation : null
  const items =
    artefact !== null || explaining
      ? found.filter((item) => !isBgp(item, artefact !== null))
      : found
  const routing = sumOf(items, 'routing', fault)
  const flood = sumOf(items, 'flood')
  const as = (cause: Cause, because: string, gated = false): Decision => ({
    cause,
    because,
    routing,
    flood,
    items,
    gated,
  })
  const none = !routing.established && !flood.established
  // A sum that leans without being enough is not the collector's doing: that is left open.
  if (artefact !== null && none && Math.max(routing.db, flood.db) < LEANS)
    return as('collector-artefact', artefact, true)
  if (planned !== null && !flood.established) return as('planned-maintenance', planned, true)
  if (explaining && !routing.established)
    return as('mitigation', `${explaining.because}; ${floodBehind(flood)}`, true)
  const has = (id: EvidenceId) => items.some((item) => item.id === id)
  const collateral = has('ord.traffic_first') && has('sp.on_saturated')
  const retrying = retries.filter(has).length >= 2 && surges.some(has)
  // Planned work explains the routing half of it.
  if (flood.established && (!routing.established || planned !== null))
    return collateral
      ? as('flood-with-routing-collateral', `${established('flood', flood)}; ${FIRST}`)
      : as('traffic-flood', established('flood', flood))
  if (routing.established) {
    const why = fault && mitigation ? `${mitigation.because}; ` : ''
    const says = `${why}${established('routing fault', routing)}`
    if (flood.established && collateral)
      return as('flood-with-routing-collateral', `${established('flood', flood)}; ${FIRST}`)
    if (retrying)
      return as(
        'routing-fault-with-secondary-surge',
        `${says}; the surge is made of retries: ${retries.filter(has).join(', ')}`,
      )
    if (flood.established)
      return as(
        'concurrent-fault-and-flood',
        `${says}, and ${established('flood', flood)}; nothing shows that one made the other`,
      )
    return as('routing-fault', says)
  }
  return as('undetermined', open(routing, flood))
}

const FIRST = 'traffic came first, and what was lost sits on the links it filled'

const isBgp = ({ id }: Item, all: boolean): boolean => {
  const { family, routing } = specOf(id)
  return family === 'bgp' && (all || routing > 0)
}

function established(what: string, { db, support, byItself }: Sum): string {
  const by = support.length > 0 ? ` by ${support.join(', ')}` : ''
  const itself = byItself === null ? '' : `, and ${byItself} is one by itself`
  return `a ${what} is established at ${signed(db)}${by}${itself}`
}

function open(routing: Sum, flood: Sum): string {
  const of = (what: string, { db, support, witnessed }: Sum) => {
    if (db < ESTABLISHED) return `${what} ${signed(db)}`
    const lacks = witnessed
      ? `only ${support.join(', ') || 'nothing'} supports it`
      : 'nothing that is seen of traffic supports it'
    return `${what} ${signed(db)}, but ${lacks}`
  }
  return `neither is established: ${of('routing fault', routing)}, ${of('flood', flood)}`
}

function floodBehind({ established, db }: Sum): string {
  if (established) return `a flood behind it is confirmed at ${signed(db)}`
  return db >= LEANS
    ? `a flood behind it is presumed at ${signed(db)}`
    : 'what it is for is unknown'
}

const signed = (db: number): string =>
  `${db > 0 ? '+' : db < 0 ? '−' : ''}${Math.round(Math.abs(db))} dB`
