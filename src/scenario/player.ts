// Plays a day through a RIS Live server, as fast as told: what every vantage point said, in the order
// in which it was said.

import type { Batch } from '../core/batch.ts'
import { type Instant, type Span, seconds } from '../core/time.ts'
import type { VantagePoints } from '../core/vantage.ts'
import { type RisFrame, toFrames } from './frames.ts'
import type { RisLiveServer } from './ris-live-server.ts'

/** A frame, and when it is due. */
export interface Cue {
  readonly at: Instant
  readonly frame: RisFrame
}

/** The frames of a batch; the row order is that of the batch. */
export function cuesOf(batch: Batch, vantages: VantagePoints): Cue[] {
  const out: Cue[] = []
  for (let m = 0; m < batch.messages; m++)
    out.push({ at: batch.at[m] as Instant, frame: toFrames(batch, vantages, m) })
  return out
}

/** How often what is due is sent, in milliseconds. */
const BEAT = 20
/** A client that is so far behind is waited for, in octets. */
const BEHIND = 4 << 20

export interface Playing {
  /** Event time reached. */
  readonly now: Instant
  /** Resolves when the last cue has been sent, or when it was stopped. */
  readonly done: Promise<void>
  stop(): void
}

/**
 * Sends `cues`, sorted by time, at `speed` times the pace at which they happened; `shift` moves their
 * stamps. Slow clients slow it down, and so does `isHeld`: a demo is to be seen whole.
 */
export function play(
  server: RisLiveServer,
  cues: readonly Cue[],
  from: Instant,
  speed: number,
  shift: Span = 0,
  isHeld: () => boolean = () => false,
): Playing {
  let next = 0
  let now = from
  let last = performance.now()
  let finish = () => {}
  const done = new Promise<void>((resolve) => {
    finish = resolve
  })
  const timer = setInterval(() => {
    const wall = performance.now()
    if (server.buffered() < BEHIND && !isHeld()) now += Math.round((wall - last) * 1e3 * speed)
    last = wall
    for (; next < cues.length; next++) {
      const { at, frame } = cues[next] as Cue
      if (at > now) return
      const timestamp = shift === 0 ? frame.timestamp : frame.timestamp + shift / seconds(1)
      server.publish(shift === 0 ? frame : { ...frame, timestamp })
    }
    stop()
  }, BEAT)
  const stop = () => {
    clearInterval(timer)
    finish()
  }
  return {
    get now() {
      return now + shift
    },
    done,
    stop,
  }
}
