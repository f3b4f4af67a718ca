// From raw flow records to the numbers of a minute: floods, crowds and storms as they would be seen, and
// what is not told because nobody can know it.

import { beforeAll, describe, expect, it } from 'vitest'
import { iso, minutes, seconds } from '../../src/core/time.ts'
import {
  asking,
  type Flow,
  Line,
  OWN,
  ordinary,
  RESOLVER,
  rowOf,
  server,
  subscriber,
} from './network.ts'

/** `n` of whatever `make` makes. */
const many = (n: number, make: (i: number) => Flow): Flow[] =>
  Array.from({ length: n }, (_, i) => make(i))
const strange = (i: number): string =>
  `${20 + (i % 100)}.${(i * 31) % 256}.${(i >> 3) % 256}.${i % 256}`

describe('a network that has been watched for a day', () => {
  const line = new Line()
  const DAY = 1_450
  beforeAll(() => {
    line.run(0, DAY)
    // Between two incidents there are ordinary minutes.
    const incidents: Flow[][] = [
      many(2_000, (i) => ({
        from: strange(i),
        to: subscriber(7),
        ports: [i % 2 ? 11211 : 123, 80],
        protocol: 17,
        flags: 0,
        bytes: 140_000,
        packets: 100,
      })),
      many(3_000, (i) => ({
        from: strange(i),
        to: subscriber(9),
        ports: [i, 443],
        flags: 2,
        bytes: 40 * 5_000,
        packets: 5_000,
      })),
      many(4_096, (i) => ({
        from: strange(i % 500),
        to: `198.19.${16 + (i >> 8)}.${i & 255}`,
        ports: [20_000 + i, 30_000],
        protocol: 17,
        flags: 0,
        bytes: 512 * 100,
        packets: 100,
      })),
      ordinary(DAY + 6, 100, 4),
      many(200, (i) => ordinary(DAY + 8, 200)[2 * i] as Flow).map((flow, i) => ({
        ...flow,
        to: subscriber(1_000 + i),
      })),
    ]
    for (const [i, flows] of incidents.entries()) {
      line.take(DAY + 2 * i, [...(i === 3 ? [] : ordinary(DAY + 2 * i)), ...flows])
      line.run(DAY + 2 * i + 1, DAY + 2 * i + 2)
    }
    line.run(DAY + 10, DAY + 12)
  }, 60_000)

  it('is quiet on an ordinary minute', () => {
    const told = line.told(DAY - 1)
    expect(told['flow_bps']).toBeGreaterThan(8e6)
    expect(told['reflection_share']).toBe(0)
    expect(told['syn_share']).toBe(0)
    expect(told['new_source_share']).toBe(0)
    expect(told['own_source_share']).toBe(1)
    expect(told['mix_distance']).toBeLessThan(0.05)
    expect(told['destinations']).toBeGreaterThan(20)
    expect(told['outside_source_share']).toBe(0)
    expect(told['diffuse_source_share']).toBe(0)
    expect(told['qps']).toBeCloseTo(1_000 / 60, 0)
  })

  it('sees a reflection flood: ports, one victim, networks never heard of', () => {
    const [before, told] = [line.told(DAY - 1), line.told(DAY)]
    expect(told['flow_bps']).toBeGreaterThan(4 * (before['flow_bps'] as number))
    expect(told['reflection_share']).toBeGreaterThan(0.75)
    expect(told['top_destination_bps']).toBeGreaterThan(0.75 * (told['flow_bps'] as number))
    expect(told['destinations']).toBe(1)
    expect(told['new_source_share']).toBeGreaterThan(0.75)
    expect(told['mix_distance']).toBeGreaterThan(0.6)
    expect(told['syn_share']).toBe(0)
  })

  it('sees a SYN flood: flags and one length', () => {
    const told = line.told(DAY + 2)
    expect(told['syn_share']).toBeGreaterThan(0.99)
    expect(told['one_length_share']).toBeGreaterThan(0.99)
    expect(told['new_source_share']).toBeGreaterThan(0.85)
    expect(told['reflection_share']).toBe(0)
  })

  it('sees carpet bombing over a /20 as many destinations, none of them large', () => {
    const [before, told] = [line.told(DAY - 1), line.told(DAY + 4)]
    expect(told['destinations']).toBeGreaterThan(1_300)
    expect(told['destinations']).toBeLessThan(1_500)
    expect(told['top_destination_bps']).toBeLessThan(2 * (before['top_destination_bps'] as number))
    expect(told['one_length_share']).toBeGreaterThan(0.85)
  })

  it('sees that a flash crowd brings known sources, the usual mix, no pattern', () => {
    const [before, told] = [line.told(DAY - 1), line.told(DAY + 6)]
    expect(told['flow_bps']).toBeGreaterThan(3.5 * (before['flow_bps'] as number))
    expect(told['own_source_share']).toBe(1)
    expect(told['mix_distance']).toBeLessThan(0.05)
    expect(told['reflection_share']).toBe(0)
  })

  it('sees the users of a broken neighbour the same way, at more destinations', () => {
    const [before, told] = [line.told(DAY - 1), line.told(DAY + 8)]
    expect(told['flow_bps']).toBeGreaterThan(2.5 * (before['flow_bps'] as number))
    expect(told['destinations']).toBeGreaterThan(2 * (before['destinations'] as number))
    expect(told['own_source_share']).toBe(1)
    expect(told['mix_distance']).toBeLessThan(0.05)
  })

  it('lets no address of a subscriber or a source out', () => {
    const text = JSON.stringify(line.samples)
    const addresses = new Set(text.match(/\d+\.\d+\.\d+\.\d+|[0-9a-f]{1,4}:[0-9a-f:]{3,}/g) ?? [])
    expect([...addresses]).toEqual([RESOLVER])
    expect(line.samples.length).toBeGreaterThan(10_000)
  })
})

