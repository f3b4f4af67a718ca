// An incident told to a person. It says what the record knows and no more: with a learned baseline
// prefixes are "known" ones, a vantage point is not a user, and a doubt is told with its reason.

import type { Confidence, Counts, Incident, Level, Segment } from '../core/incident.ts'
import { parseInstant, words } from '../core/time.ts'
import { isOver } from './history.ts'
import { pageText } from './page-text.ts'
import { clean, count, many, percent } from './plain.ts'

export interface StorySettings {
  /** Only when told: we do not guess what the other end can show. */
  readonly colour?: boolean
}

/** `00:08:50Z`, with the date in front where it is another day than that of `beside`. */
function clockTime(at: string, beside?: string): string {
  const [day = '', time = ''] = at.split('T')
  const short = `${time.slice(0, 8)}Z`
  return beside === undefined || beside.startsWith(day) ? short : `${day} ${short}`
}

/** One line: when, how bad, what, who, in numbers, how sure and why. */
export function headline(incident: Incident, settings: StorySettings = {}): string {
  const { state, kind, updatedAt, severity, foldedInto } = incident
  const over = isOver(incident)
  const word = foldedInto !== null ? 'folded' : over ? state : severity.toUpperCase()
  const label = paint(word.padEnd(10), colourOf(incident), settings)
  const sentence = clean(`${subject(incident)}: ${happening(incident)}`)
  return `${clockTime(updatedAt)}  ${label} ${clean(kind)}  ${sentence}`
}

/** All of it: the headline, what speaks for and against, who saw it, samples, where to look. */
export function story(incident: Incident, settings: StorySettings = {}): string {
  const { confidence, counts, samples, vantage, updatedAt } = incident
  const lines = [
    `id ${incident.id}, revision ${incident.revision}: ${incident.because}`,
    `began ${clockTime(incident.startedAt, updatedAt)}, detected ` +
      `${words(since(incident.startedAt, incident.detectedAt))} later` +
      (incident.endedAt === null ? '' : `, ended ${clockTime(incident.endedAt, updatedAt)}`),
    `at its peak ${numbers(counts)}; now ${numbers(counts.now)}`,
    `vantage points: ${vantage.active} active, ${vantage.quarantined} quarantined, ` +
      `${vantage.down} down, ${vantage.unknown} unknown`,
    `baseline: ${baselines[incident.baseline]}`,
    `confidence ${confidence.level}, score ${confidence.score}`,
  ]
  for (const { name, score, because } of confidence.tags)
    lines.push(`  ${score > 0 ? '+' : ''}${score} ${name}: ${because}`)
  lines.push(...page(incident))
  for (const segment of incident.segments)
    lines.push(`passed on: ${route(segment)}, ${many(segment.prefixes, 'prefix', 'prefixes')}`)
  if (samples.prefixes.length > 0)
    lines.push(`prefixes, for example: ${samples.prefixes.join(' ')}`)
  for (const { peer, prefix, before, after } of samples.paths)
    lines.push(`${prefix} at ${peer}: ${before ?? 'no route'} -> ${after ?? 'no route'}`)
  // One UPDATE often takes many prefixes with it.
  const places = samples.elements.map(({ file, offset }) => `see ${file} at octet ${offset}`)
  lines.push(...new Set(places))
  if (incident.previousId !== null)
    lines.push(`earlier incident of the same key: ${incident.previousId}`)
  return [headline(incident, settings), ...lines.map((line) => `    ${clean(line)}`)].join('\n')
}

/** The page for who has been woken; no lines before the incident has been judged. */
export const page = (incident: Incident): string[] =>
  pageText(incident, clean(what(incident, incident.counts.now)))

