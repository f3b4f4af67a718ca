// Prefixes as numbers. A prefix is (afi, four 32-bit words, length); IPv4 uses the first word only.
// Text exists at the edges: config, JSON feeds, incident records.

export type Afi = 4 | 6
export type AfiName = 'ipv4' | 'ipv6'
export const afiName = (afi: Afi): AfiName => (afi === 4 ? 'ipv4' : 'ipv6')

export interface Address {
  readonly afi: Afi
  /** Four signed 32-bit words, network order; IPv4 in the first, zeros behind. */
  readonly words: readonly [number, number, number, number]
}

export interface Prefix extends Address {
  readonly length: number
}

const v4Text = (w: number): string =>
  `${w >>> 24}.${(w >>> 16) & 255}.${(w >>> 8) & 255}.${w & 255}`

/** Canonical text (RFC 5952: lower case, the longest zero run of two or more groups folded). */
export function addressText(afi: number, w0: number, w1: number, w2: number, w3: number): string {
  if (afi === 4) return v4Text(w0)
  const groups: number[] = []
  for (const w of [w0, w1, w2, w3]) groups.push(w >>> 16, w & 0xffff)
  let best = -1
  let bestLength = 1
  for (let i = 0; i < 8; i++) {
    let j = i
    while (j < 8 && groups[j] === 0) j++
    if (j - i > bestLength) {
      best = i
      bestLength = j - i
    }
    if (j > i) i = j
  }
  const hex = (from: number, to: number) =>
    groups
      .slice(from, to)
      .map((g) => g.toString(16))
      .join(':')
  return best < 0 ? hex(0, 8) : `${hex(0, best)}::${hex(best + bestLength, 8)}`
}

export function prefixText(
  afi: number,
  w0: number,
  w1: number,
  w2: number,
  w3: number,
  length: number,
): string {
  return `${addressText(afi, w0, w1, w2, w3)}/${length}`
}

/** The bits of word `i` that a prefix of `length` keeps. */
export function maskWord(length: number, i: number): number {
  const bits = length - 32 * i
  return bits >= 32 ? -1 : bits <= 0 ? 0 : -1 << (32 - bits)
}

/** Reads IPv4 or IPv6 text; undefined if it is neither. Strict: no leading zeros, no zone. */
export function parseAddress(text: string): Address | undefined {
  if (!text.includes(':')) {
    const w = parseV4(text)
    return w === undefined ? undefined : { afi: 4, words: [w, 0, 0, 0] }
  }
  let body = text
  let tail: number | undefined
  const lastColon = text.lastIndexOf(':')
  if (text.includes('.', lastColon)) {
    tail = parseV4(text.slice(lastColon + 1))
    if (tail === undefined) return undefined
    body = `${text.slice(0, lastColon + 1)}${(tail >>> 16).toString(16)}:${(tail & 0xffff).toString(16)}`
  }
  const halves = body.split('::')
  if (halves.length > 2) return undefined
  const read = (part: string | undefined) => (part ? part.split(':') : [])
  const head = read(halves[0])
  const rest = read(halves[1])
  const missing = 8 - head.length - rest.length
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined
  const groups = [...head, ...Array<string>(halves.length === 2 ? missing : 0).fill('0'), ...rest]
  const words: [number, number, number, number] = [0, 0, 0, 0]
  for (let i = 0; i < 8; i++) {
    const group = groups[i] ?? ''
    if (!/^[0-9a-f]{1,4}$/i.test(group)) return undefined
    const value = Number.parseInt(group, 16)
    const k = (i >> 1) as 0 | 1 | 2 | 3
    words[k] |= i & 1 ? value : value << 16
  }
  return { afi: 6, words }
}

function parseV4(text: string): number | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)
  if (!match) return undefined
  let w = 0
  for (let i = 1; i <= 4; i++) {
    const part = match[i] ?? ''
    const octet = Number(part)
    if (octet > 255 || (part.length > 1 && part[0] === '0')) return undefined
    w = (w << 8) | octet
  }
  return w
}

/** Reads `192.0.2.0/24`; host bits are cleared. Undefined if it is no prefix. */
export function parsePrefix(text: string): Prefix | undefined {
  const slash = text.indexOf('/')
  if (slash < 0) return undefined
  const address = parseAddress(text.slice(0, slash))
  const lengthText = text.slice(slash + 1)
  if (!address || !/^\d{1,3}$/.test(lengthText)) return undefined
  const length = Number(lengthText)
  if (length > (address.afi === 4 ? 32 : 128)) return undefined
  const [w0, w1, w2, w3] = address.words
  return {
    afi: address.afi,
    length,
    words: [
      w0 & maskWord(length, 0),
      w1 & maskWord(length, 1),
      w2 & maskWord(length, 2),
      w3 & maskWord(length, 3),
    ],
  }
}

/** How much address space a prefix is, in /24s (IPv4) or /48s (IPv6); longer ones count nothing. */
export function space(afi: Afi, length: number): number {
  // Capped at /8 and /16: one default route must not outweigh everything else an AS has.
  const bits = afi === 4 ? 24 - Math.max(length, 8) : 48 - Math.max(length, 16)
  if (bits < 0) return 0
  return bits < 31 ? 1 << bits : 2 ** bits
}
