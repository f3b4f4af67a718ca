import { describe, expect, test } from 'vitest'
import { Batch, Message } from '../../src/core/batch.ts'
import { pathText } from '../../src/core/path.ts'
import { prefixText } from '../../src/core/prefix.ts'
import { VantagePoints } from '../../src/core/vantage.ts'
import { type MrtBuilder, mrt } from '../../src/scenario/mrt.ts'
import { encodeUpdates } from '../../src/scenario/update.ts'
import { MrtReader } from '../../src/wire/mrt.ts'
import { bgpdump, hasBgpdump, why } from './bgpdump.ts'

const WHEN = '2024-10-29T00:07:04.123456Z'
const STAMP = 1_730_160_424_123_000
const mixed = (): MrtBuilder =>
  mrt()
    .at(WHEN)
    .peer('192.0.2.7', 64_496)
    .update({
      announce: ['198.51.100.0/24', '2001:db8:1::/48'],
      withdraw: ['203.0.113.0/25', '2001:db8:2::/33'],
      path: '701 174 {64500,64501}',
      communities: ['65535:666', '701:1'],
      med: 5,
      otc: 701,
    })

/** What our own decoder makes of it, one line an element or message. */
function decode(bytes: Uint8Array): string[] {
  const vantages = new VantagePoints()
  const reader = new MrtReader(vantages, 'rrc00', 0)
  const batch = new Batch()
  batch.clear()
  reader.push(bytes)
  while (reader.read(batch, true)) throw new Error('the test is too large for one batch')
  expect(reader.stats).toMatchObject({ malformed: 0, skipped: 0, truncated: false })
  const out: string[] = []
  for (let m = 0; m < batch.messages; m++) {
    const who = vantages.get(batch.vantage[m] as number)
    const name = Object.entries(Message).find(([, kind]) => kind === batch.kind[m])?.[0]
    const head = `${name} ${batch.at[m]} ${who.address} ${who.asn}`
    const path = pathText(batch.path, batch.pathStart[m] as number, batch.pathLength[m] as number)
    const from = batch.first[m] as number
    const until = batch.first[m + 1] as number
    if (from === until) out.push(`${head} ${batch.detail[m]}`)
    for (let e = from; e < until; e++) {
      const column = (c: Int32Array | Uint8Array) => c[e] as number
      const words = [batch.word0, batch.word1, batch.word2, batch.word3].map(column)
      const [a = 0, b = 0, c = 0, d = 0] = words
      const prefix = prefixText(column(batch.afi), a, b, c, d, column(batch.length))
      const id = column(batch.pathId) ? ` #${column(batch.pathId)}` : ''
      const otc = batch.otc[m] ? ` otc ${batch.otc[m]}` : ''
      const announced = column(batch.announced) === 1
      out.push(
        `${head} ${announced ? 'A' : 'W'} ${prefix}${id}${announced ? ` ${path}${otc}` : ''}`,
      )
    }
  }
  return out
}

