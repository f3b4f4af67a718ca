// Single records of which `dump -m` prints what bgpdump prints although little of them is in order, and
// those that bgpdump 1.6.2 misreads: there `dump -m` prints what is there.

import { describe, expect, test } from 'vitest'
import {
  attribute,
  bgp4mp,
  cat,
  noBgpdump,
  num,
  ours,
  rib,
  tableDump,
  theirs,
  update,
} from './mrt-octets.ts'

const ORIGIN = '40010100'
const PATH = '40020602010000fbf0'
const PATH_2 = '4002040201fbf0'
const HOP = '400304c0000201'
const WELL = ORIGIN + PATH + HOP
const NLRI = '18cb0071'
const NLRI_6 = '2020010db8'
const V6 = '20010db8000000000000000000000001'

const announced = (attributes: string | Buffer, subtype = 4) =>
  bgp4mp(subtype, update('', attributes, NLRI))

/** What is behind the prefix, as a rule. */
interface Route {
  path?: string
  origin?: string
  hop?: string
  pref?: number
  med?: number
  communities?: string
  aggregator?: string
}

const route = ({
  path = '64496',
  origin = 'IGP',
  hop = '192.0.2.1',
  pref = 0,
  med = 0,
  communities = '',
  aggregator = '',
}: Route) => `${path}|${origin}|${hop}|${pref}|${med}|${communities}|NAG|${aggregator}|\n`

const told = (more: Route, name = 'BGP4MP') =>
  `${name}|1700000000|A|192.0.2.1|64496|203.0.113.0/24|${route(more)}`
const held = (more: Route) =>
  `TABLE_DUMP2|1700000000|B|192.0.2.1|64496|203.0.113.0/24|${route(more)}`
const held6 = (more: Route) =>
  `TABLE_DUMP2|1700000000|B|192.0.2.1|64496|2001:db8::/32|${route(more)}`

const reach = (afi: number, hop: string) =>
  attribute(14, num(afi, 2), '01', num(hop.length / 2, 1), hop, '00', afi === 1 ? NLRI : NLRI_6)
const short = (hop: string) => attribute(14, num(hop.length / 2, 1), hop)
const path = (segments: string) => cat(ORIGIN, attribute(2, segments), HOP)
const sets = `0202 fbf0 5ba0 0102 5ba0 0001`

type Case = readonly [says: string, octets: Buffer, text: string]

