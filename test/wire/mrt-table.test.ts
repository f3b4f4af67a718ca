import { describe, expect, it } from 'vitest'
import { Batch } from '../../src/core/batch.ts'
import { VantagePoints } from '../../src/core/vantage.ts'
import { Bytes } from '../../src/scenario/bytes.ts'
import { mrt, type RibEntry } from '../../src/scenario/mrt.ts'
import { MrtReader } from '../../src/wire/mrt.ts'
import { checkBatch, lines, readMrt } from './mrt-text.ts'

const WHEN = '2024-10-29T00:00:00Z'
const AT = Date.parse(WHEN) * 1000
const PEERS = [
  { address: '192.0.2.7', asn: 4_200_000_001 },
  { address: '2001:db8::1', asn: 5 },
  { address: '192.0.2.9', asn: 23_456 },
]
const table = () => mrt().at(WHEN).peers(PEERS, 'a view')
const sound = { malformed: 0, skipped: 0, truncated: false }

describe('TABLE_DUMP_V2', () => {
  it('gives one message an entry, of the peer that the index names', () => {
    const bytes = table()
      .rib('198.51.100.0/24', [
        { peer: 0, path: '4200000001 3' },
        { peer: 1, path: '5 6 {7,8}', otc: 5 },
        { peer: 2, path: '' },
      ])
      .rib('2001:db8:5::/48', [{ peer: 1, path: '5 70000' }])
      .rib('0.0.0.0/0', [{ peer: 2, path: '1' }])
      .bytes()
    const { lines: read, stats } = readMrt(bytes, { who: true })
    expect(read).toEqual([
      `${AT} 192.0.2.7 4200000001 rib A 198.51.100.0/24 4200000001 3`,
      `${AT} 2001:db8::1 5 rib A 198.51.100.0/24 5 6 {7,8} otc 5`,
      `${AT} 192.0.2.9 23456 rib A 198.51.100.0/24`,
      `${AT} 2001:db8::1 5 rib A 2001:db8:5::/48 5 70000`,
      `${AT} 192.0.2.9 23456 rib A 0.0.0.0/0 1`,
    ])
    expect(stats).toEqual({ ...sound, records: 4 })
  })

  it('reads path identifiers of both families', () => {
    const bytes = table()
      .as({ addPath: true })
      .rib('198.51.100.0/24', [
        { peer: 0, path: '1', pathId: 7 },
        { peer: 0, path: '2', pathId: 4_000_000_000 },
      ])
      .rib('2001:db8::/32', [{ peer: 1, path: '5', pathId: 9 }])
      .bytes()
    expect(readMrt(bytes).lines).toEqual([
      'rib A 198.51.100.0/24#7 1',
      'rib A 198.51.100.0/24#4000000000 2',
      'rib A 2001:db8::/32#9 5',
    ])
  })

  it('reads peers with two-octet ASNs, a whole MP_REACH, entries without attributes', () => {
    const index = new Bytes().u32(1).u16(0).u16(2)
    index.u8(0).u32(9).u32(0xc0000207).u16(64_500)
    index.u8(1).u32(9).raw(new Uint8Array(16).fill(0x20)).u16(64_501)
    const entry = new Bytes()
      .u32(0)
      .raw(Uint8Array.of(16, 0x20, 1))
      .u16(2)
    entry.u16(0).u32(0).u16(0)
    // AFI 2, SAFI 1, a next hop and the prefix once more, as some writers have it.
    const reach = [0x80, 14, 24, 0, 2, 1, 16, ...new Uint8Array(16).fill(1), 0, 16, 0x20, 1]
    const attributes = [0x40, 2, 6, 2, 1, 0, 1, 0, 0, ...reach]
    entry.u16(1).u32(0).u16(attributes.length).raw(Uint8Array.from(attributes))
    const bytes = mrt().at(WHEN).record(13, 1, index.bytes()).record(13, 4, entry.bytes()).bytes()
    const { lines: read, stats } = readMrt(bytes, { who: true })
    expect(read).toEqual([
      `${AT} 192.0.2.7 64500 rib A 2001::/16 ?`,
      `${AT} 2020:2020:2020:2020:2020:2020:2020:2020 64501 rib A 2001::/16 65536`,
    ])
    expect(stats).toEqual({ ...sound, records: 2 })
  })

  it('ignores AS4_PATH, because AS_PATH has four octets already', () => {
    const extra = Uint8Array.of(0xc0, 17, 6, 2, 1, 0, 1, 0, 0)
    const bytes = table()
      .rib('10.0.0.0/8', [{ peer: 0, path: '1 23456', extra }])
      .bytes()
    expect(readMrt(bytes).lines).toEqual(['rib A 10.0.0.0/8 1 23456'])
  })

  it('counts a record with entries of unknown peers, and keeps the others', () => {
    const before = mrt()
      .at(WHEN)
      .rib('10.0.0.0/8', [{ peer: 0, path: '1' }])
      .peers(PEERS)
      .rib('10.0.0.0/8', [
        { peer: 0, path: '1' },
        { peer: 3, path: '2' },
        { peer: 2, path: '3' },
      ])
      .rib('11.0.0.0/8', [{ peer: 1, path: '4' }])
      .bytes()
    const { lines: read, stats } = readMrt(before)
    expect(read).toEqual(['rib A 10.0.0.0/8 1', 'rib A 10.0.0.0/8 3', 'rib A 11.0.0.0/8 4'])
    expect(stats).toEqual({ ...sound, records: 4, malformed: 2 })
  })

  it("leaves out the collector's own routes, which stand under a peer of AS 0", () => {
    const peers = [{ address: '0.0.0.0', asn: 0 }, { address: '::', asn: 0 }, ...PEERS]
    const entries = [0, 1, 2].map((peer) => ({ peer, path: '1' }))
    const vantages = new VantagePoints()
    const bytes = mrt().at(WHEN).peers(peers).rib('10.0.0.0/8', entries).bytes()
    const { lines: read, stats } = readMrt(bytes, { who: true, vantages })
    expect(read).toEqual([`${AT} 192.0.2.7 4200000001 rib A 10.0.0.0/8 1`])
    expect(stats).toEqual({ ...sound, records: 2 })
    expect(vantages.list).toHaveLength(3)
  })

  it('begins anew with each peer index, as in concatenated dumps', () => {
    const bytes = table()
      .rib('10.0.0.0/8', [{ peer: 0, path: '1' }])
      .peers([{ address: '192.0.2.99', asn: 99 }])
      .rib('10.0.0.0/8', [{ peer: 0, path: '2' }])
      .bytes()
    expect(readMrt(bytes, { who: true }).lines).toEqual([
      `${AT} 192.0.2.7 4200000001 rib A 10.0.0.0/8 1`,
      `${AT} 192.0.2.99 99 rib A 10.0.0.0/8 2`,
    ])
  })

  it('skips what it has no use for: multicast, generic, GEO_PEER_TABLE', () => {
    const builder = table()
    for (const subtype of [3, 5, 6, 7, 9, 11, 12]) builder.record(13, subtype, new Uint8Array(9))
    const { lines: read, stats } = readMrt(
      builder.rib('10.0.0.0/8', [{ peer: 0, path: '1' }]).bytes(),
    )
    expect(read).toEqual(['rib A 10.0.0.0/8 1'])
    expect(stats).toEqual({ ...sound, records: 9, skipped: 7 })
  })

  it('keeps a row whose attributes are at fault, without its path where that cannot be read', () => {
    const torn = Uint8Array.of(0x40, 9, 99, 2, 0)
    const flags = Uint8Array.of(0x80, 5, 4, 0, 0, 0, 100)
    const bytes = table()
      .rib('10.0.0.0/8', [
        { peer: 0, path: '1', extra: torn },
        { peer: 1, path: '2', extra: flags },
        { peer: 2, path: '3' },
      ])
      .bytes()
    expect(readMrt(bytes)).toEqual({
      lines: ['rib! A 10.0.0.0/8 1', 'rib! A 10.0.0.0/8 2', 'rib A 10.0.0.0/8 3'],
      stats: { ...sound, records: 2 },
    })
    const entry = new Bytes().u32(0).u8(8).u8(10).u16(1).u16(0).u32(0).u16(5)
    const unread = table()
      .record(13, 2, entry.raw(Uint8Array.of(0x40, 2, 2, 7, 1)).bytes())
      .bytes()
    expect(readMrt(unread)).toEqual({
      lines: ['rib! A 10.0.0.0/8 ?'],
      stats: { ...sound, records: 2 },
    })
  })

  it('loses only a bad entry or what is behind a torn one', () => {
    const whole = (extra: Uint8Array): RibEntry[] => [
      { peer: 0, path: '1' },
      { peer: 1, path: '2', extra },
      { peer: 2, path: '3' },
    ]
    // MP_REACH_NLRI twice: which one counts?
    const torn = Uint8Array.of(0x80, 14, 1, 0, 0x80, 14, 1, 0)
    const twice = table()
      .rib('10.0.0.0/8', whole(torn))
      .rib('11.0.0.0/8', whole(Uint8Array.of()))
      .bytes()
    expect(readMrt(twice).lines).toEqual([
      'rib A 10.0.0.0/8 1',
      'rib A 10.0.0.0/8 3',
      'rib A 11.0.0.0/8 1',
      'rib A 11.0.0.0/8 2',
      'rib A 11.0.0.0/8 3',
    ])
    expect(readMrt(twice).stats).toEqual({ ...sound, records: 3, malformed: 1 })
    // More entries promised than there are.
    const entry = new Bytes().u32(0).u8(8).u8(10).u16(9)
    entry.u16(0).u32(0).u16(0)
    const bytes = table()
      .record(13, 2, entry.bytes())
      .rib('11.0.0.0/8', [{ peer: 0, path: '1' }])
      .bytes()
    const { lines: read, stats } = readMrt(bytes)
    expect(read).toEqual(['rib A 10.0.0.0/8 ?', 'rib A 11.0.0.0/8 1'])
    expect(stats).toEqual({ ...sound, records: 3, malformed: 1 })
  })

  it('refuses prefixes and peer indexes that cannot be', () => {
    const head = (length: number) => new Bytes().u32(0).u8(length).raw(new Uint8Array(40)).bytes()
    const bytes = table()
      .record(13, 2, head(33))
      .record(13, 4, head(129))
      .record(13, 2, Uint8Array.of(0, 0, 0))
      .record(13, 2, Uint8Array.of(0, 0, 0, 0, 32, 1))
      .record(13, 1, Uint8Array.of(0, 0, 0, 0, 0, 99, 0, 0))
      .record(13, 1, new Bytes().u32(0).u16(0).u16(2).u8(0).u32(0).u32(1).u16(5).bytes())
      .rib('10.0.0.0/8', [{ peer: 0, path: '1' }])
      .bytes()
    const { lines: read, stats } = readMrt(bytes)
    // Of the last index the first peer was whole.
    expect(read).toEqual(['rib A 10.0.0.0/8 1'])
    expect(stats).toEqual({ ...sound, records: 8, malformed: 6 })
  })
})

