// What explains an anomaly before anybody is blamed for it, in this order: only our own witnesses are in
// trouble; work that was announced lies in its scope; somebody defends the network (mitigation.ts).

import type { EvidenceId, Finding } from '../core/evidence.ts'
import { evidence } from '../core/evidence.ts'
import type { Signal } from '../core/incident.ts'
import type { Afi } from '../core/prefix.ts'
import { PeerState, type View } from '../core/view.ts'
import { type MitigationGate, type Mitigators, mitigationGate, noMitigators } from './mitigation.ts'
import { Newcomers } from './newcomers.ts'
import { onceATick } from './once.ts'
import { isInWindow, plannedGate } from './planned.ts'
import type { Scene } from './scene.ts'
import { isHostRoute } from './sight.ts'
import { listed, routingSignals } from './told.ts'

export interface GateAnswers {
  readonly artefact: string | null
  readonly planned: string | null
  /** Work is under way, and something lies outside of its scope. */
  readonly escaped: boolean
  readonly mitigation: MitigationGate | null
}

export class Gates {
  readonly #known: Mitigators
  readonly #newcomers = new Newcomers()

  constructor(known: Mitigators = noMitigators) {
    this.#known = known
  }

  get dropped(): number {
    return this.#newcomers.dropped
  }

  /** Best at each tick of a watched network: then it is known what was there before. */
  ask(scene: Scene, findings: readonly Finding[]): GateAnswers {
    const planned = plannedGate(scene, findings)
    return {
      artefact: artefactGate(scene, findings),
      planned,
      escaped: planned === null && isInWindow(scene),
      mitigation: mitigationGate(scene, findings, this.#known, this.#newcomers),
    }
  }
}

/** What a collector in trouble can make up; a leak or an own session nobody makes up. */
const MADE_UP: ReadonlySet<EvidenceId> = new Set<EvidenceId>([
  'bgp.vis_broad',
  'bgp.vis_partial',
  'bgp.vis_slow',
  'bgp.churn',
  'bgp.flap',
])
/** From so much on a finding tells of something, and not only that all is well. */
const TELLS = 3
/** So many vantage points of a collector that all lose the same are the collector. */
const WHOLE = 3
/** Prefixes looked at. */
const ASKED = 64
/** Part of the routes elsewhere that may be missing: somebody always wanders between paths. */
const STRAY = 0.05

const isNoLoss = ({ kind }: Signal): boolean => !/^(outage|withdrawal|churn)\./.test(kind)

interface Collector {
  readonly name: string
  known: number
  /** With its session in transfer, lost, out of sight, or not believed. */
  troubled: number
  voters: number
  /** Voters, and routes that they ought to hold and do not. */
  readonly losers: Set<number>
  missing: number
}

/** Why all that is odd in BGP is the doing of a collector; null when it is not. */
function artefactGate(scene: Scene, findings: readonly Finding[]): string | null {
  const routes = findings.filter(({ id }) => id.startsWith('bgp.') && id !== 'bgp.quiet')
  if (routes.some(({ id }) => !MADE_UP.has(id))) return null
  const others = findings.some(
    ({ id }) =>
      !id.startsWith('bgp.') && Math.max(evidence[id].routing, evidence[id].flood) >= TELLS,
  )
  // With no trouble in BGP there is nothing to explain, unless being half blind is all there is.
  if (routes.length === 0 && (others || routingSignals(scene).some(isNoLoss))) return null
  const { view, asn } = scene
  const told: string[] = []
  for (const afi of [4, 6] as const) {
    const prefixes = asked(view, asn, afi)
    if (prefixes.length === 0 || view.voters(afi) === 0) continue
    const answer = blame(scene, afi, prefixes)
    if (answer === null) return null
    if (answer !== '') told.push(answer)
  }
  return told[0] ?? null
}

/** Collectors of which hardly anybody is left to be believed, while others go on; by name. */
export function collectorsInTrouble(view: View): readonly string[] {
  const all = [...collectorsOf(view, 4).values()].filter(({ known }) => known >= WHOLE)
  const lost = all.filter(({ known, troubled }) => troubled * 5 >= known * 4)
  return lost.length < all.length ? lost.map(({ name }) => name).sort() : []
}

/** Some of its prefixes, those that are missed most first. */
function asked(view: View, asn: number, afi: Afi): number[] {
  return view
    .prefixesOf(asn)
    .filter(
      (p) => view.afi(p) === afi && view.reference(p) > 0 && !isHostRoute(afi, view.length(p)),
    )
    .map((prefix) => ({ prefix, held: view.visible(prefix) / view.reference(prefix) }))
    .sort(
      (a, b) => a.held - b.held || (view.prefixText(a.prefix) < view.prefixText(b.prefix) ? -1 : 1),
    )
    .slice(0, ASKED)
    .map(({ prefix }) => prefix)
}

/** Which collector is to blame; '' = none need be, null = it is not theirs alone. */
function blame(scene: Scene, afi: Afi, prefixes: readonly number[]): string | null {
  const { view } = scene
  const collectors = new Map<string, Collector>()
  for (const [name, one] of atThisTick(scene, afi))
    collectors.set(name, { ...one, losers: new Set() })
  for (const prefix of prefixes)
    for (const id of view.lostAt([prefix])) {
      const one = collectors.get(view.vantagePoint(id).collector)
      one?.losers.add(id)
      if (one) one.missing++
    }
  const all = [...collectors.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  const troubled = all.filter((one) => one.troubled > 0 && one.troubled * 2 >= one.known)
  const silent = all.filter((one) => one.voters >= WHOLE && one.losers.size === one.voters)
  // Without a word of its sessions it must be the only one.
  const guilty = troubled.length > 0 ? troubled : silent.length === 1 ? silent : []
  const rest = all.filter((one) => !guilty.includes(one))
  const voters = rest.reduce((sum, one) => sum + one.voters, 0)
  const missing = rest.reduce((sum, one) => sum + one.missing, 0)
  if (missing > STRAY * voters * prefixes.length) return null
  if (guilty.length === 0) return ''
  if (voters === 0) return null
  const names = listed(guilty.map(({ name }) => name))
  const why =
    troubled.length > 0
      ? `sessions of ${names} are down, in transfer or not believed`
      : `all ${guilty[0]?.voters} vantage points of ${names} lost it at once`
  return `${why}; ${voters} vantage points elsewhere see all of its prefixes`
}

const atThisTick = onceATick(collectorsOf)

function collectorsOf(view: View, afi: Afi): Map<string, Collector> {
  const collectors = new Map<string, Collector>()
  for (let id = 0; id < view.vantagePoints; id++) {
    const state = view.peerState(id)
    // Never heard of is not missed.
    if (state === PeerState.unknown && !view.known(id)) continue
    const { collector: name } = view.vantagePoint(id)
    let one = collectors.get(name)
    if (!one) {
      one = { name, known: 0, troubled: 0, voters: 0, losers: new Set(), missing: 0 }
      collectors.set(name, one)
    }
    one.known++
    if (state !== PeerState.active) one.troubled++
    else if (view.votes(id, afi)) one.voters++
  }
  return collectors
}
