// What the operator's own routers hold, session by session. It lies beside the table, not in it: what these
// sessions say is in no numerator and no denominator, and no detector can take one of them for a witness.
// Nothing of it exists before the first router speaks.

import type { Asn } from '../core/asn.ts'
import { type Batch, Message, NO_LONGER_TOLD } from '../core/batch.ts'
import type { Fact } from '../core/fact.ts'
import { pathText } from '../core/path.ts'
import { type Prefix, prefixText } from '../core/prefix.ts'
import type { OwnRoute, OwnRouter, RouterSession, RoutersView } from '../core/routers.ts'
import { type Sample, usualUncertainty } from '../core/sample.ts'
import { type Instant, minutes, type Span, seconds } from '../core/time.ts'
import { ROUTER, type VantagePoints } from '../core/vantage.ts'
import { UNKNOWN_PATH } from '../core/view.ts'
import { AddPaths } from './add-paths.ts'
import { Need, Paths } from './paths.ts'
import { Prefixes } from './prefixes.ts'
import { PATH, Rib, STALE } from './rib.ts'

export interface OwnRoutesLimits {
  readonly prefixes: number
  readonly paths: number
  readonly routes: number
}

/** Some whole tables, as several upstreams of several border routers send them. */
const ownRoutesLimits: OwnRoutesLimits = {
  prefixes: 2_000_000,
  paths: 4_000_000,
  routes: 64_000_000,
}

/** How often received prefixes are counted for the plane `bgp`. */
const COUNT_EVERY: Span = seconds(30)
/** Losses that lie further apart are two stories. */
const PAUSE: Span = minutes(1)
/** A table that is told anew, without End-of-RIB (RFC 4724), is told after so long. */
const LONGEST_RETELLING: Span = minutes(5)
/** So many new paths are met before those that nobody holds are let go. */
const FRESH_PATHS = 1 << 18

const isAnywhere = (address: string): boolean => address === '0.0.0.0' || address === '::'

class Session implements RouterSession {
  readonly id: number
  readonly peer: string
  readonly asn: Asn
  readonly isLocRib: boolean
  up: boolean | null = null
  routes = 0
  lost = 0
  losingSince: Instant | null = null
  lostAt: Instant = Number.NEGATIVE_INFINITY
  regainedAt: Instant | null = null
  /** Routes that have not been told anew yet, and since when that is waited for. */
  stale = 0
  retoldSince: Instant | null = null

  constructor(id: number, peer: string, asn: Asn) {
    this.id = id
    this.peer = peer
    this.asn = asn
    this.isLocRib = isAnywhere(peer)
  }

  loses(count: number, at: Instant): void {
    if (at - this.lostAt > PAUSE) this.losingSince = at
    this.lostAt = at
    this.lost += count
  }
}

class Router implements OwnRouter {
  readonly name: string
  asn: Asn = 0
  sees = true
  resyncs = 0
  readonly sessions: Session[] = []
  /** Labels of its sessions, as they came with their samples. */
  readonly labels = new Map<string, Sample['labels']>()

  constructor(name: string) {
    this.name = name
  }

  /** A Loc-RIB holds a choice of what the sessions hold: both together would count it twice. */
  get routes(): number {
    return this.counted.reduce((sum, { routes }) => sum + routes, 0)
  }

  get counted(): readonly Session[] {
    const neighbours = this.sessions.filter(({ isLocRib }) => !isLocRib)
    return neighbours.some(({ routes, lost }) => routes + lost > 0) ? neighbours : this.sessions
  }
}

/** The tables themselves; made when there is something to hold. */
class Held {
  readonly names: Prefixes
  readonly paths: Paths
  readonly rib: Rib
  readonly more = new AddPaths()

  constructor({ prefixes, paths, routes }: OwnRoutesLimits) {
    this.names = new Prefixes(prefixes)
    this.paths = new Paths(paths)
    this.rib = new Rib(routes)
  }
}

export class OwnRoutes implements RoutersView {
  readonly #vantages: VantagePoints
  readonly #limits: OwnRoutesLimits
  #held: Held | null = null
  readonly #routers = new Map<string, Router>()
  #sorted: readonly Router[] = []
  readonly #sessions = new Map<number, { readonly session: Session; readonly router: Router }>()
  #countAt: Instant = Number.NEGATIVE_INFINITY
  #collected = 0

