import { expect, test } from 'vitest'
import { UpdateParts } from '../../src/wire/update-parts.ts'
import { attribute, communities, nextHop, nlri, octets, reach, unreach, update } from './updates.ts'

const parts = new UpdateParts()
const hex = ({ from, end }: { from: number; end: number }) =>
  Buffer.from(parts.bytes.subarray(from, end)).toString('hex')

test('finds each part of an UPDATE', () => {
  const routes = nlri('198.51.100.0/24')
  const attributes =
    nextHop('c0000201') +
    communities('65535:666') +
    attribute(16, '8006000000000000') +
    attribute(32, '0000fbf40000029a00000000') +
    reach('2/1', '01'.repeat(16), nlri('2001:db8::/32')) +
    unreach('1/133', '03038111')
  expect(parts.read(update({ withdrawn: nlri('192.0.2.0/24'), attributes, nlri: routes }))).toBe(
    true,
  )
  expect(hex(parts.withdrawn)).toBe('18c00002')
  expect(hex(parts.nlri)).toBe(routes)
  expect(hex(parts.nextHop)).toBe('c0000201')
  expect(hex(parts.communities)).toBe('ffff029a')
  expect(hex(parts.extended)).toBe('8006000000000000')
  expect(hex(parts.large)).toBe('0000fbf40000029a00000000')
  expect([parts.reach.afi, parts.reach.safi, hex(parts.reachHop)]).toEqual([2, 1, '01'.repeat(16)])
  expect(hex(parts.reach)).toBe('2020010db8')
  expect([parts.unreach.afi, parts.unreach.safi, hex(parts.unreach)]).toEqual([1, 133, '03038111'])
})

test('keeps nothing of the message before', () => {
  parts.read(update({ attributes: communities('65535:666') + unreach('1/133', '03038111') }))
  expect(parts.read(update({ nlri: nlri('192.0.2.0/24') }))).toBe(true)
  expect([hex(parts.communities), parts.unreach.safi, hex(parts.unreach)]).toEqual(['', 0, ''])
})

test('takes the first of a repeated attribute, and no repeated MP attribute', () => {
  expect(parts.read(update({ attributes: communities('1:1') + communities('2:2') }))).toBe(true)
  expect(hex(parts.communities)).toBe('00010001')
  expect(parts.read(update({ attributes: unreach('1/1', '') + unreach('1/1', '') }))).toBe(false)
})

test.each([
  ['a KEEPALIVE', `${'ff'.repeat(16)}001304`],
  ['a length that is not its own', `${'ff'.repeat(16)}00180200000000`],
  ['withdrawn routes beyond the end', `${'ff'.repeat(16)}00170200050000`],
  ['attributes beyond the end', `${'ff'.repeat(16)}00170200000005`],
  ['an attribute beyond its list', `${'ff'.repeat(16)}001b0200000004c0080410`],
  ['an MP_REACH_NLRI cut in its next hop', `${'ff'.repeat(16)}001f0200000008800e0500010104c0`],
  ['nothing', ''],
])('refuses %s', (_, text) => expect(parts.read(octets(text))).toBe(false))
