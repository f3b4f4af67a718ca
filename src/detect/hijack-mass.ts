// `hijack.mass`: one network announces the prefixes of many others, all at once (detection.md §6.4). With
// a way to them it is a leak, RFC 7908 type 5, `leak.reorigination`: a network that ordinarily stands on
// the paths to those whose prefixes it originates (it is their upstream, or their neighbour) has a route
// to them, so what it attracts can arrive. A network that was on no path to them can only swallow it.
// That the originated prefixes exist exactly would say less: YouTube's and a whole copied table both do.

import type { Asn } from '../core/asn.ts'
import type { Signal, Tag } from '../core/incident.ts'
import { quorum } from '../core/quorum.ts'
import type { Instant } from '../core/time.ts'
import type { View } from '../core/view.ts'
import type { Attacker, HijackCase } from './hijack-case.ts'
import type { Conflict } from './hijack-conflict.ts'
import { isRelated, type Known, sum, type Witnesses, witnessesOf } from './hijack-score.ts'
import type { HijackSettings } from './hijack-settings.ts'
import { capOf, concerned, countsOf, levelOf, samplesOf, severityOf } from './hijack-signal.ts'
import { hearing, present } from './present.ts'

/** With so little of it left it is over, and what is left speaks for itself. */
const LEFT = 0.1

interface Taken {
  readonly conflicts: Conflict[]
  readonly cases: HijackCase[]
  readonly since: Instant
  readonly lastLeft: Instant
  /** Victims to whom it has a way. */
  readonly related: number
  readonly invalid: number
}

/** What of it counts: of nobody's right, and begun lately, or since the mass began. */
function taken(view: View, attacker: Attacker, after: Instant): Taken {
  const isHeard = hearing(view)
  const conflicts: Conflict[] = []
  const cases: HijackCase[] = []
  let [since, lastLeft, related, invalid] = [Number.POSITIVE_INFINITY, 0, 0, 0]
  for (const one of attacker.cases.values()) {
    const before = conflicts.length
    let way = false
    for (const conflict of one.conflicts) {
      if (conflict.benign || conflict.since < after) continue
      lastLeft = Math.max(lastLeft, conflict.lastLeft)
      if (!conflict.isHeld(isHeard)) continue
      conflicts.push(conflict)
      since = Math.min(since, conflict.since)
      if (isRelated(conflict.tags)) way = true
      if (conflict.tags.some(({ name }) => name === 'rov.invalid')) invalid++
    }
    if (conflicts.length === before) continue
    cases.push(one)
    if (way) related++
  }
  return { conflicts, cases, since, lastLeft, related, invalid }
}

export function judgeMass(
  known: Known,
  settings: HijackSettings,
  attacker: Attacker,
  at: Instant,
): Signal | null {
  const { view } = known
  const { life, origin } = attacker
  const all = taken(view, attacker, life.runs ? life.startedAt : at - settings.massWindow)
  const { conflicts, cases } = all
  const many = conflicts.length >= settings.massPrefixes && cases.length >= settings.massVictims
  if (!many && !life.runs) return null
  attacker.peak = Math.max(life.runs ? attacker.peak : 0, conflicts.length)
  const vantages = new Set<number>()
  let routes = 0
  for (const one of cases) {
    routes += present(view, one.vantages).routes
    for (const id of one.vantages.keys()) vantages.add(id)
  }
  const four = conflicts.filter(({ prefix }) => view.afi(prefix) === 4).length
  const afi = four * 2 >= conflicts.length ? 4 : 6
  const seen = witnessesOf(view, vantages, afi)
  const counts = countsOf(seen, conflicts.length, conflicts.length, cases.length, routes)
  const tags = tagsOf(origin, all, seen, view.voters(afi))
  const cap = capOf(known, counts, false, true)
  const level = levelOf(tags, cap)
  const asn = concerned(
    view,
    origin,
    cases.map(({ victim }) => victim).sort((a, b) => a - b),
  )
  const enough = seen.asns >= quorum(settings.peers, view.vantage().active)
  const standing = {
    holds: many && enough && asn !== 0 && (view.narrow ? sum(tags) > 0 : level !== 'low'),
    ordinary: false,
    // What is left of it is what it still holds, not where.
    vantages: conflicts.length <= LEFT * attacker.peak ? 0 : seen.asns,
    voters: view.voters(afi),
    since: all.since,
    lastLeft: all.lastLeft,
    confirm: settings.fastConfirm,
    clear: settings.clear,
    digest: [conflicts.length, cases.length, seen.asns, sum(tags)].join(),
  }
  const reorigination = all.related * 2 >= cases.length && cases.length > 0
  return life.step(at, standing, (phase, startedAt, endedAt) => ({
    kind: reorigination ? 'leak.reorigination' : 'hijack.mass',
    key: `mass:${origin}`,
    asn: asn || origin,
    culprit: origin,
    afi: null,
    at,
    phase,
    startedAt,
    endedAt,
    severity: phase === 'transient' ? 'info' : severityOf(counts, level, true),
    tags,
    cap,
    now: counts,
    segments: [],
    samples: samplesOf(view, conflicts),
    rfc7908: reorigination ? 5 : null,
    absorbs: attacker.keys,
  }))
}

function tagsOf(by: Asn, all: Taken, seen: Witnesses, voters: number): Tag[] {
  const { conflicts, cases, related, invalid } = all
  const tags: Tag[] = []
  const add = (name: string, score: number, because: string) => tags.push({ name, score, because })
  add('origin.new', 2, `AS${by} announces ${conflicts.length} prefixes of ${cases.length} networks`)
  add('victims.many', 5, 'so many at once are no customers that moved')
  if (invalid * 2 >= conflicts.length && invalid > 0)
    add('rov.invalid', 3, `ROAs do not let it originate ${invalid} of them`)
  if (related > 0)
    add('way', 0, `it was on the way to ${related} of the networks before, or beside them`)
  const score = seen.share >= 0.5 ? 3 : seen.share >= 0.25 ? 2 : seen.asns >= 3 ? 1 : 0
  if (score > 0)
    add('spread', score, `${seen.asns} peer ASNs, ${Math.round(seen.share * 100)} %, took some`)
  if (seen.asns < Math.min(3, voters))
    add('witnesses.few', -4, `only ${seen.asns} peer ASNs took any`)
  return tags
}
