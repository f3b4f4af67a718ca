// Files that an archive, or a folder of its files, lacks: what was said in their time was not heard, and
// that is told like the silence of a live feed. Without it a missing file would be peace, and what is said
// after it a surprise.

import type { Gap, GapEnd } from './core/fact.ts'
import { type Instant, iso, type Span } from './core/time.ts'
import type { Archive, CollectorFiles } from './feeds/archive.ts'
import { projectOf, REGULAR_SINCE, spanOf } from './feeds/archive-layout.ts'
import { readName } from './feeds/archive-name.ts'

export interface Missing {
  readonly collector: string
  readonly from: Instant
  readonly until: Instant
}

/** Files that are missing in one go; a year of them. */
const MOST = 110_000

/**
 * Times of which a collector has no updates though its files before and after are there; `known` are names
 * that its archive said it lacks, at the ends too. Where files come at a pace of their own nobody knows
 * which are missing.
 */
export function missingOf(
  { collectors }: Archive,
  known: ReadonlyMap<string, readonly string[]> = new Map(),
): Missing[] {
  return collectors.flatMap((files) => missingFrom(files, known.get(files.collector) ?? []))
}

function missingFrom({ collector, files }: CollectorFiles, known: readonly string[]): Missing[] {
  const project = projectOf(collector)
  if (project === null) return []
  const span = spanOf(project, 'updates')
  const lacking = new Set(known.flatMap((name) => readName(name).slot ?? []))
  const there = files.flatMap(({ kind, slot }) => (kind === 'updates' && slot !== null ? slot : []))
  for (const slot of between(there, span)) lacking.add(slot)
  for (const slot of there) lacking.delete(slot)
  const out: Missing[] = []
  for (const slot of [...lacking].sort((a, b) => a - b)) {
    const last = out.at(-1)
    if (last?.until === slot) out[out.length - 1] = { ...last, until: slot + span }
    else out.push({ collector, from: slot, until: slot + span })
  }
  return out
}

/** Those between files that otherwise come as in the archive of their project. */
function between(slots: readonly Instant[], span: Span): Instant[] {
  const steps = slots.slice(1).map((slot, i) => slot - (slots[i] as Instant))
  const isRegular = steps.every((step) => step % span === 0) && steps.includes(span)
  if (!isRegular || (slots[0] as Instant) < REGULAR_SINCE) return []
  const out: Instant[] = []
  for (const [i, step] of steps.entries())
    for (let slot = (slots[i] as Instant) + span; slot < (slots[i] as Instant) + step; slot += span)
      if (out.length < MOST) out.push(slot)
  return out
}

/** The same in the stream, from `from` until `until`. */
export function gapsOf(
  missing: readonly Missing[],
  from: Instant,
  until: Instant,
): (Gap | GapEnd)[] {
  return missing.flatMap((one) => {
    const at = Math.max(one.from, from)
    if (at >= one.until || at >= until) return []
    // It may have been heard by whatever file.
    const gap = { feed: `archive of ${one.collector}`, source: -1, collector: one.collector }
    const why = `there are no files of ${times(one)}`
    const begin: Gap = { kind: 'gap', at, why, ...gap }
    return one.until < until ? [begin, { kind: 'gap-end', at: one.until, ...gap }] : [begin]
  })
}

export const times = ({ from, until }: Missing): string => `${iso(from)} to ${iso(until)}`
