import { describe, expect, it } from 'vitest'
import type { Incident, Level } from '../../src/core/incident.ts'
import { missed, scoresOf } from '../../src/score-report.ts'
import { score, toldOf } from '../../src/scoring.ts'
import { type Case, readTruth } from '../../src/truth-file.ts'
import { outage } from '../report/sample.ts'

const truth = (given: object, more: object = {}): Case => {
  const event = { kind: ['outage.as'], asn: 39891, start: '2024-10-29T00:07:04Z', ...given }
  const one = { name: 'x', files: ['x'], events: [event], ...more }
  const read = readTruth(JSON.stringify({ version: 1, cases: [one] }))
  expect(read.faults).toEqual([])
  return read.truth.cases[0] as Case
}
const level = (one: Incident, level: Level): Incident => ({
  ...one,
  confidence: { ...one.confidence, level },
})
const one = level(outage, 'medium')
const numbers = (given: Case, ...told: Incident[]) => scoresOf([score(given, told)])

describe('an event is found', () => {
  it('when family, network and time agree; delays are counted from the first sign and the half', () => {
    const scores = numbers(truth({ half: '2024-10-29T00:08:04Z' }), one)
    expect(scores).toMatchObject({ recall: 1, exact: 1, precision: 1, medianDelay: 106 })
    expect(scores.medianDelayFromHalf).toBe(46)
  })

  it('by a prefix of it as well', () => {
    const by = { ...one, asn: 1, culprit: 1 }
    expect(numbers(truth({ prefixes: ['192.0.2.0/24'] }), by).recall).toBe(1)
    expect(numbers(truth({}), by).recall).toBe(0)
  })

  it('of the same family, though not of the right kind', () => {
    const scores = numbers(truth({ kind: ['withdrawal.mass'] }), one)
    expect([scores.recall, scores.exact, scores.precision]).toEqual([1, 0, 1])
    expect(numbers(truth({ kind: ['leak.path'] }), one)).toMatchObject({ recall: 0, precision: 0 })
  })

  it.each([
    ['another network', { asn: 1 }],
    ['too early', { start: '2024-10-29T00:13:00Z' }],
    ['less sure than it has to be', { minLevel: 'high' }],
    ['too late told', { maxDelaySeconds: 60 }],
  ])('not when it is %s', (_, given) => {
    expect(numbers(truth(given), one).recall).toBe(0)
  })

  it('within the tolerance that is given', () => {
    const start = '2024-10-29T00:13:00Z'
    expect(numbers(truth({ start, toleranceSeconds: 400 }), one).recall).toBe(1)
  })
})

it('an event about everybody wants the exact kind, and one incident where it says so', () => {
  const storm = { kind: ['outage.as'], asn: [], atMost: 1 }
  const second = { ...one, id: 'second', asn: 7, culprit: 7 }
  expect(numbers(truth(storm), one).recall).toBe(1)
  expect(numbers(truth(storm), one, second).recall).toBe(0)
  expect(numbers(truth({ ...storm, kind: ['withdrawal.burst'] }), one).recall).toBe(0)
})

it('when it is told is when it is sure enough, not when it is told first', () => {
  const later = { ...level(one, 'high'), updatedAt: '2024-10-29T00:10:04.000Z' }
  const scores = numbers(truth({ minLevel: 'high' }), one, later)
  expect(scores.medianDelay).toBe(180)
})

it('the end is off by so much, and not known while an incident lasts', () => {
  const end = '2024-10-29T00:19:00Z'
  expect(numbers(truth({ end }), one).medianEndError).toBeNull()
  const over = { ...one, state: 'resolved' as const, endedAt: '2024-10-29T00:19:10.000Z' }
  expect(numbers(truth({ end }), over).medianEndError).toBe(10)
})

it('what is over and comes back is another', () => {
  const over = { ...one, state: 'resolved' as const }
  const back = { ...one, state: 'reopened' as const, updatedAt: '2024-10-29T00:40:00.000Z' }
  expect(toldOf([one, over, back, { ...back, state: 'resolving' }, back])).toHaveLength(2)
  expect(numbers(truth({ start: '2024-10-29T00:39:00Z' }), one, over, back).recall).toBe(1)
  // When it came back is not known, only when that was told: in time while the event lasts.
  const early = { start: '2024-10-29T00:30:00Z' }
  const lasts = (end: string) => numbers(truth({ ...early, end }), one, over, back).recall
  expect([lasts('2024-10-29T00:45:00Z'), lasts('2024-10-29T00:39:00Z')]).toEqual([1, 0])
})

describe('an incident is wrong', () => {
  const other = {
    ...one,
    id: 'other',
    asn: 1,
    culprit: 1,
    samples: { ...one.samples, prefixes: [] },
  }

  it('when no event explains it and it is sure', () => {
    expect(numbers(truth({}), one, other)).toMatchObject({ precision: 0.5, wrong: 1, alarms: 0 })
    expect(numbers(truth({}), one, level(other, 'low')).precision).toBe(1)
  })

  it('not when it is ignored, or became part of another', () => {
    const ignored = truth({}, { ignore: [{ kind: 'outage', asn: [1], because: 'known' }] })
    expect(numbers(ignored, one, other).precision).toBe(1)
    expect(numbers(truth({}), one, { ...other, state: 'suppressed' }).precision).toBe(1)
  })

  it('and one too many where all is quiet', () => {
    const scores = numbers(truth({}, { quiet: true }), one, other)
    expect(scores.alarms).toBe(1)
    expect(missed(scores, { recall: 1, precision: 1, alarms: 0, recallOf: {} })).toHaveLength(2)
    expect(missed(scores, { recall: 1, precision: 0.5, alarms: 1, recallOf: {} })).toEqual([])
    const quiet = { quiet: { maxLevel: 'medium' } }
    expect(numbers(truth({}, quiet), one, other).alarms).toBe(0)
  })
})

it('an optional event is not missed, and explains what is told of it', () => {
  const optional = truth({ optional: true })
  expect(numbers(optional)).toMatchObject({ events: 0, recall: null, optional: 1 })
  expect(numbers(optional, one)).toMatchObject({ precision: 1, optionalFound: 1 })
})

it.each([
  ['{', 'is no JSON'],
  ['{"cases": []}', 'holds no case'],
  ['{"cases": [{"name": "x"}]}', '$.cases[0].files names no file'],
  ['{"cases": [{"files": ["x"], "colour": 1}]}', '$.cases[0].colour is unknown'],
  ['{"cases": [{"files": ["x"], "events": [{"kind": "outage", "asn": 1}]}]}', 'start is missing'],
  [
    '{"cases": [{"files": ["x"], "events": [{"kind": "outage", "start": "x", "asn": 1}]}]}',
    'no time',
  ],
])('a truth like %s is refused', (text, why) => {
  expect(readTruth(text).faults.join('; ')).toContain(why)
})
