// What the integration tests share: programs that may be missing, processes that must end, and a day
// of archives to play.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { generateDay, updatesOf } from '../../src/scenario/day.ts'

export const root = fileURLToPath(new URL('../..', import.meta.url))
export const main = join(root, 'dist/main.js')

/** Whether a program is there; says so, by name, when it is not. */
export function has(program: string, what: string): boolean {
  const found = spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
  if (!found) console.warn(`SKIPPED: ${what}: ${program} is not installed`)
  return found
}

export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'faultline-'))
  chmodSync(path, 0o755)
  return path
}

export const remove = (path: string): void => rmSync(path, { recursive: true, force: true })

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

/** Asks until the answer is neither undefined nor false. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  within = 60_000,
): Promise<T> {
  const last = Date.now() + within
  for (;;) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
    if (Date.now() > last) throw new Error(`not within ${within / 1e3} s: ${what}`)
    await sleep(100)
  }
}

export interface Running {
  readonly process: ChildProcess
  /** All it has written so far, to both outputs. */
  text(): string
  /** Asks it to end, and does not wait for ever. Resolves with its exit status. */
  end(): Promise<number | null>
}

export function start(
  command: string,
  args: readonly string[],
  options: { cwd?: string; uid?: number; gid?: number } = {},
): Running {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options })
  let written = ''
  const keep = (chunk: Buffer) => {
    written += chunk.toString()
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const exited = new Promise<number | null>((done, failed) => {
    child.on('exit', done)
    child.on('error', failed)
  })
  // Whoever waits for it hears of it.
  exited.catch(() => undefined)
  return {
    process: child,
    text: () => written,
    end: async () => {
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
      child.kill('SIGTERM')
      try {
        return await exited
      } finally {
        clearTimeout(timer)
      }
    },
  }
}

/** The demo, and where it listens. */
export async function startDemo(speed: number): Promise<Running & { readonly url: string }> {
  const args = [main, 'demo', '--speed', String(speed), '--listen', '127.0.0.1:0']
  const demo = start(process.execPath, args)
  const url = await until('the demo listens', () => {
    if (demo.process.exitCode !== null) throw new Error(`the demo has ended: ${demo.text()}`)
    return /listening on (http:\/\/127\.0\.0\.1:\d+)/.exec(demo.text())?.[1]
  })
  return { ...demo, url }
}

/** A port of loopback that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const server = createServer()
    server.on('error', failed)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = address !== null && typeof address === 'object' ? address.port : 0
      server.close(() => done(port))
    })
  })
}

/** What a command prints; throws with all of it when it ends badly. */
export function run(
  command: string,
  args: readonly string[],
  options: { cwd?: string; uid?: number; gid?: number; input?: string } = {},
): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    ...options,
  })
  if (error) throw error
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${status}\n${stdout}\n${stderr}`)
  return stdout
}

/** Three hours with an outage of AS4766 in them, laid out as archives are. */
export function writeArchives(into: string): { updates: string[]; ribs: string[] } {
  const day = generateDay({ seed: 'integration', hours: 3, trouble: ['outage'], outage: 30 * 60e6 })
  const write = (files: ReadonlyMap<string, Uint8Array>, name: string) =>
    [...files].map(([collector, octets]) => {
      mkdirSync(join(into, collector), { recursive: true })
      const path = join(into, collector, `${collector}.${name}.20211025.0000.gz`)
      writeFileSync(path, gzipSync(octets))
      return path
    })
  return { updates: write(updatesOf(day), 'updates'), ribs: write(day.rib, 'bview') }
}
