// Fault or flood, from raw samples: incidents that are to be told apart are written as feeds, played by
// `replay`, and what was said last, when, and whom it woke is held against the truth about them.
// Twelve by default, a cause each; `bash .ci/run full` (FULL=1) plays all forty.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import type { Incident } from '../../src/core/incident.ts'
import { causes } from '../../src/core/verdict.ts'
import { incidents } from '../../src/scenario/incidents.ts'
import { score } from '../../src/scoring.ts'
import { writeIncident } from '../../src/simulate-incident.ts'
import { readTruth } from '../../src/truth-file.ts'
import type { Judged } from '../../src/verdict-scoring.ts'
import { faultline, workshop } from './program.ts'

/** One a cause, KT among them, and the one where nothing happens. */
const SHORT = ['S01', 'S03', 'S11', 'S12', 'S14', 'S16', 'S19', 'S21', 'S24', 'S29', 'S32', 'S39']
/** Seconds from the onset to the right word, at most. */
const SOON: Readonly<Record<string, number>> = { S01: 120, S02: 300 }
/** Whatever is said of them, nobody is woken. */
const ASLEEP = ['S12', 'S24', 'S26', 'S35']
/** From where a flood is established (src/verdict/README.md). */
const ESTABLISHED = 10

const full = process.env['FULL'] === '1'
const played = incidents.filter(({ id }) => full || SHORT.includes(id))
const left = incidents.filter((one) => !played.includes(one)).map(({ id }) => id)
if (left.length > 0) console.log(`SKIPPED, without FULL=1: ${left.join(' ')}`)
const place = workshop()

interface Heard {
  readonly told: readonly Incident[]
  readonly judged: Judged
}

/** Written as feeds, and played as an operator would. */
async function heard(script: (typeof incidents)[number], variant = 0): Promise<Heard> {
  const folder = place(`${script.id}-${variant}`)
  writeIncident(script, { seed: 1, variant }, (path, octets) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), octets)
  })
  const { truth, faults } = readTruth(readFileSync(join(folder, 'truth.json'), 'utf8'))
  expect(faults).toEqual([])
  const [one] = truth.cases
  if (!one) throw new Error(`${script.id}: there is no case`)
  const ended = await faultline(
    'replay',
    ...one.files.map((file) => join(folder, file)),
    ...one.samples.flatMap((file) => ['--samples', join(folder, file)]),
    ...one.asRelationships.flatMap((file) => ['--as-relationships', join(folder, file)]),
    ...one.asns.flatMap((asn) => ['--asn', `${asn}`]),
    ...['--format', 'ndjson'],
  )
  expect([ended.status, existsSync(folder)]).toEqual([0, true])
  const lines = ended.out.split('\n').filter(Boolean)
  const told = lines.map((line) => JSON.parse(line) as Incident)
  const [judged] = score(one, told).judged
  if (!judged) throw new Error(`${script.id}: nothing was judged`)
  return { told, judged }
}

const wakes = ({ state, severity, confidence }: Incident): boolean =>
  (state === 'open' || state === 'reopened') &&
  (severity === 'major' || severity === 'critical') &&
  confidence.level !== 'low'

/** What is particular to one of them, beside its truth. */
const besides: Readonly<Record<string, (told: readonly Incident[]) => void>> = {
  S03(told) {
    const flood = told.flatMap(({ verdict }) => (verdict ? [verdict.floodDb] : []))
    expect(Math.max(...flood)).toBeLessThan(ESTABLISHED)
  },
  S12: (told) => expect(told).toEqual([]),
  S32(told) {
    const heads = told.filter(({ foldedInto, verdict }) => !foldedInto && verdict)
    expect(new Set(heads.map(({ id }) => id)).size).toBe(1)
    const said = heads.map(({ verdict }) => verdict?.cause)
    expect(said.filter((cause, i) => cause !== said[i - 1])).toEqual([
      'undetermined',
      'traffic-flood',
    ])
    const last = heads.at(-1)?.verdict
    expect(last?.version).toBeGreaterThanOrEqual(2)
    expect(last?.changedBecause).toMatch(/./)
  },
}

it('every cause is asked for', () => {
  const asked = new Set(played.map(({ cause }) => cause))
  expect([...asked].sort()).toEqual(['none', ...causes].sort())
})

it.concurrent.each(
  played.map((script) => [`${script.id} ${script.name}: ${script.cause}`, script] as const),
)('%s', async (_, script) => {
  const { told, judged } = await heard(script)
  const { outcome, said, isInTime, isFirstRight, isPagedRight, time } = judged
  expect({ said, outcome, isInTime }).toMatchObject({ outcome: 'right', isInTime: true })
  expect(isFirstRight).not.toBe(false)
  expect(isPagedRight).not.toBe(false)
  const soon = SOON[script.id]
  if (soon !== undefined) expect((time ?? Infinity) / 1e6).toBeLessThanOrEqual(soon)
  if (ASLEEP.includes(script.id)) expect(told.filter(wakes)).toEqual([])
  besides[script.id]?.(told)
})

/** Flaws of instruments by which one of them was told wrongly, late, or to nobody. */
const FLAWED = [
  ['S10', 7, 'a probe hangs, and says that all is well'],
  ['S17', 7, 'a border router hangs, and its full links are not seen'],
  ['S25', 6, 'the last that is left of it lies within the planned work'],
] as const

it.concurrent.each(FLAWED)('%s, variant %i: %s', async (id, variant) => {
  const script = incidents.find((one) => one.id === id)
  if (!script) throw new Error(`${id} is none of them`)
  const { outcome, said, isInTime, isPagedRight } = (await heard(script, variant)).judged
  expect({ said, outcome, isInTime, isPagedRight }).toMatchObject({
    outcome: 'right',
    isInTime: true,
    isPagedRight: true,
  })
})

it('a truth with samples and no archives is scored, with the rules of thumb beside it', async () => {
  const folder = place('alone')
  expect((await faultline('simulate', 'S03', '--out', folder)).status).toBe(0)
  const { status, out } = await faultline('score', join(folder, 'truth.json'), '--naive')
  expect([status, out]).toEqual([0, expect.stringMatching(/^verdict +side right 1 of 1 /m)])
  expect(out).toMatch(/^any surge, else BGP +side right 0 of 1 \(cause 0\), wrong 1/m)
})
