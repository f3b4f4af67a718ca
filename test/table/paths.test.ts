import { expect, test } from 'vitest'
import { parsePath, pathText } from '../../src/core/path.ts'
import { UNKNOWN_PATH } from '../../src/core/view.ts'
import { Dice } from '../../src/scenario/dice.ts'
import { Mark, Paths } from '../../src/table/paths.ts'

const words = (text: string): Int32Array => {
  const out: number[] = []
  parsePath(text, out)
  return Int32Array.from(out)
}
const intern = (paths: Paths, text: string): number => {
  const w = words(text)
  return paths.intern(w, 0, w.length)
}
const text = (paths: Paths, id: number): string =>
  pathText(paths.words, paths.start[id] as number, paths.length[id] as number)

test('one number a path, whatever it is made of', () => {
  const paths = new Paths()
  const all = [
    '701 174 64500',
    '701 174 64500 64500',
    '701',
    '701 {64500,64501}',
    '4200000000 1',
    '',
  ]
  const ids = all.map((t) => intern(paths, t))
  expect(ids).toEqual([2, 3, 4, 5, 6, 7])
  expect(all.map((t) => intern(paths, t))).toEqual(ids)
  expect(ids.map((id) => text(paths, id))).toEqual(all)
  expect(ids.map((id) => (paths.origin[id] as number) >>> 0)).toEqual([64500, 64500, 701, 0, 1, 0])
  // Out of the middle of other words.
  expect(paths.intern(Int32Array.from([9, 701, 174, 64500, 9]), 1, 3)).toBe(2)
})

test('growth and rehashing keep everything', () => {
  const paths = new Paths()
  const dice = new Dice('paths')
  const known = new Map<string, number>()
  for (let i = 0; i < 20_000; i++) {
    const t = Array.from({ length: dice.int(1, 8) }, () => dice.int(1, 12)).join(' ')
    const id = intern(paths, t)
    if (known.has(t)) expect(known.get(t)).toBe(id)
    else {
      paths.mark[id] = Mark.learned
      known.set(t, id)
    }
  }
  expect(known.size).toBeGreaterThan(10_000)
  expect(paths.count).toBe(known.size + 2)
  for (const [t, id] of known) {
    expect(intern(paths, t)).toBe(id)
    expect(text(paths, id)).toBe(t)
    expect(paths.mark[id]).toBe(Mark.learned)
    expect(paths.origin[id]).toBe(Number(t.split(' ').at(-1)))
  }
})

test('two paths of one hash are told apart', () => {
  // The hash of two words with the first mixed: choose the second so that the sum of both is equal.
  const step = (hash: number, word: number) => {
    const h = Math.imul(hash ^ word, 0x9e3779b1)
    return h ^ (h >>> 15)
  }
  const paths = new Paths()
  const all = Array.from({ length: 50 }, (_, i) => {
    const first = i + 1
    return Int32Array.from([first, step(2, first) ^ 0x1234])
  })
  const hashes = all.map(([a, b]) => step(step(2, a as number), b as number))
  expect(new Set(hashes).size).toBe(1)
  expect(all.map((w) => paths.intern(w, 0, 2))).toEqual(all.map((_, i) => i + 2))
  expect(all.map((w) => paths.intern(w, 0, 2))).toEqual(all.map((_, i) => i + 2))
})

test('no more than the limit: the rest is unknown, and counted', () => {
  const paths = new Paths(5)
  expect(['1', '2', '3', '4', '5'].map((t) => intern(paths, t))).toEqual([2, 3, 4, 1, 1])
  expect(UNKNOWN_PATH).toBe(1)
  expect([paths.count, paths.dropped]).toEqual([5, 2])
  expect(intern(paths, '2')).toBe(3)
  const long = new Int32Array(70_000).fill(7)
  const roomy = new Paths()
  expect(roomy.intern(long, 0, 65_535)).toBe(2)
  expect(roomy.intern(long, 0, 65_536)).toBe(1)
  expect(roomy.dropped).toBe(1)
})
