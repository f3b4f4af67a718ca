// Prefixes as text straight into the columns of a Batch, octet by octet: a RIS Live frame
// holds dozens of them and splitting or matching each would cost more than all the rest. Says the
// same as `parsePrefix` of core/prefix.ts, which a test holds it to.

import type { Batch } from '../core/batch.ts'
import { maskWord, parsePrefix } from '../core/prefix.ts'

const DOT = 46
const SLASH = 47
const COLON = 58
/** No prefix has more characters: eight groups, or six and an IPv4 address, and a length. */
const LONGEST = 49

export class PrefixReader {
  /** Groups of the IPv6 address being read, how many, and where `::` stood (-1: nowhere). */
  readonly #groups = new Uint16Array(8)
  #count = 0
  #gap = -1
  readonly #octets = new Uint8Array(LONGEST)

  /** The same of a text of its own. */
  readText(text: string, announced: number, batch: Batch): boolean {
    if (text.length > LONGEST) return false
    for (let i = 0; i < text.length; i++) {
      const c = text.charCodeAt(i)
      if (c > 127) return false
      this.#octets[i] = c
    }
    return this.read(this.#octets, announced, batch, 0, text.length)
  }

  /**
   * Appends text[from, end) as the next element row of `batch`, host bits cleared. False, and nothing
   * written, when it is no prefix. The caller sees to it that there is room.
   */
  read(text: Uint8Array, announced: number, batch: Batch, from: number, end: number): boolean {
    // The first group of either family is at most four characters long.
    for (let i = from; i < from + 5 && i < end; i++) {
      const c = text[i] as number
      if (c === DOT) return this.#v4(text, announced, batch, from, end)
      if (c === COLON) return this.#v6(text, announced, batch, from, end)
    }
    return false
  }

  #v4(text: Uint8Array, announced: number, batch: Batch, from: number, end: number): boolean {
    let word = 0
    let part = 0
    let digits = 0
    let parts = 0
    let i = from
    for (; i < end; i++) {
      const c = text[i] as number
      if (c >= 48 && c <= 57) {
        if (digits > 0 && part === 0) return false
        part = part * 10 + c - 48
        if (part > 255) return false
        digits++
        continue
      }
      if (digits === 0 || parts === 4) return false
      word = (word << 8) | part
      parts++
      part = digits = 0
      if (c === SLASH) break
      if (c !== DOT) return false
    }
    if (parts !== 4) return false
    const length = lengthAt(text, i + 1, end, 32)
    if (length < 0) return false
    row(batch, announced, 4, length, word, 0, 0, 0)
    return true
  }

  #v6(text: Uint8Array, announced: number, batch: Batch, from: number, end: number): boolean {
    const slash = this.#address(text, from, end)
    if (slash === MIXED)
      return end - from <= LONGEST && mixed(text.subarray(from, end), announced, batch)
    if (slash < 0) return false
    const length = lengthAt(text, slash + 1, end, 128)
    if (length < 0) return false
    const g = this.#groups
    const n = this.#count
    if (this.#gap < 0 ? n !== 8 : n === 8) return false
    if (n < 8) {
      const tail = n - this.#gap
      g.copyWithin(8 - tail, this.#gap, n)
      g.fill(0, this.#gap, 8 - tail)
    }
    row(
      batch,
      announced,
      6,
      length,
      ((g[0] as number) << 16) | (g[1] as number),
      ((g[2] as number) << 16) | (g[3] as number),
      ((g[4] as number) << 16) | (g[5] as number),
      ((g[6] as number) << 16) | (g[7] as number),
    )
    return true
  }

  /** Reads groups up to the slash and returns where it is; -1 when this is no address. */
  #address(text: Uint8Array, from: number, end: number): number {
    const groups = this.#groups
    let n = 0
    let gap = -1
    let value = 0
    let digits = 0
    let i = from
    for (; i < end; i++) {
      const c = text[i] as number
      const hex = hexValue(c)
      if (hex >= 0) {
        value = (value << 4) | hex
        if (++digits > 4) return -1
        continue
      }
      if (c === DOT) return MIXED
      const next = i + 1 < end ? (text[i + 1] as number) : 0
      const folded = c === COLON && next === COLON
      if (digits > 0) {
        if (n === 8) return -1
        groups[n++] = value
        value = digits = 0
      } else if (folded ? i > from : gap !== n || c !== SLASH) return -1
      if (folded) {
        if (gap >= 0) return -1
        gap = n
        i++
        continue
      }
      if (c === SLASH) break
      // A single colon wants a group behind it.
      if (c !== COLON || hexValue(next) < 0) return -1
    }
    this.#count = n
    this.#gap = gap
    return i < end ? i : -1
  }
}

/**
 * Takes out rows from `from` on that repeat an earlier one: the feed of 2021 wrote an announcement
 * once for each of its two next hops. Not for every message; it makes text.
 */
export function dropRepeats(batch: Batch, from: number): void {
  const { afi, length, word0, word1, word2, word3 } = batch
  const seen = new Set<string>()
  let to = from
  for (let e = from; e < batch.elements; e++) {
    const key = `${afi[e]}/${length[e]}/${word0[e]}/${word1[e]}/${word2[e]}/${word3[e]}`
    if (seen.has(key)) continue
    seen.add(key)
    for (const column of [afi, length, word0, word1, word2, word3]) {
      column[to] = column[e] as number
    }
    to++
  }
  batch.elements = to
}

/** `::ffff:192.0.2.1/128`: nobody sends it in earnest, so it may take the long way. */
const MIXED = -2

function mixed(text: Uint8Array, announced: number, batch: Batch): boolean {
  const prefix = parsePrefix(String.fromCharCode(...text))
  if (!prefix) return false
  row(batch, announced, prefix.afi, prefix.length, ...prefix.words)
  return true
}

function hexValue(c: number): number {
  if (c >= 48 && c <= 57) return c - 48
  const letter = c | 32
  return letter >= 97 && letter <= 102 ? letter - 87 : -1
}

function lengthAt(text: Uint8Array, from: number, end: number, most: number): number {
  if (from >= end || end - from > 3) return -1
  let length = 0
  for (let i = from; i < end; i++) {
    const c = text[i] as number
    if (c < 48 || c > 57) return -1
    length = length * 10 + c - 48
  }
  return length <= most ? length : -1
}

function row(
  batch: Batch,
  announced: number,
  afi: number,
  length: number,
  w0: number,
  w1: number,
  w2: number,
  w3: number,
): void {
  const e = batch.elements++
  batch.announced[e] = announced
  batch.afi[e] = afi
  batch.length[e] = length
  batch.pathId[e] = 0
  batch.word0[e] = w0 & maskWord(length, 0)
  batch.word1[e] = w1 & maskWord(length, 1)
  batch.word2[e] = w2 & maskWord(length, 2)
  batch.word3[e] = w3 & maskWord(length, 3)
}
