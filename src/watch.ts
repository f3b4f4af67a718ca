// `faultline watch`: the daemon.

import type { Command } from 'commander'
import { fetchTables } from './bootstrap.ts'
import {
  archiveOf,
  asnOption,
  command,
  Exit,
  InputError,
  refuseOverwriting,
  settledConfig,
  several,
  version,
} from './command.ts'
import { archiveSettings, isArchived } from './config/archives.ts'
import { isLoopback, parseListen } from './config/listen.ts'
import { type Settled, settle } from './config/settle.ts'
import type { Asn } from './core/asn.ts'
import { startDaemon } from './daemon.ts'
import { type Archive, UNKNOWN } from './feeds/archive.ts'
import { ArchiveSite } from './feeds/archive-http.ts'
import { projectOf } from './feeds/archive-layout.ts'
import { ArchiveError } from './feeds/archive-request.ts'
import { collectorsOption } from './fetch-options.ts'
import { unpacksToItsEnd } from './fetching.ts'
import { type FormatName, formatNames } from './report/format.ts'
import { openLog } from './report/log.ts'
import { sidePaths, withFlags } from './side-inputs.ts'

interface WatchFlags {
  readonly asn?: Asn[]
  readonly rib?: string[]
  readonly collector?: string
  readonly bootstrap?: string[]
  readonly listen?: string
  readonly vrps?: string[]
  readonly asRelationships?: string[]
  readonly journal?: string
  readonly risLive?: string
  readonly history?: boolean
  readonly format: string
}

export function watchCommand(): Command {
  return command('watch')
    .summary('watch ASes on the live feeds until told to stop')
    .description(
      'Watches ASes on RIS Live. Without a configuration file, --asn says which, and everything else has ' +
        'its default. Incidents are told on standard output and under /api/v1/incidents; metrics are ' +
        'under /metrics. SIGTERM ends it politely.',
    )
    .argument('[config]', 'YAML file')
    .option('--asn <asn>', 'watch this AS; may be repeated', asnOption)
    .option('--rib <file>', 'MRT table to start from; may be repeated', several)
    .option('--collector <name>', 'collector of tables whose path does not name one')
    .option(
      '--bootstrap <names>',
      'fetch the newest tables of these collectors, as in rrc00,rrc03, to start from',
      collectorsOption,
    )
    .option('--vrps <file>', 'VRPs and ASPA of a validator; may be repeated', several)
    .option('--as-relationships <file>', 'AS relationships (CAIDA); may be repeated', several)
    .option('--listen <address:port>', 'where page, metrics and API are served (loopback only)')
    .option('--journal <file>', 'write what is heard, to replay it byte for byte')
    .option('--ris-live <url>', 'another server that speaks RIS Live')
    .option('--history', 'that server plays the past: old stamps are not stale')
    .option('--format <name>', `one of ${formatNames.join(', ')}`, 'text')
    .action(async (path: string | undefined, flags: WatchFlags) => {
      process.exitCode = await watch(path, flags)
    })
}

