// AS paths as dense small integers. Each unique path is stored once and judged once; a route is
// then one number. Numbers that nobody needs any more are given out again (collect.ts). Identity is by comparing every word: attackers choose paths, so a hash alone
// would not do (performance.md §6.5).

import type { Batch } from '../core/batch.ts'
import { originOf } from '../core/path.ts'
import { UNKNOWN_PATH, Watcher } from '../core/view.ts'

export const Mark = {
  /** Detectors want to hear of routes on this path: the bits of Watcher. */
  watched: Watcher.link | Watcher.origin | Watcher.way,
  /** It is part of a leak that is on: routes on it are nobody's ordinary ones. */
  leaked: 2,
  judged: 4,
  learned: 8,
} as const

/** Words before those of a path: its id, its length. */
const HEAD = 2

/** What `collect` is told of each path. */
export const Need = {
  none: 0,
  /** Its number is written down somewhere, and no more: it is as new when it is met again. */
  held: 1,
  full: 2,
} as const

export class Paths {
  /** Ids that were ever in use are below this; 0 is "no route", 1 the unknown path. */
  count = UNKNOWN_PATH + 1
  /** Times that numbers were given back: what was looked up before has to be looked up anew. */
  epoch = 1
  dropped = 0
  readonly limit: number
  /** Of each path its id, its length and its words, one behind the other: one miss of the cache a look. */
  words = new Int32Array(1 << 14)
  /** Where its words begin. */
  start = new Int32Array(1 << 10)
  length = new Uint16Array(1 << 10)
  /** Origin ASN as int32; 0 = none. */
  origin = new Int32Array(1 << 10)
  /** Bits of Mark. */
  mark = new Uint8Array(1 << 10)
  #used = HEAD
  /** Pairs: hash, where the words begin; 0 = empty. */
  #table = new Int32Array(2 << 11)
  readonly #seed: number
  /** Ids to be given out again, the first `#spare` of the column. */
  #free = new Int32Array(0)
  #spare = 0
  // Of the batch in hand, a row a message.
  #hashes = new Int32Array(0)
  #found = new Int32Array(0)

  /** Paths there are. */
  get size(): number {
    return this.count - this.#spare
  }

  constructor(limit = 12_000_000, seed = 0) {
    this.limit = limit
    this.#seed = seed | 0
    // There is nothing in it to judge or to learn.
    this.mark[UNKNOWN_PATH] = Mark.judged | Mark.learned
  }

  /**
   * The ids of all paths of a batch, into `pathRef`. In steps, because look-ups that do not wait for
   * each other cost a fraction (performance.md §6.2); each step a function, so that it is compiled
   * when it has run, not when the one before has.
   */
  internAll(batch: Batch): void {
    if (this.#hashes.length < batch.messages) {
      this.#hashes = new Int32Array(batch.maxMessages)
      this.#found = new Int32Array(batch.maxMessages)
    }
    this.#hashAll(batch)
    this.#probeAll(batch.messages)
    this.#fetchAll(batch)
    this.#decideAll(batch)
  }

