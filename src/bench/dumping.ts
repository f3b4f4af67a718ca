// `dump -m` to nowhere: what it costs to print every element as bgpdump does.

import { OctetText } from '../decode/octet-text.ts'
import { dumpFile } from '../dump-file.ts'
import { type Measured, used } from './measured.ts'

export async function dumping(path: string): Promise<Measured> {
  const out = new OctetText(() => undefined)
  const { records, elements, octets } = await dumpFile(path, out)
  return { records, elements, octets, ...used() }
}
