// What one network suffers at one time is one incident, on whatever planes it shows: a surge, an odd IGP and
// an outage that began within ten minutes are told together, under the name of the first. Signals of
// routing alone stay apart, each with its culprit, unless something of another plane holds them together.

import type { Asn } from '../core/asn.ts'
import { type Counts, type Kind, type Signal, severities } from '../core/incident.ts'
import { type Instant, minutes, type Span } from '../core/time.ts'
import { outageParts } from './wholes.ts'

/** Onsets further apart are two stories (DESIGN.md §2.2). */
const TOGETHER: Span = minutes(10)
/** What comes back so soon after all of it was over goes on under the same name, as in the ledger. */
const AGAIN: Span = minutes(30)

/** Kinds that come of samples, not of routes. */
export const planeKinds: ReadonlySet<Kind> = new Set([
  'traffic.surge',
  'traffic.collapse',
  'igp.anomaly',
  'session.loss',
])

/** Kinds that only ask for a look: they neither give a larger thing its name nor become part of one. */
const apart: ReadonlySet<Kind> = new Set([
  'path.new-upstream',
  'path.shift',
  'prefix.new',
  'churn.prefix',
  'rpki.invalid',
  'rpki.collapsed',
  'rpki.expiring',
  'rpki.uncovered',
  'blind',
])

export const isApart = (kind: Kind): boolean => apart.has(kind)

interface Group {
  readonly asn: Asn
  /** The one that was there first: its key and kind are the incident's. */
  readonly first: Signal
  readonly members: Map<string, Signal>
  /** When it began, or began again: what begins about then belongs to it. */
  since: Instant
  /** When the last of them was over; null while any lasts. */
  overAt: Instant | null
}

const lasts = ({ phase }: Signal): boolean => phase === 'open' || phase === 'resolving'

export class Joined {
  readonly #watches: (asn: Asn) => boolean
  /** By the key of each member; one that stands alone is a group too. */
  readonly #groups = new Map<string, Group>()

  constructor(watches: (asn: Asn) => boolean) {
    this.#watches = watches
  }

  /** The signals of one tick, those that belong together as one. */
  take(signals: readonly Signal[], at: Instant): Signal[] {
    this.#forget(at)
    const out: Signal[] = []
    const changed = new Set<Group>()
    // Routing first: what is seen there has a culprit, and gives the incident its name.
    const rank = ({ kind }: Signal) => (planeKinds.has(kind) ? 1 : 0)
    const sorted = [...signals].sort(
      (a, b) => rank(a) - rank(b) || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0),
    )
    for (const signal of sorted) {
      if (!this.#watches(signal.asn) || apart.has(signal.kind)) {
        out.push(signal)
        continue
      }
      const group = this.#groupFor(signal)
      if (!group) {
        out.push(signal)
        continue
      }
      group.members.set(signal.key, signal)
      changed.add(group)
    }
    for (const group of changed) {
      group.overAt = [...group.members.values()].some(lasts) ? null : at
      out.push(together(group))
    }
    return out
  }

  /** What has been over for so long that whatever comes is another story. */
  #forget(at: Instant): void {
    for (const [key, { overAt }] of this.#groups)
      if (overAt !== null && at - overAt > AGAIN) this.#groups.delete(key)
  }

  /** The group it is in; of what is over only what is there again speaks. */
  #groupFor(signal: Signal): Group | null {
    const known = this.#groups.get(signal.key)
    if (!known) return this.#place(signal)
    if (known.overAt === null) return known
    if (known.members.size > 1) {
      if (signal.phase !== 'open') return null
      known.since = signal.startedAt
      return known
    }
    this.#groups.delete(signal.key)
    return this.#place(signal)
  }

  /** Where a signal that is new belongs; null: it is no more than a line. */
  #place(signal: Signal): Group | null {
    if (signal.phase !== 'open') return null
    const group = this.#groupOf(signal) ?? {
      asn: signal.asn,
      first: signal,
      members: new Map<string, Signal>(),
      since: signal.startedAt,
      overAt: null,
    }
    this.#groups.set(signal.key, group)
    return group
  }

  #groupOf({ asn, kind, startedAt }: Signal): Group | null {
    let best: Group | null = null
    for (const group of this.#groups.values()) {
      if (group.asn !== asn || group.overAt !== null) continue
      if (Math.abs(group.since - startedAt) > TOGETHER) continue
      const members = [...group.members.values()]
      if (!planeKinds.has(kind) && !members.some((member) => planeKinds.has(member.kind))) continue
      if (best === null || precedes(group.first, best.first)) best = group
    }
    return best
  }
}

