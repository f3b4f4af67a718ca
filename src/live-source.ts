// What a live feed is to the run: somebody who speaks into a stream of the clock. Adding one is a file
// `live-NAME.ts` with an `OpenSource`, and a line in `sources.ts`.

import type { Asn } from './core/asn.ts'
import type { Batch } from './core/batch.ts'
import type { Change, Sample } from './core/sample.ts'
import type { SeedPlace } from './core/seed.ts'
import type { Instant, Span } from './core/time.ts'
import type { VantagePoints } from './core/vantage.ts'

/** Why something pushed is not taken. */
export type Unheard = 'old' | 'future' | 'full'

/** How many, and of what; reasons are from a short list. */
export interface Dropped {
  readonly reason: string
  readonly count: number
}

/** One stream of the clock, as a feed sees it. */
export interface LiveStream {
  readonly name: string
  readonly vantages: VantagePoints
  /** Watched ASes, ascending. */
  readonly asns: readonly Asn[]
  /** Where a run before this one stopped, as the source told it; null when there was none. */
  readonly resume: {
    readonly positions: Readonly<Record<string, number>>
    /** How far a vantage point had been applied; undefined = nothing of it was, out of this feed. */
    place(vantage: number): SeedPlace | undefined
  } | null
  /** Own prefixes that are in the table at present. */
  own(): string[]
  /**
   * Messages for the corridor. `read` appends to the batch and says false when there was no room and nothing
   * was read; it is then called again with an empty one. What lies far in the future is taken back
   * and counted. True when a message was taken.
   */
  take(read: (batch: Batch) => boolean): boolean
  /** Sight is lost, of all or of one collector (or router), and why; and it is back. */
  gap(why: string, collector?: string): void
  sight(collector?: string): void
  /** A sample or a change; null when it was taken. */
  fact(fact: Sample | Change): Unheard | null
  /** Event time up to which everything is in the table and judged; -Infinity before anything was. */
  reached(): Instant
  /** Something was lost on its way, for a reason from a short list. */
  dropped(reason: string, count?: number): void
  malformed(count?: number): void
  log(level: 'info' | 'warn' | 'error', text: string): void
}

export interface LiveSourceStatus {
  readonly sees: boolean
  /** Why sight was lost last; null if never. */
  readonly lastFault: string | null
  /** Since the start: messages (frames, records, answers). */
  readonly messages: number
  readonly octets?: number
  /** Newest event time heard; null before anything was. */
  readonly newest: Instant | null
  /** What the source has counted itself, beside what it told the stream. */
  readonly malformed?: number
  readonly dropped?: readonly Dropped[]
  /** What is wrong without being blindness, in sentences: a collector that has stalled, a missed beacon. */
  readonly symptoms?: readonly string[]
  /** How long what was scheduled took on its way here; absent where nothing is. */
  readonly canary?: CanaryStatus
}

export interface CanaryStatus {
  /** After the time it was scheduled for: stamped by a collector, heard, judged; null while it is not. */
  readonly stamped: Span | null
  readonly heard: Span | null
  readonly decided: Span | null
  /** Appointments that nobody kept, since the start. */
  readonly missed: number
}

export interface LiveSource {
  status(): LiveSourceStatus
  /** A message with this `offset` has been applied. With it, `positions` says where to go on after a restart. */
  applied?(offset: number): void
  /** What an `offset` means over a restart: everything of this queue before `next` has been applied. */
  place?(offset: number): Pick<SeedPlace, 'queue' | 'next'>
  positions?(): Readonly<Record<string, number>>
  /** Routes that a session of an own router has received, by the count of its router; null: it has not said. */
  received?(router: string, peer: string): number | null
  /** Own prefixes have changed. */
  own?(prefixes: readonly string[]): void
  /** No method of the stream is called after it has resolved. */
  close(): Promise<void>
}

export type OpenSource = (stream: LiveStream) => LiveSource

/** One that is to be opened. */
export interface SourceSpec {
  /** Its name in metrics, gaps and evidence. */
  readonly name: string
  /** Routes come by it; null for those that tell of other planes only. */
  readonly routes: {
    /** Everything is heard, not only what concerns the watched ASes. */
    readonly hearsAll: boolean
    /** Of the operator's own routers: evidence, but no witness of what others see. */
    readonly own?: true
    /** It plays the past: event time does not follow the wall clock. */
    readonly historic: boolean
    /** Whether it tells of this collector, so that a table of it is kept up to date. */
    tells(collector: string): boolean
  } | null
  readonly open: OpenSource
}

/** Whether it tells what others see of a network. */
export const isWitness = ({ routes }: SourceSpec): boolean => routes !== null && !routes.own
