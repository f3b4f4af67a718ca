// `npm run bench`: how fast each part of the corridor is, beside bgpdump on the same file. Every number
// is the CPU of a whole process, start-up included; of several runs, taken in turns, the best counts.
//
//   --only ROW    this row alone; a name that there is not is answered with those there are
//   --quick       a small input, fewer runs: to see that it works
//   --json FILE   the numbers and what they were measured on

import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Corpus, makeCorpus } from './bench/corpus.ts'
import type { Measured } from './bench/measured.ts'
import { countElements, hasPeer, peerCpu, unsteady } from './bench/peer.ts'
import { type Row, type RowSpec, rows, rowTable, standing } from './bench/rows.ts'

const DATA = fileURLToPath(new URL('../../shared/data', import.meta.url))
const SELF = fileURLToPath(import.meta.url)
const MESSAGES = 300_000

/** One measurement in a process of its own; prints it as the last line. */
async function child([name = '', ...args]: readonly string[]): Promise<void> {
  const [first = '', second = '', third = ''] = args
  let found: Measured | undefined
  if (name === 'framing') found = await (await import('./bench/framing.ts')).framing(first)
  else if (name === 'load')
    found = await (await import('./bench/loading.ts')).loading(
      Number(first),
      Number(second),
      Number(third || first),
    )
  else if (name === 'serve') await (await import('./bench/live.ts')).serve(first, Number(second))
  else if (name === 'listen')
    found = await (await import('./bench/live.ts')).listen(first, Number(second), third)
  else if (name === 'learned' || name === 'start' || name === 'storm')
    found = await (await import('./bench/replaying.ts')).replaying(
      first,
      second || undefined,
      Number(third || 1),
    )
  else if (name === 'dump') found = await (await import('./bench/dumping.ts')).dumping(first)
  else {
    const { decoding, tabling } = await import('./bench/decoding.ts')
    found = await (name === 'decoding' ? decoding : tabling)(first)
  }
  if (found) process.stdout.write(`${JSON.stringify(found)}\n`)
}

