import { describe, expect, it } from 'vitest'
import { Batch, Message } from '../../src/core/batch.ts'
import { Bytes } from '../../src/scenario/bytes.ts'
import { addressBytes, readPrefix, writeAttribute, writePrefix } from '../../src/scenario/encode.ts'
import { encodeUpdates } from '../../src/scenario/update.ts'
import { AddPath, BGP_HEADER, BgpDecoder, Update } from '../../src/wire/bgp.ts'
import { checkBatch, lines } from './mrt-text.ts'
import { noise } from './octets.ts'

interface Session {
  readonly as4?: boolean
  readonly addPath?: boolean
}

/** Decodes a body that ends with its buffer; lines, or what else it was. */
function decode(body: Uint8Array, session: Session = {}): string[] | number {
  const exact = body.slice()
  const bgp = new BgpDecoder()
  const batch = new Batch()
  batch.clear()
  bgp.use(exact, new DataView(exact.buffer))
  batch.open(Message.update, 0, 0, 0)
  const addPath = session.addPath ? AddPath.both : AddPath.none
  const kind = bgp.update(0, exact.length, session.as4 ?? true, addPath, batch)
  if (kind === Update.malformed) {
    batch.rollback()
    expect([batch.messages, batch.elements, batch.pathWords]).toEqual([0, 0, 0])
    return kind
  }
  batch.close()
  checkBatch(batch)
  if (kind !== Update.routes) {
    expect(batch.elements).toBe(0)
    return kind
  }
  return lines(batch).map((line) => line.replace('update ', ''))
}

const block = (write: (out: Bytes) => void): Uint8Array => {
  const out = new Bytes()
  write(out)
  return out.bytes()
}
const prefixes = (...texts: string[]) =>
  block((out) => {
    for (const text of texts) writePrefix(out, readPrefix(text))
  })
const attribute = (type: number, body: Uint8Array | number[], flags = 0x40) =>
  block((out) => writeAttribute(out, flags, type, Uint8Array.from(body)))
const sequence = (...asns: number[]) =>
  attribute(
    2,
    block((out) => {
      out.u8(2).u8(asns.length)
      for (const asn of asns) out.u32(asn)
    }),
  )
const unreach = (afi: number, safi: number, nlri: Uint8Array) =>
  attribute(15, [0, afi, safi, ...nlri], 0x80)
const reach = (afi: number, safi: number, hop: Uint8Array, nlri: Uint8Array) =>
  attribute(14, [0, afi, safi, hop.length, ...hop, 0, ...nlri], 0x80)

/** The first octets of an address, the rest zeros, in text. */
function addressOf(octets: readonly number[], afi: 4 | 6): string {
  const all = [...octets, ...new Array<number>(16).fill(0)]
  if (afi === 4) return all.slice(0, 4).join('.')
  const hex = all.slice(0, 16).map((o) => o.toString(16).padStart(2, '0'))
  return hex.join('').replace(/.{4}(?!$)/g, '$&:')
}

const HOP6 = addressBytes('2001:db8::1')
const HOP4 = addressBytes('192.0.2.1')
const NONE = new Uint8Array(0)

const body = (withdrawn: Uint8Array, attributes: Uint8Array[], nlri: Uint8Array): Uint8Array => {
  const all = block((out) => {
    for (const one of attributes) out.raw(one)
  })
  return block((out) => out.u16(withdrawn.length).raw(withdrawn).u16(all.length).raw(all).raw(nlri))
}

