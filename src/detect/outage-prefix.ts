// `outage.prefix`: single prefixes of a watched network are gone and nothing covers them, while the
// network as a whole is well. One incident for all of them; only asked about networks somebody
// watches, because in the whole table this happens every minute.

import { minutes, type Span, seconds } from '../core/time.ts'
import type { View } from '../core/view.ts'
import { LossDetector } from './loss-detector.ts'
import type { Losses } from './losses.ts'
import { isOutage, type OutageSettings, witnessTag } from './outage-as.ts'

/** Over when so little is left of the worst: one that never comes back holds nothing open. */
const LEFT = 0.1

export interface PrefixOutageSettings {
  readonly confirm: Span
  /** When hardly anybody has them any more. */
  readonly fastConfirm: Span
  readonly clear: Span
}

export const prefixOutageDefaults: PrefixOutageSettings = {
  // 1.5 times the mean time a withdrawal takes everywhere (121 s in RIS, detection.md §5.3).
  confirm: seconds(180),
  fastConfirm: seconds(60),
  clear: minutes(5),
}

export function outageOfPrefix(
  view: View,
  losses: Losses,
  s: PrefixOutageSettings,
  outage: OutageSettings,
): LossDetector {
  return new LossDetector(view, losses, {
    kind: 'outage.prefix',
    family: 'prefix',
    holds: (loss) => view.narrow && loss.uncovered.length > 0 && !isOutage(loss, outage),
    size: (loss) => loss.uncovered.length,
    // Grown into an outage of the network it is not over; the ledger makes it part of that.
    clears: (loss, peak) => loss.uncovered.length <= Math.floor(LEFT * peak),
    confirm: (loss) => (loss.down === loss.uncovered.length ? s.fastConfirm : s.confirm),
    clear: s.clear,
    prefixes: (loss) => loss.uncovered,
    covered: () => 0,
    since: (loss) => loss.uncoveredSince,
    share: (loss) => loss.share,
    severity: () => 'minor',
    tags: (loss, counts) => [
      {
        name: 'prefixes.lost',
        score: loss.down === loss.uncovered.length ? 3 : 2,
        because: `${loss.uncovered.length} of ${loss.of} prefixes lost, and nothing covers them`,
      },
      witnessTag(counts),
    ],
    cap: () => null,
    memorable: () => false,
  })
}
