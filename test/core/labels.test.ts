import { expect, test } from 'vitest'
import { blockOf, compareLabels, hostsIn, readLabels, withoutHosts } from '../../src/core/labels.ts'

test('labels come in order of their names, whatever the order given', () => {
  const one = readLabels({ b: '2', a: '1', c: '' })
  expect(JSON.stringify(one)).toBe('{"a":"1","b":"2"}')
  expect(readLabels(undefined)).toEqual({})
  expect(readLabels([])).toMatch(/must be a group/)
})

test('a single host is its block; what is no host stays', () => {
  const blocks = {
    '192.0.2.77': '192.0.2.0/24',
    '192.0.2.77/32': '192.0.2.0/24',
    '192.0.2.0/24': '192.0.2.0/24',
    '192.0.2.77/24': '192.0.2.0/24',
    '192.0.0.0/16': '192.0.0.0/16',
    '2001:db8:1:2::3': '2001:db8:1::/48',
    '2001:db8::/32': '2001:db8::/32',
    ae0: 'ae0',
    '10.0.0.1:9100': '10.0.0.1:9100',
  }
  for (const [text, block] of Object.entries(blocks)) expect(blockOf(text)).toBe(block)
})

test('equipment may be named by its address, others may not', () => {
  const address = '192.0.2.1'
  expect(hostsIn({ router: address, resolver: address, peer: address })).toEqual([])
  expect(hostsIn({ source: address, link: 'ae0', victims: `192.0.2.0/24,${address}` })).toEqual([
    'source',
    'victims',
  ])
})

test('an order by content is total', () => {
  const all = [{}, { a: '1' }, { a: '1', b: '1' }, { a: '2' }, { b: '0' }]
  for (const [i, a] of all.entries())
    for (const [j, b] of all.entries())
      expect(Math.sign(compareLabels(a, { ...b }))).toBe(Math.sign(i - j))
})

test('addresses in the middle of a text are found, times are none', () => {
  const said = {
    'to 192.0.2.77.': 'to 192.0.2.0/24.',
    'to 192.0.2.77:80, 192.0.2.9/32': 'to 192.0.2.0/24:80, 192.0.2.0/24',
    '[2001:db8:1:2::3]:80 at 02:16:00': '[2001:db8:1::/48]:80 at 02:16:00',
    'aa:bb:cc:dd:ee:ff, 1.2.3, CHG-2231': 'aa:bb:cc:dd:ee:ff, 1.2.3, CHG-2231',
  }
  for (const [text, told] of Object.entries(said)) {
    expect(withoutHosts(text)).toBe(told)
    expect(withoutHosts(told)).toBe(told)
  }
})
