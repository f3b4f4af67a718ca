// Archives through the corridor, from the starting table to the last tick. What the command line wants
// of it is in replay.ts; tests and the benchmark come in here.

import { ArchiveInput, playArchive, type Stretch } from './archive-input.ts'
import { Order } from './clock/order.ts'
import type { Asn } from './core/asn.ts'
import { type Batch, BatchPool, Message } from './core/batch.ts'
import type { Incident, Inputs } from './core/incident.ts'
import type { Sink } from './core/sink.ts'
import type { Instant } from './core/time.ts'
import { VantagePoints } from './core/vantage.ts'
import { type DetectSettings, detectDefaults } from './detect/detectors.ts'
import type { Archive, ArchiveFile } from './feeds/archive.ts'
import { Journey, tellFrom } from './journey.ts'
import { KeptBatches } from './kept.ts'
import { Learner } from './table/learn.ts'
import { type TableLimits, tableLimits } from './table/table.ts'

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
  readonly progress?: (octets: number) => void
  /** Stands in front of the journey: sees, and passes on, what the clock has put in order. */
  readonly tee?: (journey: Journey) => Sink
  /** The starting table is complete, and nothing has happened yet. */
  readonly started?: (journey: Journey) => void
}

/** One run: `read` does it all; the parts are there to be looked at meanwhile. */
export class ReplayRun {
  readonly vantages = new VantagePoints()
  readonly journey: Journey
  readonly input: ArchiveInput
  readonly order: Order
  readonly #options: ReplayOptions
  readonly #pool = new BatchPool()
  readonly #teed: boolean

  constructor(options: ReplayOptions, tell: (incident: Incident) => void) {
    this.#options = options
    const { asns, inputs, ribs, detect = detectDefaults, limits, mostIncidents } = options
    this.journey = new Journey(
      {
        vantages: this.vantages,
        asns,
        baseline: ribs ? 'rib' : 'learned-from-input',
        inputs,
        detect,
        ...(limits ? { limits } : {}),
        ...(mostIncidents === undefined ? {} : { mostIncidents }),
      },
      tellFrom(options.from, tell),
    )
    const { files } = this.journey.table
    this.input = new ArchiveInput(this.vantages, this.#pool, files, options.progress)
    const sink = options.tee?.(this.journey) ?? this.journey
    this.#teed = sink !== this.journey
    this.order = new Order(this.vantages, sink, (batch) => this.#pool.give(batch))
  }

  async read(): Promise<void> {
    const { updates, ribs, from = -Infinity, until = Infinity } = this.#options
    const started = ribs ? await this.#load(ribs) : await this.#learn(updates)
    this.#options.started?.(this.journey)
    this.journey.table.start()
    const stretches: Stretch[] = updates.collectors.map(({ collector, files }) => ({
      files: files.filter((file) => file.kind === 'updates'),
      // What happened before its table was taken is in the table; what happened since then counts,
      // told or not.
      from: ribs ? (started.get(collector) ?? -Infinity) : from,
      until,
    }))
    await playArchive(this.input, stretches, this.order)
    this.journey.finish()
  }

  /** Loads starting tables; when each collector's was taken. */
  async #load(ribs: Archive): Promise<Map<string, Instant>> {
    const taken = new Map<string, Instant>()
    for (const { collector, files } of ribs.collectors) {
      for (const file of files) {
        for await (const batch of this.input.batches(file)) {
          const at = firstStamp(batch)
          if (at !== null) taken.set(collector, Math.min(at, taken.get(collector) ?? Infinity))
          this.journey.table.load(batch)
          this.#pool.give(batch)
        }
      }
    }
    return taken
  }

  async #learn(updates: Archive): Promise<Map<string, Instant>> {
    const { table } = this.journey
    // A journal wants the words that prefixes and paths are written with, so it is read again for.
    const kept = this.#teed ? null : new KeptBatches()
    if (kept) this.input.keep(kept)
    const { limits, from, until } = this.#options
    const learner = new Learner(table, limits?.routes ?? tableLimits.routes, from, until)
    for (const { files } of updates.collectors) {
      for (const file of files.filter(isUpdates)) {
        for await (const batch of this.input.batches(file)) {
          learner.read(batch)
          kept?.add(file.path, batch)
          this.#pool.give(batch)
        }
        kept?.done(file.path)
      }
    }
    learner.finish()
    return new Map()
  }
}

const isUpdates = (file: ArchiveFile): boolean => file.kind === 'updates'

function firstStamp(batch: Batch): Instant | null {
  for (let m = 0; m < batch.messages; m++)
    if (batch.kind[m] === Message.rib) return batch.at[m] as number
  return null
}
