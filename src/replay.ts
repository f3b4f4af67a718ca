// `faultline replay`: archives or a journal through the same corridor as the live stream.

import type { Command } from 'commander'
import { chooseTables } from './archive-choice.ts'
import { JournalWriter } from './clock/journal.ts'
import {
  archiveOf,
  asnOption,
  command,
  Exit,
  InputError,
  instantOption,
  jobsFor,
  jobsOption,
  refuseOverwriting,
  settledConfig,
  several,
  version,
} from './command.ts'
import { planesOf, type Settled } from './config/settle.ts'
import type { Asn } from './core/asn.ts'
import type { Incident, Inputs } from './core/incident.ts'
import { hours, type Instant } from './core/time.ts'
import type { Archive, ArchiveOptions } from './feeds/archive.ts'
import { archiveOption, type Mirrors, octetsOption } from './fetch-options.ts'
import { JournalRun, looksLikeJournal } from './journal-run.ts'
import { windowsOf } from './maintenance.ts'
import { Meter } from './meter.ts'
import { missingOf, times } from './missing-files.ts'
import { Output } from './output.ts'
import { fetchAll, refuseUnwritable, wishOf } from './replay-fetch.ts'
import { ReplayRun } from './replay-run.ts'
import { finite, summarise, warnOfTreated } from './replay-summary.ts'
import { type FormatName, formatNames, openFormatter, type Summary } from './report/format.ts'
import { openLog } from './report/log.ts'
import { readSampleFiles } from './sample-files.ts'
import { readSideInputs, sidePaths, unusedSideInputs, withFlags } from './side-inputs.ts'
import { noTable } from './starting-tables.ts'
import { journalSource } from './table/snapshot.ts'

interface ReplayFlags {
  readonly asn?: Asn[]
  readonly collector?: string
  readonly rib?: string[]
  readonly vrps?: string[]
  readonly asRelationships?: string[]
  readonly samples?: string[]
  readonly journal?: string
  readonly jobs?: number
  readonly strict?: boolean
  readonly config?: string
  readonly from?: Instant
  readonly until?: Instant
  readonly format: string
  readonly out?: string
  readonly archive?: Mirrors
  readonly most?: number
}

export function replayCommand(): Command {
  return command('replay')
    .summary('play MRT archives or a journal and print the incidents in them')
    .description(
      'Plays MRT files (gzip, bzip2 or plain), directories of them, or one journal through the same ' +
        'pipeline as the live stream. Results go to standard output, everything else to standard error. ' +
        'Without --asn every origin is watched. Without --rib, and without a table among the files, the ' +
        'baseline is learned from the input itself, which caps the confidence. With --samples what own ' +
        'equipment has told is played too, also without any file of routes.',
    )
    .argument('[file...]', 'MRT files, directories, or a journal')
    .option('--asn <asn>', 'watch this AS; may be repeated', asnOption)
    .option(
      '--collector <name>',
      'collector of files whose path does not name one; without files, the collectors (rrc00,route-views2) ' +
        'whose files of --from until --until are fetched and played',
    )
    .option('--rib <file>', 'starting table; may be repeated', several)
    .option(
      '--vrps <file>',
      'VRPs and ASPA of that time, JSON or CSV; FILE@DATE if it has no date; may be repeated',
      several,
    )
    .option(
      '--as-relationships <file>',
      'AS relationships of that time (CAIDA serial-1 or -2); may be repeated',
      several,
    )
    .option(
      '--samples <file>',
      'samples and changes, a line of JSON each, plain or packed; may be repeated',
      several,
    )
    .option('--journal <file>', 'write what was played, to play it again byte for byte')
    .option('--config <file>', 'thresholds and ASNs from a configuration file')
    .option('--from <time>', 'leave out what is earlier', instantOption)
    .option('--until <time>', 'leave out what is as late or later', instantOption)
    .option('--format <name>', `one of ${formatNames.join(', ')}`, 'text')
    .option('--out <path>', 'write results to this file')
    .option(
      '--archive <url>',
      'fetch from a mirror of both archives, or of one as in ris=URL; may be repeated',
      archiveOption,
    )
    .option('--most <size>', 'refuse to fetch more than this (default: 10G)', octetsOption)
    .option(
      '--jobs <n>',
      'threads that may be busy; as many as there are cores, 1 for small input',
      jobsOption,
    )
    .option('--strict', 'exit with status 3 when incidents were found')
    .addHelpText(
      'after',
      '\nExit status: 0 done, 1 our fault, 2 the input is wrong, 3 --strict and incidents were found.\n\n' +
        'Examples:\n' +
        '  faultline replay updates.20241029.0000.bz2 --asn 39891 --format ndjson\n' +
        '  faultline replay rrc00/2024.10/ --rib rrc00/2024.10/bview.20241029.0000.gz\n' +
        '  faultline replay --collector rrc00,route-views2 --from 2024-10-29T00:00Z --until 2024-10-29T01:00Z\n' +
        '  faultline replay --samples border.ndjson --samples resolvers.ndjson.gz --asn 64500\n',
    )
    .action(async (files: string[], flags: ReplayFlags) => {
      process.exitCode = await replay(files, flags)
    })
}

