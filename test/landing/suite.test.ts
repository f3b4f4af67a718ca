// The generated suite: how much of what happened is told, and how much of what is told happened. What has
// to be reached stands in one table; raise it when a detector learns something, never lower it quietly.
// One seed by default; `bash .ci/run full` (FULL=1) plays five, 350 events, and a whole benign day.

import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { archive } from '../../src/scenario/archive.ts'
import { builtIn } from '../../src/scenario/built-in.ts'
import { playScript } from '../../src/scenario/play.ts'
import { type Script, scriptDefaults } from '../../src/scenario/script.ts'
import { relationships, vrps } from '../../src/scenario/side-files.ts'
import { scoreCase } from '../../src/score.ts'
import { type Scores, scoresOf, scoreText } from '../../src/score-report.ts'
import type { Scored } from '../../src/scoring.ts'
import { truthOfPlay } from '../../src/simulate.ts'
import { readTruth } from '../../src/truth-file.ts'
import { workshop } from './program.ts'

/**
 * Least recall by kind of event; of two a seed one missed is a half. Zero: nobody has to tell it, for hardly
 * anybody sees it (leak-3), or because it draws nothing away (hijack-cover).
 */
const FLOORS = {
  outage: 0.95,
  'outage-staged': 0.9,
  'outage-slow': 0.95,
  'outage-covered': 0.95,
  'outage-prefix': 0.95,
  maintenance: 0.95,
  zombie: 0.95,
  burst: 0.95,
  'upstream-loss': 0.5,
  'path-shift': 0.95,
  'leak-1': 0.95,
  'leak-2': 0.95,
  'leak-3': 0,
  'leak-4': 0.95,
  'leak-5': 0.95,
  'leak-6': 0.95,
  'hijack-exact': 0.95,
  'hijack-specific': 0.95,
  'hijack-cover': 0,
  'hijack-forged': 0.9,
  'hijack-mass': 0.95,
  churn: 0.9,
}
/** Of incidents of confidence medium or higher, right ones. */
const PRECISION = 0.98
const RECALL = 0.97
/** Seconds from when half of the carriers were affected, in the median. */
const DELAY = 60

const full = process.env['FULL'] === '1'
if (!full) console.log('SKIPPED, without FULL=1: seeds 2 to 5, and a whole benign day')
const seeds = full ? [1, 2, 3, 4, 5] : [1]
const place = workshop()

async function played(name: string, script: Script): Promise<Scored[]> {
  const folder = place(`${name}-${script.seed}`)
  const play = playScript(script)
  for (const { path, octets } of archive(play)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), octets)
  }
  writeFileSync(join(folder, 'relationships.txt'), relationships(play))
  writeFileSync(join(folder, 'vrps.json'), vrps(play))
  const { truth, faults } = readTruth(JSON.stringify(truthOfPlay(play, name)))
  expect(faults).toEqual([])
  const out: Scored[] = []
  for (const one of truth.cases) out.push(await scoreCase(one, join(folder, 'truth.json'), 1))
  return out
}

const script = (name: string): Script => builtIn[name]?.script ?? scriptDefaults

function least(scores: Scores): void {
  for (const { event, recall } of scores.kinds) {
    const floor = FLOORS[event as keyof typeof FLOORS] ?? 0
    if (recall !== null) expect([event, recall >= floor]).toEqual([event, true])
  }
}

it(`a suite of ${seeds.length} seeds: what happens is told, what is told happens`, async () => {
  const scored: Scored[] = []
  for (const seed of seeds) scored.push(...(await played('suite', { ...script('suite'), seed })))
  const scores = scoresOf(scored)
  console.log(scoreText(scores, scored, [], true))
  const events = scored
    .filter(({ name }) => !name.includes('watching'))
    .reduce((n, { met }) => n + met.length, 0)
  expect(events).toBeGreaterThanOrEqual(60 * seeds.length)
  least(scores)
  expect(scores.recall).toBeGreaterThanOrEqual(RECALL)
  expect(scores.precision).toBeGreaterThanOrEqual(PRECISION)
  expect(scores.medianDelayFromHalf).toBeLessThanOrEqual(DELAY)
}, 600_000)

it(full ? 'a benign day: nobody is woken' : 'four benign hours: nobody is woken', async () => {
  const quiet = script('quiet')
  const wished = full
    ? quiet
    : {
        ...quiet,
        hours: 4,
        events: quiet.events.map((e) => ({ ...e, count: Math.ceil(e.count / 4) })),
      }
  const scored = await played('quiet', wished)
  const scores = scoresOf(scored)
  console.log(scoreText(scores, scored, [], true))
  const met = scored.flatMap((one) => one.met)
  expect(met.length).toBeGreaterThan(10)
  expect(met.map(({ event }) => event.label)).toContain('silent-reset')
  expect(scores.alarms).toBe(0)
}, 600_000)
