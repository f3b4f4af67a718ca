// `withdrawal.mass`: many prefixes of one network are gone, but their addresses are still carried by
// a less specific of the same network, or by its other prefixes together. Traffic flows: that is
// traffic engineering or the end of a mitigation, worth a line and not a page.

import { minutes, type Span, seconds } from '../core/time.ts'
import type { View } from '../core/view.ts'
import { LossDetector } from './loss-detector.ts'
import type { Losses } from './losses.ts'
import { isOutage, type OutageSettings, witnessTag } from './outage-as.ts'

export interface WithdrawalSettings {
  /** Covered prefixes lost, at least, and as a share of all prefixes of the network. */
  readonly prefixes: number
  readonly share: number
  readonly confirm: Span
  readonly closeOfPeak: number
  readonly clear: Span
}

export const withdrawalDefaults: WithdrawalSettings = {
  prefixes: 5,
  // Hosters' customers come and go by a few per cent of all prefixes all day.
  share: 0.25,
  confirm: seconds(45),
  closeOfPeak: 0.1,
  clear: minutes(5),
}

export function massWithdrawal(
  view: View,
  losses: Losses,
  s: WithdrawalSettings,
  outage: OutageSettings,
): LossDetector {
  return new LossDetector(view, losses, {
    kind: 'withdrawal.mass',
    family: 'withdrawal',
    holds: (loss) =>
      loss.covered.length >= Math.max(s.prefixes, s.share * loss.of) && !isOutage(loss, outage),
    size: (loss) => loss.covered.length,
    clears: (loss, peak) => loss.covered.length <= s.closeOfPeak * peak,
    confirm: () => s.confirm,
    clear: s.clear,
    prefixes: (loss) => loss.covered,
    since: (loss) => loss.coveredSince,
    share: (loss) => loss.covered.length / Math.max(1, loss.of),
    severity: () => 'minor',
    tags: (loss, counts) => {
      const cover = view.coveredBy(loss.covered[0] ?? -1)
      const through = cover >= 0 ? `, as by ${view.prefixText(cover)}` : ''
      return [
        {
          name: 'prefixes.many',
          score: loss.covered.length >= 10 ? 3 : 2,
          because: `${loss.covered.length} of ${loss.of} prefixes withdrawn`,
        },
        {
          name: 'covered',
          score: 1,
          because: `their addresses are still carried by the same origin${through}`,
        },
        witnessTag(counts),
      ]
    },
    memorable: () => false,
  })
}
