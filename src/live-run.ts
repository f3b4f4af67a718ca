// Live feeds through the corridor: frames are decoded as they come, put in order by the clock, and from
// there on nothing differs from a replay. Gaps are facts in the stream like everything else.

import { ArchiveInput } from './archive-input.ts'
import { JournalWriter } from './clock/journal.ts'
import { Order } from './clock/order.ts'
import { Wall } from './clock/wall.ts'
import { InputError } from './command.ts'
import type { Asn } from './core/asn.ts'
import { type Batch, BatchPool } from './core/batch.ts'
import type { SideInput } from './core/fact.ts'
import type { Incident, Inputs } from './core/incident.ts'
import type { Change, Sample } from './core/sample.ts'
import { hours, type Instant, iso, type Span, seconds } from './core/time.ts'
import { VantagePoints } from './core/vantage.ts'
import type { DetectSettings } from './detect/detectors.ts'
import type { Archive } from './feeds/archive.ts'
import { openPrometheus } from './feeds/prometheus.ts'
import type { Prometheus, PrometheusSettings } from './feeds/prometheus-settings.ts'
import { openRisLive } from './feeds/ris-live.ts'
import type { RisLive, RisLiveSettings } from './feeds/ris-live-settings.ts'
import { type Flows, type FlowsSettings, openFlows } from './flow-feed.ts'
import { keepPrevious } from './journal-files.ts'
import { Journey } from './journey.ts'
import { isToldLive, type LoadedTable, loadTables, noTable } from './starting-tables.ts'
import { journalSource } from './table/snapshot.ts'
import type { TableLimits } from './table/table.ts'
import type { PlanesSettings } from './verdict/planes.ts'
import { warmUp } from './warm-up.ts'
import { RisDecoder } from './wire/ris-json.ts'
import { rawUpdates } from './wire/ris-raw.ts'

export interface LiveFeed {
  readonly name: string
  readonly settings: RisLiveSettings
}

export interface LiveOptions {
  readonly asns: ReadonlySet<Asn>
  readonly feeds: readonly LiveFeed[]
  /** Who is asked for what is known beside the routes. */
  readonly prometheus?: readonly PrometheusSettings[]
  readonly flows?: readonly FlowsSettings[]
  /** Starting tables as files. */
  readonly ribs: Archive | null
  readonly baseline: 'rib' | 'learned-live'
  /** Whether everything is heard, not only what concerns the watched ASes. */
  readonly hearsAll: boolean
  readonly inputs: Inputs
  /** What is known beside the routes when it begins. */
  readonly sideInputs?: readonly SideInput[]
  /** Planned work. */
  readonly planned?: readonly Change[]
  readonly detect: DetectSettings
  readonly limits: TableLimits
  readonly mostIncidents: number
  readonly planes?: Partial<PlanesSettings>
  /** Whom nobody listens to (core/vantage.ts). */
  readonly ignorePeers?: readonly string[]
  readonly journal: string | null
  log(level: 'info' | 'warn' | 'error', text: string): void
  /** Seconds from the arrival of a frame to the decision on it. */
  decided(delay: number): void
}

/** Messages wait so long for others that happened before them. */
const PATIENCE: Span = seconds(5)
/** How often what has come is handed to the clock at least, in milliseconds. */
const FLUSH = 100
/** The stream is silent when nothing has come for so long: event time goes on without it. */
const SILENT: Span = seconds(2)
/** A feed that has said nothing for so long does not hold up the others. */
const IDLE: Span = seconds(10)
/** A day or so of RIS Live for a few ASes in a segment, and 16 GiB in all. */
const SEGMENTS = { segment: 2 ** 30, segments: 16 }

export class LiveFeedState {
  readonly name: string
  readonly source: number
  readonly stream: number
  readonly decoder: RisDecoder
  readonly settings: RisLiveSettings
  client: RisLive | null = null
  gaps = 0
  /** What came since the last flush; null when nothing did. */
  batch: Batch | null = null
  /** Stamps of the past are expected: event time does not follow the wall clock. */
  readonly historic: boolean
  /** Own prefixes when they were asked for last. */
  subscribed = 0
  lastFrame = Number.NEGATIVE_INFINITY
  refused = 0

