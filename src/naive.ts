// Two rules of thumb, to be put beside the verdict: what a desk says that knows only whether anything has
// surged and whether BGP looks odd. They get the same samples and the same incidents.

import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Incident } from './core/incident.ts'
import { type Instant, parseInstant } from './core/time.ts'
import type { Cause } from './core/verdict.ts'

/** Traffic or queries, and how much more of them somebody would call a surge. */
const SURGES = ['in_bps', 'in_pps', 'qps', 'flow_bps']
const SURGE = 1.5
/** One sample is none: two in a row of one series. */
const IN_A_ROW = 2
/** More series than any network has that is scored here; others are not looked at. */
const MOST_SERIES = 10_000

export interface Naive {
  /** Any surge: a flood; else odd BGP: a fault. */
  readonly surgeFirst: Cause
  /** Odd BGP: a fault; else any surge: a flood. */
  readonly bgpFirst: Cause
}

export function naiveVerdicts(surged: boolean, isBgpOdd: boolean): Naive {
  const fault: Cause | null = isBgpOdd ? 'routing-fault' : null
  const flood: Cause | null = surged ? 'traffic-flood' : null
  return {
    surgeFirst: flood ?? fault ?? 'undetermined',
    bgpFirst: fault ?? flood ?? 'undetermined',
  }
}

/** Whether routes had anything to say: any incident, of any confidence, that counts prefixes. */
export const isBgpOdd = (told: readonly Incident[], from: Instant, until: Instant): boolean =>
  told.some(({ kind, counts, startedAt }) => {
    const at = Date.parse(startedAt) * 1e3
    return kind !== 'blind' && counts.ofPrefixes + counts.prefixes > 0 && at >= from && at <= until
  })

interface Ordinary {
  readonly calm: number[]
  over: number
}

/** Whether any series went beyond so many times its median of the time before. */
export class SurgeWatch {
  readonly #from: Instant
  readonly #until: Instant
  readonly #series = new Map<string, Ordinary>()
  surged = false
  /** Series that there was no room for. */
  dropped = 0

  constructor(from: Instant, until: Instant) {
    this.#from = from
    this.#until = until
  }

  /** One line of samples; whatever is none is passed over. */
  line(text: string): void {
    if (!SURGES.some((metric) => text.includes(`"${metric}"`))) return
    let raw: { at?: unknown; metric?: unknown; value?: unknown; labels?: unknown } | null
    try {
      raw = JSON.parse(text)
    } catch {
      return
    }
    const { at: when, metric, value, labels } = raw ?? {}
    const at = parseInstant(String(when))
    if (at === undefined || at > this.#until) return
    if (!SURGES.includes(String(metric)) || typeof value !== 'number') return
    const key = `${metric} ${JSON.stringify(labels)}`
    const known = this.#series.get(key)
    if (!known && this.#series.size >= MOST_SERIES) {
      this.dropped++
      return
    }
    const series = known ?? { calm: [], over: 0 }
    if (!known) this.#series.set(key, series)
    if (at < this.#from) series.calm.push(value)
    else this.#look(series, value)
  }

  #look(series: Ordinary, value: number): void {
    const sorted = series.calm.sort((a, b) => a - b)
    const usual = sorted[sorted.length >> 1]
    series.over = usual !== undefined && value > usual * SURGE ? series.over + 1 : 0
    if (series.over >= IN_A_ROW) this.surged = true
  }
}

/** The samples of a case, file by file. */
export async function surgedIn(
  files: readonly string[],
  from: Instant,
  until: Instant,
): Promise<boolean> {
  const watch = new SurgeWatch(from, until)
  for (const file of files)
    for await (const line of createInterface({ input: createReadStream(file) })) watch.line(line)
  return watch.surged
}
