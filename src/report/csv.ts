// One line a revision, for spreadsheets and data frames (RFC 4180: header, CRLF, doubled quotes). A
// spreadsheet takes a cell that begins with = + - or @ for a formula and would run what a stranger
// wrote into a file's name; such text gets an apostrophe in front, as people write it there.

import type { Incident } from '../core/incident.ts'
import type { Formatter } from './format.ts'

type Cell = string | number | null | undefined

/** Names are public contract; later columns are added behind. Empty means none, or not known. */
const columns: readonly (readonly [name: string, of: (incident: Incident) => Cell])[] = [
  ['id', (i) => i.id],
  ['key', (i) => i.key],
  ['revision', (i) => i.revision],
  ['kind', (i) => i.kind],
  ['state', (i) => i.state],
  ['asn', (i) => i.asn],
  ['culprit', (i) => i.culprit],
  ['afi', (i) => i.afi],
  // Instants as ISO 8601 in UTC with milliseconds.
  ['started_at', (i) => i.startedAt],
  ['detected_at', (i) => i.detectedAt],
  ['ended_at', (i) => i.endedAt],
  ['updated_at', (i) => i.updatedAt],
  ['baseline', (i) => i.baseline],
  ['severity', (i) => i.severity],
  ['confidence', (i) => i.confidence.level],
  ['score', (i) => i.confidence.score],
  // Counts at the peak, share from 0 to 1; then the same of the present.
  ['prefixes', (i) => i.counts.prefixes],
  ['of_prefixes', (i) => i.counts.ofPrefixes],
  ['covered', (i) => i.counts.covered],
  ['origins', (i) => i.counts.origins],
  ['routes', (i) => i.counts.routes],
  ['peer_asns', (i) => i.counts.peerAsns],
  ['collectors', (i) => i.counts.collectors],
  ['share', (i) => i.counts.share],
  ['prefixes_now', (i) => i.counts.now.prefixes],
  ['share_now', (i) => i.counts.now.share],
  ['vantage_active', (i) => i.vantage.active],
  // "from by to" of each segment of a leak, then some prefixes, both separated by semicolons.
  ['segments', (i) => i.segments.map(({ from, by, to }) => `${from} ${by} ${to}`).join(';')],
  ['sample_prefixes', (i) => i.samples.prefixes.join(';')],
  ['folded_into', (i) => i.foldedInto],
  ['previous_id', (i) => i.previousId],
  ['because', (i) => i.because],
  // Empty where nothing has been judged; lists are separated by semicolons.
  ['verdict', (i) => i.verdict?.cause],
  ['verdict_version', (i) => i.verdict?.version],
  ['verdict_confidence', (i) => i.verdict?.confidence],
  ['routing_db', (i) => i.verdict?.routingDb],
  ['flood_db', (i) => i.verdict?.floodDb],
  ['leaning', (i) => i.verdict?.leaning],
  ['ruled_out', (i) => i.verdict?.ruledOut.join(';')],
  ['blind', (i) => i.verdict?.blind.join(';')],
  ['verdict_because', (i) => i.verdict?.because],
]

function cell(value: Cell): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number') return String(value)
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

export function csv(): Formatter {
  const line = (cells: readonly Cell[]) => `${cells.map(cell).join(',')}\r\n`
  return {
    begin: () => line(columns.map(([name]) => name)),
    incident: (incident) => line(columns.map(([, of]) => of(incident))),
    end: () => '',
  }
}
