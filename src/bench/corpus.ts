// What the benchmark reads: real updates where they are at hand, else a generated day. One plain file,
// so large that start-up does not show: every source again and again, each copy moved on in time, so
// that the clock runs forward and nothing in it is late.

import { closeSync, createReadStream, existsSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { generateDay, updatesOf } from '../scenario/day.ts'
import { decompress } from '../wire/decompress.ts'

export interface Corpus {
  readonly path: string
  readonly bytes: number
  /** What it is made of, for the reader of the numbers. */
  readonly about: string
}

/** Update files as archives have them. */
const SOURCES = {
  /** Ordinary quarters of an hour of one large collector: what most of an archive is. */
  day: [
    'quiet/route-views2.updates.20241028.0000.bz2',
    'incidents/route-views2.updates.20241029.0000.bz2',
  ],
  /** An hour in which everything flapped, and five busy minutes: where state and detectors have most to do. */
  storm: ['incidents/rrc01.updates.20100827.0840.gz', 'quiet/rrc00.updates.20190101.0000.gz'],
}

const HEADER = 12
/** A copy starts so many seconds after the one before: the length of the longest source. */
export const STEP = 900
/** When the first one starts: 2024-10-28T00:00:00Z. */
export const START = 1_730_073_600

/** Moves all stamps of an MRT file so that it starts within the five minutes from `start`. */
export function moveTo(start: number, mrt: Uint8Array): void {
  if (mrt.length < HEADER) return
  const view = new DataView(mrt.buffer, mrt.byteOffset, mrt.byteLength)
  const by = start - Math.floor(view.getUint32(0) / 300) * 300
  for (let at = 0; at + HEADER <= mrt.length; at += HEADER + view.getUint32(at + 8))
    view.setUint32(at, view.getUint32(at) + by)
}

/** Copies of each source, those of one after those of the other, until there are `least` octets. */
export function writeCopies(path: string, sources: readonly Uint8Array[], least: number): number {
  const together = sources.reduce((n, { length }) => n + length, 0)
  const copies = Math.max(1, Math.ceil(least / together))
  const file = openSync(path, 'w')
  let start = START
  for (const source of sources) {
    for (let k = 0; k < copies; k++, start += STEP) {
      moveTo(start, source)
      writeSync(file, source)
    }
  }
  closeSync(file)
  return copies
}

/** Writes a corpus; `data` may hold the real files. */
export async function makeCorpus(
  path: string,
  data: string,
  kind: keyof typeof SOURCES,
  least: number,
): Promise<Corpus> {
  const real = SOURCES[kind].map((name) => join(data, name)).filter((name) => existsSync(name))
  const sources =
    real.length > 0 ? await Promise.all(real.map(unpacked)) : [...updatesOf(generateDay()).values()]
  const copies = writeCopies(path, sources, least)
  const bytes = copies * sources.reduce((n, { length }) => n + length, 0)
  const what = real.length > 0 ? `${real.length} real files` : 'a generated day, no real files'
  return { path, bytes, about: `${what}, ${copies} times` }
}

async function unpacked(path: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of decompress(createReadStream(path))) chunks.push(chunk)
  return Buffer.concat(chunks)
}
