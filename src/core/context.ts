// What is known beforehand and not from routes: who may originate what (RPKI), who sells transit to
// whom, which networks are special. The room `context` implements it; detectors are handed it, and it
// changes under their hands when a dated side input comes by in the stream. Not knowing is an answer:
// nothing is ever taken from today for the past.

import type { Asn } from './asn.ts'
import type { Afi } from './prefix.ts'
import type { Instant } from './time.ts'

/**
 * Route origin validation (RFC 6811 §2), with invalid told apart by what does not match. `unknown`:
 * no VRPs are known for this date.
 */
export type Validity = 'valid' | 'invalid-asn' | 'invalid-length' | 'not-found' | 'unknown'

/** Of one network to another: it buys from it, sells to it, or exchanges customers' routes with it. */
export type Relation = 'customer' | 'provider' | 'peer' | 'sibling'

/** A prefix in words, as Prefixes and Batch hold it. */
export interface PrefixWords {
  readonly afi: Afi
  readonly word0: number
  readonly word1: number
  readonly word2: number
  readonly word3: number
  readonly length: number
}

/** Validated ROA payload: this AS may originate the prefix, and what is more specific up to a length. */
export interface Vrp {
  readonly asn: Asn
  readonly prefix: string
  readonly maxLength: number
  /** Trust anchor; '' when the file does not say. */
  readonly anchor: string
  /** When it ends unless it is renewed: the ROA, or what its validity hangs on; null when not known. */
  readonly expires: Instant | null
}

/** The VRPs in force: one dated file. */
export interface VrpSet {
  readonly name: string
  readonly date: Instant
  readonly count: number
  /** By trust anchor. */
  readonly anchors: ReadonlyMap<string, number>
  /** Least specific first. */
  covering(prefix: PrefixWords): readonly Vrp[]
}

export interface Context {
  /** Changes whenever any answer here may have changed. */
  readonly generation: number
  /** What `validity` answers from; absent when no VRPs are known. */
  readonly vrps?: VrpSet | undefined
  validity(prefix: PrefixWords, origin: Asn): Validity
  /**
   * ASPA verification of a path received from a provider, the permissive procedure
   * (draft-ietf-sidrops-aspa-verification); hops nearest the collector first, prepends folded.
   */
  aspa(hops: ArrayLike<Asn>): 'valid' | 'invalid' | 'unknown'
  /** What `of` is to `to`, as a file of relationships has it; undefined when it says nothing. */
  relation(of: Asn, to: Asn): Relation | undefined
  sameOrganisation(a: Asn, b: Asn): boolean
  /** Research and education networks, whose transit is not for money and not by the book. */
  isResearch(asn: Asn): boolean
  /** IXP route servers, which leave their number in paths now and then. */
  isRouteServer(asn: Asn): boolean
  /** DDoS scrubbers: they originate their customers' prefixes when asked to. */
  isScrubber(asn: Asn): boolean
  readonly scrubbers: readonly Asn[]
  /** Routing beacons and other prefixes that come and go on purpose. */
  isBeacon(prefix: PrefixWords): boolean
}

export const noContext: Context = {
  generation: 0,
  validity: () => 'unknown',
  aspa: () => 'unknown',
  relation: () => undefined,
  sameOrganisation: () => false,
  isResearch: () => false,
  isRouteServer: () => false,
  isScrubber: () => false,
  scrubbers: [],
  isBeacon: () => false,
}
