// Evidence from routes: how widely own prefixes are seen (sight.ts), what the detectors say of them, and
// what own routers say of their sessions. Every minimum of witnesses is a quorum: one collector can
// establish it where there is no more than one.

import type { EvidenceId, Finding, Onset } from '../core/evidence.ts'
import type { Kind, Signal } from '../core/incident.ts'
import { afiName } from '../core/prefix.ts'
import { quorum } from '../core/quorum.ts'
import { minutes, words } from '../core/time.ts'
import type { View } from '../core/view.ts'
import type { Scene, Seeker, SeriesView } from './scene.ts'
import { hunted, PARTIAL, type Sight, Sights } from './sight.ts'
import {
  BLACKHOLED,
  DIVERTED,
  distinct,
  downSessions,
  fallOf,
  firstOnset,
  hasTag,
  isBlindSignal,
  listed,
  onsetOf,
  percent,
  routingSignals,
} from './told.ts'

const COLLECTORS = 3
/** With four collectors two of them must see it. */
const OF_COLLECTORS = 0.5
const PEERS = 10
const RX_FLOOD = 5
/** IODA raises its alarm below this part of the usual: of a whole country or network that is broad. */
const IODA_BROAD = 0.8
const IODA = 0.9
const STILL_SEEN = 0.95
const ASKED = 64

const LEAKS: ReadonlySet<Kind> = new Set<Kind>([
  'leak.path',
  'leak.own-specifics',
  'leak.reorigination',
  'hijack.forged-origin',
])
const HIJACKS: ReadonlySet<Kind> = new Set<Kind>([
  'hijack.moas',
  'hijack.submoas',
  'hijack.less-specific',
  'hijack.mass',
])

/** Somebody votes on what is seen: the routes are no blind plane, whatever own routers tell. */
const seesRoutes = (view: View): boolean => view.voters(4) + view.voters(6) > 0

export class BgpEvidence {
  readonly #sights = new Sights()

  get dropped(): number {
    return this.#sights.dropped
  }

  /** Follows the network through time: ask at each tick while it is watched. */
  readonly seek: Seeker = (scene) => {
    const sights = this.#sights.look(scene.view, scene.asn, scene.at)
    const signals = routingSignals(scene)
    const found: (Finding | null)[] = [
      visibility(scene, sights, signals),
      leak(scene, signals),
      foreign(scene, signals),
      churn(sights, signals),
      flap(sights, signals),
      sessions(scene),
      receivedFlood(scene),
    ]
    const findings = found.filter((finding) => finding !== null)
    const calm = findings.length === 0 ? quiet(scene, sights, signals) : null
    return calm ? [calm] : findings
  }
}

const finding = (
  id: EvidenceId,
  because: string,
  onset: Onset | null,
  where: readonly string[] = [],
): Finding => ({ id, because, onset, where })

const severity = { none: 0, partial: 1, slow: 2, broad: 3 } as const

function visibility(
  scene: Scene,
  sights: readonly Sight[],
  signals: readonly Signal[],
): Finding | null {
  const [worst] = [...sights].sort(
    (a, b) => severity[b.loss] - severity[a.loss] || a.held - b.held || a.afi - b.afi,
  )
  const outside = fromOutside(scene)
  if (worst && severity[worst.loss] > (outside === null ? 0 : severity[outside.loss])) {
    const told = describe(scene, worst)
    if (told) return told
  }
  if (outside) return outside.finding
  return oneUpstream(signals)
}

function describe({ view }: Scene, sight: Sight): Finding | null {
  const { loss, lost, of, onset, runs, step, held } = sight
  const collectors = new Set(
    view.lostAt(lost, Math.ceil(lost.length / ASKED)).map((id) => view.vantagePoint(id).collector),
  )
  const wanted = quorum(COLLECTORS, view.collectors, OF_COLLECTORS)
  const seen = collectors.size === 1 ? 'one collector' : `${collectors.size} collectors`
  const counted = `${lost.length} of ${of} ${name(sight)} prefixes (${percent(lost.length / of)})`
  if (loss === 'slow')
    return finding(
      'bgp.vis_slow',
      `${counted} lost little by little in ${words(runs)}, never more than ${percent(step)} in five minutes; vantage points hold ${percent(held)} of the usual`,
      onset,
    )
  if (loss === 'broad' && collectors.size >= wanted)
    return finding(
      'bgp.vis_broad',
      `${counted} lost by half of those who carry them or more, ${percent(step)} within five minutes, seen from ${seen}`,
      onset,
    )
  const lostWhere = lost.length > 0 ? `${counted} lost, seen from ${seen}` : 'no prefix is lost'
  return finding(
    'bgp.vis_partial',
    `${lostWhere}; vantage points hold ${percent(held)} of the usual`,
    onset,
  )
}

