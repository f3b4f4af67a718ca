// The whole trip of one message, on one page. What the clock releases changes the table; the table
// tells the detectors what that means; at each tick they say what they think; the ledger makes
// incidents of it. Live or replayed, nothing differs from here on, and nothing here waits, asks what
// time it is, or rolls dice.

import { Knowledge } from './context/knowledge.ts'
import type { Asn } from './core/asn.ts'
import { type Batch, Message } from './core/batch.ts'
import type { Context } from './core/context.ts'
import { type Fact, replaces, type SideInput } from './core/fact.ts'
import type { Baseline, Incident, Inputs, Signal } from './core/incident.ts'
import { type Plane, planes } from './core/sample.ts'
import type { Sink } from './core/sink.ts'
import { type Instant, iso } from './core/time.ts'
import type { VantagePoints } from './core/vantage.ts'
import type { Detector } from './core/view.ts'
import { type DetectSettings, makeDetectors } from './detect/detectors.ts'
import { RouterBursts } from './detect/router-burst.ts'
import { OwnRoutes } from './table/own-routes.ts'
import { Table, type TableLimits } from './table/table.ts'
import { Afterwards } from './verdict/afterwards.ts'
import { Ledger } from './verdict/ledger.ts'
import type { PlanesSettings } from './verdict/planes.ts'
import { Situations } from './verdict/situations.ts'

/** Side inputs that wait for their time; ten years of days, and nobody's journal holds more. */
const MOST_PENDING = 4_000

export interface JourneySettings {
  readonly vantages: VantagePoints
  readonly asns: ReadonlySet<Asn> | null
  readonly baseline: Baseline
  readonly inputs: Inputs
  readonly detect: DetectSettings
  /** When a plane is blind, and how much of it is kept. */
  readonly planes?: Partial<PlanesSettings>
  /** Stands in for what side inputs tell; for tests. */
  readonly context?: Context
  /** Whether more than watched prefixes is heard (table/table.ts). */
  readonly hearsAll?: boolean
  readonly limits?: Partial<TableLimits>
  readonly mostIncidents?: number
  readonly files?: string[]
}

export class Journey implements Sink {
  readonly table: Table
  /** What own routers hold: beside the table, for they are evidence and no witnesses. */
  readonly own: OwnRoutes
  readonly situations: Situations
  readonly ledger: Ledger
  readonly knowledge = new Knowledge()
  /** Samples and changes heard, by plane. */
  readonly heard = Object.fromEntries(planes.map((plane) => [plane, 0])) as Record<Plane, number>
  /** Side inputs whose time has not come, in its order. */
  pending: readonly SideInput[] = []
  #due: Instant = Number.POSITIVE_INFINITY
  #firstAt: Instant | null = null
  readonly #detectors: Detector[]
  readonly #routerBursts: RouterBursts
  readonly #vantages: VantagePoints
  readonly #tell: (incident: Incident) => void
  readonly #afterwards = new Afterwards()
  #tickedAt: Instant = 0

  constructor(settings: JourneySettings, tell: (incident: Incident) => void) {
    const { baseline, inputs, mostIncidents } = settings
    this.table = new Table({ ...settings, keepStale: settings.detect.blind.keep })
    this.#vantages = settings.vantages
    this.own = new OwnRoutes(settings.vantages)
    const watched = [...(settings.asns ?? [])].sort((a, b) => a - b)
    this.#routerBursts = new RouterBursts(this.own, watched)
    const context = settings.context ?? this.knowledge
    this.situations = new Situations(this.table, {
      asns: settings.asns,
      planes: settings.planes ?? {},
      mitigators: { isScrubber: (asn) => context.isScrubber(asn), scrubbers: context.scrubbers },
    })
    this.ledger = new Ledger({
      baseline,
      inputs,
      verdict: (signal, previous) => this.situations.verdict(signal, previous),
      harm: (signal) => this.situations.harm(signal),
      late: (startedAt) => this.#afterwards.tagOf(startedAt),
      watches: (asn) => settings.asns?.has(asn) === true,
      ...(mostIncidents === undefined ? {} : { most: mostIncidents }),
    })
    this.#detectors = makeDetectors(this.table, settings.detect, context)
    this.table.attach(this.#detectors)
    this.#tell = tell
  }

  /** What had to be refused behind the table because something was full. */
  get dropped(): { readonly table: string; readonly count: number }[] {
    return [
      { table: 'incidents', count: this.ledger.dropped },
      { table: 'side-inputs', count: this.knowledge.dropped },
      { table: 'own-routes', count: this.own.dropped },
      { table: 'planes', count: this.situations.planes.dropped },
      ...this.#detectors.flatMap(({ name, dropped }) =>
        dropped === undefined ? [] : [{ table: name, count: dropped }],
      ),
    ]
  }