describe('an UPDATE', () => {
  const four = prefixes('198.51.100.0/24')
  const gone = prefixes('203.0.113.0/25')

  it('withdraws before it announces, whatever the order of its attributes', () => {
    const mp = [
      reach(2, 1, HOP6, prefixes('2001:db8:1::/48')),
      unreach(2, 1, prefixes('2001:db8:2::/48')),
      sequence(1, 2),
    ]
    const orders = [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ]
    for (const order of orders) {
      const attributes = order.map((i) => mp[i] as Uint8Array)
      expect(decode(body(gone, attributes, four))).toEqual([
        'W 203.0.113.0/25',
        'W 2001:db8:2::/48',
        'A 2001:db8:1::/48 1 2',
        'A 198.51.100.0/24 1 2',
      ])
    }
  })

  it('may announce what it withdraws: the announcement stands', () => {
    expect(decode(body(four, [sequence(1)], four))).toEqual([
      'W 198.51.100.0/24',
      'A 198.51.100.0/24 1',
    ])
  })

  it('is End-of-RIB when it is empty (RFC 4724)', () => {
    expect(decode(body(NONE, [], NONE))).toBe(Update.endOfRib4)
    expect(decode(body(NONE, [unreach(2, 1, NONE)], NONE))).toBe(Update.endOfRib6)
    expect(decode(body(NONE, [unreach(1, 1, NONE)], NONE))).toBe(Update.endOfRib4)
    expect(decode(body(NONE, [unreach(2, 1, NONE)], NONE), { addPath: true })).toBe(
      Update.endOfRib6,
    )
  })

  it('is not End-of-RIB when there is anything else, or of another family', () => {
    expect(decode(body(gone, [unreach(2, 1, NONE)], NONE))).toEqual(['W 203.0.113.0/25'])
    expect(decode(body(NONE, [unreach(2, 1, NONE), sequence(1)], four))).toEqual([
      'A 198.51.100.0/24 1',
    ])
    const nothing = ['update']
    expect(decode(body(NONE, [unreach(2, 133, NONE)], NONE))).toEqual(nothing)
    expect(decode(body(NONE, [unreach(1, 128, NONE)], NONE))).toEqual(nothing)
    expect(decode(body(NONE, [reach(2, 1, HOP6, NONE)], NONE))).toEqual(nothing)
    expect(decode(body(NONE, [sequence(1)], NONE))).toEqual(nothing)
  })

  it('leaves other families alone and keeps the rest', () => {
    const vpn = [reach(1, 128, HOP4, Uint8Array.of(1, 2, 3)), unreach(2, 133, Uint8Array.of(9))]
    expect(decode(body(gone, [...vpn, sequence(5)], four))).toEqual([
      'W 203.0.113.0/25',
      'A 198.51.100.0/24 5',
    ])
  })

  it('carries IPv4 in the multiprotocol attributes too, with next hops of either family', () => {
    for (const hop of [HOP4, HOP6, Uint8Array.from([...HOP6, ...HOP6])]) {
      const mp = [reach(1, 1, hop, four), unreach(1, 1, gone), sequence(5)]
      expect(decode(body(NONE, mp, NONE))).toEqual(['W 203.0.113.0/25', 'A 198.51.100.0/24 5'])
    }
  })

  it('reads path identifiers of ADD-PATH everywhere', () => {
    for (const as4 of [true, false]) {
      const routes = {
        withdraw: ['203.0.113.0/25', '2001:db8:2::/48'],
        announce: ['198.51.100.0/24', '2001:db8:1::/48', '0.0.0.0/0', '::/0'],
        path: [1, 4_200_000_001],
        pathId: 4_000_000_000,
      }
      const [message] = encodeUpdates(routes, { addPath: true, as4 })
      const read = decode((message as Uint8Array).subarray(BGP_HEADER), { addPath: true, as4 })
      expect(read).toEqual([
        'W 203.0.113.0/25#4000000000',
        'W 2001:db8:2::/48#4000000000',
        'A 2001:db8:1::/48#4000000000 1 4200000001',
        'A ::/0#4000000000 1 4200000001',
        'A 198.51.100.0/24#4000000000 1 4200000001',
        'A 0.0.0.0/0#4000000000 1 4200000001',
      ])
    }
  })
})

