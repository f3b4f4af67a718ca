// Address space as a union of intervals, in units of /24 (IPv4) or /48 (IPv6): a prefix and the
// more-specifics inside it are the same addresses and count once.

import { space } from '../core/prefix.ts'
import type { View } from '../core/view.ts'

export class Space {
  /** Sum of all units in the union. */
  units = 0
  #count = 0
  #starts = new Float64Array(64)
  #ends = new Float64Array(64)

  /** Becomes the union of the first `count` of `prefixes`: of one family, by address (address.ts). */
  fill(view: View, prefixes: ArrayLike<number>, count = prefixes.length): this {
    this.#count = this.units = 0
    let end = -1
    for (let i = 0; i < count; i++) {
      const prefix = prefixes[i] as number
      const from = view.firstUnit(prefix)
      const to = from + sizeOf(view, prefix)
      if (to <= end || to === from) continue
      if (from <= end) {
        this.units += to - end
        this.#ends[this.#count - 1] = to
      } else {
        this.units += to - from
        if (this.#count === this.#starts.length) this.#grow()
        this.#starts[this.#count] = from
        this.#ends[this.#count++] = to
      }
      end = to
    }
    return this
  }

  #grow(): void {
    const starts = new Float64Array(this.#count * 2)
    const ends = new Float64Array(this.#count * 2)
    starts.set(this.#starts)
    ends.set(this.#ends)
    this.#starts = starts
    this.#ends = ends
  }

  /** Whether all of the prefix lies inside; one longer than a unit does when its unit does. */
  holds(view: View, prefix: number): boolean {
    const from = view.firstUnit(prefix)
    const to = from + Math.max(1, sizeOf(view, prefix))
    let low = 0
    let high = this.#count
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#starts[middle] as number) <= from) low = middle + 1
      else high = middle
    }
    return low > 0 && to <= (this.#ends[low - 1] as number)
  }
}

const sizeOf = (view: View, prefix: number): number => space(view.afi(prefix), view.length(prefix))
