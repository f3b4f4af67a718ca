// What every vantage point hears when something changes: BGP itself, message by message. Each AS
// keeps what its neighbours told it, picks its best route and tells on, no faster than its
// router's interval allows (RFC 4271 §9.2.1.1). Path exploration (longer and longer detours
// before a route is finally gone) is not scripted here; it comes out by itself.

import type { Asn } from '../core/asn.ts'
import { type Instant, minutes, seconds } from '../core/time.ts'
import type { Dice } from './dice.ts'
import { type Due, Heap } from './heap.ts'
import type { Internet, Router } from './internet.ts'
import type { Edge } from './links.ts'
import { mayExport, type Path, prefers, samePath, stableRoutes } from './routes.ts'
import type { Heard, Trigger } from './trigger.ts'

/** A message's way from one router's decision to the next one's: queues, CPU, distance. */
const DELAY = { median: seconds(1.8), sigma: 1, most: seconds(15) }
const SETTLED = -minutes(60)

interface Ask extends Due {
  /** Index of the edge, or of the session behind all edges. */
  readonly edge: number
  /** undefined: the interval is over; otherwise what arrives. */
  readonly path: Path | null | undefined
}

/** What the sessions of the atom's family hear of it; triggers in order of time. */
export function propagate(
  net: Internet,
  atom: { readonly origin: number; readonly afi: number; readonly absent?: true },
  triggers: readonly Trigger[],
  dice: Dice,
): Heard[] {
  return triggers.length === 0 ? [] : new Propagation(net, atom, triggers, dice).run(triggers)
}

class Propagation {
  readonly #net: Internet
  readonly #dice: Dice
  readonly #origin: number
  /** Edges, then one outlet a session. */
  readonly #outlets: number[][]
  readonly #near: number[]
  /** Per outlet: what was told last, when it may speak again, whether it waits, last arrival. */
  readonly #told: (Path | null)[]
  readonly #ready: Float64Array
  readonly #waits: Uint8Array
  readonly #arrived: Float64Array
  /** Per edge: what its far end told its near end. */
  readonly #known: (Path | null)[]
  readonly #down = new Set<number>()
  readonly #leaks = new Set<number>()
  readonly #prepends = new Map<number, number>()
  /** Per node: the edge its best route came over, -1 own, -2 none; and the path it tells. */
  readonly #best: Int32Array
  readonly #tells: (Path | null)[]
  readonly #heap = new Heap<Ask>()
  readonly #heard: Heard[] = []
  /** Node → what it announces by itself. */
  readonly #own = new Map<number, Path>()

  constructor(
    net: Internet,
    atom: { origin: number; afi: number; absent?: true },
    triggers: readonly Trigger[],
    dice: Dice,
  ) {
    this.#net = net
    this.#dice = dice
    this.#origin = atom.origin
    const edges = net.edges.length
    this.#near = net.edges.map((e) => e.from)
    const audible = new Uint8Array(net.asns.length)
    audible[net.multihomed] = 1
    // Who leaks has heard it first.
    for (const { kind, ...trigger } of triggers)
      if (kind === 'leak' && 'edges' in trigger)
        for (const e of trigger.edges) audible[this.#edge(e).from] = 1
    for (const link of net.latent ?? []) this.#down.add(2 * link).add(2 * link + 1)
    for (const e of net.edges) if (e.role === 'customer') audible[e.from] = 1
    for (const session of net.sessions) audible[session.node] = 1
    // Whoever has nobody to tell can be left out: most of the Internet is edge.
    this.#outlets = net.out.map((list) => list.filter((e) => audible[this.#edge(e).to]))
    net.sessions.forEach((session, i) => {
      if (session.afi === atom.afi) this.#outlets[session.node]?.push(edges + i)
      this.#near.push(session.node)
    })
    const outlets = edges + net.sessions.length
    this.#ready = new Float64Array(outlets).fill(SETTLED)
    this.#arrived = new Float64Array(outlets).fill(SETTLED)
    this.#waits = new Uint8Array(outlets)
    this.#told = Array(outlets).fill(null)
    this.#known = Array(edges).fill(null)
    const routes = atom.absent
      ? Array<null>(net.asns.length).fill(null)
      : stableRoutes(net, atom.origin)
    if (!atom.absent) this.#own.set(atom.origin, [net.asns[atom.origin] as Asn])
    this.#best = Int32Array.from(routes, (r) => r?.via ?? -2)
    this.#tells = routes.map((r, node) => r && [net.asns[node] as Asn, ...r.path])
    for (let node = 0; node < net.asns.length; node++)
      for (const outlet of this.#outlets[node] ?? []) this.#settle(outlet)
  }

  run(triggers: readonly Trigger[]): Heard[] {
    for (const trigger of triggers) {
      this.#work(trigger.at)
      this.#apply(trigger)
    }
    this.#work(Number.POSITIVE_INFINITY)
    return this.#heard
  }

  #edge(e: number): Edge {
    return this.#net.edges[e] as Edge
  }

  #work(until: Instant): void {
    for (let ask = this.#heap.next(until); ask; ask = this.#heap.next(until)) {
      if (ask.path === undefined) {
        this.#waits[ask.edge] = 0
        this.#consider(ask.edge, ask.at)
      } else this.#arrive(ask.edge, ask.path, ask.at)
    }
  }

