// The same lines by several threads. This one reads files and cuts them into batches of whole records;
// the others turn batches into text (dump-worker.ts) and write it to standard output themselves, each
// batch when its turn has come. So one large file keeps all of them busy, and none holds much.

import { Worker } from 'node:worker_threads'
import { InputError } from './command.ts'
import { type Dumped, Gone, readRecords, type Taker } from './dump-file.ts'
import type { BlockPool } from './wire/bzip2-ahead.ts'
import type { MrtFrames } from './wire/mrt-frames.ts'

/** Octets of records: 5 ms of work. */
const BATCH = 1 << 20
/** Batches a thread has: one that waits for its turn, one it is at, and one to go on with. */
const EACH = 3
/** Type and subtype of PEER_INDEX_TABLE, which the records behind it cannot be read without. */
const PEER_INDEX = 0x000d0001

/** What a thread is given: records. */
export interface Batch {
  /** Counts up; its turn. */
  readonly number: number
  /** Shared: see block-threads.ts. */
  readonly octets: Uint8Array<SharedArrayBuffer>
  readonly length: number
  /** The last index of peers before these records, a record of its own. */
  readonly index: Uint8Array | null
}

/** A batch is written; its octets may be used again. */
export interface Done {
  readonly octets: Uint8Array<SharedArrayBuffer>
  readonly malformed: number
  readonly elements: number
}

/** What a thread says: that, or why nothing more can be written. */
export type Told = Done | { readonly gone: true } | { readonly fault: string }

interface File {
  readonly path: string
  /** Null while it is being read. */
  dumped: Dumped | null
  /** Batches that are out. */
  out: number
  malformed: number
  elements: number
}

interface Thread {
  readonly worker: Worker
  /** Of which file its batches are. */
  readonly files: File[]
}

const shared = (octets: number) => new Uint8Array(new SharedArrayBuffer(octets))

export class DumpThreads implements Taker {
  readonly #threads: Thread[]
  readonly #tell: (path: string, dumped: Dumped) => void
  /** Those not yet told of, in order; the last one is being read. */
  readonly #files: File[] = []
  #number = 0
  /** Buffers that have come back. */
  readonly #spare: Uint8Array<SharedArrayBuffer>[] = []
  #batch = shared(BATCH)
  #used = 0
  /** Records that lie side by side where they were read, and are not yet in the batch. */
  #from = 0
  #to = 0
  /** The index that the next batch needs, and the one seen last. */
  #before: Uint8Array | null = null
  #index: Uint8Array | null = null
  #fault: Error | null = null
  #waiting: { most: number; resolve: () => void; reject: (fault: Error) => void } | null = null

  /** `tell` is called for each file that is done, in their order. */
  constructor(count: number, tell: (path: string, dumped: Dumped) => void) {
    this.#tell = tell
    const workerData = new SharedArrayBuffer(4)
    this.#threads = Array.from({ length: count }, () => {
      const url = new URL('./dump-worker.js', import.meta.url)
      const thread: Thread = { worker: new Worker(url, { workerData }), files: [] }
      thread.worker.on('message', (told: Told) => this.#told(thread, told))
      thread.worker.on('error', (error) => this.#fail(error))
      thread.worker.on('exit', (code) => this.#fail(new Error(`a thread ended (${code})`)))
      return thread
    })
  }

  /** Returns when all of the file is with the threads. */
  async read(path: string, pool: BlockPool | undefined): Promise<void> {
    const file: File = { path, dumped: null, out: 0, malformed: 0, elements: 0 }
    this.#files.push(file)
    this.#before = this.#index = null
    const dumped = await readRecords(path, this, pool)
    this.#send()
    file.dumped = dumped
    this.#report()
  }

  /** All that was read is written. */
  async finish(): Promise<void> {
    await this.#until(0)
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()))
  }

  record({ bytes, view, at, stop }: MrtFrames): void {
    if (at !== this.#to) {
      this.#copy(bytes)
      this.#from = at
    }
    this.#to = stop
    if (view.getInt32(at + 4) === PEER_INDEX) this.#index = bytes.slice(at, stop)
    if (this.#used + stop - this.#from < BATCH) return
    this.#copy(bytes)
    this.#send()
  }

  rest({ bytes }: MrtFrames): Promise<void> | undefined {
    this.#copy(bytes)
    // Where they are now they need not be after this.
    this.#from = this.#to = -1
    return this.#until(this.#threads.length * EACH - 1)
  }

  #copy(bytes: Uint8Array): void {
    const need = this.#used + this.#to - this.#from
    if (need > this.#batch.length) {
      const grown = shared(need)
      grown.set(this.#batch.subarray(0, this.#used))
      this.#batch = grown
    }
    this.#batch.set(bytes.subarray(this.#from, this.#to), this.#used)
    this.#used = need
    this.#from = this.#to
  }

  #send(): void {
    if (this.#used === 0) return
    const batch: Batch = {
      number: this.#number++,
      octets: this.#batch,
      length: this.#used,
      index: this.#before,
    }
    const thread = this.#threads.reduce((a, b) => (b.files.length < a.files.length ? b : a))
    const file = this.#files.at(-1) as File
    file.out++
    thread.files.push(file)
    thread.worker.postMessage(batch)
    this.#batch = this.#spare.pop() ?? shared(BATCH)
    this.#used = 0
    this.#before = this.#index
  }

  #told(thread: Thread, told: Told): void {
    if ('gone' in told) this.#fail(new Gone())
    else if ('fault' in told) this.#fail(new InputError(told.fault))
    else {
      const file = thread.files.shift() as File
      file.out--
      file.malformed += told.malformed
      file.elements += told.elements
      this.#spare.push(told.octets)
      this.#report()
    }
  }

  #report(): void {
    for (let file = this.#files[0]; file?.dumped && file.out === 0; file = this.#files[0]) {
      file.dumped.malformed += file.malformed
      file.dumped.elements += file.elements
      this.#files.shift()
      this.#tell(file.path, file.dumped)
    }
    if (this.#waiting === null || this.#out > this.#waiting.most) return
    this.#waiting.resolve()
    this.#waiting = null
  }

  get #out(): number {
    return this.#threads.reduce((sum, { files }) => sum + files.length, 0)
  }

  /** Waits until no more than so many batches are out. */
  #until(most: number): Promise<void> | undefined {
    if (this.#fault !== null) return Promise.reject(this.#fault)
    if (this.#out <= most) return undefined
    return new Promise((resolve, reject) => {
      this.#waiting = { most, resolve, reject }
    })
  }

  #fail(fault: Error): void {
    this.#fault ??= fault
    this.#waiting?.reject(this.#fault)
    this.#waiting = null
  }
}
