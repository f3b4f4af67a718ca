// What would change the verdict: each thing that was not seen is supposed to be, and the decision taken
// again. What a blind plane could tell comes first, for it may be so already.

import { type EvidenceId, evidence } from '../core/evidence.ts'
import type { Plane } from '../core/sample.ts'
import { type Cause, sideOf } from '../core/verdict.ts'
import { type Item, specOf, weightOf } from './axes.ts'
import { decide, type Gates } from './decide.ts'
import { causeWords, planeWords, sights } from './phrases.ts'

const MOST = 3

/** Of each of these only one can be so: what is supposed takes the place of what was seen. */
const exclusive: readonly (readonly EvidenceId[])[] = [
  ['in.surge', 'in.mild', 'in.normal', 'in.collapse'],
  ['bgp.vis_broad', 'bgp.vis_partial', 'bgp.vis_slow'],
  ['dns.diffuse', 'dns.concentrated'],
  ['dns.same_names', 'dns.random_names'],
  ['fl.src_new', 'fl.src_known'],
  ['ord.routing_first', 'ord.traffic_first', 'ord.unresolved'],
  ['sp.many_pops', 'sp.on_saturated'],
  ['sp.many_pops', 'sp.one_target'],
  ['igp.adj_loss', 'igp.adj_loss_saturated'],
  ['pr.ok', 'pr.inside_fail', 'pr.victim_only'],
]
/** Where all is well, nothing else of these is so. */
const wells: readonly (readonly [well: EvidenceId, unlike: readonly EvidenceId[]])[] = [
  ['bgp.quiet', ids(({ family, routing }) => family === 'bgp' && routing > 0)],
  ['igp.normal', ['igp.lsdb_jump', 'igp.spf_storm', 'igp.adj_loss', 'igp.adj_loss_saturated']],
  ['in.normal', ['in.ratio', 'in.saturated']],
  ['in.collapse', ['in.ratio', 'in.saturated']],
  ['fl.shift_from_neighbor', ['fl.victim_conc', 'fl.fingerprint', 'fl.src_new']],
]

function ids(is: (spec: ReturnType<typeof specOf>) => boolean): EvidenceId[] {
  return (Object.keys(evidence) as EvidenceId[]).filter((id) => is(specOf(id)))
}

const all: readonly EvidenceId[] = ids(() => true).sort()

const conflicts = new Map<EvidenceId, Set<EvidenceId>>(all.map((id) => [id, new Set<EvidenceId>()]))
for (const group of exclusive)
  for (const a of group) for (const b of group) if (a !== b) conflicts.get(a)?.add(b)
for (const [well, unlike] of wells)
  for (const other of unlike) {
    conflicts.get(well)?.add(other)
    conflicts.get(other)?.add(well)
  }

/** What was seen, if this were seen too. */
export function supposing(items: readonly Item[], id: EvidenceId): Item[] {
  const not = conflicts.get(id)
  return [...items.filter((item) => item.id !== id && !not?.has(item.id)), { id, because: '' }]
}

interface Turn {
  readonly ids: readonly EvidenceId[]
  readonly cause: Cause
}

export interface Counterfactual {
  readonly wouldChange: readonly string[]
  readonly missing: readonly string[]
}

export function counterfactual(
  items: readonly Item[],
  gates: Gates,
  cause: Cause,
  blind: readonly Plane[],
  watched = true,
): Counterfactual {
  const has = new Set(items.map(({ id }) => id))
  // Of a network of others nobody here will ever see more than its routes.
  const open = all.filter((id) => !has.has(id) && (watched || specOf(id).plane === 'bgp'))
  const turns = (more: readonly EvidenceId[][]): Turn[] =>
    more
      .map((some) => ({ ids: some, cause: decide(some.reduce(supposing, items), gates).cause }))
      .filter((turn) => turn.cause !== cause)
  const rank = (turn: Turn) => rankOf(turn, cause, blind)
  const byRank = (found: readonly Turn[]) =>
    found
      .map((turn) => ({ turn, rank: rank(turn) }))
      .sort((a, b) => b.rank - a.rank || (a.turn.ids.join() < b.turn.ids.join() ? -1 : 1))
      .map(({ turn }) => turn)
  const single = byRank(turns(open.map((id) => [id])))
  const missing = blind.filter((plane) =>
    single.some((turn) => turn.ids.some((id) => specOf(id).plane === plane)),
  )
  const lost = watched && missing.length === 0 && cause === 'undetermined'
  const lacking = lost ? blind : missing
  const told = single.length > 0 ? various(single, MOST) : various(byRank(turns(pairs(open))), 2)
  return {
    missing: lacking.map((plane) => planeWords[plane]),
    wouldChange:
      told.length > 0
        ? told.map(inWords)
        : ['no two things that could still be seen would change it'],
  }
}

/** Two of different families that can both be so. */
function pairs(open: readonly EvidenceId[]): EvidenceId[][] {
  const out: EvidenceId[][] = []
  for (const [n, a] of open.entries())
    for (const b of open.slice(n + 1))
      if (specOf(a).family !== specOf(b).family && !conflicts.get(a)?.has(b)) out.push([a, b])
  return out
}

/** What may be so already, then what would turn it to the other side, then what weighs most. */
function rankOf({ ids: some, cause }: Turn, before: Cause, blind: readonly Plane[]): number {
  const unseen = some.every((id) => blind.some((plane) => plane === specOf(id).plane))
  const other = sideOf(cause) !== sideOf(before)
  const sided = sideOf(cause) !== 'neither'
  const weight = some.reduce((sum, id) => {
    const item = { id, because: '' }
    return sum + Math.abs(weightOf(item, 'routing')) + Math.abs(weightOf(item, 'flood'))
  }, 0)
  return (other && sided ? 2_000 : other ? 1_000 : 0) + (unseen ? 500 : 0) + weight
}

/** The first of each family and outcome, so that three lines do not say one thing. */
function various(turns: readonly Turn[], most: number): Turn[] {
  const out: Turn[] = []
  const families = new Set<string>()
  for (const turn of turns) {
    const own = turn.ids.map((id) => specOf(id).family)
    if (own.some((family) => families.has(family))) continue
    for (const family of own) families.add(family)
    out.push(turn)
    if (out.length === most) break
  }
  return out
}

function inWords({ ids: some, cause }: Turn): string {
  const sight = some.map((id) => sights[id]).join(', together with ')
  return cause === 'undetermined'
    ? `${sight} would leave the cause open`
    : `${sight} would make it ${causeWords[cause]}`
}
