import { expect, it } from 'vitest'
import type { Incident } from '../../src/core/incident.ts'
import type { Cause, Verdict } from '../../src/core/verdict.ts'
import { isBgpOdd, naiveVerdicts, SurgeWatch } from '../../src/naive.ts'
import { scoresOf, scoreText } from '../../src/score-report.ts'
import { score } from '../../src/scoring.ts'
import { type Case, readTruth } from '../../src/truth-file.ts'
import { outcomeOf, saidOutright } from '../../src/verdict-scoring.ts'
import { outage } from '../report/sample.ts'

const start = '2024-10-29T00:07:04.000Z'
const truth = (verdict: object): Case => {
  const events = [{ event: 'S01', asn: 39891, start, end: '2024-10-29T01:00:00Z', verdict }]
  const read = readTruth(
    JSON.stringify({ version: 1, cases: [{ name: 'x', samples: ['x'], events }] }),
  )
  expect(read.faults).toEqual([])
  return read.truth.cases[0] as Case
}

const verdict = (cause: Cause): Verdict => ({
  cause,
  version: 1,
  confidence: 0.9,
  capped: null,
  routingDb: 0,
  floodDb: 0,
  for: [],
  against: [],
  other: [],
  because: '',
  order: 'unresolved: nothing to compare',
  blind: [],
  leaning: null,
  ruledOut: [],
  missing: [],
  wouldChange: [],
  changedBecause: null,
  doFirst: '',
  doNot: '',
  say: '',
})

/** A revision so many seconds after the start. */
const said = (after: number, cause: Cause | null, more: Partial<Incident> = {}): Incident => ({
  ...outage,
  updatedAt: new Date(Date.parse(start) + after * 1e3).toISOString(),
  verdict: cause === null ? null : verdict(cause),
  ...more,
})
const only = (given: Case, ...told: Incident[]) => {
  const [judged] = score(given, told).judged
  if (!judged) throw new Error('nothing was judged')
  return judged
}
const fault = truth({ cause: 'routing-fault', withinSeconds: 300, pages: true })

it('the right cause counts from when it was said and not taken back', () => {
  const told = [said(60, 'undetermined'), said(120, 'routing-fault'), said(900, 'routing-fault')]
  expect(only(fault, ...told)).toMatchObject({
    outcome: 'right',
    time: 120e6,
    isInTime: true,
    changes: 1,
    pages: 1,
    isPagedRight: true,
  })
  expect(
    only(fault, ...told, said(960, 'traffic-flood'), said(999, 'routing-fault')),
  ).toMatchObject({ outcome: 'right', time: 999e6, isInTime: false, changes: 3 })
})

it.each<[Cause | null, string]>([
  ['routing-fault', 'right'],
  ['routing-fault-with-secondary-surge', 'side'],
  ['undetermined', 'undetermined'],
  ['mitigation', 'undetermined'],
  ['traffic-flood', 'wrong'],
  ['concurrent-fault-and-flood', 'wrong'],
  [null, 'silent'],
])('of a fault %s is %s', (cause, outcome) => {
  expect(only(fault, said(60, cause)).outcome).toBe(outcome)
})

it('who blames anybody where nobody is to blame is wrong; silence is right where nobody is to wake', () => {
  const known = truth({ cause: 'undetermined' }).events[0]?.verdict
  const quiet = truth({ cause: 'undetermined', pages: false }).events[0]?.verdict
  const none = truth({ cause: 'none', pages: false }).events[0]?.verdict
  if (!known || !quiet || !none) throw new Error('no verdict was read')
  expect(outcomeOf(known, 'traffic-flood')).toBe('wrong')
  expect(outcomeOf(known, 'mitigation')).toBe('side')
  expect(outcomeOf(known, null)).toBe('silent')
  expect(outcomeOf(quiet, null)).toBe('right')
  expect(outcomeOf(none, null)).toBe('right')
  expect(outcomeOf(none, 'routing-fault')).toBe('wrong')
})

it('of several incidents one that is wrong makes it wrong, unless it is told as part of another', () => {
  const second = said(60, 'traffic-flood', { id: 'second' })
  expect(only(fault, said(60, 'routing-fault'), second).outcome).toBe('wrong')
  const folded = { ...second, foldedInto: outage.id }
  expect(only(fault, said(60, 'routing-fault'), folded)).toMatchObject({
    outcome: 'right',
    pages: 1,
  })
})

