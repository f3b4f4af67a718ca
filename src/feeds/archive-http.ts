// The archives of RIS and RouteViews over HTTP: which files there are, and each of them onto the disk.
//
//   const site = new ArchiveSite(settings, { log, isWhole })
//   site.list(collector, 'updates' | 'rib', from, until)   files that hold something of that time, by slot;
//                                                          of tables, those taken in it
//   site.survey(…)                                         the same with the names that are missing
//   site.newestRib(collector, before)                      taken at or before; null when there is none
//   site.get(file, { signal, onProgress })                 path on this disk, whole
//   site.release(path)                                     it was read: the cache may throw it out again
//   site.close()                                           what is under way ends with an AbortError
//
// All throw `ArchiveError`, with what to do about it: `isMissing` when the server has no such file, an
// `Unreached` when another time it may be there. A path names its collector as archive-name.ts reads it. Names are computed and asked for by
// HEAD where they are few; the index of the month is read where they are many or some are not there.

import { join } from 'node:path'
import type { Instant, Span } from '../core/time.ts'
import { hours, minutes } from '../core/time.ts'
import { discard, download, refused, settle, sizeAt } from './archive-download.ts'
import { type Listed, readIndex } from './archive-index.ts'
import { KeptFiles } from './archive-kept.ts'
import {
  FIRST,
  foldersOf,
  type Kind,
  keptAt,
  monthBefore,
  months,
  nameOf,
  type Project,
  projectOf,
  REGULAR_SINCE,
  slotCount,
  slots,
  spanOf,
} from './archive-layout.ts'
import { ArchiveError, Requests, textOf, Unreached } from './archive-request.ts'
import type { ArchiveSettings } from './archive-settings.ts'

export interface RemoteFile {
  readonly collector: string
  readonly kind: Kind
  /** Start of what it holds, by its name. */
  readonly slot: Instant
  readonly name: string
  readonly url: string
  /** Octets; rounded when an index says it, null when nobody does. */
  readonly size: number | null
  /** `size` is to the octet. */
  readonly exact: boolean
}

export interface Survey {
  /** By slot. */
  readonly files: readonly RemoteFile[]
  /** Names that should be there by now and are not: holes. */
  readonly missing: readonly string[]
}

export interface ArchiveHandlers {
  log(level: 'info' | 'warn' | 'error', text: string): void
  /** Whether a file unpacks to its end. */
  isWhole(path: string): Promise<boolean>
}

export interface GetOptions {
  readonly signal?: AbortSignal | undefined
  /** Octets that are here, of so many; null = not said. */
  readonly onProgress?: (octets: number, of: number | null) => void
}

/** So many names are asked for one by one; the index of a month may be two megabytes. */
const FEW = 16
/** Files of one question. */
const MOST_FILES = 20_000
/** Indexes remembered. */
const MOST_INDEXES = 32
/** An index that may still grow is read again after so long. */
const FRESH: Span = minutes(1)
/** RIBs that are looked for by name before the index is asked. */
const TRIES = 4

interface Index {
  readonly at: Instant
  readonly url: URL
  readonly listed: readonly Listed[]
}

const now = (): Instant => Date.now() * 1e3

export class ArchiveSite {
  readonly #settings: ArchiveSettings
  readonly #handlers: ArchiveHandlers
  readonly #requests: Requests
  readonly #kept: KeptFiles
  readonly #indexes = new Map<string, Index | null>()
  readonly #going = new Map<string, Promise<string>>()
  /** Collectors whose second place is the one that answers. */
  readonly #second = new Set<string>()

  constructor(settings: ArchiveSettings, handlers: ArchiveHandlers) {
    this.#settings = settings
    this.#handlers = handlers
    this.#requests = new Requests(settings)
    this.#kept = new KeptFiles(settings.folder, settings.mostKept)
  }

  get retries(): number {
    return this.#requests.retries
  }

  async list(
    collector: string,
    kind: Kind,
    from: Instant,
    until: Instant,
    signal?: AbortSignal,
  ): Promise<readonly RemoteFile[]> {
    return (await this.survey(collector, kind, from, until, signal)).files
  }

