// Samples and changes as lines of JSON (config/README.md has the notation). What is wrong with a line is
// said with what was expected, for those who write a pusher; nothing in here throws, whatever the line.

import {
  hostsIn,
  isLine,
  labelsWithoutHosts,
  missingLabels,
  readLabels,
  withoutHosts,
} from '../core/labels.ts'
import { nearest } from '../core/nearest.ts'
import {
  type Change,
  type ChangeEvent,
  changeEvents,
  changeLabels,
  changeUncertainty,
  labelValues,
  metrics,
  type Plane,
  planes,
  type Sample,
  sampleLimits,
  usualUncertainty,
} from '../core/sample.ts'
import { hours, type Instant, iso, parseInstant, parseSpan, type Span } from '../core/time.ts'

export type SampleReading =
  | { readonly ok: true; readonly fact: Sample | Change }
  | { readonly ok: false; readonly why: string }

/** How far from its stamp a sample may be where its line does not say. */
export type Uncertainties = Readonly<Record<Sample['plane'], Span>>

/** Characters of a line: all labels at their longest, each character escaped. */
export const LONGEST_LINE = 40_000

const EXAMPLE = '2021-10-25T02:16:00Z'
/** What is less certain than a day says nothing about an hour. */
const LEAST_CERTAIN: Span = hours(24)
/** Parts of one may be a little more than one; whoever sends per cent is told. */
const MOST_OF_ONE = 2

const SAMPLE_KEYS = ['at', 'plane', 'metric', 'value', 'labels', 'uncertainty']
const CHANGE_KEYS = ['at', 'plane', 'event', 'labels', 'note', 'uncertainty']

/** Carries what is wrong out of the depth of a reading; never leaves this file. */
class Fault extends Error {}

const fail = (why: string): never => {
  throw new Fault(why)
}

/** A line of text; that of a file may say when it was `heard`, which whoever pushes shows by doing so. */
export function readSample(
  line: string,
  usual: Uncertainties = usualUncertainty,
  isFiled = false,
): SampleReading {
  if (line.length > LONGEST_LINE)
    return { ok: false, why: `is longer than ${LONGEST_LINE} characters` }
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return { ok: false, why: 'is not JSON: one object a line' }
  }
  return readSampleValue(value, usual, isFiled)
}

/** The same of what JSON has become already. */
export function readSampleValue(
  value: unknown,
  usual: Uncertainties = usualUncertainty,
  isFiled = false,
): SampleReading {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { ok: false, why: 'must be an object with at, plane, metric and value' }
  try {
    return { ok: true, fact: read(value as Readonly<Record<string, unknown>>, usual, isFiled) }
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return { ok: false, why: error.message }
  }
}

function read(
  line: Readonly<Record<string, unknown>>,
  usual: Uncertainties,
  isFiled: boolean,
): Sample | Change {
  const plane = word(line['plane'], planes, 'plane') as Plane
  const known = plane === 'change' ? CHANGE_KEYS : SAMPLE_KEYS
  for (const key of Object.keys(line))
    if (!known.includes(key) && !(isFiled && key === 'heard'))
      fail(
        `${shown(key)} is not known here${near(key, known) || `; there are ${known.join(', ')}`}`,
      )
  const fact = plane === 'change' ? change(line) : sample(line, plane, usual)
  return line['heard'] === undefined ? fact : { ...fact, heard: instant(line['heard'], 'heard') }
}

function sample(
  line: Readonly<Record<string, unknown>>,
  plane: Sample['plane'],
  usual: Uncertainties,
): Sample {
  const at = instant(line['at'])
  const metric = word(line['metric'], Object.keys(metrics), 'metric')
  const spec = metrics[metric] as (typeof metrics)[string]
  if (spec.plane !== plane) fail(`plane: ${metric} is of the plane ${spec.plane}, not of ${plane}`)
  const value = line['value']
  if (typeof value !== 'number' || !Number.isFinite(value))
    return fail(`value: must be a finite number, not ${shown(value)}`)
  if (value < 0) fail(`value: ${metric} is never negative (${spec.unit})`)
  if (spec.unit === '0 … 1' && value > MOST_OF_ONE)
    fail(`value: ${metric} is a part of one, not a percentage: 0.37 rather than 37`)
  const labels = labelsOf(line['labels'], spec.labels, metric)
  const [host] = hostsIn(labels)
  if (host !== undefined)
    fail(`labels.${host}: holds the address of a single host; send what is summed up`)
  const uncertainty = spanOf(line['uncertainty'], usual[plane])
  // Zero has no sign here, as it has none in JSON.
  return { kind: 'sample', at, plane, metric, value: value + 0, labels, uncertainty }
}

