// Prefixes as dense small integers. IPv4 sits in one interleaved table (address, length and id in
// two words: one cache line a probe), IPv6 in another that points into the columns.

import type { Batch } from '../core/batch.ts'
import type { PrefixWords } from '../core/context.ts'
import { type Afi, maskWord } from '../core/prefix.ts'

const EMPTY = 0
/** Bits below a prefix up to which its parts are looked up one by one. */
const PROBED = 8

export class Prefixes {
  count = 0
  /** Prefixes refused because the table was full. */
  dropped = 0
  readonly limit: number
  afi: Uint8Array
  length: Uint8Array
  word0: Int32Array
  word1: Int32Array
  word2: Int32Array
  word3: Int32Array
  /** Pairs: address, (id + 1) << 6 | length. */
  #four = new Int32Array(2 << 12)
  #fourCount = 0
  /** Pairs: hash, id + 1. */
  #six = new Int32Array(2 << 12)
  #sixCount = 0
  #lengths = { 4: new Uint8Array(33), 6: new Uint8Array(129) }
  readonly #seed: number

  constructor(limit = 2_000_000, seed = 0) {
    this.limit = limit
    this.#seed = seed | 0
    const room = 4_096
    this.afi = new Uint8Array(room)
    this.length = new Uint8Array(room)
    this.word0 = new Int32Array(room)
    this.word1 = new Int32Array(room)
    this.word2 = new Int32Array(room)
    this.word3 = new Int32Array(room)
  }

  /** Room of the columns; grows by doubling. */
  get room(): number {
    return this.afi.length
  }

  /** The id, or -1 when it is not known. Words must be masked to `length`. */
  find(afi: number, w0: number, w1: number, w2: number, w3: number, length: number): number {
    return afi === 4 ? this.#find4(w0, length) : this.#find6(w0, w1, w2, w3, length)
  }

  /** The id, new or known; -1 when the table is full. */
  intern(afi: number, w0: number, w1: number, w2: number, w3: number, length: number): number {
    const known = afi === 4 ? this.#find4(w0, length) : this.#find6(w0, w1, w2, w3, length)
    return known >= 0 ? known : this.#add(afi, w0, w1, w2, w3, length)
  }

  /** The ids of all elements of a batch, into `prefixRef`. Most are IPv4 and known: those stay here. */
  internAll(batch: Batch): void {
    const { elements, afi, length, word0, word1, word2, word3, prefixRef } = batch
    const seed = this.#seed
    let table = this.#four
    let mask = table.length - 2
    for (let e = 0; e < elements; e++) {
      const w0 = word0[e] as number
      const bits = length[e] as number
      if (afi[e] === 4) {
        const h = Math.imul(w0 ^ seed ^ Math.imul(bits, 0x27d4eb2f), 0x9e3779b1)
        let i = ((h ^ (h >>> 15)) << 1) & mask
        let meta = table[i + 1] as number
        while (meta !== EMPTY && (table[i] !== w0 || (meta & 63) !== bits)) {
          i = (i + 2) & mask
          meta = table[i + 1] as number
        }
        if (meta !== EMPTY) {
          prefixRef[e] = (meta >>> 6) - 1
          continue
        }
        prefixRef[e] = this.#add(4, w0, 0, 0, 0, bits)
        table = this.#four
        mask = table.length - 2
      } else {
        const w1 = word1[e] as number
        const w2 = word2[e] as number
        const w3 = word3[e] as number
        prefixRef[e] = this.intern(6, w0, w1, w2, w3, bits)
      }
    }
  }

  /** Whether any prefix of this family and length exists: spares the walk to covering prefixes probes. */
  hasLength(afi: 4 | 6, length: number): boolean {
    return this.#lengths[afi][length] === 1
  }

  words(id: number): PrefixWords {
    return {
      afi: this.afi[id] as Afi,
      word0: this.word0[id] as number,
      word1: this.word1[id] as number,
      word2: this.word2[id] as number,
      word3: this.word3[id] as number,
      length: this.length[id] as number,
    }
  }

  /**
   * All more-specifics of one prefix, as far as networks exchange them (/24, /48): each that there could
   * be is looked up, or of a large one every prefix there is, a nanosecond each.
   */
  inside(id: number): number[] {
    const { afi, length } = this.words(id)
    const longest = afi === 4 ? 24 : 48
    return longest - length <= PROBED ? this.#probe(id, longest) : this.#scan(id, longest)
  }

