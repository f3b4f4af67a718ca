// The first page: what somebody who was woken reads on a phone, in 13 lines at most. What broke it and how
// sure that is, who suffers, why it is not the other thing, what speaks for and against, what we do not
// see, what would change our mind, what to do first, what not to do, and what may be said outside.

import { type EvidenceId, evidence } from '../core/evidence.ts'
import type { Incident } from '../core/incident.ts'
import {
  type Axis,
  axisOf,
  type Cause,
  type Ground,
  sideOf,
  type Verdict,
} from '../core/verdict.ts'
import { clean } from './plain.ts'

const WIDEST = 132
const LABEL = 10
const FOR_LINES = 3

const titles: Record<Cause, string> = {
  'routing-fault': 'ROUTING FAULT',
  'routing-fault-with-secondary-surge': 'ROUTING FAULT WITH SECONDARY SURGE',
  'traffic-flood': 'TRAFFIC FLOOD',
  'flood-with-routing-collateral': 'FLOOD WITH ROUTING COLLATERAL',
  'concurrent-fault-and-flood': 'FAULT AND FLOOD AT ONCE',
  mitigation: 'MITIGATION',
  'collector-artefact': 'ARTEFACT OF A COLLECTOR',
  'planned-maintenance': 'PLANNED MAINTENANCE',
  undetermined: 'CAUSE NOT ESTABLISHED',
}

/** Lines of the page; none where nothing has been judged. `happens`: what is so, in a sentence. */
export function pageText(incident: Incident, happens: string): string[] {
  const { verdict } = incident
  if (verdict === null) return []
  const left = verdict.cause === 'undetermined' ? [...open(verdict)] : [...sided(verdict)]
  const lines: [label: string, text: string][] = [
    ['IMPACT', impact(verdict, happens)],
    ...left,
    ['ORDER', verdict.order],
    ['BLIND', verdict.blind.join(', ') || 'nothing'],
    ['CHANGES IF', verdict.wouldChange.join('; ')],
    ['DO FIRST', verdict.doFirst],
    ['DO NOT', verdict.doNot],
    ['SAY', verdict.say],
  ]
  return [
    title(incident, verdict),
    ...lines.map(([label, text]) => cut(`${label.padEnd(LABEL)} ${clean(text)}`)),
  ]
}

function title(incident: Incident, verdict: Verdict): string {
  const { severity, asn, culprit, updatedAt, kinds } = incident
  const surge = verdict.cause === 'undetermined' && kinds.includes('traffic.surge')
  const what = `${surge ? 'SURGE, ' : ''}${titles[verdict.cause]}`
  const whose = asn === 0 ? culprit : asn
  const head = `[${severity}] ${whose === 0 ? '' : `AS${whose} `}${what}`
  const version = `(v${verdict.version}, ${updatedAt.slice(11, 19)}Z)`
  if (verdict.cause === 'undetermined') return cut(`${head} ${version}`)
  const cap = verdict.capped === null ? '' : `: ${verdict.capped}`
  const sure = `, confidence ${verdict.confidence.toFixed(2)}${cap}`
  return `${cut(`${head}${clean(sure)}`, WIDEST - version.length - 1)} ${version}`
}

function* sided(verdict: Verdict): Generator<[string, string]> {
  const { cause, against, routingDb, floodDb } = verdict
  const axis = axisOf(verdict)
  yield hypothesis(verdict, axis === 'routing' ? 'flood' : 'routing')
  // A gate has decided: its reason is what speaks for it.
  const gate = sideOf(cause) === 'neither'
  const grounds = verdict.for.map(inWords)
  const sum = `${signed(axis === 'routing' ? routingDb : floodDb)} dB in all`
  const lines = gate ? [verdict.because] : threeLines(grounds, sum)
  for (const [n, line] of lines.entries()) yield [n === 0 ? 'FOR' : '', line]
  yield ['AGAINST', against.map(inShort).join('; ')]
}

function* open(verdict: Verdict): Generator<[string, string]> {
  yield hypothesis(verdict, 'flood')
  yield hypothesis(verdict, 'routing')
  yield ['MISSING', verdict.missing.join('; ') || 'nothing that would settle it by itself']
}

/** The strongest have a line of their own, the last line holds what room is left for. */
function threeLines(grounds: readonly string[], sum: string): string[] {
  const [first = 'nothing', ...others] = grounds
  const own = [`${first} (${sum})`, ...others.slice(0, FOR_LINES - 2)]
  const rest = others.slice(FOR_LINES - 2)
  return rest.length > 0 ? [...own, rest.join('; ')] : own
}

/** What is to be thought of a fault, or of a flood, and why. */
function hypothesis(verdict: Verdict, axis: Axis): [label: string, text: string] {
  const { routingDb, floodDb, ruledOut, leaning, cause } = verdict
  const name = axis === 'routing' ? 'routing-fault' : 'traffic-flood'
  const word = axis === 'routing' ? 'FAULT' : 'FLOOD'
  const sum = axis === 'routing' ? routingDb : floodDb
  const own = axis === axisOf(verdict)
  const grounds = own ? [...verdict.for, ...verdict.against] : verdict.other
  const facts = grounds.filter(({ id }) => id !== 'prior' && id !== 'limit')
  const why = (sign: 1 | -1) => {
    const some = facts.filter(({ db }) => db * sign > 0).map(inShort)
    return some.length > 0 ? `: ${some.join('; ')}` : ''
  }
  if (ruledOut.includes(name)) return [`NOT ${word}`, `ruled out at ${signed(sum)} dB${why(-1)}`]
  if (sideOf(cause) === 'both') return [`AND ${word}`, `established at ${signed(sum)} dB${why(1)}`]
  const leans = leaning === name ? 'leaning' : 'not ruled out,'
  return [`${word}?`, `${leans} ${signed(sum)} dB${why(sum > 0 ? 1 : -1)}`]
}

/** What users feel is told by probes; where there are none, that is said. */
function impact(verdict: Verdict, happens: string): string {
  const told: readonly EvidenceId[] = [
    'pr.inside_fail',
    'pr.victim_only',
    'dns.upstream_fail',
    'in.collapse',
    'pr.ok',
  ]
  const grounds = [...verdict.for, ...verdict.against, ...verdict.other]
  const felt = told.flatMap((id) => grounds.find((ground) => ground.id === id)?.because ?? [])
  const unseen = verdict.blind.includes('probe') ? ['no probes tell what users feel'] : []
  return [...felt.slice(0, 2).map(gist), happens, ...unseen].join('; ')
}

/**
 * What comes first in a finding is the finding, without the places it names; where several share a line,
 * none is to push out the next.
 */
const gist = (because: string): string =>
  (because.split('; ', 1)[0] ?? '').replace(/ \([^()]*…\)/, '')

const inShort = (ground: Ground): string => inWords({ ...ground, because: gist(ground.because) })

const inWords = ({ id, db, because }: Ground): string => {
  const what = id in evidence ? `${because} [${id}]` : because
  return `${signed(db)} ${what}`
}

const signed = (db: number): string => {
  const size = Math.abs(db)
  const text = Number.isInteger(size) ? String(size) : size.toFixed(1)
  return `${db > 0 ? '+' : db < 0 ? '−' : ''}${text}`
}

/** As much as there is room for, cut between words. */
function cut(text: string, widest = WIDEST): string {
  const letters = [...text]
  if (letters.length <= widest) return text
  const head = letters.slice(0, widest - 1).join('')
  const space = head.lastIndexOf(' ')
  return `${head.slice(0, space > widest / 2 ? space : head.length).replace(/[ ,;:]+$/, '')}…`
}
