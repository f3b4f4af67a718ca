// Every metric we export, in one list, and the only file that knows prom-client. What others count
// is read from one snapshot when somebody scrapes, so that no room has to remember an `inc()`. Only
// incidents and delays, which are moments and not states, are pushed.
//
// Labels are bounded: feeds, collectors, families, states, kinds, and the ASNs that are watched. In whole-table
// mode, or for a leak by somebody else, the ASN is `other`; never a prefix, a path or an address.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Asn } from '../core/asn.ts'
import type { Incident, Kind, Severity } from '../core/incident.ts'
import type { AfiName } from '../core/prefix.ts'
import type { Cause } from '../core/verdict.ts'
import { isOver } from './history.ts'

export interface FeedReading {
  readonly feed: string
  readonly up: boolean
  /** Wall clock minus newest event time; null before the first, and for files. */
  readonly lagSeconds: number | null
  // Totals since the start.
  readonly messages: number
  readonly gaps: number
  readonly malformed: number
  readonly dropped: readonly { readonly reason: string; readonly count: number }[]
  /** Seconds from the appointment of the newest beacon to each stage of its way; null = not there yet. */
  readonly canary?: {
    readonly stages: readonly { readonly stage: string; readonly seconds: number | null }[]
    readonly missed: number
  }
}

export interface AsReading {
  readonly asn: Asn
  readonly blind: boolean
  readonly families: readonly FamilyReading[]
}

interface FamilyReading {
  readonly afi: AfiName
  readonly prefixes: readonly { readonly state: string; readonly count: number }[]
  /** Null while there is no reference. */
  readonly visibilityRatio: number | null
  // Totals since the start.
  readonly announced: number
  readonly withdrawn: number
}

/** The state of everything at the moment of a scrape. */
export interface Reading {
  readonly feeds: readonly FeedReading[]
  readonly vantagePoints: readonly {
    readonly afi: AfiName
    readonly state: string
    readonly count: number
  }[]
  readonly routes: readonly { readonly afi: AfiName; readonly count: number }[]
  /** The watched ASes; empty in whole-table mode. */
  readonly watched: readonly AsReading[]
  /** Messages that RFC 7606 has a router treat as a withdrawal, since the start. */
  readonly treatedAsWithdraw: readonly { readonly collector: string; readonly count: number }[]
  /** Facts that came after their time was over, since the start. */
  /** Vantage points with stale routes, and those of whom nothing is known any more. */
  readonly holes: { readonly stale: number; readonly unknown: number }
  readonly late: number
  readonly duplicates: number
  /** Null when they are not refreshed. */
  readonly vrps: {
    readonly count: number
    readonly ageSeconds: number | null
    readonly sources: readonly { readonly name: string; readonly up: boolean }[]
    readonly refused: number
    readonly malformed: number
  } | null
  /** Entries refused since the start because a table of ours was full. */
  readonly refused: readonly { readonly table: string; readonly count: number }[]
  readonly planes: readonly {
    readonly plane: string
    readonly up: boolean
    /** Event time since it was last heard; null: it never was, or nobody knows. */
    readonly ageSeconds?: number | null
  }[]
  /** Samples and changes heard since the start. */
  readonly samples: readonly { readonly plane: string; readonly count: number }[]
  /** Samples, changes and whole requests that were turned away since the start. */
  readonly samplesRefused: readonly { readonly reason: string; readonly count: number }[]
}

interface MetricsSettings {
  readonly version: string
  readonly watched: readonly Asn[]
}

/** Each kind has its zero from the start, so that `increase()` sees the first; tsc asks for all. */
const kinds: Record<Kind, true> = {
  'outage.as': true,
  'withdrawal.mass': true,
  'withdrawal.burst': true,
  'outage.prefix': true,
  'leak.path': true,
  'leak.own-specifics': true,
  'leak.reorigination': true,
  'hijack.moas': true,
  'hijack.submoas': true,
  'hijack.less-specific': true,
  'hijack.forged-origin': true,
  'hijack.mass': true,
  'path.upstream-lost': true,
  'path.new-upstream': true,
  'path.shift': true,
  'churn.as': true,
  'churn.prefix': true,
  'churn.global': true,
  'rpki.invalid': true,
  'rpki.collapsed': true,
  'rpki.expiring': true,
  'rpki.uncovered': true,
  'prefix.new': true,
  'session.loss': true,
  'igp.anomaly': true,
  'traffic.surge': true,
  'traffic.collapse': true,
  blind: true,
}

