// What a score says: numbers, whether they are enough, and a page for people.

import type { Span } from './core/time.ts'
import {
  byLabel,
  counted,
  type Line,
  type Met,
  median,
  ratio,
  type Scored,
  type Told,
} from './scoring.ts'
import type { Required } from './truth-file.ts'
import { type Judged, type VerdictNumbers, verdictNumbers } from './verdict-scoring.ts'

interface Numbers {
  readonly events: number
  readonly found: number
  /** Of exactly the right kind, not only of its family. */
  readonly exact: number
  readonly recall: number | null
  /** From the first sign, in seconds. */
  readonly medianDelay: number | null
  readonly longestDelay: number | null
  /** From when half of the carriers were affected, in seconds. */
  readonly medianDelayFromHalf: number | null
  /** How far off the end is, sign left out, in seconds. */
  readonly medianEndError: number | null
  readonly optional: number
  readonly optionalFound: number
}

export interface Scores extends Numbers {
  /** Of all incidents of confidence medium or higher, those that an event explains. */
  readonly precision: number | null
  readonly incidents: number
  /** Of medium or higher confidence, and wrong. */
  readonly wrong: number
  /** Incidents that are surer than their case allows. */
  readonly alarms: number
  readonly cases: readonly {
    readonly name: string
    readonly events: number
    readonly found: number
    readonly wrong: number
    readonly alarms: number
  }[]
  readonly kinds: readonly ({ readonly event: string } & Numbers)[]
  /** Of the events whose cause is known; null when there is none. */
  readonly verdicts: VerdictNumbers | null
  /** The same of the two rules of thumb, where they were asked for. */
  readonly naive: { readonly surgeFirst: VerdictNumbers; readonly bgpFirst: VerdictNumbers } | null
}

const inSeconds = (span: Span | null): number | null =>
  span === null ? null : Math.round(span / 1e5) / 10

function numbersOf(line: Omit<Line, 'label'>): Numbers {
  return {
    events: line.events,
    found: line.found,
    exact: line.exact,
    recall: ratio(line.found, line.events),
    medianDelay: inSeconds(median(line.delays)),
    longestDelay: line.delays.length > 0 ? inSeconds(Math.max(...line.delays)) : null,
    medianDelayFromHalf: inSeconds(median(line.fromHalf)),
    medianEndError: inSeconds(median(line.endErrors.map(Math.abs))),
    optional: line.optional,
    optionalFound: line.optionalFound,
  }
}

/** What each rule of thumb would have said, event by event as in `judged`. */
export interface NaivelyJudged {
  readonly surgeFirst: readonly Judged[]
  readonly bgpFirst: readonly Judged[]
}

export function scoresOf(scored: readonly Scored[], naive?: NaivelyJudged): Scores {
  const judged = scored.flatMap((one) => one.judged)
  const wrong = scored.flatMap((one) => one.false)
  const right = scored.flatMap((one) => one.right)
  return {
    ...numbersOf(counted(scored.flatMap(({ met }) => met))),
    precision: ratio(right.length, right.length + wrong.length),
    incidents: right.length + wrong.length,
    wrong: wrong.length,
    alarms: scored.reduce((n, { alarms }) => n + alarms.length, 0),
    cases: scored.map(({ name, met, false: bad, alarms }) => {
      const { events, found } = counted(met)
      return { name, events, found, wrong: bad.length, alarms: alarms.length }
    }),
    kinds: byLabel(scored).map(({ label, ...line }) => ({ event: label, ...numbersOf(line) })),
    verdicts: judged.length > 0 ? verdictNumbers(judged) : null,
    naive: naive
      ? {
          surgeFirst: verdictNumbers(naive.surgeFirst),
          bgpFirst: verdictNumbers(naive.bgpFirst),
        }
      : null,
  }
}

/** What is required and was not reached, in words. */
export function missed(scores: Scores, require: Required): string[] {
  const out: string[] = []
  const least = (what: string, is: number | null, wanted: number | null) => {
    // Where nothing was asked nothing was missed.
    if (wanted !== null && is !== null && is < wanted)
      out.push(`${what} is ${is.toFixed(3)}, required are ${wanted}`)
  }
  least('recall', scores.recall, require.recall)
  least('precision', scores.precision, require.precision)
  for (const [event, wanted] of Object.entries(require.recallOf)) {
    const line = scores.kinds.find((kind) => kind.event === event)
    least(`recall of ${event}`, line?.recall ?? null, wanted)
  }
  if (require.alarms !== null && scores.alarms > require.alarms)
    out.push(`${scores.alarms} incidents are surer than allowed, required are ${require.alarms}`)
  return out
}

