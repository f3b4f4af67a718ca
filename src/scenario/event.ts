// What can happen in a scenario, one word each, and what is known of an event once it has been
// arranged. What was heard of it is in `hearing.ts`.

import type { Asn } from '../core/asn.ts'
import type { Kind } from '../core/incident.ts'
import type { Instant, Span } from '../core/time.ts'
import type { Path } from './routes.ts'

/** Kind of event → what it is; the order is that of the built-in suite and of the documents. */
export const eventKinds = {
  outage: 'an AS withdraws all it has within a minute',
  'outage-staged': 'the same in three steps, five minutes apart',
  'outage-slow': 'the same, prefix after prefix over 12 to 40 minutes',
  'outage-covered': 'more-specifics are withdrawn, a less specific of the same origin stands',
  'outage-prefix': 'a single prefix is withdrawn',
  maintenance: 'an outage that was planned: short, and announced beforehand in the truth',
  zombie: 'an outage that a few vantage points never hear of: their routes are stuck',
  burst: 'many networks that are reached through the same one are gone in the same minute',
  'upstream-loss': 'an AS loses the link to one of its providers and has others',
  'path-shift': 'the provider of an AS loses an uplink: its paths change further away',
  'leak-1': 'routes of a provider are told to another provider (RFC 7908 type 1)',
  'leak-2': 'routes of a peer are told to another peer (type 2)',
  'leak-3': 'routes of a provider are told to a peer (type 3)',
  'leak-4': 'routes of a peer are told to a provider (type 4)',
  'leak-5': 'routes that were learnt are announced as its own (type 5)',
  'leak-6': 'an AS announces a hundred more-specifics of its own space (type 6)',
  'hijack-exact': 'an AS announces prefixes of another',
  'hijack-specific': 'an AS announces more-specifics of a prefix of another',
  'hijack-cover': 'an AS announces a less specific of prefixes of another',
  'hijack-forged': 'an AS announces a prefix of another as if it were next to it',
  'hijack-mass': 'an AS announces prefixes of fifteen others or more',
  churn: 'an AS changes its paths all the time, and is never gone',
  flap: 'the prefixes of an AS go and come one after the other: each is away for less than a minute',
  'collector-outage': 'all sessions of a collector fall and come back',
  'session-reset': 'a vantage point loses its session and sends its table again, and says so',
  'silent-reset': 'the same without a change of state in the archive',
  'new-peering': 'two networks begin to peer',
  'new-upstream': 'an AS gets one more provider',
  'moas-sibling': 'a network next to the origin announces the same prefix, with a ROA',
  'moas-scrubber': 'a DDoS scrubber announces the prefixes of a customer, with a ROA',
  transfer: 'a prefix moves to another AS for good, with a ROA',
  prepend: 'an AS puts itself in the path more often towards one provider',
  'de-aggregate': 'an AS announces a few more-specifics of its own beside the prefix',
} as const satisfies Record<string, string>

export type EventKind = keyof typeof eventKinds

export const isEventKind = (name: string): name is EventKind => Object.hasOwn(eventKinds, name)

/** What the script asks for; what it does not say is drawn. */
export interface Wish {
  readonly kind: EventKind
  /** How many of the kind. */
  readonly count: number
  /** After the start. */
  readonly at?: Span
  readonly duration?: Span
  /** Who does it; `watched` is the AS the scenario is about. */
  readonly actor?: Asn | 'watched'
  /** Whose prefixes a hijacker takes. */
  readonly victim?: Asn | 'watched'
  /** Where sessions fall. */
  readonly collector?: string
}

/**
 * found: a detector that sees all that was heard has to tell it. optional: it may, and is right if it
 * does. quiet: nothing is wrong, and nobody is to be woken.
 */
export type Expectation = 'found' | 'optional' | 'quiet'

/** An event that was arranged. Nodes are ASNs here: who reads this knows no Internet. */
export interface Played {
  readonly kind: EventKind
  readonly from: Instant
  /** Null: for good. */
  readonly until: Instant | null
  /** Whom it befalls, and who did it. */
  readonly asn: Asn
  readonly culprit: Asn
  /** Who may be named just as well. */
  readonly others: readonly Asn[]
  /** Any of these is the right name for it; the first is the best. */
  readonly expects: readonly Kind[]
  readonly expectation: Expectation
  /** Whether only the one who watches this AS has to be told. */
  readonly watchedOnly: boolean
  readonly atoms: ReadonlySet<number>
  /** Which routes of its atoms tell of it; null: that there is none. */
  readonly shows: ((path: Path) => boolean) | null
  /** How much later than its first sign it may be said to begin. */
  readonly tolerance: Span
  /** Sessions it happens at, where it is about those. */
  readonly sessions: readonly number[]
  /** The window that was announced for it. */
  readonly planned?: readonly [Instant, Instant]
}
