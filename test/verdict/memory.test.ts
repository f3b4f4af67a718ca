import { expect, test } from 'vitest'
import type { EvidenceId } from '../../src/core/evidence.ts'
import { Memory } from '../../src/verdict/memory.ts'
import { finding } from './cases.ts'
import { instant } from './signals.ts'

/** One look every ten seconds from `from` on, `ticks` of them; what is recalled at the last. */
function look(book: Memory, from: number, ticks: number, found: EvidenceId[], explained = false) {
  let out: readonly EvidenceId[] = []
  for (let i = 0; i < ticks; i++) {
    const seen = found.map((id) => finding(id))
    out = book.recall(seen, explained, instant(from + 10 * i)).map(({ id }) => id)
  }
  return out
}

test('what was found three times stays found, and less often does not', () => {
  const book = new Memory()
  look(book, 0, 3, ['igp.lsdb_jump'])
  expect(look(book, 30, 1, ['in.collapse'])).toEqual(['igp.lsdb_jump', 'in.collapse'])
  expect(look(book, 40, 1, [])).toEqual(['igp.lsdb_jump'])
})

test('not for longer than a day, though the story goes on', () => {
  const book = new Memory()
  look(book, 0, 3, ['fl.fingerprint'])
  expect(look(book, 86_420, 1, ['bgp.vis_partial'])).toContain('fl.fingerprint')
  expect(look(book, 86_430, 1, ['bgp.vis_partial'])).toEqual(['bgp.vis_partial'])
})

test('nor when the story is over', () => {
  const book = new Memory()
  look(book, 0, 3, ['igp.lsdb_jump'])
  book.clear()
  expect(look(book, 30, 1, [])).toEqual([])
})

test('of two that exclude each other the one that lasted longer counts', () => {
  const book = new Memory()
  look(book, 0, 5, ['in.surge'])
  expect(look(book, 50, 4, ['in.collapse'])).toEqual(['in.surge'])
  expect(look(book, 90, 2, ['in.collapse'])).toEqual(['in.collapse'])
})

test('that all is well again is not said of a plane on which it was not', () => {
  const book = new Memory()
  expect(look(book, 0, 3, ['igp.normal'])).toEqual(['igp.normal'])
  book.stir('igp')
  expect(look(book, 30, 3, ['igp.normal'])).toEqual([])
})

test('what planned work explained is not held against anybody after it', () => {
  const book = new Memory()
  look(book, 0, 5, ['igp.adj_loss'], true)
  expect(look(book, 50, 1, ['in.surge'], false)).toEqual(['in.surge'])
})

test('the order in which things are found is not that in which they are told', () => {
  const [a, b] = [new Memory(), new Memory()]
  look(a, 0, 3, ['bgp.vis_partial', 'igp.adj_loss'])
  look(b, 0, 3, ['igp.adj_loss', 'bgp.vis_partial'])
  expect(look(a, 30, 1, []).toSorted()).toEqual(look(b, 30, 1, []).toSorted())
})

test('what a flood has filled and lost is told soon, however long it was aimed before', () => {
  const aimed = new Memory()
  look(aimed, 0, 90, ['sp.one_target'])
  expect(look(aimed, 900, 2, ['sp.on_saturated'])).toEqual(['sp.one_target'])
  expect(look(aimed, 920, 1, ['sp.on_saturated'])).toEqual(['sp.on_saturated'])
})
