// What the vectors leave out: every attribute that may be malformed, and how that is graded
// (RFC 7606 §7, protocols.md §4.6).

import { describe, expect, test } from 'vitest'
import { decodeLine } from '../../src/decode/lines.ts'

const octets = (n: number, width: number): string => n.toString(16).padStart(width * 2, '0')

/** An UPDATE of these attributes that announces 203.0.113.0/24. */
function update(attributes: string, nlri = '18cb0071', withdrawn = ''): string {
  const body =
    octets(withdrawn.length / 2, 2) +
    withdrawn +
    octets(attributes.length / 2, 2) +
    attributes +
    nlri
  return `${'ff'.repeat(16)}${octets(19 + body.length / 2, 2)}02${body}`
}

const ORIGIN = '40010100'
const PATH = '40020602010000fbf0'
const HOP = '400304c0000201'
const WELL = ORIGIN + PATH + HOP

interface Told {
  attrs: Record<string, unknown>
  malformed?: { attr?: number; action: string }[]
  treatAsWithdraw?: boolean
  announced: unknown[]
  path?: string
  eor?: string
  error?: string
}
const read = (attributes: string, ctx = {}, nlri?: string) =>
  decodeLine('bgp', JSON.stringify({ hex: update(attributes, nlri), ctx })) as Told

describe('what is wrong with an attribute costs what RFC 7606 says', () => {
  test.each([
    ['ORIGIN of a value there is not', `40010103${PATH}${HOP}`, 1],
    ['ORIGIN of two octets', `4001020000${PATH}${HOP}`, 1],
    ['AS_PATH with a stray octet', `${ORIGIN}40020702010000fbf000${HOP}`, 2],
    ['AS_PATH that overruns', `${ORIGIN}40020602020000fbf0${HOP}`, 2],
    ['LOCAL_PREF of three octets', `${WELL}400503000064`, 5],
    ['COMMUNITIES of none', `${WELL}c00800`, 8],
    ['ORIGINATOR_ID of five', `${WELL}8009050102030405`, 9],
    ['CLUSTER_LIST of five', `${WELL}800a050102030405`, 10],
    ['EXTENDED COMMUNITIES of seven', `${WELL}c01007${'00'.repeat(7)}`, 16],
    ['IPV6 EXTENDED COMMUNITIES of 19', `${WELL}c01913${'00'.repeat(19)}`, 25],
    ['LARGE COMMUNITIES of 13', `${WELL}c0200d${'00'.repeat(13)}`, 32],
    ['OTC of three', `${WELL}c02303000001`, 35],
    ['flags that ORIGIN cannot have', `80010100${PATH}${HOP}`, 1],
    ['MP_UNREACH_NLRI that is transitive', `${WELL}c00f03000201`, 15],
  ])('%s: treat as withdraw', (_, attributes, attr) => {
    const { malformed, treatAsWithdraw, announced } = read(attributes)
    expect(malformed).toMatchObject([{ attr, action: 'treat-as-withdraw' }])
    // It is not turned into a withdrawal behind the reader's back.
    expect([treatAsWithdraw, announced.length]).toEqual([true, 1])
  })

  test.each([
    ['ATOMIC_AGGREGATE with a value', `${WELL}40060100`, 6],
    ['AGGREGATOR of six in a session with four octets', `${WELL}c00706fbf0c0000201`, 7],
    ['AS4_PATH with an empty segment', `${WELL}c011020200`, 17],
    ['AS4_PATH of none', `${WELL}c01100`, 17],
    ['AS4_AGGREGATOR of six', `${WELL}c01206fbf0c0000201`, 18],
    ['ORIGIN twice', `${WELL}40010102`, 1],
  ])('%s: discarded, the rest stands', (_, attributes, attr) => {
    const { malformed, treatAsWithdraw, path, attrs } = read(attributes)
    expect(malformed).toMatchObject([{ attr, action: 'attribute-discard' }])
    expect([treatAsWithdraw, path, attrs['origin']]).toEqual([false, '64496', 'IGP'])
  })

  test.each(['c0', '40', '00', '20'])(
    'MP_REACH_NLRI with flags %s names what to withdraw',
    (flags) => {
      const reach = `${flags}0e1a0002011020010db8000000000000000000000001002020010db8`
      const { malformed, treatAsWithdraw, announced } = read(ORIGIN + PATH + reach, {}, '')
      expect(malformed).toMatchObject([
        { attr: 14, reason: `MP_REACH_NLRI flags 0x${Number.parseInt(flags, 16).toString(16)}` },
      ])
      expect(treatAsWithdraw).toBe(true)
      expect(announced).toMatchObject([{ prefix: '2001:db8::/32' }])
    },
  )

  const mp = '800e1a0002011020010db80000000000000000000000010020' + '20010db8'
  test.each([
    ['MP_REACH_NLRI twice', ORIGIN + PATH + mp + mp],
    ['MP_UNREACH_NLRI twice', '800f03000201'.repeat(2)],
    ['attributes that end behind the message', `${WELL}`],
  ])('%s: nothing of it can be used', (name, attributes) => {
    const hex = update(attributes, '')
    const line = name.startsWith('attributes') ? hex.replace('0000', '00ff') : hex
    expect(decodeLine('bgp', line)).toEqual({ error: expect.any(String) })
  })
})

