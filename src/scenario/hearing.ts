// What was heard of an event, which is all that anybody can know of it: by whom, from when, how fast,
// until when. A detector can be no earlier than the first message.

import type { Asn } from '../core/asn.ts'
import type { Kind } from '../core/incident.ts'
import { type Instant, minutes, type Span } from '../core/time.ts'
import type { EventKind, Expectation, Played } from './event.ts'
import type { Internet } from './internet.ts'
import type { Tables } from './sessions.ts'
import type { Heard } from './trigger.ts'

export interface HeardEvent {
  readonly event: EventKind
  readonly asn: Asn
  readonly culprit: Asn
  readonly others: readonly Asn[]
  readonly expects: readonly Kind[]
  readonly expectation: Expectation
  readonly watchedOnly: boolean
  readonly tolerance: Span
  readonly prefixes: readonly string[]
  /** First message that tells of it; when it was done, where there is none. */
  readonly start: Instant
  /** When half of the affected (session, prefix) pairs were affected to stay. */
  readonly half: Instant | null
  /** Last message that puts it right; null when nothing does. */
  readonly end: Instant | null
  readonly visible: {
    readonly peers: number
    readonly collectors: number
    /** Of all peers. */
    readonly share: number
    /** (session, prefix) pairs. */
    readonly routes: number
    readonly origins: number
  }
  readonly planned?: readonly [Instant, Instant]
}

/**
 * Who sees less of it cannot be asked to tell it: two networks that see a leak may be its victims, and
 * a detector wants three and a tenth (detection.md §10.4).
 */
const LEAST = { peers: 3, share: 0.1, collectors: 2 }
/** A leak that concerns less is for those alone who watch the network (same place). */
const LEAST_LEAK = { prefixes: 10, origins: 3 }
const LEAST_BURST = { prefixes: 200, origins: 20 }

interface Affected {
  readonly atom: number
  readonly session: number
  readonly first: Instant
  readonly began: Instant
  readonly ended: Instant | null
}

export function hear(
  net: Internet,
  event: Played,
  tables: Tables,
  heard: readonly (readonly Heard[])[],
): HeardEvent {
  const list: Affected[] = []
  for (const atom of event.atoms)
    for (const [session, all] of bySession(heard[atom] ?? [])) {
      const one = affected(event, all, tables[session]?.[atom] ?? null)
      if (one) list.push({ atom, session, ...one })
    }
  const weight = (a: Affected) => net.atoms[a.atom]?.prefixes.length ?? 0
  const begins = list.flatMap((a) => Array<Instant>(weight(a)).fill(a.began)).sort((a, b) => a - b)
  const atoms = [...new Set(list.map((a) => a.atom))].sort((a, b) => a - b)
  const where = [...new Set(list.map((a) => a.session))].map((i) => net.sessions[i])
  const peers = new Set(where.map((s) => s?.asn)).size
  const everybody = new Set(net.sessions.map((s) => s.asn)).size
  const visible = {
    peers,
    collectors: new Set(where.map((s) => s?.collector)).size,
    share: peers / everybody,
    routes: begins.length,
    origins: new Set(atoms.map((i) => net.atoms[i]?.origin)).size,
  }
  const prefixes = atoms.flatMap((i) => net.atoms[i]?.prefixes ?? [])
  const ends = list.map((a) => a.ended ?? Infinity)
  const end = Math.max(event.until ?? Infinity, ...ends)
  const { kind, from, asn, culprit, others, expects, watchedOnly, tolerance, planned } = event
  return {
    event: kind,
    asn,
    culprit,
    others,
    expects,
    expectation:
      list.length > 0 || event.sessions.length > 0
        ? weigh(event, visible, prefixes.length)
        : 'optional',
    watchedOnly,
    tolerance,
    prefixes,
    start: list.reduce((t, a) => Math.min(t, a.first), list.length > 0 ? Infinity : from),
    half: begins[(begins.length - 1) >> 1] ?? null,
    end: Number.isFinite(end) ? end : null,
    visible,
    ...(planned && { planned }),
  }
}

function weigh(
  { kind, expectation }: Played,
  visible: HeardEvent['visible'],
  prefixes: number,
): Expectation {
  if (expectation !== 'found') return expectation
  const { peers, share, collectors, origins } = visible
  if (peers < LEAST.peers || share < LEAST.share || collectors < LEAST.collectors) return 'optional'
  const few = (least: { prefixes: number; origins: number }, both: boolean) =>
    both
      ? prefixes < least.prefixes || origins < least.origins
      : prefixes < least.prefixes && origins < least.origins
  if (/^leak-[1-4]$/.test(kind) && few(LEAST_LEAK, false)) return 'optional'
  if (kind === 'burst' && few(LEAST_BURST, true)) return 'optional'
  return 'found'
}

/** How one session lived through it. */
function affected(
  { from, until, shows }: Played,
  all: readonly Heard[],
  before: readonly Asn[] | null,
): Omit<Affected, 'atom' | 'session'> | null {
  if (shows === null) {
    // A route that was gone and came back while others were still exploring is gone only at last.
    if (!before) return null
    const gone = all.filter((h) => h.at >= from && h.at < (until ?? Infinity) && !h.path)
    const [first, last] = [gone[0], gone.at(-1)]
    if (!first || !last) return null
    const back = all.find((h) => h.at > last.at && h.path)
    return { first: first.at, began: last.at, ended: back?.at ?? null }
  }
  // The last that was told is on its way for a while.
  const over = until === null ? Infinity : until + minutes(5)
  const does = (h: Heard) => h.at >= from && h.at < over && h.path !== null && shows(h.path)
  if (before && shows(before)) return null
  const first = all.find(does)
  if (!first) return null
  const after = all[all.findLastIndex(does) + 1]
  return { first: first.at, began: first.at, ended: after?.at ?? null }
}

function bySession(list: readonly Heard[]): Map<number, Heard[]> {
  const out = new Map<number, Heard[]>()
  for (const h of list) {
    const mine = out.get(h.session)
    if (mine) mine.push(h)
    else out.set(h.session, [h])
  }
  return out
}