/** Gauges of Node's that are named like counters; `promtool check metrics` refuses them. */
const MISNAMED = ['handles', 'requests', 'resources'].map((what) => `nodejs_active_${what}_total`)

/** Milliseconds. 20,000 series take 40–100 of them from the event loop; a tenth is enough. */
const COSTLY = 20
const LONGEST_CACHE = 1_000
const OTHER = 'other'
/** Incidents with series of their own; each has three. More at once than anybody would look at. */
const MOST_JUDGED = 500

/** A value with the values of its labels; null when there is none. */
type Row = readonly [value: number | boolean | null, ...labels: string[]]

interface Pulled {
  readonly type: typeof Gauge<string> | typeof Counter<string>
  readonly name: string
  readonly help: string
  readonly labels: readonly string[]
  rows(reading: Reading): readonly Row[]
}

const perFeed = (value: (feed: FeedReading) => Row[0]) => (reading: Reading) =>
  reading.feeds.map((feed): Row => [value(feed), feed.feed])

const perFamily =
  (rows: (family: FamilyReading, ...labels: [string, string]) => readonly Row[]) =>
  ({ watched }: Reading) =>
    watched.flatMap(({ asn, families }) => families.flatMap((f) => rows(f, String(asn), f.afi)))

// biome-ignore format: a table is read in columns
const pulled: readonly Pulled[] = [
  { type: Gauge, name: 'feed_up', help: 'Whether the feed is connected and telling',
    labels: ['feed'], rows: perFeed(({ up }) => up) },
  { type: Gauge, name: 'feed_lag_seconds', help: 'How old the newest message of the feed is',
    labels: ['feed'], rows: perFeed(({ lagSeconds }) => lagSeconds) },
  { type: Counter, name: 'feed_messages_total', help: 'Messages received',
    labels: ['feed'], rows: perFeed(({ messages }) => messages) },
  { type: Counter, name: 'feed_gaps_total', help: 'Times we lost sight of the feed',
    labels: ['feed'], rows: perFeed(({ gaps }) => gaps) },
  { type: Counter, name: 'feed_dropped_total', help: 'Messages given up, by reason',
    labels: ['feed', 'reason'],
    rows: ({ feeds }) => feeds.flatMap(({ feed, dropped }) =>
      dropped.map(({ reason, count }): Row => [count, feed, reason])) },
  { type: Gauge, name: 'canary_seconds', help: 'From the time a beacon is due to each stage of its way',
    labels: ['feed', 'stage'],
    rows: ({ feeds }) => feeds.flatMap(({ feed, canary }) =>
      canary?.stages.map(({ stage, seconds }): Row => [seconds, feed, stage]) ?? []) },
  { type: Counter, name: 'canary_missed_total', help: 'Beacons that nobody told of when they were due',
    labels: ['feed'],
    rows: ({ feeds }) => feeds.flatMap(({ feed, canary }): Row[] =>
      canary ? [[canary.missed, feed]] : []) },
  { type: Counter, name: 'malformed_total', help: 'Messages that could not be decoded',
    labels: ['feed'], rows: perFeed(({ malformed }) => malformed) },
  { type: Counter, name: 'treat_as_withdraw_total',
    help: 'UPDATEs and table rows with attributes that RFC 7606 treats as a withdrawal',
    labels: ['collector'],
    rows: (r) => r.treatedAsWithdraw.map(({ collector, count }): Row => [count, collector]) },
  { type: Counter, name: 'late_total', help: 'Facts that came after their time was over',
    labels: [], rows: ({ late }) => [[late]] },
  { type: Counter, name: 'duplicates_total',
    help: 'Messages of a vantage point that another feed had told already',
    labels: [], rows: ({ duplicates }) => [[duplicates]] },
  { type: Gauge, name: 'stale_vantage_points',
    help: 'Vantage points of whom something was not heard, and is not made up for yet',
    labels: ['state'],
    rows: ({ holes }) => [[holes.stale, 'stale'], [holes.unknown, 'unknown']] },
  { type: Gauge, name: 'vrps', help: 'VRPs and ASPAs in force', labels: ['set'],
    rows: ({ vrps }) => (vrps === null ? [] : [[vrps.count, 'rpki']]) },
  { type: Gauge, name: 'vrps_age_seconds', help: 'Age of the VRPs in force', labels: ['set'],
    rows: ({ vrps }) => (vrps === null || vrps.ageSeconds === null ? [] : [[vrps.ageSeconds, 'rpki']]) },
  { type: Gauge, name: 'vrps_source_up', help: 'Whether a source of VRPs answers',
    labels: ['source'],
    rows: ({ vrps }) => vrps?.sources.map(({ name, up }): Row => [up ? 1 : 0, name]) ?? [] },
  { type: Counter, name: 'vrps_refused_total',
    help: 'Sets of VRPs not taken, because far too little was in them or it could not be read',
    labels: [], rows: ({ vrps }) => (vrps === null ? [] : [[vrps.refused + vrps.malformed]]) },
  { type: Counter, name: 'table_refused_total', help: 'Entries refused because a table was full',
    labels: ['table'], rows: (r) => r.refused.map(({ table, count }): Row => [count, table]) },
  { type: Gauge, name: 'vantage_points', help: 'Vantage points by state',
    labels: ['afi', 'state'],
    rows: (r) => r.vantagePoints.map(({ afi, state, count }): Row => [count, afi, state]) },
  { type: Gauge, name: 'routes', help: 'Routes held, over all vantage points',
    labels: ['afi'], rows: ({ routes }) => routes.map(({ afi, count }): Row => [count, afi]) },
  { type: Gauge, name: 'prefixes', help: 'Prefixes of the AS by how well they are seen',
    labels: ['asn', 'afi', 'state'],
    rows: perFamily(({ prefixes }, ...labels) =>
      prefixes.map(({ state, count }): Row => [count, ...labels, state])) },
  { type: Gauge, name: 'visibility_ratio', help: 'Share of its reference visibility the AS has',
    labels: ['asn', 'afi'],
    rows: perFamily(({ visibilityRatio }, ...labels) => [[visibilityRatio, ...labels]]) },
  { type: Counter, name: 'updates_total', help: 'Prefixes announced and withdrawn',
    labels: ['asn', 'afi', 'kind'],
    rows: perFamily(({ announced, withdrawn }, ...labels) =>
      [[announced, ...labels, 'announce'], [withdrawn, ...labels, 'withdraw']]) },
  { type: Gauge, name: 'plane_up', help: 'Whether this kind of telemetry arrives',
    labels: ['plane'], rows: ({ planes }) => planes.map(({ plane, up }): Row => [up, plane]) },
  { type: Gauge, name: 'plane_age_seconds', help: 'Event time since this kind of telemetry was heard',
    labels: ['plane'],
    rows: ({ planes }) => planes.map(({ plane, ageSeconds = null }): Row => [ageSeconds, plane]) },
  { type: Counter, name: 'samples_total', help: 'Samples and changes heard',
    labels: ['plane'], rows: ({ samples }) => samples.map(({ plane, count }): Row => [count, plane]) },
  { type: Counter, name: 'samples_refused_total', help: 'Samples and changes turned away, by reason',
    labels: ['reason'],
    rows: (r) => r.samplesRefused.map(({ reason, count }): Row => [count, reason]) },
  { type: Gauge, name: 'blind', help: 'Whether we see too little of the AS to judge',
    labels: ['asn'],
    rows: ({ watched }) => watched.map(({ asn, blind }): Row => [blind, `${asn}`]) },
]

