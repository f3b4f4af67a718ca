// Conflicts put together: all that one network took of another, and all it took of anybody.

import type { Asn } from '../core/asn.ts'
import { type Instant, minutes, type Span } from '../core/time.ts'
import type { Conflict } from './hijack-conflict.ts'
import { Life } from './hijack-life.ts'

/** What began within so long of each other is one stroke. */
const STROKE: Span = minutes(1)

/** How many networks it took something of within a minute of that, by nobody's right. */
export type Stroke = (since: Instant) => number

export class HijackCase {
  readonly origin: Asn
  readonly victim: Asn
  readonly key: string
  readonly conflicts = new Set<Conflict>()
  /** Vantage point → routes. */
  readonly vantages = new Map<number, number>()
  /** Vantage points that had some since the last tick. */
  readonly passed = new Set<number>()
  readonly life = new Life()
  routes = 0

  constructor(origin: Asn, victim: Asn) {
    this.origin = origin
    this.victim = victim
    this.key = `hijack:${origin}:${victim}`
  }

  add(conflict: Conflict): void {
    this.conflicts.add(conflict)
    for (const vantage of conflict.held) this.count(vantage, 1)
  }

  remove(conflict: Conflict): void {
    if (!this.conflicts.delete(conflict)) return
    for (const vantage of conflict.held) this.count(vantage, -1)
  }

  count(vantage: number, by: 1 | -1): void {
    const n = (this.vantages.get(vantage) ?? 0) + by
    this.routes += by
    if (n > 0) this.vantages.set(vantage, n)
    else {
      this.vantages.delete(vantage)
      this.passed.add(vantage)
    }
  }

  isUndone(at: Instant): boolean {
    for (const conflict of this.conflicts) if (conflict.isUndone(at)) return true
    return false
  }

  *witnesses(): Iterable<number> {
    yield* this.vantages.keys()
    for (const vantage of this.passed) if (!this.vantages.has(vantage)) yield vantage
  }
}

export class Attacker {
  readonly origin: Asn
  /** By victim. */
  readonly cases = new Map<Asn, HijackCase>()
  readonly life = new Life()
  /** Most prefixes it had at once since it began to be many. */
  peak = 0
  #keys: readonly string[] | null = null

  constructor(origin: Asn) {
    this.origin = origin
  }

  caseOf(victim: Asn): HijackCase {
    const known = this.cases.get(victim)
    if (known) return known
    const made = new HijackCase(this.origin, victim)
    this.cases.set(victim, made)
    this.#keys = null
    return made
  }

  forget(victim: Asn): void {
    this.cases.delete(victim)
    this.#keys = null
  }

  /** As things stand now: made once for all cases, as they are many in a mass hijack. */
  stroke(): Stroke {
    const from: Instant[] = []
    const to: Instant[] = []
    for (const { conflicts } of this.cases.values()) {
      const begun: Instant[] = []
      for (const { benign, held, passed, score, since } of conflicts)
        if (!benign && score > 0 && held.size + passed.size > 0) begun.push(since)
      // Each network counts once, whenever something of it was taken within a minute.
      let last = Number.NEGATIVE_INFINITY
      for (const since of begun.sort((a, b) => a - b)) {
        if (since - last > 2 * STROKE) {
          if (last > 0) to.push(last + STROKE)
          from.push(since - STROKE)
        }
        last = since
      }
      if (last > 0) to.push(last + STROKE)
    }
    from.sort((a, b) => a - b)
    to.sort((a, b) => a - b)
    return (since) => upTo(from, since) - upTo(to, since - 1)
  }

  /** Of all cases, in order; the same list while they are the same. */
  get keys(): readonly string[] {
    this.#keys ??= [...this.cases.values()].map(({ key }) => key).sort()
    return this.#keys
  }
}

/** How many of them, in order, are not later than that. */
function upTo(instants: readonly Instant[], at: Instant): number {
  let [low, high] = [0, instants.length]
  while (low < high) {
    const mid = (low + high) >> 1
    if ((instants[mid] as Instant) <= at) low = mid + 1
    else high = mid
  }
  return low
}
