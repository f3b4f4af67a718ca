// How sure a detector may be. Evidence adds up as named tags (1–3 low, 4–7 medium, 8 and more high);
// scarcity of witnesses or a thin baseline does not silence, it sets a cap and says so.

import type { Counts, Level, Signal } from '../core/incident.ts'
import type { View } from '../core/view.ts'

type Cap = Signal['cap']

const order: readonly Level[] = ['low', 'medium', 'high']

/** The lowest of several caps; null when none applies. */
export function lowest(...caps: readonly Cap[]): Cap {
  let least: Cap = null
  for (const cap of caps) {
    if (cap && (!least || order.indexOf(cap.level) < order.indexOf(least.level))) least = cap
  }
  return least
}

/**
 * `wiped`: nothing at all is left of three prefixes or more. That is believed even where the baseline
 * is only what the input itself says (DESIGN §2.6).
 */
export function capOf(view: View, counts: Counts, wiped: boolean): Cap {
  return lowest(baselineCap(view, wiped), witnessCap(counts))
}

export function baselineCap(view: View, wiped: boolean): Cap {
  if (view.baseline === 'rib') return null
  const learned =
    view.baseline === 'learned-live' ? 'learned while running' : 'learned from the input itself'
  if (view.narrow || wiped) {
    return { level: 'medium', because: `the baseline was ${learned}` }
  }
  return { level: 'low', because: `the baseline was ${learned}, and every origin is watched` }
}

export function witnessCap({ peerAsns, collectors }: Counts): Cap {
  // Three peers of one collector that agree are an ordinary day at a small collector: each of them
  // has upstreams of its own to lose (quiet-control.rrc06 holds 16 such losses in three hours).
  if (peerAsns < (collectors < 2 ? 5 : 3))
    return { level: 'low', because: `only ${peerAsns} peer ASNs saw it` }
  if (peerAsns < 10 && collectors < 2)
    return { level: 'medium', because: `${peerAsns} peer ASNs of one collector saw it` }
  return null
}

/** So many of those we hear must have carried it for their silence to be news. */
const SPOKEN = 0.25

/**
 * Learned while running, the reference is whoever happened to speak of it: a few behind one upstream
 * that flaps, while all the others may carry it without a word.
 */
export function silenceCap(view: View, prefixes: readonly number[]): Cap {
  if (view.baseline !== 'learned-live' || prefixes.length === 0) return null
  const spoken = prefixes.reduce((n, prefix) => Math.max(n, view.reference(prefix)), 0)
  const { heard } = view
  if (spoken >= SPOKEN * heard) return null
  return {
    level: 'low',
    because: `only vantage points of ${spoken} of ${heard} networks have ever spoken of it`,
  }
}
