// What is done on purpose against a flood, and what of the routes it explains: a blackhole (RTBH, RFC 7999),
// a Flowspec rule, a diversion through a scrubber. It is never a hijack or an outage; done wrongly it is a
// fault of its own (CenturyLink 2020, Cloudflare 2013), and then it explains nothing.
//
// The decoders on the fast path keep no communities, so a blackhole is known by its length, longer than
// anybody forwards, or by a Change from a detector or a router; a Flowspec rule never shows in routes.

import type { Asn } from '../core/asn.ts'
import { evidence, type Finding } from '../core/evidence.ts'
import type { Kind, Signal } from '../core/incident.ts'
import { type Afi, parsePrefix, prefixText } from '../core/prefix.ts'
import { quorum } from '../core/quorum.ts'
import { type Instant, minutes, type Span, words } from '../core/time.ts'
import { Seen, type View } from '../core/view.ts'
import { changed, isPartOf, type Mitigation, type MitigationKind } from './mitigation-told.ts'
import { Newcomers } from './newcomers.ts'
import { onceATick } from './once.ts'
import type { Scene, SeriesView } from './scene.ts'
import { isHostRoute } from './sight.ts'
import {
  BLACKHOLED,
  DIVERTED,
  distinct,
  downSessions,
  hasTag,
  listed,
  routingSignals,
} from './told.ts'

export interface Mitigators {
  isScrubber(asn: Asn): boolean
  /** Of own networks or of a provider: their number, to be looked for among origins of own space. */
  readonly scrubbers: readonly Asn[]
}

export const noMitigators: Mitigators = { isScrubber: () => false, scrubbers: [] }

/** What the judge is told of it. */
export interface MitigationGate {
  readonly because: string
  /** All that BGP tells is its doing. */
  readonly explainsBgp: boolean
  /** It does the harm itself. */
  readonly isFault: boolean
}

/** What comes within this after a rule may be its doing. */
const CONSEQUENCE: Span = minutes(15)
/** Of what resolvers are asked, so much is left without an answer. */
const FAILING = 0.2
const MOST_SHOWN = 3
/** Peers that must hold it from a scrubber (Khadka 2026), of those who are asked. */
const WITNESSES = 2
const MOST_ASKED = 8
const PATHS: ReadonlySet<Kind> = new Set<Kind>([
  'path.new-upstream',
  'path.upstream-lost',
  'path.shift',
  'churn.as',
  'hijack.forged-origin',
  'hijack.moas',
  'hijack.submoas',
])

export function mitigationGate(
  scene: Scene,
  findings: readonly Finding[],
  known: Mitigators,
  newcomers = new Newcomers(),
): MitigationGate | null {
  const running = mitigationsOf(scene, known, newcomers)
  if (running.length === 0) return null
  const harm = harmOf(scene, findings, running)
  if (harm !== null) return { because: harm, explainsBgp: false, isFault: true }
  const explainsBgp = explains(scene, running, known)
  const rest = explainsBgp ? '' : '; not all that BGP tells is its doing'
  return { because: `${describe(running)}${rest}`, explainsBgp, isFault: false }
}

/** What is in force now, by routes and by what was told; always-on scrubbing is ordinary and not among it. */
function mitigationsOf(
  scene: Scene,
  known: Mitigators,
  newcomers: Newcomers,
): readonly Mitigation[] {
  const { view, asn, at } = scene
  const holes = view
    .prefixesOf(asn)
    .filter((prefix) => isHostRoute(view.afi(prefix), view.length(prefix)))
  const parts = partsOf(scene, known)
  const fresh = newcomers.look(view, asn, [...holes, ...parts.keys()], at)
  const taken = [...parts].filter(([prefix]) => fresh.has(prefix))
  return [
    ...changed(scene),
    ...diversions(scene, known),
    ...[...taken, ...wholesOf(scene, known)].map(([prefix, scrubber]) =>
      found('scrubber', view.prefixText(prefix), scrubber, fresh.get(prefix)),
    ),
    ...holes
      .filter((prefix) => fresh.has(prefix))
      .map((prefix) => found('rtbh', view.prefixText(prefix), null, fresh.get(prefix))),
  ]
}

const found = (
  kind: MitigationKind,
  prefix: string,
  asn: Asn | null,
  since: Instant | undefined,
): Mitigation => ({
  kind,
  prefix,
  length: null,
  takes: [],
  routers: [],
  asn,
  since: since ?? null,
  within: minutes(1),
  from: 'route',
})

/** A scrubber that takes over what it did not carry before: its detector knows who always did. */
function diversions(scene: Scene, known: Mitigators): Mitigation[] {
  return routingSignals(scene)
    .filter((signal) => isDiversion(signal, known))
    .map(({ culprit, startedAt, samples, kind }) => ({
      kind: 'scrubber',
      prefix: kind.startsWith('hijack.') ? (samples.prefixes[0] ?? null) : null,
      length: null,
      takes: [],
      routers: [],
      asn: culprit,
      since: startedAt,
      within: minutes(1),
      from: 'route',
    }))
}

