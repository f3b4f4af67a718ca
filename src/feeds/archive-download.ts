// One file of an archive onto the disk, whole or not at all. What has come lies in `NAME.part` until it is
// all there; beside it, hidden, what the server said of it, without which it could not be gone on with
// (RFC 9110 §13.1.5, §14). Every octet is written at its own place: two programs that fetch the same
// file at once do the same work twice and no harm.

import { constants } from 'node:fs'
import {
  type FileHandle,
  mkdir,
  open,
  readFile,
  rename,
  rm,
  stat,
  statfs,
  utimes,
  writeFile,
} from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { basename, dirname, join } from 'node:path'
import { ArchiveError, Interrupted, type Requests } from './archive-request.ts'
import { faultText } from './retry.ts'

/** What the server said of a file. */
interface Said {
  readonly url: string
  readonly etag: string | null
  readonly modified: string | null
  /** Octets of all of it. */
  readonly size: number | null
}

export interface Download {
  readonly url: URL
  /** Where it is put. */
  readonly path: string
  readonly mostOctets: number
  readonly signal?: AbortSignal | undefined
  /** Octets that are here, of so many; null = not said. */
  onProgress?(octets: number, of: number | null): void
  /** Whether what is at `path` is what the server has: asked only where there is something. */
  readonly ask: boolean
}

export interface Downloaded {
  /** `same`: nothing had changed. */
  readonly what: 'fetched' | 'same'
  /** Length and what has come were the same, so that what is missing was missing there too. */
  readonly measured: boolean
  /** Some of it came by an earlier attempt. */
  readonly resumed: boolean
}

const partOf = (path: string): string => `${path}.part`
/** Hidden, so that whoever reads the folder passes over it. */
const saidOf = (path: string): string => join(dirname(path), `.${basename(path)}.json`)

/** Leaves what has come under `path`; what it is worth the caller finds out, and calls `settle`. */
export async function download(requests: Requests, wanted: Download): Promise<Downloaded> {
  const { path, url } = wanted
  await onDisk(path, () => mkdir(dirname(path), { recursive: true }))
  if (await lacksOnlyItsName(wanted)) return { what: 'fetched', measured: true, resumed: true }
  const got = new Part(wanted)
  return requests.get(
    async () => ({ url, method: 'GET', headers: await got.headers() }),
    (answer, signal) => got.take(answer, signal),
    wanted.signal,
  )
}

/** It will not be asked again whether this file has changed. */
export const settle = (path: string): Promise<void> => rm(saidOf(path), { force: true })

/** Nothing is left of it. */
export async function discard(path: string): Promise<void> {
  await rm(path, { force: true })
  await discardPart(path)
}

async function discardPart(path: string): Promise<void> {
  await rm(partOf(path), { force: true })
  await settle(path)
}

/** Octets of what is there, whole; null when it is not. */
export async function sizeAt(path: string): Promise<number | null> {
  const info = await stat(path).catch(() => null)
  return info?.isFile() ? info.size : null
}

/** All of it had come when an earlier run was ended. */
async function lacksOnlyItsName({ path, url }: Download): Promise<boolean> {
  const said = await readSaid(saidOf(path), url)
  if (said === null || said.size === null) return false
  if ((await sizeAt(partOf(path))) !== said.size) return false
  await onDisk(path, () => rename(partOf(path), path))
  return true
}

class Part {
  readonly #wanted: Download
  /** Octets that are asked to be left out. */
  #from = 0
  #best = 0

  constructor(wanted: Download) {
    this.#wanted = wanted
  }