describe('our decoder reads back what was written', () => {
  const at = Math.floor(STAMP / 1e6) * 1e6
  test('one UPDATE with both families, sets, communities and OTC', () => {
    expect(decode(mixed().bytes())).toEqual([
      `update ${at} 192.0.2.7 64496 W 203.0.113.0/25`,
      `update ${at} 192.0.2.7 64496 W 2001:db8::/33`,
      `update ${at} 192.0.2.7 64496 A 2001:db8:1::/48 701 174 {64500,64501} otc 701`,
      `update ${at} 192.0.2.7 64496 A 198.51.100.0/24 701 174 {64500,64501} otc 701`,
    ])
  })

  test('microseconds, two-octet sessions with AS4_PATH, ADD-PATH', () => {
    const bytes = mrt({ micros: true, as4: false })
      .at(STAMP)
      .peer('192.0.2.7', 64_496)
      .announce('198.51.100.0/24', '64496 701 4200000001')
      .as({ as4: true, addPath: true })
      .announce('2001:db8::/32', [701, 4_200_000_001], { pathId: 7 })
      .withdraw('198.51.100.0/24', { pathId: 9 })
      .as({ as4: false })
      .withdraw('2001:db8::/32', { pathId: 8 })
      .bytes()
    expect(decode(bytes)).toEqual([
      `update ${STAMP} 192.0.2.7 64496 A 198.51.100.0/24 64496 701 4200000001`,
      `update ${STAMP} 192.0.2.7 64496 A 2001:db8::/32 #7 701 4200000001`,
      `update ${STAMP} 192.0.2.7 64496 W 198.51.100.0/24 #9`,
      `update ${STAMP} 192.0.2.7 64496 W 2001:db8::/32 #8`,
    ])
  })

  test('states, End-of-RIB, keepalives; IPv6 peers', () => {
    const bytes = mrt()
      .at('1730160424')
      .peer('2001:db8::7', 4_200_000_001)
      .state(6, 1)
      .after(2)
      .state(5, 6)
      .endOfRib(4)
      .endOfRib(6)
      .keepalive()
      .bytes()
    expect(decode(bytes)).toEqual([
      `sessionDown ${at} 2001:db8::7 4200000001 0`,
      `sessionUp ${at + 2e6} 2001:db8::7 4200000001 0`,
      `endOfRib ${at + 2e6} 2001:db8::7 4200000001 4`,
      `endOfRib ${at + 2e6} 2001:db8::7 4200000001 6`,
      `alive ${at + 2e6} 2001:db8::7 4200000001 4`,
    ])
  })

  test('a path of 600 ASNs', () => {
    const path = Array.from({ length: 600 }, (_, i) => 1_000 + i)
    const lines = decode(mrt().announce('10.0.0.0/8', path).bytes())
    expect(lines).toEqual([`update 0 192.0.2.1 64496 A 10.0.0.0/8 ${path.join(' ')}`])
  })
})

const longList = Array.from({ length: 5_000 }, (_, i) => `10.${i >> 8}.${i & 255}.0/24`)
const longList6 = Array.from({ length: 2_000 }, (_, i) => `2001:db8:${(i + 1).toString(16)}::/48`)

test('long lists are cut into messages of 4,096 octets, withdrawals first', () => {
  const routes = { withdraw: [...longList, ...longList6], announce: longList6, path: '1 2 3' }
  const messages = encodeUpdates(routes, { addPath: true })
  const sizes = messages.map((m) => m.length)
  expect(Math.max(...sizes)).toBeLessThanOrEqual(4_096)
  // As full as can be: all but the last of each of the three kinds.
  expect(sizes.filter((size) => size < 4_070).length).toBeLessThanOrEqual(3)
  expect(encodeUpdates(routes, { maxMessage: 65_535 })).toHaveLength(1)
  const read = decode(mrt().withdraw(longList).announce(longList6, '1 2').bytes())
  expect(read.filter((line) => line.includes(' W '))).toHaveLength(longList.length)
  expect(read.filter((line) => line.includes(' A '))).toHaveLength(longList6.length)
  const kinds = read.map((line) => line.split(' ')[4])
  expect(kinds.lastIndexOf('W')).toBeLessThan(kinds.indexOf('A'))
})

test('what cannot be encoded is refused, not bent', () => {
  expect(() => mrt().announce('198.51.100.0', '1 2')).toThrow('not a prefix')
  expect(() => mrt().announce('198.51.100.0/24', '1 x')).toThrow('not an AS path')
  expect(() => mrt().peer('192.0.2', 1)).toThrow('not an address')
  expect(() => mrt().at('yesterday')).toThrow('not a time')
  const path = Array.from({ length: 1_200 }, () => 1)
  expect(() => mrt().announce(longList, path)).toThrow('no room')
})

