// What a live feed is to the run: somebody who speaks into a stream of the clock. Adding one is a file
// `live-NAME.ts` with a function of this shape, and a line where the daemon opens them.

import type { Asn } from './core/asn.ts'
import type { Batch } from './core/batch.ts'
import type { Change, Sample } from './core/sample.ts'
import type { Instant } from './core/time.ts'
import type { VantagePoints } from './core/vantage.ts'
import type { Unheard } from './live-run.ts'

/** One stream of the clock, as a feed sees it. */
export interface LiveStream {
  readonly name: string
  readonly vantages: VantagePoints
  /** Own prefixes that are known at present, of configuration and table. */
  own(): string[]
  readonly asns: readonly Asn[]
  /**
   * Messages for the corridor. `read` appends to the batch and says false when there was no room and nothing
   * was read; it is then called again with an empty one. What lies far in the future is taken back
   * and counted. True when a message was taken.
   */
  take(read: (batch: Batch) => boolean): boolean
  /** Sight is lost, of all or of one collector (or router), and why; and it is back. */
  gap(why: string, collector?: string): void
  sight(collector?: string): void
  /** A sample or a change. */
  fact(fact: Sample | Change): Unheard | null
  /** Something was lost on its way, for a reason from a short list: a counter in the metrics. */
  dropped(reason: string, count?: number): void
  malformed(count?: number): void
  log(level: 'info' | 'warn' | 'error', text: string): void
}

export interface LiveSourceStatus {
  readonly sees: boolean
  readonly lastFault: string | null
  /** Messages (frames, records) since the start. */
  readonly messages: number
  /** Newest event time heard; null before anything was. */
  readonly newest: Instant | null
}

export interface LiveSource {
  /** Whether routes come by it: only those count for readiness. */
  readonly routes: boolean
  status(): LiveSourceStatus
  /** Own prefixes have changed. */
  own?(prefixes: readonly string[]): void
  close(): Promise<void>
}

export type OpenSource = (stream: LiveStream) => LiveSource