const name = ({ afi }: Sight): string => (afi === 4 ? 'IPv4' : 'IPv6')

/** Blocks seen by an observer such as IODA, all its series together. */
function fromOutside({ planes }: Scene): { loss: 'partial' | 'broad'; finding: Finding } | null {
  const known = planes.series('visible_24s').filter(({ usual }) => usual !== null && usual > 0)
  const usual = known.reduce((sum, series) => sum + (series.usual ?? 0), 0)
  const now = known.reduce((sum, series) => sum + series.last, 0)
  if (usual === 0 || now >= IODA * usual) return null
  const loss = now <= IODA_BROAD * usual ? 'broad' : 'partial'
  const because = `an outside observer sees ${round(now)} of ordinarily ${round(usual)} /24s in routing (${percent(now / usual)})`
  const onset = firstOnset(known.map(({ shift }) => (shift && !shift.up ? shift.onset : null)))
  return {
    loss,
    finding: finding(loss === 'broad' ? 'bgp.vis_broad' : 'bgp.vis_partial', because, onset),
  }
}

const round = (x: number): string => Math.round(x).toLocaleString('en-US')

/** All that is behind one upstream has left it, or part of the world lost it: nothing need be lost by half. */
function oneUpstream(signals: readonly Signal[]): Finding | null {
  const lost = signals.filter(
    (s) => (s.kind === 'path.upstream-lost' && !hasTag(s, DIVERTED)) || s.kind === 'outage.as',
  )
  const [first] = lost
  if (!first) return null
  const because =
    first.kind === 'outage.as'
      ? `${first.now.prefixes} of ${first.now.ofPrefixes} prefixes are out of reach for part of the world`
      : `upstream AS${first.culprit} has lost all of its paths, ${first.now.prefixes} prefixes behind it`
  return finding('bgp.vis_partial', because, onsetOf(lost))
}

const isMeant = (signal: Signal): boolean =>
  hasTag(signal, DIVERTED) || hasTag(signal, BLACKHOLED) || hasTag(signal, 'same.organisation')

/** Below this a detector itself is in doubt (medium begins here): nothing that may decide alone. */
const SURE = 4

const isSure = ({ tags }: Signal): boolean =>
  tags.reduce((sum, { score }) => sum + score, 0) >= SURE

/** Whether as many as a tenth of all, and ten where there are more, tell of it. */
const isHeard =
  ({ view }: Scene) =>
  ({ now, afi }: Signal): boolean => {
    const voters = afi
      ? view.voters(afi === 'ipv4' ? 4 : 6)
      : Math.max(view.voters(4), view.voters(6))
    return now.peerAsns >= quorum(PEERS, voters)
  }

function leak(scene: Scene, signals: readonly Signal[]): Finding | null {
  const heard = signals.filter(isHeard(scene)).filter((signal) => !isMeant(signal))
  const leaks = heard.filter(
    // What it announces of others is its own doing; what others announce of it has another name.
    (signal) =>
      isSure(signal) &&
      (LEAKS.has(signal.kind) || (HIJACKS.has(signal.kind) && signal.culprit === scene.asn)),
  )
  const found = leaks.length > 0 ? leaks : oddUpstream(heard)
  const [first] = [...found].sort((a, b) => b.now.prefixes - a.now.prefixes)
  if (!first) return null
  const by = first.culprit === scene.asn ? 'this network itself' : `AS${first.culprit}`
  const what =
    leaks.length > 0
      ? `${kindWords[first.kind] ?? first.kind} by ${by}`
      : `AS${first.culprit}, never a neighbour before, carries a new more-specific`
  return finding(
    'bgp.leak',
    `${what}: ${first.now.prefixes} prefixes, seen by ${first.now.peerAsns} peer networks at ${first.now.collectors} collectors`,
    onsetOf(found),
  )
}

const kindWords: Partial<Record<Kind, string>> = {
  'leak.path': 'routes passed on against policy',
  'leak.own-specifics': 'a burst of more-specifics',
  'leak.reorigination': 'routes originated again',
  'hijack.forged-origin': 'paths that only pretend to end here, passed on',
  'hijack.moas': "others' prefixes announced",
  'hijack.submoas': "parts of others' prefixes announced",
  'hijack.less-specific': "others' address space announced",
  'hijack.mass': "many others' prefixes announced",
}

