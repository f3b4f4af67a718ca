// What a route costs the BGP daemon that Debian packages: GoBGP, on loopback, with no sessions, given
// a table. It is ended by its process id, whatever happens.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { START } from './corpus.ts'
import { DumpWriter } from './dump.ts'
import { Skip } from './files.ts'

const PEERS = 5
/** Seconds for all of it. */
const PATIENCE = 30

/** Octets of memory for each of its routes. */
export async function gobgpdPerRoute(folder: string, routes: number): Promise<number> {
  const table = join(folder, 'gobgpd.mrt')
  writeTable(table, routes)
  const config = join(folder, 'gobgpd.toml')
  writeFileSync(config, '[global.config]\nas = 64500\nrouter-id = "192.0.2.254"\nport = -1\n')
  const port = await freePort()
  const args = ['-f', config, '--api-hosts', `127.0.0.1:${port}`, '--pprof-disable']
  const deadline = performance.now() + PATIENCE * 1e3
  const daemon = spawn('gobgpd', args, { stdio: 'ignore' })
  try {
    await new Promise((done, fail) => daemon.once('spawn', done).once('error', fail))
    while (held(port, daemon, deadline) === null) await sleep(100)
    const before = memoryOf(daemon)
    gobgp(port, 'mrt', 'inject', 'global', table)
    // It goes on for a moment after the last was taken.
    let [count, last] = [0, -1]
    while (count !== last || count === 0) {
      await sleep(500)
      last = count
      count = held(port, daemon, deadline) ?? 0
    }
    return (memoryOf(daemon) - before) / count
  } finally {
    daemon.kill('SIGKILL')
  }
}

function writeTable(path: string, routes: number): void {
  const peers = Array.from({ length: PEERS }, (_, i) => ({
    address: `192.0.2.${i + 1}`,
    asn: 64_512 + i,
  }))
  const file = openSync(path, 'w')
  const out = new DumpWriter(START, peers, (chunk) => writeSync(file, chunk))
  for (let k = 0; k < routes / PEERS; k++) {
    out.begin(4, [(0x14000000 + k * 3 * 256) | 0], 24)
    const origin = Math.floor(k / 13)
    for (const [i, { asn }] of peers.entries())
      out.route(i, Int32Array.of(asn, 1_000 + ((origin + i) % 200), 100_000 + origin), 0, 3)
    out.end()
  }
  out.flush()
  closeSync(file)
}

/** Routes in its table; null while it does not answer. */
function held(port: number, daemon: ChildProcess, deadline: number): number | null {
  if (daemon.exitCode !== null) throw new Skip('gobgpd has ended')
  if (performance.now() > deadline) throw new Skip('gobgpd does not answer')
  const [, count] = /Path: (\d+)/.exec(gobgp(port, 'global', 'rib', 'summary')) ?? []
  return count === undefined ? null : Number(count)
}

function gobgp(port: number, ...args: readonly string[]): string {
  const { error, stdout } = spawnSync('gobgp', ['-p', String(port), ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: PATIENCE * 1e3,
  })
  if (error) throw new Skip(`gobgp: ${error.message}`)
  return stdout
}

function memoryOf({ pid }: ChildProcess): number {
  const [, kilo] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kilo) * 1024
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done)
  })
  const { port } = server.address() as AddressInfo
  await new Promise((done) => server.close(done))
  return port
}
