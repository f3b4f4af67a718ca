// The watched operator's own network, as its telemetry sees it: places, routers, links at the border,
// resolvers. And what may be the matter with it at one instant, in the terms of the models beside.

import type { Asn } from '../core/asn.ts'
import type { Span } from '../core/time.ts'

export const POPS = ['seoul', 'incheon', 'daejeon', 'daegu', 'gwangju', 'busan'] as const

export type Pop = (typeof POPS)[number]

export interface BorderLink {
  readonly name: string
  readonly pop: Pop
  readonly router: string
  /** Who is at the far end. */
  readonly peer: string
  /** bit/s, in each direction. */
  readonly capacity: number
  /** Prefixes received over it, and how many may be. */
  readonly prefixes: number
  readonly limit: number
}

export interface CoreLink {
  readonly name: string
  readonly ends: readonly [Pop, Pop]
}

export interface Resolver {
  readonly name: string
  readonly pop: Pop
  readonly subscribers: number
}

export interface Network {
  readonly routers: readonly { readonly name: string; readonly pop: Pop }[]
  readonly border: readonly BorderLink[]
  readonly core: readonly CoreLink[]
  readonly resolvers: readonly Resolver[]
  /** Own services that are probed from outside. */
  readonly targets: readonly string[]
}

const G = 1e9
const TRANSIT = { capacity: 400 * G, prefixes: 950_000, limit: 1_200_000 }
const PEERING = { capacity: 200 * G, prefixes: 24_000, limit: 60_000 }

/** Three who sell transit, three peers; a ring of places with two chords. */
export function operatorNetwork(providers: readonly Asn[]): Network {
  const at = (name: string, pop: Pop, peer: string, kind: typeof TRANSIT): BorderLink => ({
    name,
    pop,
    router: `${pop}-edge`,
    peer,
    ...kind,
  })
  const [a = 174, b = 1299, c = 3356] = providers
  const chords: readonly [Pop, Pop][] = [
    ['seoul', 'daejeon'],
    ['daegu', 'gwangju'],
  ]
  const ring = POPS.map((pop, i): [Pop, Pop] => [pop, POPS[(i + 1) % POPS.length] as Pop])
  return {
    routers: POPS.flatMap((pop) => [
      { name: `${pop}-core`, pop },
      ...(['seoul', 'busan', 'daejeon'].includes(pop) ? [{ name: `${pop}-edge`, pop }] : []),
    ]),
    border: [
      at('transit-1', 'seoul', `AS${a}`, TRANSIT),
      at('transit-2', 'busan', `AS${b}`, TRANSIT),
      at('transit-3', 'daejeon', `AS${c}`, TRANSIT),
      at('peering-1', 'seoul', 'exchange-1', PEERING),
      at('peering-2', 'busan', 'exchange-2', PEERING),
      at('peering-3', 'daejeon', 'exchange-3', PEERING),
    ],
    core: [...ring, ...chords].map((ends) => ({ name: ends.join('-'), ends })),
    resolvers: [
      { name: 'resolver-seoul', pop: 'seoul', subscribers: 600_000 },
      { name: 'resolver-daejeon', pop: 'daejeon', subscribers: 300_000 },
      { name: 'resolver-busan', pop: 'busan', subscribers: 400_000 },
    ],
    targets: ['web', 'mail', 'resolver-busan'],
  }
}

/** Traffic from outside that nobody here asked for. */
export interface Flood {
  /** bit/s over the whole border, before anything is full. */
  readonly bps: number
  /** Octets of a packet. */
  readonly length: number
  /** Where it arrives; over all links by size when absent. */
  readonly links?: readonly string[]
  /** Parts of it, 0 … 1: from ports that amplify, nothing but SYN, all of one length. */
  readonly reflected: number
  readonly syn: number
  readonly oneLength: number
  /** Parts towards a single destination, and from sources never seen before. */
  readonly victim: number
  readonly fresh: number
  /** How much leaves for each bit that comes, because it is a worm and own hosts have it. */
  readonly leaving?: number
}

/** Clients of a resolver that ask on somebody's behalf. */
export interface Bots {
  readonly resolvers: readonly string[]
  readonly clients: number
  /** Queries a second of each. */
  readonly rate: number
  readonly randomNames: boolean
  readonly outside: boolean
  /** Part of their queries that nobody answers, because whoever should is drowned. */
  readonly unanswered: number
}

export interface Conditions {
  /** What people want, as a multiple of what they usually do. */
  readonly demand: number
  /** Part of the ordinary traffic, in both directions, that finds no way. */
  readonly lost: number
  readonly flood: Flood | null
  /** Packets a second dropped for want of a route, and by rules. */
  readonly unroutable: number
  readonly policed: number
  /** IGP, as multiples of the usual: entries, shortest-path runs, purges. */
  readonly entries: number
  readonly runs: number
  readonly purges: number
  /** Load of routing processes, 0 … 1, and packets a second dropped in front of the route engine. */
  readonly routingLoad: number
  readonly punted: number
  /** Links, of the core or at the border, that have lost their adjacency. */
  readonly deadAdjacencies: readonly string[]
  /** Links at the border that have lost their BGP session. */
  readonly deadSessions: readonly string[]
  /** What neighbours send, as a multiple. */
  readonly received: number
  /** Part of the lookups in need of the outside that get no answer. */
  readonly failing: number
  /** How often a program asks again when its stub resolver has given up. */
  readonly appRetries: number
  /** Resolvers whose switch in front loses answers: they work, and their clients hear half of it. */
  readonly lossyFronts: readonly string[]
  readonly bots: Bots | null
  /** Places whose probes to each other fail, and the target whose probes from outside do. */
  readonly failingPops: readonly Pop[]
  readonly failingTarget: string | null
}

export const calm: Conditions = {
  demand: 1,
  lost: 0,
  flood: null,
  unroutable: 0,
  policed: 0,
  entries: 1,
  runs: 1,
  purges: 1,
  routingLoad: 0.15,
  punted: 0,
  deadAdjacencies: [],
  deadSessions: [],
  received: 1,
  failing: 0,
  appRetries: 4,
  lossyFronts: [],
  bots: null,
  failingPops: [],
  failingTarget: null,
}

/** Something that is the matter for a while; spans count from the onset. */
export interface Phase {
  readonly from: Span
  readonly until: Span
  /** Until it is there in full, and until it is gone. */
  readonly ramp: Span
  readonly is: Partial<Conditions>
}

/** How much of a phase is there, 0 … 1. */
function strength({ from, until, ramp }: Phase, since: Span): number {
  if (since <= from || since >= until + ramp) return 0
  const rise = ramp > 0 ? (since - from) / ramp : 1
  const fall = ramp > 0 ? (until + ramp - since) / ramp : 1
  return Math.min(1, rise, fall)
}

/** What is the matter so long after the onset: numbers grow with a phase, all else is there or not. */
export function conditionsAt(phases: readonly Phase[], since: Span): Conditions {
  const out: Record<string, unknown> = { ...calm }
  for (const phase of phases) {
    const part = strength(phase, since)
    if (part === 0) continue
    for (const [name, value] of Object.entries(phase.is)) {
      const usual = calm[name as keyof Conditions]
      if (typeof value === 'number' && typeof usual === 'number')
        out[name] = (out[name] as number) + (value - usual) * part
      else if (name === 'flood' && value !== null) {
        const flood = value as Flood
        out[name] = { ...flood, bps: flood.bps * part }
      } else if (part >= 0.5) out[name] = value
    }
  }
  return out as unknown as Conditions
}
