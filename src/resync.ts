// Holes filled: what a collector heard while we could not hear it stands in its archive some minutes
// later. The files are fetched when they appear, and told to the table in their order; it takes of them
// what the peers have not spoken of since (table/sessions.ts).

import { setImmediate } from 'node:timers/promises'
import { BatchPool, Message } from './core/batch.ts'
import type { Sink } from './core/sink.ts'
import { type Instant, iso, minutes, type Span, seconds } from './core/time.ts'
import type { VantagePoints } from './core/vantage.ts'
import type { ArchiveSite, RemoteFile } from './feeds/archive-http.ts'
import { projectOf, slots, spanOf } from './feeds/archive-layout.ts'
import { faultText } from './feeds/retry.ts'
import { fileBatches, newFileReport } from './file-batches.ts'
import type { Table } from './table/table.ts'
import { MrtReader } from './wire/mrt.ts'

/** What of an archive is asked; an ArchiveSite is one. */
export type HoleArchive = Pick<ArchiveSite, 'list' | 'get' | 'release'>

export interface ResyncRun {
  readonly vantages: VantagePoints
  readonly journey: { readonly table: Table } & Sink
  /** Stands in front of the journey, when one is written. */
  readonly journal: Sink | null
}

export interface ResyncSettings {
  /** So much before a gap was noticed, and after its end, is read as well: it may have been lost already. */
  readonly margin: Span
  /** Time between two looks whether there are holes, and whether files have appeared. */
  readonly look: Span
  /** The longest time between two looks for the same files. */
  readonly lookMost: Span
  /** After so long without one of the files a hole stays one. */
  readonly patience: Span
  /** Longer holes are not filled. */
  readonly longest: Span
}

const resyncDefaults: ResyncSettings = {
  // A feed that has stalled is noticed within a minute.
  margin: seconds(60),
  look: seconds(10),
  // RIS writes a file every 5 minutes, RouteViews every 15; most are there 5 minutes later.
  lookMost: minutes(5),
  patience: minutes(60),
  // From one table of RIS to the next, and what it takes to come.
  longest: minutes(10 * 60),
}

interface Hole {
  readonly collector: string
  readonly since: Instant
  readonly until: Instant
}

interface Filling {
  readonly hole: Hole
  readonly begun: number
  nextLook: number
  wait: Span
  faultTold: boolean
}

/** What a message of an archive becomes; that a peer lives, or has told all, says nothing of what it held. */
const OF_HOLE: readonly (number | undefined)[] = Object.assign([], {
  [Message.update]: Message.hole,
  [Message.sessionDown]: Message.holeDown,
  [Message.sessionUp]: Message.holeUp,
})

/** Collectors with holes that are looked after at once. */
const MOST = 200

export class Resync {
  /** Since the start, for metrics. */
  filled = 0
  givenUp = 0
  readonly #site: HoleArchive
  readonly #run: ResyncRun
  readonly #settings: ResyncSettings
  readonly #log: (level: 'info' | 'warn' | 'error', text: string) => void
  readonly #pool = new BatchPool()
  readonly #fillings = new Map<string, Filling>()
  /** Holes that cannot be filled: `collector since until`. */
  readonly #hopeless = new Set<string>()
  readonly #ends = new AbortController()
  #busy: Promise<void> = Promise.resolve()
  #working = false
  readonly #timer: NodeJS.Timeout

  constructor(
    site: HoleArchive,
    run: ResyncRun,
    log: (level: 'info' | 'warn' | 'error', text: string) => void,
    settings: Partial<ResyncSettings> = {},
  ) {
    this.#site = site
    this.#run = run
    this.#log = log
    this.#settings = { ...resyncDefaults, ...settings }
    this.#timer = setInterval(() => this.#look(), this.#settings.look / 1e3)
  }

  /** Holes that are waiting for their files, or being filled. */
  get open(): number {
    return this.#fillings.size
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    this.#ends.abort()
    await this.#busy
  }

