// What can be set about caches of VRPs asked over RTR (RFC 8210).

import { minutes, type Span, seconds } from '../core/time.ts'

export interface RtrTls {
  /** Certificates of who is trusted, PEM; those of the system where there are none. */
  readonly ca?: string
  /** Our own certificate and its key, PEM. */
  readonly cert?: string
  readonly key?: string
}

export interface RtrSettings {
  readonly host: string
  readonly port: number
  /** Null = not encrypted. */
  readonly tls: RtrTls | null
  /** Tried first; from there it goes down to what the cache speaks. */
  readonly version: 0 | 1 | 2
  /** Asked at least so often, whatever the cache says of that. */
  readonly refresh: Span
  /** Bounds of the wait before another connection. */
  readonly retryStart: Span
  readonly retryMost: Span
  /** So long a connection may take to be made, or an answer to come. */
  readonly patience: Span
  /** Too old to be used after so long without an answer; null = as the cache says (RFC 8210 §6). */
  readonly expire: Span | null
}

export const rtrDefaults: RtrSettings = {
  host: '127.0.0.1',
  // 323 is the port of the RFC; those who must not be root listen here (StayRTR, Cloudflare).
  port: 8282,
  tls: null,
  version: 2,
  // Caches notify at once; this is for those that do not.
  refresh: minutes(10),
  retryStart: seconds(1),
  retryMost: minutes(2),
  // All VRPs there are come in a second or two from a cache nearby.
  patience: seconds(60),
  expire: null,
}

/** As `host:port`, for people. */
export const rtrName = ({ host, port }: Pick<RtrSettings, 'host' | 'port'>): string =>
  `rtr ${host.includes(':') ? `[${host}]` : host}:${port}`
