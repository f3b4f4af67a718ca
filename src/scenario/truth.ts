// The truth about a generated day, taken from what was done and from what could be heard of it: a
// detector can be no earlier than the first message.

import type { Asn } from '../core/asn.ts'
import type { Instant } from '../core/time.ts'
import type { Internet } from './internet.ts'
import type { DayMessage, Tables } from './sessions.ts'
import type { Story, TroubleKind } from './story.ts'
import type { Heard } from './trigger.ts'

export interface Truth {
  readonly kind: TroubleKind
  /** Whose prefixes or session it is about; in a leak the leaker. */
  readonly asn: Asn
  /** Who did it. */
  readonly culprit: Asn
  /** When it was done, and undone. */
  readonly from: Instant
  readonly until: Instant
  /** First message that tells of it. */
  readonly startedAt: Instant
  /** When half of the carriers (session and prefix) were affected; null in a reset. */
  readonly halfAt: Instant | null
  /** When the last of them was well again. */
  readonly endedAt: Instant
  /** Affected prefixes. */
  readonly prefixes: readonly string[]
  /** Affected sessions, and the origins of the affected prefixes. */
  readonly sessions: number
  readonly origins: readonly Asn[]
}

type Heards = readonly (readonly Heard[])[]

export function truthOf(
  net: Internet,
  story: Story,
  tables: Tables,
  heard: Heards,
  messages: readonly DayMessage[],
): Truth[] {
  const found: (Truth | null)[] = [
    outageTruth(net, story, tables, heard),
    resetTruth(net, story, messages),
    leakTruth(net, story, heard),
  ]
  return found.filter((truth) => truth !== null).sort((a, b) => a.from - b.from)
}

/** One session's experience of one atom. */
interface Affected {
  readonly atom: number
  readonly session: number
  readonly first: Instant
  readonly began: Instant
  readonly ended: Instant
}

function summary(net: Internet, list: readonly Affected[]) {
  const weight = (a: Affected) => net.atoms[a.atom]?.prefixes.length ?? 0
  const begins = list.flatMap((a) => Array<Instant>(weight(a)).fill(a.began)).sort((a, b) => a - b)
  const atoms = [...new Set(list.map((a) => a.atom))].sort((a, b) => a - b)
  const origins = new Set(atoms.map((i) => net.asns[net.atoms[i]?.origin ?? 0] ?? 0))
  return {
    startedAt: list.reduce((t, a) => Math.min(t, a.first), Number.POSITIVE_INFINITY),
    halfAt: begins[(begins.length - 1) >> 1] ?? null,
    endedAt: list.reduce((t, a) => Math.max(t, a.ended), 0),
    prefixes: atoms.flatMap((i) => net.atoms[i]?.prefixes ?? []),
    sessions: new Set(list.map((a) => a.session)).size,
    origins: [...origins].sort((a, b) => a - b),
  }
}

/** What each session heard of an atom while it was in trouble. */
function bySession(list: readonly Heard[]): Map<number, Heard[]> {
  const out = new Map<number, Heard[]>()
  for (const h of list) out.set(h.session, [...(out.get(h.session) ?? []), h])
  return out
}

function outageTruth(
  net: Internet,
  { outage }: Story,
  tables: Tables,
  heard: Heards,
): Truth | null {
  if (!outage) return null
  const { from, until } = outage
  const list: Affected[] = []
  for (const atom of outage.atoms) {
    for (const [session, all] of bySession(heard[atom] ?? [])) {
      if (!tables[session]?.[atom]) continue
      const gone = all.filter((h) => h.at >= from && h.at < until && !h.path)
      const back = all.find((h) => h.at >= until && h.path)
      const [first, last] = [gone[0], gone.at(-1)]
      // A route that was gone and came back while others were still exploring is gone only at last.
      if (first && last && back)
        list.push({ atom, session, first: first.at, began: last.at, ended: back.at })
    }
  }
  const asn = net.asns[net.watched] ?? 0
  return { kind: 'outage', asn, culprit: asn, from, until, ...summary(net, list) }
}

function leakTruth(net: Internet, { leak }: Story, heard: Heards): Truth | null {
  if (!leak) return null
  const asn = net.asns[net.multihomed] ?? 0
  const list: Affected[] = []
  heard.forEach((all, atom) => {
    for (const [session, mine] of bySession(all)) {
      // It sells transit to nobody: whoever goes through it goes through a leak.
      const leaked = (h: Heard) => h.path?.includes(asn) === true && h.path.at(-1) !== asn
      const first = mine.find(leaked)
      const last = mine.findLastIndex(leaked)
      const after = mine[last + 1]
      if (first && after)
        list.push({ atom, session, first: first.at, began: first.at, ended: after.at })
    }
  })
  return { kind: 'leak', asn, culprit: asn, ...leak, ...summary(net, list) }
}

function resetTruth(
  net: Internet,
  { reset }: Story,
  messages: readonly DayMessage[],
): Truth | null {
  const asn = net.sessions[reset?.sessions[0] ?? -1]?.asn
  if (!reset || asn === undefined) return null
  const { from, until } = reset
  // Its table is whole again at the last End-of-RIB.
  const endedAt = messages.findLast((m) => m.kind === 'end-of-rib')?.at ?? until
  const when = { from, until, startedAt: from, halfAt: null, endedAt }
  const sessions = reset.sessions.length
  return { kind: 'session-reset', asn, culprit: asn, ...when, prefixes: [], sessions, origins: [] }
}