const isDiversion = (signal: Signal, { isScrubber }: Mitigators): boolean =>
  PATHS.has(signal.kind) &&
  signal.kind !== 'path.upstream-lost' &&
  (isScrubber(signal.culprit) || (hasTag(signal, DIVERTED) && signal.kind.startsWith('hijack.')))

/** Parts of own space that a scrubber originates, and which. */
function partsOf({ view, asn }: Scene, { scrubbers }: Mitigators): Map<number, Asn> {
  const parts = new Map<number, Asn>()
  for (const scrubber of scrubbers)
    for (const prefix of view.prefixesOf(scrubber)) {
      const cover = view.coverOf(prefix)
      if (cover >= 0 && view.origin(cover) === asn) parts.set(prefix, scrubber)
    }
  return parts
}

/** Own prefixes that a scrubber originates as they are. */
function wholesOf(scene: Scene, known: Mitigators): [number, Asn][] {
  const { view, asn } = scene
  const asked = { 4: witnessesOf(scene, 4), 6: witnessesOf(scene, 6) }
  return view.prefixesOf(asn).flatMap((prefix): [number, Asn][] => {
    const scrubber = takenBy(view, prefix, asked[view.afi(prefix)], known)
    return scrubber === null ? [] : [[prefix, scrubber]]
  })
}

/** The scrubber from which some hold it now; null when none does, or it was so from the beginning. */
function takenBy(
  view: View,
  prefix: number,
  witnesses: readonly number[],
  { isScrubber }: Mitigators,
): Asn | null {
  const votes = new Map<Asn, number>()
  for (const id of witnesses) {
    const path = view.pathAt(id, prefix)
    const origin = path === 0 ? 0 : view.pathOrigin(path)
    if (isScrubber(origin) && !view.hadOrigin(prefix, origin))
      votes.set(origin, (votes.get(origin) ?? 0) + 1)
  }
  const [most] = [...votes].sort(([a, x], [b, y]) => y - x || a - b)
  return most && most[1] >= quorum(WITNESSES, witnesses.length, 1) ? most[0] : null
}

/** A few of those who vote, the same ones whatever the order in which they were met. */
const witnessesOf = onceATick((view: View, afi: Afi): readonly number[] => {
  const all: { readonly id: number; readonly name: string }[] = []
  for (let id = 0; id < view.vantagePoints; id++)
    if (view.votes(id, afi)) {
      const { collector, address } = view.vantagePoint(id)
      all.push({ id, name: `${address} ${collector}` })
    }
  all.sort((a, b) => (a.name < b.name ? -1 : 1))
  const step = Math.max(1, Math.floor(all.length / MOST_ASKED))
  return all.filter((_, i) => i % step === 0).map(({ id }) => id)
})

/** Why it does harm; null when nothing says so. */
function harmOf(
  scene: Scene,
  findings: readonly Finding[],
  running: readonly Mitigation[],
): string | null {
  const wide = running.find((one) => one.kind === 'rtbh' && isWide(one))
  const failing = scene.planes
    .series('probe_success')
    .filter(({ labels, last }) => labels['set'] === 'inside' && last < 0.5)
  if (wide && failing.length > 0 && !hasFlood(findings)) {
    const pops = distinct(failing.map(({ labels }) => labels['pop']))
    const where = pops.length > 0 ? ` in ${pops.length} POPs (${listed(pops)})` : ''
    return `a blackhole for ${shown(wide)} drops more than a single host, probes from inside fail${where}, and no flood is seen`
  }
  for (const rule of running) {
    if (rule.kind !== 'flowspec' || rule.since === null) continue
    const after =
      consequences(scene, rule.since - rule.within) ??
      (hasFlood(findings) ? null : starved(scene, rule, rule.since - rule.within))
    if (after !== null) return `a Flowspec rule for ${shown(rule)} was followed by ${after}`
  }
  return null
}

/** What lives by a service that the rule drops and fails soon after; null when nothing does. */
function starved({ planes }: Scene, { takes }: Mitigation, from: Instant): string | null {
  if (!takes.includes('dns')) return null
  const soon = ({ shift }: SeriesView) =>
    shift !== null && shift.onset.at >= from && shift.onset.at <= from + CONSEQUENCE
  const worse = ({ last, usual }: SeriesView) => last >= FAILING && last >= 2 * (usual ?? 0)
  const resolvers = ['timeout_ratio', 'servfail_ratio']
    .flatMap((metric) => planes.series(metric))
    .filter((one) => worse(one) && soon(one))
    .map(({ labels }) => labels['resolver'])
  const names = distinct(resolvers)
  if (names.length > 0) return `resolvers that fail (${listed(names)}), for it drops DNS`
  const failing = planes
    .series('probe_success')
    .filter((one) => one.labels['set'] === 'inside' && one.last < 0.5 && soon(one))
  return failing.length > 0 ? `probes from inside that fail, for it drops DNS` : null
}

