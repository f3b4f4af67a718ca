// Takes off whatever a file is packed in, told by its first octets and never by its name: archives are
// full of `.gz` that are plain and of downloads without any suffix. A file that is cut or damaged
// gives what can be had of it, and the report says that it was not whole.

import { setImmediate as breathe } from 'node:timers/promises'
import { Bunzip } from './bzip2.ts'
import type { BlockPool } from './bzip2-ahead.ts'
import { gunzip } from './gunzip.ts'
import { ByteSource } from './source.ts'

export interface DecompressReport {
  format: 'gzip' | 'bzip2' | 'plain'
  /** The input ended too early. */
  truncated: boolean
  /** Blocks (bzip2) or members (gzip) that were not whole. */
  damaged: number
  /** Octets behind the last stream were ignored because they are none. */
  trailing: boolean
  /** Octets of the input taken so far, for a progress bar. */
  received: number
}

export function newReport(): DecompressReport {
  return { format: 'plain', truncated: false, damaged: 0, trailing: false, received: 0 }
}

/** Enough to tell a bzip2 header from an MRT record of April 2005, whose stamp spells `BZh9`. */
const HEAD = 5

/**
 * Yields the text in chunks of up to 1 MiB or so, which are the consumer's to keep if those of the
 * input are. The hand-over is one promise a chunk: nothing, beside the milliseconds of each. Only
 * errors of the input itself are thrown, and those of `pool`, which decodes blocks of bzip2 if given.
 */
export async function* decompress(
  chunks: AsyncIterable<Uint8Array>,
  report: DecompressReport = newReport(),
  pool?: BlockPool,
): AsyncGenerator<Uint8Array, void, undefined> {
  const source = new ByteSource(chunks)
  try {
    await source.ensure(HEAD)
    report.format = sniff(source.held)
    const text =
      report.format === 'gzip'
        ? gunzip(source, report)
        : report.format === 'bzip2'
          ? bunzip(source, report, pool)
          : plain(source)
    for await (const chunk of text) {
      report.received = source.received
      yield chunk
    }
    report.received = source.received
  } finally {
    await source.close()
  }
}

/** `head` is the first HEAD octets, or all there are. */
export function sniff(head: Uint8Array): DecompressReport['format'] {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip'
  const level = head[3] ?? 0x39
  const bzip2 = head[0] === 0x42 && head[1] === 0x5a && head[2] === 0x68
  // Behind the level come the digits of pi or of its root; behind a stamp, an MRT type below 256.
  return bzip2 && level >= 0x31 && level <= 0x39 && head[4] !== 0 ? 'bzip2' : 'plain'
}

async function* plain(source: ByteSource): AsyncGenerator<Uint8Array, void, undefined> {
  while (await source.ensure(1)) {
    const chunk = source.held
    source.skip(chunk.length)
    yield chunk
  }
}

async function* bunzip(
  source: ByteSource,
  report: DecompressReport,
  pool: BlockPool | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const decoder = new Bunzip(pool)
  for (;;) {
    const more = await source.ensure(1)
    source.skip(decoder.take(source.held))
    for (let text = decoder.next(!more); text !== null; text = decoder.next(!more)) {
      if (text instanceof Promise) {
        await text
        continue
      }
      for (const piece of text) {
        yield piece
        // A block is 15 ms of work; signals and timers get their turn between two of them.
        await breathe()
      }
    }
    report.truncated = decoder.truncated
    report.damaged = decoder.damaged
    report.trailing = decoder.trailing
    if (!more) return
  }
}
