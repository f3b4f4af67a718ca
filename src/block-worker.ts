// A thread of block-threads.ts: a block in, its text out.

import { parentPort } from 'node:worker_threads'
import type { Order } from './block-threads.ts'
import { BlockScratch, decodeBlock } from './wire/bzip2-block.ts'

let free: Uint8Array = new Uint8Array(0)

/** In the room that was given while there is some; the rest goes by itself. */
function keep(octets: Uint8Array): Uint8Array {
  if (octets.length > free.length) return octets.slice()
  const kept = free.subarray(0, octets.length)
  kept.set(octets)
  free = free.subarray(octets.length)
  return kept
}

const scratch = new BlockScratch(keep)

parentPort?.on('message', ({ block, room }: Order) => {
  const { octets, start, end, limit } = block
  free = room
  const view = new DataView(octets.buffer, octets.byteOffset)
  parentPort?.postMessage(decodeBlock(view, start, end, limit, scratch))
})
