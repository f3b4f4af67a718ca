// Files and addresses that are looked at again: only what is new is told, and what cannot be read is a fault.

import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { milliseconds } from '../../src/core/time.ts'
import { openWatched } from '../../src/feeds/watched.ts'
import { type WatchedSettings, watchedDefaults } from '../../src/feeds/watched-settings.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const eventually = (check: () => void) => vi.waitFor(check, { timeout: 20_000, interval: 20 })
const looks = { file: milliseconds(20), url: milliseconds(20) }

function watch(place: string, settings: Partial<WatchedSettings> = {}, known = false) {
  const texts: string[] = []
  const faults: (string | null)[] = []
  const heard = { texts, faults, take: true }
  const watched = openWatched(place, { ...watchedDefaults, ...looks, ...settings }, known, {
    changed: async (octets) => {
      texts.push(octets.toString())
      return heard.take
    },
    fault: (why) => faults.push(why),
  })
  closers.push(() => watched.close())
  return heard
}

/** So many more looks have been taken. */
async function looked(heard: { faults: unknown[] }, times = 3): Promise<void> {
  const before = heard.faults.length
  await eventually(() => expect(heard.faults.length).toBeGreaterThanOrEqual(before + times))
}

function file(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-'))
  closers.push(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'vrps.json')
  writeFileSync(path, text)
  return path
}

test('a file is told once, and again when another takes its place', async () => {
  const path = file('one')
  const heard = watch(path)
  await looked(heard)
  expect(heard.texts).toEqual(['one'])
  // As validators do it: written beside, then put in its place.
  writeFileSync(`${path}.new`, 'two')
  renameSync(`${path}.new`, path)
  await eventually(() => expect(heard.texts).toEqual(['one', 'two']))
})

test('what is known is not told, and what is not taken is told again', async () => {
  const path = file('one')
  const heard = watch(path, {}, true)
  await looked(heard)
  expect(heard.texts).toEqual([])
  heard.take = false
  writeFileSync(path, 'another')
  await eventually(() => expect(heard.texts.length).toBeGreaterThan(2))
})

test('a file that is gone or too large is a fault until it is not', async () => {
  const path = file('x'.repeat(2 << 20))
  const heard = watch(path, { mostOctets: 1 << 20 })
  await eventually(() => expect(heard.faults).toContain('is larger than 1 MiB'))
  rmSync(path)
  await eventually(() => expect(heard.faults.at(-1)).toMatch(/ENOENT|no such file/i))
  writeFileSync(path, 'small')
  await eventually(() => expect(heard.texts).toEqual(['small']))
  expect(heard.faults.at(-1)).toBeNull()
})

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(answer)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  closers.push(() => {
    server.closeAllConnections()
    return new Promise((done) => server.close(done))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('an address is asked by its tag, and led on, but not for ever', async () => {
  const asked: (string | undefined)[] = []
  let tag = '"a"'
  const base = await serve((request, response) => {
    if (request.url === '/round') response.writeHead(302, { location: '/round' }).end()
    else if (request.url === '/old') response.writeHead(302, { location: '/new' }).end()
    else {
      asked.push(request.headers['if-none-match'])
      if (request.headers['if-none-match'] === tag) response.writeHead(304).end()
      else response.writeHead(200, { etag: tag }).end(`text ${tag}`)
    }
  })
  const heard = watch(`${base}/old`)
  await eventually(() => expect(asked).toContain('"a"'))
  expect(heard.texts).toEqual(['text "a"'])
  tag = '"b"'
  await eventually(() => expect(heard.texts).toEqual(['text "a"', 'text "b"']))
  const round = watch(`${base}/round`)
  await eventually(() => expect(round.faults).toContain('leads to too many others'))
})

test('a server that fails, sends too much or says nothing is a fault', async () => {
  const base = await serve((request, response) => {
    if (request.url === '/fails') response.writeHead(503).end()
    else if (request.url === '/large') response.end('x'.repeat(2 << 20))
  })
  const fails = watch(`${base}/fails`)
  const large = watch(`${base}/large`, { mostOctets: 1 << 20 })
  const silent = watch(`${base}/silent`, { patience: milliseconds(100) })
  await eventually(() => {
    expect(fails.faults).toContain('the server answers 503')
    expect(large.faults).toContain('is larger than 1 MiB')
    expect(silent.faults.join()).toContain('no answer in')
  })
  for (const heard of [fails, large, silent]) expect(heard.texts).toEqual([])
})
