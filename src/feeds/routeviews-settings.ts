// What can be set about RouteViews over Kafka, and what the feed tells.

import type { Asn } from '../core/asn.ts'
import { type Instant, milliseconds, minutes, type Span, seconds } from '../core/time.ts'
import type { KafkaAccess } from './kafka-client.ts'

export interface RouteViewsSettings extends KafkaAccess {
  /** The first `+` of a topic's name is the collector, the second the peer's ASN. */
  readonly topics: string
  /** Collectors, as topics or archives name them, and networks that are heard; none named = all. */
  readonly collectors: readonly string[]
  readonly peers: readonly Asn[]
  /** Topics are listed anew so often: a new peer is a new topic. */
  readonly relist: Span
  /** What the broker got longer ago is passed over, and told as a gap. */
  readonly mostLag: Span
  /** So long nothing from anybody, and it sees nothing; from one collector while others speak, and that one does. */
  readonly silence: Span
  readonly collectorSilence: Span
  /** Bounds of the wait before the next attempt. */
  readonly retryStart: Span
  readonly retryMost: Span
  /** `topic/partition`, and the offset to begin with. None: with what comes next. */
  readonly positions: Readonly<Record<string, number>> | null
}

export const routeViewsDefaults: RouteViewsSettings = {
  brokers: ['stream.routeviews.org:9092'],
  tls: null,
  credentials: null,
  client: 'faultline',
  topics: 'routeviews.+.+.bmp_raw',
  collectors: [],
  peers: [],
  relist: minutes(5),
  // A restart is caught up with; what is older is for the archives.
  mostLag: minutes(15),
  // All of RouteViews together is never silent for seconds.
  silence: seconds(45),
  // A collector at a small exchange may have little to say.
  collectorSilence: minutes(3),
  retryStart: milliseconds(500),
  retryMost: seconds(30),
  positions: null,
}

/** Where a record of a topic came from. */
export interface RouteViewsRecord {
  /** As the topic names it. */
  readonly collector: string
  /** A number for topic and partition, the same as long as the feed lives. */
  readonly partition: number
  readonly offset: number
  readonly told: Instant
}

export interface RouteViewsHandlers {
  /** One record. Synchronous; afterwards the position is the one behind it. */
  message(value: Buffer, from: RouteViewsRecord): void
  /** Nothing is heard of all, or of one collector (as the topic names it), and why; until `sight`. */
  gap(why: string, collector?: string): void
  sight(collector?: string): void
  dropped(reason: string, count: number): void
  log(level: 'info' | 'warn' | 'error', text: string): void
}

export interface RouteViewsStatus {
  readonly state: 'connecting' | 'open' | 'waiting' | 'closed'
  readonly sees: boolean
  /** Topics that are read. */
  readonly topics: number
  /** Since start: records, their octets; passed over because they were too old; not kept by the broker any more. */
  readonly messages: number
  readonly octets: number
  readonly dropped: number
  readonly missing: number
  readonly connections: number
  readonly failures: number
  readonly lastFault: string | null
  /** When the broker had what was taken last; null before anything was. */
  readonly newest: Instant | null
}

export interface RouteViewsFeed {
  status(): RouteViewsStatus
  /** `topic/partition`, and the offset of the record that was not yet handed over. */
  positions(): Record<string, number>
  /** By number of the partition, those whose place is known: `topic/partition`, and where it goes on. */
  partitions(): readonly { readonly name: string; readonly number: number; readonly next: number }[]
  /** No handler is called afterwards. */
  close(): Promise<void>
}