const percent = (n: number | null): string => (n === null ? '-' : `${(100 * n).toFixed(1)} %`)
const number = (n: number | null): string => (n === null ? '-' : n.toFixed(0))

const HEAD = [
  'event',
  'found',
  'recall',
  'right kind',
  'delay s',
  'from half s',
  'end off s',
  'optional',
]

function row(name: string, n: Numbers): string[] {
  return [
    name,
    `${n.found}/${n.events}`,
    percent(n.recall),
    n.found > 0 ? `${n.exact}/${n.found}` : '-',
    number(n.medianDelay),
    number(n.medianDelayFromHalf),
    number(n.medianEndError),
    n.optional > 0 ? `${n.optionalFound}/${n.optional}` : '',
  ]
}

function tableText(rows: readonly (readonly string[])[]): string {
  const widths = HEAD.map((_, i) => Math.max(...rows.map((cells) => cells[i]?.length ?? 0)))
  return rows
    .map((cells) =>
      cells
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

export function scoreText(
  scores: Scores,
  scored: readonly Scored[],
  lacking: readonly string[],
  verbose: boolean,
): string {
  const lines = [
    tableText([HEAD, ...scores.kinds.map((kind) => row(kind.event, kind)), row('all', scores)]),
    '',
    `recall ${percent(scores.recall)}: ${scores.found} of ${scores.events} events`,
    `precision ${percent(scores.precision)}: ${scores.wrong} of ${scores.incidents} incidents of ` +
      'confidence medium or higher are wrong',
    `time to detect: median ${number(scores.medianDelay)} s from the first sign, ` +
      `${number(scores.medianDelayFromHalf)} s from when half of the carriers were affected`,
    ...verdictLines(scores),
    ...(scores.alarms > 0 ? [`${scores.alarms} incidents are surer than their case allows`] : []),
  ]
  if (verbose) for (const one of scored) lines.push(...details(one))
  for (const what of lacking) lines.push(`MISSED: ${what}`)
  return `${lines.join('\n')}\n`
}

function verdictLines({ verdicts, naive }: Scores): string[] {
  if (!verdicts) return []
  const side = (name: string, n: VerdictNumbers) =>
    `${name.padEnd(28)} side right ${n.rightSide} of ${n.asked} (cause ${n.right}), wrong ${n.wrong} (turned ${n.turned}), ` +
    `undetermined ${n.undetermined}, silent ${n.silent}`
  return [
    '',
    side('verdict', verdicts),
    ...(naive
      ? [
          side('any surge, else BGP', naive.surgeFirst),
          side('odd BGP, else any surge', naive.bgpFirst),
        ]
      : []),
    `right verdict after ${number(verdicts.medianTime)} s in the median, ` +
      `${number(verdicts.longestTime)} s at most; ${verdicts.late} too late, ${verdicts.changes} changes of mind`,
    `${verdicts.pages} pages; in ${verdicts.wrongPages} cases somebody was woken for nothing, or not at all`,
  ]
}

const said = ({ label, wanted, said: cause, outcome }: Judged): string =>
  `  verdict on ${label}: ${cause ?? 'none'}, and it was ${wanted.cause} (${outcome})`

function details({ name, met, false: wrong, alarms, judged }: Scored): string[] {
  const off = judged.filter((one) => one.outcome !== 'right')
  const lost = met.filter(({ event, found }) => !event.optional && !found)
  const bad = [...new Set([...wrong, ...alarms])]
  if (lost.length + bad.length + off.length === 0) return []
  return ['', `${name}:`, ...lost.map(missing), ...bad.map(wrongly), ...off.map(said)]
}

function missing({ event, by, delay }: Met): string {
  const when = new Date(event.start / 1e3).toISOString()
  const why = by.length > 0 && delay !== null ? `, told ${number(delay / 1e6)} s late` : ''
  return `  missed ${event.label} of AS${event.asns[0] ?? '?'} at ${when}${why}`
}

function wrongly({ last, level }: Told): string {
  return `  wrong ${last.kind} ${last.key} at ${last.startedAt}, ${level}, ${last.state}`
}
