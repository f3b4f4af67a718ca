// All watched networks, and the planes they share.

import type { Asn } from '../core/asn.ts'
import type { Fact } from '../core/fact.ts'
import type { Signal } from '../core/incident.ts'
import type { Instant } from '../core/time.ts'
import type { Verdict } from '../core/verdict.ts'
import type { View } from '../core/view.ts'
import { collectorsInTrouble } from './gates.ts'
import { Joined } from './joined.ts'
import type { Mitigators } from './mitigation.ts'
import { Planes, type PlanesSettings } from './planes.ts'
import { Situation } from './situation.ts'
import { unwatchedVerdict } from './unwatched.ts'

export interface SituationsSettings {
  /** Watched networks; null: none in particular, and nothing is known beside routes. */
  readonly asns: ReadonlySet<Asn> | null
  readonly planes: Partial<PlanesSettings>
  readonly mitigators: Mitigators
}

export class Situations {
  readonly planes: Planes
  readonly #of = new Map<Asn, Situation>()
  readonly #joined: Joined
  readonly #view: View

  constructor(view: View, settings: SituationsSettings) {
    this.#view = view
    this.planes = new Planes(settings.planes)
    this.#joined = new Joined((asn) => this.#of.has(asn))
    for (const asn of [...(settings.asns ?? [])].sort((a, b) => a - b))
      this.#of.set(asn, new Situation(asn, view, this.planes, settings.mitigators))
  }

  /** Samples and changes; other facts are none of its business. */
  fact(fact: Fact): void {
    if (fact.kind === 'sample' || fact.kind === 'change') this.planes.take(fact)
  }

  /** What detectors said at a tick, with what follows from all planes, as the ledger is to hear it. */
  tick(at: Instant, signals: readonly Signal[]): readonly Signal[] {
    if (this.#of.size === 0) return signals
    this.planes.tick(at)
    const all = [...signals]
    for (const signal of signals) this.#of.get(signal.asn)?.hear(signal)
    const lost = collectorsInTrouble(this.#view)
    for (const situation of this.#of.values()) all.push(...situation.tick(at, lost))
    const starts = [...this.#of.values()].flatMap(({ since }) => (since === null ? [] : [since]))
    this.planes.freeze(starts.length > 0, starts.length > 0 ? Math.min(...starts) : null)
    return this.#joined.take(all)
  }

  /** What is said of an incident at present, `previous` what was said of it last. */
  verdict(signal: Signal, previous: Verdict | null): Verdict | null {
    const situation = this.#of.get(signal.asn)
    return situation ? (situation.verdict ?? previous) : unwatchedVerdict(signal, previous)
  }
}
