// A network watched by its own instruments: models are read step by step, series are scraped, and
// samples arrive as they arrive. Same dice, same samples.

import type { Change, Labels, Plane, Sample } from '../core/sample.ts'
import { type Instant, iso, minutes, type Span, seconds } from '../core/time.ts'
import { control } from './control.ts'
import type { Dice } from './dice.ts'
import type { Reading } from './gauge.ts'
import { type Conditions, conditionsAt, type Network, type Phase } from './network.ts'
import { probes } from './probes.ts'
import { Resolvers } from './resolvers.ts'
import { Traffic } from './traffic.ts'
import type { Variant } from './variants.ts'

/** Models are read so often; every interval is a multiple. */
const STEP = seconds(15)

/** How often each plane is asked: routers by SNMP, flows by the minute, resolvers more often. */
const INTERVAL: Readonly<Record<Sample['plane'], Span>> = {
  bgp: seconds(60),
  igp: seconds(60),
  ingress: seconds(60),
  flow: seconds(60),
  dns: seconds(30),
  probe: seconds(60),
}

/** A frozen device stops so long before the onset: its numbers are those of an ordinary day. */
const FROZEN_BEFORE = minutes(10)
/** How much is sent twice after a reconnect, and how long after the onset that is. */
const REPEATED = minutes(10)

export interface Watching {
  readonly start: Instant
  readonly end: Instant
  readonly onset: Instant
  readonly phases: readonly Phase[]
  /** Whether there is such a series at all. */
  readonly sees: (plane: Sample['plane'], metric: string) => boolean
  /** How much later than they are stamped the samples of a series arrive. */
  readonly delay: (plane: Sample['plane'], metric: string) => Span
  /** How much the clocks of a plane are ahead, and known to be. */
  readonly ahead: ReadonlyMap<Plane, Span>
  readonly variant: Variant
}

/** In the order in which it arrives. */
export interface Arrival {
  readonly at: Instant
  readonly fact: Sample | Change
}

interface Series {
  readonly plane: Sample['plane']
  readonly metric: string
  readonly labels: Labels
  readonly device: string
  readonly dice: Dice
  sum: number
  steps: number
  held: number | null
}

/** The one thing that tells the numbers of a series: a router, a resolver, an exporter, a prober. */
const deviceOf = (plane: string, labels: Labels): string =>
  labels['router'] ??
  labels['resolver'] ??
  labels['exporter'] ??
  (plane === 'ingress' ? `${labels['pop']}-border` : `${plane}-${labels['pop'] ?? 'outside'}`)

/** All that can be read at an instant, of what is watched; each plane with what it knows of by then. */
function modelsOf(
  net: Network,
  { onset, phases, sees, variant: { jitter } }: Watching,
): (at: Instant) => Reading[] {
  const resolvers = new Resolvers(net)
  const traffic = new Traffic(net)
  const planes = ['bgp', 'igp', 'ingress', 'flow', 'dns', 'probe'] as const
  return (at) => {
    const since = at - onset
    const usual = conditionsAt(phases, since)
    const then = (plane: Plane) => {
      const shift = jitter.get(plane) ?? 0
      return shift === 0 ? usual : conditionsAt(phases, since - shift)
    }
    const known = new Map<Conditions, Reading[]>()
    const once = (is: Conditions, read: (is: Conditions) => Reading[]) => {
      const made = known.get(is) ?? read(is)
      known.set(is, made)
      return made
    }
    const border = (is: Conditions) => [
      ...traffic.read(at, is),
      ...control(net, is),
      ...probes(net, is),
    ]
    // Resolvers remember: they are asked once a step.
    const asked = resolvers.read(at, then('dns'))
    return [
      ...planes.flatMap((plane) =>
        once(then(plane), border).filter((reading) => reading.plane === plane),
      ),
      ...asked,
    ].filter(({ plane, metric }) => sees(plane, metric))
  }
}

