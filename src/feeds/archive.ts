// Archives on disk: MRT files and folders of them, as RIS and RouteViews lay them out or as people
// keep them. Finds the files, says whose and when they are, and reads them. It does not unpack.

import {
  accessSync,
  closeSync,
  constants,
  openSync,
  readdirSync,
  readSync,
  statSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import type { Instant } from '../core/time.ts'
import { looksLikeMrt, readName } from './archive-name.ts'

export interface ArchiveFile {
  /** As given, or below a folder as given. */
  readonly path: string
  readonly collector: string
  readonly kind: 'rib' | 'updates'
  /** Start of the file by its name; null when the name does not say. */
  readonly slot: Instant | null
  /** Octets on disk. */
  readonly size: number
}

export interface CollectorFiles {
  readonly collector: string
  /** By slot, those without one last; then by name. */
  readonly files: readonly ArchiveFile[]
}

export interface Archive {
  readonly ok: true
  /** By name of collector. */
  readonly collectors: readonly CollectorFiles[]
  /** Octets on disk of all files, for a progress bar. */
  readonly bytes: number
  /** Files left out because their slot lies outside --from/--until. */
  readonly skipped: number
}

export interface ArchiveFault {
  readonly path: string
  /** What is wrong and what to do about it. */
  readonly why: string
}

export interface ArchiveFaults {
  readonly ok: false
  readonly faults: readonly ArchiveFault[]
}

export interface ArchiveOptions {
  /** Collector of files whose path does not name one. */
  readonly collector?: string | undefined
  /**
   * Leave out files that by their name lie wholly outside. A table from before `from` is kept: it is
   * what the time after it is measured against.
   */
  readonly from?: Instant | undefined
  readonly until?: Instant | undefined
}

/** Stands for the collector of files that nobody names. */
export const UNKNOWN = 'unknown'

/** Deeper than any archive; ends the walk where a link points back up. */
const DEEPEST = 16

/** A year of every collector of both projects is 7 million files; this is 20 years of one. */
const MOST_FILES = 2_000_000

/**
 * Lists what `paths` hold. The order depends on the files alone, not on that of `paths`. It asks the
 * file system synchronously: nothing runs yet, and a promise for each of 100,000 files takes longer.
 */
export function listArchive(
  paths: readonly string[],
  options: ArchiveOptions = {},
): Archive | ArchiveFaults {
  const walk = new Walk()
  if (paths.length === 0) {
    walk.fault('', 'no input given: name at least one MRT file or a folder of them')
  }
  for (const path of paths) walk.given(path)
  if (walk.faults.length > 0) return { ok: false, faults: walk.faults }
  let skipped = 0
  let bytes = 0
  const groups = new Map<string, ArchiveFile[]>()
  for (const { path, size } of walk.found) {
    const { collector: named, kind, slot, slotEnd } = readName(path)
    const { from = -Infinity, until = Infinity } = options
    const over = kind === 'updates' && slotEnd !== null && slotEnd <= from
    if (over || (slot !== null && slot >= until)) {
      skipped++
      continue
    }
    const collector = named ?? options.collector ?? UNKNOWN
    const files = groups.get(collector) ?? []
    files.push({ path, collector, kind, slot, size })
    groups.set(collector, files)
    bytes += size
  }
  const collectors = [...groups.entries()]
    .sort(([a], [b]) => compare(a, b))
    .map(([collector, files]) => ({ collector, files: files.sort(bySlot) }))
  return { ok: true, collectors, bytes, skipped }
}

function compare(a: string | number, b: string | number): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function bySlot(a: ArchiveFile, b: ArchiveFile): number {
  return (
    compare(a.slot ?? Infinity, b.slot ?? Infinity) ||
    compare(basename(a.path), basename(b.path)) ||
    compare(a.path, b.path)
  )
}

class Walk {
  readonly found: { readonly path: string; readonly size: number }[] = []
  readonly faults: ArchiveFault[] = []
  /** Device and inode: a file named twice, or linked, is read once. */
  #seen = new Set<string>()
  /** Files met, seen before or not. */
  #met = 0

  fault(path: string, why: string): void {
    this.faults.push({ path, why })
  }

  /** A path the user gave. It is taken at its word: a file is read whatever its name. */
  given(path: string): void {
    const before = this.#met + this.faults.length
    this.#visit(path, 0)
    if (this.#met + this.faults.length === before) {
      this.fault(
        path,
        'holds no MRT files (hidden files, README, .txt, .json and such are not read)',
      )
    }
  }

  #visit(path: string, depth: number): void {
    try {
      const info = statSync(path)
      if (info.isDirectory()) this.#folder(path, depth)
      else if (depth > 0 && !looksLikeMrt(basename(path))) return
      else if (info.isFile()) this.#file(path, info.size, `${info.dev}:${info.ino}`)
      else if (depth === 0) this.fault(path, 'is neither a file nor a folder')
    } catch (error) {
      this.fault(path, describe(error))
    }
  }

  #file(path: string, size: number, id: string): void {
    accessSync(path, constants.R_OK)
    this.#met++
    if (this.#seen.has(id)) return
    this.#seen.add(id)
    if (this.#seen.size <= MOST_FILES) this.found.push({ path, size })
    else if (this.#seen.size === MOST_FILES + 1) {
      this.fault(path, `is one too many: at most ${MOST_FILES} files are read in one go`)
    }
  }

  #folder(path: string, depth: number): void {
    if (depth === DEEPEST) return
    const entries = readdirSync(path, { withFileTypes: true })
    for (const { name } of entries.sort((a, b) => compare(a.name, b.name))) {
      if (!name.startsWith('.')) this.#visit(join(path, name), depth + 1)
    }
  }
}

function describe(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'does not exist: check the spelling'
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read: check its permissions'
  return `cannot be read: ${error instanceof Error ? error.message : String(error)}`
}

/** Whether it is the operating system's word on a file, and not a fault of ours. */
export const isReadFault = (error: unknown): error is Error =>
  error instanceof Error && 'syscall' in error

/** Octets a read; larger ones gain nothing. */
const READ = 1 << 20

/**
 * Reads a file from its beginning. A chunk is good until the next but one is asked for: two buffers
 * take turns, because fresh ones cost more than reading. It reads synchronously: a megabyte from a
 * local disk takes less than the way to another thread and back.
 */
export async function* readChunks(path: string): AsyncGenerator<Uint8Array, void, undefined> {
  const file = openSync(path, 'r')
  try {
    const buffers = [new Uint8Array(READ), new Uint8Array(READ)]
    for (let turn = 0; ; turn ^= 1) {
      const buffer = buffers[turn] as Uint8Array
      const octets = readSync(file, buffer, 0, READ, null)
      if (octets === 0) return
      yield buffer.subarray(0, octets)
    }
  } finally {
    closeSync(file)
  }
}
