// The words in which Faultline speaks to the outside: signals from detectors, and the incident
// record that leaves the house (NDJSON, HTTP, webhooks). Field names are public contract.

import type { Asn } from './asn.ts'
import type { AfiName } from './prefix.ts'
import type { Instant } from './time.ts'
import type { Verdict } from './verdict.ts'

export type Kind =
  | 'outage.as'
  | 'withdrawal.mass'
  | 'withdrawal.burst'
  | 'outage.prefix'
  | 'leak.path'
  | 'leak.own-specifics'
  | 'leak.reorigination'
  | 'hijack.moas'
  | 'hijack.submoas'
  | 'hijack.less-specific'
  | 'hijack.forged-origin'
  | 'hijack.mass'
  | 'path.upstream-lost'
  | 'path.new-upstream'
  | 'path.shift'
  | 'churn.as'
  | 'churn.prefix'
  | 'churn.global'
  | 'rpki.invalid'
  | 'rpki.collapsed'
  | 'rpki.expiring'
  | 'rpki.uncovered'
  | 'prefix.new'
  | 'session.loss'
  | 'igp.anomaly'
  | 'traffic.surge'
  | 'traffic.collapse'
  | 'blind'

export type Severity = 'critical' | 'major' | 'minor' | 'info'
export type Level = 'low' | 'medium' | 'high'
export type State = 'open' | 'resolving' | 'resolved' | 'reopened' | 'transient' | 'suppressed'
export type Baseline = 'rib' | 'learned-from-input' | 'learned-live'

export const severities: readonly Severity[] = ['info', 'minor', 'major', 'critical']
export const levels: readonly Level[] = ['low', 'medium', 'high']

/** One reason for or against, with its weight: a confidence is the sum of these. */
export interface Tag {
  readonly name: string
  readonly score: number
  readonly because: string
}

export interface Counts {
  readonly prefixes: number
  readonly ofPrefixes: number
  /** How many of `prefixes` are still covered by a reachable prefix of the same origin. */
  readonly covered: number
  readonly origins?: number
  /** (peer, prefix) routes at the moment of the peak; for leaks. */
  readonly routes?: number
  readonly peerAsns: number
  readonly collectors: number
  /** Lost ÷ reference visibility weight, 0 … 1; for leaks the share of vantage points that carry it. */
  readonly share: number
}

export interface Segment {
  /** The neighbour the route was learned from, the AS that passed it on, and to whom. */
  readonly from: Asn
  readonly by: Asn
  readonly to: Asn
  readonly prefixes: number
}

export interface PathSample {
  readonly peer: string
  readonly prefix: string
  readonly before: string | null
  readonly after: string | null
}

export interface ElementSample {
  readonly file: string
  readonly offset: number
}

export interface Samples {
  readonly prefixes: readonly string[]
  readonly paths: readonly PathSample[]
  readonly elements: readonly ElementSample[]
}

export const noSamples: Samples = { prefixes: [], paths: [], elements: [] }

export interface Vantage {
  readonly active: number
  readonly quarantined: number
  readonly down: number
  readonly unknown: number
}

/**
 * A detector's opinion at one tick about one thing, named by `key`. Detectors own their hold-downs:
 * a signal begins when its condition has held long enough, and ends when it has been gone as long.
 */
export interface Signal {
  readonly kind: Kind
  readonly key: string
  readonly asn: Asn
  readonly culprit: Asn
  readonly afi: AfiName | null
  readonly at: Instant
  /**
   * transient: it met the bar but was over before it could be confirmed; standing: it was so when we
   * began, and is told once.
   */
  readonly phase: 'open' | 'resolving' | 'resolved' | 'transient' | 'standing'
  readonly startedAt: Instant
  /** The last element that took it below the bar; null while it lasts. */
  readonly endedAt: Instant | null
  readonly severity: Severity
  readonly tags: readonly Tag[]
  /** The highest level this may reach, and why, when evidence is scarce. */
  readonly cap: { readonly level: Level; readonly because: string } | null
  /** The present; the ledger remembers the peak. */
  readonly now: Counts
  readonly segments: readonly Segment[]
  readonly samples: Samples
  readonly rfc7908: number | null
  /** All kinds of trouble that are told together under `key`, where there are several. */
  readonly kinds?: readonly Kind[]
  /** Why its phase is what it is, in place of the usual words. */
  readonly because?: string
  /** Keys of smaller things that this one is the whole of: they are told as part of it while it lasts. */
  readonly absorbs?: readonly string[]
}

export interface Confidence {
  readonly score: number
  readonly level: Level
  readonly tags: readonly Tag[]
}

/** Where the facts came from, so that a result can be made again. */
export interface Inputs {
  readonly version: string
  readonly config: string
  readonly asRelationships: string | null
  readonly vrps: string | null
}

export interface Incident {
  readonly schema: 1
  readonly id: string
  readonly key: string
  readonly revision: number
  readonly kind: Kind
  readonly kinds: readonly Kind[]
  readonly state: State
  readonly asn: Asn
  readonly culprit: Asn
  readonly afi: AfiName | null
  readonly startedAt: string
  readonly detectedAt: string
  readonly endedAt: string | null
  /** Event time of this revision. */
  readonly updatedAt: string
  readonly baseline: Baseline
  readonly severity: Severity
  readonly confidence: Confidence
  readonly counts: Counts & { readonly now: Counts }
  readonly vantage: Vantage
  readonly segments: readonly Segment[]
  readonly samples: Samples
  /** Null until the incident has been judged. */
  readonly verdict: Verdict | null
  readonly rfc7908: number | null
  readonly foldedInto: string | null
  readonly previousId: string | null
  /** Why this revision was written. */
  readonly because: string
  readonly inputs: Inputs
}
