// What programs tell over HTTP when they see an attack: FastNetMon, as JSON or as the words of its script,
// and Alertmanager. Out of them come changes; whom an attack is on is told by the /24 or /48 only.

import { blockOf, isLine, labelsWithoutHosts, readLabels, withoutHosts } from '../core/labels.ts'
import { parseAddress, parsePrefix } from '../core/prefix.ts'
import {
  type Change,
  type ChangeEvent,
  changeUncertainty,
  labelValues,
  sampleLimits,
} from '../core/sample.ts'
import { type Instant, parseInstant } from '../core/time.ts'

/** Which alerts mean something here: those with a label that contains a word, whatever its case. */
export interface AlertRule {
  readonly label: string
  readonly contains: string
  readonly event: 'detector' | 'mitigation' | 'upstream-notice'
}

/** Nobody's other alerts are taken for what they are not. */
export const alertRules: readonly AlertRule[] = [
  { label: 'alertname', contains: 'ddos', event: 'detector' },
]

export interface Refused {
  /** From 1: of the lines, or of the items of a list. */
  readonly line: number
  readonly why: string
}

export interface NoticeReading {
  readonly facts: readonly Change[]
  /** Alerts that mean nothing here. */
  readonly ignored: number
  readonly refused: readonly Refused[]
}

type Given = Readonly<Record<string, unknown>>

const isRecord = (value: unknown): value is Given =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const refusal = (why: string, line = 1): NoticeReading => ({
  facts: [],
  ignored: 0,
  refused: [{ line, why }],
})

/** `now` is the time of what has no time of its own. */
export function readNotice(
  body: string,
  now: Instant,
  rules: readonly AlertRule[] = alertRules,
): NoticeReading {
  if (!body.trimStart().startsWith('{')) return ofScript(body, now)
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    return refusal('is not JSON')
  }
  if (isRecord(value)) {
    if (Array.isArray(value['alerts'])) return ofAlertmanager(value['alerts'], rules)
    if (typeof value['action'] === 'string') return ofFastNetMon(value, now)
  }
  return refusal('must be a notice of FastNetMon (ip, action) or of Alertmanager (alerts)')
}

/** `ADDRESS incoming|outgoing PPS ban|unban`, the arguments of the script; what follows is for people. */
function ofScript(body: string, now: Instant): NoticeReading {
  const [first = ''] = body.trimStart().split('\n', 1)
  const [ip, attack_direction, , action, ...more] = first.trim().split(/\s+/)
  if (action === undefined || more.length > 0)
    return refusal('must begin with ADDRESS DIRECTION PPS ACTION, the arguments of the script')
  return ofFastNetMon({ ip, action, attack_details: { attack_direction } }, now)
}

/** What FastNetMon does, and by what it stops an attack then. */
const actions: Readonly<Record<string, readonly ['start' | 'end', string]>> = {
  ban: ['start', 'rtbh'],
  unban: ['end', 'rtbh'],
  partial_block: ['start', 'flowspec'],
  partial_unblock: ['end', 'flowspec'],
}

function ofFastNetMon(notice: Given, now: Instant): NoticeReading {
  const { action, ip } = notice
  const known = Object.hasOwn(actions, String(action)) ? actions[String(action)] : undefined
  if (!known) return refusal(`action: must be one of ${Object.keys(actions).join(', ')}`)
  const host = blockIn(ip)
  // Of a group of hosts, or of all, there is no address to tell.
  const single = (notice['alert_scope'] ?? 'host') === 'host'
  if (single && host === undefined) return refusal('ip: must be an address')
  const details = isRecord(notice['attack_details']) ? notice['attack_details'] : {}
  const [phase, kind] = known
  const direction = directionOf(details)
  const facts = [
    change(`detector-${phase}`, now, { direction, host, detector: 'FastNetMon' }, 'FastNetMon'),
    change(`mitigation-${phase}`, now, { kind, prefix: host }, 'FastNetMon'),
  ]
  return { facts, ignored: 0, refused: [] }
}

function directionOf(details: Given): string {
  const { attack_direction } = details
  if (labelValues['direction']?.includes(String(attack_direction))) return String(attack_direction)
  const [comes, goes] = ['incoming', 'outgoing'].map((way) => Number(details[`total_${way}_pps`]))
  return (goes ?? 0) > (comes ?? 0) ? 'outgoing' : 'incoming'
}

function ofAlertmanager(alerts: readonly unknown[], rules: readonly AlertRule[]): NoticeReading {
  const facts: Change[] = []
  const refused: Refused[] = []
  let ignored = 0
  for (const [i, alert] of alerts.entries()) {
    const found = isRecord(alert) ? ofAlert(alert, rules) : 'must be an alert'
    if (found === null) ignored++
    else if (typeof found === 'string') refused.push({ line: i + 1, why: found })
    else facts.push(found)
  }
  return { facts, ignored, refused }
}

/** Null when it means nothing here; a text says what is wrong with it. */
function ofAlert(alert: Given, rules: readonly AlertRule[]): Change | string | null {
  const labels = isRecord(alert['labels']) ? alert['labels'] : {}
  const text = (name: string): string | undefined => {
    const value = Object.hasOwn(labels, name) ? labels[name] : undefined
    return isLine(value, sampleLimits.value) && value !== '' ? value : undefined
  }
  const rule = rules.find(({ label, contains }) =>
    text(label)?.toLowerCase().includes(contains.toLowerCase()),
  )
  if (!rule) return null
  const { status } = alert
  if (status !== 'firing' && status !== 'resolved') return 'status: must be firing or resolved'
  const firing = status === 'firing'
  const key = firing ? 'startsAt' : 'endsAt'
  const given = alert[key]
  const at = typeof given === 'string' ? parseInstant(given) : undefined
  if (at === undefined || at < 0) return `${key}: must be an instant`
  const name = text('alertname') ?? rule.contains
  const host = ['host', 'ip', 'target', 'destination', 'dst', 'prefix']
    .map((label) => blockIn(text(label)))
    .find((block) => block !== undefined)
  const one = (label: string, usual: string): string => {
    const value = text(label)
    return value !== undefined && labelValues[label]?.includes(value) ? value : usual
  }
  const phase = firing ? 'start' : 'end'
  if (rule.event === 'detector') {
    const direction = one('direction', 'incoming')
    return change(`detector-${phase}`, at, { direction, host, detector: name })
  }
  if (rule.event === 'mitigation')
    return change(`mitigation-${phase}`, at, { kind: one('kind', 'scrubber'), prefix: host })
  // That it is over is said by nobody's trouble any more.
  if (!firing) return null
  const from = text('from') ?? text('upstream') ?? text('provider') ?? name
  return change(rule.event, at, { from: withoutHosts(from).slice(0, sampleLimits.value) })
}

function change(
  event: ChangeEvent,
  at: Instant,
  given: Readonly<Record<string, string | undefined>>,
  note = 'Alertmanager',
): Change {
  const told = Object.entries(given).filter(([, value]) => value !== undefined)
  const read = readLabels(Object.fromEntries(told))
  // Each is a line, and short enough, by now.
  if (typeof read === 'string') throw new Error(read)
  // Names of alerts are made from templates now and then, with the address of the victim in them.
  const labels = labelsWithoutHosts(read)
  return { kind: 'change', at, event, labels, note, uncertainty: changeUncertainty[event] }
}

/** The /24 or /48 of an address, or of a prefix as long or longer; undefined for what is neither. */
function blockIn(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > 64) return undefined
  return parseAddress(value) || parsePrefix(value) ? blockOf(value) : undefined
}
