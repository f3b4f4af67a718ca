// RouteViews as a feed of a live run: records of its topics, out of their two envelopes, into the stream.
//
// Where a restart has to go on is what the table has, not what was fetched: between the two, messages wait
// for their time. So each message carries in its `offset` where it came from, number of the partition and
// offset there, and those of one partition leave the clock in the order of their offsets: no stamp is
// older than one before it in its partition. What was applied last of a partition is its position.

import type { Batch } from './core/batch.ts'
import { type Instant, seconds } from './core/time.ts'
import { openRouteViewsFeed } from './feeds/routeviews.ts'
import type { RouteViewsRecord, RouteViewsSettings } from './feeds/routeviews-settings.ts'
import type { LiveSource, LiveSourceStatus, LiveStream } from './live-source.ts'
import { collectorName, OpenBmpReader } from './wire/openbmp.ts'

/** Offsets of a partition; 13 bits are left of 53 for its number. A thousand records a second last 35 years. */
const OFFSETS = 2 ** 40
/** A stamp so far ahead of our clock is refused by the stream, and must not carry later ones with it. */
const FUTURE = seconds(300)

/** Where a record came from, in the one number that `offset` of a message has room for. */
export const placeOf = (partition: number, offset: number): number =>
  partition * OFFSETS + (offset % OFFSETS)

/** And back. */
export const partitionOf = (place: number): number => Math.floor(place / OFFSETS)
export const offsetOf = (place: number): number => place % OFFSETS

export interface RouteViewsLiveStatus extends LiveSourceStatus {
  readonly topics: number
  readonly reconnects: number
}

export interface RouteViewsSource extends LiveSource {
  status(): RouteViewsLiveStatus
  /** A message of this feed with this `offset` has been applied. */
  applied(place: number): void
  /** `topic/partition`, and the offset from which a restart goes on that has everything that was applied. */
  positions(): Record<string, number>
}

/** Whether a table of this collector is kept up to date by the feed: RouteViews' names, and those wanted. */
export function tellsOf({ collectors = [] }: Partial<RouteViewsSettings>) {
  const wanted = new Set(collectors.map(collectorName))
  return (collector: string): boolean =>
    (wanted.size === 0 || wanted.has(collectorName(collector))) &&
    /^route-?views|\./.test(collector)
}

export function routeViews(settings: Partial<RouteViewsSettings>, open = openRouteViewsFeed) {
  return (stream: LiveStream): RouteViewsSource => {
    const reader = new OpenBmpReader(stream.vantages)
    const places = new Places()
    const { resume } = stream
    let place = 0
    let partition = 0
    let newest: Instant | null = null

    /** The open record into a batch; one that is full is given back, and the rest comes into the next. */
    const read = (batch: Batch): boolean => {
      const first = batch.messages
      const latest = Date.now() * 1e3 + FUTURE
      for (;;) {
        const from = batch.messages
        const outcome = reader.next(place, batch)
        if (outcome === null) return true
        if (outcome === 'full') return batch.messages > first
        if (outcome === 'malformed') stream.malformed()
        else if (outcome === 'refused') stream.dropped('peers')
        if (resume && batch.messages > from) {
          const last = resume.place(batch.vantage[from] as number)
          if (last !== undefined && offsetOf(place) <= offsetOf(last)) {
            batch.truncate(from)
            places.handed(place)
            places.applied(place)
            stream.dropped('known')
            continue
          }
        }
        for (let m = from; m < batch.messages; m++) {
          const at = places.inOrder(partition, batch.at[m] as number, latest)
          batch.at[m] = at
          if (at <= latest) newest = Math.max(newest ?? at, at)
          places.handed(place)
        }
      }
    }

    const feed = open(resume ? { ...settings, positions: resume.positions } : settings, {
      message(value: Buffer, { collector, partition: number, offset, told }: RouteViewsRecord) {
        if (!reader.open(value, told, collector)) {
          if (reader.malformed > 0) stream.malformed(reader.malformed)
          reader.malformed = 0
          return
        }
        partition = number
        place = placeOf(number, offset)
        stream.take(read)
        while (reader.left > 0 && stream.take(read));
      },
      gap: (why, collector) => stream.gap(why, collector && collectorName(collector)),
      sight: (collector) => stream.sight(collector && collectorName(collector)),
      dropped: (reason, count) => stream.dropped(reason, count),
      log: (level, text) => stream.log(level, text),
    })
    return {
      status() {
        const { sees, lastFault, messages, octets, topics, missing, connections } = feed.status()
        return {
          ...{ sees, lastFault, messages, octets, topics, newest },
          reconnects: Math.max(0, connections - 1),
          dropped: [{ reason: 'not-kept', count: missing }],
        }
      },
      applied: (at) => places.applied(at),
      positions: () => {
        const all = feed
          .partitions()
          .map(({ name, number, next }) => [name, places.next(number, next)])
        return Object.fromEntries(all)
      },
      close: () => feed.close(),
    }
  }
}

/** How far each partition is: handed to the stream, and applied. */
class Places {
  readonly #newest: Instant[] = []
  readonly #first: number[] = []
  readonly #last: number[] = []
  readonly #applied: number[] = []

  /** No stamp lies before one that its partition had already. */
  inOrder(partition: number, at: Instant, latest: Instant): Instant {
    const stamp = Math.max(at, this.#newest[partition] ?? at)
    if (stamp <= latest) this.#newest[partition] = stamp
    return stamp
  }

  handed(place: number): void {
    const partition = partitionOf(place)
    this.#first[partition] ??= offsetOf(place)
    this.#last[partition] = offsetOf(place)
  }

  applied(place: number): void {
    this.#applied[partitionOf(place)] = offsetOf(place)
  }

  /** `handed`: the offset that was not yet handed over; most messages in between told nothing to apply. */
  next(partition: number, handed: number): number {
    const [first, last] = [this.#first[partition], this.#last[partition]]
    const applied = this.#applied[partition]
    if (first === undefined || applied === last) return handed
    return applied === undefined ? first : applied + 1
  }
}
