// Is an address one of ours? Prefixes as intervals in order, without overlaps.

import { maskWord, parsePrefix } from '../core/prefix.ts'

export type IsOwn = (afi: number, w0: number, w1: number, w2: number, w3: number) => boolean

interface Interval {
  readonly from: number
  readonly to: number
}

/** 53 bits of an IPv6 address make an exact number: what is longer than /52 is kept as its /52. */
const wide = (w0: number, w1: number): number => (w0 >>> 0) * 2 ** 20 + (w1 >>> 12)

export class OwnSpace {
  #v4: readonly Interval[] = []
  #v6: readonly Interval[] = []

  constructor(prefixes: readonly string[] = []) {
    this.set(prefixes)
  }

  get known(): boolean {
    return this.#v4.length + this.#v6.length > 0
  }

  /** In place of what it was; text that is no prefix is passed over. */
  set(prefixes: readonly string[]): void {
    const v4: Interval[] = []
    const v6: Interval[] = []
    for (const text of prefixes) {
      const prefix = parsePrefix(text)
      if (!prefix) continue
      const [w0, w1] = prefix.words
      const [end0, end1] = [
        w0 | ~maskWord(prefix.length, 0),
        w1 | ~maskWord(Math.min(prefix.length, 52), 1),
      ]
      if (prefix.afi === 4) v4.push({ from: w0 >>> 0, to: end0 >>> 0 })
      else v6.push({ from: wide(w0, w1), to: wide(end0, end1) })
    }
    this.#v4 = merged(v4)
    this.#v6 = merged(v6)
  }

  readonly has: IsOwn = (afi, w0, w1) =>
    afi === 4 ? within(this.#v4, w0 >>> 0) : within(this.#v6, wide(w0, w1))
}

function merged(intervals: Interval[]): Interval[] {
  intervals.sort((a, b) => a.from - b.from || a.to - b.to)
  const out: Interval[] = []
  for (const next of intervals) {
    const last = out.at(-1)
    if (last && next.from <= last.to + 1)
      out[out.length - 1] = { from: last.from, to: Math.max(last.to, next.to) }
    else out.push(next)
  }
  return out
}

function within(intervals: readonly Interval[], value: number): boolean {
  let low = 0
  let high = intervals.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((intervals[middle] as Interval).from <= value) low = middle + 1
    else high = middle
  }
  return low > 0 && (intervals[low - 1] as Interval).to >= value
}
