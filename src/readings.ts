// What the daemon knows of itself at one moment, in the words of `report`: for metrics, for readiness
// and for the question how well an AS is seen.

import { holesOf } from './bootstrap.ts'
import type { Asn } from './core/asn.ts'
import { type Afi, afiName } from './core/prefix.ts'
import { type Plane, planes } from './core/sample.ts'
import { type Instant, iso } from './core/time.ts'
import { PeerState, Seen } from './core/view.ts'
import type { Doors } from './doors.ts'
import type { LiveRun } from './live-run.ts'
import type { CanaryStatus } from './live-source.ts'
import { isWitness } from './live-source.ts'
import type { RunStream } from './live-stream.ts'
import type { RefreshStatus } from './refresh.ts'
import type { Readiness } from './report/api.ts'
import type { AsReading, FeedReading, Reading } from './report/metrics.ts'
import type { RouterHandlers } from './report/routers-api.ts'
import type { Table } from './table/table.ts'

type Family = AsReading['families'][number]

const families: readonly Afi[] = [4, 6]
const states = Object.entries(PeerState)
const seens = Object.entries(Seen)

export function readingOf(run: LiveRun, doors: Doors, vrps: RefreshStatus | null): Reading {
  const { table } = run.journey
  const { peers } = table
  return {
    feeds: run.streams.map(feedReading),
    vantagePoints: families.flatMap((afi) =>
      states.map(([state, number]) => ({
        afi: afiName(afi),
        state,
        count: peers.list.filter(
          (peer) => peer.state === number && (afi === 4 ? peer.routes4 : peer.routes6) > 0,
        ).length,
      })),
    ),
    routes: families.map((afi) => ({
      afi: afiName(afi),
      count: peers.list.reduce((n, peer) => n + (afi === 4 ? peer.routes4 : peer.routes6), 0),
    })),
    watched: run.asns.map((asn) => asReading(run, asn)),
    treatedAsWithdraw: treatedBy(table),
    holes: holesOf(table),
    late: run.order.late,
    duplicates: run.order.duplicates,
    vrps: vrps === null ? null : vrpsReading(vrps, run.clock()),
    refused: [
      ...table.dropped,
      ...run.journey.dropped,
      { table: 'leaping-stamps', count: run.order.refused },
      { table: 'waiting-batches', count: run.order.forced },
    ],
    planes: planes.map((plane) => planeReading(run, plane)),
    samples: Object.entries(run.journey.heard).map(([plane, count]) => ({ plane, count })),
    samplesRefused: Object.entries(doors.refused).map(([reason, count]) => ({ reason, count })),
  }
}

const vrpsReading = (
  { count, date, sources, refused, malformed }: RefreshStatus,
  now: Instant,
): NonNullable<Reading['vrps']> => ({
  count,
  ageSeconds: date === null ? null : Math.max(0, now - date) / 1e6,
  // Their names hold addresses: no label does.
  sources: sources.map(({ up }, i) => ({ name: String(i + 1), up })),
  refused,
  malformed,
})

/** Routes are a plane too, however little own routers say. */
function planeReading(run: LiveRun, plane: Plane): Reading['planes'][number] {
  const { state, age } = run.journey.situations.planes.state(plane)
  const up = state !== 'blind' || (plane === 'bgp' && run.sees())
  return { plane, up, ageSeconds: age === null ? null : age / 1e6 }
}

function treatedBy({ peers, vantages }: Table): Reading['treatedAsWithdraw'] {
  const counts = new Map(vantages.collectors.map((name) => [name, 0]))
  for (const { id, treatedAsWithdraw } of peers.list) {
    const { collector } = vantages.get(id)
    counts.set(collector, (counts.get(collector) ?? 0) + treatedAsWithdraw)
  }
  return [...counts].map(([collector, count]) => ({ collector, count }))
}

function feedReading(stream: RunStream): FeedReading {
  const { sees, newest, messages, canary } = stream.status()
  return {
    feed: stream.name,
    up: sees,
    lagSeconds:
      newest === null || stream.historic ? null : Math.max(0, Date.now() / 1e3 - newest / 1e6),
    messages,
    gaps: stream.gaps,
    malformed: stream.malformedCount,
    dropped: stream.drops(),
    ...(canary ? { canary: canaryReading(canary) } : {}),
  }
}

function canaryReading({ missed, ...stages }: CanaryStatus): NonNullable<FeedReading['canary']> {
  const { stamped, heard, decided } = stages
  return {
    stages: Object.entries({ stamped, heard, decided }).map(([stage, span]) => ({
      stage,
      seconds: span === null ? null : span / 1e6,
    })),
    missed,
  }
}

