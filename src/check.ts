// `faultline check`: what a configuration means, or everything that is wrong with it.

import type { Command } from 'commander'
import { command, settledConfig } from './command.ts'
import { explainConfig } from './config/explain.ts'

export function checkCommand(): Command {
  return command('check')
    .summary('validate a configuration file and explain it')
    .description('Validates a configuration file; exit status 2 with every fault it has.')
    .argument('<config>', 'YAML file')
    .action(async (path: string) => {
      process.stdout.write(`${explainConfig(await settledConfig(path, [])).trimEnd()}\n`)
    })
}
