// `dump -m` to nowhere: what it costs to print every element as bgpdump does.

import { OctetText } from '../decode/octet-text.ts'
import { dumpFile } from '../dump.ts'
import { type Measured, used } from './measured.ts'

export async function dumping(path: string): Promise<Measured> {
  const out = new OctetText(() => undefined)
  const { stats, elements, octets } = await dumpFile(path, out)
  out.flush()
  return { records: stats.records, elements, octets, ...used() }
}
