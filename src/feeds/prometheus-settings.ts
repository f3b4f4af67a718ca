// What is asked of a Prometheus, how, and what the feed tells of itself.

import type { Metric, Plane, Sample } from '../core/sample.ts'
import { type Instant, type Span, seconds } from '../core/time.ts'

/** Where a secret is kept. It never stands in a configuration, a log or a status. */
export type SecretPlace = { readonly env: string } | { readonly file: string }

/** One question and what its answer is in our words. */
export interface PrometheusQuery {
  /** For logs and counters: `bind qps`. */
  readonly name: string
  /** A name of `metrics` in core/sample.ts. */
  readonly metric: string
  readonly plane: Metric['plane']
  /** An instant vector. */
  readonly promql: string
  /**
   * A bare selector of what `promql` is computed from. The instant of its youngest scrape is the instant
   * of the value; where it is not there any more, the value is not believed.
   */
  readonly fresh: string
  /** Labels of the answer → ours; all others are left behind. */
  readonly labels: Readonly<Record<string, string>>
  /** Labels that every sample gets. */
  readonly add: Readonly<Record<string, string>>
  /** Labels that a sample must have. */
  readonly needs: readonly string[]
  /** The window of a rate, and half of the time between two scrapes. */
  readonly uncertainty: Span
}

export interface PrometheusSettings {
  /** Of the server, with the prefix it is served under, if any: `https://prometheus.example.net/`. */
  readonly url: string
  readonly interval: Span
  /** For one query. */
  readonly timeout: Span
  readonly bearer: SecretPlace | null
  readonly basic: { readonly user: string; readonly password: SecretPlace } | null
  /** Certificates to trust instead of those of the system, as a PEM file. */
  readonly ca: string | null
  readonly queries: readonly PrometheusQuery[]
  /** Series taken of one answer; more are counted and left out. */
  readonly mostSeries: number
  /** Octets of the largest answer taken. */
  readonly mostOctets: number
  /** Queries under way at the same time. */
  readonly atOnce: number
  /** Bounds of the wait after the first and any later failure. */
  readonly retryStart: Span
  readonly retryMost: Span
}

export const prometheusDefaults = {
  // As often as most are scraped: what came is told a quarter of a minute later at the most.
  interval: seconds(15),
  // Prometheus itself gives up after 2 min; by then we would have missed seven rounds.
  timeout: seconds(10),
  bearer: null,
  basic: null,
  ca: null,
  // A border has tens of links, a network hundreds of routers.
  mostSeries: 1_000,
  // A thousand series of twenty labels are half a megabyte.
  mostOctets: 8 << 20,
  // It has others to serve: by default it works on 20 queries at once.
  atOnce: 4,
  retryStart: seconds(2),
  retryMost: seconds(60),
} as const satisfies Partial<PrometheusSettings>

export interface PrometheusHandlers {
  sample(sample: Sample): void
  log(level: 'info' | 'warn' | 'error', text: string): void
}

/** Why series were left out. Each counts since the start. */
export interface PrometheusDropped {
  /** Beyond `mostSeries`. */
  readonly surplus: number
  /** NaN or infinite. */
  readonly notFinite: number
  /** Nothing it is made of is being scraped any more. */
  readonly stale: number
  /** Scraped later than now. */
  readonly future: number
  /** A label that it needs is missing, or too long. */
  readonly labels: number
  /** Another series of the answer has the same labels of ours: neither is believed. */
  readonly ambiguous: number
}

export interface PrometheusQueryStatus {
  readonly name: string
  readonly plane: Plane
  readonly samples: number
  /** Answers without any series. */
  readonly empty: number
  /** Of the newest sample; null before the first. */
  readonly newest: Instant | null
  /** What the server says against it; null when it answers. */
  readonly fault: string | null
}

export interface PrometheusStatus {
  /** `waiting`: for the next attempt after a failure. */
  readonly state: 'connecting' | 'open' | 'waiting' | 'closed'
  /** The last round was answered. Planes go blind by silence; this says why. */
  readonly sees: boolean
  readonly url: string
  readonly requests: number
  readonly samples: number
  /** Rounds cut short because the server could not be asked. */
  readonly failures: number
  /** Failures since the last success. */
  readonly attempt: number
  readonly lastFault: string | null
  /** Answers without any series, queries refused, answers that are none. */
  readonly empty: number
  readonly refused: number
  readonly malformed: number
  readonly dropped: PrometheusDropped
  readonly newest: Instant | null
  readonly queries: readonly PrometheusQueryStatus[]
}

export interface Prometheus {
  /** Gives up what is under way; no handler is called afterwards. */
  close(): Promise<void>
  status(): PrometheusStatus
}
