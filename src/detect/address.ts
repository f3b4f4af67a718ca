// Prefixes by their addresses: the order in which we met them must not show in what is said of them.

import type { View } from '../core/view.ts'

/** Text is made only of those that lie in the same unit. */
export const byAddress =
  (view: View) =>
  (a: number, b: number): number =>
    view.afi(a) - view.afi(b) ||
    view.firstUnit(a) - view.firstUnit(b) ||
    view.length(a) - view.length(b) ||
    (a === b ? 0 : view.prefixText(a) < view.prefixText(b) ? -1 : 1)

/** The first `count` of them, without sorting all the others. */
export function firstOf(view: View, prefixes: Iterable<number>, count: number): number[] {
  const order = byAddress(view)
  const first: number[] = []
  for (const prefix of prefixes) {
    if (first.length === count && order(prefix, first[count - 1] as number) >= 0) continue
    let i = first.length
    while (i > 0 && order(prefix, first[i - 1] as number) < 0) i--
    first.splice(i, 0, prefix)
    if (first.length > count) first.pop()
  }
  return first
}