async function replay(given: readonly string[], wanted: ReplayFlags): Promise<number> {
  const wish = wishOf(given, wanted)
  if (given.length === 0 && !wanted.samples && !wish)
    throw new InputError(
      "missing required argument 'file': name MRT files, directories or a journal, or give --samples, " +
        'or --collector with --from and --until to have them fetched',
    )
  // What is fetched says itself whose it is; only a table of one's own may still have to be told.
  const { collector: _, ...others } = wanted
  const flags = wish && wish.length > 1 ? others : wanted
  if (!formatNames.includes(flags.format as FormatName))
    throw new InputError(`--format ${flags.format}: choose one of ${formatNames.join(', ')}`)
  if (flags.from !== undefined && flags.until !== undefined && flags.from >= flags.until)
    throw new InputError('--from is not before --until: nothing would be left')
  const settled = await settledConfig(flags.config, flags.asn ?? [])
  // Whoever waits for gigabytes wants to know first that there is nowhere to write.
  const beside = inputsOf(flags, settled)
  refuseOverwriting([...given, ...beside], outputsOf(flags))
  if (wish) refuseUnwritable(outputsOf(flags))
  const fetched = wish ? await fetchAll(wish, wanted, settled) : null
  const files = fetched?.paths ?? given
  const formatter = openFormatter(flags.format as FormatName, {
    colour: flags.out === undefined && process.stdout.isTTY === true && !process.env['NO_COLOR'],
  })
  const play = (await isOneJournal(files)) ? playJournal : playFiles
  if (fetched) refuseOverwriting(files, outputsOf(flags))
  const output = openOutput(flags.out)
  let revisions = 0
  const incidents = new Set<string>()
  const tell = (incident: Incident) => {
    revisions++
    incidents.add(incident.id)
    output.write(formatter.incident(incident))
  }
  output.write(formatter.begin())
  const lacking = fetched?.missing
  const summary = await play(files, flags, settled, tell, () => incidents.size, lacking)
  output.write(formatter.end(summary))
  output.close()
  if (output.fault !== null) {
    const where = flags.out === undefined ? 'standard output' : `--out ${flags.out}`
    throw new InputError(`${where}: not all could be written: ${output.fault}`)
  }
  return flags.strict && revisions > 0 ? Exit.found : Exit.done
}

/** What is read beside the files. */
const inputsOf = (flags: ReplayFlags, { config }: Settled): readonly string[] => [
  ...(flags.rib ?? []),
  ...(flags.samples ?? []),
  ...sidePaths(withFlags(config.context, flags)),
]

const outputsOf = ({ out, journal }: ReplayFlags) => ({ '--out': out, '--journal': journal })

function openOutput(path: string | undefined): Output {
  try {
    return new Output(path ?? null)
  } catch (error) {
    throw new InputError(`--out ${path}: ${(error as Error).message}`)
  }
}

async function isOneJournal(files: readonly string[]): Promise<boolean> {
  const [first] = files
  if (first === undefined) return false
  const found = archiveOf(files).collectors.flatMap((group) => group.files)
  if (!found.some(({ path }) => path === first) || !(await looksLikeJournal(first))) return false
  if (files.length > 1) throw new InputError(`${first} is a journal: play one journal at a time`)
  return true
}

