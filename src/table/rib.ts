// The Adj-RIB-In of every vantage point: one 32-bit word a (vantage point, prefix), in pages of 512
// prefixes that come into being when the first route of a page does. Pages live in slabs of 64 MiB
// that the system backs with memory only as they are touched; nothing is ever copied to grow.

/** Path id of the route held; 0 = none. */
export const PATH = 0x0fffffff
/**
 * The session has been down since: to be confirmed or swept when the table transfer ends. Or we could not
 * hear it for a while, and it has not spoken of this since (sessions.ts).
 */
export const STALE = 1 << 28
/** This vantage point counts as one that ordinarily carries the prefix. */
export const REFERENCE = 1 << 29
/** On its way to become reference, or to stop being it: seen so once, decided when seen so again. */
export const PENDING = 1 << 30
/** Its ordinary route was displaced by a leak that is over: no reference until it announces again. */
export const DISPLACED = 1 << 31

const PAGE_BITS = 9
const PAGE = 1 << PAGE_BITS
const SLAB_BITS = 24
const IN_SLAB = (1 << SLAB_BITS) - 1
/** Positions are 31 bits: 8 GiB of routes. */
const MOST_PAGES = 1 << (31 - PAGE_BITS)
const PAGES_IN_SLAB = 1 << (SLAB_BITS - PAGE_BITS)

export class Rib {
  /** Words that had to be dropped because `maxPages` was reached. */
  dropped = 0
  readonly #maxPages: number
  readonly #slabs: Int32Array[] = []
  /** Per vantage point: page number + 1 of each 512 prefixes; 0 = no page. */
  readonly #pages: Int32Array[] = []
  #next = 0
  /** By page: 1 where a route may lie that is not an ordinary one of its vantage point. */
  readonly #unsettled: Uint8Array

  /** maxRoutes bounds memory: 4 bytes each, in pages of 512. */
  constructor(maxRoutes = 600_000_000) {
    this.#maxPages = Math.min(MOST_PAGES, Math.ceil(maxRoutes / PAGE))
    this.#unsettled = new Uint8Array(this.#maxPages)
  }

  /** Position of a word: pass it to `get` and `set`. -1 when there is no page and `make` is false. */
  at(vantage: number, prefix: number, make: boolean): number {
    const index = prefix >>> PAGE_BITS
    const pages = this.#pages[vantage]
    const page = pages === undefined || index >= pages.length ? 0 : (pages[index] as number)
    if (page !== 0) return ((page - 1) << PAGE_BITS) | (prefix & (PAGE - 1))
    return make ? this.#page(vantage, index, prefix) : -1
  }

  get(position: number): number {
    return (this.#slabs[position >>> SLAB_BITS] as Int32Array)[position & IN_SLAB] as number
  }

  set(position: number, word: number): void {
    const slab = this.#slabs[position >>> SLAB_BITS] as Int32Array
    slab[position & IN_SLAB] = word
  }

  /** The word there holds a route, and is no reference. */
  unsettle(position: number): void {
    this.#unsettled[position >>> PAGE_BITS] = 1
  }

  word(vantage: number, prefix: number): number {
    const position = this.at(vantage, prefix, false)
    return position < 0 ? 0 : this.get(position)
  }

  /** Whether it holds no route to one of `prefixes`, each `step`th asked, that it ordinarily carries. */
  lacks(vantage: number, prefixes: readonly number[], step: number): boolean {
    for (let i = 0; i < prefixes.length; i += step) {
      const position = this.at(vantage, prefixes[i] as number, false)
      if (position >= 0 && (this.get(position) & (REFERENCE | PATH)) === REFERENCE) return true
    }
    return false
  }

  /** Visits the path of every word; several times, if several hold it, and 0 where there is none. */
  paths(visit: (path: number) => void): void {
    for (const [i, slab] of this.#slabs.entries()) {
      const end = Math.min(this.#next - i * PAGES_IN_SLAB, PAGES_IN_SLAB) * PAGE
      for (let at = 0; at < end; at++) visit((slab[at] as number) & PATH)
    }
  }

  #page(vantage: number, index: number, prefix: number): number {
    if (this.#next >= this.#maxPages) {
      this.dropped++
      return -1
    }
    let pages = this.#pages[vantage]
    if (pages === undefined || index >= pages.length) {
      const wider = new Int32Array(Math.max(16, index + 1, (pages?.length ?? 0) * 2))
      if (pages) wider.set(pages)
      while (this.#pages.length < vantage) this.#pages.push(new Int32Array(0))
      this.#pages[vantage] = wider
      pages = wider
    }
    const page = this.#next++
    if (page % PAGES_IN_SLAB === 0) this.#slabs.push(new Int32Array(2 ** SLAB_BITS))
    pages[index] = page + 1
    return page * PAGE + (prefix & (PAGE - 1))
  }

  /** Visits every non-empty word of a vantage point; the visitor returns the word to keep. */
  sweep(vantage: number, visit: (prefix: number, word: number) => number): void {
    const pages = this.#pages[vantage] ?? []
    for (let index = 0; index < pages.length; index++)
      if (pages[index] !== 0) this.#visit(pages[index] as number, index, visit)
  }

  /** The same where there are routes that are no reference; most of a table that is known has none. */
  sweepUnsettled(vantage: number, visit: (prefix: number, word: number) => number): void {
    const pages = this.#pages[vantage] ?? []
    for (let index = 0; index < pages.length; index++) {
      const page = pages[index] as number
      if (page === 0 || this.#unsettled[page - 1] === 0) continue
      this.#unsettled[page - 1] = this.#visit(page, index, visit) ? 1 : 0
    }
  }

  /** True when routes are left that are no reference. */
  #visit(page: number, index: number, visit: (prefix: number, word: number) => number): boolean {
    const slab = this.#slabs[Math.floor((page - 1) / PAGES_IN_SLAB)] as Int32Array
    const base = ((page - 1) % PAGES_IN_SLAB) * PAGE
    let unsettled = false
    for (let i = 0; i < PAGE; i++) {
      const word = slab[base + i] as number
      if (word === 0) continue
      const kept = visit(index * PAGE + i, word)
      slab[base + i] = kept
      if ((kept & REFERENCE) === 0 && (kept & PATH) !== 0) unsettled = true
    }
    return unsettled
  }
}
