// What is known to have happened in some archives, as `score` reads it and `simulate` writes it: JSON,
// paths relative to the file. Every fault is named with its place.

import { type Asn, parseAsn } from './core/asn.ts'
import type { Level } from './core/incident.ts'
import { levels } from './core/incident.ts'
import { type Instant, minutes, parseInstant, type Span, seconds } from './core/time.ts'
import { type Cause, causes, type Side, sideOf } from './core/verdict.ts'

/** Something that happened, or a stretch of strange things that are nobody's fault. */
export interface KnownEvent {
  /** What it is called in tables: a kind of the generator, or that of an incident. */
  readonly label: string
  /**
   * Any of these is the right kind; families count (`outage`, `leak`, `hijack`, …). None: what is known
   * is the cause, and any incident about these networks may tell of it.
   */
  readonly kinds: readonly string[]
  /**
   * Whoever of them is named by an incident, as whom it befalls or who did it. An event that names
   * neither networks nor prefixes is about everybody, and then the kind has to be exactly right.
   */
  readonly asns: readonly Asn[]
  readonly prefixes: readonly string[]
  readonly start: Instant
  /** When half of the carriers had lost it, or had the wrong route. */
  readonly half: Instant | null
  readonly end: Instant | null
  readonly tolerance: Span
  /** At least so sure. */
  readonly minLevel: Level
  /** After the first sign. */
  readonly maxDelay: Span | null
  /** More incidents than these tell it in pieces, and it does not count as found. */
  readonly atMost: number | null
  /** Right when told, not missed when not. */
  readonly optional: boolean
  /** What has to be said of its cause; null: nothing is asked. */
  readonly verdict: KnownVerdict | null
}

export interface KnownVerdict {
  /** `none`: there is nothing to be told, and nobody to be woken. */
  readonly cause: Cause | 'none'
  readonly side: Side
  /** After the start, to stay. */
  readonly within: Span | null
  /** What is to be said at first, for so long after the start, because more is not known. */
  readonly first: Cause | null
  readonly firstFor: Span | null
  /** Whether somebody is to be woken; null: it may be so or not. */
  readonly pages: boolean | null
}

/** Incidents that are not counted at all, and why. */
export interface Ignored {
  readonly kinds: readonly string[]
  readonly asns: readonly Asn[]
  readonly because: string
}

export interface Case {
  readonly name: string
  readonly files: readonly string[]
  /** What the network said of itself: samples and changes, NDJSON. */
  readonly samples: readonly string[]
  readonly rib: readonly string[]
  readonly asns: readonly Asn[]
  readonly collector: string | null
  readonly config: string | null
  /** What is known beside the routes, in addition to what the configuration names; `FILE@DATE` as there. */
  readonly vrps: readonly string[]
  readonly asRelationships: readonly string[]
  readonly from: Instant | null
  readonly until: Instant | null
  readonly events: readonly KnownEvent[]
  /** Beyond the events nothing may be surer than this; null when there is no such rule. */
  readonly quiet: Level | null
  readonly ignore: readonly Ignored[]
}

/** What has to be reached, over all cases; `null` asks for nothing. */
export interface Required {
  readonly recall: number | null
  readonly precision: number | null
  /** Incidents above the level of quiet cases. */
  readonly alarms: number | null
  /** By label of event. */
  readonly recallOf: Readonly<Record<string, number>>
}

export interface Truth {
  readonly cases: readonly Case[]
  readonly require: Required
}

/** An incident says so precisely when something began; an operator's note does not. */
const TOLERANCE = minutes(5)

type Raw = Readonly<Record<string, unknown>>

export function readTruth(text: string): { readonly truth: Truth; readonly faults: string[] } {
  const faults: string[] = []
  let data: unknown
  try {
    data = JSON.parse(text)
  } catch (error) {
    faults.push(`is no JSON: ${(error as Error).message}`)
  }
  const r = new Reader(faults)
  const top = faults.length > 0 ? {} : r.group(data, '$', ['version', 'cases', 'require', 'about'])
  const cases = r.list(top['cases'], '$.cases').map((item, i) => readCase(r, item, `$.cases[${i}]`))
  const req = r.group(top['require'] ?? {}, '$.require', [
    'recall',
    'precision',
    'alarms',
    'recallOf',
  ])
  const of = (req['recallOf'] ?? {}) as Record<string, unknown>
  const require = {
    recall: r.number(req['recall'], '$.require.recall'),
    precision: r.number(req['precision'], '$.require.precision'),
    alarms: r.number(req['alarms'], '$.require.alarms'),
    recallOf: Object.fromEntries(
      Object.entries(of).map(([label, n]) => [
        label,
        r.number(n, `$.require.recallOf.${label}`) ?? 0,
      ]),
    ),
  }
  if (cases.length === 0 && faults.length === 0) faults.push('$.cases holds no case')
  return { truth: { cases, require }, faults }
}

