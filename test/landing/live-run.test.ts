import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { Message } from '../../src/core/batch.ts'
import type { Sample } from '../../src/core/sample.ts'
import { seconds } from '../../src/core/time.ts'
import { detectDefaults } from '../../src/detect/detectors.ts'
import { LiveRun } from '../../src/live-run.ts'
import type { LiveStream, SourceSpec } from '../../src/live-source.ts'
import type { RunStream } from '../../src/live-stream.ts'
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

/** A stream that a test speaks into, and what is told of it to a queue. */
function queue(name: string) {
  const applied: number[] = []
  let stream: LiveStream | null = null
  const spec: SourceSpec = {
    name,
    routes: { hearsAll: true, historic: false, tells: () => true },
    open: (given) => {
      stream = given
      return {
        status: () => ({ sees: true, lastFault: null, messages: 0, newest: null }),
        applied: (offset) => applied.push(offset),
        positions: () => ({ 't/0': (applied.at(-1) ?? -1) + 1 }),
        close: async () => undefined,
      }
    },
  }
  /** End-of-RIBs of one peer, at these times. */
  const tell = (offset: number, ...times: number[]): boolean =>
    stream?.take((batch) => {
      const { vantages } = stream as LiveStream
      const vantage = vantages.intern(
        vantages.collector('route-views2'),
        0x0a000001,
        0,
        0,
        0,
        65001,
        4,
      )
      for (const at of times) {
        batch.open(Message.endOfRib, at, vantage, offset)
        batch.close()
      }
      return true
    }) ?? false
  return { spec, applied, tell, drops: () => (stream as RunStream | null)?.drops() }
}

const options = (...sources: SourceSpec[]) => ({
  asns: new Set([64500]),
  sources,
  ribs: null,
  baseline: 'learned-live' as const,
  inputs: { version: 'v', config: 'c', asRelationships: null, vrps: null },
  detect: detectDefaults,
  limits: tableLimits,
  mostIncidents: 10,
  journal: null,
  log: () => undefined,
  decided: () => undefined,
})

it('takes no stamp of the future, wherever it stands among others', async () => {
  const one = queue('one')
  const run = new LiveRun(options(one.spec), () => undefined)
  await run.open()
  const now = Date.now() * 1e3
  expect(one.tell(1, now + seconds(7_200), now)).toBe(false)
  expect(one.tell(2, now)).toBe(true)
  await run.close()
  expect(one.drops()).toEqual([{ reason: 'future', count: 2 }])
  expect(run.now).toBeLessThanOrEqual(now + seconds(60))
}, 30_000)

it('two queues that tell the same are both as far', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-run-'))
  try {
    const [one, two] = [queue('one'), queue('two')]
    const state = { folder, every: seconds(3_600), mostAge: seconds(3_600) }
    const run = new LiveRun({ ...options(one.spec, two.spec), state }, () => undefined)
    await run.open()
    const now = Date.now() * 1e3
    one.tell(5, now)
    two.tell(900, now)
    await run.close()
    expect([one.applied, two.applied]).toEqual([[5], [900]])
    const kept = readFileSync(join(folder, 'table.ndjson'), 'utf8')
    expect(kept).toContain('"positions":{"one":{"t/0":6},"two":{"t/0":901}}')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}, 30_000)
