// Whether something is about the own address space: a part of it, or what it is a part of. Asked for each
// blackhole a router holds, so it does not look through all of a network with thousands of prefixes.

import { type Afi, maskWord, type Prefix, parsePrefix } from '../core/prefix.ts'

export class OwnPrefixes {
  /** In order of address, the shorter of the same one first. */
  readonly #sorted: Readonly<Record<Afi, readonly Prefix[]>>
  readonly #lengths: Readonly<Record<Afi, readonly number[]>>
  readonly #known: ReadonlySet<string>

  constructor(texts: readonly string[]) {
    const all = texts.flatMap((text) => parsePrefix(text) ?? [])
    const of = (afi: Afi) => all.filter((prefix) => prefix.afi === afi).sort(inOrder)
    this.#sorted = { 4: of(4), 6: of(6) }
    const lengths = (afi: Afi) => [...new Set(this.#sorted[afi].map(({ length }) => length))]
    this.#lengths = { 4: lengths(4), 6: lengths(6) }
    this.#known = new Set(all.map((prefix) => keyOf(prefix, prefix.length)))
  }

  /** None is known: then everything may be ours. */
  get isEmpty(): boolean {
    return this.#known.size === 0
  }

  concerns(prefix: Prefix): boolean {
    const { afi, length } = prefix
    if (this.#lengths[afi].some((one) => one <= length && this.#known.has(keyOf(prefix, one))))
      return true
    const next = this.#from(prefix)
    return next !== undefined && keyOf(next, length) === keyOf(prefix, length)
  }

  /** The first that is not before it: if any of ours lies within, this one does. */
  #from(prefix: Prefix): Prefix | undefined {
    const sorted = this.#sorted[prefix.afi]
    let low = 0
    let high = sorted.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (inOrder(sorted[middle] as Prefix, prefix) < 0) low = middle + 1
      else high = middle
    }
    const found = sorted[low]
    return found && found.length >= prefix.length ? found : undefined
  }
}

/** What its first so many bits are. */
const keyOf = ({ afi, words }: Prefix, length: number): string =>
  `${afi} ${words.map((word, i) => word & maskWord(length, i)).join(' ')}/${length}`

function inOrder(a: Prefix, b: Prefix): number {
  for (let i = 0; i < 4; i++) {
    const difference = ((a.words[i] ?? 0) >>> 0) - ((b.words[i] ?? 0) >>> 0)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}
