// One of the forty incidents on disk: what collectors archived, what the instruments said, and the truth
// about it for `score`.

import { iso, minutes, type Span } from './core/time.ts'
import { sideOf } from './core/verdict.ts'
import { archive } from './scenario/archive.ts'
import { type IncidentScript, LATE_BY } from './scenario/incident.ts'
import { incidents, linesOf, type PlayedIncident, playIncident } from './scenario/incidents.ts'
import { relationships, vrps } from './scenario/side-files.ts'

/** All of them, each in a folder of its own. */
export const FORTY = 'forty'

const RELATIONSHIPS = 'relationships.txt'
const VRPS = 'vrps.json'
const SAMPLES = 'samples.ndjson'

type Write = (path: string, octets: Uint8Array | string) => void

export interface Wanted {
  readonly seed: string | number
  readonly variant: number
}

/** `S01  kt-2021  …`, for the help. */
export const incidentRows = (): [string, string][] =>
  incidents.map(({ id, name, what }) => [`${id} ${name}`, what])

/** Writes one; what is said of it. */
export function writeIncident(script: IncidentScript, wanted: Wanted, write: Write): string {
  const played = playIncident(script, wanted.seed, wanted.variant)
  let files = 0
  if (script.routes !== null)
    for (const { path, octets } of archive(played.play)) {
      write(path, octets)
      files++
    }
  write(RELATIONSHIPS, relationships(played.play))
  write(VRPS, vrps(played.play))
  if (played.arrivals.length > 0) write(SAMPLES, linesOf(played))
  write('truth.json', `${JSON.stringify(truthOfIncident(played, wanted), null, 1)}\n`)
  return (
    `${script.id} ${script.name} (${played.variant.what}): ${files} archive files, ` +
    `${played.arrivals.length} samples and changes; ${script.cause}`
  )
}

const inSeconds = (span: Span): number => Math.round(span / 1e6)

function truthOfIncident(
  { script, variant, onset, over, internet, arrivals }: PlayedIncident,
  { seed }: Wanted,
): object {
  const { id, name, what, cause, pages, within, first } = script
  const asn = internet.asns[internet.watched]
  const jitter = Math.max(0, ...[...variant.jitter.values()].map(Math.abs))
  // What is asked for every five minutes is known ten minutes later, and a slow fault has no first minute.
  const slower = 2 * (variant.interval ?? 0) + jitter + variant.lateBy
  return {
    version: 1,
    cases: [
      {
        name: `${id} ${name}, seed ${seed}, variant ${variant.number}`,
        about: `${what}; ${variant.what}`,
        files: script.routes === null ? [] : internet.collectors,
        samples: arrivals.length > 0 ? [SAMPLES] : [],
        // VRPs would have it told which of its prefixes no ROA covers, from the start on.
        asRelationships: [RELATIONSHIPS],
        asn: [asn],
        ...(cause === 'none' ? { quiet: true } : {}),
        events: [
          {
            event: id,
            asn,
            start: iso(onset),
            end: iso(over),
            toleranceSeconds: inSeconds(Math.max(minutes(20), within) + slower),
            minLevel: 'low',
            ...(cause === 'none' ? { optional: true } : {}),
            verdict: {
              cause,
              side: cause === 'none' ? 'neither' : sideOf(cause),
              withinSeconds: inSeconds(within + slower),
              ...(first ? { first, firstForSeconds: inSeconds(LATE_BY) } : {}),
              ...(pages === null ? {} : { pages }),
            },
          },
        ],
      },
    ],
  }
}
