// The reference reader, when it is installed: what bgpdump makes of our octets.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const hasBgpdump = spawnSync('bgpdump', ['-v']).error === undefined
export const why = hasBgpdump ? '' : ' (SKIPPED: bgpdump is not installed)'
if (!hasBgpdump) console.warn('SKIPPED: encoders are not checked, bgpdump is not installed')

/** The fields of each line of `bgpdump -m`. */
export function bgpdump(bytes: Uint8Array): string[][] {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-'))
  try {
    const file = join(folder, 'updates.mrt')
    writeFileSync(file, bytes)
    const run = spawnSync('bgpdump', ['-m', file], { encoding: 'utf8', maxBuffer: 1 << 28 })
    if (run.status !== 0) throw new Error(`bgpdump: ${run.stderr}`)
    return run.stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split('|'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}
