// The judge: findings in, a verdict out, and nothing else. What it has to remember of its last evaluation it
// hands back, and is given again.

import { type EvidenceId, evidence, type Finding } from '../core/evidence.ts'
import { type Plane, planes } from '../core/sample.ts'
import {
  axisOf,
  type Cause,
  type Ground,
  type Side,
  sideOf,
  type Verdict,
} from '../core/verdict.ts'
import { actionsFor } from './actions.ts'
import { groundsOf, itemsOf, RULED_OUT, weightOf } from './axes.ts'
import { counterfactual } from './counterfactual.ts'
import { type Decision, decide, type Gates, LEANS } from './decide.ts'
import { causeWords } from './phrases.ts'

/** What was found before, and is told to the judge the next time. */
export interface History {
  /** The last side that was told, however long ago: fault, flood or both. */
  readonly told: Side | null
  /** What the evaluation before this one found, told or not. */
  readonly found: Side | null
}

export const noHistory: History = { told: null, found: null }

export interface Case {
  readonly findings: readonly Finding[]
  readonly planes: Readonly<Record<Plane, 'normal' | 'anomalous' | 'blind'>>
  readonly gates: Gates
  /** Whether it is one of our networks; of others only routing is seen. */
  readonly watched: boolean
  /** What was said of the same incident last; null: nothing yet. */
  readonly previous: Verdict | null
  readonly history: History
}

export interface Judgement {
  /** With the version of `previous` where nothing that decides has changed, else the next one. */
  readonly verdict: Verdict
  readonly history: History
}

type Unsupposed = Omit<Verdict, 'wouldChange' | 'missing'>

export function judge(given: Case): Judgement {
  const { gates, previous, history } = given
  const found = itemsOf(given.findings)
  const decision = decide(found, gates)
  const { items, routing, flood } = decision
  const side = sideOf(decision.cause)
  const held = isHeld(side, given)
  const cause = held && previous ? previous.cause : decision.cause
  const axis = axisOf({ cause, routingDb: routing.db, floodDb: flood.db })
  const grounds = groundsOf(items, axis)
  const blind = planes.filter((plane) => given.planes[plane] === 'blind')
  const ruledOut = ruledOutBy(decision, cause)
  const [confidence, capped] = confidenceOf(decision, cause, given)
  const verdict: Unsupposed = {
    cause,
    because: held
      ? `${decision.because}; that makes it ${causeWords[decision.cause]} when it is found once more`
      : decision.because,
    version: 1,
    confidence,
    capped,
    routingDb: routing.db,
    floodDb: flood.db,
    for: grounds.filter(({ db }) => db > 0),
    against: grounds.filter(({ db }) => db < 0),
    other: groundsOf(items, axis === 'routing' ? 'flood' : 'routing'),
    order: orderOf(found),
    blind,
    leaning: cause === 'undetermined' ? leaningOf(decision) : null,
    ruledOut,
    changedBecause: null,
    ...actionsFor({
      cause,
      items,
      ruledOut,
      harm: gates.mitigation?.isFault ? gates.mitigation.because : null,
      watched: given.watched,
    }),
  }
  const told = sideOf(cause)
  const next = previous === null ? verdict : numbered(verdict, previous)
  // It takes some milliseconds to find, and is the same where all that decides is.
  const { wouldChange, missing } =
    previous?.version === next.version
      ? previous
      : counterfactual(found, gates, cause, blind, given.watched)
  return {
    verdict: { ...next, wouldChange, missing },
    history: { told: told === 'neither' ? history.told : told, found: side },
  }
}

/** A verdict goes to another side only when two evaluations in a row have found it there. */
function isHeld(side: Side, { previous, history: { told, found } }: Case): boolean {
  if (previous === null || side === 'neither' || told === null) return false
  return side !== told && side !== found
}

function leaningOf({ routing, flood }: Decision): Verdict['leaning'] {
  if (Math.max(routing.db, flood.db) < LEANS || routing.db === flood.db) return null
  return routing.db > flood.db ? 'routing-fault' : 'traffic-flood'
}