function subject({ kind, asn, culprit, afi }: Incident): string {
  const family = afi === null ? '' : afi === 'ipv4' ? ' IPv4' : ' IPv6'
  // Being blind happens to us, not to them.
  if (kind === 'blind') return `our own sight${asn === 0 ? '' : ` of AS${asn}`}${family}`
  if (kind === 'rpki.collapsed') return 'the VRPs we ask'
  if (asn === 0) return culprit === 0 ? `everything${family}` : `AS${culprit}${family}`
  return culprit === asn || culprit === 0
    ? `AS${asn}${family}`
    : `AS${asn}${family} (by AS${culprit})`
}

/** The state of affairs, from its latest news backwards. */
function happening(incident: Incident): string {
  const { kind, state, startedAt, endedAt, updatedAt, counts, foldedInto } = incident
  const began = clockTime(startedAt, updatedAt)
  const when = `since ${began}`
  if (foldedInto !== null)
    return `${what(incident, counts)}; told as part of incident ${foldedInto}`
  const worst = `${kind === 'blind' ? 'it was' : 'at its peak'} ${what(incident, counts)}`
  if (state === 'suppressed') return `${what(incident, counts)}; not reported: ${incident.because}`
  if (endedAt !== null && state !== 'reopened') {
    const ended = clockTime(endedAt, updatedAt)
    const span = `${words(since(startedAt, endedAt))} (${began} to ${ended})`
    if (state === 'transient')
      return `over before it was confirmed, after ${span}; ${what(incident, counts)}`
    return `${backs[kind] ?? 'over'} after ${span}; ${worst}`
  }
  const { confidence } = incident
  const because = reason(confidence)
  const why = kind === 'blind' || because === what(incident, counts) ? '' : ` (${because})`
  const doubt = `confidence ${confidence.level}${why}`
  if (state === 'transient')
    return `over before it was confirmed: ${what(incident, counts)}, ${when}`
  // Without an end nothing came back: it was given up, and the record says why.
  if (state === 'resolved') return `${incident.because}; ${worst}, ${when}`
  if (state === 'resolving') {
    const left = kind === 'blind' ? worst : `now ${numbers(counts.now)}`
    return `${backs[kind] ?? 'over'}, if it lasts: ${left}; ${when}`
  }
  const again = state === 'reopened' ? 'again: ' : ''
  return `${again}${what(incident, counts.now)} ${when}; ${doubt}${judged(incident)}`
}

/** The verdict in so many words; an open question is one as well. */
function judged({ verdict }: Incident): string {
  if (verdict === null) return ''
  const { cause, confidence, leaning, routingDb, floodDb, version } = verdict
  const sums = `fault ${decibels(routingDb)}, flood ${decibels(floodDb)}`
  if (cause !== 'undetermined')
    return `; verdict v${version} ${cause} (${confidence.toFixed(2)}; ${sums})`
  return `; verdict v${version} undetermined${leaning === null ? '' : `, leaning ${leaning}`} (${sums})`
}

const decibels = (db: number): string =>
  `${db > 0 ? '+' : db < 0 ? '−' : ''}${Number.isInteger(db) ? Math.abs(db) : Math.abs(db).toFixed(1)} dB`

const backs: Partial<Record<Incident['kind'], string>> = {
  'outage.as': 'back',
  'withdrawal.mass': 'back',
  'withdrawal.burst': 'back',
  'outage.prefix': 'back',
  'session.loss': 'back',
  'traffic.collapse': 'back',
  blind: 'back',
}

const baselines: Record<Incident['baseline'], string> = {
  rib: 'a routing table from before',
  'learned-from-input': 'learned from the input itself: only what moved in it is known',
  'learned-live': 'learned while watching',
}

