// Own routers and their sessions, as BMP tells of them (RFC 7854): evidence of what the network itself hears,
// never witnesses of how the world sees a prefix.

import type { Asn } from './asn.ts'
import type { Prefix } from './prefix.ts'
import type { Instant } from './time.ts'

/** One session of an own router with a neighbour, or its own choice of routes (Loc-RIB, RFC 9069). */
export interface RouterSession {
  /** Address of the neighbour; that of a Loc-RIB is all zero. */
  readonly peer: string
  readonly asn: Asn
  readonly isLocRib: boolean
  /** Null: nobody has said, as of a Loc-RIB that comes without Peer Up, or we have lost sight of the router. */
  readonly up: boolean | null
  /** Routes held now, one a prefix. */
  readonly routes: number
  /** Routes withdrawn, or lost with the session, since the start. */
  readonly lost: number
  /** When the present run of losses began; null: it has lost nothing yet. */
  readonly losingSince: Instant | null
  /** When a route was held again, last. */
  readonly regainedAt: Instant | null
}

export interface OwnRouter {
  readonly name: string
  /** Whose it is, by its own OPEN messages; 0: not known. */
  readonly asn: Asn
  /** We hear it. */
  readonly sees: boolean
  /** Times its table was told anew while we did not see what changed. */
  readonly resyncs: number
  /** Of all sessions with neighbours; of its Loc-RIB where it tells of nothing else. */
  readonly routes: number
  readonly sessions: readonly RouterSession[]
}

export interface OwnRoute {
  readonly router: string
  readonly peer: string
  readonly asn: Asn
  readonly prefix: string
  /** As text; `?` where it could not be read. */
  readonly path: string
}

export interface RoutersView {
  /** In order of name; the same objects until the next tick. */
  routers(): readonly OwnRouter[]
  /** What own routers hold for one prefix. */
  routesOf(prefix: Prefix): readonly OwnRoute[]
}