describe('prefixes', () => {
  const random = noise(4)

  it('are read at the very end of a buffer, at every length, without their host bits', () => {
    let seen = 0
    for (const afi of [4, 6] as const) {
      for (let length = 0; length <= (afi === 4 ? 32 : 128); length++) {
        const octets = Array.from({ length: (length + 7) >> 3 }, () => 1 + random(255))
        const expected = readPrefix(`${addressOf(octets, afi)}/${length}`)
        const nlri = Uint8Array.of(length, ...octets)
        for (const spare of [0, 1, 3, 4, 12, 15, 16]) {
          const bytes = Uint8Array.from([...nlri, ...new Array<number>(spare).fill(0xff)])
          const batch = new Batch(4, 4, 4)
          batch.clear()
          batch.open(Message.update, 0, 0, 0)
          const bgp = new BgpDecoder()
          bgp.use(bytes, new DataView(bytes.buffer))
          expect(bgp.prefix(0, nlri.length, afi, 1, 0, batch)).toBe(nlri.length)
          const words = [batch.word0, batch.word1, batch.word2, batch.word3].map((c) => c[0])
          expect([...words, batch.length[0]]).toEqual([...expected.words, length])
        }
        // The last octets of the message, as plain NLRI and in an attribute.
        const ends = [body(NONE, [unreach(afi === 4 ? 1 : 2, 1, nlri)], NONE)]
        if (afi === 4) ends.push(body(NONE, [sequence(1)], nlri))
        for (const whole of ends) {
          const [line = ''] = decode(whole) as string[]
          expect(readPrefix(line.split(' ')[1] as string)).toEqual(expected)
          seen++
        }
      }
    }
    expect(seen).toBe(2 * 33 + 129)
  })

  it('that are too long or cut short make the message malformed', () => {
    const path = sequence(1)
    for (const bad of [[33, 1, 2, 3, 4, 5], [255], [24, 1, 2], [1], [24, 1, 2, 3, 8]]) {
      const octets = Uint8Array.from(bad)
      expect(decode(body(NONE, [path], octets))).toBe(Update.malformed)
      expect(decode(body(octets, [], NONE))).toBe(Update.malformed)
      expect(decode(body(NONE, [reach(1, 1, HOP4, octets), path], NONE))).toBe(Update.malformed)
    }
    const six = Uint8Array.of(129, ...new Uint8Array(17))
    expect(decode(body(NONE, [unreach(2, 1, six)], NONE))).toBe(Update.malformed)
    expect(decode(body(NONE, [unreach(2, 1, Uint8Array.of(48, 1, 2))], NONE))).toBe(
      Update.malformed,
    )
    // An identifier and no prefix.
    const lone = Uint8Array.of(0, 0, 0, 1)
    expect(decode(body(lone, [], NONE), { addPath: true })).toBe(Update.malformed)
  })

  it('fill a message of 65,535 octets', () => {
    const nlri = new Uint8Array(65_535 - BGP_HEADER - 4 - sequence(1).length)
    const read = decode(body(NONE, [sequence(1)], nlri))
    if (!Array.isArray(read)) throw new Error('refused')
    expect(read).toHaveLength(nlri.length)
    expect(read[0]).toBe('A 0.0.0.0/0 1')
  })
})

