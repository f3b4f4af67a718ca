// The folder that fetched files are kept in, and its bound: what was used longest ago goes first, and what
// is in use stays. The time of use is written into the file's own time of access, so that it outlives us
// and works where the disk does not keep one.

import { type Dirent, promises } from 'node:fs'
import { join } from 'node:path'
import { ArchiveError } from './archive-request.ts'

const { readdir, rm, stat, utimes } = promises

interface Kept {
  readonly path: string
  readonly size: number
  /** Milliseconds since 1970. */
  readonly used: number
}

/** Collector, `bgpdata`, month, kind. */
const DEEPEST = 4
/** So much is made room for beyond what is needed, so that not every file asks again. */
const SLACK = 0.05

export class KeptFiles {
  /** Files thrown out to make room. */
  thrown = 0
  readonly #folder: string
  readonly #most: number | null
  readonly #held = new Map<string, number>()
  /** Octets in the folder; null before it was looked at. */
  #octets: number | null = null

  constructor(folder: string, most: number | null) {
    this.#folder = folder
    this.#most = most
  }

  /** It stays until it is released as often. */
  hold(path: string): void {
    this.#held.set(path, (this.#held.get(path) ?? 0) + 1)
  }

  release(path: string): void {
    const left = (this.#held.get(path) ?? 0) - 1
    if (left > 0) this.#held.set(path, left)
    else this.#held.delete(path)
  }

  async used(path: string): Promise<void> {
    const info = await stat(path).catch(() => null)
    if (info) await utimes(path, Date.now() / 1e3, info.mtime).catch(() => undefined)
  }

  added(octets: number): void {
    if (this.#octets !== null) this.#octets += octets
  }

  /** Makes room for so many octets; throws when what is in use leaves none. */
  async room(octets: number): Promise<void> {
    if (this.#most === null) return
    if (this.#octets !== null && this.#octets + octets <= this.#most) return
    const files = (await this.#files()).sort((a, b) => a.used - b.used)
    let total = files.reduce((sum, { size }) => sum + size, 0)
    const aim = total + octets <= this.#most ? this.#most : this.#most * (1 - SLACK)
    for (const { path, size } of files) {
      if (total + octets <= aim) break
      if (this.#held.has(path)) continue
      await rm(path, { force: true })
      this.thrown++
      total -= size
    }
    this.#octets = total
    if (total + octets > this.#most)
      throw new ArchiveError(
        `${this.#folder}: what is in use fills the ${Math.round(this.#most / 1e6)} MB that may be kept ` +
          'there: allow more (archives.mostCache), or fetch less at once',
      )
  }

  async #files(folder = this.#folder, depth = 0): Promise<Kept[]> {
    const entries = await readdir(folder, { withFileTypes: true }).catch((): Dirent[] => [])
    const out: Kept[] = []
    for (const entry of entries) {
      const path = join(folder, entry.name)
      if (entry.isDirectory() && depth < DEEPEST) out.push(...(await this.#files(path, depth + 1)))
      // Nothing that anybody else may have put here.
      if (
        !entry.isFile() ||
        !/^(updates|bview|rib)\.\d{8}\.\d{4}\.(gz|bz2)(\.part)?$/.test(entry.name)
      )
        continue
      const info = await stat(path).catch(() => null)
      if (info) out.push({ path, size: info.size, used: info.atimeMs })
    }
    return out
  }
}
