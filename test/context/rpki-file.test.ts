import { describe, expect, test } from 'vitest'
import { readRpkiFile } from '../../src/context/rpki-file.ts'
import { parseInstant } from '../../src/core/time.ts'

const rpkiClient = JSON.stringify(
  {
    metadata: { buildmachine: 'example', buildtime: '2024-10-29T00:10:00Z', vrps: 2 },
    roas: [
      { asn: 13335, prefix: '1.1.1.0/24', maxLength: 24, ta: 'apnic', expires: 1730160000 },
      { asn: 64500, prefix: '2001:DB8::/32', maxLength: 48, ta: 'ripe', expires: 1730160001 },
    ],
    aspas: [{ customer_asid: 64500, expires: 1730160000, providers: [64501, 64502] }],
  },
  null,
  1,
)

const routinator = JSON.stringify({
  metadata: { generated: 1730160600, generatedTime: '2024-10-29T00:10:00Z' },
  roas: [
    { asn: 'AS13335', prefix: '1.1.1.0/24', maxLength: 24, ta: 'apnic' },
    { asn: 'AS64500', prefix: '2001:db8::/32', maxLength: 48, ta: 'ripe' },
  ],
  routerKeys: [],
  aspas: [{ customer: 'AS64500', providers: ['AS64501', 'AS64502'], ta: 'ripe' }],
})

describe('what validators write', () => {
  test('rpki-client', () => {
    expect(readRpkiFile(rpkiClient)).toEqual({
      date: parseInstant('2024-10-29T00:10:00Z'),
      content:
        '13335 1.1.1.0/24 24 1730160000 apnic\n64500 2001:db8::/32 48 1730160001 ripe\nA 64500 64501 64502',
      faults: [],
      more: 0,
    })
  })

  test('Routinator', () => {
    expect(readRpkiFile(routinator)).toEqual({
      ...readRpkiFile(rpkiClient.replace(/,\s*"expires": \d+(?=\s*\})/g, '')),
    })
    expect(readRpkiFile(routinator.replace(/"generatedTime":"[^"]+"/, '"x":0')).date).toBe(
      parseInstant('2024-10-29T00:10:00Z'),
    )
  })

  test('CSV with a head, without one, and of an AS0', () => {
    const head =
      'ASN,IP Prefix,Max Length,Trust Anchor,Expires\nAS0,192.0.2.0/24,24,ripe,1730160000\n'
    expect(readRpkiFile(head)).toMatchObject({
      date: null,
      content: '0 192.0.2.0/24 24 1730160000 ripe',
    })
    const bare = '16079,194.209.159.0/24,24,True\r\n64500,2001:db8::/32,\n64501,192.0.2.7,32,True\n'
    expect(readRpkiFile(bare)).toMatchObject({
      content:
        '16079 194.209.159.0/24 24 0 -\n64500 2001:db8::/32 32 0 -\n64501 192.0.2.7/32 32 0 -',
      faults: [],
    })
  })

  test('without a date it has none; nobody invents one', () => {
    expect(readRpkiFile('{"roas":[]}').date).toBeNull()
    expect(readRpkiFile('{"metadata":{"buildtime":"soon"},"roas":[]}').date).toBeNull()
  })
})

describe('faults', () => {
  test('of records are told all at once, with the line each stands on', () => {
    const text = `{"metadata": {"x": [1, 2]},
 "roas": [
  {"asn": "AS1", "prefix": "192.0.2.0/24", "maxLength": 24},
  {"asn": "ASx", "prefix": "192.0.2.0/24", "maxLength": 24},
  {"asn": 1, "prefix": "192.0.2.1/24", "maxLength": 24}, {"asn": 1, "prefix": "}], [\\"", "maxLength": 24},
  {"asn": 1, "prefix": "192.0.2.0/24", "maxLength": 23},
  7
 ],
 "aspas": [{"customer_asid": 1,
   "providers": ["x"]}]}`
    expect(readRpkiFile(text).faults).toEqual([
      { line: 4, why: 'roas[1] asn must be an AS number, not "ASx"' },
      { line: 5, why: 'roas[2] prefix "192.0.2.1/24" has bits set behind its length' },
      { line: 5, why: 'roas[3] prefix must be a prefix, not "}], [\\""' },
      { line: 6, why: 'roas[4] maxLength must be from 24 to 32, not 23' },
      { line: 7, why: 'roas[5] must be an object, not 7' },
      { line: 9, why: 'aspas[0] provider must be an AS number, not "x"' },
    ])
  })

  test('are bounded', () => {
    const roas = Array.from({ length: 100 }, () => ({ asn: -1, prefix: '192.0.2.0/24' }))
    const { faults, more } = readRpkiFile(JSON.stringify({ roas }))
    expect([faults.length, more]).toEqual([20, 80])
    const csv = readRpkiFile('64500,192.0.2.0/24,33\n'.repeat(100))
    expect([csv.faults.length, csv.more]).toEqual([20, 80])
    expect(csv.faults[1]).toEqual({ line: 2, why: 'maxLength must be from 24 to 32, not "33"' })
  })

  test.each<[string, string, number]>([
    ['text that ends in the middle', '{"roas": [\n{"asn": 1,\n', 3],
    ['another JSON', '{"prefixes": []}', 1],
    ['a list', '[1, 2]', 1],
    ['nothing', '', 0],
    ['a sentence', 'this is no CSV', 1],
  ])('%s', (_, text, line) => {
    const { faults, content } = readRpkiFile(text)
    expect(content).toBe('')
    expect(faults).toHaveLength(1)
    expect(faults[0]?.line).toBe(line)
  })
})
