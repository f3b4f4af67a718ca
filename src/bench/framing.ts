// Only where records begin and end.

import { readChunks } from '../feeds/archive.ts'
import { MrtFrames } from '../wire/mrt-frames.ts'
import { type Measured, used } from './measured.ts'

export async function framing(path: string): Promise<Measured> {
  const stats = { records: 0, malformed: 0, truncated: false }
  const frames = new MrtFrames(stats)
  let octets = 0
  for await (const chunk of readChunks(path)) {
    octets += chunk.length
    frames.push(chunk)
    while (frames.next(false));
  }
  while (frames.next(true));
  return { records: stats.records, octets, ...used() }
}
