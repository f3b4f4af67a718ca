import { expect, test } from 'vitest'
import { inferClique } from '../../src/detect/clique.ts'
import { Relations } from '../../src/detect/relations.ts'
import { Dice } from '../../src/scenario/dice.ts'
import { buildInternet, CLIQUE } from '../../src/scenario/internet.ts'
import { startingPaths } from './truth.ts'

test.each([1, 2, 3])('the clique of a made Internet comes out of its paths, seed %i', (seed) => {
  const net = buildInternet(new Dice(seed), { ases: 600, vantages: 40 })
  const relations = new Relations([])
  for (const path of startingPaths(net)) relations.learn(path)
  const found = inferClique(relations)
  // Who sells to few has few neighbours; nobody else may be among them.
  expect(found.filter((asn) => !CLIQUE.includes(asn))).toEqual([])
  expect(found.length).toBeGreaterThanOrEqual(CLIQUE.length - 2)
})

test('a customer of several of them with many customers of its own is none of them', () => {
  const relations = new Relations([])
  const top = [10, 20, 30, 40]
  const learn = (...hops: number[]) => relations.learn(hops)
  for (const a of top)
    for (const b of top)
      for (let i = 0; i < 5; i++) if (a !== b) learn(a, b, b * 100 + i, b * 1_000 + i)
  for (const by of top) {
    for (let i = 0; i < 50; i++) learn(by, 50, 500 + i, 5_000 + i)
    for (const to of top) if (to !== by) learn(to, by, 50, 500)
  }
  expect(relations.degree(50)).toBeGreaterThan(relations.degree(10))
  expect(inferClique(relations)).toEqual(top)
})

test('where nothing was learned there is none', () => {
  expect(inferClique(new Relations([]))).toEqual([])
})
