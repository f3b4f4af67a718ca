// `faultline simulate`: a scenario as archives with their truth, to be replayed and scored.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { command, Exit, InputError } from './command.ts'
import { readYaml } from './config/yaml.ts'
import type { Level } from './core/incident.ts'
import { iso } from './core/time.ts'
import { archive } from './scenario/archive.ts'
import { builtIn } from './scenario/built-in.ts'
import { eventKinds } from './scenario/event.ts'
import type { HeardEvent } from './scenario/hearing.ts'
import type { IncidentScript } from './scenario/incident.ts'
import { incidentNamed, incidents } from './scenario/incidents.ts'
import { type Play, playScript } from './scenario/play.ts'
import { readScript, type Script } from './scenario/script.ts'
import { relationships, vrps } from './scenario/side-files.ts'
import { FORTY, incidentRows, writeIncident } from './simulate-incident.ts'

interface SimulateFlags {
  readonly out: string
  readonly seed?: string
  readonly ases?: number
  readonly prefixes?: number
  readonly vantages?: number
  readonly hours?: number
  readonly variant?: number
}

const number =
  (least: number, most: number, whole = true) =>
  (text: string): number => {
    const n = Number(text)
    if (text === '' || !(n >= least && n <= most) || (whole && !Number.isInteger(n)))
      throw new InvalidArgumentError(`Give a number from ${least} to ${most}.`)
    return n
  }

const list = (rows: readonly (readonly [string, string])[], width = 18): string =>
  rows.map(([name, what]) => `  ${name.padEnd(width)}${what}\n`).join('')

const RELATIONSHIPS = 'relationships.txt'
const VRPS = 'vrps.json'

export function simulateCommand(): Command {
  return command('simulate')
    .summary('write a made-up stretch of routing as MRT archives, with the truth about it')
    .description(
      'Plays a scenario in an invented Internet and writes what every collector would have archived: ' +
        'a starting table and update files laid out like those of RIS and RouteViews, truth.json for ' +
        '`score`, relationships.txt and vrps.json. The same scenario and seed give the same octets.',
    )
    .argument(
      '<scenario>',
      `a YAML or JSON file, or one of ${Object.keys(builtIn).join(', ')}, S01 … S40, ${FORTY}`,
    )
    .requiredOption('--out <dir>', 'folder to write into; what is there is overwritten')
    .option('--seed <text>', 'another world, other actors, other times')
    .option('--ases <n>', 'number of ASes', number(60, 5_000))
    .option('--prefixes <n>', 'about how many prefixes', number(100, 100_000))
    .option('--vantages <n>', 'vantage points, over all collectors', number(4, 500))
    .option('--hours <h>', 'how long it lasts', number(1, 72, false))
    .option(
      '--variant <n>',
      'of an incident, seen through worse telemetry: 1 to 10 one flaw each, above two',
      number(0, 10_000),
    )
    .addHelpText(
      'after',
      `\nScenarios that need no file:\n${list(
        Object.entries(builtIn).map(([name, { what }]) => [name, what]),
      )}\nIncidents to be told apart, with samples (by number or name; \`${FORTY}\` is all of them, a folder each):\n${list(
        incidentRows(),
        28,
      )}\nKinds of events in a file (its form is in config/scenarios.md):\n${list(
        Object.entries(eventKinds),
      )}\nExample:\n  faultline simulate suite --out suite && faultline score suite/truth.json\n`,
    )
    .action((scenario: string, flags: SimulateFlags) => {
      process.exitCode = simulate(scenario, flags)
    })
}

function simulate(scenario: string, flags: SimulateFlags): number {
  const { out, variant, ...over } = flags
  const write = (path: string, octets: Uint8Array | string) => {
    const whole = join(out, path)
    mkdirSync(dirname(whole), { recursive: true })
    writeFileSync(whole, octets)
  }
  const one = incidentNamed(scenario)
  if (one || scenario === FORTY) return simulateIncidents(one ? [one] : incidents, flags, write)
  if (variant !== undefined)
    throw new InputError(`--variant ${variant}: ${scenario} is none of the incidents, S01 to S40`)
  const play = attempt(scenario, { ...scriptOf(scenario), ...over })
  let files = 0
  try {
    for (const { path, octets } of archive(play)) {
      write(path, octets)
      files++
    }
    write(RELATIONSHIPS, relationships(play))
    write(VRPS, vrps(play))
    write('truth.json', `${JSON.stringify(truthOfPlay(play, scenario), null, 1)}\n`)
  } catch (error) {
    throw new InputError(`--out ${out}: ${(error as Error).message}`)
  }
  const { events, leftOut, messages } = play
  const told = events.filter(({ expectation }) => expectation === 'found').length
  process.stderr.write(
    `${out}: ${files} archive files, ${messages.length} messages, ${events.length} events; ` +
      `${told} of them have to be told\n`,
  )
  if (leftOut.length > 0)
    process.stderr.write(
      `nobody was free or fit for ${leftOut.length} events (${[...new Set(leftOut)].join(', ')}): ` +
        'give more hours, more ASes or another seed\n',
    )
  return Exit.done
}

