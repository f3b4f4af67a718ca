// Archives through the corridor, from the starting table to the last tick. What the command line wants
// of it is in replay.ts; tests and the benchmark come in here.

import { ArchiveInput, playArchive, type Stretch } from './archive-input.ts'
import { Order } from './clock/order.ts'
import type { Asn } from './core/asn.ts'
import { BatchPool } from './core/batch.ts'
import type { SideInput } from './core/fact.ts'
import type { Incident, Inputs } from './core/incident.ts'
import type { Change, Sample } from './core/sample.ts'
import type { Sink } from './core/sink.ts'
import type { Instant } from './core/time.ts'
import { VantagePoints } from './core/vantage.ts'
import { type DetectSettings, detectDefaults } from './detect/detectors.ts'
import type { Archive, ArchiveFile, CollectorFiles } from './feeds/archive.ts'
import { Journey, tellFrom } from './journey.ts'
import { KeptBatches } from './kept.ts'
import { gapsOf, type Missing } from './missing-files.ts'
import { ReadingThread } from './reading.ts'
import { type LoadedTable, loadTables } from './starting-tables.ts'
import { Learner } from './table/learn.ts'
import { type TableLimits, tableLimits } from './table/table.ts'
import type { PlanesSettings } from './verdict/planes.ts'

export interface ReplayOptions {
  readonly updates: Archive
  /** Starting tables; none = the baseline is learned from the input. */
  readonly ribs: Archive | null
  readonly asns: ReadonlySet<Asn> | null
  readonly inputs: Inputs
  /** Nothing of earlier is told; without starting tables it is not read either. */
  readonly from?: Instant | undefined
  readonly until?: Instant | undefined
  readonly detect?: DetectSettings
  readonly limits?: Partial<TableLimits>
  readonly mostIncidents?: number
  /** Whom nobody listens to (core/vantage.ts). */
  readonly ignorePeers?: readonly string[]
  /** Threads that may be busy; with one, everything is done on the one that asks. */
  readonly jobs?: number
  readonly progress?: (octets: number) => void
  /** What is known beside the routes. */
  readonly sideInputs?: readonly SideInput[]
  /** Times of which there are no files: nobody saw then. */
  readonly missing?: readonly Missing[]
  /** Come into the stream at their times. */
  readonly samples?: readonly (Sample | Change)[]
  /** Planned work; told when its time comes, if it does. */
  readonly planned?: readonly Change[]
  readonly planes?: Partial<PlanesSettings>
  /** Stands in front of the journey: sees, and passes on, what the clock has put in order. */
  readonly tee?: (journey: Journey) => Sink
  /** The starting table is complete, and nothing has happened yet. */
  readonly started?: (journey: Journey) => void
}

/** One run: `read` does it all; the parts are there to be looked at meanwhile. */
export class ReplayRun {
  readonly vantages: VantagePoints
  readonly journey: Journey
  readonly input: ArchiveInput
  readonly order: Order
  /** The starting tables that were loaded. */
  tables: readonly LoadedTable[] = []
  readonly #options: ReplayOptions
  readonly #pool = new BatchPool()
  readonly #sink: Sink
  readonly #teed: boolean
  readonly #thread: ReadingThread | null

  constructor(options: ReplayOptions, tell: (incident: Incident) => void) {
    this.#options = options
    this.vantages = new VantagePoints(options.ignorePeers)
    const { asns, inputs, updates, ribs, detect = detectDefaults, limits, mostIncidents } = options
    this.journey = new Journey(
      {
        vantages: this.vantages,
        asns,
        baseline: ribs && hasAllTables(updates, ribs) ? 'rib' : 'learned-from-input',
        inputs,
        detect,
        ...(options.planes ? { planes: options.planes } : {}),
        ...(limits ? { limits } : {}),
        ...(mostIncidents === undefined ? {} : { mostIncidents }),
      },
      tellFrom(options.from, tell),
    )
    const { files } = this.journey.table
    const { jobs = 1, progress } = options
    this.#thread = jobs > 1 ? new ReadingThread(this.vantages, jobs) : null
    this.input = new ArchiveInput(this.vantages, this.#pool, files, progress, this.#thread)
    this.#sink = options.tee?.(this.journey) ?? this.journey
    this.#teed = this.#sink !== this.journey
    this.order = new Order(this.vantages, this.#sink, (batch) => this.#pool.give(batch))
  }

  async read(): Promise<void> {
    try {
      await this.#read()
    } finally {
      await this.#thread?.close()
    }
  }

  async #read(): Promise<void> {
    const { updates, ribs, from = -Infinity, until = Infinity } = this.#options
    if (ribs) this.tables = await loadTables(this.input, this.journey.table, ribs)
    const started = new Map<string, Instant>()
    for (const { collector, at } of this.tables)
      if (at !== null) started.set(collector, Math.min(at, started.get(collector) ?? Infinity))
    const without = updates.collectors.filter(({ collector }) => !started.has(collector))
    if (without.length > 0) await this.#learn(without)
    this.#options.started?.(this.journey)
    this.journey.table.start()
    for (const input of this.#options.sideInputs ?? []) this.#sink.fact(input)
    const { samples = [], planned = [] } = this.#options
    // Those of before `from` tell what is usual, as a table does.
    this.order.facts(samples.filter(({ at, heard = at }) => heard < until))
    this.order.foresee(planned)
    for (const one of this.#options.missing ?? []) {
      const begun = started.get(one.collector) ?? (ribs ? -Infinity : from)
      this.order.facts(gapsOf([one], begun, until))
    }
    const stretches: Stretch[] = updates.collectors.map(({ collector, files }) => ({
      files: files.filter((file) => file.kind === 'updates'),
      // What happened before its table was taken is in the table; what happened since then counts,
      // told or not.
      from: started.get(collector) ?? (ribs ? -Infinity : from),
      until,
    }))
    await playArchive(this.input, stretches, this.order)
    this.journey.finish()
  }

  async #learn(collectors: readonly CollectorFiles[]): Promise<void> {
    const { table } = this.journey
    // A journal wants the words that prefixes and paths are written with, so it is read again for.
    const kept = this.#teed ? null : new KeptBatches()
    if (kept) {
      this.input.keep(kept)
      table.held = () => kept.pathRefs()
    }
    const { limits, ribs, until } = this.#options
    const from = ribs ? undefined : this.#options.from
    const learner = new Learner(table, limits?.routes ?? tableLimits.routes, from, until)
    for (const { files } of collectors) {
      const wanted = files.filter(isUpdates)
      for (const [i, file] of wanted.entries()) {
        this.input.expect(file, wanted[i + 1])
        for await (const batch of this.input.batches(file)) {
          if (kept?.wants(file.path)) {
            table.intern(batch)
            kept.add(file.path, batch)
          }
          learner.read(batch)
          this.#pool.give(batch)
        }
        kept?.done(file.path)
      }
    }
    learner.finish()
  }
}

const isUpdates = (file: ArchiveFile): boolean => file.kind === 'updates'

/** A single collector without one makes what is known of the whole no better than learned. */
function hasAllTables(updates: Archive, ribs: Archive): boolean {
  const told = new Set(ribs.collectors.map(({ collector }) => collector))
  return updates.collectors.every(({ collector }) => told.has(collector))
}
