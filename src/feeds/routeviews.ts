// RouteViews over Kafka: a topic for each peer of each collector. The broker is the queue, and our place in
// it is ours: each record is handed over once, whether the broker, the connection or we ourselves had to
// begin anew in between. What the broker does not keep any more, or what has waited too long, is a gap of
// its collector, because a table that misses messages must not be believed.

import { type Instant, minutes } from '../core/time.ts'
import { causeText, kafkaAdvice } from './kafka-client.ts'
import { type KafkaRecords, type KafkaSource, kafkaSource } from './kafka-source.ts'
import { adviceFor, Retry } from './retry.ts'
import {
  type RouteViewsFeed,
  type RouteViewsHandlers,
  type RouteViewsSettings,
  type RouteViewsStatus,
  routeViewsDefaults,
} from './routeviews-settings.ts'
import { TopicNames } from './routeviews-topics.ts'

/** Records in a row before others get their turn: a few milliseconds. */
const TURN = 500
/** Partitions that are read at most; RouteViews has some 1,500. Offsets count on it, see live-routeviews.ts. */
const MOST_PARTITIONS = 8_192
/** A jump of one is the mark of a transaction. */
const MARK = 1
/** Stamps of one partition go back by less. */
const CLOCKS = minutes(1)
/** `told` of a partition whose place is of the time before, and was not looked up at the broker yet. */
const RESTORED = -1
/** Topics whose ends are asked for at the same time. */
const AT_ONCE = 16
/** Milliseconds between two looks at who is silent. */
const LOOK = 2_000

interface Partition {
  readonly number: number
  readonly name: string
  readonly collector: string
  /** -1 = not known. */
  next: number
  /** When the broker had the last record that was taken. */
  told: Instant
}

export function openRouteViewsFeed(
  settings: Partial<RouteViewsSettings>,
  handlers: RouteViewsHandlers,
  open: (settings: RouteViewsSettings) => KafkaSource = kafkaSource,
): RouteViewsFeed {
  return new Feed({ ...routeViewsDefaults, ...settings }, handlers, open)
}

const wall = (): Instant => Date.now() * 1e3

class Feed implements RouteViewsFeed {
  readonly #settings: RouteViewsSettings
  readonly #handlers: RouteViewsHandlers
  readonly #open: (settings: RouteViewsSettings) => KafkaSource
  readonly #retry: Retry
  readonly #names: TopicNames
  readonly #partitions = new Map<string, Partition>()
  readonly #byNumber: Partition[] = []
  /** By collector: when it was last heard, and why it is not seen. */
  readonly #heard = new Map<string, Instant>()
  readonly #troubles = new Map<string, Set<string>>()
  #topics: ReadonlySet<string> = new Set()
  #source: KafkaSource | null = null
  #state: RouteViewsStatus['state'] = 'connecting'
  #sees: boolean | null = null
  #counts = { messages: 0, octets: 0, dropped: 0, missing: 0, connections: 0, failures: 0 }
  #lastFault: string | null = null
  #newest: Instant | null = null
  /** When anything was heard last, or could have been. */
  #lastHeard: Instant = 0
  /** Positions are known of the time before: what is not among them is new. */
  #resumes: boolean
  #isSwitching = false
  #timer: NodeJS.Timeout | undefined
  readonly #look: NodeJS.Timeout
  readonly #relist: NodeJS.Timeout

  constructor(
    settings: RouteViewsSettings,
    handlers: RouteViewsHandlers,
    open: (settings: RouteViewsSettings) => KafkaSource,
  ) {
    this.#settings = settings
    this.#handlers = handlers
    this.#open = open
    this.#names = new TopicNames(settings)
    this.#retry = new Retry({ start: settings.retryStart, most: settings.retryMost })
    this.#resumes = settings.positions !== null
    for (const [name, next] of Object.entries(settings.positions ?? {})) {
      const cut = name.lastIndexOf('/')
      const partition = this.#partition(name.slice(0, cut), Number(name.slice(cut + 1)))
      if (partition) Object.assign(partition, { next, told: RESTORED })
    }
    this.#look = setInterval(() => this.#lookAround(), LOOK)
    this.#relist = setInterval(() => void this.#listAgain(), settings.relist / 1e3)
    void this.#run()
  }

  status(): RouteViewsStatus {
    return {
      state: this.#state,
      sees: this.#sees === true && !this.#isClosed(),
      topics: this.#topics.size,
      ...this.#counts,
      lastFault: this.#lastFault,
      newest: this.#newest,
    }
  }

  positions(): Record<string, number> {
    return Object.fromEntries(this.partitions().map(({ name, next }) => [name, next]))
  }

  partitions(): readonly Partition[] {
    return this.#byNumber.filter(({ next }) => next >= 0)
  }

