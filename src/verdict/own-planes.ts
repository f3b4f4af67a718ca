// The planes as one watched network sees them: what own routers tell of their sessions counts for the network
// whose routers they are, where that is known and watched; else it counts for all.

import type { Asn } from '../core/asn.ts'
import type { Change, Plane } from '../core/sample.ts'
import type { PlaneState, PlanesView, SeriesView } from './scene.ts'

/** Of the sessions of own routers: only these are told router by router, network by network. */
const METRICS: ReadonlySet<string> = new Set(['session_up', 'rx_prefixes', 'rx_prefix_limit_ratio'])

export class OwnPlanes implements PlanesView {
  readonly #planes: PlanesView
  /** Networks whose routers are not ours, as labels name them. */
  readonly #others: ReadonlySet<string>
  readonly #views = new Map<
    string,
    { readonly of: readonly SeriesView[]; readonly own: readonly SeriesView[] }
  >()

  constructor(planes: PlanesView, asn: Asn, watched: Iterable<Asn>) {
    this.#planes = planes
    this.#others = new Set([...watched].filter((other) => other !== asn).map(String))
  }

  state(plane: Plane): PlaneState {
    return this.#planes.state(plane)
  }

  series(metric: string): readonly SeriesView[] {
    const of = this.#planes.series(metric)
    if (this.#others.size === 0 || !METRICS.has(metric)) return of
    const known = this.#views.get(metric)
    if (known?.of === of) return known.own
    const own = of.filter(({ labels }) => !this.#others.has(labels['asn'] ?? ''))
    this.#views.set(metric, { of, own })
    return own
  }

  silent(metric: string): number {
    return this.#planes.silent?.(metric) ?? 0
  }

  get changes(): readonly Change[] {
    return this.#planes.changes
  }
}