test('every attribute, read', () => {
  const { attrs, malformed } = read(
    [
      WELL,
      '80040400000007',
      '40050400000064',
      '400600',
      'c007080000fbf0c0000202',
      'c008080000fffffde8029a',
      '800904c0000203',
      '800a08c0000204c0000205',
      'c010080002fbf000000064',
      `c0191400020001${'00'.repeat(16)}`,
      'c0200c0000fbf00000000100000002',
      'c023040000fbf1',
      'c063020102',
    ].join(''),
  )
  expect(malformed).toBeUndefined()
  expect(attrs).toEqual({
    origin: 'IGP',
    asPath: [{ type: 'sequence', asns: [64496] }],
    nextHop: '192.0.2.1',
    med: 7,
    localPref: 100,
    atomicAggregate: true,
    aggregator: { asn: 64496, ip: '192.0.2.2' },
    communities: ['0:65535', '65000:666'],
    originatorId: '192.0.2.3',
    clusterList: ['192.0.2.4', '192.0.2.5'],
    extCommunities: ['0002fbf000000064'],
    ipv6ExtCommunities: [`00020001${'00'.repeat(16)}`],
    largeCommunities: ['64496:1:2'],
    otc: 64497,
    other: [{ type: 99, flags: 0xc0, hex: '0102' }],
  })
})

describe('sessions with 2-octet ASNs', () => {
  const ctx = { as4: false }
  // 64496 23456 23456, and what the two really are.
  const path = '4002080203fbf05ba05ba0'
  const as4 = 'c0110a02020001000100010002'

  test('the path behind AS_TRANS is put back', () => {
    expect(read(ORIGIN + path + HOP + as4, ctx).path).toBe('64496 65537 65538')
  })
  test('not where somebody in between made the route anew', () => {
    const aggregators = 'c00706fbf1c0000202c0120800010001c0000202'
    expect(read(ORIGIN + path + HOP + as4 + aggregators, ctx).path).toBe('64496 23456 23456')
  })
  test('nor where AS4_PATH is the longer one', () => {
    expect(read(`${ORIGIN}4002040201fbf0${HOP}${as4}`, ctx).path).toBe('64496')
  })
  test('confederations in AS4_PATH are left out', () => {
    const confed = 'c01110030100000009020200010001000100 02'.replace(' ', '')
    expect(read(ORIGIN + path + HOP + confed, ctx).path).toBe('64496 65537 65538')
  })
  test('nor in a session with four octets', () => {
    expect(read(ORIGIN + PATH + HOP + as4).path).toBe('64496')
  })
})

describe('End-of-RIB', () => {
  test.each([
    ['', '1/1'],
    ['800f03000201', '2/1'],
    ['800f03000180', '1/128'],
  ])('%s', (attributes, eor) => {
    expect(read(attributes, {}, '').eor).toBe(eor)
  })
  test('not when something else is in it', () => {
    expect(read('800f03000201' + '40010100', {}, '').eor).toBeUndefined()
    expect(read('800f0700020120' + '20010db8', {}, '').eor).toBeUndefined()
  })
})

test('path identifiers where the session has them', () => {
  const nlri = '0000000718cb0071'
  expect(read(WELL, { addPath: ['1/1'] }, nlri).announced).toEqual([
    { pathId: 7, prefix: '203.0.113.0/24', nextHop: '192.0.2.1' },
  ])
})
