// Asks a Prometheus, round after round, what is known of the network beside its routes. Only what was
// scraped since the last time becomes a sample, dated when it was scraped (prometheus-answer.ts). Nothing is
// made up: what does not answer is silent, and by silence its plane goes blind.

import { readFileSync } from 'node:fs'
import { Agent as PlainAgent } from 'node:http'
import { Agent as SecureAgent } from 'node:https'
import type { Instant } from '../core/time.ts'
import { type Answer, post, UnfitAnswer } from './http-post.ts'
import { noCounts, questionOf, readReply, samplesOf } from './prometheus-answer.ts'
import type {
  Prometheus,
  PrometheusDropped,
  PrometheusHandlers,
  PrometheusQuery,
  PrometheusSettings,
  PrometheusStatus,
  SecretPlace,
} from './prometheus-settings.ts'
import { adviceFor, faultText, Retry } from './retry.ts'
import { readSecret, without } from './secret.ts'

/** A round can go no further: the server cannot be asked. */
class Unanswered extends Error {}

/** One query and what became of it so far. */
class Asked {
  readonly query: PrometheusQuery
  readonly question: string
  scraped: ReadonlyMap<string, Instant> = new Map()
  samples = 0
  empty = 0
  newest: Instant | null = null
  fault: string | null = null
  /** What was complained about already: once is enough. */
  readonly told = new Set<string>()

  constructor(query: PrometheusQuery) {
    this.query = query
    this.question = questionOf(query)
  }
}

/** Throws when `url` is no address; whatever happens later is told through `handlers`. */
export function openPrometheus(
  settings: PrometheusSettings,
  handlers: PrometheusHandlers,
): Prometheus {
  return new Client(settings, handlers)
}

/** A clock that only moves forward, in microseconds. */
const uptime = (): number => performance.now() * 1_000

class Client implements Prometheus {
  readonly #settings: PrometheusSettings
  readonly #handlers: PrometheusHandlers
  readonly #base: URL
  readonly #url: URL
  readonly #retry: Retry
  readonly #asked: readonly Asked[]
  readonly #gone = new AbortController()
  #agent: PlainAgent | null = null
  #state: PrometheusStatus['state'] = 'connecting'
  #secrets: readonly string[] = []
  #timer: NodeJS.Timeout | undefined
  #round: Promise<void>
  #requests = 0
  /** In this round. */
  #answered = 0
  #failures = 0
  #refused = 0
  #malformed = 0
  #lastFault: string | null = null
  readonly #dropped = noCounts()

  constructor(settings: PrometheusSettings, handlers: PrometheusHandlers) {
    this.#settings = settings
    this.#handlers = handlers
    this.#base = addressOf(settings.url)
    this.#url = new URL('api/v1/query', this.#base)
    this.#asked = settings.queries.map((query) => new Asked(query))
    this.#retry = new Retry({ start: settings.retryStart, most: settings.retryMost })
    this.#round = this.#run()
  }

  async close(): Promise<void> {
    this.#state = 'closed'
    clearTimeout(this.#timer)
    this.#gone.abort()
    await this.#round
    this.#agent?.destroy()
  }

  status(): PrometheusStatus {
    const queries = this.#asked.map(({ query, samples, empty, newest, fault }) => {
      return { name: query.name, plane: query.plane, samples, empty, newest, fault }
    })
    const newest = Math.max(...queries.map((query) => query.newest ?? Number.NEGATIVE_INFINITY))
    return {
      state: this.#state,
      sees: this.#state === 'open',
      url: this.#base.href,
      requests: this.#requests,
      samples: queries.reduce((sum, { samples }) => sum + samples, 0),
      failures: this.#failures,
      attempt: this.#retry.attempt,
      lastFault: this.#lastFault,
      empty: queries.reduce((sum, { empty }) => sum + empty, 0),
      refused: this.#refused,
      malformed: this.#malformed,
      dropped: { ...this.#dropped },
      newest: Number.isFinite(newest) ? newest : null,
      queries,
    }
  }