describe('attributes', () => {
  const nlri = prefixes('198.51.100.0/24')
  const read = (...attributes: Uint8Array[]) => decode(body(NONE, attributes, nlri))
  const old = (...attributes: Uint8Array[]) => decode(body(NONE, attributes, nlri), { as4: false })
  const path2 = (...asns: number[]) =>
    attribute(
      2,
      block((out) => {
        out.u8(2).u8(asns.length)
        for (const asn of asns) out.u16(asn)
      }),
    )
  const path4 = (...asns: number[]) => attribute(17, sequence(...asns).subarray(3), 0xc0)

  it('may have two octets of length though one would do', () => {
    const long = sequence(1, 2)
    const extended = Uint8Array.of(0x50, 2, 0, long.length - 3, ...long.subarray(3))
    expect(read(extended)).toEqual(['A 198.51.100.0/24 1 2'])
    expect(read(attribute(8, new Array<number>(400).fill(7), 0xc0), long)).toEqual([
      'A 198.51.100.0/24 1 2',
    ])
  })

  it('may be of unknown types, of any length', () => {
    for (const type of [0, 33, 99, 128, 255])
      expect(read(attribute(type, [1, 2, 3], 0xe0), sequence(9))).toEqual(['A 198.51.100.0/24 9'])
  })

  it('that overrun their block are a fault of the message, its prefixes stand', () => {
    const faulty = ['update! A 198.51.100.0/24 ?']
    expect(read(Uint8Array.of(0x40, 2, 20, 2, 1))).toEqual(faulty)
    expect(read(Uint8Array.of(0x50, 2, 0))).toEqual(faulty)
    expect(read(Uint8Array.of(0x40, 2))).toEqual(faulty)
    expect(read(Uint8Array.of(0x40))).toEqual(faulty)
    expect(read(sequence(9), Uint8Array.of(0x40))).toEqual(['update! A 198.51.100.0/24 9'])
  })

  it('count once: the first of two, but never two of MP_REACH or MP_UNREACH', () => {
    expect(read(sequence(1, 2), sequence(3))).toEqual(['A 198.51.100.0/24 1 2'])
    expect(old(path2(1, 23456), path4(70_000), path4(80_000))).toEqual([
      'A 198.51.100.0/24 1 70000',
    ])
    const otc = (asn: number) => attribute(35, [0, 0, asn >> 8, asn & 255], 0xc0)
    expect(read(sequence(1), otc(700), otc(800))).toEqual(['A 198.51.100.0/24 1 otc 700'])
    const six = prefixes('2001:db8::/32')
    const there = reach(2, 1, HOP6, six)
    const away = unreach(2, 1, six)
    expect(read(sequence(1), there, there)).toBe(Update.malformed)
    expect(read(sequence(1), away, away)).toBe(Update.malformed)
  })

  it('Only-to-Customer is kept, of a wrong length it is not', () => {
    expect(read(sequence(1), attribute(35, [0xfa, 0x56, 0xea, 0], 0xc0))).toEqual([
      `A 198.51.100.0/24 1 otc ${0xfa56ea00}`,
    ])
    expect(read(sequence(1), attribute(35, [1, 2, 3], 0xc0))).toEqual([
      'update! A 198.51.100.0/24 1',
    ])
  })

  it('a malformed AS_PATH leaves announcements without a path, and withdrawals as they are', () => {
    const bad = attribute(2, [2, 0])
    expect(read(bad)).toEqual(['update! A 198.51.100.0/24 ?'])
    expect(decode(body(nlri, [bad], NONE))).toEqual(['update! W 198.51.100.0/24'])
    expect(read()).toEqual(['A 198.51.100.0/24 ?'])
    expect(read(attribute(2, []))).toEqual(['A 198.51.100.0/24'])
  })

  it('next hops of impossible length make MP_REACH malformed', () => {
    const six = prefixes('2001:db8::/32')
    for (const octets of [0, 4, 15, 17, 24, 48])
      expect(read(sequence(1), reach(2, 1, new Uint8Array(octets), six))).toBe(Update.malformed)
    expect(read(sequence(1), attribute(14, [0, 2, 1, 16, 1, 2], 0x80))).toBe(Update.malformed)
    expect(read(sequence(1), attribute(14, [0, 2, 1], 0x80))).toBe(Update.malformed)
    expect(read(sequence(1), attribute(14, [0, 2], 0x80))).toBe(Update.malformed)
    expect(read(sequence(1), attribute(15, [0, 2], 0x80))).toBe(Update.malformed)
    // The next hop fills the attribute, its reserved octet is missing.
    expect(read(sequence(1), attribute(14, [0, 2, 1, 16, ...HOP6], 0x80))).toBe(Update.malformed)
  })

  it('merge AS4_PATH on two-octet sessions only', () => {
    expect(old(path2(1, 23456), path4(70_000))).toEqual(['A 198.51.100.0/24 1 70000'])
    expect(old(path4(70_000), path2(1, 23456))).toEqual(['A 198.51.100.0/24 1 70000'])
    expect(read(sequence(1, 23456), path4(70_000))).toEqual(['A 198.51.100.0/24 1 23456'])
  })

  it('AGGREGATOR overrules AS4_PATH only beside AS4_AGGREGATOR and if it is not AS_TRANS', () => {
    const parts = [path2(1, 23456), path4(70_000)]
    const by = (asn: number) => attribute(7, [asn >> 8, asn & 255, 192, 0, 2, 9], 0xc0)
    const by4 = attribute(18, [0, 1, 17, 112, 192, 0, 2, 9], 0xc0)
    const merged = ['A 198.51.100.0/24 1 70000']
    expect(old(...parts, by(64_500))).toEqual(merged)
    expect(old(...parts, by(23_456), by4)).toEqual(merged)
    expect(old(...parts, by4)).toEqual(merged)
    expect(old(...parts, by(64_500), by4)).toEqual(['A 198.51.100.0/24 1 23456'])
    expect(old(by4, by(64_500), ...parts)).toEqual(['A 198.51.100.0/24 1 23456'])
  })
})

describe('any octets', () => {
  it('cut anywhere: never a route that the whole does not have', () => {
    const routes = {
      withdraw: ['203.0.113.0/25', '2001:db8:2::/48'],
      announce: ['198.51.100.0/24', '198.51.101.0/24', '2001:db8:1::/48'],
      path: '1 2 {3,4}',
      otc: 5,
    }
    const [message] = encodeUpdates(routes)
    const whole = (message as Uint8Array).subarray(BGP_HEADER)
    const all = new Set(decode(whole) as string[])
    expect(all.size).toBe(5)
    for (let cut = 0; cut < whole.length; cut++) {
      const read = decode(whole.subarray(0, cut))
      for (const line of Array.isArray(read) ? read : [])
        expect([cut, all.has(line)]).toEqual([cut, true])
    }
  })

  it('lengths of withdrawals and attributes that overrun are malformed', () => {
    expect(decode(Uint8Array.of())).toBe(Update.malformed)
    expect(decode(Uint8Array.of(0, 0, 0))).toBe(Update.malformed)
    expect(decode(Uint8Array.of(0, 1, 0, 0))).toBe(Update.malformed)
    expect(decode(Uint8Array.of(0, 0, 0, 1))).toBe(Update.malformed)
    expect(decode(Uint8Array.of(255, 255, 0, 0, 0))).toBe(Update.malformed)
  })
})
