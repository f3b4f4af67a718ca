import { describe, expect, test } from 'vitest'
import { decodeLine } from '../../src/decode/lines.ts'

const MARKER = 'ff'.repeat(16)
const octets = (n: number, width: number): string => n.toString(16).padStart(width * 2, '0')
const bgp = (type: number, body: string) =>
  `${MARKER}${octets(19 + body.length / 2, 2)}${octets(type, 1)}${body}`

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
  const defaults = (flags = 0) =>
    bmp(0, peer(flags) + bgp(2, '000000144001010040020602010000fbf0400304c00002010000000000'))
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
  test.each([0x10, 0x40, 0x50])('for every view of a session, flags %i', (flags) => {
    const both = '450400010103'
    // Also to be read without path identifiers, and then it means something else.
    const { messages } = stream(up(both, both), defaults(), defaults(flags))
    for (const { bgp } of messages.slice(1))
      expect(bgp?.announced).toMatchObject([{ pathId: 0, prefix: '0.0.0.0/0' }])
  })
  test('a direction in which they did not agree has none, whatever Peer Up says of views', () => {
    const [pre, post] = stream(up(receives, sends, 0x10), route(), route(0x50)).messages.slice(1)
    expect(pre?.bgp?.announced).toMatchObject([{ pathId: 9 }])
    expect(post).toEqual({ error: expect.any(String) })
  })
  test('Peer Down ends what was agreed, for all views', () => {
    const both = '450400010103'
    const down = bmp(2, `${peer()}020018`)
    const { messages } = stream(up(both, both), down, defaults(0x40), defaults(0x10))
    for (const { bgp } of messages.slice(2)) expect(bgp?.announced.length).toBe(5)
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
    const wrong = bgp(2, '000000000021cb007100')
    expect(
      decodeLine(
        'bmp',
        bmp(6, `${peer()}000100020000${`0000${octets(wrong.length / 2, 2)}${wrong}`}`),
      ),
    ).toMatchObject({
      msg: 'ROUTE_MIRRORING',
      tlvs: [
        { type: 1, code: 0 },
        { type: 0, hex: wrong, error: expect.any(String) },
      ],
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
