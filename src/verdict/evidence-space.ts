// Evidence from place: losses exactly where links are full are the traffic's doing; losses all over the
// country with no full link are not; and what hits one target only has been aimed. At most one of the
// three is found.

import type { EvidenceId, Finding, Onset } from '../core/evidence.ts'
import { maskWord, type Prefix, parsePrefix } from '../core/prefix.ts'
import { Seen, type View } from '../core/view.ts'
import { fullLinks } from './border.ts'
import { EXCESS } from './excess.ts'
import type { Scene, Seeker, SeriesView } from './scene.ts'
import { isHostRoute } from './sight.ts'
import {
  distinct,
  downAdjacencies,
  downSessions,
  fallOf,
  firstOnset,
  listed,
  namesOfFull,
  percent,
  routingSignals,
} from './told.ts'

/** Jaccard index above which two sets of links are the same story. */
const SAME = 0.7
const MANY_POPS = 3
/** Of the excess, at one destination. */
const AIMED = 0.5

/** Which prefixes are served from which place; a prefix belongs to the most specific that covers it. */
export type Pops = Readonly<Record<string, readonly string[]>>

export function spaceSeeker(pops: Pops = {}): Seeker {
  const places = Object.entries(pops)
    .flatMap(([pop, list]) =>
      list.flatMap((text) => {
        const prefix = parsePrefix(text)
        return prefix ? [{ pop, prefix }] : []
      }),
    )
    .sort((a, b) => b.prefix.length - a.prefix.length)
  const popOf: PopOf = (view, prefix) =>
    places.find((place) => covers(place.prefix, view, prefix))?.pop
  return (scene) => {
    const full = namesOfFull(scene)
    const found =
      onSaturated(scene, full, popOf) ?? manyPops(scene, full, popOf) ?? oneTarget(scene)
    return found ? [found] : []
  }
}

function covers({ afi, length, words }: Prefix, view: View, prefix: number): boolean {
  const { afi: of, length: bits, word0, word1, word2, word3 } = view.words(prefix)
  if (afi !== of || length > bits) return false
  return [word0, word1, word2, word3].every(
    (word, i) => (word & maskWord(length, i)) === (words[i] as number),
  )
}

const finding = (
  id: EvidenceId,
  because: string,
  onset: Onset | null,
  where: readonly string[],
): Finding => ({ id, because, onset, where })

const linkOf = ({ labels }: SeriesView): string | undefined => labels['link']
const popOfSeries = ({ labels }: SeriesView): string | undefined => labels['pop']

const losses = (scene: Scene): readonly SeriesView[] => [
  ...downSessions(scene),
  ...downAdjacencies(scene),
]

/** Both of which are the same story, or null. */
function same(a: readonly string[], b: readonly string[]): readonly string[] | null {
  const both = a.filter((one) => b.includes(one))
  const either = new Set([...a, ...b])
  return both.length > 0 && both.length > SAME * either.size ? both : null
}

function onSaturated(scene: Scene, full: ReadonlySet<string>, popOf: PopOf): Finding | null {
  const down = losses(scene)
  const found = (what: string, where: readonly string[]): Finding =>
    finding('sp.on_saturated', `${what} (${listed(where)})`, firstOnset(down.map(fallOf)), where)
  if (down.length > 0) {
    // Of a loss that no link is known of nobody can say that it sits on a full one.
    if (down.some((series) => linkOf(series) === undefined)) return null
    const both = same(withLoad(scene, distinct(down.map(linkOf))), [...full])
    return both && found(`sessions or adjacencies are lost where links are full`, both)
  }
  // A site that withdraws its prefixes under load has lost no link: places are compared instead.
  const pops = lostPrefixes(scene).map((prefix) => popOf(scene.view, prefix))
  if (pops.length === 0 || pops.includes(undefined)) return null
  const loaded = fullLinks(scene.planes)
  const both = same(distinct(pops), distinct(loaded.map(popOfSeries)))
  return both && found('prefixes are lost where links are full', both)
}

/** Without those of which the load has fallen silent: whether they are full nobody knows. */
function withLoad({ planes }: Scene, links: readonly string[]): readonly string[] {
  const told = new Set(planes.series('link_load').map(linkOf))
  const untold = links.filter((link) => !told.has(link))
  const missing = planes.silent?.('link_load') ?? 0
  return untold.length <= missing ? links.filter((link) => told.has(link)) : links
}

type PopOf = (view: View, prefix: number) => string | undefined

const lostPrefixes = ({ view, asn }: Scene): readonly number[] =>
  view
    .prefixesOf(asn)
    .filter(
      (prefix) =>
        view.seen(prefix) >= Seen.lost && !isHostRoute(view.afi(prefix), view.length(prefix)),
    )

