// `withdrawal.mass`: many prefixes of one network are gone, but their addresses are still carried by
// a less specific of the same network, or by its other prefixes together. Traffic flows: that is
// traffic engineering or the end of a mitigation, worth a line and not a page.

import { minutes, type Span, seconds } from '../core/time.ts'
import type { View } from '../core/view.ts'
import { LossDetector } from './loss-detector.ts'
import type { Losses } from './losses.ts'
import { witnessTag } from './outage-as.ts'

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

export function massWithdrawal(view: View, losses: Losses, s: WithdrawalSettings): LossDetector {
  return new LossDetector(view, losses, {
    kind: 'withdrawal.mass',
    family: 'withdrawal',
    holds: (loss) => loss.leftCovered.length >= Math.max(s.prefixes, s.share * loss.of),
    size: (loss) => loss.leftCovered.length,
    clears: (loss, peak) => loss.leftCovered.length <= s.closeOfPeak * peak,
    confirm: () => s.confirm,
    clear: s.clear,
    prefixes: (loss) => loss.leftCovered,
    covered: (loss) => loss.leftCovered.length,
    since: (loss) => loss.leftSince,
    share: (loss) => loss.leftCovered.length / Math.max(1, loss.of),
    severity: () => 'minor',
    tags: (loss, counts) => {
      const cover = coverOf(view, loss.leftCovered)
      return [
        {
          name: 'prefixes.many',
          score: loss.leftCovered.length >= 10 ? 3 : 2,
          because: `${loss.leftCovered.length} of ${loss.of} prefixes withdrawn`,
        },
        {
          name: 'covered',
          score: 1,
          because: `their addresses are still carried by the same origin${cover}`,
        },
        witnessTag(counts),
      ]
    },
    cap: (loss) =>
      loss.leftCovered.length > loss.covered.length
        ? { level: 'low', because: 'what covered them is missing too, though not for long' }
        : null,
    memorable: () => false,
  })
}

/** `, as by 198.51.100.0/22`: the less specific that the first of them falls back to. */
function coverOf(view: View, prefixes: readonly number[]): string {
  for (const prefix of prefixes) {
    for (let p = view.parentOf(prefix); p >= 0; p = view.parentOf(p))
      if (view.reachable(p)) return `, as by ${view.prefixText(p)}`
  }
  return ''
}