  async headers(): Promise<Record<string, string>> {
    const { path, url, ask } = this.#wanted
    const said = await readSaid(saidOf(path), url)
    this.#from = (said && (await sizeAt(partOf(path)))) ?? 0
    // A weak tag says that it means the same, not that it is the same (RFC 9110 §8.8.1).
    const strong = said?.etag?.startsWith('"') ? said.etag : said?.modified
    if (this.#from > 0 && strong) return { range: `bytes=${this.#from}-`, 'if-range': strong }
    this.#from = 0
    if (!ask || (await sizeAt(path)) === null) return {}
    if (said?.etag) return { 'if-none-match': said.etag }
    return said?.modified ? { 'if-modified-since': said.modified } : {}
  }

  async take(answer: IncomingMessage, signal: AbortSignal): Promise<Downloaded> {
    const { path, url, mostOctets } = this.#wanted
    const status = answer.statusCode ?? 0
    if (status === 304) return { what: 'same', measured: true, resumed: false }
    if (status === 416) {
      await rm(partOf(path), { force: true })
      throw new Interrupted(`no more than ${this.#from} octets are there, which is not all`)
    }
    if (status !== 200 && status !== 206) throw refused(url, status)
    const body = arriving(answer)
    const range = status === 206 ? rangeOf(answer) : null
    if (status === 206 && range?.from !== this.#from) {
      await rm(partOf(path), { force: true })
      throw new Interrupted('the server gives another range than was asked for')
    }
    const from = range?.from ?? 0
    const size = range ? range.size : lengthOf(answer)
    if ((size ?? 0) > mostOctets) throw new TooLarge(url, mostOctets)
    await roomFor(path, (size ?? 0) - from)
    const { etag = null, 'last-modified': modified = null } = answer.headers
    const said: Said = { url: url.href, etag, modified, size }
    if (from === 0) await onDisk(path, () => writeFile(saidOf(path), `${JSON.stringify(said)}\n`))
    const octets = await this.#write(body, from, size, signal)
    if (size !== null && octets < size)
      throw this.#cut(`cut after ${octets} of ${size} octets`, octets)
    await onDisk(path, () => this.#finish(octets, said))
    return { what: 'fetched', measured: size !== null, resumed: from > 0 }
  }

  async #write(
    body: AsyncIterable<Buffer>,
    from: number,
    size: number | null,
    signal: AbortSignal,
  ): Promise<number> {
    const { path, url, mostOctets } = this.#wanted
    let at = from
    const file = await onDisk(path, () =>
      open(partOf(path), constants.O_WRONLY | constants.O_CREAT, 0o644),
    )
    try {
      await onDisk(path, () => file.truncate(from))
      this.#wanted.onProgress?.(at, size)
      for await (const chunk of body) {
        if (at + chunk.length > mostOctets) throw new TooLarge(url, mostOctets)
        await onDisk(path, () => writeAt(file, chunk, at))
        at += chunk.length
        this.#wanted.onProgress?.(at, size)
      }
    } catch (error) {
      // Beyond what is taken it is of no use to the next attempt either.
      if (error instanceof TooLarge) await discardPart(path)
      if (error instanceof ArchiveError) throw error
      signal.throwIfAborted()
      throw this.#cut(faultText(error), at)
    } finally {
      await file.close()
    }
    return at
  }

  /** What came is kept; more than ever before is progress. */
  #cut(why: string, octets: number): Interrupted {
    const progress = octets > this.#best
    this.#best = Math.max(this.#best, octets)
    return new Interrupted(why, progress)
  }

  async #finish(octets: number, { modified }: Said): Promise<void> {
    const { path } = this.#wanted
    // Somebody else may have finished it just now.
    await rename(partOf(path), path).catch(async (error: unknown) => {
      if ((await sizeAt(path)) !== octets) throw error
    })
    const at = modified === null ? Number.NaN : Date.parse(modified)
    if (Number.isFinite(at)) await utimes(path, Date.now() / 1e3, at / 1e3)
  }
}

/**
 * What comes, and then how it ended. Iterating over the answer itself would lose what had come before a cut
 * and was not written yet, and a line that is cut often would never bring a file.
 */
