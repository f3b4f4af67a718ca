import { expect, test } from 'vitest'
import { maskWord } from '../../src/core/prefix.ts'
import { Dice } from '../../src/scenario/dice.ts'
import { Prefixes } from '../../src/table/prefixes.ts'

type Key = readonly [number, number, number, number, number, number]

test('every prefix keeps its number through growth, in both families', () => {
  const names = new Prefixes()
  const dice = new Dice('prefixes')
  const known = new Map<string, number>()
  const keys: Key[] = []
  const word = () => dice.int(0, 0xffffffff) | 0
  for (let i = 0; i < 30_000; i++) {
    if (i % 2 === 0) {
      const length = dice.int(0, 32)
      keys.push([4, word() & maskWord(length, 0), 0, 0, 0, length])
    } else {
      // All of them in one /64: the high words say nothing.
      keys.push([6, 0x20010db8, 7, dice.chance(0.5) ? 0 : word(), word(), 128])
    }
  }
  const repeats = keys.length - new Set(keys.map(String)).size
  for (const key of keys) {
    const id = names.intern(...key)
    expect(known.get(String(key)) ?? known.size).toBe(id)
    known.set(String(key), id)
  }
  expect(names.count).toBe(30_000 - repeats)
  for (const [text, id] of known)
    expect(names.find(...(text.split(',').map(Number) as never as Key))).toBe(id)
  expect(names.find(6, 0x20010db8, 8, 0, 0, 128)).toBe(-1)
  expect(names.find(4, 0x0a000000, 0, 0, 0, 33)).toBe(-1)
  expect(names.dropped).toBe(0)
  // Short prefixes and repeated words.
  expect(repeats).toBeGreaterThan(1_000)
  expect(names.count).toBeGreaterThan(20_000)
})

test('the same address in another length or family is another prefix', () => {
  const names = new Prefixes()
  const all: Key[] = []
  for (let length = 0; length <= 32; length++) all.push([4, 0, 0, 0, 0, length])
  for (let length = 0; length <= 128; length++) all.push([6, 0, 0, 0, 0, length])
  expect(all.map((key) => names.intern(...key))).toEqual(all.map((_, i) => i))
  expect(all.map((key) => names.find(...key))).toEqual(all.map((_, i) => i))
  expect([names.hasLength(4, 24), names.hasLength(6, 128)]).toEqual([true, true])
  expect(new Prefixes().hasLength(4, 24)).toBe(false)
})

test('IPv6 prefixes whose hashes are equal are told apart', () => {
  // The hash begins with address XOR length, so these are one hash.
  const names = new Prefixes()
  const all: Key[] = []
  for (let length = 32; length < 96; length++) all.push([6, 0x20010d00 ^ length, 0, 0, 0, length])
  expect(all.map((key) => names.intern(...key))).toEqual(all.map((_, i) => i))
  expect(all.map((key) => names.intern(...key))).toEqual(all.map((_, i) => i))
})

test('so are those whose words were chosen to make up for one another', () => {
  // Each word is mixed in by XOR behind a step, so the next can undo what it did.
  const steps = (words: readonly number[]) => {
    let h = Math.imul((words[0] as number) ^ 128, 0x9e3779b1)
    h ^= h >>> 15
    if (words.length === 1) return h
    h = Math.imul(h ^ (words[1] as number), 0x85ebca6b)
    h ^= h >>> 13
    if (words.length === 2) return h
    h = Math.imul(h ^ (words[2] as number), 0xc2b2ae35)
    return h ^ (h >>> 16)
  }
  const names = new Prefixes()
  const all: Key[] = []
  for (let k = 0; k < 20; k++) {
    all.push([6, k, steps([k]) ^ 5, 0, 0, 128])
    all.push([6, 77, k, steps([77, k]) ^ 5, 0, 128])
    all.push([6, 77, 78, k, steps([77, 78, k]) ^ 5, 128])
  }
  expect(new Set(all.map(String)).size).toBe(60)
  expect(all.map((key) => names.intern(...key))).toEqual(all.map((_, i) => i))
  expect(all.map((key) => names.find(...key))).toEqual(all.map((_, i) => i))
})

test('IPv4 prefixes that all want one place are told apart, through a rehash', () => {
  const names = new Prefixes()
  const all: Key[] = []
  // Lengths 27 … 32 under the hash's own mixing of address and length.
  for (let length = 27; length <= 32; length++)
    for (let k = 0; k < 800; k++) {
      const w0 = Math.imul(k, 32) ^ (Math.imul(length, 0x27d4eb2f) & ~31)
      all.push([4, w0 & maskWord(length, 0), 0, 0, 0, length])
    }
  const ids = all.map((key) => names.intern(...key))
  expect(new Set(ids).size).toBe(new Set(all.map(String)).size)
  expect(all.map((key) => names.find(...key))).toEqual(ids)
})

test.each([1, 10, 5_000])('no more than %d, the rest is counted', (limit) => {
  const names = new Prefixes(limit)
  const key = (i: number): Key => (i % 2 ? [6, i, 0, 0, 0, 64] : [4, i << 8, 0, 0, 0, 24])
  for (let i = 0; i < limit + 50; i++) expect(names.intern(...key(i))).toBe(i < limit ? i : -1)
  expect([names.count, names.dropped]).toEqual([limit, 50])
  expect(names.find(...key(limit - 1))).toBe(limit - 1)
  // What is known costs no room.
  expect(names.intern(...key(0))).toBe(0)
})

test('what is inside a prefix: looked up one by one or among all, the same', () => {
  const dice = new Dice('inside')
  for (const [afi, [least, most]] of [
    [4, [12, 26]],
    [6, [30, 50]],
  ] as const) {
    const names = new Prefixes()
    const keys: Key[] = []
    for (let i = 0; i < 4_000; i++) {
      const length = dice.int(least, most)
      // Crowded, so that something is inside.
      const [w0, w1] =
        afi === 4 ? [dice.int(0, 0xfffff) << 8, 0] : [0x20010db8, dice.int(0, 0xff) << 16]
      keys.push([afi, w0 & maskWord(length, 0), w1 & maskWord(length, 1), 0, 0, length])
    }
    for (const key of keys) names.intern(...key)
    let found = 0
    for (let id = 0; id < names.count; id += 7) {
      const { word0, word1, length } = names.words(id)
      const longest = afi === 4 ? 24 : 48
      const want: number[] = []
      for (let other = 0; other < names.count; other++) {
        const words = names.words(other)
        if (words.length <= length || words.length > longest) continue
        if (((words.word0 ^ word0) & maskWord(length, 0)) !== 0) continue
        if (((words.word1 ^ word1) & maskWord(length, 1)) === 0) want.push(other)
      }
      found += want.length
      expect(names.inside(id).sort((a, b) => a - b)).toEqual(want)
    }
    expect(found).toBeGreaterThan(300)
  }
})