function change(line: Readonly<Record<string, unknown>>): Change {
  const at = instant(line['at'])
  const event = word(line['event'], changeEvents, 'event') as ChangeEvent
  const given = labelsOf(line['labels'], changeLabels[event], event)
  for (const [name, values] of Object.entries(labelValues)) {
    const value = given[name]
    if (value !== undefined && changeLabels[event].includes(name) && !values.includes(value))
      fail(`labels.${name}: must be one of ${values.join(', ')}, not ${shown(value)}`)
  }
  const { note = '' } = line as { note?: unknown }
  if (!isLine(note, sampleLimits.note))
    return fail(`note: must be one line of at most ${sampleLimits.note} characters`)
  const uncertainty = spanOf(line['uncertainty'], changeUncertainty[event])
  // The scope of planned work is the operator's own; who is attacked is somebody's address.
  const own = event.startsWith('window-')
  const labels = own ? given : labelsWithoutHosts(given)
  const said = own ? note : withoutHosts(note).slice(0, sampleLimits.note)
  return { kind: 'change', at, event, labels, note: said, uncertainty }
}

/** A way back: what `readSample` reads as the same fact. */
export function formatSample(fact: Sample | Change): string {
  const { at, labels } = fact
  const uncertainty = spanText(fact.uncertainty)
  if (fact.kind === 'sample') {
    const { plane, metric, value } = fact
    return JSON.stringify({ at: instantText(at), plane, metric, value, labels, uncertainty })
  }
  const { event, note } = fact
  const text = note === '' ? {} : { note }
  return JSON.stringify({
    at: instantText(at),
    plane: 'change',
    event,
    labels,
    ...text,
    uncertainty,
  })
}

function labelsOf(given: unknown, wanted: readonly string[], what: string) {
  const labels = readLabels(given)
  if (typeof labels === 'string') return fail(labels)
  const missing = missingLabels(labels, wanted)
  if (missing.length > 0)
    fail(`labels: ${missing.join(', ')} missing; ${what} wants ${wanted.join(', ')}`)
  return labels
}

function word(given: unknown, known: readonly string[], name: string): string {
  if (typeof given === 'string' && known.includes(given)) return given
  if (given === undefined) return fail(`${name}: is missing`)
  const hint =
    typeof given === 'string' && near(given, known)
      ? near(given, known)
      : known.length < 10
        ? `; it is one of ${known.join(', ')}`
        : '; config/README.md lists them'
  return fail(`${name}: ${shown(given)} is not known${hint}`)
}

function near(given: string, known: readonly string[]): string {
  const name = nearest(given, known)
  return name === undefined ? '' : `; did you mean ${name}?`
}

/** With microseconds, of which JavaScript's own dates have only thousands. */
function instant(given: unknown, key = 'at'): Instant {
  if (given === undefined) return fail('at: is missing')
  const wrong = () => fail(`${key}: must be an instant such as ${EXAMPLE}, not ${shown(given)}`)
  if (typeof given !== 'string' || given.length > 40) return wrong()
  const day = /^(\d{4})-(\d\d)-(\d\d)/.exec(given)
  if (day && Number(day[3]) > daysIn(Number(day[1]), Number(day[2]))) return wrong()
  const fine = /\.\d{3}(\d{1,3})\d*(?=Z|[+-]|$)/.exec(given)
  const at = parseInstant(fine && day ? given.replace(/(\.\d{3})\d+/, '$1') : given)
  if (at === undefined || at < 0) return wrong()
  return at + (fine && day ? Number((fine[1] ?? '').padEnd(3, '0')) : 0)
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return [4, 6, 9, 11].includes(month) ? 30 : 31
}

function instantText(at: Instant): string {
  const rest = at % 1_000
  return rest === 0 ? iso(at) : iso(at).replace('Z', `${String(rest).padStart(3, '0')}Z`)
}

function spanOf(given: unknown, usual: Span): Span {
  if (given === undefined) return usual
  const span = typeof given === 'string' && given.length <= 20 ? parseSpan(given) : undefined
  if (span === undefined || span > LEAST_CERTAIN)
    return fail(`uncertainty: must be a time up to 24h such as "45s", not ${shown(given)}`)
  return Math.round(span)
}

const spanText = (span: Span): string => (span % 1e6 === 0 ? `${span / 1e6}s` : `${span / 1e3}ms`)

/** What stood there, short and harmless. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}
