// Blocks of bzip2 decoded by others ahead of their turn. A magic tells where a block may begin, and the
// next one where it may end; neither is sure, since any 48 bits can occur inside a block. So this is
// guessing and no more: whoever reads the stream comes for a block by the bit it has found itself at,
// takes what was made of it, and decodes it where it is when nobody has, or when the guess of its end
// came too early. A decoder that has not run short has read nothing behind its end: what it says is
// what it would have said of the whole.

import { findMagic, Magic, magicAt, SLACK } from './bzip2-bits.ts'
import type { Decoded } from './bzip2-block.ts'

/** A block cut out for another thread. `start` and `end` are bits of `octets`. */
export interface Block {
  /** With SLACK behind; nobody else has them. */
  readonly octets: Uint8Array<ArrayBuffer>
  readonly start: number
  readonly end: number
  /** The longest text allowed. */
  readonly limit: number
}

export interface BlockPool {
  /** Blocks it decodes at once. */
  readonly width: number
  decode(block: Block): Promise<Decoded>
}

interface Job {
  readonly limit: number
  readonly done: Promise<void>
  result: Decoded | null
}

export class Ahead {
  readonly #pool: BlockPool
  /** Blocks out or waiting for their turn: enough that no thread is idle while one is taken. */
  readonly #most: number
  /** By the bit of their magic, in order; this and all below count from the first bit of the input. */
  readonly #jobs = new Map<number, Job>()
  /** Not done yet, those included that nobody will ask for. */
  #running = 0
  /** A magic whose end is to be found next. */
  #open = -1
  /** No magic begins between that one and here. */
  #searched = 0
  /** By the last header seen; it may be another's. */
  #limit = 0

  constructor(pool: BlockPool) {
    this.#pool = pool
    this.#most = pool.width + 2
  }

  /**
   * The block whose magic stands at bit `at` of `view`, which holds what comes `base` bits into the
   * input, up to `end`: what was made of it, a promise when somebody is at it, or null.
   */
  at(
    view: DataView<ArrayBuffer>,
    base: number,
    at: number,
    end: number,
    limit: number,
  ): Decoded | Promise<void> | null {
    const from = base + at
    for (const bit of this.#jobs.keys()) {
      if (bit >= from) break
      this.#jobs.delete(bit)
    }
    if (this.#open < from) {
      this.#open = from
      this.#limit = limit
    }
    this.#look(view, base, end)
    const job = this.#jobs.get(from)
    if (job === undefined) return null
    if (job.limit === limit && job.result === null) return job.done
    this.#jobs.delete(from)
    if (job.limit !== limit) {
      this.#limit = limit
      return null
    }
    const { result } = job
    if (result === null || result.outcome === 'short') return null
    // Counted from the octet that the block begins in.
    return { ...result, next: result.next + at - (at & 7) }
  }

  /** Hands out blocks until enough are out, or none is known to its end. */
  #look(view: DataView<ArrayBuffer>, base: number, end: number): void {
    while (this.#jobs.size < this.#most && this.#running < this.#most) {
      const start = this.#open - base
      const next = findMagic(view, Math.max(start + 48, this.#searched - base), end)
      if (next < 0) {
        this.#searched = base + end - 47
        return
      }
      if (magicAt(view, start) === Magic.block) this.#handOut(view, base, start, next)
      this.#open = base + next
    }
  }

  #handOut(view: DataView<ArrayBuffer>, base: number, start: number, end: number): void {
    this.#limit = limitBefore(view, start) ?? this.#limit
    const from = start >>> 3
    const block: Block = {
      octets: new Uint8Array(view.buffer.slice(from, (end >>> 3) + 1 + SLACK)),
      start: start & 7,
      end: end - from * 8,
      limit: this.#limit,
    }
    const done = this.#pool
      .decode(block)
      .then((result) => {
        job.result = result
      })
      .finally(() => {
        this.#running--
      })
    const job: Job = { limit: block.limit, done, result: null }
    // Whoever comes for it is told; perhaps nobody does.
    done.catch(() => undefined)
    this.#running++
    this.#jobs.set(base + start, job)
  }
}

/** What the header of a stream allows, if one stands right before this bit. */
function limitBefore(view: DataView, bit: number): number | null {
  if ((bit & 7) !== 0 || bit < 32) return null
  const word = view.getInt32((bit >>> 3) - 4)
  const level = (word & 255) - 0x30
  return word >>> 8 === 0x425a68 && level >= 1 && level <= 9 ? level * 100_000 : null
}
