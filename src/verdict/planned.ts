// Work that was announced. It excuses what lies in its scope and nothing else: KT, Rogers and others were
// all in a maintenance window when they went down. One thing out of scope, and the window excuses nothing.

import type { EvidenceId, Finding } from '../core/evidence.ts'
import type { Change } from '../core/sample.ts'
import { Seen } from '../core/view.ts'
import { isPartOf } from './mitigation-told.ts'
import type { Scene, SeriesView } from './scene.ts'
import { isHostRoute } from './sight.ts'
import { downAdjacencies, downSessions, listed, routingSignals } from './told.ts'

/** No plan has these in it. */
const NEVER: ReadonlySet<EvidenceId> = new Set<EvidenceId>([
  'bgp.leak',
  'bgp.origin_foreign',
  'bgp.rx_prefix_flood',
  'igp.lsdb_jump',
  'in.collapse',
])
/** A window that names no parts excuses the loss of fewer prefixes than this. */
const OUTAGE = 0.3

interface Scope {
  readonly id: string
  readonly routers: readonly string[]
  readonly links: readonly string[]
  readonly pops: readonly string[]
  readonly prefixes: readonly string[]
  /** Names no part: the whole network, but only for what work does. */
  readonly isWhole: boolean
}

/** Why planned work explains all there is; null when there is none, or something lies outside. */
export function plannedGate(scene: Scene, findings: readonly Finding[]): string | null {
  const scopes = windows(scene)
  if (scopes.length === 0 || findings.some(({ id }) => NEVER.has(id))) return null
  const down = [...downSessions(scene), ...downAdjacencies(scene), ...thinned(scene)]
  const inScope = (test: (scope: Scope) => boolean) => scopes.some(test)
  if (!down.every((series) => inScope((scope) => hasPlace(scope, series) || scope.isWhole)))
    return null
  const failing = scene.planes.series('probe_success').filter(({ last }) => last < 0.5)
  if (!failing.every((series) => inScope((scope) => hasPlace(scope, series)))) return null
  const { lost, of } = prefixes(scene)
  const whole = inScope(({ isWhole }) => isWhole) && lost.length <= OUTAGE * of
  const named = (prefix: string) =>
    inScope((scope) => scope.prefixes.some((outer) => isPartOf(prefix, outer)))
  const flapping = routingSignals(scene)
    .filter(({ kind }) => kind === 'churn.prefix')
    .flatMap(({ samples }) => samples.prefixes)
  const gone = lost.map((prefix) => scene.view.prefixText(prefix))
  if (!whole && ![...gone, ...flapping].every(named)) return null
  const count = down.length + failing.length + gone.length + flapping.length
  const others = findings.some(({ id }) => id === 'bgp.churn' || id === 'igp.spf_storm')
  if (count === 0 && !others) return null
  const parts = [
    down.length > 0 ? `${down.length} sessions or adjacencies` : '',
    gone.length > 0 ? `${gone.length} prefixes` : '',
  ].filter((part) => part !== '')
  const what = parts.length > 0 ? ` (${parts.join(', ')})` : ''
  return `all of it${what} lies in the scope of ${listed(scopes.map(({ id }) => id))}`
}

/** Whether announced work is under way that concerns it. */
export const isInWindow = (scene: Scene): boolean => windows(scene).length > 0

/** In force now, and concerning this network. */
function windows({ planes, asn, at }: Scene): readonly Scope[] {
  const running = new Map<string, Change>()
  for (const change of planes.changes) {
    if (change.event !== 'window-start' && change.event !== 'window-end') continue
    // One that has no name ends with the one of the same scope.
    const name = change.labels['id'] ?? JSON.stringify(Object.entries(change.labels).sort())
    if (change.event === 'window-end') running.delete(name)
    else if (change.at <= at) running.set(name, change)
  }
  return [...running.values()]
    .filter(({ labels }) => {
      const asns = list(labels['asn']).map((text) => text.replace(/^AS/i, ''))
      return asns.length === 0 || asns.includes(String(asn))
    })
    .map(scopeOf)
}

function scopeOf({ labels, note }: Change): Scope {
  const parts = {
    routers: list(labels['router']),
    links: list(labels['link']),
    pops: list(labels['pop']),
    prefixes: list(labels['prefix']),
  }
  const isWhole = Object.values(parts).every((names) => names.length === 0)
  return { id: labels['id'] ?? (note || 'planned work'), ...parts, isWhole }
}

const list = (text: string | undefined): string[] =>
  (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')

const hasPlace = ({ routers, links, pops }: Scope, { labels }: SeriesView): boolean => {
  const { router, link, pop } = labels
  return (
    (router !== undefined && routers.includes(router)) ||
    (link !== undefined && links.includes(link)) ||
    (pop !== undefined && pops.includes(pop))
  )
}

/** Routers that have fewer adjacencies, where these are only counted. */
const thinned = ({ planes }: Scene): readonly SeriesView[] =>
  planes
    .series('adjacencies')
    .filter(({ last, usual }) => usual !== null && last <= Math.round(usual) - 1)

function prefixes({ view, asn }: Scene): { readonly lost: readonly number[]; readonly of: number } {
  const all = view
    .prefixesOf(asn)
    .filter((p) => view.reference(p) > 0 && !isHostRoute(view.afi(p), view.length(p)))
  return { lost: all.filter((prefix) => view.seen(prefix) >= Seen.lost), of: all.length }
}
