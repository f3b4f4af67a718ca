// How sure a leak is: named reasons for and against, which add up (detection.md §10.4).

import type { Asn } from '../core/asn.ts'
import type { Context } from '../core/context.ts'
import type { Counts, PathSample, Segment, Severity, Signal, Tag } from '../core/incident.ts'
import { type LeakCase, Reason, STRONG } from './leak-case.ts'

/** What is known of a leak beside its counts. */
export interface LeakFacts {
  readonly counts: Counts
  readonly segments: readonly Segment[]
  readonly reasons: number
  /** One of its links carries a great deal by itself. */
  readonly mass: boolean
  /** Neighbours between which the culprit ordinarily passes routes on. */
  readonly degree: number
  /** A few of its routes, with their paths before and now. */
  readonly paths: readonly PathSample[]
  /** It leaked before, and that is over. */
  readonly leakedBefore: boolean
}

/** So few neighbours are a small network's. */
const SMALL = 5
const CARRIES = 10
/** So many times in a row, a network says that it does not want the traffic. */
const PREPENDS = 4

/** Nothing but missing votes, or a newcomer, speaks for it. */
export const isOnlyWeak = ({ reasons, mass }: Pick<LeakFacts, 'reasons' | 'mass'>): boolean =>
  (reasons & STRONG) === 0 && !mass

export function leakTags(facts: LeakFacts, context: Context): Tag[] {
  const { reasons, mass, segments } = facts
  const first = segments[0] ?? { from: 0, by: 0, to: 0 }
  const tags: Tag[] = []
  const add = (name: string, score: number, because: string) => tags.push({ name, score, because })
  const { from, by, to } = first
  if ((reasons & Reason.cliqueBreak) !== 0)
    add(
      'clique.break',
      4,
      `AS${by} stands between transit-free networks, as in ${to} ${by} ${from}`,
    )
  if ((reasons & Reason.hairpin) !== 0)
    add('hairpin', 3, `AS${by} passes one provider's routes to another (RFC 7908 type 1)`)
  if ((reasons & Reason.otc) !== 0)
    add('otc', 3, `Only-to-Customer was set before AS${by} told one who is not its customer`)
  if ((reasons & Reason.aspa) !== 0)
    add('aspa', 3, `ASPA: AS${by} is no provider of those it was told by and told`)
  if ((reasons & Reason.filed) !== 0)
    add('relations.file', 2, `neither AS${from} nor AS${to} buys from AS${by} by the file`)
  if (mass)
    add('link.mass', 4, `AS${to} never got transit from AS${by} before, and now a great deal`)
  add('novel', 2, 'none of these routes went that way in the baseline')
  against(facts, first, context, add)
  extent(facts, first, add)
  return tags
}

type Add = (name: string, score: number, because: string) => void

function against(
  { reasons, mass }: LeakFacts,
  { from, by, to }: { readonly from: Asn; readonly by: Asn; readonly to: Asn },
  context: Context,
  add: Add,
): void {
  if (isOnlyWeak({ reasons, mass })) {
    if ((reasons & Reason.unpaid) !== 0)
      add('weak', -2, `AS${by} seems to be paid by neither, but no path through the clique tells`)
    else add('unknown', -3, `what AS${from} and AS${to} are to AS${by} is unknown`)
  }
  const research = [by, from, to].find((asn) => context.isResearch(asn))
  if (research !== undefined)
    add('research', -4, `AS${research} is a research network: its transit is not for money`)
  if (context.isScrubber(by))
    add('scrubber', -6, `AS${by} passes on its customers' routes to clean their traffic`)
  const sibling = [from, to].find((asn) => isSibling(context, asn, by))
  if (sibling !== undefined) add('siblings', -8, `AS${by} and AS${sibling} are of one organisation`)
}

const isSibling = (context: Context, a: Asn, b: Asn): boolean =>
  context.sameOrganisation(a, b) || context.relation(a, b) === 'sibling'

/** How far it goes, and through how unlikely a network. */
function extent(
  { counts, reasons, degree, paths, leakedBefore }: LeakFacts,
  { by, to }: { readonly by: Asn; readonly to: Asn },
  add: Add,
): void {
  const { origins = 0, share, prefixes } = counts
  if (origins >= CARRIES && degree <= SMALL)
    add('cone.small', 2, `AS${by} ordinarily stands between ${degree} networks or none`)
  const before = paths.filter((path) => path.before !== null)
  if (before.length > 0 && before.every((path) => !asnsOf(path.before).includes(by)))
    add('popup', 1, `AS${by} was not on the paths before`)
  if ((reasons & Reason.newLink) !== 0)
    add('link.new', 1, `AS${to} was never told others' routes by AS${by}`)
  if (origins >= 10)
    add('origins', origins >= 100 ? 2 : 1, `${prefixes} prefixes of ${origins} origins`)
  if (share >= 0.1)
    add(
      'spread',
      share >= 0.5 ? 2 : 1,
      `${counts.peerAsns} peer ASNs, ${Math.round(share * 100)} %, took it`,
    )
  if (paths.some((path) => prepends(path.after, by) >= PREPENDS))
    add('prepends', 0, `AS${by} makes its paths longer: it does not want these routes used`)
  if (leakedBefore) add('recurring', 0, `AS${by} has leaked before, in these thirty days`)
}

const asnsOf = (path: string | null): Asn[] => (path ?? '').split(' ').map(Number)

/** How often in a row it stands there. */
function prepends(path: string | null, asn: Asn): number {
  let most = 0
  let run = 0
  for (const hop of asnsOf(path)) {
    run = hop === asn ? run + 1 : 0
    most = Math.max(most, run)
  }
  return most
}

/** Whether there is anything in its neighbourhood that speaks against it being a leak. */
export function mayBeInnocent(open: readonly LeakCase[], context: Context): boolean {
  return open.some(({ by, to, from }) =>
    [to, ...from.keys()].some(
      (asn) => isSibling(context, asn, by) || context.isResearch(asn) || context.isResearch(by),
    ),
  )
}

export const scoreOf = (tags: Signal['tags']): number =>
  tags.reduce((sum, tag) => sum + tag.score, 0)

export function leakSeverity({ prefixes, share }: Counts): Severity {
  if (prefixes >= 1_000 && share >= 0.25) return 'critical'
  return prefixes >= 100 || share >= 0.25 ? 'major' : 'minor'
}