function arriving(answer: IncomingMessage): AsyncGenerator<Buffer, void, undefined> {
  const queue: Buffer[] = []
  let over = false
  let fault: Error | null = null
  let wake = (): void => undefined
  const end = (error?: Error) => {
    over = true
    fault ??= error ?? null
    wake()
  }
  answer.on('data', (chunk: Buffer) => {
    if (queue.push(chunk) >= MOST_QUEUED) answer.pause()
    wake()
  })
  answer
    .on('end', () => end())
    .on('close', () => end())
    .on('error', end)
  // Listened from now on: what comes while the disk is made ready is not missed.
  return (async function* () {
    for (;;) {
      for (let chunk = queue.shift(); chunk; chunk = queue.shift()) yield chunk
      if (over && fault) throw fault as Error
      if (over) return
      answer.resume()
      await new Promise<void>((next) => {
        wake = next
      })
    }
  })()
}

/** Pieces that wait for the disk, of 64 KiB at most. */
const MOST_QUEUED = 16

async function writeAt(file: FileHandle, chunk: Buffer, at: number): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    const { bytesWritten } = await file.write(chunk, done, chunk.length - done, at + done)
    done += bytesWritten
  }
}

async function readSaid(path: string, url: URL): Promise<Said | null> {
  try {
    const said: unknown = JSON.parse(await readFile(path, 'utf8'))
    if (typeof said !== 'object' || said === null) return null
    const { url: of, etag, modified, size } = said as Record<string, unknown>
    // Another archive's half is not the half of this one.
    if (of !== url.href) return null
    const text = (value: unknown) => (typeof value === 'string' ? value : null)
    return {
      url: of,
      etag: text(etag),
      modified: text(modified),
      size: typeof size === 'number' ? size : null,
    }
  } catch {
    return null
  }
}

/** Octets of the body; null when it is not said, or is said of something else than the file. */
function lengthOf({ headers }: IncomingMessage): number | null {
  const { 'content-length': length = '' } = headers
  return /^\d{1,15}$/.test(length) ? Number(length) : null
}

function rangeOf({ headers }: IncomingMessage): { from: number; size: number | null } | null {
  const told = /^bytes (\d{1,15})-\d{1,15}\/(\d{1,15}|\*)$/.exec(headers['content-range'] ?? '')
  return told && { from: Number(told[1]), size: told[2] === '*' ? null : Number(told[2]) }
}

export function refused(url: URL, status: number): ArchiveError {
  const what =
    status === 404 || status === 410
      ? 'is not there'
      : status === 401 || status === 403
        ? `may not be had (${status}): check the address of the archive`
        : `the server says ${status}`
  return new ArchiveError(`${url.href}: ${what}`, status)
}

class TooLarge extends ArchiveError {
  constructor(url: URL, most: number) {
    super(`${url.href}: it is larger than ${Math.round(most / 1e6)} MB, and not taken`)
  }
}

/** A disk that is not filled to the brim: others write there too. */
const SPARE = 64 << 20

async function roomFor(path: string, octets: number): Promise<void> {
  const { bavail, bsize } = await onDisk(path, () => statfs(dirname(path)))
  const free = bavail * bsize
  if (free < octets + SPARE)
    throw new ArchiveError(
      `${dirname(path)}: ${Math.round(free / 1e6)} MB are free, and ${Math.ceil((octets + SPARE) / 1e6)} ` +
        'are needed: make room, or name another folder',
    )
}

/** Faults of the disk are the operator's to mend, and no attempt mends them. */
async function onDisk<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const what =
      code === 'ENOSPC' || code === 'EDQUOT'
        ? 'no room is left: make some, or name another folder'
        : code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
          ? 'may not be written: check its permissions, or name another folder'
          : code === 'ENOTDIR' || code === 'EEXIST'
            ? 'a file is where a folder should be: name another folder'
            : `cannot be written: ${faultText(error)}`
    throw new ArchiveError(`${dirname(path)}: ${what}`)
  }
}
