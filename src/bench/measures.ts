// How rows are measured. Each of these gives a function that is asked for one row.

import { existsSync } from 'node:fs'
import { freemem } from 'node:os'
import { type FileName, Skip } from './files.ts'
import { gobgpdPerRoute } from './gobgpd.ts'
import { type Lab, MAIN, type Race, together } from './lab.ts'
import { overLoopback } from './live.ts'
import { type By, least, type Run } from './measured.ts'
import { type Command, told } from './peer.ts'
import type { Row } from './table.ts'

export type Found = Omit<Row, 'spec'>
export type Measure = (lab: Lab) => Promise<Found>

const bgpdump = (file: string): Command => ({ tool: 'bgpdump', args: ['-m'], file })

interface Versus {
  readonly ours: () => Promise<Run>
  readonly by: By
  /** What we are compared with, one after the other, and by what. */
  readonly peers: readonly Command[]
  readonly peersBy: By
  /** Elements must be as many as bgpdump finds in this file. */
  readonly count?: string
  /** Octets of our input, unpacked, where the child does not know. */
  readonly octets?: number
  /** Another peer, whose ratio is the stretch. */
  readonly record?: Command
}

/** Theirs by ours, both at their best. */
async function versus(lab: Lab, versus: Versus): Promise<Found> {
  const { peers, peersBy, by, record, octets } = versus
  const installed = record && lab.has(record.tool) ? [record] : []
  const race = await lab.race(versus.ours, [...peers, ...installed], peersBy)
  const found = ratio(race, peers, installed, by, peersBy)
  const best = { ...least(race.ours, by), ...(octets === undefined ? {} : { octets }) }
  const row = { ...found, best, runs: race.ours }
  if (best.elements !== undefined && versus.count !== undefined) {
    const agrees = await lab.agrees(versus.count, best.elements)
    const theirs = lab.elements.get(versus.count)
    if (agrees === false)
      return { ...row, got: null, remark: `${best.elements} elements, bgpdump has ${theirs}` }
  }
  if (race.unsteady !== null) return { ...row, got: null, remark: `skipped: ${race.unsteady}` }
  return row
}

function ratio(
  { ours, peers: all }: Race,
  peers: readonly Command[],
  record: readonly Command[],
  by: By,
  peersBy: By,
): Found {
  const theirs = together(all.slice(0, peers.length), peersBy)
  const tools = new Map<string, number>()
  for (const [i, { tool }] of [...peers, ...record].entries())
    tools.set(tool, (tools.get(tool) ?? 0) + together(all.slice(i, i + 1), peersBy))
  const [, fastest] = [...tools].slice(1)[0] ?? []
  return {
    got: theirs / least(ours, by)[by],
    peers: told(tools),
    ...(fastest === undefined ? {} : { stretch: theirs / fastest }),
  }
}

/** CPU of one of our parts on a plain file, by that of bgpdump on what was read. */
export const beside =
  (child: string, name: FileName, with_: 'start' | 'alone' = 'alone'): Measure =>
  async (lab) => {
    const { path } = await lab.files.get(name)
    const read = with_ === 'start' ? [path, await lab.files.start(name)] : [path]
    return versus(lab, {
      ours: () => lab.ours(child, ...read),
      by: 'cpu',
      peers: read.map(bgpdump),
      peersBy: 'cpu',
      count: path,
    })
  }

interface Packed {
  readonly name: FileName
  readonly as: 'gzip' | 'bzip2'
  /** Compared with bgpdump's CPU (it has one thread), or with the wall time of unpacking alone. */
  readonly with: 'bgpdump' | 'unpacking'
  readonly table: boolean
}

/** The whole corridor from a packed file, all cores, by the wall. */
export const replayed =
  ({ name, as, with: what, table }: Packed): Measure =>
  async (lab) => {
    const { path, bytes } = await lab.files.get(name)
    const packed = await lab.files[as](name)
    const tables = table ? [await lab.files.start(name)] : []
    const unpack = (tool: string, ...more: string[]) => ({
      tool,
      args: ['-dc', ...more],
      file: packed,
    })
    const record = as === 'gzip' ? unpack('pigz') : unpack('lbzip2', '-n', String(lab.cores))
    return versus(lab, {
      ours: () => lab.ours('replay', packed, tables[0] ?? '', lab.cores),
      by: 'wall',
      count: path,
      octets: bytes,
      ...(what === 'bgpdump'
        ? { peers: [packed, ...tables].map(bgpdump), peersBy: 'cpu' as const }
        : { peers: [unpack(as)], peersBy: 'wall' as const, record }),
    })
  }

