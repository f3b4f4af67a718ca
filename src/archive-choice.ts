// Which of the files given are starting tables, and which of those is the one to start from.

import type { Archive, ArchiveFile, CollectorFiles } from './feeds/archive.ts'

export interface Choice {
  /** Null when the baseline has to be learned. */
  readonly ribs: Archive | null
  readonly updates: Archive
  /** Tables that are not needed: there is a better one of the same collector. */
  readonly spare: readonly ArchiveFile[]
}

/**
 * What `--rib` names; of every other collector the last table taken before its first updates, or else
 * its first.
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
    const before = found.filter(({ slot }) => slot === null || slot <= start)
    const chosen = named.has(collector) ? undefined : (before.at(-1) ?? found[0])
    spare.push(...found.filter((file) => file !== chosen))
    if (chosen) tables.push({ collector, files: [chosen] })
  }
  return {
    ribs: tables.length > 0 ? archive(tables) : null,
    updates: archive(updates),
    spare,
  }
}

function archive(collectors: readonly CollectorFiles[]): Archive {
  const bytes = collectors.flatMap(({ files }) => files).reduce((sum, { size }) => sum + size, 0)
  return { ok: true, collectors, bytes, skipped: 0 }
}
