// `faultline init`: a configuration to begin with, out of a table, or out of the list of a BGPalerter.

import { readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import type { Command } from 'commander'
import { ArchiveInput } from './archive-input.ts'
import { fetchTables } from './bootstrap.ts'
import {
  archiveOf,
  asnOption,
  command,
  InputError,
  refuseOverwriting,
  several,
  version,
} from './command.ts'
import { archiveSettings } from './config/archives.ts'
import { fromBgpalerter } from './config/bgpalerter.ts'
import { defaultConfig } from './config/settle.ts'
import {
  type Found,
  type FoundPrefix,
  type StartingConfig,
  startingYaml,
} from './config/starting.ts'
import { Knowledge } from './context/knowledge.ts'
import type { Asn } from './core/asn.ts'
import { BatchPool } from './core/batch.ts'
import { parsePrefix } from './core/prefix.ts'
import { hours } from './core/time.ts'
import { VantagePoints } from './core/vantage.ts'
import { UNKNOWN } from './feeds/archive.ts'
import { ArchiveSite } from './feeds/archive-http.ts'
import { projectOf } from './feeds/archive-layout.ts'
import { ArchiveError } from './feeds/archive-request.ts'
import { archiveOption, collectorsOption, type Mirrors } from './fetch-options.ts'
import { unpacksToItsEnd } from './fetching.ts'
import { readSideInputs } from './side-inputs.ts'
import { type Neighbour, positionOf, type SeenPrefix, StartingPoint } from './starting-point.ts'
import { noTable } from './starting-tables.ts'

interface InitFlags {
  readonly asn?: Asn[]
  readonly rib?: string[]
  readonly collector?: string
  readonly vrps?: string[]
  readonly asRelationships?: string[]
  readonly bootstrap?: string[]
  readonly archive?: Mirrors
  readonly fromBgpalerter?: string
  readonly out?: string
}

export function initCommand(): Command {
  return command('init')
    .summary('write a configuration to begin with')
    .description(
      'Writes a configuration with what a table knows of an AS: its prefixes, its neighbours, whether ' +
        'ROAs cover it. Or takes over the list of prefixes of a BGPalerter. Nothing is fetched but what --bootstrap names.',
    )
    .option('--asn <asn>', 'the AS to watch; may be repeated', asnOption)
    .option('--rib <file>', 'MRT table to look in; may be repeated', several)
    .option('--collector <name>', 'collector of tables whose path does not name one')
    .option(
      '--bootstrap <names>',
      'fetch the newest tables of these collectors, as in rrc00, and look in them',
      collectorsOption,
    )
    .option(
      '--archive <url>',
      'fetch from a mirror of both archives, or of one as in ris=URL; may be repeated',
      archiveOption,
    )
    .option('--vrps <file>', 'VRPs of a validator; may be repeated', several)
    .option('--as-relationships <file>', 'AS relationships (CAIDA); may be repeated', several)
    .option('--from-bgpalerter <file>', 'prefixes.yml of a BGPalerter')
    .option('--out <file>', 'write it there, unless there is such a file; else to standard output')
    .action(async (flags: InitFlags) => {
      await init(flags)
    })
}

async function init(flags: InitFlags): Promise<void> {
  const {
    asn: asns = [],
    rib: named = [],
    bootstrap = [],
    archive,
    vrps = [],
    asRelationships = [],
    out,
  } = flags
  if (flags.fromBgpalerter !== undefined) {
    if (asns.length + named.length + bootstrap.length > 0)
      throw new InputError(
        '--from-bgpalerter says which ASes to watch: leave out --asn, --rib and --bootstrap',
      )
    const { config, left } = takeOver(flags.fromBgpalerter)
    refuseOverwriting([flags.fromBgpalerter], { '--out': out })
    give(startingYaml({ ...config, context: { ...config.context, vrps, asRelationships } }), out)
    for (const what of left) process.stderr.write(`not taken over: ${what}\n`)
    return
  }
  if (asns.length === 0)
    throw new InputError('nothing to write about: give --asn, or --from-bgpalerter prefixes.yml')
  const rib = [...named, ...(await fetchedTables(bootstrap, archive))]
  const points = await lookInto(rib, asns, flags.collector)
  const knowledge = await knowledgeOf(vrps, asRelationships)
  const siblings =
    vrps.length + asRelationships.length + rib.length > 0 ? siblingsOf(points, knowledge) : []
  const config: StartingConfig = {
    head: [
      'Written by faultline init. Strike what is not yours; `faultline check` explains the rest.',
      ...(rib.length > 0 ? [`Out of ${rib.map((path) => basename(path)).join(', ')}.`] : []),
    ],
    asns: [...points].map(([asn, point]) => found(asn, point, knowledge, vrps.length > 0)),
    context: {
      vrps,
      asRelationships,
      siblings: siblings.map(({ asns }) => asns),
      remarks: siblings.map(({ why }) => why),
    },
  }
  for (const [asn, { prefixes }] of points)
    if (rib.length > 0 && prefixes.size === 0)
      process.stderr.write(`no prefix of AS${asn} is in these tables\n`)
  give(startingYaml(config), out)
}

/** Paths of the newest tables, in the cache. */
async function fetchedTables(
  collectors: readonly string[],
  mirrors: Mirrors | undefined,
): Promise<string[]> {
  if (collectors.length === 0) return []
  const { config } = defaultConfig({ asns: [] })
  const settings = archiveSettings({ ...config.archives, ...mirrors }, `faultline/${version}`)
  const say = (_: string, text: string) => process.stderr.write(`${text}\n`)
  const site = new ArchiveSite(settings, { log: say, isWhole: unpacksToItsEnd })
  try {
    const wrong = collectors.filter((name) => projectOf(name) === null)
    if (wrong.length > 0)
      throw new InputError(
        `--bootstrap ${wrong.join(',')}: no collector of RIS or RouteViews, as in rrc00 or route-views2`,
      )
    const tables = await fetchTables(site, collectors, Date.now() * 1e3, say)
    return tables.collectors.flatMap(({ files }) => files.map(({ path }) => path))
  } catch (error) {
    throw error instanceof ArchiveError ? new InputError(error.message) : error
  } finally {
    site.close()
  }
}

function takeOver(path: string) {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new InputError(`${path}: cannot be read: ${(error as Error).message}`)
  }
  const taken = fromBgpalerter(text, basename(path))
  if (taken.ok) return taken
  const lines = taken.faults.map(({ line, why }) => `${path}:${line}: ${why}`)
  if (taken.more > 0) lines.push(`${path}: … and ${taken.more} more like these`)
  throw new InputError(lines.join('\n'))
}

