// Where processes are run and timed: ours as children of this program, peers through a shell that
// knows what its children cost.

import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { type Files, Skip } from './files.ts'
import { type By, least, type Measured, type Run } from './measured.ts'
import { type Command, countElements, peerVersions, readTimes, unsteady } from './peer.ts'

const SELF = fileURLToPath(new URL('../bench.js', import.meta.url))
/** The program as it is installed. */
export const MAIN = fileURLToPath(new URL('../main.js', import.meta.url))
/** No single run takes longer, in seconds. */
const MOST = 600
/** Of node: whoever asks for memory after collection has to be able to collect. */
const FLAGS: Record<string, readonly string[]> = { soak: ['--expose-gc'] }
/** What a peer took so often is known well enough. */
const PEER_RUNS = 3

export interface Race {
  readonly ours: readonly Run[]
  /** Runs of each command, also those of earlier rows on the same file. */
  readonly peers: readonly (readonly Run[])[]
  /** Why the peers cannot be compared with. */
  readonly unsteady: string | null
}

interface Ended {
  readonly text: string
  readonly complaint: string
  readonly status: number | null
  readonly wall: number
}

export class Lab {
  /** Our counts and those of bgpdump differ: no time is worth anything then. */
  disagreed = false
  readonly files: Files
  readonly quick: boolean
  readonly cores = availableParallelism()
  readonly versions = peerVersions()
  /** Every run of a peer, by its command. */
  readonly peerRuns = new Map<string, Run[]>()
  /** Elements of files, as bgpdump has them. */
  readonly elements = new Map<string, number>()
  readonly #kept = new Map<string, Promise<Run>>()

  constructor(files: Files, quick: boolean) {
    this.files = files
    this.quick = quick
  }

  has(tool: string): boolean {
    return this.versions[tool] !== undefined
  }

  /** One measurement in a process of its own, which says what it found in its last line. */
  async ours(name: string, ...args: readonly (string | number)[]): Promise<Run> {
    const given = [...(FLAGS[name] ?? []), SELF, '--child', name, ...args.map(String)]
    const { text, status, wall, complaint } = await run(process.execPath, given)
    const line = text.trim().split('\n').at(-1) ?? ''
    if (status !== 0 || line === '')
      throw new Error(`bench: ${name} ended without a result\n${complaint}`)
    return { ...(JSON.parse(line) as Measured), wall }
  }

  /** The same, once for all rows: what takes a minute and does not depend on the moment. */
  once(name: string, ...args: readonly (string | number)[]): Promise<Run> {
    const key = [name, ...args].join(' ')
    const known = this.#kept.get(key) ?? this.ours(name, ...args)
    this.#kept.set(key, known)
    return known
  }

  /** The program itself, as a user starts it; prints to nowhere. */
  async program(...args: readonly string[]): Promise<Run> {
    const command = '"$@" > /dev/null || exit 1; times'
    const given = ['-c', command, 'sh', process.execPath, MAIN, ...args]
    const { text, status, wall, complaint } = await run('sh', given)
    if (status !== 0) throw new Skip(complaint.split('\n')[0] || `exit status ${status}`)
    return { cpu: readTimes(text), wall }
  }

  async peer({ tool, args, file }: Command): Promise<Run> {
    const command = '"$@" > /dev/null 2>&1; times'
    const { text, wall } = await run('sh', ['-c', command, 'sh', tool, ...args, file])
    return { cpu: readTimes(text), wall }
  }

  /** Ours and the peers' in turns, so that a bad moment of the machine meets both. */
  async race(ours: () => Promise<Run>, commands: readonly Command[], by: By): Promise<Race> {
    const missing = commands.find(({ tool }) => !this.has(tool))
    if (missing) throw new Skip(`${missing.tool} is not installed`)
    const runs: Run[] = []
    const known = commands.map((command) => this.#runsOf(command))
    const before = known.map(({ length }) => length)
    const turns = this.quick ? 2 : 3
    for (let turn = 0; turn < turns; turn++) {
      if (!this.quick || turn === 0) runs.push(await ours())
      for (const [i, command] of commands.entries()) {
        const list = known[i] ?? []
        const fresh = list.length - (before[i] ?? 0)
        // The large files take half a minute: twice, then once more for each row until that is enough.
        const wanted =
          list.length < 2 ||
          (!this.quick && fresh === 0 && list.length < PEER_RUNS) ||
          (!this.quick && list.length < 2 * PEER_RUNS && unsteady(list, by) !== null)
        if (wanted) list.push(await this.peer(command))
      }
    }
    const why = known.map((list, i) => unsteady(list, by, commands[i]?.tool))
    return { ours: runs, peers: known, unsteady: why.find((text) => text !== null) ?? null }
  }

  /** Whether bgpdump has as many elements in this file; null where it is not at hand. */
  async agrees(path: string, elements: number): Promise<boolean | null> {
    if (!this.has('bgpdump')) return null
    const counted = this.elements.get(path) ?? (await countElements(path))
    this.elements.set(path, counted)
    if (counted !== elements) this.disagreed = true
    return counted === elements
  }

  #runsOf({ tool, args, file }: Command): Run[] {
    const key = [tool, ...args, file.split('/').at(-1)].join(' ')
    const known = this.peerRuns.get(key) ?? []
    this.peerRuns.set(key, known)
    return known
  }
}

/** What the runs of several commands cost together, each at its best. */
export const together = (peers: readonly (readonly Run[])[], by: By): number =>
  peers.reduce((sum, runs) => sum + least(runs, by)[by], 0)

/** Runs a process to its end. */
async function run(command: string, args: readonly string[]): Promise<Ended> {
  const began = performance.now()
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: MOST * 1e3 })
  let text = ''
  let complaint = ''
  child.stdout.on('data', (chunk) => {
    text += chunk
  })
  child.stderr.on('data', (chunk) => {
    complaint += chunk
  })
  const [status, signal] = await new Promise<[number | null, string | null]>((done, fail) => {
    child.on('error', fail)
    child.on('close', (code, by) => done([code, by]))
  })
  const wall = (performance.now() - began) / 1e3
  if (signal !== null) throw new Error(`bench: ${command} was ended by ${signal}`)
  return { text, complaint, status, wall }
}
