// `faultline samples`: series of others as samples of ours, one JSON object a line.

import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import type { Command } from 'commander'
import { command, Exit, InputError } from './command.ts'
import { readIoda } from './ioda.ts'
import { lineOf } from './scenario/telemetry.ts'

interface SamplesFlags {
  readonly fromIoda: string
  readonly entity?: string
}

/** A year of five minutes has 6 MB; what is larger is no series. */
const MOST_OCTETS = 64 << 20

export function samplesCommand(): Command {
  return command('samples')
    .summary('series of others as samples that Faultline understands')
    .description(
      'Reads a series as IODA publishes them (CSV, gzipped or not) and prints samples: blocks seen in ' +
        'routing become visible_24s, blocks that answer probes up_24s.',
    )
    .requiredOption(
      '--from-ioda <file>',
      'CSV with a column `timestamp` and `bgp` or `ping-slash24`',
    )
    .option('--entity <name>', 'whose series it is: a label of every sample')
    .addHelpText('after', '\nExample:\n  faultline samples --from-ioda iraq.csv.gz --entity IQ\n')
    .action((flags: SamplesFlags) => {
      process.exitCode = samples(flags)
    })
}

function samples({ fromIoda: path, entity }: SamplesFlags): number {
  let text: string
  try {
    const octets = readFileSync(path)
    const isGzip = octets[0] === 0x1f && octets[1] === 0x8b
    text = (isGzip ? gunzipSync(octets, { maxOutputLength: MOST_OCTETS }) : octets).toString('utf8')
  } catch (error) {
    throw new InputError(`--from-ioda ${path}: ${(error as Error).message}`)
  }
  const read = readIoda(text, entity ?? null)
  if (read.samples.length === 0)
    throw new InputError(read.faults.map((why) => `${path}: ${why}`).join('\n') || `${path}: empty`)
  for (const why of read.faults) process.stderr.write(`${path}: ${why}\n`)
  process.stdout.write(read.samples.map((one) => `${lineOf(one)}\n`).join(''))
  return Exit.done
}