async function watch(path: string | undefined, flags: WatchFlags): Promise<number> {
  if (!formatNames.includes(flags.format as FormatName))
    throw new InputError(`--format ${flags.format}: choose one of ${formatNames.join(', ')}`)
  const { config } = await settledConfig(path, flags.asn ?? [])
  if (config.asns.length === 0)
    throw new InputError('nothing to watch: give --asn, or a configuration with asns')
  const settled = settle({
    ...config,
    listen: flags.listen === undefined ? config.listen : loopback(flags.listen),
    feeds: config.feeds.map((feed) =>
      feed.type === 'ris-live'
        ? {
            ...feed,
            ...(flags.risLive === undefined ? {} : { url: webSocket(flags.risLive) }),
            ...(flags.history ? { history: true } : {}),
          }
        : feed,
    ),
    context: {
      ...withFlags(config.context, flags),
      rib: [...config.context.rib, ...(flags.rib ?? [])],
      bootstrap: [...new Set([...config.context.bootstrap, ...(flags.bootstrap ?? [])])],
    },
    ...(flags.journal === undefined ? {} : { journal: flags.journal }),
  })
  const { context, journal } = settled.config
  const ribs = context.rib.length > 0 ? tablesOf(context.rib, flags.collector) : null
  const tables = ribs?.collectors.flatMap((group) => group.files).map((file) => file.path) ?? []
  const read = [...tables, ...sidePaths(context)]
  refuseOverwriting(path === undefined ? read : [...read, path], {
    [flags.journal === undefined ? 'journal' : '--journal']: journal,
  })
  const format = flags.format as FormatName
  const site = siteOf(settled)
  const fetched = site && context.bootstrap.length > 0 ? await tablesFrom(site, settled) : null
  const all = ribs && fetched ? joined(ribs, fetched) : (ribs ?? fetched)
  const daemon = await startDaemon({ settled, format, ribs: all, fetched, site })
  await daemon.ended
  return Exit.done
}

const logOf = ({ config }: Settled) => {
  const log = openLog({ readable: process.stderr.isTTY === true, level: config.log.level })
  return (level: 'info' | 'warn' | 'error', text: string) => log[level](text)
}

/** The archives, where they hold what our feeds tell. */
function siteOf(settled: Settled): ArchiveSite | null {
  const { config } = settled
  const isWanted = config.archives.resync || config.context.bootstrap.length > 0
  if (!isWanted || !isArchived(config)) return null
  const settings = archiveSettings(config.archives, `faultline/${version}`)
  return new ArchiveSite(settings, { log: logOf(settled), isWhole: unpacksToItsEnd })
}

async function tablesFrom(site: ArchiveSite, settled: Settled): Promise<Archive> {
  const { bootstrap } = settled.config.context
  const wrong = bootstrap.filter((name) => projectOf(name) === null)
  if (wrong.length > 0)
    throw new InputError(
      `--bootstrap ${wrong.join(',')}: no collector of RIS or RouteViews, as in rrc00 or route-views2`,
    )
  try {
    return await fetchTables(site, bootstrap, Date.now() * 1e3, logOf(settled))
  } catch (error) {
    site.close()
    throw error instanceof ArchiveError ? new InputError(error.message) : error
  }
}

/** A table that was named is the one that is wanted. */
function joined(given: Archive, fetched: Archive): Archive {
  const named = new Set(given.collectors.map(({ collector }) => collector))
  const more = fetched.collectors.filter(({ collector }) => !named.has(collector))
  return {
    ...given,
    collectors: [...given.collectors, ...more],
    bytes: given.bytes + fetched.bytes,
  }
}

/** Whose a table is must be known: peers that no feed speaks for would hold their routes for ever. */
function tablesOf(paths: readonly string[], collector: string | undefined): Archive {
  const archive = archiveOf(paths, { collector })
  const nameless = archive.collectors.find((group) => group.collector === UNKNOWN)?.files ?? []
  if (nameless.length > 0)
    throw new InputError(
      nameless
        .map(
          ({ path }) =>
            `${path}: its path does not say of which collector it is; add --collector rrc00`,
        )
        .join('\n'),
    )
  return archive
}

function webSocket(url: string): string {
  if (URL.canParse(url) && /^wss?:$/.test(new URL(url).protocol)) return url
  throw new InputError(`--ris-live ${url}: give a WebSocket address, wss://… or ws://…`)
}

/** Other addresses are for the configuration, where one has to say that it is meant. */
export function loopback(text: string): { host: string; port: number } {
  const listen = parseListen(text)
  if (!listen)
    throw new InputError(`--listen ${text}: give an address and a port, as in 127.0.0.1:9477`)
  if (!isLoopback(listen.host))
    throw new InputError(
      `--listen ${text}: only a loopback address; to serve others, say so in a configuration ` +
        '(listen: {address, exposed: true})',
    )
  return listen
}
