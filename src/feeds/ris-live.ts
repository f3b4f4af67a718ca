// RIS Live over a WebSocket, for ever: connects, subscribes, hands frames up as text, and says when
// it sees and when it does not. Nothing is replayed by the service, so every interruption is a gap,
// and a connection that is up but brings nothing, or only old news, is one too.
//
// Nothing is queued here: frames are handed up as the socket is read, and it is read no faster than they
// are taken. When that is too slow the service's queue fills, and it cuts us off (research/protocols.md
// §1.5): a gap with that reason.

import type { Instant, Span } from '../core/time.ts'
import { CollectorSight } from './collector-sight.ts'
import { Liveness } from './liveness.ts'
import { adviceFor, Retry } from './retry.ts'
import { Complaints, readControl } from './ris-live-control.ts'
import {
  addressOf,
  type RisLive,
  type RisLiveHandlers,
  type RisLiveSettings,
  type RisLiveStatus,
  risLiveDefaults,
} from './ris-live-settings.ts'
import { RisLiveWants } from './ris-live-wants.ts'
import { Socket } from './socket.ts'

/** A connection that lasted so long was sound: after it, waits are short again. */
const SOUND: Span = 10_000_000
/** Between looks at the state of the connection, at most, in milliseconds. */
const WATCH = 1_000

/** Throws when `url` is no WebSocket address; whatever happens later is told through `handlers`. */
export function openRisLive(
  settings: Partial<RisLiveSettings>,
  handlers: RisLiveHandlers,
): RisLive {
  return new Client({ ...risLiveDefaults, ...settings }, handlers)
}

/** A clock that only moves forward, in microseconds. */
const uptime = (): number => performance.now() * 1_000

class Client implements RisLive {
  readonly #settings: RisLiveSettings
  readonly #handlers: RisLiveHandlers
  readonly #wants: RisLiveWants
  readonly #retry: Retry
  readonly #liveness: Liveness
  readonly #collectors: CollectorSight
  readonly #url: URL
  #socket: Socket | null = null
  #state: RisLiveStatus['state'] = 'connecting'
  #sees: boolean | null = null
  /** After a silence an acknowledgement proves nothing: only a message that was understood does. */
  #doubt = false
  #openedAt: number | null = null
  #pingedAt = 0
  #queue: string[] = []
  #counts = { frames: 0, octets: 0, errors: 0, connections: 0, failures: 0, slow: 0 }
  /** The frame in hand was understood; when it came. */
  #understood = false
  #frameAt = 0
  readonly #complaints: Complaints
  #signs = 0
  #sent = 0
  #acknowledged = 0
  #refused = 0
  /** What the server said last before it closed, and whether it was that we are slow. */
  #complaint: string | null = null
  #tooSlow = false
  #lastFault: string | null = null
  readonly #watchTimer: NodeJS.Timeout
  #retryTimer: NodeJS.Timeout | undefined
  #paceTimer: NodeJS.Timeout | undefined

  constructor(settings: RisLiveSettings, handlers: RisLiveHandlers) {
    this.#settings = settings
    this.#handlers = handlers
    this.#url = addressOf(settings)
    // Of the past there are no appointments to be kept.
    const canaries = settings.staleAfter === null ? [] : settings.canaries
    this.#wants = new RisLiveWants({ ...settings, canaries })
    this.#collectors = new CollectorSight(handlers, settings.collectors)
    this.#complaints = new Complaints((text) => handlers.log('error', text))
    this.#liveness = new Liveness(settings)
    this.#retry = new Retry({ start: settings.retryStart, most: settings.retryMost })
    const { pingEvery, deadAfter, silentAfter, stalePatience, collectors } = settings
    const shortest = Math.min(
      ...[pingEvery, deadAfter, silentAfter ?? deadAfter, stalePatience, collectors.least],
    )
    this.#watchTimer = setInterval(() => this.#watch(), Math.min(WATCH, shortest / 4_000))
    this.#reportPrefixes()
    this.#connect()
  }

