// Series of IODA (an outside observer of outages) as samples: how many blocks of a country or a network are
// seen in routing, and how many answer probes. A table with a head; columns that say nothing here are
// passed over.

import type { Sample } from './core/sample.ts'
import { parseInstant, type Span, seconds } from './core/time.ts'

/** Column → metric; `ping-slash24` counts the /24s that answer active probing. */
const COLUMNS: Readonly<Record<string, Pick<Sample, 'plane' | 'metric'>>> = {
  bgp: { plane: 'bgp', metric: 'visible_24s' },
  'ping-slash24': { plane: 'probe', metric: 'up_24s' },
}

/** A value stands for the five minutes that begin with it; probing takes ten to come around. */
const WITHIN: Readonly<Record<string, Span>> = {
  visible_24s: seconds(300),
  up_24s: seconds(600),
}

/** Longer lines are of something else. */
const LONGEST = 4_096

export interface IodaRead {
  readonly samples: readonly Sample[]
  /** Lines that are no rows, counted from 1; up to a hundred of them are named. */
  readonly malformed: number
  readonly faults: readonly string[]
}

const MOST_FAULTS = 100

export function readIoda(text: string, entity: string | null): IodaRead {
  const lines = text.split('\n')
  const faults: string[] = []
  let malformed = 0
  const fault = (line: number, why: string) => {
    malformed++
    if (faults.length < MOST_FAULTS) faults.push(`line ${line} ${why}`)
  }
  const head = (lines[0] ?? '').trim().split(',')
  const time = head.indexOf('timestamp')
  const known = head.flatMap((name, column) => {
    const what = Object.hasOwn(COLUMNS, name) ? COLUMNS[name] : undefined
    return what ? [{ ...what, column }] : []
  })
  if (time < 0) fault(1, 'names no column `timestamp`')
  if (known.length === 0) fault(1, `names none of the columns ${Object.keys(COLUMNS).join(', ')}`)
  if (faults.length > 0) return { samples: [], malformed, faults }
  const labels = entity === null ? {} : { entity }
  const samples: Sample[] = []
  for (const [i, line] of lines.entries()) {
    if (i === 0 || line.trim() === '') continue
    const cells = line.length > LONGEST ? [] : line.trim().split(',')
    const at = parseInstant(cells[time] ?? '')
    if (cells.length !== head.length || at === undefined) {
      fault(i + 1, 'is no row of this table')
      continue
    }
    for (const { column, plane, metric } of known) {
      const cell = cells[column] ?? ''
      const value = Number(cell)
      // A gap of the observer is no zero.
      if (cell === '') continue
      if (!Number.isFinite(value) || value < 0) {
        fault(i + 1, `says ${head[column]} is ${cell.slice(0, 20)}`)
        continue
      }
      const uncertainty = WITHIN[metric] ?? 0
      samples.push({ kind: 'sample', at, plane, metric, value, labels, uncertainty })
    }
  }
  return { samples, malformed, faults }
}
