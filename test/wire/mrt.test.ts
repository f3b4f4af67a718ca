import { describe, expect, it } from 'vitest'
import { Batch } from '../../src/core/batch.ts'
import { VantagePoints } from '../../src/core/vantage.ts'
import { Bytes } from '../../src/scenario/bytes.ts'
import { addressBytes, bgpMessage } from '../../src/scenario/encode.ts'
import { type MrtBuilder, mrt } from '../../src/scenario/mrt.ts'
import { encodeUpdates } from '../../src/scenario/update.ts'
import { MrtReader } from '../../src/wire/mrt.ts'
import { readMrt } from './mrt-text.ts'

const WHEN = '2024-10-29T00:07:04Z'
const AT = Date.parse(WHEN) * 1000
const sound = { malformed: 0, skipped: 0, truncated: false }
const start = (settings = {}): MrtBuilder => mrt(settings).at(WHEN).peer('192.0.2.7', 64_496)
const HEAD = `${AT} 192.0.2.7 64496`
const routes = { announce: ['198.51.100.0/24'], withdraw: ['203.0.113.0/25'], path: [1, 70_000] }

/** The body of a BGP4MP record, with this behind it. */
function body(as4: boolean, tail: Uint8Array, peer = '192.0.2.7'): Uint8Array {
  const out = new Bytes()
  for (const asn of [64_496, 12_654]) as4 ? out.u32(asn) : out.u16(asn)
  const address = addressBytes(peer)
  out.u16(0).u16(address.length === 4 ? 1 : 2)
  return out.raw(address).raw(address).raw(tail).bytes()
}