class Reader {
  readonly faults: string[]

  constructor(faults: string[]) {
    this.faults = faults
  }

  group(value: unknown, where: string, names: readonly string[]): Raw {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.faults.push(`${where} is not an object`)
      return {}
    }
    for (const name of Object.keys(value))
      if (!names.includes(name))
        this.faults.push(`${where}.${name} is unknown: choose among ${names.join(', ')}`)
    return value as Raw
  }

  list(value: unknown, where: string): readonly unknown[] {
    if (value === undefined) return []
    if (Array.isArray(value)) return value
    this.faults.push(`${where} is not a list`)
    return []
  }

  texts(value: unknown, where: string): string[] {
    return this.list(typeof value === 'string' ? [value] : value, where).flatMap((item) => {
      if (typeof item === 'string') return [item]
      this.faults.push(`${where} holds something that is no text`)
      return []
    })
  }

  asns(value: unknown, where: string): Asn[] {
    return this.list(typeof value === 'number' ? [value] : value, where).flatMap((item) => {
      const asn = parseAsn(String(item))
      if (asn === undefined) this.faults.push(`${where}: ${item} is no AS number`)
      return asn === undefined ? [] : [asn]
    })
  }

  number(value: unknown, where: string): number | null {
    if (value === undefined || value === null) return null
    if (typeof value === 'number' && value >= 0) return value
    this.faults.push(`${where} is not a number`)
    return null
  }

  instant(value: unknown, where: string): Instant | null {
    if (value === undefined || value === null) return null
    const at = parseInstant(String(value))
    if (at === undefined) this.faults.push(`${where} is no time like 2024-10-29T00:07:04Z`)
    return at ?? null
  }

  cause(value: unknown, where: string, more: readonly 'none'[]): Cause | 'none' | null {
    if (value === undefined || value === null) return null
    const fit = [...causes, ...more]
    const found = fit.find((one) => one === value)
    if (found === undefined) this.faults.push(`${where} is none of ${fit.join(', ')}`)
    return found ?? null
  }

  level(value: unknown, where: string): Level | null {
    if (value === undefined || value === null) return null
    if (levels.includes(value as Level)) return value as Level
    this.faults.push(`${where} is none of ${levels.join(', ')}`)
    return null
  }
}

const CASE = [
  'name',
  'about',
  'files',
  'samples',
  'rib',
  'asn',
  'collector',
  'config',
  'vrps',
  'asRelationships',
  'from',
  'until',
  'events',
  'quiet',
  'ignore',
]

function readCase(r: Reader, value: unknown, where: string): Case {
  const raw = r.group(value, where, CASE)
  const files = r.texts(raw['files'], `${where}.files`)
  const samples = r.texts(raw['samples'], `${where}.samples`)
  if (files.length + samples.length === 0) r.faults.push(`${where}.files names no file`)
  const { quiet } = raw
  const worst =
    typeof quiet === 'object' && quiet !== null
      ? r.level((quiet as Raw)['maxLevel'], `${where}.quiet.maxLevel`)
      : null
  return {
    name: typeof raw['name'] === 'string' ? raw['name'] : where,
    files,
    samples,
    rib: r.texts(raw['rib'], `${where}.rib`),
    asns: r.asns(raw['asn'], `${where}.asn`),
    collector: typeof raw['collector'] === 'string' ? raw['collector'] : null,
    config: typeof raw['config'] === 'string' ? raw['config'] : null,
    vrps: r.texts(raw['vrps'], `${where}.vrps`),
    asRelationships: r.texts(raw['asRelationships'], `${where}.asRelationships`),
    from: r.instant(raw['from'], `${where}.from`),
    until: r.instant(raw['until'], `${where}.until`),
    events: r
      .list(raw['events'], `${where}.events`)
      .map((item, i) => readEvent(r, item, `${where}.events[${i}]`)),
    quiet: quiet === true ? 'low' : worst,
    ignore: r.list(raw['ignore'], `${where}.ignore`).map((item, i) => {
      const place = `${where}.ignore[${i}]`
      const ignored = r.group(item, place, ['kind', 'asn', 'because'])
      return {
        kinds: r.texts(ignored['kind'], `${place}.kind`),
        asns: r.asns(ignored['asn'], `${place}.asn`),
        because: String(ignored['because'] ?? ''),
      }
    }),
  }
}

