import { describe, expect, test } from 'vitest'
import { decodeLine } from '../../src/decode/lines.ts'

const MARKER = 'ff'.repeat(16)
const octets = (n: number, width: number): string => n.toString(16).padStart(width * 2, '0')
const bgp = (type: number, body: string) =>
  `${MARKER}${octets(19 + body.length / 2, 2)}${octets(type, 1)}${body}`

describe('BGP', () => {
  test('words of whoever shut a session down', () => {
    const text = Buffer.from('see you').toString('hex')
    expect(decodeLine('bgp', bgp(3, `0602${octets(7, 1)}${text}`))).toMatchObject({
      type: 'NOTIFICATION',
      code: 6,
      subcode: 2,
      text: 'see you',
    })
    expect(decodeLine('bgp', bgp(3, '0400'))).toEqual({
      type: 'NOTIFICATION',
      code: 4,
      subcode: 0,
      data: '',
    })
  })
  test('ROUTE-REFRESH, KEEPALIVE, and what is neither', () => {
    expect(decodeLine('bgp', bgp(5, '00010001'))).toEqual({
      type: 'ROUTE_REFRESH',
      afi: 1,
      subtype: 0,
      safi: 1,
    })
    expect(decodeLine('bgp', bgp(4, ''))).toEqual({ type: 'KEEPALIVE' })
    expect(decodeLine('bgp', bgp(4, '00'))).toEqual({ error: expect.any(String) })
    expect(decodeLine('bgp', bgp(9, ''))).toEqual({ error: 'message type 9' })
    expect(decodeLine('bgp', `${bgp(4, '')}0102`)).toEqual({ type: 'KEEPALIVE', trailing: 2 })
  })
  test('OPEN with wide parameters (RFC 9072)', () => {
    const capability = `4104${octets(65_537, 4)}`
    const parameters = `02${octets(capability.length / 2, 2)}${capability}`
    const body = `04fbf000b4c0000201ffff${octets(parameters.length / 2, 2)}${parameters}`
    expect(decodeLine('bgp', bgp(1, body))).toMatchObject({ asn: 64_496, as4: 65_537 })
  })
  test('messages beyond 4,096 octets (RFC 8654)', () => {
    const nlri = Array.from({ length: 4_000 }, (_, i) => `18cb${octets(i, 2)}`).join('')
    const attributes = '4001010040020602010000fbf0400304c0000201'
    const hex = bgp(2, `0000${octets(attributes.length / 2, 2)}${attributes}${nlri}`)
    expect(decodeLine('bgp', hex)).toMatchObject({ announced: { length: 4_000 } })
  })
})
