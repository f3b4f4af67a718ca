// `faultline decode`: lines of hex in, lines of JSON out, for those who debug feeds.

import { Argument, type Command } from 'commander'
import { command, InputError } from './command.ts'
import { LineSplitter } from './decode/line-splitter.ts'
import { answer, type Format, formats } from './decode/lines.ts'
import { Output } from './output.ts'

export function decodeCommand(): Command {
  return command('decode')
    .summary('show what single messages mean, as JSON')
    .description(
      'Reads lines on standard input, each one message: bare hex, a frame of RIS Live, or ' +
        '{"hex": …, "ctx": {…}}. Prints exactly one JSON object for each line, in their order; ' +
        '{"error": …} for a line that cannot be read. For mrt a line holds one or more records.',
    )
    .addArgument(new Argument('<format>', 'what the lines hold').choices([...formats]))
    .addHelpText(
      'after',
      '\nIn "ctx": "as4": false for 2-octet ASNs, "addPath": ["1/1"] for families with path identifiers,\n' +
        '"stream": true for several BMP messages back to back.\n\n' +
        'Examples:\n' +
        '  echo ffffffffffffffffffffffffffffffff001304 | faultline decode bgp\n' +
        '  faultline decode rislive < frames.jsonl\n',
    )
    .action(async (format: Format) => {
      await decode(format)
    })
}

/** Characters. A longer line is no message: the largest MRT record is a tenth of that. */
const LONGEST = 16_000_000

/** What comes in together is answered together, so that somebody who types, or `tail -f`, need not wait. */
async function decode(format: Format): Promise<void> {
  const output = new Output(null)
  const lines = new LineSplitter(LONGEST)
  const tooLong = JSON.stringify({ error: `a line of more than ${LONGEST} characters` })
  const say = (line: string | null) =>
    output.write(`${line === null ? tooLong : answer(format, line)}\n`)
  for await (const chunk of process.stdin.setEncoding('utf8')) {
    for (const line of lines.push(chunk)) say(line)
    output.flush()
    if (output.gone) break
  }
  for (const line of lines.end()) say(line)
  output.close()
  if (output.fault !== null)
    throw new InputError(`standard output: not all could be written: ${output.fault}`)
}
