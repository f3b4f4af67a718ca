// Relationships of networks as CAIDA gives them: `provider|customer|-1`, `peer|peer|0`, in serial-2 with
// a source behind; others write `one|other|1` for siblings. Comments begin with #.

import { type Asn, parseAsn } from '../core/asn.ts'
import { type Instant, parseInstant } from '../core/time.ts'
import { Faults, type FileReading, shown } from './faults.ts'

const kinds = new Set(['-1', '0', '1'])

/** Without what follows, so that serial-1 and serial-2 read the same. */
export function readRelationshipsFile(text: string, name: string): FileReading {
  const faults = new Faults()
  const lines: string[] = []
  let said: Instant | undefined
  for (const [i, line] of text.split('\n').entries()) {
    const row = line.trim()
    if (row === '') continue
    if (row.startsWith('#')) {
      said ??= dateIn(row)
      continue
    }
    const [a = '', b = '', kind = ''] = row.split('|')
    const fault =
      !parseAsn(a) || !parseAsn(b) ? 'AS numbers' : kinds.has(kind) ? null : '-1, 0 or 1'
    if (fault === null) lines.push(`${asn(a)}|${asn(b)}|${kind}`)
    else faults.add(i + 1, `must be one|other|-1, 0 or 1, with ${fault}, not ${shown(row)}`)
  }
  if (lines.length === 0 && !faults.any) faults.add(0, 'holds no relationship')
  const date = dateIn(name) ?? said ?? null
  return { date, content: lines.join('\n'), faults: faults.list, more: faults.more }
}

const asn = (text: string): Asn => parseAsn(text) ?? 0

/** `20241001.as-rel2.txt.bz2`, `# … 20241001 …`. */
function dateIn(text: string): Instant | undefined {
  const [, year, month, day] = /(?<!\d)(\d{4})(\d{2})(\d{2})(?!\d)/.exec(text) ?? []
  return year === undefined ? undefined : parseInstant(`${year}-${month}-${day}`)
}