describe.runIf(hasBgpdump)(`bgpdump reads what was written${why}`, () => {
  const fields = (file: MrtBuilder, ...columns: number[]) =>
    bgpdump(file.bytes()).map((line) => columns.map((c) => line[c]).join('|'))

  test('one UPDATE with everything', () => {
    expect(fields(mixed(), 0, 1, 2, 3, 4, 5, 6, 10, 11)).toEqual([
      'BGP4MP|1730160424|W|192.0.2.7|64496|203.0.113.0/25|||',
      'BGP4MP|1730160424|W|192.0.2.7|64496|2001:db8::/33|||',
      'BGP4MP|1730160424|A|192.0.2.7|64496|198.51.100.0/24|701 174 {64500,64501}|5|65535:666 701:1',
      'BGP4MP|1730160424|A|192.0.2.7|64496|2001:db8:1::/48|701 174 {64500,64501}|5|65535:666 701:1',
    ])
  })

  test('microseconds, two-octet sessions, states, ADD-PATH', () => {
    const file = mrt({ micros: true, as4: false })
      .at(STAMP)
      .peer('192.0.2.7', 64_496)
      .announce('198.51.100.0/24', '64496 701 4200000001 {4200000002,5}')
      .state(6, 1)
    expect(fields(file, 0, 1, 2, 5, 6)).toEqual([
      'BGP4MP_ET|1730160424.123000|A|198.51.100.0/24|64496 701 4200000001 {4200000002,5}',
      'BGP4MP_ET|1730160424.123000|STATE|6|1',
    ])
    for (const as4 of [true, false]) {
      const added = mrt({ addPath: true, as4 })
        .announce('198.51.100.0/24', '701 4200000001', { pathId: 7 })
        .withdraw('198.51.101.0/24', { pathId: 9 })
      expect(fields(added, 0, 2, 5, 6, 7)).toEqual([
        'BGP4MP_AP|A|198.51.100.0/24|7|701 4200000001',
        'BGP4MP_AP|W|198.51.101.0/24|9|',
      ])
    }
  })

  test('tables: TABLE_DUMP_V2, its ADD-PATH form, TABLE_DUMP', () => {
    const peers = [
      { address: '192.0.2.7', asn: 4_200_000_001 },
      { address: '2001:db8::1', asn: 5 },
    ]
    const entry = { peer: 1, path: '5 6 {7,8}', pathId: 88, nextHop6: '2001:db8::9' }
    const file = mrt()
      .at(WHEN)
      .peers(peers, 'view')
      .rib('198.51.100.0/24', [{ peer: 0, path: '4200000001 3' }, entry])
      .rib('2001:db8:5::/48', [entry])
      .as({ addPath: true })
      .rib('198.51.101.0/24', [entry])
      .rib('2001:db8:6::/48', [entry])
    expect(fields(file, 0, 3, 4, 5, 6, 7, 8)).toEqual([
      'TABLE_DUMP2|192.0.2.7|4200000001|198.51.100.0/24|4200000001 3|IGP|192.0.2.1',
      'TABLE_DUMP2|2001:db8::1|5|198.51.100.0/24|5 6 {7,8}|IGP|192.0.2.1',
      'TABLE_DUMP2|2001:db8::1|5|2001:db8:5::/48|5 6 {7,8}|IGP|2001:db8::9',
      'TABLE_DUMP2_AP|2001:db8::1|5|198.51.101.0/24|88|5 6 {7,8}|IGP',
      'TABLE_DUMP2_AP|2001:db8::1|5|2001:db8:6::/48|88|5 6 {7,8}|IGP',
    ])
    const old = mrt()
      .peer('192.0.2.7', 64_496)
      .tableDump('198.51.100.0/24', '64496 70000 3')
      .peer('2001:db8::1', 5)
      .tableDump('2001:db8:6::/48', '5 6 7')
    expect(fields(old, 0, 3, 4, 5, 6)).toEqual([
      'TABLE_DUMP|192.0.2.7|64496|198.51.100.0/24|64496 70000 3',
      'TABLE_DUMP|2001:db8::1|5|2001:db8:6::/48|5 6 7',
    ])
    expect(decode(file.bytes())).toHaveLength(5)
    expect(decode(old.bytes())).toHaveLength(2)
  })

  test('long lists and long paths', () => {
    const path = Array.from({ length: 600 }, (_, i) => 1_000 + i)
    const file = mrt()
      .announce([...longList, ...longList6], path)
      .withdraw(longList6)
    const lines = bgpdump(file.bytes())
    expect(lines).toHaveLength(longList.length + 2 * longList6.length)
    const announced = lines.filter((line) => line[2] === 'A')
    expect(announced.map((line) => line[5])).toEqual([...longList, ...longList6])
    expect(new Set(announced.map((line) => line[6]))).toEqual(new Set([path.join(' ')]))
    expect(lines.slice(announced.length).map((line) => line[5])).toEqual(longList6)
    console.info(`bgpdump agreed on ${lines.length} elements of long lists`)
  })
})
