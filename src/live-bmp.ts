// The operator's own routers over BMP, into the corridor. A connection that is lost is a gap of that router,
// never an outage; sight of it is back once it has told its table again.

import { hours, type Instant, type Span, seconds } from './core/time.ts'
import { ROUTER } from './core/vantage.ts'
import { openBmp } from './feeds/bmp.ts'
import type { BmpConnection, BmpSettings } from './feeds/bmp-settings.ts'
import { BmpRouterFeed, type OwnUpdates } from './live-bmp-router.ts'
import type { Dropped, LiveSource, LiveStream, OpenSource } from './live-source.ts'

/** How often it is looked whether tables are told, and reading goes on, in milliseconds. */
const BEAT = 100
/** As often as a scrape. */
const TELL_EVERY: Span = seconds(15)
/** Who has not come back for so long was taken away. */
const MISSED_FOR: Span = hours(24)
/** Names that are remembered. */
const MOST_NAMES = 256

interface Known {
  feed: BmpRouterFeed | null
  /** Not heard, or its table has not been told again. */
  isDark: boolean
  since: Instant
}

export interface BmpOptions {
  /** Who wants the UPDATEs whole; is given the stream, to tell what follows from them. */
  readonly updates?: (stream: LiveStream) => OwnUpdates
}

export const bmp =
  (settings: BmpSettings, options: BmpOptions = {}): OpenSource =>
  (stream) =>
    new Bmp(settings, options, stream)

const now = (): Instant => Date.now() * 1e3

class Bmp implements LiveSource {
  readonly #settings: BmpSettings
  readonly #stream: LiveStream
  readonly #updates: OwnUpdates | null
  readonly #feeds = new Map<number, BmpRouterFeed>()
  readonly #known = new Map<string, Known>()
  readonly #listener: ReturnType<typeof openBmp>
  readonly #timer: NodeJS.Timeout
  readonly #waiting = new Set<BmpRouterFeed>()
  #fault: string | null = null
  #listens = true
  #messages = 0
  #octets = 0
  #newest: Instant | null = null
  #replaced = 0
  /** Of views that are another look at a session, messages passed over. */
  #passed = 0
  #allowance: number
  #toldAt: Instant = 0

