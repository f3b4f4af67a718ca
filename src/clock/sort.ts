// The messages of one batch in order: by instant, then by who speaks, then as they came. Files are
// nearly sorted already, so runs are looked for and merged; a sorted batch costs one look.

/** Sorts `order` (message numbers) in place; `scratch` is as long. Stable. */
export function sortByTime(
  order: Int32Array,
  count: number,
  at: Float64Array,
  rank: (m: number) => number,
  scratch: Int32Array,
): void {
  const before = (a: number, b: number): boolean => {
    const x = at[a] as number
    const y = at[b] as number
    return x < y || (x === y && rank(a) < rank(b))
  }
  let runs: number[] = [0]
  for (let i = 1; i < count; i++) {
    if (before(order[i] as number, order[i - 1] as number)) runs.push(i)
  }
  while (runs.length > 1) {
    const merged: number[] = []
    for (let k = 0; k < runs.length; k += 2) {
      const from = runs[k] as number
      const middle = runs[k + 1]
      merged.push(from)
      if (middle === undefined) continue
      merge(order, from, middle, runs[k + 2] ?? count, scratch, before)
    }
    runs = merged
  }
}

function merge(
  order: Int32Array,
  from: number,
  middle: number,
  to: number,
  scratch: Int32Array,
  before: (a: number, b: number) => boolean,
): void {
  scratch.set(order.subarray(from, middle), from)
  let left = from
  let right = middle
  let out = from
  while (left < middle && right < to) {
    const takeRight = before(order[right] as number, scratch[left] as number)
    order[out++] = takeRight ? (order[right++] as number) : (scratch[left++] as number)
  }
  while (left < middle) order[out++] = scratch[left++] as number
}
