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
    // Twice the middle of a prefix says where it begins and how large it is: numbers sort fast.
    const keys = new Float64Array(prefixes.length)
    let count = 0
    for (const p of prefixes) {
      const size = sizeOf(view, p)
      if (size > 0) keys[count++] = 2 * view.firstUnit(p) + size
    }
    const starts = this.#starts
    const ends = this.#ends
    for (const key of keys.subarray(0, count).sort()) {
      const size = lowestBit(key)
      const from = (key - size) / 2
      const to = from + size
      let last = starts.length - 1
      // More-specifics of its lower half came before it.
      for (; last >= 0 && (starts[last] as number) >= from; last--) {
        this.units -= (ends.pop() as number) - (starts.pop() as number)
      }
      const end = last >= 0 ? (ends[last] as number) : -1
      if (end < from) {
        starts.push(from)
        ends.push(to)
        this.units += size
      } else if (to > end) {
        ends[last] = to
        this.units += to - end
      }
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

function lowestBit(n: number): number {
  const low = n | 0
  if (low !== 0) return (low & -low) >>> 0
  const high = (n / 2 ** 32) | 0
  return (high & -high) * 2 ** 32
}