function what(incident: Incident, counts: Counts): string {
  switch (incident.kind) {
    case 'leak.path': {
      const [main] = incident.segments
      const others = incident.segments.length - 1
      const more = others > 0 ? ` and ${many(others, 'other way')}` : ''
      const via = main
        ? `routes passed on ${route(main)}${more}`
        : 'routes passed on against policy'
      const origins = counts.origins === undefined ? '' : ` of ${many(counts.origins, 'origin')}`
      const prefixes = `${many(counts.prefixes, 'prefix', 'prefixes')}${origins}`
      const share = `${percent(counts.share)} of vantage points carry it`
      return `${via}: ${prefixes} (${share}, ${seenBy(counts)})`
    }
    case 'hijack.moas':
    case 'hijack.submoas':
    case 'hijack.less-specific':
    case 'hijack.forged-origin':
    case 'hijack.mass':
    case 'leak.reorigination':
      return `${taken(incident, counts)} (${percent(counts.share)} of vantage points carry it, ${seenBy(counts)})`
    case 'blind':
      return `lost (${reason(incident.confidence)})`
    case 'withdrawal.mass': {
      const { covered, prefixes } = counts
      const cover = covered === prefixes ? 'all' : covered === 0 ? 'none' : count(covered)
      const still = `${cover} of them still covered by the same AS`
      return `${gone(incident, counts)}, ${still} (${lostAt(counts)})`
    }
    case 'path.upstream-lost':
    case 'path.new-upstream':
    case 'path.shift': {
      const why = incident.confidence.tags.filter(({ name }) => wayTags.has(name))
      return `${why.map(({ because }) => because).join('; ')} (${seenBy(counts)})`
    }
    case 'churn.global':
      return reason(incident.confidence)
    case 'withdrawal.burst': {
      const { prefixes, origins = 0 } = counts
      // Of an own router: it says so itself, and nobody else need have seen it.
      const own = incident.confidence.tags.find(({ name }) => name === 'router.routes')
      if (own) return `${own.because}, ${many(prefixes, 'route')} are missing now`
      const whose = incident.culprit === 0 ? '' : ` behind AS${incident.culprit}`
      return `${many(prefixes, 'prefix', 'prefixes')} of ${many(origins, 'network')}${whose} gone at once (${lostAt(counts)})`
    }
    case 'rpki.invalid':
    case 'rpki.expiring':
    case 'rpki.uncovered':
    case 'rpki.collapsed':
    case 'prefix.new':
      return incident.confidence.tags[0]?.because ?? many(counts.prefixes, 'prefix', 'prefixes')
    case 'session.loss':
    case 'igp.anomaly':
    case 'traffic.surge':
    case 'traffic.collapse': {
      const [tag] = incident.confidence.tags
      const first = tag?.because ?? many(counts.prefixes, 'prefix', 'prefixes')
      // Told under the name of what came first: how many prefixes are gone with it is no less to be said.
      const isOutage = incident.kinds.includes('outage.as') && counts.prefixes > 0
      return isOutage ? `${first}; ${gone(incident, counts)}` : first
    }
    case 'outage.as':
    case 'outage.prefix': {
      const partial = incident.confidence.tags.find(({ name }) => name === 'partial')
      if (partial) return `${partial.because} (${seenBy(counts)})`
      return `${gone(incident, counts)} (${lostAt(counts)})`
    }
    default:
      return `${many(counts.prefixes, 'prefix', 'prefixes')}, ${reason(incident.confidence)} (${seenBy(counts)})`
  }
}

const wayTags = new Set(['upstream.lost', 'transit.shift', 'neighbour.new', 'instead'])
/** Who announces whose prefix; the victim is in the key: `hijack:CULPRIT:VICTIM`. */
function taken(
  { kind, key, culprit, samples }: Incident,
  { prefixes, origins = 0 }: Counts,
): string {
  const victim = Number(key.split(':')[2] ?? 0)
  const whose = victim === 0 ? 'nobody' : `AS${victim}`
  const [first = '?'] = samples.prefixes
  const what =
    prefixes === 1 ? first : `${many(prefixes, 'prefix', 'prefixes')}, ${first} among them,`
  switch (kind) {
    case 'hijack.mass':
      return `AS${culprit} announces ${many(prefixes, 'prefix', 'prefixes')} of ${many(origins, 'other network')}`
    case 'leak.reorigination':
      return `AS${culprit} originates ${many(prefixes, 'prefix', 'prefixes')} of ${many(origins, 'network')} to which it has a way`
    case 'hijack.forged-origin':
      return `AS${culprit} announces ${what} as if from ${whose}`
    case 'hijack.less-specific':
      return `AS${culprit} announces ${what} around prefixes of ${whose}`
    case 'hijack.submoas':
      return `AS${culprit} announces ${what} inside space of ${whose}`
    default:
      return `AS${culprit} announces ${what} of ${whose}`
  }
}

