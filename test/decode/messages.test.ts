import { describe, expect, test } from 'vitest'
import { decodeLine, formats } from '../../src/decode/lines.ts'
import { Dice } from '../../src/scenario/dice.ts'

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

describe('BMP', () => {
  const bmp = (type: number, body: string) =>
    `03${octets(6 + body.length / 2, 4)}${octets(type, 1)}${body}`
  const peer = (flags = 0, type = 0) =>
    `${octets(type, 1)}${octets(flags, 1)}${'00'.repeat(8)}${'00'.repeat(12)}c0000201` +
    `${octets(64_496, 4)}c00002010000000000000000`
  const open = (capability: string) => {
    const parameter = capability === '' ? '' : `02${octets(capability.length / 2, 1)}${capability}`
    return bgp(1, `04fbf000b4c0000201${octets(parameter.length / 2, 1)}${parameter}`)
  }
  const up = (sent: string, received: string, flags = 0) =>
    bmp(3, `${peer(flags)}${'00'.repeat(16)}00b300b3${open(sent)}${open(received)}`)
  const route = (flags = 0) =>
    bmp(0, peer(flags) + bgp(2, '000000144001010040020602010000fbf0400304c00002010000000918cb0071'))
  const stream = (...messages: string[]) =>
    decodeLine('bmp', JSON.stringify({ hex: messages.join(''), ctx: { stream: true } })) as {
      messages: { bgp?: { announced: unknown[]; error?: string } }[]
    }
  const [receives, sends] = ['450400010101', '450400010102']

  test('path identifiers are read when the OPENs agree on them', () => {
    const { messages } = stream(up(receives, sends), route())
    expect(messages[1]?.bgp?.announced).toMatchObject([{ pathId: 9, prefix: '203.0.113.0/24' }])
  })
  test('in the other direction for what a router sends', () => {
    const out = 0x10
    const { messages } = stream(up(sends, receives, out), route(out))
    expect(messages[1]?.bgp?.announced).toMatchObject([{ pathId: 9 }])
  })
  test('not when only one side wanted them', () => {
    const { messages } = stream(up(receives, ''), route())
    // Read as it was agreed it makes no sense, and costs itself.
    expect(messages[1]).toEqual({ error: expect.any(String) })
  })
  test('without a Peer Up: where nothing else makes sense, and from then on', () => {
    const { messages } = stream(route(), route())
    for (const { bgp } of messages) expect(bgp?.announced).toMatchObject([{ pathId: 9 }])
  })
  test('2-octet ASNs that nobody announced', () => {
    const hex = bmp(
      0,
      peer() + bgp(2, '000000124001010040020402 01fbf0400304c000020118cb0071'.replace(' ', '')),
    )
    expect(decodeLine('bmp', hex)).toMatchObject({ bgp: { path: '64496' } })
  })
  test('what is missing is a warning: routers leave things out', () => {
    const hex = bmp(0, peer() + bgp(2, '000000044001010018cb0071'))
    expect(decodeLine('bmp', hex)).toMatchObject({
      bgp: { malformed: [{ attr: 2, action: 'warn' }, { attr: 3 }], treatAsWithdraw: false },
    })
  })
  test('Termination, Route Mirroring, Peer Down with what the peer said', () => {
    expect(decodeLine('bmp', bmp(5, '000100020001'))).toMatchObject({
      msg: 'TERMINATION',
      tlvs: [{ type: 1, reason: 1 }],
    })
    expect(decodeLine('bmp', bmp(6, `${peer()}000100020001`))).toMatchObject({
      msg: 'ROUTE_MIRRORING',
      tlvs: [{ type: 1, code: 1 }],
    })
    expect(decodeLine('bmp', bmp(2, `${peer()}01${bgp(3, '0602')}`))).toMatchObject({
      msg: 'PEER_DOWN',
      reason: 1,
      notification: { type: 'NOTIFICATION', code: 6 },
    })
    expect(decodeLine('bmp', bmp(9, ''))).toMatchObject({ msg: 'UNKNOWN', type: 9 })
  })
  test('a stream that is cut off tells what came before', () => {
    const whole = bmp(4, '')
    expect(stream(whole, whole.slice(0, 8))).toMatchObject({
      messages: [{ msg: 'INITIATION' }],
      truncated: true,
    })
  })
})

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

describe('lines', () => {
  test.each(formats)('%s: what is nothing is an error, on one line', (format) => {
    for (const line of ['', 'zz', 'abc', '{', '{}', '[]', '{"hex":1}', '{"hex":""}', 'null']) {
      const told = JSON.stringify(decodeLine(format, line))
      expect(told).toMatch(/^\{"error":".+"\}$/)
      expect(told).not.toContain('\n')
    }
  })

  test.each(formats)('%s: random octets never throw', (format) => {
    const dice = new Dice(`decode ${format}`)
    let errors = 0
    for (let i = 0; i < 3_000; i++) {
      const bytes = Buffer.from(Array.from({ length: dice.int(1, 80) }, () => dice.int(0, 255)))
      const line = format === 'rislive' ? bytes.toString('latin1') : bytes.toString('hex')
      if ('error' in decodeLine(format, line)) errors++
    }
    expect(errors).toBeGreaterThan(1_000)
  })
})
