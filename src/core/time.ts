// When, and how long. Everything between `clock` and `verdict` knows only these; nobody there asks
// the wall clock, so that a replay and a live run of the same input agree to the byte.

/** A point in time: integer microseconds since 1970-01-01T00:00:00Z, as stamped by the source. */
export type Instant = number

/** A length of time in microseconds. */
export type Span = number

export const milliseconds = (n: number): Span => n * 1_000
export const seconds = (n: number): Span => n * 1_000_000
export const minutes = (n: number): Span => n * 60_000_000
export const hours = (n: number): Span => n * 3_600_000_000

/** `2024-10-29T00:07:04.000Z`: ISO 8601 in UTC with milliseconds, the one form used outside. */
export function iso(at: Instant): string {
  return new Date(Math.floor(at / 1_000)).toISOString()
}

/** Reads an ISO 8601 instant (UTC unless it says otherwise) or Unix seconds; undefined if neither. */
export function parseInstant(text: string): Instant | undefined {
  if (/^\d{1,12}(\.\d+)?$/.test(text)) return Math.round(Number(text) * 1e6)
  if (!/^\d{4}-\d{2}-\d{2}([T ]|$)/.test(text)) return undefined
  const zoned = /(Z|[+-]\d{2}:?\d{2})$/.test(text) || text.length <= 10 ? text : `${text}Z`
  const ms = Date.parse(zoned.replace(' ', 'T'))
  return Number.isNaN(ms) ? undefined : ms * 1_000
}

const units: Record<string, number> = { ms: 1e3, s: 1e6, m: 60e6, h: 3600e6, d: 86400e6 }

/** Reads `45s`, `5m`, `2h`, `250ms`, `7d`; undefined without a unit, so that no number is guessed at. */
export function parseSpan(text: string): Span | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text)
  const unit = match && units[match[2] ?? '']
  return match && unit ? Number(match[1]) * unit : undefined
}

/** `45 s`, `12 min`, `3 h 5 min`: for people. */
export function words(span: Span): string {
  const s = Math.round(span / 1e6)
  if (s < 120) return `${s} s`
  if (s < 7200)
    return s % 60 && s < 600 ? `${Math.floor(s / 60)} min ${s % 60} s` : `${Math.round(s / 60)} min`
  const h = Math.floor(s / 3600)
  const m = Math.round((s % 3600) / 60)
  return m ? `${h} h ${m} min` : `${h} h`
}
