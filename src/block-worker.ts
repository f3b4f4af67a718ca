// A thread of block-threads.ts: a block in, its text out, neither of them copied on the way.

import { parentPort } from 'node:worker_threads'
import type { Block } from './wire/bzip2-ahead.ts'
import { BlockScratch, decodeBlock } from './wire/bzip2-block.ts'

const scratch = new BlockScratch()

parentPort?.on('message', ({ octets, start, end, limit }: Block) => {
  const view = new DataView(octets.buffer, octets.byteOffset)
  const decoded = decodeBlock(view, start, end, limit, scratch)
  parentPort?.postMessage(
    decoded,
    decoded.pieces.map(({ buffer }) => buffer),
  )
})
