// One watched network, and all that is going on with it: what detectors say of its routes, what its planes
// show, what follows from both. Traffic, resolvers and the IGP may open an incident by themselves: KT's
// own fault was invisible in external BGP.

import type { Asn } from '../core/asn.ts'
import type { Finding } from '../core/evidence.ts'
import type { Kind, Signal } from '../core/incident.ts'
import { type Plane, planes } from '../core/sample.ts'
import { type Instant, minutes, type Span } from '../core/time.ts'
import { explanations, sideOf, type Verdict } from '../core/verdict.ts'
import type { View } from '../core/view.ts'
import { type GateAnswers, Gates } from './gates.ts'
import { type Harm, noHarm, severityOf } from './harm.ts'
import { type History, judge, noHistory } from './judge.ts'
import { Memory } from './memory.ts'
import type { Mitigators } from './mitigation.ts'
import { OwnSignals } from './own-signals.ts'
import type { PlanesView, Scene, Seeker } from './scene.ts'

/**
 * After so long without anything open, what comes next is another story with a verdict of its own. A little
 * longer than an incident can be opened again, or its versions would begin anew in the middle of it.
 */
const OVER: Span = minutes(31)

/** So many ticks beyond its scope, and work excuses nothing any more. */
const ESCAPED = 3

const blamesRoutes = ({ cause }: Verdict): boolean => ['fault', 'both'].includes(sideOf(cause))

/** What a registry says of a network may last for months, and is no trouble of routes or traffic. */
export const isAside = ({ kind }: Pick<Signal, 'kind'>): boolean => kind.startsWith('rpki.')

/** A new neighbour or prefix may stay for weeks: that is told, and what is usual is learned on. */
const lingering: ReadonlySet<Kind> = new Set<Kind>([
  'path.new-upstream',
  'path.shift',
  'prefix.new',
])

/** What is the same for all watched networks at a tick. */
export interface Around {
  /** What lasts elsewhere and says something of this network too. */
  readonly around: readonly Signal[]
  /** Collectors of which hardly anybody is believed. */
  readonly troubled: readonly string[]
}

export class Situation {
  readonly asn: Asn
  /** What is said at present of all that is open; null while nothing is. */
  verdict: Verdict | null = null
  /** How bad all of it is, whatever plane tells of it. */
  harm: Harm = noHarm
  readonly #view: View
  readonly #planes: PlanesView
  readonly #gates: Gates
  /** Open signals of detectors, by key. */
  readonly #standing = new Map<string, Signal>()
  readonly #own: OwnSignals
  readonly #seek: Seeker
  #history: History = noHistory
  readonly #memory = new Memory()
  /** What was open when it was explained. */
  #explained: ReadonlySet<string> = new Set()
  /** And when it was judged last. */
  #judged: ReadonlySet<string> = new Set()
  /** At how many ticks in a row a fault went beyond the work that was announced. */
  #escapes = 0
  /** When anything was wrong last, beside that we are blind. */
  #wrongAt: Instant = Number.NEGATIVE_INFINITY

  constructor(asn: Asn, view: View, seen: PlanesView, known: Mitigators, seek: Seeker) {
    this.#seek = seek
    this.asn = asn
    this.#view = view
    this.#planes = seen
    this.#gates = new Gates(known)
    this.#own = new OwnSignals(asn, view)
  }

  /** Whether anything is open, of whatever plane. */
  get isOpen(): boolean {
    return this.#standing.size > 0 || this.#own.isOpen
  }

  /** When the first of what is wrong began; null: nothing is. That we are blind to routes is no trouble of it. */
  get since(): Instant | null {
    const starts = [...this.#standing.values()]
      .filter(({ kind }) => kind !== 'blind' && !lingering.has(kind))
      .map(({ startedAt }) => startedAt)
    if (this.#own.since !== null) starts.push(this.#own.since)
    return starts.length === 0 ? null : Math.min(...starts)
  }

  /** What the detectors said of it at this tick. */
  hear(signal: Signal): void {
    if (isAside(signal)) return
    if (signal.phase === 'open' || signal.phase === 'resolving')
      this.#standing.set(signal.key, signal)
    else this.#standing.delete(signal.key)
  }

  /** What it has to say by itself, once the planes have had their tick. */
  tick(at: Instant, { around, troubled }: Around): Signal[] {
    const blind = this.#own.blind(at, troubled)
    if (blind) this.hear(blind)
    const signals = [...this.#standing.values(), ...around].sort((a, b) => (a.key < b.key ? -1 : 1))
    const scene: Scene = { at, asn: this.asn, planes: this.#planes, view: this.#view, signals }
    const findings = this.#seek(scene)
    const gates = this.#gates.ask(scene, findings)
    const outside = this.#planes.series('visible_24s').length > 0
    const out = this.#own.tick(at, findings, { seen: this.#seen(), outside })
    if (blind) out.unshift(blind)
    if (this.since !== null) this.#wrongAt = at
    else if (at - this.#wrongAt > OVER) this.#close()
    if (this.isOpen) {
      this.#judge(findings, gates, at)
      this.harm = severityOf(findings, this.verdict)
    } else this.harm = noHarm
    return out
  }

  /** The story is over; what is said of our blindness stays while it lasts. */
  #close(): void {
    if (!this.isOpen) this.verdict = null
    this.#history = noHistory
    this.#escapes = 0
    this.#memory.clear()
  }

  #judge(findings: readonly Finding[], asked: GateAnswers, at: Instant): void {
    // Work that went beyond its scope excuses nothing of what is left of it.
    const gates = this.#escapes >= ESCAPED ? { ...asked, planned: null } : asked
    const states = this.#states()
    for (const plane of planes) if (states[plane] === 'anomalous') this.#memory.stir(plane)
    const { verdict, history } = judge({
      findings: this.#memory.recall(
        findings,
        gates.planned !== null || gates.artefact !== null,
        at,
      ),
      planes: states,
      gates,
      watched: true,
      previous: this.verdict,
      history: this.#history,
    })
    if (this.#escapes < ESCAPED)
      this.#escapes = asked.escaped && blamesRoutes(verdict) ? this.#escapes + 1 : 0
    if (this.#stands(verdict)) return
    this.verdict = verdict
    this.#history = history
    const keys = new Set(this.#keys())
    if (explanations.has(verdict.cause)) this.#explained = keys
    this.#judged = keys
  }

  /** What has opened since it was judged last; that we are blind is not what is to be explained. */
  #news(): string[] {
    return this.#keys().filter((key) => !this.#judged.has(key) && !key.startsWith('artefact:'))
  }

  /** All that is open is getting well. */
  get #mends(): boolean {
    const routes = [...this.#standing.values()].every(({ phase }) => phase === 'resolving')
    return routes && this.#own.mends
  }

  #keys(): string[] {
    return [...this.#standing.keys(), ...this.#own.keys]
  }

  /** Whether what was said before is still the better word. */
  #stands({ cause }: Verdict): boolean {
    const before = this.verdict?.cause
    if (before === undefined || before === cause) return false
    // That our witnesses get into trouble later explains nothing of what was there already.
    if (cause === 'collector-artefact')
      return sideOf(before) !== 'neither' || this.#news().length === 0
    if (!explanations.has(before)) return false
    // What was explained stays so until something else is established, or begins.
    const same = this.#keys().every((key) => this.#explained.has(key))
    // Nor is what is getting well blamed on anybody because the work it came of has ended.
    return same && (cause === 'undetermined' || (before === 'planned-maintenance' && this.#mends))
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
