// Many streams, one time line. What comes out is in the order (instant, collector, peer, position in
// that peer's stream), whatever the order in which it came in, as long as nothing is later than the
// patience of its stream; what is later still counts, at the instant the line has reached by then.
// Ticks are made here, from event time alone. Samples and changes keep the time they were stamped with:
// what is late leaves at once, and may lie before the instant the line has reached.

import type { Batch } from '../core/batch.ts'
import type { Fact } from '../core/fact.ts'
import type { Change } from '../core/sample.ts'
import type { Sink } from '../core/sink.ts'
import { hours, type Instant, type Span, seconds } from '../core/time.ts'
import type { VantagePoints } from '../core/vantage.ts'
import { Duplicates } from './duplicates.ts'
import { sortByTime } from './sort.ts'
import { dueAt, hasOwnTime, Waiting } from './waiting.ts'

export interface OrderSettings {
  /** Detectors judge so often. */
  readonly tick: Span
  /** How much later than its neighbours a message of one stream may come. */
  readonly patience: Span
  /** A stream whose newest stamp is so far behind that of another is not waited for; what it says is late. */
  readonly mostBehind: Span
  /** Batches held at most; beyond, nobody is waited for any more, and what comes later is late. */
  readonly most: number
}

const orderDefaults: OrderSettings = {
  tick: seconds(10),
  // Archives are written as messages come; microsecond stamps of RouteViews go back by less.
  patience: seconds(1),
  // Of files each is read in its turn, however far behind.
  mostBehind: Number.POSITIVE_INFINITY,
  // Half a gigabyte: five seconds of 200,000 messages a second, and of the parts of batches that a beat ends.
  most: 384,
}

/** A stamp so far from the one before is believed only when the one after it lies nearer to it. */
const LEAP: Span = hours(1)
/** Ticks through silence end after so long, and go on when it does. */
const LONGEST_SILENCE: Span = hours(24)

interface Stream {
  readonly number: number
  readonly from: Instant
  readonly until: Instant
  newest: Instant
  last: Instant
  done: boolean
  /** A new file begins: what comes next may be of another time. */
  fresh: boolean
  /** Its last stamp leaps, and what comes next will tell whether to believe it. */
  held: Batch | null
  /** It says nothing at present: nobody waits for it. */
  idle: boolean
}

interface Pending {
  readonly stream: number
  readonly batch: Batch
  readonly order: Int32Array
  readonly count: number
  next: number
}

export class Order {
  /** Messages that came after their time had passed. */
  late = 0
  /** Samples and changes that did; they keep their own time. */
  lateSamples = 0
  /** Messages whose stamp leaps, and that were refused for it. */
  refused = 0
  /** Messages left out because they lie before the beginning of their stream. */
  before = 0
  /** Times something had to be released early, because too much was held. */
  forced = 0
  /** Event time of the first release; Infinity before it. */
  first: Instant = Number.POSITIVE_INFINITY
  /** Is told of messages that another stream had told already: they are done with, too. */
  passed: ((batch: Batch, m: number) => void) | null = null
  /** `now`, in a column: a number that is no small integer would be made anew for each message. */
  readonly #now = new Float64Array([Number.NEGATIVE_INFINITY])
  readonly #settings: OrderSettings
  readonly #vantages: VantagePoints
  readonly #sink: Sink
  readonly #give: (batch: Batch) => void
  readonly #streams: Stream[] = []
  #pending: Pending[] = []
  readonly #duplicates = new Duplicates()
  readonly #facts = new Waiting()
  /** What is known to come, without being a reason to go on to it. */
  readonly #foreseen = new Waiting()
  #nextTick: Instant | null = null
  readonly #free: Int32Array[] = []
  #scratch = new Int32Array(0)

  constructor(
    vantages: VantagePoints,
    sink: Sink,
    give: (batch: Batch) => void,
    settings: Partial<OrderSettings> = {},
  ) {
    this.#vantages = vantages
    this.#sink = sink
    this.#give = give
    this.#settings = { ...orderDefaults, ...settings }
  }

  /** Messages of a vantage point that another stream had told already (duplicates.ts). */
  get duplicates(): number {
    return this.#duplicates.count
  }

  /** Event time up to which everything has been released; -Infinity before the first. */
  get now(): Instant {
    return this.#now[0] as number
  }

  /**
   * A new stream; nothing is released before it has spoken or is `done`. What it says of times before
   * `from`, or from `until` on, is left out.
   */
  stream(from = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY): number {
    const never = Number.NEGATIVE_INFINITY
    const silent = { newest: never, last: never, done: false, fresh: true, held: null, idle: false }
    const number = this.#streams.length
    this.#streams.push({ number, from, until, ...silent })
    return number
  }

  /** What comes next in this stream may be of another time: a new file begins. */
  expectLeap(stream: number): void {
    const s = this.#streams[stream]
    if (!s) return
    this.#decide(s)
    s.fresh = true
  }

