// Archives into the corridor: files are read, unpacked and decoded into batches, and the streams of
// several collectors are merged by the clock.

import type { Order } from './clock/order.ts'
import type { Batch, BatchPool } from './core/batch.ts'
import type { VantagePoints } from './core/vantage.ts'
import type { ArchiveFile } from './feeds/archive.ts'
import { type FileReport, fileBatches, newFileReport } from './file-batches.ts'
import type { KeptBatches } from './kept.ts'
import type { ReadingThread } from './reading.ts'
import { MrtReader } from './wire/mrt.ts'

export class ArchiveInput {
  /** What became of each file, by its path; of the last reading where it was read twice. */
  readonly reports = new Map<string, FileReport>()
  readonly pool: BatchPool
  readonly #vantages: VantagePoints
  readonly #files: string[]
  readonly #numbers = new Map<string, number>()
  readonly #progress: (octets: number) => void
  readonly #thread: ReadingThread | null
  #kept: KeptBatches | null = null

  /** `files` gets the names that batches refer to by number; without a thread it reads on this one. */
  constructor(
    vantages: VantagePoints,
    pool: BatchPool,
    files: string[],
    progress: (octets: number) => void = () => undefined,
    thread: ReadingThread | null = null,
  ) {
    this.#vantages = vantages
    this.pool = pool
    this.#files = files
    this.#progress = progress
    this.#thread = thread
  }

  /** Files that are in there are not read again. */
  keep(kept: KeptBatches): void {
    this.#kept = kept
  }

  /** The batches of these files will be asked for soon. */
  expect(...files: readonly (ArchiveFile | undefined)[]): void {
    for (const file of files) {
      if (!file || this.#kept?.has(file.path)) continue
      // Numbers are the same with a thread and without.
      const number = this.#number(file.path)
      if (this.#thread && !this.#thread.isOpen(number))
        this.#thread.open(number, file.path, file.collector)
    }
  }

  /** The batches of one file; what is damaged is counted, what is cut ends there. */
  async *batches(file: ArchiveFile): AsyncGenerator<Batch, void, undefined> {
    const { path, collector, size } = file
    if (this.#kept?.has(path)) {
      yield* this.#kept.take(path, this.pool)
      this.#progress(size)
      return
    }
    const number = this.#number(path)
    const report = newFileReport(path)
    this.reports.set(path, report)
    if (this.#thread) {
      this.expect(file)
      yield* this.#thread.batches(number, report, this.#progress)
    } else {
      const reader = new MrtReader(this.#vantages, collector, number)
      yield* fileBatches(report, reader, this.pool, this.#progress)
    }
  }

  #number(path: string): number {
    const known = this.#numbers.get(path)
    if (known !== undefined) return known
    const number = this.#files.push(path) - 1
    this.#numbers.set(path, number)
    return number
  }
}

/** The files of one collector, and the time they are to be heard from and until. */
export interface Stretch {
  readonly files: readonly ArchiveFile[]
  readonly from: number
  readonly until: number
}

/** Plays the update files of all collectors into the clock, whoever is furthest behind first. */
export async function playArchive(
  input: ArchiveInput,
  stretches: readonly Stretch[],
  order: Order,
): Promise<void> {
  const running = new Map(
    stretches.map(({ files, from, until }) => {
      const id = order.stream(from, until)
      return [id, batchesOf(input, files, () => order.expectLeap(id))]
    }),
  )
  while (running.size > 0) {
    const id = [...running.keys()].reduce((a, b) => (order.newest(b) < order.newest(a) ? b : a))
    const { value, done } = await (running.get(id) as AsyncGenerator<Batch>).next()
    if (done) {
      running.delete(id)
      order.done(id)
    } else order.push(id, value)
    order.release()
  }
  order.flush()
}

async function* batchesOf(
  input: ArchiveInput,
  files: readonly ArchiveFile[],
  next: () => void,
): AsyncGenerator<Batch> {
  for (const [i, file] of files.entries()) {
    input.expect(file, files[i + 1])
    next()
    yield* input.batches(file)
  }
}
