// What the tests of the unpackers share: reproducible noise, and the system's own tools to compare with.

import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Noise that is the same in every run (xorshift32). */
export function noise(seed: number): (below: number) => number {
  let x = seed * 2654435761 || 1
  return (below) => {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    return (x >>> 0) % below
  }
}

/** Text with runs and repeats, as MRT has them: markers of sixteen 0xff, recurring attributes. */
export function likeMrt(octets: number, seed: number): Uint8Array {
  const next = noise(seed)
  const words = Array.from({ length: 40 }, () =>
    Array.from({ length: 2 + next(9) }, () => next(256)),
  )
  const out = new Uint8Array(octets)
  for (let i = 0; i < octets; ) {
    const kind = next(8)
    const run = kind === 0 ? 16 : kind === 1 ? next(600) : 0
    const word = run > 0 ? new Array<number>(run).fill(kind === 0 ? 255 : 0) : words[next(40)]
    for (const octet of word as number[]) if (i < octets) out[i++] = octet
  }
  return out
}

export function join8(pieces: Iterable<Uint8Array>): Uint8Array {
  return new Uint8Array(Buffer.concat([...pieces]))
}

export function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

export function startsWith(whole: Uint8Array, part: Uint8Array): boolean {
  return part.length <= whole.length && same(whole.subarray(0, part.length), part)
}

/** Standard output of a tool, whatever its exit status. */
export function run(tool: string, args: readonly string[], input?: Uint8Array): Uint8Array {
  const { stdout } = spawnSync(tool, args, { input, maxBuffer: 1 << 30 })
  return new Uint8Array(stdout)
}

/** Undefined when there is such a tool, otherwise why a test has to be skipped; said aloud. */
export function without(tool: string): string | undefined {
  if (spawnSync(tool, ['--help'], { stdio: 'ignore' }).error === undefined) return undefined
  console.warn(`SKIPPED: no ${tool} on this system to compare with`)
  return ` [skipped: no ${tool}]`
}

export const DATA = '../shared/data'

/** Files of the shared data with this suffix; says aloud when there are none. */
export function shared(suffix: string): string[] {
  if (existsSync(DATA)) {
    const all = readdirSync(DATA, { recursive: true, encoding: 'utf8' })
    return all.filter((name) => name.endsWith(suffix)).map((name) => join(DATA, name))
  }
  console.warn(`SKIPPED: no ${DATA}, so no real ${suffix} files are read`)
  return []
}
