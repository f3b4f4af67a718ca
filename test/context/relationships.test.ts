import { describe, expect, test } from 'vitest'
import { Relationships } from '../../src/context/relationships.ts'
import { readRelationshipsFile } from '../../src/context/relationships-file.ts'
import { parseInstant } from '../../src/core/time.ts'

describe('relationships', () => {
  test('are told from either side', () => {
    const known = new Relationships()
    known.add(3356, 64500, 'provider')
    known.add(64500, 64501, 'provider')
    known.add(64501, 64502, 'peer')
    known.add(64503, 64502, 'sibling')
    expect(known.relation(3356, 64500)).toBe('provider')
    expect(known.relation(64500, 3356)).toBe('customer')
    expect(known.relation(64501, 64500)).toBe('customer')
    expect(known.relation(64502, 64501)).toBe('peer')
    expect(known.relation(64502, 64503)).toBe('sibling')
    expect(known.relation(3356, 64501)).toBeUndefined()
    expect(known.relation(3356, 3356)).toBeUndefined()
  })

  test('what was said first stands, and contradictions are counted', () => {
    const known = new Relationships()
    known.add(1, 2, 'provider')
    known.add(2, 1, 'customer')
    known.add(2, 1, 'provider')
    expect(known.relation(1, 2)).toBe('provider')
    expect([known.count, known.contradictions]).toEqual([1, 1])
  })

  test('holds many, of numbers above 2^31 as well', () => {
    const known = new Relationships()
    const asn = (i: number) => 4_294_967_295 - i
    for (let i = 0; i < 50_000; i++) known.add(asn(i), i + 1, i % 2 ? 'peer' : 'provider')
    for (let i = 0; i < 50_000; i++)
      if (known.relation(i + 1, asn(i)) !== (i % 2 ? 'peer' : 'customer')) expect(i).toBe(-1)
    expect(known.count).toBe(50_000)
  })
})

describe('a file of them', () => {
  test('is serial-1 or serial-2, and dated by its name', () => {
    const two =
      '# source:topology|BGP|20240901\n1|11537|0|bgp\n3356|64500|-1|bgp\n64500|64501|1|x\n'
    const read = readRelationshipsFile(two, '20241001.as-rel2.txt.bz2')
    expect(read).toMatchObject({ faults: [], content: '1|11537|0\n3356|64500|-1\n64500|64501|1' })
    expect(read.date).toBe(parseInstant('2024-10-01'))
    const one = readRelationshipsFile(two.replace(/\|(bgp|x)$/gm, ''), 'as-rel.txt')
    expect(one.content).toBe(read.content)
    expect(one.date).toBe(parseInstant('2024-09-01'))
    expect(readRelationshipsFile('1|2|0\n', 'as-rel.txt').date).toBeNull()
  })

  test('faults come all at once, each with its line, and not without end', () => {
    const read = readRelationshipsFile('1|2|0\n# x\nx|2|0\n1|2\n1|2|7\n', 'r')
    expect(read.faults.map(({ line }) => line)).toEqual([3, 4, 5])
    expect(read.faults[2]?.why).toBe('must be one|other|-1, 0 or 1, with -1, 0 or 1, not "1|2|7"')
    const many = readRelationshipsFile('x\n'.repeat(1_000), 'r')
    expect([many.faults.length, many.more]).toEqual([20, 980])
    expect(readRelationshipsFile('# nothing\n', 'r').faults).toEqual([
      { line: 0, why: 'holds no relationship' },
    ])
  })
})
