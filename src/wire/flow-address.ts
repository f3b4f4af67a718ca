// Addresses in flow records as four words. There are two in each of some 100,000 records a second, so
// they are read character by character; says the same as `parseAddress` of core/prefix.ts, which a
// test holds it to.

import { parseAddress } from '../core/prefix.ts'

const DOT = 46
const COLON = 58
/** Eight groups, or six and an IPv4 address. */
const LONGEST = 45

export class AddressReader {
  /** The address read last; IPv4 in the first word. */
  readonly words = new Int32Array(4)
  readonly #groups = new Uint16Array(8)

  /** 4, 6, or 0 when this is no address. */
  read(text: string): 0 | 4 | 6 {
    if (text.length > LONGEST) return 0
    for (let i = 0; i < 5 && i < text.length; i++) {
      const c = text.charCodeAt(i)
      if (c === DOT) return this.#v4(text) ? 4 : 0
      if (c === COLON) return this.#v6(text) ? 6 : 0
    }
    return 0
  }

  #v4(text: string): boolean {
    let word = 0
    let part = 0
    let digits = 0
    let dots = 0
    for (let i = 0; i < text.length; i++) {
      const c = text.charCodeAt(i)
      if (c === DOT) {
        if (digits === 0 || ++dots > 3) return false
        word = (word << 8) | part
        part = digits = 0
        continue
      }
      if (c < 48 || c > 57 || (digits > 0 && part === 0)) return false
      part = part * 10 + c - 48
      if (part > 255) return false
      digits++
    }
    if (dots !== 3 || digits === 0) return false
    this.#set((word << 8) | part, 0, 0, 0)
    return true
  }

  #v6(text: string): boolean {
    const groups = this.#groups
    let n = 0
    let gap = -1
    let value = 0
    let digits = 0
    for (let i = 0; i < text.length; i++) {
      const c = text.charCodeAt(i)
      if (c === DOT) return this.#mixed(text)
      if (c !== COLON) {
        const hex = hexValue(c)
        if (hex < 0 || ++digits > 4) return false
        value = (value << 4) | hex
        continue
      }
      const folded = text.charCodeAt(i + 1) === COLON
      if (digits > 0) {
        if (n === 8) return false
        groups[n++] = value
        value = digits = 0
      } else if (!folded || i > 0) return false
      if (folded) {
        if (gap >= 0) return false
        gap = n
        i++
        if (text.charCodeAt(i + 1) === COLON) return false
      } else if (i === text.length - 1) return false
    }
    if (digits > 0) {
      if (n === 8) return false
      groups[n++] = value
    }
    if (gap < 0 ? n !== 8 : n === 8) return false
    if (n < 8) {
      const tail = n - gap
      groups.copyWithin(8 - tail, gap, n)
      groups.fill(0, gap, 8 - tail)
    }
    const word = (i: number) => ((groups[i] as number) << 16) | (groups[i + 1] as number)
    this.#set(word(0), word(2), word(4), word(6))
    return true
  }

  /** `::ffff:192.0.2.1` may take the long way. */
  #mixed(text: string): boolean {
    const address = parseAddress(text)
    if (!address) return false
    this.#set(...address.words)
    return true
  }

  #set(w0: number, w1: number, w2: number, w3: number): void {
    const { words } = this
    words[0] = w0
    words[1] = w1
    words[2] = w2
    words[3] = w3
  }
}

function hexValue(c: number): number {
  if (c >= 48 && c <= 57) return c - 48
  const letter = c | 32
  return letter >= 97 && letter <= 102 ? letter - 87 : -1
}
