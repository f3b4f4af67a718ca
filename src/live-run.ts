// Live feeds through the corridor: what they say is put in order by the clock, and from there on nothing
// differs from a replay. Gaps are facts in the stream like everything else.

import { ArchiveInput } from './archive-input.ts'
import { type JournalHeader, JournalWriter } from './clock/journal.ts'
import { Order } from './clock/order.ts'
import { Wall } from './clock/wall.ts'
import { InputError } from './command.ts'
import type { Asn } from './core/asn.ts'
import { type Batch, BatchPool } from './core/batch.ts'
import type { SideInput } from './core/fact.ts'
import type { Incident, Inputs } from './core/incident.ts'
import type { Change, Sample } from './core/sample.ts'
import type { Sink } from './core/sink.ts'
import type { StateSettings } from './core/state.ts'
import { hours, type Instant, iso, type Span, seconds } from './core/time.ts'
import { VantagePoints } from './core/vantage.ts'
import type { DetectSettings } from './detect/detectors.ts'
import type { Archive } from './feeds/archive.ts'
import { keepPrevious } from './journal-files.ts'
import { Journey } from './journey.ts'
import { isWitness, type SourceSpec, type Unheard } from './live-source.ts'
import { FUTURE, RunStream, uptime } from './live-stream.ts'
import { QueuePlaces } from './queue-places.ts'
import { type LoadedTable, loadTables, noTable } from './starting-tables.ts'
import { journalSource } from './table/snapshot.ts'
import type { TableLimits } from './table/table.ts'
import { type Restored, restoreTable, StatePicture } from './table-state.ts'
import type { PlanesSettings } from './verdict/planes.ts'
import { warmUp } from './warm-up.ts'

export interface LiveOptions {
  readonly asns: ReadonlySet<Asn>
  /** Feeds, of routes and of what is known beside them. */
  readonly sources: readonly SourceSpec[]
  /** Starting tables as files. */
  readonly ribs: Archive | null
  readonly baseline: 'rib' | 'learned-live'
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
  /** Somebody looks for what was not heard (resync.ts). */
  readonly fills?: boolean
  /** Where the table is kept over a restart; none when absent. */
  readonly state?: StateSettings | undefined
  log(level: 'info' | 'warn' | 'error', text: string): void
  /** Seconds from the arrival of a frame to the decision on it. */
  decided(delay: number): void
}

/** Messages wait so long for others that happened before them. */
const PATIENCE: Span = seconds(5)
/** A feed that is further behind another one does not hold it up: its word counts, and is late. */
const MOST_BEHIND: Span = seconds(60)
/** How often what has come is handed to the clock at least, in milliseconds. */
const FLUSH = 100
/** The stream is silent when nothing has come for so long: event time goes on without it. */
const SILENT: Span = seconds(2)
/** A day or so of RIS Live for a few ASes in a segment, and 16 GiB in all. */
const SEGMENTS = { segment: 2 ** 30, segments: 16 }

/** Of each beat, in milliseconds, for the picture of the table. */
const KEEPING = 10
/** No evidence is in a file of theirs. */
const NO_FILE = -1

export class LiveRun {
  readonly vantages: VantagePoints
  /** Watched ASes, ascending. */
  readonly asns: readonly Asn[]
  readonly journey: Journey
  readonly order: Order
  readonly streams: readonly RunStream[]
  /** Own prefixes when the streams were told of them last. */
  #ownTold = 0
  journal: JournalWriter | null = null
  readonly #options: LiveOptions
  readonly #pool = new BatchPool()
  readonly #arrived = new Map<Batch, number>()
  readonly #wall = new Wall()
  /** The routes of all feeds are of the past: event time does not follow the wall clock. */
  readonly #historic: boolean
  readonly #header: JournalHeader
  readonly #streamOf = new Map<number, RunStream>()
  #restored: Restored | null = null
  readonly #places = new QueuePlaces()
  #picture: StatePicture | null = null
  /** The first one is begun at once: what was loaded took long. */
  #keptAt = Number.NEGATIVE_INFINITY
  #faultTold = false
  #closed = false
  #timer: NodeJS.Timeout | undefined