  done(stream: number): void {
    const s = this.#streams[stream]
    if (!s) return
    this.#decide(s)
    s.done = true
  }

  /** Live, a stream that has gone silent must not hold up the others. */
  idle(stream: number, is: boolean): void {
    const s = this.#streams[stream]
    if (s) s.idle = is
  }

  /** Newest stamp of a stream: who merges asks the one that is furthest behind for more. */
  newest(stream: number): Instant {
    return this.#streams[stream]?.newest ?? Number.NEGATIVE_INFINITY
  }

  /** Newest stamp of all streams. */
  newestOfAll(): Instant {
    return Math.max(Number.NEGATIVE_INFINITY, ...this.#streams.map(({ newest }) => newest))
  }

  /** Takes a batch over; it is given back when its last message has been released. */
  push(stream: number, batch: Batch): void {
    const s = this.#streams[stream]
    if (!s) throw new RangeError(`no stream ${stream}`)
    if (batch.messages > 0) this.#decide(s, batch.at[0])
    const last = batch.messages - 1
    const before = last > 0 ? (batch.at[last - 1] as number) : s.last
    if (last >= 0 && leaps(before, batch.at[last] as number)) s.held = batch
    else this.#admit(s, batch, undefined)
  }

  /** What comes next in a stream is known, or that nothing does. */
  #decide(s: Stream, next?: Instant): void {
    const { held } = s
    s.held = null
    if (held) this.#admit(s, held, next)
  }

  /** `after`: the stamp that follows the batch; undefined when nothing does. */
  #admit(s: Stream, batch: Batch, after: Instant | undefined): void {
    const order = this.#take(batch.maxMessages)
    let count = 0
    let sorted = true
    let previous = Number.NEGATIVE_INFINITY
    for (let m = 0; m < batch.messages; m++) {
      const at = batch.at[m] as number
      // Nearly all lie close to the one before, and need no second opinion.
      if (!(Math.abs(at - s.last) <= LEAP)) {
        const next = m + 1 < batch.messages ? batch.at[m + 1] : after
        const third = m + 2 < batch.messages ? batch.at[m + 2] : undefined
        if (!believes(s, at, next, third)) {
          this.refused++
          continue
        }
      }
      s.last = at
      s.fresh = false
      if (at > s.newest) s.newest = at
      if (at < s.from || at >= s.until) {
        if (at < s.from) this.before++
        continue
      }
      // Equal stamps may have to change places too.
      if (at <= previous) sorted = false
      previous = at
      order[count++] = m
    }
    if (!sorted) {
      const { rank } = this.#vantages
      const by = (m: number) => rank[batch.vantage[m] as number] as number
      if (this.#scratch.length < order.length) this.#scratch = new Int32Array(order.length)
      sortByTime(order, count, batch.at, by, this.#scratch)
    }
    if (count > 0) {
      this.#duplicates.hears(s.number, batch)
      this.#pending.push({ stream: s.number, batch, order, count, next: 0 })
      if (this.#pending.length > this.#settings.most) this.#makeRoom()
    } else {
      this.#free.push(order)
      this.#give(batch)
    }
  }

  /** Lets a part of what waits go, oldest first; not so much at once that others have to wait for it. */
  #makeRoom(): void {
    this.forced++
    const newest = this.#pending.map((p) => p.batch.at[p.order[p.count - 1] as number] as number)
    newest.sort((a, b) => a - b)
    this.#until(newest[newest.length >> 5] as number)
  }

  #take(room: number): Int32Array {
    const free = this.#free.pop()
    return free && free.length >= room ? free : new Int32Array(room)
  }

  fact(fact: Fact): void {
    this.#facts.add(fact)
  }

  /** Many at once, in any order. */
  facts(facts: readonly Fact[]): void {
    this.#facts.addAll(facts)
  }

  /**
   * What will be so at a time that is known: it leaves when the line comes there by other means, and
   * never moves it on. What lies before the first of all leaves with that.
   */
  foresee(changes: readonly Change[]): void {
    this.#foreseen.addAll(changes)
  }

  /** Facts that wait for their time. */
  get waiting(): number {
    return this.#facts.size
  }

