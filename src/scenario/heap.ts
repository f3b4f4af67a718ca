// A queue by time. What falls due at the same instant comes out in the order it went in.

import type { Instant } from '../core/time.ts'

export interface Due {
  readonly at: Instant
}

export class Heap<T extends Due> {
  #items: { readonly item: T; readonly turn: number }[] = []
  #turns = 0

  add(item: T): void {
    const items = this.#items
    items.push({ item, turn: this.#turns++ })
    for (let i = items.length - 1; i > 0; ) {
      const parent = (i - 1) >> 1
      if (!this.#before(i, parent)) return
      this.#swap(i, parent)
      i = parent
    }
  }

  /** The earliest item due before `until`, taken out; undefined when there is none. */
  next(until: Instant): T | undefined {
    const items = this.#items
    const first = items[0]
    if (!first || first.item.at >= until) return undefined
    const last = items.pop()
    if (items.length > 0 && last) {
      items[0] = last
      for (let i = 0; ; ) {
        const left = 2 * i + 1
        if (left >= items.length) break
        const child = left + 1 < items.length && this.#before(left + 1, left) ? left + 1 : left
        if (!this.#before(child, i)) break
        this.#swap(i, child)
        i = child
      }
    }
    return first.item
  }

  #before(a: number, b: number): boolean {
    const x = this.#items[a] as { item: T; turn: number }
    const y = this.#items[b] as { item: T; turn: number }
    return x.item.at < y.item.at || (x.item.at === y.item.at && x.turn < y.turn)
  }

  #swap(a: number, b: number): void {
    const x = this.#items[a] as { item: T; turn: number }
    this.#items[a] = this.#items[b] as { item: T; turn: number }
    this.#items[b] = x
  }
}
