import { describe, expect, test } from 'vitest'
import type { Change, Sample } from '../../src/core/sample.ts'
import { BgpEvidence } from '../../src/verdict/evidence-bgp.ts'
import { type GateAnswers, Gates } from '../../src/verdict/gates.ts'
import { many, World } from '../detect/world.ts'
import { ids, scenes, series } from './scenes.ts'

const list = many(10)
/** Five vantage points at rrc00, five at rrc01. */
const ten = 'abcdeABCDE'
const calm = () => new World({ watch: [7000] }).holds(ten, list, '174 3356 7000')

/** What the gates say at the last tick, and of what. */
function look(world: World, until: string, facts: readonly (Sample | Change)[] = []) {
  const bgp = new BgpEvidence()
  const all = new Gates()
  let found: string[] = []
  const ever = new Set<string>()
  let gates: GateAnswers = { artefact: null, planned: null, escaped: false, mitigation: null }
  scenes(
    world,
    until,
    (scene) => {
      const findings = bgp.seek(scene)
      found = ids(findings)
      gates = all.ask(scene, findings)
      if (gates.artefact) ever.add(gates.artefact)
    },
    facts,
  )
  return { found, ever, ...gates }
}

describe('a collector in trouble', () => {
  test('all its vantage points lose the network at once, and nobody else does', () => {
    const world = calm().at('00:20:00').withdraw('abcde', list)
    const { found, artefact } = look(world, '00:22:00')
    expect(found).toEqual(['bgp.vis_partial'])
    expect(artefact).toBe(
      'all 5 vantage points of rrc00 lost it at once; 5 vantage points elsewhere see all of its prefixes',
    )
  })

  test('its sessions fall and tell their tables again: being blind is all there is', () => {
    const world = calm()
      .at('00:20:00')
      .down('abcde')
      .at('00:22:00')
      .up('abcde')
      .announce('abcde', list.slice(0, 3), '174 3356 7000')
    const { found, artefact } = look(world, '00:24:00')
    expect(found).toEqual([])
    expect(artefact).toBe(
      'sessions of rrc00 are down, in transfer or not believed; 5 vantage points elsewhere see all of its prefixes',
    )
  })

  test('the others lose it as well: no artefact, whatever became of its sessions', () => {
    const both = calm().at('00:20:00').down('abcde').withdraw('ABCDE', list)
    expect([...look(both, '00:30:00').ever]).toEqual([])
    const some = calm().at('00:20:00').withdraw('abcdeAB', list)
    expect([...look(some, '00:30:00').ever]).toEqual([])
  })

  test('only some of a collector: they may be behind the one who is hit', () => {
    const world = calm().at('00:20:00').withdraw('abcd', list)
    expect([...look(world, '00:30:00').ever]).toEqual([])
  })

  test('with one collector nobody can contradict it', () => {
    const world = new World({ watch: [7000] })
      .holds('abcde', list, '174 3356 7000')
      .at('00:20:00')
      .withdraw('abcde', list)
    expect([...look(world, '00:30:00').ever]).toEqual([])
  })

  test('a session of our own is nothing that a collector makes up', () => {
    const world = calm().at('00:20:00').withdraw('abcde', list)
    const session = series(
      'session_up',
      { router: 'r', peer: 'p' },
      { '00:00:00': 1, '00:20:00': 0 },
      '00:22:00',
    )
    expect(look(world, '00:22:00', session).artefact).toBeNull()
  })

  test('calm is nobody’s doing', () => {
    const { artefact, planned, mitigation } = look(calm(), '00:10:00')
    expect([artefact, planned, mitigation]).toEqual([null, null, null])
  })
})
