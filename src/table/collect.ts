// Paths that nobody needs any more. Unique paths never end: every flap of a far network makes new ones.
// When as many new ones have been met as there were at all, those that no route and no detector names
// are let go, all at once: a count for each would cost every announcement a look at the path it
// replaces (performance.md §6.8).
//
// When that is depends on what has happened alone, not on how far ahead of it batches were looked up:
// or the same days, replayed and live, could differ in what is new.

import type { Detector } from '../core/view.ts'
import { Need } from './paths.ts'
import type { Table } from './table.ts'

/**
 * How many are left that something needs. `held`: columns of numbers that were written down beside the
 * table, and may be looked up again; they do not count, because whether there are any is nothing that
 * happened.
 */
export function collectPaths(
  { paths, rib, more }: Table,
  detectors: readonly Detector[],
  held: Iterable<Int32Array>,
): number {
  const need = new Uint8Array(paths.count)
  for (const column of held) for (const path of column) need[path] = Need.held
  rib.paths((path) => {
    need[path] = Need.full
  })
  for (const path of more.paths()) need[path] = Need.full
  for (const detector of detectors)
    for (const path of detector.heldPaths?.() ?? []) need[path] = Need.full
  return paths.collect(need)
}