  /** One round, and when it is over a timer for the next: never two of them at once. */
  async #run(): Promise<void> {
    const began = uptime()
    let wait = this.#settings.interval
    try {
      await this.#askAll()
      if (this.#closed) return
      if (this.#state !== 'open') this.#opened()
      this.#retry.succeeded()
      wait = Math.max(0, began + wait - uptime())
    } catch (error) {
      if (this.#closed) return
      wait = this.#failed(error instanceof Unanswered ? error.message : faultText(error))
    }
    this.#timer = setTimeout(() => {
      this.#round = this.#run()
    }, wait / 1_000)
  }

  get #closed(): boolean {
    return this.#state === 'closed'
  }

  /** All queries, `atOnce` of them at a time; throws as soon as one finds the server gone. */
  async #askAll(): Promise<void> {
    this.#answered = 0
    const headers = this.#authorization()
    const agent = this.#openAgent()
    const waiting = this.#asked.values()
    const round = new AbortController()
    const signal = AbortSignal.any([round.signal, this.#gone.signal])
    const work = async () => {
      for (const asked of waiting) {
        if (signal.aborted) return
        await this.#ask(asked, { headers, agent, signal })
      }
    }
    const workers = Array.from({ length: this.#settings.atOnce }, work)
    try {
      await Promise.all(workers)
    } finally {
      round.abort()
      await Promise.allSettled(workers)
    }
  }

  async #ask(
    asked: Asked,
    by: { headers: Record<string, string>; agent: PlainAgent; signal: AbortSignal },
  ): Promise<void> {
    const { timeout, mostOctets, mostSeries } = this.#settings
    this.#requests++
    const form = { query: asked.question }
    const answer = await post({ url: this.#url, form, timeout, mostOctets, ...by }).catch(
      (error: unknown) => this.#unfit(asked, error),
    )
    if (this.#closed || answer === null) return
    const reply = readReply(answer.body)
    if (reply.kind === 'foreign') throw new Unanswered(strange(answer))
    this.#answered++
    if (reply.kind === 'refused') {
      this.#refused++
      asked.fault = this.#harmless(reply.why)
      this.#once(asked, `is refused: ${asked.fault}`)
      return
    }
    asked.fault = null
    this.#malformed += reply.malformed
    if (reply.rows.length === 0) {
      asked.empty++
      this.#once(asked, 'returned nothing: no such series is scraped; what it tells of is not seen')
    }
    const known = { scraped: asked.scraped, mostSeries, now: Date.now() * 1_000 }
    const { samples, dropped, scraped } = samplesOf(asked.query, reply.rows, known)
    asked.scraped = scraped
    for (const [why, count] of Object.entries(dropped) as [keyof typeof dropped, number][]) {
      this.#dropped[why] += count
      if (count > 0) this.#once(asked, complaints[why](count, mostSeries))
    }
    for (const sample of samples) {
      asked.samples++
      if (asked.newest === null || sample.at > asked.newest) asked.newest = sample.at
      this.#handlers.sample(sample)
    }
  }

  /** One query may take too long or bring too much while others are answered: they go on without it. */
  #unfit(asked: Asked, error: unknown): null {
    if (!(error instanceof UnfitAnswer) || this.#answered === 0) throw error
    this.#refused++
    asked.fault = error.message
    this.#once(asked, `is given up: ${error.message}`)
    return null
  }

  /** Says it the first time; numbers in it do not make it another complaint. */
  #once(asked: Asked, complaint: string): void {
    const kind = complaint.replace(/\d+/g, '#')
    if (asked.told.has(kind) || asked.told.size >= MOST_COMPLAINTS) return
    asked.told.add(kind)
    this.#handlers.log('warn', `${this.#name}: ${asked.query.name} ${complaint}`)
  }

  #opened(): void {
    this.#state = 'open'
    const text = `${this.#name}: answers, ${this.#asked.length} queries`
    this.#handlers.log('info', text)
  }

  #failed(fault: string): number {
    const why = this.#harmless(fault)
    const first = this.#state === 'connecting'
    this.#state = 'waiting'
    this.#failures++
    this.#lastFault = why
    const { retryStart } = this.#settings
    // With jitter, but not at once: it has just failed.
    const wait = Math.max(retryStart / 2, this.#retry.next())
    const again = `again in ${(wait / 1e6).toFixed(1)} s (attempt ${this.#retry.attempt})`
    const text = `${this.#name}: ${why}; ${hintFor(why)}; ${again}`
    this.#handlers.log(first ? 'error' : 'warn', text)
    return wait
  }

  get #name(): string {
    return `Prometheus at ${this.#base.host}`
  }

  #authorization(): Record<string, string> {
    const { bearer, basic } = this.#settings
    if (bearer) {
      const token = this.#secret('bearer', bearer)
      this.#secrets = [token]
      return { authorization: `Bearer ${token}` }
    }
    if (!basic) return {}
    const password = this.#secret('basic.password', basic.password)
    const both = Buffer.from(`${basic.user}:${password}`).toString('base64')
    this.#secrets = [both, password]
    return { authorization: `Basic ${both}` }
  }

  #secret(setting: string, place: SecretPlace): string {
    const found = readSecret(place)
    if ('secret' in found) return found.secret
    throw new Unanswered(`${setting}: ${found.why}`)
  }

  #openAgent(): PlainAgent {
    if (this.#agent) return this.#agent
    const options = { keepAlive: true, maxSockets: this.#settings.atOnce }
    const { ca } = this.#settings
    this.#agent =
      this.#url.protocol === 'https:'
        ? new SecureAgent({ ...options, ...(ca !== null && { ca: readFileSync(ca) }) })
        : new PlainAgent(options)
    return this.#agent
  }

  /** What a server says, fit for a log: it may say back what it was told. */
  #harmless(text: string): string {
    return without(text, this.#secrets)
      .replace(/\p{Cc}+/gu, ' ')
      .slice(0, 300)
  }
}

