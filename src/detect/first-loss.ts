// When what is lost now began to be: a withdrawal of long ago is no part of it.

import { type Instant, minutes, type Span } from '../core/time.ts'
import type { View } from '../core/view.ts'

/** Losses whose starts lie further apart are different stories. */
const STORY: Span = minutes(15)

/** The first loss of the latest story: losses that follow each other without a long pause; 0 = none. */
export function firstLoss(view: View, prefixes: readonly number[]): Instant {
  const starts = prefixes.map((p) => view.lossStart(p)).filter((at) => at > 0)
  starts.sort((a, b) => b - a)
  let first = starts[0] ?? 0
  for (const at of starts) {
    if (first - at > STORY) break
    first = at
  }
  return first
}
