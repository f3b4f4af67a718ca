// How numbers of a metric behave while nothing is wrong: whether they are compared by their ratio or by
// their difference, whether they have days and nights, and what the least deviation is that says anything.

import { metrics } from '../core/sample.ts'

export interface Manner {
  /** `count`: few events a minute, compared by difference, and the more there are the more they scatter. */
  readonly form: 'ratio' | 'difference' | 'count'
  /** People's days and weeks show in it. What stands is compared with the median of a day. */
  readonly swings: boolean
  /**
   * In the metric's own unit. A ratio is taken of both sides plus this, so that the first packet on an
   * idle link is no surge; a difference is measured in units of at least this.
   */
  readonly least: number
}

const stands = (form: Manner['form'], least: number): Manner => ({ form, swings: false, least })
const swings = (form: Manner['form'], least: number): Manner => ({ form, swings: true, least })

const byUnit: Readonly<Record<string, Manner>> = {
  '0 or 1': stands('difference', 0.1),
  '0 … 1': swings('difference', 0.03),
  'bits a character': swings('difference', 0.1),
  'bit/s': swings('ratio', 1e5),
  'packets/s': swings('count', 1),
  'packets a second': stands('count', 1),
  'runs a minute': stands('count', 1),
  'purges a minute': stands('count', 1),
  'queries/s': swings('ratio', 1),
  addresses: swings('ratio', 10),
}

const byName: Readonly<Record<string, Manner>> = {
  in_pps: swings('ratio', 100),
  probe_success: stands('difference', 0.05),
  rx_prefix_limit_ratio: stands('difference', 0.02),
}

/** Routes, prefixes and adjacencies are as many by night as by day. */
const others = stands('ratio', 0.01)

export function mannerOf(metric: string): Manner {
  return byName[metric] ?? byUnit[metrics[metric]?.unit ?? ''] ?? others
}