/** What detectors and ledger cost on top of clock and table, in percent of their CPU. */
export const judging =
  (name: FileName): Measure =>
  async (lab) => {
    const { path } = await lab.files.get(name)
    const start = await lab.files.start(name)
    const [plain, whole]: [Run[], Run[]] = [[], []]
    for (let turn = 0; turn < (lab.quick ? 1 : 3); turn++) {
      plain.push(await lab.ours('table', path, start))
      whole.push(await lab.ours('replay', path, start, 1))
    }
    const best = least(whole, 'cpu')
    const without = least(plain, 'cpu').cpu
    const peers = `${without.toFixed(2)} s without them`
    return { got: (best.cpu / without - 1) * 100, best, runs: whole, peers }
  }

/** Several files at a time by one after the other; compiling, which each thread does for itself, must not show. */
export const filesAtATime: Measure = async (lab) => {
  const { path } = await lab.files.get('day')
  const two = [path, await lab.files.twin('day')]
  const one: Run[] = []
  const both: Run[] = []
  for (let i = 0; i < (lab.quick ? 1 : 3); i++) {
    one.push(await lab.program('dump', '-m', '--jobs', '1', ...two))
    both.push(await lab.program('dump', '-m', '--jobs', '2', ...two))
  }
  const [slow, fast] = [least(one, 'wall'), least(both, 'wall')]
  const peers = `--jobs 1 ${slow.wall.toFixed(2)} s`
  return { got: slow.wall / fast.wall, best: fast, peers, runs: [...one, ...both] }
}

/** Routes of so many peers to so many prefixes; peers of one network tell the same paths. */
type Load = readonly [peers: number, prefixes: number, networks: number]
const LARGE: Load = [300, 1_320_000, 22]
const OWN: Load = [40, 200_000, 40]
const small = (lab: Lab, load: Load): Load =>
  lab.quick ? [load[0], load[0] === LARGE[0] ? 10_000 : 50_000, load[2]] : load

async function weigh(lab: Lab, which: 'large' | 'own'): Promise<Run> {
  const [peers, prefixes, networks] = small(lab, which === 'large' ? LARGE : OWN)
  // Twice what the floor would take.
  const needs = peers * prefixes * 16
  if (freemem() < needs) throw new Skip(`${(needs / 1e9).toFixed(0)} GB of free memory needed`)
  return lab.once('load', peers, prefixes, networks)
}

export const weight =
  (which: 'large' | 'own'): Measure =>
  async (lab) => {
    const best = await weigh(lab, which)
    return { got: best.perRoute ?? null, best, runs: [best] }
  }

export const loadRate: Measure = async (lab) => {
  const [peers, prefixes, networks] = small(lab, OWN)
  const runs = [await weigh(lab, 'own')]
  if (!lab.quick) runs.push(await lab.ours('load', peers, prefixes, networks))
  const best = least(runs, 'cpu')
  return { got: (best.elements ?? 0) / best.cpu, best, runs }
}

export const gobgpd: Measure = async (lab) => {
  if (!lab.has('gobgpd')) throw new Skip('gobgpd is not installed')
  const theirs = await gobgpdPerRoute(lab.files.folder, lab.quick ? 10_000 : 50_000)
  const best = await weigh(lab, 'large')
  const peers = `gobgpd ${theirs.toFixed(0)} B a path`
  return { got: theirs / (best.perRoute ?? Number.NaN), peers, best }
}

interface Stream {
  /** Messages a second. */
  readonly rate: number
  readonly seconds: number
  /** Also how long decisions and pauses take, which costs something itself. */
  readonly close?: boolean
}

/** How far a feed may be behind, in seconds: the real one shows slow clients the door. */
const LATE = 1

interface Heard {
  readonly run: Run
  /** What was lost, or came late, and so the rate was not held. */
  readonly fault: string | null
}

const heard = new WeakMap<Lab, Map<string, Promise<Heard>>>()

/** One run for all rows that ask for the same. */
function listening(lab: Lab, stream: Stream): Promise<Heard> {
  const known = heard.get(lab) ?? new Map<string, Promise<Heard>>()
  heard.set(lab, known)
  const key = JSON.stringify(stream)
  const run = known.get(key) ?? hear(lab, stream)
  known.set(key, run)
  return run
}

