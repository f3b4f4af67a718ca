import { describe, expect, it } from 'vitest'
import { Bytes } from '../../src/scenario/bytes.ts'
import { type MrtBuilder, mrt } from '../../src/scenario/mrt.ts'
import { readMrt } from './mrt-text.ts'
import { join8, noise } from './octets.ts'

const WHEN = '2024-10-29T00:07:04Z'
const sound = { malformed: 0, skipped: 0, truncated: false }
const start = (settings = {}): MrtBuilder => mrt(settings).at(WHEN).peer('192.0.2.7', 64_496)
const one = (prefix: string) => start().withdraw(prefix).bytes()
const PEERS = [
  { address: '192.0.2.7', asn: 64_496 },
  { address: '2001:db8::1', asn: 5 },
]

/** Some of everything, records of unlike sizes. */
function mixture(): Uint8Array {
  const many = Array.from({ length: 40 }, (_, i) => `10.0.${i}.0/24`)
  const builder = start()
    .peers(PEERS)
    .rib('198.51.100.0/24', [
      { peer: 0, path: '64496 3' },
      { peer: 1, path: '5 {7,8}' },
    ])
    .as({ addPath: true })
    .rib('2001:db8::/32', [{ peer: 1, path: '5 6', pathId: 9 }])
    .as({ addPath: false })
    .state(5, 6)
    .announce(many, '64496 701 174')
    .endOfRib(4)
  for (const settings of [{ micros: true }, { as4: false }, { micros: false }])
    builder
      .as(settings)
      .after(7)
      .update({ announce: ['2001:db8:1::/48'], withdraw: ['10.0.3.0/24'], path: '1 70000' })
      .keepalive()
  return builder.tableDump('10.0.0.0/8', '64496 5').state(6, 1).bytes()
}

describe('what is read does not depend on how the octets come', () => {
  const bytes = mixture()
  const all = readMrt(bytes, { who: true })

  it('in chunks of any size', () => {
    expect(all.stats).toEqual({ ...sound, records: 14 })
    expect(all.lines).toHaveLength(56)
    for (let chunk = 1; chunk <= bytes.length; chunk++) {
      const again = readMrt(bytes, { chunk, who: true })
      expect([chunk, again]).toEqual([chunk, all])
    }
    const next = noise(5)
    for (let round = 0; round < 200; round++) {
      const settings = { chunk: () => next(1 + next(200)), who: true }
      expect(readMrt(bytes, settings)).toEqual(all)
    }
  })

  it('a file cut at every octet gives the messages that were whole', () => {
    let seen = 0
    let truncated = 0
    for (let cut = 0; cut < bytes.length; cut++) {
      for (const chunk of [cut || 1, 13]) {
        const { lines: read, stats } = readMrt(bytes.subarray(0, cut), { chunk, who: true })
        expect([cut, read]).toEqual([cut, all.lines.slice(0, read.length)])
        expect([cut, stats.malformed]).toEqual([cut, 0])
        // Each record counts as soon as its last octet is there.
        expect(read.length).toBeGreaterThanOrEqual(seen)
        seen = Math.max(seen, read.length)
        if (stats.truncated) truncated++
      }
    }
    console.log(`${bytes.length} cuts: up to ${seen} of ${all.lines.length} lines seen`)
    // The last record is a change of state, one line; every cut but those between two records.
    expect(seen).toBe(all.lines.length - 1)
    expect(truncated).toBe(2 * (bytes.length - all.stats.records))
  })

  it('damaged files too, cut or not', () => {
    const next = noise(77)
    let lost = 0
    for (let round = 0; round < 300; round++) {
      const damaged = bytes.slice()
      for (let k = 1 + next(4); k > 0; k--) damaged[next(damaged.length)] = next(256)
      const whole = readMrt(damaged, { who: true })
      for (const chunk of [1, 17, 400])
        expect(readMrt(damaged, { chunk, who: true })).toEqual(whole)
      if (whole.stats.malformed > 0) lost++
    }
    console.log(`300 damaged files, ${lost} with malformed records`)
    expect(lost).toBeGreaterThan(50)
  })
})

