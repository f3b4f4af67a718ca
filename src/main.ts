#!/usr/bin/env node
// The door: arguments → command → exit status.

import { Command, CommanderError } from 'commander'
import { checkCommand } from './check.ts'
import { Exit, InputError, unknownCommand, version } from './command.ts'
import { demoCommand } from './demo.ts'
import { replayCommand } from './replay.ts'
import { watchCommand } from './watch.ts'

const program = new Command('faultline')
  .description(
    'Watches BGP for an AS, detects outages, mass withdrawals and leaks, and says with evidence what ' +
      'it sees. Without a command it plays the demo, which needs no network.',
  )
  .version(version)
  .showHelpAfterError('(--help says more)')
  .addCommand(demoCommand(), { isDefault: true })
  .addCommand(watchCommand())
  .addCommand(replayCommand())
  .addCommand(checkCommand())
  .addHelpText(
    'after',
    '\nExit status: 0 done, 1 our fault, 2 the input is wrong, 3 `replay --strict` found incidents.',
  )

for (const sub of [program, ...program.commands]) sub.exitOverride()

for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // Whoever reads us may leave early (`| head`); what we would have said is not missed.
    if (error.code !== 'EPIPE') throw error
  })

try {
  const fault = unknownCommand(program, process.argv[2])
  if (fault !== null) throw new InputError(fault)
  await program.parseAsync()
} catch (error) {
  process.exitCode = report(error)
}

function report(error: unknown): number {
  // Commander has printed its message, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? Exit.done : Exit.input
  if (error instanceof InputError) {
    process.stderr.write(`${error.message}\n`)
    return Exit.input
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  process.stderr.write(`This is a fault of Faultline, please report it:\n${text}\n`)
  return Exit.ours
}
