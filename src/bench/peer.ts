// The peers we measure ourselves against, on the same file in the same run.

import { spawn, spawnSync } from 'node:child_process'
import type { By, Run } from './measured.ts'

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

export async function countElements(path: string): Promise<number> {
  const count = new ElementCount()
  const child = spawn('bgpdump', ['-m', path], { stdio: ['ignore', 'pipe', 'ignore'] })
  for await (const chunk of child.stdout) count.push(chunk)
  return count.elements
}

/** A tool, what it is asked, and of which file; it prints to nowhere. */
export interface Command {
  readonly tool: string
  readonly args: readonly string[]
  readonly file: string
}

/** How each of them says what it is. */
const VERSION: Record<string, string> = {
  bgpdump: '-v',
  bzip2: '--version',
  gobgpd: '--version',
  gzip: '--version',
  lbzip2: '--version',
  pigz: '--version',
}

/** Versions of the peers that are installed. */
export function peerVersions(): Record<string, string> {
  const found: Record<string, string> = {}
  for (const [tool, option] of Object.entries(VERSION)) {
    const { error, stdout, stderr } = spawnSync(tool, [option], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    if (error) continue
    const said = `${stdout}\n${stderr}`.split('\n').find((line) => /\d\.\d/.test(line)) ?? ''
    found[tool] = /\d+(\.\d+)+/.exec(said.replace(/^[\d-]+ [\d:]+ /, ''))?.[0] ?? '?'
  }
  return found
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
export function unsteady(runs: readonly Run[], by: By, name = 'bgpdump'): string | null {
  const [best = 0, next = best] = runs.map((run) => run[by]).sort((a, b) => a - b)
  if (!(best > 0)) return `${name} could not be measured`
  if (next <= best * STEADY) return null
  const percent = Math.round((next / best - 1) * 100)
  return `the two best runs of ${name} differ by ${percent} %`
}

/** Seconds of each: `bgpdump 14.2 s`. */
export const told = (tools: ReadonlyMap<string, number>): string =>
  [...tools].map(([tool, seconds]) => `${tool} ${seconds.toFixed(2)} s`).join(', ')
