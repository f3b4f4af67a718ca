// Flow records out of a topic, for ever. The broker is the queue: it holds what we are too slow for, and
// hands it on where we were after it, or we, had to begin anew. What has waited there too long is passed
// over and told as lost, because a flood of an hour ago must not look like one of now.

import type { Instant } from '../core/time.ts'
import { type FlowBatch, type FlowSource, kafkaSource } from './flow-source.ts'
import {
  type FlowFeed,
  type FlowFeedHandlers,
  type FlowFeedSettings,
  type FlowFeedStatus,
  flowFeedDefaults,
} from './flows-settings.ts'
import { causeText, kafkaAdvice } from './kafka-client.ts'
import { adviceFor, Retry } from './retry.ts'

/** Messages in a row before others get their turn: a few milliseconds. */
const TURN = 1_000
/** Partitions of whom it is known where they are; one more than anybody has is no reason to fail. */
const MOST_PARTITIONS = 4_096
/** A jump of one is the mark of a transaction. */
const MARK = 1

export function openFlowFeed(
  settings: Partial<FlowFeedSettings> & Pick<FlowFeedSettings, 'brokers' | 'topic'>,
  handlers: FlowFeedHandlers,
  open: (settings: FlowFeedSettings) => FlowSource = kafkaSource,
): FlowFeed {
  return new Feed({ ...flowFeedDefaults, ...settings }, handlers, open)
}

const wall = (): Instant => Date.now() * 1e3

class Feed implements FlowFeed {
  readonly #settings: FlowFeedSettings
  readonly #handlers: FlowFeedHandlers
  readonly #open: (settings: FlowFeedSettings) => FlowSource
  readonly #retry: Retry
  readonly #next = new Map<number, number>()
  #source: FlowSource | null = null
  #state: FlowFeedStatus['state'] = 'connecting'
  #sees: boolean | null = null
  #counts = { messages: 0, octets: 0, dropped: 0, missing: 0, connections: 0, failures: 0 }
  #lastFault: string | null = null
  #newest: Instant | null = null
  #joinedAt: Instant = 0
  #droppedTold = 0
  #timer: NodeJS.Timeout | undefined

  constructor(
    settings: FlowFeedSettings,
    handlers: FlowFeedHandlers,
    open: (settings: FlowFeedSettings) => FlowSource,
  ) {
    this.#settings = settings
    this.#handlers = handlers
    this.#open = open
    this.#retry = new Retry({ start: settings.retryStart, most: settings.retryMost })
    void this.#run()
  }

  status(): FlowFeedStatus {
    return {
      state: this.#state,
      sees: this.#sees === true,
      ...this.#counts,
      lastFault: this.#lastFault,
      newest: this.#newest,
    }
  }

  async close(): Promise<void> {
    this.#state = 'closed'
    clearTimeout(this.#timer)
    const source = this.#source
    this.#source = null
    await source?.close().catch(() => undefined)
  }

  /** One consumer's life; never rejects. */
  async #run(): Promise<void> {
    this.#state = 'connecting'
    let source: FlowSource | null = null
    try {
      source = this.#source = this.#open(this.#settings)
      await source.run(
        () => this.#joined(),
        (batch) => this.#take(batch),
      )
    } catch (error) {
      if (this.#isClosed()) return
      await source?.close().catch(() => undefined)
      this.#lost(causeText(error))
    }
  }

  #joined(): void {
    if (this.#isClosed()) return
    this.#state = 'open'
    this.#counts.connections++
    this.#joinedAt = wall()
    if (this.#sees === true) return
    this.#sees = true
    this.#handlers.log('info', `flows: hearing ${this.#settings.topic}`)
    this.#handlers.sight()
  }

  async #take(batch: FlowBatch): Promise<void> {
    this.#follow(batch)
    const { messages } = batch
    for (let from = 0; from < messages.length && !this.#isClosed(); from += TURN) {
      this.#some(messages.slice(from, from + TURN))
      await new Promise((resolve) => setImmediate(resolve))
    }
    // Only a consumer that gets something done is a sound one.
    this.#retry.succeeded()
  }

  #some(messages: FlowBatch['messages']): void {
    const oldest = wall() - this.#settings.mostLag
    let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    for (const { value, told } of messages) {
      // Partitions are caught up on one after the other: what has waited does not come in order.
      if (told < this.#joinedAt) {
        from = Math.min(from, told)
        to = Math.max(to, told, this.#joinedAt)
      }
      if (told < oldest) {
        this.#counts.dropped++
        from = Math.min(from, told)
        to = Math.max(to, told)
        continue
      }
      this.#counts.messages++
      this.#newest = Math.max(this.#newest ?? told, told)
      if (value === null) continue
      this.#counts.octets += value.length
      this.#handlers.message(value, told)
    }
    if (from <= to) this.#handlers.lost(from, to)
    this.#tellDropped()
  }

  /** Whether the broker still had what comes next. */
  #follow({ partition, first, next, messages }: FlowBatch): void {
    const expected = this.#next.get(partition)
    if (expected !== undefined || this.#next.size < MOST_PARTITIONS) this.#next.set(partition, next)
    if (expected === undefined || first <= expected + MARK) return
    this.#counts.missing += first - expected
    const [{ told } = { told: wall() }] = messages
    this.#handlers.lost(Math.min(this.#newest ?? told, told), told)
    this.#handlers.log('warn', 'flows: the broker no longer had all of it; let it keep more')
  }

  /** Once for each time that it grows tenfold. */
  #tellDropped(): void {
    const { dropped } = this.#counts
    if (dropped === 0 || dropped < 10 * this.#droppedTold) return
    this.#droppedTold = dropped
    const why = `${dropped} messages were too old when they came`
    this.#handlers.log(
      'warn',
      `flows: ${why}, and are passed over; this host or the broker is slow`,
    )
  }

  #lost(why: string): void {
    if (this.#isClosed()) return
    this.#state = 'waiting'
    this.#source = null
    this.#counts.failures++
    this.#lastFault = why
    const wait = this.#retry.next()
    this.#timer = setTimeout(() => void this.#run(), wait / 1e3)
    const again = `again in ${(wait / 1e6).toFixed(1)} s (attempt ${this.#retry.attempt})`
    const text = `flows at ${this.#settings.brokers[0]}: ${why}; ${kafkaAdvice(why) ?? adviceFor(why)}; ${again}`
    this.#handlers.log(this.#sees === null ? 'error' : 'warn', text)
    if (this.#sees === false) return
    this.#sees = false
    this.#handlers.gap(why)
  }

  #isClosed(): boolean {
    return this.#state === 'closed'
  }
}
