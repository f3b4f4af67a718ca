// What the instruments of the watched network say on the day of the demo: the samples of S01, whose onset
// is that of the day's outage, in the beat of the day.

import type { Change, Sample } from './core/sample.ts'
import type { Instant, Span } from './core/time.ts'
import { incidentNamed, playIncident } from './scenario/incidents.ts'
import { type Arrival, lineOf } from './scenario/telemetry.ts'

/** So many lines go into one POST at most: a daemon has to read it in one go. */
const MOST_LINES = 2_000
/** How often what is due is posted, in milliseconds. */
const BEAT = 100

/** Samples and changes of KT's morning, as they arrive. */
export function daySamples(): readonly Arrival[] {
  const script = incidentNamed('S01')
  if (!script) throw new RangeError('there is no S01')
  return playIncident(script).arrivals
}

const shifted = <Item extends Sample | Change>(item: Item, shift: Span): Item => ({
  ...item,
  at: item.at + shift,
})

export interface SamplesPlaying {
  /** What is due until then is posted, shift included. */
  readonly until: Instant
  /** Resolves when all is posted, or when it was stopped. */
  readonly done: Promise<void>
  stop(): void
}

/**
 * Posts `arrivals` in pieces as the day's time goes on, which `now` says, shift included; one piece after
 * the other, so that a slow daemon gets larger ones and never two at once. `post` that fails is tried no
 * more: those samples are lost, as they would be in life.
 */
export function playSamples(
  arrivals: readonly Arrival[],
  now: () => Instant,
  post: (body: string) => Promise<void>,
  shift: Span = 0,
): SamplesPlaying {
  let next = 0
  let until = Number.NEGATIVE_INFINITY
  let isStopped = false
  let finish = () => {}
  const done = new Promise<void>((resolve) => {
    finish = resolve
  })
  const turn = async () => {
    const lines: string[] = []
    const time = now()
    for (; next < arrivals.length && lines.length < MOST_LINES; next++) {
      const { at, fact } = arrivals[next] as Arrival
      if (at + shift > time) break
      lines.push(lineOf(shifted(fact, shift)))
    }
    if (lines.length > 0) await post(`${lines.join('\n')}\n`).catch(() => {})
    until =
      next < arrivals.length ? Math.min(time, (arrivals[next] as Arrival).at + shift) : Infinity
    if (isStopped || next >= arrivals.length) finish()
    else setTimeout(turn, lines.length < MOST_LINES ? BEAT : 0)
  }
  void turn()
  return {
    get until() {
      return until
    },
    done,
    stop() {
      isStopped = true
      finish()
    },
  }
}