const EVENT = [
  'event',
  'about',
  'kind',
  'asn',
  'culprit',
  'others',
  'prefixes',
  'start',
  'half',
  'end',
  'toleranceSeconds',
  'minLevel',
  'maxDelaySeconds',
  'atMost',
  'optional',
  'visible',
  'planned',
  'verdict',
]

const VERDICT = ['cause', 'side', 'withinSeconds', 'first', 'firstForSeconds', 'pages']

function readVerdict(r: Reader, value: unknown, where: string): KnownVerdict {
  const raw = r.group(value, where, VERDICT)
  const cause = r.cause(raw['cause'], `${where}.cause`, ['none'])
  if (raw['cause'] === undefined) r.faults.push(`${where}.cause is missing`)
  const known = cause ?? 'undetermined'
  const implied = known === 'none' ? 'neither' : sideOf(known)
  if (raw['side'] !== undefined && cause !== null && raw['side'] !== implied)
    r.faults.push(`${where}.side is ${raw['side']}, and ${cause} is of the side ${implied}`)
  const span = (name: string) => {
    const n = r.number(raw[name], `${where}.${name}`)
    return n === null ? null : seconds(n)
  }
  const { pages } = raw
  if (pages !== undefined && typeof pages !== 'boolean')
    r.faults.push(`${where}.pages is neither true nor false`)
  return {
    cause: known,
    side: implied,
    within: span('withinSeconds'),
    first: r.cause(raw['first'], `${where}.first`, []) as Cause | null,
    firstFor: span('firstForSeconds'),
    pages: typeof pages === 'boolean' ? pages : null,
  }
}

function readEvent(r: Reader, value: unknown, where: string): KnownEvent {
  const raw = r.group(value, where, EVENT)
  const kinds = r.texts(raw['kind'], `${where}.kind`)
  const asns = ['asn', 'culprit', 'others'].flatMap((name) => r.asns(raw[name], `${where}.${name}`))
  const prefixes = r.texts(raw['prefixes'], `${where}.prefixes`)
  const start = r.instant(raw['start'], `${where}.start`)
  if (start === null) r.faults.push(`${where}.start is missing`)
  const isJudged = raw['verdict'] !== undefined
  if (kinds.length === 0 && raw['optional'] !== true && !isJudged)
    r.faults.push(`${where}.kind is missing`)
  const tolerance = r.number(raw['toleranceSeconds'], `${where}.toleranceSeconds`)
  const delay = r.number(raw['maxDelaySeconds'], `${where}.maxDelaySeconds`)
  return {
    label: typeof raw['event'] === 'string' ? raw['event'] : (kinds[0] ?? 'other'),
    kinds,
    asns: [...new Set(asns)],
    prefixes,
    start: start ?? 0,
    half: r.instant(raw['half'], `${where}.half`),
    end: r.instant(raw['end'], `${where}.end`),
    tolerance: tolerance === null ? TOLERANCE : seconds(tolerance),
    minLevel: r.level(raw['minLevel'], `${where}.minLevel`) ?? 'medium',
    maxDelay: delay === null ? null : seconds(delay),
    atMost: r.number(raw['atMost'], `${where}.atMost`),
    optional: raw['optional'] === true,
    verdict: isJudged ? readVerdict(r, raw['verdict'], `${where}.verdict`) : null,
  }
}

const FAMILIES: Readonly<Record<string, string>> = {
  withdrawal: 'outage',
  // Somebody announces what is another's, whatever the reason.
  'leak.reorigination': 'hijack',
  'leak.own-specifics': 'own-specifics',
}

/** What detection.md §8 calls the family of a kind. */
export function familyOf(kind: string): string {
  const [first = ''] = kind.split('.')
  return FAMILIES[kind] ?? FAMILIES[first] ?? first
}
