// Reading on a thread of its own: while this one thinks about what a batch says, the next is read,
// unpacked and decoded. Batches come through shared memory, in the order of their file; which thread
// has decoded them shows nowhere.

import { Worker } from 'node:worker_threads'
import { Batch } from './core/batch.ts'
import { parseAddress } from './core/prefix.ts'
import type { VantagePoint, VantagePoints } from './core/vantage.ts'
import type { FileReport } from './file-batches.ts'

export type ToReader =
  | { readonly open: number; readonly path: string; readonly collector: string }
  | Returned

/** Files of which a batch was taken, so that one more may be made ready; batches that are done with. */
interface Returned {
  readonly taken: number[]
  readonly given: number[]
}

export type FromReader = BatchReady | FileEnd

interface BatchReady {
  readonly batch: number
  /** The file it is of, by the number it was opened with. */
  readonly of: number
  readonly messages: number
  readonly elements: number
  readonly pathWords: number
  /** Octets of the file read since the last batch. */
  readonly octets: number
  /** The columns; null when they are known from an earlier time. */
  readonly memory: SharedArrayBuffer | null
  /** Vantage points of the file met since its last batch. */
  readonly peers: readonly VantagePoint[]
}

interface FileEnd {
  readonly end: number
  readonly octets: number
  readonly report: FileReport
  readonly peers: readonly VantagePoint[]
  /** Messages refused because the file has more vantage points than there is room for. */
  readonly dropped: number
}

/** Batches of one file that may lie ready: half a megabyte each. */
const AHEAD = 8
/** What is returned is told in lots, because a word to another thread takes 40 µs. */
const LOT = 4

interface OpenFile {
  /** Our numbers of its vantage points, by its own. */
  readonly peers: number[]
  readonly ready: (BatchReady | FileEnd)[]
  go: (() => void) | null
}

export class ReadingThread {
  readonly #worker: Worker
  readonly #vantages: VantagePoints
  readonly #files = new Map<number, OpenFile>()
  readonly #batches: Batch[] = []
  #fault: Error | null = null
  #returned: Returned = { taken: [], given: [] }

  /** `jobs`: threads that may be busy unpacking. */
  constructor(vantages: VantagePoints, jobs: number) {
    this.#vantages = vantages
    this.#worker = new Worker(new URL('./reading-thread.js', import.meta.url), {
      workerData: { ahead: AHEAD, jobs },
    })
    this.#worker.on('message', (message: FromReader) => this.#take(message))
    this.#worker.on('error', (error: Error) => this.#fail(error))
    this.#worker.on('exit', () => this.#fail(new Error('the reading thread has ended')))
  }

  /** Begins to read a file. `id` is the number that its batches name as theirs. */
  open(id: number, path: string, collector: string): void {
    this.#files.set(id, { peers: [], ready: [], go: null })
    this.#worker.postMessage({ open: id, path, collector } satisfies ToReader)
  }

  /** Whether it was opened and not yet read to its end. */
  isOpen(id: number): boolean {
    return this.#files.has(id)
  }

  /** The batches of an open file; `progress` hears of octets read, `report` is filled in at the end. */
  async *batches(
    id: number,
    report: FileReport,
    progress: (octets: number) => void,
  ): AsyncGenerator<Batch, void, undefined> {
    const file = this.#files.get(id)
    if (!file) return
    let refused = 0
    for (;;) {
      while (file.ready.length === 0) {
        if (this.#fault) throw this.#fault
        this.#settle()
        await new Promise<void>((go) => {
          file.go = go
        })
      }
      const next = file.ready.shift() as BatchReady | FileEnd
      progress(next.octets)
      for (const peer of next.peers) file.peers.push(this.#intern(peer))
      if ('end' in next) {
        Object.assign(report, next.report)
        report.mrt.skipped += refused
        this.#vantages.dropped += next.dropped
        this.#files.delete(id)
        return
      }
      if (this.#returned.taken.push(id) >= LOT) this.#settle()
      const batch = this.#open(next)
      refused += this.#rename(batch, file.peers)
      if (batch.messages > 0) yield batch
      else batch.owner?.(batch)
    }
  }

  async close(): Promise<void> {
    this.#fault ??= new Error('the reading thread is closed')
    await this.#worker.terminate()
  }

  #settle(): void {
    const { taken, given } = this.#returned
    if (taken.length + given.length === 0) return
    this.#worker.postMessage({ taken, given } satisfies ToReader)
    this.#returned = { taken: [], given: [] }
  }

  #take(message: FromReader): void {
    if ('batch' in message && message.memory) {
      this.#batches[message.batch] = this.#wrap(message.batch, message.memory)
    }
    const file = this.#files.get('end' in message ? message.end : message.of)
    file?.ready.push(message)
    file?.go?.()
  }

  #fail(error: Error): void {
    this.#fault ??= error
    for (const file of this.#files.values()) file.go?.()
  }

  #wrap(number: number, memory: SharedArrayBuffer): Batch {
    const batch = new Batch(undefined, undefined, undefined, () => memory)
    batch.owner = () => this.#returned.given.push(number)
    return batch
  }

  #open({ batch: number, of, messages, elements, pathWords }: BatchReady): Batch {
    const batch = this.#batches[number] as Batch
    batch.file = of
    batch.interned = 0
    batch.messages = messages
    batch.elements = elements
    batch.pathWords = pathWords
    return batch
  }

  /** Vantage points get our numbers. Messages of those there is no room for are left out: how many. */
  #rename(batch: Batch, ours: readonly number[]): number {
    const { vantage, messages } = batch
    let refused = 0
    for (let m = 0; m < messages; m++) {
      const id = ours[vantage[m] as number] as number
      vantage[m] = id
      if (id < 0) refused++
    }
    return refused > 0 ? batch.dropNobody() : 0
  }

  #intern({ collector, address, asn }: VantagePoint): number {
    const found = parseAddress(address)
    if (!found) throw new RangeError(`${address} is no address`)
    return this.#vantages.intern(
      this.#vantages.collector(collector),
      ...found.words,
      asn,
      found.afi,
    )
  }
}
