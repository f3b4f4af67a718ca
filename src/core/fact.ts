// Facts that are few enough to be objects. Batches carry the routes; everything else that happens
// in the stream is one of these.

import type { Change, Sample } from './sample.ts'
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

/** Sight is back; what we believed before may be out of date. */
export interface GapEnd extends Omit<Gap, 'kind' | 'why'> {
  readonly kind: 'gap-end'
  /** What was missed is looked for elsewhere: `filled` or `unfilled` will say what became of it. */
  readonly fills?: true
}

/** What was said while we could not hear has been read elsewhere, all of it: we know as much as if we had heard. */
export interface Filled {
  readonly kind: 'filled'
  readonly at: Instant
  readonly collector: string
  /** From the gap to its end, of all that was read. */
  readonly from: Instant
  readonly until: Instant
}

/** Nobody will read it any more: that hole stays one. */
export interface Unfilled extends Omit<Filled, 'kind'> {
  readonly kind: 'unfilled'
  readonly why: string
}

/**
 * Something that is known beside the routes, out of a dated file. It is complete in itself, so that a
 * journal brings all that was known. It takes effect at `at`, or at the first message after it.
 */
export interface SideInput {
  readonly kind: 'side-input'
  readonly at: Instant
  /**
   * VRPs and ASPA, all of them, or what has changed of them since (`rpki-delta`, the one kind that is not
   * complete in itself); relationships of networks; special networks and prefixes.
   */
  readonly what: 'rpki' | 'rpki-delta' | 'as-relationships' | 'special'
  /** Of the file, without folders. */
  readonly name: string
  /** What it is a picture of; null when it is not of any time. */
  readonly date: Instant | null
  /** Of the file as it was read, in hexadecimal. */
  readonly sha256: string
  /** Line by line, in the notation of the room `context`. */
  readonly content: string
}

/** Whether nothing of `before` counts once `next` does: changes add up, everything else is whole. */
export const replaces = (next: SideInput, before: SideInput): boolean =>
  next.what === before.what
    ? next.what !== 'rpki-delta'
    : next.what === 'rpki' && before.what === 'rpki-delta'

export type Fact =
  /** The clock's heartbeat: event time has passed a whole interval. Detectors judge at ticks. */
  | { readonly kind: 'tick'; readonly at: Instant }
  /** We lost sight: a socket, a file that is missing, a full buffer. */
  | Gap
  | GapEnd
  | Filled
  | Unfilled
  | SideInput
  | Sample
  | Change
