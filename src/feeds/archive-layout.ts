// How RIS and RouteViews lay out their files: computed from collector and time, because most questions
// need no index. The names themselves are read by archive-name.ts.

import { hours, type Instant, iso, minutes, type Span } from '../core/time.ts'

export type Project = 'ris' | 'routeviews'
export type Kind = 'updates' | 'rib'

interface Layout {
  readonly stem: Record<Kind, string>
  readonly suffix: string
  readonly every: Record<Kind, Span>
}

const layouts: Record<Project, Layout> = {
  ris: {
    stem: { updates: 'updates', rib: 'bview' },
    suffix: 'gz',
    every: { updates: minutes(5), rib: hours(8) },
  },
  routeviews: {
    stem: { updates: 'updates', rib: 'rib' },
    suffix: 'bz2',
    every: { updates: minutes(15), rib: hours(2) },
  },
}

/** Before this, files began whenever they did and RIS's had 15 minutes: only the index knows. */
export const REGULAR_SINCE: Instant = Date.UTC(2004, 0, 1) * 1e3

/** Nothing is older: the first files of RIS are of September 1999. */
export const FIRST: Instant = Date.UTC(1999, 8, 1) * 1e3

const ris = /^rrc\d{2}$/
/** The older names, and those of an exchange and the airport nearest to it. */
const routeViews = /^(route-views\d*(\.[a-z0-9-]+)?|[a-z0-9][a-z0-9-]{0,30}\.[a-z]{3})$/

/** Whose collector it is by its name; null when neither project names one like that. */
export function projectOf(collector: string): Project | null {
  if (ris.test(collector)) return 'ris'
  return routeViews.test(collector) ? 'routeviews' : null
}

/** How long a file of this kind goes on; a table is of its instant, and the next comes so much later. */
export const spanOf = (project: Project, kind: Kind): Span => layouts[project].every[kind]

/** Starts of all files that hold something of `from` until `until`; of tables, those taken in it. */
export function slots(project: Project, kind: Kind, from: Instant, until: Instant): Instant[] {
  const every = spanOf(project, kind)
  const first = (kind === 'updates' ? Math.floor(from / every) : Math.ceil(from / every)) * every
  const out: Instant[] = []
  for (let slot = first; slot < until; slot += every) out.push(slot)
  return out
}

/** How many they are, without making them. */
export const slotCount = (project: Project, kind: Kind, from: Instant, until: Instant): number =>
  Math.max(0, Math.ceil((until - from) / spanOf(project, kind)) + 1)

/** `updates.20241029.0005.gz`. */
export function nameOf(project: Project, kind: Kind, slot: Instant): string {
  const { stem, suffix } = layouts[project]
  const text = iso(slot)
  const day = text.slice(0, 10).replaceAll('-', '')
  return `${stem[kind]}.${day}.${text.slice(11, 13)}${text.slice(14, 16)}.${suffix}`
}

/**
 * Where files of the month of `slot` are, below the archive's address. The oldest collector of
 * RouteViews stands at the top of the archive and, by now, in a folder of its own: either may be there.
 */
export function foldersOf(collector: string, kind: Kind, slot: Instant): string[] {
  const project = projectOf(collector)
  const month = iso(slot).slice(0, 7).replace('-', '.')
  if (project === 'ris') return [`${collector}/${month}/`]
  const below = `bgpdata/${month}/${kind === 'rib' ? 'RIBS' : 'UPDATES'}/`
  const own = `${collector}/${below}`
  return collector === 'route-views2' ? [below, own] : [own]
}

/** Where a file is kept here: always below a folder that says whose it is. */
export const keptAt = (collector: string, kind: Kind, slot: Instant, name: string): string =>
  `${foldersOf(collector, kind, slot).at(-1)}${name}`

/** Starts of the months that hold something of `from` until `until`, UTC. */
export function months(from: Instant, until: Instant): Instant[] {
  const out: Instant[] = []
  const day = new Date(from / 1e3)
  const year = day.getUTCFullYear()
  for (let month = day.getUTCMonth(); ; month++) {
    const start = Date.UTC(year, month) * 1e3
    if (start >= until) return out
    out.push(start)
  }
}

/** The first instant of the month before. */
export function monthBefore(month: Instant): Instant {
  const day = new Date(month / 1e3)
  return Date.UTC(day.getUTCFullYear(), day.getUTCMonth() - 1) * 1e3
}
