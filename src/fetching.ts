// What `fetch` and `replay --collector` share: which files of the archives a stretch of time needs, and all
// of them onto the disk.

import { InputError, Unfinished, version } from './command.ts'
import { archiveSettings } from './config/archives.ts'
import type { Config } from './config/schema.ts'
import type { Instant } from './core/time.ts'
import { readChunks } from './feeds/archive.ts'
import { ArchiveSite, type RemoteFile } from './feeds/archive-http.ts'
import { ArchiveError, Unreached } from './feeds/archive-request.ts'
import type { ArchiveSettings } from './feeds/archive-settings.ts'
import { type Mirrors, size } from './fetch-options.ts'
import type { openLog } from './report/log.ts'
import { many } from './report/plain.ts'
import { Progress } from './report/progress.ts'
import { decompress, newReport } from './wire/decompress.ts'

type Log = ReturnType<typeof openLog>
export interface Wish {
  readonly collectors: readonly string[]
  readonly from: Instant
  readonly until: Instant
  /** The newest table at or before `from` too, and what followed it. */
  readonly table: boolean
  /** Octets at most; what is more is refused before anything is fetched. */
  readonly most: number
}

export interface Fetched {
  /** On this disk, tables first, by collector and slot. */
  readonly paths: readonly string[]
  readonly octets: number
  /** Names that should be there and are not, by collector. */
  readonly missing: ReadonlyMap<string, readonly string[]>
  /** Collectors of which a table was wanted and none is there. */
  readonly withoutTable: readonly string[]
}

export class Fetching {
  readonly #site: ArchiveSite
  readonly #log: Log
  readonly #settings: ArchiveSettings

  constructor(
    config: Config['archives'],
    log: Log,
    { mirrors, folder }: { readonly mirrors?: Mirrors | undefined; readonly folder?: string },
  ) {
    const settings = archiveSettings({ ...config, ...mirrors }, `faultline/${version}`)
    // A folder of the operator's own is not tidied up by us.
    this.#settings = folder === undefined ? settings : { ...settings, folder, mostKept: null }
    this.#log = log
    this.#site = new ArchiveSite(this.#settings, {
      log: (level, text) => log[level](text),
      isWhole: unpacksToItsEnd,
    })
  }

  async fetch(wish: Wish): Promise<Fetched> {
    try {
      return await this.#fetch(wish)
    } catch (error) {
      if (error instanceof Unreached)
        throw new Unfinished(`${error.message}\nWhat has come is kept: the same command goes on.`)
      throw error instanceof ArchiveError ? new InputError(error.message) : error
    } finally {
      this.#site.close()
    }
  }

  async #fetch(wish: Wish): Promise<Fetched> {
    const { files, missing, withoutTable } = await this.#plan(wish)
    const octets = files.reduce((sum, { size }) => sum + (size ?? 0), 0)
    const most = Math.min(wish.most, this.#settings.mostKept ?? Infinity)
    if (octets > most) {
      const why =
        most < wish.most ? 'the cache may hold (archives.mostCache)' : 'is fetched unasked (--most)'
      throw new InputError(
        `${many(files.length, 'file')} of about ${size(octets)} in all, more than the ${size(most)} that ` +
          `${why}: allow more, or ask for a shorter time or fewer collectors`,
      )
    }
    const progress = new Progress(
      {
        mode: process.stderr.isTTY === true ? 'bar' : 'off',
        octets: files.every((file) => file.size !== null) ? octets : null,
        write: (text) => process.stderr.write(text),
        columns: () => process.stderr.columns,
      },
      performance.now() * 1e3,
    )
    const here = new Map<RemoteFile, number>()
    let whole = 0
    const tell = () => {
      const sum = [...here.values()].reduce((a, b) => a + b, 0)
      const reached = { octets: sum, files: [whole, files.length] as const, at: null }
      progress.update(reached, performance.now() * 1e3)
    }
    const ends = new AbortController()
    const paths = new Map<RemoteFile, string>()
    const lost: string[] = []
    const one = async (file: RemoteFile) => {
      try {
        const path = await this.#site.get(file, {
          signal: ends.signal,
          onProgress: (octets) => {
            here.set(file, octets)
            tell()
          },
        })
        paths.set(file, path)
        whole++
        tell()
      } catch (error) {
        // It was listed and has gone since, or the index is older than the files.
        if (error instanceof ArchiveError && error.isMissing) lost.push(file.name)
        else {
          ends.abort()
          throw error
        }
      }
    }
    const ended = await inTurn(files, this.#settings.parallel, one)
    progress.clear()
    // The first fault is the cause of the others, which are aborted.
    if (ended !== null) throw ended.error
    for (const file of files)
      if (lost.includes(file.name) && !paths.has(file))
        missing.set(file.collector, [...(missing.get(file.collector) ?? []), file.name])
    return {
      paths: files.flatMap((file) => paths.get(file) ?? []),
      octets: [...here.values()].reduce((a, b) => a + b, 0),
      missing,
      withoutTable,
    }
  }

  async #plan({ collectors, from, until, table }: Wish) {
    const files: RemoteFile[] = []
    const missing = new Map<string, readonly string[]>()
    const withoutTable: string[] = []
    const nothing: string[] = []
    for (const collector of collectors) {
      const rib = table ? await this.#site.newestRib(collector, from) : null
      if (table && !rib) withoutTable.push(collector)
      // What has happened since the table was taken is not in it.
      const survey = await this.#site.survey(collector, 'updates', rib?.slot ?? from, until)
      if (rib) files.push(rib)
      files.push(...survey.files)
      if (survey.missing.length > 0) missing.set(collector, survey.missing)
      if (survey.files.length === 0) nothing.push(collector)
    }
    if (nothing.length > 0)
      throw new InputError(
        nothing
          .map(
            (collector) =>
              `${collector}: the archive has no updates of that time; check the name, and whether the ` +
              'collector was there then; new files come some minutes after their end',
          )
          .join('\n'),
      )
    return { files, missing, withoutTable }
  }

  /** What is not there, in words. */
  warn({ missing, withoutTable }: Fetched): void {
    for (const [collector, names] of missing) {
      const some = names.length > 4 ? [...names.slice(0, 3), `${names.length - 3} more`] : names
      this.#log.warn(`${collector}: the archive lacks ${some.join(', ')}`)
    }
    for (const collector of withoutTable)
      this.#log.warn(`${collector}: the archive has no table of the time before --from`)
  }
}

/** So many at once; after the first fault nothing more is begun, and what is under way is waited for. */
async function inTurn<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<{ readonly error: unknown } | null> {
  const left = items.values()
  let fault: { readonly error: unknown } | null = null
  const run = async () => {
    for (const item of left) {
      if (fault) return
      try {
        await work(item)
      } catch (error) {
        fault ??= { error }
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, run))
  return fault
}

export async function unpacksToItsEnd(path: string): Promise<boolean> {
  const report = newReport()
  for await (const chunk of decompress(readChunks(path), report)) void chunk
  return !report.truncated && report.damaged === 0
}