/** What is told for the time being is not ruled out in the same breath. */
function ruledOutBy({ routing, flood }: Decision, cause: Cause): Verdict['ruledOut'] {
  const side = sideOf(cause)
  const out: Verdict['ruledOut'][number][] = []
  if (routing.db <= RULED_OUT && side !== 'fault' && side !== 'both') out.push('routing-fault')
  if (flood.db <= RULED_OUT && side !== 'flood' && side !== 'both') out.push('traffic-flood')
  return out
}

const caps = [0.6, 0.6, 0.8, 0.95]

function confidenceOf(
  { routing, flood, gated }: Decision,
  cause: Cause,
  { planes: states, watched }: Case,
): [confidence: number, capped: string | null] {
  if (cause === 'undetermined') return [0, null]
  const of = (db: number) => 1 / (1 + 10 ** (-db / 10))
  const side = sideOf(cause)
  // A gate is a rule: it is as sure as what we see with.
  const likely =
    gated || side === 'neither'
      ? 1
      : side === 'both'
        ? Math.min(of(routing.db), of(flood.db))
        : of(side === 'fault' ? routing.db : flood.db)
  // That nobody tells of changes is no blindness of a sense.
  const seen = planes.filter((plane) => plane !== 'change' && states[plane] !== 'blind')
  const cap = watched ? (caps[Math.min(seen.length, 3)] ?? 0.95) : 0.6
  const confidence = Math.round(Math.min(likely, cap) * 1_000) / 1_000
  if (likely <= cap) return [confidence, null]
  if (!watched) return [confidence, 'not a network of ours: only its routing is seen']
  if (seen.length >= 3) return [confidence, 'no verdict is surer']
  return [confidence, `only ${seen.join(' and ') || 'nothing'} is seen`]
}

function orderOf(items: readonly { id: EvidenceId; because: string }[]): string {
  const words = {
    'ord.routing_first': 'routing first',
    'ord.traffic_first': 'traffic first',
    'ord.unresolved': 'unresolved',
  } as const
  for (const [id, says] of Object.entries(words)) {
    const item = items.find((one) => one.id === id)
    if (item) return `${says}: ${item.because}`
  }
  return 'unresolved: there are no two onsets to compare'
}

/** Ids that weigh something. */
function idsOf(verdict: Unsupposed): Set<EvidenceId> {
  const all: Ground[] = [...verdict.for, ...verdict.against, ...verdict.other]
  return new Set(all.flatMap(({ id }) => (id === 'prior' || id === 'limit' ? [] : [id])))
}

/** The next version where something that decides is another than before. */
function numbered(verdict: Unsupposed, previous: Verdict): Unsupposed {
  const reasons: string[] = []
  const now = idsOf(verdict)
  const before = idsOf(previous)
  const changed = (some: Set<EvidenceId>, others: Set<EvidenceId>) =>
    [...some].filter((id) => !others.has(id)).sort((a, b) => most(b) - most(a) || (a < b ? -1 : 1))
  const arrived = changed(now, before)
  const left = changed(before, now)
  if (arrived.length > 0) reasons.push(`arrived: ${arrived.join(', ')}`)
  if (left.length > 0) reasons.push(`gone: ${left.join(', ')}`)
  const lost = verdict.blind.filter((plane) => !previous.blind.includes(plane))
  const back = previous.blind.filter((plane) => !verdict.blind.includes(plane))
  if (lost.length > 0) reasons.push(`blind now: ${lost.join(', ')}`)
  if (back.length > 0) reasons.push(`seen again: ${back.join(', ')}`)
  const other =
    verdict.cause !== previous.cause ||
    verdict.leaning !== previous.leaning ||
    verdict.ruledOut.join() !== previous.ruledOut.join()
  if (!other && reasons.length === 0)
    return { ...verdict, version: previous.version, changedBecause: previous.changedBecause }
  if (verdict.cause !== previous.cause) {
    reasons.unshift(`it was ${causeWords[previous.cause]}`)
    // Nothing came and nothing went: it was found twice, or a gate opened or closed.
    if (reasons.length === 1) reasons.push(verdict.because)
  }
  if (reasons.length === 0) reasons.push('what was found weighs more or less than before')
  return { ...verdict, version: previous.version + 1, changedBecause: reasons.join('; ') }
}

const most = (id: EvidenceId): number => {
  const item = { id, because: '' }
  return Math.max(Math.abs(weightOf(item, 'routing')), Math.abs(evidence[id].flood))
}
