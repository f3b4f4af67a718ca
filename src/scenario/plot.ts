// The sheet a day's story is written on: one list of triggers an atom, and a book of who is busy,
// because two troubles at once could cut off somebody whom either alone would only bother.

import { type Instant, minutes } from '../core/time.ts'
import type { Internet } from './internet.ts'
import type { Edge } from './links.ts'
import type { Atom } from './space.ts'
import type { Trigger } from './trigger.ts'

/** A stretch of time in which something is the matter. */
export interface Window {
  readonly from: Instant
  readonly until: Instant
}

/** Everybody has settled by then. */
const APART = minutes(4)

export class Plot {
  readonly net: Internet
  readonly #atoms: Atom[]
  readonly #triggers: Trigger[][]
  readonly #atomsOf: number[][]
  readonly #busy = new Map<string, Window[]>()

  constructor(given: Internet) {
    this.#atoms = [...given.atoms]
    const net = { ...given, atoms: this.#atoms }
    this.net = net
    this.#triggers = net.atoms.map(() => [])
    this.#atomsOf = net.asns.map(() => [])
    net.atoms.forEach((atom, i) => {
      this.#atomsOf[atom.origin]?.push(i)
    })
  }

  /** Atom → what happens to it, in order of time. */
  get triggers(): Trigger[][] {
    return this.#triggers.map((list) => [...list].sort((a, b) => a.at - b.at))
  }

  /** One atom more, which nobody announces yet; its number. */
  addAtom(atom: Atom): number {
    this.#atoms.push(atom)
    return this.#triggers.push([]) - 1
  }

  add(atom: number, trigger: Trigger): void {
    this.#triggers[atom]?.push(trigger)
  }

  atomsOf(origin: number): readonly number[] {
    return this.#atomsOf[origin] ?? []
  }

  providersOf(node: number): number[] {
    const edges = (this.net.out[node] ?? [])
      .filter((e) => !this.net.latent?.has(e >> 1))
      .map((e) => this.net.edges[e] as Edge)
    return edges.filter((e) => e.role === 'provider').map((e) => e.to)
  }

  isFree(who: string, { from, until }: Window): boolean {
    const windows = this.#busy.get(who) ?? []
    return !windows.some((w) => from < w.until + APART && until > w.from - APART)
  }

  /** Takes somebody's time; false if it is taken. */
  take(who: string, window: Window): boolean {
    if (!this.isFree(who, window)) return false
    this.#busy.set(who, [...(this.#busy.get(who) ?? []), window])
    return true
  }
}