function asReading(run: LiveRun, asn: Asn): AsReading {
  return {
    asn,
    blind: isBlind(run),
    families: families.map((afi) => familyReading(run, asn, afi)),
  }
}

function familyReading(run: LiveRun, asn: Asn, afi: Afi): Family {
  const { table } = run.journey
  const counts = new Map<number, number>()
  let visible = 0
  let reference = 0
  for (const prefix of table.prefixesOf(asn)) {
    if (table.afi(prefix) !== afi) continue
    const seen = table.seen(prefix)
    counts.set(seen, (counts.get(seen) ?? 0) + 1)
    // More than usual is no help to those prefixes that are seen less.
    visible += Math.min(table.visible(prefix), table.reference(prefix))
    reference += table.reference(prefix)
  }
  const updates = table.updates.get(asn)?.[afi]
  return {
    afi: afiName(afi),
    prefixes: seens.map(([state, number]) => ({ state, count: counts.get(number) ?? 0 })),
    visibilityRatio: reference === 0 ? null : visible / reference,
    announced: updates?.announced ?? 0,
    withdrawn: updates?.withdrawn ?? 0,
  }
}

/** The answer to `/api/v1/visibility`; undefined when nobody watches the AS. */
export function visibilityOf(run: LiveRun, asn: Asn): object | undefined {
  if (!run.asns.includes(asn)) return undefined
  const { table } = run.journey
  const prefixes = table.prefixesOf(asn).map((prefix) => ({
    prefix: table.prefixText(prefix),
    state: seens.find(([, number]) => number === table.seen(prefix))?.[0] ?? 'new',
    visible: table.visible(prefix),
    reference: table.reference(prefix),
  }))
  prefixes.sort((a, b) => (a.prefix < b.prefix ? -1 : 1))
  return {
    asn,
    at: run.now === null ? null : iso(run.now),
    vantage: table.vantage(),
    families: families.map((afi) => familyReading(run, asn, afi)),
    prefixes: prefixes.slice(0, MOST),
    more: Math.max(0, prefixes.length - MOST),
  }
}

/** What own routers tell, for `/api/v1/routers`. */
export const routersOf = (run: () => LiveRun): RouterHandlers => ({
  at: () => run().now,
  routers: () => run().journey.own.routers(),
  routesOf: (prefix) => run().journey.own.routesOf(prefix),
  received: (router, peer) =>
    run()
      .streams.map((stream) => stream.received(router, peer))
      .find((count) => count !== null) ?? null,
})

/** Prefixes in one answer. */
const MOST = 10_000

const judgesRoutes = ({ streams }: LiveRun): boolean => streams.some(({ spec }) => isWitness(spec))

/** Too little is heard to judge: of routes where those are asked for, else of anything. */
function isBlind(run: LiveRun): boolean {
  if (judgesRoutes(run)) return !run.sees()
  const { planes: heard } = run.journey.situations
  return planes.every((plane) => plane === 'change' || heard.state(plane).state === 'blind')
}

/** Ready is: we hear something, we know something, and nobody has to guess. */
export function readinessOf(run: LiveRun): Readiness {
  const reasons: string[] = []
  const symptoms: string[] = []
  const { table } = run.journey
  for (const { name, spec, status } of run.streams) {
    const { sees, lastFault: fault, symptoms: more = [] } = status()
    symptoms.push(...more.map((text) => `${name}: ${text}`))
    const unheard = `${name} is not heard${fault ? ` (${fault})` : ''}`
    if (spec.routes && !sees) (isWitness(spec) ? reasons : symptoms).push(`blind: ${unheard}`)
  }
  const holes = holesOf(table)
  if (holes.since !== null)
    symptoms.push(
      `since ${iso(holes.since)} not all is known of ${holes.stale + holes.unknown} vantage points`,
    )
  // Where no such feed was asked for, that it is not there is no fault of the moment.
  if (!judgesRoutes(run)) {
    symptoms.push(
      'no feed tells how others see these networks: own routers and samples alone judge',
    )
    if (isBlind(run)) reasons.push('blind: nothing is heard of any plane yet, or any more')
    return { ready: reasons.length === 0, reasons, symptoms }
  }
  if (table.vantage().active === 0) reasons.push('learning: no vantage point has spoken yet')
  for (const asn of run.asns) {
    const known = table.prefixesOf(asn).some((prefix) => table.reference(prefix) > 0)
    if (!known) reasons.push(`learning: it is not known yet who ordinarily carries AS${asn}`)
  }
  return { ready: reasons.length === 0, reasons, symptoms }
}
