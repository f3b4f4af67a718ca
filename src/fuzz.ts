// `npm run fuzz`: every decoder against messages that dice have changed (bench/fuzzing.ts).
//
//   --only NAME      this decoder alone
//   --inputs N       so many for each, ten million unless told otherwise
//   --minutes M      no longer than that for each
//   --seed TEXT      other dice

import { parseArgs } from 'node:util'
import { fuzz, targets } from './bench/fuzzing.ts'
import { Dice } from './scenario/dice.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    inputs: { type: 'string', default: '10000000' },
    minutes: { type: 'string', default: '15' },
    seed: { type: 'string', default: 'faultline' },
  },
})

const wanted = targets.filter(({ name }) => values.only === undefined || name === values.only)
if (wanted.length === 0) {
  process.stderr.write(
    `--only ${values.only}: choose one of ${targets.map((t) => t.name).join(', ')}\n`,
  )
  process.exitCode = 2
}
for (const target of wanted) {
  const began = performance.now()
  const memory = process.memoryUsage().rss
  const dice = new Dice(`${values.seed} ${target.name}`)
  const until = began + Number(values.minutes) * 60_000
  const { inputs, good, bad, longest } = await fuzz(target, dice, Number(values.inputs), until)
  const seconds = ((performance.now() - began) / 1e3).toFixed(0)
  const grown = ((process.memoryUsage().rss - memory) / 1e6).toFixed(0)
  process.stdout.write(
    `${target.name}: ${inputs} inputs in ${seconds} s, ${good} good and ${bad} bad, none thrown over; ` +
      `the slowest took ${longest.toFixed(0)} ms; ${grown} MB more memory\n`,
  )
}
