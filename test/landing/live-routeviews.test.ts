// Records of RouteViews into a stream: in the order of their offsets, and with what a restart needs.

import { expect, test } from 'vitest'
import { Batch } from '../../src/core/batch.ts'
import { VantagePoints } from '../../src/core/vantage.ts'
import type { openRouteViewsFeed } from '../../src/feeds/routeviews.ts'
import type { RouteViewsHandlers } from '../../src/feeds/routeviews-settings.ts'
import { offsetOf, partitionOf, placeOf, routeViews, tellsOf } from '../../src/live-routeviews.ts'
import type { LiveStream } from '../../src/live-source.ts'

const u16 = (n: number) => [(n >> 8) & 255, n & 255]
const u32 = (n: number) => [...u16(n >>> 16), ...u16(n & 0xffff)]
const zeros = (n: number) => new Array<number>(n).fill(0)
const NOW = Math.floor(Date.now() / 1e3)

/** So many withdrawals, a message each, so many seconds ago by the router's clock. */
function record(messages: number, ago: number): Buffer {
  const update = [0, 4, 24, 203, 0, 113, 0, 0]
  const bgp = [...new Array<number>(16).fill(255), ...u16(19 + update.length), 2, ...update]
  const peer = [
    ...zeros(22),
    192,
    0,
    2,
    1,
    ...u32(64_500),
    ...zeros(4),
    ...u32(NOW - ago),
    ...zeros(4),
  ]
  const one = [3, ...u32(6 + peer.length + bgp.length), 0, ...peer, ...bgp]
  const all = Array.from({ length: messages }, () => one).flat()
  return Buffer.from([
    ...[0x4f, 0x42, 0x4d, 0x50, 1, 7, ...u16(82), ...u32(all.length), 0x80, 12, ...u32(NOW)],
    ...[...u32(0), ...zeros(16), 0, 0, ...zeros(32), 0, 4, ...Buffer.from('linx'), ...u32(1)],
    ...all,
  ])
}

function start(most = 64, resume: LiveStream['resume'] = null) {
  let handlers: RouteViewsHandlers | null = null
  const next = [0, 0]
  const open: typeof openRouteViewsFeed = (_, given) => {
    handlers = given
    return {
      status: () => {
        throw new Error('nobody asks')
      },
      positions: () => ({ 'a/0': next[0] as number }),
      partitions: () => next.map((at, number) => ({ name: `t${number}/0`, number, next: at })),
      close: async () => {},
    }
  }
  const batch = new Batch(most, 64, 64)
  batch.clear()
  const rows: { at: number; place: number }[] = []
  const told: string[] = []
  let bad = 0
  const stream: LiveStream = {
    name: 'routeviews',
    vantages: new VantagePoints(),
    asns: [],
    resume,
    reached: () => Number.NEGATIVE_INFINITY,
    own: () => [],
    take(read) {
      const before = rows.length
      const keep = () => {
        for (let m = 0; m < batch.messages; m++)
          rows.push({ at: batch.at[m] as number, place: batch.offset[m] as number })
        batch.clear()
      }
      if (!read(batch)) {
        keep()
        read(batch)
      }
      keep()
      return rows.length > before
    },
    fact: () => null,
    gap: (why, collector) => told.push(`gap ${collector} ${why}`),
    sight: (collector) => told.push(`sight ${collector}`),
    dropped: () => {},
    malformed: (count = 1) => {
      bad += count
    },
    log: () => {},
  }
  const source = routeViews({}, open)(stream)
  const give = (partition: number, offset: number, value: Buffer) => {
    handlers?.message(value, { collector: 'linx', partition, offset, told: NOW * 1e6 })
    next[partition] = offset + 1
  }
  return { source, give, rows, told, bad: () => bad, handlers: () => handlers }
}

test('a place is partition and offset in one number', () => {
  for (const [partition, offset] of [
    [0, 0],
    [8_191, 2 ** 40 - 1],
    [17, 123_456_789_012],
  ] as const) {
    const place = placeOf(partition, offset)
    expect(Number.isSafeInteger(place)).toBe(true)
    expect([partitionOf(place), offsetOf(place)]).toEqual([partition, offset])
  }
})

