import { describe, expect, test } from 'vitest'
import { Batch } from '../../src/core/batch.ts'
import { VantagePoints } from '../../src/core/vantage.ts'
import { collectorName, OpenBmpReader } from '../../src/wire/openbmp.ts'
import { checkPaths } from './bmp-text.ts'
import { lines } from './mrt-text.ts'
import { noise } from './octets.ts'

const HEARD = 1_730_160_000e6
const u16 = (n: number) => [(n >> 8) & 255, n & 255]
const u32 = (n: number) => [...u16(n >>> 16), ...u16(n & 0xffff)]
const zeros = (n: number) => new Array<number>(n).fill(0)
const PEER = 64_500

/** Route Monitoring of AS64500, of 203.0.113.0/24 on a path of these segments. */
function route(...segments: [type: number, asns: number[]][]): number[] {
  const path = segments.flatMap(([type, asns]) => [type, asns.length, ...asns.flatMap(u32)])
  const list = [0x40, 1, 1, 0, 0x40, 2, path.length, ...path, 0x40, 3, 4, 192, 0, 2, 1]
  const update = [0, 0, ...u16(list.length), ...list, 24, 203, 0, 113]
  const bgp = [...new Array<number>(16).fill(255), ...u16(19 + update.length), 2, ...update]
  const peer = [...zeros(22), 192, 0, 2, 1, ...u32(PEER), ...zeros(12)]
  return [3, ...u32(6 + peer.length + bgp.length), 0, ...peer, ...bgp]
}
function record(
  messages: readonly number[][],
  { group = 'linx', at = HEARD / 1e6, type = 12, major = 1 } = {},
): Uint8Array {
  const body = messages.flat()
  const name = [...Buffer.from(group)]
  return Uint8Array.from([
    ...[0x4f, 0x42, 0x4d, 0x50, major, 7, ...u16(78 + 3 + name.length), ...u32(body.length), 0x80],
    ...[type, ...u32(at), ...u32(9), ...zeros(16), 0, 3, 98, 109, 112, ...zeros(16), ...zeros(16)],
    ...[...u16(name.length), ...name, ...u32(messages.length), ...body],
  ])
}
function read(value: Uint8Array, told = HEARD) {
  const vantages = new VantagePoints()
  const reader = new OpenBmpReader(vantages)
  const batch = new Batch()
  batch.clear()
  const outcomes: (string | null)[] = []
  if (reader.open(value, told, 'fallback'))
    for (let next = reader.next(0, batch); next !== null; next = reader.next(0, batch))
      outcomes.push(next)
  checkPaths(batch)
  return { reader, vantages, batch, outcomes, lines: lines(batch) }
}

test.each([
  ['linx', 'route-views.linx'],
  ['route-views5', 'route-views5'],
  ['amsix.ams', 'amsix.ams'],
  ['Route-Views.SG', 'route-views.sg'],
  ['routeviews2', 'route-views2'],
  ['route-views3.routeviews.org', 'route-views3'],
  ['kixp', 'route-views.kixp'],
])('a router named %s is the collector %s', (router, name) => {
  expect(collectorName(router)).toBe(name)
  // Gaps name it as the vantage points do, or they would be nobody's.
  const vantages = new VantagePoints()
  expect(vantages.collectorName(vantages.collector(name))).toBe(name)
  expect(read(record([route([2, [PEER]])], { group: router })).reader.collector).toBe(name)
})

test.each(['bmp:edge.1', 'a\u001b[2Jb.c', 'route views', '../up.x', '   '])(
  'a router that calls itself %j has no name, and is the collector of its topic',
  (group) => {
    const { vantages, outcomes, reader } = read(record([route([2, [PEER]])], { group }))
    expect(outcomes).toEqual(['update'])
    expect(reader.collector).toBe('route-views.fallback')
    expect(vantages.routers).toBe(0)
  },
)

test('the same collector written in two ways has the same peers', () => {
  const vantages = new VantagePoints()
  const reader = new OpenBmpReader(vantages)
  const batch = new Batch()
  batch.clear()
  for (const group of ['linx', 'route-views.linx']) {
    reader.open(record([route([2, [PEER]])], { group }), HEARD, '')
    expect(reader.next(0, batch)).toBe('update')
  }
  expect(vantages.list.length).toBe(1)
})

describe('the collector’s own network', () => {
  const path = (...segments: [number, number[]][]) => read(record([route(...segments)])).lines[0]
  test('is taken off in front of the peer, and nowhere else', () => {
    expect(path([2, [6447, PEER, 3356]])).toBe('update A 203.0.113.0/24 64500 3356')
    expect(path([2, [6447, 3356]])).toContain('6447 3356')
    expect(path([2, [PEER, 6447, 3356]])).toContain('64500 6447 3356')
    expect(path([2, [6447]])).toContain(' 6447')
    expect(path([2, [6447, PEER, 3356]], [1, [1, 2]])).toContain(' 64500 3356 {1,2}')
    expect(path([2, [6447]], [1, [PEER]])).toContain('6447')
  })
})

test('several messages stand in one record, and what follows a bad length is lost', () => {
  const messages = [route([2, [PEER]]), route([2, [PEER, 1]]), route([2, [PEER, 2]])]
  expect(read(record(messages)).outcomes).toEqual(['update', 'update', 'update'])
  ;(messages[1] as number[])[2] = 9
  expect(read(record(messages)).outcomes).toEqual(['update', 'malformed'])
})

test('it was heard when the collector says, if the broker does not say otherwise', () => {
  const at = (told: number) => read(record([route([2, [PEER]])]), told).batch.at[0]
  expect(at(HEARD + 60e6)).toBe(HEARD + 9)
  expect(at(HEARD + 3600e6)).toBe(HEARD + 3600e6)
})

test('what is no BMP is skipped, what is no OpenBMP is malformed', () => {
  expect(read(record([route([2, [PEER]])], { type: 3 })).reader).toMatchObject({
    skipped: 1,
    malformed: 0,
  })
  expect(read(record([route([2, [PEER]])], { major: 2 })).reader.malformed).toBe(1)
  expect(read(record([], { group: '' })).reader).toMatchObject({
    collector: 'route-views.fallback',
  })
})

test('no octets whatever make it fail', () => {
  const next = noise(3)
  const sound = record([route([2, [6447, PEER, 3356]]), route([1, [6447, PEER]])])
  let read0 = 0
  for (let run = 0; run < 2_000; run++) {
    const value = sound.slice(0, next(3) ? sound.length : next(sound.length))
    for (let k = next(5); k > 0; k--) value[next(value.length || 1)] = next(256)
    read0 += read(value).outcomes.length
  }
  expect(read0).toBeGreaterThan(500)
})
