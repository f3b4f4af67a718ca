// What was told against what is known (detection.md §8, rules for scoring). An incident and an event
// are the same when their families agree, they name the same network or prefix, and they begin at the
// same time. Nothing here reads or runs anything.

import type { Incident, Level } from './core/incident.ts'
import { levels } from './core/incident.ts'
import type { Span } from './core/time.ts'
import { type Case, familyOf, type KnownEvent } from './truth-file.ts'
import { type Judged, judge } from './verdict-scoring.ts'

/** An incident as it was told: its last word, and when it was first sure enough. */
export interface Told {
  readonly last: Incident
  /** When it began; of one that was over and came back, when that was told. */
  readonly start: number
  readonly isBack: boolean
  /** The surest it ever was, and the first instant at which it was as sure as each level. */
  readonly level: Level
  readonly at: Readonly<Record<Level, number | null>>
}

/** How an event was met. */
export interface Met {
  readonly event: KnownEvent
  /** The incidents that tell it, the first one first. */
  readonly by: readonly Told[]
  readonly found: boolean
  /** Of exactly one of the kinds that are right. */
  readonly exact: boolean
  /** From its first sign, and from when half were affected, until it was told surely enough. */
  readonly delay: Span | null
  readonly delayFromHalf: Span | null
  readonly startError: Span | null
  readonly endError: Span | null
}

export interface Scored {
  readonly name: string
  readonly met: readonly Met[]
  /** Told at medium or higher, and no event explains it. */
  readonly false: readonly Told[]
  /** Told at medium or higher, and right. */
  readonly right: readonly Told[]
  /** Above what the case allows beyond its events. */
  readonly alarms: readonly Told[]
  /** Of the events whose cause is known, what was said of it. */
  readonly judged: readonly Judged[]
}

const rank = (level: Level): number => levels.indexOf(level)
const micros = (text: string): number => Date.parse(text) * 1e3

/** All revisions of a run, as one told incident each; what is over and comes back is another. */
export function toldOf(revisions: readonly Incident[]): Told[] {
  const spells = new Map<string, Incident[][]>()
  for (const one of revisions) {
    const list = spells.get(one.id) ?? []
    if (list.length === 0) spells.set(one.id, list)
    const spell = list.at(-1)
    const over = spell?.at(-1)?.state
    if (!spell || (one.state === 'reopened' && over !== 'reopened' && over !== 'resolving'))
      list.push([one])
    else spell.push(one)
  }
  return [...spells.values()].flatMap((list) => list.map(toldIn))
}

function toldIn(spell: readonly Incident[], turn: number): Told {
  const at: Record<Level, number | null> = { low: null, medium: null, high: null }
  let level: Level = 'low'
  for (const { confidence, updatedAt, state } of spell) {
    // What is part of another is told there.
    if (state === 'suppressed') continue
    if (rank(confidence.level) > rank(level)) level = confidence.level
    for (const each of levels)
      if (rank(confidence.level) >= rank(each)) at[each] ??= micros(updatedAt)
  }
  const [first, last] = [spell[0], spell.at(-1)] as [Incident, Incident]
  const start = micros(turn === 0 ? first.startedAt : first.updatedAt)
  return { last, level, at, start, isBack: turn > 0 }
}

const isAboutAll = ({ asns, prefixes }: KnownEvent): boolean => asns.length + prefixes.length === 0

function isAbout(event: KnownEvent, { last }: Told): boolean {
  if (isAboutAll(event)) return true
  if (event.asns.includes(last.asn) || event.asns.includes(last.culprit)) return true
  return last.samples.prefixes.some((prefix) => event.prefixes.includes(prefix))
}

const isOfFamily = (event: KnownEvent, { last }: Told): boolean =>
  isAboutAll(event)
    ? event.kinds.includes(last.kind)
    : event.kinds.length === 0
      ? event.verdict !== null
      : event.kinds.some((kind) => familyOf(kind) === familyOf(last.kind))

/** Of one that came back only the telling is known: it is in time while the event lasts. */
function beginsWith(event: KnownEvent, one: Told): boolean {
  const { start } = one
  if (one.isBack && event.end !== null && start >= event.start) return start <= event.end
  return Math.abs(start - event.start) <= event.tolerance
}

/** An incident that begins while the event lasts is of its making, if not a telling of it. */
function within(event: KnownEvent, { start: at }: Told): boolean {
  const end = event.end ?? Number.POSITIVE_INFINITY
  return at >= event.start - event.tolerance && at <= end + event.tolerance
}

