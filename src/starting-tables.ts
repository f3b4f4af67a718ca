// Starting tables into the table, and what each of them was: whoever starts from the wrong one must be
// told, because nothing is missed that was never there.

import type { ArchiveInput } from './archive-input.ts'
import { Message } from './core/batch.ts'
import type { Instant } from './core/time.ts'
import type { Archive } from './feeds/archive.ts'
import type { Table } from './table/table.ts'

export interface LoadedTable {
  readonly path: string
  readonly collector: string
  /** Stamp of its first row; null when it holds none. */
  at: Instant | null
  routes: number
}

/** Loads them all, or until `stop` says so. */
export async function loadTables(
  input: ArchiveInput,
  table: Table,
  ribs: Archive,
  stop: () => boolean = () => false,
): Promise<LoadedTable[]> {
  const out: LoadedTable[] = []
  for (const { collector, files } of ribs.collectors) {
    for (const file of files) {
      const loaded: LoadedTable = { path: file.path, collector, at: null, routes: 0 }
      out.push(loaded)
      for await (const batch of input.batches(file)) {
        if (stop()) return out
        for (let m = 0; m < batch.messages; m++) {
          if (batch.kind[m] !== Message.rib) continue
          loaded.at ??= batch.at[m] as Instant
          loaded.routes++
        }
        table.load(batch)
        input.pool.give(batch)
      }
    }
  }
  return out
}

export const noTable = (path: string): string =>
  `${path}: it holds no starting table (an MRT RIB dump, as bview or rib files are)`