  subscribe(prefixes: readonly string[]): void {
    const messages = this.#wants.add(prefixes)
    this.#reportPrefixes()
    if (this.#openedAt === null) return
    this.#queue.push(...messages)
    if (this.#paceTimer === undefined) this.#pump()
  }

  seen(at: Instant, collector?: string): void {
    // What was kept from before a gap says nothing about the connection of now.
    if (this.#openedAt === null) return
    this.#liveness.seen(at)
    this.#understood = true
    // The clock was read for the frame; to read it for every message of a flood costs more than it tells.
    if (collector !== undefined && this.#judges) this.#collectors.heard(collector, this.#frameAt)
  }

  status(): RisLiveStatus {
    return {
      state: this.#state,
      sees: this.#sees === true,
      url: this.#url.href,
      ...this.#counts,
      stalled: this.#collectors.stalled,
      collectorsDropped: this.#collectors.dropped,
      attempt: this.#retry.attempt,
      lastFault: this.#lastFault,
      sent: this.#sent,
      acknowledged: this.#acknowledged,
      refused: this.#refused,
      queued: this.#queue.length,
      prefixes: this.#wants.prefixes,
      prefixesDropped: this.#wants.dropped,
      prefixesInvalid: this.#wants.invalid,
      newest: this.#liveness.newest,
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#watchTimer)
    clearTimeout(this.#retryTimer)
    const socket = this.#forget()
    this.#state = 'closed'
    await socket?.close()
  }

  #connect(): void {
    this.#state = 'connecting'
    const { client, maxFrame } = this.#settings
    const settings = { url: this.#url, userAgent: client, maxFrame }
    this.#socket = new Socket(settings, {
      opened: () => this.#opened(),
      message: (octets) => this.#message(octets),
      pong: () => this.#signs++,
      closed: (code, fault) => {
        const slow = this.#tooSlow ? 'cut off as too slow' : `closed (${code})`
        const what = this.#openedAt === null ? 'unreachable' : slow
        const more = fault ?? this.#complaint
        this.#lost(more === null ? what : `${what}: ${more}`)
      },
    })
  }

  #opened(): void {
    const now = uptime()
    this.#openedAt = this.#pingedAt = now
    this.#liveness.opened(now)
    this.#counts.connections++
    this.#state = 'subscribing'
    this.#sent = this.#acknowledged = this.#refused = 0
    this.#queue = this.#wants.all()
    this.#pump()
  }

  /** Sends the next subscription, and itself again until there is none. */
  #pump(): void {
    this.#paceTimer = undefined
    const next = this.#queue.shift()
    if (next === undefined) {
      this.#state = 'open'
      this.#perhapsSight(false)
      return
    }
    this.#socket?.send(next)
    this.#sent++
    this.#paceTimer = setTimeout(() => this.#pump(), this.#settings.pace / 1_000)
  }

  #message(octets: Buffer): void {
    this.#signs++
    this.#counts.octets += octets.length
    const control = readControl(octets)
    if (control.kind === 'content') {
      this.#counts.frames++
      this.#understood = false
      this.#frameAt = uptime()
      this.#handlers.frame(octets)
      // Not from inside of `seen`: whoever reads a frame is in the middle of it.
      if (this.#understood && this.#sees !== true) this.#perhapsSight(true)
    } else if (control.kind === 'acknowledged') {
      this.#acknowledged++
      this.#perhapsSight(false)
    } else if (control.kind === 'error') {
      this.#counts.errors++
      if (control.refused) this.#refused++
      this.#complaint = control.message
      this.#tooSlow = /slow/i.test(control.message)
      this.#complaints.add(control.message, uptime())
    }
  }

  /** We see when all is asked for, and either all of it is acknowledged or something is told. */
  #perhapsSight(told: boolean): void {
    if (told) this.#doubt = false
    if (this.#sees === true || this.#state !== 'open') return
    if (!told && (this.#doubt || this.#acknowledged < this.#sent)) return
    this.#sees = true
    this.#handlers.log('info', `RIS Live: connected, ${this.#sent} subscriptions`)
    this.#handlers.sight()
  }

  #watch(): void {
    const now = uptime()
    this.#complaints.tell(now)
    if (this.#openedAt === null) return
    if (this.#state === 'subscribing') this.#liveness.asking(now)
    const verdict = this.#liveness.check(now, Date.now() * 1_000, this.#signs)
    if (verdict === 'alive') {
      if (this.#sees === true && this.#judges) this.#collectors.check(now)
      if (now - this.#pingedAt < this.#settings.pingEvery) return
      this.#pingedAt = now
      this.#socket?.ping()
      return
    }
    if (verdict === 'silent') this.#doubt = true
    const socket = this.#socket
    this.#lost(verdict === 'dead' ? 'no answer' : verdict)
    socket?.drop()
  }

  /** The connection is no more, or never was: says so, and sets out for the next. */
  #lost(why: string): void {
    const opened = this.#openedAt
    if (opened !== null && uptime() - opened >= SOUND) this.#retry.succeeded()
    if (this.#tooSlow) this.#counts.slow++
    this.#forget()
    this.#state = 'waiting'
    this.#counts.failures++
    this.#lastFault = why
    const first = this.#retry.attempt === 0
    const wait = this.#retry.next()
    this.#retryTimer = setTimeout(() => this.#connect(), wait / 1_000)
    const again = `again in ${(wait / 1e6).toFixed(1)} s (attempt ${this.#retry.attempt})`
    const text = `RIS Live at ${this.#url.host}: ${why}; ${adviceFor(why)}; ${again}`
    this.#handlers.log(first && opened === null ? 'error' : 'warn', text)
    this.#collectors.lost()
    if (this.#sees === false) return
    this.#sees = false
    this.#handlers.gap(why)
  }

  /** Whether collectors are held against each other: when the past is played, time passes at another pace. */
  get #judges(): boolean {
    return this.#settings.staleAfter !== null
  }

  /** Lets go of the socket; what it was, for who wants to end it. */
  #forget(): Socket | null {
    const socket = this.#socket
    this.#socket = null
    this.#openedAt = null
    this.#complaint = null
    this.#tooSlow = false
    this.#queue = []
    clearTimeout(this.#paceTimer)
    this.#paceTimer = undefined
    return socket
  }

  #reportPrefixes(): void {
    for (const text of this.#wants.remarks()) this.#handlers.log('warn', `RIS Live: ${text}`)
  }
}
