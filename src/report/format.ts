// Incidents on stdout or in a file. A new format is one file that makes a Formatter, and a line in
// the table below.

import type {
  Confidence,
  Counts,
  ElementSample,
  Incident,
  Inputs,
  PathSample,
  Samples,
  Segment,
  Severity,
  Tag,
  Vantage,
} from '../core/incident.ts'
import { type Instant, iso, words } from '../core/time.ts'
import type { Ground, Verdict } from '../core/verdict.ts'
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

/** A copy of an object with each of its names; one forgotten is an error of the compiler. */
type Every<T> = { [K in keyof T]-?: unknown }

const orderedCounts = (counts: Counts): Every<Counts> => ({
  prefixes: counts.prefixes,
  ofPrefixes: counts.ofPrefixes,
  covered: counts.covered,
  origins: counts.origins,
  routes: counts.routes,
  peerAsns: counts.peerAsns,
  collectors: counts.collectors,
  share: counts.share,
})

const orderedTag = ({ name, score, because }: Tag): Every<Tag> => ({ name, score, because })

const orderedSegment = ({ from, by, to, prefixes }: Segment): Every<Segment> => ({
  from,
  by,
  to,
  prefixes,
})

const orderedPath = ({ peer, prefix, before, after }: PathSample): Every<PathSample> => ({
  peer,
  prefix,
  before,
  after,
})

const orderedElement = ({ file, offset }: ElementSample): Every<ElementSample> => ({ file, offset })

const orderedSamples = ({ prefixes, paths, elements }: Samples): Every<Samples> => ({
  prefixes,
  paths: paths.map(orderedPath),
  elements: elements.map(orderedElement),
})

const orderedConfidence = ({ score, level, tags }: Confidence): Every<Confidence> => ({
  score,
  level,
  tags: tags.map(orderedTag),
})

const orderedVantage = ({ active, quarantined, down, unknown }: Vantage): Every<Vantage> => ({
  active,
  quarantined,
  down,
  unknown,
})

const orderedGround = ({ id, db, because }: Ground): Every<Ground> => ({ id, db, because })

const orderedVerdict = (verdict: Verdict): Every<Verdict> => ({
  cause: verdict.cause,
  because: verdict.because,
  version: verdict.version,
  confidence: verdict.confidence,
  capped: verdict.capped,
  routingDb: verdict.routingDb,
  floodDb: verdict.floodDb,
  for: verdict.for.map(orderedGround),
  against: verdict.against.map(orderedGround),
  other: verdict.other.map(orderedGround),
  order: verdict.order,
  blind: verdict.blind,
  leaning: verdict.leaning,
  ruledOut: verdict.ruledOut,
  missing: verdict.missing,
  wouldChange: verdict.wouldChange,
  changedBecause: verdict.changedBecause,
  doFirst: verdict.doFirst,
  doNot: verdict.doNot,
  say: verdict.say,
})

const orderedInputs = (inputs: Inputs): Every<Inputs> => ({
  version: inputs.version,
  config: inputs.config,
  asRelationships: inputs.asRelationships,
  vrps: inputs.vrps,
})

/**
 * A record with its names in the order in which they are written. Two runs must agree to the byte
 * however their objects came about; a list of names given to JSON.stringify does that too, five times
 * slower.
 */
const ordered = (incident: Incident): Every<Incident> => ({
  schema: incident.schema,
  id: incident.id,
  key: incident.key,
  revision: incident.revision,
  kind: incident.kind,
  kinds: incident.kinds,
  state: incident.state,
  asn: incident.asn,
  culprit: incident.culprit,
  afi: incident.afi,
  startedAt: incident.startedAt,
  detectedAt: incident.detectedAt,
  endedAt: incident.endedAt,
  updatedAt: incident.updatedAt,
  baseline: incident.baseline,
  severity: incident.severity,
  confidence: orderedConfidence(incident.confidence),
  counts: { ...orderedCounts(incident.counts), now: orderedCounts(incident.counts.now) },
  vantage: orderedVantage(incident.vantage),
  segments: incident.segments.map(orderedSegment),
  samples: orderedSamples(incident.samples),
  verdict: incident.verdict === null ? null : orderedVerdict(incident.verdict),
  rfc7908: incident.rfc7908,
  foldedInto: incident.foldedInto,
  previousId: incident.previousId,
  because: incident.because,
  inputs: orderedInputs(incident.inputs),
})

export const recordText = (incident: Incident): string => JSON.stringify(ordered(incident))

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