describe('RIB_GENERIC', () => {
  /** The body of a record that was written for one family, with the family in it. */
  const generic = (prefix: string, afi: number, safi: number): Uint8Array => {
    const ordinary = mrt()
      .at(WHEN)
      .rib(prefix, [
        { peer: 0, path: '4200000001 3' },
        { peer: 1, path: '5 3' },
      ])
      .bytes()
    const body = ordinary.subarray(12)
    return new Bytes(256).raw(body.subarray(0, 4)).u16(afi).u8(safi).raw(body.subarray(4)).bytes()
  }
  const read = (...bodies: Uint8Array[]) => {
    const builder = table()
    for (const body of bodies) builder.record(13, 6, body)
    return readMrt(builder.bytes(), {})
  }

  it('is read like a record of its family', () => {
    const { lines: found, stats } = read(
      generic('198.51.100.0/24', 1, 1),
      generic('2001:db8::/32', 2, 1),
    )
    expect(found.map((line) => line.replace(/^\d+ /, ''))).toEqual([
      'rib A 198.51.100.0/24 4200000001 3',
      'rib A 198.51.100.0/24 5 3',
      'rib A 2001:db8::/32 4200000001 3',
      'rib A 2001:db8::/32 5 3',
    ])
    expect(stats).toEqual({ ...sound, records: 3 })
  })

  it('of other families is passed over, and cut short it is malformed', () => {
    const { lines: found, stats } = read(
      generic('198.51.100.0/24', 1, 128),
      generic('198.51.100.0/24', 25, 65),
      generic('198.51.100.0/24', 1, 1).subarray(0, 6),
      generic('198.51.100.0/24', 1, 1).subarray(0, 9),
    )
    expect(found).toEqual([])
    expect(stats).toEqual({ ...sound, records: 5, skipped: 2, malformed: 2 })
  })
})