function gone({ baseline, samples }: Incident, { prefixes, ofPrefixes }: Counts): string {
  const known = baseline === 'rib' ? '' : 'known '
  if (prefixes === 1 && samples.prefixes.length === 1) {
    const of = ofPrefixes > 1 ? `, of ${count(ofPrefixes)} ${known}prefixes` : ''
    return `${samples.prefixes[0]} gone${of}`
  }
  const all = prefixes === ofPrefixes
  if (all)
    return prefixes === 1
      ? `its only ${known}prefix gone`
      : `all ${count(prefixes)} ${known}prefixes gone`
  return `${count(prefixes)} of ${count(ofPrefixes)} ${known}prefixes gone`
}

const seenBy = ({ peerAsns, collectors }: Counts): string =>
  `${many(peerAsns, 'peer AS', 'peer ASes')} at ${many(collectors, 'collector')}`

const lostAt = (counts: Counts): string =>
  `${percent(counts.share)} of the visibility lost, ${seenBy(counts)}`

function numbers(counts: Counts): string {
  const { prefixes, ofPrefixes, origins, routes } = counts
  if (prefixes === 0) return 'nothing of it'
  const of = ofPrefixes > 0 ? ` of ${count(ofPrefixes)}` : ''
  const more = [
    origins === undefined ? '' : `${many(origins, 'origin')}, `,
    routes === undefined ? '' : `${many(routes, 'route')}, `,
  ].join('')
  const share = `share ${percent(counts.share)}`
  return `${count(prefixes)}${of} prefixes, ${more}${share}, ${seenBy(counts)}`
}

const route = ({ from, by, to }: Segment): string => {
  const name = (asn: number) => (asn === 0 ? 'unknown' : `AS${asn}`)
  return `from ${name(from)} by ${name(by)} to ${name(to)}`
}

/**
 * Why it is no surer than that. A score worth more than the level means that scarce evidence
 * capped it, and the cap is the reason: a tag that adds nothing. Else what speaks against it, when
 * it is in doubt, and what speaks for it most.
 */
function reason({ score, level, tags }: Confidence): string {
  const worth: Level = score >= 8 ? 'high' : score >= 4 ? 'medium' : 'low'
  const ranked = tags.toSorted((a, b) => b.score - a.score)
  const last = ranked.at(-1)
  const cap = worth === level ? undefined : tags.findLast((tag) => tag.score === 0)
  const against = level !== 'high' && last && last.score < 0 ? last : undefined
  return (cap ?? against ?? ranked[0])?.because ?? `score ${score}`
}

const since = (from: string, to: string) => (parseInstant(to) ?? 0) - (parseInstant(from) ?? 0)

const colours = { red: 31, green: 32, yellow: 33, cyan: 36 }

function colourOf(incident: Incident): keyof typeof colours {
  const { state, severity } = incident
  if (isOver(incident) || state === 'resolving') return 'green'
  if (severity === 'critical' || severity === 'major') return 'red'
  return severity === 'minor' ? 'yellow' : 'cyan'
}

const paint = (
  text: string,
  colour: keyof typeof colours,
  { colour: on }: StorySettings,
): string => (on ? `\u001b[${colours[colour]}m${text}\u001b[0m` : text)
