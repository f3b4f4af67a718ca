// A secret is not written into the file: it names a variable of the environment, or another file.

import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { group, reader, text } from './fields.ts'

const variable = /^[A-Za-z_]\w{0,199}$/

export const secret = z
  .union([
    group({
      env: reader(
        z.string(),
        {
          title: 'the name of an environment variable',
          examples: ['KAFKA_PASSWORD'],
          pattern: variable.source,
        },
        (given) => (variable.test(given) ? given : undefined),
      ).describe('The variable that holds it.'),
    }),
    group({
      file: text('the path of a file', 'kafka.password').describe(
        'The file that holds it, and nothing else; relative to the config file.',
      ),
    }),
  ])
  .meta({ title: 'a secret: {env: NAME} or {file: PATH}' })

export type Secret = z.output<typeof secret>

/** What it is, or throws with what to do. A newline at the end of a file is not part of it. */
export function readSecret(secret: Secret, where: string): string {
  if ('env' in secret) {
    const value = process.env[secret.env]
    if (value) return value
    throw new Error(`${where}: the environment variable ${secret.env} is not set; set it`)
  }
  let value: string
  try {
    value = readFileSync(secret.file, 'utf8').replace(/\r?\n$/, '')
  } catch {
    throw new Error(`${where}: ${secret.file} cannot be read; check its path and who may read it`)
  }
  if (value !== '') return value
  throw new Error(`${where}: ${secret.file} is empty; write the secret into it`)
}