const SAME: readonly Case[] = [
  // Values that are shorter than their type: zeros, and not what comes next.
  ['ORIGIN of 0', announced(`400100${PATH}${HOP}`), told({})],
  ['NEXT_HOP of 0', announced(`${ORIGIN}${PATH}400300`), told({ hop: '0.0.0.0' })],
  ['NEXT_HOP of 2', announced(`${ORIGIN}${PATH}4003020102`), told({ hop: '1.2.0.0' })],
  ['MED of 2', announced(`${WELL}8004020001`), told({ med: 65_536 })],
  ['LOCAL_PREF of 0', announced(`${WELL}400500`), told({})],
  ['LOCAL_PREF of 3', announced(`${WELL}400503000001`), told({ pref: 256 })],
  ['AGGREGATOR of 0', announced(`${WELL}c00700`), told({ aggregator: '0 0.0.0.0' })],
  [
    'AGGREGATOR of 7',
    announced(`${WELL}c007070000fbf0c00002`),
    told({ aggregator: '64496 192.0.2.0' }),
  ],
  [
    'AS4_AGGREGATOR of 5',
    announced(`${ORIGIN}${PATH_2}${HOP}c007065ba0c0000202c012050000fbf1c0`, 1),
    told({ aggregator: '64497 192.0.0.0' }),
  ],
  // Next hops by their length.
  [
    'IPv6 over IPv4',
    bgp4mp(4, update('', cat(ORIGIN, PATH, reach(2, 'c0000209')), '')),
    told({ hop: '192.0.2.9' }).replace('203.0.113.0/24', '2001:db8::/32'),
  ],
  // IPv4 in tables whose next hop is in MP_REACH_NLRI (RFC 8950).
  ['short, IPv6', rib(2, NLRI, ORIGIN, PATH, short(V6)), held({ hop: '2001:db8::1' })],
  ['short, two', rib(2, NLRI, ORIGIN, PATH, short(V6 + V6)), held({ hop: '2001:db8::1' })],
  ['short, IPv4', rib(2, NLRI, ORIGIN, PATH, short('c0000209')), held({ hop: '192.0.2.9' })],
  ['whole', rib(2, NLRI, ORIGIN, PATH, reach(1, V6)), held({ hop: '2001:db8::1' })],
  ['it wins', rib(2, NLRI, WELL, short(V6)), held({ hop: '2001:db8::1' })],
  [
    'with a path identifier',
    rib(8, NLRI, WELL, short(V6)),
    held({ hop: '2001:db8::1' }).replace('DUMP2|', 'DUMP2_AP|').replace('/24|', '/24|7|'),
  ],
  ['IPv6 by IPv4', rib(4, NLRI_6, ORIGIN, PATH, short('c0000209')), held6({ hop: '192.0.2.9' })],
  ['of length 0', rib(4, NLRI_6, WELL, short('')), held6({})],
  ['empty', rib(4, NLRI_6, WELL, attribute(14)), held6({})],
  [
    'longer than it says',
    rib(4, NLRI_6, WELL, attribute(14, '10', V6, '00')),
    held6({ hop: '2001:db8::1' }),
  ],
  [
    'shorter than it says',
    rib(4, NLRI_6, WELL, attribute(14, '10', 'c0000209')),
    held6({ hop: 'c000:209::' }),
  ],
  // Tables of multicast look like others, and are not printed.
  ...[3, 5, 9, 11].map((subtype): Case => [`subtype ${subtype}`, rib(subtype, NLRI, WELL), '']),
  // What the collector sent.
  ['LOCAL', announced(ORIGIN + PATH_2 + HOP, 6), told({}, 'BGP4MP_LOCAL')],
  ['AS4_LOCAL', announced(WELL, 7), told({}, 'BGP4MP_LOCAL')],
  ...[10, 11].map(
    (subtype): Case => [
      `LOCAL_ADDPATH ${subtype}`,
      bgp4mp(subtype, update('', subtype === 11 ? WELL : ORIGIN + PATH_2 + HOP, `00000009${NLRI}`)),
      `BGP4MP_AP|1700000000|A|192.0.2.254|12654|203.0.113.0/24|9|${route({})}`,
    ],
  ),
  [
    'AS4_PATH of a route that was made anew',
    announced(
      `${ORIGIN}4002060202fbf05ba0${HOP}c00706fbf0c0000202c01208fa56ea01c0000202c0110602010000fbf1`,
      1,
    ),
    told({ path: '64496 23456', aggregator: '64496 192.0.2.2' }),
  ],
  ['a marker that is none', bgp4mp(4, cat('00', update('', WELL, NLRI).subarray(1))), ''],
  [
    'TABLE_DUMP with four octets',
    tableDump(3, WELL),
    `TABLE_DUMP|1700000000|B|192.0.2.9|4200000001|203.0.113.0/24|${route({})}`,
  ],
  // Paths that are none.
  ['an empty segment first', announced(path('0200 0201 0000fbf0')), told({})],
  ['an empty set', announced(path('0201 0000fbf0 0100')), told({ path: '64496 {}' })],
  ['and on', announced(path('0100 0201 0000fbf0')), told({ path: '{}64496' })],
  ['a type there is not', announced(path('0501 0000fbf0')), told({ path: '! Error !' })],
  ['too many ASNs', announced(path('0201 0000fbf0 0202 0000fbf0')), told({ path: '! Error !' })],
  ['half a segment', announced(path('0201 0000fbf0 02')), told({ path: '! Error !' })],
]

