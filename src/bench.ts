// `npm run bench`: how fast each part of the corridor is, beside other programs on the same file. Of
// several runs, taken in turns with theirs, the best counts; start-up is part of it.
//
//   --only ROW    this row, or all of one goal (P10); what there is not is answered with what there is
//   --quick       small inputs, one run: to see that it works
//   --json FILE   every single run, and what it was measured on

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, release, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Files, Skip } from './bench/files.ts'
import { Lab } from './bench/lab.ts'
import type { Measured } from './bench/measured.ts'
import { type RowEntry, rows, unmeasured } from './bench/rows.ts'
import { type Row, rowTable, standing } from './bench/table.ts'

const DATA = fileURLToPath(new URL('../../shared/data', import.meta.url))

/** Measurements in a process of their own: what each found is its last line. */
const CHILDREN: Record<string, (...args: string[]) => Promise<Measured | undefined>> = {
  framing: async (path = '') => (await import('./bench/framing.ts')).framing(path),
  decoding: async (path = '') => (await import('./bench/decoding.ts')).decoding(path),
  table: async (path = '', table) =>
    (await import('./bench/decoding.ts')).tabling(path, table || undefined),
  dump: async (path = '') => (await import('./bench/dumping.ts')).dumping(path),
  replay: async (path = '', table, jobs) =>
    (await import('./bench/replaying.ts')).replaying(path, table || undefined, Number(jobs ?? 1)),
  load: async (...numbers) => {
    const [peers = 0, prefixes = 0, networks = peers] = numbers.map(Number)
    return (await import('./bench/loading.ts')).loading(peers, prefixes, networks)
  },
  serve: async (path = '', ...numbers) => {
    const [rate = 0, count = 0, pace = 1] = numbers.map(Number)
    await (await import('./bench/live.ts')).serve(path, rate, count, pace)
    return undefined
  },
  listen: async (url = '', count = '', asns = '', closely) =>
    (await import('./bench/live.ts')).listen(url, Number(count), asns, closely === 'close'),
  soak: async (messages) => (await import('./bench/soaking.ts')).soaking(Number(messages)),
}

async function child([name = '', ...args]: readonly string[]): Promise<void> {
  const found = await CHILDREN[name]?.(...args)
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
  const wanted = rows.filter(({ name, of }) => only === undefined || [name, of].includes(only))
  if (wanted.length === 0) {
    process.stderr.write(`--only ${only}: choose one of ${rows.map((r) => r.name).join(', ')}\n`)
    return 2
  }
  const folder = mkdtempSync(join(tmpdir(), 'faultline-bench-'))
  // Children get the signal too and end; what was begun ends with an error, and the files go.
  process.on('SIGINT', () => undefined)
  const began = new Date()
  const load = loadavg()[0] ?? 0
  try {
    const lab = new Lab(new Files(folder, DATA, quick, say), quick)
    const list: Row[] = []
    for (const entry of wanted) list.push(await measured(lab, entry))
    process.stdout.write(`${rowTable(list)}\n`)
    if (only === undefined)
      for (const [goal, why] of Object.entries(unmeasured))
        process.stdout.write(`not measured: ${goal}: ${why}\n`)
    if (json !== undefined)
      writeFileSync(json, `${JSON.stringify(report(lab, list, { began, load }), null, 2)}\n`)
    return lab.disagreed ? 1 : 0
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function measured(lab: Lab, { measure, ...spec }: RowEntry): Promise<Row> {
  const began = performance.now()
  let row: Row
  try {
    row = { spec, ...(await measure(lab)) }
  } catch (error) {
    if (!(error instanceof Skip)) throw error
    row = { spec, got: null, remark: `skipped: ${error.message}` }
  }
  if (lab.quick && row.got !== null) row = { remark: 'too short to judge', ...row }
  const got = row.got === null ? '' : `${Number(row.got.toPrecision(3))} ${spec.unit} `
  const took = ((performance.now() - began) / 1e3).toFixed(0)
  say(`${spec.name}: ${got}${row.remark ?? standing(row)} (${took} s)`)
  return row
}

function report(lab: Lab, list: readonly Row[], about: { began: Date; load: number }): object {
  return {
    date: about.began.toISOString(),
    seconds: Math.round((Date.now() - about.began.getTime()) / 1e3),
    quick: lab.quick,
    machine: {
      cpu: cpus()[0]?.model ?? '?',
      cores: lab.cores,
      ram: totalmem(),
      kernel: release(),
      node: process.version,
      loadBefore: about.load,
      peers: lab.versions,
    },
    inputs: lab.files.made.map(({ path, about: what, bytes }) => ({
      file: path.split('/').at(-1),
      about: what,
      octets: bytes,
      elements: lab.elements.get(path) ?? null,
    })),
    peerRuns: Object.fromEntries(lab.peerRuns),
    rows: list.map(({ spec, ...row }) => ({
      row: spec.name,
      of: spec.of,
      what: spec.what,
      unit: spec.unit,
      floor: spec.floor ?? null,
      goal: spec.goal ?? null,
      stretch: row.stretch ?? spec.stretch ?? null,
      got: row.got,
      standing: row.remark ?? standing({ spec, ...row }),
      peers: row.peers ?? null,
      ours: row.runs ?? [],
    })),
    unmeasured,
  }
}

function say(text: string): void {
  process.stderr.write(`${text}\n`)
}

if (process.argv[2] === '--child') await child(process.argv.slice(3))
else process.exitCode = await bench()
