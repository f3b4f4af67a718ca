// `faultline score`: labelled cases through the same pipeline as `replay`, and how well it did.

import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Command } from 'commander'
import { chooseTables } from './archive-choice.ts'
import {
  archiveOf,
  command,
  Exit,
  InputError,
  jobsFor,
  jobsOption,
  settledConfig,
  version,
} from './command.ts'
import { planesOf } from './config/settle.ts'
import { dated } from './context/dated.ts'
import type { Incident } from './core/incident.ts'
import type { Change, Sample } from './core/sample.ts'
import { windowsOf } from './maintenance.ts'
import { isBgpOdd, naiveVerdicts, surgedIn } from './naive.ts'
import { ReplayRun } from './replay-run.ts'
import { readSampleFiles } from './sample-files.ts'
import { missed, scoresOf, scoreText } from './score-report.ts'
import { type Scored, score } from './scoring.ts'
import { removable, spurious, withoutPlane, withSpurious } from './shaken.ts'
import { readSideInputs, withFlags } from './side-inputs.ts'
import { type Case, type Required, readTruth } from './truth-file.ts'
import { type Judged, saidOutright } from './verdict-scoring.ts'

interface ScoreFlags {
  readonly format: string
  readonly jobs?: number
  readonly verbose?: boolean
  readonly naive?: boolean
  readonly without?: string
  readonly spurious?: string
}

/** How what is heard differs from what was so. */
type Shake = Pick<ScoreFlags, 'without' | 'spurious'>

const FORMATS = ['text', 'json']
const feigned = Object.keys(spurious)

export function scoreCommand(): Command {
  return command('score')
    .summary('replay cases whose truth is known, and say how well it was told')
    .description(
      'Plays the archives of each case through the same pipeline as `replay` and holds what was told ' +
        'against the truth: recall, precision, time to detect, error of the end. An event is found when an ' +
        'incident of its family names its network or a prefix of it and begins within the tolerance.',
    )
    .argument('<truth...>', 'JSON files; their form is in config/scenarios.md')
    .option('--format <name>', `one of ${FORMATS.join(', ')}`, 'text')
    .option('--jobs <n>', 'threads that may be busy', jobsOption)
    .option('--naive', 'put two rules of thumb beside the verdicts, made from the same samples')
    .option('--without <plane>', `as if it were blind: one of ${removable.join(', ')}`)
    .option('--spurious <id>', `as if that were seen as well: one of ${feigned.join(', ')}`)
    .option('--verbose', 'name every event that was missed and every incident that was wrong')
    .addHelpText(
      'after',
      '\nExit status: 0 done, 1 our fault, 2 the input is wrong, 3 something that the truth requires was missed.\n\n' +
        'A case whose archives are absent is skipped, and named on standard error.\n',
    )
    .action(async (files: string[], flags: ScoreFlags) => {
      process.exitCode = await scoreFiles(files, flags)
    })
}

/** Whether what is asked for can be had. */
function checkShake({ naive, without, spurious: made }: ScoreFlags): void {
  if (without !== undefined && !removable.some((one) => one === without))
    throw new InputError(`--without ${without}: choose one of ${removable.join(', ')}`)
  if (made !== undefined && !feigned.includes(made))
    throw new InputError(`--spurious ${made}: choose one of ${feigned.join(', ')}`)
  // They read the files themselves.
  if (naive && (without ?? made) !== undefined)
    throw new InputError('--naive is for what was heard: leave out --without and --spurious')
}

async function scoreFiles(files: readonly string[], flags: ScoreFlags): Promise<number> {
  if (!FORMATS.includes(flags.format))
    throw new InputError(`--format ${flags.format}: choose one of ${FORMATS.join(', ')}`)
  checkShake(flags)
  const scored: Scored[] = []
  const naive: { surgeFirst: Judged[]; bgpFirst: Judged[] } = { surgeFirst: [], bgpFirst: [] }
  const lacking: string[] = []
  const truths = files.map(readTruthFile)
  for (const { cases, path } of truths)
    for (const one of cases) {
      const absent = absentFiles(one, path)
      if (absent.length === 0) {
        const told: Incident[] = []
        const played = await playCase(
          one,
          path,
          (incident) => told.push(incident),
          flags.jobs,
          flags,
        )
        if (!played) {
          process.stderr.write(`SKIPPED ${one.name}: nothing of it can be shaken like that\n`)
          continue
        }
        scored.push(score(one, told))
        if (flags.naive)
          for (const [surgeFirst, bgpFirst] of await naivelyJudged(one, path, told)) {
            naive.surgeFirst.push(surgeFirst)
            naive.bgpFirst.push(bgpFirst)
          }
      } else process.stderr.write(`SKIPPED ${one.name}: there is no ${absent.join(', ')}\n`)
    }
  if (scored.length === 0) throw new InputError('no case could be played: see above why')
  const scores = scoresOf(scored, flags.naive ? naive : undefined)
  for (const { require } of truths) lacking.push(...missed(scores, require))
  process.stdout.write(
    flags.format === 'json'
      ? `${JSON.stringify({ ...scores, missed: lacking })}\n`
      : scoreText(scores, scored, lacking, flags.verbose ?? false),
  )
  return lacking.length > 0 ? Exit.found : Exit.done
}

