// AS paths as dense small integers. Each unique path is stored once and judged once; a route is
// then one number. Identity is by comparing every word: attackers choose paths, so a hash alone
// would not do (performance.md §6.5).

import { originOf } from '../core/path.ts'
import { UNKNOWN_PATH } from '../core/view.ts'

export const Mark = {
  /** Detectors want to hear of routes on this path. */
  watched: 1,
  /** It is part of a leak that is on: routes on it are nobody's ordinary ones. */
  leaked: 2,
  judged: 4,
  learned: 8,
} as const

export class Paths {
  /** Ids in use; 0 is "no route", 1 the unknown path. */
  count = UNKNOWN_PATH + 1
  dropped = 0
  readonly limit: number
  words = new Int32Array(1 << 14)
  start = new Int32Array(1 << 10)
  length = new Uint16Array(1 << 10)
  /** Origin ASN as int32; 0 = none. */
  origin = new Int32Array(1 << 10)
  /** Bits of Mark. */
  mark = new Uint8Array(1 << 10)
  #used = 0
  /** Pairs: hash, id. */
  #table = new Int32Array(2 << 11)
  readonly #seed: number

  constructor(limit = 12_000_000, seed = 0) {
    this.limit = limit
    this.#seed = seed | 0
  }

  /** The id of the path in source[from, from + length); `count` grows when it is new. */
  intern(source: Int32Array, from: number, length: number): number {
    let hash = this.#seed ^ length
    for (let i = from; i < from + length; i++) {
      hash = Math.imul(hash ^ (source[i] as number), 0x9e3779b1)
      hash ^= hash >>> 15
    }
    const table = this.#table
    const mask = table.length - 2
    const words = this.words
    for (let i = (hash << 1) & mask; ; i = (i + 2) & mask) {
      const id = table[i + 1] as number
      if (id === 0) return this.#add(source, from, length, hash, i)
      if (table[i] !== hash || this.length[id] !== length) continue
      const start = this.start[id] as number
      let k = 0
      while (k < length && words[start + k] === source[from + k]) k++
      if (k === length) return id
    }
  }

  #add(source: Int32Array, from: number, length: number, hash: number, slot: number): number {
    if (this.count >= this.limit || length > 0xffff) {
      this.dropped++
      return UNKNOWN_PATH
    }
    const id = this.count++
    if (id === this.start.length) this.#widen()
    if (this.#used + length > this.words.length) {
      const grown = new Int32Array(Math.max(this.words.length * 2, this.#used + length))
      grown.set(this.words)
      this.words = grown
    }
    for (let i = 0; i < length; i++) this.words[this.#used + i] = source[from + i] as number
    this.start[id] = this.#used
    this.length[id] = length
    this.#used += length
    this.origin[id] = originOf(source, from, length) | 0
    this.#table[slot] = hash
    this.#table[slot + 1] = id
    if (this.count * 3 > this.#table.length) this.#rehash()
    return id
  }

  #rehash(): void {
    const old = this.#table
    const table = new Int32Array(old.length * 2)
    const mask = table.length - 2
    for (let k = 0; k < old.length; k += 2) {
      if (old[k + 1] === 0) continue
      let i = ((old[k] as number) << 1) & mask
      while (table[i + 1] !== 0) i = (i + 2) & mask
      table[i] = old[k] as number
      table[i + 1] = old[k + 1] as number
    }
    this.#table = table
  }

  #widen(): void {
    const room = this.start.length * 2
    const start = new Int32Array(room)
    start.set(this.start)
    this.start = start
    const length = new Uint16Array(room)
    length.set(this.length)
    this.length = length
    const origin = new Int32Array(room)
    origin.set(this.origin)
    this.origin = origin
    const mark = new Uint8Array(room)
    mark.set(this.mark)
    this.mark = mark
  }
}
