// BMP of own routers in a configuration: complete by defaults, on loopback unless it is said that it is not.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { formatFaults } from '../../src/config/faults.ts'
import { bmpSettings } from '../../src/config/feed-bmp.ts'
import { feedsOf } from '../../src/config/feeds.ts'
import { loadConfig } from '../../src/config/load.ts'
import { minutes, seconds } from '../../src/core/time.ts'
import { bmpDefaults } from '../../src/feeds/bmp-settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'faultline-bmp-'))
afterAll(() => rmSync(folder, { recursive: true }))

function load(feed: string) {
  const path = join(folder, 'config.yaml')
  writeFileSync(path, `version: 1\nasns: [64500]\nfeeds: [{type: ris-live}, ${feed}]\n`)
  return loadConfig(path)
}

function settings(feed: string) {
  const loaded = load(feed)
  if (!loaded.ok) throw new Error(formatFaults(loaded.faults))
  const [bmp] = feedsOf(loaded.config, 'bmp')
  if (!bmp) throw new Error('no bmp')
  return bmpSettings(bmp)
}

const faults = (feed: string): string[] => {
  const loaded = load(feed)
  return loaded.ok ? [] : loaded.faults.map(({ where, why, hint }) => `${where} ${why}; ${hint}`)
}

test('needs nothing but its name', () => {
  expect(settings('{type: bmp}')).toEqual({ ...bmpDefaults, routers: [] })
})

test('routers have a name and a place, and may connect', () => {
  const { allow, routers } = settings(
    '{type: bmp, routers: [{address: 192.0.2.1, name: edge-1, pop: fra}, {address: "2001:DB8::1", name: edge-2}], allow: [198.51.100.7, 203.0.113.0/24]}',
  )
  expect(routers).toEqual([
    { address: '192.0.2.1', name: 'edge-1', pop: 'fra' },
    { address: '2001:db8::1', name: 'edge-2', pop: '' },
  ])
  for (const one of ['198.51.100.7/32', '203.0.113.0/24', '192.0.2.1', '2001:db8::1'])
    expect(allow).toContain(one)
  // This machine may connect whatever else is said.
  for (const one of bmpDefaults.allow) expect(allow).toContain(one)
})

test('times and limits are those that are set', () => {
  expect(
    settings('{type: bmp, quiet: 30s, longestDump: 5m, mostConnections: 3, mostSessions: 9}'),
  ).toMatchObject({
    quiet: seconds(30),
    longestDump: minutes(5),
    mostConnections: 3,
    mostSessions: 9,
  })
})

test('listens for others only where that is said', () => {
  const [fault = ''] = faults('{type: bmp, listen: "0.0.0.0:11019"}')
  expect(fault).toMatch(
    /feeds\[1\]\.listen can be reached from other machines, and BMP knows no password; .*exposed: true.*allow/,
  )
  const open = settings('{type: bmp, listen: {address: "0.0.0.0:11019", exposed: true}}')
  expect(open).toMatchObject({ host: '0.0.0.0', port: 11_019 })
})

test('what cannot be is refused, all of it at once', () => {
  const found = faults(
    '{type: bmp, mostSessions: 0, allow: [nobody], routers: [{address: 192.0.2.1, name: a}, {address: 192.0.2.1, name: a}, {address: r3, name: "a b"}]}',
  )
  const places = found.map((fault) => fault.split(' ')[0]?.replace(/:$/, ''))
  for (const place of [
    ...['$.feeds[1].mostSessions', '$.feeds[1].allow[0]'],
    ...['$.feeds[1].routers[2].address', '$.feeds[1].routers[2].name'],
  ])
    expect(places).toContain(place)
  const twice = faults(
    '{type: bmp, routers: [{address: 192.0.2.1, name: a}, {address: 192.0.2.1, name: a}]}',
  )
  expect(twice.join('\n')).toMatch(
    /routers\[1\]\.address.*there twice[\s\S]*routers\[1\]\.name.*there twice/,
  )
})
