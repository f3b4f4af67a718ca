// What the name of an archive file says: whose it is, what it holds and when it begins. Archives have
// no other index. Known forms: RIS (`rrc00/2024.10/updates.20241001.0055.gz`), RouteViews
// (`route-views2/bgpdata/2024.10/UPDATES/updates.20241029.0000.bz2`), CAIDA's
// (`routeviews.route-views.jinx.ribs.1401487200.bz2`) and flat copies with the collector in front.

import { type Instant, minutes } from '../core/time.ts'

export interface ArchiveName {
  /** Null when neither the name nor the folders say. */
  readonly collector: string | null
  readonly kind: 'rib' | 'updates'
  /** When the file begins, or its table was taken; null when the name does not say. */
  readonly slot: Instant | null
  /** When it ends at the latest. */
  readonly slotEnd: Instant | null
}

/** RIS cuts every 5 minutes, RouteViews every 15; the longer one is right for both. */
const SLOT = minutes(15)

/** `path` as given by the user, with folders; only its text is looked at. */
export function readName(path: string): ArchiveName {
  const parts = path.split(/[\\/]/).filter((part) => part !== '' && part !== '.' && part !== '..')
  const name = parts.pop() ?? ''
  return {
    collector: collectorOfFile(name) ?? collectorOfFolders(parts),
    kind: /(^|[._-])(bview|ribs?)([._-]|$)/i.test(name) ? 'rib' : 'updates',
    ...slotOf(name),
  }
}

const beside =
  /^\.|^(readme|licen[cs]e|copying|notice|changelog|index|manifest|(md5|sha\d+)sums?)\b/i
const otherwise = new RegExp(
  '\\.(txt|text|md|rst|html?|xml|pdf|jsonl?|ndjson|geojson|csv|tsv|ya?ml|toml|ini|conf|cfg|log|' +
    'py|m?js|ts|sh|pl|rb|go|rs|c|h|lua|r|ipynb|png|jpe?g|svg|gif|parquet|sqlite|db|' +
    'md5|sha1|sha256|sha512|sum|asc|sig|gpg|enc|key|pem|crt|tar|tgz|zip|7z|rar|' +
    'part|partial|tmp|temp|crdownload|bak|orig|lock|pid)(\\.(gz|bz2))?$',
  'i',
)

/** False for a file that only lies beside archives, by its name: folders hold all sorts of things. */
export function looksLikeMrt(name: string): boolean {
  return !beside.test(name) && !otherwise.test(name)
}

const ris = /(?:^|[._-])(rrc\d{2})(?=[._-]|$)/i
const routeViews = /(?:^|[._])(route-?views\d*(?:[.-][a-z0-9]+)*)$/i

function collectorOfFile(name: string): string | null {
  const rrc = ris.exec(name)?.[1]
  if (rrc) return rrc.toLowerCase()
  const before = /^(.+?)[._-](?:updates?|bview|ribs?)[._]\d/i.exec(name)?.[1]?.toLowerCase()
  if (before === undefined) return null
  // CAIDA puts the project in front of the collector.
  const bare = before.replace(/^(?:routeviews|ris)\./, '')
  return routeViews.exec(bare)?.[1] ?? bare
}

/** The nearest folder that is a collector's, or that RouteViews' `bgpdata` stands in. */
function collectorOfFolders(folders: readonly string[]): string | null {
  for (let i = folders.length - 1; i >= 0; i--) {
    const folder = (folders[i] as string).toLowerCase()
    if (/^rrc\d{2}$/.test(folder)) return folder
    if (/^route-views\d*([.-][a-z0-9]+)*$/.test(folder)) return folder
    if (folder !== 'bgpdata') continue
    const owner = folders[i - 1]?.toLowerCase()
    // The oldest collector's files stand at the top of the archive itself.
    return owner && !/routeviews\.org$/.test(owner) ? owner : 'route-views2'
  }
  return null
}

function slotOf(name: string): Pick<ArchiveName, 'slot' | 'slotEnd'> {
  const named = /(?:^|[._-])(\d{8})[._-]?(\d{4})(?:\d{2})?(?:-(\d{4}))?(?!\d)/.exec(name)
  const slot = named && stamp(named[1] as string, named[2] as string)
  if (named && slot !== null) {
    const until = named[3] === undefined ? null : stamp(named[1] as string, named[3])
    if (until === null) return { slot, slotEnd: slot + SLOT }
    return { slot, slotEnd: until > slot ? until : until + minutes(1_440) }
  }
  const unix = /(?:^|[._-])(\d{9,10})(?=[._-]|$)/.exec(name)?.[1]
  if (unix === undefined) return { slot: null, slotEnd: null }
  const at = Number(unix) * 1e6
  return { slot: at, slotEnd: at + SLOT }
}

/** YYYYMMDD and HHMM in UTC; null when there is no such minute. */
function stamp(day: string, time: string): Instant | null {
  const text = `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6, 8)}`
  const ms = Date.parse(`${text}T${time.slice(0, 2)}:${time.slice(2, 4)}:00Z`)
  return Number.isNaN(ms) || !new Date(ms).toISOString().startsWith(text) ? null : ms * 1_000
}
