// A replay without files: those of the collectors and the time it names are fetched, and then it is as if
// they had been named.

import { accessSync, constants, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { InputError } from './command.ts'
import type { Settled } from './config/settle.ts'
import type { Instant } from './core/time.ts'
import { readName } from './feeds/archive-name.ts'
import { collectorsOption, type Mirrors, USUAL_MOST, wishFaults } from './fetch-options.ts'
import type { Fetched } from './fetching.ts'
import { openLog } from './report/log.ts'

interface Flags {
  readonly collector?: string
  readonly from?: Instant
  readonly until?: Instant
  readonly rib?: readonly string[]
  readonly samples?: readonly string[]
  readonly archive?: Mirrors
  readonly most?: number
}

/** The collectors whose files are to be fetched; null when nothing is. */
export function wishOf(files: readonly string[], flags: Flags): readonly string[] | null {
  const { collector, from, until, samples, archive, most } = flags
  const timeless = from === undefined && until === undefined
  // Samples beside a table of that collector need no files.
  if (files.length > 0 || collector === undefined || (samples && timeless)) {
    if (archive === undefined && most === undefined) return null
    throw new InputError(
      '--archive, --most: nothing is fetched, because files are named or no --collector is',
    )
  }
  const collectors = collectorsOption(collector)
  const faults = wishFaults(collectors, from, until)
  if (faults.length > 0) throw new InputError(faults.join('\n'))
  return collectors
}

/** Where results are to go must be there before anything is fetched for them. */
export function refuseUnwritable(outputs: Readonly<Record<string, string | undefined>>): void {
  const faults: string[] = []
  for (const [option, path] of Object.entries(outputs)) {
    if (path === undefined) continue
    const there = statSync(path, { throwIfNoEntry: false })
    if (there?.isDirectory()) faults.push(`${option} ${path}: this is a folder; give a file`)
    else
      try {
        accessSync(there ? path : dirname(path), constants.W_OK)
      } catch (error) {
        faults.push(`${option} ${path}: ${(error as Error).message}`)
      }
  }
  if (faults.length > 0) throw new InputError(faults.join('\n'))
}

/** Into the cache, as if they had been named; a table only when none is. */
export async function fetchAll(
  collectors: readonly string[],
  { from = 0, until = 0, rib = [], archive, most = USUAL_MOST }: Flags,
  { config }: Settled,
): Promise<Fetched> {
  const { Fetching } = await import('./fetching.ts')
  const log = openLog({ readable: process.stderr.isTTY === true, level: config.log.level })
  const ribs = [...config.context.rib, ...rib]
  // With a table all that follows it is needed, told or not.
  const taken = ribs.map((path) => readName(path).slot ?? from)
  const fetching = new Fetching(config.archives, log, { mirrors: archive })
  const fetched = await fetching.fetch({
    collectors,
    from: Math.min(from, ...taken),
    until,
    table: ribs.length === 0,
    most,
  })
  fetching.warn(fetched)
  return fetched
}
