// The peer we measure ourselves against: bgpdump, on the same file in the same run.

import { spawn, spawnSync } from 'node:child_process'

const NEWLINE = 10
const BAR = 124
const ANNOUNCED = 65
const WITHDRAWN = 87

/** Counts the elements in what `bgpdump -m` prints: lines with `A` or `W` in the third column. */
export class ElementCount {
  elements = 0
  #bars = 0

  push(text: Uint8Array): void {
    let bars = this.#bars
    for (let i = 0; i < text.length; i++) {
      const octet = text[i]
      if (octet === NEWLINE) bars = 0
      else if (octet === BAR) bars++
      else if (bars === 2) {
        if (octet === ANNOUNCED || octet === WITHDRAWN) this.elements++
        // `STATE` begins with another letter and is none; either way the rest does not matter.
        bars = 3
      }
    }
    this.#bars = bars
  }
}

export const hasPeer = (): boolean => spawnSync('bgpdump', ['-v']).error === undefined

export async function countElements(path: string): Promise<number> {
  const count = new ElementCount()
  const child = spawn('bgpdump', ['-m', path], { stdio: ['ignore', 'pipe', 'ignore'] })
  for await (const chunk of child.stdout) count.push(chunk)
  return count.elements
}

/** Seconds of CPU that it costs to print these files, one after the other, to nowhere. */
export function peerCpu(paths: readonly string[]): number {
  const command = 'for file; do bgpdump -m "$file" > /dev/null 2>&1; done; times'
  const { stdout } = spawnSync('sh', ['-c', command, 'sh', ...paths], { encoding: 'utf8' })
  return readTimes(stdout)
}

/** Of the shell's `times`: user and system of its children, `0m1.23s 0m0.04s` in the second line. */
export function readTimes(text: string): number {
  const spans = (text.trim().split('\n').at(-1) ?? '').split(/\s+/)
  return spans.reduce((sum, span) => {
    const [, minutes, seconds] = /^(\d+)m([\d.,]+)s$/.exec(span) ?? []
    return sum + Number(minutes ?? Number.NaN) * 60 + Number((seconds ?? '').replace(',', '.'))
  }, 0)
}

/** Runs that differ by more say more about the machine than about us. */
const STEADY = 1.25

/** Why the best of these runs cannot be compared with; null when it can. */
export function unsteady(runs: readonly number[]): string | null {
  const [best = 0, next = best] = [...runs].sort((a, b) => a - b)
  if (!(best > 0)) return 'bgpdump could not be measured'
  if (next <= best * STEADY) return null
  const percent = Math.round((next / best - 1) * 100)
  return `the two best runs of bgpdump differ by ${percent} %`
}
