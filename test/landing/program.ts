// The program as an operator meets it: a child process, its arguments, what it prints and how it
// ends. Real data lies outside of the project and is skipped, by name, where it is not there.

import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { afterAll } from 'vitest'
import type { Incident } from '../../src/core/incident.ts'

const MAIN = 'dist/main.js'
if (!existsSync(MAIN)) throw new Error(`there is no ${MAIN}: run npm run build first`)

const DATA = '../shared/data'

/** Where a real file is. */
export const real = (path: string): string => join(DATA, path)

/** For `describe.skipIf`: whether real files are absent, said aloud when they are. */
export function absent(what: string, ...paths: string[]): boolean {
  const missing = paths.filter((path) => !existsSync(real(path)))
  if (missing.length > 0) console.log(`SKIPPED, no ${missing.map(real).join(', ')}: ${what}`)
  return missing.length > 0
}

/** A directory of this test file's own, gone when it is over. */
export function workshop(): (name: string) => string {
  const root = mkdtempSync(join(tmpdir(), 'faultline-landing-'))
  afterAll(() => rmSync(root, { recursive: true, force: true }))
  return (name) => join(root, name)
}

export interface Ended {
  /** Null when a signal ended it. */
  readonly status: number | null
  readonly out: string
  readonly err: string
}

type Child = ChildProcessByStdio<null, Readable, Readable>

/** Nothing here takes so long; it only keeps a hang from lasting. */
const SAFETY = 60_000

function start(args: readonly string[]): { child: Child; ended: Promise<Ended>; err(): string } {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const timer = setTimeout(() => child.kill('SIGKILL'), SAFETY)
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    err += text
  })
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status) => {
      clearTimeout(timer)
      resolve({ status, out, err })
    })
  })
  return { child, ended, err: () => err }
}

/** Runs a command to its end. */
export const faultline = (...args: string[]): Promise<Ended> => start(args).ended

/** The same with something on standard input. */
export function fed(input: string, ...args: string[]): Ended {
  const options = { input, encoding: 'utf8', timeout: SAFETY } as const
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], options)
  return { status, out: stdout, err: stderr }
}

/** The incidents on a page of NDJSON. */
export const incidentsIn = (out: string): Incident[] =>
  out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Incident)

/** Replays as NDJSON, and throws when that does not end well. */
export async function replay(...args: string[]): Promise<{ out: string; incidents: Incident[] }> {
  const { status, out, err } = await faultline('replay', ...args, '--format', 'ndjson')
  if (status !== 0) throw new Error(`replay ${args.join(' ')}: status ${status}\n${err}`)
  return { out, incidents: incidentsIn(out) }
}

/** The last revision of each incident, in the order in which they were opened. */
export const last = (incidents: readonly Incident[]): Incident[] => [
  ...new Map(incidents.map((incident) => [incident.id, incident])).values(),
]

export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + SAFETY
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`waited in vain until ${what}`)
    await new Promise((next) => setTimeout(next, 20))
  }
}

export interface Running {
  readonly url: string
  readonly pid: number
  readonly ended: Promise<Ended>
  err(): string
  get(path: string): Promise<{ status: number; body: string }>
  /** Value of a metric, with its labels as they stand there; 0 while it is not told. */
  metric(name: string): Promise<number>
  signal(name: NodeJS.Signals): void
  /** SIGTERM, and what it said. */
  stop(): Promise<Ended>
}

/** Starts a command that serves, and waits until it does. */
export async function daemon(...args: string[]): Promise<Running> {
  const { child, ended, err } = start(args)
  let over = false
  const done = ended.then((how) => {
    over = true
    return how
  })
  let url = ''
  await until('the daemon listens', () => {
    url = /listening on (http:\/\/[^"\s]+)/.exec(err())?.[1] ?? ''
    if (over) throw new Error(`${args.join(' ')} ended early:\n${err()}`)
    return url !== ''
  })
  const get = async (path: string) => {
    const response = await fetch(url + path)
    return { status: response.status, body: await response.text() }
  }
  return {
    url,
    pid: child.pid ?? 0,
    ended: done,
    err,
    get,
    metric: async (name) => {
      const { body } = await get('/metrics')
      const line = body.split('\n').find((text) => text.startsWith(`${name} `))
      return line === undefined ? 0 : Number(line.slice(name.length + 1))
    },
    signal: (name) => child.kill(name),
    stop: () => {
      child.kill('SIGTERM')
      return done
    },
  }
}