describe('queries to a resolver', () => {
  const watched = (people: number): Line => {
    const line = new Line()
    line.run(0, 35, people)
    return line
  }

  it('by everybody 4 times as often are a retry storm', () => {
    const line = watched(2_000)
    line.take(
      35,
      many(2_000, (i) => asking(subscriber(i), 40)),
    )
    line.run(36, 38)
    const [before, told] = [line.told(34), line.told(35)]
    expect((told['qps'] as number) / (before['qps'] as number)).toBeCloseTo(4, 0)
    expect(told['diffuse_source_share']).toBeGreaterThan(0.95)
    expect(told['top1pct_source_share']).toBeLessThan(0.02)
    expect(told['outside_source_share']).toBe(0)
    expect(line.told(36)['diffuse_source_share']).toBe(0)
  })

  it('do not become usual while the storm lasts for an hour and a half', () => {
    const line = watched(200)
    for (let m = 35; m < 125; m++)
      line.take(
        m,
        many(200, (i) => asking(subscriber(i), 40)),
      )
    line.run(125, 127, 200)
    expect(line.told(124)['diffuse_source_share']).toBe(1)
    expect(line.told(125)['diffuse_source_share']).toBe(0)
  })

  it('by a few heavy sources of our own are concentrated', () => {
    const line = watched(10_000)
    const heavy = many(1_000, (i) => asking(subscriber(i * 10), 3_000))
    line.take(35, [...ordinary(35, 10_000), ...heavy])
    line.run(36, 38, 100)
    const told = line.told(35)
    expect(told['top1pct_source_share']).toBeGreaterThan(0.08)
    expect(told['diffuse_source_share']).toBeLessThan(0.05)
    expect(told['outside_source_share']).toBe(0)
    // 100 of them are a hundredth of all.
    const few = new Line()
    few.take(0, ordinary(0, 10_000))
    few.take(1, [...ordinary(1, 10_000), ...heavy.slice(0, 100)])
    few.run(2, 4, 10)
    expect(few.told(1)['top1pct_source_share']).toBeGreaterThan(0.7)
  })

  it('from elsewhere are told as such', () => {
    const line = watched(100)
    line.take(35, [...ordinary(35), ...many(1_000, (i) => asking(strange(i), 9))])
    line.run(36, 38)
    expect(line.told(35)['outside_source_share']).toBeCloseTo(0.9, 1)
    expect(line.told(35)['diffuse_source_share']).toBe(0)
  })

  it('that are sampled thinly are judged by block of addresses', () => {
    const line = new Line()
    // 60 blocks of 200 subscribers; of each subscriber one packet in twenty minutes is seen.
    const sampled = (minute: number, rise: number) =>
      many(60 * 10 * rise, (i) => ({
        ...asking(`198.18.${i % 60}.${1 + ((i * 7 + minute * 10) % 200)}`, 1),
        sampling: 1_000,
      }))
    for (let m = 0; m < 80; m++) line.take(m, sampled(m, 1))
    line.take(80, sampled(80, 4))
    for (let m = 81; m < 83; m++) line.take(m, sampled(m, 1))
    expect(line.told(79)['diffuse_source_share']).toBe(0)
    expect(line.told(79)['qps']).toBe(10_000)
    expect(line.told(80)['diffuse_source_share']).toBe(1)
  })
})

