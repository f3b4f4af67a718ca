// A scenario as it is written down: the size of the Internet, how long it is watched, and what is to
// happen. Read from plain values; every fault is named with its place.

import { type Asn, parseAsn } from '../core/asn.ts'
import { type Instant, parseInstant, parseSpan, type Span } from '../core/time.ts'
import { eventKinds, isEventKind, type Wish } from './event.ts'

export interface Script {
  readonly seed: string | number
  readonly start: Instant
  readonly hours: number
  readonly ases: number
  readonly prefixes: number
  readonly vantages: number
  readonly collectors: readonly string[]
  readonly watched: Asn
  /** UPDATEs a second over all sessions when nothing is the matter. */
  readonly rate: number
  /** Share of the origins that have ROAs. */
  readonly rpki: number
  readonly events: readonly Wish[]
}

export const scriptDefaults: Script = {
  seed: 1,
  start: parseInstant('2026-03-02') ?? 0,
  hours: 3,
  ases: 400,
  prefixes: 4_000,
  vantages: 32,
  collectors: ['rrc00', 'rrc10', 'route-views2', 'route-views.linx'],
  watched: 4_766,
  rate: 1.2,
  rpki: 0.5,
  events: [],
}

export interface ScriptFault {
  /** `$.events[2].kind` */
  readonly where: string
  readonly why: string
}

type Fields<T> = Record<string, (value: unknown, where: string) => T>

class Reader {
  readonly faults: ScriptFault[] = []

  fault(where: string, why: string): undefined {
    this.faults.push({ where, why })
    return undefined
  }

  /** Those fields of a mapping that are there, each read; unknown ones are faults. */
  group(value: unknown, where: string, fields: Fields<unknown>): Record<string, unknown> {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.fault(where, 'is not a mapping of names to values')
      return {}
    }
    const out: Record<string, unknown> = {}
    for (const [name, given] of Object.entries(value)) {
      const read = Object.hasOwn(fields, name) ? fields[name] : undefined
      const place = `${where}.${name}`
      if (!read) this.fault(place, `is unknown: choose among ${Object.keys(fields).join(', ')}`)
      else {
        const found = read(given, place)
        if (found !== undefined) out[name] = found
      }
    }
    return out
  }

  number =
    (least: number, most: number, whole = true) =>
    (value: unknown, where: string) =>
      typeof value === 'number' &&
      value >= least &&
      value <= most &&
      (!whole || Number.isInteger(value))
        ? value
        : this.fault(where, `is not a${whole ? ' whole' : ''} number from ${least} to ${most}`)

  span = (value: unknown, where: string) =>
    (typeof value === 'string' ? parseSpan(value) : undefined) ??
    this.fault(where, 'is not a time with its unit, like 20m or 90s')

  asn = (value: unknown, where: string) =>
    (value === 'watched' ? 'watched' : parseAsn(String(value))) ??
    this.fault(where, 'is not an AS number, nor `watched`')
}

/** `given` over the defaults; the command line may say some of it again, in `over`. */
export function readScript(
  given: unknown,
  over: Partial<Script> = {},
): { readonly script: Script; readonly faults: readonly ScriptFault[] } {
  const r = new Reader()
  const fields: Fields<unknown> = {
    version: (value, where) => (value === 1 ? 1 : r.fault(where, 'is not 1')),
    seed: (value, where) =>
      typeof value === 'string' || typeof value === 'number'
        ? value
        : r.fault(where, 'is neither a number nor a text'),
    start: (value, where) =>
      parseInstant(String(value)) ?? r.fault(where, 'is not a time like 2026-03-02T00:00:00Z'),
    hours: r.number(1, 72, false),
    ases: r.number(60, 5_000),
    prefixes: r.number(100, 100_000),
    vantages: r.number(4, 500),
    collectors: (value, where) =>
      Array.isArray(value) && value.length > 0 && value.every(isCollector)
        ? value
        : r.fault(where, 'is not a list of collectors like rrc00 or route-views2'),
    watched: (value, where) => parseAsn(String(value)) ?? r.fault(where, 'is not an AS number'),
    rate: r.number(0, 200, false),
    rpki: r.number(0, 1, false),
    events: (value, where) => readEvents(r, value, where),
  }
  const read = r.group(given ?? {}, '$', fields)
  const { version: _, ...said } = read
  const script = { ...scriptDefaults, ...said, ...over } as Script
  for (const [i, { collector }] of script.events.entries())
    if (collector !== undefined && !script.collectors.includes(collector))
      r.fault(`$.events[${i}].collector`, `is none of ${script.collectors.join(', ')}`)
  return { script, faults: r.faults }
}

const isCollector = (name: unknown): name is string =>
  typeof name === 'string' && /^(rrc\d{2}|route-views\d*(\.[a-z0-9]+)*)$/.test(name)

function readEvents(r: Reader, value: unknown, where: string): Wish[] | undefined {
  if (!Array.isArray(value)) return r.fault(where, 'is not a list of events')
  return value.flatMap((item, i): Wish[] => {
    const place = `${where}[${i}]`
    const read = r.group(item, place, {
      kind: (kind, at) =>
        typeof kind === 'string' && isEventKind(kind)
          ? kind
          : r.fault(at, `is none of ${Object.keys(eventKinds).join(', ')}`),
      count: r.number(1, 1_000),
      at: r.span,
      duration: r.span,
      actor: r.asn,
      victim: r.asn,
      collector: (name, at) => (isCollector(name) ? name : r.fault(at, 'is not a collector')),
    }) as Partial<Wish>
    const { kind, at, duration } = read
    if (kind === undefined) {
      if (!r.faults.some((fault) => fault.where.startsWith(place))) r.fault(place, 'has no kind')
      return []
    }
    const span = [at, duration].filter((one): one is Span => one !== undefined)
    if (span.some((one) => one > 72 * 3_600e6)) r.fault(place, 'is longer than 72 hours')
    return [{ count: 1, ...read, kind }]
  })
}