/** Kinds of them for one query. */
const MOST_COMPLAINTS = 16

const complaints: Readonly<
  Record<keyof PrometheusDropped, (count: number, most: number) => string>
> = {
  surplus: (count, most) => `has ${count} series too many: ${most} are taken`,
  notFinite: (count) => `has ${count} values that are no numbers`,
  stale: (count) => `has ${count} values of what is not scraped any more: they are not taken`,
  future: (count) => `has ${count} values from the future: see the clock of Prometheus, and ours`,
  labels: (count) => `has ${count} series without a label that is needed, or with one too long`,
  ambiguous: (count) =>
    `has ${count} series that our labels do not tell apart: none is taken; aggregate them`,
}

/** What answers is no Prometheus, or does not let us in. */
function strange({ status }: Answer): string {
  if (status === 401 || status === 403) return `it does not let us in (HTTP ${status})`
  if (status >= 300 && status < 400) return `it sends us elsewhere (HTTP ${status})`
  // A Prometheus that reads its log at the start, or ends, answers in words; so does a proxy in front of it.
  if (isAway(status)) return `it is there and does not serve yet, or no more (HTTP ${status})`
  return `this is not the answer of a Prometheus (HTTP ${status})`
}

const isAway = (status: number): boolean => status >= 502 && status <= 504

function hintFor(fault: string): string {
  if (/HTTP 50[2-4]/.test(fault)) return 'it starts or ends: if that lasts, see its own log'
  if (/HTTP 40[13]/.test(fault)) return 'see bearer or basic'
  if (/HTTP 3/.test(fault)) return 'give the address it leads to as url'
  if (/HTTP/.test(fault)) return 'check the url, and the prefix it is served under'
  if (/secret|variable/.test(fault)) return 'see where it is kept'
  return adviceFor(fault)
}

/** Where its interface is; throws when it is no address, or when there is a password in it. */
function addressOf(text: string): URL {
  const url = new URL(text)
  if (!/^https?:$/.test(url.protocol)) throw new RangeError('not an http address')
  if (url.username || url.password) throw new RangeError('a password in the address: use basic')
  if (!url.pathname.endsWith('/')) url.pathname += '/'
  url.search = url.hash = ''
  return url
}
