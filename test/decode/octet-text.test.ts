import { isIPv6 } from 'node:net'
import { describe, expect, test } from 'vitest'
import { OctetText } from '../../src/decode/octet-text.ts'
import { Dice } from '../../src/scenario/dice.ts'

/** What is written, as one string, and in how many goes it went out. */
function written(write: (out: OctetText) => void): { text: string; goes: number } {
  let text = ''
  let goes = 0
  const out = new OctetText((octets) => {
    text += Buffer.from(octets).toString('latin1')
    goes++
  })
  write(out)
  out.flush()
  return { text, goes }
}

/** As others spell it. */
const canonical = (address: string): string => new URL(`http://[${address}]/`).hostname

const edges = Array.from({ length: 10 }, (_, i) => 10 ** i)

test.each([0, 255, 256, 999, 2 ** 31, 2 ** 32 - 1, ...edges, ...edges.map((n) => n - 1)])(
  'the number %i',
  (n) => {
    expect(written((out) => out.number(n)).text).toBe(String(n))
  },
)

test.each([0, 7, 136_436, 999_999])('%i microseconds have six digits', (n) => {
  expect(written((out) => out.micros(n)).text).toBe(String(n).padStart(6, '0'))
})

test('more microseconds than a second has keep their digits', () => {
  expect(written((out) => out.micros(2 ** 32 - 1)).text).toBe('4294967295')
})

describe('IPv6 as bgpdump writes it', () => {
  const v6 = (hex: string, count = 16) =>
    written((out) => out.ipv6(Buffer.from(hex.padEnd(32, '0'), 'hex'), 0, count)).text

  test.each([
    ['', '::'],
    ['00000000000000000000000000000001', '::1'],
    ['20010db8', '2001:db8::'],
    ['200107f8003000000002000100008447', '2001:7f8:30::2:1:0:8447'],
    ['20010db8000000010000000000000001', '2001:db8:0:1::1'],
    ['00000000000000000000ffffc1000038', '::ffff:193.0.0.56'],
    ['000000000000000000000000c1000038', '::193.0.0.56'],
    ['00000000000000000000000000000038', '::0.0.0.56'],
    ['000000000000000000000000ffff0000', '::255.255.0.0'],
    ['ffffffffffffffffffffffffffffffff', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
    ['00010002000300040005000600070000', '1:2:3:4:5:6:7::'],
  ])('%s', (hex, text) => {
    expect(v6(hex)).toBe(text)
  })

  test('whatever it is, it means the same address', () => {
    const dice = new Dice('ipv6')
    for (let i = 0; i < 5_000; i++) {
      const groups = Array.from({ length: 8 }, () => (dice.chance(0.5) ? 0 : dice.int(1, 0xffff)))
      const hex = groups.map((group) => group.toString(16).padStart(4, '0')).join('')
      const text = v6(hex)
      expect(isIPv6(text), text).toBe(true)
      const plain = groups.map((group) => group.toString(16)).join(':')
      expect(canonical(text)).toBe(canonical(plain))
    }
  })

  test('octets that a short prefix does not have are zero', () => {
    expect(v6('20010db8ffff', 4)).toBe('2001:db8::')
  })
})

test('what was written can be taken back, as far as it has not gone out', () => {
  const { text, goes } = written((out) => {
    out.text('kept|')
    const before = out.written
    out.text('gone')
    out.back(before)
    out.text('more')
    while (!out.pass()) out.text('x'.repeat(1_000))
    out.back(before)
    out.text('end')
  })
  expect([text.slice(0, 9), text.slice(-4), goes]).toEqual(['kept|more', 'xend', 2])
})