function manyPops(scene: Scene, full: ReadonlySet<string>, popOf: PopOf): Finding | null {
  if (full.size > 0) return null
  const down = losses(scene)
  const lost = lostPrefixes(scene).map((prefix) => popOf(scene.view, prefix))
  const pops = distinct([...failingPops(scene), ...down.map(popOfSeries), ...lost])
  if (pops.length < MANY_POPS) return null
  const because = `trouble in ${pops.length} POPs at once (${listed(pops)}), and no link is full`
  return finding('sp.many_pops', because, firstOnset(down.map(fallOf)), pops)
}

/** Where probes from inside to inside mostly fail. */
function failingPops({ planes }: Scene): string[] {
  const byPop = new Map<string, number[]>()
  for (const { labels, last } of planes.series('probe_success')) {
    const { set, pop } = labels
    if (set !== 'inside' || pop === undefined) continue
    const list = byPop.get(pop)
    if (list) list.push(last)
    else byPop.set(pop, [last])
  }
  return [...byPop]
    .filter(([, list]) => list.reduce((sum, x) => sum + x, 0) < list.length / 2)
    .map(([pop]) => pop)
}

/** Something is hit, and it is known that all else is well: by probes, or by the other sessions. */
function oneTarget(scene: Scene): Finding | null {
  const targets = targetsOf(scene)
  const [first] = targets
  if (!first) return null
  const fine = elsewhere(scene)
  if (fine === null) return null
  return finding('sp.one_target', `${first.what}, ${fine}`, first.onset, [])
}

interface Target {
  readonly what: string
  readonly onset: Onset | null
}

function targetsOf(scene: Scene): Target[] {
  return [destination(scene), resolvers(scene), onePrefix(scene), oneLink(scene)].filter(
    (target) => target !== null,
  )
}

const sum = (list: readonly SeriesView[]): number => list.reduce((all, { last }) => all + last, 0)
const usualOf = (list: readonly SeriesView[]): number =>
  list.reduce((all, { usual }) => all + (usual ?? 0), 0)
const known = (list: readonly SeriesView[]): readonly SeriesView[] =>
  list.filter(({ usual }) => usual !== null)
const riseOf = (list: readonly SeriesView[]): Onset | null =>
  firstOnset(list.map(({ shift }) => (shift?.up ? shift.onset : null)))

function destination({ planes }: Scene): Target | null {
  const all = known(planes.series('flow_bps'))
  const top = known(planes.series('top_destination_bps'))
  const excess = sum(all) - usualOf(all)
  if (all.length === 0 || sum(all) < EXCESS * usualOf(all)) return null
  const part = (sum(top) - usualOf(top)) / excess
  if (top.length === 0 || part < AIMED) return null
  return {
    what: `${percent(Math.min(1, part))} of the excess goes to one destination`,
    onset: riseOf(all),
  }
}

function resolvers({ planes }: Scene): Target | null {
  const all = known(planes.series('qps'))
  if (all.length === 0 || sum(all) < EXCESS * usualOf(all)) return null
  // More of everything is no business of the resolvers alone.
  for (const metric of ['in_bps', 'flow_bps']) {
    const other = known(planes.series(metric))
    if (other.length > 0 && sum(other) >= EXCESS * usualOf(other)) return null
  }
  return { what: 'the resolvers alone are loaded', onset: riseOf(all) }
}

function onePrefix(scene: Scene): Target | null {
  const signals = routingSignals(scene).filter(({ kind }) => !kind.startsWith('path.'))
  const prefixes = new Set(signals.flatMap(({ samples }) => samples.prefixes))
  const [prefix] = prefixes
  if (prefix === undefined || prefixes.size > 1) return null
  if (signals.some(({ now }) => now.prefixes > 1 || now.ofPrefixes <= 1)) return null
  return { what: `only ${prefix} is concerned`, onset: null }
}

function oneLink(scene: Scene): Target | null {
  const down = losses(scene)
  const links = distinct(down.map(linkOf))
  if (links.length !== 1 || down.some((series) => linkOf(series) === undefined)) return null
  return { what: `only link ${links[0]} is concerned`, onset: firstOnset(down.map(fallOf)) }
}

/** Why the trouble is nowhere else; null when that is not known. */
function elsewhere(scene: Scene): string | null {
  const probes = scene.planes.series('probe_success')
  if (probes.length > 0) {
    const failing = probes.filter(({ last }) => last < 0.5)
    if (failing.length === 0) return 'and all probes succeed'
    // Other places may fail to reach the same target: it is the target that counts.
    const targets = distinct(failing.map(({ labels }) => labels['target']))
    if (failing.some(({ labels }) => labels['target'] === undefined) || targets.length > 1)
      return null
    return probes.some(({ last }) => last >= 0.5) ? 'and probes fail towards one target only' : null
  }
  const sessions = scene.planes.series('session_up')
  const down = downSessions(scene)
  if (down.length !== 1 || sessions.length < 2) return null
  return oneLink(scene) && destination(scene) ? 'and every other session is up' : null
}