function give(text: string, out: string | undefined): void {
  if (out === undefined) {
    process.stdout.write(text)
    return
  }
  try {
    writeFileSync(out, text, { flag: 'wx' })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new InputError(
      code === 'EEXIST'
        ? `--out ${out}: there is such a file already; give another name`
        : `--out ${out}: ${message}`,
    )
  }
}

async function lookInto(
  paths: readonly string[],
  asns: readonly Asn[],
  collector: string | undefined,
): Promise<Map<Asn, StartingPoint>> {
  const points = new Map(asns.map((asn) => [asn, new StartingPoint(asn)]))
  if (paths.length === 0) return points
  const input = new ArchiveInput(new VantagePoints(), new BatchPool(), [])
  for (const { files } of archiveOf(paths, { collector: collector ?? UNKNOWN }).collectors)
    for (const file of files) {
      const before = [...points.values()].map(({ routes }) => routes)
      for await (const batch of input.batches(file)) {
        for (const point of points.values()) point.read(batch)
        input.pool.give(batch)
      }
      const error = input.reports.get(file.path)?.error
      if (error) throw new InputError(`${file.path}: ${error}`)
      if ([...points.values()].every(({ routes }, i) => routes === before[i]))
        throw new InputError(noTable(file.path))
    }
  return points
}

async function knowledgeOf(
  vrps: readonly string[],
  asRelationships: readonly string[],
): Promise<Knowledge> {
  const knowledge = new Knowledge()
  const lists = { siblings: [], research: [], routeServers: [], scrubbers: [], beacons: [] }
  const files = { ...lists, vrps: [...vrps], asRelationships: [...asRelationships] }
  const say = (text: string) => process.stderr.write(`${text}\n`)
  const inputs = await readSideInputs({ ...files, vrpsAhead: hours(24) }, say)
  for (const input of inputs) knowledge.take(input)
  return knowledge
}

