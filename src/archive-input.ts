// Archives into the corridor: files are read, unpacked and decoded into batches, and the streams of
// several collectors are merged by the clock.

import type { Order } from './clock/order.ts'
import type { Batch, BatchPool } from './core/batch.ts'
import type { VantagePoints } from './core/vantage.ts'
import { type ArchiveFile, readChunks } from './feeds/archive.ts'
import type { KeptBatches } from './kept.ts'
import { type DecompressReport, decompress, newReport } from './wire/decompress.ts'
import { MrtReader, type MrtStats } from './wire/mrt.ts'

/** What became of one file. */
export interface FileReport {
  readonly path: string
  readonly mrt: MrtStats
  readonly packed: DecompressReport
  /** The operating system's word when it could not be read to its end. */
  error: string | null
}

export class ArchiveInput {
  /** What became of each file, by its path; of the last reading where it was read twice. */
  readonly reports = new Map<string, FileReport>()
  readonly pool: BatchPool
  readonly #vantages: VantagePoints
  readonly #files: string[]
  readonly #progress: (octets: number) => void
  #kept: KeptBatches | null = null

  /** `files` gets the names that batches refer to by number. */
  constructor(
    vantages: VantagePoints,
    pool: BatchPool,
    files: string[],
    progress: (octets: number) => void = () => undefined,
  ) {
    this.#vantages = vantages
    this.pool = pool
    this.#files = files
    this.#progress = progress
  }

  /** Files that are in there are not read again. */
  keep(kept: KeptBatches): void {
    this.#kept = kept
  }

  /** The batches of one file; what is damaged is counted, what is cut ends there. */
  async *batches(file: ArchiveFile): AsyncGenerator<Batch, void, undefined> {
    const { path, collector, size } = file
    if (this.#kept?.has(path)) {
      yield* this.#kept.take(path, this.pool)
      this.#progress(size)
      return
    }
    const reader = new MrtReader(this.#vantages, collector, this.#number(path))
    const packed = newReport()
    const report: FileReport = { path, mrt: reader.stats, packed, error: null }
    this.reports.set(path, report)
    try {
      for await (const chunk of decompress(this.#counted(path), packed)) {
        reader.push(chunk)
        yield* this.#drain(reader, false)
      }
    } catch (error) {
      report.error = error instanceof Error ? error.message : String(error)
    }
    yield* this.#drain(reader, true)
  }

  *#drain(reader: MrtReader, last: boolean): Generator<Batch, void, undefined> {
    for (;;) {
      const batch = this.pool.take()
      const more = reader.read(batch, last)
      if (batch.messages > 0) yield batch
      else this.pool.give(batch)
      if (!more) return
    }
  }

  async *#counted(path: string): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of readChunks(path)) {
      this.#progress(chunk.length)
      yield chunk
    }
  }

  #number(path: string): number {
    const known = this.#files.indexOf(path)
    return known >= 0 ? known : this.#files.push(path) - 1
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
  for (const file of files) {
    next()
    yield* input.batches(file)
  }
}
