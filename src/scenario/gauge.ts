// What the models of a network give: the value of one series over one step of time, to be scraped.

import type { Labels, Sample } from '../core/sample.ts'
import type { Instant } from '../core/time.ts'

export interface Reading {
  readonly plane: Sample['plane']
  readonly metric: string
  readonly labels: Labels
  readonly value: number
  /** Its ordinary scatter: a part of the value, or, of what is 0 or 1, none. */
  readonly noise: number
  /** Ratios stay within 0 … 1. */
  readonly most: number
}

/** Load of a network by time of day: least at four in the morning, most at nine in the evening (UTC+9). */
export function ofTheDay(at: Instant): number {
  const hour = ((at / 3_600e6 + 9) % 24) + 24
  return 1 + 0.3 * Math.cos(((hour - 21) / 24) * 2 * Math.PI)
}

export const reading = (
  plane: Sample['plane'],
  metric: string,
  labels: Labels,
  value: number,
  noise = 0.02,
): Reading => ({ plane, metric, labels, value, noise, most: Infinity })

/** Of what lies between 0 and 1. */
export const share = (
  plane: Sample['plane'],
  metric: string,
  labels: Labels,
  value: number,
  noise = 0.05,
): Reading => ({ plane, metric, labels, value, noise, most: 1 })