/** Sessions lost, prefixes lost or flapping soon after a rule; null when there is none of it. */
function consequences(scene: Scene, from: Instant): string | null {
  const soon = (at: Instant) => at >= from && at <= from + CONSEQUENCE
  const sessions = downSessions(scene).filter(({ shift, lastAt }) =>
    soon(shift?.onset.at ?? lastAt),
  )
  if (sessions.length > 0)
    return sessions.length === 1
      ? 'the loss of an external session'
      : `the loss of ${sessions.length} external sessions`
  const signals = routingSignals(scene).filter(
    ({ kind, startedAt }) =>
      soon(startedAt) &&
      (kind === 'churn.prefix' || kind.startsWith('outage.') || kind.startsWith('withdrawal.')),
  )
  const [first] = signals
  if (!first) return null
  const what = first.kind === 'churn.prefix' ? 'flapping' : 'loss'
  return `the ${what} of ${first.now.prefixes} prefixes ${words(first.startedAt - from)} later`
}

/**
 * As wide as what networks exchange, where a router tells how wide it is. Detectors mask the host of
 * which they tell, so that a /24 of theirs may be one host's.
 */
function isWide({ prefix, length }: Mitigation): boolean {
  const parsed = prefix === null ? undefined : parsePrefix(prefix)
  if (!parsed) return false
  const block = parsed.afi === 4 ? 24 : 48
  return length === null ? parsed.length < block : length <= block
}

/** Known to be longer than what networks exchange, though its block is all that is told. */
const isInBlock = ({ prefix, length }: Mitigation): boolean =>
  prefix !== null && length !== null && length > (prefix.includes(':') ? 48 : 24)

/** Something that floods and only floods bring along is found. */
const hasFlood = (findings: readonly Finding[]): boolean =>
  findings.some(({ id }) => !id.startsWith('ord.') && evidence[id].flood >= 8)

/** Whether every anomaly of the routes is this mitigation's. */
function explains(scene: Scene, running: readonly Mitigation[], known: Mitigators): boolean {
  const diverts = running.some(({ kind }) => kind === 'scrubber')
  const isTarget = (prefix: string): boolean => running.some((one) => isFor(one, prefix))
  const meant = (signal: Signal): boolean => {
    if (hasTag(signal, BLACKHOLED) || hasTag(signal, DIVERTED)) return true
    if (diverts && PATHS.has(signal.kind))
      return !signal.kind.startsWith('hijack.') || known.isScrubber(signal.culprit)
    const { prefixes } = signal.samples
    return prefixes.length > 0 && prefixes.length >= signal.now.prefixes && prefixes.every(isTarget)
  }
  const { view, asn } = scene
  const lost = view
    .prefixesOf(asn)
    .filter((p) => view.seen(p) >= Seen.lost && !isHostRoute(view.afi(p), view.length(p)))
  return (
    downSessions(scene).length === 0 &&
    routingSignals(scene).every(meant) &&
    lost.every((prefix) => isTarget(view.prefixText(prefix)))
  )
}

/** A host takes nothing with it but itself. */
function isFor(one: Mitigation, prefix: string): boolean {
  if (one.prefix === null || !isPartOf(prefix, one.prefix)) return false
  const parsed = parsePrefix(prefix)
  return !isInBlock(one) || (parsed !== undefined && isHostRoute(parsed.afi, parsed.length))
}

function describe(running: readonly Mitigation[]): string {
  const all = distinct(running.map(sentence))
  return listed(all, MOST_SHOWN)
}

function sentence(one: Mitigation): string {
  const held = one.routers.length > 0 ? ` (on ${listed(one.routers)})` : ''
  if (one.kind === 'rtbh') return `blackhole for ${shown(one)}${held}`
  if (one.kind === 'flowspec') return `Flowspec rule for ${shown(one)}${held}`
  return one.asn === null
    ? `diversion of ${shown(one)} to a scrubber`
    : `diversion of ${shown(one)} through scrubber AS${one.asn}`
}

/** Of a host, no more than the network it is in: it is a subscriber's address. */
function shown(one: Mitigation): string {
  const { prefix } = one
  const parsed = prefix === null ? undefined : parsePrefix(prefix)
  if (!parsed) return 'own prefixes'
  if (isInBlock(one)) return `a host inside ${prefix}`
  return isHostRoute(parsed.afi, parsed.length)
    ? `a host inside ${masked(parsed.afi === 4 ? 24 : 48, prefix as string)}`
    : (prefix as string)
}

function masked(length: number, prefix: string): string {
  const net = parsePrefix(`${prefix.slice(0, prefix.indexOf('/'))}/${length}`)
  return net ? prefixText(net.afi, ...net.words, length) : 'own prefixes'
}
