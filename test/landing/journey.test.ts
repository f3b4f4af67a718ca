// What an own router says of the very same prefixes changes nothing of what is said of them: it is evidence of
// what the network itself hears, and no witness of what the world sees.

import { beforeAll, expect, it } from 'vitest'
import { Batch } from '../../src/core/batch.ts'
import type { Incident } from '../../src/core/incident.ts'
import type { Sink } from '../../src/core/sink.ts'
import { ROUTER, VantagePoints } from '../../src/core/vantage.ts'
import { detectDefaults } from '../../src/detect/detectors.ts'
import { listArchive } from '../../src/feeds/archive.ts'
import { Journey } from '../../src/journey.ts'
import { ReplayRun } from '../../src/replay-run.ts'
import { BmpDecoder, received } from '../../src/wire/bmp.ts'
import { BmpFrames } from '../../src/wire/bmp-frames.ts'
import { peerUp, routes } from './bmp-messages.ts'
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

const OWN = 64500
const T0 = 1_700_000_000_000_000
const peer = { address: '192.0.2.1', asn: 64501 }
const labels = { asn: String(OWN), peer: peer.address, router: 'r1' }

/** The corridor of an operator with an own router alone, at so many minutes. */
function corridor() {
  const incidents: Incident[] = []
  const vantages = new VantagePoints()
  const journey = new Journey(
    {
      vantages,
      asns: new Set([OWN]),
      baseline: 'learned-live',
      inputs: { version: 'v', config: 'c', asRelationships: null, vrps: null },
      detect: detectDefaults,
    },
    (incident) => incidents.push(incident),
  )
  const decoder = new BmpDecoder(vantages)
  const numbers = received(vantages.collector(`${ROUTER}r1`))
  let now = T0
  const sample = (metric: string, value: number) =>
    journey.fact({
      ...{ kind: 'sample', at: now, plane: 'bgp', metric, value, labels },
      uncertainty: 15e6,
    })
  return {
    incidents,
    journey,
    /** What a router says, and what is read in it. */
    hears(octets: Uint8Array) {
      const frames = new BmpFrames()
      frames.push(octets)
      const batch = new Batch()
      batch.clear()
      while (frames.next()) {
        decoder.use(frames.bytes, frames.view)
        decoder.read(frames.at, frames.stop, numbers, now, 0, batch)
      }
      for (let m = 0; m < batch.messages; m++) {
        batch.at[m] = now
        journey.message(batch, m)
      }
    },
    sample,
    until(minute: number, each: () => void = () => undefined) {
      for (; now < T0 + minute * 60e6; now += 10e6) {
        if ((now - T0) % 30e6 === 0) {
          sample('session_up', 1)
          each()
        }
        journey.fact({ kind: 'tick', at: now })
      }
    },
  }
}

const prefixes = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `10.${(from + i) >> 8}.${(from + i) & 255}.0/24`)

/** That many more prefixes are received than ordinarily is an incident, and its evidence says so. */
function expectFlood(incidents: readonly Incident[], because: RegExp) {
  const told = incidents.filter(({ kinds }) => kinds.includes('session.loss'))
  expect(told.map(({ asn }) => asn)).toContain(OWN)
  const found = told.flatMap(({ verdict }) => verdict?.for ?? [])
  expect(found.map(({ id }) => id)).toContain('bgp.rx_prefix_flood')
  expect(found.find(({ id }) => id === 'bgp.rx_prefix_flood')?.because).toMatch(because)
}

it('routes that an own session holds are counted, and five times as many are evidence', () => {
  const { incidents, hears, until } = corridor()
  hears(peerUp(peer, OWN))
  hears(routes(peer, { announce: prefixes(0, 300), path: '64501 64510' }))
  until(60)
  // What breathes is none of it.
  hears(routes(peer, { announce: prefixes(300, 400), path: '64501 64510' }))
  until(70)
  expect(incidents).toEqual([])
  hears(routes(peer, { announce: prefixes(400, 3_000), path: '64501 64510' }))
  until(75)
  expectFlood(incidents, /3,000 prefixes received on a session of r1, ordinarily 300/)
  // Nobody told how others see anything: no word of an outage.
  expect(incidents.some(({ kind }) => kind.startsWith('outage'))).toBe(false)
})

it('so are those that a router only counts itself', () => {
  const { incidents, hears, sample, until } = corridor()
  hears(peerUp(peer, OWN))
  until(60, () => sample('rx_prefixes', 20_000))
  expect(incidents).toEqual([])
  until(65, () => sample('rx_prefixes', 940_000))
  expectFlood(incidents, /940,000 prefixes received on a session of r1, ordinarily 20,000/)
})