it('what is to be said at first is asked for by itself', () => {
  const late = truth({ cause: 'traffic-flood', first: 'undetermined', firstForSeconds: 300 })
  const first = said(60, 'undetermined')
  expect(only(late, first, said(400, 'traffic-flood')).isFirstRight).toBe(true)
  expect(only(late, first, said(200, 'traffic-flood')).isFirstRight).toBe(false)
  expect(only(late, said(400, 'traffic-flood')).isFirstRight).toBe(false)
})

it('pages are those of the default policy', () => {
  const minor = said(60, 'routing-fault', { severity: 'minor' })
  expect(only(fault, minor)).toMatchObject({ pages: 0, isPagedRight: false })
})

it('a truth that makes no sense is told, all at once', () => {
  const events = [
    { asn: 1, start, verdict: { cause: 'gremlins' } },
    { asn: 1, start, verdict: { cause: 'traffic-flood', side: 'fault', pages: 'no' } },
    { asn: 1, start, verdict: {} },
  ]
  const { faults } = readTruth(JSON.stringify({ cases: [{ samples: ['x'], events }] }))
  expect(faults.map((why) => why.split(' ')[0])).toEqual([
    '$.cases[0].events[0].verdict.cause',
    '$.cases[0].events[1].verdict.side',
    '$.cases[0].events[1].verdict.pages',
    '$.cases[0].events[2].verdict.cause',
  ])
})

const sample = (minute: number, metric: string, value: number, labels = {}) =>
  JSON.stringify({ at: new Date(minute * 60e3).toISOString(), plane: 'dns', metric, value, labels })
const watched = (...lines: string[]) => {
  const watch = new SurgeWatch(10 * 60e6, 60 * 60e6)
  for (const line of lines) watch.line(line)
  return watch.surged
}

it('a surge is half as much again twice in a row, of one series, after the onset', () => {
  const calm = Array.from({ length: 9 }, (_, i) => sample(i, 'qps', 100))
  expect(watched(...calm, sample(11, 'qps', 160), sample(12, 'qps', 160))).toBe(true)
  expect(watched(...calm, sample(11, 'qps', 160), sample(12, 'qps', 100))).toBe(false)
  expect(watched(...calm, sample(11, 'qps', 140), sample(12, 'qps', 140))).toBe(false)
  expect(watched(...calm, sample(11, 'spf_runs', 900), sample(12, 'spf_runs', 900))).toBe(false)
  expect(watched(...calm, sample(70, 'qps', 900), sample(71, 'qps', 900))).toBe(false)
  const other = [11, 12].map((minute) => sample(minute, 'qps', 900, { resolver: 'b' }))
  expect(watched(...calm, ...other, 'not JSON, though it says "qps"')).toBe(false)
})

it('the rules of thumb differ where both senses speak, and both call a retry storm a flood', () => {
  expect(naiveVerdicts(true, true)).toEqual({
    surgeFirst: 'traffic-flood',
    bgpFirst: 'routing-fault',
  })
  expect(naiveVerdicts(true, false)).toEqual({
    surgeFirst: 'traffic-flood',
    bgpFirst: 'traffic-flood',
  })
  expect(naiveVerdicts(false, false).bgpFirst).toBe('undetermined')
  const from = Date.parse(start) * 1e3
  expect(isBgpOdd([outage], from, from + 1)).toBe(true)
  expect(isBgpOdd([outage], from + 1, from + 2)).toBe(false)
  expect(isBgpOdd([{ ...outage, kind: 'blind' }], from, from + 1)).toBe(false)
})

it('the report has both beside each other', () => {
  const scored = score(fault, [said(120, 'routing-fault')])
  const [event] = fault.events
  if (!event?.verdict) throw new Error('no verdict was read')
  const scores = scoresOf([scored], {
    surgeFirst: [saidOutright('S01', event.verdict, 'traffic-flood')],
    bgpFirst: [saidOutright('S01', event.verdict, 'routing-fault')],
  })
  expect(scores.verdicts).toMatchObject({ asked: 1, right: 1, wrong: 0, medianTime: 120 })
  expect(scores.naive).toMatchObject({ surgeFirst: { wrong: 1 }, bgpFirst: { right: 1 } })
  const text = scoreText(scores, [scored], [], true)
  expect(text).toContain('verdict                      side right 1 of 1 (cause 1), wrong 0')
  expect(text).toContain('any surge, else BGP          side right 0 of 1 (cause 0), wrong 1')
})
