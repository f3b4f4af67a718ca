import { expect, it } from 'vitest'
import type { Sample } from '../../src/core/sample.ts'
import { seconds } from '../../src/core/time.ts'
import { detectDefaults } from '../../src/detect/detectors.ts'
import { LiveRun } from '../../src/live-run.ts'
import { tableLimits } from '../../src/table/table.ts'
import { until } from './program.ts'

it('goes on in time where samples are all there is', async () => {
  const run = new LiveRun(
    {
      asns: new Set([64500]),
      sources: [],
      ribs: null,
      baseline: 'learned-live',
      inputs: { version: 'v', config: 'c', asRelationships: null, vrps: null },
      detect: detectDefaults,
      limits: tableLimits,
      mostIncidents: 10,
      journal: null,
      log: () => undefined,
      decided: () => undefined,
    },
    () => undefined,
  )
  await run.open()
  const now = Date.now() * 1e3
  const sample: Sample = {
    kind: 'sample',
    at: now - seconds(60),
    plane: 'ingress',
    metric: 'in_bps',
    value: 1e9,
    labels: { link: 'l' },
    uncertainty: seconds(15),
  }
  expect(run.hear(sample)).toBeNull()
  expect(run.hear({ ...sample, at: now + seconds(3_600) })).toBe('future')
  run.hear({ ...sample, at: now })
  const first = run.now ?? 0
  await until('a tick has come', () => (run.now ?? 0) > Math.max(first, sample.at))
  await run.close()
}, 30_000)