describe('a torn length', () => {
  const p = (i: number) => `10.0.${i}.0/24`
  const line = (i: number) => `update W ${p(i)}`
  const records = Array.from({ length: 8 }, (_, i) => one(p(i)))
  const size = (records[0] as Uint8Array).length
  const torn = (length: number): Uint8Array => {
    const all = join8(records)
    new DataView(all.buffer).setUint32(2 * size + 8, length)
    return all
  }
  const others = [0, 1, 3, 4, 5, 6, 7].map(line)

  it('costs only its own record, too short or too long', () => {
    const real = size - 12
    for (const length of [0, 1, real - 1, real - 5, 2_000_000, 8 << 20, 0xffffffff])
      for (const chunk of [1, 100, 1 << 20]) {
        const { lines: read, stats } = readMrt(torn(length), { chunk })
        expect([length, chunk, read]).toEqual([length, chunk, others])
        expect(stats).toEqual({ ...sound, records: 8, malformed: 1 })
      }
  })

  it('that swallows others gives them back, and its own message too', () => {
    const real = size - 12
    for (let more = 1; more < 3 * size; more++) {
      const { lines: read, stats } = readMrt(torn(real + more), { chunk: 64 })
      if (more % size === 0) {
        // It ends where a record ends: nothing betrays it. But it is only this one.
        expect(read).toHaveLength(8 - more / size)
        continue
      }
      expect([more, read]).toEqual([more, [0, 1, 2, 3, 4, 5, 6, 7].map(line)])
      expect(stats.malformed).toBe(1)
    }
  })

  it('at the end of a file is not a cut', () => {
    const all = join8(records)
    new DataView(all.buffer).setUint32(6 * size + 8, 5_000)
    const { lines: read, stats } = readMrt(all)
    expect(read).toEqual([0, 1, 2, 3, 4, 5, 7].map(line))
    expect(stats).toEqual({ ...sound, records: 8, malformed: 1 })
  })

  it('in a dump: the next entries are found by the row of their headers', () => {
    const builder = start().peers(PEERS)
    for (let i = 0; i < 6; i++) builder.rib(p(i), [{ peer: 0, path: `${i + 1}` }])
    const all = builder.bytes()
    const whole = readMrt(all).lines
    const dump = all.slice()
    const first = 12 + new DataView(all.buffer).getUint32(8)
    const width = (all.length - first) / 6
    for (const length of [3, width + 7, 77_777, 1 << 30]) {
      new DataView(dump.buffer).setUint32(first + 2 * width + 8, length)
      const { lines: read, stats } = readMrt(dump, { chunk: 50 })
      expect(read.filter((text) => text !== whole[2])).toEqual(whole.filter((_, i) => i !== 2))
      expect(stats.malformed).toBe(1)
    }
  })
})

describe('octets that are no records', () => {
  const next = noise(8)
  const garbage = (n: number) => Uint8Array.from({ length: n }, () => next(256))

  it('between records count as one malformed record', () => {
    for (let n = 1; n < 300; n += 1 + (n >> 3)) {
      const bytes = join8([one('10.0.0.0/8'), garbage(n), one('11.0.0.0/8'), one('12.0.0.0/8')])
      for (const chunk of [1, 40, 1_000]) {
        const { lines: read, stats } = readMrt(bytes, { chunk })
        expect(read).toEqual(['10', '11', '12'].map((a) => `update W ${a}.0.0.0/8`))
        expect(stats).toEqual({ ...sound, records: 4, malformed: 1 })
      }
    }
  })

  it('at the beginning and at the end', () => {
    for (const n of [1, 11, 12, 13, 100, 5_000]) {
      const front = join8([garbage(n), one('11.0.0.0/8'), one('12.0.0.0/8')])
      expect(readMrt(front)).toEqual({
        lines: ['update W 11.0.0.0/8', 'update W 12.0.0.0/8'],
        stats: { ...sound, records: 3, malformed: 1 },
      })
      const back = readMrt(join8([one('11.0.0.0/8'), garbage(n)]), { chunk: 9 })
      expect(back.lines).toEqual(['update W 11.0.0.0/8'])
      expect(back.stats.truncated || back.stats.malformed === 1).toBe(true)
    }
  })

  it('zeros, or text, are not an endless row of records', () => {
    for (const octet of [0, 10, 32, 255]) {
      const { lines: read, stats } = readMrt(new Uint8Array(100_000).fill(octet))
      expect(read).toEqual([])
      expect(stats.records).toBeLessThan(3)
    }
    const html = new TextEncoder().encode('<html><body>404 Not Found</body></html>\n'.repeat(99))
    expect(readMrt(html)).toEqual({ lines: [], stats: { ...sound, records: 1, malformed: 1 } })
    expect(readMrt(new Uint8Array(0))).toEqual({ lines: [], stats: { ...sound, records: 0 } })
  })

  it('types of tomorrow are skipped by their length', () => {
    for (const type of [0, 18, 34, 64, 1_000, 65_535]) {
      const bytes = start()
        .record(type, 77, Uint8Array.of(0xde, 0xad, 0xbe, 0xef))
        .withdraw('10.0.0.0/8')
        .record(type, 0, new Uint8Array(50))
        .withdraw('11.0.0.0/8')
        .bytes()
      for (const chunk of [1, 1_000]) {
        const { lines: read, stats } = readMrt(bytes, { chunk })
        expect(read).toEqual(['update W 10.0.0.0/8', 'update W 11.0.0.0/8'])
        expect(stats).toEqual({ ...sound, records: 4, skipped: 2 })
      }
    }
  })
})

