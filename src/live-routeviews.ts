// RouteViews as a feed of a live run: records of its topics, out of their two envelopes, into the stream.
//
// Where a restart has to go on is what the table has, not what was fetched: between the two, messages wait
// for their time. So each message carries in its `offset` where it came from, number of the partition and
// offset there, and those of one partition leave the clock in the order of their offsets: no stamp is
// older than one before it in its partition. What was applied last of a partition is its position.

import type { Batch } from './core/batch.ts'
import type { Instant } from './core/time.ts'
import { openRouteViewsFeed } from './feeds/routeviews.ts'
import type { RouteViewsRecord, RouteViewsSettings } from './feeds/routeviews-settings.ts'
import type { LiveSource, LiveSourceStatus, LiveStream } from './live-source.ts'
import { collectorName, OpenBmpReader } from './wire/openbmp.ts'

/** Offsets of a partition; 13 bits are left of 53 for its number. A thousand records a second last 35 years. */
const OFFSETS = 2 ** 40

/** Where a record came from, in the one number that `offset` of a message has room for. */
export const placeOf = (partition: number, offset: number): number =>
  partition * OFFSETS + (offset % OFFSETS)

/** And back. */
export const partitionOf = (place: number): number => Math.floor(place / OFFSETS)
export const offsetOf = (place: number): number => place % OFFSETS

export interface RouteViewsStatusOfAll extends LiveSourceStatus {
  readonly topics: number
  readonly dropped: number
  readonly missing: number
}

export interface RouteViewsSource extends LiveSource {
  status(): RouteViewsStatusOfAll
  /** `topic/partition`, and the offset that was not yet handed to the stream. */
  positions(): Record<string, number>
  /** `topic/partition` of a message's `offset`; undefined when it is of none. */
  partitionName(place: number): string | undefined
}

export function openRouteViews(settings: Partial<RouteViewsSettings>, open = openRouteViewsFeed) {
  return (stream: LiveStream): RouteViewsSource => {
    const reader = new OpenBmpReader(stream.vantages)
    /** Newest stamp by partition. */
    const newest: Instant[] = []
    let last: Instant | null = null
    let read: Batch | null = null

    /** No stamp lies before one that its partition had already. */
    const inOrder = (batch: Batch, from: number, partition: number): void => {
      for (let m = from; m < batch.messages; m++) {
        const at = Math.max(batch.at[m] as number, newest[partition] ?? 0)
        batch.at[m] = at
        newest[partition] = at
        last = Math.max(last ?? at, at)
      }
    }

    const message = (value: Buffer, { collector, partition, offset, told }: RouteViewsRecord) => {
      if (!reader.open(value, told, collector)) {
        stream.malformed()
        return
      }
      const place = placeOf(partition, offset)
      for (let more = true; more; ) {
        stream.take((batch) => {
          read = batch
          for (;;) {
            const from = batch.messages
            const outcome = reader.next(place, batch)
            if (outcome === 'full') return false
            if (outcome === null) {
              more = false
              return true
            }
            if (outcome === 'malformed') stream.malformed()
            else if (outcome === 'refused') stream.dropped('peers')
            inOrder(batch, from, partition)
          }
        })
        // Nobody gave a batch: it is lost.
        if (read === null) more = false
        read = null
      }
    }

    const feed = open(settings, {
      message,
      gap: (why, collector) => stream.gap(why, collector && collectorName(collector)),
      sight: (collector) => stream.sight(collector && collectorName(collector)),
      dropped: (reason, count) => stream.dropped(reason, count),
      log: (level, text) => stream.log(level, text),
    })
    return {
      routes: true,
      status() {
        const { sees, lastFault, messages, topics, dropped, missing } = feed.status()
        return { sees, lastFault, messages, newest: last, topics, dropped, missing }
      },
      positions: () => feed.positions(),
      partitionName: (place) => feed.partitionName(partitionOf(place)),
      close: () => feed.close(),
    }
  }
}