  #hashAll({ messages, path, pathStart, pathLength }: Batch): void {
    const hashes = this.#hashes
    for (let m = 0; m < messages; m++) {
      const start = pathStart[m] as number
      if (start >= 0) hashes[m] = this.#hash(path, start, pathLength[m] as number)
    }
  }

  #probeAll(messages: number): void {
    const hashes = this.#hashes
    const found = this.#found
    const table = this.#table
    const mask = table.length - 2
    for (let m = 0; m < messages; m++) {
      const hash = hashes[m] as number
      let i = (hash << 1) & mask
      // The next slot is in the same line of the cache, nearly always.
      if (table[i] !== hash) i = (i + 2) & mask
      found[m] = table[i] === hash ? (table[i + 1] as number) : 0
    }
  }

  /** Brings the words of what was found near, and drops what is too long or too short. */
  #fetchAll({ messages, pathLength }: Batch): void {
    const found = this.#found
    const words = this.words
    for (let m = 0; m < messages; m++) {
      const at = found[m] as number
      if (at !== 0 && words[at - 1] !== pathLength[m]) found[m] = 0
    }
  }

  #decideAll({ messages, path, pathStart, pathLength, pathRef }: Batch): void {
    const hashes = this.#hashes
    const found = this.#found
    for (let m = 0; m < messages; m++) {
      const start = pathStart[m] as number
      const length = pathLength[m] as number
      const at = found[m] as number
      // Never 0: to announce a prefix on it would be to withdraw it.
      if (start < 0) pathRef[m] = UNKNOWN_PATH
      else if (at !== 0 && this.#is(at, path, start, length))
        pathRef[m] = this.words[at - HEAD] as number
      else pathRef[m] = this.#intern(path, start, length, hashes[m] as number)
    }
  }

  /** The id of the path in source[from, from + length); `count` grows when it is new. */
  intern(source: Int32Array, from: number, length: number): number {
    return this.#intern(source, from, length, this.#hash(source, from, length))
  }

  #hash(source: Int32Array, from: number, length: number): number {
    let hash = this.#seed ^ length
    for (let i = from; i < from + length; i++) {
      hash = Math.imul(hash ^ (source[i] as number), 0x9e3779b1)
      hash ^= hash >>> 15
    }
    return hash
  }

  /** Whether the path whose words begin at `at` is the one in source[from, from + length). */
  #is(at: number, source: Int32Array, from: number, length: number): boolean {
    const words = this.words
    if (words[at - 1] !== length) return false
    for (let k = 0; k < length; k++) if (words[at + k] !== source[from + k]) return false
    return true
  }

  #intern(source: Int32Array, from: number, length: number, hash: number): number {
    const table = this.#table
    const mask = table.length - 2
    for (let i = (hash << 1) & mask; ; i = (i + 2) & mask) {
      const at = table[i + 1] as number
      if (at === 0) return this.#add(source, from, length, hash, i)
      if (table[i] === hash && this.#is(at, source, from, length))
        return this.words[at - HEAD] as number
    }
  }

  #add(source: Int32Array, from: number, length: number, hash: number, slot: number): number {
    if (this.size >= this.limit || length > 0xffff) {
      this.dropped++
      return UNKNOWN_PATH
    }
    const id = this.#spare > 0 ? (this.#free[--this.#spare] as number) : this.count++
    if (id === this.start.length) this.#widen()
    const at = this.#used
    if (at + length + HEAD > this.words.length) {
      const grown = new Int32Array(Math.max(this.words.length * 2, at + length + HEAD))
      grown.set(this.words)
      this.words = grown
    }
    this.words[at - HEAD] = id
    this.words[at - 1] = length
    for (let i = 0; i < length; i++) this.words[at + i] = source[from + i] as number
    this.start[id] = at
    this.length[id] = length
    this.#used = at + length + HEAD
    this.origin[id] = originOf(source, from, length) | 0
    this.#table[slot] = hash
    this.#table[slot + 1] = at
    if (this.size * 3 > this.#table.length) this.#rehash()
    return id
  }

  /**
   * Gives back the numbers, the words and the places of all paths that `need` (by id, values of Need)
   * has no use for. What stays keeps its number; all else that was looked up is void. Returns how many
   * are needed in full.
   */
  collect(need: Uint8Array): number {
    const { words, start, mark } = this
    let full = 0
    this.epoch++
    if (this.#free.length < this.count) this.#free = new Int32Array(this.start.length)
    this.#spare = 0
    for (let id = this.count - 1; id > UNKNOWN_PATH; id--) {
      if (need[id] === Need.full) {
        full++
        continue
      }
      mark[id] = 0
      if (need[id] === Need.none) this.#free[this.#spare++] = id
    }
    // Slots name paths by their place, which is about to change; meanwhile by their number.
    const table = this.#table
    for (let k = 1; k < table.length; k += 2)
      if (table[k] !== 0) table[k] = words[(table[k] as number) - HEAD] as number
    let to = HEAD
    for (let at = HEAD; at < this.#used; ) {
      const id = words[at - HEAD] as number
      const size = (words[at - 1] as number) + HEAD
      if (need[id] !== Need.none) {
        if (to !== at) words.copyWithin(to - HEAD, at - HEAD, at - HEAD + size)
        start[id] = to
        to += size
      }
      at += size
    }
    this.#used = to
    for (let k = 1; k < table.length; k += 2) {
      const id = table[k] as number
      table[k] = id === 0 || need[id] === Need.none ? 0 : (start[id] as number)
    }
    this.#resize(table.length)
    return full
  }

  #rehash(): void {
    this.#resize(this.#table.length * 2)
  }

  #resize(length: number): void {
    const old = this.#table
    const table = new Int32Array(length)
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
