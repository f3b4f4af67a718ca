// The rows of the table: how each is measured, and what is asked of it.

import type { Measured } from './measured.ts'

export interface RowSpec {
  readonly name: string
  readonly what: string
  /** What is judged, and whether more of it is better. */
  readonly measure: 'ratio' | 'perRoute' | 'rate' | 'perMessage' | 'wall'
  readonly floor: number | null
  readonly goal: number | null
}

/** Floors and goals: issue 2 and research/performance.md §5, where their reasons are. */
export const rows: readonly RowSpec[] = [
  { name: 'framing', what: 'framing', measure: 'ratio', floor: null, goal: null },
  { name: 'decoding', what: 'decoding into batches', measure: 'ratio', floor: 20, goal: 30 },
  { name: 'dump', what: 'dump -m, text', measure: 'ratio', floor: 5, goal: 7 },
  { name: 'table', what: '+ clock and table', measure: 'ratio', floor: null, goal: null },
  { name: 'learned', what: '+ detectors, learned baseline', measure: 'ratio', floor: 8, goal: 15 },
  { name: 'start', what: '+ detectors, starting table', measure: 'ratio', floor: 8, goal: 15 },
  {
    name: 'storm',
    what: 'the same, learned, in storms',
    measure: 'ratio',
    floor: null,
    goal: null,
  },
  { name: 'load', what: 'table load, routes/s', measure: 'rate', floor: 1.5e6, goal: 2.5e6 },
  { name: 'weight', what: 'octets per route', measure: 'perRoute', floor: 8, goal: 6 },
  { name: 'live', what: 'RIS Live, µs a message', measure: 'perMessage', floor: 4, goal: 2 },
  { name: 'cold', what: 'replay of 5 minutes, s', measure: 'wall', floor: 0.6, goal: 0.35 },
]

export interface Row {
  readonly spec: RowSpec
  /** The best run; null when the row was skipped. */
  readonly best: Measured | null
  /** The number that is compared with floor and goal; null when there is none. */
  readonly got: number | null
  readonly skipped: string | null
}

const lessIsMore = ({ measure }: RowSpec): boolean =>
  measure === 'perRoute' || measure === 'perMessage' || measure === 'wall'

/** `below` the floor, between, or as good as the goal; '' where nothing is asked. */
export function standing({ spec, got }: Row): '' | 'BELOW FLOOR' | 'floor holds' | 'goal reached' {
  if (got === null || spec.floor === null || spec.goal === null) return ''
  const sign = lessIsMore(spec) ? -1 : 1
  if (sign * got >= sign * spec.goal) return 'goal reached'
  return sign * got >= sign * spec.floor ? 'floor holds' : 'BELOW FLOOR'
}

export function rowTable(list: readonly Row[]): string {
  const head = ['row', 'el/s', 'MB/s', 'CPU s', 'RSS MB', 'floor', 'goal', 'got', '']
  const lines = list.map((row) => {
    const { spec, best, got, skipped } = row
    const unit = spec.measure === 'ratio' ? '×' : ''
    const asked = (n: number | null) => (n === null ? '' : `${short(n)}${unit}`)
    const per = (n: number | undefined) =>
      n === undefined || !best?.cpu ? '' : short(n / best.cpu)
    return [
      spec.what,
      per(best?.elements),
      best?.octets === undefined || !best.cpu ? '' : short(best.octets / best.cpu / 1e6),
      best ? best.cpu.toFixed(2) : '',
      best ? String(Math.round(best.rss / 1e6)) : '',
      asked(spec.floor),
      asked(spec.goal),
      asked(got),
      skipped === null ? standing(row) : `skipped: ${skipped}`,
    ]
  })
  const widths = head.map((text, i) =>
    Math.max(
      text.length,
      ...(i < head.length - 1 ? lines.map((line) => line[i]?.length ?? 0) : []),
    ),
  )
  return [head, ...lines]
    .map((line) =>
      line
        .map((text, i) =>
          i === 0 || i === line.length - 1
            ? text.padEnd(widths[i] ?? 0)
            : text.padStart(widths[i] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function short(n: number): string {
  if (n >= 1e6) return `${Number((n / 1e6).toFixed(1))}M`
  if (n >= 1e4) return `${Math.round(n / 1e3)}k`
  return String(Number(n.toFixed(n >= 100 ? 0 : n >= 10 ? 1 : 2)))
}
