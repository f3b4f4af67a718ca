// Samples and changes out of a journal, which may be anybody's: each is checked before it is believed.

import { isLine, missingLabels, readLabels } from '../core/labels.ts'
import {
  type Change,
  type ChangeEvent,
  changeEvents,
  changeLabels,
  metrics,
  type Sample,
  sampleLimits,
} from '../core/sample.ts'

/** Undefined when it is neither. */
export function unpackSample(
  given: Readonly<Record<string, unknown>>,
): Sample | Change | undefined {
  const { kind, at, uncertainty } = given
  if (!isCount(at) || !isCount(uncertainty)) return undefined
  const labels = readLabels(given['labels'])
  if (typeof labels === 'string') return undefined
  if (kind === 'sample') {
    const { metric, value } = given
    if (typeof metric !== 'string' || !Object.hasOwn(metrics, metric)) return undefined
    const { plane, labels: wanted } = metrics[metric] as (typeof metrics)[string]
    if (given['plane'] !== plane || missingLabels(labels, wanted).length > 0) return undefined
    if (typeof value !== 'number' || !(value >= 0) || value === Number.POSITIVE_INFINITY)
      return undefined
    return { kind, at, plane, metric, value, labels, uncertainty }
  }
  if (kind !== 'change') return undefined
  const { note } = given
  const event = given['event'] as ChangeEvent
  if (!changeEvents.includes(event) || !isLine(note, sampleLimits.note)) return undefined
  if (missingLabels(labels, changeLabels[event]).length > 0) return undefined
  return { kind, at, event, labels, note, uncertainty }
}

const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0
