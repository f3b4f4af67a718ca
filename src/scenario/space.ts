// Who originates what. Every AS has a block of its own, so that no two ever conflict: 60.n.0.0/16
// for IPv4 and 2a00:n::/32 for IPv6, cut into prefixes that do not overlap; a few transit networks
// announce the whole block as well, and their more-specifics are covered by it.

import { type Afi, parsePrefix, prefixText } from '../core/prefix.ts'
import type { Dice } from './dice.ts'

/** Prefixes of one origin and family that change together, at every AS of the Internet. */
export interface Atom {
  readonly origin: number
  readonly afi: Afi
  readonly prefixes: readonly string[]
  /** Nobody announces it at the start. */
  readonly absent?: true
  /** That the origin gives it, beside those of whoever passes it on. */
  readonly communities?: readonly string[]
}

/** A /16 has 64 blocks of four /24s. */
const MOST = 64
const LARGEST_ATOM = 8

export function makeAtoms(
  dice: Dice,
  ases: number,
  watched: number,
  transits: ReadonlySet<number>,
  total: number,
): Atom[] {
  // The watched AS has a tenth of everything, the others what a skewed lot gives them.
  const own = Math.round(total * 0.1)
  const lots = Array.from({ length: ases }, (_, node) =>
    node === watched ? 0 : dice.lognormal(transits.has(node) ? 4 : 2, 0.7),
  )
  const sum = lots.reduce((a, b) => a + b, 0)
  const atoms: Atom[] = []
  for (let node = 0; node < ases; node++) {
    const share =
      node === watched ? own : Math.round(((total - own) * (lots[node] as number)) / sum)
    const count = Math.max(1, share)
    const sixes = node === watched ? Math.ceil(count / 5) : dice.chance(0.6) ? count * 0.3 : 0
    const v6 = Math.min(MOST, Math.round(sixes))
    const v4 = Math.min(MOST, Math.max(1, count - v6))
    const fours = Array.from({ length: v4 }, (_, i) => {
      const length = dice.pick([24, 24, 24, 23, 22])
      return `${60 + (node >> 8)}.${node & 255}.${i * 4}.0/${length}`
    })
    if (transits.has(node) && v4 > 3) fours[0] = `${60 + (node >> 8)}.${node & 255}.0.0/16`
    const block = `2a00:${(0x1000 + node).toString(16)}`
    const long = Array.from({ length: v6 }, (_, i) => `${block}:${(i * 256).toString(16)}::/40`)
    const six = v6 === 1 ? [`${block}::/32`] : long.map((text) => text.replace(':0::', '::'))
    atoms.push(...cut(dice, node, 4, fours), ...cut(dice, node, 6, six))
  }
  return atoms
}

function cut(dice: Dice, origin: number, afi: Afi, prefixes: readonly string[]): Atom[] {
  const atoms: Atom[] = []
  for (let i = 0; i < prefixes.length; ) {
    const size = dice.pick([1, 1, 2, 3, 4, LARGEST_ATOM])
    atoms.push({ origin, afi, prefixes: prefixes.slice(i, i + size) })
    i += size
  }
  return atoms
}

/** All prefixes of that length inside of one, up to 256 of them. */
export function soSpecific(text: string, length: number): string[] {
  const prefix = parsePrefix(text)
  if (!prefix || length <= prefix.length) return []
  const bits = Math.min(8, length - prefix.length)
  return Array.from({ length: 1 << bits }, (_, n) => {
    const words = [...prefix.words] as [number, number, number, number]
    for (let b = 0; b < bits; b++) {
      const bit = prefix.length + b
      if ((n >> (bits - 1 - b)) & 1)
        words[bit >> 5] = (words[bit >> 5] as number) | (1 << (31 - (bit & 31)))
    }
    const [a, b, c, d] = words
    return prefixText(prefix.afi, a, b, c, d, length)
  })
}
