import { expect, test } from 'vitest'
import type { EvidenceId } from '../../src/core/evidence.ts'
import { noGates } from '../../src/verdict/decide.ts'
import { severityOf } from '../../src/verdict/harm.ts'
import { judge } from '../../src/verdict/judge.ts'
import { caseOf, finding, gates } from './cases.ts'

function harmOf(ids: readonly EvidenceId[], given = noGates) {
  const { verdict } = judge(caseOf(ids, { gates: given }))
  const findings = ids.map((id) => finding(id))
  return { ...severityOf(findings, verdict), cause: verdict.cause }
}

const flood: EvidenceId[] = ['in.surge', 'fl.fingerprint']

test('it is as severe as what it does, whatever plane tells of it', () => {
  const one = { seen: 'major', unseen: 'major' }
  const two = { seen: 'critical', unseen: 'critical' }
  expect(harmOf(['in.surge', 'in.saturated'])).toMatchObject(one)
  expect(harmOf([...flood, 'in.saturated', 'pr.victim_only'])).toMatchObject(two)
  expect(harmOf(['bgp.vis_partial', 'pr.inside_fail', 'sp.many_pops'])).toMatchObject(two)
})

test('where no probe says that all is well, what has a culprit is taken to hurt', () => {
  expect(harmOf(flood)).toEqual({
    seen: 'info',
    unseen: 'major',
    cause: 'traffic-flood',
  })
  expect(harmOf([...flood, 'pr.ok', 'in.saturated'])).toMatchObject({ unseen: 'minor' })
  // Nobody knows who did it.
  expect(harmOf(['in.surge'])).toMatchObject({
    unseen: 'minor',
    cause: 'undetermined',
  })
})

test('what was planned harms nobody who need be woken', () => {
  const planned = gates({ planned: 'all of it lies in the scope of CHG-1' })
  const ids: EvidenceId[] = ['bgp.session_down_some', 'pr.inside_fail', 'sp.many_pops']
  expect(harmOf(ids, planned)).toEqual({
    seen: 'info',
    unseen: 'info',
    cause: 'planned-maintenance',
  })
})
