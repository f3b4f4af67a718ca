// What there is more of than usual, and what that is made of. Shares are told of all traffic or all
// queries; a rule asks what part of the *excess* something has. Of a series with the level now, its usual
// level, the share s now and its usual u, that is (s · now − u · usual) / (now − usual).

import { type Known, mean, risen, type Sum, sumOf } from './measure.ts'

/** From here on there is an excess to speak of: below, its parts drown in what is ordinary. */
export const EXCESS = 1.5

/** And it is no small corner of the whole. */
const PART_OF_ALL = 0.1

export interface Excess {
  /** 0 … 1. */
  readonly share: number
  readonly sum: Sum
  /** The shares it was derived from. */
  readonly shares: readonly Known[]
}

export const exceeds = ({ now, usual, series }: Sum): boolean =>
  usual > 0 && now >= EXCESS * usual && series.some(risen)

/** Those of a load that are in excess, each for itself or all together; null when there is none. */
export function surging(load: readonly Known[]): Sum | null {
  const all = sumOf(load)
  const each = sumOf(load.filter((series) => exceeds(sumOf([series]))))
  if (each.now - each.usual >= PART_OF_ALL * all.usual && each.usual > 0) return each
  return exceeds(all) ? all : null
}

/** Part of an excess, from the share of the whole and how many times the usual the whole is. */
export const partOfExcess = (share: number, usualShare: number, ratio: number): number =>
  Math.min(1, Math.max(0, (share * ratio - usualShare) / (ratio - 1)))

/**
 * The part that a share has of the excess of a load. Each share goes with the load of the same exporter
 * or resolver (`label`); one that names none goes with all of it. Null without shares or excess.
 */
export function shareOfExcess(
  shares: readonly Known[],
  load: readonly Known[],
  label: 'exporter' | 'resolver',
): Excess | null {
  const owned = byOwner(load, label)
  const pairs = shares.flatMap((share) => {
    const sum = owned.get(share.labels[label] ?? '')
    return sum ? [{ share, sum }] : []
  })
  if (pairs.length) {
    const used = pairs.filter(({ sum }) => exceeds(sum))
    const series = [...new Set(used.flatMap(({ sum }) => sum.series))]
    let part = 0
    let whole = 0
    for (const { share, sum } of used) {
      part += share.last * sum.now - share.usual * sum.usual
      whole += sum.now - sum.usual
    }
    if (whole <= 0 || whole < PART_OF_ALL * sumOf(load).usual) return null
    return {
      share: Math.min(1, Math.max(0, part / whole)),
      sum: sumOf(series),
      shares: used.map(({ share }) => share),
    }
  }
  const sum = sumOf(load)
  if (shares.length === 0 || !exceeds(sum)) return null
  const share = mean(shares.map(({ last }) => last))
  const usual = mean(shares.map((one) => one.usual))
  return { share: partOfExcess(share, usual, sum.now / sum.usual), sum, shares }
}

function byOwner(load: readonly Known[], label: string): ReadonlyMap<string, Sum> {
  const owned = new Map<string, Known[]>()
  for (const series of load) {
    const owner = series.labels[label]
    if (owner === undefined) continue
    const list = owned.get(owner)
    if (list) list.push(series)
    else owned.set(owner, [series])
  }
  return new Map([...owned].map(([owner, list]) => [owner, sumOf(list)]))
}
