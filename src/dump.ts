// `faultline dump -m`: MRT files as the lines that scripts for bgpdump read.

import { statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import type { Command } from 'commander'
import { BlockThreads } from './block-threads.ts'
import { archiveOf, command, InputError, jobsOption } from './command.ts'
import { OctetText } from './decode/octet-text.ts'
import { type Dumped, dumpFile, Gone, writeOut } from './dump-file.ts'
import { DumpThreads } from './dump-threads.ts'
import { openLog } from './report/log.ts'

export function dumpCommand(): Command {
  return command('dump')
    .summary('print MRT files as bgpdump does')
    .description(
      'Prints what is in MRT files (gzip, bzip2 or plain), one line for each route or change of one, ' +
        'as `bgpdump -m` prints it.',
    )
    .argument('<file...>', 'MRT files')
    .option('-m', 'one line an element, times in seconds since 1970 (the only format there is)')
    .option(
      '--jobs <number>',
      'threads that unpack and print; the output is the same (default: one for each core)',
      jobsOption,
    )
    .addHelpText(
      'after',
      '\nExample:\n  faultline dump -m updates.20241029.0000.bz2 | grep "|W|"\n',
    )
    .action(async (files: string[], { jobs }: { jobs?: number }) => {
      await dump(files, jobs ?? availableParallelism())
    })
}

/** Octets on disk that are done before a thread has begun. */
const SMALL = 1 << 20

async function dump(files: readonly string[], jobs: number): Promise<void> {
  const log = openLog({ readable: process.stderr.isTTY === true })
  // Faults of all of them before the first line.
  const { bytes } = archiveOf(files)
  const folders = files.filter((path) => statSync(path).isDirectory())
  if (folders.length > 0)
    throw new InputError(folders.map((path) => `${path}: is a folder; name the files`).join('\n'))
  let read = 0
  const tell: Tell = (path, { records, malformed, truncated }) => {
    if (malformed > 0) log.warn(`${path}: ${malformed} of ${records} records are malformed`)
    if (truncated) log.warn(`${path}: it ends in the middle of a record; what came before was used`)
    read += records - malformed
  }
  const threads = bytes < SMALL ? 1 : jobs
  try {
    await (threads > 1 ? dumpInThreads(files, threads, tell) : dumpHere(files, tell))
  } catch (error) {
    if (!(error instanceof Gone)) throw error
    return
  }
  if (read === 0)
    throw new InputError('no MRT record could be read: are these MRT files (RFC 6396)?')
}

type Tell = (path: string, dumped: Dumped) => void

async function dumpHere(files: readonly string[], tell: Tell): Promise<void> {
  const out = new OctetText(writeOut)
  for (const path of files) tell(path, await dumpFile(path, out))
}

async function dumpInThreads(files: readonly string[], jobs: number, tell: Tell): Promise<void> {
  const pool = new BlockThreads(jobs)
  const threads = new DumpThreads(jobs, tell)
  try {
    try {
      for (const path of files) await threads.read(path, pool)
    } finally {
      // What was read before a fault is printed all the same.
      await threads.finish()
    }
  } finally {
    await Promise.all([threads.close(), pool.close()])
  }
}
