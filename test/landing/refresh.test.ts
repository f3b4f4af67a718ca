// VRPs while the daemon runs: from files and caches into the stream, and what is concluded from them.

import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { Knowledge } from '../../src/context/knowledge.ts'
import type { PrefixWords } from '../../src/core/context.ts'
import type { SideInput } from '../../src/core/fact.ts'
import { parsePrefix } from '../../src/core/prefix.ts'
import { milliseconds, parseInstant, seconds } from '../../src/core/time.ts'
import { rtrDefaults } from '../../src/feeds/rtr-settings.ts'
import { openRefresh, type Refresh, type RefreshSettings, refreshes } from '../../src/refresh.ts'
import { lines, World } from '../detect/world.ts'
import { type Cache, end, response, startCache, vrp } from '../feeds/rtr-cache.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const words = (text: string): PrefixWords => {
  const { afi, length, words: found } = parsePrefix(text) ?? { afi: 4, length: 0, words: [] }
  const [word0 = 0, word1 = 0, word2 = 0, word3 = 0] = found
  return { afi, length, word0, word1, word2, word3 }
}

interface Watching {
  readonly facts: SideInput[]
  readonly logs: string[]
  readonly refresh: Refresh
  /** What whoever hears these facts knows. */
  readonly known: Knowledge
}

function watch(settings: Partial<RefreshSettings>, known: readonly SideInput[] = []): Watching {
  const facts: SideInput[] = []
  const logs: string[] = []
  const knowledge = new Knowledge()
  for (const input of known) knowledge.take(input)
  const quick = { file: milliseconds(50), url: milliseconds(50) }
  const refresh = openRefresh(
    { vrps: [], rtr: [], vrpsRefresh: quick, apart: milliseconds(20), ...settings },
    known,
    {
      fact: (input) => {
        facts.push(input)
        knowledge.take(input)
      },
      now: () => Date.now() * 1e3,
      log: (level, text) => logs.push(`${level} ${text}`),
    },
  )
  closers.push(() => refresh.close())
  return { facts, logs, refresh, known: knowledge }
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'faultline-'))
  closers.push(() => rmSync(path, { recursive: true, force: true }))
  return path
}

const eventually = (check: () => void) => vi.waitFor(check, { timeout: 20_000, interval: 20 })

const own = '198.51.100.0/24'

/** AS7000 is watched; ten minutes apart it is told these. */
function story(facts: readonly SideInput[]) {
  const world = new World({ watch: [7000] }).holds('abcdeABCDE', own, '3356 7000')
  for (const [i, fact] of facts.entries()) world.at(`00:${i}0:00`).learns(fact)
  return world.play('00:40:00')
}

const roa = (asn: number, prefix: string) => ({ asn, prefix, ta: 'ripe', expires: 1_900_000_000 })
const json = (roas: object[], more: object = {}) =>
  JSON.stringify({ metadata: { buildtime: '2026-11-30T00:00:00Z' }, roas, ...more })
/** So many of no interest. */
const others = (count: number) =>
  Array.from({ length: count }, (_, i) => roa(65_000, `10.${i >> 8}.${i & 255}.0/24`))

