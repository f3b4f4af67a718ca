import { describe, expect, test } from 'vitest'
import { decodeLine } from '../../src/decode/lines.ts'

const octets = (n: number, width: number): string => n.toString(16).padStart(width * 2, '0')

describe('MRT', () => {
  const record = (type: number, subtype: number, body: string) =>
    `6553f100${octets(type, 2)}${octets(subtype, 2)}${octets(body.length / 2, 4)}${body}`
  const attributes = '4001010040020602010000fbf0'

  test('RIB_GENERIC', () => {
    const entry = `0000${octets(1_700_000_000, 4)}${octets(attributes.length / 2, 2)}${attributes}`
    const body = `00000007000101 18cb0071 0001 ${entry}`.replace(/ /g, '')
    expect(decodeLine('mrt', record(13, 6, body))).toMatchObject({
      records: [{ kind: 'RIB', afi: 1, safi: 1, prefix: '203.0.113.0/24', entries: { length: 1 } }],
    })
    expect(decodeLine('mrt', record(13, 6, '00000007001980 00'.replace(' ', '')))).toMatchObject({
      records: [{ afi: 25, safi: 128, bodyHex: '00' }],
    })
  })
  test('BGP4MP_ENTRY, which nobody should write any more', () => {
    const two = '4001010040020402 01fbf0'.replace(' ', '')
    const body =
      `fbf0fde8 0000 0001 c0000201 c0000202 0000 0001 6553f100 0001 01 04c0000203 18cb0071 ` +
      `${octets(two.length / 2, 2)}${two}`
    expect(decodeLine('mrt', record(16, 2, body.replace(/ /g, '')))).toMatchObject({
      records: [{ kind: 'ENTRY', prefix: '203.0.113.0/24', nextHop: '192.0.2.3', path: '64496' }],
    })
  })
  test('a bad record costs itself, an unknown one is told as it is', () => {
    const bad = record(16, 4, '00')
    expect(decodeLine('mrt', bad)).toEqual({ error: expect.any(String) })
    expect(decodeLine('mrt', record(11, 0, 'ab') + bad)).toEqual({
      records: [{ timestamp: 1_700_000_000, type: 11, subtype: 0, bodyHex: 'ab' }],
      recordErrors: 1,
    })
    expect(decodeLine('mrt', bad.slice(0, 10))).toEqual({ error: expect.any(String) })
  })
})