type Tell = (incident: Incident) => void

async function playJournal(
  [path = '']: readonly string[],
  flags: ReplayFlags,
  { config }: Settled,
  tell: Tell,
  incidents: () => number,
): Promise<Summary> {
  const brought = [
    'asn',
    'rib',
    'collector',
    'config',
    'from',
    'until',
    'journal',
    'vrps',
    'samples',
  ] as const
  for (const name of [...brought, 'asRelationships'] as const)
    if (flags[name] !== undefined) {
      const option = name === 'asRelationships' ? 'as-relationships' : name
      throw new InputError(`--${option}: a journal brings its own; play it without`)
    }
  const archive = archiveOf([path])
  const { limits } = config
  const progress = new Meter(
    archive.bytes,
    incidents,
    () => run.now,
    () => run.journey,
  )
  const run = new JournalRun({ limits, mostIncidents: limits.incidents }, tell, (octets) =>
    progress.add(octets),
  )
  const read = await run.read(path)
  progress.clear()
  const { stats, journey } = run
  if (!read || !stats || !journey)
    throw new InputError(`${path}: its header cannot be read; it is no journal of this version`)
  const log = openLog({ readable: process.stderr.isTTY === true })
  if (stats.malformed > 0) log.warn(`${path}: ${stats.malformed} lines could not be read`)
  warnOfTreated(journey.table, log)
  if (stats.truncated) log.warn(`${path}: it was never closed; what there is of it was played`)
  return {
    elements: journey.table.elements,
    malformed: stats.malformed,
    vantagePoints: run.vantages.list.length,
    from: run.first,
    until: finite(run.now),
  }
}

