// A real cache of VRPs, StayRTR, serves a file that is edited; what it tells is known a moment later, and
// an own prefix that its edits make invalid is an incident.

import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Knowledge } from '../../src/context/knowledge.ts'
import type { SideInput } from '../../src/core/fact.ts'
import { milliseconds } from '../../src/core/time.ts'
import { rtrDefaults } from '../../src/feeds/rtr-settings.ts'
import { openRefresh, type Refresh } from '../../src/refresh.ts'
import { lines, World } from '../detect/world.ts'
import { folder, freePort, has, type Running, remove, run, start, until } from './tools.ts'

const here = has('stayrtr', 'VRPs and ASPA over RTR')
const MANY = 20_000
const own = '198.51.100.0/24'
const net = { afi: 4, word0: 0xc6336400 | 0, word1: 0, word2: 0, word3: 0, length: 24 } as const

interface Roa {
  readonly asn: number
  readonly prefix: string
  readonly maxLength?: number
}

describe.skipIf(!here)('StayRTR', () => {
  const place = here ? folder() : ''
  const file = join(place, 'cache.json')
  let cache: Running
  let port = 0
  let metrics = 0

  /** `at`: its build time, or StayRTR takes it for the one before. */
  function write(roas: readonly Roa[], aspas: object[], at: number): void {
    const text = JSON.stringify({
      metadata: { buildtime: new Date(1_790_000_000_000 + at * 1_000).toISOString() },
      roas: roas.map((roa) => ({ maxLength: 24, ta: 'ripe', expires: 2_000_000_000, ...roa })),
      provider_authorizations: { ipv4: aspas, ipv6: [] },
    })
    writeFileSync(`${file}.new`, text)
    renameSync(`${file}.new`, file)
  }

  const rest: Roa[] = Array.from({ length: MANY }, (_, i) => ({
    asn: 65_000 + (i % 100),
    prefix: i % 4 === 0 ? `2001:db8:${i.toString(16)}::/48` : `10.${i >> 8}.${i & 255}.0/24`,
    ...(i % 4 === 0 ? { maxLength: 48 } : {}),
  }))
  const aspa = (...providers: number[]) => [
    { customer_asid: 7_000, expires: 2_000_000_000, providers },
  ]

  async function serve(): Promise<void> {
    const args = ['-bind', `127.0.0.1:${port}`, '-cache', file, '-checktime=false', '-refresh', '1']
    cache = start('stayrtr', [...args, '-metrics.addr', `127.0.0.1:${metrics}`])
    await until('StayRTR serves', () => {
      if (cache.process.exitCode !== null) throw new Error(`StayRTR has ended: ${cache.text()}`)
      return cache.text().includes('Server started')
    })
  }

  interface Listening {
    readonly facts: SideInput[]
    readonly known: Knowledge
    readonly refresh: Refresh
    readonly logs: string[]
  }

  const open: Refresh[] = []

  function listen(version: 0 | 1 | 2): Listening {
    const facts: SideInput[] = []
    const logs: string[] = []
    const known = new Knowledge()
    const times = { retryStart: milliseconds(50), retryMost: milliseconds(500) }
    const rtr = [{ ...rtrDefaults, port, version, ...times }]
    const vrpsRefresh = { file: milliseconds(1_000), url: milliseconds(1_000) }
    const refresh = openRefresh({ vrps: [], rtr, vrpsRefresh, apart: milliseconds(50) }, [], {
      fact: (input) => {
        facts.push(input)
        known.take(input)
      },
      now: () => Date.now() * 1e3,
      log: (level, text) => logs.push(`${level} ${text}`),
    })
    open.push(refresh)
    return { facts, known, refresh, logs }
  }

  beforeAll(async () => {
    port = await freePort()
    metrics = await freePort()
    write([...rest, { asn: 7_000, prefix: own }], aspa(3_356, 174), 1)
    await serve()
  })

  afterAll(async () => {
    for (const one of open) one.close()
    await cache?.end()
    remove(place)
  })

  test('its VRPs and ASPAs arrive, and its edits; they are an incident', async () => {
    const { facts, known, refresh } = listen(2)
    await until('all VRPs', () => known.vrps?.count === MANY + 1)
    expect(known.validity(net, 7_000)).toBe('valid')
    expect(known.aspa([174, 7_000])).toBe('valid')
    expect(known.aspa([2_914, 7_000, 1])).not.toBe('valid')
    write([...rest, { asn: 7_001, prefix: own }], aspa(2_914), 2)
    await until('the edit', () => known.validity(net, 7_000) === 'invalid-asn')
    await until('the edit of the ASPA', () => refresh.status().count === MANY + 2)
    expect(facts.at(-1)).toMatchObject({ what: 'rpki-delta' })
    // A change is small, however many there are.
    expect(facts.at(-1)?.content.split('\n').length).toBeLessThan(10)
    expect(known.dropped).toBe(0)
    expect(refresh.status()).toMatchObject({ malformed: 0, sources: [{ up: true, fault: null }] })

    const world = new World({ watch: [7_000] }).holds('abcdeABCDE', own, '3356 7000')
    world
      .at('00:00:00')
      .learns(facts[0] as SideInput)
      .at('00:10:00')
    for (const fact of facts.slice(1)) world.learns(fact)
    expect(lines(world.play('00:20:00'))).toContain('00:11:10 rpki.invalid AS7000 open: confirmed')
  })

  test.each([0, 1, 2] as const)('version %d gives what its own tool reads', async (version) => {
    const { known, refresh } = listen(version)
    await until('all VRPs', () => known.vrps?.count === MANY + 1)
    expect(refresh.status().malformed).toBe(0)
    if (!has('rtrdump', 'what StayRTR serves, by its own tool')) return
    const out = join(place, `dump-${version}.json`)
    // On a busy machine it gives up before it has all.
    await until('rtrdump has all of them', () => {
      run('rtrdump', ['-connect', `127.0.0.1:${port}`, '-file', out])
      const dump = JSON.parse(readFileSync(out, 'utf8')) as { roas: Roa[] }
      return dump.roas.length === MANY + 1
    })
  })

  test('after its death what it said counts on, and its successor is heard', async () => {
    const { known, refresh, logs } = listen(2)
    await until('all VRPs', () => known.vrps?.count === MANY + 1)
    await cache.end()
    await until('it is missed', () => refresh.status().sources[0]?.up === false)
    expect(known.vrps?.count).toBe(MANY + 1)
    write([...rest, { asn: 7_000, prefix: own }], aspa(174), 3)
    await serve()
    await until('its successor', () => known.validity(net, 7_000) === 'valid')
    expect(refresh.status().sources[0]?.up).toBe(true)
    expect(logs.join('\n')).toMatch(/closed the connection|ECONNRE/)
  })
})