  constructor(vantages: VantagePoints, limits: Partial<OwnRoutesLimits> = {}) {
    this.#vantages = vantages
    this.#limits = { ...ownRoutesLimits, ...limits }
  }

  /** What there was no room for. */
  get dropped(): number {
    const held = this.#held
    if (!held) return 0
    return held.names.dropped + held.paths.dropped + held.rib.dropped + held.more.dropped
  }

  routers(): readonly OwnRouter[] {
    return this.#sorted
  }

  routesOf({ afi, words, length }: Prefix): readonly OwnRoute[] {
    const held = this.#held
    const [w0 = 0, w1 = 0, w2 = 0, w3 = 0] = words.map((word) => word | 0)
    const prefix = held?.names.find(afi, w0, w1, w2, w3, length) ?? -1
    if (!held || prefix < 0) return []
    return this.#sorted.flatMap(({ name, sessions }) =>
      sessions.flatMap(({ id, peer, asn }) => {
        const path = held.rib.word(id, prefix) & PATH
        const text = prefixText(afi, w0, w1, w2, w3, length)
        return path === 0
          ? []
          : [{ router: name, peer, asn, prefix: text, path: textOf(held.paths, path) }]
      }),
    )
  }

  /** One message of an own session (`VantagePoints.isRouter`). */
  apply(batch: Batch, m: number): void {
    const at = batch.at[m] as number
    const { session, router } = this.#of(batch.vantage[m] as number)
    switch (batch.kind[m]) {
      case Message.update:
      case Message.rib:
        this.#update(batch, m, session, at)
        break
      case Message.sessionUp:
        this.#up(session, at)
        break
      case Message.sessionDown:
        this.#down(session, router, at, batch.detail[m] !== NO_LONGER_TOLD)
        break
      case Message.endOfRib:
        this.#retold(session)
        break
    }
  }

  /** Samples of sessions say whose they are; gaps, whom we do not hear. */
  fact(fact: Fact): void {
    if (fact.kind === 'sample') this.#learn(fact)
    else if (fact.kind === 'gap' || fact.kind === 'gap-end') {
      if (!fact.collector?.startsWith(ROUTER)) return
      const router = this.#routers.get(fact.collector.slice(ROUTER.length))
      if (!router) return
      if (fact.kind === 'gap') this.#lose(router)
      else this.#regain(router)
    }
  }

  /** What follows from a tick: received prefixes, counted now and then. */
  tick(at: Instant): Sample[] {
    const held = this.#held
    if (!held) return []
    for (const { session } of this.#sessions.values())
      if (session.retoldSince !== null && at - session.retoldSince >= LONGEST_RETELLING)
        this.#retold(session)
    if (held.paths.size >= Math.max(FRESH_PATHS, 2 * this.#collected)) this.#collect(held)
    if (at < this.#countAt) return []
    this.#countAt = at + COUNT_EVERY
    return this.#sorted.flatMap((router) => (router.sees ? counts(router, at) : []))
  }

  #of(vantage: number): { readonly session: Session; readonly router: Router } {
    const known = this.#sessions.get(vantage)
    if (known) return known
    const { collector, address, asn } = this.#vantages.get(vantage)
    const name = collector.slice(ROUTER.length)
    const router = this.#routers.get(name) ?? new Router(name)
    this.#routers.set(name, router)
    const session = new Session(vantage, address, asn)
    router.sessions.push(session)
    router.sessions.sort((a, b) => (a.peer < b.peer ? -1 : a.peer > b.peer ? 1 : a.asn - b.asn))
    this.#sorted = [...this.#routers.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
    const made = { session, router }
    this.#sessions.set(vantage, made)
    return made
  }

  #update(batch: Batch, m: number, session: Session, at: Instant): void {
    this.#held ??= new Held(this.#limits)
    const { names, paths, rib, more } = this.#held
    const start = batch.pathStart[m] as number
    const announced =
      start < 0 ? UNKNOWN_PATH : paths.intern(batch.path, start, batch.pathLength[m] as number)
    const to = batch.first[m + 1] as number
    for (let e = batch.first[m] as number; e < to; e++) {
      const prefix = names.intern(
        batch.afi[e] as number,
        batch.word0[e] as number,
        batch.word1[e] as number,
        batch.word2[e] as number,
        batch.word3[e] as number,
        batch.length[e] as number,
      )
      if (prefix < 0) continue
      const id = batch.pathId[e] as number
      let path = batch.announced[e] === 1 ? announced : 0
      if (id !== 0 || more.has(session.id)) path = more.fold(session.id, prefix, id, path)
      const position = rib.at(session.id, prefix, path !== 0)
      if (position < 0) continue
      const word = rib.get(position)
      rib.set(position, path)
      if ((word & STALE) !== 0) session.stale--
      const before = word & PATH
      if (before === 0 && path !== 0) {
        session.routes++
        session.regainedAt = at
      } else if (before !== 0 && path === 0) {
        session.routes--
        session.loses(1, at)
      }
    }
  }

  #up(session: Session, at: Instant): void {
    // Its fall was not told, or not heard: what it does not tell anew is gone.
    if (session.routes > 0) this.#doubt(session, at)
    session.up = true
  }

  /** A router that loses a session has lost what came by it: of its own sessions that is no guess. */
  #down(session: Session, router: Router, at: Instant, isLoss: boolean): void {
    session.up = isLoss ? false : null
    if (!isLoss) router.resyncs++
    if (session.routes === 0) return
    if (router.sees && isLoss) session.loses(session.routes, at)
    this.#drop(session, () => true)
  }

  #drop(session: Session, goes: (word: number) => boolean): void {
    const held = this.#held
    session.stale = 0
    session.retoldSince = null
    held?.rib.sweep(session.id, (_, word) => {
      if ((word & PATH) === 0 || !goes(word)) return word & PATH
      session.routes--
      return 0
    })
    if (session.routes === 0) held?.more.forget(session.id)
  }

  #doubt(session: Session, at: Instant | null): void {
    this.#held?.more.forget(session.id)
    this.#held?.rib.sweep(session.id, (_, word) => ((word & PATH) === 0 ? word : word | STALE))
    session.stale = session.routes
    session.retoldSince = at
  }

  /** What was not told anew went while nobody looked: it is no loss of this instant. */
  #retold(session: Session): void {
    if (session.retoldSince === null) return
    this.#drop(session, (word) => (word & STALE) !== 0)
  }

  #lose(router: Router): void {
    router.sees = false
    for (const session of router.sessions) {
      session.up = null
      this.#doubt(session, null)
    }
  }

  #regain(router: Router): void {
    if (router.sees) return
    router.sees = true
    router.resyncs++
    for (const session of router.sessions) {
      if (session.up === null && !session.isLocRib) session.up = false
      this.#drop(session, (word) => (word & STALE) !== 0)
    }
  }

  #learn({ metric, labels }: Sample): void {
    const { router: name, peer, asn } = labels
    if (metric !== 'session_up' || name === undefined || peer === undefined) return
    const router = this.#routers.get(name)
    if (!router) return
    // A session that nobody has will not be asked for.
    if (router.sessions.some((session) => session.peer === peer)) router.labels.set(peer, labels)
    if (asn !== undefined) router.asn = Number(asn)
  }

  #collect({ paths, rib, more }: Held): void {
    const need = new Uint8Array(paths.count)
    rib.paths((path) => {
      need[path] = Need.full
    })
    for (const path of more.paths()) need[path] = Need.full
    this.#collected = paths.collect(need)
  }
}

const textOf = (paths: Paths, path: number): string =>
  path === UNKNOWN_PATH
    ? '?'
    : pathText(paths.words, paths.start[path] as number, paths.length[path] as number)

/** What each session that is up has received, told as a scrape of the router would. */
function counts({ name, sessions, labels }: Router, at: Instant): Sample[] {
  return sessions.flatMap(({ peer, isLocRib, up, routes, lost }) =>
    isLocRib || up !== true || routes + lost === 0
      ? []
      : [
          {
            kind: 'sample' as const,
            at,
            plane: 'bgp' as const,
            metric: 'rx_prefixes',
            value: routes,
            labels: labels.get(peer) ?? { peer, router: name },
            uncertainty: usualUncertainty.bgp,
          },
        ],
  )
}
