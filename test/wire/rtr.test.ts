import { describe, expect, test } from 'vitest'
import { errorReport, type RtrPdu, RtrReader, resetQuery, serialQuery } from '../../src/wire/rtr.ts'

const octets = (hex: string): Uint8Array => Buffer.from(hex.replaceAll(' ', ''), 'hex')
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

const readAll = (hex: string): RtrPdu[] => [...new RtrReader().read(octets(hex))]
const one = (hex: string): Partial<RtrPdu> => {
  const [first, ...more] = readAll(hex)
  if (!first || more.length > 0) throw new Error('not one')
  const { octets: _, ...rest } = first
  return rest
}

describe('PDUs', () => {
  test.each([
    ['01 00 1234 0000000c 00000005', { version: 1, type: 'notify', session: 0x1234, serial: 5 }],
    ['01 03 1234 00000008', { version: 1, type: 'response', session: 0x1234 }],
    ['01 08 0000 00000008', { version: 1, type: 'reset' }],
    [
      '00 04 0000 00000014 01 10 18 00 c6330000 0000fbf4',
      { version: 0, type: 'vrp', announced: true, line: '64500 198.51.0.0/16 24 0 -' },
    ],
    [
      '01 06 0000 00000020 00 20 30 00 20010db8 00000000 00000000 00000000 fffffffe',
      { version: 1, type: 'vrp', announced: false, line: '4294967294 2001:db8::/32 48 0 -' },
    ],
    [
      '00 07 0001 0000000c 00000009',
      { version: 0, type: 'end', session: 1, serial: 9, times: null },
    ],
    [
      '01 07 0001 00000018 ffffffff 00000e10 00000258 00001c20',
      {
        version: 1,
        type: 'end',
        session: 1,
        serial: 4294967295,
        times: { refresh: 3600, retry: 600, expire: 7200 },
      },
    ],
    [
      '01 09 0100 00000020 00000000 00000000 00000000 00000000 00000000 0000fbf4',
      { version: 1, type: 'router-key' },
    ],
    // As the draft has it now: flags in the header.
    [
      '02 0b 0100 00000014 0000fbf0 0000fbfd 00000d1c',
      {
        version: 2,
        type: 'aspa',
        announced: true,
        customer: '64496',
        providers: 2,
        line: 'A 64496 3356 64509',
      },
    ],
    [
      '02 0b 0000 0000000c 0000fbf0',
      {
        version: 2,
        type: 'aspa',
        announced: false,
        customer: '64496',
        providers: 0,
        line: 'A 64496 ',
      },
    ],
    // As StayRTR 0.5.1 sends it, caught on the wire.
    [
      '02 0b 0000 00000018 01 00 0002 0000fbf0 00000d1c 0000fbfd',
      {
        version: 2,
        type: 'aspa',
        announced: true,
        customer: '64496 0',
        providers: 2,
        line: 'A 64496 3356 64509',
      },
    ],
    [
      '01 0a 0004 00000015 00000000 00000005 68656c6c0a',
      { version: 1, type: 'error', code: 4, text: 'hell?' },
    ],
    // Lengths inside an error report that cannot be are no reason for another one.
    ['01 0a 0002 00000010 ffffffff 00000000', { version: 1, type: 'error', code: 2, text: '' }],
    ['01 0a 0002 00000008', { version: 1, type: 'error', code: 2, text: '' }],
  ])('%s', (hex, found) => {
    expect(one(hex)).toEqual(found)
  })

  test.each([
    ['too short to be one', '01 03 0000 00000007', 0],
    ['too long to be one', '01 03 0000 00100000', 0],
    ['a response that is longer', '01 03 0000 0000000c 00000000', 0],
    ['a notify without a serial', '01 00 0000 00000008', 0],
    [
      'an end of data of version 0 with times',
      '00 07 0001 00000018 00000009 00000000 00000000 00000000',
      0,
    ],
    ['a prefix of the other family', '01 06 0000 00000014 01 10 18 00 c6330000 0000fbf4', 0],
    ['a length beyond the maximal one', '01 04 0000 00000014 01 19 18 00 c6330000 0000fbf4', 0],
    ['a maximal length beyond the family', '01 04 0000 00000014 01 10 21 00 c6330000 0000fbf4', 0],
    ['bits behind the length', '01 04 0000 00000014 01 10 18 00 c6336400 0000fbf4', 0],
    ['a version nobody knows', '03 03 0000 00000008', 4],
    ['a type nobody knows', '01 0c 0000 00000008', 5],
    ['a router key in version 0', '00 09 0000 00000020 0000 0000', null],
    ['an ASPA in version 1', '01 0b 0100 00000010 0000fbf0 00000d1c', 5],
    ['an ASPA that attests nothing', '02 0b 0100 0000000c 0000fbf0', 9],
    [
      'an ASPA of another number of providers',
      '02 0b 0000 00000014 01 00 0002 0000fbf0 00000d1c',
      0,
    ],
  ])('%s', (_, hex, code) => {
    // One that is not whole is waited for.
    if (code === null) expect(readAll(hex)).toEqual([])
    else expect(one(hex)).toMatchObject({ type: 'bad', code })
  })

  test('cut anywhere, the same comes out', () => {
    const all = octets(
      '01 03 1234 00000008 01 04 0000 00000014 01 10 18 00 c6330000 0000fbf4 01 07 0001 00000018 00000001 00000e10 00000258 00001c20',
    )
    const types = (reader: RtrReader, parts: Uint8Array[]) =>
      parts.flatMap((part) => [...reader.read(part)].map(({ type }) => type))
    for (let cut = 0; cut <= all.length; cut++)
      expect(types(new RtrReader(), [all.subarray(0, cut), all.subarray(cut)])).toEqual([
        'response',
        'vrp',
        'end',
      ])
    const each = [...all].map((octet) => Uint8Array.of(octet))
    expect(types(new RtrReader(), each)).toEqual(['response', 'vrp', 'end'])
  })

  test('after a bad one nothing is read any more', () => {
    expect(readAll('01 0c 0000 00000008 01 03 1234 00000008').map(({ type }) => type)).toEqual([
      'bad',
    ])
  })
})

test('questions and complaints are as RFC 8210 has them', () => {
  expect(text(resetQuery(1))).toBe('0102000000000008')
  expect(text(serialQuery(2, 0x1234, 0xfffffffe))).toBe('020112340000000cfffffffe')
  const wrong = octets('01 0c 0000 00000008')
  expect(text(errorReport(1, 5, wrong, 'no'))).toBe(
    '010a00050000001a00000008010c000000000008000000026e6f',
  )
  expect([...new RtrReader().read(errorReport(1, 5, wrong, 'no'))]).toMatchObject([
    { type: 'error', code: 5, text: 'no' },
  ])
})
