// The forty incidents that have to be told apart (fault-vs-flood.md §4), and each of them played: what
// the collectors hear, what the instruments say, and what was the matter.

import { hours, type Instant, minutes, parseInstant, seconds } from '../core/time.ts'
import { changesOf } from './change-log.ts'
import { Dice } from './dice.ts'
import { type IncidentScript, LATE_BY } from './incident.ts'
import { faults } from './incidents-fault.ts'
import { floods } from './incidents-flood.ts'
import { others } from './incidents-other.ts'
import { buildInternet, type Internet } from './internet.ts'
import { operatorNetwork } from './network.ts'
import { type Play, playScript } from './play.ts'
import { scriptDefaults } from './script.ts'
import { type Arrival, inOrder, lineOf, watch } from './telemetry.ts'
import { type Variant, variantOf } from './variants.ts'

export const incidents: readonly IncidentScript[] = [...faults, ...floods, ...others].sort(
  (a, b) => (a.id < b.id ? -1 : 1),
)

export const incidentNamed = (text: string): IncidentScript | undefined =>
  incidents.find(({ id, name }) => id === text.toUpperCase() || name === text)

/** Before the onset, for what is usual to be learned; after all is over. */
const CALM = minutes(95)
const AFTER = minutes(30)
const DAY: Instant = parseInstant('2026-03-02') ?? 0
/** Small enough to be made in a second; four collectors, because three have to agree on a loss. */
const SIZE = { ases: 200, prefixes: 1_000, vantages: 24, rate: 0.6 }

export interface PlayedIncident {
  readonly script: IncidentScript
  readonly variant: Variant
  readonly start: Instant
  readonly onset: Instant
  /** When it was over. */
  readonly over: Instant
  readonly end: Instant
  readonly internet: Internet
  /** What the collectors hear; made when it is asked for. */
  readonly play: Play
  /** Samples and changes, in the order in which they arrive. */
  readonly arrivals: readonly Arrival[]
}

export function playIncident(
  script: IncidentScript,
  seed: string | number = 1,
  variantNumber = 0,
): PlayedIncident {
  const dice = new Dice(`${script.id} ${seed}`)
  const variant = variantOf(variantNumber, dice)
  // On no round minute: instruments are asked on those.
  const onset = script.at ?? DAY + CALM + seconds(dice.fork('onset').int(5, 55))
  // Archives begin with a file of updates: a table in the midst of one would not be taken for theirs.
  const start = Math.floor((onset - CALM) / minutes(15)) * minutes(15)
  const over = onset + script.lasts
  const end = Math.ceil((over + AFTER) / minutes(1)) * minutes(1)
  const internet = internetOf(script, seed)
  const providers = (internet.out[internet.watched] ?? [])
    .map((e) => internet.edges[e])
    .flatMap((edge) => (edge?.role === 'provider' ? [internet.asns[edge.to] ?? 0] : []))
  const { sees, only, late = [] } = script
  const samples = watch(operatorNetwork(providers), dice.fork('telemetry'), {
    start,
    end,
    onset,
    phases: script.phases,
    sees: (plane, metric) => sees.includes(plane) && (only?.includes(metric) ?? true),
    delay: (plane, metric) => (late.includes(plane) || late.includes(metric) ? LATE_BY : 0),
    ahead: script.ahead ?? new Map(),
    variant,
  })
  const log = typeof script.log === 'function' ? script.log(internet) : script.log
  // What is logged is done first: its clock may only be early.
  const early = -Math.abs(variant.jitter.get('change') ?? 0)
  const changes = changesOf(log, onset + early).map((fact) => ({ at: fact.at, fact }))
  const arrivals = inOrder([...changes, ...samples])
  let play: Play | undefined
  return {
    script,
    variant,
    start,
    onset,
    over,
    end,
    internet,
    get play() {
      play ??= playRoutes(script, seed, variant, { start, onset, end })
      return play
    },
    arrivals,
  }
}

/** As `playScript` makes it. */
function internetOf({ world }: IncidentScript, seed: string | number): Internet {
  const built = buildInternet(new Dice(seed).fork('internet'), { ...scriptDefaults, ...SIZE })
  return world ? world(built) : built
}

function playRoutes(
  { routes, world }: IncidentScript,
  seed: string | number,
  variant: Variant,
  {
    start,
    onset,
    end,
  }: { readonly start: Instant; readonly onset: Instant; readonly end: Instant },
): Play {
  const shift = variant.jitter.get('bgp') ?? 0
  return playScript(
    { ...scriptDefaults, ...SIZE, seed, start, hours: (end - start) / hours(1) },
    {
      ...(world && { world }),
      arrange(stage, dice) {
        // Meanwhile ordinary unrest leaves the one alone that this is about.
        const meanwhile = { from: onset - minutes(5), until: end }
        stage.plot.take(`as ${stage.net.watched}`, meanwhile)
        for (const [turn, { from, until, parts }] of (routes ?? []).entries())
          for (const [nth, part] of parts.entries())
            part(stage, dice.fork(`${turn} ${nth}`), {
              from: onset + shift + from,
              until: onset + shift + until,
            })
      },
    },
  )
}

export const linesOf = ({ arrivals }: PlayedIncident): string =>
  arrivals
    .map(({ at, fact }) => `${lineOf(at === fact.at ? fact : { ...fact, heard: at })}\n`)
    .join('')