  /** Throws when the journal cannot be written. */
  constructor(options: LiveOptions, tell: (incident: Incident) => void) {
    this.#options = options
    this.vantages = new VantagePoints(options.ignorePeers)
    const { asns, baseline, sources, inputs, detect, limits, mostIncidents } = options
    const tellers = sources.flatMap(({ routes }) => (routes && !routes.own ? [routes] : []))
    const hearsAll = tellers.length > 0 && tellers.every((teller) => teller.hearsAll)
    this.#historic = tellers.length > 0 && tellers.every(({ historic }) => historic)
    this.asns = [...asns].sort((a, b) => a - b)
    const settings = { asns, baseline, hearsAll, inputs, detect, limits, mostIncidents } as const
    const { planes = {} } = options
    this.journey = new Journey({ ...settings, planes, vantages: this.vantages }, tell)
    const { files } = this.journey.table
    const run = new Date().toISOString()
    this.#header = { baseline, hearsAll, inputs, asns: this.asns, detect, planes, run }
    if (options.journal !== null) {
      // A daemon that starts again must not write over what the last one heard.
      keepPrevious(options.journal)
      this.journal = new JournalWriter(
        options.journal,
        this.#header,
        this.vantages,
        files,
        journalSource(this.journey.table),
        this.journey,
        SEGMENTS,
      )
    }
    const sink = this.#noting(this.journal ?? this.journey)
    this.order = new Order(this.vantages, sink, (batch) => this.#give(batch), {
      patience: PATIENCE,
      ...(this.#historic ? {} : { mostBehind: MOST_BEHIND }),
    })
    if (options.state) {
      // Who is always the second to tell has come as far as the first.
      this.order.passed = (batch, m) =>
        this.#streamOf.get(batch.file)?.applied(batch.offset[m] as number)
    }
    const host = {
      vantages: this.vantages,
      asns: this.asns,
      order: this.order,
      wall: this.#wall,
      takeBatch: () => this.#take(),
      giveBatch: (batch: Batch) => this.#give(batch),
      ownPrefixes: () => this.#ownPrefixes(),
      hear: (fact: Sample | Change) => this.hear(fact),
      restored: () => this.#restored,
      fills: options.fills === true,
      log: (level: 'info' | 'warn' | 'error', text: string) => options.log(level, text),
    }
    this.streams = sources.map(
      (spec) => new RunStream(spec, spec.routes ? files.push(spec.name) - 1 : NO_FILE, host),
    )
    for (const stream of this.streams)
      if (stream.source !== NO_FILE) this.#streamOf.set(stream.source, stream)
  }

