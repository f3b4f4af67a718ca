// One watched network, and all that is going on with it: what detectors say of its routes, what its planes
// show, what follows from both. Traffic, resolvers and the IGP may open an incident by themselves: KT's
// own fault was invisible in external BGP.

import type { Asn } from '../core/asn.ts'
import { type EvidenceId, evidence, type Finding } from '../core/evidence.ts'
import type { Signal } from '../core/incident.ts'
import { type Plane, planes } from '../core/sample.ts'
import { type Instant, minutes, type Span } from '../core/time.ts'
import { sideOf, type Verdict } from '../core/verdict.ts'
import type { View } from '../core/view.ts'
import { gatesOf } from './gates.ts'
import { type History, judge, noHistory } from './judge.ts'
import type { Mitigators } from './mitigation.ts'
import { OwnSignals } from './own-signals.ts'
import type { Planes } from './planes.ts'
import type { Scene, Seeker } from './scene.ts'
import { seekerOf } from './seekers.ts'

/** After so long without anything open, what comes next is another story with a verdict of its own. */
const OVER: Span = minutes(30)

const normal: ReadonlySet<EvidenceId> = new Set<EvidenceId>([
  'bgp.quiet',
  'igp.normal',
  'in.normal',
  'pr.ok',
])

/** What is found instead when there is less of it. */
const lessOf: Readonly<Partial<Record<EvidenceId, EvidenceId>>> = {
  'bgp.vis_partial': 'bgp.vis_broad',
  'in.mild': 'in.surge',
  'igp.spf_storm': 'igp.lsdb_jump',
}

const hasSide = (verdict: Verdict | null): boolean =>
  verdict !== null && sideOf(verdict.cause) !== 'neither'

export class Situation {
  readonly asn: Asn
  /** What is said at present of all that is open; null while nothing is. */
  verdict: Verdict | null = null
  readonly #view: View
  readonly #planes: Planes
  readonly #known: Mitigators
  /** Open signals of detectors, by key. */
  readonly #standing = new Map<string, Signal>()
  readonly #own: OwnSignals
  readonly #seek: Seeker = seekerOf()
  #history: History = noHistory
  /** What has been weighed in this story, and which planes were not as usual in it. */
  readonly #weighed = new Set<EvidenceId>()
  readonly #stirred = new Set<Plane>()
  #openAt: Instant = Number.NEGATIVE_INFINITY

  constructor(asn: Asn, view: View, seen: Planes, known: Mitigators) {
    this.asn = asn
    this.#view = view
    this.#planes = seen
    this.#known = known
    this.#own = new OwnSignals(asn, view)
  }

  /** Whether anything is open, of whatever plane. */
  get isOpen(): boolean {
    return this.#standing.size > 0 || this.#own.isOpen
  }

  /** When the first of what is open began; null: nothing is. */
  get since(): Instant | null {
    const starts = [...this.#standing.values()].map(({ startedAt }) => startedAt)
    if (this.#own.since !== null) starts.push(this.#own.since)
    return starts.length === 0 ? null : Math.min(...starts)
  }

  /** What the detectors said of it at this tick. */
  hear(signal: Signal): void {
    if (signal.phase === 'open' || signal.phase === 'resolving')
      this.#standing.set(signal.key, signal)
    else this.#standing.delete(signal.key)
  }

  /** What it has to say by itself, once the planes have had their tick. */
  tick(at: Instant): Signal[] {
    const signals = [...this.#standing.values()].sort((a, b) => (a.key < b.key ? -1 : 1))
    const scene: Scene = { at, asn: this.asn, planes: this.#planes, view: this.#view, signals }
    const findings = this.#seek(scene)
    const gates = gatesOf(scene, findings, this.#known)
    const out = this.#own.tick(at, findings, this.#seen(), gates)
    if (this.isOpen) {
      this.#openAt = at
      this.#judge(findings, gates)
    } else if (at - this.#openAt > OVER) this.#close()
    return out
  }

  #close(): void {
    this.verdict = null
    this.#history = noHistory
    this.#weighed.clear()
    this.#stirred.clear()
  }

  #judge(findings: readonly Finding[], gates: ReturnType<typeof gatesOf>): void {
    const states = this.#states()
    for (const plane of planes) if (states[plane] === 'anomalous') this.#stirred.add(plane)
    const news = findings.filter(({ id }) => !this.#isKnown(id) && !this.#isRecovery(id))
    const { verdict, history } = judge({
      findings,
      planes: states,
      gates,
      watched: true,
      previous: this.verdict,
      history: this.#history,
    })
    // Evidence that goes because it is getting well takes nothing back of what was established; that our
    // witnesses get into trouble later does not either.
    const explained = gates.mitigation !== null || gates.planned !== null
    const fades = news.length === 0 && !explained && hasSide(this.verdict) && !hasSide(verdict)
    if (fades) return
    for (const { id } of findings) this.#weighed.add(id)
    this.verdict = verdict
    this.#history = history
  }

  #isKnown(id: EvidenceId): boolean {
    const more = lessOf[id]
    return this.#weighed.has(id) || (more !== undefined && this.#weighed.has(more))
  }

  /** That a plane is as usual speaks against a fault, but not where it was not so before. */
  #isRecovery(id: EvidenceId): boolean {
    const { plane } = evidence[id]
    return normal.has(id) && plane !== null && this.#stirred.has(plane)
  }

  #states(): Record<Plane, 'normal' | 'anomalous' | 'blind'> {
    const out = {} as Record<Plane, 'normal' | 'anomalous' | 'blind'>
    for (const plane of planes) out[plane] = this.#planes.state(plane).state
    // Routes are a plane too: it is seen as long as somebody votes.
    if (out.bgp === 'blind' && this.#view.voters(4) + this.#view.voters(6) > 0) out.bgp = 'normal'
    if (this.#standing.size > 0) out.bgp = 'anomalous'
    return out
  }

  /** Planes that are seen. */
  #seen(): number {
    return Object.values(this.#states()).filter((state) => state !== 'blind').length
  }
}
