// RouteViews as a feed of a live run: records of its topics, out of their two envelopes, into the stream.
//
// Where a restart has to go on is what the table has, not what was fetched: between the two, messages wait
// for their time. So each message carries in its `offset` where to go on behind it, number of the partition
// and offset there, and those of one partition leave the clock in the order of their offsets: no stamp is
// older than one before it in its partition. Those of one record have one stamp, so that they leave
// together; where a record did not fit into one batch, the messages of the first say that it is to be read
// again. Then some are applied twice, which changes nothing, and none is lost.

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

/** Where to go on, in the one number that `offset` of a message has room for. */
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
  place(offset: number): { queue: string; next: number }
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
    const names = new Map<number, string>()
    /** Of the open record: its partition, its offset, and the stamp of all its messages. */
    let partition = 0
    let offset = 0
    let stamp: Instant | null = null
    let newest: Instant | null = null
    reader.bmp.recall = (vantage) => resume?.place(vantage)?.agreed ?? 0

    const nameOf = (number: number): string => {
      if (!names.has(number))
        for (const { number, name } of feed.partitions()) names.set(number, name)
      return names.get(number) ?? ''
    }

    /** It was applied before the restart. */
    const isKnown = (vantage: number): boolean => {
      const last = resume?.place(vantage)
      return (
        last !== undefined &&
        offset < last.next &&
        last.queue === nameOf(partition) &&
        !places.isRenewed(partition)
      )
    }

    /** The open record into a batch; one that is full is given back, and the rest comes into the next. */
    const read = (batch: Batch): boolean => {
      const first = batch.messages
      const again = placeOf(partition, offset)
      const latest = Date.now() * 1e3 + FUTURE
      for (;;) {
        const from = batch.messages
        const outcome = reader.next(again, batch)
        if (outcome === null) {
          batch.offset.fill(placeOf(partition, offset + 1), first, batch.messages)
          return true
        }
        if (outcome === 'full') return batch.messages > first
        if (outcome === 'malformed') stream.malformed()
        else if (outcome === 'refused') stream.dropped('peers')
        if (batch.messages === from) continue
        if (resume && isKnown(batch.vantage[from] as number)) {
          batch.truncate(from)
          stream.dropped('known')
          continue
        }
        stamp ??= places.inOrder(partition, batch.at[from] as number, latest)
        batch.at.fill(stamp, from, batch.messages)
        if (stamp <= latest) newest = Math.max(newest ?? stamp, stamp)
        places.handed(partition, offset)
      }
    }

    const feed = open(resume ? { ...settings, positions: resume.positions } : settings, {
      message(value: Buffer, { collector, partition: number, offset: at, told }: RouteViewsRecord) {
        places.read(number, at)
        if (!reader.open(value, told, collector)) {
          if (reader.malformed > 0) stream.malformed(reader.malformed)
          reader.malformed = 0
          return
        }
        partition = number
        offset = at
        stamp = null
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
      place: (at) => ({ queue: nameOf(partitionOf(at)), next: offsetOf(at) }),
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

/** How far each partition is: read, handed to the stream, and applied. */
class Places {
  readonly #newest: Instant[] = []
  readonly #first: number[] = []
  readonly #next: number[] = []
  readonly #applied: number[] = []
  readonly #read: number[] = []
  readonly #renewed = new Set<number>()

  /** A record of it came. */
  read(partition: number, offset: number): void {
    if (offset < (this.#read[partition] ?? 0)) {
      this.#renewed.add(partition)
      delete this.#first[partition]
      delete this.#next[partition]
      delete this.#applied[partition]
    }
    this.#read[partition] = offset
  }

  /** Its topic was made anew since the start: its offsets are others. */
  isRenewed(partition: number): boolean {
    return this.#renewed.has(partition)
  }

  /** No stamp lies before one that its partition had already. */
  inOrder(partition: number, at: Instant, latest: Instant): Instant {
    const stamp = Math.max(at, this.#newest[partition] ?? at)
    if (stamp <= latest) this.#newest[partition] = stamp
    return stamp
  }

  handed(partition: number, offset: number): void {
    this.#first[partition] ??= offset
    this.#next[partition] = offset + 1
  }

  applied(place: number): void {
    const partition = partitionOf(place)
    const next = offsetOf(place)
    // Of those with one stamp, which leave together, a later one may come first; and some may be of a
    // topic that is no more.
    if (next < (this.#applied[partition] ?? 0) || next > (this.#next[partition] ?? 0)) return
    this.#applied[partition] = next
  }

  /** `read`: the offset that was not yet read; most records in between told nothing to apply. */
  next(partition: number, read: number): number {
    const [first, applied] = [this.#first[partition], this.#applied[partition]]
    if (first === undefined || applied === this.#next[partition]) return read
    return applied ?? first
  }
}
