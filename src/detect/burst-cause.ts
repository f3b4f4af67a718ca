// What losses of one minute have in common: are there enough of them, of enough networks, and did most
// of their routes go through one network.

import type { Asn } from '../core/asn.ts'
import type { Hold } from '../core/hold.ts'
import type { Counts, Severity, Signal, Tag } from '../core/incident.ts'
import type { Afi } from '../core/prefix.ts'
import type { Instant } from '../core/time.ts'
import { UNKNOWN_PATH, type View } from '../core/view.ts'
import { witnessTag } from './outage-as.ts'

/** A prefix that was lost, and the element that took it below the bar. */
export interface Lost {
  readonly at: Instant
  readonly origin: Asn
  readonly vantage: number
  /** The path that was left; UNKNOWN_PATH when neither it nor another is known. */
  readonly path: number
  /** That path is one others still held then: of the one that was left nothing is known. */
  readonly guessed: boolean
  readonly file: number
  readonly offset: number
}

/** One that was told, while it lasts. */
export interface Burst {
  readonly key: string
  readonly transit: Asn
  readonly share: number
  readonly afi: Afi
  readonly hold: Hold
  readonly startedAt: Instant
  /** Losses taken up, and whether they are still that. */
  readonly members: Map<number, Lost>
  readonly lost: Set<number>
  readonly byOrigin: Map<Asn, number>
  peak: number
  /** It still grows; what is lost afterwards is another story. */
  growsUntil: Instant
  regainedAt: Instant
  told: Signal['phase'] | null
  changed: boolean
  /** When it was looked at last, and how many were lost then. */
  toldAt: Instant
  toldOf: number
  absorbs: readonly string[]
  /** What its networks may say of themselves, by network. */
  readonly keysOf: Map<Asn, readonly string[]>
  /** What was shown when most were lost. */
  samples: Signal['samples']
}

export interface BurstBar {
  readonly prefixes: number
  readonly origins: number
  readonly transitShare: number
}

/** Fewer are never a burst, however small the table. */
const FEW_PREFIXES = 20
const FEW_ORIGINS = 5

/** In a table of a few hundred prefixes two hundred are all of it. */
export function barOf(
  { prefixes, origins, tableShare, transitShare }: BurstBar & { readonly tableShare: number },
  table: number,
): BurstBar {
  const some = Math.max(FEW_PREFIXES, Math.ceil(tableShare * table))
  if (some >= prefixes) return { prefixes, origins, transitShare }
  const few = Math.max(FEW_ORIGINS, Math.ceil((origins * some) / prefixes))
  return { prefixes: some, origins: Math.min(origins, few), transitShare }
}

/** The network through which they went, 0 = none in particular; null when they are no burst at all. */
export function causeOf(
  view: View,
  losses: ReadonlyMap<number, Lost>,
  bar: BurstBar,
): { readonly transit: Asn; readonly share: number } | null {
  if (losses.size < bar.prefixes) return null
  const byOrigin = new Map<Asn, number>()
  for (const { origin } of losses.values()) byOrigin.set(origin, (byOrigin.get(origin) ?? 0) + 1)
  if (byOrigin.size < bar.origins) return null
  const common = commonTransit(view, losses, bar)
  if (common) return common
  // One large network and twenty of the small losses of any minute are no burst: none counts for more
  // than its share of the bar.
  const most = Math.ceil(bar.prefixes / bar.origins)
  let counted = 0
  for (const n of byOrigin.values()) counted += Math.min(n, most)
  return counted >= bar.prefixes ? { transit: 0, share: 0 } : null
}

interface Transit {
  asn: Asn
  prefixes: number
  /** Of these, where it was the vantage point's own network. */
  own: number
  /** Sum of the hops between it and the origin. */
  distance: number
}

