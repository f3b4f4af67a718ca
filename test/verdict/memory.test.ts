// What was found stays found, and of what excludes each other one is kept.

import { expect, it } from 'vitest'
import type { EvidenceId, Finding } from '../../src/core/evidence.ts'
import { Memory } from '../../src/verdict/memory.ts'

const found = (id: EvidenceId): Finding => ({ id, because: id, onset: null, where: [] })

/** What is left after each of these was found so many ticks long, one after the other. */
function after(...spells: readonly (readonly [EvidenceId, number])[]): EvidenceId[] {
  const memory = new Memory()
  let left: readonly Finding[] = []
  for (const [id, ticks] of spells)
    for (let n = 0; n < ticks; n++) left = memory.recall([found(id)], false)
  return left.map(({ id }) => id)
}

it('of what excludes each other the one that lasted longest counts', () => {
  expect(after(['in.surge', 9], ['in.normal', 3])).toEqual(['in.surge'])
  expect(after(['sp.many_pops', 9], ['sp.on_saturated', 3])).toEqual(['sp.many_pops'])
})

it('what a flood has filled and lost is told soon, however long it was aimed before', () => {
  expect(after(['sp.one_target', 90], ['sp.on_saturated', 3])).toEqual(['sp.on_saturated'])
  expect(after(['sp.one_target', 90], ['sp.on_saturated', 2])).toEqual(['sp.one_target'])
})
