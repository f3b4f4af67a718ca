// The beginning out of the archives: the newest table of each collector, and then what was said since, as
// a hole that began when the table was taken and is filled like any other (resync.ts). So the
// live feeds need not wait, nor be kept in the meantime: what they say is newer than what the archive
// will tell, and stands. Until the hole is filled nobody is believed whose table is older than the
// hole may be (table/sessions.ts).

import { InputError } from './command.ts'
import type { Sink } from './core/sink.ts'
import { hours, type Instant, iso, type Span } from './core/time.ts'
import type { Archive } from './feeds/archive.ts'
import { listArchive } from './feeds/archive.ts'
import type { ArchiveSite } from './feeds/archive-http.ts'
import type { Table } from './table/table.ts'

/** RIS takes one every eight hours, RouteViews every two; and one may be missing. */
const OLDEST: Span = hours(24)

/** The newest tables at or before `now`, on this disk. Throws what the operator has to know. */
export async function fetchTables(
  site: Pick<ArchiveSite, 'newestRib' | 'get'>,
  collectors: readonly string[],
  now: Instant,
  log: (level: 'info' | 'warn', text: string) => void,
  signal?: AbortSignal,
): Promise<Archive> {
  const paths: string[] = []
  const faults: string[] = []
  for (const collector of collectors) {
    const rib = await site.newestRib(collector, now)
    if (!rib) faults.push(`${collector}: the archive has no table; check the name`)
    else if (now - rib.slot > OLDEST)
      faults.push(`${collector}: its newest table is of ${iso(rib.slot)}, which is too old`)
    else {
      log('info', `${collector}: fetching its table of ${iso(rib.slot)}`)
      paths.push(await site.get(rib, { signal }))
    }
  }
  if (faults.length > 0) throw new InputError(faults.join('\n'))
  const archive = listArchive(paths)
  if (!archive.ok)
    throw new InputError(archive.faults.map(({ path, why }) => `${path}: ${why}`).join('\n'))
  return archive
}

/** Name of the feed that has not told what was said since the tables were taken. */
const FEED = 'bootstrap'
/** Whatever the peers were heard through. */
const ANY_SOURCE = -1

/**
 * Says that nothing is known of what was said since these tables were taken, up to `now`. To be called
 * when the table has been started, before any feed is heard.
 */
export function openHoles(sink: Sink, ribs: Archive, now: Instant): void {
  for (const { collector, files } of ribs.collectors) {
    const taken = files.flatMap(({ slot }) => slot ?? [])
    if (taken.length === 0) continue
    const gap = { feed: FEED, source: ANY_SOURCE, collector }
    const why = 'what was said since its table was taken is fetched'
    sink.fact({ kind: 'gap', at: Math.min(...taken), why, ...gap })
    sink.fact({ kind: 'gap-end', at: now, ...gap, fills: true })
  }
}

/** How much of what is known is out of date, and since when; for readiness and metrics. */
export function holesOf(table: Table): {
  readonly stale: number
  readonly unknown: number
  readonly since: Instant | null
} {
  let stale = 0
  let unknown = 0
  let since = Number.POSITIVE_INFINITY
  for (const { holeSince, adrift } of table.peers.list) {
    if (holeSince === 0) continue
    if (adrift) unknown++
    else stale++
    since = Math.min(since, holeSince)
  }
  return { stale, unknown, since: Number.isFinite(since) ? since : null }
}