  constructor(settings: BmpSettings, { updates }: BmpOptions, stream: LiveStream) {
    this.#settings = settings
    this.#stream = stream
    this.#updates = updates?.(stream) ?? null
    this.#allowance = this.#share
    this.#listener = openBmp(settings, {
      opened: (connection) => this.#opened(connection),
      octets: (connection, chunk) => this.#octetsOf(connection, chunk),
      closed: (connection, why) => this.#closed(connection, why),
      refused: (why) => stream.dropped(why),
      fault: (why) => {
        this.#listens = why === null
        if (why !== null) this.#fault = why
      },
      log: (level, text) => stream.log(level, text),
    })
    this.#timer = setInterval(() => this.#beat(), BEAT)
  }

  status() {
    const live = [...this.#known.values()]
    const dropped: Dropped[] = [
      { reason: 'replaced', count: this.#replaced },
      { reason: 'other-view', count: this.#passed + this.#count(({ passed }) => passed) },
    ]
    return {
      sees: this.#listens && live.some(({ feed }) => feed) && !live.some(({ isDark }) => isDark),
      lastFault: this.#fault,
      messages: this.#messages + this.#count(({ messages }) => messages),
      octets: this.#octets,
      newest: this.#newest,
      dropped,
    }
  }

  /** Where it listens; null while it does not. */
  get listening(): { readonly host: string; readonly port: number } | null {
    return this.#listener.status().listening
  }

  received(router: string, peer: string): number | null {
    return this.#known.get(router)?.feed?.sessions.get(peer)?.received ?? null
  }

  own(prefixes: readonly string[]): void {
    this.#updates?.own?.(prefixes, now())
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#listener.close()
  }

  #count(of: (feed: BmpRouterFeed) => number): number {
    let sum = 0
    for (const feed of this.#feeds.values()) sum += of(feed)
    return sum
  }

  get #share(): number {
    return Math.ceil((this.#settings.mostPerSecond * BEAT) / 1_000)
  }

  #opened(connection: BmpConnection): void {
    const feed = new BmpRouterFeed(
      connection,
      this.#stream,
      this.#settings,
      this.#updates,
      (one, wanted) => this.#name(one, wanted),
    )
    this.#feeds.set(connection.id, feed)
  }

  #octetsOf({ id }: BmpConnection, chunk: Buffer): void {
    const feed = this.#feeds.get(id)
    this.#octets += chunk.length
    feed?.push(chunk)
    if (feed) this.#read(feed)
  }

  /** Who sends more than we may read waits for the next beat, and its TCP window closes. */
  #read(feed: BmpRouterFeed): void {
    this.#allowance -= feed.read(this.#allowance)
    if (feed.newest !== null && feed.newest > (this.#newest ?? 0)) this.#newest = feed.newest
    if (this.#allowance > 0) return
    feed.connection.pause()
    this.#waiting.add(feed)
  }

  #beat(): void {
    this.#allowance = this.#share
    for (const feed of [...this.#waiting]) {
      if (this.#allowance <= 0) break
      this.#waiting.delete(feed)
      this.#read(feed)
      if (!this.#waiting.has(feed)) feed.connection.resume()
    }
    const at = now()
    const tells = at - this.#toldAt >= TELL_EVERY
    if (tells) this.#toldAt = at
    for (const [name, known] of this.#known) {
      const { feed } = known
      if (!feed && at - known.since > MISSED_FOR) this.#known.delete(name)
      if (known.isDark && feed?.hasTold(at)) {
        known.isDark = false
        this.#stream.sight(ROUTER + name)
        this.#stream.log('info', `BMP: router ${name} is heard again, and has told its table`)
      }
      if (tells) feed?.tell(at)
    }
  }

  /** Under which name a connection goes, null when there are too many; of two of one router the newer counts. */
  #name(feed: BmpRouterFeed, wanted: string): string | null {
    const { address } = feed.connection
    const other = this.#known.get(wanted)?.feed
    const isOther = other && other.connection.address !== address
    const name = isOther ? `${wanted}@${address}` : wanted
    const known = this.#known.get(name) ?? { feed: null, isDark: false, since: now() }
    if (!this.#known.has(name) && this.#known.size >= MOST_NAMES) {
      this.#stream.dropped('routers')
      feed.connection.end('there are too many routers')
      return null
    }
    const older = known.feed
    this.#known.set(name, known)
    known.feed = feed
    if (older) {
      this.#replaced++
      this.#darken(name, known, older, 'another connection of it took its place')
      older.connection.end('another connection of it took its place')
    }
    this.#stream.log('info', `BMP: router ${name} is connected from ${address}`)
    return name
  }

  #closed({ id }: BmpConnection, why: string): void {
    const feed = this.#feeds.get(id)
    this.#feeds.delete(id)
    if (!feed) return
    this.#waiting.delete(feed)
    this.#messages += feed.messages
    this.#passed += feed.passed
    const { name } = feed
    const known = name === null ? undefined : this.#known.get(name)
    if (name === null || known?.feed !== feed) return
    known.feed = null
    this.#darken(name, known, feed, why)
  }

  #darken(name: string, known: Known, feed: BmpRouterFeed, why: string): void {
    known.since = now()
    this.#fault = `router ${name}: ${why}`
    feed.lost(known.since)
    this.#stream.log('warn', `BMP: router ${name} is not heard any more: ${why}`)
    // One that is dark already has not told its table since: it is the same blindness.
    if (known.isDark) return
    known.isDark = true
    this.#stream.gap(`router ${name}: ${why}`, ROUTER + name)
  }
}
