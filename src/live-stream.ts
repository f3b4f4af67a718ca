// One stream of the clock, as a feed sees it: what comes is collected in a batch, refused when its stamp
// cannot be, and handed on by the beat of the run.

import type { Order } from './clock/order.ts'
import type { Wall } from './clock/wall.ts'
import type { Asn } from './core/asn.ts'
import type { Batch } from './core/batch.ts'
import type { Change, Sample } from './core/sample.ts'
import type { SeedPlace } from './core/seed.ts'
import { type Instant, type Span, seconds } from './core/time.ts'
import type { VantagePoints } from './core/vantage.ts'
import type {
  Dropped,
  LiveSource,
  LiveSourceStatus,
  LiveStream,
  SourceSpec,
  Unheard,
} from './live-source.ts'
import type { Restored } from './table-state.ts'

/** What a stream needs of its run. */
export interface StreamHost {
  readonly vantages: VantagePoints
  readonly asns: readonly Asn[]
  readonly order: Order
  readonly wall: Wall
  takeBatch(): Batch
  giveBatch(batch: Batch): void
  ownPrefixes(): string[]
  hear(fact: Sample | Change): Unheard | null
  /** Somebody looks for what was not heard. */
  readonly fills: boolean
  /** What the last run left; null when nothing. */
  restored(): Restored | null
  log(level: 'info' | 'warn' | 'error', text: string): void
}

/** A live stamp may be ahead of our clock by so much. */
export const FUTURE: Span = seconds(300)
/** A stream that has said nothing for so long does not hold up the others. */
const IDLE: Span = seconds(10)
/** Reasons to drop something; a feed has few. */
const MOST_REASONS = 32

/** A clock that only moves forward, in microseconds. */
export const uptime = (): number => performance.now() * 1e3

const UNOPENED: LiveSourceStatus = { sees: false, lastFault: null, messages: 0, newest: null }

export class RunStream implements LiveStream {
  readonly spec: SourceSpec
  readonly name: string
  /** Its number among files and feeds, which evidence names. */
  readonly source: number
  readonly vantages: VantagePoints
  readonly asns: readonly Asn[]
  /** Stamps of the past are expected. */
  readonly historic: boolean
  gaps = 0
  /** When something was taken last, by `uptime`. */
  lastTaken = Number.NEGATIVE_INFINITY
  readonly #host: StreamHost
  /** Its number at the clock; null when no routes come by it. */
  readonly #stream: number | null
  readonly #dropped = new Map<string, number>()
  #malformed = 0
  #batch: Batch | null = null
  #open: LiveSource | null = null

  constructor(spec: SourceSpec, source: number, host: StreamHost) {
    this.spec = spec
    this.name = spec.name
    this.source = source
    this.vantages = host.vantages
    this.asns = host.asns
    this.#host = host
    this.#stream = spec.routes ? host.order.stream() : null
    this.historic = spec.routes?.historic === true
  }

  open(): void {
    this.#open = this.spec.open(this)
  }

  async close(): Promise<void> {
    await this.#open?.close()
  }

  readonly status = (): LiveSourceStatus => this.#open?.status() ?? UNOPENED

  get malformedCount(): number {
    return this.#malformed + (this.status().malformed ?? 0)
  }

