import { describe, expect, test } from 'vitest'
import { readYaml } from '../../src/config/yaml.ts'

const told = (text: string) => {
  const { faults, place } = readYaml(text)
  return faults.map(({ at, where, why, hint }) => {
    const { line, column } = place(at)
    return `${line}:${column} ${where} ${why}; ${hint}`
  })
}
const bracket = 'look for an open quote or bracket, or indentation before it'

describe('YAML', () => {
  test('becomes plain values, each with its place', () => {
    const { data, marks, place } = readYaml('a: 1\n"b c":\n  - x\n  - {d: }\n')
    expect(data).toEqual({ a: 1, 'b c': ['x', { d: null }] })
    const at = (where: string) => place(marks.get(where)?.value ?? -1)
    expect(at('$.a')).toEqual({ line: 1, column: 4 })
    expect(at('$["b c"][0]')).toEqual({ line: 3, column: 5 })
    expect(marks.get('$["b c"][1].d')).toMatchObject({ key: 23, content: null })
  })

  test.each([
    ['an open quote', 'a: "x', [`1:6 $ is not YAML: Missing closing "quote; ${bracket}`]],
    [
      'a tab',
      'a:\n\tb: 1',
      ['2:1 $ is not YAML: Tabs are not allowed as indentation; indent with spaces'],
    ],
    [
      'two documents',
      'a: 1\n---\nb: 2',
      [
        '2:1 $ a second document begins; ' +
          'one file is one configuration: remove the line --- and what belongs to another',
      ],
    ],
    [
      'a tag',
      'a: !env HOME',
      ['1:4 $ is not YAML: Unresolved tag: !env; remove the word that begins with !'],
    ],
    [
      'keys twice',
      'a: 1\nb: {c: 1, c: 2}\na: 3',
      [
        '2:11 $.b.c stands in this group already; keep one of the two',
        '3:1 $.a stands in this group already; keep one of the two',
      ],
    ],
    [
      'an alias',
      'a: &x [1]\nb: [*x]',
      ['2:5 $.b[0] is an alias, *x, which is not followed; write the value out in this place'],
    ],
    [
      'a merge',
      'a: &x {c: 1}\nb: {<<: *x}',
      ['2:9 $.b["<<"] is an alias, *x, which is not followed; write the value out in this place'],
    ],
    [
      'depth',
      `a: ${'['.repeat(20)}`,
      ['1:20 $ is nested deeper than 16 levels; no setting is: look for stray brackets'],
    ],
  ])('with %s is refused', (_, text, expected) => {
    expect(told(text)).toEqual(expected)
  })

  // Each of these ended the process, or took minutes, with the library's own checks.
  const size = 1 << 18
  const bombs: Record<string, string> = {
    brackets: '['.repeat(size),
    groups: '{a: '.repeat(size / 4),
    dashes: '- '.repeat(size / 2),
    'question marks': '? '.repeat(size / 2),
    stairs: Array.from({ length: 1400 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
    'closing brackets': '}\n'.repeat(size / 2),
    'equal keys': 'a: 1\n'.repeat(size / 5),
    laughs: `a: &a [x]\n${Array.from({ length: 9 }, (_, i) => `k${i}: [${'*a,'.repeat(9)}]`).join('\n')}`,
    aliases: `a: &a 1\nb: [${'*a,'.repeat(size / 3 - 9)}]`,
  }
  test.each(Object.entries(bombs))('a file of %s is refused within seconds', (_, text) => {
    const start = performance.now()
    expect(readYaml(text).faults.length).toBeGreaterThan(0)
    expect(performance.now() - start).toBeLessThan(20_000)
  })

  test('100,000 different keys are read within seconds', () => {
    const text = Array.from({ length: 100_000 }, (_, i) => `k${i}: 1`).join('\n')
    const start = performance.now()
    expect(readYaml(text).marks.size).toBe(100_001)
    expect(performance.now() - start).toBeLessThan(20_000)
  })
})
