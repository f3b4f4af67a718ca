// A beacon through a live feed, from the subscription to what readiness and metrics say of it.

import { afterAll, expect, it } from 'vitest'
import { hours, milliseconds, seconds } from '../../src/core/time.ts'
import { detectDefaults } from '../../src/detect/detectors.ts'
import { dueBefore, isAnnounced } from '../../src/feeds/canary.ts'
import { risLiveDefaults } from '../../src/feeds/ris-live-settings.ts'
import { risLive } from '../../src/live-ris.ts'
import { LiveRun } from '../../src/live-run.ts'
import { startRisLiveServer } from '../../src/scenario/ris-live-server.ts'
import { tableLimits } from '../../src/table/table.ts'
import { until } from './program.ts'

const open: { close(): Promise<void> }[] = []
afterAll(async () => {
  for (const it of open.splice(0).reverse()) await it.close()
})

it('a beacon is asked for, and measured until it is decided', async () => {
  const server = await startRisLiveServer()
  open.push(server)
  // Today's beacons may be two hours old when this runs.
  const staleAfter = hours(3)
  const settings = { ...risLiveDefaults, url: server.url, pace: milliseconds(1), staleAfter }
  const routes = { hearsAll: false, historic: false, tells: () => true }
  const run = new LiveRun(
    {
      asns: new Set([64500]),
      sources: [{ name: 'ris-live', routes, open: risLive(settings) }],
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
  open.push(run)
  const canary = () => run.streams[0]?.status().canary
  await until('it is heard', () => run.sees())
  expect(canary()).toEqual({ stamped: null, heard: null, decided: null, missed: 0 })

  const scheduled = dueBefore(Date.now() * 1e3)
  const up = isAnnounced(scheduled)
  const frame = {
    ...{ host: 'rrc00.ripe.net', peer: '192.0.2.1', peer_asn: '64510', id: 'x', type: 'UPDATE' },
    timestamp: (scheduled + seconds(5)) / 1e6,
    path: up ? [64510, 12654] : [],
    announcements: up ? [{ next_hop: '192.0.2.1', prefixes: ['84.205.64.0/24'] }] : [],
    withdrawals: up ? [] : ['84.205.64.0/24'],
  }
  // Only who has asked for it is sent it.
  expect(server.publish(frame)).toBe(1)
  await until('it is decided', () => typeof canary()?.decided === 'number')
  const { stamped, heard, decided } = canary() ?? {}
  expect(stamped).toBe(seconds(5))
  expect(heard).toBeGreaterThanOrEqual(0)
  expect(decided).toBeGreaterThan(heard ?? Number.POSITIVE_INFINITY)
}, 60_000)
