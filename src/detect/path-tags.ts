// Why a network is said to be reached by other ways: who had how much of its paths, who has it now, and
// whether that is somebody who was asked to clean its traffic.

import type { Asn } from '../core/asn.ts'
import type { Context } from '../core/context.ts'
import type { Counts, Kind, Tag } from '../core/incident.ts'
import { witnessTag } from './outage-as.ts'
import type { Look, PathBook } from './path-book.ts'

export interface Change {
  readonly kind: Kind
  readonly book: PathBook
  /** The upstream or transit, and its part of the paths before. */
  readonly way: Asn
  readonly usual: number
  /** All of it between two looks. */
  readonly sudden: boolean
}

const percent = (share: number) => `${Math.round(share * 100)} %`

export function pathTags(
  c: Change,
  look: Look,
  part: number,
  counts: Counts,
  context: Context,
): Tag[] {
  const { kind, usual, way, book, sudden } = c
  const tags: Tag[] = []
  if (kind === 'path.new-upstream')
    tags.push({
      name: 'neighbour.new',
      score: 3,
      because: `AS${way} was never seen next to it, and has ${percent(part)} of its paths now`,
    })
  else
    tags.push({
      name: kind === 'path.shift' ? 'transit.shift' : 'upstream.lost',
      score: 3,
      because: `AS${way} had ${percent(usual)} of its paths, and has ${percent(part)} now`,
    })
  if (kind === 'path.upstream-lost') {
    const instead = gainers(book, look, way)
    if (instead !== '') tags.push({ name: 'instead', score: 1, because: instead })
    if (look.visibility >= 0.95)
      tags.push({ name: 'visible', score: 1, because: 'it is seen as widely as before' })
  }
  if (kind !== 'path.new-upstream' && sudden)
    tags.push({ name: 'sudden', score: 1, because: 'all of it within a minute' })
  tags.push(witnessTag(counts, 'see it'))
  // Done on purpose: for the verdict to know, and no reason to doubt that it is so.
  const [scrubber] = gained(book, look, kind === 'path.upstream-lost' ? way : 0).filter(({ asn }) =>
    context.isScrubber(asn),
  )
  if (scrubber)
    tags.push({
      name: 'scrubber',
      score: 0,
      because: `AS${scrubber.asn} has ${percent(scrubber.share)} of its paths now, to clean its traffic`,
    })
  return tags
}

/** The upstreams that have more than they used to, but for one; most first. */
function gained(book: PathBook, look: Look, but: Asn) {
  return [...look.upstreams]
    .map(([asn, share]) => ({ asn, share, by: share - (book.upstreams.get(asn) ?? 0) }))
    .filter(({ asn, by }) => asn !== but && by >= 0.05)
    .sort((a, b) => b.by - a.by || a.asn - b.asn)
}

/** Where the traffic goes instead. */
function gainers(book: PathBook, look: Look, way: Asn): string {
  const some = gained(book, look, way)
    .slice(0, 3)
    .map(({ asn, share }) => `AS${asn} (${percent(share)})`)
  return some.length === 0 ? '' : `its traffic comes through ${some.join(', ')} now`
}