describe('a record larger than a batch', () => {
  const many = Array.from({ length: 300 }, (_, i) => ({
    address: `10.0.${i >> 8}.${i & 255}`,
    asn: 100 + i,
  }))
  const entries = many.map((peer, i) => ({ peer: i, path: [peer.asn, 1, 2], pathId: i }))
  const bytes = mrt()
    .at(WHEN)
    .peers(many)
    .rib('198.51.100.0/24', entries)
    .as({ addPath: true })
    .rib('2001:db8::/32', entries)
    .announce('10.0.0.0/8', '1')
    .bytes()
  const all = readMrt(bytes, { batch: new Batch() }).lines

  it('goes on in the next batch', () => {
    expect(all).toHaveLength(601)
    expect(all[299]).toBe('rib A 198.51.100.0/24 399 1 2')
    expect(all[300]).toBe('rib A 2001:db8::/32 100 1 2')
    expect(all[599]).toBe('rib A 2001:db8::/32#299 399 1 2')
    for (const room of [1, 2, 7, 299, 300, 301]) {
      const { lines: read, stats } = readMrt(bytes, { batch: new Batch(room, 1 << 16, 1 << 16) })
      expect(read).toEqual(all)
      expect(stats).toEqual({ ...sound, records: 4 })
    }
    // Bounded by elements or by path words as well.
    expect(readMrt(bytes, { batch: new Batch(1_000, 5, 1 << 16) }).lines).toEqual(all)
    expect(readMrt(bytes, { batch: new Batch(1_000, 5_000, 4) }).lines).toEqual(all)
  })

  it('survives octets that arrive while it is half read', () => {
    const batch = new Batch(7, 1 << 16, 1 << 16)
    const reader = new MrtReader(new VantagePoints(), 'rrc00', 0)
    batch.clear()
    const out: string[] = []
    let at = 0
    for (;;) {
      // Reading once only, and pushing although the reader is not done with what it has.
      const piece = bytes.slice(at, at + 700)
      at += piece.length
      reader.push(piece)
      const more = reader.read(batch, at >= bytes.length)
      checkBatch(batch)
      out.push(...lines(batch))
      batch.clear()
      if (!more && at >= bytes.length) break
    }
    expect(out).toEqual(all)
    expect(reader.stats).toEqual({ ...sound, records: 4 })
  })

  it('keeps a bad entry in mind over the seam, and the batch whole', () => {
    const index = mrt().at(WHEN).peers(many.slice(0, 299))
    const missing = index.rib('198.51.100.0/24', entries).bytes()
    for (const room of [1, 298, 299, 300]) {
      const { lines: read, stats } = readMrt(missing, { batch: new Batch(room) })
      expect(read).toEqual(all.slice(0, 299))
      expect(stats).toEqual({ ...sound, records: 2, malformed: 1 })
    }
  })
})