function simulateIncidents(
  list: readonly IncidentScript[],
  { out, seed = '1', variant = 0, ...over }: SimulateFlags,
  write: (path: string, octets: Uint8Array | string) => void,
): number {
  const [asked] = Object.keys(over)
  if (asked !== undefined)
    throw new InputError(`--${asked}: an incident has the size that it was made for`)
  for (const one of list) {
    let said: string
    try {
      said = writeIncident(one, { seed, variant }, (path, octets) =>
        write(list.length > 1 ? `${one.id}/${path}` : path, octets),
      )
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === undefined) throw error
      throw new InputError(`--out ${out}: ${(error as Error).message}`)
    }
    process.stderr.write(`${said}\n`)
  }
  return Exit.done
}

function scriptOf(scenario: string): Script {
  const known = Object.hasOwn(builtIn, scenario) ? builtIn[scenario] : undefined
  if (known) return known.script
  let text: string
  try {
    text = readFileSync(scenario, 'utf8')
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : error
    throw new InputError(
      `${scenario}: ${why}; name a file, one of ${Object.keys(builtIn).join(', ')}, or S01 to S40`,
    )
  }
  // JSON is YAML too.
  const { data, faults, marks, place } = readYaml(text)
  const read = faults.length > 0 ? null : readScript(data)
  const found = [
    ...faults.map(({ at, where, why }) => ({ at, text: `${where} ${why}` })),
    ...(read?.faults ?? []).map(({ where, why }) => ({
      at: marks.get(where)?.value ?? 0,
      text: `${where} ${why}`,
    })),
  ]
  if (!read || found.length > 0)
    throw new InputError(
      found
        .map(({ at, text: what }) => {
          const { line, column } = place(at)
          return `${scenario}:${line}:${column}: ${what}`
        })
        .join('\n'),
    )
  return read.script
}

/** An actor that cannot do what it is asked to is the operator's fault. */
function attempt(scenario: string, script: Script): Play {
  try {
    return playScript(script)
  } catch (error) {
    if (error instanceof RangeError) throw new InputError(`${scenario}: ${error.message}`)
    throw error
  }
}

/** As `score` reads it: one case for whoever watches everything, one for whoever watches some. */
export function truthOfPlay(play: Play, name: string): object {
  const { collectors } = play.internet
  const { events } = play
  const watched = new Set(
    events.filter((e) => e.watchedOnly && e.expectation === 'found').map((e) => e.asn),
  )
  const files = [...collectors]
  const cases: object[] = [
    {
      name: `${name}, seed ${play.script.seed}`,
      files,
      vrps: [VRPS],
      asRelationships: [RELATIONSHIPS],
      quiet: true,
      events: events.map((e) => eventOf(e, e.watchedOnly, 'medium')),
    },
  ]
  if (watched.size > 0)
    cases.push({
      name: `${name}, seed ${play.script.seed}, watching ${watched.size} ASes`,
      files,
      // VRPs would have it told which of its prefixes no ROA covers, from the start on.
      asRelationships: [RELATIONSHIPS],
      asn: [...watched].sort((a, b) => a - b),
      quiet: true,
      // Whoever watches few networks wants to hear what is not so sure, too (detection.md §10.4).
      events: events.flatMap((e) => [eventOf(e, !e.watchedOnly, 'low'), ...besides(e)]),
    })
  return { version: 1, cases }
}

/** What is true as well of a watched network, and not what the event is about. */
const BESIDES: Readonly<Record<string, readonly string[]>> = {
  churn: ['path.shift', 'path.new-upstream'],
  'leak-5': ['prefix.new'],
  'hijack-mass': ['prefix.new'],
}

function besides(e: HeardEvent): object[] {
  const kind = BESIDES[e.event]
  return kind ? [{ ...eventOf(e, true, 'low'), event: `${e.event}, besides`, kind }] : []
}

const wholeSeconds = (span: number) => Math.ceil(span / 1e6)

function eventOf(e: HeardEvent, optional: boolean, minLevel: Level): object {
  return {
    event: e.event,
    kind: e.expects,
    asn: e.asn,
    ...(e.culprit === e.asn ? {} : { culprit: e.culprit }),
    ...(e.others.length > 0 ? { others: e.others } : {}),
    prefixes: e.prefixes,
    start: iso(e.start),
    half: e.half === null ? null : iso(e.half),
    end: e.end === null ? null : iso(e.end),
    toleranceSeconds: wholeSeconds(e.tolerance),
    minLevel,
    ...(optional || e.expectation !== 'found' ? { optional: true } : {}),
    visible: e.visible,
    ...(e.planned ? { planned: e.planned.map(iso) } : {}),
  }
}
