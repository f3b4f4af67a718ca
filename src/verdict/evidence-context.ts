// Evidence of what people did or said: a change shortly before the trouble, a neighbour with trouble
// of its own.

import type { Finding, Onset } from '../core/evidence.ts'
import { metrics } from '../core/sample.ts'
import { hours, minutes, seconds, words } from '../core/time.ts'
import { clock, some } from './measure.ts'
import type { Scene } from './scene.ts'

/** A change is suspected of what begins so soon after it. */
const BEFORE = minutes(15)
/** Onsets closer than this belong together; only the first of them may have been caused by a change. */
const TOGETHER = minutes(10)
/** How well the beginning of a signal is known: routes need time to tell of it. */
const SIGNAL_WITHIN = seconds(30)
/** A notice of a neighbour holds so long. */
const NOTICE_LASTS = hours(3)

export function seekContext(scene: Scene): readonly Finding[] {
  return [...changed(scene), ...neighbours(scene)]
}

function changed(scene: Scene): readonly Finding[] {
  const commits = scene.planes.changes.filter(({ event }) => event === 'commit')
  if (commits.length === 0) return []
  for (const onset of firstOnsets(scene)) {
    const suspects = commits.filter(
      ({ at, uncertainty }) =>
        at - uncertainty <= onset.at + onset.within &&
        at + uncertainty >= onset.at - onset.within - BEFORE,
    )
    const last = suspects.at(-1)
    if (!last) continue
    const gap = Math.max(0, onset.at - last.at)
    const where = [
      ...new Set(
        suspects.flatMap(({ labels }) => [labels['router'] ?? [], labels['pop'] ?? []].flat()),
      ),
    ]
    // Of the note only what looks like the number of a ticket: the rest may name anybody.
    const ticket = /\b[A-Z][A-Z0-9]*-\d+\b/.exec(last.note)?.[0]
    return [
      {
        id: 'ctx.change',
        because: `commit on ${last.labels['router'] ?? 'an own router'} at ${clock(last.at)}${ticket ? ` (${ticket})` : ''}, ${words(gap)} before the first onset at ${clock(onset.at)}`,
        onset: { at: last.at, within: last.uncertainty },
        where: where.sort(),
      },
    ]
  }
  return []
}

/** The first onset of each group of them, the latest group first. */
function firstOnsets({ planes, signals }: Scene): readonly Onset[] {
  const onsets: Onset[] = signals.map(({ startedAt }) => ({ at: startedAt, within: SIGNAL_WITHIN }))
  for (const metric of Object.keys(metrics))
    for (const { shift } of planes.series(metric)) if (shift) onsets.push(shift.onset)
  onsets.sort((a, b) => a.at - b.at || a.within - b.within)
  const firsts: Onset[] = []
  let previous = -Infinity
  for (const onset of onsets) {
    if (onset.at - previous > TOGETHER) firsts.push(onset)
    previous = onset.at
  }
  return firsts.reverse()
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
