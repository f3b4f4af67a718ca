// Who sells transit to whom, as a file has it. Half a million pairs in a flat hash table: a Map keyed
// by two numbers of 32 bits would need text.

import type { Asn } from '../core/asn.ts'
import type { Relation } from '../core/context.ts'

/** Eight times of what CAIDA's largest file holds. */
const MOST_PAIRS = 4_000_000

/** Of the lower number to the higher one. */
const codes: readonly (Relation | undefined)[] = [
  undefined,
  'provider',
  'customer',
  'peer',
  'sibling',
]

const turned: Record<Relation, Relation> = {
  provider: 'customer',
  customer: 'provider',
  peer: 'peer',
  sibling: 'sibling',
}

export class Relationships {
  count = 0
  dropped = 0
  /** Pairs that were said to be something else before: what was said first stands. */
  contradictions = 0
  /** Triples: lower number, higher number, code; code 0 = empty. */
  #cells = new Uint32Array(3 << 8)

  /** `a` is `relation` of `b`. */
  add(a: Asn, b: Asn, relation: Relation): void {
    if (a === b) return
    const code = codes.indexOf(a < b ? relation : turned[relation])
    const [low, high] = a < b ? [a, b] : [b, a]
    const at = this.#find(low, high)
    const before = this.#cells[at + 2] as number
    if (before !== 0) {
      if (before !== code) this.contradictions++
      return
    }
    if (this.count >= MOST_PAIRS) {
      this.dropped++
      return
    }
    this.#cells.set([low, high, code], at)
    if (++this.count * 6 > this.#cells.length) this.#grow()
  }

  /** What `of` is to `to`. */
  relation(of: Asn, to: Asn): Relation | undefined {
    if (of === to) return undefined
    const at = of < to ? this.#find(of, to) : this.#find(to, of)
    const found = codes[this.#cells[at + 2] as number]
    return found === undefined || of < to ? found : turned[found]
  }

  #find(low: Asn, high: Asn): number {
    const cells = this.#cells
    const mask = cells.length / 3 - 1
    const h = Math.imul(Math.imul(low, 0x9e3779b1) ^ high, 0x85ebca6b)
    for (let i = (h ^ (h >>> 15)) & mask; ; i = (i + 1) & mask) {
      const at = i * 3
      if (cells[at + 2] === 0 || (cells[at] === low && cells[at + 1] === high)) return at
    }
  }

  #grow(): void {
    const old = this.#cells
    this.#cells = new Uint32Array(old.length * 2)
    for (let at = 0; at < old.length; at += 3) {
      if (old[at + 2] === 0) continue
      this.#cells.set(
        old.subarray(at, at + 3),
        this.#find(old[at] as number, old[at + 1] as number),
      )
    }
  }
}
