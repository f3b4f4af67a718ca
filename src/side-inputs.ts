// Files of what is known beside the routes, into dated facts. What a file says holds from its own date
// on. The first one may be a little younger than the events, because such files are made once a day;
// but never is anything taken from today for the past.

import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { InputError } from './command.ts'
import { dated } from './context/dated.ts'
import type { FileReading } from './context/faults.ts'
import { readRelationshipsFile } from './context/relationships-file.ts'
import { readRpkiFile } from './context/rpki-file.ts'
import type { SpecialSettings } from './context/special.ts'
import type { SideInput } from './core/fact.ts'
import { hours, type Instant, iso, type Span, words } from './core/time.ts'
import { readChunks } from './feeds/archive.ts'
import { isUrl } from './feeds/watched-settings.ts'
import { decompress, newReport } from './wire/decompress.ts'

export interface SideFiles extends SpecialSettings {
  /** `FILE`, or `FILE@DATE` of one that does not say of when it is. */
  readonly vrps: readonly string[]
  readonly asRelationships: readonly string[]
  /** So much younger than the events the first VRPs may be. */
  readonly vrpsAhead: Span
}

/** What the command line adds to the configuration. */
export const withFlags = <T extends SideFiles>(
  files: T,
  { vrps = [], asRelationships = [] }: { vrps?: string[]; asRelationships?: string[] },
): T => ({
  ...files,
  vrps: [...files.vrps, ...vrps],
  asRelationships: [...files.asRelationships, ...asRelationships],
})

export const sidePaths = ({ vrps, asRelationships }: SideFiles): string[] =>
  [...vrps, ...asRelationships].filter((file) => !isUrl(file)).map((file) => dated(file).path)

/** A text of JavaScript can be no longer. */
const MOST_OCTETS = 400 << 20
/** CAIDA's files are made once a month, of the days at its beginning. */
const RELATIONSHIPS_AHEAD: Span = hours(24 * 31)

/** All of them, in the order of the times from which they count; throws when one is at fault. */
export async function readSideInputs(
  files: SideFiles,
  warn: (text: string) => void,
): Promise<SideInput[]> {
  const faults: string[] = []
  const readAll = async (
    what: SideInput['what'],
    given: readonly string[],
    ahead: Span,
    read: (text: string, name: string) => FileReading,
  ): Promise<SideInput[]> => {
    const found: SideInput[] = []
    for (const item of given) {
      if (isUrl(item)) {
        warn(`${item}: nothing is known of it before it is fetched, which a replay does not do`)
        continue
      }
      const { path, date: told } = dated(item)
      const input = await readOne(path, what, told, read, faults)
      if (input === null) continue
      if (input.date === null)
        warn(`${path}: not used, because it does not say of when it is; give ${path}@2025-01-31`)
      else found.push({ ...input, at: input.date })
    }
    found.sort((a, b) => a.at - b.at)
    // Before the first there is none that would be older, and better.
    return found.map((input, i) =>
      i === 0 ? { ...input, at: Math.max(0, input.at - ahead) } : input,
    )
  }
  const { vrps, asRelationships, vrpsAhead } = files
  const found = [
    special(files),
    ...(await readAll('rpki', vrps, vrpsAhead, readRpkiFile)),
    ...(await readAll(
      'as-relationships',
      asRelationships,
      RELATIONSHIPS_AHEAD,
      readRelationshipsFile,
    )),
  ]
  if (faults.length > 0) throw new InputError(faults.join('\n'))
  return found
}

/** The lists of the configuration go with the stream too, or a journal would be read with others. */
function special(lists: SpecialSettings): SideInput {
  const { siblings, research, routeServers, scrubbers, beacons } = lists
  const content = JSON.stringify({ siblings, research, routeServers, scrubbers, beacons })
  const sha256 = createHash('sha256').update(content).digest('hex')
  return { kind: 'side-input', at: 0, what: 'special', name: 'lists', date: null, sha256, content }
}

async function readOne(
  path: string,
  what: SideInput['what'],
  told: Instant | null,
  read: (text: string, name: string) => FileReading,
  faults: string[],
): Promise<SideInput | null> {
  const { input, faults: wrong } = await sideInputOf(readChunks(path), what, basename(path), read)
  faults.push(...wrong.map((why) => (/^\d+: /.test(why) ? `${path}:${why}` : `${path}: ${why}`)))
  return input && { ...input, date: told ?? input.date }
}

/** What octets mean, packed or not; null when something is wrong with them. Never throws. */
export async function sideInputOf(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  what: SideInput['what'],
  name: string,
  read: (text: string, name: string) => FileReading | Promise<FileReading>,
): Promise<{ readonly input: SideInput | null; readonly faults: readonly string[] }> {
  const hash = createHash('sha256')
  const octets = async function* () {
    for await (const chunk of chunks) {
      hash.update(chunk)
      yield chunk
    }
  }
  const report = newReport()
  const decoder = new TextDecoder()
  let size = 0
  let text = ''
  try {
    for await (const chunk of decompress(octets(), report)) {
      size += chunk.length
      if (size > MOST_OCTETS) throw new Error(`is larger than ${MOST_OCTETS >> 20} MiB`)
      text += decoder.decode(chunk, { stream: true })
    }
  } catch (error) {
    return { input: null, faults: [(error as Error).message] }
  }
  if (report.truncated || report.damaged > 0)
    return { input: null, faults: ['it is not whole; fetch it again'] }
  const { date, content, faults: wrong, more } = await read(text + decoder.decode(), name)
  const faults = wrong.map(({ line, why }) => (line > 0 ? `${line}: ${why}` : why))
  if (more > 0) faults.push(`… and ${more} more like these`)
  const sha256 = hash.digest('hex')
  const input = { kind: 'side-input', at: 0, what, name, date, sha256, content } as const
  return { input: faults.length > 0 ? null : input, faults }
}

/** Of side inputs whose time did not come, and of the time before the first; null when all is well. */
export function unusedSideInputs(
  given: readonly SideInput[],
  first: Instant,
  last: Instant,
): string[] {
  const out: string[] = []
  for (const what of ['rpki', 'as-relationships'] as const) {
    const all = given.filter((input) => input.what === what)
    const [earliest] = all
    if (!earliest) continue
    const of = what === 'rpki' ? 'VRPs' : 'relationships'
    for (const { name, date, at } of all)
      if (at > last)
        out.push(
          `${name}: not used, it is of ${iso(date ?? 0)}; nothing is taken from then for events until ${iso(last)}`,
        )
    if (earliest.at > first && earliest.at <= last)
      out.push(`no ${of} are known for events before ${iso(earliest.at)}`)
    const latest = all.findLast(({ at }) => at <= last)
    if (latest && last - (latest.date ?? 0) > hours(24 * (what === 'rpki' ? 2 : 62)))
      out.push(`${latest.name}: ${words(last - (latest.date ?? 0))} older than the last event`)
  }
  return out
}
