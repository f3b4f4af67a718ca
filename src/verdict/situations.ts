// All watched networks, and the planes they share.

import type { Asn } from '../core/asn.ts'
import type { Fact } from '../core/fact.ts'
import type { Severity, Signal } from '../core/incident.ts'
import type { Instant } from '../core/time.ts'
import type { Verdict } from '../core/verdict.ts'
import type { View } from '../core/view.ts'
import { collectorsInTrouble } from './gates.ts'
import { isApart, Joined, planeKinds } from './joined.ts'
import type { Mitigators } from './mitigation.ts'
import { OwnPlanes } from './own-planes.ts'
import { Planes, type PlanesSettings } from './planes.ts'
import { seekerOf } from './seekers.ts'
import { isAside, Situation } from './situation.ts'
import { unwatchedVerdict } from './unwatched.ts'

export interface SituationsSettings {
  /** Watched networks; null: none in particular, and nothing is known beside routes. */
  readonly asns: ReadonlySet<Asn> | null
  readonly planes: Partial<PlanesSettings>
  readonly mitigators: Mitigators
}

export class Situations {
  readonly planes: Planes
  readonly #view: View
  readonly #of = new Map<Asn, Situation>()
  readonly #joined: Joined
  /** What lasts and is said of no watched network alone, or of another one: that we are blind, whose doing it is. */
  readonly #around = new Map<string, Signal>()
  /** Of which watched network each is told while it lasts: who has lost most may change meanwhile. */
  readonly #whose = new Map<string, Asn>()

  constructor(view: View, settings: SituationsSettings) {
    this.#view = view
    this.planes = new Planes(settings.planes)
    this.#joined = new Joined((asn) => this.#of.has(asn))
    const watched = [...(settings.asns ?? [])].sort((a, b) => a - b)
    for (const asn of watched) {
      const planes = new OwnPlanes(this.planes, asn, watched)
      const seeker = seekerOf(settings.planes.pops)
      this.#of.set(asn, new Situation(asn, view, planes, settings.mitigators, seeker))
    }
  }

  /** Samples and changes; other facts are none of its business. */
  fact(fact: Fact): void {
    if (this.#of.size === 0) return
    if (fact.kind === 'sample' || fact.kind === 'change') this.planes.take(fact)
  }

  /** What detectors said at a tick, with what follows from all planes, as the ledger is to hear it. */
  tick(at: Instant, signals: readonly Signal[]): readonly Signal[] {
    if (this.#of.size === 0) return signals
    this.planes.tick(at)
    const all = signals.map((signal) => this.#hear(signal))
    const troubled = collectorsInTrouble(this.#view)
    for (const [asn, situation] of this.#of) {
      const around = [...this.#around.values()].filter((one) => concerns(one, asn))
      all.push(...situation.tick(at, { around, troubled }))
    }
    const starts = [...this.#of.values()].flatMap(({ since }) => (since === null ? [] : [since]))
    this.planes.freeze(starts.length > 0, starts.length > 0 ? Math.min(...starts) : null)
    return this.#joined.take(all, at)
  }

  /** As it is to be told: of the network of which it was told first. */
  #hear(said: Signal): Signal {
    const { key, kind, culprit, phase } = said
    const asn = this.#whose.get(key) ?? said.asn
    const signal = asn === said.asn ? said : { ...said, asn }
    const situation = this.#of.get(asn)
    situation?.hear(signal)
    const lasts = phase === 'open' || phase === 'resolving'
    if (lasts && situation) this.#whose.set(key, asn)
    else this.#whose.delete(key)
    if (lasts && (kind === 'blind' || (culprit !== asn && this.#of.has(culprit))))
      this.#around.set(key, signal)
    else this.#around.delete(key)
    return signal
  }

  /** What is said of an incident at present, `previous` what was said of it last. */
  verdict(signal: Signal, previous: Verdict | null): Verdict | null {
    if (isAside(signal)) return previous
    const situation = this.#of.get(signal.asn)
    return situation ? (situation.verdict ?? previous) : unwatchedVerdict(signal, previous)
  }

  /** How bad an incident is at least, by what all planes tell. What only asks for a look harms nobody. */
  harm({ asn, kind, kinds = [kind] }: Signal): Severity {
    const harm = this.#of.get(asn)?.harm
    if (harm === undefined || isApart(kind)) return 'info'
    // Of routes a detector has said how bad it is without any plane that sees harm.
    return kinds.some((one) => planeKinds.has(one)) ? harm.unseen : harm.seen
  }
}

/** Whether it says something of this network beside what is heard in its own situation. */
const concerns = ({ kind, asn, culprit }: Signal, whose: Asn): boolean =>
  asn !== whose && (kind === 'blind' || culprit === whose)