  message(batch: Batch, m: number): void {
    if ((batch.at[m] as number) >= this.#due) this.#learn(batch.at[m] as number)
    if (this.#vantages.routers > 0 && this.#vantages.isRouter(batch.vantage[m] as number)) {
      this.own.apply(batch, m)
      return
    }
    if (batch.interned >= 0 && batch.interned !== this.table.paths.epoch) this.table.intern(batch)
    if (batch.kind[m] === Message.hole) this.#afterwards.told(batch.at[m] as number)
    this.table.apply(batch, m)
  }

  fact(fact: Fact): void {
    if (fact.kind === 'side-input') {
      if (this.pending.length >= MOST_PENDING) {
        this.knowledge.dropped++
        return
      }
      this.pending = [...this.pending, fact].sort((a, b) => a.at - b.at)
      this.#due = (this.pending[0] as SideInput).at
      return
    }
    // They carry their own time, which may lie before now: nothing that is about now may see it.
    if (fact.kind === 'sample' || fact.kind === 'change') {
      this.heard[fact.kind === 'sample' ? fact.plane : 'change']++
      this.own.fact(fact)
      this.situations.fact(fact)
      return
    }
    this.own.fact(fact)
    if (fact.at >= this.#due) this.#learn(fact.at)
    this.table.fact(fact)
    if (fact.kind === 'filled' || fact.kind === 'unfilled') this.#afterwards.filled()
    if (fact.kind !== 'tick') return
    this.#tickedAt = fact.at
    const signals: Signal[] = []
    for (const detector of this.#detectors) signals.push(...detector.tick(fact.at))
    for (const sample of this.own.tick(fact.at)) this.situations.fact(sample)
    signals.push(...this.#routerBursts.tick(fact.at))
    const told = this.situations.tick(fact.at, signals)
    for (const incident of this.ledger.take(told, this.table.vantage(), fact.at))
      this.#tell(incident)
  }

  /** Takes in what is due; of several of a kind the newest alone, for the others were never in force. */
  #learn(at: Instant): void {
    this.#firstAt ??= at
    const due = this.pending.filter((input) => input.at <= at)
    this.pending = this.pending.slice(due.length)
    this.#due = this.pending[0]?.at ?? Number.POSITIVE_INFINITY
    for (const [i, input] of due.entries()) {
      if (due.slice(i + 1).some((next) => replaces(next, input))) continue
      this.knowledge.take(input)
      this.ledger.know(this.knowledge.inputs)
      this.table.fact({ ...input, at: Math.max(input.at, this.#firstAt) })
    }
  }

  /** The input is over: incidents that know more than was told of them. */
  finish(): void {
    for (const incident of this.ledger.finish(this.table.vantage(), this.#tickedAt))
      this.#tell(incident)
  }
}

/** Passes on what is told from `from` on; all when it is undefined. */
export function tellFrom(
  from: Instant | null | undefined,
  tell: (incident: Incident) => void,
): (incident: Incident) => void {
  if (from === undefined || from === null) return tell
  const first = iso(from)
  return (incident) => {
    if (incident.updatedAt >= first) tell(incident)
  }
}
