import { expect, it } from 'vitest'
import { parseAddress } from '../../src/core/prefix.ts'
import { AddressReader } from '../../src/wire/flow-address.ts'
import { noise } from './octets.ts'

it('a text is an address exactly when core says so, and the same one', () => {
  const next = noise(11)
  const reader = new AddressReader()
  const alphabet = '0123456789abcdefABF:::...//g '
  const seeds = [
    '192.0.2.1',
    '0.0.0.0',
    '255.255.255.255',
    '::',
    '::1',
    '1::',
    '2001:db8::',
    '1:2:3:4:5:6:7:8',
    '1::8',
    '1:2:3:4:5:6:7::',
    '::2:3:4:5:6:7:8',
    '::ffff:192.0.2.1',
    '64:ff9b::192.0.2.33',
    'fe80::abcd:0:1',
    '2a12:ca42:0:0:0:0:0:0',
  ]
  let good = 0
  for (let i = 0; i < 60_000; i++) {
    let text = seeds[i % seeds.length] as string
    for (let n = 0; n < i % 4; n++) {
      const at = next(text.length + 1)
      const what = alphabet[next(alphabet.length)] as string
      text = text.slice(0, at) + (next(3) ? what : '') + text.slice(at + next(2))
    }
    const expected = parseAddress(text)
    const family = reader.read(text)
    expect([text, family]).toEqual([text, expected?.afi ?? 0])
    if (!expected) continue
    good++
    expect([text, ...reader.words]).toEqual([text, ...expected.words])
  }
  expect(good).toBeGreaterThan(20_000)
})
