import { describe, expect, test } from 'vitest'
import { type EvidenceId, evidence } from '../../src/core/evidence.ts'
import type { Plane } from '../../src/core/sample.ts'
import { itemsOf } from '../../src/verdict/axes.ts'
import { counterfactual, supposing } from '../../src/verdict/counterfactual.ts'
import { decide, noGates } from '../../src/verdict/decide.ts'
import { causeWords, sights } from '../../src/verdict/phrases.ts'
import { finding } from './cases.ts'

const items = (...ids: EvidenceId[]) => itemsOf(ids.map((id) => finding(id)))
const all = Object.keys(evidence) as EvidenceId[]

function changes(ids: readonly EvidenceId[], blind: readonly Plane[] = []) {
  const found = items(...ids)
  return counterfactual(found, noGates, decide(found, noGates).cause, blind)
}

describe('what would change it', () => {
  test('is true: what is said to change it does, and to that', () => {
    const cases: EvidenceId[][] = [
      ['in.surge'],
      ['bgp.vis_broad', 'sp.many_pops'],
      ['in.surge', 'fl.fingerprint'],
      ['bgp.leak', 'igp.normal', 'in.normal', 'pr.inside_fail'],
    ]
    for (const ids of cases) {
      const { wouldChange } = changes(ids)
      expect(wouldChange.length).toBeGreaterThan(0)
      expect(wouldChange.length).toBeLessThanOrEqual(3)
      for (const line of wouldChange) {
        const named = all.filter((id) =>
          line.split(/ would |, together with /).includes(sights[id]),
        )
        const then = named.reduce(supposing, items(...ids))
        const { cause } = decide(then, noGates)
        expect(cause, line).not.toBe(decide(items(...ids), noGates).cause)
        const says = cause === 'undetermined' ? 'leave the cause open' : causeWords[cause]
        expect(line).toContain(says)
      }
    }
  })

  test('takes two things where one is not enough, and says when not even two are', () => {
    const strong = changes([
      'bgp.vis_broad',
      'igp.adj_loss',
      'in.collapse',
      'sp.many_pops',
      'pr.inside_fail',
    ])
    expect(strong.wouldChange[0]).toContain(', together with ')
    const kt =
      'igp.lsdb_jump in.collapse dns.diffuse dns.upstream_fail dns.same_names fl.src_known sp.many_pops pr.inside_fail ctx.change'
    expect(changes(kt.split(' ') as EvidenceId[]).wouldChange).toEqual([
      'no two things that could still be seen would change it',
    ])
  })

  test('what a blind plane may hide already comes before what was looked for in vain', () => {
    const first = (blind: Plane[]) => changes(['in.surge'], blind).wouldChange[0]
    expect(first(['dns'])).toContain(sights['dns.concentrated'])
    expect(first(['flow'])).toContain(sights['fl.fingerprint'])
  })
})

describe('missing', () => {
  test('is the plane that could settle it', () => {
    expect(changes(['in.surge'], ['flow', 'change']).missing).toEqual([
      'sources and targets of the traffic',
    ])
  })
})

test('of a network of others only its routes could tell more', () => {
  const found = items('bgp.vis_partial')
  const blind: Plane[] = ['igp', 'ingress', 'flow', 'dns', 'probe', 'change']
  const { wouldChange, missing } = counterfactual(found, noGates, 'undetermined', blind, false)
  expect(missing).toEqual([])
  const ids = all.filter((id) => wouldChange.some((line) => line.startsWith(sights[id])))
  expect(ids.length).toBeGreaterThan(0)
  for (const id of ids) expect(evidence[id].plane).toBe('bgp')
})

describe('supposing', () => {
  test('what cannot be so together takes the place of what was seen', () => {
    const left = (before: EvidenceId[], id: EvidenceId) =>
      supposing(items(...before), id).map((item) => item.id)
    expect(left(['in.normal', 'pr.ok'], 'in.surge')).toEqual(['pr.ok', 'in.surge'])
    expect(left(['bgp.quiet', 'igp.normal'], 'bgp.leak')).toEqual(['igp.normal', 'bgp.leak'])
    expect(left(['igp.lsdb_jump', 'igp.spf_storm'], 'igp.normal')).toEqual(['igp.normal'])
  })
})
