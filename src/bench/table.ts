// What was reached, as a table to be read.

import type { Run } from './measured.ts'

/** What is written behind a number. */
const UNITS = {
  '×': '×',
  '%': ' %',
  '/s': '',
  B: ' B',
  MB: ' MB',
  s: ' s',
  ms: ' ms',
  µs: ' µs',
}

/** What a row asks for. Floors and goals: research/performance.md §5, where their reasons are. */
export interface RowSpec {
  readonly name: string
  /** The goal it measures; '' where it only explains another. */
  readonly of: string
  readonly what: string
  /** Of the number that is judged. */
  readonly unit: keyof typeof UNITS
  readonly floor?: number
  readonly goal?: number
  readonly stretch?: number
  readonly lessIsMore?: boolean
}

export interface Row {
  readonly spec: RowSpec
  /** The number that is compared with floor and goal; null when there is none. */
  readonly got: number | null
  /** Our best run. */
  readonly best?: Run
  /** What the peers took, in words. */
  readonly peers?: string
  /** Where the stretch is what another peer reached just now. */
  readonly stretch?: number
  /** Stands in the place of a verdict: why there is none. */
  readonly remark?: string
  /** All runs of ours. */
  readonly runs?: readonly Run[]
}

type Standing = '' | 'BELOW FLOOR' | 'floor holds' | 'goal reached' | 'stretch'

/** '' where nothing is asked, or nothing was found. */
export function standing({ spec, got, stretch = spec.stretch }: Row): Standing {
  const { floor, goal, lessIsMore } = spec
  if (got === null || floor === undefined) return ''
  const reaches = (asked: number | undefined) =>
    asked !== undefined && (lessIsMore ? got <= asked : got >= asked)
  // A stretch that another peer sets may lie below the goal.
  if (reaches(stretch) && reaches(goal)) return 'stretch'
  if (reaches(goal)) return 'goal reached'
  return reaches(floor) ? 'floor holds' : 'BELOW FLOOR'
}

const HEAD = [
  'row',
  'of',
  'what',
  'el/s',
  'MB/s',
  'CPU s',
  'wall s',
  'RSS MB',
  'peers',
  'floor',
  'goal',
  'stretch',
  'got',
  '',
]
/** Columns of words; numbers stand at the right. */
const WORDS = new Set([0, 1, 2, 8, 13])

/** Elements (messages of a stream) and octets by second of CPU. */
export function rowTable(list: readonly Row[]): string {
  const lines = [HEAD, ...list.map(cellsOf)]
  const widths = HEAD.map((_, i) => Math.max(...lines.map((line) => (line[i] ?? '').length)))
  const pad = (text: string, i: number) =>
    WORDS.has(i) ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0)
  return lines.map((line) => line.map(pad).join('  ').trimEnd()).join('\n')
}

function cellsOf(row: Row): string[] {
  const { spec, got, best, peers = '', remark, stretch = spec.stretch } = row
  const unit = UNITS[spec.unit]
  const asked = (n: number | null | undefined) =>
    n === null || n === undefined ? '' : `${short(n)}${unit}`
  const per = (n: number | undefined) =>
    n !== undefined && best !== undefined && best.cpu > 0 ? short(n / best.cpu) : ''
  const fixed = (n: number | undefined, digits: number) =>
    n === undefined || !Number.isFinite(n) ? '' : n.toFixed(digits)
  return [
    spec.name,
    spec.of,
    spec.what,
    per(best?.elements),
    per(best?.octets === undefined ? undefined : best.octets / 1e6),
    fixed(best?.cpu, 2),
    fixed(best?.wall, 2),
    fixed(best?.rss === undefined ? undefined : best.rss / 1e6, 0),
    peers,
    asked(spec.floor),
    asked(spec.goal),
    asked(stretch),
    asked(got),
    remark ?? standing(row),
  ]
}

function short(n: number): string {
  if (n >= 1e6) return `${Number((n / 1e6).toFixed(1))}M`
  if (n >= 1e4) return `${Math.round(n / 1e3)}k`
  return String(Number(n.toFixed(Math.abs(n) >= 100 ? 0 : Math.abs(n) >= 10 ? 1 : 2)))
}