  #apply(trigger: Trigger): void {
    const { at } = trigger
    switch (trigger.kind) {
      case 'announce':
      case 'withdraw':
        if (trigger.kind === 'withdraw') this.#own.delete(this.#origin)
        else this.#own.set(this.#origin, [this.#net.asns[this.#origin] as Asn])
        this.#choose(this.#origin, at)
        break
      case 'originate':
      case 'cease':
        if (trigger.kind === 'cease') this.#own.delete(trigger.node)
        else this.#own.set(trigger.node, [this.#net.asns[trigger.node] as Asn, ...trigger.tail])
        this.#choose(trigger.node, at)
        break
      case 'prepend':
        this.#prepends.set(trigger.edge, trigger.extra)
        this.#consider(trigger.edge, at)
        break
      case 'leak':
      case 'unleak':
        for (const e of trigger.edges) {
          if (trigger.kind === 'leak') this.#leaks.add(e)
          else this.#leaks.delete(e)
          this.#consider(e, at)
        }
        break
      case 'down':
      case 'up':
        this.#link(trigger.link, trigger.kind === 'up', at)
    }
  }

  /** A session that falls takes what it told with it; one that comes up begins with nothing. */
  #link(link: number, up: boolean, at: Instant): void {
    const both = [2 * link, 2 * link + 1]
    for (const e of both) {
      if (up) this.#down.delete(e)
      else this.#down.add(e)
      this.#known[e] = null
      this.#told[e] = null
      this.#ready[e] = at
    }
    for (const e of both) {
      this.#choose(this.#edge(e).from, at)
      if (this.#outlets[this.#edge(e).from]?.includes(e)) this.#consider(e, at)
    }
  }

  /** What the near end would say over this outlet now. */
  #wish(outlet: number): Path | null {
    const node = this.#near[outlet] as number
    const path = this.#tells[node] ?? null
    const via = this.#best[node] as number
    if (!path || outlet >= this.#net.edges.length) return path
    if (via === outlet || this.#down.has(outlet)) return null
    const learnt = via < 0 ? null : this.#edge(via).role
    if (!mayExport(learnt, this.#edge(outlet).role) && !this.#leaks.has(outlet)) return null
    const extra = via < 0 ? (this.#prepends.get(outlet) ?? 0) : 0
    return extra > 0 ? [...Array<Asn>(extra).fill(path[0] as Asn), ...path] : path
  }

  /** Brings an outlet to where it stands when nothing has happened for long. */
  #settle(outlet: number): void {
    const wish = this.#wish(outlet)
    this.#told[outlet] = wish
    if (outlet < this.#net.edges.length) this.#known[outlet ^ 1] = this.#unlooped(outlet, wish)
  }

  #unlooped(edge: number, path: Path | null): Path | null {
    return path?.includes(this.#net.asns[this.#edge(edge).to] as Asn) ? null : path
  }

  #consider(outlet: number, at: Instant): void {
    const wish = this.#wish(outlet)
    if (this.#waits[outlet] || samePath(wish, this.#told[outlet])) return
    const node = this.#near[outlet] as number
    const ready = this.#ready[outlet] as number
    const { interval, holdsWithdrawals } = this.#net.routers[node] as Router
    const limited = wish !== null || holdsWithdrawals
    if (limited && at < ready) {
      this.#waits[outlet] = 1
      this.#heap.add({ at: ready, edge: outlet, path: undefined })
      return
    }
    this.#told[outlet] = wish
    // Shortened at random by up to a quarter (RFC 4271 §10).
    const pause = interval * (0.75 + 0.25 * this.#dice.float())
    if (limited) this.#ready[outlet] = at + Math.round(pause)
    const delay = Math.min(DELAY.most, this.#dice.lognormal(DELAY.median, DELAY.sigma))
    // TCP keeps the order.
    const arrival = Math.max(at + Math.round(delay), (this.#arrived[outlet] as number) + 1)
    this.#arrived[outlet] = arrival
    this.#heap.add({ at: arrival, edge: outlet, path: wish })
  }

  #arrive(outlet: number, path: Path | null, at: Instant): void {
    const session = outlet - this.#net.edges.length
    if (session >= 0) {
      this.#heard.push({ at, session, path })
      return
    }
    if (this.#down.has(outlet)) return
    const known = this.#unlooped(outlet, path)
    if (samePath(known, this.#known[outlet ^ 1])) return
    this.#known[outlet ^ 1] = known
    this.#choose(this.#edge(outlet).to, at)
  }

  #choose(node: number, at: Instant): void {
    const asn = this.#net.asns[node] as Asn
    let best = -2
    // What is announced by oneself goes before what is heard; an origin that has stopped hears only
    // its own loops, or somebody who took over.
    let path: Path | null = this.#own.get(node) ?? null
    if (path) best = -1
    else {
      for (const e of this.#net.out[node] ?? [])
        if (this.#known[e] && (best < 0 || this.#prefers(e, best))) best = e
      if (best >= 0) path = [asn, ...(this.#known[best] ?? [])]
    }
    if (best === this.#best[node] && samePath(path, this.#tells[node])) return
    this.#best[node] = best
    this.#tells[node] = path
    for (const outlet of this.#outlets[node] ?? []) this.#consider(outlet, at)
  }

  #prefers(a: number, b: number): boolean {
    const learnt = (e: number) => ({ role: this.#edge(e).role, path: this.#known[e] ?? [] })
    return prefers(learnt(a), learnt(b))
  }
}