export function watch(net: Network, dice: Dice, watching: Watching): Arrival[] {
  const { start, end, onset, variant } = watching
  const models = modelsOf(net, watching)
  const all: Series[] = []
  const devices: string[] = []
  const out: Arrival[] = []
  const seriesOf = ({ plane, metric, labels }: Reading): Series => {
    const device = deviceOf(plane, labels)
    if (!devices.includes(device)) devices.push(device)
    const mine = dice.fork(`${metric} ${JSON.stringify(labels)}`)
    return { plane, metric, labels, device, dice: mine, sum: 0, steps: 0, held: null }
  }
  /** Drawn by turn from all devices there are, which are known after the first step. */
  const drawn = (turn: number | null) => (turn === null ? null : devices[turn % devices.length])

  for (let at = start; at < end; at += STEP) {
    // Models give the same readings in the same order, whatever is the matter.
    const series = models(at).map((reading, i) => {
      all[i] ??= seriesOf(reading)
      return [all[i], reading] as const
    })
    const frozen = drawn(variant.frozen)
    const skewed = drawn(variant.skewed)
    for (const [one, reading] of series) {
      const interval = variant.interval ?? INTERVAL[one.plane]
      // States are as they are when asked, everything else is a mean since the last time.
      const isState = reading.noise === 0
      one.sum = isState ? reading.value : one.sum + reading.value
      one.steps = isState ? 1 : one.steps + 1
      if ((at - start + STEP) % interval !== 0) continue
      const noise = isState ? 1 : Math.max(0, 1 + one.dice.normal(0, reading.noise))
      const value = rounded(Math.min(reading.most, (one.sum / one.steps) * noise))
      one.sum = 0
      one.steps = 0
      const isHeld = one.device === frozen && at >= onset - FROZEN_BEFORE
      if (isHeld) one.held ??= value
      if (variant.loss > 0 && one.dice.chance(variant.loss)) continue
      const stamp = at + STEP
      const wrong =
        (watching.ahead.get(one.plane) ?? 0) + (one.device === skewed ? variant.skew : 0)
      const late =
        watching.delay(one.plane, one.metric) + (one.plane === variant.late ? variant.lateBy : 0)
      out.push({
        at: stamp + late,
        fact: {
          kind: 'sample',
          at: stamp + wrong,
          plane: one.plane,
          metric: one.metric,
          value: isHeld ? (one.held ?? value) : value,
          labels: one.labels,
          // It happened somewhere in the interval; a clock known to be wrong blurs it by as much.
          uncertainty: interval + wrong,
        },
      })
    }
  }
  return inOrder([...out, ...again(out, watching)])
}

/** What a plane sends once more when it is connected again. */
function again(all: readonly Arrival[], { onset, variant }: Watching): Arrival[] {
  if (variant.repeated === null) return []
  const at = onset + REPEATED
  return all
    .filter((one) => one.fact.kind === 'sample' && one.fact.plane === variant.repeated)
    .filter((one) => one.at > at - REPEATED && one.at <= at)
    .map((one) => ({ ...one, at: at + 1 }))
}

/** Stable: what arrives in the same instant stays as the models told it. */
export const inOrder = (all: readonly Arrival[]): Arrival[] => [...all].sort((a, b) => a.at - b.at)

/** Four digits: no instrument knows more. */
const rounded = (value: number): number => Number(value.toPrecision(4))

const instantText = (at: Instant): string => iso(at).replace('.000Z', 'Z')

/** As it is posted and written: one line without its end. */
export function lineOf(fact: Sample | Change): string {
  const at = instantText(fact.at)
  const { labels, uncertainty } = fact
  const more = {
    ...(uncertainty > 0 && { uncertainty: `${uncertainty / 1e6}s` }),
    ...(fact.heard !== undefined && { heard: instantText(fact.heard) }),
  }
  if (fact.kind === 'sample') {
    const { plane, metric, value } = fact
    return JSON.stringify({ at, plane, metric, value, labels, ...more })
  }
  const note = fact.note === '' ? {} : { note: fact.note }
  return JSON.stringify({ at, plane: 'change', event: fact.event, labels, ...note, ...more })
}
