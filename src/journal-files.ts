// The files a journal lies in.

import { readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** Moves a journal, with its segments, out of the way of a new one; only the last run's is kept. */
export function keepPrevious(path: string): void {
  const info = statSync(path, { throwIfNoEntry: false })
  if (info && !info.isFile()) throw new Error('it is no regular file; name another')
  const folder = dirname(path)
  const name = basename(path)
  const files = readdirSync(folder).filter((file) => file.startsWith(`${name}.`) || file === name)
  for (const file of files)
    if (/^\.previous(\.\d+)?$/.test(file.slice(name.length))) rmSync(join(folder, file))
  for (const file of files) {
    const rest = file.slice(name.length)
    if (/^(\.\d+)?$/.test(rest))
      renameSync(join(folder, file), join(folder, `${name}.previous${rest}`))
  }
}
