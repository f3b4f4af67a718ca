// What can be set about the listener for BMP, and what it tells. The station never writes: all that it can
// do about a router it does not like is to hang up (RFC 7854 §3.2).

import { hours, minutes, type Span, seconds } from '../core/time.ts'

export interface BmpRouter {
  /** From which it connects. */
  readonly address: string
  readonly name: string
  /** Point of presence; '' = not told. */
  readonly pop: string
}

export interface BmpSettings {
  /** Port 0 is any that is free. */
  readonly host: string
  readonly port: number
  /** Prefixes and addresses that may connect. */
  readonly allow: readonly string[]
  readonly routers: readonly BmpRouter[]
  readonly mostConnections: number
  /** Connections accepted in a minute; a router that cannot stay connected must not keep us from others. */
  readonly mostPerMinute: number
  /** A connection that has said nothing by then is no router. */
  readonly firstWithin: Span
  /** Nothing for so long: it is hung up. */
  readonly silentAfter: Span
  readonly keepAlive: Span
  /** Messages read in a second, of all routers; beyond that they are made to wait. */
  readonly mostPerSecond: number
  /** Sessions of one router that are known by their reports. */
  readonly mostSessions: number
  /** A session without End-of-RIB (RFC 4724) has told its table when it has been quiet for so long. */
  readonly quiet: Span
  /** At the latest a table is told after so long. */
  readonly longestDump: Span
}

export const bmpDefaults: BmpSettings = {
  host: '127.0.0.1',
  // No port is assigned to BMP; 11019 is what most examples of vendors use.
  port: 11019,
  allow: ['127.0.0.0/8', '::1/128'],
  routers: [],
  mostConnections: 64,
  mostPerMinute: 240,
  firstWithin: seconds(30),
  // A calm router without statistics may be silent for hours; TCP keepalives find out whether it is there.
  silentAfter: hours(24),
  keepAlive: seconds(30),
  // A whole table, one prefix a message, in a minute; what waits for the clock is then 60 MB.
  mostPerSecond: 20_000,
  mostSessions: 4_096,
  quiet: seconds(10),
  longestDump: minutes(15),
}

/** One connection that was accepted. */
export interface BmpConnection {
  readonly id: number
  /** IPv4 in IPv6 as what it is. */
  readonly address: string
  /** The router is made to wait, until `resume`. */
  pause(): void
  resume(): void
  /** Hangs up; `closed` follows with that reason. */
  end(why: string): void
}

/** Why a connection was turned away. */
export type BmpRefusal = 'not-allowed' | 'too-many' | 'too-often'

export interface BmpHandlers {
  opened(connection: BmpConnection): void
  octets(connection: BmpConnection, chunk: Buffer): void
  closed(connection: BmpConnection, why: string): void
  refused(why: BmpRefusal, address: string): void
  /** Nobody can reach us, or they can again (null). */
  fault(why: string | null): void
  log(level: 'info' | 'warn' | 'error', text: string): void
}

export interface BmpStatus {
  /** Where it listens; null while it does not. */
  readonly listening: { readonly host: string; readonly port: number } | null
  readonly connections: number
  readonly refused: Readonly<Record<BmpRefusal, number>>
}

export interface BmpListener {
  status(): BmpStatus
  close(): Promise<void>
}