  #probe(id: number, longest: number): number[] {
    const { afi, word0, word1, length } = this.words(id)
    const out: number[] = []
    for (let longer = length + 1; longer <= longest; longer++) {
      if (!this.hasLength(afi, longer)) continue
      for (let k = 0; k < 1 << (longer - length); k++) {
        const found =
          afi === 4
            ? this.#find4(word0 | (k << (32 - longer)), longer)
            : this.#find6(word0, word1 | (k << (64 - longer)), 0, 0, longer)
        if (found >= 0) out.push(found)
      }
    }
    return out
  }

  #scan(id: number, longest: number): number[] {
    const { afi: families, length: lengths, word0: zeroth, word1: first } = this
    const { afi, word0, word1, length } = this.words(id)
    const [m0, m1] = [maskWord(length, 0), maskWord(length, 1)]
    const out: number[] = []
    for (let i = 0; i < this.count; i++) {
      if ((((zeroth[i] as number) ^ word0) & m0) !== 0 || families[i] !== afi) continue
      const longer = lengths[i] as number
      if (longer <= length || longer > longest) continue
      if ((((first[i] as number) ^ word1) & m1) === 0) out.push(i)
    }
    return out
  }

  #hash4(w0: number, length: number): number {
    const h = Math.imul(w0 ^ this.#seed ^ Math.imul(length, 0x27d4eb2f), 0x9e3779b1)
    return h ^ (h >>> 15)
  }

  #hash6(w0: number, w1: number, w2: number, w3: number, length: number): number {
    let h = Math.imul(w0 ^ this.#seed ^ length, 0x9e3779b1)
    h = Math.imul(h ^ (h >>> 15) ^ w1, 0x85ebca6b)
    h = Math.imul(h ^ (h >>> 13) ^ w2, 0xc2b2ae35)
    h = Math.imul(h ^ (h >>> 16) ^ w3, 0x27d4eb2f)
    return h ^ (h >>> 15)
  }

  #find4(w0: number, length: number): number {
    const table = this.#four
    const mask = table.length - 2
    for (let i = (this.#hash4(w0, length) << 1) & mask; ; i = (i + 2) & mask) {
      const meta = table[i + 1] as number
      if (meta === EMPTY) return -1
      if (table[i] === w0 && (meta & 63) === length) return (meta >>> 6) - 1
    }
  }

  #find6(w0: number, w1: number, w2: number, w3: number, length: number): number {
    const table = this.#six
    const mask = table.length - 2
    const hash = this.#hash6(w0, w1, w2, w3, length)
    for (let i = (hash << 1) & mask; ; i = (i + 2) & mask) {
      const id = (table[i + 1] as number) - 1
      if (id < 0) return -1
      if (
        table[i] === hash &&
        this.word0[id] === w0 &&
        this.word1[id] === w1 &&
        this.length[id] === length &&
        this.word2[id] === w2 &&
        this.word3[id] === w3
      )
        return id
    }
  }

  #add(afi: number, w0: number, w1: number, w2: number, w3: number, length: number): number {
    const id = this.count
    if (id >= this.limit) {
      this.dropped++
      return -1
    }
    if (id === this.room) this.#widen()
    this.afi[id] = afi
    this.length[id] = length
    this.word0[id] = w0
    this.word1[id] = w1
    this.word2[id] = w2
    this.word3[id] = w3
    this.#lengths[afi as 4 | 6][length] = 1
    this.count++
    if (afi === 4) {
      if (++this.#fourCount * 5 > this.#four.length) this.#rehash(4)
      else this.#place4(id)
    } else if (++this.#sixCount * 5 > this.#six.length) this.#rehash(6)
    else this.#place6(id)
    return id
  }

  #place4(id: number): void {
    const table = this.#four
    const mask = table.length - 2
    const length = this.length[id] as number
    let i = (this.#hash4(this.word0[id] as number, length) << 1) & mask
    while (table[i + 1] !== EMPTY) i = (i + 2) & mask
    table[i] = this.word0[id] as number
    table[i + 1] = ((id + 1) << 6) | length
  }

  #place6(id: number): void {
    const table = this.#six
    const mask = table.length - 2
    const hash = this.#hash6(
      this.word0[id] as number,
      this.word1[id] as number,
      this.word2[id] as number,
      this.word3[id] as number,
      this.length[id] as number,
    )
    let i = (hash << 1) & mask
    while (table[i + 1] !== EMPTY) i = (i + 2) & mask
    table[i] = hash
    table[i + 1] = id + 1
  }

  #rehash(afi: 4 | 6): void {
    if (afi === 4) this.#four = new Int32Array(this.#four.length * 2)
    else this.#six = new Int32Array(this.#six.length * 2)
    for (let id = 0; id < this.count; id++) {
      if (this.afi[id] !== afi) continue
      if (afi === 4) this.#place4(id)
      else this.#place6(id)
    }
  }

  #widen(): void {
    const room = Math.min(this.limit, this.room * 2)
    const wider = <T extends Uint8Array | Int32Array>(old: T, made: T): T => {
      made.set(old)
      return made
    }
    this.afi = wider(this.afi, new Uint8Array(room))
    this.length = wider(this.length, new Uint8Array(room))
    this.word0 = wider(this.word0, new Int32Array(room))
    this.word1 = wider(this.word1, new Int32Array(room))
    this.word2 = wider(this.word2, new Int32Array(room))
    this.word3 = wider(this.word3, new Int32Array(room))
  }
}