async function playFiles(
  files: readonly string[],
  flags: ReplayFlags,
  { config, hash }: Settled,
  tell: Tell,
  incidents: () => number,
  lacking?: ReadonlyMap<string, readonly string[]>,
): Promise<Summary> {
  const log = openLog({ readable: process.stderr.isTTY === true, level: config.log.level })
  const { collector, from, until } = flags
  const ribPaths = [...config.context.rib, ...(flags.rib ?? [])]
  // With a table all that follows it is needed, told or not.
  const listed = (options: ArchiveOptions): Archive =>
    files.length > 0
      ? archiveOf(files, { collector, ...options })
      : { ok: true, collectors: [], bytes: 0, skipped: 0 }
  const whole = listed({ until })
  // A table that does not say whose it is belongs to the only collector there is.
  const [first, ...others] = whole.collectors
  const whose = collector ?? (others.length === 0 ? first?.collector : undefined)
  const ribs = ribPaths.length > 0 ? archiveOf(ribPaths, { collector: whose }) : null
  const given = chooseTables(whole, ribs).ribs ? whole : listed({ from, until })
  const { ribs: tables, updates, spare } = chooseTables(given, ribs)
  if (files.length > 0 && updates.collectors.length === 0 && (!tables || given.skipped > 0))
    throw new InputError('all update files lie outside of --from and --until')
  const told = new Set(tables?.collectors.map((group) => group.collector))
  const without = updates.collectors.filter((group) => !told.has(group.collector))
  // A table that was asked for and fits nothing, beside updates that have none: a name that is not seen.
  const named = new Set(ribs?.collectors.flatMap((group) => group.files.map(({ path }) => path)))
  const idle = without.length > 0 ? spare.filter(({ path }) => named.has(path)) : []
  if (idle.length > 0)
    throw new InputError(
      idle
        .map(
          ({ path, collector }) => `${path}: no updates of its collector (${collector}) are given`,
        )
        .join('\n'),
    )
  if (tables)
    for (const { collector } of without)
      log.warn(
        `${collector} has no starting table: its baseline is learned, and confidence is capped for all`,
      )
  for (const path of oldTables(tables, updates))
    log.warn(`${path}: this table is more than a day older than the updates; expect false findings`)
  for (const { path } of spare)
    log.info(`${path}: not used; no updates of its collector follow, or there is a better table`)
  const missing = missingOf(updates, lacking)
  for (const one of missing)
    log.warn(`${one.collector}: there are no files of ${times(one)}; nothing is seen there then`)
  const sideInputs = await readSideInputs(withFlags(config.context, flags), (text) =>
    log.warn(text),
  )
  const samples = await readSampleFiles(flags.samples ?? [], config.planes.uncertainty)
  const asns = config.asns.length > 0 ? new Set(config.asns.map(({ asn }) => asn)) : null
  const inputs: Inputs = { version, config: hash, asRelationships: null, vrps: null }
  const octets = tables ? updates.bytes + tables.bytes : 2 * updates.bytes
  const progress = new Meter(
    octets,
    incidents,
    () => run.order.now,
    () => run.journey,
  )
  let journal: JournalWriter | null = null
  const run: ReplayRun = new ReplayRun(
    {
      updates,
      ribs: tables,
      asns,
      inputs,
      sideInputs,
      samples,
      missing,
      planned: windowsOf(config.maintenance),
      planes: planesOf(config),
      from: flags.from,
      until: flags.until,
      detect: config.detect,
      limits: config.limits,
      mostIncidents: config.limits.incidents,
      ignorePeers: config.context.ignorePeers,
      jobs: flags.jobs ?? jobsFor(octets),
      progress: (octets) => progress.add(octets),
      started: () => {
        for (const { path, at } of run.tables) if (at === null) throw new InputError(noTable(path))
        journal?.start()
      },
      tee: (journey) => {
        const path = flags.journal
        if (path === undefined) return journey
        const watched = asns && [...asns].sort((a, b) => a - b)
        const { baseline } = journey.table
        const header = { baseline, inputs, asns: watched, from: flags.from ?? null }
        try {
          journal = new JournalWriter(
            path,
            { ...header, detect: config.detect, planes: planesOf(config) },
            journey.table.vantages,
            journey.table.files,
            journalSource(journey.table),
            journey,
          )
        } catch (error) {
          throw new InputError(`--journal ${path}: ${(error as Error).message}`)
        }
        return journal
      },
    },
    tell,
  )
  await run.read()
  progress.clear()
  const closed = journal as JournalWriter | null
  closed?.close()
  if (closed?.fault)
    throw new InputError(
      `--journal ${flags.journal}: it could not be written whole: ${closed.fault}`,
    )
  const routed = files.length > 0 || tables !== null
  const summary = summarise(run, log, routed)
  const { dropped } = run.journey.knowledge
  if (dropped > 0)
    log.warn(
      `${dropped} lines of side inputs were left out: they contradict others, or are too many`,
    )
  for (const text of unusedSideInputs(
    sideInputs,
    run.order.first,
    summary.until ?? run.order.newestOfAll(),
  ))
    log.warn(text)
  if (tables && run.order.before > 0) {
    const what = `${run.order.before} messages are older than the table of their collector`
    if (summary.elements === 0 && updates.collectors.length > 0)
      throw new InputError(`${what}, and there are no others: give a table from before them`)
    log.warn(`${what} and were left out`)
  }
  for (const asn of asns ?? [])
    if (routed && run.journey.table.prefixesOf(asn).length === 0)
      log.warn(`AS${asn}: no prefix of it is in this input; nothing can be said about it`)
  if (from !== undefined && Math.max(run.order.newestOfAll(), run.order.now) < from)
    log.warn('all of the input lies before --from: there is nothing to tell')
  if (routed && updates.collectors.length === 0)
    log.info(
      `only starting tables: ${routesOf(run)} routes of ${summary.vantagePoints} vantage points; ` +
        'name the update files that follow them',
    )
  return summary
}

/** Tables from which the updates do not follow. */
function oldTables(tables: Archive | null, updates: Archive): string[] {
  const starts = new Map(updates.collectors.map(({ collector, files }) => [collector, files[0]]))
  return (tables?.collectors ?? []).flatMap(({ collector, files }) =>
    files
      .filter(({ slot }) => (starts.get(collector)?.slot ?? 0) - (slot ?? Infinity) > hours(24))
      .map(({ path }) => path),
  )
}

function routesOf({ journey }: ReplayRun): number {
  return journey.table.peers.list.reduce((n, { routes4, routes6 }) => n + routes4 + routes6, 0)
}
