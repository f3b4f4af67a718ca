// Where events are arranged: an Internet that can still be added to, who is free when, and a list of
// what has been promised to happen.

import type { Asn } from '../core/asn.ts'
import type { Afi } from '../core/prefix.ts'
import { type Instant, minutes, type Span, seconds } from '../core/time.ts'
import type { Dice } from './dice.ts'
import type { Played, Wish } from './event.ts'
import type { Internet } from './internet.ts'
import type { Edge, Role } from './links.ts'
import { Plot, type Window } from './plot.ts'
import { stableRoutes } from './routes.ts'
import type { SessionTrouble } from './sessions.ts'
import type { Trigger } from './trigger.ts'

/** A vantage point that does not hear that routes of these atoms are gone. */
export interface Stuck extends Window {
  readonly session: number
  readonly atoms: ReadonlySet<number>
}

/** Draws before it is given up: by then everybody fit is busy. */
const DRAWS = 60
/** What a ROA is for: address space and who may announce it. */
export interface Roa {
  readonly asn: Asn
  readonly prefix: string
  readonly maxLength: number
}

export class Stage {
  readonly plot: Plot
  readonly day: Window
  readonly troubles: SessionTrouble[] = []
  readonly stuck: Stuck[] = []
  /** ROAs that belong to what happens. */
  readonly roas: Roa[] = []
  readonly #edges: Edge[]
  readonly #out: number[][]
  readonly #latent = new Set<number>()
  readonly #cones = new Map<number, ReadonlySet<number>>()
  readonly #vias = new Map<number, Int32Array>()

  constructor(given: Internet, day: Window) {
    this.day = day
    this.#edges = [...given.edges]
    this.#out = given.out.map((list) => [...list])
    this.plot = new Plot({
      ...given,
      edges: this.#edges,
      out: this.#out,
      latent: this.#latent,
    })
  }

  get net(): Internet {
    return this.plot.net
  }

  asn(node: number): Asn {
    return this.net.asns[node] as Asn
  }

  node(who: Asn | 'watched'): number {
    if (who === 'watched') return this.net.watched
    const node = this.net.asns.indexOf(who)
    if (node < 0) throw new RangeError(`AS${who} is not in this Internet`)
    return node
  }

  edge(e: number): Edge {
    return this.#edges[e] as Edge
  }

  /** Edges of a node to those who are this to it, of those that exist from the start. */
  edgesTo(node: number, role: Role): number[] {
    return (this.#out[node] ?? []).filter(
      (e) => this.edge(e).role === role && !this.#latent.has(e >> 1),
    )
  }

  /** A network, its customers, theirs and so on. */
  cone(node: number): ReadonlySet<number> {
    const known = this.#cones.get(node)
    if (known) return known
    const cone = new Set([node])
    for (const member of cone)
      for (const e of this.edgesTo(member, 'customer')) cone.add(this.edge(e).to)
    this.#cones.set(node, cone)
    return cone
  }