  drops(): readonly Dropped[] {
    const own = [...this.#dropped].map(([reason, count]) => ({ reason, count }))
    return [...own, ...(this.status().dropped ?? [])]
  }

  tellOwn(prefixes: readonly string[]): void {
    this.#open?.own?.(prefixes)
  }

  /** Null where the feed is not of own routers, or has not heard it. */
  received(router: string, peer: string): number | null {
    return this.#open?.received?.(router, peer) ?? null
  }

  get resume(): LiveStream['resume'] {
    const restored = this.#host.restored()
    const positions = restored?.state.positions[this.name]
    // A picture taken before the queues were found says of none where to go on.
    if (!restored || !positions || Object.keys(positions).length === 0) return null
    const place = (vantage: number) => {
      const known = restored.places.get(vantage)
      return known?.feed === this.name ? known : undefined
    }
    return { positions, place }
  }

  /** It can be read again from where the table is. */
  get hasQueue(): boolean {
    return this.#open?.applied !== undefined
  }

  /** From where. */
  get positions(): Readonly<Record<string, number>> | undefined {
    return this.#open?.positions?.()
  }

  applied(offset: number): void {
    this.#open?.applied?.(offset)
  }

  /** What an offset of it means over a restart. */
  place(offset: number): Pick<SeedPlace, 'queue' | 'next'> | undefined {
    return this.#open?.place?.(offset)
  }

  reached(): Instant {
    return this.#host.order.now
  }

  own(): string[] {
    return this.#host.ownPrefixes()
  }

  take(read: (batch: Batch) => boolean): boolean {
    const stream = this.#stream
    if (stream === null) return false
    const { order, wall } = this.#host
    this.#batch ??= this.#host.takeBatch()
    let batch = this.#batch
    let before = batch.messages
    if (!read(batch)) {
      this.flush()
      batch = this.#batch = this.#host.takeBatch()
      before = 0
      read(batch)
    }
    if (batch.messages === before) return false
    let at = batch.at[before] as number
    for (let m = before + 1; m < batch.messages; m++) at = Math.max(at, batch.at[m] as number)
    // A stamp from the future would carry the clock with it.
    if (!this.historic && at > Date.now() * 1e3 + FUTURE) {
      this.dropped('future', batch.messages - before)
      batch.truncate(before)
      return false
    }
    this.lastTaken = uptime()
    order.idle(stream, false)
    if (!this.historic) wall.heard(at, this.lastTaken)
    // Under load the beat would let go of too much at once.
    if (batch.full) {
      this.flush()
      order.release()
    }
    return true
  }

  /** What has come goes to the clock. */
  flush(): void {
    const batch = this.#batch
    this.#batch = null
    if (!batch || this.#stream === null) return
    batch.file = this.source
    if (batch.messages > 0) this.#host.order.push(this.#stream, batch)
    else this.#host.giveBatch(batch)
  }

  /** Nobody waits for it while it says nothing. */
  beat(now: number): void {
    if (this.#stream === null) return
    this.flush()
    this.#host.order.idle(this.#stream, now - this.lastTaken > IDLE)
  }

  gap(why: string, collector?: string): void {
    this.gaps++
    this.#sightFact('gap', why, collector)
  }

  sight(collector?: string): void {
    this.#sightFact('gap-end', '', collector)
  }

  /** Nobody listened since `at`; sight is back when the source says so. */
  missed(at: Instant): void {
    const why = 'the daemon was not running'
    this.#host.order.fact({
      kind: 'gap',
      at,
      feed: this.name,
      source: this.source,
      collector: null,
      why,
    })
  }

  #sightFact(kind: 'gap' | 'gap-end', why: string, collector: string | undefined): void {
    // Of other planes one is blind by their silence.
    if (this.#stream === null) return
    this.flush()
    const { order, wall } = this.#host
    const at: Instant = wall.estimate(uptime()) ?? order.newest(this.#stream)
    // Before anything was heard there is nothing to be blind to.
    if (at === Number.NEGATIVE_INFINITY) return
    const fact = { at, feed: this.name, source: this.source, collector: collector ?? null }
    const fills = this.#host.fills ? { fills: true as const } : {}
    order.fact(kind === 'gap' ? { ...fact, kind, why } : { ...fact, kind, ...fills })
  }

  fact(fact: Sample | Change): Unheard | null {
    const unheard = this.#host.hear(fact)
    if (unheard !== null) this.dropped(unheard)
    return unheard
  }

  dropped(reason: string, count = 1): void {
    if (!this.#dropped.has(reason) && this.#dropped.size >= MOST_REASONS) return
    this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + count)
  }

  malformed(count = 1): void {
    this.#malformed += count
  }

  log(level: 'info' | 'warn' | 'error', text: string): void {
    this.#host.log(level, text)
  }
}
