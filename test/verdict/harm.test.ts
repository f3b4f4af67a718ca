import { expect, test } from 'vitest'
import type { EvidenceId } from '../../src/core/evidence.ts'
import { planes } from '../../src/core/sample.ts'
import { noGates } from '../../src/verdict/decide.ts'
import { severityOf } from '../../src/verdict/harm.ts'
import { judge, noHistory } from '../../src/verdict/judge.ts'
import { finding } from './cases.ts'

/** As severe as it is with these findings, some planes blind. */
function harmOf(ids: readonly EvidenceId[], blind: readonly string[] = [], gates = noGates) {
  const findings = ids.map((id) => finding(id))
  const states = planes.map((plane) => [plane, blind.includes(plane) ? 'blind' : 'normal'])
  const { verdict } = judge({
    findings,
    planes: Object.fromEntries(states),
    gates,
    watched: true,
    previous: null,
    history: noHistory,
  })
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

test('where no probe tells whether it hurts, what has a culprit is taken to', () => {
  expect(harmOf(flood, ['probe'])).toEqual({
    seen: 'info',
    unseen: 'major',
    cause: 'traffic-flood',
  })
  // Somebody asks, and has no harm to tell of.
  expect(harmOf(flood)).toMatchObject({ unseen: 'minor' })
  expect(harmOf([...flood, 'pr.ok', 'in.saturated'])).toMatchObject({ unseen: 'minor' })
  // Nobody knows who did it.
  expect(harmOf(['in.surge'], ['probe'])).toMatchObject({
    unseen: 'minor',
    cause: 'undetermined',
  })
})

test('what was planned harms nobody who need be woken', () => {
  const gates = { ...noGates, planned: 'all of it lies in the scope of CHG-1' }
  const ids: EvidenceId[] = ['bgp.session_down_some', 'pr.inside_fail', 'sp.many_pops']
  expect(harmOf(ids, [], gates)).toEqual({
    seen: 'info',
    unseen: 'info',
    cause: 'planned-maintenance',
  })
})