/** A new neighbour is a contract; with a new more-specific at the same time it is something else. */
function oddUpstream(signals: readonly Signal[]): readonly Signal[] {
  const specifics = signals.filter(({ kind }) => kind === 'prefix.new')
  return signals.filter(
    ({ kind, startedAt }) =>
      kind === 'path.new-upstream' &&
      specifics.some((one) => Math.abs(one.startedAt - startedAt) <= minutes(10)),
  )
}

function foreign(scene: Scene, signals: readonly Signal[]): Finding | null {
  const found = signals.filter(
    (signal) =>
      HIJACKS.has(signal.kind) &&
      isSure(signal) &&
      signal.culprit !== scene.asn &&
      !isMeant(signal),
  )
  const [first] = [...found].sort((a, b) => b.now.prefixes - a.now.prefixes)
  if (!first) return null
  return finding(
    'bgp.origin_foreign',
    `AS${first.culprit} originates ${first.now.prefixes} of its prefixes or parts of them, seen by ${first.now.peerAsns} peer networks`,
    onsetOf(found),
  )
}

function churn(sights: readonly Sight[], signals: readonly Signal[]): Finding | null {
  const busy = signals.filter(({ kind }) => kind === 'churn.as')
  const [first] = busy
  // With prefixes lost the changes are theirs, and counted as that.
  if (
    !first ||
    sights.some(({ held, of, lost }) => held < STILL_SEEN || lost.length > PARTIAL * of)
  )
    return null
  const because = first.tags[0]?.because ?? 'its paths change far more than they do ordinarily'
  return finding('bgp.churn', `${because}; it stays visible`, onsetOf(busy))
}

function flap(sights: readonly Sight[], signals: readonly Signal[]): Finding | null {
  const told = signals.filter(({ kind }) => kind === 'churn.prefix')
  const seen = sights.filter(({ flapping }) => flapping.length > 0)
  const prefixes = Math.max(
    told.reduce((sum, { now }) => sum + now.prefixes, 0),
    seen.reduce((sum, { flapping }) => sum + flapping.length, 0),
  )
  if (prefixes === 0) return null
  const because = `${prefixes === 1 ? 'one prefix goes and comes' : `${prefixes} prefixes go and come`} back again and again`
  const onsets = seen.map(({ flapsSince }) => hunted(flapsSince))
  return finding('bgp.flap', because, firstOnset([onsetOf(told), ...onsets]))
}

function sessions(scene: Scene): Finding | null {
  const down = downSessions(scene)
  if (down.length === 0) return null
  const all = scene.planes.series('session_up').length
  const where = distinct(down.map(({ labels }) => labels['link'] ?? labels['router']))
  return finding(
    'bgp.session_down_some',
    `${down.length} of ${all} external sessions are down: ${listed(where)}`,
    firstOnset(down.map(fallOf)),
    where,
  )
}

function receivedFlood({ planes }: Scene): Finding | null {
  const many = planes
    .series('rx_prefixes')
    .filter(({ ratio }) => ratio !== null && Number.isFinite(ratio) && ratio >= RX_FLOOD)
  // A session that always stands at its limit has a limit that is too low.
  const limited = planes
    .series('rx_prefix_limit_ratio')
    .filter(({ last, usual }) => last >= 1 && (usual ?? 0) < STILL_SEEN)
  const all: readonly SeriesView[] = [...many, ...limited]
  const [first] = [...many].sort((a, b) => (b.ratio ?? 0) - (a.ratio ?? 0))
  if (all.length === 0) return null
  const where = distinct(all.map(({ labels }) => labels['router']))
  const because = first
    ? `${round(first.last)} prefixes received on a session of ${first.labels['router'] ?? '?'}, ordinarily ${round(first.usual ?? 0)}`
    : `${limited.length} sessions have reached their prefix limit: ${listed(where)}`
  return finding(
    'bgp.rx_prefix_flood',
    because,
    firstOnset(all.map(({ shift }) => (shift?.up ? shift.onset : null))),
    where,
  )
}

/** Only who can see may say that there is nothing. */
function quiet(scene: Scene, sights: readonly Sight[], signals: readonly Signal[]): Finding | null {
  const { view } = scene
  const { active, quarantined, down, unknown } = view.vantage()
  if (!seesRoutes(view) || active <= quarantined + down + unknown) return null
  if (signals.length > 0 || scene.signals.some(isBlindSignal)) return null
  const of = sights.reduce((sum, sight) => sum + sight.of, 0)
  if (of === 0 || sights.some(({ up, of }) => up < of)) return null
  const families = sights.map((sight) => `${sight.of} ${afiName(sight.afi)}`).join(' and ')
  return finding('bgp.quiet', `all of its ${families} prefixes are fully visible`, null)
}
