// Address space as a union of intervals, in units of /24 (IPv4) or /48 (IPv6): a prefix and the
// more-specifics inside it are the same addresses and count once.

import { space } from '../core/prefix.ts'
import type { View } from '../core/view.ts'

export class Space {
  /** Sum of all units in the union. */
  units = 0
  readonly #starts: number[] = []
  readonly #ends: number[] = []

  /** `prefixes` of one family, by address (address.ts). */
  constructor(view: View, prefixes: readonly number[]) {
    const starts = this.#starts
    const ends = this.#ends
    let end = -1
    for (const prefix of prefixes) {
      const from = view.firstUnit(prefix)
      const to = from + sizeOf(view, prefix)
      if (to <= end || to === from) continue
      if (from <= end) {
        this.units += to - end
        ends[ends.length - 1] = to
      } else {
        this.units += to - from
        starts.push(from)
        ends.push(to)
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