describe('TABLE_DUMP', () => {
  it('reads both families, merges AS4_PATH', () => {
    const bytes = mrt()
      .at(WHEN)
      .peer('192.0.2.7', 64_496)
      .tableDump('198.51.100.0/24', '64496 70000 3')
      .tableDump('0.0.0.0/0', '64496 {5,6}')
      .peer('2001:db8::1', 5)
      .tableDump('2001:db8:6::/48', '5 6 7')
      .tableDump('2001:db8::1/128', '5')
      .bytes()
    const { lines: read, stats } = readMrt(bytes, { who: true })
    expect(read).toEqual([
      `${AT} 192.0.2.7 64496 rib A 198.51.100.0/24 64496 70000 3`,
      `${AT} 192.0.2.7 64496 rib A 0.0.0.0/0 64496 {5,6}`,
      `${AT} 2001:db8::1 5 rib A 2001:db8:6::/48 5 6 7`,
      `${AT} 2001:db8::1 5 rib A 2001:db8::1/128 5`,
    ])
    expect(stats).toEqual({ ...sound, records: 4 })
  })

  it('clears host bits and refuses what is too long or cut short', () => {
    const body = (length: number, attributes: number) =>
      new Bytes().u32(0).u32(0xc6336481).u8(length).u8(1).u32(0).u32(9).u16(5).u16(attributes)
    const bytes = mrt()
      .at(WHEN)
      .record(12, 1, body(24, 0).bytes())
      .record(12, 1, body(33, 0).bytes())
      .record(12, 1, body(24, 1).bytes())
      .record(12, 1, body(24, 0).bytes().subarray(0, 20))
      .record(12, 3, body(24, 0).bytes())
      .record(12, 1, body(32, 0).bytes())
      .bytes()
    const { lines: read, stats } = readMrt(bytes)
    expect(read).toEqual(['rib A 198.51.100.0/24 ?', 'rib A 198.51.100.129/32 ?'])
    expect(stats).toEqual({ ...sound, records: 6, malformed: 3, skipped: 1 })
  })
})