function readTruthFile(path: string): { path: string; cases: readonly Case[]; require: Required } {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new InputError(`${path}: ${(error as Error).message}`)
  }
  const { truth, faults } = readTruth(text)
  if (faults.length > 0) throw new InputError(faults.map((why) => `${path}: ${why}`).join('\n'))
  return { path, ...truth }
}

const beside = (truth: string, file: string): string => join(dirname(truth), file)

function absentFiles(given: Case, truth: string): string[] {
  const { files, samples, rib, config, vrps, asRelationships } = given
  const beyond = [...vrps, ...asRelationships].map((file) => dated(file).path)
  return [...files, ...samples, ...rib, ...(config === null ? [] : [config]), ...beyond]
    .map((file) => beside(truth, file))
    .filter((file) => !existsSync(file))
}

/** Plays one case; `truth` is where it stands, for paths are relative to that. */
export async function scoreCase(given: Case, truth: string, jobs?: number): Promise<Scored> {
  const told: Incident[] = []
  await playCase(given, truth, (incident) => told.push(incident), jobs)
  return score(given, told)
}

/** The same, shaken; null where it cannot be shaken so. */
export async function scoreShaken(
  given: Case,
  truth: string,
  shake: Shake,
  jobs?: number,
): Promise<Scored | null> {
  const told: Incident[] = []
  const played = await playCase(given, truth, (incident) => told.push(incident), jobs, shake)
  return played ? score(given, told) : null
}

/** What is heard of a case in truth, or as it is shaken; null when there is nothing to take or to feign. */
function shaken(
  heard: readonly (Sample | Change)[],
  { events }: Case,
  { without, spurious: made }: Shake,
): readonly (Sample | Change)[] | null {
  const rest = without === undefined || without === 'routes' ? heard : withoutPlane(heard, without)
  if (rest === null || made === undefined) return rest
  const [event] = events
  if (event === undefined) return null
  return withSpurious(rest, made, event.start, event.end ?? Number.POSITIVE_INFINITY)
}

/** What the two rules would have said of each event whose cause is known. */
async function naivelyJudged(
  given: Case,
  truth: string,
  told: readonly Incident[],
): Promise<[Judged, Judged][]> {
  const samples = given.samples.map((file) => beside(truth, file))
  const out: [Judged, Judged][] = []
  for (const { label, verdict, start, end } of given.events) {
    if (verdict === null) continue
    const until = end ?? Number.POSITIVE_INFINITY
    const surged = await surgedIn(samples, start, until)
    const said = naiveVerdicts(surged, isBgpOdd(told, start, until))
    out.push([
      saidOutright(label, verdict, said.surgeFirst),
      saidOutright(label, verdict, said.bgpFirst),
    ])
  }
  return out
}

async function playCase(
  given: Case,
  truth: string,
  tell: (incident: Incident) => void,
  jobs: number | undefined,
  shake: Shake = {},
): Promise<boolean> {
  const { rib, collector: name, config: settings, asns, from, until } = given
  const deaf = shake.without === 'routes'
  if (deaf && given.files.length === 0) return false
  const files = deaf ? [] : given.files
  const { config, hash } = await settledConfig(
    settings === null ? undefined : beside(truth, settings),
    asns,
  )
  const collector = name ?? undefined
  // With samples alone there is no archive at all.
  const all =
    files.length === 0
      ? { ok: true as const, collectors: [], bytes: 0, skipped: 0 }
      : archiveOf(
          files.map((file) => beside(truth, file)),
          { collector, from: from ?? undefined, until: until ?? undefined },
        )
  const paths = [...config.context.rib, ...rib.map((file) => beside(truth, file))]
  const [first, ...others] = all.collectors
  const whose = collector ?? (others.length === 0 ? first?.collector : undefined)
  const { ribs, updates } = chooseTables(
    all,
    paths.length > 0 ? archiveOf(paths, { collector: whose }) : null,
  )
  const watched = config.asns.length > 0 ? new Set(config.asns.map(({ asn }) => asn)) : null
  const sideInputs = await readSideInputs(
    withFlags(config.context, {
      vrps: given.vrps.map((file) => beside(truth, file)),
      asRelationships: given.asRelationships.map((file) => beside(truth, file)),
    }),
    (text) => process.stderr.write(`${given.name}: ${text}\n`),
  )
  const heard = await readSampleFiles(
    given.samples.map((file) => beside(truth, file)),
    config.planes.uncertainty,
  )
  const samples = shaken(heard, given, shake)
  if (samples === null) return false
  const run = new ReplayRun(
    {
      updates,
      ribs,
      samples,
      planned: windowsOf(config.maintenance),
      planes: planesOf(config),
      asns: watched,
      inputs: { version, config: hash, asRelationships: null, vrps: null },
      from: from ?? undefined,
      until: until ?? undefined,
      detect: config.detect,
      limits: config.limits,
      mostIncidents: config.limits.incidents,
      sideInputs,
      jobs: jobs ?? jobsFor(updates.bytes + (ribs?.bytes ?? 0)),
    },
    tell,
  )
  await run.read()
  return true
}
