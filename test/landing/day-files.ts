// A generated day as the files an archive would hold: one table and one file of updates a collector.

import { writeFileSync } from 'node:fs'
import { ArchiveInput } from '../../src/archive-input.ts'
import { BatchPool } from '../../src/core/batch.ts'
import type { Incident } from '../../src/core/incident.ts'
import { VantagePoints } from '../../src/core/vantage.ts'
import { listArchive } from '../../src/feeds/archive.ts'
import { type Day, type DayOptions, generateDay, updatesOf } from '../../src/scenario/day.ts'
import { type Cue, cuesOf } from '../../src/scenario/player.ts'

export interface DayFiles {
  readonly day: Day
  readonly ribs: readonly string[]
  readonly updates: readonly string[]
  /** `--rib` for each table. */
  readonly withRibs: readonly string[]
}

/** Three hours of AS4766, with an outage, a session reset and a leak; `cut` cuts stamps to the ms. */
export function dayFiles(
  place: (name: string) => string,
  { cut = false, ...options }: DayOptions & { readonly cut?: boolean } = {},
): DayFiles {
  const made = generateDay({ hours: 3, rate: 0.4, ...options })
  const messages = made.messages.map((m) => ({ ...m, at: Math.floor(m.at / 1_000) * 1_000 }))
  const day = cut ? { ...made, messages } : made
  const write = (kind: string, files: ReadonlyMap<string, Uint8Array>) =>
    [...files].map(([collector, octets]) => {
      const path = place(`${collector}.${kind}.20211025.0000-0300${cut ? '.cut' : ''}`)
      writeFileSync(path, octets)
      return path
    })
  const ribs = write('rib', day.rib)
  const updates = write('updates', updatesOf(day))
  return { day, ribs, updates, withRibs: ribs.flatMap((path) => ['--rib', path]) }
}

/** Archives as the frames that would have told them. */
export async function cuesOfFiles(paths: readonly string[]): Promise<Cue[]> {
  const archive = listArchive(paths)
  if (!archive.ok) throw new Error(archive.faults.map(({ why }) => why).join())
  const vantages = new VantagePoints()
  const pool = new BatchPool()
  const input = new ArchiveInput(vantages, pool, [])
  const cues: Cue[] = []
  for (const file of archive.collectors.flatMap(({ files }) => files))
    for await (const batch of input.batches(file)) {
      cues.push(...cuesOf(batch, vantages))
      pool.give(batch)
    }
  return cues.sort((a, b) => a.at - b.at)
}

/** What must be the same of an incident, however its facts came in. */
export function essence(incident: Incident) {
  const { id, kind, key, startedAt, detectedAt, endedAt, severity, counts } = incident
  const { now: _, ...peak } = counts
  return { id, kind, key, startedAt, detectedAt, endedAt, severity, state: incident.state, peak }
}