  async survey(
    collector: string,
    kind: Kind,
    from: Instant,
    until: Instant,
    signal?: AbortSignal,
  ): Promise<Survey> {
    const project = projectIn(collector)
    // Nobody has written what is still to come.
    const [start, end] = [Math.max(from, FIRST), Math.min(until, now())]
    const expected = slotCount(project, kind, start, end)
    if (expected > MOST_FILES)
      throw new ArchiveError(
        `${collector}: ${expected} files in that time, and at most ${MOST_FILES} are fetched in one go`,
      )
    const names = slots(project, kind, start, end).map((slot) => ({
      slot,
      name: nameOf(project, kind, slot),
    }))
    const due = (slot: Instant) =>
      slot + spanOf(project, kind) + this.#settings.late <= now() && slot >= REGULAR_SINCE
    if (expected <= FEW && start >= REGULAR_SINCE) {
      const found = await Promise.all(
        names.map(({ slot }) => this.#head(collector, kind, slot, signal)),
      )
      const files = found.filter((file) => file !== null)
      if (names.every(({ slot }, i) => found[i] !== null || !due(slot)))
        return { files, missing: [] }
    }
    const files: RemoteFile[] = []
    const blank: Instant[] = []
    for (const month of months(start, end)) {
      const index = await this.#index(collector, kind, month, signal)
      if (index === null) blank.push(month)
      else files.push(...index.filter(({ slot }) => holds(project, kind, slot, start, end)))
    }
    if (blank.length > 0) files.push(...(await this.#byName(collector, kind, names, blank, signal)))
    files.sort((a, b) => a.slot - b.slot)
    // By time: a mirror may have packed them otherwise.
    const there = new Set(files.map(({ slot }) => slot))
    const missing = names.filter(({ slot }) => due(slot) && !there.has(slot))
    return { files, missing: missing.map(({ name }) => name) }
  }

  async newestRib(
    collector: string,
    before: Instant,
    signal?: AbortSignal,
  ): Promise<RemoteFile | null> {
    const project = projectIn(collector)
    const end = Math.min(before, now())
    if (end >= REGULAR_SINCE) {
      const every = spanOf(project, 'rib')
      const newest = Math.floor(end / every) * every
      for (let i = 0; i < TRIES; i++) {
        const file = await this.#head(collector, 'rib', newest - i * every, signal)
        if (file) return file
      }
    }
    let month = months(end, end + 1)[0] as Instant
    for (let i = 0; i < 2; i++, month = monthBefore(month)) {
      const index = (await this.#index(collector, 'rib', month, signal)) ?? []
      const found = index.filter(({ slot }) => slot <= end).at(-1)
      if (found) return found
    }
    return null
  }

  /** Held until `release`. The same file asked for twice at once is fetched once. */
  async get(file: RemoteFile, options: GetOptions = {}): Promise<string> {
    const path = join(
      this.#settings.folder,
      keptAt(file.collector, file.kind, file.slot, file.name),
    )
    this.#kept.hold(path)
    let going = this.#going.get(path)
    if (!going) {
      going = this.#fetch(file, path, options).finally(() => this.#going.delete(path))
      this.#going.set(path, going)
    }
    try {
      return await going
    } catch (error) {
      this.#kept.release(path)
      throw error
    }
  }

  release(path: string): void {
    this.#kept.release(path)
  }

  close(): void {
    this.#requests.close()
  }

  async #fetch(file: RemoteFile, path: string, options: GetOptions): Promise<string> {
    const { mostOctets, settled } = this.#settings
    const { kind, slot, exact, size } = file
    const ended = slot + spanOf(projectIn(file.collector), kind)
    const isSettled = ended + settled <= now()
    const here = await sizeAt(path)
    if (here !== null && isSettled && (!exact || size === null || size === here)) {
      await this.#kept.used(path)
      options.onProgress?.(here, here)
      return path
    }
    await this.#kept.room(Math.max(0, (size ?? 0) - (here ?? 0)))
    const wanted = { url: new URL(file.url), path, mostOctets, ...options }
    let ask = here !== null && (!exact || size === null || size === here)
    // A second time from the beginning, when the pieces do not make a whole.
    for (let again = false; ; again = true) {
      const got = await download(this.#requests, { ...wanted, ask })
      const length = (await sizeAt(path)) ?? 0
      if (got.what === 'same') {
        await this.#kept.used(path)
        options.onProgress?.(length, length)
        return path
      }
      if (await this.#handlers.isWhole(path)) break
      if ((got.resumed || !got.measured) && !again) {
        await discard(path)
        ask = false
        continue
      }
      if (!isSettled || !got.measured) {
        await discard(path)
        throw new Unreached(
          `${file.url}: it does not unpack to its end; perhaps it is still written`,
        )
      }
      // It will not get better: what can be had of it is better than a hole.
      this.#handlers.log(
        'warn',
        `${file.url}: it is damaged in the archive itself; what there is, is used`,
      )
      break
    }
    this.#kept.added((await sizeAt(path)) ?? 0)
    if (isSettled) await settle(path)
    return path
  }

  /** Null when there is no such file. */
  async #head(
    collector: string,
    kind: Kind,
    slot: Instant,
    signal?: AbortSignal,
  ): Promise<RemoteFile | null> {
    const name = nameOf(projectIn(collector), kind, slot)
    for (const folder of this.#folders(collector, kind, slot)) {
      const url = new URL(folder.path + name, this.#base(collector))
      const size = await this.#requests.get(
        () => ({ url, method: 'HEAD' }),
        (answer) => {
          const { statusCode = 0, headers } = answer
          answer.resume()
          if (statusCode === 404 || statusCode === 410) return Promise.resolve(undefined)
          if (statusCode !== 200) return Promise.reject(refused(url, statusCode))
          const length = headers['content-length'] ?? ''
          return Promise.resolve(/^\d{1,15}$/.test(length) ? Number(length) : null)
        },
        signal,
      )
      if (size === undefined) continue
      if (folder.second) this.#second.add(collector)
      const { href } = url
      return { collector, kind, slot, name, url: href, size, exact: size !== null }
    }
    return null
  }

  /** Names asked for one by one, of months that have no index. */
  async #byName(
    collector: string,
    kind: Kind,
    names: readonly { readonly slot: Instant }[],
    blank: readonly Instant[],
    signal?: AbortSignal,
  ): Promise<RemoteFile[]> {
    const within = new Set(blank)
    const wanted = names.filter(({ slot }) => within.has(months(slot, slot + 1)[0] as Instant))
    const found = await Promise.all(
      wanted.map(({ slot }) => this.#head(collector, kind, slot, signal)),
    )
    return found.filter((file) => file !== null)
  }

  /** Of one month; null when the server gives no list of it. */
  async #index(
    collector: string,
    kind: Kind,
    month: Instant,
    signal?: AbortSignal,
  ): Promise<RemoteFile[] | null> {
    for (const folder of this.#folders(collector, kind, month)) {
      const url = new URL(folder.path, this.#base(collector))
      const index = await this.#page(url, month, signal)
      if (index === null) continue
      if (folder.second) this.#second.add(collector)
      return index.listed
        .filter((entry) => entry.kind === kind)
        .map(({ name, slot, about }) => ({
          collector,
          kind,
          slot,
          name,
          url: new URL(name, index.url).href,
          size: about,
          exact: false,
        }))
    }
    return null
  }

  async #page(url: URL, month: Instant, signal?: AbortSignal): Promise<Index | null> {
    const known = this.#indexes.get(url.href)
    const over = now() > month + hours(24 * 32)
    if (known !== undefined && (over || (known && now() - known.at < FRESH))) return known
    const { mostIndex } = this.#settings
    const read = await this.#requests.get(
      () => ({ url, method: 'GET' }),
      async (answer): Promise<Index | null> => {
        const status = answer.statusCode ?? 0
        // Many servers forbid lists and give files.
        if ([401, 403, 404, 410].includes(status)) return null
        if (status !== 200) throw refused(url, status)
        const listed = readIndex(await textOf(answer, url, mostIndex))
        return listed.length === 0 ? null : { at: now(), url, listed }
      },
      signal,
    )
    this.#indexes.delete(url.href)
    this.#indexes.set(url.href, read)
    if (this.#indexes.size > MOST_INDEXES)
      this.#indexes.delete([...this.#indexes.keys()][0] as string)
    return read
  }

  #folders(collector: string, kind: Kind, slot: Instant): { path: string; second: boolean }[] {
    const folders = foldersOf(collector, kind, slot).map((path, i) => ({ path, second: i > 0 }))
    return this.#second.has(collector) ? folders.reverse() : folders
  }

  #base(collector: string): URL {
    const base = this.#settings[projectIn(collector)]
    return new URL(base.endsWith('/') ? base : `${base}/`)
  }
}

function holds(
  project: Project,
  kind: Kind,
  slot: Instant,
  from: Instant,
  until: Instant,
): boolean {
  const first = kind === 'updates' ? slot + spanOf(project, kind) > from : slot >= from
  return first && slot < until
}

function projectIn(collector: string): Project {
  const project = projectOf(collector)
  if (project === null)
    throw new ArchiveError(
      `${collector}: neither RIS nor RouteViews has a collector of such a name: ` +
        'write rrc00, route-views2, route-views.sydney or amsix.ams',
    )
  return project
}