function found(asn: Asn, point: StartingPoint, knowledge: Knowledge, roas: boolean): Found {
  const prefixes = [...point.prefixes.values()].sort(byPrefix)
  const remarks: string[] = []
  const list = (what: string, some: readonly Neighbour[]) => {
    if (some.length === 0) return
    const most = some.toSorted((a, b) => routesOf(b) - routesOf(a) || a.asn - b.asn)
    const shown = most.slice(0, 12).map((one) => `AS${one.asn}`)
    const rest = most.length > 12 ? ` and ${most.length - 12} more` : ''
    remarks.push(`${what}: ${shown.join(', ')}${rest}`)
  }
  const by = { upstream: [], customer: [], peer: [] } as Record<string, Neighbour[]>
  for (const one of point.neighbours.values()) {
    const known = knowledge.relation(one.asn, asn)
    const kind = known === 'provider' ? 'upstream' : known === 'sibling' ? 'peer' : known
    by[kind ?? positionOf(one)]?.push(one)
  }
  list('Upstreams', by['upstream'] ?? [])
  list('Peers', by['peer'] ?? [])
  list('Customers', by['customer'] ?? [])
  const counts = new Map<string, number>()
  const rows = prefixes.map((one): FoundPrefix => {
    const said = roas ? roaOf(one, asn, knowledge) : null
    if (said) counts.set(said, (counts.get(said) ?? 0) + 1)
    return { prefix: one.prefix, remark: remarkOf(one, point, said) }
  })
  if (roas && prefixes.length > 0)
    remarks.push(
      `ROAs: ${[...counts]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([what, n]) => `${what} ${n}`)
        .join(', ')}`,
    )
  return { asn, prefixes: rows, remarks }
}

const routesOf = ({ beyond, direct, behind }: Neighbour): number => beyond + direct + behind

function roaOf({ prefix }: SeenPrefix, asn: Asn, knowledge: Knowledge): string {
  const parsed = parsePrefix(prefix)
  if (!parsed) return 'unknown'
  const [word0, word1, word2, word3] = parsed.words
  const words = { afi: parsed.afi, word0, word1, word2, word3, length: parsed.length }
  return knowledge.validity(words, asn)
}

/** Seen by so few it may be somebody else's mistake. */
const FEW = 0.1

function remarkOf(
  { vantages, others }: SeenPrefix,
  point: StartingPoint,
  roa: string | null,
): string {
  const said: string[] = []
  if (roa) said.push(roa === 'not-found' ? 'no ROA' : roa === 'valid' ? 'valid' : `RPKI ${roa}`)
  if (vantages < FEW * point.vantages.size)
    said.push(`seen by ${vantages} of ${point.vantages.size} only`)
  if (others.size > 0)
    said.push(
      `also of ${[...others]
        .sort((a, b) => a - b)
        .map((n) => `AS${n}`)
        .join(', ')}`,
    )
  return said.join('; ')
}

/** Who originates the same prefixes, or is said to be of the same organisation. */
function siblingsOf(
  points: ReadonlyMap<Asn, StartingPoint>,
  knowledge: Knowledge,
): { asns: Asn[]; why: string }[] {
  const out: { asns: Asn[]; why: string }[] = []
  for (const [asn, point] of points) {
    const kin = new Set<Asn>()
    for (const other of point.neighbours.keys())
      if (knowledge.relation(other, asn) === 'sibling') kin.add(other)
    for (const other of points.keys()) {
      const shares = [...point.prefixes.values()].some(({ others }) => others.has(other))
      if (other !== asn && shares) kin.add(other)
    }
    if (kin.size === 0) continue
    const why = `AS${asn} and who originates the same, or is said to be its sibling:`
    out.push({ asns: [asn, ...[...kin].sort((a, b) => a - b)], why })
  }
  return out
}

function byPrefix(a: SeenPrefix, b: SeenPrefix): number {
  const [x, y] = [parsePrefix(a.prefix), parsePrefix(b.prefix)]
  if (!x || !y) return 0
  for (let i = 0; i < 4; i++) {
    const difference = ((x.words[i] ?? 0) >>> 0) - ((y.words[i] ?? 0) >>> 0)
    if (x.afi === y.afi && difference !== 0) return difference
  }
  return x.afi - y.afi || x.length - y.length
}
