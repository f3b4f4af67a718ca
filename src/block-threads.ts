// Blocks of bzip2 in threads of their own: what `decompress` takes as its pool. Nothing is started
// before there is a block to decode, and no thread keeps the process alive that has nothing to do.
//
// Nothing is transferred: that detaches an array, and from the first one on V8 looks at every access
// to any typed array of that thread whether it still is where it was, which costs a decoder 20 %. What
// goes there is copied, being small. Text comes back in rooms that are shared and used again and again;
// shared memory made anew for each would be let go too late.

import { Worker } from 'node:worker_threads'
import type { Block, BlockPool } from './wire/bzip2-ahead.ts'
import type { Decoded } from './wire/bzip2-block.ts'

/**
 * More would find no work: eight unpack faster than anything here reads. It also bounds what a file
 * made to blow up can claim, since each block that is out may become 47 MB.
 */
const MOST = 8

export class BlockThreads implements BlockPool {
  readonly width: number
  readonly #threads: Thread[] = []

  constructor(threads: number) {
    this.width = Math.min(threads, MOST)
  }

  decode(block: Block): Promise<Decoded> {
    const [first, ...others] = this.#threads
    const idlest = first && others.reduce((a, b) => (b.waiting < a.waiting ? b : a), first)
    if (idlest !== undefined && (idlest.waiting === 0 || this.#threads.length === this.width))
      return idlest.decode(block)
    const thread = new Thread()
    this.#threads.push(thread)
    return thread.decode(block)
  }

  /** Blocks that are out are given up: whoever waits for one gets an error. */
  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()))
  }
}

/** A block, and where its text goes. */
export interface Order {
  readonly block: Block
  readonly room: Uint8Array<SharedArrayBuffer>
}

/** The text of a block is hardly ever longer; what does not fit in is copied. */
const ROOM = 2 << 20

interface Waiting {
  readonly room: Uint8Array<SharedArrayBuffer>
  readonly resolve: (decoded: Decoded) => void
  readonly reject: (fault: Error) => void
}

class Thread {
  readonly #worker = new Worker(new URL('./block-worker.js', import.meta.url))
  /** In the order of the blocks sent: they come back in it. */
  readonly #waiting: Waiting[] = []
  readonly #rooms: Uint8Array<SharedArrayBuffer>[] = []
  #fault: Error | null = null

  constructor() {
    this.#worker.unref()
    this.#worker.on('message', (decoded: Decoded) => {
      const next = this.#waiting.shift()
      // Whoever waited has been told of a fault before this came.
      if (!next) return
      const { room, resolve } = next
      const pieces = decoded.pieces.map((piece) => (isShared(piece) ? piece.slice() : piece))
      this.#rooms.push(room)
      resolve({ ...decoded, pieces })
      if (this.#waiting.length === 0) this.#worker.unref()
    })
    this.#worker.on('error', (error) => this.#fail(error))
    this.#worker.on('exit', (code) => this.#fail(new Error(`a thread for bzip2 ended (${code})`)))
  }

  get waiting(): number {
    return this.#waiting.length
  }

  decode(block: Block): Promise<Decoded> {
    return new Promise((resolve, reject) => {
      if (this.#fault !== null) {
        reject(this.#fault)
        return
      }
      if (this.#waiting.length === 0) this.#worker.ref()
      const room = this.#rooms.pop() ?? new Uint8Array(new SharedArrayBuffer(ROOM))
      this.#waiting.push({ room, resolve, reject })
      const order: Order = { block, room }
      this.#worker.postMessage(order)
    })
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
  }

  #fail(fault: Error): void {
    this.#fault ??= fault
    for (const { reject } of this.#waiting.splice(0)) reject(this.#fault)
  }
}

const isShared = ({ buffer }: Uint8Array): boolean => buffer instanceof SharedArrayBuffer
