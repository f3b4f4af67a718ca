// Whether the daemon is ready, by what it was asked to hear.

import { afterEach, expect, it } from 'vitest'
import { seconds } from '../../src/core/time.ts'
import { detectDefaults } from '../../src/detect/detectors.ts'
import { LiveRun } from '../../src/live-run.ts'
import type { SourceSpec } from '../../src/live-source.ts'
import { readinessOf } from '../../src/readings.ts'
import { tableLimits } from '../../src/table/table.ts'
import { until } from './loopback.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

const source = (name: string, routes: SourceSpec['routes'], sees: boolean): SourceSpec => ({
  name,
  routes,
  open: () => ({
    status: () => ({ sees, lastFault: 'cut off', messages: 0, newest: null }),
    close: () => Promise.resolve(),
  }),
})
const heard = { hearsAll: true, historic: false, tells: () => false }

async function run(...sources: SourceSpec[]): Promise<LiveRun> {
  const made = new LiveRun(
    {
      asns: new Set([64500]),
      sources,
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
  await made.open()
  closing.push(() => made.close())
  return made
}

const pushed = (made: LiveRun): void => {
  const sample = { kind: 'sample', plane: 'ingress', metric: 'in_bps', value: 1e9 } as const
  made.hear({ ...sample, at: Date.now() * 1e3, labels: { link: 'l' }, uncertainty: seconds(15) })
}

it('where samples alone judge it waits for them, and not for routes that nobody asked for', async () => {
  const made = await run(source('prometheus', null, false))
  expect(readinessOf(made)).toEqual({
    ready: false,
    reasons: ['blind: nothing is heard of any plane yet, or any more'],
    symptoms: ['no feed tells how others see these networks: own routers and samples alone judge'],
  })
  pushed(made)
  await until('it is ready', () => {
    pushed(made)
    return readinessOf(made).ready
  })
  expect(readinessOf(made)).toMatchObject({ reasons: [] })
}, 60_000)

it('an own router that is lost is a symptom, and no reason', async () => {
  const made = await run(source('bmp', { ...heard, own: true }, false))
  expect(readinessOf(made).symptoms).toContain('blind: bmp is not heard (cut off)')
  await until('it is ready', () => {
    pushed(made)
    return readinessOf(made).ready
  })
}, 60_000)

it('where routes were asked for they are waited for, whatever else is heard', async () => {
  const made = await run(source('ris-live', heard, false), source('prometheus', null, true))
  pushed(made)
  const { ready, reasons, symptoms = [] } = readinessOf(made)
  expect(ready).toBe(false)
  expect(reasons).toEqual([
    'blind: ris-live is not heard (cut off)',
    'learning: no vantage point has spoken yet',
    'learning: it is not known yet who ordinarily carries AS64500',
  ])
  expect(symptoms).toEqual([])
}, 60_000)