  #look(): void {
    if (this.#working) return
    this.#working = true
    this.#busy = this.#round()
      .catch((error: unknown) => this.#log('error', `holes are not filled: ${faultText(error)}`))
      .finally(() => {
        this.#working = false
      })
  }

  async #round(): Promise<void> {
    this.#gather()
    for (const filling of [...this.#fillings.values()]) {
      if (this.#ends.signal.aborted) return
      if (filling.nextLook <= uptime()) await this.#try(filling)
    }
  }

  /** Which holes there are; one of a collector is the whole of those of its peers. */
  #gather(): void {
    const { table } = this.#run.journey
    const found = new Map<string, { since: Instant; until: Instant }>()
    for (const { id, holeSince, holeUntil, lostSince, hopeless } of table.peers.list) {
      // Who is lost again will be heard again, and then it is one hole.
      if (holeSince === 0 || lostSince > 0 || hopeless) continue
      const { collector } = this.#run.vantages.get(id)
      const known = found.get(collector)
      found.set(collector, {
        since: Math.min(known?.since ?? holeSince, holeSince),
        until: Math.max(known?.until ?? holeUntil, holeUntil),
      })
    }
    for (const collector of this.#fillings.keys())
      if (!found.has(collector)) this.#fillings.delete(collector)
    for (const [collector, { since, until }] of found) {
      const known = this.#fillings.get(collector)?.hole
      if (known && known.since === since && known.until === until) continue
      const hole = { collector, since, until }
      if (this.#hopeless.has(nameOf(hole)) || this.#fillings.size >= MOST) continue
      if (projectOf(collector) === null) {
        this.#giveUp(hole, 'nobody keeps an archive of it')
        continue
      }
      if (until - since > this.#settings.longest) {
        this.#giveUp(hole, 'it is too long; start again to begin with a new table')
        continue
      }
      const times = `${iso(since)} to ${iso(until)}`
      this.#log(
        'info',
        `${collector}: not heard from ${times}; waiting for its archive of that time`,
      )
      const begun = uptime()
      const wait = this.#settings.look
      this.#fillings.set(collector, { hole, begun, nextLook: begun, wait, faultTold: false })
    }
  }

  async #try(filling: Filling): Promise<void> {
    const { hole } = filling
    const { margin, lookMost, patience } = this.#settings
    const from = hole.since - margin
    const until = hole.until + margin
    try {
      const files = await this.#filesOf(hole.collector, from, until)
      if (files) {
        await this.#fill(hole, files, from)
        this.#fillings.delete(hole.collector)
        return
      }
    } catch (error) {
      if (this.#ends.signal.aborted) return
      if (!filling.faultTold)
        this.#log('warn', `${hole.collector}: ${faultText(error)}; asking again`)
      filling.faultTold = true
    }
    filling.wait = Math.min(lookMost, filling.wait * 2)
    filling.nextLook = uptime() + filling.wait
    if (uptime() - filling.begun < patience) return
    this.#fillings.delete(hole.collector)
    this.#giveUp(
      hole,
      `its archive is not there after ${Math.round(patience / minutes(1))} minutes`,
    )
  }

  /** Files are held only while they are read, or the cache would be full of them one day. */
  async #fill(hole: Hole, files: readonly RemoteFile[], from: Instant): Promise<void> {
    const paths: string[] = []
    try {
      for (const file of files)
        paths.push(await this.#site.get(file, { signal: this.#ends.signal }))
      await this.#tell(hole, paths, from)
    } finally {
      for (const path of paths) this.#site.release(path)
    }
  }

  /** All of that time; null while one is not there yet. */
  async #filesOf(
    collector: string,
    from: Instant,
    until: Instant,
  ): Promise<readonly RemoteFile[] | null> {
    const project = projectOf(collector)
    if (project === null) return null
    const wanted = slots(project, 'updates', from, until)
    // The last of them is not over yet: nobody is asked.
    if ((wanted.at(-1) ?? 0) + spanOf(project, 'updates') > Date.now() * 1e3) return null
    const files = await this.#site.list(collector, 'updates', from, until, this.#ends.signal)
    const there = new Set(files.map(({ slot }) => slot))
    return wanted.every((slot) => there.has(slot)) ? files : null
  }

  /** In their order. What the peers said before the gap is told again, and comes to the same. */
  async #tell(hole: Hole, paths: readonly string[], from: Instant): Promise<void> {
    const { vantages, journey, journal } = this.#run
    const { table } = journey
    const sink = journal ?? journey
    const { collector, since, until } = hole
    const before = table.filled
    for (const path of paths) {
      const known = table.files.indexOf(path)
      const number = known >= 0 ? known : table.files.push(path) - 1
      const report = newFileReport(path)
      const reader = new MrtReader(vantages, collector, number)
      for await (const batch of fileBatches(report, reader, this.#pool, () => undefined)) {
        batch.file = number
        for (let m = 0; m < batch.messages; m++) {
          const kind = OF_HOLE[batch.kind[m] as number]
          if (kind === undefined || (batch.at[m] as number) < from) continue
          batch.kind[m] = kind
          sink.message(batch, m)
        }
        this.#pool.give(batch)
        // Live messages do not wait for all of it.
        await setImmediate()
        if (this.#ends.signal.aborted) return
      }
      if (report.error) throw new Error(`${path}: ${report.error}`)
    }
    sink.fact({ kind: 'filled', at: this.#now(hole), collector, from: since, until })
    this.filled++
    const changed = table.filled - before
    const times = `${iso(since)} to ${iso(until)}`
    this.#log('info', `${collector}: whole again; of ${times} the archive told ${changed} changes`)
  }

  /** Event time has reached the instant of what was applied last. */
  #now(hole: Hole): Instant {
    return Math.max(hole.until, this.#run.journey.table.now)
  }

  #giveUp(hole: Hole, why: string): void {
    if (this.#hopeless.size > 1_000) this.#hopeless.clear()
    this.#hopeless.add(nameOf(hole))
    this.givenUp++
    const { collector, since, until } = hole
    const { journal, journey } = this.#run
    const fact = {
      kind: 'unfilled',
      at: this.#now(hole),
      collector,
      from: since,
      until,
      why,
    } as const
    ;(journal ?? journey).fact(fact)
    this.#log(
      'error',
      `${collector}: what was said from ${iso(since)} to ${iso(until)} stays unknown: ${why}`,
    )
  }
}

const nameOf = ({ collector, since, until }: Hole): string => `${collector} ${since} ${until}`

/** A clock that only moves forward, in microseconds. */
const uptime = (): number => performance.now() * 1e3
