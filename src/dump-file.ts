// One MRT file as lines, and lines to standard output.

import { writeSync } from 'node:fs'
import { InputError } from './command.ts'
import { BgpdumpText } from './decode/bgpdump.ts'
import type { OctetText } from './decode/octet-text.ts'
import { isReadFault, readChunks } from './feeds/archive.ts'
import type { BlockPool } from './wire/bzip2-ahead.ts'
import { decompress, newReport } from './wire/decompress.ts'
import { MrtFrames } from './wire/mrt-frames.ts'

/** What there was in a file. */
export interface Dumped {
  records: number
  malformed: number
  /** It ended in the middle of a record. */
  truncated: boolean
  /** Unpacked. */
  octets: number
  elements: number
}

/** What records are given to. They stay where they lie until `rest` is called, which may take its time. */
export interface Taker {
  record(frames: MrtFrames): void
  rest(frames: MrtFrames): Promise<void> | undefined
}

/** Everything of a file but what the records say. */
export async function readRecords(
  path: string,
  taker: Taker,
  pool: BlockPool | undefined,
): Promise<Dumped> {
  const stats = { records: 0, malformed: 0, truncated: false }
  const frames = new MrtFrames(stats)
  const packed = newReport()
  let octets = 0
  try {
    for await (const chunk of decompress(readChunks(path), packed, pool)) {
      octets += chunk.length
      frames.push(chunk)
      while (frames.next(false)) taker.record(frames)
      await taker.rest(frames)
    }
  } catch (error) {
    if (!isReadFault(error)) throw error
    throw new InputError(`${path}: it could not be read to its end: ${error.message}`)
  }
  while (frames.next(true)) taker.record(frames)
  await taker.rest(frames)
  return { ...stats, truncated: stats.truncated || packed.truncated, octets, elements: 0 }
}

/** All of one file into `out`. */
export async function dumpFile(path: string, out: OctetText, pool?: BlockPool): Promise<Dumped> {
  const text = new BgpdumpText(out)
  const taker: Taker = {
    record: ({ bytes, view, at, stop }) => text.record(bytes, view, at, stop),
    rest: () => undefined,
  }
  const dumped = await readRecords(path, taker, pool)
  out.flush()
  dumped.malformed += text.malformed
  dumped.elements = text.elements
  return dumped
}

/** The reader has gone, as `| head` does: there is nobody left to write to. */
export class Gone extends Error {}

/** Milliseconds. */
const SHORTEST_WAIT = 0.05
const LONGEST_WAIT = 5

const pause = new Int32Array(new SharedArrayBuffer(4))

/**
 * Waits for a slow reader: nothing else is to be done meanwhile. A pipe takes 64 KiB, which a reader
 * that is only not running at the moment has soon taken out again: the first waits are short ones.
 */
export function writeOut(octets: Uint8Array): void {
  let wait = SHORTEST_WAIT
  for (let at = 0; at < octets.length; ) {
    try {
      at += writeSync(1, octets, at)
      wait = SHORTEST_WAIT
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      if (code === 'EPIPE') throw new Gone()
      if (code !== 'EAGAIN')
        throw new InputError(`standard output: not all could be written: ${message}`)
      Atomics.wait(pause, 0, 0, wait)
      wait = Math.min(2 * wait, LONGEST_WAIT)
    }
  }
}
