// What can be set about flows over Kafka, and what the feed tells.

import { type Instant, milliseconds, minutes, type Span, seconds } from '../core/time.ts'

export interface Credentials {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
  readonly username: string
  readonly password: string
}

export interface FlowFeedSettings {
  /** `host:port`, any of a cluster; the others are found through it. */
  readonly brokers: readonly string[]
  readonly topic: string
  /** Consumers of one group share the partitions, and go on where it was. */
  readonly group: string
  /** Null: as it comes, unencrypted. Certificates as PEM. */
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string } | null
  readonly credentials: Credentials | null
  readonly client: string
  /** What the broker got longer ago is passed over: a verdict is wanted of now. */
  readonly mostLag: Span
  /** Bounds of the wait before the next attempt. */
  readonly retryStart: Span
  readonly retryMost: Span
}

export const flowFeedDefaults: Omit<FlowFeedSettings, 'brokers' | 'topic'> = {
  group: 'faultline',
  tls: null,
  credentials: null,
  client: 'faultline',
  mostLag: minutes(5),
  retryStart: milliseconds(500),
  retryMost: seconds(60),
}

export interface FlowFeedHandlers {
  /** One message of the topic, and when the broker had it. Synchronous. */
  message(octets: Buffer, told: Instant): void
  /** What the broker had between these instants was lost or passed over. */
  lost(from: Instant, to: Instant): void
  /** Nothing is heard from here on, and why. Once, until `sight`. */
  gap(why: string): void
  sight(): void
  log(level: 'info' | 'warn' | 'error', text: string): void
}

export interface FlowFeedStatus {
  readonly state: 'connecting' | 'open' | 'waiting' | 'closed'
  readonly sees: boolean
  /** Since start: messages taken, their octets; messages passed over because they were too old. */
  readonly messages: number
  readonly octets: number
  readonly dropped: number
  /** Offsets that the broker no longer had. */
  readonly missing: number
  readonly connections: number
  readonly failures: number
  readonly lastFault: string | null
  /** When the broker had what was taken last; null before anything was. */
  readonly newest: Instant | null
}

export interface FlowFeed {
  status(): FlowFeedStatus
  /** Says where it was and leaves; no handler is called afterwards. */
  close(): Promise<void>
}