describe('what cannot be known is not told', () => {
  const metrics = (line: Line, minute: number) => Object.keys(line.told(minute)).sort()

  it('drops, until the exporter has shown that it tells what became of packets', () => {
    const line = new Line()
    line.run(0, 3)
    const lost = { from: server(1), to: '192.88.99.1', packets: 120, exporter: '192.0.2.2' }
    line.take(3, [
      ...ordinary(3),
      { ...lost, forwarding: 131 },
      { ...lost, forwarding: 138, packets: 60 },
    ])
    line.take(4, [...ordinary(4), { ...lost, forwarding: 64 }])
    line.run(5, 8)
    expect(metrics(line, 2)).not.toContain('unroutable_drops')
    const drops = (minute: number) => [
      line.told(minute)['unroutable_drops'],
      line.told(minute)['policed_drops'],
    ]
    expect([drops(3), drops(4), drops(5)]).toEqual([
      [2, 1],
      [0, 0],
      [undefined, undefined],
    ])
    const exporters = line.samples.filter(({ metric }) => metric === 'unroutable_drops')
    expect(exporters.map(({ labels }) => labels)).toEqual([
      { exporter: '192.0.2.2' },
      { exporter: '192.0.2.2' },
    ])
  })

  it('new sources before a day is over, the mix before an hour, subscribers before half of one', () => {
    const line = new Line()
    line.run(0, 65)
    expect(metrics(line, 20)).toEqual([
      'destinations',
      'flow_bps',
      'one_length_share',
      'outside_source_share',
      'qps',
      'reflection_share',
      'syn_share',
      'top1pct_source_share',
      'top_destination_bps',
    ])
    expect(metrics(line, 62)).toContain('mix_distance')
    expect(metrics(line, 62)).toContain('diffuse_source_share')
    expect(metrics(line, 62)).not.toContain('new_source_share')
  })

  it('the traffic of a network whose prefixes nobody knows', () => {
    const line = new Line({ isOwn: null })
    line.run(0, 4)
    expect(metrics(line, 2)).toEqual(['qps', 'top1pct_source_share'])
  })

  it('the minute in which we began to listen, and those in which records were lost', () => {
    const line = new Line()
    line.run(0, 10)
    const at = (minute: number) => rowOf(minute, ordinary(0)[0] as Flow).at
    line.minutes.gap(at(11), at(11) + seconds(20))
    line.run(10, 16)
    line.minutes.finish()
    const heard = [...Array(16).keys()].filter((minute) => metrics(line, minute).length > 0)
    // A flow that was lost may have begun in the minute before.
    expect(heard).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 14, 15])
  })

  it('a minute of which much came too late', () => {
    const line = new Line()
    line.run(0, 5)
    for (const flow of ordinary(3)) line.minutes.add({ ...rowOf(3, flow), exporter: '192.0.2.9' })
    line.run(5, 9)
    line.minutes.finish()
    expect(line.minutes.stats.late).toBeGreaterThan(100)
    expect(metrics(line, 4)).toEqual([])
    expect(metrics(line, 6)).toContain('flow_bps')
  })

  it('but that nothing comes in any more is told', () => {
    const line = new Line()
    line.run(0, 3)
    for (let m = 3; m < 6; m++) line.take(m, [{ from: subscriber(1), to: server(1) }])
    expect(line.told(3)).toEqual({ flow_bps: 0, top_destination_bps: 0 })
  })

  it('the future, by a clock that is wrong', () => {
    const line = new Line()
    line.run(0, 3)
    const row = rowOf(2, ordinary(2)[0] as Flow)
    line.minutes.add({ ...row, at: row.at + minutes(525_600) })
    line.run(3, 6)
    expect([line.minutes.stats.ahead, line.minutes.stats.late]).toEqual([1, 0])
    expect(metrics(line, 4)).toContain('flow_bps')
  })
})