describe('leaps in time', () => {
  it('are no damage: quiet routers, concatenated files, stamps gone wild', () => {
    const days = [
      '2024-01-01',
      '2024-01-05',
      '2024-03-09',
      '2009-01-01',
      '1989-07-01',
      '2105-01-01',
    ]
    const builder = start()
    for (const day of days) builder.at(`${day}T00:00:00Z`).withdraw('10.0.0.0/8').state(6, 1)
    for (const day of days) builder.at(`${day}T00:00:00Z`).withdraw('10.0.0.0/8')
    for (const chunk of [1, 70, 10_000]) {
      const { lines: read, stats } = readMrt(builder.bytes(), { chunk, who: true })
      expect(read).toHaveLength(18)
      expect(stats).toEqual({ ...sound, records: 18 })
    }
  })

  it('or clocks that were never set', () => {
    const builder = mrt().message(new Uint8Array(40))
    builder.withdraw('10.0.0.0/8').message(new Uint8Array(40)).withdraw('11.0.0.0/8')
    expect(readMrt(builder.bytes(), { chunk: 11 })).toEqual({
      lines: ['update W 10.0.0.0/8', 'update W 11.0.0.0/8'],
      stats: { ...sound, records: 4, malformed: 2 },
    })
  })

  it('do not keep the reader from finding its way back', () => {
    // The first stamp is nonsense, and right behind it the file is torn.
    const wild = mrt().at('2099-01-01T00:00:00Z').withdraw('9.0.0.0/8').bytes()
    const rest = start().withdraw('10.0.0.0/8').state(6, 1).state(5, 6).keepalive().bytes()
    const bytes = join8([wild, Uint8Array.from({ length: 99 }, noise(3).bind(null, 256)), rest])
    expect(readMrt(bytes, { chunk: 20 })).toEqual({
      lines: ['update W 9.0.0.0/8', 'update W 10.0.0.0/8', 'sessionDown', 'sessionUp', 'keepalive'],
      stats: { ...sound, records: 6, malformed: 1 },
    })
  })
})

it('records larger than all that was read before', () => {
  const big = new Bytes().raw(new Uint8Array(3_000_000)).bytes()
  const bytes = start().withdraw('10.0.0.0/8').record(11, 0, big).withdraw('11.0.0.0/8').bytes()
  for (const chunk of [65_536, bytes.length])
    expect(readMrt(bytes, { chunk })).toEqual({
      lines: ['update W 10.0.0.0/8', 'update W 11.0.0.0/8'],
      stats: { ...sound, records: 3, skipped: 1 },
    })
})

describe('any octets', () => {
  it('neither throw nor hang, and leave the batch whole', () => {
    const next = noise(20_241_029)
    const real = mixture()
    const until = Date.now() + 2_000
    let rounds = 0
    let octets = 0
    let messages = 0
    for (; rounds < 6_000 && Date.now() < until; rounds++) {
      let bytes: Uint8Array
      if (rounds % 4 === 0) bytes = Uint8Array.from({ length: next(2_000) }, () => next(256))
      else {
        bytes = real.slice(next(100) * (rounds % 2))
        for (let k = 1 + next(12); k > 0; k--) {
          const at = next(bytes.length)
          if (k % 3 > 0) bytes[at] = k % 2 ? next(256) : 255 * next(2)
          else bytes = join8([bytes.subarray(0, at), bytes.subarray(at + next(30))])
        }
      }
      // readMrt checks each batch.
      const { lines: read, stats } = readMrt(bytes, { chunk: () => 1 + next(600) })
      expect(stats.records).toBeGreaterThanOrEqual(stats.malformed + stats.skipped)
      octets += bytes.length
      messages += read.length
    }
    console.log(`${rounds} damaged files, ${octets} octets, ${messages} lines`)
    expect(rounds).toBeGreaterThan(200)
    expect(messages).toBeGreaterThan(rounds)
  })
})
