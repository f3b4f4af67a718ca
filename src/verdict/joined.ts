// What one network suffers at one time is one incident, on whatever planes it shows: a surge, an odd IGP and
// an outage that began within ten minutes are told together, under the name of the first. Signals of
// routing alone stay apart, each with its culprit, unless something of another plane holds them together.

import type { Asn } from '../core/asn.ts'
import { type Kind, type Signal, severities } from '../core/incident.ts'
import { minutes, type Span } from '../core/time.ts'

/** Onsets further apart are two stories (DESIGN.md §2.2). */
const TOGETHER: Span = minutes(10)

/** Kinds that come of samples, not of routes. */
const planeKinds: ReadonlySet<Kind> = new Set([
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

interface Group {
  readonly asn: Asn
  /** The one that was there first: its key and kind are the incident's. */
  readonly first: Signal
  readonly members: Map<string, Signal>
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
  take(signals: readonly Signal[]): Signal[] {
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
      const group = this.#groups.get(signal.key) ?? this.#place(signal)
      if (!group) {
        out.push(signal)
        continue
      }
      group.members.set(signal.key, signal)
      changed.add(group)
    }
    for (const group of changed) {
      out.push(together(group))
      if ([...group.members.values()].some(lasts)) continue
      for (const key of group.members.keys()) this.#groups.delete(key)
    }
    return out
  }

  /** Where a signal that is new belongs; null: it is no more than a line. */
  #place(signal: Signal): Group | null {
    if (signal.phase !== 'open') return null
    const group = this.#groupOf(signal) ?? {
      asn: signal.asn,
      first: signal,
      members: new Map<string, Signal>(),
    }
    this.#groups.set(signal.key, group)
    return group
  }

  #groupOf({ asn, kind, startedAt }: Signal): Group | null {
    let best: Group | null = null
    for (const group of this.#groups.values()) {
      if (group.asn !== asn || Math.abs(group.first.startedAt - startedAt) > TOGETHER) continue
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
    (a, b) => b.now.prefixes - a.now.prefixes || (a.key === first.key ? -1 : 1),
  )
  // A surge knows how many prefixes there are of both families; where routes are lost, they count.
  const [counted = largest] = all
    .filter(({ kind }) => !planeKinds.has(kind))
    .toSorted((a, b) => b.now.prefixes - a.now.prefixes || (a.key === first.key ? -1 : 1))
  const phase = some.some((signal) => signal.phase === 'open') ? 'open' : some[0]?.phase
  const severity = Math.max(...some.map((signal) => severities.indexOf(signal.severity)))
  const names = new Set<string>()
  const ends = all.map(({ endedAt }) => endedAt).filter((at) => at !== null)
  return {
    ...largest,
    now: counted.now,
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
    absorbs: [...new Set(some.flatMap(({ absorbs = [] }) => absorbs))],
  }
}
