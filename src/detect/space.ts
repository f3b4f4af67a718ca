// Address space as a union of intervals, in units of /24 (IPv4) or /48 (IPv6): a prefix and the
// more-specifics inside it are the same addresses and count once.

import { space } from '../core/prefix.ts'
import type { View } from '../core/view.ts'

export class Space {
  /** Sum of all units in the union. */
  units = 0
  readonly #starts: number[] = []
  readonly #ends: number[] = []

  /** `prefixes` in any order, of one family. */
  constructor(view: View, prefixes: readonly number[]) {
    const rows = prefixes.map((p) => ({ from: view.firstUnit(p), size: sizeOf(view, p) }))
    rows.sort((a, b) => a.from - b.from || b.size - a.size)
    let end = -1
    for (const { from, size } of rows) {
      const to = from + size
      if (size === 0 || to <= end) continue
      if (from > end || this.#ends.length === 0) {
        this.#starts.push(from)
        this.#ends.push(to)
        this.units += size
      } else {
        this.#ends[this.#ends.length - 1] = to
        this.units += to - end
      }
      end = to
    }
  }

  /** Whether all of the prefix lies inside; one longer than a unit does when its unit does. */
  holds(view: View, prefix: number): boolean {
    const from = view.firstUnit(prefix)
    const to = from + Math.max(1, sizeOf(view, prefix))
    let low = 0
    let high = this.#starts.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#starts[middle] as number) <= from) low = middle + 1
      else high = middle
    }
    return low > 0 && to <= (this.#ends[low - 1] as number)
  }
}

const sizeOf = (view: View, prefix: number): number => space(view.afi(prefix), view.length(prefix))
