// A thread of dump-threads.ts: a batch of records in, its lines to standard output when it is its turn.

import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { InputError } from './command.ts'
import { BgpdumpText } from './decode/bgpdump.ts'
import { OctetText } from './decode/octet-text.ts'
import { Gone, writeOut } from './dump-file.ts'
import type { Batch, Done, Told } from './dump-threads.ts'

/** Octets of text a thread holds before it waits for its turn. */
const MOST = 12 << 20
const HEADER = 12

interface Held {
  readonly number: number
  readonly pieces: Uint8Array[]
  /** What to say when all is written; null while more may come. */
  done: Done | null
}

/** The number of the batch that is to be written. */
const turn = new Int32Array(workerData as SharedArrayBuffer)

/**
 * Writes what is of the batch whose turn it is, and holds what is not. That batch is always out, with
 * a thread that is at it or will look here before it waits for anything else.
 */
class Turns {
  /** Batches of this thread that are not yet written, in their order. */
  readonly #held: Held[] = []
  #octets = 0

  begin(number: number): void {
    this.#held.push({ number, pieces: [], done: null })
  }

  /** Of the batch begun last; `octets` are good until this returns. */
  write(octets: Uint8Array): void {
    this.#pass()
    const open = this.#held.at(-1) as Held
    if (open.number === Atomics.load(turn, 0)) {
      writeOut(octets)
      return
    }
    open.pieces.push(octets.slice())
    this.#octets += octets.length
    while (this.#octets > MOST) this.#wait()
  }

  end(done: Done): void {
    const open = this.#held.at(-1) as Held
    open.done = done
    this.#pass()
  }

  /** Waits until all is written. */
  finish(): void {
    while (this.#held.length > 0) this.#wait()
  }

  #wait(): void {
    const now = Atomics.load(turn, 0)
    if (now !== this.#held[0]?.number) Atomics.wait(turn, 0, now)
    this.#pass()
  }

  #pass(): void {
    for (let first = this.#held[0]; first !== undefined; first = this.#held[0]) {
      if (first.number !== Atomics.load(turn, 0)) return
      for (const piece of first.pieces.splice(0)) {
        writeOut(piece)
        this.#octets -= piece.length
      }
      if (first.done === null) return
      this.#held.shift()
      say(first.done)
      Atomics.store(turn, 0, first.number + 1)
      Atomics.notify(turn, 0)
    }
  }
}

const say = (told: Told): void => parentPort?.postMessage(told)
const turns = new Turns()
const out = new OctetText((octets) => turns.write(octets))

function print({ number, octets, length, index }: Batch): void {
  const text = new BgpdumpText(out)
  if (index !== null) {
    const alone = index.slice()
    text.record(alone, new DataView(alone.buffer), 0, alone.length)
  }
  // It was counted where it stood.
  const before = text.malformed
  turns.begin(number)
  const view = new DataView(octets.buffer)
  for (let at = 0; at < length; ) {
    const stop = at + HEADER + view.getUint32(at + 8)
    text.record(octets, view, at, stop)
    at = stop
  }
  out.flush()
  turns.end({ octets, malformed: text.malformed - before, elements: text.elements })
}

parentPort?.on('message', (first: Batch) => {
  try {
    // With another batch at hand there is no need to wait for the turn of this one.
    for (let next: { message: Batch } | undefined = { message: first }; next !== undefined; ) {
      print(next.message)
      next = parentPort === null ? undefined : receiveMessageOnPort(parentPort)
    }
    turns.finish()
  } catch (error) {
    if (error instanceof Gone) say({ gone: true })
    else if (error instanceof InputError) say({ fault: error.message })
    else throw error
  }
})
