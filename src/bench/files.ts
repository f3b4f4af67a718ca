// The files that are measured on. Each is made when a row asks for it first, and once.

import { spawnSync } from 'node:child_process'
import {
  closeSync,
  createReadStream,
  createWriteStream,
  linkSync,
  openSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { type Corpus, makeCorpus } from './corpus.ts'
import { writeStart } from './start.ts'
import { writeWorst } from './worst.ts'

/**
 * `day`: as much as one large collector tells in 18 hours, so that compiling, which comes once, does
 * not show. `part`: what the goals for packed files were set on. `storm`: everything flaps. `worst`: no
 * path and no place is met twice, and nothing that was looked at is still in a cache.
 */
export type FileName = 'day' | 'part' | 'storm' | 'worst'

/** Octets, in full and with --quick. */
const SIZES: Record<FileName, readonly [number, number]> = {
  day: [880e6, 24e6],
  part: [240e6, 24e6],
  storm: [220e6, 16e6],
  worst: [225e6, 12e6],
}

/** Skips the row: what it needs is not here. */
export class Skip extends Error {}

export class Files {
  readonly folder: string
  /** Those made so far. */
  readonly made: Corpus[] = []
  readonly #data: string
  readonly #quick: boolean
  readonly #kept = new Map<string, Promise<unknown>>()
  readonly #say: (text: string) => void

  constructor(folder: string, data: string, quick: boolean, say: (text: string) => void) {
    this.folder = folder
    this.#data = data
    this.#quick = quick
    this.#say = say
  }

  get(name: FileName): Promise<Corpus> {
    return this.#once(name, async () => {
      const octets = SIZES[name][this.#quick ? 1 : 0]
      const path = join(this.folder, `${name}.mrt`)
      const corpus =
        name === 'worst'
          ? writeWorst(path, octets)
          : await makeCorpus(path, this.#data, name === 'storm' ? 'storm' : 'day', octets)
      this.made.push(corpus)
      this.#say(`${name}: ${corpus.about}, ${(corpus.bytes / 1e6).toFixed(0)} MB`)
      return corpus
    })
  }

  /** The table that its updates may have started from. */
  start(name: FileName): Promise<string> {
    return this.#once(`${name} start`, async () => {
      const { path } = await this.get(name)
      const table = join(this.folder, `${name}-table.mrt`)
      const routes = await writeStart(path, table)
      this.#say(
        `starting table of ${name}: ${routes} routes, made of what is told first and how others may hold it`,
      )
      return table
    })
  }

  gzip(name: FileName): Promise<string> {
    return this.#once(`${name} gzip`, async () => {
      const { path } = await this.get(name)
      const out = createWriteStream(`${path}.gz`)
      const packer = createGzip({ level: 6, chunkSize: 1 << 20 })
      await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), packer, out)
      return this.#packed(`${path}.gz`)
    })
  }

  bzip2(name: FileName): Promise<string> {
    return this.#once(`${name} bzip2`, async () => {
      const { path } = await this.get(name)
      const file = openSync(`${path}.bz2`, 'w')
      const made = ['lbzip2', 'bzip2'].some((tool) => {
        const { status } = spawnSync(tool, ['-9kc', path], { stdio: ['ignore', file, 'ignore'] })
        return status === 0
      })
      closeSync(file)
      if (!made) throw new Skip('neither lbzip2 nor bzip2 is installed')
      return this.#packed(`${path}.bz2`)
    })
  }

  /** The same file under another name. */
  twin(name: FileName): Promise<string> {
    return this.#once(`${name} twin`, async () => {
      const { path } = await this.get(name)
      const twin = join(this.folder, `${name}-twin.mrt`)
      linkSync(path, twin)
      return twin
    })
  }

  /** A real file as it is, or null. */
  real(name: string): string | null {
    const path = join(this.#data, name)
    return statSync(path, { throwIfNoEntry: false })?.isFile() ? path : null
  }

  #packed(path: string): string {
    this.#say(`${path.split('/').at(-1)}: ${(statSync(path).size / 1e6).toFixed(1)} MB`)
    return path
  }

  #once<T>(what: string, make: () => Promise<T>): Promise<T> {
    const known = this.#kept.get(what) as Promise<T> | undefined
    const made = known ?? make()
    this.#kept.set(what, made)
    return made
  }
}