  /** Loads the starting tables, then listens until `close`. */
  async open(): Promise<void> {
    const { table } = this.journey
    const { ribs } = this.#options
    warmUp()
    await this.#restore()
    if (ribs && !this.#restored) {
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

  /** Notes how far the queue of each vantage point has been applied, where somebody will ask. */
  #noting(sink: Sink): Sink {
    const { state } = this.#options
    if (!state) return sink
    return {
      message: (batch, m) => {
        sink.message(batch, m)
        const stream = this.#streamOf.get(batch.file)
        if (!stream?.hasQueue) return
        stream.applied(batch.offset[m] as number)
        this.#places.applied(stream, batch, m)
      },
      fact: (fact) => sink.fact(fact),
    }
  }

  async #restore(): Promise<void> {
    const { state } = this.#options
    if (!state) return
    const { table } = this.journey
    const restored = await restoreTable(state, table, this.#header, Date.now() * 1e3)
    const where = `the table of the last run in ${state.folder}`
    if (restored === null) return
    if (typeof restored === 'string') {
      this.#options.log('warn', `${where} is not used: ${restored}`)
      return
    }
    if (restored.lost > 0)
      this.#options.log('warn', `${where}: ${restored.lost} lines of it could not be used`)
    this.#restored = restored
    this.#places.restore(restored.places)
    const { at, wall } = restored.state
    this.#options.log('info', `${where} is of ${iso(at)}; going on from there`)
    // Time has gone on meanwhile.
    this.#wall.heard(at + Math.max(0, Date.now() * 1e3 - wall), uptime())
    for (const stream of this.streams) if (stream.spec.routes && !stream.resume) stream.missed(at)
  }

  /** A picture of the table is begun when it is time, and goes on between other work. */
  #keep(): void {
    const { state, log } = this.#options
    if (!state) return
    try {
      const now = uptime()
      if (this.#picture?.step(KEEPING) === true) this.#picture = null
      else if (!this.#picture && now - this.#keptAt >= state.every && this.order.now > 0)
        this.#picture = this.#begun(state, now)
    } catch (error) {
      this.#picture?.abandon()
      this.#picture = null
      log('error', notKept(state, error))
    }
  }

  #begun(state: StateSettings, now: number): StatePicture {
    this.#keptAt = now
    const of = (stream: RunStream) => [stream.name, stream.positions ?? {}] as const
    const queues = this.streams.filter(({ hasQueue }) => hasQueue)
    const positions = Object.fromEntries(queues.map(of))
    const { table } = this.journey
    const at = this.order.now
    return new StatePicture(
      state.folder,
      this.#header,
      { at, wall: Date.now() * 1e3, positions },
      table,
      (vantage) => this.#places.of(vantage),
    )
  }

  /** What was loaded; throws when one of the files is no table, because then we would miss nothing. */
  #tellTables(tables: readonly LoadedTable[]): void {
    const { sources } = this.#options
    for (const { path, collector, at, routes } of tables) {
      if (at === null) throw new InputError(noTable(path))
      if (!sources.some((source) => source.routes?.tells(collector)))
        throw new InputError(
          `${path}: no feed tells of ${collector}; take a table of one that is heard`,
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
    this.journal?.start(this.#restored !== null)
    table.start()
    for (const input of this.#options.sideInputs ?? []) (this.journal ?? this.journey).fact(input)
    this.order.foresee(this.#options.planned ?? [])
    for (const stream of this.streams) stream.open()
    this.#ownTold = this.#ownCount()
    this.#timer = setInterval(() => this.#beat(), FLUSH)
  }

  /** Nothing more comes: hears out what is on its way, and says how things stand. */
  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#timer)
    await Promise.all(this.streams.map((stream) => stream.close()))
    for (const stream of this.streams) stream.flush()
    this.order.flush()
    this.#picture?.abandon()
    const { state } = this.#options
    if (state && this.order.now > 0) {
      try {
        this.#begun(state, uptime()).finish()
      } catch (error) {
        this.#options.log('error', notKept(state, error))
      }
    }
    this.journey.finish()
    this.journal?.close()
  }

  /** It goes on from the table of a run before it. */
  get resumed(): boolean {
    return this.#restored !== null
  }

  /** Whether any feed of routes is heard at present. */
  sees(): boolean {
    return this.streams.some(({ spec, status }) => isWitness(spec) && status().sees)
  }

  /** Event time; null before anything was heard. */
  get now(): Instant | null {
    return this.order.now === Number.NEGATIVE_INFINITY ? null : this.order.now
  }

  /** What time it is for those who have no stamp of their own: that of the wall, or of the past played. */
  clock(): Instant {
    return this.#historic ? Math.max(0, this.order.now, this.order.newestOfAll()) : Date.now() * 1e3
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

  #beat(): void {
    const now = uptime()
    let last = Number.NEGATIVE_INFINITY
    for (const stream of this.streams) {
      stream.beat(now)
      last = Math.max(last, stream.lastTaken)
    }
    this.order.release()
    const estimate = this.#wall.estimate(now)
    if (estimate !== null && now - last > SILENT) this.order.advance(estimate - PATIENCE)
    this.#tellOwn()
    this.#keep()
    const fault = this.journal?.fault
    if (fault && !this.#faultTold) {
      this.#faultTold = true
      this.#options.log('error', `the journal ends here: ${fault}`)
    }
  }

  /** Prefixes we did not know of: feeds ask for them, and flows know by them what is inbound. */
  #tellOwn(): void {
    // Their texts are made only when there are others.
    const count = this.#ownCount()
    if (count === this.#ownTold) return
    this.#ownTold = count
    const prefixes = this.#ownPrefixes()
    for (const stream of this.streams) stream.tellOwn(prefixes)
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

const notKept = ({ folder }: StateSettings, error: unknown): string =>
  `the table cannot be kept in ${folder}: ${(error as Error).message}`

/** What is older says nothing of now; Alertmanager repeats itself for days. */
const OLDEST: Span = hours(24)
/** Samples that wait for their time; in five minutes of 300 a second. */
const MOST_WAITING = 100_000