describe('a file', () => {
  test('is read, and what changes of it is told as a change', async () => {
    const path = join(folder(), 'vrps.json')
    writeFileSync(path, json([...others(500), roa(64500, '192.0.2.0/24')]))
    const { facts, known, refresh } = watch({ vrps: [path] })
    await eventually(() => expect(facts).toHaveLength(1))
    expect(facts[0]).toMatchObject({ what: 'rpki', name: 'vrps.json' })
    expect(facts[0]?.date).toBe(parseInstant('2026-11-30T00:00:00Z'))
    expect(known.validity(words('192.0.2.0/24'), 64500)).toBe('valid')
    const text = json([...others(500), roa(64501, '192.0.2.0/24')], {
      aspas: [
        { customer_asid: 64500, providers: [2] },
        { customer_asid: 64500, providers: [1] },
      ],
    })
    writeFileSync(path, text)
    await eventually(() => expect(facts).toHaveLength(2))
    const [, change] = facts
    expect(change?.what).toBe('rpki-delta')
    expect(change?.sha256).toBe(createHash('sha256').update(text).digest('hex'))
    expect(change?.content.split('\n').slice(1).sort()).toEqual([
      '+ 64501 192.0.2.0/24 24 1900000000 ripe',
      '+ A 64500 1 2',
      '- 64500 192.0.2.0/24 24 1900000000 ripe',
    ])
    expect(known.validity(words('192.0.2.0/24'), 64500)).toBe('invalid-asn')
    expect(known.aspa([1, 64500])).toBe('valid')
    expect(known.dropped).toBe(0)
    expect(refresh.status()).toMatchObject({ count: 502, told: 2, refused: 0 })
  })

  test('that makes an own prefix invalid is an incident, and over when it is mended', async () => {
    const path = join(folder(), 'vrps.json')
    writeFileSync(path, json([...others(99), roa(7000, own)]))
    const { facts } = watch({ vrps: [path] })
    await eventually(() => expect(facts).toHaveLength(1))
    writeFileSync(path, json([...others(99), roa(7001, own)]))
    await eventually(() => expect(facts).toHaveLength(2))
    writeFileSync(path, json([...others(99), roa(7000, own)]))
    await eventually(() => expect(facts).toHaveLength(3))
    expect(lines(story(facts))).toEqual([
      '00:11:10 rpki.invalid AS7000 open: confirmed',
      '00:20:10 rpki.invalid AS7000 resolving: it is getting well',
      '00:25:10 rpki.invalid AS7000 resolved: it has been well for long enough',
    ])
  })

  test('that was read at the start is told only when it is another', async () => {
    const path = join(folder(), 'vrps.json')
    writeFileSync(path, json([roa(64500, '192.0.2.0/24')]))
    const first = watch({ vrps: [path] })
    await eventually(() => expect(first.facts).toHaveLength(1))
    first.refresh.close()
    const again = watch({ vrps: [path] }, first.facts)
    const patient = watch({ vrps: [path] })
    await eventually(() => expect(patient.facts).toHaveLength(1))
    expect(again.facts).toEqual([])
    writeFileSync(path, json([roa(64500, '192.0.2.0/24'), ...others(9)]))
    await eventually(() => expect(again.facts).toHaveLength(1))
    expect(again.known.vrps?.count).toBe(10)
  })

  test('that is broken, gone or nearly empty leaves what was known, and is told', async () => {
    const path = join(folder(), 'vrps.json')
    writeFileSync(path, json([...others(500), roa(64500, '192.0.2.0/24')]))
    const { facts, logs, known, refresh } = watch({ vrps: [path] })
    await eventually(() => expect(facts).toHaveLength(1))
    writeFileSync(path, '{"roas": [')
    await eventually(() => expect(logs.join('\n')).toContain('is no JSON'))
    expect(refresh.status().sources).toMatchObject([{ up: false }])
    rmSync(path)
    await eventually(() => expect(logs.join('\n')).toContain('ENOENT'))
    writeFileSync(path, json(others(200)))
    await eventually(() => expect(logs.join('\n')).toContain('there are 200 where there were 501'))
    expect(refresh.status()).toMatchObject({ count: 501, refused: 1, sources: [{ up: true }] })
    expect(facts).toHaveLength(1)
    expect(known.validity(words('192.0.2.0/24'), 64500)).toBe('valid')
    writeFileSync(path, json(others(400)))
    await eventually(() => expect(facts).toHaveLength(2))
    expect(known.vrps?.count).toBe(400)
  })
})

