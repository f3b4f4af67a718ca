// Where a secret is kept. What it is, is read when it is needed (feeds/secret.ts).

import { z } from 'zod'
import { file, group, reader } from './fields.ts'

const variable = /^[A-Za-z_][A-Za-z0-9_]*$/

/** Never the secret itself: a configuration is shown around, and its faults with it. */
export const secret = z
  .union([
    reader<z.ZodString, never>(
      z.string(),
      { title: 'no secret', examples: ['{env: NAME}'] },
      (_, refuse) =>
        refuse('is a secret that stands in the open', 'write {env: NAME} or {file: PATH}'),
    ),
    group({
      env: reader(
        z.string(),
        { title: 'the name of a variable', examples: ['PROMETHEUS_TOKEN'] },
        (given) => (variable.test(given) ? given : undefined),
      ).describe('Name of the environment variable that holds it.'),
    }),
    group({
      file: file.describe('File that holds it, on one line; relative to the config file.'),
    }),
  ])
  .meta({ title: 'where the secret is kept' })
