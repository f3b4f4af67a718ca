// One incident told at length, for `faultline explain`: the page as it stands, everything that speaks for
// and against, and how the verdict came to be what it is, version by version.

import { evidence } from '../core/evidence.ts'
import type { Incident } from '../core/incident.ts'
import { planes } from '../core/sample.ts'
import { axisOf, type Ground, type Verdict } from '../core/verdict.ts'
import { clean } from './plain.ts'
import { headline, page, type StorySettings, story } from './story.ts'

/** `revisions` of one incident, any order; at least one. */
export function explanation(
  revisions: readonly [Incident, ...Incident[]],
  settings: StorySettings = {},
): string {
  const sorted = revisions.toSorted((a, b) => a.revision - b.revision)
  const latest = sorted.at(-1) ?? revisions[0]
  const { verdict } = latest
  if (verdict === null)
    return `${story(latest, settings)}\n\nThis incident has not been judged: there is no verdict.\n`
  const parts: [heading: string, lines: readonly string[]][] = [
    [headline(latest, settings), page(latest)],
    [`How it came about: ${clean(verdict.because)}.`, versions(sorted)],
    [on(verdict, 'own'), [...verdict.for, ...verdict.against].map(ground)],
    [on(verdict, 'other'), verdict.other.map(ground)],
    ['Order:', [verdict.order]],
    ['Planes:', planes.map((plane) => `${plane.padEnd(8)} ${seen(verdict, plane)}`)],
    ['Would settle it:', verdict.missing],
    ['Would change it:', verdict.wouldChange],
  ]
  return `${parts
    .filter(([, lines]) => lines.length > 0)
    .map(([heading, lines]) => [heading, ...lines.map((line) => `  ${clean(line)}`)].join('\n'))
    .join('\n\n')}\n`
}

/** The first revision that holds each version; those that nobody kept are counted. */
function versions(sorted: readonly Incident[]): string[] {
  const out: string[] = []
  let last = 0
  for (const { verdict, updatedAt } of sorted) {
    if (verdict === null || verdict.version <= last) continue
    const missing = verdict.version - last - 1
    if (missing > 0) out.push(`(${missing === 1 ? 'one version' : `${missing} versions`} not kept)`)
    last = verdict.version
    const { cause, confidence, routingDb, floodDb, changedBecause } = verdict
    const sums = `routing ${decibels(routingDb)}, flood ${decibels(floodDb)}`
    const why = changedBecause === null ? '' : `: ${changedBecause}`
    out.push(`v${last} ${updatedAt} ${cause} ${confidence.toFixed(2)} (${sums})${why}`)
  }
  return out
}

function on(verdict: Verdict, which: 'own' | 'other'): string {
  const routing = (axisOf(verdict) === 'routing') === (which === 'own')
  const name = routing ? 'a routing fault' : 'a flood'
  return `For and against ${name}, ${decibels(routing ? verdict.routingDb : verdict.floodDb)} in all:`
}

function ground({ id, db, because }: Ground): string {
  const when = id === 'prior' || id === 'limit' ? '' : ` (${id}: ${evidence[id].when})`
  return `${decibels(db).padStart(9)}  ${because}${when}`
}

function seen({ blind, for: pro, against, other }: Verdict, plane: (typeof planes)[number]) {
  if (blind.includes(plane)) return 'blind: weighs nothing'
  const ids = new Set([...pro, ...against, ...other].map(({ id }) => id))
  const found = [...ids].filter(
    (id) => id !== 'prior' && id !== 'limit' && evidence[id].plane === plane,
  )
  return found.length > 0 ? `seen: ${found.sort().join(', ')}` : 'seen, nothing found'
}

const decibels = (db: number): string => `${db > 0 ? '+' : db < 0 ? '−' : ''}${Math.abs(db)} dB`