  constructor(feed: LiveFeed, source: number, stream: number, vantages: VantagePoints) {
    this.name = feed.name
    this.settings = feed.settings
    this.source = source
    this.stream = stream
    this.historic = feed.settings.staleAfter === null
    const { includeRaw } = feed.settings
    this.decoder = new RisDecoder(vantages, includeRaw ? { raw: rawUpdates() } : {})
  }
}

export class LiveRun {
  readonly vantages: VantagePoints
  /** Watched ASes, ascending. */
  readonly asns: readonly Asn[]
  readonly journey: Journey
  readonly order: Order
  readonly feeds: readonly LiveFeedState[]
  prometheus: readonly Prometheus[] = []
  flows: readonly Flows[] = []
  /** Own prefixes when the flows were told of them last. */
  #ownTold = 0
  journal: JournalWriter | null = null
  readonly #options: LiveOptions
  readonly #pool = new BatchPool()
  readonly #arrived = new Map<Batch, number>()
  readonly #wall = new Wall()
  #lastFrame = 0
  #faultTold = false
  #closed = false
  #timer: NodeJS.Timeout | undefined

  /** Throws when the journal cannot be written. */
  constructor(options: LiveOptions, tell: (incident: Incident) => void) {
    this.#options = options
    this.vantages = new VantagePoints(options.ignorePeers)
    const { asns, baseline, hearsAll, inputs, detect, limits, mostIncidents } = options
    this.asns = [...asns].sort((a, b) => a - b)
    const settings = { asns, baseline, hearsAll, inputs, detect, limits, mostIncidents } as const
    const { planes = {} } = options
    this.journey = new Journey({ ...settings, planes, vantages: this.vantages }, tell)
    const { files } = this.journey.table
    if (options.journal !== null) {
      // A daemon that starts again must not write over what the last one heard.
      keepPrevious(options.journal)
      this.journal = new JournalWriter(
        options.journal,
        {
          baseline,
          hearsAll,
          inputs,
          asns: this.asns,
          detect,
          planes,
          run: new Date().toISOString(),
        },
        this.vantages,
        files,
        journalSource(this.journey.table),
        this.journey,
        SEGMENTS,
      )
    }
    const sink = this.journal ?? this.journey
    this.order = new Order(this.vantages, sink, (batch) => this.#give(batch), {
      patience: PATIENCE,
    })
    this.feeds = options.feeds.map(
      (feed) =>
        new LiveFeedState(feed, files.push(feed.name) - 1, this.order.stream(), this.vantages),
    )
  }

  /** Loads the starting tables, then listens until `close`. */
  async open(): Promise<void> {
    const { table } = this.journey
    const { ribs } = this.#options
    warmUp()
    if (ribs) {
      const input = new ArchiveInput(this.vantages, this.#pool, table.files)
      const tables = await loadTables(input, table, ribs, () => this.#closed)
      if (this.#closed) return
      this.#tellTables(tables)
      for (const { path, error, mrt } of input.reports.values()) {
        if (error) this.#options.log('error', `${path}: ${error}`)
        if (mrt.malformed > 0)
          this.#options.log('warn', `${path}: ${mrt.malformed} records could not be read`)
      }
    }
    if (!this.#closed) this.begin()
  }

  /** What was loaded; throws when one of the files is no table, because then we would miss nothing. */
  #tellTables(tables: readonly LoadedTable[]): void {
    const urls = this.#options.feeds.map(({ settings }) => settings.url)
    for (const { path, collector, at, routes } of tables) {
      if (at === null) throw new InputError(noTable(path))
      if (!isToldLive(collector, urls))
        throw new InputError(
          `${path}: no feed tells of ${collector}; take a table of a RIS collector`,
        )
      this.#options.log('info', `${path}: table of ${iso(at)}, ${routes} routes`)
    }
    for (const asn of this.asns)
      if (this.journey.table.prefixesOf(asn).length === 0)
        this.#options.log(
          'warn',
          `no prefix of AS${asn} is in any table: it is learned as it is heard`,
        )
  }

  /** The starting table is there, by whatever way it came. */
  begin(): void {
    const { table } = this.journey
    this.journal?.start()
    table.start()
    for (const input of this.#options.sideInputs ?? []) (this.journal ?? this.journey).fact(input)
    this.order.foresee(this.#options.planned ?? [])
    for (const feed of this.feeds) this.#listen(feed)
    this.prometheus = (this.#options.prometheus ?? []).map((settings) =>
      openPrometheus(settings, {
        sample: (sample) => this.hear(sample),
        log: (level, text) => this.#options.log(level, text),
      }),
    )
    this.flows = (this.#options.flows ?? []).map((settings) =>
      openFlows(settings, {
        sample: (sample) => this.hear(sample),
        // Nothing comes of them for a while, and by that the plane is blind.
        gap: () => undefined,
        log: (level, text) => this.#options.log(level, text),
      }),
    )
    this.#tellOwn()
    this.#timer = setInterval(() => this.#beat(), FLUSH)
  }

  /** Nothing more comes: hears out what is on its way, and says how things stand. */
  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#timer)
    await Promise.all([
      ...this.feeds.map(({ client }) => client?.close()),
      ...this.prometheus.map((client) => client.close()),
      ...this.flows.map((client) => client.close()),
    ])
    for (const feed of this.feeds) this.#flush(feed)
    this.order.flush()
    this.journey.finish()
    this.journal?.close()
  }

  /** Whether any feed is heard at present. */
  sees(): boolean {
    return this.feeds.some(({ client }) => client?.status().sees === true)
  }

  /** Event time; null before anything was heard. */
  get now(): Instant | null {
    return this.order.now === Number.NEGATIVE_INFINITY ? null : this.order.now
  }

  /** What time it is for those who have no stamp of their own: that of the wall, or of the past played. */
  clock(): Instant {
    return this.#historic ? Math.max(0, this.order.now, this.order.newestOfAll()) : Date.now() * 1e3
  }

  get #historic(): boolean {
    return this.feeds.length > 0 && this.feeds.every(({ historic }) => historic)
  }

  /** Takes something pushed into the stream; else says why not. */
  hear(fact: Sample | Change): Unheard | null {
    const clock = this.clock()
    // Of the past that is played we know little before it was heard.
    if (clock > 0 && fact.at < clock - OLDEST) return 'old'
    if (clock > 0 && fact.at > clock + (this.#historic ? OLDEST : FUTURE)) return 'future'
    if (this.order.waiting >= MOST_WAITING) return 'full'
    this.order.fact(fact)
    // So that time goes on where no feed is heard.
    if (!this.#historic) this.#wall.heard(Math.min(fact.at, clock), uptime())
    return null
  }

  #listen(feed: LiveFeedState): void {
    const prefixes = [...feed.settings.prefixes, ...this.#ownPrefixes()]
    feed.subscribed = this.#ownCount()
    feed.client = openRisLive(
      { ...feed.settings, asns: [...this.#options.asns], prefixes },
      {
        frame: (octets) => this.#frame(feed, octets),
        gap: (why) => {
          feed.gaps++
          this.#fact(feed, 'gap', why)
        },
        sight: () => this.#fact(feed, 'gap-end', ''),
        log: (level, text) => this.#options.log(level, text),
      },
    )
  }

  #frame(feed: LiveFeedState, octets: Buffer): void {
    feed.batch ??= this.#take()
    let before = feed.batch.messages
    let outcome = feed.decoder.decode(octets, feed.batch, feed.decoder.stats.read)
    if (outcome.kind === 'full') {
      this.#flush(feed)
      feed.batch = this.#take()
      before = 0
      outcome = feed.decoder.decode(octets, feed.batch, feed.decoder.stats.read)
    }
    if (feed.batch.messages === before) return
    const at = feed.batch.at[feed.batch.messages - 1] as number
    // A stamp from the future would carry the clock with it.
    if (!feed.historic && at > Date.now() * 1e3 + FUTURE) {
      feed.batch.truncate(before)
      feed.refused++
      return
    }
    const now = uptime()
    this.#lastFrame = feed.lastFrame = now
    this.order.idle(feed.stream, false)
    if (!feed.historic) this.#wall.heard(at, now)
    feed.client?.seen(at)
    if (!feed.batch.full) return
    // Under load the beat would let go of too much at once.
    this.#flush(feed)
    this.order.release()
  }

  #take(): Batch {
    const batch = this.#pool.take()
    this.#arrived.set(batch, uptime())
    return batch
  }

  #give(batch: Batch): void {
    const arrived = this.#arrived.get(batch)
    this.#arrived.delete(batch)
    if (arrived !== undefined && batch.messages > 0)
      this.#options.decided((uptime() - arrived) / 1e6)
    this.#pool.give(batch)
  }

  #flush(feed: LiveFeedState): void {
    const { batch } = feed
    feed.batch = null
    if (!batch) return
    batch.file = feed.source
    if (batch.messages > 0) this.order.push(feed.stream, batch)
    else this.#give(batch)
  }

  #fact(feed: LiveFeedState, kind: 'gap' | 'gap-end', why: string): void {
    this.#flush(feed)
    const at = this.#wall.estimate(uptime()) ?? this.order.newest(feed.stream)
    // Before anything was heard there is nothing to be blind to.
    if (at === Number.NEGATIVE_INFINITY) return
    const fact = { at, feed: feed.name, source: feed.source, collector: null }
    this.order.fact(kind === 'gap' ? { ...fact, kind, why } : { ...fact, kind })
  }

  #beat(): void {
    const now = uptime()
    for (const feed of this.feeds) {
      this.#flush(feed)
      this.order.idle(feed.stream, now - feed.lastFrame > IDLE)
    }
    this.order.release()
    const estimate = this.#wall.estimate(now)
    if (estimate !== null && now - this.#lastFrame > SILENT) this.order.advance(estimate - PATIENCE)
    for (const feed of this.feeds) this.#follow(feed)
    this.#tellOwn()
    const fault = this.journal?.fault
    if (fault && !this.#faultTold) {
      this.#faultTold = true
      this.#options.log('error', `the journal ends here: ${fault}`)
    }
  }

  /** Prefixes we did not know of are heard by their own subscription from now on. */
  #follow(feed: LiveFeedState): void {
    // Their texts are made only when there are others; what is known already is not asked for twice.
    const count = this.#ownCount()
    if (count === feed.subscribed) return
    feed.client?.subscribe(this.#ownPrefixes())
    feed.subscribed = count
  }

  /** What is inbound, the flows know by our prefixes. */
  #tellOwn(): void {
    const count = this.#ownCount()
    if (this.flows.length === 0 || count === this.#ownTold) return
    this.#ownTold = count
    const prefixes = this.#ownPrefixes()
    for (const flows of this.flows) flows.setOwn(prefixes)
  }

  #ownCount(): number {
    const { table } = this.journey
    let count = 0
    for (const asn of this.#options.asns) count += table.prefixesOf(asn).length
    return count
  }

  #ownPrefixes(): string[] {
    const { table } = this.journey
    const out: string[] = []
    for (const asn of this.#options.asns)
      for (const prefix of table.prefixesOf(asn)) out.push(table.prefixText(prefix))
    return out
  }
}

/** Why something pushed is not taken. */
export type Unheard = 'old' | 'future' | 'full'

/** What is older says nothing of now; Alertmanager repeats itself for days. */
const OLDEST: Span = hours(24)
/** Samples that wait for their time; in five minutes of 300 a second. */
const MOST_WAITING = 100_000

/** A live stamp may be ahead of our clock by so much. */
const FUTURE: Span = seconds(300)

/** A clock that only moves forward, in microseconds. */
const uptime = (): number => performance.now() * 1e3
