// Evidence of what people did or said: a change shortly before the trouble, a neighbour with trouble
// of its own.

import type { Finding, Onset } from '../core/evidence.ts'
import { type Change, metrics } from '../core/sample.ts'
import { hours, minutes, seconds, words } from '../core/time.ts'
import { clock, some } from './measure.ts'
import type { Scene } from './scene.ts'

/** A change is suspected of what begins so soon after it. */
const BEFORE = minutes(15)
/** What begins within so long of one another belongs together. */
const TOGETHER = minutes(10)
/** Of it so much must have begun after the change: a stray wobble before it does not acquit it. */
const NEARLY_ALL = 0.8
/** How well the beginning of a signal is known: routes need time to tell of it. */
const SIGNAL_WITHIN = seconds(30)
/** A notice of a neighbour holds so long. */
const NOTICE_LASTS = hours(3)

export function seekContext(scene: Scene): readonly Finding[] {
  return [...changed(scene), ...neighbours(scene)]
}

/** Configuration was changed, or work on a router was to begin. */
const isChange = ({ event, labels }: Change): boolean =>
  event === 'commit' || (event === 'window-start' && labels['router'] !== undefined)

function changed(scene: Scene): readonly Finding[] {
  const changes = scene.planes.changes.filter(isChange)
  if (changes.length === 0) return []
  for (const onsets of together(scene)) {
    const suspects = changes.flatMap((change) => {
      const { at, uncertainty } = change
      const after = onsets.filter((onset) => at - uncertainty <= onset.at + onset.within)
      const [first] = after
      return first &&
        after.length >= NEARLY_ALL * onsets.length &&
        at + uncertainty >= first.at - first.within - BEFORE
        ? [{ change, first }]
        : []
    })
    const last = suspects.at(-1)
    if (last) return [suspicion(last.change, last.first, suspects)]
  }
  return []
}

function suspicion(
  { at, event, labels, note, uncertainty }: Change,
  first: Onset,
  suspects: readonly { readonly change: Change }[],
): Finding {
  const places = suspects.flatMap(({ change }) => [change.labels['router'], change.labels['pop']])
  const where = new Set(places.flatMap((place) => place?.split(',') ?? []))
  const what = event === 'commit' ? 'commit on' : 'work was to begin on'
  // Of the note only what looks like the number of a ticket: the rest may name anybody.
  const ticket = /\b[A-Z][A-Z0-9]*-\d+\b/.exec(note)?.[0]
  const gap = words(Math.max(0, first.at - at))
  return {
    id: 'ctx.change',
    because: `${what} ${labels['router'] ?? 'an own router'} at ${clock(at)}${ticket ? ` (${ticket})` : ''}, ${gap} before the first onset at ${clock(first.at)}`,
    onset: { at, within: uncertainty },
    where: [...where].map((place) => place.trim()).sort(),
  }
}

/** All onsets of anything but our own eyes and what is signed; those that belong together in one list, the latest list first. */
function together({ planes, signals }: Scene): readonly (readonly Onset[])[] {
  const onsets: Onset[] = signals
    .filter(({ kind }) => kind !== 'blind' && !kind.startsWith('rpki.'))
    .map(({ startedAt }) => ({ at: startedAt, within: SIGNAL_WITHIN }))
  for (const metric of Object.keys(metrics))
    for (const { shift } of planes.series(metric)) if (shift) onsets.push(shift.onset)
  onsets.sort((a, b) => a.at - b.at || a.within - b.within)
  const lists: Onset[][] = []
  let previous = Number.NEGATIVE_INFINITY
  for (const onset of onsets) {
    if (onset.at - previous > TOGETHER) lists.push([])
    lists.at(-1)?.push(onset)
    previous = onset.at
  }
  return lists.reverse()
}

function neighbours({ at, planes }: Scene): readonly Finding[] {
  const notices = planes.changes.filter(
    (change) => change.event === 'upstream-notice' && at - change.at <= NOTICE_LASTS,
  )
  const [first] = notices
  if (!first) return []
  const from = [...new Set(notices.map(({ labels }) => labels['from'] ?? 'a neighbour'))].sort()
  return [
    {
      id: 'ctx.ours_upstream',
      because: `${some(from)} told of a routing incident of their own at ${clock(first.at)}`,
      onset: { at: first.at, within: first.uncertainty },
      where: [],
    },
  ]
}