describe('BGP4MP and BGP4MP_ET', () => {
  it('read MESSAGE, MESSAGE_AS4 and their ADD-PATH forms', () => {
    for (const micros of [true, false])
      for (const as4 of [true, false])
        for (const addPath of [true, false]) {
          const bytes = start({ micros, as4, addPath })
            .at(AT + 123_456)
            .update({ ...routes, pathId: 3 })
            .bytes()
          const { lines: read, stats } = readMrt(bytes, { who: true })
          const head = `${AT + (micros ? 123_456 : 0)} 192.0.2.7 64496 update`
          const id = addPath ? '#3' : ''
          expect(read).toEqual([
            `${head} W 203.0.113.0/25${id}`,
            `${head} A 198.51.100.0/24${id} 1 70000`,
          ])
          expect(stats).toEqual({ ...sound, records: 1 })
        }
  })

  it('skip what the collector itself has sent, and subtypes of no use', () => {
    const [message] = encodeUpdates(routes)
    const builder = start()
    for (const type of [16, 17])
      for (const subtype of [3, 6, 7, 10, 11, 12, 15]) {
        const micros = type === 17 ? [0, 0, 0, 0] : []
        const four = body(subtype % 2 === 1, message as Uint8Array)
        builder.record(type, subtype, Uint8Array.from([...micros, ...four]))
      }
    const { lines: read, stats } = readMrt(builder.withdraw('10.0.0.0/8').bytes())
    expect(read).toEqual(['update W 10.0.0.0/8'])
    expect(stats).toEqual({ ...sound, records: 15, skipped: 14 })
  })

  it('ENTRY is a row of a table, deprecated and still written by OpenBGPD', () => {
    const route = (afi: number, safi: number, prefix: number[], attributes: number[]) => {
      const hop = afi === 1 ? 4 : 16
      const out = new Bytes().u16(0).u16(1).u32(0).u16(afi).u8(safi).u8(hop)
      out.raw(new Uint8Array(hop)).raw(Uint8Array.from(prefix)).u16(attributes.length)
      return out.raw(Uint8Array.from(attributes)).bytes()
    }
    const path = [0x40, 2, 6, 2, 2, 0xfb, 0xf0, 0, 7]
    const entry = (tail: Uint8Array) => body(false, tail)
    const rows = [
      route(1, 1, [24, 198, 51, 100], path),
      route(2, 1, [32, 0x20, 1, 0xd, 0xb8], path),
      route(1, 1, [8, 10], [0x40, 2, 1, 0]),
      // Multicast, another family; then cut short, and a prefix too long.
      route(1, 2, [8, 10], path),
      route(1, 1, [8, 10], path).subarray(0, 20),
      route(1, 1, [33, 10, 0, 0, 0, 0], path),
    ]
    const builder = start()
    for (const row of rows) builder.record(16, 2, entry(row))
    const bytes = builder.withdraw('10.0.0.0/8').bytes()
    for (const chunk of [1, bytes.length]) {
      const { lines: read, stats } = readMrt(bytes, { who: true, chunk })
      expect(read).toEqual([
        `${HEAD} rib A 198.51.100.0/24 64496 7`,
        `${HEAD} rib A 2001:db8::/32 64496 7`,
        `${HEAD} rib! A 10.0.0.0/8 ?`,
        `${HEAD} update W 10.0.0.0/8`,
      ])
      expect(stats).toEqual({ ...sound, records: 7, skipped: 1, malformed: 2 })
    }
  })

  it('tell of sessions only when they come up or go down', () => {
    const builder = start()
    for (const as4 of [true, false])
      for (const [from, to] of [
        [1, 2],
        [5, 6],
        [6, 6],
        [6, 1],
        [6, 7],
        [7, 1],
        [3, 6],
      ] as const)
        builder.as({ as4 }).after(1).state(from, to)
    const { lines: read, stats } = readMrt(builder.bytes(), { who: true })
    const expected = [2, 4, 5, 7, 9, 11, 12, 14].map((second, i) => {
      const kind = ['Up', 'Down', 'Down', 'Up'][i % 4]
      return `${AT + second * 1e6} 192.0.2.7 64496 session${kind}`
    })
    expect(read).toEqual(expected)
    expect(stats).toEqual({ ...sound, records: 14 })
  })

  it('show other messages as signs of life', () => {
    const builder = start().keepalive()
    for (const type of [1, 3, 5]) builder.message(bgpMessage(type, new Uint8Array(10)))
    const { lines: read, stats } = readMrt(builder.bytes(), { who: true })
    expect(read).toEqual([`${HEAD} keepalive`, ...new Array(3).fill(`${HEAD} alive`)])
    expect(stats).toEqual({ ...sound, records: 4 })
  })

  it('show End-of-RIB of both families, on any session', () => {
    for (const settings of [{}, { as4: false }, { addPath: true }, { micros: true }])
      expect(readMrt(start(settings).endOfRib(4).endOfRib(6).bytes()).lines).toEqual([
        'endOfRib 4',
        'endOfRib 6',
      ])
  })

  it('tell vantage points apart by address and ASN, IPv6 ones too', () => {
    const bytes = start()
      .keepalive()
      .peer('192.0.2.7', 64_497)
      .keepalive()
      .peer('2001:db8::7', 4_200_000_001)
      .keepalive()
      .peer('192.0.2.7', 64_496)
      .keepalive()
      .bytes()
    const vantages = new VantagePoints()
    expect(readMrt(bytes, { who: true, vantages }).lines).toEqual([
      `${HEAD} keepalive`,
      `${AT} 192.0.2.7 64497 keepalive`,
      `${AT} 2001:db8::7 4200000001 keepalive`,
      `${HEAD} keepalive`,
    ])
    expect(vantages.list).toHaveLength(3)
  })

  it('say in which file and where a record stands', () => {
    const bytes = start().keepalive().announce('10.0.0.0/8', '1').keepalive().bytes()
    const seen: number[][] = []
    readMrt(bytes, {
      chunk: 10,
      batch: new Batch(2),
      each: (batch) => {
        expect(batch.file).toBe(7)
        seen.push([...batch.offset.subarray(0, batch.messages)])
      },
    })
    const record = 12 + 20 + 19
    expect(seen).toEqual([[0, record], [bytes.length - record]])
  })

  it('leave out microseconds that are none', () => {
    const wrong = Uint8Array.from([
      0xff,
      0xff,
      0xff,
      0xff,
      ...body(true, bgpMessage(4, new Uint8Array(0))),
    ])
    expect(readMrt(start().record(17, 4, wrong).bytes(), { who: true }).lines).toEqual([
      `${HEAD} keepalive`,
    ])
  })

  it('come from more peers than there is room for: the others are kept, the rest counted', () => {
    const builder = start()
    for (let i = 0; i < 16_386; i++) builder.peer('192.0.2.1', 1 + i).keepalive()
    const vantages = new VantagePoints()
    const { lines: read, stats } = readMrt(builder.bytes(), { vantages })
    expect([read.length, vantages.dropped, stats.skipped]).toEqual([16_384, 2, 2])
  })
})

