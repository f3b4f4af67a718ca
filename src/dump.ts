// `faultline dump -m`: MRT files as the lines that scripts for bgpdump read.

import { writeSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import type { Command } from 'commander'
import { BlockThreads } from './block-threads.ts'
import { archiveOf, command, InputError } from './command.ts'
import { BgpdumpText } from './decode/bgpdump.ts'
import { OctetText } from './decode/octet-text.ts'
import { readChunks } from './feeds/archive.ts'
import { openLog } from './report/log.ts'
import type { BlockPool } from './wire/bzip2-ahead.ts'
import { decompress, newReport } from './wire/decompress.ts'
import { MrtFrames } from './wire/mrt-frames.ts'

export function dumpCommand(): Command {
  return command('dump')
    .summary('print MRT files as bgpdump does')
    .description(
      'Prints what is in MRT files (gzip, bzip2 or plain), one line for each route or change of one, ' +
        'as `bgpdump -m` prints it.',
    )
    .argument('<file...>', 'MRT files')
    .option('-m', 'one line an element, times in seconds since 1970 (the only format there is)')
    .addHelpText(
      'after',
      '\nExample:\n  faultline dump -m updates.20241029.0000.bz2 | grep "|W|"\n',
    )
    .action(async (files: string[]) => {
      await dump(files)
    })
}

/** The reader has gone, as `| head` does: there is nobody left to write to. */
class Gone extends Error {}

async function dump(files: readonly string[]): Promise<void> {
  const log = openLog({ readable: process.stderr.isTTY === true })
  // Faults of all of them before the first line.
  archiveOf(files)
  const out = new OctetText(writeOut)
  const pool = new BlockThreads(availableParallelism())
  let read = 0
  try {
    for (const path of files) {
      const { stats, malformed, truncated } = await dumpFile(path, out, pool)
      if (malformed > 0) log.warn(`${path}: ${malformed} of ${stats.records} records are malformed`)
      if (truncated)
        log.warn(`${path}: it ends in the middle of a record; what came before was used`)
      read += stats.records - stats.malformed
    }
    out.flush()
  } catch (error) {
    if (!(error instanceof Gone)) throw error
    return
  } finally {
    await pool.close()
  }
  if (read === 0)
    throw new InputError('no MRT record could be read: are these MRT files (RFC 6396)?')
}

/** All of one file into `out`. */
export async function dumpFile(path: string, out: OctetText, pool?: BlockPool) {
  const text = new BgpdumpText(out)
  const stats = { records: 0, malformed: 0, truncated: false }
  const frames = new MrtFrames(stats)
  const packed = newReport()
  const drain = (last: boolean) => {
    while (frames.next(last)) text.record(frames.bytes, frames.view, frames.at, frames.stop)
  }
  let octets = 0
  for await (const chunk of decompress(readChunks(path), packed, pool)) {
    octets += chunk.length
    frames.push(chunk)
    drain(false)
  }
  drain(true)
  const malformed = stats.malformed + text.malformed
  const truncated = stats.truncated || packed.truncated
  return { stats, malformed, truncated, octets, elements: text.elements }
}

const pause = new Int32Array(new SharedArrayBuffer(4))

/** Waits for a slow reader: nothing else is to be done meanwhile. */
function writeOut(octets: Uint8Array): void {
  for (let at = 0; at < octets.length; ) {
    try {
      at += writeSync(1, octets, at)
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      if (code === 'EPIPE') throw new Gone()
      if (code !== 'EAGAIN')
        throw new InputError(`standard output: not all could be written: ${message}`)
      Atomics.wait(pause, 0, 0, 5)
    }
  }
}
