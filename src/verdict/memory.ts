// What was found in one story stays true of it when it is found no more: that the flood came first, that
// traffic fell, that sessions dropped on full links. So the verdict rests on all that was seen, and does not
// crumble while things get well. Of findings that exclude each other the one that lasted longest counts.

import { type EvidenceId, evidence, type Finding } from '../core/evidence.ts'
import type { Plane } from '../core/sample.ts'
import { hours, type Instant, type Span } from '../core/time.ts'

/** Seen at so many ticks before it is believed beyond the last of them. */
const LASTING = 3
/** What was not seen for so long is of another day, though something that began then still lasts. */
const FORGOTTEN: Span = hours(24)

/** That all is well with a plane says nothing of the cause where it was not well before: it got well. */
const normal: ReadonlySet<EvidenceId> = new Set<EvidenceId>([
  'bgp.quiet',
  'igp.normal',
  'in.normal',
  'pr.ok',
])

const exclusive: readonly (readonly EvidenceId[])[] = [
  ['in.surge', 'in.mild', 'in.collapse', 'in.normal'],
  ['sp.on_saturated', 'sp.many_pops', 'sp.one_target'],
  ['pr.inside_fail', 'pr.victim_only', 'pr.ok'],
  ['dns.diffuse', 'dns.concentrated'],
  ['dns.same_names', 'dns.random_names'],
  ['fl.src_new', 'fl.src_known'],
  ['igp.adj_loss', 'igp.adj_loss_saturated'],
]

/** Of these the heaviest counts, however short. */
const degrees: readonly (readonly EvidenceId[])[] = [
  ['bgp.vis_broad', 'bgp.vis_slow', 'bgp.vis_partial'],
]

/** An order that was clear once stays so; of two that contradict each other the present one counts. */
const orders: ReadonlySet<EvidenceId> = new Set<EvidenceId>([
  'ord.routing_first',
  'ord.traffic_first',
])

interface Remembered {
  finding: Finding
  ticks: number
  /** When it was seen last. */
  lastAt: Instant
  /** When it was seen last, planned work or a collector's trouble explained it. */
  explained: boolean
}

export class Memory {
  readonly #found = new Map<EvidenceId, Remembered>()
  readonly #stirred = new Set<Plane>()

  clear(): void {
    this.#found.clear()
    this.#stirred.clear()
  }

  /** The plane was not as usual in this story. */
  stir(plane: Plane): void {
    this.#stirred.add(plane)
  }

  /** What is found now, with what was found before and still counts; not what was explained then. */
  recall(findings: readonly Finding[], explained: boolean, at: Instant): readonly Finding[] {
    for (const [id, { lastAt }] of this.#found) if (at - lastAt > FORGOTTEN) this.#found.delete(id)
    const now = findings.filter(({ id }) => !this.#isRecovery(id))
    for (const finding of now) {
      const known = this.#found.get(finding.id)
      if (known) {
        known.finding = finding
        known.ticks++
        known.lastAt = at
        known.explained = explained
      } else this.#found.set(finding.id, { finding, ticks: 1, lastAt: at, explained })
    }
    const out = new Map<EvidenceId, Remembered>()
    const present = new Set(now.map(({ id }) => id))
    for (const [id, known] of this.#found)
      if (present.has(id) || this.#counts(id, known, explained)) out.set(id, known)
    // A flood is aimed from the start; that what it filled was lost comes later, and says more.
    if ((out.get('sp.on_saturated')?.ticks ?? 0) >= LASTING) out.delete('sp.one_target')
    for (const group of exclusive) keepOne(out, group, ({ ticks }) => ticks)
    for (const group of degrees) keepOne(out, group, ({ finding }) => evidence[finding.id].routing)
    if (out.size > 0 && [...orders].some((id) => out.has(id))) out.delete('ord.unresolved')
    if (out.has('ord.routing_first') && out.has('ord.traffic_first'))
      keepOne(out, [...orders], ({ finding }) => (present.has(finding.id) ? 1 : 0))
    if (out.size > 1 && [...out.keys()].some((id) => id !== 'bgp.quiet' && isBgp(id)))
      out.delete('bgp.quiet')
    return [...out.values()].map(({ finding }) => finding)
  }

  #counts(id: EvidenceId, known: Remembered, explained: boolean): boolean {
    return known.ticks >= LASTING && known.explained === explained && !this.#isRecovery(id)
  }

  #isRecovery(id: EvidenceId): boolean {
    const { plane } = evidence[id]
    return normal.has(id) && plane !== null && this.#stirred.has(plane)
  }
}

const isBgp = (id: EvidenceId): boolean => evidence[id].family === 'bgp'

/** Of those that are there the one of which `by` is most; of two that are equal the first of the list. */
function keepOne(
  found: Map<EvidenceId, Remembered>,
  group: readonly EvidenceId[],
  by: (known: Remembered) => number,
): void {
  const there = group.filter((id) => found.has(id))
  if (there.length < 2) return
  const of = (id: EvidenceId) => by(found.get(id) as Remembered)
  const [best] = there.toSorted((a, b) => of(b) - of(a))
  for (const id of there) if (id !== best) found.delete(id)
}
