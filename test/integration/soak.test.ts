// Long runs, with FULL=1 alone: whether memory stays what it is however much is heard.

import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'

const full = process.env['FULL'] === '1'
if (!full) console.log('SKIPPED: the soak of 200 M messages; FULL=1 asks for it')

describe.skipIf(!full)('a soak', () => {
  it('of 200 M messages, half of them on new paths, does not grow by a tenth', () => {
    const args = ['--expose-gc', 'dist/bench.js', '--child', 'soak', '200000000']
    const { stdout, status } = spawnSync(process.execPath, args, { encoding: 'utf8' })
    expect(status).toBe(0)
    const { samples } = JSON.parse(stdout) as { samples: number[] }
    const [early = 0, last = 0] = [samples[0], samples.at(-1)]
    console.log(
      `${(early / 1e6).toFixed(0)} MB after 20 M, ${(last / 1e6).toFixed(0)} MB after 200 M`,
    )
    expect(last).toBeLessThan(1.1 * early)
    // It takes minutes; this only keeps a hang from lasting.
  }, 1_800_000)
})
