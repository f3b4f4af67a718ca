// Two sums in decibels: what speaks for a routing fault, and what for a flood. They are independent, for
// both may be there at once. Findings of one family are not independent of each other, so that a family
// weighs 20 dB at most, whichever way, and cannot decide alone.

import {
  type EvidenceId,
  type EvidenceSpec,
  evidence,
  type Family,
  type Finding,
} from '../core/evidence.ts'
import type { Axis, Ground } from '../core/verdict.ts'

/** That an incident was opened makes neither cause likely by itself. */
const PRIOR = -4
const FAMILY = 20
/** Ten times likelier than not, and the opposite. */
export const ESTABLISHED = 10
export const RULED_OUT = -10
/** A family supports with as much as the weakest suggestive fact weighs, not with a leaning of 1 or 2. */
const SUPPORT = 3

/** Who sees how much passes: a flood that none of them supports is none, for little can hit a route engine, too. */
const traffic: ReadonlySet<Family> = new Set<Family>(['ingress', 'flow', 'dns'])

/** What is a routing fault by itself, whatever else is seen. Nothing is a flood by itself. */
const definitional: ReadonlySet<EvidenceId> = new Set([
  'bgp.vis_broad',
  'bgp.leak',
  'bgp.origin_foreign',
  'bgp.rx_prefix_flood',
  'igp.lsdb_jump',
])

export type Item = Pick<Finding, 'id' | 'because' | 'factor'>

export interface Sum {
  readonly db: number
  /** Families that support it, the strongest first. */
  readonly support: readonly Family[]
  /** It supports itself: the id. */
  readonly byItself: EvidenceId | null
  /** Somebody supports it who could see it: of a flood, the traffic. */
  readonly witnessed: boolean
  readonly established: boolean
}

export const specOf = (id: EvidenceId): EvidenceSpec => evidence[id]

const tenth = (db: number): number => Math.round(db * 10) / 10

/** Decibels of one item, to a tenth. */
export const weightOf = ({ id, factor = 1 }: Item, axis: Axis): number =>
  tenth(specOf(id)[axis] * factor)

/** Each id once, at its strongest, in the order of the ids. */
export function itemsOf(findings: readonly Finding[]): Item[] {
  const out = new Map<EvidenceId, Item>()
  for (const { id, because, factor = 1 } of findings) {
    const known = out.get(id)
    const stronger = factor - (known?.factor ?? 0)
    if (!known || stronger > 0 || (stronger === 0 && because < known.because))
      out.set(id, { id, because, factor })
  }
  return [...out.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
}

function familiesOf(items: readonly Item[], axis: Axis): Map<Family, number> {
  const sums = new Map<Family, number>()
  for (const item of items) {
    const { family } = specOf(item.id)
    sums.set(family, (sums.get(family) ?? 0) + weightOf(item, axis))
  }
  return sums
}

const clamp = (db: number): number => Math.max(-FAMILY, Math.min(FAMILY, db))

/** `sure`: something beside the items has shown that it is there, so that one family is enough. */
export function sumOf(items: readonly Item[], axis: Axis, sure = false): Sum {
  const families = [...familiesOf(items, axis)]
  const db = tenth(families.reduce((sum, [, own]) => sum + clamp(own), PRIOR))
  const support = families
    .filter(([, own]) => own >= SUPPORT)
    .sort((a, b) => clamp(b[1]) - clamp(a[1]) || (a[0] < b[0] ? -1 : 1))
    .map(([family]) => family)
  const itself = axis === 'routing' ? items.find(({ id }) => definitional.has(id)) : undefined
  const witnessed = axis === 'routing' || support.some((family) => traffic.has(family))
  const enough = (support.length >= 2 && witnessed) || itself !== undefined || sure
  return {
    db,
    support,
    byItself: itself?.id ?? null,
    witnessed,
    established: db >= ESTABLISHED && enough,
  }
}

/** The terms of the sum, the largest first; what a family says beyond its limit is taken off again. */
export function groundsOf(items: readonly Item[], axis: Axis): Ground[] {
  const out: Ground[] = [{ id: 'prior', db: PRIOR, because: 'before anything is known' }]
  for (const item of items) {
    const db = weightOf(item, axis)
    if (db !== 0) out.push({ id: item.id, db, because: item.because })
  }
  for (const [family, own] of familiesOf(items, axis)) {
    const db = tenth(clamp(own) - own)
    if (db !== 0)
      out.push({ id: 'limit', db, because: `all of ${family} counts ${FAMILY} dB at most` })
  }
  return out.sort((a, b) => Math.abs(b.db) - Math.abs(a.db) || (a.id < b.id ? -1 : 1))
}