async function hear(lab: Lab, { rate, seconds, close = false }: Stream): Promise<Heard> {
  const { path } = await lab.files.get('day')
  const count = Math.round(rate * (lab.quick ? QUICK : seconds))
  // The clock waits five seconds of event time for others, and a quick run has fewer.
  const pace = lab.quick ? 5 : 1
  const { listener, played } = await overLoopback(path, rate, count, pace, (url, asns) =>
    lab.ours('listen', url, count, asns, close ? 'close' : ''),
  )
  const { sent, behind, blocked } = played
  if (behind > LATE && blocked < behind / 2)
    throw new Skip(`the server could not send ${rate} messages a second`)
  const lost = (listener.lost ?? 0) + count - sent
  const run = { ...listener, behind, blocked }
  if (lost > 0) return { run, fault: `${lost} of ${count} messages lost` }
  return { run, fault: behind > LATE ? `up to ${behind.toFixed(1)} s late` : null }
}

/** Seconds of a stream with --quick. */
const QUICK = 3
const FIREHOSE: Stream = { rate: 100_000, seconds: 60 }
const HIGHER = [200_000, 300_000, 400_000, 600_000]

export const perMessage: Measure = async (lab) => {
  const { run: best, fault } = await listening(lab, FIREHOSE)
  if (fault !== null) return { got: null, best, remark: `skipped: ${fault}` }
  return { got: (best.cpu * 1e6) / (best.records ?? 1), best, runs: [best] }
}

/** The highest rate at which nothing was lost. */
export const sustained: Measure = async (lab) => {
  const first = await listening(lab, FIREHOSE)
  if (first.fault !== null)
    return { got: 0, best: first.run, remark: `BELOW FLOOR: ${first.fault}` }
  let got = FIREHOSE.rate
  let best = first.run
  const runs = [best]
  if (lab.quick) return { got, best, runs }
  let peers = ''
  for (const rate of HIGHER) {
    let next: Heard
    try {
      next = await listening(lab, { rate, seconds: 10 })
    } catch (error) {
      if (!(error instanceof Skip)) throw error
      peers = error.message
      break
    }
    runs.push(next.run)
    if (next.fault !== null) {
      peers = `at ${rate / 1e3}k/s: ${next.fault}`
      break
    }
    got = rate
    best = next.run
  }
  return { got, best, runs, peers }
}

/** Runs that are looked at closely: 6k and 200k for decisions, 60k for pauses too. */
const closely = (rate: number): Stream => ({
  rate,
  // Of few messages the first ones, which meet code that is not compiled, are too many.
  seconds: rate === 200_000 ? 15 : rate === 60_000 ? 30 : 60,
  close: true,
})

export const decided =
  (rate: number): Measure =>
  async (lab) => {
    const { run: best, fault } = await listening(lab, closely(rate))
    if (fault !== null) return { got: null, best, remark: `skipped: ${fault}` }
    const peers = `at the most ${(best.decidedMost ?? Number.NaN).toFixed(1)} ms`
    return { got: best.decided99 ?? null, best, runs: [best], peers }
  }

export const pause: Measure = async (lab) => {
  const { run: best, fault } = await listening(lab, closely(60_000))
  if (fault !== null) return { got: null, best, remark: `skipped: ${fault}` }
  return { got: best.pause ?? null, best, runs: [best] }
}

/** Memory of a whole replay, beyond six octets for each route it holds. */
export const memory: Measure = async (lab) => {
  const { bytes } = await lab.files.get('part')
  const packed = await lab.files.gzip('part')
  const run = await lab.ours('replay', packed, await lab.files.start('part'), lab.cores)
  const { rss = Number.NaN, routes = 0 } = run
  const best = { ...run, octets: bytes }
  return { got: (rss - 6 * routes) / 1e6, best, runs: [run], peers: `${routes} routes` }
}

/** Growth from a tenth of the way to its end, in percent. */
export const soaked: Measure = async (lab) => {
  const best = await lab.ours('soak', lab.quick ? 2e6 : 200e6)
  const [first = 1, ...rest] = best.samples ?? []
  const last = rest.at(-1) ?? first
  const peers = `${best.paths} paths held, ${(first / 1e6).toFixed(0)} → ${(last / 1e6).toFixed(0)} MB`
  return { got: (last / first - 1) * 100, best, runs: [best], peers }
}

/** The program itself on a file of five minutes, from its start to its end. */
export const cold: Measure = async (lab) => {
  const path = lab.files.real('quiet/rrc00.updates.20190101.0000.gz')
  if (path === null || !existsSync(MAIN)) throw new Skip('no real file, or not built')
  const peers = lab.has('bgpdump') ? [bgpdump(path)] : []
  const race = await lab.race(() => lab.program('replay', path), peers, 'wall')
  const best = least(race.ours, 'wall')
  const theirs =
    peers.length > 0 ? { peers: told(new Map([['bgpdump', together(race.peers, 'wall')]])) } : {}
  return { got: best.wall, best, runs: race.ours, ...theirs }
}
