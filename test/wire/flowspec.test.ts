import { describe, expect, test } from 'vitest'
import { readAction, readRule, textOf } from '../../src/wire/flowspec.ts'
import { octets } from './updates.ts'

const read = (hex: string, afi: 4 | 6 = 4) => {
  const bytes = octets(hex)
  const rule = readRule(bytes, { from: 0, end: bytes.length }, afi)
  return (
    rule && [rule.destination ? textOf(rule.destination) : null, rule.match, rule.takes.join(' ')]
  )
}

describe('a rule', () => {
  // RFC 8955 §4.3.1 and §4.3.2, the examples.
  test.each([
    ['01180a0001 038106 04 8119', ['10.0.1.0/24', 'protocol 6 and port 25', '']],
    [
      '0118c00002 0208cb 04 0389 458b 911f90',
      ['192.0.2.0/24', 'source 203.0.0.0/8 and port >=137&<=139|8080', ''],
    ],
  ])('%s', (hex, expected) => expect(read(hex)).toEqual(expected))

  test.each([
    ['for all traffic to a network takes all', '0114c63360', 'bgp dns'],
    ['for all traffic to a host takes no service', '0120c6336407', ''],
    ['for port 53 of a host takes DNS', '0120c6336407 058135', 'dns'],
    ['for answers takes DNS too', '068135', 'dns'],
    ['for ports around it takes it', '038111 05 0300 d503ff', 'dns'],
    ['for ports around it, but TCP', '038106 05 0300 d503ff', 'bgp dns'],
    ['for others takes none', '0381060591 01bb', ''],
    ['for all but questions takes answers', '058635', 'bgp dns'],
    ['for ICMP takes none', '038101', ''],
    ['from a service to another port is not it', '058150 068135', ''],
  ])('%s', (_, hex, takes) => expect(read(hex)?.[2]).toBe(takes))

  test('hides the host it is from', () =>
    expect(read('0220cb007109')).toEqual([null, 'source 203.0.113.0/24', 'bgp dns']))

  test('in IPv6 has an offset with each prefix (RFC 8956 §3.1)', () => {
    expect(read('013000 20010db80007', 6)).toEqual(['2001:db8:7::/48', '', 'bgp dns'])
    // A pattern in the middle of an address is no prefix.
    expect(read('016840 1234567890 03813a', 6)?.[0]).toBeNull()
  })

  test('with flags and fragments, compared by mask', () =>
    expect(read('09 8102 0c 8202')?.[1]).toBe('tcp-flags 2 and fragment !2'))

  test.each(['01', '0121c6336407', '0120c633', '03', '0301', '0391', '0e8101', '008101', '013040'])(
    'cut or unknown: %s',
    (hex) => expect(read(hex)).toBeNull(),
  )

  test('is told in bounds, however long', () => {
    const many = `04${'0350'.repeat(900)}8350`
    expect(read(many)?.[1]?.toString().length).toBeLessThanOrEqual(160)
  })
})

describe('an action', () => {
  const action = (hex: string, six = '') => {
    const bytes = octets(hex + six)
    const middle = hex.length / 2
    return readAction(bytes, { from: 0, end: middle }, { from: middle, end: bytes.length })
  }
  test.each([
    ['8006fbf400000000', 'discard'],
    ['8006fbf4bf800000', 'discard'], // less than nothing
    ['8006fbf47fc00000', 'discard'], // no number
    ['800cfbf400000000', 'discard'],
    ['8006fbf4461c4000', 'rate-limit'],
    ['8008fbf400000001', 'redirect'],
    ['8108c00002010001', 'redirect'],
    ['8009000000000028', 'mark'],
    ['8009000000000028800600000000000080080000000000ff', 'discard'],
    ['0002fbf400000001', 'accept'],
    ['', 'accept'],
    ['800600', 'accept'],
  ])('%s is %s', (hex, expected) => expect(action(hex)).toBe(expected))

  test('may be in communities with IPv6 addresses', () =>
    expect(action('', `000d${'20010db8'.padEnd(32, '0')}0000`)).toBe('redirect'))
})
