// Two signals compared, and one weighed: what is worse, what is the same, how sure it makes us.

import {
  type Confidence,
  type Counts,
  type Level,
  levels,
  type Signal,
  type Tag,
} from '../core/incident.ts'

/** Sum of the tags, and its level: 1–3 low, 4–7 medium, from 8 high, never above the cap. */
export function confidenceOf({ tags, cap, phase }: Signal): Confidence {
  const score = tags.reduce((sum, tag) => sum + tag.score, 0)
  let level: Level = score >= 8 ? 'high' : score >= 4 ? 'medium' : 'low'
  const named = [...tags]
  const limit: Signal['cap'] =
    phase === 'transient'
      ? { level: 'low', because: 'it was over before it could be confirmed' }
      : cap
  if (limit && levels.indexOf(limit.level) < levels.indexOf(level)) {
    level = limit.level
    named.push({ name: `cap.${limit.level}`, score: 0, because: limit.because })
  }
  return { score, level, tags: named }
}

/** One more that weighs nothing, before the cap: that is the last, and why it is no surer. */
export function withTag(confidence: Confidence, tag: Tag | null): Confidence {
  if (tag === null) return confidence
  const { tags } = confidence
  const end = tags.at(-1)?.name.startsWith('cap.') ? tags.length - 1 : tags.length
  return { ...confidence, tags: tags.toSpliced(end, 0, tag) }
}

export function worst(a: Counts, b: Counts): Counts {
  const most = (x: number | undefined, y: number | undefined) => Math.max(x ?? 0, y ?? 0)
  const more = b.prefixes > a.prefixes ? b : a
  return {
    ...more,
    prefixes: most(a.prefixes, b.prefixes),
    ofPrefixes: most(a.ofPrefixes, b.ofPrefixes),
    peerAsns: most(a.peerAsns, b.peerAsns),
    collectors: most(a.collectors, b.collectors),
    share: most(a.share, b.share),
    ...(a.origins === undefined ? {} : { origins: most(a.origins, b.origins) }),
    ...(a.routes === undefined ? {} : { routes: most(a.routes, b.routes) }),
  }
}

/** Detectors repeat themselves at every tick; what they repeat has been taken in. */
export function saysTheSame(a: Signal, b: Signal): boolean {
  return (
    a.now === b.now &&
    a.tags === b.tags &&
    a.samples === b.samples &&
    a.cap === b.cap &&
    a.phase === b.phase
  )
}

export function same(a: Counts, b: Counts): boolean {
  return a.prefixes === b.prefixes && a.share === b.share && a.routes === b.routes
}