  neighbours(node: number): Set<number> {
    return new Set((this.#out[node] ?? []).map((e) => this.edge(e).to))
  }

  /** A link that comes to be later; the edge of its near end. */
  link(from: number, to: number, role: 'provider' | 'peer'): number {
    const edge = this.#edges.length
    const back = role === 'provider' ? 'customer' : 'peer'
    this.#edges.push({ from, to, role }, { from: to, to: from, role: back })
    this.#out[from]?.push(edge)
    this.#out[to]?.push(edge + 1)
    this.#latent.add(edge >> 1)
    return edge
  }

  /** Node → the edge its stable route to an origin comes over, -1 at the origin, -2 for none. */
  vias(origin: number): Int32Array {
    const known = this.#vias.get(origin)
    if (known) return known
    const vias = Int32Array.from(stableRoutes(this.net, origin), (route) => route?.via ?? -2)
    this.#vias.set(origin, vias)
    return vias
  }

  /** The nodes on the way from one to an origin, both included. */
  way(node: number, origin: number): number[] {
    const vias = this.vias(origin)
    const out = [node]
    for (let via = vias[node] ?? -2; via >= 0; via = vias[out.at(-1) as number] ?? -2)
      out.push(this.edge(via).to)
    return out
  }

  atoms(node: number, afi?: Afi): number[] {
    return this.plot
      .atomsOf(node)
      .filter((i) => afi === undefined || this.net.atoms[i]?.afi === afi)
  }

  prefixes(atoms: Iterable<number>): string[] {
    return [...atoms].flatMap((i) => this.net.atoms[i]?.prefixes ?? [])
  }

  /** Prefixes that nobody announces yet; the atom's number. */
  newAtom(
    origin: number,
    afi: Afi,
    prefixes: readonly string[],
    communities: readonly string[] = [],
  ): number {
    return this.plot.addAtom({ origin, afi, prefixes, absent: true, communities })
  }

  add(atom: number, trigger: Trigger): void {
    this.plot.add(atom, trigger)
  }

  /** Somebody fit who is free when it is to be, and that time; null when nobody is. */
  cast(
    wish: Wish,
    dice: Dice,
    usual: readonly [from: Span, to: Span] | null,
    suits: (node: number) => boolean,
  ): { readonly node: number; readonly window: Window } | null {
    const given = wish.actor === undefined ? null : this.node(wish.actor)
    if (given !== null && !suits(given))
      throw new RangeError(`AS${this.asn(given)} cannot be the actor of ${wish.kind}`)
    // The watched AS is in trouble only when it is named.
    const all = given === null ? nodesOf(this.net).filter((n) => n !== this.net.watched) : [given]
    const turns = given === null ? dice.shuffle(all) : Array<number>(DRAWS).fill(given)
    for (const node of turns) {
      if (given === null && !suits(node)) continue
      const window = this.window(wish, dice, usual)
      if (this.plot.take(`as ${node}`, around(window))) return { node, window }
    }
    return null
  }

  /** Somebody else who is fit and free for the same time. */
  second(
    who: Asn | 'watched' | undefined,
    dice: Dice,
    window: Window,
    suits: (node: number) => boolean,
  ): number | null {
    const all = who === undefined ? nodesOf(this.net) : [this.node(who)]
    for (let draw = 0; draw < 4 * DRAWS; draw++) {
      const node = dice.pick(all)
      if (who === undefined && (node === this.net.watched || !suits(node))) continue
      if (this.plot.take(`as ${node}`, around(window))) return node
    }
    return null
  }

  /** When it is to be: as it is wished, or drawn. */
  window(wish: Wish, dice: Dice, usual: readonly [Span, Span] | null): Window {
    const { from, until } = this.day
    const last = until - minutes(12)
    const [least, most] = usual ?? [0, 0]
    const span = wish.duration ?? whole(dice.int(least, most))
    const begin =
      wish.at === undefined
        ? dice.int(from + minutes(3), Math.max(from + minutes(3), last - span))
        : from + wish.at
    // A scenario that is too short for an event cuts its end, and says so in the truth.
    return { from: whole(begin), until: usual ? Math.min(whole(begin) + span, last) : until }
  }
}

const nodesOf = (net: Internet): number[] => net.asns.map((_, node) => node)
const whole = (at: Instant): Instant => Math.round(at / 1e6) * 1e6
const around = ({ from, until }: Window): Window => ({ from, until: until + minutes(2) })

/** How soon each of many follows: most within seconds, none after a minute. */
export const soon = (dice: Dice): Span => Math.round(seconds(Math.min(60, dice.lognormal(6, 1))))

type Given = Pick<Played, 'kind' | 'asn' | 'expects'> & Partial<Played>

/** What is said of an event where nothing else is. */
export function played({ from, until }: Window, given: Given): Played {
  return {
    from,
    until,
    culprit: given.asn,
    others: [],
    expectation: 'found',
    watchedOnly: false,
    atoms: new Set(),
    shows: null,
    tolerance: minutes(5),
    sessions: [],
    ...given,
  }
}

/** Atoms of one family of so many others. */
export function othersAtoms(
  stage: Stage,
  node: number,
  dice: Dice,
  origins: number,
  afi: 4 | 6,
): Set<number> {
  const near = stage.neighbours(node)
  const others = stage.net.asns
    .map((_, origin) => origin)
    .filter((origin) => origin !== node && !near.has(origin) && stage.atoms(origin, afi).length > 0)
  return new Set(dice.some(others, origins).map((origin) => dice.pick(stage.atoms(origin, afi))))
}
