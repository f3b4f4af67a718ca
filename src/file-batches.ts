// One archive file into batches: read, unpacked, decoded. Done where there is time for it, on the main
// thread or on one of its own (reading.ts).

import type { Batch, BatchPool } from './core/batch.ts'
import { isReadFault, readChunks } from './feeds/archive.ts'
import type { BlockPool } from './wire/bzip2-ahead.ts'
import { type DecompressReport, decompress, newReport } from './wire/decompress.ts'
import type { MrtReader, MrtStats } from './wire/mrt.ts'

/** What became of one file. */
export interface FileReport {
  readonly path: string
  mrt: MrtStats
  packed: DecompressReport
  /** The operating system's word when it could not be read to its end. */
  error: string | null
}

export const newFileReport = (path: string): FileReport => ({
  path,
  mrt: { records: 0, malformed: 0, skipped: 0, truncated: false },
  packed: newReport(),
  error: null,
})

/**
 * The batches of the file that `report` is about, out of `pool`; what is damaged is counted, what is cut
 * ends there. `progress` hears how many octets were read; `blocks` decodes those of
 * bzip2.
 */
export async function* fileBatches(
  report: FileReport,
  reader: MrtReader,
  pool: BatchPool,
  progress: (octets: number) => void,
  blocks?: BlockPool,
): AsyncGenerator<Batch, void, undefined> {
  report.mrt = reader.stats
  try {
    for await (const chunk of decompress(counted(report.path, progress), report.packed, blocks)) {
      reader.push(chunk)
      yield* drain(reader, pool, false)
    }
  } catch (error) {
    // A thread that has died must not pass for a file that ends early.
    if (!isReadFault(error)) throw error
    report.error = error.message
  }
  yield* drain(reader, pool, true)
}

function* drain(
  reader: MrtReader,
  pool: BatchPool,
  last: boolean,
): Generator<Batch, void, undefined> {
  for (;;) {
    const batch = pool.take()
    const more = reader.read(batch, last)
    if (batch.messages > 0) yield batch
    else pool.give(batch)
    if (!more) return
  }
}

async function* counted(
  path: string,
  progress: (octets: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of readChunks(path)) {
    progress(chunk.length)
    yield chunk
  }
}
