// What a first reading of the input has decoded, as far as it fits, so that a second one need not
// unpack, decode and look up again. Only what the table asks for is kept: numbers of prefixes and paths,
// not the words behind them.

import { type Batch, type BatchPool, LOOKED_UP } from './core/batch.ts'

/** Octets kept at most: about 250 MB of decoded updates, an hour and a half of a large collector. */
const MOST = 128 << 20

interface Kept {
  readonly file: number
  readonly at: Float64Array
  readonly offset: Float64Array
  readonly vantage: Uint16Array
  readonly kind: Uint8Array
  readonly detail: Uint8Array
  readonly pathRef: Int32Array
  readonly first: Int32Array
  readonly announced: Uint8Array
  readonly prefixRef: Int32Array
  /** null when no session of the batch speaks ADD-PATH. */
  readonly pathId: Int32Array | null
}

export class KeptBatches {
  readonly #files = new Map<string, Kept[]>()
  /** Files that did not fit, or were not read to their end yet. */
  readonly #open = new Set<string>()
  /** Lists that are being given out; batches given out and not yet done with. */
  readonly #leaving = new Set<Kept[]>()
  readonly #out = new Set<Batch>()
  #left: number

  constructor(most = MOST) {
    this.#left = most
  }

  /** Whether there may still be room for all of this file: only then its paths need be looked up. */
  wants(path: string): boolean {
    return this.#files.has(path) || !this.#open.has(path)
  }

  /** `batch` has been interned. A file is kept whole or not at all. */
  add(path: string, batch: Batch): void {
    let list = this.#files.get(path)
    if (!list) {
      if (this.#open.has(path)) return
      list = []
      this.#files.set(path, list)
      this.#open.add(path)
    }
    const { messages: m, elements: e } = batch
    const size = sizeOf(m, e, hasPathIds(batch))
    if (size > this.#left) {
      for (const { at, announced, pathId } of list)
        this.#left += sizeOf(at.length, announced.length, pathId !== null)
      this.#files.delete(path)
      return
    }
    this.#left -= size
    list.push({
      file: batch.file,
      at: batch.at.slice(0, m),
      offset: batch.offset.slice(0, m),
      vantage: new Uint16Array(batch.vantage.subarray(0, m)),
      kind: batch.kind.slice(0, m),
      detail: batch.detail.slice(0, m),
      pathRef: batch.pathRef.slice(0, m),
      first: batch.first.slice(0, m + 1),
      announced: batch.announced.slice(0, e),
      prefixRef: batch.prefixRef.slice(0, e),
      pathId: hasPathIds(batch) ? batch.pathId.slice(0, e) : null,
    })
  }

  /** The file was read to its end: all of it is here, if it is here. */
  done(path: string): void {
    if (this.#files.has(path)) this.#open.delete(path)
  }

  has(path: string): boolean {
    return this.#files.has(path) && !this.#open.has(path)
  }

  /** The batches of a file that is here, in their order; each is let go once it was given out. */
  *take(path: string, pool: BatchPool): Generator<Batch, void, undefined> {
    const list = this.#files.get(path) ?? []
    this.#files.delete(path)
    this.#leaving.add(list)
    list.reverse()
    for (let kept = list.pop(); kept; kept = list.pop()) {
      const batch = pool.take()
      batch.file = kept.file
      batch.messages = kept.at.length
      batch.elements = kept.announced.length
      batch.at.set(kept.at)
      batch.offset.set(kept.offset)
      batch.vantage.set(kept.vantage)
      batch.kind.set(kept.kind)
      batch.detail.set(kept.detail)
      batch.pathRef.set(kept.pathRef)
      batch.first.set(kept.first)
      batch.announced.set(kept.announced)
      batch.prefixRef.set(kept.prefixRef)
      if (kept.pathId) batch.pathId.set(kept.pathId)
      else batch.pathId.fill(0, 0, batch.elements)
      batch.interned = LOOKED_UP
      this.#out.add(batch)
      batch.owner = () => {
        this.#out.delete(batch)
        batch.owner = null
        pool.give(batch)
      }
      yield batch
    }
    this.#leaving.delete(list)
  }

  /** Numbers of paths of all that was not yet done with: who gives numbers away asks here first. */
  *pathRefs(): Iterable<Int32Array> {
    for (const list of [...this.#files.values(), ...this.#leaving])
      for (const { pathRef } of list) yield pathRef
    for (const { pathRef, messages } of this.#out) yield pathRef.subarray(0, messages)
  }
}

/** Octets that so many messages and elements take. */
const sizeOf = (messages: number, elements: number, pathIds: boolean): number =>
  29 * messages + (pathIds ? 9 : 5) * elements

function hasPathIds({ pathId, elements }: Batch): boolean {
  for (let e = 0; e < elements; e++) if (pathId[e] !== 0) return true
  return false
}