  async close(): Promise<void> {
    this.#state = 'closed'
    clearTimeout(this.#timer)
    clearInterval(this.#look)
    clearInterval(this.#relist)
    const source = this.#source
    this.#source = null
    await source?.close().catch(() => undefined)
  }

  /** One consumer's life after the other; never rejects. */
  async #run(): Promise<void> {
    do {
      this.#isSwitching = false
      let source: KafkaSource | null = null
      try {
        source = this.#source = this.#open(this.#settings)
        const topics = await this.#wanted(source)
        if (topics.length === 0) throw new Error(`no topic is named like ${this.#settings.topics}`)
        await this.#place(source, topics)
        if (this.#isClosed()) return
        this.#topics = new Set(topics)
        await source.run(topics, {
          where: (topic, partition) => {
            const next = this.#partitions.get(`${topic}/${partition}`)?.next ?? -1
            return next < 0 ? null : next
          },
          joined: () => this.#joined(),
          take: (records, alive) => this.#take(records, alive),
        })
      } catch (error) {
        if (this.#isClosed()) return
        await source?.close().catch(() => undefined)
        this.#lost(causeText(error))
        return
      }
    } while (this.#isSwitching && !this.#isClosed())
  }

  async #wanted(source: KafkaSource): Promise<string[]> {
    const all = await source.topics()
    const wanted = all.filter((topic) => this.#names.collectorOf(topic) !== null).sort()
    if (wanted.length <= MOST_PARTITIONS) return wanted
    this.#handlers.log('error', `routeviews: ${wanted.length} topics; ${MOST_PARTITIONS} are read`)
    this.#handlers.dropped('topics', wanted.length - MOST_PARTITIONS)
    return wanted.slice(0, MOST_PARTITIONS)
  }

  /** Where to begin with topics that were not read before: at their end at first, later with all of it. */
  async #place(source: KafkaSource, topics: readonly string[]): Promise<void> {
    // The broker of the time before may have begun anew since: then our place in it is none.
    const isRestored = (topic: string) => this.#partitions.get(`${topic}/0`)?.told === RESTORED
    const unread = topics.filter(
      (topic) =>
        isRestored(topic) ||
        ((this.#partitions.get(`${topic}/0`)?.next ?? -1) < 0 && !this.#topics.has(topic)),
    )
    for (let i = 0; i < unread.length; i += AT_ONCE) {
      const some = unread.slice(i, i + AT_ONCE)
      const found = await Promise.all(some.map((topic) => source.offsets(topic)))
      for (const [k, offsets] of found.entries())
        for (const { partition: number, low, high } of offsets) {
          const partition = this.#partition(some[k] as string, number)
          if (!partition) continue
          if (partition.next > high) this.#anew(partition, low)
          if (partition.next < 0) partition.next = this.#resumes ? low : high
          if (partition.told === RESTORED) partition.told = 0
        }
    }
    this.#resumes = true
  }

  /** Its topic was made anew while we were away: all that is there is new, and something before it is lost. */
  #anew(partition: Partition, next: number): void {
    const { name, collector } = partition
    this.#handlers.log('warn', `routeviews: ${name} ends before ${partition.next}; from ${next} on`)
    partition.next = next
    this.#trouble(collector, 'jump', 'its topic was made anew')
    this.#clear(collector, 'jump')
  }

  async #listAgain(): Promise<void> {
    const source = this.#source
    if (!source || this.#state !== 'open' || this.#isSwitching) return
    try {
      const topics = await this.#wanted(source)
      const added = topics.filter((topic) => !this.#topics.has(topic))
      if (added.length === 0 || this.#source !== source || this.#state !== 'open') return
      this.#handlers.log('info', `routeviews: ${added.length} new topics, such as ${added[0]}`)
      // Nobody looks away: what comes meanwhile waits at the broker.
      this.#isSwitching = true
      await source.close()
    } catch {
      // Whether the connection is lost is for the consumer to say; else there is a next time.
    }
  }

  #partition(topic: string, partition: number): Partition | null {
    const name = `${topic}/${partition}`
    const known = this.#partitions.get(name)
    if (known) return known
    const collector = this.#names.collectorOf(topic)
    if (collector === null || this.#byNumber.length >= MOST_PARTITIONS) return null
    const made = { number: this.#byNumber.length, name, collector, next: -1, told: 0 }
    this.#byNumber.push(made)
    this.#partitions.set(name, made)
    return made
  }

  #joined(): void {
    if (this.#isClosed()) return
    this.#state = 'open'
    this.#counts.connections++
    this.#lastHeard = wall()
    for (const collector of this.#heard.keys()) this.#heard.set(collector, this.#lastHeard)
    if (this.#sees === true) return
    this.#sees = true
    this.#handlers.log('info', `routeviews: hearing ${this.#topics.size} topics`)
    this.#handlers.sight()
  }

  async #take({ topic, partition, records }: KafkaRecords, alive: () => Promise<void>) {
    const from = this.#partition(topic, partition)
    if (!from) {
      this.#handlers.dropped('partitions', records.length)
      return
    }
    for (let i = 0; i < records.length && !this.#isClosed(); i += TURN) {
      this.#some(from, records.slice(i, i + TURN))
      await new Promise((resolve) => setImmediate(resolve))
      await alive()
    }
    // Only a consumer that gets something done is a sound one.
    this.#retry.succeeded()
  }

  #some(from: Partition, records: KafkaRecords['records']): void {
    const now = wall()
    const oldest = now - this.#settings.mostLag
    let tooOld = 0
    for (const { value, offset, told } of records) {
      if (this.#isClosed()) return
      if (from.next >= 0 && offset !== from.next && !this.#follow(from, offset, told)) continue
      from.next = offset + 1
      from.told = told
      if (told < oldest) {
        tooOld++
        continue
      }
      if (tooOld > 0) this.#tooOld(from, tooOld)
      tooOld = 0
      this.#clear(from.collector, `old ${from.name}`)
      this.#counts.messages++
      this.#newest = Math.max(this.#newest ?? told, told)
      if (value === null) continue
      this.#counts.octets += value.length
      const { collector, number } = from
      this.#handlers.message(value, { collector, partition: number, offset, told })
    }
    if (tooOld > 0) this.#tooOld(from, tooOld)
    this.#hear(from.collector, now)
  }

  #tooOld(from: Partition, count: number): void {
    this.#counts.dropped += count
    this.#handlers.dropped('too old', count)
    this.#trouble(from.collector, `old ${from.name}`, 'its messages were too old when they came')
  }

  /** A record that is not the next one. False when it was handed over before. */
  #follow(from: Partition, offset: number, told: Instant): boolean {
    // Records that are much newer than ours are of a topic that was made anew; others came again with a new
    // connection. Of two producers the later may be a little behind the earlier.
    const isNewer = told > from.told + (offset > 0 ? CLOCKS : 0)
    if (offset < from.next && (from.told <= 0 ? offset > 0 : !isNewer)) return false
    const isNext = offset > from.next && offset <= from.next + MARK
    if (isNext) return true
    if (offset > from.next) this.#counts.missing += offset - from.next
    this.#handlers.log('warn', `routeviews: ${from.name} goes on at ${offset}, not ${from.next}`)
    this.#trouble(from.collector, 'jump', 'the broker no longer had all of it')
    this.#clear(from.collector, 'jump')
    return true
  }

  #hear(collector: string, now: Instant): void {
    this.#lastHeard = now
    this.#heard.set(collector, now)
    this.#clear(collector, 'silent')
    if (this.#sees !== false || this.#state !== 'open') return
    this.#sees = true
    this.#handlers.log('info', 'routeviews: something is heard again')
    this.#handlers.sight()
  }

  #trouble(collector: string, key: string, why: string): void {
    const known = this.#troubles.get(collector)
    if (known) {
      known.add(key)
      return
    }
    this.#troubles.set(collector, new Set([key]))
    this.#handlers.gap(why, collector)
  }

  #clear(collector: string, key: string): void {
    const known = this.#troubles.get(collector)
    if (!known?.delete(key) || known.size > 0) return
    this.#troubles.delete(collector)
    this.#handlers.sight(collector)
  }

  #lookAround(): void {
    if (this.#state !== 'open' || this.#isSwitching) return
    const now = wall()
    const { silence, collectorSilence } = this.#settings
    if (now - this.#lastHeard > silence) {
      if (this.#sees !== true) return
      this.#sees = false
      this.#lastFault = `nothing was heard for ${Math.round(silence / 1e6)} s`
      this.#handlers.log('warn', `routeviews: ${this.#lastFault}`)
      this.#handlers.gap(this.#lastFault)
      return
    }
    for (const [collector, last] of this.#heard)
      if (now - last > collectorSilence)
        this.#trouble(collector, 'silent', 'it is silent, while others are heard')
  }

  #lost(why: string): void {
    this.#state = 'waiting'
    this.#source = null
    this.#counts.failures++
    this.#lastFault = why
    const wait = this.#retry.next()
    this.#timer = setTimeout(() => void this.#run(), wait / 1e3)
    const again = `again in ${(wait / 1e6).toFixed(1)} s (attempt ${this.#retry.attempt})`
    const text = `routeviews at ${this.#settings.brokers[0]}: ${why}; ${kafkaAdvice(why) ?? adviceFor(why)}; ${again}`
    this.#handlers.log(this.#sees === null ? 'error' : 'warn', text)
    if (this.#sees === false) return
    this.#sees = false
    this.#handlers.gap(why)
  }

  #isClosed(): boolean {
    return this.#state === 'closed'
  }
}