function commonTransit(view: View, losses: ReadonlyMap<number, Lost>, bar: BurstBar) {
  const transits = new Map<Asn, Transit>()
  let known = 0
  for (const { path } of losses.values()) {
    if (path <= UNKNOWN_PATH) continue
    known++
    const hops = view.hops(path)
    for (let i = 0; i < hops.length; i++) {
      const asn = hops[i] as Asn
      let transit = transits.get(asn)
      if (!transit) {
        transit = { asn, prefixes: 0, own: 0, distance: 0 }
        transits.set(asn, transit)
      }
      transit.prefixes++
      transit.distance += hops.length - 1 - i
      if (i === 0) transit.own++
    }
  }
  if (known * 2 < losses.size) return null
  const common = [...transits.values()].filter(
    ({ asn, prefixes, own }) =>
      prefixes >= Math.max(bar.prefixes, bar.transitShare * known) &&
      // What one witness lost, with its own network at the head of each path, says nothing of that.
      own * 2 <= prefixes &&
      originsBehind(view, losses, asn) >= bar.origins,
  )
  if (common.length === 0) return null
  const most = Math.max(...common.map(({ prefixes }) => prefixes))
  // Of those on nearly all of the paths the one nearest to who was lost: what is behind it all stands.
  const [first] = common
    .filter(({ prefixes }) => prefixes >= 0.95 * most)
    .sort((a, b) => a.distance / a.prefixes - b.distance / b.prefixes || a.asn - b.asn)
  return first ? { transit: first.asn, share: first.prefixes / known } : null
}

/** Networks that lost what went through it: asked of the few that stand before enough of the losses. */
function originsBehind(view: View, losses: ReadonlyMap<number, Lost>, transit: Asn): number {
  const origins = new Set<Asn>()
  for (const loss of losses.values())
    if (loss.path > UNKNOWN_PATH && goesThrough(view, loss, transit)) origins.add(loss.origin)
  return origins.size
}

/** Whether a loss is one of that transit; who left a path that nobody knows may be. */
export function goesThrough(view: View, { path }: Lost, transit: Asn): boolean {
  if (transit === 0 || path <= UNKNOWN_PATH) return true
  const hops = view.hops(path)
  for (let i = 0; i < hops.length; i++) if (hops[i] === transit) return true
  return false
}

/** A path on which most of those who vote still hold it; of those that are equal the first in text. */
export function heldPath(view: View, prefix: number): number {
  const held = new Map<number, number>()
  view.eachRoute(prefix, (_, path) => {
    if (path > UNKNOWN_PATH) held.set(path, (held.get(path) ?? 0) + 1)
  })
  let best = UNKNOWN_PATH
  let most = 0
  for (const [path, n] of held) {
    if (n < most || (n === most && view.pathText(path) >= view.pathText(best))) continue
    best = path
    most = n
  }
  return best
}

export function severityOf({ prefixes, share }: Counts): Severity {
  if (share >= 0.5) return 'critical'
  return prefixes >= 1_000 || share >= 0.1 ? 'major' : 'minor'
}

export function tagsOf(
  transit: Asn,
  share: number,
  members: ReadonlyMap<number, Lost>,
  counts: Counts,
): Tag[] {
  const { prefixes, origins = 0 } = counts
  const tags: Tag[] = [
    {
      name: 'prefixes.many',
      score: prefixes >= 1_000 ? 3 : 2,
      because: `${prefixes} prefixes of ${origins} networks were lost within minutes`,
    },
  ]
  if (transit !== 0)
    tags.push({
      name: 'transit.common',
      score: share >= 0.9 ? 3 : 2,
      because: `${Math.round(share * 100)} % of the routes that are known went through AS${transit}`,
    })
  else
    tags.push({ name: 'transit.none', score: 1, because: 'no network stands before most of them' })
  let guessed = 0
  for (const loss of members.values()) if (loss.guessed || loss.path <= UNKNOWN_PATH) guessed++
  if (guessed * 2 > members.size)
    tags.push({
      name: 'paths.guessed',
      score: -1,
      because: 'the paths that were left are not known, only those that others held',
    })
  tags.push(witnessTag(counts))
  return tags
}

export const sameKeys = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((key, i) => key === b[i])
