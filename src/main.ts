#!/usr/bin/env node
// The door: arguments → command → exit status.

import { writeSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { Exit, InputError, Unfinished, unknownCommand, version } from './command.ts'

/** What a command needs is loaded when it is the one that runs; for the general help all are. */
const commands: Record<string, () => Promise<Command>> = {
  demo: async () => (await import('./demo.ts')).demoCommand(),
  watch: async () => (await import('./watch.ts')).watchCommand(),
  replay: async () => (await import('./replay.ts')).replayCommand(),
  fetch: async () => (await import('./fetch.ts')).fetchCommand(),
  simulate: async () => (await import('./simulate.ts')).simulateCommand(),
  score: async () => (await import('./score.ts')).scoreCommand(),
  explain: async () => (await import('./explain.ts')).explainCommand(),
  samples: async () => (await import('./samples.ts')).samplesCommand(),
  init: async () => (await import('./init.ts')).initCommand(),
  check: async () => (await import('./check.ts')).checkCommand(),
  dump: async () => (await import('./dump.ts')).dumpCommand(),
  decode: async () => (await import('./decode.ts')).decodeCommand(),
}

const program = new Command('faultline')
  .description(
    'Watches BGP for an AS, detects outages, mass withdrawals and leaks, and says with evidence what ' +
      'it sees. Without a command it plays the demo, which needs no network.',
  )
  .version(version)
  .showHelpAfterError('(--help says more)')
  .addHelpText(
    'after',
    '\nExit status: 0 done, 1 our fault, 2 the input is wrong, 3 `replay --strict` found incidents, or\n`score` missed what is required.',
  )

const word = process.argv[2]
const wanted = word !== undefined && Object.hasOwn(commands, word) ? [word] : Object.keys(commands)
for (const name of wanted) {
  const sub = await commands[name]?.()
  if (sub) program.addCommand(sub, { isDefault: name === 'demo' })
}

for (const sub of [program, ...program.commands]) sub.exitOverride()

for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // Whoever reads us may leave early (`| head`); what we would have said is not missed.
    if (error.code !== 'EPIPE') process.exit(report(error))
  })

try {
  const fault = unknownCommand(program, word)
  if (fault !== null) throw new InputError(fault)
  await program.parseAsync()
} catch (error) {
  const status = report(error)
  // After a fault of ours something may still listen, and would keep us alive without a purpose.
  if (status === Exit.ours) process.exit(status)
  process.exitCode = status
}

function report(error: unknown): number {
  // Commander has printed its message, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? Exit.done : Exit.input
  if (error instanceof InputError) {
    say(`${error.message}\n`)
    return Exit.input
  }
  if (error instanceof Unfinished) {
    say(`${error.message}\n`)
    return Exit.ours
  }
  if (isWriteFault(error)) {
    say(`Cannot write what there is to say: ${error.message}\n`)
    return Exit.ours
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  say(`This is a fault of Faultline, please report it:\n${text}\n`)
  return Exit.ours
}

/** A full disk, say, under standard output: nobody's fault in here. */
function isWriteFault(error: unknown): error is NodeJS.ErrnoException {
  const { syscall, code } = error as Partial<NodeJS.ErrnoException>
  return error instanceof Error && syscall === 'write' && code !== undefined
}

/** All of it is out when this returns, unless nobody reads for a second: an exit may follow. */
function say(text: string): void {
  let octets = Buffer.from(text)
  for (let attempts = 20; octets.length > 0 && attempts > 0; ) {
    try {
      octets = octets.subarray(writeSync(2, octets))
    } catch (error) {
      // Nothing else can be said, or there is nowhere to say it.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return
      attempts--
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50)
    }
  }
}
