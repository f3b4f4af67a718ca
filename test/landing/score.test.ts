// `simulate` and `score` as an operator meets them, and the truth about the real archives.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { scoreCase } from '../../src/score.ts'
import { missed, scoresOf, scoreText } from '../../src/score-report.ts'
import type { Scored } from '../../src/scoring.ts'
import { readTruth } from '../../src/truth-file.ts'
import { faultline, workshop } from './program.ts'

const place = workshop()
const scenario = `
version: 1
ases: 150
prefixes: 1200
vantages: 12
hours: 1.5
events:
  - { kind: outage, at: 20m, duration: 20m, actor: watched }
  - { kind: silent-reset }
`

it('a scenario of one outage is written, told and scored; what is required is asked for', async () => {
  const file = place('scenario.yaml')
  writeFileSync(file, scenario)
  const out = place('made')
  const made = await faultline('simulate', file, '--out', out)
  expect([made.status, made.out]).toEqual([0, ''])
  expect(made.err).toContain('2 events; 1 of them have to be told')
  for (const name of ['vrps.json', 'relationships.txt', 'rrc00/2026.03/bview.20260302.0000.gz'])
    expect(existsSync(`${out}/${name}`)).toBe(true)
  const path = `${out}/truth.json`
  const scored = await faultline('score', path, '--format', 'json')
  expect([scored.status, scored.err]).toEqual([0, ''])
  expect(JSON.parse(scored.out)).toMatchObject({ events: 1, recall: 1, precision: 1, missed: [] })
  const again = place('again')
  await faultline('simulate', file, '--out', again)
  expect(readFileSync(`${again}/truth.json`, 'utf8').replaceAll(again, out)).toBe(
    readFileSync(path, 'utf8'),
  )
  const truth = JSON.parse(readFileSync(path, 'utf8')) as {
    cases: { events: { kind: string[] }[] }[]
  }
  for (const { events } of truth.cases) for (const event of events) event.kind = ['leak.path']
  writeFileSync(path, JSON.stringify({ ...truth, require: { recall: 1 } }))
  const missed = await faultline('score', path)
  expect([missed.status, missed.out.includes('MISSED: recall is 0.000, required are 1')]).toEqual([
    3,
    true,
  ])
})

it('what is wrong with the input is said, and ends with status 2', async () => {
  const bad = place('bad.yaml')
  writeFileSync(bad, 'version: 1\nevents:\n  - kind: earthquake\n')
  const scenarioFault = await faultline('simulate', bad, '--out', place('never'))
  expect([scenarioFault.status, scenarioFault.err]).toEqual([
    2,
    expect.stringContaining('bad.yaml:3:11: $.events[0].kind is none of outage,'),
  ])
  expect((await faultline('simulate', 'nonesuch', '--out', place('never'))).status).toBe(2)
  mkdirSync(place('truths'))
  const truth = place('truths/truth.json')
  writeFileSync(truth, '{"version": 1, "cases": [{"name": "gone", "files": ["gone.gz"]}]}')
  const absent = await faultline('score', truth)
  expect(absent.status).toBe(2)
  expect(absent.err).toContain('SKIPPED gone: there is no')
  writeFileSync(truth, '{}')
  expect((await faultline('score', truth)).status).toBe(2)
})

const shared = 'test/landing/shared-data.truth.json'
const there = existsSync('../shared/data/incidents')
if (!there) console.log('SKIPPED, no ../shared/data: the truth about real archives')

it.skipIf(!there)(
  'all that is known of real archives is told, and nothing else',
  async () => {
    const { truth, faults } = readTruth(readFileSync(shared, 'utf8'))
    expect(faults).toEqual([])
    const scored: Scored[] = []
    for (const one of truth.cases) scored.push(await scoreCase(one, shared))
    const scores = scoresOf(scored)
    const lacking = missed(scores, truth.require)
    console.log(scoreText(scores, scored, lacking, true))
    expect(scores.events).toBeGreaterThanOrEqual(20)
    expect(lacking).toEqual([])
  },
  300_000,
)

it.concurrent('a case of samples alone is scored without an archive', async () => {
  const out = place('alone')
  await faultline('simulate', 'S03', '--out', out)
  const scored = await faultline('score', `${out}/truth.json`)
  expect([scored.status, scored.err]).toEqual([0, ''])
  expect(scored.out).toContain('side right 1 of 1')
})