export function score(given: Case, revisions: readonly Incident[]): Scored {
  const told = toldOf(revisions).filter(({ last }) => !isIgnored(given, last))
  const met = given.events.map((event) => meet(event, told))
  const sure = told.filter(({ level }) => rank(level) >= rank('medium'))
  const isRight = (one: Told) =>
    given.events.some((e) => isOfFamily(e, one) && isAbout(e, one) && within(e, one))
  const wrong = sure.filter((one) => !isRight(one))
  const { quiet } = given
  const loud = (one: Told) => quiet !== null && rank(one.level) > rank(quiet) && !isRight(one)
  return {
    name: given.name,
    met,
    false: wrong,
    right: sure.filter(isRight),
    alarms: told.filter(loud),
    judged: given.events.flatMap((event) => judged(event, told, revisions)),
  }
}

/** By all that was told of it, however unsure: a verdict is a page, too. */
function judged(
  event: KnownEvent,
  told: readonly Told[],
  revisions: readonly Incident[],
): Judged[] {
  const { verdict, label, start } = event
  if (verdict === null) return []
  const mine = new Set(
    told
      .filter((one) => isOfFamily(event, one) && isAbout(event, one) && within(event, one))
      .map(({ last }) => last.id),
  )
  const byId = [...mine].map((id) => revisions.filter((one) => one.id === id))
  return [judge(label, verdict, start, byId)]
}

function isIgnored({ ignore }: Case, { kind, asn, culprit }: Incident): boolean {
  return ignore.some(
    ({ kinds, asns }) =>
      (kinds.length === 0 || kinds.some((k) => kind === k || kind.startsWith(`${k}.`))) &&
      (asns.length === 0 || asns.includes(asn) || asns.includes(culprit)),
  )
}

function meet(event: KnownEvent, told: readonly Told[]): Met {
  const by = told
    .filter((one) => isOfFamily(event, one) && isAbout(event, one) && beginsWith(event, one))
    .filter((one) => one.at[event.minLevel] !== null)
    .sort((a, b) => (a.at[event.minLevel] ?? 0) - (b.at[event.minLevel] ?? 0))
  // The first that has the right name tells it; else the first of the family.
  const best = by.find(({ last }) => event.kinds.includes(last.kind)) ?? by[0]
  const at = best?.at[event.minLevel] ?? null
  const delay = at === null ? null : at - event.start
  const late = delay !== null && event.maxDelay !== null && delay > event.maxDelay
  const ended = by.map(({ last }) => last.endedAt).filter((end) => end !== null)
  const over = ended.length === by.length && by.length > 0 ? Math.max(...ended.map(micros)) : null
  return {
    event,
    by,
    found: best !== undefined && !late && by.length <= (event.atMost ?? Infinity),
    exact: best !== undefined && (event.kinds.length === 0 || event.kinds.includes(best.last.kind)),
    delay,
    delayFromHalf: at === null || event.half === null ? null : at - event.half,
    startError: best && !best.isBack ? best.start - event.start : null,
    endError: event.end === null || over === null ? null : over - event.end,
  }
}

export interface Line {
  readonly label: string
  readonly events: number
  readonly found: number
  readonly exact: number
  readonly delays: readonly Span[]
  readonly fromHalf: readonly Span[]
  readonly startErrors: readonly Span[]
  readonly endErrors: readonly Span[]
  /** That were told though nobody asked for it. */
  readonly optional: number
  readonly optionalFound: number
}

/** By label of event, in the order in which they first come. */
export function byLabel(scored: readonly Scored[]): Line[] {
  const all = scored.flatMap(({ met }) => met)
  return [...new Set(all.map(({ event }) => event.label))].map((label) => {
    const mine = all.filter(({ event }) => event.label === label)
    return { label, ...counted(mine) }
  })
}

export function counted(all: readonly Met[]): Omit<Line, 'label'> {
  const asked = all.filter(({ event }) => !event.optional)
  const rest = all.filter(({ event }) => event.optional)
  const found = asked.filter((met) => met.found)
  const numbers = (pick: (met: Met) => Span | null) =>
    found.map(pick).filter((n): n is Span => n !== null)
  return {
    events: asked.length,
    found: found.length,
    exact: found.filter(({ exact }) => exact).length,
    delays: numbers(({ delay }) => delay),
    fromHalf: numbers(({ delayFromHalf }) => delayFromHalf),
    startErrors: numbers(({ startError }) => startError),
    endErrors: numbers(({ endError }) => endError),
    optional: rest.length,
    optionalFound: rest.filter((met) => met.found).length,
  }
}

export const median = (list: readonly number[]): number | null =>
  [...list].sort((a, b) => a - b)[(list.length - 1) >> 1] ?? null

/** Null where there is nothing to divide by. */
export const ratio = (part: number, whole: number): number | null =>
  whole === 0 ? null : part / whole