test('no stamp of a partition lies before an earlier one', () => {
  const { give, rows } = start()
  give(0, 5, record(1, 10))
  give(0, 6, record(1, 40))
  give(1, 9, record(1, 40))
  give(0, 7, record(1, 2))
  const ago = rows.map(({ at }) => NOW - at / 1e6)
  expect(ago).toEqual([10, 10, 40, 2])
  expect(rows.map(({ place }) => [partitionOf(place), offsetOf(place)])).toEqual([
    // Each says what comes behind it.
    ...[
      [0, 6],
      [0, 7],
      [1, 10],
      [0, 8],
    ],
  ])
})

test('a record of many messages fills one batch after the other', () => {
  const { give, rows, bad } = start(8)
  give(0, 1, record(30, 0))
  expect([rows.length, bad()]).toEqual([30, 0])
})

test('a restart goes on behind what was applied', () => {
  const { source, give, rows } = start()
  for (let i = 0; i < 5; i++) give(0, 100 + i, record(1, 0))
  give(1, 7, Buffer.from('no record'))
  // Nothing of the first was applied; of the second there is nothing to apply.
  expect(source.positions()).toEqual({ 't0/0': 100, 't1/0': 8 })
  for (const { place } of rows.slice(0, 3)) source.applied(place)
  expect(source.positions()).toEqual({ 't0/0': 103, 't1/0': 8 })
  for (const { place } of rows) source.applied(place)
  give(0, 105, Buffer.from('no record'))
  expect(source.positions()).toEqual({ 't0/0': 106, 't1/0': 8 })
})

test('of a topic that was made anew while nobody looked nothing is known already', () => {
  const resume = (begin: number) => ({
    positions: { 't0/0': begin },
    place: () => ({ feed: 'routeviews', queue: 't0/0', next: 5_005, agreed: 0 }),
  })
  const same = start(64, resume(5_000))
  for (const offset of [5_000, 5_004, 5_005]) same.give(0, offset, record(1, 0))
  expect(same.rows.length).toBe(1)
  const anew = start(64, resume(5_000))
  for (const offset of [10, 11, 5_004]) anew.give(0, offset, record(1, 0))
  expect(anew.rows.length).toBe(3)
})

test('gaps are of the collector as the archives name it; octets that are no record are counted', () => {
  const { give, told, bad, handlers } = start()
  handlers()?.gap('it is silent', 'linx')
  handlers()?.sight('linx')
  expect(told).toEqual(['gap route-views.linx it is silent', 'sight route-views.linx'])
  give(0, 1, Buffer.from('no record'))
  expect(bad()).toBe(1)
})

test('it tells of the collectors of RouteViews that are wanted', () => {
  const all = tellsOf({})
  expect(['route-views2', 'route-views.linx', 'amsix.ams', 'rrc00'].map(all)).toEqual([
    ...[true, true, true, false],
  ])
  expect(['route-views.linx', 'route-views2'].map(tellsOf({ collectors: ['linx'] }))).toEqual([
    ...[true, false],
  ])
})

test('what a vantage point had before the restart is passed over, out of the same queue only', () => {
  const from = (queue: string) => {
    const place = { feed: 'routeviews', queue, next: 7, agreed: 0 }
    const { give, rows } = start(64, { positions: { 't0/0': 5 }, place: () => place })
    for (const offset of [5, 6, 7, 8]) give(0, offset, record(2, 0))
    // Messages of one record leave the clock together, and say the same.
    expect(new Set(rows.map(({ at, place }) => `${at} ${place}`)).size).toBe(rows.length / 2)
    return rows.map(({ place }) => offsetOf(place))
  }
  expect(from('t0/0')).toEqual([8, 8, 9, 9])
  expect(from('another/0')).toEqual([6, 6, 7, 7, 8, 8, 9, 9])
})