it('says the same of the same records in another order within their minute', () => {
  const [one, other] = [new Line(), new Line()]
  for (let m = 0; m < 75; m++) {
    const flows = [...ordinary(m, 300), ...many(50, (i) => asking(strange(i * m), 3))]
    one.take(m, flows)
    other.take(
      m,
      [...flows].reverse().sort((a, b) => (a.bytes ?? 0) - (b.bytes ?? 0)),
    )
  }
  expect(one.samples.length).toBeGreaterThan(700)
  expect(other.samples).toEqual(one.samples)
})

it('dates a minute by its middle, as uncertain as flows are held back', () => {
  const line = new Line({ activeTimeout: seconds(300) })
  line.run(0, 4)
  const [sample] = line.samples
  expect([iso(sample?.at ?? 0), sample?.uncertainty]).toEqual([
    '2024-10-29T00:01:30.000Z',
    seconds(330),
  ])
  expect(sample?.labels).toEqual({})
})

it('counts only exporters that are named, and no more than it has room for', () => {
  const line = new Line({ exporters: ['192.0.2.1'] })
  line.run(0, 2)
  line.take(2, [...ordinary(2), ...ordinary(2).map((flow) => ({ ...flow, exporter: '192.0.2.7' }))])
  line.run(3, 5)
  expect(line.minutes.stats.passed).toBe(200)
  expect(line.told(2)['qps']).toBeCloseTo(line.told(1)['qps'] as number, 0)
  const open = new Line()
  open.take(
    0,
    many(70, (i) => ({ from: server(i), to: subscriber(i), exporter: `192.0.2.${i}` })),
  )
  expect(open.minutes.stats.exportersDropped).toBe(6)
})

it('holds five million random sources in the same memory', () => {
  const line = new Line()
  line.run(0, 2)
  const row = rowOf(2, asking(strange(1), 1))
  // Typed arrays are what it is made of: all of them are there from the beginning.
  const before = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed
  const begin = rowOf(2, ordinary(2)[0] as Flow).at
  let word = 1
  for (let i = 0; i < 5_000_000; i++) {
    word = (Math.imul(word, 1_664_525) + 1_013_904_223) | 0
    row.source0 = i % 2 ? word : (198 << 24) | (18 << 16) | (word & 0x1ffff)
    row.at = row.told = begin + (i >> 17) * seconds(1)
    line.minutes.add(row)
  }
  const after = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed
  expect(after - before).toBeLessThan(48e6)
  line.run(5, 7)
  expect(line.minutes.stats.added).toBeGreaterThan(5_000_000)
  expect(line.told(2)['outside_source_share']).toBeCloseTo(0.5, 1)
  expect(OWN.length).toBe(2)
}, 60_000)
