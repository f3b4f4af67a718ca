// The routes that somebody counts, each with its path: a hash table in one column, because those on
// suspicious links come and go a million times a day, and a Map takes five times as long for that.

const EMPTY = 0
/** Words of a slot: vantage point + 1, prefix, path. */
const SLOT = 3
const FEWEST = 8

export class RoutePaths {
  size = 0
  #slots = new Int32Array(0)
  /** Slots there are, a power of two, less one; at most two thirds of them are in use. */
  #mask = -1

  /** The path of a route; 0 = it is not among them. */
  get(vantage: number, prefix: number): number {
    if (this.size === 0) return 0
    const at = this.#find(vantage, prefix)
    return this.#slots[at] === EMPTY ? 0 : (this.#slots[at + 2] as number)
  }

  /** False when it is there already, on whatever path. `path` is not 0. */
  add(vantage: number, prefix: number, path: number): boolean {
    if (this.size * 3 > this.#mask * 2) this.#resize(Math.max(FEWEST, (this.#mask + 1) * 2))
    const slots = this.#slots
    const at = this.#find(vantage, prefix)
    if (slots[at] !== EMPTY) return false
    this.size++
    slots[at] = vantage + 1
    slots[at + 1] = prefix
    slots[at + 2] = path
    return true
  }

  /** Puts it on another path; the one it had, 0 = it is not among them, and does not come in. */
  replace(vantage: number, prefix: number, path: number): number {
    if (this.size === 0) return 0
    const slots = this.#slots
    const at = this.#find(vantage, prefix)
    if (slots[at] === EMPTY) return 0
    const before = slots[at + 2] as number
    slots[at + 2] = path
    return before
  }

  /** The path it had; 0 = it was not among them. */
  delete(vantage: number, prefix: number): number {
    if (this.size === 0) return 0
    const slots = this.#slots
    let gap = this.#find(vantage, prefix)
    if (slots[gap] === EMPTY) return 0
    const path = slots[gap + 2] as number
    this.size--
    // What lies behind it, and would not be found any more, moves up (Knuth, volume 3, 6.4 R).
    const end = slots.length
    for (let at = gap; ; ) {
      at += SLOT
      if (at === end) at = 0
      if (slots[at] === EMPTY) break
      const home = this.#home((slots[at] as number) - 1, slots[at + 1] as number)
      const stays = gap <= at ? gap < home && home <= at : gap < home || home <= at
      if (stays) continue
      slots.copyWithin(gap, at, at + SLOT)
      gap = at
    }
    slots[gap] = EMPTY
    // What was large once need not be for ever.
    if (this.size * 16 < this.#mask && this.#mask >= 16 * FEWEST)
      this.#resize((this.#mask + 1) >> 2)
    return path
  }

  each(visit: (vantage: number, prefix: number) => void): void {
    const slots = this.#slots
    for (let at = 0; at < slots.length; at += SLOT)
      if (slots[at] !== EMPTY) visit((slots[at] as number) - 1, slots[at + 1] as number)
  }

  #home(vantage: number, prefix: number): number {
    let hash = Math.imul(prefix ^ Math.imul(vantage, 0x85ebca6b), 0x9e3779b1)
    hash ^= hash >>> 15
    return (hash & this.#mask) * SLOT
  }

  /** Where it is, or would be. */
  #find(vantage: number, prefix: number): number {
    const slots = this.#slots
    let at = this.#home(vantage, prefix)
    while (slots[at] !== EMPTY && (slots[at + 1] !== prefix || slots[at] !== vantage + 1)) {
      at += SLOT
      if (at === slots.length) at = 0
    }
    return at
  }

  #resize(room: number): void {
    const old = this.#slots
    this.#slots = new Int32Array(room * SLOT)
    this.#mask = room - 1
    for (let k = 0; k < old.length; k += SLOT) {
      if (old[k] === EMPTY) continue
      const at = this.#find((old[k] as number) - 1, old[k + 1] as number)
      for (let i = 0; i < SLOT; i++) this.#slots[at + i] = old[k + i] as number
    }
  }
}
