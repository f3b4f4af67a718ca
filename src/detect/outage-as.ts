// `outage.as`: address space of a network is no longer reachable. Not "many withdrawals", but so much
// of what its prefixes stand for is carried by nobody any more (detection.md §5).

import type { Counts, Tag } from '../core/incident.ts'
import { minutes, type Span, seconds } from '../core/time.ts'
import type { View } from '../core/view.ts'
import { LossDetector } from './loss-detector.ts'
import type { Loss, Losses } from './losses.ts'

export interface OutageSettings {
  /** Lost ÷ all address space from which a network has an outage. */
  readonly share: number
  /** Lost prefixes, at least, and as a share of all; a smaller network must have lost all. */
  readonly prefixes: number
  readonly prefixShare: number
  /** Half of the space gone with so many prefixes at once is no path exploration: believed sooner. */
  readonly fastShare: number
  readonly fastPrefixes: number
  readonly fastConfirm: Span
  readonly confirm: Span
  /** Over when so little is lost for so long; relative to the worst, or in itself. */
  readonly closeShare: number
  readonly closeOfPeak: number
  readonly clear: Span
}

export const outageDefaults: OutageSettings = {
  // IODA's one per cent fits countries; a single network loses that every day.
  share: 0.1,
  prefixes: 3,
  prefixShare: 0.05,
  fastShare: 0.5,
  fastPrefixes: 5,
  // Half of the carriers are gone 37–55 s after the first; a single prefix takes 121 s in the mean
  // to leave all tables (detection.md §5.3).
  fastConfirm: seconds(45),
  confirm: seconds(180),
  closeShare: 0.05,
  closeOfPeak: 0.1,
  clear: minutes(5),
}

/** Whether what a network has lost is an outage of the network, not of single prefixes. */
export function isOutage(loss: Loss, s: OutageSettings): boolean {
  const needed = Math.min(loss.of, Math.max(s.prefixes, Math.ceil(s.prefixShare * loss.of)))
  return loss.uncovered.length > 0 && loss.share >= s.share && loss.uncovered.length >= needed
}

/** How much longer what may be a part of something larger is waited with. */
const LARGER: Span = seconds(45)

/** `larger`: whether that may be so. */
export function outageOfAs(
  view: View,
  losses: Losses,
  s: OutageSettings,
  larger?: { awaits(loss: Loss): boolean },
): LossDetector {
  return new LossDetector(view, losses, {
    kind: 'outage.as',
    family: 'outage',
    holds: (loss) => isOutage(loss, s),
    size: (loss) => loss.share,
    clears: (loss, peak) =>
      loss.share <= Math.max(s.closeOfPeak * peak, Math.min(s.closeShare, peak / 2)),
    confirm: (loss) =>
      loss.share >= s.fastShare && loss.uncovered.length >= s.fastPrefixes
        ? s.fastConfirm + (larger?.awaits(loss) ? LARGER : 0)
        : s.confirm,
    clear: s.clear,
    prefixes: (loss) => (loss.uncovered.length > 0 ? [...loss.uncovered, ...loss.covered] : []),
    covered: (loss) => (loss.uncovered.length > 0 ? loss.covered.length : 0),
    since: (loss) => loss.uncoveredSince,
    share: (loss) => loss.share,
    severity: (loss) => {
      if (loss.uncovered.length < s.prefixes && !view.narrow) return 'minor'
      if (loss.share >= 0.9 && view.narrow) return 'critical'
      return loss.share >= 0.5 ? 'major' : 'minor'
    },
    tags: (loss, counts) => lossTags(loss, counts),
    // A learned baseline does not know which of its prefixes stand still; what passes was exploration.
    cap: (_, age) =>
      view.baseline !== 'rib' && age < s.confirm
        ? { level: 'low', because: 'the baseline was learned, and the loss is young' }
        : null,
    memorable: (loss) => loss.uncovered.length >= s.fastPrefixes && loss.share >= s.fastShare,
  })
}

function lossTags(loss: Loss, counts: Counts): Tag[] {
  const percent = `${Math.round(loss.share * 100)} %`
  const lost = loss.uncovered.length
  const tags: Tag[] = [
    {
      name: 'space.lost',
      score: loss.share >= 0.9 ? 3 : loss.share >= 0.5 ? 2 : 1,
      because: `${percent} of its address space is carried by nobody any more`,
    },
  ]
  if (lost >= 3)
    tags.push({
      name: 'prefixes.many',
      score: lost >= 10 ? 2 : 1,
      because: `${lost} of ${loss.of} prefixes lost without cover`,
    })
  if (loss.down === lost && lost >= 3)
    tags.push({
      name: 'prefixes.down',
      score: 1,
      because: 'each is down to a quarter of its carriers or less',
    })
  tags.push(witnessTag(counts))
  return tags
}

export function witnessTag({ peerAsns, collectors }: Counts, did = 'lost them'): Tag {
  const where = collectors === 1 ? 'one collector' : `${collectors} collectors`
  return {
    name: 'witnesses',
    score: peerAsns >= 10 ? 2 : peerAsns >= 5 ? 1 : peerAsns >= 3 ? 0 : -2,
    because: `${peerAsns} peer ASNs at ${where} ${did}`,
  }
}
