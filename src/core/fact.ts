// Facts that are few enough to be objects. Batches carry the routes; everything else that happens
// in the stream is one of these.

import type { Instant } from './time.ts'

export interface Gap {
  readonly kind: 'gap'
  readonly at: Instant
  readonly feed: string
  /** Number of the feed, as its batches carry it in `file`. */
  readonly source: number
  /** Null = all of the feed. */
  readonly collector: string | null
  readonly why: string
}

export type Fact =
  /** The clock's heartbeat: event time has passed a whole interval. Detectors judge at ticks. */
  | { readonly kind: 'tick'; readonly at: Instant }
  /** We lost sight: a socket, a file that is missing, a full buffer. */
  | Gap
  /** Sight is back; what we believed before may be out of date. */
  | (Omit<Gap, 'kind' | 'why'> & { readonly kind: 'gap-end' })
