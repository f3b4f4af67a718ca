// What is asked of Prometheus and what comes back, pure.
//
// The instant of a value is the hard part. An instant query stamps its answer with the time of the
// question, and to answer it, Prometheus looks back for five minutes: the last word of an exporter that
// is dead looks as fresh as any other. Only `timestamp(selector)` tells when something was scraped, and
// only of a selector as it stands. So each question has two parts in one, answered at the same moment: the
// values, and, by the same labels, when what they are made of was scraped. A value whose second half is missing
// (the series has gone, or its target could not be scraped: then Prometheus marks it as stale at once, while
// `rate` still computes with what lies in its window) is not believed.

import type { Sample } from '../core/sample.ts'
import type { Instant } from '../core/time.ts'
import type { PrometheusDropped, PrometheusQuery } from './prometheus-settings.ts'

/** Which half a series is of. */
const PART = 'faultline_part'
const LONGEST_LABEL = 200
/** Clocks differ; more than so much is a wrong one. */
const FUTURE = 300_000_000

export function questionOf({ promql, fresh, labels }: PrometheusQuery): string {
  const by = Object.keys(labels).sort().join(', ')
  const scraped = `min by (${by}) (timestamp(${fresh}))`
  // Lines of their own, so that a comment at the end of an expression ends there.
  return [
    `label_replace(\n${promql.trim()}\n, "${PART}", "value", "", "")`,
    `label_replace(\n${scraped}\n, "${PART}", "scraped", "", "")`,
  ].join('\nor\n')
}

export interface Row {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export type Reply =
  | { readonly kind: 'rows'; readonly rows: readonly Row[]; readonly malformed: number }
  /** The server understood that it was asked, and refuses. */
  | { readonly kind: 'refused'; readonly why: string }
  /** Not the answer of a Prometheus. */
  | { readonly kind: 'foreign' }

export function readReply(body: string): Reply {
  const reply = parsed(body)
  if (!isGroup(reply)) return { kind: 'foreign' }
  const { status, errorType, error, data } = reply
  if (status === 'error') return { kind: 'refused', why: `${errorType}: ${error}` }
  if (status !== 'success' || !isGroup(data) || !Array.isArray(data['result']))
    return { kind: 'foreign' }
  if (data['resultType'] !== 'vector')
    return { kind: 'refused', why: `a ${data['resultType']} is no instant vector` }
  const rows = data['result'].map(rowOf)
  const sound = rows.filter((row) => row !== null)
  return { kind: 'rows', rows: sound, malformed: rows.length - sound.length }
}

function rowOf(given: unknown): Row | null {
  if (!isGroup(given) || !isGroup(given['metric']) || !Array.isArray(given['value'])) return null
  const [, text] = given['value'] as unknown[]
  const labels = Object.entries(given['metric'])
  if (typeof text !== 'string' || !labels.every(([, value]) => typeof value === 'string'))
    return null
  return { labels: Object.fromEntries(labels) as Record<string, string>, value: numberOf(text) }
}

/** As Prometheus writes them; anything else is no number. */
const numberOf = (text: string): number =>
  /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN

const isGroup = (given: unknown): given is Record<string, unknown> =>
  typeof given === 'object' && given !== null && !Array.isArray(given)

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export type Counts = { -readonly [Why in keyof PrometheusDropped]: number }

export const noCounts = (): Counts => ({
  surplus: 0,
  notFinite: 0,
  stale: 0,
  future: 0,
  labels: 0,
  ambiguous: 0,
})

interface Told {
  /** In order of their labels. */
  readonly samples: readonly Sample[]
  readonly dropped: Counts
  /** When each series was scraped, for the next time. */
  readonly scraped: ReadonlyMap<string, Instant>
}

interface Known {
  /** What was told last time: the same scrape is not told twice. */
  readonly scraped: ReadonlyMap<string, Instant>
  readonly mostSeries: number
  /** By our own clock. */
  readonly now: Instant
}

/** Both halves put together. */
export function samplesOf(query: PrometheusQuery, rows: readonly Row[], known: Known): Told {
  const dropped = noCounts()
  const stamps = new Map<string, number>()
  const values = new Map<string, { row: Row; times: number }>()
  for (const row of rows) {
    const key = keyOf(query, row)
    if (row.labels[PART] === 'scraped') stamps.set(key, row.value)
    else {
      const same = values.get(key)
      values.set(key, { row, times: (same?.times ?? 0) + 1 })
    }
  }
  const samples: Sample[] = []
  const scraped = new Map<string, Instant>()
  for (const key of [...values.keys()].sort()) {
    const { row, times } = values.get(key) as { row: Row; times: number }
    const at = Math.round((stamps.get(key) ?? Number.NaN) * 1e6)
    const labels = labelsOf(query, row)
    if (times > 1) dropped.ambiguous += times
    else if (!Number.isFinite(row.value)) dropped.notFinite++
    else if (!labels) dropped.labels++
    else if (!Number.isFinite(at)) dropped.stale++
    else if (at > known.now + FUTURE) dropped.future++
    else if (scraped.size >= known.mostSeries) dropped.surplus++
    else {
      const before = known.scraped.get(key)
      scraped.set(key, before === undefined ? at : Math.max(at, before))
      if (before !== undefined && at <= before) continue
      const { metric, plane, uncertainty } = query
      const { value } = row
      samples.push({ kind: 'sample', at, plane, metric, value, labels, uncertainty })
    }
  }
  return { samples, dropped, scraped }
}

/** By the labels that are taken: what else tells two series apart is not seen by us. */
const keyOf = ({ labels }: PrometheusQuery, row: Row): string =>
  JSON.stringify(Object.keys(labels).map((name) => row.labels[name] ?? ''))

/** Ours, in order of their names; undefined when one is missing or is not fit to be one. */
function labelsOf({ labels, add, needs }: PrometheusQuery, row: Row) {
  const out = new Map(Object.entries(add))
  for (const [from, to] of Object.entries(labels)) {
    const value = row.labels[from] ?? ''
    if (value.length > LONGEST_LABEL || hasControl(value)) return undefined
    if (value !== '') out.set(to, value)
  }
  if (!needs.every((name) => out.has(name))) return undefined
  return Object.fromEntries([...out].sort(([a], [b]) => (a < b ? -1 : 1)))
}

const hasControl = (text: string): boolean => /\p{Cc}/u.test(text)