export class Metrics {
  readonly #registry = new Registry()
  readonly #watched: ReadonlySet<Asn>
  /** Going on now, with the labels under which each is counted. */
  readonly #open = new Map<string, [asn: string, kind: Kind, severity: Severity]>()
  /** Incidents whose verdict has series, with the labels of these. */
  readonly #judged = new Map<string, [asn: string, cause: Cause]>()
  readonly #verdict: Gauge<string>
  readonly #decibels: Gauge<string>
  readonly #verdictChanges: Counter<string>
  #refused = 0
  readonly #incidentsOpen: Gauge<string>
  readonly #incidentsTotal: Counter<string>
  readonly #detectionDelay: Histogram<string>
  readonly #pipelineDelay: Histogram<string>
  readonly #pulls: ((reading: Reading) => void)[]
  #read: (() => Reading) | null = null
  #rendering: Promise<string> | null = null
  #freshUntil = 0

  constructor({ version, watched }: MetricsSettings) {
    this.#watched = new Set(watched)
    const register = this.#registry
    collectDefaultMetrics({ register })
    for (const name of MISNAMED) register.removeSingleMetric(name)

    const named = (name: string, help: string, labelNames: readonly string[] = []) => ({
      name: `faultline_${name}`,
      help,
      labelNames: [...labelNames],
      registers: [register],
    })
    new Gauge(named('build_info', 'Always 1; the label says which build', ['version'])).set(
      { version },
      1,
    )
    this.#pulls = pulled.map(({ type, name, help, labels, rows }) => {
      const metric = new type(named(name, help, labels))
      return (reading) => {
        metric.reset()
        for (const [value, ...values] of rows(reading))
          if (value !== null) metric.labels(...values).inc(Number(value))
      }
    })
    this.#incidentsOpen = new Gauge(
      named('incidents_open', 'Incidents going on now', ['asn', 'kind', 'severity']),
    )
    this.#incidentsTotal = new Counter(
      named('incidents_total', 'Incidents opened', ['asn', 'kind']),
    )
    for (const asn of [...watched, OTHER])
      for (const kind of Object.keys(kinds)) this.#incidentsTotal.labels(`${asn}`, kind).inc(0)
    this.#verdict = new Gauge(
      named('incident_verdict', '1 for what is said of an incident that goes on', [
        'asn',
        'incident_id',
        'cause',
      ]),
    )
    this.#decibels = new Gauge(
      named('axis_decibels', 'What speaks for a routing fault, and for a flood', [
        'asn',
        'incident_id',
        'axis',
      ]),
    )
    this.#verdictChanges = new Counter(
      named('verdict_changes_total', 'Verdicts that named another cause than the one before'),
    )
    this.#detectionDelay = new Histogram({
      ...named('detection_delay_seconds', 'Event time from first evidence to detection'),
      buckets: [10, 20, 30, 45, 60, 80, 100, 120, 180, 300, 480, 900, 1_800],
    })
    this.#pipelineDelay = new Histogram({
      ...named('pipeline_delay_seconds', 'From the arrival of a frame to the decision on it'),
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    })
  }

  /** From now on scrapes read this. A total that falls is a restart to Prometheus. */
  observe(read: () => Reading): void {
    this.#read = read
  }

  /** To be told of every revision. */
  incident(incident: Incident): void {
    const { id, asn, kind, state, severity, startedAt, detectedAt } = incident
    const name = this.#watched.has(asn) ? String(asn) : OTHER
    const before = this.#open.get(id)
    if (before) this.#incidentsOpen.labels(...before).dec()
    this.#judge(incident, name)
    if (isOver(incident)) {
      this.#open.delete(id)
      return
    }
    this.#open.set(id, [name, kind, severity])
    this.#incidentsOpen.labels(name, kind, severity).inc()
    // A reopened one has been counted.
    if (before || state === 'reopened') return
    this.#incidentsTotal.labels(name, kind).inc()
    this.#detectionDelay.observe((Date.parse(detectedAt) - Date.parse(startedAt)) / 1e3)
  }

  #judge(incident: Incident, asn: string): void {
    const { id, verdict } = incident
    const before = this.#judged.get(id)
    if (before) {
      this.#verdict.remove(before[0], id, before[1])
      if (verdict && verdict.cause !== before[1]) this.#verdictChanges.inc()
    }
    if (isOver(incident) || verdict === null) {
      this.#judged.delete(id)
      for (const axis of ['routing', 'flood'])
        if (before) this.#decibels.remove(before[0], id, axis)
      return
    }
    if (!before && this.#judged.size >= MOST_JUDGED) {
      this.#refused++
      return
    }
    this.#judged.set(id, [asn, verdict.cause])
    this.#verdict.labels(asn, id, verdict.cause).set(1)
    this.#decibels.labels(asn, id, 'routing').set(verdict.routingDb)
    this.#decibels.labels(asn, id, 'flood').set(verdict.floodDb)
  }

  pipelineDelay(seconds: number): void {
    this.#pipelineDelay.observe(seconds)
  }

  /** The exposition format. Scrapes that come together, or soon after a costly one, share it. */
  async text(): Promise<{ contentType: string; body: string }> {
    if (this.#rendering === null || performance.now() >= this.#freshUntil) {
      this.#freshUntil = Number.POSITIVE_INFINITY
      this.#rendering = this.#render()
    }
    return { contentType: this.#registry.contentType, body: await this.#rendering }
  }

  async #render(): Promise<string> {
    // Of CPU: what others keep the processor for makes a scrape no costlier.
    const began = process.cpuUsage()
    try {
      const reading = this.#read?.()
      if (reading) {
        const refused = [...reading.refused, { table: 'verdict-series', count: this.#refused }]
        for (const pull of this.#pulls) pull({ ...reading, refused })
      }
      return await this.#registry.metrics()
    } finally {
      const now = performance.now()
      const { user, system } = process.cpuUsage(began)
      const cost = (user + system) / 1e3
      this.#freshUntil = cost < COSTLY ? now : now + Math.min(9 * cost, LONGEST_CACHE)
    }
  }
}