describe('a bad record costs only itself', () => {
  const good = (builder: MrtBuilder) => builder.withdraw('10.0.0.0/8')
  const [whole] = encodeUpdates(routes)
  const message = whole as Uint8Array
  const edited = (at: number, ...octets: number[]): Uint8Array => {
    const out = message.slice()
    out.set(octets, at)
    return out
  }
  const bad: [string, number, Uint8Array][] = [
    ['nothing at all', 4, new Uint8Array(0)],
    ['no addresses', 4, body(true, message).subarray(0, 15)],
    ['family 0', 4, body(true, message).fill(0, 11, 12)],
    ['no message', 4, body(true, new Uint8Array(0))],
    ['half a header', 4, body(true, message.subarray(0, 18))],
    ['no marker', 4, body(true, edited(0, 0))],
    ['a length too small', 4, body(true, edited(16, 0, 18))],
    ['a length too large', 4, body(true, edited(16, 1, 0))],
    ['an unknown type', 4, body(true, edited(18, 6))],
    ['type 0', 4, body(true, edited(18, 0))],
    ['withdrawals that overrun', 4, body(true, edited(19, 255, 255))],
    ['a prefix too long', 4, body(true, edited(21, 33))],
    ['an announced prefix too long', 4, body(true, edited(message.length - 4, 99))],
    ['a session state cut short', 5, body(true, Uint8Array.of(0, 6, 0))],
    ['two-octet ASNs taken for four', 4, body(false, message)],
  ]
  for (const [what, subtype, octets] of bad)
    it(what, () => {
      for (const type of [16, 17]) {
        const micros = type === 17 && octets.length > 0 ? [0, 0, 0, 9] : []
        const record = Uint8Array.from([...micros, ...octets])
        const builder = good(start())
        const bytes = good(good(builder.record(type, subtype, record))).bytes()
        for (const chunk of [1, 30, bytes.length]) {
          const { lines: read, stats } = readMrt(bytes, { chunk })
          expect(read).toEqual(new Array(3).fill('update W 10.0.0.0/8'))
          expect(stats).toEqual({ ...sound, records: 4, malformed: 1 })
        }
        // Also as the first and as the last.
        const around = good(start().record(type, subtype, record)).record(type, subtype, record)
        const { lines: read, stats } = readMrt(around.bytes())
        expect(read).toEqual(['update W 10.0.0.0/8'])
        expect(stats).toEqual({ ...sound, records: 3, malformed: 2 })
      }
    })

  it('leaves no prefix and no word of its path behind', () => {
    // The prefixes before the bad one, and a path, were already written.
    const nlri = edited(message.length - 4, 99)
    const builder = start()
    for (let i = 0; i < 50; i++) builder.message(nlri).announce('10.0.0.0/8', `${i + 1} 2`)
    const { lines: read, stats } = readMrt(builder.bytes())
    expect(read).toEqual(Array.from({ length: 50 }, (_, i) => `update A 10.0.0.0/8 ${i + 1} 2`))
    expect(stats).toEqual({ ...sound, records: 100, malformed: 50 })
  })
})

describe('type BGP of 1999', () => {
  it('is read: updates, states, signs of life', () => {
    const [message] = encodeUpdates({ ...routes, path: [1, 2] }, { as4: false })
    const peer = new Bytes().u16(64_496).raw(addressBytes('192.0.2.7'))
    const both = () => new Bytes().raw(peer.bytes()).u16(12_654).raw(addressBytes('192.0.2.254'))
    const state = (from: number, to: number) =>
      new Bytes().raw(peer.bytes()).u16(from).u16(to).bytes()
    const bytes = mrt()
      .at('1999-12-14T16:21:00Z')
      .record(
        5,
        1,
        both()
          .raw((message as Uint8Array).subarray(19))
          .bytes(),
      )
      .record(5, 3, state(5, 6))
      .record(5, 3, state(6, 1))
      .record(5, 3, state(1, 2))
      .record(5, 7, both().bytes())
      .record(5, 2, both().bytes())
      .record(5, 1, peer.bytes())
      .bytes()
    const at = Date.parse('1999-12-14T16:21:00Z') * 1000
    const { lines: read, stats } = readMrt(bytes, { who: true })
    expect(read).toEqual(
      [
        'update W 203.0.113.0/25',
        'update A 198.51.100.0/24 1 2',
        'sessionUp',
        'sessionDown',
        'alive',
      ].map((line) => `${at} 192.0.2.7 64496 ${line}`),
    )
    expect(stats).toEqual({ records: 7, malformed: 1, skipped: 1, truncated: false })
  })
})

it('a full batch is left alone until it is emptied', () => {
  const reader = new MrtReader(new VantagePoints(), 'rrc00', 0)
  reader.push(start().keepalive().keepalive().bytes())
  const batch = new Batch(1)
  batch.clear()
  expect(reader.read(batch, true)).toBe(true)
  expect(reader.read(batch, true)).toBe(true)
  expect([batch.messages, reader.stats.records]).toEqual([1, 1])
  batch.clear()
  expect(reader.read(batch, true)).toBe(true)
  batch.clear()
  expect(reader.read(batch, true)).toBe(false)
  expect([batch.messages, reader.stats.records]).toEqual([0, 2])
})