  /** Releases what no stream can come before any more. */
  release(): void {
    let until = Number.POSITIVE_INFINITY
    const { mostBehind } = this.#settings
    const oldest =
      mostBehind === Number.POSITIVE_INFINITY ? -mostBehind : this.newestOfAll() - mostBehind
    for (const { newest, done, idle } of this.#streams)
      if (!done && !idle && newest < until && newest >= oldest) until = newest
    if (until === Number.POSITIVE_INFINITY) {
      for (const { newest } of this.#streams)
        if (until === Number.POSITIVE_INFINITY || newest > until) until = newest
    }
    this.#until(until - this.#settings.patience - 1)
  }

  /** Event time has reached `at`, whether or not anybody spoke. */
  advance(at: Instant): void {
    for (const s of this.#streams) this.#decide(s, at)
    this.#until(at)
    this.#ticks(at)
  }

  /** The end: everything there is. */
  flush(): void {
    for (const s of this.#streams) this.#decide(s)
    this.#until(Number.POSITIVE_INFINITY)
  }

  #until(limit: Instant): void {
    for (;;) {
      const from = this.#earliest(limit)
      const fact = this.#facts.first()
      if (
        fact &&
        dueAt(fact) <= limit &&
        (!from || dueAt(fact) <= (from.batch.at[from.order[from.next] as number] as number))
      ) {
        this.#facts.shift()
        if (hasOwnTime(fact) && fact.at < this.now) this.lateSamples++
        this.#reach(dueAt(fact))
        this.#sink.fact(hasOwnTime(fact) ? fact : { ...fact, at: this.now })
        continue
      }
      if (!from) break
      this.#run(from, limit)
    }
  }

  /** The batch whose next message is the first of all, if that is due. */
  #earliest(limit: Instant): Pending | null {
    let first: Pending | null = null
    for (const p of this.#pending) if (!first || this.#precedes(p, first)) first = p
    const at = first ? (first.batch.at[first.order[first.next] as number] as number) : 0
    return first && at <= limit ? first : null
  }

  /** Ties in time and speaker stay as they came: an earlier batch stands earlier in the list. */
  #precedes(a: Pending, b: Pending): boolean {
    const m = a.order[a.next] as number
    const n = b.order[b.next] as number
    const x = a.batch.at[m] as number
    const y = b.batch.at[n] as number
    if (x !== y) return x < y
    const { rank } = this.#vantages
    return (
      (rank[a.batch.vantage[m] as number] as number) <
      (rank[b.batch.vantage[n] as number] as number)
    )
  }

  /** Releases messages of one batch as long as they are the first of all. */
  #run(from: Pending, limit: Instant): void {
    const { stream, batch, order, count } = from
    const rival = this.#facts.first()
    let rivalAt = rival ? dueAt(rival) : Number.POSITIVE_INFINITY
    for (const p of this.#pending) {
      if (p === from) continue
      const at = p.batch.at[p.order[p.next] as number] as number
      if (at < rivalAt) rivalAt = at
    }
    // At least one: it is the first. Equal stamps are settled by another look at all of them.
    for (;;) {
      const m = order[from.next++] as number
      const at = batch.at[m] as number
      if (at > this.now) this.#reach(at)
      if (this.#duplicates.has(stream, batch, m, at)) this.passed?.(batch, m)
      else {
        if (at < this.now) {
          this.late++
          batch.at[m] = this.now
        }
        this.#sink.message(batch, m)
      }
      if (from.next === count) break
      const next = batch.at[order[from.next] as number] as number
      if (next >= rivalAt || next > limit) return
    }
    this.#pending = this.#pending.filter((p) => p !== from)
    this.#free.push(order)
    this.#give(batch)
  }

  #reach(at: Instant): void {
    if (at <= this.now) return
    if (this.now === Number.NEGATIVE_INFINITY) this.first = at
    this.#ticks(at)
    this.#come(at)
    this.#now[0] = at
  }

  /** What was foreseen until `at`. */
  #come(at: Instant): void {
    for (let next = this.#foreseen.first(); next && next.at <= at; next = this.#foreseen.first()) {
      this.#foreseen.shift()
      if (next.at > this.now) this.#now[0] = next.at
      this.#sink.fact(next)
    }
  }

  #ticks(at: Instant): void {
    const { tick } = this.#settings
    if (this.#nextTick === null) {
      if (at === Number.POSITIVE_INFINITY || at < 0) return
      this.#nextTick = (Math.floor(at / tick) + 1) * tick
      return
    }
    const silence = this.#nextTick + LONGEST_SILENCE
    while (this.#nextTick <= at) {
      const now: Instant = this.#nextTick
      if (now > silence && at - now > tick) {
        this.#nextTick = Math.floor(at / tick) * tick
        continue
      }
      this.#come(now)
      this.#now[0] = now
      this.#sink.fact({ kind: 'tick', at: now })
      this.#nextTick = now + tick
    }
  }
}

function leaps(last: Instant, at: Instant): boolean {
  return last !== Number.NEGATIVE_INFINITY && Math.abs(at - last) > LEAP
}

function believes(
  { last, fresh }: Stream,
  at: Instant,
  next: Instant | undefined,
  third: Instant | undefined,
): boolean {
  if (last === Number.NEGATIVE_INFINITY) {
    // Streams go forward: when the second stamp lies far back, one of the two is damaged.
    if (next === undefined || next >= at - LEAP) return true
    return third !== undefined && Math.abs(third - at) < Math.abs(third - next)
  }
  if (!leaps(last, at)) return true
  if (next !== undefined) return Math.abs(next - at) < Math.abs(next - last)
  // With nothing behind it, it can do no harm as long as it is not the stamp of another age.
  return fresh || (at > last && at - last <= LONGEST_SILENCE)
}
