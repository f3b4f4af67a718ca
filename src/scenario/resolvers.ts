// Resolvers and those who ask them. Nobody has to attack for a storm: when answers stay away, a stub asks
// three times, the program behind it asks again, and what caches knew runs out (Moura et al., IMC 2018).

import type { Instant, Span } from '../core/time.ts'
import { ofTheDay, type Reading, reading, share } from './gauge.ts'
import type { Bots, Conditions, Network, Resolver } from './network.ts'
import { resolverFlows } from './traffic.ts'

/** Queries a second of one subscriber on an ordinary day, and how the busy differ from the idle. */
const ASKS = 0.04
const SPREAD = 0.5
/** Part of the lookups that the resolver knows the answer to, and after how long it knows no more. */
const CACHED = 0.75
const LIFETIME: Span = 240e6
const REFILLED: Span = 60e6
/** Queries of a stub that gets no answer. */
const STUB = 3
/** Part of the failures that the client hears of, as SERVFAIL; of the others it hears nothing. */
const TOLD = 0.7
/** Part of the answers that a broken switch in front of a resolver loses. */
const FRONT_LOSES = 0.4
/** What is ordinary: parts, and bits a character. */
const USUAL = {
  servfail: 0.004,
  timeout: 0.012,
  duplicate: 0.02,
  nxdomain: 0.12,
  anyTxt: 0.01,
  entropy: 2.7,
  distance: 0.04,
  top: 0.09,
  diffuse: 0.02,
  outside: 0.001,
}
const RANDOM_ENTROPY = 4.4

/** What the clients of one resolver do. */
export interface Asked {
  /** Queries a second. */
  readonly legitimate: number
  readonly bots: number
  /** As a multiple of what its subscribers ask on an ordinary day. */
  readonly multiple: number
  /** Parts of the legitimate ones that fail, and that repeat one still waiting. */
  readonly failed: number
  readonly repeated: number
}

/** How many queries a lookup becomes when a part of all lookups fails. */
export const amplification = (failed: number, appRetries: number): number =>
  1 - failed + failed * STUB * (1 + appRetries)

export class Resolvers {
  readonly #net: Network
  /** Resolver → how much of its cache is still good, 0 … 1. */
  readonly #warm = new Map<string, number>()
  #last: Instant | null = null

  constructor(net: Network) {
    this.#net = net
  }

  /** Time goes on; then all that can be read at that instant. */
  read(at: Instant, is: Conditions): Reading[] {
    const step = this.#last === null ? 0 : at - this.#last
    this.#last = at
    const asked = this.#net.resolvers.map((resolver) => ({
      resolver,
      asked: this.#ask(resolver, at, step, is),
    }))
    const all = asked.reduce((n, one) => n + one.asked.legitimate + one.asked.bots, 0)
    const foreign = is.bots?.outside ? asked.reduce((n, one) => n + one.asked.bots, 0) / all : 0
    return [
      ...asked.flatMap((one) => readings(one.resolver, one.asked, is)),
      ...resolverFlows(all, foreign),
    ]
  }

  #ask(resolver: Resolver, at: Instant, step: Span, is: Conditions): Asked {
    const before = this.#warm.get(resolver.name) ?? 1
    const warm =
      is.failing > 0
        ? before * Math.exp((-step * is.failing) / LIFETIME)
        : 1 - (1 - before) * Math.exp(-step / REFILLED)
    this.#warm.set(resolver.name, warm)
    const usual = resolver.subscribers * ASKS * ofTheDay(at)
    const failed = is.failing * (1 - CACHED * warm)
    // What the switch in front loses the resolver has answered: to it nothing fails, nothing repeats.
    const unheard = is.lossyFronts.includes(resolver.name) ? FRONT_LOSES : 0
    const multiple = amplification(failed, is.appRetries) * amplification(unheard, is.appRetries)
    const legitimate = usual * multiple
    const tries = (failed * STUB * (1 + is.appRetries)) / amplification(failed, is.appRetries)
    return {
      legitimate,
      bots: is.bots?.resolvers.includes(resolver.name) ? is.bots.clients * is.bots.rate : 0,
      multiple,
      failed: tries,
      repeated: (tries * (STUB - 1)) / STUB,
    }
  }
}

function readings(resolver: Resolver, asked: Asked, is: Conditions): Reading[] {
  const labels = { resolver: resolver.name }
  const { legitimate, bots, failed, repeated, multiple } = asked
  const total = legitimate + bots
  const malicious: Bots | null = bots > 0 ? is.bots : null
  const mixed = (usual: number, those: number) => (legitimate * usual + bots * those) / total
  const lost = malicious?.unanswered ?? 0
  const random = malicious?.randomNames ?? false
  const heavy = malicious && malicious.clients < resolver.subscribers / 100
  return [
    reading('dns', 'qps', labels, total),
    share('dns', 'servfail_ratio', labels, mixed(USUAL.servfail + failed * TOLD, lost * TOLD)),
    share(
      'dns',
      'timeout_ratio',
      labels,
      mixed(USUAL.timeout + 0.9 * is.failing * (failed > 0 ? 1 : 0), lost),
    ),
    share('dns', 'duplicate_ratio', labels, mixed(USUAL.duplicate + repeated * 0.9, lost * 0.6)),
    share(
      'dns',
      'nxdomain_ratio',
      labels,
      mixed(USUAL.nxdomain * (1 - failed), random ? 1 - lost : USUAL.nxdomain),
    ),
    share('dns', 'any_txt_ratio', labels, USUAL.anyTxt),
    reading(
      'dns',
      'label_entropy',
      labels,
      mixed(USUAL.entropy, random ? RANDOM_ENTROPY : USUAL.entropy),
      0.01,
    ),
    share('dns', 'name_distance', labels, mixed(USUAL.distance, random ? 0.95 : 0.1), 0.1),
    share('dns', 'top1pct_source_share', labels, mixed(USUAL.top, heavy ? 1 : USUAL.top)),
    share('dns', 'diffuse_source_share', labels, diffuse(multiple)),
    share('dns', 'outside_source_share', labels, mixed(USUAL.outside, malicious?.outside ? 1 : 0)),
  ]
}

/** Part of the subscribers who ask 2 to 30 times as much, when they ask `multiple` times on average. */
export function diffuse(multiple: number): number {
  const below = (times: number) => normal(Math.log(times / multiple) / SPREAD)
  return USUAL.diffuse + (1 - USUAL.diffuse) * Math.max(0, below(30) - below(2) - BASE)
}

/** Φ, to three digits (Abramowitz and Stegun 26.2.17 in its shortest form). */
function normal(z: number): number {
  const t = 1 / (1 + 0.33267 * Math.abs(z))
  const tail =
    (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) *
    t *
    (0.4361836 + t * (-0.1201676 + t * 0.937298))
  return z < 0 ? tail : 1 - tail
}

/** Those who do so on any day. */
const BASE = 1 - normal(Math.log(2) / SPREAD)
