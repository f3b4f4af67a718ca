// What an incident shows for itself: the ways the routes took, and where to look for it. At the end
// there is nothing left to show, so that of the worst is kept.

import type { Segment, Signal } from '../core/incident.ts'

const MOST_SEGMENTS = 20

export const linkOf = ({ by, to }: Segment): string => `${by} ${to}`

/** The ways it took at its worst, and those that were told of at other times. */
export function together(...lists: (readonly Segment[])[]): Segment[] {
  const out = new Map<string, Segment>()
  for (const segment of lists.flat()) {
    const key = `${segment.from} ${linkOf(segment)}`
    const known = out.get(key)
    if (!known || segment.prefixes > known.prefixes) out.set(key, segment)
  }
  const all = [...out.values()].sort(
    (a, b) => b.prefixes - a.prefixes || a.by - b.by || a.to - b.to || a.from - b.from,
  )
  return all.slice(0, MOST_SEGMENTS)
}

/** The newer signal, with the older evidence where it has none: votes take and give without any. */
export function evidence(signal: Signal, before: Signal): Signal {
  const some = <T>(a: readonly T[], b: readonly T[]) => (a.length > 0 ? a : b)
  const { samples, segments } = signal
  return {
    ...signal,
    segments: some(segments, before.segments),
    samples: {
      prefixes: some(samples.prefixes, before.samples.prefixes),
      paths: some(samples.paths, before.samples.paths),
      elements: some(samples.elements, before.samples.elements),
    },
  }
}