async function bench(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
    },
  })
  const { only, quick, json } = values
  const wanted = rows.filter(({ name }) => only === undefined || name === only)
  if (wanted.length === 0) {
    process.stderr.write(`--only ${only}: choose one of ${rows.map((r) => r.name).join(', ')}\n`)
    return 2
  }
  const folder = mkdtempSync(join(tmpdir(), 'faultline-bench-'))
  try {
    // As much as one large collector tells in 18 hours: compiling, which comes once, is 0.7 s.
    const day = await makeCorpus(folder, DATA, 'day', quick ? 50e6 : 880e6)
    const storm = await makeCorpus(folder, DATA, 'storm', quick ? 50e6 : 220e6)
    for (const [name, { about, bytes }] of Object.entries({ day, storm }))
      say(`${name}: ${about}, ${(bytes / 1e6).toFixed(0)} MB`)
    const run = new Bench(day, storm, folder, quick)
    const list: Row[] = []
    for (const spec of wanted) list.push(await run.row(spec))
    process.stdout.write(`${rowTable(list)}\n`)
    if (json !== undefined) writeFileSync(json, `${JSON.stringify(run.report(list), null, 2)}\n`)
    return run.disagreed ? 1 : 0
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

class Bench {
  /** Our counts and those of bgpdump differ: no time is worth anything then. */
  disagreed = false
  readonly #day: Corpus
  readonly #storm: Corpus
  readonly #folder: string
  readonly #quick: boolean
  readonly #peer = hasPeer()
  /** Of the peer: seconds of CPU, and elements, by what it was given. */
  readonly #peerRuns = new Map<string, number[]>()
  readonly #elements = new Map<string, number>()
  #table: string | null = null

  constructor(day: Corpus, storm: Corpus, folder: string, quick: boolean) {
    this.#day = day
    this.#storm = storm
    this.#folder = folder
    this.#quick = quick
  }

  async row(spec: RowSpec): Promise<Row> {
    say(spec.what)
    switch (spec.measure) {
      case 'ratio':
        return this.#beside(spec)
      case 'perRoute':
      case 'rate':
        return this.#loading(spec)
      case 'perMessage':
        return this.#live(spec)
      case 'wall':
        return this.#cold(spec)
    }
  }

  /**
   * Ours and the peer's runs in turns, so that a bad moment of the machine meets both. What the peer
   * has been timed on before it is timed on once more only: it takes half a minute.
   */
  async #beside(spec: RowSpec): Promise<Row> {
    const { path } = spec.name === 'storm' ? this.#storm : this.#day
    // Both read the same files: with a starting table, bgpdump prints that too.
    const args = [path]
    if (spec.name === 'start') args.push(await this.#start())
    const given = args.join(' ')
    const peerRuns = this.#peerRuns.get(given) ?? []
    this.#peerRuns.set(given, peerRuns)
    const ours: Measured[] = []
    const known = peerRuns.length
    for (let i = 0; i < (this.#quick ? 2 : 3); i++) {
      ours.push(await measured(spec.name, ...args))
      if (this.#peer && (known < 2 || i === 1)) peerRuns.push(peerCpu(args))
    }
    const best = least(ours)
    if (!this.#peer) return { spec, best, got: null, skipped: 'bgpdump is not installed' }
    if (best.elements !== undefined) {
      const elements = this.#elements.get(path) ?? (await countElements(path))
      this.#elements.set(path, elements)
      if (best.elements !== elements) {
        this.disagreed = true
        const skipped = `${best.elements} elements, bgpdump has ${elements}`
        return { spec, best, got: null, skipped }
      }
    }
    const skipped = unsteady(peerRuns)
    if (skipped !== null) return { spec, best, got: null, skipped }
    return { spec, best, got: Math.min(...peerRuns) / best.cpu, skipped: null }
  }

  async #start(): Promise<string> {
    if (this.#table === null) {
      this.#table = join(this.#folder, 'table.mrt')
      const { writeStart } = await import('./bench/replaying.ts')
      const routes = await writeStart(this.#day.path, this.#table)
      say(`starting table: ${routes} routes, made of what is announced first`)
    }
    return this.#table
  }

  async #loading(spec: RowSpec): Promise<Row> {
    const [peers, prefixes] = this.#quick ? [40, 50_000] : [40, 200_000]
    const runs: Measured[] = []
    for (let i = 0; i < 2; i++) runs.push(await measured('load', String(peers), String(prefixes)))
    const best = least(runs)
    const rate = (best.elements ?? 0) / best.cpu
    const got = spec.measure === 'rate' ? rate : (best.perRoute ?? null)
    return { spec, best, got, skipped: null }
  }

  async #live(spec: RowSpec): Promise<Row> {
    const count = String(this.#quick ? 60_000 : MESSAGES)
    const runs: Measured[] = []
    for (let i = 0; i < 2; i++) {
      const server = spawn(process.execPath, [SELF, '--child', 'serve', this.#day.path, count], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const [line] = String((await server.stdout.take(1).toArray())[0]).split('\n')
      const { url, asns } = JSON.parse(line ?? '') as { url: string; asns: number[] }
      runs.push(await measured('listen', url, count, asns.join()))
      server.kill()
    }
    const best = least(runs)
    const missed = Number(count) - (best.records ?? 0)
    const skipped = missed > 0 ? `${missed} messages did not arrive` : null
    const got = skipped ? null : (best.cpu * 1e6) / (best.records ?? 1)
    return { spec, best, got, skipped }
  }

  /** The program itself on a file of five minutes, from its start to its end. */
  async #cold(spec: RowSpec): Promise<Row> {
    const path = join(DATA, 'quiet/rrc00.updates.20190101.0000.gz')
    const main = fileURLToPath(new URL('main.js', import.meta.url))
    if (!existsSync(path) || !existsSync(main))
      return { spec, best: null, got: null, skipped: 'no real file, or not built' }
    let got = Number.POSITIVE_INFINITY
    for (let i = 0; i < 5; i++) {
      const began = performance.now()
      const { status } = spawnSync(process.execPath, [main, 'replay', path], { stdio: 'ignore' })
      if (status !== 0) return { spec, best: null, got: null, skipped: `exit status ${status}` }
      got = Math.min(got, (performance.now() - began) / 1e3)
    }
    return { spec, best: null, got, skipped: null }
  }

  report(list: readonly Row[]): object {
    const [cpu] = cpus()
    return {
      date: new Date().toISOString(),
      machine: { cpu: cpu?.model ?? '?', cores: cpus().length, node: process.version },
      input: [this.#day, this.#storm].map(({ about, bytes, path }) => ({
        about,
        bytes,
        elements: this.#elements.get(path) ?? null,
      })),
      bgpdumpCpu: [...this.#peerRuns.values()],
      rows: list.map((row) => ({
        row: row.spec.name,
        floor: row.spec.floor,
        goal: row.spec.goal,
        got: row.got,
        standing: standing(row),
        skipped: row.skipped,
        ...row.best,
      })),
    }
  }
}

async function measured(name: string, ...args: readonly string[]): Promise<Measured> {
  const process_ = spawn(process.execPath, [SELF, '--child', name, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  for await (const chunk of process_.stdout) text += chunk
  const line = text.trim().split('\n').at(-1) ?? ''
  if (line === '') throw new Error(`bench: ${name} ended without a result`)
  return JSON.parse(line) as Measured
}

const least = (runs: readonly Measured[]): Measured =>
  runs.reduce((a, b) => (b.cpu < a.cpu ? b : a))

function say(text: string): void {
  process.stderr.write(`${text}\n`)
}

if (process.argv[2] === '--child') await child(process.argv.slice(3))
else process.exitCode = await bench()
