// Who saw it, and how it looked to one of them: what every detector tells of its vantage points.

import type { PathSample } from '../core/incident.ts'
import type { View } from '../core/view.ts'

/** Two sessions of one network are one witness; collectors by name. */
export function spreadOf(
  view: View,
  vantages: Iterable<number>,
): { readonly peerAsns: number; readonly collectors: number } {
  const asns = new Set<number>()
  const collectors = new Set<string>()
  for (const id of vantages) {
    const { asn, collector } = view.vantagePoint(id)
    asns.add(asn)
    collectors.add(collector)
  }
  return { peerAsns: asns.size, collectors: collectors.size }
}

/** `rrc00 192.0.2.1 AS64496` */
function peerText(view: View, vantage: number): string {
  const { collector, address, asn } = view.vantagePoint(vantage)
  return `${collector} ${address} AS${asn}`
}

/** A route before and after, by numbers of paths; 0 = none. */
export interface RouteChange {
  readonly vantage: number
  readonly prefix: number
  readonly before: number
  readonly after: number
}

export function pathSample(
  view: View,
  { vantage, prefix, before, after }: RouteChange,
): PathSample {
  const text = (path: number) => (path === 0 ? null : view.pathText(path))
  return {
    peer: peerText(view, vantage),
    prefix: view.prefixText(prefix),
    before: text(before),
    after: text(after),
  }
}