test('an address is asked whether there is more', async () => {
  let body = json([roa(64500, '192.0.2.0/24')])
  let unchanged = 0
  const server = createServer((request, response) => {
    const tag = `"${createHash('sha256').update(body).digest('hex')}"`
    if (request.url === '/') response.writeHead(302, { location: '/vrps.json' }).end()
    else if (request.headers['if-none-match'] === tag) {
      unchanged++
      response.writeHead(304).end()
    } else response.writeHead(200, { etag: tag }).end(body)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  closers.push(
    () => new Promise((done) => server.close(done)),
    () => server.closeAllConnections(),
  )
  const { port } = server.address() as AddressInfo
  const { facts, known, logs } = watch({ vrps: [`http://127.0.0.1:${port}/`] })
  await eventually(() => expect(unchanged).toBeGreaterThan(1))
  expect(facts).toHaveLength(1)
  body = json([roa(64501, '192.0.2.0/24')])
  await eventually(() => expect(facts).toHaveLength(2))
  expect(known.validity(words('192.0.2.0/24'), 64500)).toBe('invalid-asn')
  await new Promise((done) => {
    server.close(done)
    server.closeAllConnections()
  })
  await eventually(() => expect(logs.join('\n')).toMatch(/ECONNREFUSED|hang up|ECONNRESET/))
  expect(known.vrps?.count).toBe(1)
})

test('an answer that is none is not heard to its end, for it may have none', async () => {
  let left = 0
  const server = createServer((_, response) => {
    response.writeHead(500)
    const more = setInterval(() => response.write('x'.repeat(1_000)), 10)
    response.on('close', () => {
      clearInterval(more)
      left++
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  closers.push(
    () => new Promise((done) => server.close(done)),
    () => server.closeAllConnections(),
  )
  const { port } = server.address() as AddressInfo
  const { logs } = watch({ vrps: [`http://127.0.0.1:${port}/`] })
  await eventually(() => expect(left).toBeGreaterThan(1))
  expect(logs.join('\n')).toContain('the server answers 500')
})

describe('a cache', () => {
  /** 192.0.1.0/24 is of AS1, and what `next` says from the second question on. */
  async function cache(next: () => Uint8Array[], expire = 7_200): Promise<Cache> {
    const made = await startCache((asked) =>
      asked[1] === 2 ? [response(1), vrp(1, 1, 1), end(1, 1, 7, expire)] : next(),
    )
    closers.push(() => made.close())
    return made
  }

  const settings = ({ port }: Cache, more: Partial<typeof rtrDefaults> = {}) => ({
    ...rtrDefaults,
    port,
    retryStart: milliseconds(20),
    retryMost: milliseconds(200),
    ...more,
  })

  test('is listened to, and again after a cut', async () => {
    const source = await cache(() => [response(1), vrp(1, 2, 2), end(1, 2)])
    const { facts, known, refresh } = watch({ rtr: [settings(source)] })
    await eventually(() => expect(facts).toHaveLength(1))
    expect(facts[0]).toMatchObject({ what: 'rpki', name: `rtr 127.0.0.1:${source.port}` })
    expect(known.validity(words('192.0.1.0/24'), 2)).toBe('invalid-asn')
    expect(refresh.status().sources).toMatchObject([{ up: true, count: 1 }])
    source.cut()
    await eventually(() => expect(facts).toHaveLength(2))
    expect(known.validity(words('192.0.2.0/24'), 2)).toBe('valid')
    expect(known.dropped).toBe(0)
    expect(source.connections).toBe(2)
    expect(refresh.status().sources).toMatchObject([{ up: true, count: 2, fault: null }])
  })

  test('comes before files; when it is too old the file counts, or nothing is known', async () => {
    const path = join(folder(), 'vrps.json')
    writeFileSync(path, json([roa(3, '192.0.1.0/24')]))
    // From the second question on it says nothing any more.
    const source = await cache(() => [])
    const rtr = [settings(source, { expire: seconds(2) })]
    const both = watch({ vrps: [path], rtr })
    const alone = watch({ rtr })
    const of = ({ known }: Watching, asn: number) => known.validity(words('192.0.1.0/24'), asn)
    await eventually(() => expect([of(both, 1), of(alone, 1)]).toEqual(['valid', 'valid']))
    await eventually(() => expect([of(both, 3), of(alone, 1)]).toEqual(['valid', 'unknown']))
    expect(both.facts.at(-1)?.name).toBe('vrps.json')
    expect(alone.facts.at(-1)).toMatchObject({ name: 'nothing known', content: '', date: null })
    expect(alone.logs.join('\n')).toContain('too old to be used')
  })
})

test('who names nothing that changes has nothing to refresh', () => {
  expect(refreshes({ vrps: ['a.json@2025-01-31'], rtr: [] })).toBe(false)
  expect(refreshes({ vrps: ['a.json'], rtr: [] })).toBe(true)
  expect(refreshes({ vrps: [], rtr: [rtrDefaults] })).toBe(true)
})
