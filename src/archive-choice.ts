// Which of the files given are starting tables, and which of those is the one to start from.

import { hours, type Span } from './core/time.ts'
import type { Archive, ArchiveFile, CollectorFiles } from './feeds/archive.ts'

export interface Choice {
  /** Null when the baseline has to be learned. */
  readonly ribs: Archive | null
  readonly updates: Archive
  /** Tables that are not needed: there is a better one of the same collector, or nothing follows. */
  readonly spare: readonly ArchiveFile[]
}

const DAY: Span = hours(24)

/**
 * What `--rib` names; of every other collector the last table taken in the day before its first updates.
 */
export function chooseTables(given: Archive, ribs: Archive | null): Choice {
  const spare: ArchiveFile[] = []
  const tables: CollectorFiles[] = [...(ribs?.collectors ?? [])]
  const named = new Set(tables.map(({ collector }) => collector))
  const updates: CollectorFiles[] = []
  for (const { collector, files } of given.collectors) {
    const mine = files.filter((file) => file.kind === 'updates')
    if (mine.length > 0) updates.push({ collector, files: mine })
    const found = files.filter((file) => file.kind === 'rib')
    const start = mine[0]?.slot ?? Infinity
    // A table of another day says little of this one; without updates any is as good as the next.
    const fits = ({ slot }: ArchiveFile) =>
      slot === null || start === Infinity || (slot <= start && slot >= start - DAY)
    const before = mine.length > 0 ? found.filter(fits) : found
    const chosen = named.has(collector) ? undefined : before.at(-1)
    spare.push(...found.filter((file) => file !== chosen))
    if (chosen) tables.push({ collector, files: [chosen] })
  }
  // A table that no updates follow would hold what nobody withdraws any more.
  const followed = new Set(updates.map(({ collector }) => collector))
  const idle = tables.filter(({ collector }) => updates.length > 0 && !followed.has(collector))
  spare.push(...idle.flatMap(({ files }) => files))
  const used = tables.filter((table) => !idle.includes(table))
  return {
    ribs: used.length > 0 ? archive(used) : null,
    updates: archive(updates),
    spare,
  }
}

function archive(collectors: readonly CollectorFiles[]): Archive {
  const bytes = collectors.flatMap(({ files }) => files).reduce((sum, { size }) => sum + size, 0)
  return { ok: true, collectors, bytes, skipped: 0 }
}
