// The thread that reads: files into batches in shared memory, several files at a time. It is told what to
// open, runs ahead of who takes the batches by a few of them, and says at the end what became of each
// file. Vantage points are numbered anew in each file; who takes a batch gives them numbers of its own.

import { parentPort, workerData } from 'node:worker_threads'
import { BlockThreads } from './block-threads.ts'
import { Batch, BatchPool } from './core/batch.ts'
import { VantagePoints } from './core/vantage.ts'
import { type FileReport, fileBatches, newFileReport } from './file-batches.ts'
import type { FromReader, ToReader } from './reading.ts'
import { MrtReader } from './wire/mrt.ts'

const { ahead, jobs } = workerData as { ahead: number; jobs: number }
const blocks = new BlockThreads(jobs)
const made: Batch[] = []
const numbers = new Map<Batch, number>()
// None is let go: the other side holds them all by their numbers.
const pool = new BatchPool(() => {
  const batch = new Batch(
    undefined,
    undefined,
    undefined,
    (octets) => new SharedArrayBuffer(octets),
  )
  const number = made.push(batch) - 1
  numbers.set(batch, number)
  unknown.add(number)
  return batch
}, Number.POSITIVE_INFINITY)
/** Batches whose memory the other side does not have yet. */
const unknown = new Set<number>()
/** By file: how many more of its batches are wanted, and who waits to be told of it. */
const wanted = new Map<number, { left: number; go: (() => void) | null }>()

function post(message: FromReader): void {
  parentPort?.postMessage(message)
}

parentPort?.on('message', (message: ToReader) => {
  if ('open' in message) {
    void read(message.open, message.path, message.collector)
    return
  }
  for (const number of message.given) pool.give(made[number] as Batch)
  for (const id of message.taken) {
    const file = wanted.get(id)
    if (!file) continue
    file.left++
    file.go?.()
    file.go = null
  }
})

async function read(id: number, path: string, collector: string): Promise<void> {
  const report: FileReport = newFileReport(path)
  const file: { left: number; go: (() => void) | null } = { left: ahead, go: null }
  wanted.set(id, file)
  let octets = 0
  const vantages = new VantagePoints()
  let named = 0
  const reader = new MrtReader(vantages, collector, id)
  for await (const batch of fileBatches(report, reader, pool, (n) => (octets += n), blocks)) {
    if (file.left === 0) {
      await new Promise<void>((go) => {
        file.go = go
      })
    }
    file.left--
    const number = numbers.get(batch) as number
    const { messages, elements, pathWords } = batch
    const memory = unknown.delete(number) ? (batch.at.buffer as SharedArrayBuffer) : null
    const peers = vantages.list.slice(named)
    named = vantages.list.length
    post({ batch: number, of: id, messages, elements, pathWords, octets, memory, peers })
    octets = 0
  }
  wanted.delete(id)
  post({ end: id, octets, report, dropped: vantages.dropped, peers: vantages.list.slice(named) })
}
