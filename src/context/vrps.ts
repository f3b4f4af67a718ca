// Route origin validation (RFC 6811 §2): which VRPs cover a prefix, and whether one of them matches.
// A few hundred thousand of them, asked about for every new origin: flat columns, one hash table a
// family, and a probe for each length that occurs.

import type { Asn } from '../core/asn.ts'
import type { PrefixWords, Validity, Vrp } from '../core/context.ts'
import { maskWord, type Prefix, prefixText } from '../core/prefix.ts'
import type { Instant } from '../core/time.ts'

/** Four times of what there is in 2026. */
const MOST_VRPS = 4_000_000

/** Trust anchors beyond are told as one. */
const MOST_ANCHORS = 250

export class Vrps {
  count = 0
  /** Those there was no room for. */
  dropped = 0
  /** VRPs by trust anchor; '' where the file does not say. */
  readonly anchors = new Map<string, number>()
  readonly #most: number
  #asn = new Uint32Array(1 << 10)
  #maxLength = new Uint8Array(1 << 10)
  #anchor = new Uint8Array(1 << 10)
  #expires = new Float64Array(1 << 10)
  /** The next VRP of the same prefix, + 1; 0 = it is the last. */
  #next = new Int32Array(1 << 10)
  /** Rows made so far, and those of them that nothing is in. */
  #made = 0
  readonly #free: number[] = []
  readonly #prefixes = { 4: new Index(), 6: new Index() }
  readonly #names: string[] = []

  constructor(most = MOST_VRPS) {
    this.#most = most
  }

