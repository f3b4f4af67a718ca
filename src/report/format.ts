// Incidents on stdout or in a file. A new format is one file that makes a Formatter, and a line in
// the table below.

import type { Incident, Severity } from '../core/incident.ts'
import { type Instant, iso, words } from '../core/time.ts'
import { csv } from './csv.ts'
import { many } from './plain.ts'
import { headline, type StorySettings } from './story.ts'

/** What a replay has done, when it is done. */
export interface Summary {
  readonly elements: number
  readonly malformed: number
  readonly vantagePoints: number
  /** Event time of the first and last thing read; null when nothing was. */
  readonly from: Instant | null
  readonly until: Instant | null
}

export interface Formatter {
  begin(): string
  /** Called for each revision; what it returns ends its own lines. */
  incident(incident: Incident): string
  end(summary: Summary): string
}

const formatters = { ndjson, csv, text }

export type FormatName = keyof typeof formatters
export const formatNames = Object.keys(formatters) as FormatName[]

export function openFormatter(name: FormatName, settings: StorySettings = {}): Formatter {
  return formatters[name](settings)
}

type KeysOf<T> = T extends readonly (infer Item)[]
  ? KeysOf<Item>
  : T extends object
    ? { [K in keyof T & string]-?: K | KeysOf<T[K]> }[keyof T & string]
    : never

/**
 * Every name in a record, in the order in which they are written, at any depth. Two runs must agree
 * to the byte however their objects came about. A name forgotten here is an error of the compiler.
 */
// biome-ignore format: an order is read in a row
const names: Record<KeysOf<Incident>, true> = {
  schema: true, id: true, key: true, revision: true, kind: true, kinds: true, state: true,
  asn: true, culprit: true, afi: true, startedAt: true, detectedAt: true, endedAt: true,
  updatedAt: true, baseline: true, severity: true, confidence: true, name: true, score: true,
  level: true, tags: true, counts: true, vantage: true, segments: true, from: true, by: true,
  to: true, samples: true, peer: true, prefix: true, prefixes: true, ofPrefixes: true,
  covered: true, origins: true, routes: true, peerAsns: true, collectors: true, share: true,
  now: true, paths: true, before: true, after: true, elements: true, file: true, offset: true,
  active: true, quarantined: true, down: true, unknown: true, verdict: true, rfc7908: true,
  foldedInto: true, previousId: true, because: true, inputs: true, version: true, config: true,
  asRelationships: true, vrps: true,
}
const order = Object.keys(names)

export const recordText = (incident: Incident): string => JSON.stringify(incident, order)

function ndjson(): Formatter {
  return {
    begin: () => '',
    incident: (incident) => `${recordText(incident)}\n`,
    end: () => '',
  }
}

/** Headlines under the day they belong to, and a last line that says what was read. */
function text(settings: StorySettings): Formatter {
  let day = ''
  const seen = new Map<string, Severity>()
  return {
    begin: () => '',
    incident(incident) {
      const today = incident.updatedAt.slice(0, 10)
      const heading = today === day ? '' : `-- ${today}, all times UTC\n`
      day = today
      seen.set(incident.id, incident.severity)
      return `${heading}${headline(incident, settings)}\n`
    },
    end({ elements, malformed, vantagePoints, from, until }) {
      if (from === null || until === null) return 'nothing was read\n'
      const bad = malformed > 0 ? `, ${many(malformed, 'malformed record')}` : ''
      const by = (wanted: Severity) => [...seen.values()].filter((s) => s === wanted).length
      const list = (['critical', 'major', 'minor', 'info'] as const)
        .filter((severity) => by(severity) > 0)
        .map((severity) => `${by(severity)} ${severity}`)
      const severe = list.length > 0 ? ` (${list.join(', ')})` : ''
      const span = `${words(until - from)} from ${iso(from)}`
      const read = `${many(elements, 'element')} from ${many(vantagePoints, 'vantage point')}`
      return `-- ${many(seen.size, 'incident')}${severe} in ${span}: ${read}${bad}\n`
    },
  }
}
