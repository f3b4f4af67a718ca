import { expect, test } from 'vitest'
import { Dice } from '../../src/scenario/dice.ts'
import { DISPLACED, PATH, PENDING, REFERENCE, Rib, STALE } from '../../src/table/rib.ts'

test('a word is a path and four marks that do not touch each other', () => {
  const all = [PATH, STALE, REFERENCE, PENDING, DISPLACED]
  let sum = 0
  for (const bits of all) {
    expect(sum & bits).toBe(0)
    sum |= bits
  }
  expect(sum).toBe(-1)
})

test('keeps what it is told, over many pages and several slabs', () => {
  const rib = new Rib()
  const dice = new Dice('rib')
  const plain = new Map<string, number>()
  // 40,000 pages and more: 32,768 fill a slab.
  for (let i = 0; i < 60_000; i++) {
    const [v, p] = [dice.int(0, 20), dice.int(0, 1_999_999)]
    const word = dice.int(1, 0xffffffff) | 0
    rib.set(rib.at(v, p, true), word)
    plain.set(`${v} ${p}`, word)
  }
  for (const [key, word] of plain) {
    const [v, p] = key.split(' ').map(Number) as [number, number]
    expect(rib.word(v, p)).toBe(word)
  }
  let swept = 0
  for (let v = 0; v <= 20; v++) {
    let last = -1
    rib.sweep(v, (p, word) => {
      if (p <= last || plain.get(`${v} ${p}`) !== word) throw new Error(`${v} ${p} ${word}`)
      last = p
      swept++
      return p % 2 ? 0 : word
    })
  }
  expect(swept).toBe(plain.size)
  let left = 0
  for (let v = 0; v <= 20; v++)
    rib.sweep(v, (_, word) => {
      left++
      return word
    })
  expect(left).toBe([...plain.keys()].filter((key) => Number(key.split(' ')[1]) % 2 === 0).length)
  expect(rib.dropped).toBe(0)
})

test('asking makes nothing', () => {
  const rib = new Rib(512)
  expect(rib.at(3, 77, false)).toBe(-1)
  expect(rib.word(3, 77)).toBe(0)
  rib.sweep(3, () => expect.fail('nothing there'))
  expect(rib.at(3, 77, true)).toBeGreaterThanOrEqual(0)
  expect(rib.word(3, 78)).toBe(0)
})

test('pages are bounded: what finds none is refused and counted', () => {
  const rib = new Rib(1_000)
  expect(rib.at(0, 0, true)).toBeGreaterThanOrEqual(0)
  expect(rib.at(9, 100_000, true)).toBeGreaterThanOrEqual(0)
  expect(rib.at(1, 0, true)).toBe(-1)
  expect(rib.at(0, 512, true)).toBe(-1)
  expect(rib.dropped).toBe(2)
  // There is still room in the pages that are.
  expect(rib.at(0, 511, true)).toBeGreaterThanOrEqual(0)
})
