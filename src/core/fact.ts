// Facts that are few enough to be objects. Batches carry the routes; everything else that happens
// in the stream is one of these.

import type { Instant } from './time.ts'

export type Fact =
  /** The clock's heartbeat: event time has passed a whole interval. Detectors judge at ticks. */
  | { readonly kind: 'tick'; readonly at: Instant }
  /** We lost sight: a socket, a file that is missing, a full buffer. `collector` null = all of the feed. */
  | {
      readonly kind: 'gap'
      readonly at: Instant
      readonly feed: string
      readonly collector: string | null
      readonly why: string
    }
  /** Sight is back; what we believed before may be out of date. */
  | {
      readonly kind: 'gap-end'
      readonly at: Instant
      readonly feed: string
      readonly collector: string | null
    }
