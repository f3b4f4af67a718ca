import { describe, expect, test } from 'vitest'
import { Knowledge } from '../../src/context/knowledge.ts'
import { specialDefaults } from '../../src/context/special.ts'
import type { PrefixWords } from '../../src/core/context.ts'
import type { SideInput } from '../../src/core/fact.ts'
import { parseInstant } from '../../src/core/time.ts'

const input = (what: SideInput['what'], content: string): SideInput => ({
  kind: 'side-input',
  at: 0,
  what,
  name: 'file',
  date: parseInstant('2024-10-29') ?? 0,
  sha256: 'abc',
  content,
})

const prefix: PrefixWords = {
  afi: 4,
  word0: 0xc0_00_02_00 | 0,
  word1: 0,
  word2: 0,
  word3: 0,
  length: 24,
}

describe('knowledge', () => {
  test('knows nothing before anything was told', () => {
    const known = new Knowledge()
    expect(known.validity(prefix, 64500)).toBe('unknown')
    expect(known.aspa([3, 2, 1])).toBe('unknown')
    expect(known.relation(1, 2)).toBeUndefined()
    expect(known.vrps).toBeUndefined()
    expect(known.inputs).toEqual({ vrps: null, asRelationships: null })
    // Except what everybody knows.
    expect(known.isResearch(11537)).toBe(true)
  })

  test('each input replaces the one before of its kind, and leaves others alone', () => {
    const known = new Knowledge()
    known.take(input('rpki', '64500 192.0.2.0/24 24 1730160000 ripe\nA 1 2'))
    known.take(input('as-relationships', '1|2|-1\n3|4|1'))
    expect(known.validity(prefix, 64500)).toBe('valid')
    expect(known.aspa([3, 1])).toBe('valid')
    expect(known.aspa([3, 5, 1, 5])).toBe('unknown')
    expect(known.vrps).toMatchObject({ count: 1, name: 'file' })
    expect(known.vrps?.covering(prefix)).toEqual([
      {
        asn: 64500,
        prefix: '192.0.2.0/24',
        maxLength: 24,
        anchor: 'ripe',
        expires: 1730160000e6,
      },
    ])
    expect([known.relation(1, 2), known.sameOrganisation(3, 4)]).toEqual(['provider', true])
    const { generation } = known
    known.take(input('rpki', '64501 192.0.2.0/24 24 0 -'))
    expect(known.generation).toBeGreaterThan(generation)
    expect(known.validity(prefix, 64500)).toBe('invalid-asn')
    expect(known.vrps?.covering(prefix)).toMatchObject([{ anchor: '', expires: null }])
    expect(known.relation(1, 2)).toBe('provider')
    expect(known.inputs.vrps).toBe('file 2024-10-29T00:00:00.000Z sha256:abc')
    known.take(input('rpki', 'A 1 2'))
    expect(known.validity(prefix, 64500)).toBe('unknown')
  })

  test('a change counts when it is of the set in force, and is counted when it is not', () => {
    const known = new Knowledge()
    known.take(input('rpki', '64500 192.0.2.0/24 24 0 ripe\nA 64500 64501'))
    const before = known.vrps
    const change = (from: string, sha256: string, lines: string) => ({
      ...input('rpki-delta', `= ${from}\n${lines}`),
      sha256,
    })
    const turn = '- 64500 192.0.2.0/24 24 0 ripe\n+ 64501 192.0.2.0/24 24 0 arin'
    known.take(change('other', 'x', turn))
    expect(known.dropped).toBe(1)
    expect(known.validity(prefix, 64500)).toBe('valid')
    known.take(change('abc', 'def', `${turn}\n- A 64500 64501\n+ A 64500 64502`))
    expect(known.validity(prefix, 64500)).toBe('invalid-asn')
    expect(known.validity(prefix, 64501)).toBe('valid')
    expect(known.aspa([64502, 64500])).toBe('valid')
    expect(known.inputs.vrps).toContain('sha256:def')
    // Whoever compares with what was before finds that as it was.
    expect([...(before?.anchors ?? [])]).toEqual([['ripe', 1]])
    expect([...(known.vrps?.anchors ?? [])]).toEqual([['arin', 1]])
    known.take(change('def', 'ghi', '- 64501 192.0.2.0/24 24 0 arin'))
    expect(known.vrps).toBeUndefined()
    expect(known.validity(prefix, 64500)).toBe('unknown')
    known.take(change('ghi', 'jkl', '+ 64500 192.0.2.0/24 24 0 -'))
    expect(known.validity(prefix, 64500)).toBe('valid')
  })

  test('lists of the configuration replace the built-in ones', () => {
    const known = new Knowledge()
    known.take(
      input('special', JSON.stringify({ ...specialDefaults, research: [], siblings: [[1, 2]] })),
    )
    expect([known.isResearch(11537), known.sameOrganisation(1, 2)]).toEqual([false, true])
  })

  test('what a damaged journal says is counted, and costs itself only', () => {
    const known = new Knowledge()
    known.take(input('special', '{"research":"all"}'))
    known.take(input('special', '{'))
    expect(known.isResearch(11537)).toBe(true)
    known.take(
      input(
        'rpki',
        'x 192.0.2.0/24 24 0 -\n64500 192.0.2.0 24 0 -\nA x\n64500 192.0.2.0/24 24 0 -',
      ),
    )
    known.take(input('as-relationships', '1|2|9\n1|2|0\n2|1|-1'))
    expect(known.dropped).toBe(7)
    expect(known.validity(prefix, 64500)).toBe('valid')
    expect(known.relation(2, 1)).toBe('peer')
  })
})