const MISREAD: readonly Case[] = [
  [
    'AS4_PATH behind several segments: it counts a set for its members, and confederations too',
    announced(cat(ORIGIN, attribute(2, '0301 fbf0 0202 1234 5ba0'), HOP, 'c0110602010000fbf1'), 1),
    told({ path: '(64496) 4660 64497' }),
  ],
  [
    'AS4_PATH that cannot be read: AS_PATH stands',
    announced(cat(ORIGIN, attribute(2, sets), HOP, 'c0110402010000'), 1),
    told({ path: '64496 23456 {23456,1}' }),
  ],
  [
    'AGGREGATOR of six octets among ASNs of four',
    announced(`${WELL}c00706fbf0c0000202`),
    told({ aggregator: '64496 192.0.2.2' }),
  ],
  [
    'AGGREGATOR of eight octets among ASNs of two (OpenBGPD)',
    announced(`${ORIGIN}${PATH_2}${HOP}c007080000fbf0c0000202`, 1),
    told({ aggregator: '64496 192.0.2.2' }),
  ],
  [
    'MED and LOCAL_PREF from 2³¹ on, negative for IPv4 in MP_REACH_NLRI',
    bgp4mp(4, update('', cat(ORIGIN, PATH, '80040480000000', '400504ffffffff', reach(1, V6)), '')),
    told({ hop: '2001:db8::1', med: 2 ** 31, pref: 2 ** 32 - 1 }),
  ],
  [
    'a line longer than it has room for',
    announced(cat(WELL, attribute(8, '00010002'.repeat(3_000)))),
    told({ communities: Array(3_000).fill('1:2').join(' ') }),
  ],
  ['COMMUNITIES without any: memory that is not its own', announced(`${WELL}c00800`), told({})],
  [
    'a next hop of twelve octets: it takes them for prefixes',
    bgp4mp(4, update('', cat(WELL, reach(2, V6.slice(8))), '')),
    '',
  ],
  ['an attribute that is there twice: it aborts', announced(`${WELL}40010102`), told({})],
  [
    'AGGREGATOR behind AS4_AGGREGATOR: it aborts',
    announced(`${ORIGIN}${PATH_2}${HOP}c012080000fbf1c0000202c00706fbf0c0000202`, 1),
    told({ aggregator: '64496 192.0.2.2' }),
  ],
  [
    'IPv6 that the collector withdraws from a peer of IPv4: the address of that as IPv6',
    bgp4mp(7, update('', attribute(15, '0002 01', NLRI_6), '')),
    'BGP4MP_LOCAL|1700000000|W|192.0.2.1|64496|2001:db8::/32\n',
  ],
  [
    'a prefix that is too long: nothing of it, nor of those behind it',
    bgp4mp(4, update('', WELL, `${NLRI}21cb0071ff80`)),
    told({}),
  ],
  [
    'TABLE_DUMP of IPv6 with ASNs of four octets: addresses as IPv4',
    tableDump(4, ORIGIN, PATH, short(V6)),
    `TABLE_DUMP|1700000000|B|2001:db8::9|4200000001|2001:db8::/24|${route({ hop: '2001:db8::1' })}`,
  ],
  [
    'TABLE_DUMP of IPv6 by way of IPv4: the next hop as IPv6',
    tableDump(2, ORIGIN, PATH_2, short('c0000209')),
    `TABLE_DUMP|1700000000|B|2001:db8::9|64496|2001:db8::/24|${route({ hop: '192.0.2.9' })}`,
  ],
  [
    'attributes that end in the middle of one: all of the record is left out',
    bgp4mp(4, update('', `${WELL}400504`, NLRI)),
    '',
  ],
]

const compares = describe.skipIf(noBgpdump !== '')

test.each([...SAME, ...MISREAD])('%s', (_, octets, text) => {
  expect(ours(octets).text).toBe(text)
})

test('nothing depends on what comes next', () => {
  for (const [, octets, text] of [...SAME, ...MISREAD])
    expect(ours(cat(octets, announced(WELL))).text).toBe(text + told({}))
})

compares(`bgpdump prints the same${noBgpdump}`, () => {
  test.each(SAME)('%s', (_, octets, text) => {
    expect(theirs(octets)).toEqual({ text, aborted: false })
  })
})

compares(`bgpdump misreads${noBgpdump}`, () => {
  test.each(MISREAD)('%s', (_, octets, text) => {
    expect(theirs(octets).text).not.toBe(text)
  })
})
