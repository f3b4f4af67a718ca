// What a detector may read, and what it is told. The table implements View; detectors implement
// Detector. Prefixes, paths, vantage points and origins are small integers here: text is made only
// when somebody is going to read it.

import type { Asn } from './asn.ts'
import type { PrefixWords } from './context.ts'
import type { Fact } from './fact.ts'
import type { Baseline, Signal, Vantage } from './incident.ts'
import type { Afi } from './prefix.ts'
import type { Instant } from './time.ts'
import type { VantagePoint } from './vantage.ts'

/** How well a prefix is seen, relative to who carried it before (detection.md §5.4). */
export const Seen = {
  /** No reference yet: new, or never seen standing still. */
  new: 0,
  up: 1,
  degraded: 2,
  lost: 3,
  down: 4,
} as const

/** Who wants to hear of the routes on a path: bits, one a detector that has `route`. */
export const Watcher = { link: 16, origin: 32, way: 64 } as const

export const PeerState = { unknown: 0, transfer: 1, active: 2, quarantined: 3, down: 4 } as const

/** Path id of a route whose path we do not know (implied by a later withdrawal). */
export const UNKNOWN_PATH = 1

/** The element that is being applied while a detector is called; one object, reused. */
export interface Cause {
  at: Instant
  vantage: number
  prefix: number
  /** Path ids; 0 = no route. */
  before: number
  after: number
  file: number
  offset: number
  /** Only-to-Customer of the message (RFC 9234) as int32; 0 = none. */
  otc?: number
}

export interface View {
  readonly cause: Readonly<Cause>
  readonly baseline: Baseline
  /** False when every origin is watched. */
  readonly narrow: boolean
  watches(asn: Asn): boolean

  // prefixes
  readonly prefixes: number
  /** How many of a family anybody ordinarily carries; counted when asked. */
  carried(afi: Afi): number
  afi(prefix: number): Afi
  length(prefix: number): number
  prefixText(prefix: number): string
  seen(prefix: number): number
  /** Vantage points that vote and hold it now, one a network; that are its reference. */
  visible(prefix: number): number
  reference(prefix: number): number
  /** Whether anybody who votes could carry its traffic now: seen well, or new and held by most. */
  reachable(prefix: number): boolean
  /** Beginning of the present run of losses; 0 when none. */
  lossStart(prefix: number): Instant
  lastLoss(prefix: number): Instant
  origin(prefix: number): Asn
  /** Nearest less specific of the same origin, whatever its state; -1 when there is none. */
  parentOf(prefix: number): number
  prefixesOf(origin: Asn): readonly number[]
  words(prefix: number): PrefixWords
  /** Nearest less specific that somebody carries, or ordinarily does, of any origin; -1 = none. */
  coverOf(prefix: number): number
  /** All more-specifics up to /24 and /48 that somebody ordinarily carries, in no order; not for free. */
  inside(prefix: number): number[]
  /** Whether the starting table had it from this origin as well: more than one is then ordinary. */
  hadOrigin(prefix: number, origin: Asn): boolean
  /** From now on `followed` is called for every route of this prefix that changes. */
  follow(prefix: number, is: boolean): void
  /** First unit of its address space (see core/prefix.ts, `space`), counted from the lowest address. */
  firstUnit(prefix: number): number
  /**
   * Vantage points (ids) that are reference for one of `prefixes` and do not hold it now; of one
   * family, and each `step`th is asked.
   */
  lostAt(prefixes: readonly number[], step?: number): number[]
  /** What those who vote hold of it now: vantage point, path. */
  eachRoute(prefix: number, visit: (vantage: number, path: number) => void): void

  // paths
  /** ASNs nearest the collector first, prepends folded, cut at the first AS_SET; good until the next call. */
  hops(path: number): ArrayLike<Asn>
  pathText(path: number): string
  pathOrigin(path: number): Asn
  /** From now on `route` of this Watcher is called for routes that take up or leave this path. */
  mark(path: number, watcher: number): void
  /** Takes a mark back: the path is new again, to all detectors, when it is met next. */
  forget(path: number, watcher: number): void
  /** Whether routes on this path are part of a leak: its withdrawals are clean-up, not losses. */
  leaked(path: number, is: boolean): void

  /** Name of an input file or feed, by the number that batches carry. */
  fileName(file: number): string

  // vantage points
  vantagePoint(id: number): VantagePoint
  /** The path by which it holds a prefix; 0 = none. */
  pathAt(vantage: number, prefix: number): number
  readonly vantagePoints: number
  /** Its whole table was known before this: a route it did not have is then a new one. */
  known(id: number): boolean
  peerState(id: number): number
  /** Elements it has announced or withdrawn since the start, repeats among them. */
  spoken(id: number): number
  /** Whether it votes on visibility in this family: active, full-feed relative to the others, and the one of its network. */
  votes(id: number, afi: Afi): boolean
  voters(afi: Afi): number
  readonly collectors: number
  /** Networks of which a vantage point has said anything at all, if only that it lives. */
  readonly heard: number
  vantage(): Vantage
  /** Of those heard through this feed: of how many something was missed that may still be read elsewhere. */
  holes(source: number): number
}

/** One file in `detect/` per kind of trouble; everything but `name` and `tick` is optional. */
export interface Detector {
  readonly name: string
  /** Things it had no room for, when it keeps any. */
  readonly dropped?: number
  /** The bit of Watcher under which it marks paths; needed where there is `route`. */
  readonly watcher?: number
  /** A path nobody had before. Called once a unique path, so judgements are made once. */
  newPath?(path: number): void
  /** The path is part of the starting table, or was held long enough to be ordinary. */
  learnPath?(path: number): void
  /** Whether `prefix` is also called between up and degraded: nine of ten changes, and nothing is lost. */
  readonly wanders?: boolean
  /** A prefix changed between the states of Seen; `view.cause` is the element that did it. */
  prefix?(prefix: number, before: number, after: number): void
  /** A prefix that nobody ordinarily carries became reachable, or ceases to be. */
  carried?(prefix: number): void
  /** A prefix has another origin; 0 = none. */
  origin?(prefix: number, before: Asn, after: Asn): void
  /** A route of this prefix has another origin than the prefix has; `view.cause` has it all. */
  foreign?(prefix: number, origin: Asn): void
  /** A route of a prefix that somebody follows changed; `view.cause` has it all. */
  followed?(): void
  /** A route took up or left a path it has marked; `view.cause` has it all. */
  route?(): void
  /** Paths it may ask about later, or wants to know again: their numbers stay theirs. */
  heldPaths?(): Iterable<number>
  peer?(vantage: number, before: number, after: number, at: Instant): void
  fact?(fact: Fact): void
  /** What it has to say at this tick; the order of signals must not depend on order of arrival. */
  tick(at: Instant): Signal[]
}
