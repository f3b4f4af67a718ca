// What is done to a network, as its change log and its instruments have it: commits, windows of planned
// work, measures against floods, detectors that fire, and what neighbours say.

import type { Change, ChangeEvent, Labels } from '../core/sample.ts'
import { type Instant, type Span, seconds } from '../core/time.ts'

/** Something that is done so long after the onset, or before it. */
export interface Entry {
  readonly after: Span
  readonly event: ChangeEvent
  readonly labels: Labels
  readonly note?: string
}

/** Logs are stamped to the second; a mail says when, give or take. */
const WITHIN: Partial<Record<ChangeEvent, Span>> = { 'upstream-notice': seconds(120) }

export const changesOf = (entries: readonly Entry[], onset: Instant): Change[] =>
  entries.map(({ after, event, labels, note = '' }) => ({
    kind: 'change',
    at: onset + after,
    event,
    labels,
    note,
    uncertainty: WITHIN[event] ?? seconds(1),
  }))
