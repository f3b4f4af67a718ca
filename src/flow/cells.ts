// How a sum is spread over very many keys, without the keys: each is hashed to one of a fixed number of
// cells. Two keys in one cell make it a little larger than it should be, which among a quarter of a
// million does not show. Whatever comes, in whatever order, memory and result are the same.

export class Cells {
  readonly #sums: Float64Array
  /** Which of them are not empty, in the order they were filled; nothing below depends on it. */
  readonly #used: Uint32Array
  readonly #mask: number
  #filled = 0
  #total = 0

  /** `size` is a power of two. */
  constructor(size: number) {
    this.#sums = new Float64Array(size)
    this.#used = new Uint32Array(size)
    this.#mask = size - 1
  }

  /** Amounts are whole numbers, so that it does not matter which is added first. */
  add(hash: number, amount: number): void {
    const i = hash & this.#mask
    const before = this.#sums[i] as number
    if (before === 0 && amount > 0) this.#used[this.#filled++] = i
    this.#sums[i] = before + amount
    this.#total += amount
  }

  clear(): void {
    for (let n = 0; n < this.#filled; n++) this.#sums[this.#used[n] as number] = 0
    this.#filled = this.#total = 0
  }

  get total(): number {
    return this.#total
  }

  /** The largest of the sums, when what is to be left out, by hash, is taken away. */
  top(without: ReadonlyMap<number, number> = new Map()): number {
    const less = new Map<number, number>()
    for (const [hash, amount] of without)
      less.set(hash & this.#mask, (less.get(hash & this.#mask) ?? 0) + amount)
    let most = 0
    for (let n = 0; n < this.#filled; n++) {
      const i = this.#used[n] as number
      const sum = this.#sums[i] as number
      if (sum > most) most = Math.max(most, less.size > 0 ? sum - (less.get(i) ?? 0) : sum)
    }
    return most
  }

  /** The fewest keys that together carry this part of everything. */
  carrying(part: number): number {
    const sums = this.#ascending()
    let wanted = this.#total * part
    let count = 0
    while (wanted > 0 && count < sums.length) wanted -= sums[sums.length - ++count] as number
    return Math.round(count * this.#keysPerCell(sums.length))
  }

  /** Which part of everything the largest carry, if one takes this part of the keys; at least one. */
  shareOfLargest(part: number): number {
    const sums = this.#ascending()
    if (this.#total === 0) return 0
    const keys = sums.length * this.#keysPerCell(sums.length)
    const count = Math.min(sums.length, Math.max(1, Math.round(keys * part)))
    let sum = 0
    for (let i = 1; i <= count; i++) sum += sums[sums.length - i] as number
    return sum / this.#total
  }

  #ascending(): Float64Array {
    const out = new Float64Array(this.#filled)
    for (let n = 0; n < this.#filled; n++) out[n] = this.#sums[this.#used[n] as number] as number
    return out.sort()
  }

  /** By how many are empty, how many are shared can be told (linear counting). */
  #keysPerCell(used: number): number {
    const size = this.#sums.length
    const empty = Math.max(size - used, 1)
    return used === 0 ? 1 : Math.max(1, (-size * Math.log(empty / size)) / used)
  }
}
