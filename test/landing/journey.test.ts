// What an own router says of the very same prefixes changes nothing of what is said of them: it is evidence of
// what the network itself hears, and no witness of what the world sees.

import { beforeAll, expect, it } from 'vitest'
import type { Incident } from '../../src/core/incident.ts'
import type { Sink } from '../../src/core/sink.ts'
import { ROUTER } from '../../src/core/vantage.ts'
import { listArchive } from '../../src/feeds/archive.ts'
import type { Journey } from '../../src/journey.ts'
import { ReplayRun } from '../../src/replay-run.ts'
import { type DayFiles, dayFiles } from './day-files.ts'
import { workshop } from './program.ts'

const place = workshop()
let files: DayFiles
beforeAll(() => {
  files = dayFiles(place)
})

const archive = (paths: readonly string[]) => {
  const found = listArchive(paths)
  if (!found.ok) throw new Error('no archive')
  return found
}

/** The day as it is; with `mirrored`, own routers tell all of it as well, each a session for a peer. */
async function play(mirrored: boolean) {
  const incidents: Incident[] = []
  let told = 0
  const run = new ReplayRun(
    {
      updates: archive(files.updates),
      ribs: archive(files.ribs),
      asns: new Set([4766]),
      inputs: { version: 'v', config: 'c', asRelationships: null, vrps: null },
      jobs: 1,
      tee: (journey) => (mirrored ? mirror(journey) : journey),
    },
    (incident) => incidents.push(incident),
  )
  await run.read()
  return { incidents, told, journey: run.journey }

  function mirror(journey: Journey): Sink {
    const { vantages } = journey.table
    const routers = new Map<number, number>()
    const routerOf = (vantage: number): number => {
      const known = routers.get(vantage)
      if (known !== undefined) return known
      const { collector, asn } = vantages.get(vantage)
      const name = vantages.collector(`${ROUTER}edge-${collector}`)
      const made = vantages.intern(name, 0x0a000000 + vantage, 0, 0, 0, asn, 4)
      routers.set(vantage, made)
      return made
    }
    return {
      message: (batch, m) => {
        const vantage = batch.vantage[m] as number
        // Before the others and after them, so that neither order can matter.
        for (const turn of [0, 1]) {
          if (turn === 1) journey.message(batch, m)
          if (turn !== told % 2) continue
          batch.vantage[m] = routerOf(vantage)
          journey.message(batch, m)
          batch.vantage[m] = vantage
        }
        told++
      },
      fact: (fact) => journey.fact(fact),
    }
  }
}

it('an own router on the same prefixes changes no octet of any incident', async () => {
  const alone = await play(false)
  const both = await play(true)
  expect(both.told).toBeGreaterThan(1_000)
  // It was heard, session by session.
  const routers = both.journey.own.routers()
  expect(routers.length).toBeGreaterThan(1)
  expect(routers.reduce((sum, { routes }) => sum + routes, 0)).toBeGreaterThan(100)
  expect(alone.journey.own.routers()).toEqual([])
  // What it lost itself is told of it alone, under a name of its own.
  const ofOthers = both.incidents.filter(({ key }) => !key.startsWith('burst:router:'))
  expect(new Set(alone.incidents.map(({ kind }) => kind))).toContain('outage.as')
  expect(ofOthers.map((incident) => JSON.stringify(incident))).toEqual(
    alone.incidents.map((incident) => JSON.stringify(incident)),
  )
  for (const { table } of [both.journey]) {
    const other = alone.journey.table
    expect(table.vantage()).toEqual(other.vantage())
    expect([table.voters(4), table.voters(6)]).toEqual([other.voters(4), other.voters(6)])
    expect(table.names.count).toBe(other.names.count)
    expect(table.collectors).toBe(other.collectors)
    const seen = ({ table: of }: Journey) =>
      of.prefixesOf(4766).map((p) => [of.prefixText(p), of.visible(p), of.reference(p)].join())
    expect(seen(both.journey).sort()).toEqual(seen(alone.journey).sort())
  }
}, 120_000)
