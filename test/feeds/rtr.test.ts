// The connection to a cache: made, encrypted or not, made again when it is cut, and given up when nobody answers.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer as createPlain } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createSecure } from 'node:tls'
import { afterEach, expect, test, vi } from 'vitest'
import { milliseconds } from '../../src/core/time.ts'
import { openRtr, type RtrClient } from '../../src/feeds/rtr.ts'
import { type RtrSettings, rtrDefaults } from '../../src/feeds/rtr-settings.ts'
import { RtrSession } from '../../src/wire/rtr-session.ts'
import { end, response, startCache, vrp } from './rtr-cache.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const eventually = (check: () => void) => vi.waitFor(check, { timeout: 20_000, interval: 20 })

interface Listening {
  readonly client: RtrClient
  readonly session: RtrSession
  readonly logs: string[]
  settled: number
  expired: number
}

function listen(settings: Partial<RtrSettings>): Listening {
  const session = new RtrSession({ version: 1 })
  const logs: string[] = []
  const quick = { retryStart: milliseconds(20), retryMost: milliseconds(50) }
  const out = { session, logs, settled: 0, expired: 0 }
  const client = openRtr({ ...rtrDefaults, version: 1, ...quick, ...settings }, session, {
    settled: () => out.settled++,
    expired: () => out.expired++,
    log: (level, text) => logs.push(`${level} ${text}`),
  })
  closers.push(() => client.close())
  return Object.assign(out, { client })
}

const whole = (n: number) => [response(1), vrp(1, n, 64_500), end(1, n)]

async function cacheOf(answer: Parameters<typeof startCache>[0]) {
  const cache = await startCache(answer)
  closers.push(() => cache.close())
  return cache
}

test('what a cache tells is settled, and it is connected again when it is cut', async () => {
  const cache = await cacheOf((_, connection) => whole(connection))
  const heard = listen({ port: cache.port })
  await eventually(() => expect(heard.settled).toBe(1))
  expect(heard.client.up).toBe(true)
  expect([...heard.session.vrps]).toHaveLength(1)
  cache.cut()
  await eventually(() => expect(heard.settled).toBe(2))
  expect(cache.connections).toBe(2)
  expect(heard.client).toMatchObject({ up: true, fault: null })
  // Once of each: it went, and it came again.
  expect(heard.logs.filter((line) => line.startsWith('warn'))).toHaveLength(1)
})

test('a cache that does not answer is left and asked anew', async () => {
  const cache = await cacheOf((_, connection) => (connection === 1 ? [] : whole(1)))
  const heard = listen({ port: cache.port, patience: milliseconds(200) })
  await eventually(() => expect(heard.settled).toBe(1))
  expect(cache.connections).toBeGreaterThan(1)
  expect(heard.logs.join('\n')).toContain('no answer in')
})

test('what was told is too old when nothing follows', async () => {
  const cache = await cacheOf((_, connection) => (connection === 1 ? whole(1) : null))
  const heard = listen({ port: cache.port, expire: milliseconds(300) })
  await eventually(() => expect(heard.settled).toBe(1))
  cache.cut()
  await eventually(() => expect(heard.expired).toBe(1))
  expect([...heard.session.vrps]).toEqual([])
  expect(heard.client.up).toBe(false)
})

test('nothing is heard any more after it is closed', async () => {
  const cache = await cacheOf(() => whole(1))
  const heard = listen({ port: cache.port })
  await eventually(() => expect(heard.settled).toBe(1))
  heard.client.close()
  cache.cut()
  await new Promise((done) => setTimeout(done, 200))
  expect(heard).toMatchObject({ settled: 1 })
  expect(cache.connections).toBe(1)
})

/** A CA and a certificate of 127.0.0.1 by it, or null where there is no openssl. */
function certificates(): { ca: string; cert: string; key: string } | null {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-tls-'))
  closers.push(() => rmSync(folder, { recursive: true, force: true }))
  const openssl = (given: string) =>
    execFileSync('openssl', given.split(' '), { cwd: folder, stdio: 'ignore' })
  const key = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' })
  } catch {
    return null
  }
  openssl(`req -x509 ${key} -keyout ca.key -out ca.pem -days 2 -subj /CN=test-ca`)
  openssl(
    `req -x509 ${key} -keyout own.key -out own.pem -days 2 -subj /CN=cache -CA ca.pem -CAkey ca.key -addext subjectAltName=IP:127.0.0.1`,
  )
  const read = (name: string) => readFileSync(join(folder, name), 'utf8')
  return { ca: read('ca.pem'), cert: read('own.pem'), key: read('own.key') }
}

test('over TLS: who is trusted is heard, who is not is refused with the reason', async (context) => {
  const made = certificates()
  if (!made) return context.skip('openssl is missing: TLS to a cache is not tested')
  const cache = await cacheOf(() => whole(1))
  const sockets = new Set<{ destroy(): void }>()
  const front = createSecure({ cert: made.cert, key: made.key }, (secure) => {
    const behind = connect(cache.port, '127.0.0.1')
    for (const one of [secure, behind]) {
      sockets.add(one)
      one.on('error', () => undefined)
    }
    secure.pipe(behind).pipe(secure)
  })
  front.on('tlsClientError', () => undefined)
  await new Promise<void>((done) => front.listen(0, '127.0.0.1', done))
  closers.push(() => {
    for (const one of sockets) one.destroy()
    return new Promise((done) => front.close(done))
  })
  const { port } = front.address() as AddressInfo

  const trusting = listen({ port, tls: { ca: made.ca } })
  await eventually(() => expect(trusting.settled).toBe(1))
  expect([...trusting.session.vrps]).toHaveLength(1)

  const before = cache.connections
  const doubting = listen({ port, tls: {} })
  await eventually(() => expect(doubting.client.fault).toMatch(/certificate|issuer/i))
  expect(doubting).toMatchObject({ settled: 0 })
  expect(doubting.client.up).toBe(false)
  expect(cache.connections).toBe(before)
})

test('a server that speaks no TLS is a fault, not a crash', async () => {
  const server = createPlain((socket) => {
    socket.on('error', () => undefined)
    // What comes must be read, or its end is never seen.
    socket.resume()
    socket.end('no TLS here\r\n')
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  closers.push(() => new Promise((done) => server.close(done)))
  const heard = listen({ port: (server.address() as AddressInfo).port, tls: {} })
  await eventually(() => expect(heard.client.fault).not.toBeNull())
  expect(heard).toMatchObject({ settled: 0 })
})