const precedes = (a: Signal, b: Signal): boolean =>
  a.startedAt < b.startedAt || (a.startedAt === b.startedAt && a.key < b.key)

/** All of them as one signal; one alone as it is. */
function together({ first, members }: Group): Signal {
  const all = [...members.values()].sort((a, b) => (a.key < b.key ? -1 : 1))
  const [one] = all
  if (one !== undefined && all.length === 1) return one
  const live = all.filter(lasts)
  const some = live.length > 0 ? live : all
  // Whose numbers are shown: who has lost most, and of those who lost nothing the first.
  const [largest = first] = some.toSorted(
    (a, b) =>
      b.now.prefixes - a.now.prefixes ||
      Number(b.key === first.key) - Number(a.key === first.key) ||
      a.startedAt - b.startedAt,
  )
  // A surge knows how many prefixes there are of both families; where routes are lost, they count.
  const [counted = largest, ...others] = all
    .filter(({ kind }) => !planeKinds.has(kind))
    .toSorted((a, b) => b.now.prefixes - a.now.prefixes || (a.key === first.key ? -1 : 1))
  const otherFamily = others.find((one) => isOtherFamily(one, counted))
  const phase = some.some((signal) => signal.phase === 'open') ? 'open' : some[0]?.phase
  const severity = Math.max(...some.map((signal) => severities.indexOf(signal.severity)))
  const names = new Set<string>()
  const ends = all.map(({ endedAt }) => endedAt).filter((at) => at !== null)
  return {
    ...largest,
    now: otherFamily ? sumOf(counted.now, otherFamily.now) : counted.now,
    afi: otherFamily ? null : counted.afi,
    key: first.key,
    kind: first.kind,
    kinds: [...new Set(all.map(({ kind }) => kind))],
    at: Math.max(...all.map(({ at }) => at)),
    phase: live.length > 0 ? (phase ?? 'open') : 'resolved',
    startedAt: first.startedAt,
    endedAt: live.length > 0 || ends.length === 0 ? null : Math.max(...ends),
    severity: severities[severity] ?? first.severity,
    tags: [largest, ...some]
      .flatMap(({ tags }) => tags)
      .filter(({ name }) => !names.has(name) && names.add(name)),
    // Two planes that say the same are worth more than either.
    cap: some.some(({ cap }) => cap === null) ? null : largest.cap,
    absorbs: [...new Set(some.flatMap(partsOf))].filter((key) => key !== first.key),
  }
}

/** The same trouble of IPv4 and of IPv6: neither is a part of the other. */
const isOtherFamily = (one: Signal, other: Signal): boolean =>
  one.kind === other.kind && one.afi !== null && other.afi !== null && one.afi !== other.afi

/** Of two families. The same peers tell of both: how many there are in all is not known, and is at least this. */
function sumOf(a: Counts, b: Counts): Counts {
  const ofPrefixes = a.ofPrefixes + b.ofPrefixes
  const share = (a.share * a.ofPrefixes + b.share * b.ofPrefixes) / Math.max(1, ofPrefixes)
  return {
    ...a,
    prefixes: a.prefixes + b.prefixes,
    ofPrefixes,
    covered: a.covered + b.covered,
    peerAsns: Math.max(a.peerAsns, b.peerAsns),
    collectors: Math.max(a.collectors, b.collectors),
    share,
  }
}

/** What is told as part of it, also where it goes by the name of another. */
const partsOf = ({ kind, key, absorbs = [] }: Signal): readonly string[] =>
  kind === 'outage.as' && key.startsWith('outage:') ? [...absorbs, ...outageParts(key)] : absorbs
