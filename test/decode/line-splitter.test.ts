import { expect, test } from 'vitest'
import { LineSplitter } from '../../src/decode/line-splitter.ts'

function linesOf(text: string, size: number): (string | null)[] {
  const splitter = new LineSplitter(5)
  const out: (string | null)[] = []
  for (let at = 0; at < text.length; at += size)
    out.push(...splitter.push(text.slice(at, at + size)))
  return [...out, ...splitter.end()]
}

test.each([1, 2, 3, 7, 100])('lines in pieces of %i, one that is too long among them', (size) => {
  expect(linesOf('ab\n\n12345\n123456\n1234567890123\nc\r\nlast', size)).toEqual([
    'ab',
    '',
    '12345',
    null,
    null,
    'c\r',
    'last',
  ])
  expect(linesOf('ab\n', size)).toEqual(['ab'])
  expect(linesOf('ab\n1234567', size)).toEqual(['ab', null])
  expect(linesOf('', size)).toEqual([])
})

test('a long line costs what it is long, however it comes', () => {
  const splitter = new LineSplitter(1e9)
  const before = performance.now()
  // Joined anew with each piece these are 25 GB of characters.
  const piece = 'f'.repeat(1_000)
  for (let i = 0; i < 7_000; i++) expect([...splitter.push(piece)].length).toBe(0)
  expect([...splitter.push('\n')].map((line) => line?.length)).toEqual([7_000_000])
  expect(performance.now() - before).toBeLessThan(5_000)
})