  /** `expires`: 0 when nobody knows. */
  add(
    { afi, words, length }: Prefix,
    maxLength: number,
    asn: Asn,
    anchor = '',
    expires: Instant = 0,
  ): void {
    if (this.count >= this.#most) {
      this.dropped++
      return
    }
    this.count++
    const vrp = this.#free.pop() ?? this.#made++
    if (vrp === this.#asn.length) this.#grow()
    this.#asn[vrp] = asn
    this.#maxLength[vrp] = maxLength
    this.#expires[vrp] = expires
    this.#anchor[vrp] = this.#nameOf(anchor)
    const name = this.#names[this.#anchor[vrp] as number] as string
    this.anchors.set(name, (this.anchors.get(name) ?? 0) + 1)
    this.#next[vrp] = this.#prefixes[afi].put(...words, length, vrp + 1)
  }

  /** One that is just like this, if there is any. */
  remove(
    { afi, words, length }: Prefix,
    maxLength: number,
    asn: Asn,
    anchor = '',
    expires: Instant = 0,
  ): void {
    const index = this.#prefixes[afi]
    const name = this.#names.indexOf(anchor)
    let before = -1
    for (let next = index.get(...words, length); next !== 0; ) {
      const vrp = next - 1
      next = this.#next[vrp] as number
      const is =
        this.#asn[vrp] === asn &&
        this.#maxLength[vrp] === maxLength &&
        this.#expires[vrp] === expires &&
        // Those of too many anchors are told as one.
        (name < 0 || this.#anchor[vrp] === name)
      if (!is) {
        before = vrp
        continue
      }
      if (before < 0) index.put(...words, length, next === 0 ? NONE : next)
      else this.#next[before] = next
      this.#free.push(vrp)
      this.count--
      const of = this.#names[this.#anchor[vrp] as number] as string
      const left = (this.anchors.get(of) ?? 1) - 1
      if (left > 0) this.anchors.set(of, left)
      else this.anchors.delete(of)
      return
    }
  }

  validity({ afi, word0, word1, word2, word3, length }: PrefixWords, origin: Asn): Validity {
    const index = this.#prefixes[afi]
    let found: Validity = 'not-found'
    for (const bits of index.lengths) {
      if (bits > length) break
      let next = index.get(
        word0 & maskWord(bits, 0),
        word1 & maskWord(bits, 1),
        word2 & maskWord(bits, 2),
        word3 & maskWord(bits, 3),
        bits,
      )
      while (next !== 0) {
        const vrp = next - 1
        // Nobody is AS0 (RFC 6483 §4), and what ends in an AS_SET has no origin.
        if (this.#asn[vrp] === origin && origin !== 0) {
          if (length <= (this.#maxLength[vrp] as number)) return 'valid'
          found = 'invalid-length'
        } else if (found === 'not-found') found = 'invalid-asn'
        next = this.#next[vrp] as number
      }
    }
    return found
  }

  /** VRPs that cover a prefix, least specific first, then by AS and length. */
  covering({ afi, word0, word1, word2, word3, length }: PrefixWords): Vrp[] {
    const index = this.#prefixes[afi]
    const out: Vrp[] = []
    for (const bits of index.lengths) {
      if (bits > length) break
      const words = [
        word0 & maskWord(bits, 0),
        word1 & maskWord(bits, 1),
        word2 & maskWord(bits, 2),
        word3 & maskWord(bits, 3),
      ] as const
      const same: Vrp[] = []
      for (let next = index.get(...words, bits); next !== 0; ) {
        const vrp = next - 1
        const expires = this.#expires[vrp] as Instant
        same.push({
          asn: this.#asn[vrp] as Asn,
          prefix: prefixText(afi, ...words, bits),
          maxLength: this.#maxLength[vrp] as number,
          anchor: this.#names[this.#anchor[vrp] as number] as string,
          expires: expires === 0 ? null : expires,
        })
        next = this.#next[vrp] as number
      }
      out.push(...same.sort((a, b) => a.asn - b.asn || a.maxLength - b.maxLength))
    }
    return out
  }

  #nameOf(anchor: string): number {
    const known = this.#names.indexOf(anchor)
    if (known >= 0) return known
    if (this.#names.length < MOST_ANCHORS) return this.#names.push(anchor) - 1
    const rest = this.#names.indexOf('others')
    return rest >= 0 ? rest : this.#names.push('others') - 1
  }

  #grow(): void {
    const room = this.#asn.length * 2
    const wider = <T extends Uint32Array | Uint8Array | Int32Array | Float64Array>(
      old: T,
      made: T,
    ) => {
      made.set(old)
      return made
    }
    this.#asn = wider(this.#asn, new Uint32Array(room))
    this.#maxLength = wider(this.#maxLength, new Uint8Array(room))
    this.#anchor = wider(this.#anchor, new Uint8Array(room))
    this.#expires = wider(this.#expires, new Float64Array(room))
    this.#next = wider(this.#next, new Int32Array(room))
  }
}

const WORDS = 6
/** A prefix that had VRPs once: its cells stay, or those behind it would not be found. */
const NONE = -1

/** Prefixes of one family to numbers: words, length and value side by side, probed in a line. */
class Index {
  /** Lengths that occur, ascending. */
  lengths: readonly number[] = []
  #cells = new Int32Array(WORDS << 6)
  #used = 0

  /** What stands for it; 0 = nothing. */
  get(w0: number, w1: number, w2: number, w3: number, length: number): number {
    const value = this.#cells[this.#find(w0, w1, w2, w3, length) + 5] as number
    return value === NONE ? 0 : value
  }

  /** Puts `value` in place of what it gives back. */
  put(w0: number, w1: number, w2: number, w3: number, length: number, value: number): number {
    if (this.#used * 2 * WORDS >= this.#cells.length) this.#grow()
    const at = this.#find(w0, w1, w2, w3, length)
    const cells = this.#cells
    const before = cells[at + 5] as number
    cells[at + 5] = value
    if (before !== 0) return before === NONE ? 0 : before
    cells[at] = w0
    cells[at + 1] = w1
    cells[at + 2] = w2
    cells[at + 3] = w3
    cells[at + 4] = length
    this.#used++
    if (!this.lengths.includes(length))
      this.lengths = [...this.lengths, length].sort((a, b) => a - b)
    return 0
  }

  #find(w0: number, w1: number, w2: number, w3: number, length: number): number {
    const cells = this.#cells
    const mask = cells.length / WORDS - 1
    let h = Math.imul(w0 ^ Math.imul(length, 0x27d4eb2f), 0x9e3779b1)
    h = Math.imul(h ^ (h >>> 15) ^ w1, 0x85ebca6b)
    h = Math.imul(h ^ (h >>> 13) ^ w2, 0xc2b2ae35)
    h = Math.imul(h ^ (h >>> 16) ^ w3, 0x27d4eb2f)
    for (let i = (h ^ (h >>> 15)) & mask; ; i = (i + 1) & mask) {
      const at = i * WORDS
      if (cells[at + 5] === 0) return at
      if (
        cells[at] === w0 &&
        cells[at + 1] === w1 &&
        cells[at + 4] === length &&
        cells[at + 2] === w2 &&
        cells[at + 3] === w3
      )
        return at
    }
  }

  #grow(): void {
    const old = this.#cells
    this.#cells = new Int32Array(old.length * 2)
    for (let at = 0; at < old.length; at += WORDS) {
      if (old[at + 5] === 0) continue
      const [w0 = 0, w1 = 0, w2 = 0, w3 = 0, length = 0] = old.subarray(at, at + 5)
      const to = this.#find(w0, w1, w2, w3, length)
      this.#cells.set(old.subarray(at, at + WORDS), to)
    }
  }
}
