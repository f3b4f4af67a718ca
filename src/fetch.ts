// `faultline fetch`: files of the archives of RIS and RouteViews into a folder, to be replayed from there.

import type { Command } from 'commander'
import { command, Exit, InputError, instantOption, settledConfig } from './command.ts'
import type { Instant } from './core/time.ts'
import {
  archiveOption,
  collectorsOption,
  type Mirrors,
  octetsOption,
  size,
  USUAL_MOST,
  wishFaults,
} from './fetch-options.ts'
import { Fetching } from './fetching.ts'
import { openLog } from './report/log.ts'
import { many } from './report/plain.ts'

interface FetchFlags {
  readonly collector?: string[]
  readonly from?: Instant
  readonly until?: Instant
  readonly out?: string
  readonly rib?: boolean
  readonly archive?: Mirrors
  readonly most?: number
  readonly config?: string
}

export function fetchCommand(): Command {
  return command('fetch')
    .summary('fetch files of the RIS and RouteViews archives')
    .description(
      'Fetches the update files of collectors that hold something of a time, and with --rib the table to ' +
        'start from and what has followed it, into a folder that `faultline replay` reads. What is there ' +
        'already is not fetched again, and what was cut is gone on with.',
    )
    .option('--collector <names>', 'collectors, as in rrc00,route-views2', collectorsOption)
    .option('--from <time>', 'from then on', instantOption)
    .option('--until <time>', 'until then', instantOption)
    .option('--out <folder>', 'where the files are put')
    .option('--rib', 'the newest table at or before --from too, and the updates since')
    .option(
      '--archive <url>',
      'a mirror of both archives, or of one as in ris=URL; may be repeated',
      archiveOption,
    )
    .option('--most <size>', 'refuse to fetch more than this (default: 10G)', octetsOption)
    .option('--config <file>', 'archives, their mirrors and your contact from a configuration')
    .addHelpText(
      'after',
      '\nExit status: 0 done, 1 the archive or the network failed (the same command goes on), 2 the input is ' +
        'wrong.\n\nExample:\n' +
        '  faultline fetch --collector rrc00,route-views2 --rib \\\n' +
        '    --from 2024-10-29T00:00Z --until 2024-10-29T01:00Z --out october\n' +
        '  faultline replay october\n',
    )
    .action(async (flags: FetchFlags) => {
      process.exitCode = await fetchFiles(flags)
    })
}

async function fetchFiles(flags: FetchFlags): Promise<number> {
  const { collector: collectors = [], from, until, out, rib = false } = flags
  const faults = wishFaults(collectors, from, until)
  if (collectors.length === 0)
    faults.unshift('--collector is missing: name collectors, as in rrc00,route-views2')
  if (out === undefined) faults.push('--out is missing: name the folder to put the files in')
  if (faults.length > 0 || from === undefined || until === undefined || out === undefined)
    throw new InputError(faults.join('\n'))
  const { config } = await settledConfig(flags.config, [])
  const log = openLog({ readable: process.stderr.isTTY === true, level: config.log.level })
  const fetching = new Fetching(config.archives, log, { mirrors: flags.archive, folder: out })
  const most = flags.most ?? USUAL_MOST
  const fetched = await fetching.fetch({ collectors, from, until, table: rib, most })
  fetching.warn(fetched)
  const { paths, octets, missing } = fetched
  const holes = [...missing.values()].reduce((sum, names) => sum + names.length, 0)
  const lacking = holes > 0 ? `; ${many(holes, 'file')} the archive lacks` : ''
  log.info(`${out}: ${many(paths.length, 'file')}, ${size(octets)}${lacking}`)
  return Exit.done
}
