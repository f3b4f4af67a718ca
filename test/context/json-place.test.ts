import { expect, test } from 'vitest'
import { lineOfFault, linesOf } from '../../src/context/json-place.ts'

test('lines of elements, whatever stands before and in them', () => {
  const value = {
    other: [[1], { list: [7] }, 'list'],
    list: [1, { list: [1, 2] }, [3, [4]], 'a, "b" ]\\', null],
    list2: [1],
  }
  for (const indent of [0, 1, 2]) {
    const text = JSON.stringify(value, null, indent)
    const lines = text.split('\n')
    const found = linesOf(text, 'list', new Set([0, 1, 2, 3, 4, 9]))
    expect([...found.keys()]).toEqual([0, 1, 2, 3, 4])
    if (indent === 0) expect(new Set(found.values())).toEqual(new Set([1]))
    else {
      const text = (i: number) => lines[(found.get(i) as number) - 1]?.trim()
      expect([0, 1, 2, 3, 4].map(text)).toEqual(['1,', '{', '[', '"a, \\"b\\" ]\\\\",', 'null'])
    }
  }
  expect(linesOf('{"list": []}', 'list', new Set([0])).size).toBe(0)
})

test('the line of what is no JSON', () => {
  const long = `{\n${JSON.stringify({ a: 'x'.repeat(99) }).slice(1, -1)},\n"b": x, "c": [1, 2, 3], "d": 5}`
  for (const text of ['{\n"a": 1,\n"b": x\n}', '{\n"a": 1\n"b": 2}', '{\n\n[', long]) {
    try {
      JSON.parse(text)
      expect(text).toBe('no JSON')
    } catch (error) {
      expect(lineOfFault(text, error as Error)).toBe(3)
    }
  }
})
