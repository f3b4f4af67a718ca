// What can be set about the RIS Live client, and what it tells.

import { type Instant, milliseconds, type Span, seconds } from '../core/time.ts'
import { risBeacons } from './canary.ts'
import { type CollectorSightSettings, collectorSightDefaults } from './collector-sight.ts'
import type { RisLiveWantsSettings } from './ris-live-wants.ts'

export interface RisLiveSettings extends RisLiveWantsSettings {
  readonly url: string
  /** Who we are, for the people who run the service: name, version, and an ASN or a mail address. */
  readonly client: string
  /** `firehose` takes everything (of `hosts`, if any are named): 1,000 to 10,000 frames a second. */
  readonly mode: 'subscribe' | 'firehose'
  /** Collectors to hear, `rrc00`; none = all. Each multiplies the number of subscriptions. */
  readonly hosts: readonly string[]
  /** Whole BGP messages too: the only place of OTC, for half as many octets again. */
  readonly includeRaw: boolean
  /** Prefixes subscribed to; more are counted and left out. */
  readonly mostPrefixes: number
  /** Bounds of the wait before the first and any later attempt to reconnect. */
  readonly retryStart: Span
  readonly retryMost: Span
  /** Between two subscriptions. */
  readonly pace: Span
  readonly pingEvery: Span
  /** Neither frame nor pong for so long: the connection is dead. */
  readonly deadAfter: Span
  /** Pongs but no frames that can be read for so long: the feed is silent. Null: it may be. */
  readonly silentAfter: Span | null
  /** The newest event is that much older than the wall clock: stale. Null: we play history. */
  readonly staleAfter: Span | null
  /** So long it must be stale before we reconnect. */
  readonly stalePatience: Span
  /** When one collector has stalled while others speak; not judged when we play history. */
  readonly collectors: CollectorSightSettings
  /** Octets of the largest frame taken; a larger one closes the socket. */
  readonly maxFrame: number
}

export const risLiveDefaults: RisLiveSettings = {
  url: 'wss://ris-live.ripe.net/v1/ws/',
  client: 'faultline',
  mode: 'subscribe',
  asns: [],
  prefixes: [],
  hosts: [],
  includeRaw: false,
  canaries: risBeacons,
  // What other clients are known to ask of the service without trouble.
  mostPrefixes: 10_000,
  // A cut costs a quarter of a second on average; a dead server is asked once or twice a minute.
  retryStart: milliseconds(500),
  retryMost: seconds(60),
  // As other clients do it; faster is answered with an error.
  pace: milliseconds(200),
  // Three pings may be lost before the connection counts as dead.
  pingEvery: seconds(10),
  deadAfter: seconds(30),
  // KEEPALIVEs of some 1,500 peers come at 50 a second: silence is never chance. Noticed within 60 s.
  silentAfter: seconds(55),
  // The service delays by a few seconds; beyond three minutes a new connection often helps.
  staleAfter: seconds(180),
  stalePatience: seconds(60),
  collectors: collectorSightDefaults,
  // A BGP message of 65,535 octets with `raw` is 0.9 MB of text.
  maxFrame: 4 << 20,
}

export interface RisLiveHandlers {
  /** One text frame as it came: a `ris_message`, or one that could not be recognised. Synchronous. */
  frame(octets: Buffer): void
  /**
   * We see nothing from here on, and why; of one collector alone when it is named. Once, until `sight` of
   * the same, or of all.
   */
  gap(why: string, collector?: string): void
  /** We see again, or for the first time: all subscriptions stand. */
  sight(collector?: string): void
  log(level: 'info' | 'warn' | 'error', text: string): void
}

export interface RisLiveStatus {
  /** `waiting`: for the next attempt. `subscribing`: connected, but not all is asked for yet. */
  readonly state: 'connecting' | 'subscribing' | 'open' | 'waiting' | 'closed'
  /** Whether we see: the last call was `sight`, not `gap`. */
  readonly sees: boolean
  readonly url: string
  /** Since start: `ris_message` and unknown frames; octets of all; `ris_error`s. */
  readonly frames: number
  readonly octets: number
  readonly errors: number
  /** Sockets opened; sockets lost or attempts failed; failures since the last sound connection. */
  readonly connections: number
  readonly failures: number
  readonly attempt: number
  /** Times the service cut us off for being slow: nobody knows how much was lost each time. */
  readonly slow: number
  /** Collectors of whom nothing comes while others speak, and how many there are too many to be followed. */
  readonly stalled: readonly string[]
  readonly collectorsDropped: number
  /** Why sight was lost last; null if never. */
  readonly lastFault: string | null
  /** Of the present socket: subscriptions sent, acknowledged, refused, still to be sent. */
  readonly sent: number
  readonly acknowledged: number
  readonly refused: number
  readonly queued: number
  readonly prefixes: number
  /** Prefixes left out: beyond `mostPrefixes`, no prefix at all. */
  readonly prefixesDropped: number
  readonly prefixesInvalid: number
  /** Newest event time told by `seen`. */
  readonly newest: Instant | null
}

export interface RisLive {
  /** Closes the socket; no handler is called afterwards. */
  close(): Promise<void>
  /** More prefixes to hear, now and after each reconnection. */
  subscribe(prefixes: readonly string[]): void
  /**
   * Event time of each message, told by who decoded it: only by this do we know that we see. `collector`: who
   * told it, by any name that stays the same.
   */
  seen(at: Instant, collector?: string): void
  status(): RisLiveStatus
}

/** Where to connect to, with our name in it; throws when `url` is no WebSocket address. */
export function addressOf({ url, client }: RisLiveSettings): URL {
  const address = new URL(url)
  if (!/^wss?:$/.test(address.protocol)) throw new RangeError(`not a WebSocket address: ${url}`)
  if (!address.searchParams.has('client')) address.searchParams.set('client', client)
  address.hash = ''
  return address
}
