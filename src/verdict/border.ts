// The border: what comes in, what goes out, and which links are full. Sums are over links of which both the
// present and the usual are known: a link that has fallen silent is missing on both sides, so it looks
// like no collapse.

import type { Change } from '../core/sample.ts'
import { hours, type Instant } from '../core/time.ts'
import { fallen, type Known, known, risen, type Sum, sumOf } from './measure.ts'
import type { PlanesView, SeriesView } from './scene.ts'

/** A link that carries so much of what it can drops the rest. */
export const FULL = 0.95

export interface Border {
  readonly inBits: Sum
  readonly inPackets: Sum
  /** Inbound and outbound of links that tell both. */
  readonly bothIn: Sum
  readonly bothOut: Sum
}

export function border(planes: PlanesView): Border {
  const inBits = known(planes, 'in_bps')
  const outBits = known(planes, 'out_bps')
  const having = (others: readonly Known[]) => {
    const links = new Set(others.map(({ labels }) => labels['link']))
    return ({ labels }: Known) => links.has(labels['link'])
  }
  return {
    inBits: sumOf(inBits),
    inPackets: sumOf(known(planes, 'in_pps')),
    bothIn: sumOf(inBits.filter(having(outBits))),
    bothOut: sumOf(outBits.filter(having(inBits))),
  }
}

/** In bits or in packets, whichever is more times the usual; null where neither is known. */
export function inbound({
  inBits,
  inPackets,
}: Border): (Sum & { unit: string; ratio: number }) | null {
  const sums = [
    { ...inBits, unit: 'bit/s', ratio: inBits.now / inBits.usual },
    { ...inPackets, unit: 'packets/s', ratio: inPackets.now / inPackets.usual },
  ].filter(({ usual }) => usual > 0)
  return sums.sort((a, b) => b.ratio - a.ratio)[0] ?? null
}

export const anyRisen = ({ series }: Sum): boolean => series.some(risen)
export const anyFallen = ({ series }: Sum): boolean => series.some(fallen)

export const fullLinks = (planes: PlanesView): readonly SeriesView[] =>
  planes.series('link_load').filter(({ last }) => last >= FULL)

/** A detector whose end was never told is believed for so long. */
const DETECTOR_LASTS = hours(6)

/** Detectors that speak of an attack from outside and have not taken it back. */
export function detectorsOn(changes: readonly Change[], at: Instant): readonly Change[] {
  const on = new Map<string, Change>()
  for (const change of changes) {
    const { event, labels } = change
    if (event !== 'detector-start' && event !== 'detector-end') continue
    if (labels['direction'] === 'outgoing') continue
    const key = JSON.stringify([labels['detector'], labels['host']])
    if (event === 'detector-end') on.delete(key)
    else if (!on.has(key)) on.set(key, change)
  }
  return [...on.values()]
    .filter((change) => at - change.at <= DETECTOR_LASTS)
    .sort((a, b) => a.at - b.at)
}
