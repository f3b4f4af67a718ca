// A small Internet: who sells transit to whom, who peers, who originates what, and who watches. The
// top is made of real transit-free networks, so that rules about them have something to bite on;
// everything below carries invented numbers from 30000 to 39999.

import type { Asn } from '../core/asn.ts'
import type { Afi } from '../core/prefix.ts'
import { type Span, seconds } from '../core/time.ts'
import type { Dice } from './dice.ts'
import { type Edge, joinMultihomed, joinStubs, joinTransit, joinWatched, Web } from './links.ts'
import { type Atom, makeAtoms } from './space.ts'

/** Transit-free networks that CAIDA's and bgpkit's lists agree on (detection.md §4.4). */
export const CLIQUE: readonly Asn[] = [
  174, 701, 1299, 2914, 3257, 3320, 3356, 5511, 6453, 6762, 7018, 12956,
]

/** How an AS's routers go about telling others. */
export interface Router {
  /** Shortest time between two announcements to one neighbour. */
  readonly interval: Span
  /** Whether withdrawals wait for it too, against the advice of RFC 4271 §9.2.1.1. */
  readonly holdsWithdrawals: boolean
}

/** A BGP session with a collector: one a family, as RIS and RouteViews mostly have them. */
export interface Session {
  readonly collector: string
  readonly address: string
  readonly asn: Asn
  readonly afi: Afi
  /** The AS it is in. */
  readonly node: number
}

export interface InternetOptions {
  /** The AS the story is about; AS4766 when absent. */
  readonly watched?: Asn
  /** Number of ASes, 60 to 5,000; 170 when absent: rich enough for detours, done in a second. */
  readonly ases?: number
  /** About how many prefixes, IPv4 and IPv6 together; 600 when absent. */
  readonly prefixes?: number
  /** Vantage points, each with an IPv4 and an IPv6 session; 20 when absent. */
  readonly vantages?: number
  /** Names of collectors, over which the vantage points are spread; three when absent. */
  readonly collectors?: readonly string[]
}

export interface Internet {
  /** Node → ASN. A node is the index of an AS here. */
  readonly asns: readonly Asn[]
  readonly edges: readonly Edge[]
  /** Links that are not there yet at the start. */
  readonly latent?: ReadonlySet<number>
  /** Node → the edges that leave it. */
  readonly out: readonly (readonly number[])[]
  /** Node → how it speaks. */
  readonly routers: readonly Router[]
  /** Prefixes of one origin that share their fate ("policy atoms", Afek et al. 2002). */
  readonly atoms: readonly Atom[]
  readonly sessions: readonly Session[]
  readonly collectors: readonly string[]
  readonly watched: number
  /** A small customer of transit-free networks, one of them a provider of the watched AS. */
  readonly multihomed: number
}

/**
 * RFC 4271 §10 suggests 30 s between advertisements; some implementations wait not at all, busy
 * routers take longer. With this mix a withdrawn prefix has left half of the vantage points after
 * 35 to 60 s in the median, and the slowest tenth of sessions takes minutes, as measured on
 * route-views2 and rrc01 (detection.md §5.3b).
 */
const INTERVALS = [seconds(0), seconds(0), seconds(30), seconds(30), seconds(30), seconds(60)]
const HOLDS_WITHDRAWALS = 0.5

const COLLECTORS = ['rrc00', 'rrc01', 'route-views2']

export function buildInternet(dice: Dice, options: InternetOptions = {}): Internet {
  const total = options.ases ?? 170
  if (total < 60) throw new RangeError('an Internet of fewer than 60 ASes has no detours')
  if (total > 5_000) throw new RangeError('the invented numbers are enough for 5,000 ASes')
  const watchedAsn = options.watched ?? 4766
  if (CLIQUE.includes(watchedAsn)) throw new RangeError(`AS${watchedAsn} is already at the top`)
  const web = new Web()
  const roll = dice.fork('links')
  const clique = CLIQUE.map((asn) => web.add(asn))
  const watched = web.add(watchedAsn)
  const invent = inventor(web, roll)
  const rest = total - clique.length - 2
  const large = invent(rest * 0.08)
  const small = invent(rest * 0.18)
  const stubs = invent(rest - large.length - small.length)
  const multihomed = invent(1)[0] as number

  const tiers = { clique, large, small, stubs }
  joinTransit(web, roll, tiers)
  joinStubs(web, roll, tiers)
  joinWatched(web, roll, watched, tiers)
  joinMultihomed(web, roll, multihomed, watched, tiers)

  const transits = [...large, ...small]
  const { asns } = web
  const collectors = options.collectors ?? COLLECTORS
  return {
    asns,
    edges: web.edges,
    out: web.out,
    routers: makeRouters(dice.fork('routers'), asns.length),
    atoms: makeAtoms(
      dice.fork('space'),
      asns.length,
      watched,
      new Set(transits),
      options.prefixes ?? 600,
    ),
    sessions: placeSessions(dice.fork('vantages'), web, options.vantages ?? 20, collectors, {
      top: web.providersOf(multihomed),
      clique,
      transits,
      stubs,
    }),
    collectors,
    watched,
    multihomed,
  }
}

/** Adds ASes with numbers nobody has yet. */
function inventor(web: Web, dice: Dice): (count: number) => number[] {
  const used = new Set(web.asns)
  return (count) =>
    Array.from({ length: Math.max(1, Math.round(count)) }, () => {
      let asn = dice.int(30_000, 39_999)
      while (used.has(asn)) asn = dice.int(30_000, 39_999)
      used.add(asn)
      return web.add(asn)
    })
}

const makeRouters = (dice: Dice, count: number): Router[] =>
  Array.from({ length: count }, () => ({
    interval: dice.pick(INTERVALS),
    holdsWithdrawals: dice.chance(HOLDS_WITHDRAWALS),
  }))

/** A quarter at the top, a half in transit networks, a quarter at the edge, over all collectors. */
function placeSessions(
  dice: Dice,
  web: Web,
  count: number,
  collectors: readonly string[],
  from: { top: number[]; clique: number[]; transits: number[]; stubs: number[] },
): Session[] {
  const quarter = Math.ceil(count / 4)
  // Real collectors see the large networks; the ones a leak would go through are among them.
  const top = new Set([...from.top, ...dice.shuffle(from.clique)])
  const transits = dice.some(from.transits, Math.min(from.transits.length, count - 2 * quarter))
  const nodes = [...[...top].slice(0, quarter), ...transits, ...dice.some(from.stubs, quarter)]
  return nodes.slice(0, count).flatMap((node, i) => {
    const c = i % collectors.length
    const collector = collectors[c] ?? ''
    const asn = web.asns[node] as Asn
    const n = 10 + Math.floor(i / collectors.length)
    return [
      { collector, address: `185.1.${c}.${n}`, asn, afi: 4 as const, node },
      {
        collector,
        address: `2001:7f8:${c + 1}::${asn.toString(16)}:1`,
        asn,
        afi: 6 as const,
        node,
      },
    ]
  })
}
