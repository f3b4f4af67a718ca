// Whose word counts now. A vantage point whose session has fallen, or that we have lost sight of, keeps in
// the table what it said last: that is no sign that anything goes on, and must not hold an incident open.

import { type Instant, type Span, seconds } from '../core/time.ts'
import { PeerState, type View } from '../core/view.ts'

const TICK: Span = seconds(10)

/** Whether a vantage point is heard. Where nobody is, silence means nothing: what was said still stands. */
export function hearing(view: View): (vantage: number) => boolean {
  const { active, quarantined } = view.vantage()
  if (active + quarantined === 0) return () => true
  return (vantage) => {
    const state = view.peerState(vantage)
    return state === PeerState.active || state === PeerState.quarantined
  }
}

/** Of vantage points → routes: how many are heard, and their routes. */
export function present(
  view: View,
  ...all: readonly ReadonlyMap<number, number>[]
): { readonly vantages: number; readonly routes: number } {
  const isHeard = hearing(view)
  const vantages = new Set<number>()
  let routes = 0
  for (const routesOf of all)
    for (const [vantage, n] of routesOf) {
      if (!isHeard(vantage)) continue
      vantages.add(vantage)
      routes += n
    }
  return { vantages: vantages.size, routes }
}

/**
 * When it ended, of what is over since the tick `clearSince`: with the last route that left. Where no
 * route left then, those who held it have fallen silent, and that tick is all we know.
 */
export function endOf(lastLeft: Instant, clearSince: Instant | null): Instant {
  return clearSince === null || lastLeft >= clearSince - TICK ? lastLeft : clearSince
}
